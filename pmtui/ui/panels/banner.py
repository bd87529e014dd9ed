"""One line for what must not be missed: a tick change, a lost link, a settlement, a fill, one of ours that failed."""

from __future__ import annotations

from collections.abc import Sequence

from pmtui.core.alerts import Alert, Kind
from pmtui.ui.happening import told
from pmtui.ui.line import Line
from pmtui.ui.line import width as cells
from pmtui.ui.notes import Note
from pmtui.ui.notes import told as words
from pmtui.ui.sheet import Sheet

_LOUD_FOR = 15_000
"""ms for which a happening is bright while it is to be seen: what lies over it meanwhile takes nothing from that."""
_STALE = 60_000
"""ms after which nothing is bright any more, however short it was to be seen."""
_FIRST = 4_000
"""ms for which a tick change of the market on the screen goes before every note but the answer to a key."""
_LOUD = {
    Kind.TICK: "sheet--loud",
    Kind.LINK: "sheet--alarm",
    Kind.LINK_UP: "banner--note",
    Kind.RESOLVED: "sheet--loud",
    Kind.DOUBT: "sheet--loud",
    Kind.PROOF: "banner--note",
}
"""What is told here, and how it looks while it is new; nothing bad is told without its end."""
_ANYWHERE = frozenset((Kind.TICK, Kind.RESOLVED))
"""What is told of every market that is watched, and names it."""
_LOOKS = {"information": ("banner--note", "sheet--good"), "warning": ("sheet--loud", "sheet--warn")}
"""How a note looks, with the bright banner and without."""
_GRAVE = ("sheet--alarm", "sheet--bad")


class Banner(Sheet):
    """The last happening of this market, or a tick change or a settlement of any that is watched; loud while it is new.

    Its line is always there, so nothing jumps.
    """

    called = "banner"
    place = "bottom"
    rank = 10
    takes = 1
    topics = ("banner", "tick", "alert", "fill")
    help = (
        "The last thing that happened to this market, and a tick change or a settlement of any that you watch, bright\n"
        "for fifteen seconds. A fill of yours, an order that was rejected, a settlement that failed and the answer to\n"
        "a key are told here for some seconds, the gravest first."
    )
    LOOKS = Sheet.LOOKS | {"banner--note": "bold $background on $good"}

    def __init__(self) -> None:
        super().__init__()
        self._alert: Alert | None = None
        """The last one that was looked at, …"""
        self._seen_at: int | None = None
        """… when it was last on the screen, unless something lay over it since, …"""
        self._seen_for = 0
        """… and for how many ms it was there."""

    def compose_rows(self) -> Sequence[Line]:
        now, alert = self.desk.now(), self._last()
        is_loud = self._is_loud(alert, now)
        if (held := self.host.notes.current(now)) is not None:
            note, others = held
            if alert is None or not self._goes_first(alert, note, now):
                self._seen_at = None
                return [self._note(note, others + is_loud)]
        self._seen_at = now
        if alert is None:
            return [((" what happens is told here: tick changes, lost links, fills of yours", "sheet--dim"),)]
        line = told(self, alert, self.columns)
        if not is_loud or not self.host.flash:
            return [tuple((text, "sheet--dim") for text, _ in line)]
        return [self._filled(line, _LOUD[alert.kind])]

    def _is_loud(self, alert: Alert | None, now: int) -> bool:
        """Whether it is new to whoever looks."""
        if alert is None:
            return False
        if alert is not self._alert:
            self._alert, self._seen_at, self._seen_for = alert, None, now - alert.at
        if self._seen_at is not None:
            self._seen_for += now - self._seen_at
            self._seen_at = now
        return self._seen_for <= _LOUD_FOR and now - alert.at <= _STALE

    def _goes_first(self, alert: Alert, note: Note, now: int) -> bool:
        here = alert.kind in _ANYWHERE and alert.instrument in (self.desk.market, self.desk.shown)
        return here and not note.replies and now - alert.at <= _FIRST

    def _note(self, note: Note, others: int) -> Line:
        bright, calm = _LOOKS.get(note.severity, _GRAVE)
        line = words(note, others, self.columns)
        return self._filled(line, bright) if self.host.flash else tuple((text, calm) for text, _ in line)

    def _filled(self, line: Line, look: str) -> Line:
        used = cells(line)
        return (*((text, look) for text, _ in line), (" " * max(0, self.columns - used), look))

    def _last(self) -> Alert | None:
        return next(filter(self._matters, reversed(self.desk.store.alerts.ring)), None)

    def _matters(self, alert: Alert) -> bool:
        desk = self.desk
        if alert.kind in _ANYWHERE:
            return desk.concerns(alert.instrument)
        return alert.kind in _LOUD and alert.instrument in (None, desk.shown)


PANEL = Banner
