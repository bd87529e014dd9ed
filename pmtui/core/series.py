"""The price over time: mids and trades in buckets of four widths, from five minutes to six hours back.

Only seconds with news are kept. In between the last mid stands; after a gap nothing stands until there is a new one.
"""

from __future__ import annotations

from array import array
from bisect import insort
from collections import deque
from collections.abc import Iterator, Sequence
from enum import Enum
from operator import itemgetter

from pmtui.core.events import Candles
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import ONE

_WIDTHS = ((1_000, 306), (6_000, 154), (25_000, 148), (150_000, 148))
"""Milliseconds a bucket and how many: a little more than 5 minutes, 15 minutes, an hour and six hours."""
_FEW = 16
"""How many buckets there is room for at first."""
_MOST_MARKS = 64
_MOST_GAPS = 16
_MOST_STARTS = 32
_NEVER = -(1 << 60)
_LARGEST = (1 << 63) - 1
_HIGHEST = _LARGEST - 1
"""The highest printed price that can be kept as a number below `_NONE`."""
_LEAST = ONE // 100
"""Money is kept to a billionth of a dollar: of less than a cent an average price may not be told from that."""
_NONE = -1
"""No mid: nothing was quoted in this bucket."""
_GAP = -2
"""No mid any more: the connection was lost, or a side of the book."""


class Mark(Enum):
    """What is worth a sign on the time axis."""

    TICK = "tick"
    GAP = "gap"
    FILL = "fill"


class Column(NamedTuple):
    """One step of a picture: where the mid was in that time, and where it stands at the end."""

    low: int | None = None
    high: int | None = None
    close: int | None = None
    """None after a gap, until there is a new mid."""
    size: int = 0
    money: int = 0
    """Price times size, in billionths of a dollar."""
    broken: bool = False
    """The connection was lost in this step."""

    @property
    def vwap(self) -> int | None:
        """The average price of what printed in this step."""
        return _average(self.money, self.size)


class View(NamedTuple):
    """The price in columns, oldest first; `marks` are columns and what is marked there."""

    columns: tuple[Column, ...]
    marks: tuple[tuple[int, Mark], ...]
    first: int | None
    """Where the mid was when the view began, or the first one in it."""
    low: int | None
    high: int | None
    size: int
    money: int
    bottom: int | None = None
    """The lowest and the highest price that printed, told where there was no mid in the whole view."""
    top: int | None = None

    @property
    def vwap(self) -> int | None:
        """The average price of all that printed in the view."""
        return _average(self.money, self.size)


class Bucket(NamedTuple):
    """What a stretch of time brought; prices below zero are none. It opened where the one before closed.

    Where there was no mid, its high and low hold those of what printed, as numbers below `_NONE`.
    """

    high: int = _NONE
    low: int = _NONE
    close: int = _NONE
    size: int = 0
    money: int = 0

    @property
    def top(self) -> int:
        """The highest price that printed while there was no mid."""
        return _NONE - 1 - self.high if self.high < _NONE else _NONE

    @property
    def bottom(self) -> int:
        return _NONE - 1 - self.low if self.low < _NONE else _NONE

    def then(self, later: Bucket) -> Bucket:
        """Both as one."""
        high, low = max(self.high, later.high), min(self.low, later.low)
        if high < 0:  # the highest print is the lowest number
            high, low = min(self.high, later.high), max(self.low, later.low) if later.high < _NONE > self.high else low
        elif low < 0:
            low = max(self.low, later.low)
        return Bucket(
            high,
            low,
            self.close if later.close == _NONE else later.close,
            self.size + later.size,
            self.money + later.money,
        )


def _average(money: int, size: int) -> int | None:
    """What was paid for each, where that is told by what is known of the money."""
    return money * ONE // size if size and money >= _LEAST else None


_NOTHING = Bucket()
_EMPTY = array("q", _NOTHING)
_FIELDS = len(_EMPTY)
_make = Bucket._make
_column = Column._make  # a third of the time of naming each part, and a view has a hundred and more


