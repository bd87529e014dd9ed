"""How the program itself is doing: links, the ledger of messages, the truth counters, delays."""

from __future__ import annotations

from collections import deque

import msgspec

from pmtui.core.events import Phase
from pmtui.core.units import Millis


class Ledger(msgspec.Struct, eq=False, gc=False):
    """received = applied + rejected + ignored. One message is what a frame says of one instrument."""

    received: int = 0
    applied: int = 0
    rejected: int = 0
    ignored: int = 0
    frames: int = 0
    octets: int = 0

    @property
    def balanced(self) -> bool:
        return self.received == self.applied + self.rejected + self.ignored


class Counts(msgspec.Struct, eq=False, gc=False):
    """What the four layers of truth found since the start."""

    tops_agreed: int = 0
    tops_repaired: int = 0
    ghosts: int = 0
    tops_wrong: int = 0
    proofs: int = 0
    proofs_late: int = 0
    misses: int = 0
    mirrors: int = 0
    mirrors_off: int = 0
    witnesses: int = 0
    witnesses_old: int = 0
    witnesses_off: int = 0
    fetches_failed: int = 0
    doubts: int = 0
    crosses: int = 0
    resubscribed: int = 0
    moved: int = 0
    relinked: int = 0
    unknown_times: int = 0

    @property
    def proven_at_once(self) -> float | None:
        """The share of digest checks that held on the first look."""
        checks = self.proofs + self.misses
        return self.proofs / checks if checks else None

    def rows(self) -> list[tuple[str, int]]:
        return [(name, getattr(self, name)) for name in self.__struct_fields__]


class Link(msgspec.Struct, eq=False, gc=False):
    """One connection through all its generations."""

    name: str
    phase: Phase = Phase.CONNECTING
    generation: int = 0
    reason: str = ""
    attempt: int = 0
    retry_at: Millis = Millis(0)
    since: Millis = Millis(0)
    data_at: Millis = Millis(0)
    """Receive time of the last market data; never moved by a pong."""
    pong: float | None = None
    """Seconds the last ping took."""
    pinged_at: Millis = Millis(0)
    """When the oldest ping without an answer was sent, 0 for none."""
    heard_at: Millis = Millis(0)
    """Receive time of the last frame of any kind, pongs too: life, and no proof of anything."""
    busy: bool = False
    """Whether we are still saying what we have to say: a venue takes so much a minute and no more."""
    suspect: str = ""
    """Why nothing of this link can be believed until it is made anew."""
    excused_at: Millis = Millis(0)
    """When a fetched book last showed that the venue, too, had nothing new."""
    relinked_at: Millis = Millis(-1_000_000)
    ups: int = 0
    drops: int = 0

    def silent(self, now: int, after: int) -> bool:
        return now - max(self.data_at, self.since) > after


class Delays(msgspec.Struct, eq=False, gc=False):
    """How far the feed runs behind the venue: the last few hundred differences between two clocks."""

    ring: deque[int] = msgspec.field(default_factory=lambda: deque(maxlen=512))
    offset: int = 0
    """Wall clock minus steady clock; moves when the wall clock is set."""
    taken: deque[int] = msgspec.field(default_factory=lambda: deque(maxlen=512))
    """How long the last frames took from their receipt to the book, in microseconds."""

    def quantiles(self) -> tuple[int, int] | None:
        """Median and 99th percentile in ms."""
        found = _quantiles(self.ring)
        return found and (found[0] + self.offset, found[1] + self.offset)

    def taking(self) -> tuple[int, int] | None:
        """Median and 99th percentile of the way into the book, in microseconds."""
        return _quantiles(self.taken)


def _quantiles(ring: deque[int]) -> tuple[int, int] | None:
    ordered = sorted(ring)
    last = len(ordered) - 1
    return (ordered[last // 2], ordered[last * 99 // 100]) if ordered else None
