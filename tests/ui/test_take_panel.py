"""The take box: what a typed size costs, in words that fit."""

from __future__ import annotations

import asyncio
import re
from fractions import Fraction
from typing import ClassVar

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from textual.binding import Binding, BindingType
from textual.pilot import Pilot

from pmtui.core.events import UNTOLD_TOP, BookDelta, Fresh, Move
from pmtui.core.units import ONE, Millis, Px, px, qty
from pmtui.ui.app import Pmtui
from pmtui.ui.panels.take import Take
from pmtui.ui.taking import _dollars
from tests import scenes
from tests.core.boards import levels
from tests.draw import drawn, lines
from tests.scenes import Scene

from .alone import Alone
from .stage import after, looks, play, texts, too_wide

WIDE, NARROW = (46, 7), (33, 5)


def scene_of(bids: str, asks: str, tick: str = "0.01") -> Scene:
    return scenes.bare((levels(bids), levels(asks)), tick=tick)


def common() -> Scene:
    return scene_of("0.334x300 0.333x500 0.331x2000", "0.337x640 0.338x200 0.339x1000", tick="0.001")


def test_both_sides_tell_average_worst_money_and_levels() -> None:
    rows = after(common(), Take(), WIDE)

    # 640 at 33.7, 200 at 33.8 and 160 at 33.9 cost 337.52; the average is rounded up for a buyer.
    assert rows[1] == " buy  avg 33.76 worst 33.9 cost $337.52 3 lv"
    # 300 at 33.4, 500 at 33.3 and 200 at 33.1 bring 332.90; the average is rounded down for a seller.
    assert rows[2] == " sell avg 33.29 worst 33.1 get  $332.90 3 lv"


def test_depth_is_told_for_each_side() -> None:
    rows = after(common(), Take(), WIDE)

    assert rows[3] == " ±1¢  bid   $928  2.8K │ ask   $622  1.8K"
    assert rows[4] == " ±5¢  bid   $928  2.8K │ ask   $622  1.8K"
    assert after(common(), Take(), (60, 7))[3] == " ±1¢ depth  bid   $928  2.8K sh │ ask   $622  1.8K sh"
    assert after(common(), Take(), NARROW)[1] == " ±1¢  bid   $928 │ ask   $622"


@pytest.mark.parametrize("coin", ["BTC", "@230", "#10"])
@pytest.mark.parametrize("width", [44, 46, 52, 80])
def test_depth_of_a_book_that_is_told_to_some_depth_only_is_a_bound_in_size_as_in_money(coin: str, width: int) -> None:
    rows = after(scenes.coins(5, show=scenes.COINS.index(coin)), Take(), (width, 7))[3:5]
    for row in rows:
        for side in row.split("│"):
            assert side.count("≥") in (0, 2)
    assert rows[1].count("≥") == 4
    assert rows[0].index("│") == rows[1].index("│")
    assert len(rows[0].rstrip()) == len(rows[1].rstrip())


def test_the_columns_of_the_depth_stand_still_when_what_was_known_becomes_a_bound() -> None:
    scene = common()
    board = scene.desk.board()
    assert board is not None
    told: list[bool] = []
    places = []
    for asks in ("0.337x640 0.338x200 0.339x1000", "0.337x640 0.338x200 0.4x1"):
        board.book.replace(board.book.bids, levels(asks))
        board.fresh = Fresh(Px(board.book.bid), Px(board.book.ask), scene.clock.at, 2_000)
        row = after(scene, Take(), (60, 7))[3]
        told.append("≥" in row.partition("│")[2])
        places.append((row.index("│"), row.index("K sh", row.index("│")) if told[-1] else row.rindex(" sh") - 1))
    assert told == [True, False]
    assert places[0] == places[1]


def test_the_largest_levels_are_told_with_their_age_where_there_is_room() -> None:
    scene = common()
    at = Millis(scene.clock.at + 1_000)
    come: list[Move] = [
        (scene.desk.shown, True, px("0.33"), qty("3000"), UNTOLD_TOP, ""),
        (scene.desk.shown, False, px("0.34"), qty("18000"), UNTOLD_TOP, ""),
    ]
    scene.desk.store.take([BookDelta(at, at, come)])
    scene.clock.at = Millis(at + 180_000)
    scenes.hear(scene)

    assert after(scene, Take(), (46, 7))[5:] == [
        " largest bid 33.0 3.0K for 3m",
        " largest ask 34.0 18.0K for 3m",
    ]
    assert after(scene, Take(), (46, 6))[5] == " largest bid 33.0 3.0K │ ask 34.0 18.0K"
    assert after(scene, Take(), (70, 6))[5] == " largest bid 33.0 3.0K for 3m │ ask 34.0 18.0K for 3m"


