"""Finding a market: what is typed, what is listed, what the keys do, and what is said when there is nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import Input

from pmtui.core.instrument import Instrument, InstrumentId
from pmtui.core.ports import Found, Hit
from pmtui.core.units import px
from pmtui.desk import Desk
from pmtui.ui.app import Pmtui
from pmtui.ui.screens import picker as picking
from pmtui.ui.screens.choices import Choice, Choices
from pmtui.ui.screens.picker import Picker
from tests import scenes
from tests.draw import lines


def hit(number: int, title: str = "", **facts: object) -> Hit:
    first, second = (InstrumentId(f"polymarket:{number}{n}") for n in (1, 2))
    known = Instrument(
        first,
        "polymarket",
        f"{number}1",
        title=title or f"Will it rain on day {number}?",
        outcome="Yes",
        complement=second,
        ends=1_800_000_000,
        volume=12_345.0,
        ceiling=px("1"),
    )
    return Hit(known.told(**facts), px("0.345"))


@dataclass
class Script:
    """A desk without a feed whose searches are answered by the test."""

    desk: Desk
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.desk.search = self._search  # type: ignore[method-assign]

    def _search(self, text: str) -> None:
        self.desk._sought, self.desk._answer = text, Found("")
        if text:
            self.asked.append(text)

    def answer(self, *hits: Hit, trouble: str = "") -> None:
        self.desk._answer = Found(self.desk._sought, hits, trouble)


class Hands:
    """What a user sees and does."""

    def __init__(self, app: Pmtui, pilot: Pilot[None], script: Script) -> None:
        self.app, self.pilot, self.script, self.desk = app, pilot, script, script.desk

    @property
    def picker(self) -> Picker:
        return cast(Picker, self.app.screen)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        self.app.frames.pulse()

    async def type(self, text: str) -> None:
        self.picker.query_one(Input).insert_text_at_cursor(text)
        await self.pilot.pause()
        self.app.frames.pulse()

    async def find(self, text: str, *hits: Hit, trouble: str = "") -> None:
        """Type, wait until the venue is asked, and have it answer."""
        await self.type(text)
        self.picker.search()
        self.script.answer(*hits, trouble=trouble)
        self.app.frames.pulse()

    @property
    def rows(self) -> list[str]:
        panel = self.picker.query_one(Choices)
        return ["".join(part for part, _ in row).rstrip() if row else "" for row in panel.rows]

    @property
    def said(self) -> str:
        return self.rows[-2].strip()

    @property
    def listed(self) -> list[str]:
        return [row for row in self.rows[:-2] if row]

    @property
    def cursor(self) -> str:
        (row,) = [row for row in self.rows if row.startswith("▸")]
        return row


Act = Callable[[Hands], Awaitable[None]]


def play(act: Act, size: tuple[int, int] = (80, 24), *, markets: int = 11) -> None:
    async def work() -> None:
        scene = scenes.market(10)
        for each in scene.desk.markets[markets:]:
            scene.desk.remove(each)
        app = Pmtui(scene.desk, follow=False)
        async with app.run_test(size=size) as pilot:
            hands = Hands(app, pilot, Script(scene.desk))
            await pilot.pause()
            app.push_screen(Picker())
            await pilot.pause()
            app.frames.pulse()
            await act(hands)

    asyncio.run(work())


def test_what_was_typed_before_the_terminal_became_too_small_is_there_again_once() -> None:
    async def act(found: Hands) -> None:
        async def resize(width: int, height: int) -> None:
            await found.pilot.resize_terminal(width, height)
            await found.pilot.pause()

        await found.type("line AUR")
        await resize(79, 24)
        assert found.app.screen is found.app.dashboard
        await found.press("slash")
        await resize(80, 24)
        await found.press("slash")
        assert found.picker.query_one(Input).value == "line AUR"
        assert [row[:26] for row in found.listed] == [" OPEN NOW", "▸›  1 Aurora Line open to…"]
        await found.type(" opens")
        assert found.picker.query_one(Input).value == "line AUR opens"
        await found.press("escape", "slash")
        assert found.picker.query_one(Input).value == ""

    play(act)


# What is listed


def test_it_begins_with_the_open_markets_and_the_cursor_on_the_shown_one() -> None:
    async def act(found: Hands) -> None:
        assert found.listed[0] == " OPEN NOW"
        assert found.cursor.startswith("▸›  1 Aurora Line open to…")
        assert len(found.listed) == 12
        assert "Gulls vs. Foxes" in found.listed[3]
        assert "LIVE" in found.listed[3]
        assert found.said == "type to filter these and to search the venue"
        assert found.script.asked == []

    play(act)


def test_typing_filters_the_open_markets_by_words_in_any_order() -> None:
    async def act(found: Hands) -> None:
        await found.type("line AUR")
        assert [row[:26] for row in found.listed] == [" OPEN NOW", "▸›  1 Aurora Line open to…"]

    play(act)


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("erdogan", "Will Erdoğan win?"),
        ("Erdoğan", "Will Erdogan win?"),
        ("atletico MADRID", "Atlético Madrid vs. Málaga"),
        ("istanbul", "Rain in İstanbul?"),
        ("strasse", "Straße"),
        ("σισυφος", "ΣΊΣΥΦΟΣ"),
        ("한국", "한국 선거"),
        ("й", "Й"),
    ],
)
def test_a_name_is_found_without_its_accents_too(typed: str, title: str) -> None:
    assert Choice(hit(1, title).instrument).fits(typed)
    assert not Choice(hit(1, title).instrument).fits(f"{typed} zebra")


def test_a_number_finds_its_market_first() -> None:
    async def act(found: Hands) -> None:
        await found.type("3")
        assert found.cursor.startswith("▸   3 Gulls")

    play(act)


def test_the_mid_and_the_label_of_an_open_market_go_on_living() -> None:
    async def act(found: Hands) -> None:
        board = found.desk.board()
        assert board is not None
        board.book.replace({px("0.10"): 1}, {px("0.12"): 1})
        board.doubt.cast("made up", found.desk.now())
        found.app.frames.pulse()
        assert " 11.0 " in found.cursor
        assert "RESYNC" in found.cursor

    play(act)


@pytest.mark.parametrize("side", ["bid", "ask"])
def test_what_is_told_of_a_market_with_one_side_stands_in_the_same_columns(side: str) -> None:
    async def act(found: Hands) -> None:
        levels: dict[int, int] = {px("0.988"): 1}
        for n, each in enumerate(found.desk.markets):
            board = found.desk.store.boards[each]
            board.book.replace({px("0.10"): 1}, {px("0.12"): 1})
            if n == 1:
                board.book.replace(*((levels, {}) if side == "bid" else ({}, levels)))
        found.app.frames.pulse()
        assert f" {side} 98.8 " in found.listed[2]
        assert len({row.index("LIVE") for row in found.listed if "LIVE" in row}) == 1
        assert len({row.index("Yes") for row in found.listed if "Yes" in row}) == 1

    play(act, (120, 40))


def test_what_the_venue_found_stands_below_with_price_volume_and_end() -> None:
    async def act(found: Hands) -> None:
        await found.find("rain", hit(1), hit(2, volume=0.0, ends=0))
        assert found.listed[0] == " AT THE VENUE"
        assert " ".join(found.listed[1].split()) == "▸ Will it rain on day 1? Yes 34.5 $12.3K 24h Jan 15 2027"
        assert " ".join(found.listed[2].split()) == "Will it rain on day 2? Yes 34.5"

    play(act)


@pytest.mark.parametrize(
    ("price", "tick", "text"),
    [
        ("0.345", "0.01", "34.5"), ("0.34", "0.01", "34.0"), ("0.49875", "0.0025", "49.875"), ("0.5", "0", "50.0"),
        ("0.9995", "0.001", "99.95"), ("0.00005", "0.0001", "0.005"), ("0.411367981", "0.01", "41.1"),
        ("0.000000411", "0.001", "0.01"),
    ],
)  # fmt: skip
def test_a_told_price_keeps_the_decimals_that_it_has_between_two_ticks(price: str, tick: str, text: str) -> None:
    async def act(found: Hands) -> None:
        told = hit(1, tick=px(tick))._replace(price=px(price))
        await found.find("rain", told)
        assert found.listed[1].split("Yes")[1].split()[0] == text

    play(act)


def test_a_found_market_that_is_open_is_listed_among_the_open_ones_only() -> None:
    async def act(found: Hands) -> None:
        shown = found.desk.instrument(found.desk.shown)
        other = found.desk.instrument(found.desk.other(found.desk.markets[2]) or InstrumentId(""))
        assert shown is not None
        assert other is not None
        await found.find("0xabc", Hit(shown), Hit(other), hit(1))
        assert [row.split()[0:2] for row in found.listed] == [
            ["OPEN", "NOW"], ["▸›", "1"], ["3", "Gulls"], ["AT", "THE"], ["Will", "it"],
        ]  # fmt: skip

    play(act)


def test_a_market_of_which_only_the_id_is_known_is_listed_by_it() -> None:
    async def act(found: Hands) -> None:
        bare = Instrument(InstrumentId("polymarket:" + "7" * 77), "polymarket", "7" * 77)
        await found.find("7" * 77, Hit(bare), trouble="nobody answers")
        assert "7777…7777" in found.cursor
        assert found.said == "nobody answers"
        await found.press("enter")
        assert found.desk.shown == bare.id

    play(act)


# Asking the venue


def test_the_venue_is_asked_once_after_a_pause_in_typing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picking, "PAUSE", 0.001)

    async def act(found: Hands) -> None:
        await found.type("rain")
        for _ in range(50):
            await found.pilot.pause()
            if found.script.asked:
                break
        assert found.script.asked == ["rain"]
        await found.type(" ")
        await found.pilot.pause()
        assert found.script.asked == ["rain"]

    play(act)


def test_nothing_is_asked_while_somebody_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picking, "PAUSE", 1_000.0)

    async def act(found: Hands) -> None:
        await found.press(*"rain")
        assert found.script.asked == []
        assert found.said == "searching…"

    play(act)


def test_an_empty_line_asks_nothing_and_forgets_what_was_found() -> None:
    async def act(found: Hands) -> None:
        await found.find("rain", hit(1))
        await found.press(*["backspace"] * 4)
        assert len(found.listed) == 12
        assert found.desk.found == Found("")

    play(act)


def test_an_answer_to_an_older_text_is_not_shown() -> None:
    async def act(found: Hands) -> None:
        await found.find("rain", hit(1))
        await found.type("bow")
        assert found.listed == []
        assert found.said == "searching…"

    play(act)


@pytest.mark.parametrize(
    ("hits", "trouble", "said"),
    [
        (0, "", "nothing matches"),
        (
            0,
            "no REST address is set, so nothing can be looked up",
            "no REST address is set, so nothing can be looked up",
        ),
        (0, "venue: the catalogue answered \x1b[31m503", "venue: the catalogue answered [31m503"),
        (1, "", ""),
    ],
)
def test_it_says_in_words_why_there_is_nothing(hits: int, trouble: str, said: str) -> None:
    async def act(found: Hands) -> None:
        await found.find("zebra", *(hit(n) for n in range(hits)), trouble=trouble)
        assert found.said == said

    play(act)


def test_open_markets_alone_say_that_the_venue_knows_no_other() -> None:
    async def act(found: Hands) -> None:
        await found.find("aurora")
        assert found.said == "the venue knows no other"

    play(act)


def test_enter_on_nothing_asks_at_once_and_asks_again_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picking, "PAUSE", 1_000.0)

    async def act(found: Hands) -> None:
        await found.type("zebra")
        await found.press("enter")
        assert found.script.asked == ["zebra"]
        await found.press("enter")
        assert found.script.asked == ["zebra"]
        found.script.answer(trouble="no answer")
        await found.press("enter")
        assert found.script.asked == ["zebra", "zebra"]
        assert found.said == "searching… it is opened when it is found"

    play(act)


async def asked_too_early(found: Hands, key: str, *hits: Hit, trouble: str = "") -> None:
    """Press a key before the venue has answered."""
    await found.type("rain")
    await found.press(key)
    assert found.said.startswith("searching… it is ")
    assert found.script.asked == ["rain"]
    found.script.answer(*hits, trouble=trouble)
    found.picker.grant()
    await found.pilot.pause()
    found.app.frames.pulse()


def test_enter_while_the_venue_is_asked_opens_the_one_market_that_is_found() -> None:
    async def act(found: Hands) -> None:
        await asked_too_early(found, "enter", hit(1))
        assert found.app.screen is found.app.dashboard
        assert found.desk.shown == found.desk.markets[-1] == hit(1).instrument.id

    play(act)


def test_a_market_that_is_to_be_added_while_the_venue_is_asked_is_added_once_it_is_found() -> None:
    async def act(found: Hands) -> None:
        await asked_too_early(found, "ctrl+a", hit(1))
        assert found.desk.markets[-1] == hit(1).instrument.id
        assert found.said == "added as number 12"
        found.picker.grant()
        assert found.picker.said == "added as number 12"

    play(act)


@pytest.mark.parametrize("first", ["enter", "ctrl+a"])
@pytest.mark.parametrize("then", ["ctrl+d", "down", "up"])
def test_a_key_that_waits_is_given_up_for_the_next_one(first: str, then: str) -> None:
    async def act(found: Hands) -> None:
        before = list(found.desk.markets)
        await found.type("rain")
        await found.press(first)
        await found.press(then)
        assert "when it is found" not in found.said
        found.script.answer(hit(1))
        found.picker.grant()
        await found.pilot.pause()
        assert found.desk.markets == before
        assert found.app.screen is not found.app.dashboard

    play(act)


@pytest.mark.parametrize("key", ["enter", "ctrl+a"])
@pytest.mark.parametrize(
    ("hits", "trouble", "said"),
    [(2, "", "2 markets were found: which one?"), (0, "", "nothing matches"), (0, "no answer", "no answer")],
)
def test_a_key_that_was_pressed_too_early_says_why_it_does_nothing(
    key: str, hits: int, trouble: str, said: str
) -> None:
    async def act(found: Hands) -> None:
        await asked_too_early(found, key, *map(hit, range(1, hits + 1)), trouble=trouble)
        assert found.said == said
        assert len(found.desk.markets) == 11

    play(act)


def test_what_is_typed_on_while_the_venue_is_asked_takes_the_key_back() -> None:
    async def act(found: Hands) -> None:
        await found.type("rain")
        await found.press("ctrl+a")
        await found.find("bow", hit(1))
        found.picker.grant()
        assert found.said == ""
        assert len(found.desk.markets) == 11

    play(act)


# Choosing


def test_enter_shows_an_open_market_and_closes() -> None:
    async def act(found: Hands) -> None:
        await found.press("down", "down", "enter")
        await found.pilot.pause()
        assert found.app.screen is found.app.dashboard
        assert found.desk.shown == found.desk.markets[2]

    play(act)


def test_digits_and_enter_jump_to_that_market() -> None:
    async def act(found: Hands) -> None:
        await found.press("1", "0", "enter")
        assert found.desk.shown == found.desk.markets[9]

    play(act)


def test_enter_on_a_found_market_adds_and_shows_it() -> None:
    async def act(found: Hands) -> None:
        await found.find("rain", hit(1), hit(2))
        await found.press("down", "enter")
        await found.pilot.pause()
        assert found.app.screen is found.app.dashboard
        assert found.desk.markets[-1] == found.desk.shown == hit(2).instrument.id
        found.app.frames.pulse()
        assert "Will it rain… 2?" in lines(found.app)[-2]

    play(act)


@pytest.mark.parametrize("key", ["ctrl+a", "insert"])
def test_adding_without_showing_stays_open_and_goes_on_to_the_next(key: str) -> None:
    async def act(found: Hands) -> None:
        shown = found.desk.shown
        await found.find("rain", hit(1), hit(2), hit(3))
        await found.press(key)
        assert found.desk.markets[-1] == hit(1).instrument.id
        assert found.desk.shown == shown
        assert found.said == "added as number 12"
        assert "day 2" in found.cursor
        assert found.listed[1].strip().startswith("12 Will it rain on day 1?")
        assert "ON ITS WAY" in found.listed[1]
        await found.press("up", key)
        assert found.said == "this market is open already"
        assert len(found.desk.markets) == 12

    play(act, (120, 40))


def test_removing_takes_an_open_market_away_and_moves_on() -> None:
    async def act(found: Hands) -> None:
        second, third = found.desk.markets[1:3]
        await found.press("down", "ctrl+d")
        assert second not in found.desk.markets
        assert found.cursor.startswith("▸   2 Gulls")
        await found.press("delete")
        assert third not in found.desk.markets

    play(act)


def test_the_last_market_stays_and_a_found_one_is_not_open() -> None:
    async def act(found: Hands) -> None:
        await found.press("ctrl+d", "ctrl+d")
        assert len(found.desk.markets) == 1
        assert found.said == "the last market stays"
        await found.find("zzz", hit(1))
        await found.press("delete")
        assert found.said == "this market is not open"

    play(act, markets=2)


def test_delete_inside_the_text_deletes_a_letter_and_no_market() -> None:
    async def act(found: Hands) -> None:
        await found.type("gulls")
        await found.press("home", "delete")
        assert found.picker.query_one(Input).value == "ulls"
        assert len(found.desk.markets) == 11

    play(act)


def test_the_cursor_stays_on_its_market_when_more_is_found() -> None:
    async def act(found: Hands) -> None:
        await found.find("rain", hit(1), hit(2))
        await found.press("down")
        found.script.answer(hit(3), hit(1), hit(2))
        found.app.frames.pulse()
        assert "day 2" in found.cursor
        found.script.answer(hit(3))
        found.app.frames.pulse()
        assert "day 3" in found.cursor

    play(act)


def siblings(found: Hands, number: int) -> list[Hit]:
    """An open market's whole event, as a venue tells it: itself last, after those that are open, too."""
    markets = [found.desk.instrument(found.desk.markets[n]) for n in (0, 2, 4, number - 1)]
    return [Hit(each) for each in markets if each is not None]


