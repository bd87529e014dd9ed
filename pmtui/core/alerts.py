"""Happenings: each is a line in a bounded log and may be a message on the screen, once."""

from __future__ import annotations

from enum import Enum

from pmtui.core.instrument import InstrumentId
from pmtui.core.ring import Ring
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import Millis


class Kind(Enum):
    TICK = "tick"
    LINK = "link"
    LINK_UP = "link up"
    DOUBT = "doubt"
    PROOF = "proof"
    RESOLVED = "resolved"
    NOTICE = "notice"
    REJECT = "reject"
    FILL = "fill"
    FAILED = "failed"
    ORDER = "order"


OURS = frozenset((Kind.FILL, Kind.FAILED, Kind.ORDER))
"""What happened to our own orders and fills, which is our business wherever it happened."""


class Alert(NamedTuple):
    at: Millis
    kind: Kind
    text: str
    instrument: InstrumentId | None = None


class Alerts(Ring[Alert]):
    """All of them in order, and what of it no log has yet."""

    def __init__(self, keep: int = 1_000) -> None:
        super().__init__(keep)
        self._written = 0

    def add(self, at: Millis, kind: Kind, text: str, instrument: InstrumentId | None = None) -> None:
        self.push(Alert(at, kind, text, instrument))

    @property
    def unwritten(self) -> bool:
        """Whether there is anything that no log has yet."""
        return self.total > self._written

    def take_unwritten(self) -> tuple[list[Alert], int]:
        """What no log has yet, each once whoever asks, and how many more were forgotten before anybody asked."""
        before = self._written
        fresh, self._written = self.since(before)
        return fresh, self.total - before - len(fresh)
