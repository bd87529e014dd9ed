"""The way around Textual's timers and messages: lines go straight to the driver, a layout happens when it is wanted.

With the frame clock and its app, the driver and `beneath` this is the only module that uses names Textual keeps to
itself. They are looked for when the clock starts; if one is missing, every line goes through the public `refresh()`,
which is slower and just as right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from textual.app import App
from textual.geometry import Offset, Region
from textual.screen import Screen
from textual.widget import Widget

from pmtui.core.tuples import NamedTuple
from pmtui.ui.beneath import NAMES as BENEATH_NAMES
from pmtui.ui.beneath import Beneath, Veil, find_beneath, without
from pmtui.ui.driver import TerminalDriver
from pmtui.ui.panel import Panel


class _Place(NamedTuple):
    """Where a panel is on the terminal."""

    moves: list[str]
    """For each line, how to get to its first cell."""
    covered: frozenset[int]
    """Lines that something lies on, or that are cut off."""


class Shortcut:
    """The way around Textual's timers and messages, made of names that Textual keeps to itself."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._terminal = app._driver if isinstance(app._driver, TerminalDriver) else None
        self._map: tuple[object, object, object, object] = (None, None, None, None)
        self._cursor: Offset | None = None
        self._last = ""
        self.beneath = False
        """Whether a panel of the last frame lies on a screen beneath another."""
        self._places: dict[Panel[Any], _Place | Beneath | None] = {}

    @classmethod
    def find(cls, app: App[Any]) -> Shortcut | None:
        """A shortcut, if every name it needs is there."""
        owners = {
            app: ("_batch_count", "_sync_available", "_driver", "_running", "_background_screens"),
            app.screen: ("_compositor", "_compositor_refresh", *BENEATH_NAMES),
        }
        if all(hasattr(owner, name) for owner, names in owners.items() for name in names):
            compositor = app.screen._compositor
            if all(hasattr(compositor, name) for name in _COMPOSITOR_NAMES) and not app.is_inline:
                return cls(app)
        return None

    def is_open(self) -> bool:
        """May lines be written now? Not while Textual holds back its own."""
        app = self._app
        return app._running and not app._batch_count and app._driver is not None

    def lay_out(self, change: Callable[[], None]) -> bool:
        """Change something, and lay out the widgets without waiting for the messages that would; whether that went."""
        app, screen = self._app, self._app.screen
        if not all(hasattr(screen, name) for name in _LAYOUT_NAMES):
            change()
            return False
        change()
        _lay_out_again([screen, *screen.walk_children(Widget)])
        # A batch keeps Textual from drawing here, which it does several times slower.
        app._batch_count += 1
        try:
            screen._refresh_layout()
        finally:
            app._batch_count -= 1
        self._keep_ours()
        return True

    def _keep_ours(self) -> None:
        """Leave to Textual only what it has to draw later: not what panels cover, who draw themselves at once."""
        screen = self._app.screen
        compositor = screen._compositor
        changed: set[Widget] = set()
        for widget in compositor.visible_widgets:
            # Another size may bring scroll bars, for which Textual lays out again; here it brings none.
            if widget.styles.overflow_x == widget.styles.overflow_y == "hidden" or isinstance(widget, Panel):
                widget._layout_required = False
            if widget._repaint_required and widget is not screen:
                widget._repaint_required = False
                changed.add(widget)
        compositor.update_widgets(changed)
        left = compositor._dirty_regions
        for widget, (region, clip) in compositor.visible_widgets.items():
            if isinstance(widget, Panel):
                place = region.intersection(clip)
                left = {rest for dirty in left for rest in without(dirty, place)}
        compositor._dirty_regions = left

    def whereabouts(self) -> dict[Widget, tuple[Region, Region]]:
        """The place of everything that can be seen, and how much of it."""
        return dict(self._app.screen._compositor.visible_widgets)

    def draw(self, panels: Iterable[Panel[Any]], *, giving_way: bool = False) -> bool:
        """Draw the changed lines of the panels; false where some wait, since something is typed meanwhile."""
        app = self._app
        typing = self._terminal if giving_way else None
        places = self._find_places()
        parts: list[str] = []
        rest: set[Widget] = set()
        all_of_them = True
        self.beneath = False
        for n, panel in enumerate(panels):
            if n and typing is not None and typing.typed():
                all_of_them = False
                break
            place = places[panel] if panel in places else self._find_place(panel)
            lines = panel.take_changed()
            if place is None:
                self.beneath = True
                panel.refresh_lines(lines)
                continue
            if isinstance(place, Beneath):
                self.beneath = True
                place.changed(lines)
                panel.draw_beneath(lines, place, parts)
                continue
            moves, covered = place
            if covered:
                below = [y for y in lines if y in covered]
                if below:
                    panel.refresh_lines(below)
                    rest.add(panel)
                lines = [y for y in lines if y not in covered]
            panel.draw(lines, moves, parts)
        if parts:
            self._write(parts)
        if rest:
            screen = app.screen
            screen._compositor.update_widgets(rest)
            screen._compositor_refresh()
        return all_of_them

    def _write(self, parts: list[str]) -> None:
        app = self._app
        cursor = app.cursor_position
        if cursor != self._cursor:
            self._cursor, self._last = cursor, f"\x1b[0m\x1b[{cursor.y + 1};{cursor.x + 1}H"
        parts.append(self._last)
        text = "".join(parts)
        if app._sync_available:
            text = f"\x1b[?2026h{text}\x1b[?2026l"
        if self._terminal is not None:
            self._terminal.send(text)
        elif (driver := app._driver) is not None:
            driver.write(text)
            driver.flush()

    def _find_places(self) -> dict[Panel[Any], _Place | Beneath | None]:
        """The places found so far, which hold until Textual lays out its widgets again, or a page has other colours."""
        screen = self._app.screen
        compositor = screen._compositor
        before, full, visible, below = self._map
        now = self._look_below(screen) if screen._modal else None
        if (
            before is not screen
            or full is not compositor._full_map
            or visible is not compositor._visible_map
            or below != now
        ):
            self._map = (screen, compositor._full_map, compositor._visible_map, now)
            self._places = {}
        return self._places

    def _look_below(self, page: Screen[Any]) -> object:
        """All that the places of panels beneath a page follow from, and the page's own place does not tell."""
        below = self._app._background_screens
        maps = [(screen, screen._compositor._full_map, screen._compositor._visible_map) for screen in below]
        return maps, Veil([*below[1:], page])

    def _find_place(self, panel: Panel[Any]) -> _Place | Beneath | None:
        """Where the panel is on the top screen, or beneath it; `None` when it cannot be told."""
        screen = self._app.screen
        visible = screen._compositor.visible_widgets
        place: _Place | Beneath | None = None
        if panel not in visible:
            if screen._modal:
                place = find_beneath(panel, [*self._app._background_screens, screen])
        else:
            region, clip = visible[panel]
            shown = region.intersection(clip).intersection(self._app.screen.size.region)
            if shown.width == region.width and panel.outer_size == region.size:
                covered = {y for y in range(region.height) if not shown.y <= region.y + y < shown.bottom}
                for widget, (other, other_clip) in visible.items():  # from the front to the back
                    if widget is panel:
                        break
                    over = other.intersection(other_clip).intersection(region)
                    covered.update(y - region.y for y in over.line_range if over.width)
                moves = [f"\x1b[{region.y + y + 1};{region.x + 1}H" for y in range(region.height)]
                place = _Place(moves, frozenset(covered))
        self._places[panel] = place
        return place


def _lay_out_again(nodes: Iterable[Widget]) -> None:
    """Do what Textual's messages would: let the nodes that have to place their children anew know it."""
    for node in nodes:
        if node._layout_required:
            node._layout_required = False
            node._clear_arrangement_cache()
            for ancestor in node.ancestors:
                if not isinstance(ancestor, Widget):
                    break
                ancestor._layout_updates += 1
                ancestor._clear_arrangement_cache()
                if not ancestor.styles.auto_dimensions:
                    break


_LAYOUT_NAMES: tuple[str, ...] = (
    "_refresh_layout",
    "_layout_required",
    "_layout_updates",
    "_repaint_required",
    "_clear_arrangement_cache",
)
_COMPOSITOR_NAMES: tuple[str, ...] = (
    "_full_map",
    "_visible_map",
    "_dirty_regions",
    "visible_widgets",
    "update_widgets",
)
