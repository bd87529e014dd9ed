"""Help, made from the bindings and from what each panel says of itself; the panel with the keys comes first."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from pmtui.ui.plain import in_words

if TYPE_CHECKING:
    from pmtui.ui.app import Pmtui
    from pmtui.ui.sheet import Pane

_WIDEST, _EDGES = 100, 6
"""How wide the page may be, and how much of it is padding and the bar to scroll."""
_KEYS = 13
"""The cells of the keys."""


class Help(ModalScreen[None]):
    """The focused panel, then every key, then every other panel."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark", "dismiss", "close", show=False),
        # They leave the program everywhere; Textual's own ctrl+c would copy here.
        Binding("q,ctrl+c", "app.quit", "quit", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Help { align: center middle; }
    Help VerticalScroll { width: 100%; max-width: 120; height: 1fr; max-height: 44; background: $panel; }
    Help VerticalScroll { padding: 1 2 0 2; }
    Help Static { max-width: 96; }
    Help #foot { dock: bottom; height: 1; background: $panel; color: $dim; }
    """

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(self.text(), id="text")
            yield Static(id="foot")

    def on_mount(self) -> None:
        page = self.query_one(VerticalScroll)
        for what in ("scroll_y", "virtual_size", "size"):
            self.watch(page, what, self._tell_foot)

    def on_resize(self) -> None:
        self.query_one("#text", Static).update(self.text())

    def _tell_foot(self) -> None:
        """Always in sight: how to go on, and how to go."""
        page, host = self.query_one(VerticalScroll), cast("Pmtui", self.app)
        more = page.scroll_offset.y < page.max_scroll_y
        words = "escape closes · " + ("arrows and page down: more" if more else "the end; page up: back")
        self.query_one("#foot", Static).update(in_words(words) if host.ascii_only else words)

    def text(self) -> Text:
        """The whole page; what is said of a key stays beside it, so lines are broken for the room that there is."""
        room = min(self.app.size.width, _WIDEST) - _EDGES - _KEYS
        host = cast("Pmtui", self.app)
        text = Text()
        panels = [panel for panel in host.panels() if panel.help or panel.keys]
        panels.sort(key=lambda panel: panel is not host.dashboard.focused)
        for panel in panels[:1]:
            _tell(text, panel, room)
        text.append("\nKeys everywhere\n\n", "bold")
        _list(text, host.own_bindings(), room, host)
        for panel in panels[1:]:
            text.append("\n")
            _tell(text, panel, room)
        return text


def _tell(text: Text, panel: Pane, room: int) -> None:  # type: ignore[type-arg]  # of any row
    digit = f"  ({panel.digit} hides and shows it)" if panel.digit else ""
    text.append(panel.called.capitalize(), "bold").append(f"{digit}\n")
    if panel.help:
        words = panel.help.replace("\n", " ")
        text.append((in_words(words) if panel.host.ascii_only else words) + "\n")
    # Keys that say nothing of themselves belong to one that speaks for all of them, as 2 to 9 belong to 1-9.
    _list(text, (each for each in panel.keys if each.tooltip), room, panel.host)


def _list(text: Text, keys: Iterable[Binding], room: int, host: Pmtui) -> None:
    for each in keys:
        first, *rest = wrap(each.tooltip or each.description, room)
        text.append(f"  {host.written(each):<{_KEYS - 2}}", "bold").append(f"{first}\n")
        for line in rest:
            text.append(f"{'':{_KEYS}}{line}\n")
