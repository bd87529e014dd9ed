"""The prints of one instrument: a bounded ring that counts everything that ever passed."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Any

from pmtui.core.events import Side, Trade
from pmtui.core.ring import Ring
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import ONE, Millis, Px, Qty

KEEP = 10_000
SIEVES: tuple[int, ...] = tuple(shares * ONE for shares in (0, 10, 100, 1_000, 10_000))
"""The least sizes a reader may ask for …"""
WORTHS: tuple[int, ...] = tuple(dollars * ONE * ONE for dollars in (0, 100, 1_000, 10_000, 100_000))
"""… and the least worths, as price times size, of what is counted in coins: ten of them may be a fortune or dust."""
MOST_JOINED = 999
"""So many prints make a line at most, so that one endless order cannot make each look long."""

_TWIN_WITHIN = 1_000  # ms: the venue repeats itself at once or not at all
_RECENT = 300
_RECKON_FROM, _RECKON_EVERY = 32, 64  # sorting a few hundred sizes at each print would double its cost
_LARGE_TIMES = 3
_NEVER_LARGE = 1 << 62
_made: Any = tuple.__new__  # half of what a tuple with names costs is its own constructor


class Print(NamedTuple):
    at: Millis
    sent: Millis
    price: Px
    size: Qty
    side: Side
    joined: bool = False
    """Of the same order as the print before it."""
    large: int = _NEVER_LARGE
    """The size that was large when this printed; all prints of a while share the number."""


class Gap(NamedTuple):
    """Prints may be missing here."""

    at: Millis
    sent: Millis
    """The venue's time; 0 where it told none, as for a mark."""
    reason: str
    times: int = 1
    """How often in a row, the last time at `at`."""


class Mark(NamedTuple):
    """Something happened here that is no print."""

    at: Millis
    sent: Millis
    text: str


Entry = Print | Gap | Mark


class Tape(Ring[Entry]):
    """Prints, gaps and marks, numbered together."""

    __slots__ = (
        "__weakref__",
        "_large",
        "_order",
        "_passing",
        "_recent",
        "_sizes",
        "by_worth",
        "doubled",
        "prints",
        "volume",
    )

    def __init__(self, keep: int = KEEP, *, by_worth: bool = False) -> None:
        super().__init__(keep)
        self.by_worth = by_worth
        """Whether small prints are told from large ones by what they cost."""
        self.prints = 0
        self.doubled = 0
        self.volume = 0
        self._sizes = _Sizes(self.sieves)
        self._recent: set[tuple[object, ...]] = set()
        self._passing: deque[tuple[Millis, tuple[object, ...]]] = deque()
        """What is recent, oldest first."""
        self._order: tuple[str, Side] | None = None
        self._large = _NEVER_LARGE

    def add(self, trade: Trade) -> bool:
        """Append a print unless it is the venue's own repetition."""
        _, at, sent, price, size, side, reference, number, _ = trade
        # Whoever numbers his trades repeats none.
        if not number and self._is_twin((sent, price, size, side is Side.BUY, reference), at):
            self.doubled += 1
            return False
        order = (reference, side) if reference else None
        joined = order is not None and order == self._order and self._sizes.run < MOST_JOINED
        # The reference itself is long and would be kept ten thousand times; that it was the same is one bit.
        self._order = order
        self.ring.append(_made(Print, (at, sent, price, size, side, joined, self._large)))
        self.total += 1
        self.prints += 1
        self.volume += size
        self._sizes.add(price * size if self.by_worth else size, joined=joined)
        if self.prints % _RECKON_EVERY == _RECKON_FROM:
            newest = islice(reversed(self.ring), _RECENT)
            self._large = large_from([entry.size for entry in newest if isinstance(entry, Print)])
        return True

    def _is_twin(self, key: tuple[object, ...], at: Millis) -> bool:
        """Whether the same came just before.

        There is no trade id: two equal trades in one millisecond can both be real, so only a letter-for-letter twin
        (same transaction too) that follows at once counts as a repetition.
        """
        recent, passing = self._recent, self._passing
        while passing and at - passing[0][0] > _TWIN_WITHIN:
            recent.remove(passing.popleft()[1])
        if key in recent:
            return True
        recent.add(key)
        passing.append((at, key))
        return False

    def gap(self, at: Millis, sent: Millis, reason: str) -> None:
        """Mark that continuity was lost; once, however often it was with nothing told in between."""
        last = self.ring[-1] if self.ring else None
        if isinstance(last, Gap) and last.reason == reason:
            self.ring[-1] = Gap(at, sent, reason, last.times + 1)  # a link that flaps pushes no prints off the tape
        else:
            self._between(Gap(at, sent, reason))

    def mark(self, at: Millis, sent: Millis, text: str) -> None:
        """Note on the tape what the prints alone do not tell, such as a new tick size."""
        self._between(Mark(at, sent, text))

    def _between(self, entry: Gap | Mark) -> None:
        self.push(entry)
        self._order = None

    def reached(self, offset: int) -> int:
        """The time of day that the newest entry stands for; by our clock and its `offset` where the venue told none."""
        last = self.ring[-1] if self.ring else None
        return 0 if last is None else last.sent or last.at + offset

    @property
    def sieves(self) -> tuple[int, ...]:
        """What a reader may ask for as the least of a line; the first leaves nothing out."""
        return WORTHS if self.by_worth else SIEVES

    def hidden(self, least: int, *, joined: bool = False) -> int:
        """How many of all prints are in lines smaller than `least`, one of the sieves."""
        return self._sizes.below(least, joined=joined)

    def last(self, count: int) -> list[Entry]:
        """The newest entries, newest first."""
        ring = self.ring
        return [ring[-1 - i] for i in range(min(count, len(ring)))]

    def price(self) -> Px | None:
        """Of the newest print."""
        return next((entry.price for entry in reversed(self.ring) if isinstance(entry, Print)), None)


def large_from(sizes: Sequence[int]) -> int:
    """The size from which on a print stands out among these: in the top twentieth, and well above the median."""
    if len(sizes) < _RECKON_FROM:
        return _NEVER_LARGE
    ordered = sorted(sizes)
    percentile = ordered[-(-len(ordered) * 95 // 100) - 1]
    return max(percentile, _LARGE_TIMES * ordered[len(ordered) // 2] + 1)


class _Sizes:
    """How many prints there were by size, each for itself and each by the sum of its order."""

    __slots__ = ("_orders", "_prints", "_sieves", "_sum", "run")

    def __init__(self, sieves: tuple[int, ...]) -> None:
        self._sieves = sieves
        self._prints = [0] * len(sieves)
        self._orders = [0] * len(sieves)
        self._sum = 0
        self.run = 0
        """How many prints the last order has so far."""

    def add(self, size: int, *, joined: bool) -> None:
        sieve = bisect_right(self._sieves, size) - 1
        self._prints[sieve] += 1
        if joined:
            self._orders[bisect_right(self._sieves, self._sum) - 1] -= self.run
            self._sum += size
            self.run += 1
            self._orders[bisect_right(self._sieves, self._sum) - 1] += self.run
        else:
            self._sum, self.run = size, 1
            self._orders[sieve] += 1

    def below(self, least: int, *, joined: bool) -> int:
        return sum((self._orders if joined else self._prints)[: self._sieves.index(least)])
