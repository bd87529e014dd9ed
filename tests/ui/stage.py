"""A panel alone on a screen of its own size, with keys to press and time between them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from rich.cells import cell_len
from textual.pilot import Pilot

from pmtui.ui.sheet import Pane
from tests.scenes import Scene

from .alone import Alone

Panel = TypeVar("Panel", bound=Pane[Any])
Scenario = Callable[[Panel, Pilot[None]], Awaitable[None]]


def play(scene: Scene, panel: Panel, size: tuple[int, int], scenario: Scenario[Panel]) -> None:
    """Run a scenario on a panel that has the keys."""

    async def go() -> None:
        app = Alone(panel, scene.desk, ascii_only=False)
        panel.styles.width = panel.styles.height = "100%"
        async with app.run_test(size=size) as pilot:
            panel.focus()
            await pilot.pause()
            await scenario(panel, pilot)

    asyncio.run(go())


def texts(panel: Pane[Any]) -> list[str]:
    """The lines of the panel after another look."""
    panel.look_again()
    return [panel.render_line(y).text.rstrip() for y in range(panel.lines)]


def after(scene: Scene, panel: Panel, size: tuple[int, int], keys: Sequence[str] = ()) -> list[str]:
    """The lines of the panel after these keys; none of its rows is cut."""
    found: list[str] = []

    async def scenario(panel: Panel, pilot: Pilot[None]) -> None:
        await pilot.press(*keys)
        found.extend(texts(panel))
        assert too_wide(panel) == []

    play(scene, panel, size, scenario)
    return found


def too_wide(panel: Pane[Any]) -> list[str]:
    """Rows that had to be cut."""
    return [
        str(row)
        for row in panel.rows
        if row is not None and sum(cell_len(text) for text, _ in panel.paint(row, panel.columns)) > panel.columns
    ]


def looks(panel: Pane[Any]) -> set[str]:
    """Every look on the panel."""
    return {look for row in panel.rows if row is not None for _, look in panel.paint(row, panel.columns)}
