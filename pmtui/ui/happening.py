"""A happening as a line: when, what kind, of which market, and its words."""

from __future__ import annotations

from typing import Any

from pmtui.core.alerts import Alert, Kind
from pmtui.ui import numbers
from pmtui.ui.cells import cell_len
from pmtui.ui.line import Line
from pmtui.ui.sheet import Pane
from pmtui.ui.shorter import fitted, veiled
from pmtui.ui.text import clean

_MARKS = {
    Kind.TICK: ("◆", "sheet--warn"),
    Kind.LINK: ("↯", "sheet--bad"),
    Kind.LINK_UP: ("✓", "sheet--good"),
    Kind.DOUBT: ("?", "sheet--warn"),
    Kind.PROOF: ("✓", "sheet--good"),
    Kind.RESOLVED: ("■", "sheet--accent"),
    Kind.NOTICE: ("i", "sheet--dim"),
    Kind.REJECT: ("×", "sheet--bad"),
    Kind.FILL: ("◉", "sheet--accent"),
    Kind.FAILED: ("×", "sheet--alarm"),
    Kind.ORDER: ("○", "sheet--dim"),
}


def told(on: Pane[Any], alert: Alert, width: int) -> Line:
    """The line as it reads on a panel of that width."""
    mark, look = _MARKS[alert.kind]
    time = numbers.clock(on.desk.wall(alert.at))
    room = max(0, width - len(time) - 5)
    text = clean(alert.text)
    text = veiled(text) if on.host.veiled else text
    names, last = on.host.names(alert.instrument, room - cell_len(text) - 2) if alert.instrument else ((), "")
    return ((f" {time} ", "sheet--dim"), (f"{mark} ", look), (fitted(text, room, names, last), ""))
