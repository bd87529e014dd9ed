"""A feed that falls behind is told from clocks that are wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.lag import AGAIN, FALLEN, GIVEN_UP, LASTING, Lag
from pmtui.core.units import Millis

EVERY = 100
CALM = [50] * 100


def weighed(lags: list[int], made: Lag | None = None, *, begin: int = 0) -> Lag:
    made = Lag() if made is None else made
    for n, lag in enumerate(lags):
        made.last = lag
        made.weigh(Millis(begin + n * EVERY))
    return made


@pytest.mark.parametrize(
    ("lags", "behind"),
    [
        (CALM, 0),
        ([*CALM, *[FALLEN + 50] * 50], 0),
        ([*CALM, *[FALLEN + 51] * (LASTING // EVERY)], 0),
        ([*CALM, *[FALLEN + 51] * (LASTING // EVERY + 1)], FALLEN + 1),
        ([*CALM, *range(30_000, 0, -3_000)], 0),  # what was held up, all in one go
        ([*CALM, *[FALLEN + 900, 60] * 50], 0),  # another market of the same link is on time
        ([*CALM, *[3_600_050] * 100], 0),  # the venue's clock was set back
        ([*CALM, *[9_050] * 20], 9_000),
        ([*CALM, *[9_050] * 20, 50], 0),
        ([*range(0, 12_000, 40)], 10_960),  # behind from the beginning: what was usual in the first seconds counts
        ([*CALM, -40_000, *CALM], 0),  # a time from the future
        ([-40_000, *CALM], 0),
        ([-40_000, -40_000, *CALM], 0),
    ],
)
@pytest.mark.parametrize("ahead", [0, 7_000, -90_000_000])
def test_a_feed_is_behind_when_its_news_come_later_than_they_did_whatever_the_clocks_say(
    lags: list[int], behind: int, ahead: int
) -> None:
    assert weighed([lag + ahead for lag in lags]).behind == pytest.approx(behind, abs=60)


@given(st.lists(st.integers(0, 60_000), max_size=300), st.integers(-(10**12), 10**12))
def test_how_wrong_the_clocks_are_changes_nothing(lags: list[int], ahead: int) -> None:
    assert weighed(lags).behind == weighed([lag + ahead for lag in lags]).behind


@pytest.mark.parametrize("lag", [-40_000, 9_000])
def test_one_wrong_time_before_a_silence_is_one_and_not_as_many_as_there_are_looks(lag: int) -> None:
    made = weighed([*CALM, lag])
    for now in range(11_000, 40_000, EVERY):
        made.weigh(Millis(now))
        assert not made.behind
    assert not weighed(CALM, made, begin=40_000).behind


def test_a_new_connection_is_tried_when_the_feed_does_not_catch_up() -> None:
    late = [9_000] * (GIVEN_UP // EVERY)
    assert not weighed([*CALM, *late]).hopeless(Millis(99_000), Millis(98_000))
    assert weighed([*CALM, *late, 9_000]).hopeless(Millis(99_000), Millis(98_000))


def test_a_connection_that_is_behind_from_its_beginning_is_so_at_once_and_kept_for_a_minute() -> None:
    made = weighed(CALM)
    made.begin_again()
    assert weighed([9_000] * 700, made, begin=10_000).behind == 8_950
    assert not made.hopeless(Millis(10_000 + AGAIN - 1), Millis(10_000))
    assert made.hopeless(Millis(10_000 + AGAIN), Millis(10_000))


def test_what_was_usual_long_ago_is_nothing_to_go_by() -> None:
    made = Lag()
    for second in range(20_000):
        made.last = second // 2  # a clock that drifts by half a thousandth, for hours
        made.weigh(Millis(second * 1_000))
        assert not made.behind


def held_up(lags: list[int], *, every: int = 500, took: int = 30_000) -> list[int]:
    """How far behind news with these delays are, that come after a message which took so long to come in."""
    lag, found = Lag(), []
    lag.held_up(took, Millis(100_000))
    for number, each in enumerate(lags, 1):
        lag.last = each
        lag.weigh(Millis(100_000 + number * every))
        found.append(lag.behind)
        assert not lag.hopeless(Millis(100_000 + number * every), Millis(0))
    return found


def test_news_behind_a_long_message_are_as_late_as_it_was_until_they_have_caught_up() -> None:
    # Whatever the clocks are apart by.
    for apart in (-40_000, 0, 7_000_000):
        lags = [apart + late for late in (29_500, 20_000, 10_000, 3_000, 50, 40)]
        assert held_up(lags) == [30_000, 20_500, 10_500, 0, 0, 0]


def test_news_that_come_long_after_a_long_message_waited_for_nothing() -> None:
    assert held_up([40, 40, 50], every=6_000) == [0, 0, 0]


def test_news_that_never_catch_up_are_held_to_be_late_for_as_long_as_the_message_took() -> None:
    found = held_up([40] * 100)
    assert found[:60] == [30_000] * 60
    assert found[60:] == [0] * 40


def test_a_message_that_came_in_at_once_holds_up_nothing() -> None:
    assert held_up([40, 40], took=4_000) == [0, 0]
