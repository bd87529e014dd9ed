"""When to try again, by properties."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pmtui.feed.backoff import APART, AT_ONCE, FREE_EVERY, GOOD_AFTER, LONGEST, PER_MINUTE, Backoff, Pacer

seeds = st.integers(0, 2**32)
bad = st.integers(0, GOOD_AFTER - 1)
"""ms of data that are too few to trust a link again."""


@given(seeds, bad)
def test_the_first_try_comes_within_a_second(seed: int, good_for: int) -> None:
    assert 0 < Backoff(Random(seed)).next(good_for) <= 1_000


@given(seeds, st.lists(bad, min_size=1, max_size=60))
def test_delays_double_up_to_half_a_minute(seed: int, lives: list[int]) -> None:
    backoff = Backoff(Random(seed))
    for tries, good_for in enumerate(lives):
        ceiling = min(LONGEST, 1_000 * 2**tries)
        assert ceiling // 2 <= backoff.next(good_for) <= ceiling


@given(seeds, st.lists(bad, min_size=5, max_size=40))
def test_a_link_that_keeps_failing_is_tried_at_most_half_a_minute_apart_for_ever(seed: int, lives: list[int]) -> None:
    backoff = Backoff(Random(seed))
    delays = [backoff.next(good_for) for good_for in lives]
    assert max(delays) <= LONGEST
    assert all(delay >= LONGEST // 2 for delay in delays[5:])


def test_delays_are_spread_so_that_many_clients_do_not_come_back_at_once() -> None:
    delays = {Backoff(Random(seed), failures=5).next(0) for seed in range(200)}
    assert len(delays) > 150
    assert min(delays) < 0.6 * LONGEST
    assert max(delays) > 0.9 * LONGEST


@given(seeds, st.integers(1, 12), st.integers(GOOD_AFTER, 10**9))
def test_only_a_minute_of_good_data_resets_the_delay(seed: int, failures: int, good_for: int) -> None:
    backoff = Backoff(Random(seed))
    for _ in range(failures):
        backoff.next(GOOD_AFTER - 1)
    assert backoff.failures >= min(failures, 10)
    assert backoff.next(good_for) <= 1_000
    assert 1_000 <= backoff.next(0) <= 2_000


@given(seeds, st.lists(st.integers(0, 40_000), min_size=1, max_size=60))
def test_a_try_is_free_once_a_minute_at_most_and_the_others_wait_as_ever(seed: int, lives: list[int]) -> None:
    backoff, other = Backoff(Random(seed)), Backoff(Random(seed))
    now = 0
    free: list[int] = []
    for life in lives:
        now += life
        grown = other.next(life)
        delay = backoff.unblamed(now, life)
        if delay <= AT_ONCE and (not free or now - free[-1] >= FREE_EVERY):
            free.append(now)
        else:
            assert delay == grown
        assert backoff.failures == other.failures
        now += delay
    assert free[0] == lives[0]
    assert all(later - sooner >= FREE_EVERY for sooner, later in pairwise(free))


plans = st.lists(st.tuples(st.integers(0, 3_000) | st.integers(0, 120_000), st.integers(0, 90_000)), max_size=80)
"""For one connection after the other: ms until somebody asks, and ms until it is wanted."""


def booked(plan: list[tuple[int, int]]) -> list[int]:
    """The turns that a pacer gave, as it gave them; none is sooner than it was wanted."""
    pacer, now = Pacer(), 0
    turns: list[int] = []
    for pause, after in plan:
        now += pause
        turns.append(pacer.book(now, after))
        assert turns[-1] >= now + after
    return turns


def keeps_the_limits(turns: list[int]) -> bool:
    turns = sorted(turns)
    return all(later - sooner >= APART for sooner, later in pairwise(turns)) and all(
        later - sooner >= 60_000 for sooner, later in zip(turns, turns[PER_MINUTE:], strict=False)
    )


@given(plans)
def test_no_minute_sees_more_than_thirty_new_links_and_no_second_more_than_one(plan: list[tuple[int, int]]) -> None:
    assert keeps_the_limits(booked(plan))


@given(plans, st.integers(0, 90_000))
def test_a_turn_is_the_soonest_that_keeps_the_limits(plan: list[tuple[int, int]], after: int) -> None:
    turns = booked([*plan, (0, after)])
    turn, others = turns[-1], turns[:-1]
    soonest = sum(pause for pause, _ in plan) + after
    for sooner in {*range(soonest, turn, 900), turn - 1} if turn > soonest else ():
        assert not keeps_the_limits([*others, sooner])


def test_who_wants_to_begin_now_does_not_wait_behind_who_begins_later() -> None:
    pacer = Pacer()
    assert pacer.book(0, 30_000) == 30_000
    assert pacer.book(0) == 0


@given(plans)
def test_a_turn_that_is_given_back_is_there_for_others(plan: list[tuple[int, int]]) -> None:
    pacer = Pacer()
    for pause, after in plan:
        turn = pacer.book(pause, after)
        pacer.free(turn)
        assert pacer.book(pause, after) == turn
        pacer.free(turn)
        pacer.free(turn)
    assert not pacer.begun


@given(st.integers(0, 10**9))
def test_a_lone_link_never_waits_for_its_turn(now: int) -> None:
    pacer = Pacer()
    assert pacer.book(now) == now
    assert pacer.book(now + 60_000) == now + 60_000


def test_the_pacer_remembers_no_more_than_a_minute() -> None:
    pacer = Pacer()
    for second in range(10_000):
        pacer.book(second * 5_000)
    assert len(pacer.begun) <= PER_MINUTE
