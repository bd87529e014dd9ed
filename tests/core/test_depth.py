"""Sums behind the levels: exact, complete, and the same whichever way they are grouped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core import depth
from pmtui.core.book import Book
from pmtui.core.depth import Part
from pmtui.core.units import ONE, px, qty

TICK = px("0.001")
SIDES = st.dictionaries(st.integers(1, 999).map(lambda n: n * TICK), st.integers(1, 10**15), max_size=60)
MULTIPLES = st.sampled_from([1, 2, 5, 10, 50, 100])


def book(bids: dict[int, int], asks: dict[int, int]) -> Book:
    made = Book(TICK)
    made.replace(dict(bids), dict(asks))
    return made


@given(SIDES, MULTIPLES, st.booleans())
def test_grouping_keeps_the_total_of_shares_and_of_money(levels: dict[int, int], multiple: int, up: bool) -> None:
    for amounts in (levels, depth.money(levels)):
        assert sum(depth.grouped(amounts, TICK * multiple, up=up).values()) == sum(amounts.values())


@given(SIDES, MULTIPLES, MULTIPLES, st.booleans())
def test_grouping_in_two_steps_is_grouping_in_one(levels: dict[int, int], few: int, more: int, up: bool) -> None:
    once = depth.grouped(levels, TICK * few * more, up=up)
    assert depth.grouped(depth.grouped(levels, TICK * few, up=up), TICK * few * more, up=up) == once
    assert len(once) <= len(depth.grouped(levels, TICK * few, up=up)) <= len(levels)


@given(SIDES, st.booleans())
def test_the_last_cumulated_amount_is_the_total_and_every_step_is_its_level(levels: dict[int, int], down: bool) -> None:
    found = depth.cumulated(levels, down=down)
    ordered = sorted(levels, reverse=down)
    before = 0
    for price in ordered:
        assert found[price] - before == levels[price]
        before = found[price]
    assert before == sum(levels.values())


@given(SIDES, SIDES)
def test_totals_are_the_plain_sums(bids: dict[int, int], asks: dict[int, int]) -> None:
    found = depth.totals(book(bids, asks))
    assert found[:2] == (sum(bids.values()), sum(p * s for p, s in bids.items()))
    assert found[2:] == (sum(asks.values()), sum(p * s for p, s in asks.items()))
    share = found.bid_share
    assert share is None if not bids and not asks else 0 <= share <= 1  # type: ignore[operator]


@given(SIDES, SIDES, SIDES, SIDES)
def test_two_separate_books_merge_to_the_sum_of_both(
    bids: dict[int, int], asks: dict[int, int], other_bids: dict[int, int], other_asks: dict[int, int]
) -> None:
    found = depth.merged(book(bids, asks), book(other_bids, other_asks))
    assert sum(depth.together(found.bids, shared=False).values()) == sum(bids.values()) + sum(other_asks.values())
    assert sum(depth.together(found.asks, shared=False).values()) == sum(asks.values()) + sum(other_bids.values())
    assert {price: part.own for price, part in found.bids.items() if part.own} == bids
    assert {ONE - price: part.other for price, part in found.bids.items() if part.other} == other_asks


@given(SIDES, SIDES)
def test_one_book_told_twice_is_counted_once(bids: dict[int, int], asks: dict[int, int]) -> None:
    mirror = book({ONE - p: s for p, s in asks.items()}, {ONE - p: s for p, s in bids.items()})
    found = depth.merged(book(bids, asks), mirror)
    assert depth.together(found.bids, shared=True) == bids
    assert depth.together(found.asks, shared=True) == asks
    assert all(part == Part(part.own, part.own) for side in found for part in side.values())


@given(SIDES, SIDES, SIDES, SIDES)
def test_merging_the_other_way_round_is_the_mirror_image(
    bids: dict[int, int], asks: dict[int, int], other_bids: dict[int, int], other_asks: dict[int, int]
) -> None:
    one, two = book(bids, asks), book(other_bids, other_asks)
    there, back = depth.merged(one, two), depth.merged(two, one)
    assert {ONE - price: Part(*part[::-1]) for price, part in there.bids.items()} == back.asks
    assert {ONE - price: Part(*part[::-1]) for price, part in there.asks.items()} == back.bids


def test_a_wall_is_large_and_an_even_book_has_nothing_large() -> None:
    even = [qty("100")] * 30
    assert not [size for size in even if size >= depth.large(even)]
    assert [size for size in [*even, qty("5000")] if size >= depth.large([*even, qty("5000")])] == [qty("5000")]
    assert depth.large([qty("1"), qty("1000")]) == 0


@pytest.mark.parametrize(
    ("tick", "wanted"),
    [
        ("0.1", ["0.1"]),
        ("0.01", ["0.01", "0.02", "0.05", "0.1"]),
        ("0.005", ["0.005", "0.01", "0.02", "0.05", "0.1"]),
        ("0.0025", ["0.0025", "0.005", "0.01", "0.02", "0.05", "0.1"]),
        ("0.001", ["0.001", "0.002", "0.005", "0.01", "0.02", "0.05", "0.1"]),
    ],
)
def test_row_heights_are_round_multiples_of_the_tick(tick: str, wanted: list[str]) -> None:
    assert depth.steps(px(tick), px("0.1")) == tuple(px(text) for text in wanted)
