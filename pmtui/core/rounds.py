"""Whose turn it is to be looked after: everybody's in a while, and nobody's all at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from pmtui.core.instrument import InstrumentId
from pmtui.core.units import NEVER, Millis

ROUND = 400
"""ms in which each has a turn."""
FEW = 50
"""So many are looked after at once: that takes no time."""


class Rounds:
    """Goes around many, a few at a time; those on the screen have a turn each time."""

    def __init__(self) -> None:
        self._waiting: deque[InstrumentId] = deque()
        self._at = NEVER

    def take(
        self, everybody: Mapping[InstrumentId, object], shown: frozenset[InstrumentId], now: Millis
    ) -> list[InstrumentId]:
        """Whose turn it is; each of `everybody` at most once."""
        count = max(FEW, -(-len(everybody) * (now - self._at) // ROUND))
        self._at = now
        if count >= len(everybody):
            return list(everybody)
        taken = dict.fromkeys(sorted(shown))
        for _ in range(count):
            if not self._waiting:
                self._waiting.extend(everybody)
            taken[self._waiting.popleft()] = None
        return [each for each in taken if each in everybody]
