"""The ladder: pure rows on an axis that holds still."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core import ladder
from pmtui.core.book import Book
from pmtui.core.events import NO_ASK, NO_BID
from pmtui.core.ladder import Axis, Fold, Rung
from pmtui.core.units import ONE, ceil_to, floor_to, px, qty

TICK = px("0.001")
MULTIPLES = st.sampled_from([1, 2, 5, 10, 50, 100])
HEIGHTS = st.integers(7, 60)


@st.composite
def books(draw: st.DrawFn, *, sided: bool = True) -> Book:
    """An uncrossed book on the TICK grid."""
    split = draw(st.integers(1, 998))
    gap = draw(st.integers(1, 999 - split)) if split < 998 else 1
    least = 1 if sided else 0
    bids = draw(st.sets(st.integers(max(1, split - 60), split), min_size=least, max_size=40))
    asks = draw(st.sets(st.integers(split + gap, min(999, split + gap + 60)), min_size=least, max_size=40))
    sizes = st.integers(1, 10**6)
    book = Book(TICK)
    book.replace({n * TICK: draw(sizes) for n in bids}, {n * TICK: draw(sizes) for n in asks})
    return book


@st.composite
def books_near_an_end(draw: st.DrawFn) -> Book:
    """Two sides that are told within a few ticks of 0 or of the ceiling."""
    bid = draw(st.one_of(st.integers(1, 30), st.integers(960, 998)))
    ask = draw(st.integers(bid + 1, min(999, bid + 40)))
    bids = draw(st.sets(st.integers(max(1, bid - 60), bid), max_size=20)) | {bid}
    asks = draw(st.sets(st.integers(ask, min(999, ask + 60)), max_size=20)) | {ask}
    sizes = st.integers(1, 10**6)
    book = Book(TICK)
    book.replace({n * TICK: draw(sizes) for n in bids}, {n * TICK: draw(sizes) for n in asks})
    return book


def rungs(book: Book, axis: Axis) -> list[Rung]:
    return [row for row in ladder.project(book, axis) if isinstance(row, Rung)]


@given(books(sided=False), MULTIPLES)
def test_grouping_keeps_the_total_of_each_side(book: Book, multiple: int) -> None:
    bids, asks = ladder.sides(book, TICK * multiple)
    assert sum(bids.values()) == sum(book.bids.values())
    assert sum(asks.values()) == sum(book.asks.values())


@given(books(sided=False), MULTIPLES, MULTIPLES)
def test_a_coarser_grid_never_has_more_rows(book: Book, multiple: int, more: int) -> None:
    fine, coarse = ladder.sides(book, TICK * multiple), ladder.sides(book, TICK * multiple * more)
    assert all(len(wide) <= len(narrow) for wide, narrow in zip(coarse, fine, strict=True))


@given(books(), MULTIPLES)
def test_grouping_moves_bids_down_and_asks_up(book: Book, multiple: int) -> None:
    step = TICK * multiple
    bids, asks = ladder.sides(book, step)
    assert set(bids) == {floor_to(price, step) for price in book.bids}
    assert set(asks) == {ceil_to(price, step) for price in book.asks}


@given(books(), HEIGHTS)
def test_both_touches_are_always_on_the_screen(book: Book, height: int) -> None:
    axis = ladder.settle(None, book, TICK, height)
    marks = [row.touch for row in rungs(book, axis)]
    assert marks.count("b") == 1
    assert marks.count("a") == 1


@given(books(), books(), HEIGHTS)
def test_both_touches_stay_on_the_screen_when_the_book_moves(before: Book, after: Book, height: int) -> None:
    axis = ladder.settle(ladder.settle(None, before, TICK, height), after, TICK, height)
    marks = [row.touch for row in rungs(after, axis)]
    assert marks.count("b") == 1
    assert marks.count("a") == 1


@given(books(), HEIGHTS)
def test_an_axis_that_was_just_centred_stays(book: Book, height: int) -> None:
    axis = ladder.settle(None, book, TICK, height)
    assert ladder.settle(axis, book, TICK, height) is axis


def test_the_axis_holds_still_while_the_touch_moves_within_the_middle_third() -> None:
    book = Book(TICK)
    book.replace({px("0.500"): qty("1")}, {px("0.501"): qty("1")})
    axis = ladder.settle(None, book, TICK, 30)
    for step in range(1, 5):
        book.replace({px("0.500") + step * TICK: qty("1")}, {px("0.501") + step * TICK: qty("1")})
        assert ladder.settle(axis, book, TICK, 30) is axis
    book.replace({px("0.520"): qty("1")}, {px("0.521"): qty("1")})
    assert ladder.settle(axis, book, TICK, 30) is not axis


@given(books(sided=False), HEIGHTS)
def test_every_screen_has_the_height_asked_for_and_each_price_once(book: Book, height: int) -> None:
    axis = ladder.settle(None, book, TICK, height)
    rows = ladder.project(book, axis)
    prices = [row.price for row in rows if isinstance(row, Rung)]
    assert len(rows) == height
    assert len(set(prices)) == len(prices)
    assert prices == sorted(prices, reverse=True)


@given(books(sided=False), HEIGHTS)
def test_rows_show_the_sizes_of_the_book(book: Book, height: int) -> None:
    for row in rungs(book, ladder.settle(None, book, TICK, height)):
        assert row.bid == book.bids.get(row.price, 0)
        assert row.ask == book.asks.get(row.price, 0)


ANY_BOOK = st.one_of(books(), books_near_an_end())


@given(ANY_BOOK, MULTIPLES, st.sampled_from([0, ONE]))
def test_an_axis_that_is_high_enough_shows_all_of_the_book(book: Book, multiple: int, ceiling: int) -> None:
    step = TICK * multiple
    axis = ladder.settle(None, book, step, 2 * (ONE // step) + 8)
    rows = [row for row in ladder.project(book, axis, ceiling=ceiling) if isinstance(row, Rung)]
    assert sum(row.bid for row in rows) == sum(book.bids.values())
    assert sum(row.ask for row in rows) == sum(book.asks.values())
    levels = [row for row in ladder.levels_only(book, step, 2_000) if isinstance(row, Rung)]
    assert sum(row.bid for row in levels) == sum(book.bids.values())
    assert sum(row.ask for row in levels) == sum(book.asks.values())
    assert all(ladder.has_row(book, row.price, step, ceiling) for row in [*rows, *levels])


@given(ANY_BOOK, ANY_BOOK, MULTIPLES, HEIGHTS, st.integers(-60, 60), st.sampled_from(ladder.Mode))
def test_both_touches_are_on_rows_of_any_height(
    before: Book, after: Book, multiple: int, height: int, scroll: int, mode: ladder.Mode
) -> None:
    step = TICK * multiple
    axis = ladder.scrolled(ladder.settle(None, before, step, height, mode), before, scroll)
    for book, on in ((before, axis), (after, ladder.settle(axis, after, step, height, mode))):
        for rows in (ladder.project(book, on), ladder.levels_only(book, step, height)):
            marked = {row.touch: row for row in rows if isinstance(row, Rung) and row.touch in ("a", "b")}
            assert sorted(marked) == ["a", "b"]
            assert marked["b"].bid >= book.bids[book.bid]
            assert marked["a"].ask >= book.asks[book.ask]


def test_bids_that_group_at_nothing_have_a_row_and_nothing_else_has_one_there() -> None:
    book = Book(px("0.01"))
    book.replace({px("0.05"): qty("981")}, {px("0.12"): qty("10")})
    axis = ladder.settle(None, book, px("0.1"), 12)
    lowest = rungs(book, axis)[-1]
    assert lowest == Rung(0, qty("981"), 0, "b")
    assert not ladder.has_row(book, 0, px("0.01"), ONE)
    assert not ladder.has_row(book, px("1"), px("0.1"), ONE)
    assert ladder.has_row(book, px("1"), px("0.1"), 0)


def test_a_spread_wider_than_the_screen_is_folded_into_one_row() -> None:
    book = Book(px("0.01"))
    book.replace({px("0.05"): qty("1")}, {px("0.95"): qty("1")})
    axis = ladder.settle(None, book, px("0.01"), 18)
    folds = [row for row in ladder.project(book, axis) if isinstance(row, Fold)]
    assert folds == [Fold(px("0.05"), px("0.95"), 90)]


@pytest.mark.parametrize("step", ["0.001", "0.002", "0.005", "0.01"])
def test_a_fold_tells_the_spread_that_is_there_however_high_its_rows(step: str) -> None:
    book = Book(TICK)
    book.replace({px("0.001"): qty("1")}, {px("0.999"): qty("1")})
    axis = ladder.settle(None, book, px(step), 18)
    folds = [row for row in ladder.project(book, axis) if isinstance(row, Fold)]
    assert folds == [Fold(px("0.001"), px("0.999"), 998)]


def touching(bid: int, ask: int) -> Book:
    book = Book(TICK)
    book.replace({bid * TICK: ONE}, {ask * TICK: ONE})
    return book


@given(
    st.integers(100, 800),
    st.integers(1, 90),
    st.integers(18, 60),
    st.lists(st.tuples(*[st.integers(-2, 2)] * 2), max_size=12),
)
def test_touches_that_flicker_never_move_the_axis_however_wide_the_spread(
    bid: int, spread: int, height: int, flickers: list[tuple[int, int]]
) -> None:
    axis = ladder.settle(None, touching(bid, bid + spread), TICK, height)
    for lower, upper in flickers:
        book = touching(bid + lower, max(bid + spread + upper, bid + lower + 1))
        assert ladder.settle(axis, book, TICK, height) is axis


@given(st.integers(200, 800), st.integers(18, 60), st.lists(st.integers(1, 90), min_size=2, max_size=12))
def test_both_touches_stay_in_sight_while_the_spread_changes(bid: int, height: int, spreads: list[int]) -> None:
    axis: Axis | None = None
    for spread in spreads:
        axis = ladder.settle(axis, touching(bid, bid + spread), TICK, height)
        prices = axis.prices()
        assert {bid * TICK, (bid + spread) * TICK} <= set(prices[1:-1])
        assert sorted(set(prices), reverse=True) == [price for price in prices if price > 0] + [-1] * (axis.fold >= 0)


def test_a_one_sided_book_is_centred_on_its_only_touch() -> None:
    book = Book(px("0.01"))
    book.replace({px("0.30"): qty("1")}, {})
    axis = ladder.settle(None, book, px("0.01"), 20)
    assert axis.row(px("0.30")) == 10
    assert (book.bid, book.ask) == (px("0.30"), NO_ASK)


def test_an_empty_book_keeps_the_axis_it_had() -> None:
    book = Book(px("0.01"))
    book.replace({px("0.30"): qty("1")}, {px("0.31"): qty("1")})
    axis = ladder.settle(None, book, px("0.01"), 20)
    book.replace({}, {})
    assert book.bid == NO_BID
    assert ladder.settle(axis, book, px("0.01"), 20) is axis


def test_rows_beyond_the_price_range_are_blank() -> None:
    book = Book(px("0.001"))
    book.replace({px("0.998"): qty("1")}, {px("0.999"): qty("1")})
    rows = ladder.project(book, ladder.settle(None, book, px("0.001"), 21), ceiling=ONE)
    assert rows[0] is None
    assert next(row.price for row in rows if isinstance(row, Rung)) == px("0.999")


def test_a_row_at_an_end_of_the_range_is_there_where_something_else_is_told_of_it() -> None:
    book = Book(px("0.01"))
    book.replace({px("0.98"): qty("1")}, {px("0.99"): qty("1")})
    axis = ladder.settle(None, book, px("0.01"), 9)
    shown = [row for row in ladder.project(book, axis, also=[ONE]) if isinstance(row, Rung)]
    assert shown[0] == Rung(ONE, 0, 0)
    assert shown[1:] == rungs(book, axis)


def test_a_finer_tick_lays_the_ladder_around_the_same_price() -> None:
    book = Book(px("0.01"))
    book.replace({px("0.95"): qty("1")}, {px("0.96"): qty("1")})
    before = ladder.settle(None, book, px("0.01"), 20)
    book.replace({px("0.955"): qty("1")}, {px("0.956"): qty("1")})
    after = ladder.settle(before, book, px("0.001"), 20)
    assert 6 <= after.row(px("0.956")) <= 13


@given(st.lists(st.integers(1, 10**15), min_size=1, max_size=40))
def test_a_full_bar_is_a_round_number_that_one_giant_cannot_spoil(sizes: list[int]) -> None:
    rows: list[ladder.Row] = [Rung(n + 1, size, 0) for n, size in enumerate(sizes)]
    full = ladder.full_bar(rows)
    assert str(full).rstrip("0") in ("1", "2", "3", "5", "7")
    giant: list[ladder.Row] = [*rows, *rows, *rows, Rung(10**6, 10**20, 0)]
    assert ladder.full_bar(giant) <= 20 * max(sizes)


@given(books(), HEIGHTS, st.integers(-60, 60))
def test_scrolling_never_takes_a_touch_out_of_sight(book: Book, height: int, rows: int) -> None:
    axis = ladder.scrolled(ladder.settle(None, book, TICK, height), book, rows)
    marks = [row.touch for row in rungs(book, axis)]
    assert (marks.count("b"), marks.count("a")) == (1, 1)


@given(books(), st.integers(20, 60), st.integers(-60, 60))
def test_a_scrolled_axis_stays_until_it_is_centred(book: Book, height: int, rows: int) -> None:
    before = ladder.settle(None, book, TICK, height)
    axis = ladder.scrolled(before, book, rows)
    assert ladder.settle(axis, book, TICK, height) is axis
    if axis is not before:
        assert (axis.upper - before.upper) * rows > 0


@given(books(), HEIGHTS)
def test_a_following_axis_has_the_touches_in_the_middle_of_every_picture(book: Book, height: int) -> None:
    axis = ladder.settle(None, book, TICK, height)
    assert ladder.settle(ladder.scrolled(axis, book, 9), book, TICK, height, ladder.Mode.FOLLOW) == axis


@given(books(sided=False), HEIGHTS, MULTIPLES)
def test_levels_only_shows_orders_only_the_best_ones_nearest_to_the_middle(
    book: Book, height: int, multiple: int
) -> None:
    step = TICK * multiple
    rows = ladder.levels_only(book, step, height)
    shown = [row for row in rows if isinstance(row, Rung)]
    bids, asks = ladder.sides(book, step)
    asked, bid = [row for row in shown if row.ask], [row for row in shown if row.bid]
    assert len(rows) <= height
    assert all(bool(row.bid) != bool(row.ask) for row in shown)
    assert [row.price for row in bid] == sorted(bids, reverse=True)[: len(bid)]
    assert [row.price for row in asked] == sorted(asks)[: len(asked)][::-1]
    assert len(shown) == min(height, len(bids) + len(asks)) or len(rows) == height
    if bids and asks:
        assert bid
        assert asked