@pytest.mark.parametrize(
    "size", [(33, 4), (33, 5), (36, 5), (41, 5), (46, 6), (46, 7), (52, 6), (56, 7), (60, 6), (70, 6)]
)
def test_the_largest_levels_keep_their_form_as_long_as_the_box_keeps_its_size(size: tuple[int, int]) -> None:
    async def scenario(panel: Take, _: Pilot[None]) -> None:
        forms = set()
        for price, shares in (("0.33", "3000"), ("0.05", "9000"), ("0.325", "123456")):
            at = scene.clock.at
            come: list[Move] = [(scene.desk.shown, True, px(price), qty(shares), UNTOLD_TOP, "")]
            scene.desk.store.take([BookDelta(at, at, come)])
            for age in (1_000, 9_000, 108_000, 125_000, 3_700_000):
                scene.clock.at = Millis(at + age)
                scenes.hear(scene)
                told = [row for row in texts(panel) if " max " in row or " largest " in row]
                forms.add("/".join(re.sub(r"≥?[\d.]+\w?", "#", row) for row in told))
                assert too_wide(panel) == []
        assert len(forms) == 1

    scene = common()
    play(scene, Take(), size, scenario)


def test_little_width_has_a_short_spelling() -> None:
    rows = after(common(), Take(), (33, 4))

    assert rows[0] == " 1000 sh: buy 33.76  sell 33.29"
    assert rows[1] == " ±1¢  bid   $928 │ ask   $622"
    assert rows[3] == " max 33.1 2.0K │ 33.9 1.0K"


@pytest.mark.parametrize("width", [80, 99, 100, 103, 104, 120, 140])
def test_the_box_has_no_lines_that_the_tape_above_could_use(width: int) -> None:
    def read(app: Pmtui) -> tuple[int, int]:
        box = app.dashboard.query_one(Take)
        return box.lines, len(box.rows)

    lines, said = drawn(scenes.market(30), (width, 30), read)
    assert said <= lines <= said + 1  # the largest levels may need a second row


def test_the_average_has_one_decimal_more_than_the_tick() -> None:
    for tick, average in (("0.01", "52.4"), ("0.001", "52.34"), ("0.0001", "52.334"), ("0.0025", "52.334")):
        scene = scene_of("0.50x1", "0.52x200 0.53x100", tick=tick)
        assert f"avg {average} " in after(scene, Take(), (60, 7), [*"300", "enter"])[1]


def test_a_price_off_the_grid_of_the_touches_is_told_to_its_last_decimal() -> None:
    scene = scene_of("0.5x5 0.499x10 0.497x200", "0.52x1 0.537x30 0.54x5", tick="0.01")
    panel = Take()
    panel.shares = qty("20")
    rows = after(scene, panel, (80, 9))
    assert " worst 53.7 " in rows[1]
    assert " worst 49.7 " in rows[2]
    assert "bid 49.7 200 " in rows[5]
    assert "ask 53.7 30 " in rows[5]


def test_a_thin_book_says_what_is_missing() -> None:
    scene = scene_of("0.50x100", "0.52x640")

    rows = after(scene, Take(), WIDE)

    assert "360 missing" in rows[1]
    assert "900 missing" in rows[2]
    assert after(scene, Take(), NARROW)[:2] == [" 1000 sh: buy 52.0 · 360 missing", "          sell 50.0 · 900 missing"]


@pytest.mark.parametrize("size", ["50k", "75500", "999k", "1234567", "999m", "999999999"])
@pytest.mark.parametrize("width", range(33, 60, 3))
def test_no_average_of_a_part_stands_for_the_whole(width: int, size: str) -> None:
    rows = after(scene_of("0.50x100", "0.52x640"), Take(), (width, 5), [*size, "enter"])
    for side in ("buy ", "sell "):
        assert sum(side in row and row.endswith(" missing") for row in rows) == 1


