"""What happened: tick changes, doubts and proofs, links, settlements."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from pmtui.core.alerts import OURS
from pmtui.ui.happening import told
from pmtui.ui.line import Line, sentence
from pmtui.ui.sheet import Sheet

_NOTHING = "nothing has happened yet: tick changes, lost links, doubts, settlements and fills of yours come here"


class Events(Sheet):
    """The log of happenings, newest on top."""

    called = "events"
    place = "far"
    rank = 30
    most = 10
    can_focus = True
    digit = "5"
    needs = (160, 24)
    topics = ("events", "log", "alerts", "tick", "doubt")
    help = (
        "◆ tick size, ↯ link, ? a doubt and ✓ its end, ■ settled, × a message that was refused or a fill that failed,\n"
        "◉ a fill of yours, ○ the end of an order of yours."
    )

    def compose_rows(self) -> Sequence[Line | None]:
        alerts = self.desk.store.alerts
        head: Line = ((" EVENTS", self.title_look),)
        alerts_here = (
            each for each in reversed(alerts.ring) if each.kind in OURS or self.desk.concerns(each.instrument)
        )
        rows: list[Line | None] = [
            head,
            *(told(self, each, self.columns) for each in islice(alerts_here, max(0, self.lines - 1))),
        ]
        return rows if len(rows) > 1 else [head, *sentence(_NOTHING, self.columns, "sheet--dim")][: self.lines]


PANEL = Events
