"""How much work something is, whatever else the machine does meanwhile.

The time of the thread itself is counted, which stands still while other programs have the processor; and it is only
ever compared with the time of other work on the same machine a moment before or after.
"""

from __future__ import annotations

from collections.abc import Callable
from time import thread_time


def effort(work: Callable[[], object], *, tries: int = 5, below: float = 0) -> float:
    """The seconds of this thread that it takes at least, or any that are below what is allowed: once is enough, for
    what others do meanwhile can only make it longer."""
    least = _spent(work)
    while tries > 1 and least >= below:
        least, tries = min(least, _spent(work)), tries - 1
    return least


def _spent(work: Callable[[], object]) -> float:
    began = thread_time()
    work()
    return thread_time() - began