def only_so_deep() -> Scene:
    """A book of which the venue tells four levels and no more; of the asks it tells all."""
    scene = scene_of("100x10 99.5x10 99x10 98.9x7", "101x640", tick="0.1")
    board = scene.desk.board()
    assert board is not None
    board.instrument = board.instrument.told(ceiling=Px(0), unit="BTC")
    board.fresh = Fresh(Px(board.book.bid), Px(board.book.ask), scene.clock.at, 2_000, whole=(False, True))
    return scene


def test_what_lies_beyond_a_book_that_is_told_only_so_deep_is_untold_and_not_missing() -> None:
    typed = [*"999", "enter"]
    rows = after(only_so_deep(), Take(), (70, 7), typed)

    # 3677.30 for 37: the average of all is no higher than 99.3865, and what they bring is no less.
    assert rows[1] == " buy  avg 101.00 worst 101.0 cost  $64640 1 lv 359 missing"
    assert rows[2] == " sell avg≤99.39 worst≤98.9 get   ≥$3677 ≥4 lv 962 untold"
    assert after(only_so_deep(), Take(), (40, 5), typed)[:2] == [
        " 999 BTC: buy 101.00 · 359 missing",
        "          sell ≤99.39 · 962 untold",
    ]
    rows = after(only_so_deep(), Take(), (70, 7), [*"37", "enter"])
    assert not {*rows[2]} & {*"≤≥"}


def test_nothing_moves_when_a_book_that_is_told_only_so_deep_is_left_behind() -> None:
    for buy, side in ((True, 1), (False, 2)):
        told = []
        for whole in ((True, True), (False, False)):
            scene = only_so_deep()
            board = scene.desk.board()
            assert board is not None
            assert board.fresh is not None
            board.fresh = board.fresh._replace(whole=whole)
            told.append(after(scene, Take(), (70, 7), [*"999", "enter"])[side])
        places = [[row.index(word) for word in ("avg", "worst", "cost" if buy else "get", " lv")] for row in told]
        assert places[0] == [each - (word == 3) for word, each in enumerate(places[1])]


def test_what_it_costs_is_told_before_the_worst_price_where_there_is_no_room_for_both() -> None:
    scene = scene_of("0.50x100", "0.997x5", tick="0.001")

    rows = after(scene, Take(), (46, 7))

    assert rows[1] == " buy  avg 99.70 cost   $4.99 995 missing"


@pytest.mark.parametrize(
    ("keys", "typed", "said"),
    [
        ("1234567890", "123456789", ["a size has at most 9 digits: 123456789 stays"]),
        ("1.2.5", "1.25", ["a size has one point: 1.2 stays"]),
        ("2k5", "2k", ["nothing follows the k of a size: 2k stays"]),
        ("1mm", "1m", ["nothing follows the m of a size: 1m stays"]),
        ("1e5", "15", ["a size is digits, one point and k or m at its end: 1 stays"]),
        ("1,5", "15", ["a size is digits, one point and k or m at its end: 1 stays"]),
        ("2.5K", "2.5k", []),
        ("1M", "1m", []),
    ],
)
def test_what_is_typed_and_cannot_be_a_size_is_refused_in_words(keys: str, typed: str, said: list[str]) -> None:
    def read(app: Pmtui) -> tuple[str, list[str]]:
        return app.dashboard.query_one(Take).typed, [each.text for each in app.notes]

    pressed = ["tab", "tab", "tab", *("full_stop" if key == "." else key for key in keys)]
    assert drawn(common(), (120, 40), read, keys=pressed) == (typed, said)


