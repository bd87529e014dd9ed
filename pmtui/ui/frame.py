"""The frame clock: when panels look, and how changed lines reach the terminal at once.

Textual draws on a 60 Hz grid at the end of a chain of messages; a key would wait for it up to 50 ms on a busy machine.
The clock hands changed lines of panels that nothing covers straight to the driver, and asks Textual for the rest.

How that is done is `shortcut`'s affair; where it cannot be, every line goes through the public `refresh()`, which is
slower and just as right.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from threading import Lock
from time import monotonic
from typing import Any, Protocol

from textual.app import App
from textual.driver import Driver
from textual.filter import LineFilter
from textual.screen import Screen

from pmtui.ui.alarm import Alarm, alarm_in
from pmtui.ui.driver import TerminalDriver
from pmtui.ui.panel import Panel
from pmtui.ui.shortcut import Shortcut

_BEAT = 0.5
_BEAT_WAITS = 0.1
"""For so long the beat waits for a frame, which has to wake the program anyway."""
_RETRY = 0.25
_AFTER_A_KEY = 0.002
_AFTER_AN_ANSWER = 0.001
"""For so long nothing else is drawn: what brings the answer to the terminal may wait for this very processor."""
_BENEATH = 0.2
"""Between two frames below a page, which are drawn with all of it: somebody reads the page meanwhile."""
_MOST_WAYS = 5
"""A mouse that moves without end must not keep the screen as it is."""
_BLOCKED = 0.3
_QUEUE_LIMIT = 3


class FrameCounts:
    """What the clock did so far, for the health panel."""

    def __init__(self) -> None:
        self.frames = 0
        """Frames that changed the screen."""
        self.skipped = 0
        """Frames not drawn because the terminal had not read the last ones."""
        self.gap = 0.0
        """By how many seconds the loop was late at most, between the last two beats."""
        self.max_gap = 0.0
        self.blocked = 0.0
        """The last time the loop was blocked for long: for how many seconds at least."""
        self.blocked_at: float | None = None
        """… and when that ended, on the steady clock."""


class Way(Protocol):
    """Keeps others from the interpreter while a key is answered."""

    def take(self) -> None: ...
    def give(self) -> None: ...


class FrameClock:
    """Lets panels look at most `rate` times a second, at once after a quiet moment, and draws what changed."""

    def __init__(
        self,
        app: App[Any],
        *,
        lock: AbstractContextManager[Any] | None = None,
        rate: float = 30,
        direct: bool = True,
    ) -> None:
        """`lock` is held while panels look; `direct=False` keeps to Textual's public way."""
        self.counts = FrameCounts()
        self._app = app
        self._lock: AbstractContextManager[Any] = Lock() if lock is None else lock
        self._period = 1 / rate
        self._direct = direct
        self._shortcut: Shortcut | None = None
        self._driver: Driver | None = None
        self._terminal: TerminalDriver | None = None
        """The driver, where it is ours."""
        self._panels: dict[Panel[Any], None] = {}
        self._moved: list[Panel[Any]] = []
        """Panels that got another place and were not drawn there yet."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._context: contextvars.Context | None = None
        self._asked = False
        self._not_before = 0.0
        self._given_way = 0
        """How many frames in a row have given way to something typed."""
        self._alarm: Alarm | None = None
        self._alarm_at = 0.0
        """To what it was set the last time."""
        self._frame_at: float | None = None
        """When the next frame is due, if one is planned."""
        self._beat_at = 0.0
        self._gap = 0.0
        """By how many seconds the alarm was late at most since the last beat."""
        self._screens: list[Screen[Any]] = []
        self._filters: list[LineFilter] = []
        self._key_at: float | None = None
        self._key_waits: deque[float] = deque(maxlen=512)
        self._news_at = 0.0
        self._news_waits: deque[float] = deque(maxlen=512)

    # Any thread

    def nudge(self) -> None:
        """Something changed. Cheap; may come from any thread, any number of times."""
        if self._asked or (loop := self._loop) is None:
            return
        self._asked = True
        self._news_at = self._news_at or monotonic()
        try:
            loop.call_soon_threadsafe(self._wake, context=self._context)
        except RuntimeError:  # the loop is closed: the program is ending
            self._asked = False

    # The screen's thread

    def start(self) -> None:
        """Begin; called when the app is mounted."""
        self._loop = asyncio.get_running_loop()
        # Wake-ups from the feed's thread must run as if this app had asked for them.
        self._context = contextvars.copy_context()
        self._shortcut = Shortcut.find(self._app) if self._direct else None
        self._driver = getattr(self._app, "_driver", None)
        if isinstance(self._driver, TerminalDriver):
            self._terminal = self._driver
            self._terminal.on_caught_up = self.nudge
        self._screens, self._filters = list(self._app.screen_stack), list(self._app.get_line_filters())
        self._alarm = alarm_in(self._loop, self._ring, self._context)
        self._beat_at = monotonic() + _BEAT
        self._set_alarm()
        self.nudge()

    def stop(self) -> None:
        """End; no panel looks afterwards."""
        self._loop = None
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def add(self, panel: Panel[Any]) -> None:
        """A panel is on a screen from now on."""
        self._panels[panel] = None
        self.nudge()

    def at_once(self, wait: float = 0.0) -> None:
        """A panel has another size or the keys: its rows are wanted now, not when the last frame's pause is over; or
        after another, shorter one."""
        self._not_before = monotonic() + wait
        if self._frame_at is not None:
            self._frame_at = None
            self._asked = False
        self.nudge()

    def look_in(self, seconds: float) -> None:
        """A panel that did not look at what came wants to then, whatever else happens."""
        self._pulse_in(seconds)

    def relay(self, change: Callable[[], None]) -> None:
        """Hide or show panels, find their places now, and draw those that moved in the next frame."""
        # What has moved Textual knows from its map of before. A theme leaves that out of date, and the first question
        # amid the change would have it made anew, as though nothing had moved; this one comes before.
        self._app.screen.find_widget(self._app.screen)
        if self._shortcut is None or not self._shortcut.is_open():
            change()
            return
        before = self._shortcut.whereabouts()
        if self._shortcut.lay_out(change):
            after = self._shortcut.whereabouts()
            waiting = self._moved  # for a terminal that has not read the last frames
            self._moved = [
                panel
                for panel in self._panels
                if panel in after and (panel in waiting or before.get(panel) != after[panel])
            ]
            for panel in self._moved:
                panel.draw_again()

    def look_first(self, panel: Panel[Any]) -> None:
        """Textual draws a panel for the first time, or in another size, before a frame came: let it look before.

        It shall neither be blank nor show what was laid out for the old size: a terminal that is slow to read all of
        that puts the next frame off. One that moved stays marked, since what Textual draws then is beside it.
        """
        with self._lock:
            panel.look_again()
        if panel not in self._moved:
            panel.take_changed()

    def remove(self, panel: Panel[Any]) -> None:
        """A panel is gone."""
        self._panels.pop(panel, None)

    def key(self, at: float) -> None:
        """A key came at that moment of the steady clock; the next frame answers it."""
        self._key_at = at

    def answer(self, first: Panel[Any] | None = None) -> None:
        """A key was acted upon: show what it did now, or as soon as the terminal reads; `first` in the panel it is for,
        or in those that it moved.

        The others follow a moment later: the user waits for these.
        """
        firsts = [panel for panel in (self._moved if first is None else [first]) if panel in self._panels]
        if firsts and not self._behind():
            with self._lock:
                marked = [panel for panel in firsts if panel.look_again()]
            if marked:
                self._draw(marked)
                self.at_once(_AFTER_AN_ANSWER)
                return
        self.pulse()
        if self._behind():
            self._not_before = 0.0

    def pulse(self) -> None:
        """Let every panel look now, and draw what changed."""
        self._asked = False
        self._frame_at = None
        if self._behind():
            # Nothing is lost: the panels look when the terminal has read what it has.
            self.counts.skipped += 1
            self._pulse_in(_RETRY)
            return
        began, dirty = monotonic(), []
        with self._lock:
            for panel in self._panels:
                if panel.look_again():
                    dirty.append(panel)  # noqa: PERF401  # a function made for one frame costs more than it saves
        self._show(dirty, began)

    def _pulse_unless_pressed(self) -> None:
        """The same, but a key that comes meanwhile goes first: its own frame shows what has changed by then."""
        driver = self._terminal
        if self._given_way == _MOST_WAYS or driver is None or driver.behind:
            self._given_way = 0
            self.pulse()
            return
        self._asked = False  # before the look: what comes after it, while we are still here, asks for another
        began, dirty = monotonic(), []
        with self._lock:
            typed = driver.typed()
            for panel in self._panels:
                if typed:
                    break
                if panel.look_again():
                    dirty.append(panel)
                    typed = driver.typed()  # where nothing has changed, a look takes next to no time
        if typed:
            self._given_way += 1
            self._pulse_in(_AFTER_A_KEY)
            return
        self._given_way = 0
        if not self._show(dirty, began, giving_way=True):
            self._pulse_in(_AFTER_A_KEY)

    def _show(self, dirty: list[Panel[Any]], began: float, *, giving_way: bool = False) -> bool:
        """Draw what is marked, and say when the next frame may come; whether all of it was drawn."""
        self._moved = []
        news_at, self._news_at = self._news_at, 0.0
        if not dirty:
            # Most news is about markets that are not shown: it is looked for less often than it comes. But until
            # something was drawn nobody waits: the first real frame follows an empty look.
            self._not_before = began + self._period / 2 if self.counts.frames else 0.0
            return True
        all_of_it = self._draw(dirty, giving_way=giving_way)
        if news_at:
            self._news_waits.append(monotonic() - news_at)
        # A screen that is slow to draw must leave most of the time to others.
        pause = _BENEATH if self._shortcut is not None and self._shortcut.beneath else self._period
        self._not_before = began + max(pause, 3 * (monotonic() - began))
        return all_of_it

    def _draw(self, dirty: list[Panel[Any]], *, giving_way: bool = False) -> bool:
        """Draw the marked lines, now; false when some wait because something was typed, and stay marked."""
        all_of_it = True
        if self._shortcut is not None and self._shortcut.is_open():
            all_of_it = self._shortcut.draw(dirty, giving_way=giving_way)
        else:
            for panel in dirty:
                panel.refresh_lines(panel.take_changed())
        self.counts.frames += 1
        if self._key_at is not None:
            self._key_waits.append(monotonic() - self._key_at)
            self._key_at = None
        return all_of_it

    def key_wait(self, share: float) -> float | None:
        """How many seconds that share of the last keys waited at most for their frame; `None` before the first."""
        return _quantile(self._key_waits, share)

    def news_wait(self, share: float) -> float | None:
        """How many seconds that share of the last changes waited at most, from the book to the terminal."""
        return _quantile(self._news_waits, share)

    @property
    def waiting(self) -> int:
        """How many bytes the terminal has not taken yet."""
        return 0 if self._terminal is None else self._terminal.waiting

    def _wake(self) -> None:
        wait = self._not_before - monotonic()
        if wait <= 0:
            self._pulse_unless_pressed()
        else:
            self._pulse_in(wait)

    def _pulse_in(self, wait: float) -> None:
        when = monotonic() + wait
        if self._frame_at is None or when < self._frame_at:
            self._frame_at = when
            self._set_alarm()

    def _set_alarm(self) -> None:
        """Wake for the next frame, or for the beat where no frame comes before it or soon after."""
        if self._alarm is not None:
            frame, beat = self._frame_at, self._beat_at
            self._alarm_at = frame if frame is not None and frame < beat + _BEAT_WAITS else beat
            self._alarm.set(self._alarm_at - monotonic())

    def _ring(self) -> None:
        """The moment has come for which the alarm was set."""
        now = monotonic()
        late = now - self._alarm_at
        self._gap = max(self._gap, late)
        if late >= _BLOCKED:
            self.counts.blocked, self.counts.blocked_at = late, now
        try:
            if now >= self._beat_at:
                self._beat(now)
            if self._frame_at is not None and self._frame_at <= now:
                self._frame_at = None
                if self._terminal is not None and self._alarm is not None and self._alarm.alone:
                    self._terminal.nothing_typed(now)
                self._pulse_unless_pressed()
        finally:
            if self._alarm is not None and self._alarm.when is None:
                self._set_alarm()

    def _behind(self) -> bool:
        """Has the terminal not read what was written to it?"""
        if self._terminal is not None:
            return self._terminal.behind
        queue = getattr(getattr(self._driver, "_writer_thread", None), "_queue", None)
        return queue is not None and queue.qsize() > _QUEUE_LIMIT

    # The beat: what changes without telling

    def _beat(self, now: float) -> None:
        self._beat_at = now + _BEAT
        if self._terminal is not None:
            self._terminal.alive()
        self.counts.gap, self._gap = self._gap, 0.0
        self.counts.max_gap = max(self.counts.max_gap, self.counts.gap)
        screens, filters = list(self._app.screen_stack), list(self._app.get_line_filters())
        if filters != self._filters:
            for panel in self._panels:
                panel.forget_looks()
        if screens != self._screens or filters != self._filters:
            # A screen that came back may show what was true when it went.
            self._screens, self._filters = screens, filters
            self.nudge()
        if self._asked and self._frame_at is None:
            # A frame was asked for and none is on its way: an error took it, and nobody would ask again.
            self._asked = False
            self.nudge()


def _quantile(waits: Iterable[float], share: float) -> float | None:
    ordered = sorted(waits)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else None
