"""What can be seen of a panel that lies beneath a page, and in which colours.

Textual draws a whole page again for each line that changed beneath it, ten times of what the line is. So a panel draws
its own cells there too: those that no page covers, in the colours that shine through the pages' grounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.geometry import Offset, Region
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from pmtui.core.tuples import NamedTuple


class Piece(NamedTuple):
    """A part of a line that can be seen."""

    move: str
    """How to get to its first cell."""
    first: int
    end: int
    """Its columns in the panel."""


class Beneath:
    """A panel's place beneath pages."""

    def __init__(self, region: Region, free: Sequence[Region], pages: Sequence[Screen[Any]]) -> None:
        self._region = region
        self._pages = pages
        self.veil = Veil(pages)
        self.pieces: list[list[Piece]] = [[] for _ in range(region.height)]
        for y, x1, x2 in _runs(free):
            piece = Piece(f"\x1b[{y + 1};{x1 + 1}H", x1 - region.x, x2 - region.x)
            self.pieces[y - region.y].append(piece)

    def changed(self, lines: Sequence[int]) -> None:
        """What Textual kept of these lines, for when it draws a page again, is no longer so."""
        x, y, width, _ = self._region
        rows = [Region(x, y + line, width, 1) for line in lines]
        for page in self._pages:
            page._dirty_regions.add(self._region)
            page._styles_cache.set_dirty(*rows)


class Veil:
    """What pages do to the colours of what lies beneath: each mixes its own ground into them."""

    def __init__(self, pages: Sequence[Screen[Any]]) -> None:
        self._grounds = [_ground(page) for page in pages]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Veil) and self._grounds == other._grounds

    __hash__ = None  # type: ignore[assignment]  # it is only ever compared

    def over(self, style: Style) -> Style:
        """A style as it can be seen through the pages."""
        for base, colour, behind, filters in self._grounds:
            segments = [
                Segment(text, base + (seen or Style()))
                for text, seen, _ in BackgroundScreen.process_segments([Segment("x", style)], colour)
            ]
            strip = Strip(segments, 1)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, behind)
            style = next(iter(strip)).style or Style()
        return style


def find_beneath(panel: Widget, screens: Sequence[Screen[Any]]) -> Beneath | None:
    """Where a panel is below the last of these screens, which lie on each other; `None` when only Textual knows."""
    top = screens[-1]
    level = next((n for n, screen in enumerate(screens) if panel in screen._compositor.visible_widgets), None)
    if level is None:
        return None
    pages = screens[level + 1 :]
    if not pages or not all(map(_is_plain, pages)):
        return None
    region, clip = screens[level]._compositor.visible_widgets[panel]
    shown = region.intersection(clip).intersection(top.size.region)
    if region.size != panel.outer_size:
        return None
    free = [shown]
    for cover in _covers(panel, screens[level:]):
        free = [rest for part in free for rest in without(part, cover)]
    return Beneath(region, free, pages)


def without(region: Region, hole: Region) -> Iterator[Region]:
    """What is left of a region beside the hole."""
    common = region.intersection(hole)
    if not common:
        yield region
        return
    parts = (
        Region(region.x, region.y, region.width, common.y - region.y),
        Region(region.x, common.bottom, region.width, region.bottom - common.bottom),
        Region(region.x, common.y, common.x - region.x, common.height),
        Region(common.right, common.y, region.right - common.right, common.height),
    )
    yield from (part for part in parts if part)


def _covers(panel: Widget, screens: Sequence[Screen[Any]]) -> Iterator[Region]:
    """What lies before a panel: on its own screen, and on those above, whose grounds alone let it shine through."""
    for screen in screens:
        for widget, (region, clip) in screen._compositor.visible_widgets.items():  # from the front to the back
            if widget is panel:
                break
            if widget is not screen:
                yield region.intersection(clip)


def _runs(parts: Sequence[Region]) -> Iterator[tuple[int, int, int]]:
    """The lines of some regions that do not overlap, as (line, first column, end), those that touch as one."""
    spans = sorted((y, part.x, part.right) for part in parts for y in part.line_range)
    while spans:
        y, x1, x2 = spans.pop(0)
        while spans and spans[0][:2] == (y, x2):
            x2 = spans.pop(0)[2]
        yield y, x1, x2


def _is_plain(page: Screen[Any]) -> bool:
    """Is a page laid out, and does its ground do nothing to what is beneath but to mix its colour into it?"""
    styles = page.styles
    return (
        page in page._compositor.visible_widgets
        and page.size == page.outer_size == page.app.size
        and page.opacity == styles.text_opacity == 1
        and not styles.tint.a
        and not styles.has_rule("hatch")
        and page.scroll_offset == Offset(0, 0)
    )


def _ground(page: Screen[Any]) -> tuple[Style, Color, Color, tuple[LineFilter, ...]]:
    return (
        page.visual_style.rich_style,
        page.styles.background,
        page.background_colors[1],
        tuple(page.get_line_filters()),
    )


NAMES: tuple[str, ...] = ("_dirty_regions", "_styles_cache", "_modal")
"""What a screen must have for this."""
