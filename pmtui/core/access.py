"""The seam to an account: what a venue that knows us must offer. No I/O: reads are described, not performed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, Protocol, TypeVar

from pmtui.core.events import Filled, HoldingsTold, OrderChanged, Rejected
from pmtui.core.ports import Request, Stream, VenueError
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import Millis

Row = TypeVar("Row")


class Page(NamedTuple, Generic[Row]):
    """A part of an answer; `cursor` asks for the next one and is empty on the last."""

    rows: tuple[Row, ...]
    cursor: str = ""
    rejected: tuple[Rejected, ...] = ()
    """Rows that could not be read: the others count, but nothing may be concluded from what is not there."""
    part: bool = False
    """There is more that was not asked for: nothing may be concluded from what is missing either."""


class Unread(VenueError):
    """No answer about our account: `refused` when only the user can help, `retry_in` says how many seconds to wait."""

    def __init__(self, reason: str, *, refused: bool = False, retry_in: float = 0.0) -> None:
        super().__init__(reason, resync=False)
        self.refused = refused
        self.retry_in = retry_in


class Access(Protocol):
    """One account at one venue: a conversation about what happens, reads of what is."""

    @property
    def stream(self) -> Stream: ...

    @property
    def reads(self) -> str:
        """What a read is called: a signed one, or one that anybody may make."""
        ...

    @property
    def trouble(self) -> str:
        """Why the reads cannot be made at all, empty when they can."""
        ...

    def headers(self, request: Request, seconds: int) -> Mapping[str, str]:
        """What proves who asks, good for this moment and request only: to be sent at once, to be kept nowhere.

        Empty where nobody must prove anything; such requests may also be made over the conversation.
        """
        ...

    def clock(self) -> Request:
        """Asks what time it is at the venue; needs no headers."""
        ...

    def key(self) -> Request:
        """The cheapest read that tells whether the credentials are accepted."""
        ...

    def orders(self, cursor: str = "") -> Request: ...

    def trades(self, since: int, cursor: str = "") -> Request:
        """All trades of ours from this Unix second on, 0 for all there ever were."""
        ...

    def cash(self) -> Request | None:
        """None where it is told with what is held."""
        ...

    def holdings(self, cursor: str = "") -> Request | None:
        """None where positions are not told, but the sum of our fills."""
        ...

    # Each reader raises `Unread` for an answer that is none, `VenueError` for one that makes no sense.

    def told_time(self, status: int, body: bytes) -> int: ...

    def told_key(self, status: int, body: bytes) -> str:
        """In words how it was accepted."""
        ...

    def told_orders(self, status: int, body: bytes, at: Millis, cursor: str = "") -> Page[OrderChanged]: ...

    def told_trades(self, status: int, body: bytes, at: Millis, cursor: str = "") -> Page[Filled]: ...

    def told_cash(self, status: int, body: bytes) -> int:
        """In billionths of the venue's money."""
        ...

    def told_holdings(self, status: int, body: bytes, at: Millis, cursor: str = "") -> Page[HoldingsTold]: ...
