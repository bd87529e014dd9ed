"""Happenings: each is a line in a bounded log and may be a message on the screen, once."""

from __future__ import annotations

from collections import deque
from enum import Enum

from pmtui.core.instrument import InstrumentId
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


class Alerts:
    """A ring with a running total, read with a cursor like the tape."""

    def __init__(self, keep: int = 1_000) -> None:
        self.ring: deque[Alert] = deque(maxlen=keep)
        self.total = 0
        self._written = 0

    def add(self, at: Millis, kind: Kind, text: str, instrument: InstrumentId | None = None) -> None:
        self.ring.append(Alert(at, kind, text, instrument))
        self.total += 1

    def since(self, cursor: int) -> tuple[list[Alert], int]:
        """What was added after `cursor` and is still kept, and the cursor to ask with next."""
        fresh = min(self.total - cursor, len(self.ring))
        return list(self.ring)[len(self.ring) - fresh :] if fresh > 0 else [], self.total

    @property
    def unwritten(self) -> bool:
        """Whether there is anything that no log has yet."""
        return self.total > self._written

    def take_unwritten(self) -> tuple[list[Alert], int]:
        """What no log has yet, each once whoever asks, and how many more were forgotten before anybody asked."""
        before = self._written
        fresh, self._written = self.since(before)
        return fresh, self.total - before - len(fresh)
