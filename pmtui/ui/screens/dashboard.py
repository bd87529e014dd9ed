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
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.layouts.vertical import VerticalLayout
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from pmtui.ui import panels
from pmtui.ui.plan import FRAME, PLACES, WIDE, far_above, plan
from pmtui.ui.sheet import Pane

if TYPE_CHECKING:
    from pmtui.ui.app import Pmtui

LEAST = (80, 24)
STACKED = 34
"""From this many lines two of them have room one above the other."""
_REMEMBERED = {"hidden": False, "shown": True}
"""By what name a wish is kept, and whether it was to see a panel."""
LEAST_LINES = 7
"""With fewer a panel that shares what is left says too little."""


@cache
def found_panels(*, far: bool = False) -> list[type[Pane]]:  # type: ignore[type-arg]  # of any row
    """Every panel in the folder, by rank: a new panel is a new file there.

    Those of the third column have a folder of their own, and are not loaded before somebody could see one.
    """
    within = "far" if far else ""
    files = iter_modules([os.path.join(each, within) for each in panels.__path__], f"{within}." if far else "")
    modules = (import_module(f"{panels.__name__}.{each.name}") for each in files if not each.ispkg)
    return sorted((module.PANEL for module in modules), key=lambda panel: panel.rank)


def too_small(size: Size) -> bool:
    """Whether there is room for one plain line only."""
    return size.width < LEAST[0] or size.height < LEAST[1]


class _Plan(VerticalLayout):
    """Places the panels as planned, and what lies above them as Textual does."""

    name = "plan"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        panes = [each for each in children if isinstance(each, Pane)]
        if not panes:
            return super().arrange(parent, children, size, greedy)
        if too_small(size):
            placed = [(each, size.region) for each in children if not isinstance(each, Pane)]
        else:
            alone = cast(Dashboard, parent).zoomed is not None
            placed = [*zip(panes, plan(size, [pane.ask(size) for pane in panes], alone=alone), strict=True)]
        return [WidgetPlacement(region, NULL_OFFSET, NULL_SPACING, each) for each, region in placed]


