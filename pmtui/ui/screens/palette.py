"""The list of all commands, which is left as every page is."""

from __future__ import annotations

import re
from operator import itemgetter
from typing import ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits
from textual.content import Content
from textual.fuzzy import Matcher
from textual.system_commands import SystemCommandsProvider

from pmtui.ui.commands import also

_THE_KEY, _WHOLE, _IN_THE_NAME, _IN_WORDS = 400, 100, 20, 10
"""What finding a key, whole words, or all that was typed, letter for letter, is worth beside finding its letters
somewhere."""
_WORD = re.compile(r"\w+")


class Commands(SystemCommandsProvider):
    """Finds commands by their names, and by the words that tell what they do.

    Names may hold the titles of markets, which are a venue's words: they are drawn as they are, never as markup.
    """

    async def discover(self) -> Hits:
        for name, told, act, _ in sorted(self.app.get_system_commands(self.screen), key=itemgetter(0)):
            yield DiscoveryHit(Content(name), act, text=name, help=told)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self.app.get_system_commands(self.screen):
            name, told, act, _ = command
            score = matcher.match(name) + _worth(query, command)
            if score > 0:
                yield Hit(score, _highlighted(name, matcher), act, text=name, help=told)


def _worth(query: str, command: SystemCommand) -> int:
    """How well what was typed says what is meant; nothing where only its letters are somewhere, if at all."""
    name, typed = command.title.casefold(), query.casefold().split()
    words, _, key = command.help.casefold().removesuffix(")").rpartition(" (")
    known = f"{name} {also(command).casefold()}"
    worth = _THE_KEY * (query.strip().casefold() == key)
    worth += _THE_KEY * (f"({query.strip()})" in command.help)
    worth += _WHOLE * ({*typed} <= {*_WORD.findall(known)})
    for text, each in ((name, _IN_THE_NAME), (f"{known} {words} {key}", _IN_WORDS)):
        worth += each * all(word in text for word in typed)
    return worth


def _highlighted(name: str, matcher: Matcher) -> Content:
    content = Content(name)
    _, places = matcher.fuzzy_search.match(matcher.query, name)
    for place in places:
        if not name[place].isspace():
            content = content.stylize(matcher.match_style, place, place + 1)
    return content


class Palette(CommandPalette):
    """Textual's own, in whose input ctrl+c would copy what nobody has chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "app.quit", "quit", show=False, priority=True)]

    def __init__(self) -> None:
        super().__init__(providers=[Commands], id="--command-palette")
