"""A day whose time goes by only when somebody works or rests."""

from __future__ import annotations


class Day:
    """Stands in for a clock and for sleeping; a test that works moves `now` on."""

    def __init__(self) -> None:
        self.now = 1_000.003
        self.rests: list[float] = []

    def clock(self) -> float:
        return self.now

    def rest(self, seconds: float) -> None:
        self.rests.append(seconds)
        self.now += seconds
