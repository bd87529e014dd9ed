"""The screen a trader keeps open: places, the panels that ask for them, and who of them is seen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, cast

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.geometry import Region, Size
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from pmtui.ui import panels
from pmtui.ui.sheet import Pane

if TYPE_CHECKING:
    from pmtui.ui.app import Pmtui

LEAST = (80, 24)
WIDE = 160
"""From this many columns there is room for a third column of panels."""
STACKED = 34
"""From this many lines two of them have room one above the other."""
PLACES = ("top", "main", "side", "bottom")
_FRAME = ("top", "bottom")
"""What frames the panels stays, whatever is zoomed or hidden."""


@cache
def found_panels(*, far: bool = False) -> list[type[Pane]]:  # type: ignore[type-arg]  # of any row
    """Every panel in the folder, by rank: a new panel is a new file there.

    Those of the third column have a folder of their own, and are not loaded before somebody could see one.
    """
    within = "far" if far else ""
    files = iter_modules([os.path.join(each, within) for each in panels.__path__], f"{within}." if far else "")
    modules = (import_module(f"{panels.__name__}.{each.name}") for each in files if not each.ispkg)
    return sorted((module.PANEL for module in modules), key=lambda panel: panel.rank)


def _ground(widget: Widget, crop: Region) -> list[Strip]:
    """What lies under panels: one blank line, many times. Textual would style each of them again, unseen."""
    blank = Strip([Segment(" " * crop.width, widget.rich_style)], crop.width)
    for each in widget.get_line_filters():
        blank = blank.apply_filter(each, widget.background_colors[1])
    return [blank] * crop.height


class _Box(Widget):
    """Holds panels, and is nothing to look at."""

    def render_lines(self, crop: Region) -> list[Strip]:
        return _ground(self, crop)


class Dashboard(Screen[None]):
    """Top lines, the ladder, the tape beside it, more where there is room, lines at the bottom."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (WIDE, "-wide")]  # noqa: RUF012  # Textual's own form
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-high"), (52, "-tall")]  # noqa: RUF012

    AUTO_FOCUS = "Ladder"

    def __init__(self) -> None:
        super().__init__()
        self.wishes: dict[str, bool] = {}
        """Panels that the user hid or asked for; the others are seen where there is room."""
        self.zoomed: Pane | None = None  # type: ignore[type-arg]
        # Kept, because looking for them costs more than all else that a key to hide one does.
        self._panes: list[Pane] = []  # type: ignore[type-arg]
        self._boxes: dict[str, _Box] = {}
        self._seen = False

    def compose(self) -> ComposeResult:
        self.wishes = dict.fromkeys(cast("Pmtui", self.app).memory.get("hidden", ()), False)
        kinds = {place: [panel for panel in found_panels() if panel.place == place] for place in PLACES}
        # What needs a third column waits until the first frame is drawn where there is none.
        if self.app.size.width >= WIDE:
            kinds["far"] = found_panels(far=True)
        made = {place: list(self._made(kinds[place])) for place in kinds}
        seen = {place: any(pane.display for pane in made.get(place, ())) for place in ("side", "far")}
        # Classes that come later would have everything styled and laid out once more.
        self.update_classes(_classes_of(self.app.size) | _classes_for(seen), update=False)
        with _Box(id="dashboard"):
            yield from made["top"]
            with _Box(id="middle"):
                yield from made["main"]
                with self._box("right"):
                    yield self._box("side", *made["side"])
                    if "far" in made:
                        yield self._box("far", *made["far"])
            yield from made["bottom"]

    def render_lines(self, crop: Region) -> list[Strip]:
        return _ground(self, crop)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Textual styles everything anew when a screen is seen; when first seen, it has just been styled."""
        event.refresh_styles = event.refresh_styles and self._seen
        self._seen = True

    def complete(self) -> None:
        """Add what the first frame did not need to show."""
        if "far" not in self._boxes:
            self._boxes["right"].mount(self._box("far", *self._made(found_panels(far=True))))
        self.mount(Static(f" pmtui needs a terminal of at least {LEAST[0]}x{LEAST[1]}", id="too-small"))
        self.call_after_refresh(self.lay_out)

    def panes(self, *places: str) -> list[Pane]:  # type: ignore[type-arg]
        """The panels, or those of some places."""
        return [pane for pane in self._panes if not places or pane.place in places]

    # Who is seen

    def switch(self, digit: str) -> None:
        """Hide a panel that is seen, show one that is not."""
        for pane in self.panes():
            if pane.digit == digit:
                self.zoomed = None
                self.wishes[_name(type(pane))] = not pane.display
        hidden = [name for name, seen in self.wishes.items() if not seen]
        cast("Pmtui", self.app).keep("hidden", hidden)
        self.lay_out_now()

    def zoom(self) -> None:
        """The panel with the keys alone, or all of them again."""
        focused = self.focused
        able = self.zoomed is None and isinstance(focused, Pane) and focused.place not in _FRAME
        self.zoomed = focused if able and isinstance(focused, Pane) else None
        self.lay_out_now()

    def call_up(self, digit: str) -> None:
        """Show a panel and give it the keys; hide it when it has them already."""
        panes = [pane for pane in self.panes() if pane.digit == digit]
        if not any(pane.display and not pane.has_focus for pane in panes):
            self.switch(digit)
        for pane in panes:
            if pane.display:
                self.set_focus(pane)

    def lay_out_now(self) -> None:
        """Give each panel its place, and draw all of them there in the next frame."""
        cast("Pmtui", self.app).frames.relay(self.lay_out)

    def lay_out(self, size: Size | None = None) -> None:
        """Give each panel its place or none; Textual learns a new size of the screen only after we do."""
        width, height = size or self.app.size
        inner = [pane for pane in self.panes() if pane.place not in _FRAME]
        far = [pane for pane in inner if pane.place == "far" and self._wanted(pane, width, height)]
        for pane in inner:
            seen = self._wanted(pane, width, height)
            if width < WIDE and far and pane.place == "side":
                # Two columns: what was asked for takes the place of the usual, but for the tape where there is room.
                seen = seen and pane.stays and height >= STACKED and not any(each.fills for each in far)
            seen = pane is self.zoomed if self.zoomed is not None else seen
            if pane.display != seen:
                pane.display = seen
        shown = {place: any(pane.display for pane in inner if pane.place == place) for place in ("side", "far")}
        shown_boxes = shown | {"right": any(shown.values())}
        for name, box in self._boxes.items():
            if box.display != shown_boxes[name]:
                box.display = shown_boxes[name]
        self._take_classes(_classes_for(shown) | {"zoomed": self.zoomed is not None})
        if isinstance(self.focused, Pane) and not self.focused.display:
            self.focus_ladder()

    def _take_classes(self, classes: dict[str, bool]) -> None:
        """Take classes that only the boxes and what is in them listen to: to style all of it anew takes a frame."""
        before = self.classes
        self.update_classes(classes, update=False)
        if self.classes != before:
            inner = [box for box in self._boxes.values() if box.is_attached]
            inside = [pane for pane in self.panes("side", "far") if pane.is_attached]
            changed = inside if "zoomed" in before ^ self.classes else []
            self.app.stylesheet.update_nodes([*inner, *changed])

    def focus_ladder(self) -> None:
        for pane in self.panes("main"):
            if pane.display:
                # At once: until a message came round, the next key could have hidden it.
                self.set_focus(pane)

    def _wanted(self, pane: Pane, width: int, height: int) -> bool:  # type: ignore[type-arg]
        return self.wishes.get(_name(type(pane)), width >= pane.needs[0] and height >= pane.needs[1])

    def _made(self, kinds: list[type[Pane]]) -> Iterator[Pane]:  # type: ignore[type-arg]
        """New panels, each seen from the start or not: to hide it later would have all laid out once more."""
        size = self.app.size
        for kind in kinds:
            pane = kind()
            pane.display = pane.place in _FRAME or self._wanted(pane, *size)
            self._panes.append(pane)
            yield pane

    def _box(self, name: str, *panes: Pane) -> _Box:  # type: ignore[type-arg]
        self._boxes[name] = _Box(*panes, id=name)
        return self._boxes[name]


def _classes_of(size: Size) -> dict[str, bool]:
    """The classes that Textual gives the screen at a size."""
    classes: dict[str, bool] = {}
    for extent, breakpoints in (
        (size.width, Dashboard.HORIZONTAL_BREAKPOINTS),
        (size.height, Dashboard.VERTICAL_BREAKPOINTS),
    ):
        reached = [name for least, name in sorted(breakpoints) if extent >= least]
        classes |= {name: name == reached[-1] for _, name in breakpoints}
    return classes


def _classes_for(seen: dict[str, bool]) -> dict[str, bool]:
    """The classes that say which columns beside the ladder are seen."""
    both = all(seen.values())
    return {"-far": seen["far"], "-both": both, "-one": not both}


def _name(kind: type[Pane]) -> str:  # type: ignore[type-arg]
    return kind.__name__.lower()
