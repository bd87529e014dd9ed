"""A panel whose rows are ready lines: for everything that is composed rather than tabulated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from rich.color import Color as RichColor
from rich.style import Style
from textual.binding import Binding
from textual.color import Color
from textual.geometry import Size

from pmtui.ui.line import Line
from pmtui.ui.panel import Panel, Spans
from pmtui.ui.plain import spell
from pmtui.ui.plan import Ask

if TYPE_CHECKING:
    from collections.abc import Hashable

    from pmtui.desk import Desk
    from pmtui.ui.app import Pmtui

Row = TypeVar("Row", bound="Hashable")


class Pane(Panel[Row]):
    """A panel of this program: it knows the desk, and where on the screen it belongs."""

    called: ClassVar[str] = ""
    """What the user calls it, wherever a text speaks of it."""
    place: ClassVar[str] = "side"
    """`top`, `main`, `side`, `far`, or `bottom`."""
    rank: ClassVar[int] = 50
    """Its order within its place."""
    takes: ClassVar[int] = 0
    """So many lines of its column; 0 for a share of those that are left."""
    share: ClassVar[int] = 1
    most: ClassVar[int] = 10_000
    """No share has more lines than this, where another can have them."""
    LOOKS: ClassVar[dict[str, str]] = {}
    """Each look in words, `bold $bid on $bar-paper`: attributes, then colours of the theme by their names."""
    KEYS: ClassVar[list[Binding]] = []
    """Keys of this panel that work wherever the focus is; those in `BINDINGS` work when it has the focus. The panels of
    the third column have none: nobody may have loaded them."""
    digit: ClassVar[str] = ""
    """The number key that hides and shows the panel; empty for a panel that always stays."""
    needs: ClassVar[tuple[int, int]] = (0, 0)
    """The size of the terminal from which on the panel is seen without being asked for."""

    stays: ClassVar[bool] = False
    """Whether it stays below another panel that was asked for, where there are two columns."""
    fills: ClassVar[bool] = False
    """Whether it has so much to say that it wants such a column for itself."""

    def __init__(self) -> None:
        super().__init__()
        self._of: tuple[object, ...] = ()

    def ask(self, screen: Size) -> Ask:
        """How much of its column it wants on a screen of this size."""
        return Ask(self.place, self.takes, self.share, self.most)

    # Asked for some hundred times a frame, and the same as long as the panel lives.

    @cached_property
    def desk(self) -> Desk:
        return self.host.desk

    @cached_property
    def host(self) -> Pmtui:
        return cast("Pmtui", self.app)

    def holds(self, calm: bool) -> bool:
        """Whether the last picture stays: the book is in the middle of a batch, and the picture is of this market."""
        now = (self.desk.shown, self.lines, self.columns)
        if calm and now == self._of and self.last_look:
            return True
        self._of = now
        return False

    @property
    def keys(self) -> list[Binding]:
        """What the panel answers to when it has the focus."""
        return [each for each in self.BINDINGS if isinstance(each, Binding)]

    @property
    def commands(self) -> list[Binding]:
        """What can be asked of the panel by name: keys that say something of themselves."""
        return [each for each in self.keys if each.tooltip]

    @property
    def title_look(self) -> str:
        """How the panel's own head looks: bright where the keys go."""
        return "pane--title-on" if self.has_focus else "pane--title"

    def on_focus(self) -> None:
        self.host.frames.at_once()

    def on_blur(self) -> None:
        self.host.frames.at_once()

    def spell(self, spans: Spans) -> Spans:
        return spell(spans, self.columns) if self.host.ascii_only else spans

    def looks_from(self) -> object:
        # A panel that finds another place, or gets the keys, keeps its colours: they took most of the time of that.
        filters = tuple(self.get_line_filters())
        return self.app.theme_variables, self.rich_style, self.background_colors, filters

    def get_component_rich_style(self, *names: str, partial: bool = False, default: Style | None = None) -> Style:
        # A component class would be matched against every rule of the program for each look of each panel,
        # which took a fifth of the start; a look needs no more than the theme's own colours.
        style = Style()
        for name in names:
            style += _style(self.LOOKS.get(name) or _COMMON[name], self.app.theme_variables)
        return style


_COMMON = {"pane--title": "$dim", "pane--title-on": "bold $accent"}
"""Looks that every panel has."""


def _style(words: str, theme: Mapping[str, str]) -> Style:
    ink, _, paper = f" {words}".partition(" on ")
    named = [word.removeprefix("$") for word in ink.split() if word.startswith("$")]
    attributes = [word for word in ink.split() if not word.startswith("$")]
    # Themes with few colours say by weight what others say by hue.
    for name in (paper.removeprefix("$"), *named):
        attributes += theme.get(f"{name}-style", "").split()
    return Style(
        color=_colour(named[0], theme) if named else None,
        bgcolor=_colour(paper, theme) if paper else None,
        **{each.removeprefix("not-"): not each.startswith("not-") for each in attributes},  # type: ignore[arg-type]
    )


def _colour(name: str, colours: Mapping[str, str]) -> RichColor:
    return Color.parse(colours[name.removeprefix("$")]).rich_color


class Sheet(Pane[Line]):
    """Rows are lines already."""

    LOOKS: ClassVar[dict[str, str]] = {
        "panel--failure": "bold $bad",
        "sheet--head": "bold $accent",
        "sheet--dim": "$dim",
        "sheet--faint": "$faint",
        "sheet--bid": "$bid",
        "sheet--ask": "$ask",
        "sheet--good": "bold $good",
        "sheet--warn": "bold $warn",
        "sheet--bad": "bold $bad",
        "sheet--accent": "$accent",
        "sheet--strong": "bold $ink",
        "sheet--loud": "bold $background on $warn",
        "sheet--alarm": "bold $background on $bad",
    }

    def paint(self, row: Line, width: int) -> Spans:
        return row

    every: ClassVar[int] = 0
    """At most once in so many ms the sheet looks at what moved; what the user did shows at once."""
    by_batch: ClassVar[bool] = False
    """Whether it shows what is known at the end of a batch only: that may come without a message, so it looks again."""

    def __init__(self) -> None:
        super().__init__()
        self._looked: tuple[Hashable, ...] = ()
        self._heard = 0
        """How many messages had come when it last looked."""

    def compose_rows(self) -> Sequence[Line | None]:
        """The lines to show now."""
        raise NotImplementedError

    def mine(self) -> Hashable:
        """What the user set here, beyond the market and the size."""
        return None

    def look(self) -> Sequence[Line | None]:
        if not (self.lines and self.columns):
            return []
        if self.every:
            desk = self.desk
            board, heard = desk.board(), desk.store.ledger.applied
            moment, over = divmod(desk.now(), self.every)
            seen = (desk.shown, self.lines, self.columns, self.title_look, board and board.tick, moment, self.mine())
            if seen == self._looked and (known := self.last_look):
                if heard != self._heard:
                    self.host.frames.look_in((self.every - over) / 1000)  # nothing else may come for long
                return known
            if self.by_batch and desk.store.stirred:
                self.host.frames.look_in(self.every / 1000)
            rows = self.compose_rows()
            self._looked, self._heard = seen, heard
            return rows
        return self.compose_rows()
