"""What the socket doors ask of a connection, whatever venue is spoken on it."""

from __future__ import annotations

from typing import Protocol


class Session(Protocol):
    """One connection's side of a channel; each path of the socket port has its own kind."""

    @property
    def greeting(self) -> tuple[bytes, ...]:
        """What the client hears before it has said anything."""
        ...

    @property
    def pong(self) -> bytes:
        """The answer that says no more than that the exchange is there."""
        ...

    @property
    def opened(self) -> bool:
        """Whether the client has said what it wants."""
        ...

    @property
    def is_doomed(self) -> bool:
        """Whether the venue drops the connection a moment from now."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether nothing can come any more."""
        ...

    def hear(self, text: bytes) -> list[bytes]:
        """The answers to one message."""
        ...

    def leave(self) -> None:
        """The connection is gone."""
        ...
