"""Short pauses in long work, so that whoever waits for the same processor gets it.

A kernel lets a thread run on for milliseconds although somebody else waits, and moves the one who waits to an idle
processor only later. That may be what carries a key from the terminal to this program, or a line back to it: a key
would wait for a burst of messages that it has nothing to do with.
"""

from __future__ import annotations

from collections.abc import Callable

TURN = 0.001
"""Seconds of work without a pause."""
PAUSE = 0.00005
"""Long enough for the processor to be given away; it comes back in a tenth of a millisecond."""


class Breath:
    """Says when a thread that works on and on has to pause, and does it."""

    __slots__ = ("_clock", "_since", "_sleep")

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], object]) -> None:
        self._clock, self._sleep = clock, sleep
        self._since = clock()

    def begin(self) -> None:
        """The thread comes from a rest."""
        self._since = self._clock()

    def take(self) -> None:
        """Between two pieces of work: pause if the last rest is long ago."""
        if self._clock() - self._since >= TURN:
            self._sleep(PAUSE)
            self._since = self._clock()
