"""What is derived, through the store: the same for every chunking, and true across ticks, links and whole books."""

from __future__ import annotations

from collections.abc import Sequence
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from pmtui.core import moves as moving
from pmtui.core import store as storing
from pmtui.core.board import UNMOVED, Board
from pmtui.core.events import BookSnapshot, Event, Phase
from pmtui.core.store import Store
from pmtui.core.tape import Mark
from pmtui.core.units import ONE, Millis
from tests.core.boards import A, B, ask, bid, delta, link, live, snapshot, tick_changed, trade, watched

prices = st.sampled_from(["0.44", "0.45", "0.46", "0.47", "0.48", "0.52", "0.53", "0.54"])
sizes = st.sampled_from(["0", "1", "2.5", "700"])


@st.composite
def happenings(draw: st.DrawFn) -> list[Event]:
    """Facts in the order of their times: changes, prints, whole books, now and then another tick or another link."""
    at, generation = 1_000, 1
    told: list[Event] = []
    for _ in range(draw(st.integers(1, 40))):
        at += draw(st.integers(0, 3_000))
        price, size = draw(prices), draw(sizes)
        kind = draw(st.integers(0, 9))
        if kind < 5:
            side = bid if price < "0.5" else ask
            told.append(delta(side(price, size), at=at, sent=at))
        elif kind < 7:
            told.append(trade(price, "3", at=at, sent=at))
        elif kind == 7:
            told.append(snapshot("0.48x1 0.47x2", "0.52x1 0.53x4", at=at, sent=at))
        elif kind == 8:
            told.append(tick_changed("0.01", "0.001", at=at, sent=at))
        else:
            generation += 1
            told += [link(Phase.DOWN, at=at, generation=generation), link(Phase.UP, at=at, generation=generation)]
    return told


def derived(board: Board) -> tuple[object, ...]:
    """All that panels read."""
    flow, now = board.flow, 60_000
    windows = [flow.window(ms, now) for ms in (10_000, 60_000, 300_000)]
    taken = flow.bought, flow.sold, flow.cvd, flow.vwap
    return (*windows, *taken, flow.high, flow.low, flow.last, flow.gaps, flow.levels(now))


def play(events: Sequence[Event], cuts: Sequence[int]) -> Store:
    store, start = live(), 0
    # A book keeps the very dicts of the fact it took in, so each replay needs its own.
    events = [
        each._replace(bids={**each.bids}, asks={**each.asks}) if isinstance(each, BookSnapshot) else each
        for each in events
    ]
    for cut in [*sorted(cuts), len(events)]:
        store.take(events[start:cut])
        start = max(start, cut)
    return store


@given(happenings(), st.lists(st.integers(0, 40), max_size=8))
def test_a_replay_in_any_chunking_derives_the_same(events: list[Event], cuts: list[int]) -> None:
    once, chunked = play(events, []), play(events, cuts)
    assert derived(once.boards[A]) == derived(chunked.boards[A])
    assert list(once.boards[A].tape.ring) == list(chunked.boards[A].tape.ring)


@given(happenings())
def test_added_less_pulled_is_how_the_book_changed_since_its_connection_began(events: list[Event]) -> None:
    store = live()
    board = store.boards[A]
    board.move(0)
    begun, seen = board.book.bids.copy(), board.flow.window(300_000, 1_000)
    total = seen.added_bid - seen.pulled_bid
    for event in events:
        gaps, synced = board.flow.gaps, board.synced
        store.take([event])
        if board.flow.gaps != gaps or not (synced and board.synced):
            begun, total = board.book.bids.copy(), _net(board)
            continue
        assert sum(board.book.bids.values()) - sum(begun.values()) == _net(board) - total


def _net(board: Board) -> int:
    """Added less pulled of the bids over everything so far; the scenes last less than five minutes."""
    window = board.flow.window(300_000, 0)
    return window.added_bid - window.pulled_bid


def test_a_tick_change_is_marked_on_the_tape_and_on_the_price_line() -> None:
    store = live()
    store.take([trade("0.52", "5", at=2_000), tick_changed("0.01", "0.001", at=3_000)])
    board = store.boards[A]
    assert isinstance(board.tape.ring[-1], Mark)
    assert any(marks for marks in board.flow.series.view(60, 60, 4_000).marks)


def test_a_reconnect_is_marked_and_the_sums_go_on() -> None:
    store = live()
    board = store.boards[A]
    store.take([trade("0.52", "5", at=2_000), delta(bid("0.48", "9"), at=2_500, sent=5)])
    store.take([link(Phase.DOWN, at=3_000, generation=1), link(Phase.UP, at=3_500, generation=2)])
    store.take([snapshot("0.48x1", "0.52x1", at=4_000, sent=9), trade("0.52", "7", at=4_500)])
    assert board.flow.gaps == 1
    assert board.flow.cvd == 12 * ONE
    assert board.flow.levels(5_000) == ({}, {})


def test_a_late_change_that_names_a_price_twice_is_counted_once() -> None:
    store = live("0.48x10")
    store.show([A], Millis(0))
    flow = store.boards[A].flow
    store.take([delta(bid("0.47", "7"), at=10, sent=1_000)])
    before = flow.window(10_000, 10)

    store.take([delta(bid("0.46", "5"), bid("0.46", "3"), at=20, sent=500)])

    after = flow.window(10_000, 20)
    assert (after.added_bid - before.added_bid, after.pulled_bid - before.pulled_bid) == (5 * ONE, 2 * ONE)


@given(st.lists(st.tuples(prices, sizes), max_size=6), st.sampled_from([0, 500, 1_000, 2_000]), st.booleans())
def test_a_frame_does_what_its_moves_do_one_after_the_other(
    told: list[tuple[str, str]], sent: int, compiled: bool
) -> None:
    moves = [(bid if price < "0.5" else ask)(price, size) for price, size in told]
    found = []
    for frames in ([delta(*moves, at=20, sent=sent)], [delta(each, at=20, sent=sent) for each in moves]):
        store = live()
        store.show([A], Millis(0))
        with patch.object(storing, "usual", moving.usual if compiled else None):
            store.take([delta(bid("0.47", "7"), at=10, sent=1_000), *frames])
        found.append((derived(store.boards[A]), store.boards[A].book.bids, store.boards[A].book.asks))
    assert found[0] == found[1]


def test_a_book_that_nobody_looks_at_and_that_does_not_move_has_no_flow_of_its_own() -> None:
    store = watched(A, B)
    store.take([snapshot("0.48x1", "0.52x1", at=0, instrument=each) for each in (A, B)])
    assert all(board.flow is UNMOVED for board in store.boards.values())
    store.show([A], Millis(1_000))
    assert store.boards[A].flow is not UNMOVED
    assert store.boards[B].flow is UNMOVED
    assert (UNMOVED.prints, UNMOVED.bought, UNMOVED.sold, UNMOVED.gaps) == (0, {}, {}, 0)