def test_what_the_text_means_stands_before_what_came_along_with_the_answer() -> None:
    async def act(found: Hands) -> None:
        await found.find("gulls", *siblings(found, 3), hit(1), hit(2, "Gulls vs. Herons"), hit(3))
        told = [row.removeprefix("▸").split()[0:2] for row in found.listed]
        assert [row[0] for row in told[:4]] == ["OPEN", "3", "›", "5"]
        assert told[4:] == [["AT", "THE"], ["Gulls", "vs."], ["Will", "it"], ["Will", "it"]]

    play(act, (120, 40))


def test_an_answer_moves_nothing_under_the_cursor() -> None:
    async def act(found: Hands) -> None:
        await found.type("gulls")
        assert found.cursor.startswith("▸   3 Gulls")
        found.picker.search()
        found.script.answer(*siblings(found, 3))
        found.app.frames.pulse()
        assert found.cursor.startswith("▸   3 Gulls")
        await found.press("enter")
        assert found.desk.shown == found.desk.markets[2]

    play(act)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_what_was_seen_under_the_cursor_is_what_enter_means_as_long_as_it_is_listed(data: st.DataObject) -> None:
    scene = scenes.market(10)
    app, script = Pmtui(scene.desk, follow=False), Script(scene.desk)
    known = [told for each in scene.desk.markets if (told := scene.desk.instrument(each)) is not None]
    hits = st.lists(st.sampled_from([*map(Hit, known), *(hit(n) for n in range(6)), hit(6, "Gulls vs. Herons")]))
    with app._context():
        page = Picker()
        page.text = data.draw(st.sampled_from(["", "gulls", "will", "3", "zebra"]))
        scene.desk.search(page.text)
        seen = None
        for _ in range(data.draw(st.integers(1, 5))):
            script.answer(*data.draw(hits))
            choices = page.choices()
            ids = [choice.id for choice in choices]
            if choices:
                at = page.chosen(choices)
                assert seen not in ids or ids[at] == seen
                seen = ids[at]
                page.point_at(choices[at])
            fits = [choice.fits(page.text) for choice in choices]
            opened = sum(choice.number > 0 for choice in choices)
            for section in (fits[:opened], fits[opened:]):
                assert section == sorted(section, reverse=True)


