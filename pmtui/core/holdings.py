"""What a venue itself says that we hold, where it does; everywhere else positions are the sum of our fills."""

from __future__ import annotations

from pmtui.core.events import Holding, HoldingsTold, Unclear
from pmtui.core.instrument import InstrumentId

APART = 5_000
"""ms that a message may be older than another: beyond that one of both times is wrong."""


class Holdings:
    """The newest word about each part of a venue; false as long as there was none."""

    def __init__(self) -> None:
        self.version = 0
        self.cash: int | None = None
        """What is not bound anywhere, in billionths of the venue's money; None when no part has told."""
        self._torn: set[str] = set()
        self._parts: dict[str, HoldingsTold] = {}
        self._held: dict[InstrumentId, Holding] = {}

    def __bool__(self) -> bool:
        return bool(self._parts)

    def take(self, told: HoldingsTold, *, asked: bool = False) -> bool:
        """Take a fact in; false when it says nothing new. Answers and messages may overtake each other."""
        known = self._parts.get(told.part)
        if asked:
            self._torn.discard(told.part)  # an answer is of now, whatever was told before
        if known is not None and _is_older(told, known):
            far = told.sent > 0 and known.sent - told.sent > APART
            if far and not asked:
                self._torn.add(told.part)
            if not (far and asked):
                return False
        told = told._replace(holdings=told.holdings + self._kept(told.unclear))
        self._parts[told.part] = told
        if known is not None and (told.holdings, told.cash, told.unclear) == (
            known.holdings,
            known.cash,
            known.unclear,
        ):
            return False
        self._held = {each.instrument: each for part in self._parts.values() for each in part.holdings}
        cash = [part.cash for part in self._parts.values() if part.cash is not None]
        self.cash = sum(cash) if cash else None
        self.version += 1
        return True

    @property
    def torn(self) -> bool:
        """Whether a word was passed over that is far older than another: only a question tells which time is wrong."""
        return bool(self._torn)

    def _kept(self, unclear: tuple[Unclear, ...]) -> tuple[Holding, ...]:
        """What was known of those that could not be read."""
        return tuple(self._held[each.instrument] for each in unclear if each.instrument in self._held)

    @property
    def unclear(self) -> list[Unclear]:
        """Those whose last word could not be read."""
        return [each for part in self._parts.values() for each in part.unclear]

    def of(self, instrument: InstrumentId) -> Holding | None:
        return self._held.get(instrument)

    def all(self) -> list[Holding]:
        return list(self._held.values())


def _is_older(told: HoldingsTold, known: HoldingsTold) -> bool:
    """By the venue's clock where it says the time, else by ours."""
    return told.sent < known.sent if told.sent and known.sent else told.at < known.at
