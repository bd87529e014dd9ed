"""One book out of three feeds, held against what the venue has."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.events import NO_ASK, NO_BID
from pmtui.venues.hyperliquid import fuse
from pmtui.venues.hyperliquid.fuse import FAST_LEVELS, Levels, Sides, Touch, best_of, layered, reach

from .frames import levels


def sides(bids: str, asks: str, sent: int = 0) -> Sides:
    return Sides(sent, levels(bids), levels(asks))


def touch(bid: str, ask: str, sent: int = 0) -> Touch:
    bids, asks = levels(bid).items(), levels(ask).items()
    return Touch(sent, next(iter(bids), None), next(iter(asks), None))


def fused(slow: Sides | None, fast: Sides | None, told: Touch | None) -> tuple[Levels, Levels]:
    return fuse.fused(layered(slow, fast), told)


SLOW = sides("10x1 9x1 8x1 7x1 6x1 5x1 4x1", "11x1 12x1 13x1 14x1 15x1 16x1 17x1")


def test_the_slow_feed_alone_is_the_book() -> None:
    assert fused(SLOW, None, None) == (SLOW.bids, SLOW.asks)


def test_the_fast_feed_alone_is_the_book() -> None:
    fast = sides("10x2", "11x2")
    assert fused(None, fast, None) == (fast.bids, fast.asks)


def test_the_fast_feed_replaces_all_that_it_reaches() -> None:
    fast = sides("9x5 8x5 6x5 5x5 4.5x5", "11x5 12x5 13x5 14x5 15x5", sent=1)
    bids, asks = fused(SLOW, fast, None)

    assert bids == levels("9x5 8x5 6x5 5x5 4.5x5 4x1")  # 10 and 7 are gone: the venue has nothing there
    assert asks == levels("11x5 12x5 13x5 14x5 15x5 16x1 17x1")


def test_a_fast_side_of_few_levels_is_the_whole_side() -> None:
    bids, asks = fused(SLOW, sides("9x5", "", sent=1), None)

    assert bids == levels("9x5")
    assert asks == {}


def test_an_older_fast_push_covers_nothing() -> None:
    assert fused(SLOW._replace(sent=2), sides("3x9", "20x9", sent=1), None) == (SLOW.bids, SLOW.asks)


def test_the_best_prices_trim_what_is_better_and_set_the_top() -> None:
    bids, asks = fused(SLOW, None, touch("8x4", "12.5x2", sent=1))

    assert bids == levels("8x4 7x1 6x1 5x1 4x1")
    assert asks == levels("12.5x2 13x1 14x1 15x1 16x1 17x1")


def test_a_side_that_is_told_to_be_empty_is_empty() -> None:
    assert fused(SLOW, None, touch("", "11x1", sent=1)) == ({}, SLOW.asks)


def test_older_best_prices_trim_nothing() -> None:
    assert fused(SLOW._replace(sent=2), None, touch("4x1", "17x1", sent=1)) == (SLOW.bids, SLOW.asks)


def test_the_fast_feed_reaches_to_its_worst_prices_or_to_the_end_of_the_side() -> None:
    assert reach(sides("5x1 4x1 3x1 2x1 1x1", "6x1")) == (*levels("1x1"), NO_ASK)
    assert reach(sides("", "6x1 7x1 8x1 9x1 10x1")) == (NO_BID, *levels("10x1"))


@st.composite
def _books(draw: st.DrawFn) -> tuple[Levels, Levels]:
    """What the venue has at one moment."""
    middle = draw(st.integers(40, 60))
    sizes = st.integers(1, 9)
    bids = draw(st.dictionaries(st.integers(middle - 35, middle - 1), sizes, max_size=25))
    asks = draw(st.dictionaries(st.integers(middle, middle + 35), sizes, max_size=25))
    return bids, asks


def best(side: Levels, count: int, *, is_bid: bool) -> Levels:
    return {price: side[price] for price in sorted(side, reverse=is_bid)[:count]}


def push(truth: tuple[Levels, Levels], count: int, sent: int) -> Sides:
    return Sides(sent, best(truth[0], count, is_bid=True), best(truth[1], count, is_bid=False))


@given(st.lists(_books(), min_size=3, max_size=3), st.permutations((0, 1, 2)))
def test_whatever_comes_when_the_newest_part_is_as_the_venue_has_it(
    truth: list[tuple[Levels, Levels]], order: list[int]
) -> None:
    """Each feed tells a moment of its own; the fused book agrees with the newest as far as that reaches."""
    when_slow, when_fast, when_touch = order
    slow, fast = push(truth[when_slow], 20, when_slow), push(truth[when_fast], FAST_LEVELS, when_fast)
    told = best_of(push(truth[when_touch], 1, when_touch))

    bids, asks = fused(slow, fast, told)

    newest = truth[2]
    count = {when_slow: 20, when_fast: FAST_LEVELS, when_touch: 1}[2]
    for side, real, is_bid in ((bids, newest[0], True), (asks, newest[1], False)):
        assert best(side, count, is_bid=is_bid) == best(real, count, is_bid=is_bid)
        if len(real) < count and when_touch != 2:
            assert side == real
    assert max(bids, default=NO_BID) < min(asks, default=NO_ASK)
    assert all(size > 0 for side in (bids, asks) for size in side.values())


@given(_books())
def test_three_feeds_of_one_moment_are_the_book_itself(truth: tuple[Levels, Levels]) -> None:
    slow, fast = push(truth, 20, 1), push(truth, FAST_LEVELS, 1)

    assert fused(slow, fast, best_of(slow)) == (slow.bids, slow.asks)


@given(st.tuples(_books(), _books(), _books()))
def test_fusing_changes_no_part(truth: tuple[tuple[Levels, Levels], ...]) -> None:
    slow, fast, told = (push(each, count, n) for n, (each, count) in enumerate(zip(truth, (20, 5, 1), strict=True)))
    before = repr((slow, fast, told))
    fused(slow, fast, best_of(told))

    assert repr((slow, fast, told)) == before
