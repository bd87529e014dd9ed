"""Panels are drawn the quick way: one sign that it does not know would have all lines of a panel drawn twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pmtui.ui.app import Pmtui
from tests import scenes
from tests.draw import drawn, lines
from tests.scenes import Scene

SCENES = {"market": scenes.market, "account": scenes.account, "stale": scenes.stale, "tick": scenes.tick_change}


@pytest.mark.parametrize("name", SCENES)
def test_every_panel_is_drawn_the_quick_way(name: str) -> None:
    def careful(app: Pmtui) -> list[str]:
        """The panels that took the careful way."""
        moves = [""] * app.size.height
        return [
            type(panel).__name__
            for panel in app.panels()
            if panel.lines and not panel.keep and not panel._draw_plain(range(panel.lines), moves, [])
        ]

    scene: Scene = SCENES[name]()
    assert drawn(scene, (200, 60), careful) == []


@pytest.mark.parametrize(("scene", "outcomes"), [(scenes.market, True), (scenes.coins, False)])
def test_the_footer_names_no_other_outcome_where_there_is_none(scene: Callable[[], Scene], outcomes: bool) -> None:
    def footer(app: Pmtui) -> str:
        return lines(app)[-1]

    shown = drawn(scene(), (200, 60), footer)
    assert ("YES/NO" in shown, "merged" in shown) == (outcomes, outcomes)
    assert shown.startswith(" ? help   q quit")


@pytest.mark.parametrize(
    ("tabs", "own", "taken"),
    [(0, "↑ ↓ level", set()), (1, "1-9 market", {"← → YES/NO", "1-7 panels"}), (2, "0-9 size", {"1-7 panels"})],
    ids=["ladder", "line of markets", "take box"],
)
def test_the_footer_gives_no_key_two_meanings(tabs: int, own: str, taken: set[str]) -> None:
    """What the panel with the keys takes for itself does not do what it does elsewhere."""

    def footer(app: Pmtui) -> str:
        return lines(app)[-1]

    shown = drawn(scenes.market(10), (250, 60), footer, keys=["shift+tab"] * tabs)
    assert own in shown
    assert {words for words in ("← → YES/NO", "1-7 panels", "m mid", "z zoom") if words not in shown} == taken
