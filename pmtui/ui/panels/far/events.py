"""What happened: tick changes, doubts and proofs, links, settlements."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from pmtui.core.alerts import Alert, Kind
from pmtui.ui import numbers
from pmtui.ui.line import Line
from pmtui.ui.sheet import Sheet
from pmtui.ui.text import clean, shorten

MARKS = {
    Kind.TICK: ("◆", "sheet--warn"),
    Kind.LINK: ("↯", "sheet--bad"),
    Kind.DOUBT: ("?", "sheet--warn"),
    Kind.PROOF: ("✓", "sheet--good"),
    Kind.RESOLVED: ("■", "sheet--accent"),
    Kind.NOTICE: ("i", "sheet--dim"),
    Kind.REJECT: ("×", "sheet--bad"),
    Kind.FILL: ("◉", "sheet--accent"),
    Kind.FAILED: ("×", "sheet--alarm"),
    Kind.ORDER: ("○", "sheet--dim"),
}


class Events(Sheet):
    """The log of happenings, newest on top."""

    place = "far"
    rank = 30
    can_focus = True
    digit = "5"
    needs = (160, 24)
    topics = ("events", "log", "alerts", "tick", "doubt")
    help = (
        "◆ tick size, ↯ link, ? a doubt and ✓ its end, ■ settled, × a message that was refused or a fill that failed,\n"
        "◉ a fill of yours, ○ the end of an order of yours."
    )
    DEFAULT_CSS = "Events { height: 1fr; }"

    def compose_rows(self) -> Sequence[Line | None]:
        alerts = self.desk.store.alerts
        head: Line = ((" EVENTS", self.title_look),)
        told = (each for each in reversed(alerts.ring) if self.desk.concerns(each.instrument))
        return [head, *(self.line(each, self.columns) for each in islice(told, max(0, self.lines - 1)))]

    def line(self, alert: Alert, width: int) -> Line:
        mark, look = MARKS[alert.kind]
        time = numbers.clock(self.desk.wall(alert.at))
        name = self.host.short_name(alert.instrument, 40) if alert.instrument else ""
        room = max(0, width - len(time) - 5)
        text = clean(alert.text)
        words = f"{shorten(name, max(12, room - len(text) - 2))}: {text}" if name else text
        return ((f" {time} ", "sheet--dim"), (f"{mark} ", look), (shorten(words, room), ""))


PANEL = Events
