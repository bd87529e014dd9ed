"""What happened, written into the log: each happening is one line there, as it is one on the screen."""

from __future__ import annotations

import logging
from collections import Counter
from threading import Lock

from pmtui.core.alerts import OURS, Alert, Kind
from pmtui.core.instrument import InstrumentId
from pmtui.core.store import Store
from pmtui.core.units import Millis

log = logging.getLogger("pmtui.events")

MOST = 100
"""Lines of one kind within a while: a venue that talks nonsense by the thousand must not turn every file over."""
WITHIN = 10_000
_TROUBLE = frozenset((Kind.LINK, Kind.DOUBT, Kind.REJECT, Kind.FAILED))


class Chronicle:
    """Writes the store's happenings down, never while the lock is held."""

    def __init__(self, store: Store, lock: Lock) -> None:
        self._store = store
        self._lock = lock
        self._began = Millis(0)
        self._counts: Counter[Kind] = Counter()
        """Of each kind since then."""

    def write(self, now: Millis) -> None:
        """What is new; costs a comparison while nothing is."""
        if now - self._began >= WITHIN:
            self._begin(now)
        if not self._store.alerts.unwritten:
            return
        with self._lock:
            fresh, lost = self._store.alerts.take_unwritten()
            lines = [(each.kind, self._line(each)) for each in fresh]
        if lost:
            log.warning("%s happenings more than are kept", f"{lost:,}")
        for kind, line in lines:
            self._put(kind, line)

    def end(self) -> None:
        """The last words of a feed."""
        self.write(self._began)
        self._begin(self._began)

    def _put(self, kind: Kind, line: str) -> None:
        self._counts[kind] += 1
        # Our own are few, and nothing that happened to them may be missing.
        if self._counts[kind] <= MOST or kind in OURS or log.isEnabledFor(logging.DEBUG):
            log.log(logging.WARNING if kind in _TROUBLE else logging.INFO, "%s", line)

    def _begin(self, now: Millis) -> None:
        if not log.isEnabledFor(logging.DEBUG):
            for kind, count in self._counts.items():
                if count > MOST and kind not in OURS:
                    log.warning("%s: %s more within ten seconds", kind.value, f"{count - MOST:,}")
        self._counts.clear()
        self._began = now

    def _line(self, alert: Alert) -> str:
        line = f"{alert.text} ({self._name(alert.instrument)})" if alert.instrument else alert.text
        # Half a character may stand in what the venue says, and not everybody who keeps a log can write it.
        return line.encode(errors="backslashreplace").decode()

    def _name(self, instrument: InstrumentId) -> str:
        """In the words of the screen, and by the id, which is the only name that is never another's."""
        board = self._store.boards.get(instrument)
        known = board.instrument if board is not None else self._store.named.get(instrument)
        words = f"{known.title} {known.outcome}".strip() if known is not None else ""
        return f"{words}, {instrument}" if words else instrument
