"""Steady time."""

from __future__ import annotations

import time

from pmtui.feed import clock


def test_steady_time_never_goes_back() -> None:
    readings = [clock.steady() for _ in range(2_000)]
    assert readings == sorted(readings)


def test_steady_time_counts_milliseconds() -> None:
    before = clock.steady()
    time.sleep(0.05)
    assert 45 <= clock.steady() - before <= 2_000


def test_steady_time_counts_while_the_computer_sleeps_where_the_system_can_tell() -> None:
    if hasattr(time, "CLOCK_BOOTTIME"):
        truth = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
        assert abs(clock.steady() - truth) <= 1_000


def test_wall_time_is_unix_milliseconds() -> None:
    assert abs(clock.wall() - time.time() * 1_000) <= 1_000
