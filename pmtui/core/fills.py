"""Our fills, each once, and the positions that they make."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort

from pmtui.core.events import Filled, FillKey, FillState, Side
from pmtui.core.instrument import InstrumentId
from pmtui.core.position import FLAT, Position, after, summed, without
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import Millis

KEEP = 100_000
REMEMBER = 4 * KEEP
"""So many fills that are not kept any more are still known when they are told again."""
MARK_EVERY = 1_000
"""So many fills are summed again at the most when one of the newest fails, or comes in late."""

STAGES = {
    FillState.MATCHED: 0,
    FillState.MINED: 1,
    FillState.RETRYING: 1,
    FillState.CONFIRMED: 2,
    FillState.FAILED: 3,
}
"""A fill never goes back to an earlier stage. Within one the newer word counts: a mined trade may be tried again."""

FAILED = FillState.FAILED


class Change(NamedTuple):
    """What came of a fact: the fill as it is now, and the state it was in; None for a fill that is new."""

    fill: Filled
    was: FillState | None


Entry = tuple[Millis, FillKey]
"""Where a fill stands in time."""


class Fills:
    """A table of fills in the order of their matching; the oldest are let go, and stay in the positions."""

    def __init__(self, keep: int = KEEP) -> None:
        self.version = 0
        self.total = 0
        """All that ever were, those that failed and those that are not kept any more included."""
        self._failed: dict[InstrumentId, int] = {}
        self._keep = keep
        self._fills: dict[FillKey, Filled] = {}
        self._entries: list[Entry] = []
        self._of: dict[InstrumentId, _Holding] = {}
        self._open: dict[FillKey, None] = {}
        self._taken: dict[str, int] = {}
        self._voided: dict[str, int] = {}
        """How many of an order's fills failed."""
        self._forgotten: dict[int, bool] = {}

    # Facts

    def take(self, told: Filled) -> Change | None:
        """Take a fact in, in whatever order it comes; None when it says nothing new."""
        key = told.key
        known = self._fills.get(key)
        if known is not None:
            return self._again(known, told)
        counted = self._forgotten.get(hash(key))
        if counted is not None:
            return self._remembered(told, counted=counted)
        return self._new(told)

    def _new(self, told: Filled) -> Change:
        self.total += 1
        self._fills[told.key] = told
        self._rank(told)
        self._settle(told)
        if told.state is FAILED:
            self._fail(told)
            self._void(told, 1)
        else:
            self._add(told, 1)
        self.version += 1
        while len(self._fills) > self._keep:
            self._forget_oldest()
        return Change(told, None)

    def _again(self, known: Filled, told: Filled) -> Change | None:
        fill = merged(known, told)
        if fill == known:
            return None
        if fill.sent != known.sent:
            self._unrank(known)
            self._rank(fill)
        self._fills[fill.key] = fill
        self._settle(fill)
        if fill.state is FAILED is not known.state:
            self._fail(fill)
            self._void(fill, 1)
            self._add(known, -1)
            self._of[fill.instrument].doubt((fill.sent, fill.key))
        self.version += 1
        return Change(fill, known.state)

    def _remembered(self, told: Filled, *, counted: bool) -> Change | None:
        """A fill that is not kept any more: all that can still matter is that it failed."""
        if not counted or told.state is not FAILED:
            return None
        self._forgotten[hash(told.key)] = False
        self._fail(told)
        self._of[told.instrument].void(told)
        self.version += 1
        return Change(told, FillState.MATCHED)

    def _fail(self, fill: Filled) -> None:
        self._failed[fill.instrument] = self._failed.get(fill.instrument, 0) + 1

    def _settle(self, fill: Filled) -> None:
        if fill.state.final:
            self._open.pop(fill.key, None)
        else:
            self._open[fill.key] = None

    def _add(self, fill: Filled, times: int) -> None:
        """Add to what the order's fills sum up to, or take from it."""
        _count(self._taken, fill.order, times * fill.size)

    def _void(self, fill: Filled, times: int) -> None:
        _count(self._voided, fill.order, times)

    def _rank(self, fill: Filled) -> None:
        entry = (fill.sent, fill.key)
        _into(self._entries, entry)
        if fill.instrument not in self._of:
            self._of[fill.instrument] = _Holding(self._fills)
        self._of[fill.instrument].add(entry, fill)

    def _unrank(self, fill: Filled) -> None:
        entry = (fill.sent, fill.key)
        del self._entries[bisect_left(self._entries, entry)]
        self._of[fill.instrument].drop(entry)

    def _forget_oldest(self) -> None:
        key = self._entries[0][1]
        fill = self._fills[key]
        self._of[fill.instrument].fold(fill)
        del self._entries[0], self._fills[key]
        self._open.pop(key, None)
        counts = fill.state is not FAILED
        if counts:
            self._add(fill, -1)
        else:
            self._void(fill, -1)
        self._forgotten[hash(key)] = counts
        if len(self._forgotten) > REMEMBER:
            del self._forgotten[next(iter(self._forgotten))]

    # What is asked

    def __len__(self) -> int:
        return len(self._fills)

    def get(self, key: FillKey) -> Filled | None:
        return self._fills.get(key)

    def newest(self, count: int, *, skip: int = 0, instrument: InstrumentId | None = None) -> list[Filled]:
        """The fills that were matched last, the last one first."""
        entries = self._entries
        if instrument is not None:
            held = self._of.get(instrument)
            entries = held.entries if held else []
        end = max(0, len(entries) - skip)
        return [self._fills[key] for _, key in reversed(entries[max(0, end - count) : end])]

    def count(self, instrument: InstrumentId | None = None) -> int:
        """How many are kept."""
        if instrument is None:
            return len(self._fills)
        held = self._of.get(instrument)
        return len(held.entries) if held else 0

    def failed(self, instrument: InstrumentId | None = None) -> int:
        """How many ever failed."""
        return sum(self._failed.values()) if instrument is None else self._failed.get(instrument, 0)

    def taken(self, order: str) -> int:
        """What an order's fills sum up to."""
        return self._taken.get(order, 0)

    def has_failed(self, order: str) -> bool:
        """Whether one of an order's fills failed."""
        return order in self._voided

    def position(self, instrument: InstrumentId) -> Position:
        """The sum of the fills that did not fail."""
        held = self._of.get(instrument)
        return held.position() if held else FLAT

    def instruments(self) -> list[InstrumentId]:
        """Whatever was ever bought or sold."""
        return list(self._of)

    def unsettled_since(self, earliest: int) -> Millis | None:
        """When the oldest fill that may still fail was matched, if that was at `earliest` or later."""
        sent = [self._fills[key].sent for key in self._open]
        return min((each for each in sent if each >= earliest), default=None)


