"""The list of all commands, which is left as every page is."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.command import CommandPalette, Hit, Hits
from textual.system_commands import SystemCommandsProvider

_IN_THE_NAME, _IN_WORDS = 20, 10
"""What finding all that was typed, letter for letter, is worth beside finding its letters somewhere."""


class Commands(SystemCommandsProvider):
    """Finds commands by their names, and by the words that tell what they do."""

    async def search(self, query: str) -> Hits:
        matcher, typed = self.matcher(query), query.casefold().split()
        for name, told, act, _ in self.app.get_system_commands(self.screen):
            score = matcher.match(name)
            for text, worth in ((name, _IN_THE_NAME), (f"{name} {told}", _IN_WORDS)):
                score += worth * all(word in text.casefold() for word in typed)
            if score > 0:
                yield Hit(score, matcher.highlight(name), act, help=told)


class Palette(CommandPalette):
    """Textual's own, in whose input ctrl+c would copy what nobody has chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "app.quit", "quit", show=False, priority=True)]

    def __init__(self) -> None:
        super().__init__(providers=[Commands], id="--command-palette")
