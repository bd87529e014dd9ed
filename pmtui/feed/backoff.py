"""When to try again: soon at first, then ever more seldom, and never in a storm."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from random import Random

LONGEST = 30_000
GOOD_AFTER = 60_000
PER_MINUTE = 28
"""Venues allow thirty, and count when a link arrives: handshakes that take their time come closer together."""
APART = 1_000


@dataclass(slots=True)
class Backoff:
    """Delays in ms: within a second, then doubling to half a minute, each with a random spread.

    Only a minute of good data resets it: a link that comes up and dies at once stays suspect.
    """

    random: Random
    failures: int = 0

    def next(self, good_for: int) -> int:
        """The delay after a connection that brought data for `good_for` ms."""
        if good_for >= GOOD_AFTER:
            self.failures = 0
        ceiling = min(LONGEST, 1_000 * 2 ** min(self.failures, 10))
        self.failures += 1
        return int(ceiling * (0.5 + self.random.random() / 2))


@dataclass(slots=True)
class Pacer:
    """At most one new connection a second and so many a minute, over all links."""

    begun: deque[int] = field(default_factory=deque)

    def wait(self, now: int) -> int:
        """ms until a connection may begin; the beginning is booked."""
        while self.begun and self.begun[0] <= now - 60_000:
            self.begun.popleft()
        earliest = now
        if self.begun:
            earliest = max(earliest, self.begun[-1] + APART)
        if len(self.begun) >= PER_MINUTE:
            earliest = max(earliest, self.begun[-PER_MINUTE] + 60_000)
        self.begun.append(earliest)
        return earliest - now
