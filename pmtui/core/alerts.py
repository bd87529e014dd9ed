"""Happenings: each is a line in a bounded log and may be a message on the screen, once."""

from __future__ import annotations

from collections import deque
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


MOST_UNWRITTEN = 10_000
"""Of more than these the oldest are forgotten, where no log takes any."""


class Alert(NamedTuple):
    at: Millis
    kind: Kind
    text: str
    instrument: InstrumentId | None = None


class Alerts(Ring[Alert]):
    """All of them in order, and what of it no log has yet."""

    def __init__(self, keep: int = 1_000) -> None:
        super().__init__(keep)
        self._unwritten: deque[Alert] = deque(maxlen=MOST_UNWRITTEN)
        self._forgotten = 0

    def add(self, at: Millis, kind: Kind, text: str, instrument: InstrumentId | None = None) -> None:
        alert = Alert(at, kind, text, instrument)
        self.push(alert)
        self.write(alert)

    def write(self, alert: Alert) -> None:
        """One for the log alone: on the screen it is told together with others."""
        self._forgotten += len(self._unwritten) == MOST_UNWRITTEN
        self._unwritten.append(alert)

    @property
    def unwritten(self) -> bool:
        """Whether there is anything that no log has yet."""
        return bool(self._unwritten)

    def take_unwritten(self) -> tuple[list[Alert], int]:
        """What no log has yet, each once whoever asks, and how many more were forgotten before anybody asked."""
        taken = list(self._unwritten), self._forgotten
        self._unwritten.clear()
        self._forgotten = 0
        return taken
