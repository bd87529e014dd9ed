"""Does a feed fall behind? Told by how much later its news come than they did, so no clock has to be right.

Where nothing is lost, digests and tops agree however old all of it is: they prove what was.
"""

from __future__ import annotations

from collections import deque

from pmtui.core.units import Millis

FALLEN = 5_000
"""ms: a feed that has fallen so far behind tells what was …"""
LASTING = 1_000
"""… once that has lasted so long. What was held up somewhere comes in one go, and is over at once."""
GIVEN_UP = 5_000
"""A feed that has not caught up so long after it fell behind will not: another connection may."""
AGAIN = 60_000
"""One that was never on time on this connection may be so on none: the next one is tried so much later."""
_PAUSE = 5_000
"""ms without news after which nothing waits behind a long message any more."""
_A_CLOCK = 60_000
"""A difference beyond this is a clock that was set; no link is so far behind and alive."""
_SPAN, _LEAST = 5_000, 8
"""Delays are kept as the median of so many ms and of so many news at the least: one wrong time moves none."""
_FIRST = 3
"""So many are enough until there is a median of more."""
_KEPT_FOR = 600_000
"""Clocks drift: what was usual longer ago than this is nothing to go by."""


class Lag:
    """How much later than it happened the news of one link come, against what was usual of late."""

    def __init__(self) -> None:
        self.last: int | None = None
        """Our time of news that were not weighed yet minus the venue's: the delay, and how far the clocks are apart."""
        self.behind = 0
        """By how many ms the feed has fallen behind, where that has lasted."""
        self._heard: list[int] = []
        self._heard_since = Millis(0)
        self._medians: deque[tuple[Millis, int]] = deque()
        self._since: Millis | None = None
        self._lasts = 0
        self._was_on_time = False
        self._took, self._held_at, self._weighed_at = 0, Millis(0), Millis(0)
        self._first: int | None = None

    def begin_again(self) -> None:
        """A new connection, whose news may be on time. What is usual stays so: it is about clocks."""
        self.last, self.behind, self._took = None, 0, 0
        self._since, self._was_on_time = None, False

    def held_up(self, took: int, now: Millis) -> None:
        """A message was so long in coming in: what it tells is as old, and so are the news that wait behind it."""
        if took > FALLEN:
            self.behind, self._lasts = took, 0
            self._took, self._held_at, self._weighed_at, self._first = took, now, now, None

    def weigh(self, now: Millis) -> None:
        """See how far the last news were behind; to be called again and again. News count once: a silence is none."""
        if self.last is None:
            return
        lag, self.last = self.last, None
        if self._took and self._is_held_up(lag, now):
            return
        self._keep(lag, now)
        usual = self._usual()
        fallen = 0 if usual is None else lag - usual
        if not FALLEN < fallen <= _A_CLOCK:
            self._since, self.behind, self._was_on_time = None, 0, True
            return
        self._since = now if self._since is None else self._since
        self._lasts = now - self._since
        if self._lasts >= LASTING:
            self.behind = fallen

    def _is_held_up(self, lag: int, now: Millis) -> bool:
        """Whether news still come from behind a long message: they are as late as it was, and ever less so."""
        paused, self._weighed_at = now - self._weighed_at > _PAUSE, now
        if self._first is None:
            self._first = lag
        behind = self._took - (self._first - lag)
        if paused or behind <= FALLEN or now - self._held_at > self._took:
            self._took = 0
            return False
        self.behind = behind
        return True

    def hopeless(self, now: Millis, up_since: Millis) -> bool:
        """Whether another connection should be tried."""
        if not self.behind or self._lasts < GIVEN_UP:
            return False
        return self._was_on_time or now - up_since >= AGAIN

    def _keep(self, lag: int, now: Millis) -> None:
        if not self._heard:
            self._heard_since = now
        self._heard.append(lag)
        if len(self._heard) >= _LEAST and now - self._heard_since >= _SPAN:
            self._medians.append((now, _median(self._heard)))
            self._heard.clear()
        while self._medians and now - self._medians[0][0] > _KEPT_FOR:
            self._medians.popleft()

    def _usual(self) -> int | None:
        if self._medians:
            return min(median for _, median in self._medians)
        return _median(self._heard) if len(self._heard) >= _FIRST else None


def _median(lags: list[int]) -> int:
    return sorted(lags)[len(lags) // 2]
