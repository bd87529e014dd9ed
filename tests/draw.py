"""Draws a scene without a terminal: its lines as text, its colours as a picture."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from pmtui.ui.app import Pmtui
from tests.scenes import Scene

Shown = TypeVar("Shown")


def drawn(
    scene: Scene, size: tuple[int, int], read: Callable[[Pmtui], Shown], *, keys: Sequence[str] = (), theme: str = ""
) -> Shown:
    """What `read` finds on the screen of this scene after these keys."""

    async def draw() -> Shown:
        app = Pmtui(scene.desk, follow=False)
        async with app.run_test(size=size) as pilot:
            if theme:
                app.theme = theme
            await pilot.pause()
            for key in keys:
                await pilot.press(key)
            app.frames.pulse()
            await pilot.pause()
            return read(app)

    return asyncio.run(draw())


def lines(app: Pmtui) -> list[str]:
    """The screen as text."""
    width, height = app.size
    strips = app.screen._compositor.render_strips()
    return [strip.text[:width] for strip in strips[:height]]


def picture(app: Pmtui) -> str:
    return app.export_screenshot(title="pmtui")
