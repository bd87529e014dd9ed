"""A picture of the screen: an SVG of its cells, saved where the user looks for pictures.

Not every program that shows such a file keeps blanks, stretches text to its length or has our font. So no text in it
holds a blank or relies on another one: each run of signs is told the column where it begins.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from rich.color import blend_rgb
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual.app import App
from textual.strip import Strip

from pmtui.ui.cells import cell_len

_FOLDERS = ("Pictures", "Documents")

CELL, LINE = 9, 18
"""How wide and how high a cell is; the letters of most fonts are as wide at this size."""
_LETTERS, _FOOT = 15, 14
_FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"

_Colour = tuple[int, int, int]


def _terminal(paper: _Colour, ink: _Colour, *colours: _Colour) -> TerminalTheme:
    """Black, red, green, yellow, blue, magenta, cyan and white; first the plain ones, then the bright."""
    return TerminalTheme(paper, ink, list(colours[:8]), list(colours[8:]))


_DARK = _terminal(
    *((12, 12, 14), (212, 212, 212)),
    *((12, 12, 14), (214, 72, 72), (30, 172, 104), (196, 160, 32)),
    *((84, 140, 240), (196, 104, 196), (36, 168, 190), (204, 204, 204)),
    *((128, 128, 128), (250, 104, 104), (64, 212, 140), (240, 214, 72)),
    *((124, 172, 255), (226, 140, 226), (80, 208, 226), (255, 255, 255)),
)
_LIGHT = _terminal(
    *((255, 255, 255), (32, 32, 36)),
    *((0, 0, 0), (190, 32, 32), (0, 112, 56), (132, 92, 0)),
    *((24, 84, 190), (150, 40, 150), (0, 104, 124), (96, 96, 96)),
    *((88, 88, 88), (206, 40, 40), (0, 124, 64), (142, 100, 0)),
    *((32, 96, 206), (166, 48, 166), (0, 114, 136), (255, 255, 255)),
)
"""What the colours that are a terminal's own may look like there: all can be read on its paper."""

_SILENT = dict.fromkeys((*range(32), *range(127, 160)))
_TOLD = _SILENT | dict.fromkeys((*range(0xD800, 0xE000), 0xFFFE, 0xFFFF), "\ufffd")
"""No file of this kind may hold these, which somebody may have pasted where one types."""
_RUNS = re.compile("[ ]+|[!-~]+|[─-╿]+|█+[▉-▏]?|[▉-▏]|.", re.DOTALL)
"""What stays together: letters and lines, which one font has and makes equally wide. Others may come from any font."""
_BLOCKS = re.compile("[█-▏]+")
_AFTER_BLOCKS = ord("▏") + 1
"""From the sign of one eighth they go up to eight, downwards."""


def folder() -> Path:
    """Where the user keeps pictures, if that is told; else the first of the usual folders, or the current one."""
    if (told := os.environ.get("XDG_PICTURES_DIR")) and Path(told).is_dir():
        return Path(told)
    try:
        home = Path.home()
    except RuntimeError:  # nobody knows where that is
        return Path.cwd()
    return next((found for name in _FOLDERS if (found := home / name).is_dir()), Path.cwd())


def save(app: App[Any]) -> None:
    """Save the screen as it is, and say where or why not."""
    try:
        path = folder() / f"pmtui_{datetime.now().astimezone():%Y-%m-%dT%H_%M_%S_%f}.svg"
        _write(path, app.export_screenshot())
    except OSError as error:
        why = ": ".join(filter(None, ((error.strerror or str(error)).lower(), error.filename)))
        app.notify(f"no picture was saved: {why}", severity="error", timeout=8, markup=False)
    else:
        app.notify(f"saved as {path}", timeout=8, markup=False)


def _write(path: Path, picture: str) -> None:
    """All of it, in a file that was not there, or no file at all."""
    file = path.open("x", encoding="utf-8")
    try:
        with file:
            file.write(picture)
    except OSError as error:
        path.unlink(missing_ok=True)
        error.filename = str(path.parent)  # the system names none when it is the disk that is full
        raise


# What is in it


class _Look(NamedTuple):
    """Of a run of signs: colours, what its letters are told, and the heights of lines through its cells."""

    ink: str
    paper: str
    letters: str
    lines: tuple[int, ...]


def svg(lines: Sequence[Strip], width: int, *, dark: bool = True) -> str:
    """These lines in so many columns, in an SVG that needs no font and no other file."""
    terminal = _DARK if dark else _LIGHT
    looks = [
        [(text.translate(_TOLD), _look(style or Style(), terminal)) for text, style, control in line if not control]
        for line in lines
    ]
    papers = Counter[str]()
    for text, look in chain(*looks):
        papers[look.paper] += cell_len(text)
    paper = next((most for most, _ in papers.most_common(1)), terminal.background_color.hex)
    size = f'width="{width * CELL}" height="{len(lines) * LINE}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width * CELL} {len(lines) * LINE}" {size}>',
        f'<rect {size} fill="{paper}"/>',
        f'<g font-family="{_FONT}" font-size="{_LETTERS}">',
        *(part for y, line in enumerate(looks) for part in _line(y * LINE, line, paper)),
        "</g></svg>",
    ]
    return "\n".join(parts) + "\n"


def _look(style: Style, terminal: TerminalTheme) -> _Look:
    # A colour that is the terminal's own is nowhere told: a usual one stands for it.
    ink = style.color.get_truecolor(terminal) if style.color else terminal.foreground_color
    paper = style.bgcolor.get_truecolor(terminal, foreground=False) if style.bgcolor else terminal.background_color
    # Terminals dim what is the ink before colours are reversed: then it is the paper that is dim.
    if style.dim:
        ink = blend_rgb(ink, paper, 0.4)
    if style.reverse:
        ink, paper = paper, ink
    letters = ' font-weight="bold"' * bool(style.bold) + ' font-style="italic"' * bool(style.italic)
    lines = (_FOOT + 2,) * bool(style.underline) + (LINE // 2,) * bool(style.strike)
    return _Look(ink.hex, paper.hex, letters, lines)


def _line(y: int, runs: Sequence[tuple[str, _Look]], paper: str) -> Iterator[str]:
    x = 0
    for text, look in runs:
        width = cell_len(text) * CELL
        if look.paper != paper:
            yield _area(x, y, width, LINE, look.paper)
        yield from _signs(x, y, text, look)
        yield from (_area(x, y + down, width, 1, look.ink) for down in look.lines)
        x += width


def _signs(x: int, y: int, text: str, look: _Look) -> Iterator[str]:
    """Each run at its own place; blocks as the areas that they are."""
    for run in _runs(text):
        width = cell_len(run) * CELL
        if _BLOCKS.fullmatch(run):
            eighths = sum(_AFTER_BLOCKS - ord(block) for block in run)
            yield _area(x, y, eighths * CELL / 8, LINE, look.ink)
        elif width and not run.isspace():
            yield (
                f'<text x="{x}" y="{y + _FOOT}" textLength="{width}" fill="{look.ink}"{look.letters}>'
                f"{escape(run, quote=False)}</text>"
            )
        x += width


def _runs(text: str) -> list[str]:
    """All of the text; what has no width of its own stays with what it is on."""
    runs: list[str] = []
    for run in _RUNS.findall(text):
        if runs and not cell_len(run):
            runs[-1] += run
        else:
            runs.append(run)
    return runs


def _area(x: int, y: int, width: float, height: int, colour: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{width:g}" height="{height}" fill="{colour}"/>'
