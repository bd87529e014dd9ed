"""When to try again, by properties."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pmtui.feed.backoff import APART, GOOD_AFTER, LONGEST, PER_MINUTE, Backoff, Pacer

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


@given(st.lists(st.integers(0, 120_000), min_size=1, max_size=200))
def test_no_minute_sees_more_than_thirty_new_links(pauses: list[int]) -> None:
    pacer, now, begun = Pacer(), 0, []
    for pause in pauses:
        now += pause
        begun.append(now + pacer.wait(now))
    for start in begun:
        assert sum(start <= each < start + 60_000 for each in begun) <= PER_MINUTE


@given(st.lists(st.integers(0, 3_000), min_size=2, max_size=100))
def test_new_links_begin_at_least_a_second_apart(pauses: list[int]) -> None:
    pacer, now, begun = Pacer(), 0, []
    for pause in pauses:
        now += pause
        begun.append(now + pacer.wait(now))
    assert begun == sorted(begun)
    assert all(later - earlier >= APART for earlier, later in pairwise(begun))


@given(st.integers(0, 10**9))
def test_a_lone_link_never_waits_for_its_turn(now: int) -> None:
    pacer = Pacer()
    assert pacer.wait(now) == 0
    assert pacer.wait(now + 60_000) == 0


def test_the_pacer_remembers_no_more_than_a_minute() -> None:
    pacer = Pacer()
    for second in range(100_000):
        pacer.wait(second * 5_000)
    assert len(pacer.begun) <= PER_MINUTE