@pytest.mark.parametrize("typed", ["0", "00", "0.0", ".", "0k"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_a_size_of_nothing_is_refused_in_words_on_the_screen(typed: str, size: tuple[int, int]) -> None:
    def read(app: Pmtui) -> tuple[int, str]:
        return app.dashboard.query_one(Take).shares, "\n".join(lines(app))

    pressed = ["tab", "tab", "tab", *("full_stop" if key == "." else key for key in typed), "enter"]
    shares, screen = drawn(common(), size, read, keys=pressed if size[0] > 80 else pressed[1:])
    assert shares == 1_000 * ONE
    assert f" {typed} is no size: 1000 stays " in screen


def test_a_million_is_typed_with_one_letter() -> None:
    heads, size = typing("1", "m", "enter")
    assert heads[1].startswith(" TAKE  1m_ sh")
    assert size == qty("1000000")


def test_an_empty_side_is_told_in_words() -> None:
    scene = scene_of("0.50x1000", "")

    rows = after(scene, Take(), WIDE)

    assert rows[1] == " buy  no asks to take"
    assert rows[3] == " ±1¢  bid   $500  1.0K │ ask   none"
    assert rows[6].endswith("ask none")
    assert after(scene_of("", "0.5x1"), Take(), WIDE)[2] == " sell no bids to take"
    assert " no asks to take" in after(scene, Take(), NARROW)[0]


def test_without_a_book_it_says_so() -> None:
    scene = common()
    board = scene.desk.board()
    assert board is not None
    board.forget(scene.clock.at)

    assert after(scene, Take(), WIDE)[:2] == [" TAKE  1000 sh  type a size, enter", " no book yet"]


def typing(*steps: str) -> tuple[list[str], int]:
    """The heads after each of these keys, and the size in the end."""
    panel, heads = Take(), []

    async def scenario(panel: Take, pilot: Pilot[None]) -> None:
        for key in steps:
            await pilot.press(key)
            heads.append(texts(panel)[0])

    play(common(), panel, WIDE, scenario)
    return heads, panel.shares


def test_a_size_is_typed_shown_with_a_cursor_and_set_by_enter() -> None:
    heads, size = typing("2", "full_stop", "5", "k", "enter")

    assert heads[0] == " TAKE  2_ sh  enter sets, escape keeps 1000"
    assert heads[3].startswith(" TAKE  2.5k_ sh")
    assert heads[4] == " TAKE  2500 sh  type a size, enter"
    assert size == qty("2500")


def test_escape_restores_and_backspace_takes_back() -> None:
    heads, size = typing("7", "5", "backspace", "escape")

    assert [head.split()[1] for head in heads] == ["7_", "75_", "7_", "1000"]
    assert size == qty("1000")


@pytest.mark.parametrize(
    ("keys", "typed"),
    [
        (["1", "full_stop", "full_stop", "5"], "1.5_"),
        (["1", "k", "k", "5", "full_stop"], "1k_"),
        (list("1234567890"), "123456789_"),
        (["k"], "1000"),
    ],
    ids=["one point", "nothing after the thousands", "nine digits", "no thousands of nothing"],
)
def test_only_what_can_be_a_size_is_typed(keys: list[str], typed: str) -> None:
    assert typing(*keys)[0][-1].split()[1] == typed


@pytest.mark.parametrize("keys", [["0", "enter"], ["full_stop", "enter"], ["0", "full_stop", "0", "enter"]])
def test_what_is_no_size_changes_nothing(keys: list[str]) -> None:
    assert typing(*keys)[1] == qty("1000")


class Busy(Alone):
    """A program whose own keys are the same."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, f"heard({key!r})") for key in ("1", "7", "k", "m", "enter", "escape", "backspace", "full_stop")
    ]

    def __init__(self, scene: Scene, panel: Take) -> None:
        super().__init__(panel, scene.desk, ascii_only=False)
        self.heard: list[str] = []

    def action_heard(self, key: str) -> None:
        self.heard.append(key)


async def _heard(scene: Scene, *keys: str) -> list[str]:
    app = Busy(scene, Take())
    async with app.run_test(size=WIDE) as pilot:
        app.panel.focus()
        await pilot.pause()
        await pilot.press(*keys)
        return app.heard


async def _heard_elsewhere(scene: Scene, *keys: str) -> list[str]:
    app = Busy(scene, Take())
    async with app.run_test(size=WIDE) as pilot:
        app.set_focus(None)
        await pilot.press(*keys)
        return app.heard


def test_digits_go_to_the_size_and_to_nobody_else() -> None:
    assert asyncio.run(_heard(common(), "1", "full_stop", "7", "backspace", "k", "enter", "1", "m", "escape")) == []


def test_keys_that_end_nothing_go_on_to_the_program() -> None:
    keys = "k", "m", "enter", "escape", "backspace"
    assert asyncio.run(_heard(common(), *keys)) == [*keys]
    assert asyncio.run(_heard_elsewhere(common(), "1", "7")) == ["1", "7"]


def test_what_was_typed_is_forgotten_when_the_keys_go_elsewhere() -> None:
    async def scenario(panel: Take, pilot: Pilot[None]) -> None:
        await pilot.press("7")
        panel.blur()
        await pilot.pause()
        assert texts(panel)[0] == " TAKE  1000 sh"

    play(common(), Take(), WIDE, scenario)


def test_figures_follow_the_book_and_the_size() -> None:
    scene = common()
    shown = scene.desk.shown
    found: list[str] = []

    async def scenario(panel: Take, pilot: Pilot[None]) -> None:
        found.append(texts(panel)[1])
        at = scene.clock.at
        scene.desk.store.take([BookDelta(at, at, [(shown, False, px("0.336"), qty("5000"), UNTOLD_TOP, "")])])
        scene.clock.at = Millis(at + panel.every)
        found.append(texts(panel)[1])
        await pilot.press("1", "0", "enter")
        found.append(texts(panel)[1])

    play(scene, Take(), WIDE, scenario)

    assert "avg 33.76" in found[0]
    assert "avg 33.60 worst 33.6 cost $336.00 1 lv" in found[1]
    assert "$3.36 1 lv" in found[2]


@pytest.mark.parametrize(("is_bid", "price"), [(True, "0.335"), (False, "0.336")])
def test_another_best_price_is_shown_as_soon_as_above_the_book(is_bid: bool, price: str) -> None:
    scene = common()
    shown = scene.desk.shown

    async def scenario(panel: Take, pilot: Pilot[None]) -> None:
        await pilot.press("1", "enter")
        scene.clock.at = at = Millis(scene.clock.at // panel.every * panel.every + panel.every)
        texts(panel)
        scene.desk.store.take([BookDelta(at, at, [(shown, is_bid, px(price), qty("5000"), UNTOLD_TOP, "")])])
        scene.clock.at = Millis(at + 1)
        assert f"worst {price[2:4]}.{price[4]} " in texts(panel)[2 if is_bid else 1]

    play(scene, Take(), WIDE, scenario)


def test_what_came_too_soon_after_a_look_is_looked_at_when_its_time_has_come() -> None:
    scene = common()
    shown = scene.desk.shown
    asked: list[float] = []

    async def scenario(panel: Take, pilot: Pilot[None]) -> None:
        panel.host.frames.look_in = asked.append  # type: ignore[method-assign,assignment]
        scene.clock.at = at = Millis(scene.clock.at // panel.every * panel.every + panel.every)
        texts(panel)
        scene.clock.at = Millis(at + 30)
        texts(panel)
        assert asked == []  # nothing came
        scene.desk.store.take([BookDelta(at, at, [(shown, False, px("0.339"), qty("5000"), UNTOLD_TOP, "")])])
        texts(panel)
        assert asked == [(panel.every - 30) / 1000]
        scene.clock.at = Millis(at + panel.every)
        texts(panel)
        texts(panel)
        assert len(asked) == 1

    play(scene, Take(), WIDE, scenario)


def test_a_book_in_the_middle_of_a_batch_keeps_its_figures() -> None:
    scene = common()
    board = scene.desk.board()
    assert board is not None
    found: list[list[str]] = []

    async def scenario(panel: Take, pilot: Pilot[None]) -> None:
        found.append(texts(panel)[1:])
        board.book.set(True, px("0.36"), ONE)
        board.crossed_at = scene.clock.at
        found.append(texts(panel)[1:])
        scene.wait(1_500)
        found.append(texts(panel)[1:])

    play(scene, Take(), WIDE, scenario)

    before, during, later = found
    assert during == before
    assert later != before


def test_a_book_that_is_not_proven_is_dim_and_named() -> None:
    found: list[tuple[str, set[str]]] = []

    async def scenario(panel: Take, pilot: Pilot[None]) -> None:
        head = texts(panel)[0]
        found.append((head, looks(panel)))

    play(scenes.stale(20), Take(), WIDE, scenario)
    play(scenes.market(20), Take(), WIDE, scenario)

    (stale, dim), (live, bright) = found
    assert "STALE" in stale
    assert dim <= {"", "sheet--dim", "sheet--warn", "pane--title-on"}
    assert "STALE" not in live
    assert {"sheet--bid", "sheet--ask"} <= bright


@pytest.mark.parametrize("name", scenes.books())
def test_nothing_is_cut_whatever_the_book(name: str) -> None:
    async def scenario(panel: Take, pilot: Pilot[None]) -> None:
        for size in ((33, 3), (33, 5), (46, 3), (46, 7), (80, 8)):
            await pilot.resize_terminal(*size)
            assert (panel.columns, panel.lines) == size
            for shares, typed in (("1000", ""), ("123456789", ".000000001"), ("999999999000", "999999999k")):
                panel.shares, panel.typed = qty(shares), typed
                assert 1 <= len(texts(panel)) <= panel.lines, (size, shares)
                assert too_wide(panel) == [], (size, shares)

    play(scenes.books()[name], Take(), (33, 3), scenario)


def test_large_sums_are_told_in_few_characters_and_never_too_low_for_a_buyer() -> None:
    scene = scene_of("0.50x1", "0.51x3000000", tick="0.01")
    for shares, cost in (("100", "$51.00"), ("5001", "$2551"), ("2500001", "$1.3M")):
        panel = Take()
        panel.shares = qty(shares)
        assert f"{cost} " in after(scene, panel, (60, 7))[1]


@given(st.integers(1, 10**21), st.booleans())
@example(150_240_000 * ONE, True)
@example(142_740_000 * ONE, False)
def test_a_cost_is_never_told_too_low_and_what_a_sale_brings_never_too_high(dollars: int, buy: bool) -> None:
    told = _dollars(dollars * ONE, up=buy)
    digits = re.fullmatch(r"[<>]?\$([\d.]+)([KMB]?)", told)
    assert digits is not None
    shown = Fraction(digits[1]) * {"": 1, "K": 10**3, "M": 10**6, "B": 10**9}[digits[2]]
    exact = Fraction(dollars, ONE)
    if told.startswith((">", "<")):
        assert exact >= shown if told[0] == ">" else exact < shown
    else:
        assert exact <= shown <= exact * Fraction(11, 10) + 1 if buy else exact - exact / 10 - 1 <= shown <= exact


@pytest.mark.parametrize(("coin", "unit"), [("BTC", "BTC"), ("@230", "LINT"), ("#10", "sh")])
def test_a_size_is_told_in_what_is_traded(coin: str, unit: str) -> None:
    scene = scenes.coins(2, show=scenes.COINS.index(coin))

    rows = after(scene, Take(), (100, 7))

    assert rows[0].removesuffix("  type a size, enter").endswith(f" {unit}")
    assert rows[3].count(f" {unit}") == 2
    assert after(scene, Take(), NARROW)[0].count(f" {unit}: ") == 1


def test_a_size_that_nobody_named_has_no_unit() -> None:
    scene = scenes.coins(2, show=scenes.COINS.index("@230"))
    board = scene.desk.board()
    assert board is not None
    board.instrument = board.instrument.told(unit="")

    assert " ".join(after(scene, Take(), WIDE)[0].split()[2:]) == "type a size, enter"


def test_what_brings_less_than_a_cent_is_not_told_as_nothing() -> None:
    async def scenario(panel: Take, _: Pilot[None]) -> None:
        for shares, get, cost in (("0.01", "<$.01", "$0.01"), ("0.03", "$0.01", "$0.02")):
            panel.shares = qty(shares)
            rows = texts(panel)
            assert f" {get} " in rows[2]
            assert f" {cost} " in rows[1]

    play(common(), Take(), WIDE, scenario)


def test_the_age_of_a_level_that_was_there_when_we_first_looked_is_a_bound() -> None:
    scene = common()
    scene.clock.at = Millis(scene.clock.at + 20_000)
    scenes.hear(scene)
    told = [row for row in after(scene, Take(), (46, 7)) if "largest" in row]
    assert len(told) == 2
    assert all(row.endswith(" for ≥20s") for row in told)


def test_the_age_of_a_level_is_a_bound_and_stands_still_while_nobody_vouches_for_it() -> None:
    scene = common()
    at = Millis(scene.clock.at + 1_000)
    scene.desk.store.take([BookDelta(at, at, [(scene.desk.shown, True, px("0.33"), qty("3000"), UNTOLD_TOP, "")])])
    scene.clock.at = Millis(at + 5_000)
    scenes.hear(scene)
    assert after(scene, Take(), (46, 7))[5].endswith(" for 5.0s")
    for later in (20_000, 60_000):
        scene.clock.at = Millis(at + later)
        assert after(scene, Take(), (46, 7))[5].endswith(" for ≥5.0s")
