"""One conversation about one account: anybody may have it, for all that it takes is the account's address.

The pushes about orders name no user, so there is one account to a connection. Nothing is replayed but the last fills.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from pmtui.core.careful import Bare, careful, obj, sample
from pmtui.core.events import Event, HoldingsTold, Ignored, Notice, Recalled, Rejected, Unclear
from pmtui.core.instrument import InstrumentId
from pmtui.core.ports import Request, VenueError
from pmtui.core.units import Millis, NotANumber
from pmtui.venues.hyperliquid import own, posts, subscriptions
from pmtui.venues.hyperliquid.market import PATH, PER_MINUTE, MarketStream
from pmtui.venues.hyperliquid.names import NAME, symbol_of
from pmtui.venues.hyperliquid.own import Tokens

FEEDS = ("orderUpdates", "userFills", "allDexsClearinghouseState", "spotState")

_PONG, _GREETING, _ACK = (Ignored(kind, data=False) for kind in ("pong", "greeting", "subscriptionResponse"))
_AGAIN, _FOREIGN = Ignored("already so", data=False), Ignored("not ours")
_NOTHING, _NAMELESS = Ignored("no change"), Ignored("balances of tokens without a name yet")


class UserStream:
    """One account's conversation. It follows every market by itself, and answers questions."""

    heartbeat = MarketStream.heartbeat
    per_minute = PER_MINUTE
    instruments: tuple[InstrumentId, ...] = ()

    def __init__(self, name: str, host: str, address: str, tokens: Tokens | None = None) -> None:
        self.name = name
        self.url = host + PATH
        self.messages = 0
        self._address = address
        self._tokens = tokens or Tokens()
        self.dexes: set[str] = set()
        """Builders' dexes on which the account was seen."""
        self._unclear: list[Unclear] = []
        """The positions that could not be read in the last push: they are told of once."""
        self._readers: dict[str, Callable[[bytes, Millis], Sequence[Event]]] = {
            "orderUpdates": self._orders,
            "userFills": self._fills,
            "allDexsClearinghouseState": self._margins,
            "spotState": self._balances,
            "subscriptionResponse": lambda raw, at: (_ACK,),
            "error": self._error,
            "post": lambda raw, at: (posts.unwrap(raw, at),),
            "pong": lambda raw, at: (_PONG,),
        }

    # What to say

    def open(self) -> list[bytes]:
        return [subscriptions.subscribe({"type": feed, "user": self._address}) for feed in FEEDS]

    def change(self, add: Collection[InstrumentId], drop: Collection[InstrumentId]) -> list[bytes] | None:
        """Nothing to say: it follows all markets as it is."""
        return []

    def again(self, instruments: Collection[InstrumentId]) -> list[bytes]:
        """No books are told here."""
        return []

    def attend(self, shown: Collection[InstrumentId]) -> list[bytes]:
        """An account has nothing to do with what is shown."""
        return []

    def widen(self, instrument: InstrumentId, step: int) -> list[bytes]:
        return []

    def ask(self, request: Request, number: int) -> bytes | None:
        """Requests to the venue's own information service travel here as well."""
        return posts.wrap(request.body, number) if request.body and request.url.endswith(posts.PATH) else None

    def room(self) -> int:
        return 0

    def settled(self, code: int, reason: str) -> Collection[InstrumentId] | None:
        return None

    # What was said

    def receive(self, frame: bytes, at: Millis) -> Sequence[Event]:
        """The facts in one frame; raises `VenueError` and nothing else."""
        self.messages += 1
        if frame.startswith(b"Websocket connection established"):
            return (_GREETING,)
        try:
            channel = _CHANNEL.decode(frame).channel
            reader = self._readers.get(channel)
            if reader is None:
                return (Ignored(f"unknown kind {channel[:40]}", unknown=True, at=at),)
            return reader(frame, at)
        except (msgspec.MsgspecError, NotANumber, RecursionError, UnicodeDecodeError) as error:
            raise VenueError(str(error)[:120], sample=sample(frame), resync=False) from error
        except VenueError as error:
            raise VenueError(error.reason, sample=sample(frame), resync=False) from error

    def _orders(self, raw: bytes, at: Millis) -> Sequence[Event]:
        return self._each(own.rows_of(_data(raw), "data"), lambda row: own.update(row, at), at)

    def _fills(self, raw: bytes, at: Millis) -> Sequence[Event]:
        data = obj(_data(raw))
        if not self._is_ours(data):
            return (_FOREIGN,)
        rows = own.rows_of(data.get("fills"), "fills")
        if data.get("isSnapshot") is True:
            found, odd = own.parted(own.judged(rows, lambda row: own.fill(row, at, self._address, heard=False), at))
            self._meet(found)
            return self._counted([Recalled(NAME, at, found), *odd])
        return self._each(rows, lambda row: own.fill(row, at, self._address, heard=True), at)

    def _each(self, rows: Sequence[own.Fields], read: Callable[[own.Fields], Event], at: Millis) -> Sequence[Event]:
        """Several rows are several messages in one."""
        events = own.judged(rows, read, at)
        self._meet(own.parted(events)[0])
        return self._counted(events)

    def _meet(self, found: Iterable[Any]) -> None:
        """Remember where the account trades."""
        for each in found:
            dex, colon, _ = symbol_of(each.instrument).partition(":")
            self.dexes |= {dex} if colon else set()

    def _margins(self, raw: bytes, at: Millis) -> Sequence[Event]:
        data = obj(_data(raw))
        states = data.get("clearinghouseStates")
        if not self._is_ours(data):
            return (_FOREIGN,)
        if not isinstance(states, list):
            raise NotANumber("clearinghouseStates is not a list")
        told, odd = own.parted(own.judged(states, lambda each: _margin(each, at), at))
        unclear = [each for one in told for each in one.unclear]
        if unclear and unclear != self._unclear:
            names = ", ".join(symbol_of(each.instrument) for each in unclear)
            odd += (Rejected(at, f"positions that cannot be read: {unclear[0].why}", sample(names)),)
        self._unclear = unclear
        return self._counted([*told, *odd])

    def _balances(self, raw: bytes, at: Millis) -> Sequence[Event]:
        data = obj(_data(raw))
        if not self._is_ours(data):
            return (_FOREIGN,)
        told = own.balances(obj(data.get("spotState")), self._tokens, at)
        return (told or _NAMELESS,)

    def _counted(self, events: list[Event]) -> Sequence[Event]:
        self.messages += max(1, len(events)) - 1
        return events or (_NOTHING,)

    def _is_ours(self, data: Mapping[str, Any]) -> bool:
        return str(data.get("user")).lower() == self._address

    def _error(self, raw: bytes, at: Millis) -> Sequence[Event]:
        words = _data(raw)
        if not isinstance(words, str) or isinstance(words, Bare):
            raise NotANumber("an error without words")
        if words.startswith("Already "):
            return (_AGAIN,)
        if words.startswith("too many pending post"):
            return (posts.too_many(words, at),)
        return (Notice(at, f"the venue says of the account: {sample(words)}"),)


class _Kind(msgspec.Struct, gc=False):
    channel: str


_CHANNEL = msgspec.json.Decoder(_Kind)


def _data(raw: bytes) -> Any:
    return obj(careful(raw)).get("data")


def _margin(pair: object, at: Millis) -> HoldingsTold:
    """A dex by its name, and what is there."""
    if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], str):
        raise NotANumber("a dex and its state are a pair")
    return own.margin(obj(pair[1]), pair[0], at)
