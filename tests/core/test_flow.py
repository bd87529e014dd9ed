"""The flow beside a naive list of all that ever happened."""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.events import NO_ASK, NO_BID
from pmtui.core.flow import LEVEL_SECONDS, MOST_PRICES, Flow, Last
from pmtui.core.seconds import SECONDS, Window
from pmtui.core.units import ONE

START = 1_790_000_000_000
WINDOWS = (10_000, 60_000, 300_000)
PRICES = range(1, 7)

Sizes = dict[int, int]
Deed = tuple[int, str, tuple[Any, ...]]
"""How many ms after the one before, what, and with what."""

SIZES = st.integers(0, 50)
BOOKS = st.dictionaries(st.sampled_from(PRICES), st.integers(1, 50))
QUICK = st.one_of(st.integers(0, 400), st.integers(-4_000, 1_500))
SLOW = st.one_of(QUICK, st.integers(5_000, 20_000), st.integers(50_000, 400_000))
CHANGES = st.one_of(
    st.tuples(st.just("set"), st.tuples(st.booleans(), st.sampled_from(PRICES), SIZES)),
    st.tuples(st.just("book"), st.tuples(BOOKS, BOOKS)),
)
QUOTES = st.tuples(
    st.just("quote"),
    st.tuples(st.sampled_from([NO_BID, 300, 400, 500]), st.sampled_from([310, 450, 501, 900, NO_ASK])),
)
HAPPENINGS = st.one_of(
    CHANGES,
    st.tuples(st.just("print"), st.tuples(st.integers(1, ONE), st.integers(1, 10**15), st.booleans())),
    QUOTES,
    st.sampled_from([("begin", ()), ("reset", ()), ("tick", ())]),
)


def deeds(steps: st.SearchStrategy[int], kinds: Any = HAPPENINGS) -> st.SearchStrategy[list[Deed]]:
    return st.lists(st.tuples(steps, kinds).map(lambda each: (each[0], *each[1])), max_size=60)


def play(flow: Any, given_deeds: Sequence[Deed], peek: Callable[[int], None] = lambda at: None) -> int:
    """Do it all, as a store would; the last moment."""
    at, bids, asks = START, dict[int, int](), dict[int, int]()
    for step, name, args in given_deeds:
        at += step
        if name == "set":
            is_bid, price, size = args
            side = bids if is_bid else asks
            if side.get(price, 0) != size:
                flow.changed(is_bid, price, side.pop(price, 0), size, at)
                if size:
                    side[price] = size
        elif name == "book":
            flow.replaced(bids, asks, *args, at)
            bids, asks = map(dict, args)
        elif name == "begin":
            bids, asks = {}, {}
            flow.begin(at)
        elif name == "print":
            flow.printed(*args, at)
        elif name == "quote":
            flow.quoted(*args, at)
        elif name == "reset":
            flow.reset(at)
        else:
            flow.ticked(10, 1, at)
        peek(at)
    return at


