"""How far the feed runs behind each venue, and by how much our clock and the venue's differ."""

from __future__ import annotations

from collections import deque

from pmtui.core.tuples import NamedTuple
from pmtui.core.units import Millis

_CLOCKS_AGREE = 2_000
"""ms; a message from further in the future has another clock's time …"""
_NO_DELAY = 60_000
"""… and so has one from further in the past, where nobody told the time: no link is so far behind and alive."""
_TIMELY = 300_000
"""ms; a time that was told longer ago says nothing of the clocks now."""
_KEPT = 16


class _Told(NamedTuple):
    """The venue's clock minus our steady one, at least and at most, and when an answer said so."""

    least: int
    most: int
    at: int


class Clocks:
    """Our own clock, and each venue's beside it."""

    def __init__(self) -> None:
        self.taken: deque[int] = deque(maxlen=512)
        """How long the last frames took from their receipt to the book, in microseconds."""
        self._offset = 0
        self._delays: dict[str, Delays] = {}

    @property
    def offset(self) -> int:
        """Wall clock minus steady clock; moves when the wall clock is set."""
        return self._offset

    @offset.setter
    def offset(self, offset: int) -> None:
        self._offset = offset
        for each in self._delays.values():
            each.offset = offset

    def of(self, venue: str) -> Delays:
        """Those of a venue; none of another's messages or answers count there."""
        return self._delays.get(venue) or self._delays.setdefault(venue, Delays(offset=self._offset))

    def compare(self, venue: str, told: int, asked_at: int, answered_at: int) -> None:
        """A venue told its time, see `Delays`."""
        self.of(venue).compare(told, asked_at, answered_at)

    def taking(self) -> tuple[int, int] | None:
        """Median and 99th percentile of the way into the book, in microseconds."""
        return _quantiles(self.taken)


class Delays:
    """How far the feed runs behind one venue: the last few hundred differences between two clocks."""

    def __init__(self, *, offset: int = 0) -> None:
        self.ring: deque[int] = deque(maxlen=512)
        self.offset = offset
        """That of the clocks that these belong to."""
        self._told: tuple[_Told, ...] = ()
        """The latest answers that agree; replaced and never changed, for the screen reads it at any time."""
        self._alone: tuple[_Told, ...] = ()
        """The last answer, if no other one agrees with it yet."""

    def quantiles(self) -> tuple[int, int] | None:
        """Median and 99th percentile in ms."""
        found = _quantiles(self.ring)
        return found and (found[0] + self.offset, found[1] + self.offset)

    def compare(self, told: int, asked_at: int, answered_at: int) -> None:
        """A venue told its time in whole seconds, given here in ms, some time between our question and its answer.

        It is believed when two answers in a row agree: one alone may be from anywhere on the way.
        """
        new = _Told(told - answered_at, told + 1_000 - asked_at, answered_at)
        for known in (self._told, self._alone):
            agreed = (*_fresh(known, answered_at), new)[-_KEPT:]
            least, most = _between(agreed)
            if len(agreed) > 1 and least <= most:
                self._told, self._alone = agreed, ()
                return
        self._alone = (new,)

    def apart(self, now: int) -> int:
        """By how many ms our clock is ahead of the venue's, as far as that is beyond doubt; 0 while they may agree.

        A message that is old may have been on its way for long. Only an answer, which came between two moments of our
        own clock, tells one from the other.
        """
        median = (self.quantiles() or (0, 0))[0]
        told = _fresh(self._told, now)
        if not told:
            return median if not -_CLOCKS_AGREE <= median <= _NO_DELAY else 0
        least, most = (self.offset - each for each in reversed(_between(told)))
        if least > _CLOCKS_AGREE or most < -_CLOCKS_AGREE:
            return (least + most) // 2
        return median if median < -_CLOCKS_AGREE else 0

    def venue_time(self, now: int) -> Millis:
        """What the venue's clock shows, by ours and what is known of the difference."""
        return Millis(now + self.offset - self.apart(now))

    def late(self, sent: int, at: int, now: int) -> int:
        """By how many ms news of that time came late, as far as our clock being ahead does not explain it."""
        late = at - sent + self.offset
        if told := _fresh(self._told, now):
            return max(0, late - (self.offset - _between(told)[0]))
        return late if 0 < late <= _NO_DELAY else 0


def _fresh(told: tuple[_Told, ...], now: int) -> tuple[_Told, ...]:
    return tuple(each for each in told if now - each.at <= _TIMELY)


def _between(told: tuple[_Told, ...]) -> tuple[int, int]:
    """What all of them allow: at least and at most."""
    return max(each.least for each in told), min(each.most for each in told)


def _quantiles(ring: deque[int]) -> tuple[int, int] | None:
    ordered = sorted(ring)
    last = len(ordered) - 1
    return (ordered[last // 2], ordered[last * 99 // 100]) if ordered else None
