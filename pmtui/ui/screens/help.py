"""Help, made from the bindings and from what each panel says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

if TYPE_CHECKING:
    from pmtui.ui.app import Pmtui


class Help(ModalScreen[None]):
    """Every key, then every panel."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "close", show=False),
    ]
    DEFAULT_CSS = """
    Help { align: center middle; background: $background 60%; }
    Help VerticalScroll { width: 90%; max-width: 100; height: 90%; max-height: 44; background: $panel; padding: 1 2; }
    """

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(self._text())

    def _text(self) -> Text:
        host = cast("Pmtui", self.app)
        text = Text()
        text.append("Keys\n\n", "bold")
        for each in host.own_bindings():
            text.append(f"  {each.key_display or each.key:<8}", "bold")
            text.append(f"{each.tooltip or each.description}\n")
        for panel in host.panels():
            if panel.help:
                text.append(f"\n{type(panel).__name__}\n", "bold")
                text.append(panel.help.replace("\n", " ") + "\n")
        text.append("\nescape closes this page.")
        return text
