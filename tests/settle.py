"""Waits for an app under test until it has done all that it can do now, instead of until the processor looks idle.

Textual's pilot sleeps 20 ms at least after each key and at each pause, and longer on a busy machine. What an app does
at once needs no clock: it is in the loop's queue of what is ready, or is asked of the screen's next update. What needs
the clock (a timer, a worker's thread) is for the test to wait for, which the pilot's sleep did not promise either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import thread_time
from types import CodeType, FunctionType
from typing import Any

import textual.app
import textual.pilot
from textual import _callback
from textual._context import active_app, visible_screen_stack
from textual.app import App
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.design import ColorSystem
from textual.screen import Screen


def hasten() -> None:
    """Let every pilot wait this way."""
    for module in (textual.app, textual.pilot):
        assert callable(module.wait_for_idle)  # or nothing would be replaced
        module.wait_for_idle = settle  # type: ignore[attr-defined]


def leave_unseen() -> None:
    """Let no app without a terminal draw what nobody sees: a third of a test's time. What reads its screen draws it."""
    drawn = Screen._compositor_refresh

    def refresh(screen: Screen[Any]) -> None:
        if screen.app.is_headless:
            visible_screen_stack.set(screen.app._background_screens)
            screen._dirty_widgets.clear()
            screen._compositor._dirty_regions.clear()
        else:
            drawn(screen)

    Screen._compositor_refresh = refresh  # type: ignore[method-assign,assignment]


def parse_once() -> None:
    """Let apps that have the same styles parse them once: it takes as long as all else that starting one does.

    What was parsed is only read: one app's nodes share it already. What the names in it stand for is asked with it.
    """
    parse = Stylesheet._parse_rules
    parsed: dict[object, list[RuleSet]] = {}

    def parse_unless_known(sheet: Stylesheet, *given: Any, **named: Any) -> list[RuleSet]:
        asked = given, *named.items(), frozenset(sheet._variables.items())
        if asked not in parsed:
            parsed[asked] = parse(sheet, *given, **named)
        return parsed[asked]

    Stylesheet._parse_rules = parse_unless_known  # type: ignore[method-assign,assignment]


def prepare_once() -> None:
    """Let apps mix the colours of a theme once, and count the parameters of a function once, however often it is made
    anew: every app begins with both, and neither is about anything else."""
    mix, count = ColorSystem.generate, _callback._count_parameters
    mixed: dict[object, dict[str, str]] = {}
    counted: dict[CodeType, int] = {}

    def mix_unless_known(colours: ColorSystem) -> dict[str, str]:
        asked = tuple(frozenset(each.items()) if isinstance(each, dict) else each for each in vars(colours).values())
        if asked not in mixed:
            mixed[asked] = mix(colours)
        return mixed[asked].copy()

    def count_unless_known(function: Callable[..., Any]) -> int:
        if not isinstance(function, FunctionType) or function.__dict__:  # which may say that it stands for another one
            return count(function)
        if function.__code__ not in counted:
            counted[function.__code__] = count(function)
        return counted[function.__code__]

    ColorSystem.generate = mix_unless_known  # type: ignore[method-assign,assignment]
    _callback._count_parameters = count_unless_known  # type: ignore[assignment]


async def settle(min_sleep: float = 0, max_sleep: float = 1) -> None:
    """Wait until nothing is ready to run, and the screen has nothing to update; in the place of Textual's own."""
    end = thread_time() + max_sleep  # of work: what other programs take is none of it
    while await _drain(end) and _updates(active_app.get()):
        pass


async def _drain(end: float) -> bool:
    """Run what is ready, and what that makes ready, until there is no more; whether the time was enough."""
    loop: Any = asyncio.get_running_loop()
    await asyncio.sleep(0)
    while loop._ready:
        if thread_time() > end:
            return False
        await asyncio.sleep(0)
    return True


def _updates(app: App[Any]) -> bool:
    """Have app and screen do now what their timers would have them do within a 60th of a second; whether there was
    anything."""
    if not app._running or not app.screen_stack:
        return False
    screen = app.screen
    wanted: bool = screen._update_timer._active.is_set()
    screen._on_timer_update()
    if app._resize_event is not None:
        app._check_resize()
        wanted = True
    return wanted
