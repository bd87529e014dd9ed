"""The user channel: one conversation about all orders and trades of one account.

Nothing is acknowledged and nothing is replayed: a valid account that rests is silent, and what happened while the
link was down is learned by asking. The opening frame carries the credentials in clear.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec
import orjson

from pmtui.core.access import Unread
from pmtui.core.careful import BLANKS, Bare, careful, obj
from pmtui.core.credentials import Credentials, SealedFrame
from pmtui.core.events import Event, Ignored, Notice, Rejected
from pmtui.core.instrument import InstrumentId
from pmtui.core.ports import Heartbeat, Request, VenueError
from pmtui.core.units import Millis, NotANumber
from pmtui.venues.polymarket import lists, own
from pmtui.venues.polymarket.auth import allowed
from pmtui.venues.polymarket.masked import masked, masked_words
from pmtui.venues.polymarket.own import Owner, said

NAME = "polymarket"
PATH = "/ws/user"

_KINDS = {"PLACEMENT": "order", "UPDATE": "order", "CANCELLATION": "order", "TRADE": "trade"}
"""What a message is that names no kind: older ones do not."""
_PONG = Ignored("pong", data=False)
_FOREIGN = Ignored("not ours")


class UserStream:
    """One user socket's conversation. It follows every market by itself."""

    # Not the venue's other heartbeat, whose silence would cancel every order.
    heartbeat = Heartbeat(b"PING", b"PONG", 10.0)
    per_minute = 0
    instruments: tuple[InstrumentId, ...] = ()

    def __init__(self, name: str, host: str, credentials: Credentials, owner: Owner | None = None) -> None:
        self.name = name
        self.url = host + PATH
        self.messages = 0
        if not allowed(self.url, host):
            raise Unread("credentials are sent over TLS only, or to this machine", refused=True)
        self._credentials = credentials
        self._owner = owner or Owner(credentials)
        self._readers: dict[str, Callable[[dict[str, Any], Millis], Sequence[Event]]] = {
            "order": self._order,
            "trade": self._trade,
        }

    # What to say

    def open(self) -> list[bytes]:
        """What to say on a fresh connection: who we are, and no markets, which means all of them."""
        # An empty list of markets is not the same: orders would be told and trades would not.
        trio = self._credentials
        auth = {
            "apiKey": trio.key.reveal(),
            "secret": trio.secret.reveal(),
            "passphrase": trio.passphrase.reveal(),
        }
        return [SealedFrame(orjson.dumps({"auth": auth, "type": "user"}))]

    def change(self, add: Collection[InstrumentId], drop: Collection[InstrumentId]) -> list[bytes] | None:
        """Nothing to say: it follows all markets as it is."""
        return []

    def again(self, instruments: Collection[InstrumentId]) -> list[bytes]:
        """Nothing is told again on this channel."""
        return []

    def room(self) -> int:
        return 0

    def attend(self, shown: Collection[InstrumentId]) -> list[bytes]:
        """An account has nothing to do with what is shown."""
        return []

    def widen(self, instrument: InstrumentId, step: int) -> list[bytes]:
        return []

    def ask(self, request: Request, number: int) -> bytes | None:
        """This channel answers no questions."""
        return None

    def settled(self, code: int, reason: str) -> Collection[InstrumentId] | None:
        return None

    # What was said

    def receive(self, frame: bytes, at: Millis) -> Sequence[Event]:
        """The facts in one frame; raises `VenueError` and nothing else, and never quotes what may be ours."""
        self.messages += 1
        if frame == b"PONG":
            return (_PONG,)
        frame = frame.lstrip(BLANKS)
        if frame[:1] == b"{":
            return self._message(frame, at)
        if frame[:1] == b"[":
            return self._array(frame, at)
        return (_words(frame, at),)

    def _array(self, frame: bytes, at: Millis) -> list[Event]:
        try:
            events, count = lists.each(
                frame, lambda item: self._message(item, at), lambda error: error.fact(at, ()), masked
            )
        except (msgspec.MsgspecError, RecursionError):
            raise VenueError("not JSON", sample=masked(frame), resync=False) from None
        self.messages += count - 1
        return events

    def _message(self, raw: bytes, at: Millis) -> Sequence[Event]:
        try:
            fields = obj(careful(raw))
            kind = _kind(fields)
            reader = self._readers.get(kind)
            return reader(fields, at) if reader else (_aside(fields, kind, at),)
        except (VenueError, NotANumber) as error:
            # The reader's own error may hold the message, and with it our key.
            raise VenueError(str(error), sample=masked(raw), resync=False) from None

    def _order(self, fields: dict[str, Any], at: Millis) -> Sequence[Event]:
        self._owner.learn(fields)
        return (own.order(fields, at, self._owner),)

    def _trade(self, fields: dict[str, Any], at: Millis) -> Sequence[Event]:
        found = own.fills(fields, at, self._owner)
        # A trade that fills two of our orders is two messages in one.
        self.messages += max(0, len(found) - 1)
        return found or (_FOREIGN,)


def _kind(fields: dict[str, Any]) -> str:
    if "event_type" in fields:
        kind = fields["event_type"]
        if not isinstance(kind, str) or isinstance(kind, Bare):
            raise VenueError("the kind of event is not a text")
        return kind
    return _KINDS.get(said(fields, "type").upper(), "")


def _aside(fields: dict[str, Any], kind: str, at: Millis) -> Event:
    """A message that is about no order and no trade: the venue adds kinds, and complains in none."""
    complaint = said(fields, "error") or said(fields, "message")
    if complaint and not kind:
        return Notice(at, f"the venue says: {masked_words(complaint)}")
    if not kind:
        raise VenueError("no kind of event is named")
    return Ignored(f"unknown kind {masked_words(kind)}", unknown=True, at=at)


def _words(frame: bytes, at: Millis) -> Event:
    """Control words and notices come as plain text."""
    words = frame.decode("ascii", "replace").strip()
    if not words:
        return Rejected(at, "an empty message", "")
    if words[0].isalpha() and words not in ("null", "true", "false", "NaN", "Infinity"):
        return Notice(at, f"the venue says: {masked_words(words)}", slow="slow" in words.lower())
    raise VenueError("neither an object nor a list", sample=masked(frame), resync=False)
