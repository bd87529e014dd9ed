"""What is typed or pasted: whatever a terminal sends, what gets into a line to type in is harmless."""

from __future__ import annotations

import asyncio
import unicodedata
from itertools import product

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from pmtui.ui.app import Pmtui
from pmtui.ui.driver import TerminalDriver
from pmtui.ui.entry import LONGEST, Entry, pasted
from pmtui.ui.inbox import Inbox
from tests import scenes
from tests.effort import effort

HOSTILE = {
    "a window title": "abc\x1b]2;OWNED\x07def",
    "a clipboard write": "abc\x1b]52;c;T1dORUQ=\x07def",
    "a terminal's own question": "abc\x1bP+q544e\x1b\\def",
    "an 8-bit form": "abc\x9b2Jdef",
    "a delete": "abc\x7fdef",
    "a direction override": "abc\u202edef",
    "letters without width": "abc\u200bdef\u2060",
    "fillers": "abc\u3164def\u115f",
    "a joiner of graphemes": "abc\u034fdef",
    "fifty marks": "e" + "\u0301" * 50,
    "signs joined to one": "👩🏽\u200d🚀",
    "a flag": "🇺🇸 wins",
    "a keycap": "1\ufe0f\u20e3",
}
LINK = "https://polymarket.com/event/who-wins?tid=1700000000000#yes"
IDS = [
    "7" * 78,
    "0x" + "ab" * 32,
    "@107",
    "xyz:XYZ100",
    "BTC",
    "Żółć, naïve “quotes” — 100 % (½)",
    "Москва 東京 한국 😀",
]


async def send(pilot: Pilot[None], data: bytes) -> str:
    """The line on the screen after a terminal sent this."""
    app = pilot.app
    driver = TerminalDriver(app, size=(120, 40))
    for piece in Inbox().feed(data):
        driver._handle(piece)
    driver._tick()
    await pilot.pause()
    return app.screen.query_one(Input).value if app.screen.query(Input) else ""


def harmless(text: str) -> bool:
    told, marks = not any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Co", "Cn") for each in text), 0
    for each in text:
        marks = marks + 1 if unicodedata.category(each) in ("Mn", "Me") else 0
        told = told and marks <= 2 and each not in "\u3164\u115f\u034f\ufe0f\u20e3🏽🇺🇸"
    return told


@pytest.mark.parametrize("page", ["slash", "ctrl+p"])
def test_no_byte_that_a_terminal_obeys_gets_into_a_line_by_a_paste_or_by_keys(page: str) -> None:
    async def go() -> None:
        app = Pmtui(scenes.market(10).desk, follow=False)
        async with app.run_test(size=(120, 40)) as pilot:
            for text, around in product(HOSTILE.values(), (("\x1b[200~", "\x1b[201~"), ("", ""), ("", "x" * 300))):
                if not app.screen.query(Input):  # an escape that was typed has closed it
                    await pilot.press(page)
                    await pilot.pause()
                app.screen.query_one(Input).value = ""
                line = await send(pilot, text.join(around).encode())
                assert harmless(line), (text, around, line)

    asyncio.run(go())


@pytest.mark.parametrize("text", [LINK, *IDS])
def test_a_link_or_an_id_comes_through_as_it_is(text: str) -> None:
    async def go() -> None:
        app = Pmtui(scenes.market(10).desk, follow=False)
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.press("slash")
            assert await send(pilot, f"\x1b[200~{text}\x1b[201~".encode()) == text

    asyncio.run(go())
    assert pasted(text) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\r\nb\rc\nd\te", "a b c d e"),
        (f"{LINK}\n", LINK),
        (" 10 ", " 10 "),
        ("Is it Роlymarket?", "Is it Роlymarket?"),
        ("\u0301\u0301one", "one"),
        ("\x00\x1b", ""),
    ],
)
def test_a_paste_is_one_line_and_its_blanks_are_its_own(text: str, told: str) -> None:
    assert pasted(text) == told


@pytest.mark.parametrize("sign", ["x", "\u200b", "\u0301", "é", "\x1b"])
def test_a_long_paste_is_cut_before_it_costs_anything(sign: str) -> None:
    assert len(pasted(sign * 100_000)) <= LONGEST
    short = effort(lambda: pasted(sign * 20_000))
    assert effort(lambda: pasted(sign * 100_000), below=3 * short) < max(3 * short, 0.01)


def test_marks_of_a_letter_are_let_in_and_those_that_nobody_writes_are_not() -> None:
    entry = Entry()
    keys = [events.Key("mark", each) for each in "e" + "\u0301" * 5 + "o\u0301"]
    assert [entry.admits(each) for each in keys] == [True, True, True, False, False, False, True, True]


def test_a_key_that_writes_several_letters_writes_those_that_can_be_drawn() -> None:
    key = events.Key("é", "e" + "\u0301" * 4 + "x")
    assert Entry().admits(key)
    assert key.character == "e\u0301\u0301x"


def test_keys_that_write_nothing_are_let_in() -> None:
    entry = Entry()
    for key, sign in [("ctrl+g", "\x07"), ("escape", "\x1b"), ("up", None), ("a", "a"), ("space", " ")]:
        event = events.Key(key, sign)
        assert entry.admits(event)
        assert event.character == sign