class Series:
    """Where the middle was, what traded, and what happened to the market meanwhile."""

    __slots__ = (
        "_bottom",
        "_close",
        "_deaf",
        "_deaf_since",
        "_high",
        "_known",
        "_low",
        "_marked",
        "_marks",
        "_money",
        "_past_of",
        "_past_told",
        "_recalled",
        "_rings",
        "_second",
        "_size",
        "_stands",
        "_starts",
        "_top",
        "_until",
    )

    def __init__(self) -> None:
        self._rings = tuple(_Ring(width, count) for width, count in _WIDTHS)
        self._marks: deque[tuple[int, Mark]] = deque(maxlen=_MOST_MARKS)
        self._marked = 0
        self._second = _NEVER
        self._until = _NEVER
        self._stands = _NONE
        """The last mid of all seconds that have ended."""
        self._known: tuple[tuple[int, ...], Bucket, View] | None = None
        self._past_of: tuple[int, ...] = ()
        self._past_told: tuple[list[Bucket], int] = ([], _NONE)
        self._deaf: deque[tuple[int, int]] = deque(maxlen=_MOST_GAPS)
        """From when to when we did not listen."""
        self._deaf_since: int | None = _NEVER
        self._recalled: set[int] = set()
        """When the stretches begin that are known from the venue's memory."""
        self._starts: list[tuple[int, int]] = []
        """When there was a mid after there had been none, and which: a bucket only tells how it ended."""
        self._high = self._low = self._close = self._top = self._bottom = _NONE
        self._size = self._money = 0

    # What happened

    def quoted(self, mid: int, at: int) -> None:
        """The middle between the touches is here now."""
        if at >= self._until:
            self._turn(at)
        if self._deaf_since is not None:
            self._deaf.append((self._deaf_since, at))
            self._deaf_since = None
        mid = min(mid, _LARGEST)
        if self._close < 0 and (self._stands if self._close == _NONE else _NONE) < 0:
            self._start(self._second * 1000, mid)
        if self._high < 0:
            self._high = self._low = mid
        elif mid > self._high:
            self._high = mid
        elif mid < self._low:
            self._low = mid
        self._close = mid

    def unquoted(self, at: int) -> None:
        """A side is empty: there is no middle, until there is one again."""
        if at >= self._until:
            self._turn(at)
        self._close = _GAP

    def printed(self, price: int, size: int, at: int) -> None:
        if at >= self._until:
            self._turn(at)
        self._size += size
        self._money += price * size
        if self._top < 0:
            self._top = self._bottom = min(price, _HIGHEST)
        elif price > self._top:
            self._top = min(price, _HIGHEST)
        elif price < self._bottom:
            self._bottom = price

    def gap(self, at: int) -> None:
        """From here on nothing is known until the next mid."""
        self.mark(Mark.GAP, at)
        self.unquoted(at)
        if self._deaf_since is None:
            self._deaf_since = at

    def mark(self, kind: Mark, at: int) -> None:
        if at >= self._until:
            self._turn(at)
        self._marks.append((max(at, self._second * 1000), kind))
        self._marked += 1

    def recall(self, told: Candles, offset: int) -> None:
        """Stretches in which we did not listen, as the venue remembers them; `offset` is its time less ours.

        What they held is not told by size: a mean price cannot be had from them.
        """
        deaf = [*self._deaf, *([(self._deaf_since, told.at)] if self._deaf_since is not None else [])]
        for each in told.rows:
            begins = each.begins - offset
            ends = begins + told.width
            if each.begins not in self._recalled and any(since <= begins and ends <= until for since, until in deaf):
                first, high, low, last = (min(price, _LARGEST) for price in each[1:5])
                for ring in self._rings:
                    ring.put(begins, Bucket(high, low, last))
                self._recalled.add(each.begins)
                if each.begins - told.width not in self._recalled:
                    self._start(begins, first)
        self._known, self._past_of = None, ()

    def _start(self, at: int, mid: int) -> None:
        insort(self._starts, (at, mid), key=itemgetter(0))
        del self._starts[:-_MOST_STARTS]

    # What is asked

    def view(self, seconds: int, columns: int, now: int) -> View:
        """The last seconds in so many columns, which are steps of absolute time: a picture moves by whole ones."""
        span = -(-seconds * 1000 // columns)
        last = max(now, self._second * 1000) // span
        running = self._running()
        wanted = (span, columns, last, self._second, self._marked)
        if self._known is None or self._known[:2] != (wanted, running):
            self._known = (wanted, running, self._view(span, range(last - columns + 1, last + 1), running))
        return self._known[2]

    def stood(self, at: int) -> tuple[int, int] | None:
        """When and which mid stood at the beginning of that second, or came first since; None where none is known."""
        at -= at % 1000
        if self._until <= at:
            before = self._stands if self._close == _NONE else self._close
        else:
            before = self._before(self._rings[0], at)
        return (at, before) if before >= 0 else next((each for each in self._starts if each[0] >= at), None)

    def _view(self, span: int, steps: range, running: Bucket) -> View:
        ring = next((each for each in self._rings if each.reaches(span * len(steps))), self._rings[-1])
        buckets, before = self._past(ring, span, steps)
        # By its bucket, not by itself: so it stays in its column when the second has ended.
        here = self._second * 1000 // ring.width * ring.width // span
        if here in steps:
            n = here - steps[0]
            buckets = [*buckets[:n], buckets[n].then(running), *buckets[n + 1 :]]
        if all(each.close == _NONE for each in buckets):
            before = self._stands if running.close == _NONE else running.close
        marks = tuple((at // span - steps[0], kind) for at, kind in self._marks if at // span in steps)
        gaps = {n for n, kind in marks if kind is Mark.GAP}
        told = tuple(_columns(buckets, before, gaps))
        low = min((each.low for each in told if each.low is not None), default=None)
        printed = [each for each in buckets if each.top >= 0] if low is None else []
        return View(
            told,
            marks,
            before if before >= 0 else self._first(told, ring.width, span, steps[0]),
            low,
            max((each.high for each in told if each.high is not None), default=None),
            sum(each.size for each in buckets),
            sum(each.money for each in buckets),
            min((each.bottom for each in printed), default=None),
            max((each.top for each in printed), default=None),
        )

    def _first(self, told: Sequence[Column], width: int, span: int, begin: int) -> int | None:
        """The first mid in a view before which there was none."""
        started = next((mid for at, mid in self._starts if at // width * width // span >= begin), None)
        return next((each.close for each in told if each.close is not None), None) if started is None else started

    def _past(self, ring: _Ring, span: int, steps: range) -> tuple[list[Bucket], int]:
        """The seconds that have ended, a bucket for each step, and what stood before them; once for each second."""
        wanted = (ring.width, span, steps[0], len(steps), self._second)
        if self._past_of != wanted:
            self._past_told = (ring.told(span, steps), self._before(ring, steps[0] * span))
            self._past_of = wanted
        return self._past_told

    def _before(self, ring: _Ring, start: int) -> int:
        """The mid that stood when the view begins."""
        # A wider bucket that reaches into the view could tell what was not known yet.
        coarser = (each.last_before(start - each.width + 1) for each in self._rings if each.width > ring.width)
        return max((ring.last_before(start), *coarser))[1]

    # The passing of time

    def _turn(self, at: int) -> None:
        second, bucket = self._second, self._running()
        # Done with before it is kept: what could not be kept would come again with each news and each look.
        self._clear()
        self._second = at // 1000
        self._until = (self._second + 1) * 1000
        if bucket.close != _NONE:
            self._stands = bucket.close
        if bucket != _NOTHING:
            for ring in self._rings:
                ring.add(second * 1000, bucket)

    def _running(self) -> Bucket:
        money = self._money // ONE
        high, low = self._high, self._low
        if high < 0 <= self._top:
            high, low = _NONE - 1 - self._top, _NONE - 1 - self._bottom
        return Bucket(high, low, self._close, self._size, money)

    def _clear(self) -> None:
        self._high = self._low = self._close = self._top = self._bottom = _NONE
        self._size = self._money = 0


def _columns(buckets: list[Bucket], before: int, gaps: set[int]) -> Iterator[Column]:
    """Buckets as columns: where nothing is told, the last mid stands."""
    stands = before
    for n, each in enumerate(buckets):
        high, low, close, size, money = each
        # What stood when a step began was the price for a part of it.
        if stands >= 0:
            high, low = max(high, stands), stands if low < 0 or stands < low else low
        if close != _NONE:
            stands = close
        if high < 0:
            yield _column((None, None, None, size, money, n in gaps))
        else:
            yield _column((low, high, None if stands < 0 else stands, size, money, n in gaps))


class _Ring:
    """Buckets of one width: a flat array, which is nothing to the garbage collector, as long as what came so far."""

    __slots__ = ("_base", "_first", "_huge", "_last", "_older", "_rows", "count", "width")

    def __init__(self, width: int, count: int) -> None:
        self.width = width
        self.count = count
        self._rows: array[int] = array("q")
        self._base = 0
        """The number of the bucket that lies first."""
        self._first = 0
        """The number of the first bucket that ever was."""
        self._last = _NEVER
        """The number of the newest; as many as there is room for, up to this one, are kept."""
        self._older = (_NEVER, _NONE)
        """Of those that were kept once: when the newest with a mid began, and how it ended."""
        self._huge: dict[int, tuple[int, int]] = {}
        """Size and money of those buckets, by their number, that hold more than 64 bits do."""

    def reaches(self, ms: int) -> bool:
        return ms <= self.width * (self.count - 2)

    def add(self, at: int, bucket: Bucket) -> None:
        """Take in what a second brought."""
        number = at // self.width
        rows = self._rows
        if not rows:
            self._base = self._first = number
            self._last = number - 1
        if number > self._last:
            self._make_room(number)
        self._first = min(self._first, number)
        known = self._bucket(number)
        start = self._place(number)
        if start >= len(rows):
            # Hundreds of markets may be warm, most of them for minutes only.
            room = min(max(start // _FIELDS + 1, 2 * len(rows) // _FIELDS, _FEW), self.count)
            rows.extend(_EMPTY * (room - len(rows) // _FIELDS))
        bucket = known.then(bucket) if known else bucket
        if max(bucket.size, bucket.money) >= _LARGEST:
            self._huge[number] = bucket.size, bucket.money
            bucket = bucket._replace(size=_LARGEST, money=_LARGEST)
        rows[start : start + _FIELDS] = array("q", bucket)

    def _make_room(self, number: int) -> None:
        """A newer bucket begins: what is too old by then goes, and nothing is known of those between."""
        rows, count = self._rows, self.count
        for gone in range(min(self._last, number - count), self._last - count, -1):
            if (bucket := self._bucket(gone)) is not None and bucket.close != _NONE:
                self._older = (gone * self.width, bucket.close)
                break
        for begun in range(max(self._last, number - count) + 1, number + 1):
            if (start := self._place(begun)) < len(rows):
                rows[start : start + _FIELDS] = _EMPTY
        self._last = number
        self._huge = {each: sums for each, sums in self._huge.items() if each > number - count}

    def put(self, at: int, bucket: Bucket) -> None:
        """Take in what is older than all that is told from now on, as far as there is room behind the newest."""
        if not self._rows or at // self.width > self._last - self.count:
            self.add(at, bucket)

    def told(self, span: int, steps: range) -> list[Bucket]:
        """What was told in each step; a bucket belongs to the step in which it begins."""
        told = [_NOTHING] * len(steps)
        begin, end = -(-steps[0] * span // self.width), -(-(steps[-1] + 1) * span // self.width)
        first, width, rows, count, base = steps[0], self.width, self._rows, self.count, self._base
        if not rows:
            return told
        for number in range(max(begin, self._last - count + 1, self._first), min(end, self._last + 1)):
            start = (number - base) % count * _FIELDS
            bucket = self._at(number, start) if start < len(rows) else _NOTHING
            if bucket != _NOTHING:
                step = number * width // span - first
                before = told[step]
                told[step] = bucket if before is _NOTHING else before.then(bucket)
        return told

    def last_before(self, at: int) -> tuple[int, int]:
        """When the newest bucket that begins before this and has a mid begins, and how it ends."""
        newest = min(-(-at // self.width) - 1, self._last)
        for number in range(newest, max(self._last - self.count, self._first - 1), -1):
            bucket = self._bucket(number)
            if bucket and bucket.close != _NONE:
                return number * self.width, bucket.close
        return self._older if self._older[0] < at else (_NEVER, _NONE)

    def _place(self, number: int) -> int:
        return (number - self._base) % self.count * _FIELDS

    def _bucket(self, number: int) -> Bucket | None:
        """What that bucket holds, None where nothing is kept."""
        start, rows = self._place(number), self._rows
        if not self._last - self.count < number <= self._last or start >= len(rows):
            return None
        bucket = self._at(number, start)
        return None if bucket == _NOTHING else bucket

    def _at(self, number: int, start: int) -> Bucket:
        bucket = _make(self._rows[start : start + _FIELDS])
        if bucket.size == _LARGEST:
            size, money = self._huge[number]
            return bucket._replace(size=size, money=money)
        return bucket
