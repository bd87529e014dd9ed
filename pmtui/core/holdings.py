"""What a venue itself says that we hold, where it does; everywhere else positions are the sum of our fills."""

from __future__ import annotations

from pmtui.core.events import Holding, HoldingsTold
from pmtui.core.instrument import InstrumentId


class Holdings:
    """The newest word about each part of a venue; false as long as there was none."""

    def __init__(self) -> None:
        self.version = 0
        self.cash: int | None = None
        """What is not bound anywhere, in billionths of the venue's money; None when no part has told."""
        self._parts: dict[str, HoldingsTold] = {}
        self._held: dict[InstrumentId, Holding] = {}

    def __bool__(self) -> bool:
        return bool(self._parts)

    def take(self, told: HoldingsTold) -> bool:
        """Take a fact in; false when it says nothing new. Answers and messages may overtake each other."""
        known = self._parts.get(told.part)
        if known is not None and _is_older(told, known):
            return False
        self._parts[told.part] = told
        if known is not None and (told.holdings, told.cash) == (known.holdings, known.cash):
            return False
        self._held = {each.instrument: each for part in self._parts.values() for each in part.holdings}
        cash = [part.cash for part in self._parts.values() if part.cash is not None]
        self.cash = sum(cash) if cash else None
        self.version += 1
        return True

    def of(self, instrument: InstrumentId) -> Holding | None:
        return self._held.get(instrument)

    def all(self) -> list[Holding]:
        return list(self._held.values())


def _is_older(told: HoldingsTold, known: HoldingsTold) -> bool:
    """By the venue's clock where it says the time, else by ours."""
    return told.sent < known.sent if told.sent and known.sent else told.at < known.at
