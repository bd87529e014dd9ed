"""Delays, and clocks that differ."""

from __future__ import annotations

import pytest

from pmtui.core.delays import Clocks, Delays


def test_no_delay_is_told_before_anything_was_measured() -> None:
    assert Delays().quantiles() is None


def test_delays_are_told_as_median_and_worst_of_a_hundred() -> None:
    delays = Delays(offset=1_000)
    delays.ring.extend(range(-1_000, -900))

    assert delays.quantiles() == (49, 98)


def test_only_the_latest_delays_count() -> None:
    delays = Delays()
    delays.ring.extend([10_000] * 600)
    delays.ring.extend([5] * 512)

    assert delays.quantiles() == (5, 5)


def waited(ms: int, *, ahead: int, asked: int = 0) -> Delays:
    """Messages that seem so old, and answers of a venue than whose clock ours is so far ahead."""
    delays = Delays(offset=1_000_000)
    delays.ring.extend([ms - 1_000_000] * 10)
    for n in range(asked):
        at = n * 1_337  # on the steady clock
        there = 1_000_000 + at + 20 - ahead
        delays.compare(there // 1_000 * 1_000, at, at + 40)
    return delays


@pytest.mark.parametrize("ahead", [5_000, 2_600, -2_600, -30_000, 3_600_000])
def test_clocks_that_differ_are_told_from_messages_that_were_long_on_their_way(ahead: int) -> None:
    assert waited(ahead + 10, ahead=ahead, asked=12).apart(20_000) == pytest.approx(ahead, abs=300)


def test_two_answers_tell_whole_seconds_and_are_enough_for_a_clock_that_is_far_off() -> None:
    assert waited(5_010, ahead=5_000, asked=1).apart(20_000) == 0
    assert waited(5_010, ahead=5_000, asked=2).apart(20_000) == pytest.approx(5_000, abs=520)
    assert waited(2_610, ahead=2_600, asked=2).apart(20_000) in (0, pytest.approx(2_600, abs=520))


@pytest.mark.parametrize("delay", [5, 2_500, 12_000, 600_000])
@pytest.mark.parametrize("ahead", [0, 900, -900])
def test_a_delay_is_no_difference_of_clocks_when_the_venue_told_the_time(delay: int, ahead: int) -> None:
    assert waited(delay + ahead, ahead=ahead, asked=5).apart(20_000) == 0


@pytest.mark.parametrize(("seems", "told"), [(5_000, 0), (-1_500, 0), (-2_500, -2_500), (61_000, 61_000)])
def test_before_the_venue_told_the_time_only_the_impossible_is_a_difference_of_clocks(seems: int, told: int) -> None:
    assert waited(seems, ahead=0).apart(20_000) == told


def test_a_message_from_the_future_is_one_whatever_the_time_told() -> None:
    assert waited(-5_000, ahead=0, asked=5).apart(20_000) == -5_000


def test_a_clock_that_is_set_is_noticed_at_once_and_one_that_is_set_there_with_two_answers() -> None:
    delays = waited(5, ahead=0, asked=5)
    delays.offset += 3_600_000
    assert delays.apart(10_000) == pytest.approx(3_600_000, abs=500)
    delays.compare(4_600_000 + 10_000, 10_000, 10_040)
    assert delays.apart(10_100) == pytest.approx(3_600_000, abs=500)
    delays.compare(4_600_000 + 11_000, 11_000, 11_040)
    assert delays.apart(11_100) == 0


def test_a_foreign_time_in_one_answer_is_no_difference_of_clocks() -> None:
    delays = waited(5, ahead=0, asked=5)
    for n in range(5, 12):
        delays.compare(1_000_000 + n * 1_000 + 3_600_000 * (n % 2), n * 1_000 + 10, n * 1_000 + 40)
        assert delays.apart(n * 1_000 + 50) == 0

    first = waited(5, ahead=0)
    first.compare(4_600_000, 0, 40)
    assert first.apart(50) == 0


def test_times_that_were_told_long_ago_prove_nothing() -> None:
    delays = waited(5, ahead=3_600_000, asked=2)
    assert delays.apart(300_000) == pytest.approx(3_600_000, abs=520)
    assert delays.apart(400_000) == 0
    delays.compare(1_000_000 + 400_000, 400_000, 400_040)
    assert delays.apart(400_050) == 0


@pytest.mark.parametrize("delay", [0, 500, 9_000])
@pytest.mark.parametrize("ahead", [-60_000, 0, 3_000, 3_600_000])
def test_how_late_news_are_leaves_out_what_our_clock_explains(delay: int, ahead: int) -> None:
    told = waited(0, ahead=ahead, asked=5)

    sent = told.offset + 15_000 - ahead - delay
    assert max(0, delay - 1_100) <= told.late(sent, 15_000, 20_000) <= delay + 1_100


@pytest.mark.parametrize(("delay", "late"), [(-5, 0), (50, 50), (8_000, 8_000), (61_000, 0)])
def test_news_that_are_over_a_minute_late_are_our_clocks_fault_where_nobody_told_the_time(
    delay: int, late: int
) -> None:
    assert Delays(offset=1_000).late(9_000 - delay, 8_000, 8_000) == late


def test_what_one_venue_tells_of_its_clock_and_how_late_its_news_come_says_nothing_of_another() -> None:
    clocks = Clocks()
    far, near = clocks.of("far"), clocks.of("near")
    clocks.offset = 1_000_000
    near.ring.extend([10 - clocks.offset] * 600)
    far.ring.extend([4_000 - clocks.offset] * 3)
    for at in (1_000, 2_000):
        clocks.compare("near", clocks.offset + at - 3_600_000, at, at + 40)

    assert (near.quantiles(), far.quantiles()) == ((10, 10), (4_000, 4_000))
    assert near.apart(3_000) == pytest.approx(3_600_000, abs=1_000)
    assert far.apart(3_000) == 0
    assert far.late(clocks.offset - 1_000, 3_000, 3_000) == 4_000
    assert near.late(clocks.offset - 1_000, 3_000, 3_000) == 0
