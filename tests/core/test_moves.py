"""The usual changes in C against the loop in Python, on streams where nearly all is usual, and on strange ones."""

from __future__ import annotations

import gc
import random
import sys
from collections import deque
from collections.abc import Iterator
from enum import Enum
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core import moves as moving
from pmtui.core import store as storing
from pmtui.core.board import UNMOVED, Board
from pmtui.core.book import Book
from pmtui.core.events import UNTOLD_TOP, BookDelta, Event, Move, Phase, Resolved, Top
from pmtui.core.flow import Flow
from pmtui.core.instrument import InstrumentId
from pmtui.core.store import Store
from pmtui.core.units import ONE, Millis, Px, Qty

from .boards import (
    NOON,
    STRANGER,
    A,
    B,
    bid,
    board_of,
    delta,
    digest_of,
    link,
    live,
    snapshot,
    tick_changed,
    top,
    trade,
    watched,
)

pytestmark = pytest.mark.skipif(moving.usual is None, reason="installed without a compiler")

CENT = ONE // 100


def plain(value: Any) -> Any:
    """All that an object of ours holds, in values that can be compared."""
    if isinstance(value, dict):
        return [(key, plain(each)) for key, each in value.items()]
    if isinstance(value, list | tuple | deque):
        return [plain(each) for each in value]
    if type(value).__module__.startswith(("pmtui.core.", "tests.")) and not isinstance(value, Enum):
        names = [name for each in type(value).__mro__ for name in getattr(each, "__slots__", ())]
        return {name: plain(getattr(value, name, "never filled")) for name in names if name != "seal"}
    return value if isinstance(value, int | str | None) else repr(value)


def state(store: Store) -> Any:
    """What the store holds, in the order in which it came."""
    stirred = [board.instrument.id for board in store._stirred]
    return plain(store.boards), store.counts.rows(), store.ledger.rows(), stirred, list(store.alerts.ring)


# Streams


