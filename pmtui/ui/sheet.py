"""A panel whose rows are ready lines: for everything that is composed rather than tabulated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from pmtui.ui.line import Line
from pmtui.ui.panel import Panel, Spans

if TYPE_CHECKING:
    from collections.abc import Hashable

    from pmtui.desk import Desk
    from pmtui.ui.app import Pmtui

Row = TypeVar("Row", bound="Hashable")


class Pane(Panel[Row]):
    """A panel of this program: it knows the desk, and where on the screen it belongs."""

    place: ClassVar[str] = "side"
    """`top`, `main`, `side`, `far`, or `bottom`."""
    rank: ClassVar[int] = 50
    """Its order within its place."""

    @property
    def desk(self) -> Desk:
        return cast("Pmtui", self.app).desk

    @property
    def host(self) -> Pmtui:
        return cast("Pmtui", self.app)


class Sheet(Pane[Line]):
    """Rows are lines already."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "sheet--head", "sheet--dim", "sheet--faint", "sheet--bid", "sheet--ask", "sheet--good", "sheet--warn",
        "sheet--bad", "sheet--accent", "sheet--strong", "sheet--loud", "sheet--alarm",
    }  # fmt: skip
    DEFAULT_CSS = """
    Sheet .sheet--head { color: $accent; text-style: bold; }
    Sheet .sheet--dim { color: $dim; }
    Sheet .sheet--faint { color: $faint; }
    Sheet .sheet--bid { color: $bid; }
    Sheet .sheet--ask { color: $ask; }
    Sheet .sheet--good { color: $good; text-style: bold; }
    Sheet .sheet--warn { color: $warn; text-style: bold; }
    Sheet .sheet--bad { color: $bad; text-style: bold; }
    Sheet .sheet--accent { color: $accent; }
    Sheet .sheet--strong { color: $ink; text-style: bold; }
    Sheet .sheet--loud { color: $background; background: $warn; text-style: bold; }
    Sheet .sheet--alarm { color: $background; background: $bad; text-style: bold; }
    """

    def paint(self, row: Line, width: int) -> Spans:
        return row

    def compose_rows(self) -> Sequence[Line | None]:
        """The lines to show now."""
        raise NotImplementedError

    def look(self) -> Sequence[Line | None]:
        return self.compose_rows()
