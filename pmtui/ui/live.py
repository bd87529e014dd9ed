"""An app whose actions are answered by a frame at once, and whose ends are clean."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TypeVar

from rich.segment import Segments
from rich.text import Text
from textual import events
from textual._context import visible_screen_stack
from textual.actions import ActionParseResult
from textual.app import App
from textual.dom import DOMNode
from textual.driver import Driver

from pmtui.core.exhausted import causes, exhausted
from pmtui.ui.alarm import ScreenLoop
from pmtui.ui.driver import TerminalDriver, driver_for
from pmtui.ui.entry import Entry
from pmtui.ui.frame import FrameClock, Way
from pmtui.ui.panel import Panel
from pmtui.ui.typed import known

if TYPE_CHECKING:
    from rich.traceback import Trace

Result = TypeVar("Result")


class LiveApp(App[Result]):
    """An app with a frame clock."""

    def __init__(
        self,
        *,
        lock: AbstractContextManager[Any] | None = None,
        way: Way | None = None,
        rate: float = 30,
        direct: bool = True,
    ) -> None:
        super().__init__()
        self.animation_level = "none"  # a page that slides is drawn many times, over a slow line for nothing
        self._way = way
        self.frames = FrameClock(self, lock=lock, rate=rate, direct=direct)
        self._entry = Entry()
        self._concerned: Panel[Any] | None = None
        """Whom the action that runs is for, if it is one panel."""

    def run(self, **options: Any) -> Result | None:
        if options.get("loop") is not None:
            return super().run(**options)
        with asyncio.Runner(loop_factory=None if sys.platform == "win32" else ScreenLoop) as runner:
            return runner.run(self.run_async(**options))

    def get_driver_class(self) -> type[Driver]:
        return driver_for(super().get_driver_class())

    def on_mount(self) -> None:
        self.frames.start()
        if self._way is not None and isinstance(self._driver, TerminalDriver):
            self._driver.on_key = self._way.take

    def on_unmount(self) -> None:
        self.frames.stop()

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.frames.key(event.time)
            if isinstance(self._driver, TerminalDriver):
                self._driver.heard()
            if not self._entry.admits(event) or await self._answered_first(event):
                return
        if isinstance(event, events.Paste) and not event.is_forwarded and not self._entry.admits(event):
            return
        await super().on_event(event)

    async def _answered_first(self, event: events.Key) -> bool:
        """Answer the key before anything else of this program goes on, if that is possible."""
        if self._way is None:
            return await self._answered(event)
        self._way.take()
        try:
            return await self._answered(event)
        finally:
            self._way.give()

    async def _answered(self, event: events.Key) -> bool:
        """Run the key's binding here and now, if nothing can want the key before it.

        Textual offers a key to the focused widget and all its parents first, and each waits for a turn of the loop;
        under a busy feed that is what a key waits for longest. A panel takes no text, so its bindings may go first.
        """
        page = self.screen
        if len(self.screen_stack) > 1 and not (event.is_printable and page.focused):
            await known(page)
        focused = self.screen.focused
        if not (focused is None or isinstance(focused, Panel)) or self.screen.maximized is not None:
            return False
        if isinstance(focused, Panel) and focused.takes_keys:
            return False
        nodes = list(focused.ancestors_with_self) if focused is not None else [self.screen, self]
        if getattr(self, "_keymap", True) or not all(hasattr(node, "_bindings") for node in nodes):
            return False
        self.app_focus = True
        # Textual asks every node for a copy of all its bindings and each parent of every key, twice for one key.
        modal = next((n for n, node in enumerate(nodes, start=1) if node.is_modal), len(nodes))
        for first, each in ((True, reversed(nodes)), (False, nodes[:modal])):
            for node in each:
                for binding in node._bindings.key_to_bindings.get(event.key, ()):
                    if binding.priority == first and await self.run_action(binding.action, node):
                        return True
        return False

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        self._concerned = default_namespace if isinstance(default_namespace, Panel) else None
        handled = await super().run_action(action, default_namespace, namespaces)
        if handled:
            self.frames.answer(self._concerned)
        return handled

    async def pass_on(self, action: str, node: DOMNode) -> bool:
        """Run an action as a part of another one, whose frame answers both."""
        self._concerned = node if isinstance(node, Panel) else None
        return await super().run_action(action, node)

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        """The screen as it is, and what shines through it, in an SVG where every number stands in its column.

        Textual's own needs a program that keeps blanks and stretches text, or columns fall together; and its font is
        fetched from elsewhere. A picture of nothing but cells has no title.
        """
        from pmtui.ui.picture import svg

        visible_screen_stack.set(self._background_screens)
        lines = [line.crop(0, self.size.width) for line in self.screen._compositor.render_strips()]
        return svg(lines, self.size.width, dark=self.current_theme.dark)

    def _fatal_error(self) -> None:
        self.bell()
        why = exhausted(sys.exc_info()[1])
        self._exit_renderables.append(Text(f"pmtui: {why}") if why else self._traceback())
        self._close_messages_no_wait()

    def _traceback(self) -> Segments:
        from rich.traceback import Traceback  # with its syntax colours it takes longer to load than the rest of us

        if error := sys.exc_info()[1]:
            # The library follows what led to an error, and would never come to the end of a circle.
            first = causes(error)[-1]
            first.__cause__ = first.__context__ = None
        # Textual prints local variables here, which may hold what must stay secret; so may the words of an error.
        traceback = Traceback(show_locals=False, width=None)
        _keep_secrets(traceback.trace)
        return Segments(self.console.render(traceback, self.console.options))


def _keep_secrets(trace: Trace) -> None:
    """Take them out of what an error says, and out of what the ones say that led to it."""
    from pmtui.logs import safe

    for stack in trace.stacks:
        stack.exc_value = safe(stack.exc_value)
        stack.notes = [safe(note) for note in stack.notes]
        if (syntax := stack.syntax_error) is not None:
            syntax.line, syntax.msg = safe(syntax.line), safe(syntax.msg)
        for each in stack.exceptions:
            _keep_secrets(each)
