"""The line of keys: a click on one presses it, whatever has the keys and however many of them there is room for."""

from __future__ import annotations

import asyncio

import pytest
from textual import events
from textual._xterm_parser import XTermParser
from textual.message import Message
from textual.pilot import Pilot

from pmtui.ui.app import Pmtui
from pmtui.ui.driver import TerminalDriver
from pmtui.ui.panels.keys import Keys
from tests import scenes
from tests.draw import lines

SIGNS = {
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    "+": "plus",
    "-": "minus",
    "↑": "up",
    "↓": "down",
    "←": "left",
    "→": "right",
}
SECOND = ("] ", "- ", "↓ ", "→ ")
"""How a second key goes on: with a blank before the words."""


def footer(app: Pmtui) -> str:
    return lines(app)[-1]


async def click(pilot: Pilot[None], x: int) -> None:
    await pilot.click(Keys, offset=(x, 0))
    await pilot.pause()


@pytest.mark.parametrize("tabs", [0, 2])
@pytest.mark.parametrize("width", [80, 120, 250])
def test_every_cell_of_a_key_and_of_its_words_presses_it_and_no_other_does(
    width: int, tabs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def go() -> None:
        app = Pmtui(scenes.account().desk, follow=False)
        pressed: list[str] = []
        monkeypatch.setattr(app, "simulate_key", pressed.append)
        async with app.run_test(size=(width, 40)) as pilot:
            await pilot.press(*["shift+tab"] * tabs)
            app.frames.pulse()
            shown, focused = footer(app), app.dashboard.focused
            keys = [*app.own_bindings(), *getattr(focused, "keys", [])]
            words = {f"{app.written(each)} {each.description}": each.key.split(",")[0] for each in keys}
            known = [each.strip() for each in shown.rstrip().split("   ")]
            assert len(known) > 5
            x = 0
            for each in known:
                x = shown.index(each, x)
                own, is_run = words[each], each[1:2] == "-" and each[2:3].isdigit()
                first = SIGNS[each[0]] if each[1:2] == " " and each[2:4] in SECOND else own
                second = SIGNS[each[2]] if first != own or each[2:4] in SECOND else own
                # The blank before a key is a part of it.
                places = {x - 2: "", x - 1: first, x: first, x + 2: second, x + len(each) - 1: own}
                for place, expected in places.items():
                    pressed.clear()
                    if place >= 0:
                        await click(pilot, place)
                        assert pressed == [expected] * (expected != "" and not is_run), (each, place)
            pressed.clear()
            if len(shown.rstrip()) < width:
                await click(pilot, width - 1)
            assert pressed == []
            assert app.dashboard.focused is focused

    asyncio.run(go())


def test_a_click_does_what_the_key_does_and_a_run_of_keys_says_what_they_are_for() -> None:
    async def go() -> None:
        app = Pmtui(scenes.market(10).desk, follow=False)
        async with app.run_test(size=(250, 60)) as pilot:
            await click(pilot, footer(app).index("YES/NO"))
            assert app.desk.shown == app.desk.other(app.desk.market)
            await click(pilot, footer(app).index("1-7"))
            assert [each.text for each in app.notes] == ["1-7: hide or show a panel"]
            await click(pilot, footer(app).index("help"))
            assert type(app.screen).__name__ == "Help"

    asyncio.run(go())


def test_a_hand_that_moved_on_to_another_key_presses_none(monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        app = Pmtui(scenes.market(10).desk, follow=False)
        pressed: list[str] = []
        monkeypatch.setattr(app, "simulate_key", pressed.append)
        async with app.run_test(size=(120, 40)) as pilot:
            line = footer(app)
            await pilot.mouse_down(Keys, offset=(line.index("help"), 0))
            await pilot.mouse_up(Keys, offset=(line.index("quit"), 0))
            await pilot.pause()
            assert pressed == []
            await click(pilot, line.index("quit"))
            assert pressed == ["q"]

    asyncio.run(go())


@pytest.mark.parametrize(("button", "hits"), [(0, True), (1, False), (2, False)])
def test_only_the_left_button_of_a_mouse_presses_anything(button: int, hits: bool) -> None:
    async def go() -> None:
        app = Pmtui(scenes.market(10).desk, follow=False)
        told: list[type[Message]] = []
        async with app.run_test(size=(120, 40)):
            driver = TerminalDriver(app, size=(120, 40))
            driver.send_message = lambda message: told.append(type(message))  # type: ignore[method-assign]
            for at, end in (1, "M"), (1, "m"):
                for message in XTermParser().feed(f"\x1b[<{button};{at};{at}{end}"):
                    driver.process_message(message)
        assert told == [events.MouseDown, events.MouseUp] * hits

    asyncio.run(go())
