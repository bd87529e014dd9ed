"""The page that tells of every panel and key: how it reads, and how it is left."""

from __future__ import annotations

import asyncio
import errno
import re

import pytest
from textual.containers import VerticalScroll
from textual.screen import Screen

from pmtui.ui.app import Pmtui
from pmtui.ui.screens.help import Help
from tests import scenes
from tests.draw import drawn, drawn_after_each, lines

SIZES = [(80, 24), (120, 40), (200, 60)]


def told(app: Pmtui) -> str:
    assert isinstance(app.screen, Help)
    return app.screen.text().plain


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_runs_of_keys_are_one_line_and_none_falls_left_of_its_key(size: tuple[int, int]) -> None:
    text = drawn(scenes.market(10), size, told, keys=["question_mark"])
    assert "0-9" in text
    assert not re.search(r"^ +\d +(type|market|panel) \d", text, re.MULTILINE)
    room = min(size[0], 100) - 6
    assert not [line for line in text.splitlines() if line.startswith("  ") and len(line) > room]


def test_what_stands_in_the_second_line_is_explained() -> None:
    text = drawn(scenes.market(10), (120, 40), told, keys=["question_mark"])
    for words in ("delay 4/9ms", "34/s", "+630 -595"):
        assert words in text


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("key", ["question_mark", "slash", "ctrl+p"])
def test_no_page_lies_over_the_label_and_the_age_of_the_data(size: tuple[int, int], key: str) -> None:
    def read(app: Pmtui) -> list[str]:
        return lines(app)[:2]

    before, below_it = drawn_after_each(scenes.market(10), size, read, [key])
    assert below_it == before


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_how_to_go_on_and_how_to_close_stays_in_sight(size: tuple[int, int], ascii_only: bool) -> None:
    for key, more in (("pageup", "arrows and page down: more"), ("end", "the end; page up: back")):
        shown = drawn(scenes.market(10), size, lines, keys=["question_mark", key], ascii_only=ascii_only)
        ends = [n for n, line in enumerate(shown) if "escape closes" in line]
        assert len(ends) == 1
        assert more in shown[ends[0]]
        assert shown[ends[0]].isascii() or not ascii_only


def test_the_last_line_of_the_page_is_not_hidden_by_its_foot() -> None:
    def last(app: Pmtui) -> tuple[str, str]:
        shown = lines(app)
        foot = next(n for n, line in enumerate(shown) if "escape closes" in line)
        return told(app).splitlines()[-1].strip(), "\n".join(shown[:foot])

    words, above = drawn(scenes.market(10), (80, 24), last, keys=["question_mark", "end"])
    assert words in above


def left_by(key: str) -> tuple[bool, type[Screen[object]]]:
    async def press() -> tuple[bool, type[Screen[object]]]:
        app = Pmtui(scenes.market(10).desk, follow=False)
        left: list[int] = []
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("question_mark")
            app.exit = lambda *_, **__: left.append(1)  # type: ignore[method-assign]
            await pilot.press(key)
            await pilot.pause()
            return bool(left), type(app.screen)

    return asyncio.run(press())


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
def test_what_leaves_the_program_leaves_it_here_too(key: str) -> None:
    assert left_by(key)[0]


@pytest.mark.parametrize("key", ["escape", "question_mark"])
def test_what_closes_the_page_only_closes_it(key: str) -> None:
    left, screen = left_by(key)
    assert not left
    assert screen is not Help


def test_a_resized_page_breaks_its_lines_anew() -> None:
    async def resize() -> list[str]:
        app = Pmtui(scenes.market(10).desk, follow=False)
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.press("question_mark")
            await pilot.resize_terminal(80, 24)
            await pilot.pause()
            return lines(app)

    assert any("Ladder" in line for line in asyncio.run(resize()))


def exhausted(*_: object) -> None:
    raise OSError(errno.EMFILE, "Too many open files", "/somewhere/help.py")


def test_a_page_that_there_is_no_descriptor_for_is_told_and_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def press() -> tuple[str, bool]:
        app = Pmtui(scenes.market(10).desk, follow=False)
        monkeypatch.setattr(app, "open", exhausted)
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.press("question_mark")
            note = app.notes.current(app.desk.now())
            assert note is not None
            return note[0].text, app.is_running

    assert asyncio.run(press()) == ("not possible now: no more files may be open here (ulimit -n)", True)


def test_the_end_for_want_of_descriptors_is_one_plain_line(capfd: pytest.CaptureFixture[str]) -> None:
    async def fail() -> None:
        app = Pmtui(scenes.market(10).desk, follow=False)
        async with app.run_test(size=(120, 40)):
            try:
                exhausted()
            except OSError:
                app._fatal_error()
        app._print_error_renderables()

    asyncio.run(fail())
    assert capfd.readouterr().err == "pmtui: no more files may be open here (ulimit -n)\n"


def test_the_end_by_errors_that_led_to_one_another_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    async def fail() -> None:
        app = Pmtui(scenes.market(10).desk, follow=False)
        async with app.run_test(size=(120, 40)):
            first, second = ValueError("the first"), KeyError("the second")
            second.__context__ = first
            try:
                raise first from second
            except ValueError:
                app._fatal_error()
        app._print_error_renderables()

    asyncio.run(fail())
    told = capfd.readouterr().err
    assert "the first" in told
    assert "the second" in told


def test_a_key_moves_the_page_in_one_step() -> None:
    async def go() -> None:
        app = Pmtui(scenes.market(10).desk, follow=False)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("question_mark")
            page = app.screen.query_one(VerticalScroll)
            for move in (page.action_page_down, page.action_scroll_down, page.action_page_up):
                seen = [page.scroll_y]
                move()
                await pilot.pause()
                while page.scroll_y != page.scroll_target_y:
                    await asyncio.sleep(0.001)
                    seen.append(page.scroll_y)
                assert len({*seen, page.scroll_y}) == 2, "it slides"

    asyncio.run(go())
