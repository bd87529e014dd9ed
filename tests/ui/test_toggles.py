"""Panels that come and go, in a real terminal: what is left on it is what a full repaint draws, cell by cell."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from collections.abc import Sequence

import pytest
from textual import events
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip

from pmtui.ui.app import Pmtui
from pmtui.ui.frame import FrameClock
from pmtui.ui.panel import Panel
from tests import scenes
from tests.ui.terminal import Cell, Terminal, differing_cells

_PROGRAM = """
import sys
from tests import scenes
from pmtui.ui.app import Pmtui
Pmtui(scenes.account().desk, follow=False).run()
"""
_ROUNDS = 6
_KEYS = "123457zam"
"""Not those of the health panel, whose figures go on."""
_SIZES = [(80, 24), (120, 40), (200, 60)]
_QUIET = 0.3
"""Longer than the pause after which a frame comes that the terminal was too slow for."""


def seen(terminal: Terminal) -> list[list[Cell]]:
    """The cells of the screen; a blank has no colour that anybody could see."""
    return [
        [
            cell._replace(colour="") if cell.text == " " and not (cell.reverse or cell.underline) else cell
            for cell in row
        ]
        for row in terminal.cells()
    ]


def assert_equal_to_full_repaint(terminal: Terminal) -> None:
    terminal.settle(_QUIET)
    drawn = seen(terminal)
    terminal.wipe()
    terminal.signal(signal.SIGWINCH)  # of the same size: all is drawn again
    terminal.wait_for(lambda: "LIVE" in terminal.text or "STALE" in terminal.text or "QUIET" in terminal.text)
    terminal.settle(_QUIET)
    assert differing_cells(drawn, seen(terminal)) == []


@pytest.mark.parametrize("size", _SIZES)
def test_what_panels_leave_behind_is_what_a_full_repaint_draws(size: tuple[int, int]) -> None:
    dice = random.Random(size[0])
    columns, lines = size
    with Terminal([sys.executable, "-c", _PROGRAM], columns=columns, lines=lines) as terminal:
        terminal.wait_for("◂")
        terminal.settle()
        for n in range(_ROUNDS):
            if n and dice.random() < 1 / 3:
                size = dice.choice([each for each in _SIZES if each != size])
                terminal.resize(*size)
                assert_equal_to_full_repaint(terminal)
            if dice.random() < 1 / 2:
                terminal.send(b"t")
                terminal.settle()
            pressed = "".join(dice.choices(_KEYS, k=dice.randrange(1, 4)))
            terminal.send(pressed.encode())
            assert_equal_to_full_repaint(terminal)


@pytest.mark.parametrize("size", _SIZES)
def test_a_panel_hidden_after_a_change_of_theme_leaves_nothing_behind(size: tuple[int, int]) -> None:
    columns, lines = size
    with Terminal([sys.executable, "-c", _PROGRAM], columns=columns, lines=lines) as terminal:
        terminal.wait_for("◂")
        terminal.settle()
        terminal.send(b"t")
        terminal.settle()
        terminal.send(b"2")
        assert_equal_to_full_repaint(terminal)


# Without a terminal


async def press(app: Pmtui, key: str) -> None:
    event = events.Key(key, key)
    event.set_sender(app)
    await app.on_event(event)


def places(app: Pmtui) -> dict[str, Region]:
    found = app.screen._compositor.visible_widgets
    return {
        f"{type(widget).__name__}#{widget.id}": region.intersection(clip) for widget, (region, clip) in found.items()
    }


@pytest.mark.parametrize("size", [(80, 24), (100, 34), (120, 40), (159, 52), (200, 60)])
def test_panels_are_where_styling_and_placing_all_of_them_anew_puts_them(size: tuple[int, int]) -> None:
    async def toggle() -> None:
        app, dice = Pmtui(scenes.account().desk, follow=False), random.Random(size[0])
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            for _ in range(30):
                key = dice.choice(_KEYS)
                await press(app, key)
                found = places(app)
                app.stylesheet.update(app.screen)
                for widget in app.screen.walk_children():
                    widget._clear_arrangement_cache()  # type: ignore[attr-defined]
                app.screen._refresh_layout()
                assert found == places(app), key
                if dice.random() < 0.5:
                    await pilot.pause()

    asyncio.run(toggle())


@pytest.mark.parametrize("key", "1357")
def test_a_panel_that_comes_or_goes_is_laid_out_once_and_drawn_by_itself(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    layouts: list[Screen[None]] = []
    by_textual: list[Panel[str]] = []
    lay_out, render = Screen._refresh_layout, Panel.render_lines

    def counted(screen: Screen[None]) -> None:
        layouts.append(screen)
        lay_out(screen)

    def told(panel: Panel[str], crop: Region) -> list[Strip]:
        by_textual.append(panel)
        return render(panel, crop)

    async def toggle() -> None:
        app = Pmtui(scenes.market().desk, follow=False)
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            for _ in range(2):  # what was never seen is drawn by Textual for once
                await press(app, key)
                await pilot.pause(0.1)
            monkeypatch.setattr(Screen, "_refresh_layout", counted)
            monkeypatch.setattr(Panel, "render_lines", told)
            for n in (1, 2):
                await press(app, key)
                await pilot.pause(0.1)
                assert len(layouts) == n
            assert by_textual == []

    asyncio.run(toggle())


def test_panels_that_moved_while_the_terminal_read_nothing_are_drawn_when_it_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: dict[str, Sequence[int]] = {}
    behind = FrameClock._behind

    def told(panel: Panel[str], lines: Sequence[int], moves: Sequence[str], frame: list[str]) -> None:
        drawn[type(panel).__name__] = lines

    async def toggle() -> None:
        app = Pmtui(scenes.account().desk, follow=False)
        async with app.run_test(size=(200, 60)) as pilot:
            await pilot.pause(0.1)
            monkeypatch.setattr(Panel, "draw", told)
            monkeypatch.setattr(FrameClock, "_behind", lambda _: True)
            await press(app, "5")
            await press(app, "3")
            await pilot.pause(0.1)  # Textual has drawn what lies between the panels
            assert not drawn
            monkeypatch.setattr(FrameClock, "_behind", behind)
            app.frames.pulse()
            for panel in app.panels():
                if type(panel).__name__ in ("Account", "Flow", "Tape"):
                    assert list(drawn[type(panel).__name__]) == list(range(panel.lines))

    asyncio.run(toggle())


def test_keys_that_come_at_once_never_leave_the_focus_on_a_hidden_panel() -> None:
    async def toggle() -> None:
        app = Pmtui(scenes.account().desk, follow=False)
        async with app.run_test(size=(200, 60)) as pilot:
            await pilot.pause()
            for key in "a37":
                app.post_message(events.Key(key, key))
            await pilot.pause(0.1)
            assert app.dashboard.focused is not None
            assert app.dashboard.focused.display

    asyncio.run(toggle())


def test_a_key_for_another_panel_is_answered_by_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    look = Panel.look_again

    def told(panel: Panel[str]) -> bool:
        looks.append(type(panel).__name__)
        return look(panel)

    monkeypatch.setattr(Panel, "look_again", told)

    async def group() -> None:
        app = Pmtui(scenes.market().desk, follow=False)
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            looks.clear()
            await press(app, "plus")
            assert looks.count("Ladder") == 1

    asyncio.run(group())
