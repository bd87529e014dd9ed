"""The list of all commands, which is left as every page is."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.command import CommandPalette


class Palette(CommandPalette):
    """Textual's own, in whose input ctrl+c would copy what nobody has chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "app.quit", "quit", show=False, priority=True)]
