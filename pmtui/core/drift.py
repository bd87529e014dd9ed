"""Which way a number went lately, told calmly."""

from __future__ import annotations

from collections import deque

OVER = 60_000
EVERY = 5_000


class Drift:
    """Up, down or level against about a minute ago; it is weighed every few seconds, so that it does not flicker."""

    __slots__ = ("_samples", "direction")

    def __init__(self) -> None:
        self._samples: deque[tuple[int, int]] = deque()
        self.direction = 0
        """1 for up, -1 for down, 0 for level or not known yet."""

    def note(self, value: int, now: int) -> int:
        """Take in the number of this moment; the direction."""
        samples = self._samples
        if not samples or now - samples[-1][0] >= EVERY:
            samples.append((now, value))
            while len(samples) > 1 and now - samples[1][0] >= OVER:
                samples.popleft()
            if now - samples[0][0] >= 2 * OVER:  # nobody looked for long: that is not lately any more
                samples.popleft()
            before = samples[0][1]
            self.direction = (value > before) - (value < before)
        return self.direction
