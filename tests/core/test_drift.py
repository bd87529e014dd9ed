"""Which way a number went lately."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.drift import EVERY, OVER, Drift

moments = st.lists(st.tuples(st.integers(1, 9_000), st.integers(0, 1_000)), min_size=1, max_size=80)


def sign(number: int) -> int:
    return (number > 0) - (number < 0)


def test_a_number_seen_once_went_nowhere() -> None:
    assert Drift().note(7, 0) == 0


@given(st.integers(-100, 100), st.lists(st.integers(EVERY, OVER), min_size=1, max_size=30))
def test_a_number_that_goes_one_way_drifts_that_way(step: int, waits: list[int]) -> None:
    drift, now, value = Drift(), 0, 0
    drift.note(value, now)
    for wait in waits:
        now, value = now + wait, value + step
        assert drift.note(value, now) == sign(step)


@given(moments)
def test_the_direction_changes_at_most_once_in_five_seconds(told: list[tuple[int, int]]) -> None:
    drift, now, turned, before = Drift(), 0, -EVERY, 0
    for wait, value in told:
        now += wait
        if drift.note(value, now) != before:
            assert now - turned >= EVERY
            before, turned = drift.direction, now


@given(moments)
def test_it_equals_a_comparison_with_the_oldest_number_of_about_a_minute(told: list[tuple[int, int]]) -> None:
    drift, now = Drift(), 0
    kept: list[tuple[int, int]] = []
    for wait, value in told:
        now += wait
        found = drift.note(value, now)
        if kept and now - kept[-1][0] < EVERY:
            continue
        kept.append((now, value))
        older = [each for each in kept if now - each[0] >= OVER]
        since = older[-1:] + [each for each in kept if now - each[0] < OVER]
        assert found == sign(value - since[0][1])


def test_what_was_seen_long_ago_is_not_lately() -> None:
    drift = Drift()
    drift.note(1, 0)
    assert drift.note(9, 10 * OVER) == 0


def test_hours_of_looking_keep_about_a_minute() -> None:
    drift = Drift()
    for now in range(0, 3_600_000, 500):
        drift.note(now % 7, now)
    assert len(drift._samples) <= OVER // EVERY + 2
