"""Tables made again only where what they tell of differs: most of a table stays as it is, and costs nothing then."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from pmtui.core.events import Filled, OrderChanged
from pmtui.core.instrument import InstrumentId
from pmtui.core.tuples import NamedTuple
from pmtui.ui import working
from pmtui.ui.line import Line
from pmtui.ui.markets import Facts

Style = TypeVar("Style")
Row = TypeVar("Row")


class Kept(Generic[Style, Row]):
    """Remembers the lines that were in sight last, by the names of their rows.

    A line is made of its row and of the style that all rows have in common, and of nothing else.
    """

    def __init__(self, make: Callable[[Row, Style], Line]) -> None:
        self._make = make
        self._style: Style | None = None
        self._kept: dict[Hashable, tuple[Row, Line]] = {}

    def lines(self, rows: Iterable[tuple[Hashable, Row]], style: Style) -> list[Line]:
        """The lines of these rows, each after its name; what is not among them is forgotten."""
        known = self._kept if style == self._style else {}
        self._kept = {name: self._line(known.get(name), row, style) for name, row in rows}
        self._style = style
        return [line for _, line in self._kept.values()]

    def _line(self, known: tuple[Row, Line] | None, row: Row, style: Style) -> tuple[Row, Line]:
        return known if known is not None and known[0] == row else (row, self._make(row, style))


class Widest:
    """The longest name of the rows so far: columns must not come and go with the rows in sight."""

    def __init__(self) -> None:
        self._of: tuple[object, ...] = ()
        self._cells = 0

    def of(self, facts: Iterable[Facts], *table: object) -> int:
        """With these rows, too; of another table, or where that is wider or narrower now, it is measured anew."""
        if self._of != table:
            self._of, self._cells = table, 0
        self._cells = max(self._cells, working.longest_name(facts))
        return self._cells


class Tables(NamedTuple):
    """Working orders and fills as they were looked at, and all that they depend on but the time."""

    of: tuple[object, ...] = ()
    facts: Mapping[InstrumentId, Facts] = {}
    orders: Sequence[OrderChanged] = ()
    fills: Sequence[Filled] = ()
    columns: tuple[working.Column, ...] = ()
    """Those of the orders."""
    above: Sequence[Line | None] = ()
    rows: Sequence[Line] = ()
    """Those of the orders, their ages left open."""
    below: Sequence[Line | None] = ()
    recent: Sequence[bool] = ()

    def hold(self, of: tuple[object, ...], about: Callable[[InstrumentId], Facts], wall: int) -> bool:
        """Whether another look would find the same."""
        return (
            self.of == of
            and all(about(each) == facts for each, facts in self.facts.items())
            and self.recent == recent(self.fills, wall)
        )

    def lines(self, wall: int) -> Sequence[Line | None]:
        return [*self.above, *working.aged(self.rows, self.orders, self.columns, wall), *self.below]


def recent(fills: Iterable[Filled], wall: int) -> list[bool]:
    """Of each, whether the time of day says when it was."""
    return [working.is_recent(each, wall) for each in fills]
