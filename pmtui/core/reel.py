"""A tape as lines: small prints left out and the prints of one order joined, on request."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from itertools import islice

from pmtui.core.events import Side
from pmtui.core.tape import Entry, Gap, Mark, Print, Tape
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import Millis

_ANYWHERE = 1 << 62


class Run(NamedTuple):
    """A print, or the prints of one order in a row."""

    at: Millis
    sent: Millis
    price: int
    """Weighted by size; exact for one print, cut to a billionth for several."""
    size: int
    money: int
    side: Side
    prints: int
    large: bool


Shown = Run | Gap | Mark


class Page(NamedTuple):
    """Some lines in a row, newest first, each with the number of its oldest entry; `newer` lines come before them."""

    newer: int
    lines: list[tuple[int, Shown]]


class Reel:
    """The lines of one tape, from any of them back.

    It remembers where lines begin, so that a look costs what came since the last one. Lines go by the number of
    their oldest entry, which holds when the ring moves on.
    """

    __slots__ = ("_high", "_low", "_open", "_starts", "joined", "least", "tape")

    def __init__(self, tape: Tape, least: int = 0, *, joined: bool = False) -> None:
        self.tape = tape
        self.least = least
        self.joined = joined
        self._starts: deque[int] = deque()
        """Where the shown lines from `_low` to `_high` begin; the newest line, from `_high` on, may still grow."""
        self._open = False
        """Whether that newest line is shown."""
        self._low = self._high = self._begin(tape.total - 1) if tape.ring else tape.total

    def page(self, anchor: int | None, count: int) -> Page:
        """So many lines from the anchor back, from the newest when there is none; the oldest when it is gone."""
        self._catch_up()
        newer = 0 if anchor is None else self._place(anchor)
        self._look_back(count=newer + count)
        if newer >= (known := self._known()):
            newer = max(0, known - count)
        starts = [self._start(n) for n in range(newer, min(newer + count, known))]
        return Page(newer, [(start, self._line(start, self._end(start))) for start in starts])

    def move(self, anchor: int | None, by: int, count: int) -> int | None:
        """The anchor `by` lines further back, with a full page below it; None when that is the newest line."""
        self._catch_up()
        wanted = (0 if anchor is None else self._place(anchor)) + by
        self._look_back(count=wanted + count)
        wanted = min(wanted, self._known() - count)
        return self._start(wanted) if wanted > 0 else None

    # Lines by their place, the newest is 0

    def _known(self) -> int:
        return len(self._starts) + self._open

    def _start(self, n: int) -> int:
        return self._high if self._open and n == 0 else self._starts[-1 - n + self._open]

    def _place(self, number: int) -> int:
        """The place of the line that begins at this entry, or of the next older one."""
        if self._open and number >= self._high:
            return 0
        self._look_back(to=number)
        return self._open + len(self._starts) - bisect_right(self._starts, number)

    # What is known of the tape

    def _catch_up(self) -> None:
        """Close the lines that have ended since the last look, and forget those that the ring dropped."""
        tape = self.tape
        oldest, n = tape.oldest, max(self._high, tape.oldest)
        while n < tape.total and (end := self._end(n)) < tape.total:
            if self._shows(n, end):
                self._starts.append(n)
            n = end
        self._high = n
        self._open = n < tape.total and self._shows(n, tape.total)
        while self._starts and self._starts[0] < oldest:
            self._starts.popleft()
        self._low = max(self._low, oldest)

    def _look_back(self, *, to: int = _ANYWHERE, count: int = 0) -> None:
        """Find older lines, until that entry is reached and so many lines are known."""
        # One loop without calls: with few large prints it may have to go through the whole ring for a key.
        tape, starts, joining, least = self.tape, self._starts, self.joined, self.least
        by_worth = tape.by_worth
        wanted = count - self._open
        start, size = self._low, 0
        for entry in islice(reversed(tape.ring), tape.total - start, None):
            if self._low <= to and len(starts) >= wanted:
                return
            start -= 1
            if isinstance(entry, Print):
                size += entry.price * entry.size if by_worth else entry.size
                if joining and entry.joined:
                    continue
                if size >= least:
                    starts.appendleft(start)
            else:
                starts.appendleft(start)
            self._low, size = start, 0

    def _begin(self, n: int) -> int:
        while n > self.tape.oldest and self._joined(n):
            n -= 1
        return n

    def _end(self, n: int) -> int:
        n += 1
        while self.joined and n < self.tape.total and self._joined(n):
            n += 1
        return n

    def _joined(self, n: int) -> bool:
        if not self.joined:
            return False
        entry = self._entry(n)
        return isinstance(entry, Print) and entry.joined

    def _entry(self, n: int) -> Entry:
        return self.tape.ring[n - self.tape.total]

    def _shows(self, start: int, end: int) -> bool:
        # An order that began with prints which are gone is not shown: what is left of it would be a false sum.
        if self._joined(start):
            return False
        line = self._line(start, end)
        return not isinstance(line, Run) or (line.money if self.tape.by_worth else line.size) >= self.least

    def _line(self, start: int, end: int) -> Shown:
        first = self._entry(start)
        if not isinstance(first, Print):
            return first
        if end - start == 1:
            worth = first.price * first.size
            return Run(first.at, first.sent, first.price, first.size, worth, first.side, 1, first.size >= first.large)
        size = money = 0
        for n in range(start, end):
            entry = self._entry(n)
            assert isinstance(entry, Print)
            size += entry.size
            money += entry.price * entry.size
        price = money // size if size else first.price
        return Run(first.at, first.sent, price, size, money, first.side, end - start, size >= first.large)
