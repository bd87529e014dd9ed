"""Help, made from the bindings and from what each panel says of itself; the panel with the keys comes first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

if TYPE_CHECKING:
    from pmtui.ui.app import Pmtui
    from pmtui.ui.sheet import Pane


class Help(ModalScreen[None]):
    """The focused panel, then every key, then every other panel."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "close", show=False),
    ]
    DEFAULT_CSS = """
    Help { align: center middle; background: $background 60%; }
    Help VerticalScroll { width: 90%; max-width: 100; height: 1fr; max-height: 44; background: $panel; padding: 1 2; }
    """

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(self.text())

    def text(self) -> Text:
        host = cast("Pmtui", self.app)
        text = Text()
        panels = [panel for panel in host.panels() if panel.help or panel.keys]
        panels.sort(key=lambda panel: panel is not host.dashboard.focused)
        for panel in panels[:1]:
            _tell(text, panel)
        text.append("Keys everywhere\n\n", "bold")
        _list(text, host.own_bindings())
        for panel in panels[1:]:
            text.append("\n")
            _tell(text, panel)
        text.append("\nescape closes this page.")
        return text


def _tell(text: Text, panel: Pane) -> None:  # type: ignore[type-arg]  # of any row
    digit = f"  ({panel.digit} hides and shows it)" if panel.digit else ""
    text.append(type(panel).__name__, "bold").append(f"{digit}\n")
    if panel.help:
        text.append(panel.help.replace("\n", " ") + "\n")
    _list(text, panel.keys)


def _list(text: Text, keys: Iterable[Binding]) -> None:
    for each in keys:
        text.append(f"  {each.key_display or each.key.partition(',')[0]:<10}", "bold")
        text.append(f"{each.tooltip or each.description}\n")
