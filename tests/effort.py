"""How much work something is, whatever else the machine does meanwhile.

The time of the thread itself is counted, which stands still while other programs have the processor; and it is only
ever compared with the time of other work on the same machine a moment before or after.
"""

from __future__ import annotations

from collections.abc import Callable
from time import thread_time


def effort(work: Callable[[], object], *, tries: int = 5) -> float:
    """The seconds of this thread that it takes at least."""
    return min(_spent(work) for _ in range(tries))


def _spent(work: Callable[[], object]) -> float:
    began = thread_time()
    work()
    return thread_time() - began
