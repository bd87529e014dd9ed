"""How long a thread keeps a processor that another one waits for.

Where there are fewer processors than threads with something to do, Linux lets each finish its turn of some milliseconds
before the next one gets its own, and a key waits that long for its answer. Whoever asks for long turns is interrupted
by those who ask for shorter ones. It is no matter of how much each gets: over time, all get what they would have had.

Where the system knows no such thing, nothing happens.
"""

from __future__ import annotations

import os
import struct
import sys

SHORT, LONG, LONGEST = 0.0001, 0.02, 0.1
"""Seconds: for what a user waits for, for what may wait for that, and for what may wait for anything."""

_CALLS = {"x86_64": 314, "aarch64": 274, "riscv64": 274}
"""The number of Linux's sched_setattr by machine: not every C library has a name for it yet."""
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")
"""Size, policy, flags, nice, priority, turn in nanoseconds, and two times that only deadlines have."""


def take(seconds: float, thread: int = 0) -> bool:
    """Ask for turns of so long, for a thread of this process or the calling one; whether the system has heard it."""
    call = _CALLS.get(os.uname().machine) if sys.platform == "linux" else None
    if call is None:
        return False
    try:
        import ctypes

        if os.sched_getscheduler(thread) != os.SCHED_OTHER:
            return False  # somebody has decided otherwise
        nice = os.getpriority(os.PRIO_PROCESS, thread)
        told = _ATTRIBUTES.pack(_ATTRIBUTES.size, os.SCHED_OTHER, 0, nice, 0, int(seconds * 1e9), 0, 0)
        return bool(ctypes.CDLL(None).syscall(call, thread, told, 0) == 0)
    except (ImportError, OSError, AttributeError):
        return False
