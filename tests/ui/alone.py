"""One panel alone in an app, at any size: its lines as text."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from textual.app import ComposeResult

from pmtui.desk import Desk
from pmtui.ui.live import LiveApp
from pmtui.ui.sheet import Pane
from pmtui.ui.themes import VARIABLES
from tests.scenes import Scene


class Alone(LiveApp[None]):
    """What a panel may ask of its host, and nothing else."""

    def __init__(self, panel: Pane[Any], desk: Desk, *, ascii_only: bool) -> None:
        super().__init__()
        self.panel = panel
        self.desk = desk
        self.ascii_only = ascii_only
        self.veiled = False
        self.log_trouble = ""

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return VARIABLES

    def compose(self) -> ComposeResult:
        yield self.panel


def text(
    panel: Pane[Any], scene: Scene, size: tuple[int, int], *, keys: Sequence[str] = (), ascii_only: bool = False
) -> list[str]:
    """The lines of a panel that fills a screen of this size, after these keys."""

    async def read() -> list[str]:
        app = Alone(panel, scene.desk, ascii_only=ascii_only)
        async with app.run_test(size=size) as pilot:
            panel.focus()
            await pilot.pause()
            for key in keys:
                await pilot.press(key)
            app.frames.pulse()
            await pilot.pause()
            return [panel.render_line(y).text for y in range(panel.lines)]

    return asyncio.run(read())
