"""The line of markets: what it says, and what keys, clicks and the wheel do."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.events import MouseScrollDown, MouseScrollUp
from textual.pilot import Pilot

from pmtui.core.board import Label
from pmtui.core.events import LinkChanged, Phase
from pmtui.core.instrument import Instrument, InstrumentId
from pmtui.core.units import ONE, Millis, px
from pmtui.ui.app import Pmtui
from pmtui.ui.panels.plot import Plot
from pmtui.ui.panels.strip import Strip, _window
from pmtui.ui.panels.truth import Truth
from tests import scenes
from tests.draw import drawn, give, lines
from tests.scenes import Scene, hear

SIZES = [(80, 24), (120, 40), (200, 60)]


def strip(app: Pmtui) -> Strip:
    return app.dashboard.query_one(Strip)


def text(app: Pmtui) -> str:
    row = strip(app).rows[0]
    return "".join(part for part, _ in row) if row else ""


def play(scene: Scene, act: Callable[[Pmtui, Pilot[None]], Awaitable[None]], size: tuple[int, int] = (120, 40)) -> None:
    async def work() -> None:
        app = Pmtui(scene.desk, follow=False)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            strip(app).focus()
            await pilot.pause()
            app.frames.pulse()
            await act(app, pilot)

    asyncio.run(work())


def test_each_market_has_its_number_name_price_and_direction_and_the_shown_one_is_marked() -> None:
    line = drawn(scenes.market(10, show=1), (120, 40), text)
    assert "  1 Aurora Line open…" in line
    assert " ›2 Meridian Motors…" in line
    assert line.count("›") == 2  # the other says that there are more


def move(scene: Scene, bid: str, ask: str) -> None:
    bids, asks = {int(px(bid)): 1}, {int(px(ask)): 1}
    scene.desk.store.take([scenes._snapshot(scene.desk.shown, scene.clock.at, bids, asks, "0.01")])


def test_the_arrow_says_where_the_price_went_and_does_not_flicker() -> None:
    scene = scenes.bare(({px("0.40"): 1}, {px("0.42"): 1}))
    board = scene.desk.board()
    assert board is not None

    async def act(app: Pmtui, pilot: Pilot[None]) -> None:
        seen = []
        for bid, ask, wait in [
            ("0.41", "0.43", 1_000),  # too soon to tell
            ("0.41", "0.43", 4_500),
            ("0.30", "0.32", 900),
            ("0.30", "0.32", 4_500),
            ("0.40", "0.42", 5_000),
        ]:
            move(scene, bid, ask)
            scene.clock.at += wait  # type: ignore[assignment]
            board.data_at = scene.clock.at
            app.frames.pulse()
            seen.append(text(app).split()[-1])
        assert seen == ["42.0", "42.0▲", "31.0▲", "31.0▼", "41.0▬"]

    play(scene, act)


def test_the_arrow_of_a_market_that_comes_into_sight_says_what_happened_before() -> None:
    scene = scenes.bare(({px("0.40"): 1}, {px("0.42"): 1}))
    move(scene, "0.40", "0.42")
    scene.clock.at += 10_000  # type: ignore[assignment]
    move(scene, "0.35", "0.37")
    scene.clock.at += 8_000  # type: ignore[assignment]
    hear(scene)
    assert drawn(scene, (120, 40), text).split()[-1] == "36.0▼"


@pytest.mark.parametrize(("make", "mark"), [(scenes.stale, "!"), (scenes.down, "!"), (scenes.resync, "?")])
def test_a_book_that_cannot_be_believed_has_a_mark_and_no_arrow(make: Callable[[], Scene], mark: str) -> None:
    first = drawn(make(), (120, 40), text).partition("  2 ")[0]
    assert first.rstrip().endswith(mark)
    assert not set(first) & set("▲▼▬")


def test_a_quiet_market_off_the_screen_whose_turn_to_be_proven_has_not_come_is_no_alarm() -> None:
    scene = scenes.market(10)
    now, (first, second) = scene.clock.at, scene.desk.markets[:2]
    for market in (first, second):
        board = scene.desk.store.boards[market]
        assert board.link is not None
        board.data_at = board.link.data_at = Millis(now - 40_000)
        board.witness_at = Millis(now - 12_000)
        assert board.label(now) is Label.STALE

    def marks() -> str:
        line = drawn(scene, (120, 40), text)
        return "".join(line.partition(f"  {n} ")[0].rstrip()[-1] for n in (2, 3))

    assert marks() == "!·"
    board.witness_at = Millis(now - 70_000)
    assert marks() == "!!"
    board.witness_at = Millis(now - 12_000)
    assert board.link is not None
    board.link.suspect = "the feed is frozen"
    assert marks() == "!!"


def test_a_flipped_market_is_one_entry_and_says_which_outcome() -> None:
    scene = scenes.market(10)
    before = drawn(scene, (120, 40), text)
    scene.desk.flip()
    after = drawn(scene, (120, 40), text)
    assert " ›1 Aurora Line open… NO " in after
    assert after.count("Aurora") == before.count("Aurora") == 1


def test_a_market_whose_book_is_on_its_way_is_there_by_its_name() -> None:
    scene = scenes.market(10)
    scene.desk.add(Instrument(InstrumentId("polymarket:77"), "polymarket", "77", title="[b]A new[/b] \x1b[2Jmarket"))
    scene.desk.show(InstrumentId("polymarket:77"))
    assert "[b]A new[/b]… –…" in drawn(scene, (120, 40), text)


@pytest.mark.parametrize("show", [0, 5, 10])
@pytest.mark.parametrize("flipped", [False, True])
def test_no_entry_is_cut_at_any_width_and_the_shown_one_is_there(show: int, flipped: bool) -> None:
    scene = scenes.market(10, show=show)
    if flipped:
        scene.desk.flip()

    async def act(app: Pmtui, pilot: Pilot[None]) -> None:
        for width in (28, 33, 46, 60, 80, 120, 200):
            give(app, strip(app), width, 1)
            await pilot.pause()
            app.frames.pulse()
            line = text(app)
            assert strip(app).columns == width
            assert cell_len(line) <= width
            assert f"›{show + 1} " in line
            assert re.search(r"[▲▼▬!?…■·]$|(bid|ask) [\d.]+$", line.rstrip(" ›"))

    play(scene, act, (200, 24))


@given(st.lists(st.integers(8, 38), min_size=1, max_size=30), st.integers(0, 40), st.data())
def test_the_entries_that_fit_hold_the_shown_one_and_waste_no_room(
    widths: list[int], first: int, data: st.DataObject
) -> None:
    shown = data.draw(st.integers(0, len(widths) - 1))
    width = data.draw(st.integers(45, 200))
    begin, end = _window(widths.__getitem__, len(widths), first, shown, width)
    assert 0 <= begin <= shown <= end < len(widths)
    used = sum(widths[begin : end + 1])
    assert used <= width - 4
    assert end + 1 == len(widths) or used + widths[end + 1] > width - 4
    assert _window(widths.__getitem__, len(widths), begin, shown, width) == (begin, end)


def test_stepping_inside_the_line_moves_only_the_mark() -> None:
    widths = [20] * 10
    assert {_window(widths.__getitem__, len(widths), 2, shown, 84) for shown in (2, 3, 4, 5)} == {(2, 5)}
    assert _window(widths.__getitem__, len(widths), 2, 6, 84) == (3, 6)
    assert _window(widths.__getitem__, len(widths), 2, 1, 84) == (1, 4)


def test_of_thousands_of_markets_only_those_in_sight_are_looked_at() -> None:
    looked: set[int] = set()

    def width(n: int) -> int:
        looked.add(n)
        return 20

    assert _window(width, 5_000, 0, 4_000, 84) == (3_997, 4_000)
    assert len(looked) < 20


def test_keys_step_and_jump_when_it_has_the_focus() -> None:
    scene = scenes.market(10)
    desk = scene.desk

    async def act(app: Pmtui, pilot: Pilot[None]) -> None:
        for key, place in [("right", 1), ("right", 2), ("left", 1), ("5", 4), ("9", 8), ("1", 0), ("left", 10)]:
            await pilot.press(key)
            assert desk.markets.index(desk.market) == place, key

    play(scene, act)


def test_delete_stops_watching_the_shown_market_but_not_the_last() -> None:
    scene = scenes.market(10)
    desk = scene.desk

    async def act(app: Pmtui, pilot: Pilot[None]) -> None:
        second = desk.markets[1]
        await pilot.press("delete")
        assert desk.market == second
        for _ in range(15):
            await pilot.press("delete")
        assert len(desk.markets) == 1
        assert len(strip(app)._readings) < 12

    play(scene, act)


def test_enter_opens_the_list_to_find_a_market_in() -> None:
    async def act(app: Pmtui, pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        assert type(app.screen).__name__ == "Picker"

    play(scenes.market(10), act)


@pytest.mark.parametrize("size", SIZES)
def test_a_click_shows_the_market_below_it(size: tuple[int, int]) -> None:
    scene = scenes.market(10)
    desk = scene.desk

    async def act(app: Pmtui, pilot: Pilot[None]) -> None:
        for name, place in (("Meridian", 1), ("Aurora", 0)):
            await pilot.click(Strip, offset=(text(app).index(name), 0))
            assert desk.markets.index(desk.market) == place
            app.frames.pulse()

    play(scene, act, size)


def test_every_column_of_an_entry_is_its_own_and_others_are_nobodys() -> None:
    scene = scenes.market(10, show=3)

    async def act(app: Pmtui, pilot: Pilot[None]) -> None:
        line, panel = text(app), strip(app)
        for columns, market in panel._places:
            if line[columns.start : columns.stop].strip() in "‹›":
                continue
            assert str(scene.desk.markets.index(market) + 1) in line[columns.start : columns.stop]
        covered = [x for columns, _ in panel._places for x in columns]
        assert len(covered) == len(set(covered))
        await pilot.click(Strip, offset=(79, 0))
        assert scene.desk.market == scene.desk.markets[3]

    play(scene, act, (80, 24))


def test_a_click_on_a_sign_at_the_end_goes_on_to_the_next_market_beyond() -> None:
    scene = scenes.market(10)
    desk = scene.desk

    async def act(app: Pmtui, pilot: Pilot[None]) -> None:
        count = len(desk.markets)
        seen = []
        while text(app).rstrip().endswith(" ›"):
            await pilot.click(Strip, offset=(len(text(app).rstrip()) - 1, 0))
            app.frames.pulse()
            seen.append(desk.markets.index(desk.market))
        assert seen[-1] == count - 1
        assert seen == sorted(set(seen))
        while text(app).startswith("‹"):
            await pilot.click(Strip, offset=(0, 0))
            app.frames.pulse()
            seen.append(desk.markets.index(desk.market))
        assert seen[-1] == 0

    play(scene, act, (80, 24))


def test_the_wheel_steps_through_the_markets() -> None:
    scene = scenes.market(10)
    desk = scene.desk

    async def act(app: Pmtui, pilot: Pilot[None]) -> None:
        for kind, place in ((MouseScrollDown, 1), (MouseScrollDown, 2), (MouseScrollUp, 1)):
            await pilot._post_mouse_events([kind], Strip, button=0)
            assert desk.markets.index(desk.market) == place

    play(scene, act)


def test_its_head_is_bright_where_the_keys_go() -> None:
    async def act(app: Pmtui, pilot: Pilot[None]) -> None:
        looks = {part.strip(): look for part, look in strip(app).rows[0] or ()}
        assert looks["›1"] == "pane--title-on"
        strip(app).blur()
        await pilot.pause()
        app.frames.pulse()
        looks = {part.strip(): look for part, look in strip(app).rows[0] or ()}
        assert looks["›1"] == "pane--title"

    play(scenes.market(10), act)


@pytest.mark.parametrize("side", [0, 1])
def test_a_market_with_one_side_has_no_middle_and_says_which_side_it_tells(side: int) -> None:
    near = scenes._levels("0.34", "0.35", tick="0.01", count=20)
    scene = scenes.bare((near[0], {}) if side == 0 else ({}, near[1]))
    words = ("bid 34", "ask 35")[side]
    assert f" {words} " in drawn(scene, (120, 40), text)
    assert not set("▲▼▬") & set(drawn(scene, (120, 40), text))
    assert f" {words} " in "\n".join(drawn(scene, (80, 24), lines, keys=["slash"]))


def test_the_middle_is_the_one_of_the_header() -> None:
    def told(app: Pmtui) -> tuple[str, str]:
        return lines(app)[0], lines(app)[-2]

    scene = scenes.bare(scenes._levels("0.34", "0.35", tick="0.01", count=20))
    scene.wait(5_000)
    header, strip = drawn(scene, (120, 40), told)
    assert "34.5¢" in header
    assert "34.5▬" in strip


@pytest.mark.parametrize("seed", range(4))
def test_header_price_line_and_line_of_markets_tell_one_price_in_each_frame(seed: int) -> None:
    scene, dice = scenes.market(10), random.Random(seed)
    desk, tick = scene.desk, px("0.01")
    store = desk.store

    def quote() -> None:
        bid = tick * dice.randrange(2, 97)
        ask = bid + tick * dice.choice([-1, 0, 1, 1, 1, 2, 3])  # now and then in the middle of a batch
        sides = {bid: ONE}, {ask: ONE} if dice.randrange(12) else {}
        instrument = dice.choice([desk.shown, desk.shown, desk.markets[1]])
        store.take([scenes._snapshot(instrument, scene.clock.at, *sides, "0.01")])

    def lose() -> None:
        board = desk.board()
        assert board is not None
        phase = Phase.DOWN if board.link and board.link.phase is Phase.UP else Phase.UP
        store.take([LinkChanged(scenes.LINK, scene.clock.at, 1, phase)])

    def told(app: Pmtui) -> list[tuple[float, bool] | None]:
        """The price that each of them tells, and whether it looks live."""
        rows = app.dashboard.query_one(Truth).rows[0], app.dashboard.query_one(Plot).rows[0], strip(app).rows[0]
        header, plot, entries = (list(row or ()) for row in rows)
        header = [span for n, span in enumerate(header) if not n or header[n - 1][0] != "tick "]
        here = next(n for n, (text, _) in enumerate(entries) if "›" in text and text.strip(" ›").isdigit())
        dim = "sheet--dim"
        found = []
        for spans in (header, plot, [(f"{text}¢", look) for text, look in entries[here + 2 : here + 4]]):
            known = [(float(text.strip("¢ ")), look != dim) for text, look in spans if re.fullmatch(r" ?[\d.]+¢", text)]
            found.append(known[0] if known else None)
        return found

    async def act(app: Pmtui, pilot: Pilot[None]) -> None:
        met = 0
        for _ in range(250):
            for _ in range(dice.choice([0, 1, 1, 2])):
                dice.choice([quote] * 12 + [desk.flip, lambda: desk.step(1), lambda: desk.step(-1), lose])()
            scene.clock.at += dice.choice([0, 1, 20, 33, 33, 33, 60, 120, 400, 1_100])  # type: ignore[assignment]
            app.frames.pulse()
            header, plot, entry = told(app)
            assert header == entry
            assert plot in (header, None)
            met += plot is not None
        assert met > 100

    play(scene, act)