def test_a_long_list_scrolls_with_the_cursor() -> None:
    async def act(found: Hands) -> None:
        await found.find("rain", *(hit(n) for n in range(60)))
        for key in ["down"] * 25 + ["pagedown"] * 3 + ["up"] * 30 + ["pageup"] * 9:
            await found.press(key)
            assert found.cursor
        assert found.listed[0] == " AT THE VENUE"
        assert "day 0" in found.cursor

    play(act)


def test_keys_on_an_empty_list_do_nothing() -> None:
    async def act(found: Hands) -> None:
        await found.find("zebra")
        await found.press("down", "up", "pagedown", "ctrl+a", "ctrl+d", "delete")
        assert found.listed == []
        assert len(found.desk.markets) == 11

    play(act)


def test_a_click_opens_what_is_below_it_and_the_wheel_moves_the_cursor() -> None:
    async def act(found: Hands) -> None:
        found.picker.query_one(Choices).on_mouse_scroll_down()
        found.app.frames.pulse()
        assert found.cursor.startswith("▸   2 ")
        found.picker.query_one(Choices).on_mouse_scroll_up()
        found.app.frames.pulse()
        assert found.cursor.startswith("▸›  1 ")
        await found.pilot.click(Choices, offset=(10, 0))
        assert found.app.screen is found.picker
        await found.pilot.click(Choices, offset=(10, 3))
        await found.pilot.pause()
        assert found.desk.shown == found.desk.markets[2]

    play(act)


