"""Our orders: which of them work, and how those that do not have ended."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable
from itertools import islice
from typing import Any

from pmtui.core.events import OrderChanged, OrderState, Side
from pmtui.core.instrument import InstrumentId
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import NEVER, Millis, Qty

KEEP_ENDED = 10_000
MOST_WORKING = 100_000
"""No account has more; a venue that says so is not believed without end."""
SLOW = 5_000
"""A list may be so much older than the question that it answers."""
_VIEWS = 8

STAGES = {
    OrderState.WORKING: 0,
    OrderState.GONE: 1,
    OrderState.CANCELLED: 2,
    OrderState.REJECTED: 3,
    OrderState.EXPIRED: 4,
    OrderState.FILLED: 5,
}
"""By the venue's word an order never goes back to an earlier stage, but for one that was gone and works after all.

One that only the sum of its fills calls filled works again when a fill fails.
"""

Rank = Callable[[OrderChanged], Any]

SORTS: dict[str, Rank] = {
    "time": lambda order: -(order.created or order.sent),
    "price": lambda order: -order.price,
    "left": lambda order: -order.left,
    "side": lambda order: (order.side.value, -order.price),
    "market": lambda order: (order.instrument, -order.price),
}
"""The newest, dearest and largest first."""


class Turn(NamedTuple):
    """What came of a fact: the order before, None when it was not known, and now."""

    was: OrderChanged | None
    now: OrderChanged


class _Word(NamedTuple):
    """What is known of an order from both sides; `complete` makes one order of it."""

    told: OrderChanged
    """What the venue said of it itself."""
    taken: int
    """What its fills sum up to."""
    works: Millis
    """When it was last said to work."""
    heard: Millis
    """When the socket spoke of it last, `NEVER` if it never did."""


class Orders:
    """A table of orders by the venue's id, in which any fact may come first."""

    def __init__(self) -> None:
        self.version = 0
        self.refused = 0
        """How many facts were about orders beyond all that anybody has."""
        self._orders: dict[str, OrderChanged] = {}
        self._words: dict[str, _Word] = {}
        self._working: dict[str, None] = {}
        self._ended: dict[str, Millis] = {}
        """When each ended; of one that is gone when the list was asked for that did not have it."""
        self.doubted = False
        """Whether the last list lacked an order that may have been too young for it: another one would tell."""
        self._of: dict[InstrumentId, dict[str, None]] = {}
        self._money: dict[tuple[InstrumentId | None, Side], int] = {}
        """Price times what is left of the working orders, by instrument and of all, kept as they change."""
        self._views: dict[tuple[str, InstrumentId | None], _View] = {}

    # Facts

    def take(self, told: OrderChanged, taken: int = 0, *, listed: bool = False) -> Turn | None:
        """Take a fact in, from a list or from the socket; `taken` is what the order's fills sum up to.

        None when it says nothing new.
        """
        word = self._words.get(told.order)
        if word is None and len(self._working) >= MOST_WORKING:
            self.refused += 1
            return None
        known = None if word is None else word.told
        if known is not None and self._is_back(known, told):
            known = known._replace(state=OrderState.WORKING, reason="", at=told.at)
        said = told if known is None else merged(known, told)
        was_taken, works, heard = (0, NEVER, NEVER) if word is None else word[1:]
        if told.state is OrderState.WORKING:
            works = max(works, told.at)
        return self._know(_Word(said, max(was_taken, taken), works, heard if listed else max(heard, told.at)))

    def _is_back(self, known: OrderChanged, told: OrderChanged) -> bool:
        """Whether an order that a list did not have is said to work, and not before that list."""
        missed = known.state is OrderState.GONE and told.state is OrderState.WORKING
        return missed and told.at >= self._ended[known.order] - SLOW

    def fill(self, order: str, taken: int, *, failed: bool = False) -> Turn | None:
        """Another fill of an order is known, perhaps before the order itself is told; only one that failed takes."""
        word = self._words.get(order)
        if word is None:
            return None
        return self._know(word._replace(taken=taken if failed else max(word.taken, taken)))

    def correct(self, row: OrderChanged, began: Millis) -> Turn | None:
        """A row of a list says that less was matched: so it is, unless the order ended or the socket spoke since."""
        word = self._words.get(row.order)
        if word is None or word.told.state is not OrderState.WORKING or began < word.heard + SLOW:
            return None
        return self._know(word._replace(told=word.told._replace(matched=min(word.told.matched, row.matched))))

    def _know(self, word: _Word) -> Turn | None:
        order = word.told.order
        self._words[order] = word
        return self._turn(self._orders.get(order), complete(word.told, word.taken))

    def check(self, listed: dict[str, OrderChanged], began: Millis, at: Millis, *, whole: bool = True) -> list[Turn]:
        """Hold the table against the venue's list of open orders, asked for at `began`, whose rows were taken in."""
        self.doubted = False
        if not whole:
            return []
        missing = [each for each in self._working if each not in listed and self._words[each].works < began]
        # Whatever was said to work only shortly before the question was asked may be too young to be in the answer.
        gone = [each for each in missing if self._words[each].works < began - SLOW]
        self.doubted = len(gone) < len(missing)
        turns = [self._leave(order, began, at) for order in gone]
        return [turn for turn in turns if turn is not None]

    def _leave(self, order: str, began: Millis, at: Millis) -> Turn | None:
        word = self._words[order]
        told = word.told._replace(state=OrderState.GONE, at=at, reason="not in the venue's list")
        turn = self._know(word._replace(told=told))
        self._ended[order] = began
        return turn

    def _turn(self, known: OrderChanged | None, now: OrderChanged) -> Turn | None:
        if now == known:
            return None
        order = now.order
        self._orders[order] = now
        self.version += 1
        worked = known is not None and known.state is OrderState.WORKING
        works = now.state is OrderState.WORKING
        for (_, instrument), view in self._views.items():
            if instrument in (None, now.instrument):
                view.move(known if worked else None, now if works else None)
        if known is not None and worked:
            self._count_money(known, -1)
        if works:
            self._count_money(now, 1)
        if works:
            self._of.setdefault(now.instrument, {})[order] = None
            self._working[order] = None
            self._ended.pop(order, None)
        else:
            if worked:
                self._stop(now)
            self._end(now)
        return Turn(known, now)

    def _count_money(self, order: OrderChanged, sign: int) -> None:
        for instrument in (None, order.instrument):
            key = instrument, order.side
            left = self._money.get(key, 0) + sign * order.price * order.left
            if left:
                self._money[key] = left
            else:
                self._money.pop(key, None)

    def _stop(self, order: OrderChanged) -> None:
        ids = self._of[order.instrument]
        del ids[order.order]
        if not ids:
            del self._of[order.instrument]

    def _end(self, order: OrderChanged) -> None:
        self._working.pop(order.order, None)
        if order.order not in self._ended:
            self._ended[order.order] = order.at
            if len(self._ended) > KEEP_ENDED:
                oldest = next(iter(self._ended))
                del self._ended[oldest], self._orders[oldest], self._words[oldest]

    # What is asked

    def get(self, order: str) -> OrderChanged | None:
        return self._orders.get(order)

    def is_untold(self, order: str) -> bool:
        """Whether it is known, and the socket never spoke of it."""
        word = self._words.get(order)
        return word is not None and word.heard == NEVER

    def instruments(self) -> list[InstrumentId]:
        """In which something works."""
        return list(self._of)

    def count(self, instrument: InstrumentId | None = None) -> int:
        """How many work."""
        return len(self._working) if instrument is None else len(self._of.get(instrument, ()))

    def money(self, side: Side, instrument: InstrumentId | None = None) -> int:
        """Price times what is left of the working orders on a side."""
        return self._money.get((instrument, side), 0)

    def working(
        self,
        sort: str = "time",
        *,
        instrument: InstrumentId | None = None,
        top: int | None = None,
        skip: int = 0,
        last_first: bool = False,
    ) -> list[OrderChanged]:
        """The working orders in one of the `SORTS`; asking again for a few costs a few, however many there are."""
        view = self._view(sort, instrument)
        return [self._orders[order] for order in view.rows(top, skip, last_first=last_first)]

    def ended(self, top: int) -> list[OrderChanged]:
        """Those that ended last, the last one first."""
        return [self._orders[order] for order in islice(reversed(self._ended), top)]

    def _view(self, sort: str, instrument: InstrumentId | None) -> _View:
        view = self._views.pop((sort, instrument), None)
        if view is None:
            ids = self._working if instrument is None else self._of.get(instrument, {})
            view = _View(SORTS[sort], [self._orders[order] for order in ids])
            if len(self._views) >= _VIEWS:
                del self._views[next(iter(self._views))]
        self._views[sort, instrument] = view  # the last one that was asked for stands last
        return view


