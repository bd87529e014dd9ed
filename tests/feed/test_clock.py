"""Steady time."""

from __future__ import annotations

import time

from pmtui.feed import clock


def test_steady_time_never_goes_back() -> None:
    readings = [clock.steady() for _ in range(2_000)]
    assert readings == sorted(readings)


def test_steady_time_counts_milliseconds() -> None:
    before, began = clock.steady(), time.monotonic()
    time.sleep(0.05)
    least = time.monotonic() - began
    passed = clock.steady() - before
    assert least * 1_000 - 2 <= passed <= (time.monotonic() - began) * 1_000 + 2


def test_steady_time_counts_while_the_computer_sleeps_where_the_system_can_tell() -> None:
    if hasattr(time, "CLOCK_BOOTTIME"):
        before = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
        told = clock.steady()
        assert before <= told <= time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def test_wall_time_is_unix_milliseconds() -> None:
    before = time.time() * 1_000
    told = clock.wall()
    assert before - 1 <= told <= time.time() * 1_000 + 1