class _Holding:
    """The fills of one instrument in the order of their matching, summed up when somebody asks."""

    __slots__ = ("_base", "_fills", "_marks", "_position", "_stale", "entries")

    def __init__(self, fills: dict[FillKey, Filled]) -> None:
        self._fills = fills
        self.entries: list[Entry] = []
        self._stale = False
        """The sum must be made anew: a fill failed, or came in before others."""
        self._base = FLAT
        """The sum of what is not kept any more."""
        self._marks: list[tuple[Entry, Position]] = []
        """The sum up to some of the fills, so that what happens to a late one does not cost all before it."""
        self._position = FLAT

    def add(self, entry: Entry, fill: Filled) -> None:
        _into(self.entries, entry)
        if self._stale or self.entries[-1] != entry:
            self.doubt(entry)
        else:
            self._position = _with(self._position, fill)

    def drop(self, entry: Entry) -> None:
        del self.entries[bisect_left(self.entries, entry)]
        self.doubt(entry)

    def doubt(self, entry: Entry) -> None:
        """Whatever was summed up to there or further must be summed again."""
        self._stale = True
        while self._marks and self._marks[-1][0] >= entry:
            del self._marks[-1]

    def fold(self, oldest: Filled) -> None:
        if self._marks and self._marks[0][0] == self.entries[0]:
            del self._marks[0]
        del self.entries[0]
        self._base = _with(self._base, oldest)

    def void(self, fill: Filled) -> None:
        self._base = without(self._base, _signed(fill), fill.price)
        self._stale = True
        self._marks.clear()

    def position(self) -> Position:
        if self._stale:
            self._position = self._sum()
            self._stale = False
        return self._position

    def _sum(self) -> Position:
        position, begin = self._base, 0
        if self._marks:
            last, position = self._marks[-1]
            begin = bisect_right(self.entries, last)
        for first in range(begin, len(self.entries), MARK_EVERY):
            part = self.entries[first : first + MARK_EVERY]
            fills = [self._fills[key] for _, key in part]
            position = summed(position, [(_signed(each), each.price) for each in fills if each.state is not FAILED])
            if len(part) == MARK_EVERY:
                self._marks.append((part[-1], position))
        return position


def merged(known: Filled, told: Filled) -> Filled:
    """What is known of a fill after another word about it: the same, whichever word came first."""
    state, updated = max(((each.state, each.updated) for each in (known, told)), key=_stage)
    return known._replace(
        state=state,
        updated=updated,
        sent=_earliest(known.sent, told.sent),
        fee=told.fee if known.fee is None else known.fee,
        late=known.late and told.late,
        forced=known.forced or told.forced,
    )


def _stage(word: tuple[FillState, Millis]) -> tuple[int, Millis, bool]:
    state, updated = word
    return STAGES[state], updated, state is FillState.RETRYING


def _earliest(*times: Millis) -> Millis:
    """Of those that are known, and of one second rather one that says more than the second."""
    return min(
        (each for each in times if each), key=lambda each: (each // 1000, each % 1000 == 0, each), default=Millis(0)
    )


def _signed(fill: Filled) -> int:
    return fill.size if fill.side is Side.BUY else -fill.size


def _with(position: Position, fill: Filled) -> Position:
    return position if fill.state is FAILED else after(position, _signed(fill), fill.price)


def _count(sums: dict[str, int], name: str, more: int) -> None:
    if total := sums.get(name, 0) + more:
        sums[name] = total
    else:
        sums.pop(name, None)


def _into(entries: list[Entry], entry: Entry) -> None:
    """Most fills are newer than all before them."""
    if entries and entry < entries[-1]:
        insort(entries, entry)
    else:
        entries.append(entry)
