"""Draws a scene without a terminal: its lines as text, its cells as a picture."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import Any, TypeVar

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.layout import ArrangeResult
from textual.pilot import Pilot
from textual.strip import Strip

from pmtui.ui.app import Pmtui
from pmtui.ui.sheet import Pane
from tests.scenes import Scene

Shown = TypeVar("Shown")

_CELL, _LINE = 9, 18
_FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


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
            app.frames.pulse()
            await pilot.pause()
            return read(app)

    return asyncio.run(draw())


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
    return app.screen._compositor.render_strips()[: app.size.height]


def lines(app: Pmtui) -> list[str]:
    """The screen as text."""
    return [strip.text[: app.size.width] for strip in strips(app)]


def picture(app: Pmtui) -> str:
    """The screen as an SVG of cells: it asks nobody for a font, and every run of text stands where its cells are."""
    width, height = app.size.width * _CELL, app.size.height * _LINE
    paper = app.screen.styles.background.rgb
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f'<rect width="{width}" height="{height}" fill="rgb{paper}"/>',
        f'<g font-family="{_FONT}" font-size="15" style="white-space: pre">',
        *(part for y, strip in enumerate(strips(app)) for part in _row(y, strip, f"rgb{paper}")),
        "</g></svg>",
    ]
    return "\n".join(parts) + "\n"


def _row(y: int, strip: Strip, paper: str) -> Iterator[str]:
    x = 0
    for text, style, _ in strip:
        ink, back = _colours(style or Style(), paper)
        cells = cell_len(text)
        if back != paper:
            yield f'<rect x="{x * _CELL}" y="{y * _LINE}" width="{cells * _CELL}" height="{_LINE}" fill="{back}"/>'
        yield from _words(x, y, text, ink, bold=bool(style and style.bold))
        x += cells


def _words(x: int, y: int, text: str, ink: str, *, bold: bool) -> Iterator[str]:
    """Each word at its own place; blocks as the rectangles that they are."""
    at = x
    for word in text.split(" "):
        blocks = [char for char in word if char in _BLOCKS]
        if blocks and len(blocks) == len(word):
            eighths = sum(_BLOCKS[char] for char in word)
            width = f"{eighths * _CELL / 8:g}"
            yield f'<rect x="{at * _CELL}" y="{y * _LINE}" width="{width}" height="{_LINE}" fill="{ink}"/>'
        elif word:
            weight = ' font-weight="bold"' if bold else ""
            length = cell_len(word) * _CELL
            yield (
                f'<text x="{at * _CELL}" y="{y * _LINE + 14}" textLength="{length}" fill="{ink}"{weight}>'
                f"{escape(word)}</text>"
            )
        at += cell_len(word) + 1


_BLOCKS = {char: n for n, char in enumerate("▏▎▍▌▋▊▉█", start=1)}


def _colours(style: Style, paper: str) -> tuple[str, str]:
    ink = f"rgb{tuple(style.color.get_truecolor())}" if style.color else "rgb(213, 218, 226)"
    back = f"rgb{tuple(style.bgcolor.get_truecolor(foreground=False))}" if style.bgcolor else paper
    return (back, ink) if style.reverse else (ink, back)