class Dashboard(Screen[None]):
    """Top lines, the ladder, the tape beside it, more where there is room, lines at the bottom."""

    AUTO_FOCUS = "Ladder"

    def __init__(self) -> None:
        super().__init__()
        self.wishes: dict[str, bool] = {}
        """Panels that the user hid or asked for; the others are seen where there is room."""
        self.zoomed: Pane | None = None  # type: ignore[type-arg]
        # Kept, because looking for them costs more than all else that a key to hide one does.
        self._panes: list[Pane] = []  # type: ignore[type-arg]
        self._plan = _Plan()
        self._seen = False

    @property
    def layout(self) -> Layout:
        return self._plan

    def compose(self) -> ComposeResult:
        for name, seen in _REMEMBERED.items():
            self.wishes |= dict.fromkeys(cast("Pmtui", self.app).memory.get(name, ()), seen)
        kinds, asked = found_panels(), {name for name, seen in self.wishes.items() if seen}
        # What needs a third column waits until the first frame is drawn where there is none and nobody asked for it.
        if self.app.size.width >= WIDE or not asked.issubset(map(_name, kinds)):
            kinds = kinds + found_panels(far=True)
        yield from self._made(sorted(kinds, key=lambda panel: PLACES.index(panel.place)))

    def render_lines(self, crop: Region) -> list[Strip]:
        """What lies under panels: one blank line, many times. Textual would style each of them again, unseen."""
        blank = Strip([Segment(" " * crop.width, self.rich_style)], crop.width)
        for each in self.get_line_filters():
            blank = blank.apply_filter(each, self.background_colors[1])
        return [blank] * crop.height

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Textual styles everything anew when a screen is seen; when first seen, it has just been styled."""
        event.refresh_styles = event.refresh_styles and self._seen
        self._seen = True
        self.app.clear_notifications()

    def complete(self) -> None:
        """Add what the first frame did not need to show."""
        if not self.panes("far"):
            self.mount(*self._made(found_panels(far=True)), before=self.panes("bottom")[0])
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
                self._wish(pane)
        self.zoomed = None
        self.lay_out_now()
        asked = [pane for pane in self.panes() if pane.digit == digit and self.wishes[_name(type(pane))]]
        # What took the place of all that stood beside the ladder is what the user wants to read, and to scroll.
        if self.app.size.width < WIDE and not any(pane.display for pane in self.panes("side")):
            for pane in asked:
                if pane.display and pane.can_focus:
                    self.set_focus(pane)
        if not all(pane.display for pane in asked):
            others = [pane for pane in self.panes("side", "far") if pane.display and self.wishes.get(_name(type(pane)))]
            there = " and ".join(f"{pane.called} ({pane.digit})" for pane in others) or "what is there"
            self.app.notify(f"no room beside {there}: hide that, or enlarge the terminal", timeout=4)

    def _wish(self, pane: Pane) -> None:  # type: ignore[type-arg]
        """Hide or show one, and keep that for the next time where it is not what would be there without any wish."""
        app, mine = cast("Pmtui", self.app), _name(type(pane))
        gave_way = not pane.display and self.wishes.get(mine, True) and self.zoomed is None
        usual = _is_usual(pane, *app.size) and not gave_way
        self.wishes[mine] = not pane.display
        for name, seen in _REMEMBERED.items():
            others = [each for each in app.memory.get(name, ()) if each != mine]
            app.keep(name, [*others, mine] if self.wishes[mine] is seen is not usual else others)

    def zoom(self) -> None:
        """The panel with the keys alone, or all of them again."""
        focused = self.focused
        if self.zoomed is not None:
            self.zoomed = None
        elif isinstance(focused, Pane) and focused.place not in FRAME:
            self.zoomed = focused
        else:
            self.app.notify("tab gives the keys to a panel, z zooms that one", timeout=4)
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
        inner = [pane for pane in self.panes() if pane.place not in FRAME]
        wanted = [pane for pane in inner if self._wanted(pane, width, height)]
        far = [pane for pane in wanted if pane.place == "far"]
        if width < WIDE and far:
            kept = self._below(far, [pane for pane in wanted if pane.place == "side"], Size(width, height))
            wanted = [pane for pane in wanted if pane.place != "side" or pane in kept]
        for pane in inner:
            seen = pane in wanted
            seen = pane is self.zoomed if self.zoomed is not None else seen
            if pane.display != seen:
                pane.display = seen
        if isinstance(self.focused, Pane) and not self.focused.display:
            self.focus_ladder()

    def _below(self, far: list[Pane], side: list[Pane], size: Size) -> list[Pane]:  # type: ignore[type-arg]
        """Two columns: what was asked for takes the place of the usual, but for what there is room for below it.

        That is the tape before all, then what the user asked for, then the rest.
        """
        if size.height < STACKED or any(each.fills for each in far):
            return []
        height = size.height - sum([pane.ask(size).lines for pane in self.panes(*FRAME)])
        left = height - far_above(height, [each.ask(size) for each in far])
        kept = [pane for pane in side if pane.stays]
        left -= LEAST_LINES * len(kept)
        for pane in sorted(side, key=lambda pane: not self.wishes.get(_name(type(pane)))):
            lines = pane.ask(size).lines or LEAST_LINES
            if pane not in kept and lines <= left:
                kept.append(pane)
                left -= lines
        return kept

    def focus_ladder(self) -> None:
        for pane in self.panes("main"):
            if pane.display:
                # At once: until a message came round, the next key could have hidden it.
                self.set_focus(pane)

    def _wanted(self, pane: Pane, width: int, height: int) -> bool:  # type: ignore[type-arg]
        return self.wishes.get(_name(type(pane)), _is_usual(pane, width, height))

    def _made(self, kinds: list[type[Pane]]) -> Iterator[Pane]:  # type: ignore[type-arg]
        """New panels, each seen from the start or not: to hide it later would have all laid out once more."""
        size = self.app.size
        for kind in kinds:
            pane = kind()
            pane.display = pane.place in FRAME or self._wanted(pane, *size)
            self._panes.append(pane)
            yield pane


def _name(kind: type[Pane]) -> str:  # type: ignore[type-arg]
    return kind.__name__.lower()


def _is_usual(pane: Pane, width: int, height: int) -> bool:  # type: ignore[type-arg]
    """Whether it is seen on a screen of this size where nobody wished anything."""
    return width >= pane.needs[0] and height >= pane.needs[1]
