"""What the feed's thread changes is read under the lock, whatever the user does."""

from __future__ import annotations

import asyncio
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from threading import Lock
from typing import Any

import pytest
from textual import events

from pmtui.core.board import UNMOVED, Board
from pmtui.core.units import px
from pmtui.desk import Desk
from pmtui.ui.app import Pmtui
from pmtui.ui.panel import Panel
from tests import scenes
from tests.scenes import Scene

_OPEN = ["question_mark", "slash", "g", "ctrl+p"]
_NOT_FOR_US = {"q", "ctrl+c", "ctrl+q", "ctrl+z", *_OPEN}


class Watch:
    """Notes who looks through something while the lock is free."""

    def __init__(self, lock: Lock) -> None:
        self.lock = lock
        self.seen: list[str] = []

    def look(self) -> None:
        if not self.lock.locked():
            self.seen.append("".join(traceback.format_stack(limit=8)[:-2]))


class Sizes(dict[Any, Any]):
    watch: Watch

    def __iter__(self) -> Iterator[Any]:
        self.watch.look()
        return super().__iter__()

    def items(self) -> Any:
        self.watch.look()
        return super().items()

    def values(self) -> Any:
        self.watch.look()
        return super().values()


class Ring(deque[Any]):
    watch: Watch

    def __iter__(self) -> Iterator[Any]:
        self.watch.look()
        return super().__iter__()

    def __reversed__(self) -> Iterator[Any]:
        self.watch.look()
        return super().__reversed__()


def watched(watch: Watch, owner: object, names: Iterable[str]) -> None:
    """Put what can tell who looks through it in the place of dicts and rings."""
    for name in names:
        value = getattr(owner, name)
        twin: Sizes | Ring
        if type(value) is dict:
            twin = Sizes(value)
        elif type(value) is deque:
            twin = Ring(value, value.maxlen)
        else:
            continue
        twin.watch = watch
        setattr(owner, name, twin)


def watch_over(desk: Desk) -> Watch:
    watch = Watch(desk.lock)
    for board in desk.store.boards.values():
        watched(watch, board.book, ("bids", "asks"))
        if board.flow is not UNMOVED:
            watched(watch, board.flow, board.flow.__slots__)
    watched(watch, desk.store.alerts, ("ring",))
    for account in desk.store.accounts.values():
        for part in (account.orders, account.fills, account.queues, account.holdings):
            watched(watch, part, list(vars(part)))
    return watch


def keys_of(app: Pmtui) -> list[str]:
    nodes = [app, app.dashboard, *app.dashboard.panes()]
    return sorted({key for node in nodes for key in node._bindings.key_to_bindings} - _NOT_FOR_US)


async def press(app: Pmtui, key: str) -> None:
    event = events.Key(key, None)
    event.set_sender(app)
    await app.on_event(event)
    await asyncio.sleep(0)


async def wheel(app: Pmtui, panel: Panel[Any]) -> None:
    for kind in (events.MouseScrollUp, events.MouseScrollDown, events.MouseDown, events.MouseUp):
        place = panel.region
        x, y = place.x + 3, place.y + 2
        app.screen._forward_event(kind(panel, x, y, 0, 0, 1, False, False, False, x, y, None))
        await asyncio.sleep(0)


@pytest.mark.parametrize("make", [lambda: scenes.market(5), scenes.account], ids=["market", "account"])
@pytest.mark.parametrize(
    "first",
    [[], pytest.param(["y"], marks=pytest.mark.torture), ["x", "x", "plus"]],
    ids=["plain", "merged", "levels"],
)
def test_no_key_and_no_wheel_looks_through_what_the_feed_is_changing(
    make: Callable[[], Scene], first: list[str]
) -> None:
    async def scenario() -> list[str]:
        scene = make()
        app = Pmtui(scene.desk, follow=False)
        async with app.run_test(size=(200, 60)) as pilot:
            await pilot.pause()
            watch = watch_over(scene.desk)
            for panel in app.dashboard.panes():
                if not (panel.can_focus and panel.display):
                    continue
                for key in first:
                    await press(app, key)
                panel.focus()
                await wheel(app, panel)
                for key in keys_of(app):
                    if panel.display:
                        panel.focus()
                    await press(app, key)
                    for again in first:
                        await press(app, again)
            for key in _OPEN:
                await pilot.press(key, "a", "down", "escape")
                while len(app.screen_stack) > 1:
                    await pilot.press("escape")
            scene.desk.board().book.bids.items()  # type: ignore[union-attr]  # the watch is awake
            return watch.seen

    *seen, last = asyncio.run(scenario())
    assert "test_lock" in last
    assert seen == []


def test_no_key_and_no_wheel_meets_another_tick_between_two_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        scene = scenes.market(5)
        app = Pmtui(scene.desk, follow=False)
        ticks = cycle((px("0.007"), px("0.011")))

        def tick(board: Board) -> int:
            if not scene.desk.lock.locked():
                board.book.tick = next(ticks)
            return board.book.tick

        async with app.run_test(size=(200, 60)) as pilot:
            await pilot.pause()
            monkeypatch.setattr(Board, "tick", property(tick))
            for panel in app.dashboard.panes():
                if panel.can_focus and panel.display:
                    panel.focus()
                    await press(app, "down")
                    await wheel(app, panel)
                    for key in keys_of(app):
                        if panel.display:
                            panel.focus()
                        await press(app, key)

    asyncio.run(scenario())