class Maker:
    """Makes a stream that is usual most of the time: it knows what the venue's books are."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.at = self.sent = 0
        self.books: dict[InstrumentId, Book] = {A: Book(CENT), B: Book(CENT)}

    def facts(self, count: int) -> Iterator[Event]:
        yield from (self.whole(each) for each in self.books if self.rng.random() < 0.9)
        for _ in range(count):
            self.at += self.rng.choice((0, 10, 10, 50, 250, 500, 1_000))  # often to the very end of a second
            self.sent += self.rng.choice((0, 1, 1, 1, 30))
            dice = self.rng.random()
            if dice < 0.9:
                yield self.changes()
            elif dice < 0.94:
                yield self.whole(self.rng.choice([A, B]))
            elif dice < 0.97:
                yield trade("0.5", "3", at=self.at, sent=self.sent, instrument=self.rng.choice([A, B]))
            elif dice < 0.98:
                yield link(self.rng.choice([Phase.DOWN, Phase.UP]), at=self.at, generation=self.rng.randint(1, 4))
            elif dice < 0.99:
                yield tick_changed("0.01", "0.001", at=self.at, sent=self.sent)
            else:
                yield Resolved((self.rng.choice([A, B]),), Millis(self.at), Millis(NOON + self.sent), A, "Yes")

    def whole(self, instrument: InstrumentId) -> Event:
        book, rng = self.books[instrument], self.rng
        book.replace(
            {price * CENT: rng.randint(1, 9) * ONE for price in rng.sample(range(30, 50), 4)},
            {price * CENT: rng.randint(1, 9) * ONE for price in rng.sample(range(50, 70), 4)},
        )
        told = snapshot("", "", at=self.at, sent=self.sent, instrument=instrument, initial=rng.random() < 0.5)
        return told._replace(bids={**book.bids}, asks={**book.asks}, digest=digest_of(book.bids, book.asks))

    def changes(self) -> BookDelta:
        rng = self.rng
        sent = NOON + self.sent
        if rng.random() < 0.05:
            sent = rng.choice([0, sent - rng.choice([1, 50, 6_000])])
        return BookDelta(Millis(self.at), Millis(sent), [self.move() for _ in range(rng.choice((1, 2, 2, 3)))])

    def move(self) -> Move:
        rng = self.rng
        instrument = rng.choice([A, A, B, B, B, STRANGER])
        book = self.books.get(instrument, Book(CENT))
        is_bid = rng.random() < 0.5
        price = rng.randint(40, 52) if is_bid else rng.randint(48, 60)
        size = rng.choice((0, 0, rng.randint(1, 9), rng.randint(1, 10**9) * ONE))
        book.set(is_bid, price * CENT, size)
        told: Top = (Px(book.bid), Px(book.ask))
        if rng.random() < 0.04:
            told = rng.choice([UNTOLD_TOP, top("0.44", "0.55"), (Px(book.bid), Px(-1))])
        digest = digest_of(book.bids, book.asks) if rng.random() < 0.95 else "wrong"
        return instrument, is_bid, Px(price * CENT), Qty(size), told, digest


def played(seed: int, count: int, kind: type[Flow] | None, *, compiled: bool) -> Any:
    """The state now and then, and at the end."""
    facts = Maker(random.Random(seed)).facts(count)  # made anew each time, since a book keeps the dicts that it is told
    store = watched(A, B, shown=[A])
    for board in store.boards.values():
        board.flow = UNMOVED if kind is None else kind()
    seen = []
    with patch.object(storing, "usual", moving.usual if compiled else None):
        for number, fact in enumerate(facts):
            store.take([fact])
            if number % 9 == 4:
                seen.append(state(store))
            store.check(Millis(getattr(fact, "at", 0)))
    return seen, state(store)


class Other(Flow):
    """Not the class that moves.c knows by heart."""

    def changed(self, is_bid: bool, price: int, old: int, new: int, at: int) -> None:
        super().changed(is_bid, price, old, new, at)


@given(st.integers(0, 2**32), st.integers(0, 40), st.sampled_from([None, Flow, Other]))
def test_it_does_what_the_loop_does(seed: int, count: int, kind: type[Flow] | None) -> None:
    compiled, looped = (played(seed, count, kind, compiled=each) for each in (True, False))

    assert compiled == looped


def test_most_of_a_usual_stream_is_done_here() -> None:
    facts = list(Maker(random.Random(3)).facts(400))
    told: list[tuple[int, int]] = []

    def counted(event: BookDelta, *rest: Any) -> tuple[int, int, int]:
        assert moving.usual is not None
        found = moving.usual(event, *rest)
        told.append((len(event.moves) - found[0], len(event.moves)))
        return found

    with patch.object(storing, "usual", counted):
        watched(A, B).take(facts)
    assert sum(done for done, _ in told) > 0.6 * sum(count for _, count in told)


# Strange ones


def both_ways(change: BookDelta, prepare: Any = None) -> tuple[Any, Any]:
    """The state after a change, or the error, with C and without."""
    found: list[Any] = []
    for compiled in (True, False):
        store = live()
        store.take([delta(bid("0.47", "6"), at=1, sent=1)])
        if prepare is not None:
            prepare(store)
        with patch.object(storing, "usual", moving.usual if compiled else None):
            try:
                store.take([change])
            except Exception as error:
                found.append((type(error), str(error)))
            else:
                found.append((None, state(store)))
    return found[0], found[1]


HUGE = 1 << 70


@pytest.mark.parametrize(
    "move",
    [
        (A, True, 47 * CENT, HUGE, UNTOLD_TOP, ""),
        (A, True, HUGE, ONE, UNTOLD_TOP, ""),
        (A, False, -HUGE, ONE, UNTOLD_TOP, ""),
        (A, True, 47 * CENT, (1 << 63) - 1, UNTOLD_TOP, ""),
        (A, 1, 47 * CENT, ONE, UNTOLD_TOP, ""),
        (A, 0, 53 * CENT, 0, UNTOLD_TOP, ""),
        (A, True, 47 * CENT, True, UNTOLD_TOP, ""),
        (A, True, 47 * CENT, 0.5, UNTOLD_TOP, ""),
        (A, True, "0.47", ONE, UNTOLD_TOP, ""),
        (A, True, [], ONE, UNTOLD_TOP, ""),
        ([], True, 47 * CENT, ONE, UNTOLD_TOP, ""),
        (A, True, 47 * CENT, None, UNTOLD_TOP, ""),
        (A, True, 47 * CENT, ONE, None, None),
        (A, True, 47 * CENT, ONE),
        [A, True, 47 * CENT, ONE, UNTOLD_TOP, ""],
        None,
    ],
)
@pytest.mark.parametrize("sent", [1, 2])
def test_what_is_strange_becomes_what_the_loop_makes_of_it(move: Any, sent: int) -> None:
    compiled, looped = both_ways(BookDelta(Millis(2), Millis(NOON + sent), [move]))
    assert compiled == looped


@pytest.mark.parametrize(("at", "sent"), [(HUGE, NOON), (2, HUGE), (2.5, NOON + 2), (None, NOON + 2), (2, None)])
def test_strange_times_are_the_loops(at: Any, sent: Any) -> None:
    compiled, looped = both_ways(BookDelta(at, sent, [bid("0.46", "3")]))
    assert compiled == looped


@pytest.mark.parametrize("moves", [(bid("0.46", "3"),), None])
def test_moves_that_are_no_list_are_refused(moves: Any) -> None:
    assert both_ways(BookDelta(Millis(2), Millis(NOON + 2), moves))[0][0] is TypeError


def test_a_delta_without_moves_changes_nothing() -> None:
    compiled, looped = both_ways(BookDelta(Millis(2), Millis(NOON + 2), []))
    assert compiled == looped


def test_sums_beyond_sixty_four_bits_are_the_loops() -> None:
    def fill(store: Store) -> None:
        board_of(store).flow._added_bids[46 * CENT] = (1 << 63) - 5
        board_of(store).flow._until = 10**9

    compiled, looped = both_ways(delta(bid("0.46", "3"), at=2, sent=1), fill)
    assert compiled == looped
    assert compiled[0] is None


@pytest.mark.parametrize("name", ["book", "flow", "told", "stirred", "hears", "sent", "proof_due", "quoted"])
@pytest.mark.parametrize("value", [None, "x", ()])
def test_a_board_that_holds_something_else_is_the_loops(name: str, value: object) -> None:
    compiled, looped = both_ways(
        delta(bid("0.46", "3"), at=2, sent=2), lambda store: setattr(board_of(store), name, value)
    )
    assert compiled == looped


@pytest.mark.parametrize(
    "name", ["_added_bids", "_bids_since", "_pulled_bids", "_until"], ids=["added", "since", "pulled", "until"]
)
@pytest.mark.parametrize("size", ["9", "0", "1"])
def test_a_flow_that_holds_something_else_is_the_loops(name: str, size: str) -> None:
    def spoil(store: Store) -> None:
        board_of(store).flow._until = 10**9
        setattr(board_of(store).flow, name, None)

    compiled, looped = both_ways(delta(bid("0.47", size), at=2, sent=1), spoil)
    assert compiled == looped


def test_a_flow_that_fails_fails_alike() -> None:
    class Failing(Flow):
        def changed(self, is_bid: bool, price: int, old: int, new: int, at: int) -> None:
            raise ValueError("no more")

    compiled, looped = both_ways(
        delta(bid("0.46", "3"), at=2, sent=1), lambda store: setattr(board_of(store), "flow", Failing())
    )
    assert compiled == looped == (ValueError, "no more")


def test_slots_that_were_never_filled_are_the_loops() -> None:
    compiled, looped = both_ways(
        delta(bid("0.46", "3"), at=2, sent=2), lambda store: delattr(board_of(store), "quoted")
    )
    assert compiled == looped


@pytest.mark.parametrize(
    "told", [(), (1,), (Board, Book, Flow, UNMOVED), (Board, Book, int, UNMOVED, 0), (1, 2, 3, 4, 5)]
)
def test_classes_without_the_slots_are_refused(told: tuple[Any, ...]) -> None:
    compiled = sys.modules["_pmtui_moves"]
    with pytest.raises((TypeError, AttributeError)):
        compiled.learn(*told)
    with pytest.raises(TypeError):
        compiled.usual((1, 2, []), {})
    assert moving._find() is not None


def test_nothing_is_held_after_it() -> None:
    change = delta(bid("0.47", "3"), bid("0.46", "0"), at=5, sent=5)
    moves = change.moves
    store = live()
    store.take([delta(bid("0.47", "6"), at=1, sent=1)])

    def held() -> list[int]:
        board = board_of(store)
        return [sys.getrefcount(each) for each in (board, board.book, board.book.bids, board.flow, moves[0], moves[1])]

    store.take([change])
    before = held()
    for n in range(300):
        moves[:] = [bid("0.47", str(n % 5)), bid("0.46", str(n % 3))]
        store.take([change])
    gc.collect()
    assert held() == before


def test_another_edition_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "EDITION", -1)
    assert moving._find() is None
