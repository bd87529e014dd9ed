"""The prints of one instrument: a bounded ring that counts everything that ever passed."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from pmtui.core.events import Side, Trade
from pmtui.core.units import Millis, Px, Qty

KEEP = 10_000
_TWIN_WITHIN = 1_000  # ms: the venue repeats itself at once or not at all


class Print(NamedTuple):
    at: Millis
    sent: Millis
    price: Px
    size: Qty
    side: Side


class Gap(NamedTuple):
    """Prints may be missing here."""

    at: Millis
    sent: Millis
    reason: str


Entry = Print | Gap


class Tape:
    """Newest last. `total` never falls, so a reader's cursor stays good when the ring has moved on."""

    __slots__ = ("_recent", "doubled", "ring", "total", "volume")

    def __init__(self, keep: int = KEEP) -> None:
        self.ring: deque[Entry] = deque(maxlen=keep)
        self.total = 0
        self.doubled = 0
        self.volume = 0
        self._recent: dict[tuple[object, ...], Millis] = {}

    def add(self, trade: Trade) -> bool:
        """Append a print unless it is the venue's own repetition."""
        # There is no trade id: two equal trades in one millisecond can both be real, so only a
        # letter-for-letter twin (same transaction too) that follows at once counts as a repetition.
        recent = self._recent
        while recent and trade.at - next(iter(recent.values())) > _TWIN_WITHIN:
            del recent[next(iter(recent))]
        key = (trade.sent, trade.price, trade.size, trade.side.value, trade.reference)
        if key in recent:
            self.doubled += 1
            return False
        recent[key] = trade.at
        self.ring.append(Print(trade.at, trade.sent, trade.price, trade.size, trade.side))
        self.total += 1
        self.volume += trade.size
        return True

    def gap(self, at: Millis, sent: Millis, reason: str) -> None:
        """Mark that continuity was lost; two marks in a row are one."""
        if self.ring and not isinstance(self.ring[-1], Gap):
            self.ring.append(Gap(at, sent, reason))
            self.total += 1

    def since(self, cursor: int) -> tuple[list[Entry], int]:
        """What was added after `cursor` and is still kept, and the cursor to ask with next."""
        fresh = min(self.total - cursor, len(self.ring))
        return ([self.ring[i] for i in range(len(self.ring) - fresh, len(self.ring))] if fresh > 0 else []), self.total

    def last(self, count: int) -> list[Entry]:
        """The newest entries, newest first."""
        ring = self.ring
        return [ring[-1 - i] for i in range(min(count, len(ring)))]

    def price(self) -> Px | None:
        """Of the newest print."""
        return next((entry.price for entry in reversed(self.ring) if isinstance(entry, Print)), None)
