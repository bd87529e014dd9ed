"""Steady time that also counts while the computer sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable

from pmtui.core.units import Millis

Clock = Callable[[], Millis]

# Linux stops CLOCK_MONOTONIC during sleep, other systems do not; an age on the screen must not stop.
_SOURCE: int = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", -1))


def steady() -> Millis:
    """Milliseconds that never go back and never stand still."""
    return Millis(time.clock_gettime_ns(_SOURCE) // 1_000_000)


def wall() -> Millis:
    """Milliseconds since 1970, as the computer believes."""
    return Millis(time.time_ns() // 1_000_000)


if _SOURCE < 0:  # Windows has no clock_gettime; its monotonic clock counts sleep.

    def steady() -> Millis:
        return Millis(time.monotonic_ns() // 1_000_000)