@pytest.mark.parametrize("key", ["escape"])
def test_escape_closes_and_changes_nothing(key: str) -> None:
    async def act(found: Hands) -> None:
        shown = found.desk.shown
        await found.type("gulls")
        await found.press(key)
        await found.pilot.pause()
        assert found.app.screen is found.app.dashboard
        assert found.desk.shown == shown

    play(act)


def test_letters_are_typed_and_are_no_keys_of_the_program() -> None:
    async def act(found: Hands) -> None:
        shown = found.desk.shown
        await found.press(*"qh]m?")
        assert found.picker.query_one(Input).value == "qh]m?"
        assert found.desk.shown == shown

    play(act)


# How it is drawn


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
def test_no_row_is_cut_and_hostile_names_are_plain_text(size: tuple[int, int]) -> None:
    title = "\x1b]52;c;AAAA\x07[@click=app.quit]Yes[/] \u202egnp " + "漢字 " * 60

    async def act(found: Hands) -> None:
        await found.find("x" * 300, *(hit(n, title, outcome=title, ends=10**30) for n in range(40)), trouble=title)
        panel = found.picker.query_one(Choices)
        for row in panel.rows:
            assert sum(cell_len(part) for part, _ in row or ()) <= panel.columns
        assert "[@click=app" in found.cursor
        assert "\u202e" not in "".join(found.rows)
        assert "\x1b" not in "".join(found.rows)
        assert "enter open" in found.rows[-1]
        assert len(found.rows) == panel.lines

    play(act, size)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_names_of_wide_letters_leave_the_columns_where_they_are(size: tuple[int, int]) -> None:
    async def act(found: Hands) -> None:
        hits = [
            hit(n, "漢字 " * 20 * (n % 2) or "Rain?", outcome=("はい", "👍👍👍👍👍", "Yes", "阪神タイガース")[n % 4])
            for n in range(8)
        ]
        await found.find("x", *hits)
        assert len({cell_len(row[: row.index("34.5")]) for row in found.listed if "34.5" in row}) == 1
        assert sum("34.5" in row for row in found.listed) == 8

    play(act, size)


def test_the_dashboard_behind_goes_on_living() -> None:
    async def act(found: Hands) -> None:
        looked = [panel for panel in found.app.panels() if type(panel).__name__ == "Truth"]
        before = list(looked[0].rows)
        board = found.desk.board()
        assert board is not None
        board.book.replace({px("0.10"): 1}, {px("0.12"): 1})
        found.app.frames.pulse()
        assert list(looked[0].rows) != before

    play(act)


def test_every_key_explains_itself() -> None:
    assert all(each.tooltip and each.description for each in Picker.BINDINGS)  # type: ignore[union-attr]
