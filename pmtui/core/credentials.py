"""What proves to a venue who is asking. A secret shows itself to nobody who does not ask for it by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


class Secret:
    """A text that never appears in a `repr`, a log line or a traceback."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one line that sends or signs with it."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written anywhere")


@dataclass(frozen=True, slots=True)
class Credentials:
    """One account at one venue, as far as reading it takes."""

    key: Secret
    secret: Secret
    passphrase: Secret
    address: str = ""
    """The wallet's public address; without it the socket works and the signed reads do not."""
    source: str = ""
    """Where the trio was found, in words that can be shown."""


class SealedHeaders(Mapping[str, str]):
    """Headers that show their names to everybody, and what is in them to whoever asks for one by its name."""

    __slots__ = ("_headers",)

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def __getitem__(self, name: str) -> str:
        return self._headers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)

    def __repr__(self) -> str:
        return f"SealedHeaders({', '.join(self)})"


class SealedFrame(bytes):
    """A frame that is sent as it is, and shown to nobody."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"SealedFrame({len(self)} bytes)"

    __str__ = __repr__
