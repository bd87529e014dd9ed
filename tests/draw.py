"""Draws a scene without a terminal: its lines as text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from textual import events
from textual._context import visible_screen_stack
from textual.geometry import Region
from textual.layout import ArrangeResult
from textual.pilot import Pilot
from textual.strip import Strip

from pmtui.ui.app import Pmtui
from pmtui.ui.sheet import Pane
from tests.scenes import Scene

Shown = TypeVar("Shown")


def drawn(
    scene: Scene,
    size: tuple[int, int],
    read: Callable[[Pmtui], Shown],
    *,
    keys: Sequence[str] = (),
    theme: str = "",
    ascii_only: bool = False,
) -> Shown:
    """What `read` finds on the screen of this scene after these keys."""

    async def draw() -> Shown:
        app = Pmtui(scene.desk, follow=False, theme=theme, ascii_only=ascii_only)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            for key in keys:
                await _press(app, pilot, key)
            return await _read(app, pilot, read)

    return asyncio.run(draw())


def drawn_after_each(
    scene: Scene, size: tuple[int, int], read: Callable[[Pmtui], Shown], keys: Sequence[str]
) -> list[Shown]:
    """What `read` finds before the first of these keys and after each of them: one screen, as a user has it."""

    async def draw() -> list[Shown]:
        app = Pmtui(scene.desk, follow=False)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            found = [await _read(app, pilot, read)]
            for key in keys:
                await _press(app, pilot, key)
                found.append(await _read(app, pilot, read))
            return found

    return asyncio.run(draw())


def drawn_at_each(
    scene: Scene, sizes: Sequence[tuple[int, int]], read: Callable[[Pmtui], Shown], *, keys: Sequence[str] = ()
) -> dict[tuple[int, int], Shown]:
    """What `read` finds in a window that begins with the first of these sizes and is made the others; the keys are
    pressed in the first."""

    async def draw() -> dict[tuple[int, int], Shown]:
        app = Pmtui(scene.desk, follow=False)
        found = {}
        async with app.run_test(size=sizes[0]) as pilot:
            await pilot.pause()
            for key in keys:
                await _press(app, pilot, key)
            for size in sizes:
                await pilot.resize_terminal(*size)
                found[size] = await _read(app, pilot, read)
                assert app.size == size
        return found

    return asyncio.run(draw())


async def _read(app: Pmtui, pilot: Pilot[None], read: Callable[[Pmtui], Shown]) -> Shown:
    app.frames.pulse()
    await pilot.pause()
    return read(app)


async def _press(app: Pmtui, pilot: Pilot[None], key: str) -> None:
    """A key for the dashboard goes its way at once; the pilot, which waits for each, types into what opens."""
    if len(app.screen_stack) > 1 or key in ("question_mark", "slash", "g", "a", "ctrl+p"):
        await pilot.press(key)
        return
    event = events.Key(key, None)
    event.set_sender(app)
    await app.on_event(event)
    await asyncio.sleep(0)


def give(app: Pmtui, panel: Pane[Any], width: int, height: int) -> None:
    """Give one panel this size, whatever the plan of the screen says."""
    layout = app.dashboard.layout
    planned = type(layout).arrange

    def arrange(*given: Any, **named: Any) -> ArrangeResult:
        placements = planned(layout, *given, **named)
        return [
            each._replace(region=Region(0, 0, width, height)) if each.widget is panel else each for each in placements
        ]

    layout.arrange = arrange  # type: ignore[method-assign]
    panel.refresh(layout=True)


def strips(app: Pmtui) -> list[Strip]:
    # What shines through a page is known only to whoever updated the screen last, which need not have been this task.
    visible_screen_stack.set(app._background_screens)
    return app.screen._compositor.render_strips()[: app.size.height]


def lines(app: Pmtui) -> list[str]:
    """The screen as text."""
    return [strip.text[: app.size.width] for strip in strips(app)]
