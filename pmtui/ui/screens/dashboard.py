"""The screen a trader keeps open: places, and the panels that ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from textual.app import ComposeResult
from textual.containers import Container, Horizontal
from textual.screen import Screen
from textual.widgets import Static

from pmtui.ui import panels
from pmtui.ui.sheet import Pane

LEAST = (80, 24)
WIDE = 160
PLACES = ("top", "main", "side", "far", "bottom")


@cache
def found_panels() -> list[type[Pane]]:  # type: ignore[type-arg]  # of any row
    """Every panel in the folder, by rank: a new panel is a new file there."""
    modules = (import_module(f"{panels.__name__}.{each.name}") for each in iter_modules(panels.__path__))
    return sorted((module.PANEL for module in modules), key=lambda panel: panel.rank)


class Dashboard(Screen[None]):
    """Top lines, the ladder, the tape beside it, more where there is room, lines at the bottom."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (WIDE, "-wide")]  # noqa: RUF012  # Textual's own form
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-high")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        by_place = _by_place()
        with Container(id="dashboard"):
            yield from self._made(by_place["top"])
            with Horizontal(id="middle"):
                yield from self._made(by_place["main"])
                with Container(id="side"):
                    yield from self._made(by_place["side"])
                if self.app.size.width >= WIDE:
                    yield Container(*self._made(by_place["far"]), id="far")
            yield from self._made(by_place["bottom"])

    def complete(self) -> None:
        """Add what the first frame did not need to show."""
        if not self.query("#far"):
            self.query_one("#middle").mount(Container(*self._made(_by_place()["far"]), id="far"))
        self.mount(Static(f" pmtui needs a terminal of at least {LEAST[0]}x{LEAST[1]}", id="too-small"))

    def _made(self, kinds: list[type[Pane]]) -> Iterator[Pane]:  # type: ignore[type-arg]
        for kind in kinds:
            yield kind()


def _by_place() -> dict[str, list[type[Pane]]]:  # type: ignore[type-arg]
    return {place: [panel for panel in found_panels() if panel.place == place] for place in PLACES}
