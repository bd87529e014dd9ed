"""The list of all commands, which is left as every page is."""

from __future__ import annotations

from operator import itemgetter
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits
from textual.content import Content
from textual.fuzzy import Matcher
from textual.system_commands import SystemCommandsProvider

_IN_THE_NAME, _IN_WORDS = 20, 10
"""What finding all that was typed, letter for letter, is worth beside finding its letters somewhere."""


class Commands(SystemCommandsProvider):
    """Finds commands by their names, and by the words that tell what they do.

    Names may hold the titles of markets, which are a venue's words: they are drawn as they are, never as markup.
    """

    async def discover(self) -> Hits:
        for name, told, act, _ in sorted(self.app.get_system_commands(self.screen), key=itemgetter(0)):
            yield DiscoveryHit(Content(name), act, text=name, help=told)

    async def search(self, query: str) -> Hits:
        matcher, typed = self.matcher(query), query.casefold().split()
        for name, told, act, _ in self.app.get_system_commands(self.screen):
            score = matcher.match(name)
            for text, worth in ((name, _IN_THE_NAME), (f"{name} {told}", _IN_WORDS)):
                score += worth * all(word in text.casefold() for word in typed)
            if score > 0:
                yield Hit(score, _highlighted(name, matcher), act, text=name, help=told)


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