class _View:
    """Working orders in one order of rows, kept so by moving one row at a time."""

    __slots__ = ("_entries", "_rank")

    def __init__(self, rank: Rank, orders: list[OrderChanged]) -> None:
        self._rank = rank
        self._entries: list[tuple[Any, str]] = sorted((rank(order), order.order) for order in orders)

    def move(self, was: OrderChanged | None, now: OrderChanged | None) -> None:
        old = None if was is None else (self._rank(was), was.order)
        new = None if now is None else (self._rank(now), now.order)
        if old == new:
            return
        if old is not None:
            del self._entries[bisect_left(self._entries, old)]
        if new is not None:
            insort(self._entries, new)

    def rows(self, top: int | None, skip: int, *, last_first: bool) -> list[str]:
        entries = self._entries
        count = len(entries) - skip if top is None else top
        if last_first:
            end = max(0, len(entries) - skip)
            return [order for _, order in reversed(entries[max(0, end - count) : end])]
        return [order for _, order in entries[skip : skip + count]]


def merged(known: OrderChanged, told: OrderChanged) -> OrderChanged:
    """What is known of an order after another word about it: the same, whichever word came first."""
    further = told if STAGES[told.state] > STAGES[known.state] else known
    if told.waits is not None:
        # Only a list says this, and with it the price that counts.
        known = known._replace(waits=told.waits, price=told.price)
    return known._replace(
        matched=max(known.matched, told.matched),
        sent=max(known.sent, told.sent),
        state=further.state,
        reason=further.reason,
        at=further.at if further.state is not OrderState.WORKING else known.at,
        kind=known.kind or told.kind,
        created=known.created or told.created,
        expires=known.expires or told.expires,
    )


def complete(order: OrderChanged, taken: int) -> OrderChanged:
    """The order with what its fills add; one that leaves nothing is filled, however it is said to have ended."""
    matched = max(order.matched, min(taken, order.size))
    filled = matched > 0 and order.size - matched < order.dust
    if not filled:
        return order if matched == order.matched else order._replace(matched=Qty(matched))
    return order._replace(matched=Qty(matched), state=OrderState.FILLED, reason="")
