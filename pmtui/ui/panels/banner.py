"""One line for what must not be missed: a tick change, a lost link, a settlement."""

from __future__ import annotations

from collections.abc import Sequence

from pmtui.core.alerts import Kind
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
    help = "The last thing that happened to this market: bright for fifteen seconds."
    DEFAULT_CSS = "Banner { height: 1; }"

    def compose_rows(self) -> Sequence[Line]:
        desk = self.desk
        for alert in reversed(desk.store.alerts.ring):
            if alert.kind in _KINDS and alert.instrument in (None, desk.shown):
                break
        else:
            return [((" every book is checked against the venue's own hash", "sheet--faint"),)]
        line = Events.line(self, alert, self.columns)  # type: ignore[arg-type]  # both are sheets of one desk
        if desk.now() - alert.at > _LOUD_FOR or not self.host.flash:
            return [tuple((text, "sheet--dim") for text, _ in line)]
        look = "sheet--loud" if alert.kind is not Kind.LINK else "sheet--alarm"
        used = sum(len(text) for text, _ in line)
        return [(*((text, look) for text, _ in line), (" " * max(0, self.columns - used), look))]


PANEL = Banner