class Naive:
    """Everything that happened, in lists; each number is looked up by going through them."""

    def __init__(self) -> None:
        self.newest = -(10**9)
        self.changes: list[tuple[int, bool, int, int]] = []
        self.prints: list[tuple[int, int, int, bool, int]] = []
        self.spreads: list[tuple[int, int | None]] = []
        self.grown: dict[tuple[bool, int], tuple[int, int]] = {}
        """Since when each level is about so large, and the least that it has been since."""
        self.forgotten = 0
        self.gaps = 0
        self.heard = False
        self.unknown = False

    def changed(self, is_bid: bool, price: int, old: int, new: int, at: int) -> None:
        self.newest = max(self.newest, at // 1000)
        self.changes.append((self.newest, is_bid, price, new - old))
        since, least = self.grown.pop((is_bid, price), (at, old)) if old else (at, 0)
        if new:
            self.grown[is_bid, price] = (at, new) if new >= 2 * least else (since, min(least, new))

    def replaced(self, old_bids: Sizes, old_asks: Sizes, bids: Sizes, asks: Sizes, at: int) -> None:
        first = self.unknown and not old_bids and not old_asks
        for is_bid, old, new in ((True, old_bids, bids), (False, old_asks, asks)):
            for price in PRICES:
                before, after = old.get(price, 0), new.get(price, 0)
                if first and after:
                    self.grown[is_bid, price] = at, after
                elif before != after:
                    self.changed(is_bid, price, before, after, at)
        self.unknown, self.heard = False, True

    def begin(self, at: int) -> None:
        self.reset(at)
        self.grown.clear()
        self.unknown = True
        if self.heard:
            self.heard = False
            self.gaps += 1
            self.spread(None, at)

    def printed(self, price: int, size: int, is_buy: bool, at: int) -> None:
        self.newest = max(self.newest, at // 1000)
        self.prints.append((self.newest, price, size, is_buy, at))
        self.heard = True

    def quoted(self, bid: int, ask: int, at: int) -> None:
        self.spread(ask - bid if NO_BID < bid < ask < NO_ASK else None, at)
        self.heard = True

    def spread(self, spread: int | None, at: int) -> None:
        self.newest = max(self.newest, at // 1000)
        before = self.spreads[-1][0] if self.spreads else 0
        self.spreads.append((max(at, before, self.newest * 1000), spread))

    def ticked(self, old: int, new: int, at: int) -> None:
        pass

    def reset(self, at: int) -> None:
        self.forgotten = len(self.changes)

    def first(self, seconds: int, now: int) -> int:
        return max(now // 1000, self.newest) - seconds + 1

    def level(self, is_bid: bool, prices: range, now: int) -> tuple[int, int]:
        first = self.first(LEVEL_SECONDS, now)
        found = [
            each[3]
            for each in self.changes[self.forgotten :]
            if each[0] >= first and each[1] == is_bid and each[2] in prices
        ]
        return sum(each for each in found if each > 0), -sum(each for each in found if each < 0)

    def window(self, ms: int, now: int) -> Window:
        now = max(now, self.newest * 1000)  # who asks of the past is told of the second that runs
        first = self.first(ms // 1000, now)
        prints = [each[1:4] for each in self.prints if each[0] >= first]
        buys, sells = [each for each in prints if each[2]], [each for each in prints if not each[2]]
        changes = [each[1:] for each in self.changes if each[0] >= first]
        return Window(
            len(prints),
            len(buys),
            len(sells),
            sum(size for _, size, _ in buys),
            sum(size for _, size, _ in sells),
            sum(price * size for price, size, _ in buys),
            sum(price * size for price, size, _ in sells),
            sum(size for is_bid, _, size in changes if is_bid and size > 0),
            -sum(size for is_bid, _, size in changes if is_bid and size < 0),
            sum(size for is_bid, _, size in changes if not is_bid and size > 0),
            -sum(size for is_bid, _, size in changes if not is_bid and size < 0),
            *self.widths(first * 1000, now),
        )

    def widths(self, start: int, now: int) -> tuple[int | None, int | None, int | None]:
        stood: list[tuple[int, int]] = []
        for (begin, spread), (end, _) in pairwise(
            [*self.spreads, (max(now, *[at for at, _ in self.spreads], 0), None)]
        ):
            if spread is not None and (end >= start):
                stood.append((spread, max(0, end - max(begin, start))))
        if not stood:
            return None, None, None
        low, high, time = min(stood)[0], max(stood)[0], sum(ms for _, ms in stood)
        return low, sum(spread * ms for spread, ms in stood) // time if time else low, high


def numbers(flow: Any, now: int) -> Iterator[object]:
    """All that a flow can tell."""
    yield from (flow.window(ms, now) for ms in WINDOWS)
    for price in PRICES:
        yield from (flow.level(is_bid, range(price, price + 1), now) for is_bid in (True, False))
    yield from (flow.level(is_bid, range(min(PRICES), max(PRICES)), now) for is_bid in (True, False))


def more_numbers(flow: Flow, now: int) -> Iterator[object]:
    yield from numbers(flow, now)
    yield flow.levels(now)
    yield from (dict(flow.bought), dict(flow.sold), flow.cvd, flow.vwap)
    yield from (flow.high, flow.low, flow.last, flow.prints, flow.gaps)
    yield from (flow.since(is_bid, price) for is_bid in (True, False) for price in PRICES)
    yield from (flow.series.view(seconds, columns, now) for seconds in (60, 300, 3_600) for columns in (7, 84))


@given(deeds(SLOW), st.integers(-3_000, 30_000))
def test_windows_and_levels_equal_those_of_a_naive_list(given_deeds: list[Deed], later: int) -> None:
    flow, naive = Flow(), Naive()
    now = play(flow, given_deeds) + later
    play(naive, given_deeds)
    assert list(numbers(flow, now)) == list(numbers(naive, now))
    assert flow.gaps == naive.gaps
    assert {(side, price): at for side in (True, False) for price in PRICES if (at := flow.since(side, price))} == {
        level: since for level, (since, _) in naive.grown.items()
    }


@given(deeds(SLOW), st.integers(0, 30_000), st.integers(1, 40))
def test_steps_one_after_the_other_are_the_window_that_they_make(
    given_deeds: list[Deed], later: int, length: int
) -> None:
    flow = Flow()
    now = play(flow, given_deeds) + later
    ends = max(now // 1000, flow._second, START // 1000) + 1  # what comes late counts in the newest second
    now = max(now, ends * 1000 - 1)
    whole = flow.window(60_000, now)
    parts = [flow.between(first, min(first + length, ends), now) for first in range(ends - 60, ends, length)]
    for name in Window._fields[:-3]:
        assert sum(getattr(part, name) for part in parts) == getattr(whole, name), name
    assert min((part.spread_min for part in parts if part.spread_min is not None), default=None) == whole.spread_min
    assert max((part.spread_max for part in parts if part.spread_max is not None), default=None) == whole.spread_max


@given(deeds(SLOW, st.one_of(QUOTES, CHANGES)), st.integers(0, 9_000))
def test_the_spread_is_weighted_by_how_long_it_stood(given_deeds: list[Deed], later: int) -> None:
    flow, naive = Flow(), Naive()
    now = play(flow, given_deeds) + later
    play(naive, given_deeds)
    assert [flow.window(ms, now)[-3:] for ms in WINDOWS] == [naive.window(ms, now)[-3:] for ms in WINDOWS]


@given(deeds(SLOW))
def test_what_traded_equals_a_naive_list(given_deeds: list[Deed]) -> None:
    flow, naive = Flow(), Naive()
    play(flow, given_deeds)
    play(naive, given_deeds)
    prints = [each[1:] for each in naive.prints]
    size = sum(each[1] for each in prints)
    assert flow.cvd == sum(each[1] if each[2] else -each[1] for each in prints)
    for bought, taken in ((True, flow.bought), (False, flow.sold)):
        sizes = [(price, size) for price, size, is_buy, _ in prints if is_buy == bought]
        assert taken == {price: sum(more for other, more in sizes if other == price) for price, _ in sizes}
    assert flow.vwap == (sum(each[0] * each[1] for each in prints) // size if prints else None)
    assert flow.high == max((each[0] for each in prints), default=None)
    assert flow.low == min((each[0] for each in prints), default=None)
    assert flow.last == (Last(*prints[-1]) if prints else None)
    assert flow.prints == len(prints)


@given(deeds(SLOW), st.data())
def test_reading_at_random_moments_changes_nothing(given_deeds: list[Deed], data: st.DataObject) -> None:
    alone, watched = Flow(), Flow()
    now = play(alone, given_deeds)
    nosy = random.Random(data.draw(st.integers(0, 1_000)))

    def peek(at: int) -> None:
        if nosy.random() < 0.5:
            list(more_numbers(watched, at + nosy.randrange(-500, 5_000)))

    play(watched, given_deeds, peek)
    assert list(more_numbers(watched, now)) == list(more_numbers(alone, now))


@given(deeds(st.integers(0, 100), CHANGES))
def test_added_less_pulled_is_the_change_in_size(given_deeds: list[Deed]) -> None:
    flow = Flow()
    now = play(flow, given_deeds)
    bids, asks = dict[int, int](), dict[int, int]()
    for _, name, args in given_deeds:
        if name == "set":
            (bids if args[0] else asks)[args[1]] = args[2]
        else:
            bids, asks = map(dict, args)
    window = flow.window(60_000, now)
    assert window.added_bid - window.pulled_bid == sum(bids.values())
    assert window.added_ask - window.pulled_ask == sum(asks.values())
    net_bids, net_asks = flow.levels(now)
    for price in PRICES:
        for is_bid, side, net in ((True, bids, net_bids), (False, asks, net_asks)):
            added, pulled = flow.level(is_bid, range(price, price + 1), now)
            assert added - pulled == side.get(price, 0) == net.get(price, 0)
            assert (flow.since(is_bid, price) is not None) == bool(side.get(price))


def test_the_first_book_of_a_connection_is_where_counting_begins() -> None:
    flow = Flow()
    flow.begin(START)
    flow.replaced({}, {}, {5: 100}, {7: 30}, START)
    assert flow.window(10_000, START).added_bid == 0
    flow.replaced({5: 100}, {7: 30}, {5: 60}, {7: 30, 8: 1}, START + 100)
    assert flow.level(True, range(5, 6), START + 100) == (0, 40)
    assert flow.level(False, range(8, 9), START + 100) == (1, 0)
    assert (flow.since(True, 5), flow.since(False, 8)) == (START, START + 100)


def test_what_was_there_in_the_first_book_may_have_been_there_before() -> None:
    flow = Flow()
    flow.begin(START)
    flow.replaced({}, {}, {5: 100}, {7: 30}, START + 50)
    flow.changed(True, 4, 0, 10, START + 100)
    assert flow.earlier(True, 5)
    assert not flow.earlier(True, 4)
    flow.changed(True, 5, 100, 200, START + 200)
    assert not flow.earlier(True, 5)
    flow.begin(START + 300)
    flow.replaced({}, {}, {5: 200, 4: 10}, {}, START + 400)
    assert flow.earlier(True, 4)


def books(sizes: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[Sizes, Sizes]]:
    """Books of at most three levels a side, as told by a venue that tells no more."""
    bids = st.dictionaries(st.integers(1, 9), sizes, min_size=1, max_size=3)
    asks = st.dictionaries(st.integers(11, 19), sizes, min_size=1, max_size=3)
    return st.tuples(bids, asks)


@given(st.lists(books(st.integers(1, 5)), min_size=2, max_size=12))
def test_of_a_book_told_only_so_deep_each_level_has_an_age_that_is_true_or_at_least_so_much(
    told: list[tuple[Sizes, Sizes]],
) -> None:
    flow = Flow()
    flow.begin(START)
    seen: dict[tuple[bool, int], int] = {}
    """Since when each level has been told in every book."""
    before: tuple[Sizes, Sizes] = ({}, {})
    for n, book in enumerate(told):
        at = START + n
        flow.replaced(*before, *book, at, whole=False)
        levels = {(is_bid, price) for is_bid, side in ((True, book[0]), (False, book[1])) for price in side}
        seen = {level: seen.get(level, at) for level in levels}
        for is_bid, side, old in ((True, book[0], before[0]), (False, book[1], before[1])):
            for price in range(20):
                since = flow.since(is_bid, price)
                assert (since is not None) == (price in side)
                if since is None:
                    continue
                assert since >= seen[is_bid, price]
                if since == at and price not in old:
                    deeper = not old or (price < min(old) if is_bid else price > max(old))
                    assert flow.earlier(is_bid, price) == deeper
        before = book


def test_a_new_connection_is_a_gap_once_and_only_when_something_was_heard() -> None:
    flow = Flow()
    flow.begin(START)
    flow.begin(START + 10)
    assert flow.gaps == 0
    flow.printed(5 * ONE, ONE, True, START + 20)
    flow.begin(START + 30)
    flow.begin(START + 40)
    assert flow.gaps == 1
    assert flow.cvd == ONE
    assert (flow.bought, flow.sold) == ({5 * ONE: ONE}, {})


def test_a_reset_begins_the_levels_anew_and_leaves_the_sums() -> None:
    flow = Flow()
    flow.changed(True, 5, 0, 100, START)
    flow.changed(True, 5, 100, 70, START + 1_500)
    assert flow.levels(START + 1_600) == ({5: 70}, {})
    flow.reset(START + 1_600)
    assert flow.level(True, range(5, 6), START + 1_600) == (0, 0)
    assert flow.levels(START + 1_600) == ({}, {})
    assert flow.since(True, 5) == START
    flow.changed(True, 5, 70, 75, START + 1_700)
    assert flow.level(True, range(5, 6), START + 1_700) == (5, 0)
    window = flow.window(10_000, START + 1_700)
    assert (window.added_bid, window.pulled_bid) == (105, 30)


def test_levels_that_failed_to_be_summed_are_summed_when_they_are_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flow = Flow()
    flow.changed(True, 5, 0, 100, START)
    flow.changed(True, 6, 0, 30, START + 1_000)
    with monkeypatch.context() as patched:
        patched.setattr("pmtui.core.flow._net", lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            flow.levels(START + 1_000)
    assert flow.levels(START + 1_000) == ({5: 100, 6: 30}, {})


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 40)), min_size=1, max_size=40))
def test_a_level_was_never_down_to_half_of_what_it_is_since_then(sizes: list[tuple[bool, int]]) -> None:
    flow, told = Flow(), {True: [0], False: [0]}
    for n, (is_bid, size) in enumerate(sizes):
        if size != told[is_bid][-1]:
            flow.changed(is_bid, 5, told[is_bid][-1], size, START + n)
        for side, history in told.items():
            history.append(size if side is is_bid else history[-1])
    for side, history in told.items():
        since = flow.since(side, 5)
        assert (since is not None) == bool(history[-1])
        if since is not None:
            assert all(2 * size > history[-1] for size in history[1 + since - START :])


def test_a_wall_is_as_old_as_its_size_not_as_its_price() -> None:
    flow = Flow()
    flow.changed(True, 5, 0, 200, START)
    flow.changed(True, 5, 200, 300, START + 20_000)
    assert flow.since(True, 5) == START
    flow.changed(True, 5, 300, 399, START + 21_000)
    flow.changed(True, 5, 399, 50_000, START + 22_000)
    flow.changed(True, 5, 50_000, 30_000, START + 23_000)
    flow.changed(True, 5, 30_000, 50_000, START + 24_000)
    assert flow.since(True, 5) == START + 22_000


def test_a_wall_that_is_built_of_small_parts_is_as_old_as_its_greater_half() -> None:
    flow, size = Flow(), 100
    flow.changed(True, 5, 0, size, START)
    for second in range(1, 60):
        flow.changed(True, 5, size, size + 50, START + second * 1000)
        size += 50
    since = flow.since(True, 5)
    assert since is not None
    assert since > START + 20_000


def test_the_spread_goes_on_standing_while_nothing_happens() -> None:
    flow = Flow()
    flow.quoted(400, 500, START)
    flow.quoted(400, 600, START + 5_000)
    assert flow.window(10_000, START + 10_000)[-3:] == (100, 100 * 4 // 9 + 200 * 5 // 9, 200)
    assert flow.window(10_000, START + 600_000)[-3:] == (200, 200, 200)
    flow.quoted(NO_BID, 600, START + 601_000)
    assert flow.spread is None
    assert flow.window(10_000, START + 700_000)[-3:] == (None, None, None)


def test_the_prices_that_traded_are_bounded() -> None:
    flow = Flow()
    for price in range(MOST_PRICES + 50):
        flow.printed(price, ONE, True, START)
    flow.printed(7, ONE, False, START)
    assert len(flow.bought) == MOST_PRICES
    assert min(flow.bought) == 50
    assert flow.sold == {7: ONE}


@given(
    st.lists(st.tuples(st.integers(1, 400), st.integers(1, 50), st.booleans()), max_size=40),
    st.sampled_from([1, 5, 20]),
)
def test_a_print_stands_on_a_row_of_the_side_that_it_took(prints: list[tuple[int, int, bool]], step: int) -> None:
    flow, rows = Flow(), dict[int, int]()
    for price, size, is_buy in prints:
        flow.printed(price, size, is_buy, START)
        row = next(each for each in range(price, price + step) if each % step == 0)
        row -= 0 if is_buy or row == price else step
        rows[row] = rows.get(row, 0) + size
    assert flow.traded(step) == rows
    assert {row: flow.traded_on(row, step) for row in range(0, 440, step) if flow.traded_on(row, step)} == rows


def test_amounts_beyond_64_bits_stay_exact() -> None:
    flow, huge = Flow(), 10**21
    for second in range(SECONDS):
        flow.changed(True, 5, 0, huge, START + second * 1000)
        flow.printed(huge, huge, False, START + second * 1000)
        flow.quoted(huge // 2, huge, START + second * 1000)
    window = flow.window(300_000, START + (SECONDS - 1) * 1000)
    assert window.added_bid == SECONDS * huge
    assert window.sell_size == SECONDS * huge
    assert window.sell_money == SECONDS * huge * huge
    assert window.spread_mean == huge // 2
    assert flow.series.view(300, 40, START + SECONDS * 1000).high is not None


def test_a_busy_market_that_is_watched_takes_at_most_200_kb() -> None:
    chance = random.Random(3)
    middle, tick = 500_000_000, 1_000_000
    # A venue's codec reads each price once: all the dicts of a market share its numbers.
    grid = [middle + n * tick for n in range(-100, 101)]
    bids = {price: chance.randrange(1, 10**13) for price in grid[:100]}
    asks = {price: chance.randrange(1, 10**13) for price in grid[101:]}
    calls = [(n, chance.choice(grid), chance.randrange(1, 10**13), START + 20 * n) for n in range(50 * 600)]
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        flow = Flow()
        flow.replaced({}, {}, bids, asks, START)
        for n, price, size, at in calls:
            is_bid = price < middle
            flow.changed(is_bid, price, *((0, size) if n % 2 else (size, 0)), at)
            if n % 4 == 0:
                flow.quoted(middle - n % 7 * tick, middle + n % 5 * tick + tick, at)
            if n % 10 == 0:
                flow.printed(price, size, is_bid, at)
            if at % 30_000 == 0:
                flow.levels(at)
                flow.series.view(300, 84, at)
                assert all(flow.window(ms, at) for ms in WINDOWS)
        gc.collect()
        used = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert used < 200_000


def test_what_changed_since_a_moment_is_known_to_the_second() -> None:
    flow = Flow()
    for at, price in ((500, 10), (1_200, 11), (1_900, 12), (3_100, 13)):
        flow.changed(True, price, 0, 5, at)
        flow.changed(False, price + 50, 5, 0, at)

    assert flow.touched(0) == ({10, 11, 12, 13}, {60, 61, 62, 63})
    assert flow.touched(1_500) == ({11, 12, 13}, {61, 62, 63})
    assert flow.touched(3_999) == ({13}, {63})
    assert flow.touched(4_000) == (set(), set())


def test_what_changed_is_not_known_from_before_counting_began_anew() -> None:
    flow = Flow()
    flow.changed(True, 10, 0, 5, 1_200)
    flow.reset(1_300)
    flow.changed(True, 11, 0, 5, 1_400)

    assert flow.touched(1_200) is flow.touched(1_300) is None
    assert flow.touched(1_301) == ({11}, set())


def test_what_changed_longer_ago_than_levels_are_told_is_not_known() -> None:
    flow = Flow()
    for at in range(0, 21_000, 1_000):
        flow.changed(True, 10 + at // 1_000, 0, 5, at)

    assert flow.touched(10_999) is None
    assert flow.touched(11_000) == (set(range(21, 31)), set())
