"""The line of keys: a click on one presses it, whatever has the keys and however many of them there is room for."""

from __future__ import annotations

import asyncio

import pytest
from textual.pilot import Pilot

from pmtui.ui.app import Pmtui
from pmtui.ui.panels.keys import Keys
from tests import scenes
from tests.draw import lines


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
                # The blank before a key is a part of it.
                for place, hits in ((x - 2, False), (x - 1, True), (x, True), (x + len(each) - 1, True)):
                    pressed.clear()
                    if place >= 0:
                        await click(pilot, place)
                        is_run = each[1:2] == "-" and each[2:3].isdigit()
                        assert pressed == [words[each]] * (hits and not is_run), (each, place)
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
