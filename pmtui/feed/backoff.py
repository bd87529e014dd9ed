"""When to try again: soon at first, then ever more seldom, and never in a storm."""

from __future__ import annotations

from bisect import bisect, insort
from dataclasses import dataclass, field
from random import Random

from pmtui.core.units import Millis

LONGEST = 30_000
GOOD_AFTER = 60_000
PER_MINUTE = 28
"""Venues allow thirty, and count when a link arrives: handshakes that take their time come closer together."""
APART = 1_000
AT_ONCE = 1_000
FREE_EVERY = 60_000
"""A frozen feed or a sleep is no reason to wait until an old delay is over. But where we give up one connection after
the other, only the first of a minute is free: what comes of each then counts like any other."""
_MINUTE = 60_000


@dataclass(slots=True)
class Backoff:
    """Delays in ms: within a second, then doubling to half a minute, each with a random spread.

    Only a minute of good data resets it: a link that comes up and dies at once stays suspect.
    """

    random: Random
    failures: int = 0
    free_at: int = -FREE_EVERY

    def next(self, good_for: int) -> int:
        """The delay after a connection that brought data for `good_for` ms."""
        if good_for >= GOOD_AFTER:
            self.failures = 0
        ceiling = min(LONGEST, 1_000 * 2 ** min(self.failures, 10))
        self.failures += 1
        return int(ceiling * (0.5 + self.random.random() / 2))

    def unblamed(self, now: int, good_for: int, *, slept: bool = False) -> int:
        """The delay after a connection that we gave up ourselves: within a second, once in so long.

        It counts as a failure all the same, so the delay grows on where that try is in vain, too; but for a sleep of
        ours, which says nothing of the link.
        """
        before = 0 if good_for >= GOOD_AFTER else self.failures
        grown = self.next(good_for)
        if now - self.free_at < FREE_EVERY:
            return grown
        self.free_at = now
        if slept:
            self.failures = before
        return grown % AT_ONCE  # spread as evenly


@dataclass(slots=True)
class Pacer:
    """At most one new connection a second and so many a minute, over all links."""

    begun: list[int] = field(default_factory=list)
    """When connections began in the last minute, and when others will, in order."""

    def book(self, now: int, after: int = 0) -> Millis:
        """The next moment at which a connection may begin, `after` ms from now at the soonest; it is taken from now
        on."""
        del self.begun[: bisect(self.begun, now - _MINUTE)]
        soonest = now + after
        # Where the limits forbid a moment, they do so until a while after one that is taken.
        ends = (taken + pause for taken in self.begun for pause in (APART, _MINUTE))
        turn = min(each for each in (soonest, *ends) if each >= soonest and self._is_free(each))
        insort(self.begun, turn)
        return Millis(turn)

    def free(self, turn: int) -> None:
        """Nothing will begin at that moment, which was booked."""
        if turn in self.begun:
            self.begun.remove(turn)

    def _is_free(self, turn: int) -> bool:
        place = bisect(self.begun, turn)
        if any(abs(turn - each) < APART for each in self.begun[max(0, place - 1) : place + 1]):
            return False
        around = [*self.begun[max(0, place - PER_MINUTE) : place], turn, *self.begun[place : place + PER_MINUTE]]
        return all(last - first >= _MINUTE for first, last in zip(around, around[PER_MINUTE:], strict=False))
