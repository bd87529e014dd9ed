"""What a take costs, against a model that takes share by share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.book import Book
from pmtui.core.events import NO_ASK, NO_BID
from pmtui.core.take import Depth, Take, depth, fair_size, largest, take, typed_size
from pmtui.core.units import ONE, ceil_to, floor_to, px, qty

from .boards import levels

CENT = ONE // 100
SIDE = st.dictionaries(st.integers(1, 99), st.integers(1, 9), max_size=12)


def book_of(bids: dict[int, int], asks: dict[int, int]) -> Book:
    book = Book(CENT)
    book.replace(
        {cents * CENT: size * ONE for cents, size in bids.items()},
        {cents * CENT: size * ONE for cents, size in asks.items()},
    )
    return book


def book(bids: str, asks: str) -> Book:
    made = Book(CENT)
    made.replace(levels(bids), levels(asks))
    return made


def grouped(fine: Book, step: int) -> Book:
    """The same sizes on a wider grid, bids down and asks up."""
    coarse = Book(step)
    for price, size in fine.bids.items():
        low = floor_to(price, step)
        coarse.set(True, low, coarse.bids.get(low, 0) + size)
    for price, size in fine.asks.items():
        high = ceil_to(price, step)
        coarse.set(False, high, coarse.asks.get(high, 0) + size)
    return coarse


def share_by_share(side: dict[int, int], size: int, *, buy: bool) -> list[int]:
    """The price in cents of each whole share that is taken."""
    shares = [cents for cents, count in side.items() for _ in range(count)]
    return sorted(shares, reverse=not buy)[:size]


@given(SIDE, st.integers(0, 120), st.booleans())
def test_a_take_is_the_sum_of_its_shares(side: dict[int, int], size: int, buy: bool) -> None:
    made = book_of({}, side) if buy else book_of(side, {})
    shares = share_by_share(side, size, buy=buy)

    found = take(made, size * ONE, buy=buy)

    assert found.filled == len(shares) * ONE
    assert found.cost == sum(shares) * CENT * ONE
    assert found.worst == (shares[-1] * CENT if shares else 0)
    assert found.levels == len(set(shares))
    assert found.filled + found.missing == size * ONE


@given(SIDE, st.integers(0, 10**11), st.integers(0, 10**11), st.booleans())
def test_a_larger_take_never_costs_less_and_never_has_a_better_average(
    side: dict[int, int], one: int, other: int, buy: bool
) -> None:
    made = book_of({}, side) if buy else book_of(side, {})
    less, more = (take(made, size, buy=buy) for size in sorted((one, other)))

    assert less.cost <= more.cost
    assert less.filled <= more.filled
    assert less.levels <= more.levels
    # Exact fractions: the averages themselves are rounded.
    worse = more.cost * less.filled - less.cost * more.filled
    assert worse >= 0 if buy else worse <= 0


@given(SIDE, st.integers(1, 10**11), st.sampled_from([1, CENT // 1_000, CENT // 10]), st.booleans())
def test_an_average_lies_between_best_and_worst_and_never_flatters(
    side: dict[int, int], size: int, grain: int, buy: bool
) -> None:
    made = book_of({}, side) if buy else book_of(side, {})
    found = take(made, size, buy=buy)
    average = found.average(grain)

    if not found.filled:
        assert average == 0
        return
    best = made.ask if buy else made.bid
    assert min(best, found.worst) <= average <= max(best, found.worst)
    assert average % grain == 0
    gain = average * found.filled - found.cost
    assert 0 <= (gain if buy else -gain) < found.filled * grain


@given(SIDE, st.integers(2, 10), st.booleans())
def test_grouping_moves_no_size_and_never_makes_a_take_cheaper(side: dict[int, int], step: int, buy: bool) -> None:
    made = book_of({}, side) if buy else book_of(side, {})
    coarse = grouped(made, step * CENT)
    everything = sum(side.values()) * ONE

    fine, grouped_take = (take(each, everything + ONE, buy=buy) for each in (made, coarse))

    assert fine.filled == grouped_take.filled == everything
    assert fine.missing == ONE
    assert grouped_take.cost >= fine.cost if buy else grouped_take.cost <= fine.cost


@given(SIDE, SIDE, st.integers(0, 20))
def test_depth_is_what_lies_within_reach_of_its_own_touch(
    bids: dict[int, int], asks: dict[int, int], within: int
) -> None:
    near_bids = {cents: size for cents, size in bids.items() if cents >= max(bids) - within}
    near_asks = {cents: size for cents, size in asks.items() if cents <= min(asks) + within}

    assert depth(book_of(bids, asks), within * CENT) == Depth(
        sum(near_bids.values()) * ONE,
        sum(cents * size for cents, size in near_bids.items()) * CENT * ONE,
        sum(near_asks.values()) * ONE,
        sum(cents * size for cents, size in near_asks.items()) * CENT * ONE,
    )


@given(SIDE, SIDE)
def test_the_largest_level_is_the_best_of_the_largest(bids: dict[int, int], asks: dict[int, int]) -> None:
    (bid, bid_size), (ask, ask_size) = largest(book_of(bids, asks))

    assert bid_size == max(bids.values(), default=0) * ONE
    assert ask_size == max(asks.values(), default=0) * ONE
    if bids:
        assert bid == max(cents for cents, size in bids.items() if size * ONE == bid_size) * CENT
    if asks:
        assert ask == min(cents for cents, size in asks.items() if size * ONE == ask_size) * CENT


def test_an_empty_book_fills_nothing_and_has_no_largest_level() -> None:
    assert take(Book(), 5 * ONE, buy=True) == Take(True, 5 * ONE, 0, 0, 0, 0)
    assert take(Book(), 5 * ONE, buy=False).missing == 5 * ONE
    assert depth(Book(), CENT) == Depth(0, 0, 0, 0)
    assert largest(Book()) == ((NO_BID, 0), (NO_ASK, 0))


def test_a_take_in_words_of_a_trader() -> None:
    found = take(book("0.50x100 0.49x200", "0.52x30 0.53x100"), qty("100"), buy=True)

    assert (found.filled, found.worst, found.levels) == (qty("100"), px("0.53"), 2)
    assert found.cost == (30 * px("0.52") + 70 * px("0.53")) * ONE
    assert found.average(px("0.001")) == px("0.527")
    sold = take(book("0.50x100 0.49x200", ""), qty("300"), buy=False)
    assert sold.average(px("0.001")) == px("0.493")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("250", "250"),
        ("2.5k", "2500"),
        (".5", "0.5"),
        ("3.", "3"),
        ("0.000000001k", "0.000001"),
        ("999999999", "999999999"),
        ("1m", "1000000"),
        ("0.25m", "250000"),
    ],
)
def test_a_typed_size_is_read_exactly(text: str, size: str) -> None:
    assert typed_size(text) == qty(size)


@pytest.mark.parametrize("text", ["", ".", "k", ".k", "0", "0.0k", "1.2.3", "k5", "-5", "1e3", "m", "0m", "1km", "1mk"])
def test_what_is_no_size_is_none(text: str) -> None:
    assert typed_size(text) is None


@given(st.integers(1, 10**15), st.integers(1, 10**14))
def test_a_fair_size_is_round_and_worth_no_more_than_wished_and_not_far_less(mid: int, worth: int) -> None:
    size = fair_size(mid, worth)
    assert str(size).rstrip("0") in ("1", "2", "5")
    wanted = worth * ONE // mid
    assert size <= max(1, wanted) < 2.5 * size + 1
