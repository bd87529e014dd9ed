"""One line for what must not be missed: a tick change, a lost link, a settlement, one of ours that failed."""

from __future__ import annotations

from collections.abc import Sequence

from pmtui.core.alerts import Alert, Kind
from pmtui.ui.line import Line
from pmtui.ui.panels.events import Events
from pmtui.ui.sheet import Sheet

_LOUD_FOR = 15_000
_KINDS = (Kind.TICK, Kind.LINK, Kind.RESOLVED, Kind.DOUBT)


class Banner(Sheet):
    """The last happening of this market; loud while it is new. Its line is always there, so nothing jumps."""

    place = "bottom"
    rank = 10
    topics = ("banner", "tick", "alert")
    help = (
        "The last thing that happened to this market, or a settlement of yours that failed: bright for fifteen seconds."
    )
    DEFAULT_CSS = "Banner { height: 1; }"

    def compose_rows(self) -> Sequence[Line]:
        desk, failure = self.desk, self.host.happenings.failure
        alert = failure if failure and desk.now() - failure.at <= _LOUD_FOR else self._last()
        if alert is None:
            return [((" every book is checked against the venue's own hash", "sheet--faint"),)]
        line = Events.line(self, alert, self.columns)  # type: ignore[arg-type]  # both are sheets of one desk
        if desk.now() - alert.at > _LOUD_FOR or not self.host.flash:
            return [tuple((text, "sheet--dim") for text, _ in line)]
        look = "sheet--alarm" if alert is failure or alert.kind is Kind.LINK else "sheet--loud"
        used = sum(len(text) for text, _ in line)
        return [(*((text, look) for text, _ in line), (" " * max(0, self.columns - used), look))]

    def _last(self) -> Alert | None:
        desk = self.desk
        ring = reversed(desk.store.alerts.ring)
        return next((each for each in ring if each.kind in _KINDS and each.instrument in (None, desk.shown)), None)


PANEL = Banner
