"""The tape: every print, joined, sifted, scrolled, and still while it is read."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from textual.events import MouseScrollDown, MouseScrollUp
from textual.pilot import Pilot

from pmtui.core.board import Board
from pmtui.core.events import Rejected, Side, Trade
from pmtui.core.instrument import InstrumentId
from pmtui.core.reel import Run
from pmtui.core.tape import Tape as Ring
from pmtui.core.units import ONE, Millis, px, qty
from pmtui.ui import numbers, prints
from pmtui.ui.app import Pmtui
from pmtui.ui.panels.tape import Tape
from tests import scenes
from tests.draw import drawn, lines
from tests.scenes import Scene

from .stage import after, looks, play, texts, too_wide

BUY, SELL = Side.BUY, Side.SELL
WIDE, NARROW = (46, 12), (33, 12)


def scene_of(*prints: tuple[str, str, Side, str], tick: str = "0.01") -> Scene:
    """A market whose last minute had these prints: price, size, side and order, two seconds apart."""
    scene = scenes.bare(scenes._levels("0.34", "0.35", tick="0.01", count=20), tick=tick)
    for price, size, side, order in prints:
        show(scene, price, size, side, order)
    scene.clock.at = Millis(scene.clock.at + 2_000)
    return scene


def show(scene: Scene, price: str = "0.35", size: str = "100", side: Side = BUY, order: str = "") -> None:
    scene.clock.at = Millis(scene.clock.at + 2_000 * (not order))
    at = scene.clock.at
    scenes.hear(scene)
    scene.desk.store.take([Trade(scene.desk.shown, at, at, px(price), qty(size), side, order)])


def board_of(scene: Scene) -> Board:
    board = scene.desk.board()
    assert board is not None
    return board


def many(count: int) -> Scene:
    """Prints of 1, 2, 3 … shares."""
    return scene_of(*(("0.35", str(n + 1), BUY, "") for n in range(count)))


def sizes(rows: list[str]) -> list[str]:
    """Time, sign, perhaps a word, price, size: the first numbers of each print after its price."""
    words = [row.replace("◆", " ").replace(" BUY ", " ").replace(" SELL ", " ").split() for row in rows]
    return [each[3] for each in words if len(each) > 3 and each[1] in "▲▼"]


def test_a_print_says_who_took_by_sign_word_and_colour() -> None:
    scene = scene_of(("0.35", "150", BUY, ""), ("0.34", "2500", SELL, ""))

    rows = after(scene, Tape(), WIDE)

    assert rows[1].split()[1:] == ["▼", "SELL", "34", "2.5K", "$850"]
    assert rows[2].split()[1:] == ["▲", "BUY", "35", "150", "$53"]
    assert after(scene, Tape(), NARROW)[1].split()[1:] == ["▼", "34", "2.5K", "$850"]


def test_the_price_is_in_cents_with_the_decimals_of_the_tick() -> None:
    scene = scene_of(("0.5203", "150", BUY, ""), ("0.0007", "9", SELL, ""), tick="0.0001")

    assert [row[10:18] for row in after(scene, Tape(), NARROW)[1:3]] == ["▼  0.07 ", "▲ 52.03 "]


def test_prints_of_one_order_are_joined_by_a_key_and_parted_by_it() -> None:
    order = [("0.35", "100", BUY, "0xaa"), ("0.36", "200", BUY, "0xaa"), ("0.36", "20", SELL, "0xbb")]
    scene = scene_of(*order)

    rows = after(scene, Tape(), WIDE, ["j"])

    assert "joined" in rows[0]
    assert rows[1].split()[2:] == ["SELL", "36", "20", "$7.20"]
    assert rows[2].split()[2:] == ["BUY", "35.7", "300", "$107", "×2"]
    assert rows[3] == ""
    assert len(sizes(after(scene, Tape(), NARROW, ["j", "j"]))) == 3


def test_dots_of_averages_stand_under_dots_of_prices() -> None:
    prints = [("0.351", "100", BUY, "0xaa"), ("0.352", "200", BUY, "0xaa"), ("0.352", "20", SELL, "0xbb")]

    rows = after(scene_of(*prints, tick="0.001"), Tape(), WIDE, ["j"])

    assert "35.2 " in rows[1]
    assert "35.17 " in rows[2]
    assert rows[1].index(".") == rows[2].index(".")


@pytest.mark.parametrize("width", [33, 46, 60, 80])
def test_large_prints_are_marked_and_the_mark_stays(width: int) -> None:
    scene = many(40)
    show(scene, size="5000")

    first = after(scene, Tape(), (width, 12))[1]
    for _ in range(400):
        show(scene, size="5000")
    later = after(scene, Tape(), (width, 12), ["home"])

    assert "◆" in first
    assert "5.0K" in first
    assert not any("◆" in row for row in later)
    assert "◆" not in after(many(40), Tape(), (width, 12))[1]


def test_a_key_hides_small_prints_and_the_head_says_how_many() -> None:
    scene = scene_of(*(("0.35", size, BUY, "") for size in ("5", "50", "500", "5000", "50000", "9")))

    def sifted(times: int) -> tuple[str, list[str]]:
        panel = Tape()
        for _ in range(times):
            panel.action_filter()
        rows = after(scene, panel, WIDE)
        return rows[0], sizes(rows)

    assert sifted(0)[1] == ["9", "50.0K", "5.0K", "500", "50", "5"]
    head, shown = sifted(2)
    assert shown == ["50.0K", "5.0K", "500"]
    assert "≥100" in head
    assert "3 hidden" in head
    assert sifted(4)[1] == ["50.0K"]
    assert "≥10K" in sifted(4)[0]
    assert sifted(5) == sifted(0)


def test_the_filter_goes_by_the_order_when_orders_are_joined() -> None:
    scene = scene_of(("0.35", "60", BUY, "0xaa"), ("0.36", "60", BUY, "0xaa"), ("0.36", "20", SELL, "0xbb"))
    panel = Tape()
    panel.sieve = 2

    assert "no print of 100 sh or more" in after(scene, panel, WIDE)[2]
    rows = after(scene, panel, WIDE, ["j"])
    assert sizes(rows) == ["120"]
    assert "1 hidden" in rows[0]


def test_without_prints_it_says_so() -> None:
    rows = after(scene_of(), Tape(), WIDE)
    assert rows[2] == " no trade since the start"
    assert rows[-1] == " 60s: no prints"


def test_before_anything_was_heard_it_does_not_say_what_did_not_happen() -> None:
    scene = scene_of()
    scene.desk.store.add(board_of(scene).instrument._replace(id=InstrumentId("polymarket:9")))
    scene.desk.show(InstrumentId("polymarket:9"))
    assert after(scene, Tape(), WIDE)[2] == " nothing heard yet"


def test_a_gap_before_the_first_print_is_told_until_prints_hide_it() -> None:
    scene = scene_of()
    scenes.relink(scene)
    rows = after(scene, Tape(), WIDE)
    assert "─ prints may be missing ─" in rows[2]
    assert "no trade" not in "".join(rows)
    assert rows[-1] == " 60s×: no prints"

    show(scene)
    rows = after(scene, Tape(), WIDE)
    assert "▲" in rows[1]
    assert "─ prints may be missing ─" in rows[2]
    assert rows[-1].startswith(" 60s×: buy 100%")

    scene.clock.at = Millis(scene.clock.at + 58_000)
    show(scene)
    assert after(scene, Tape(), WIDE)[-1].startswith(" 60s: buy 100%")


def test_a_refused_message_that_may_have_told_of_the_first_trade_leaves_its_mark() -> None:
    scene = scene_of()
    at, shown = scene.clock.at, scene.desk.shown
    scene.desk.store.take([Rejected(at, "not JSON", "", unprinted=(shown,))])
    assert "prints may be missing" in after(scene, Tape(), WIDE)[2]


def test_a_minute_of_which_prints_stand_above_that_are_in_no_sum_is_marked() -> None:
    """A venue that tells its last prints on a subscription: they are on the tape, and are not counted."""
    scene = scene_of()
    at, wall = scene.clock.at, scene.desk.wall(scene.clock.at)
    past = Trade(scene.desk.shown, at, Millis(wall - 59_000), px("0.35"), qty("60"), Side.BUY, number=1, past=True)
    scene.desk.store.take([past])
    rows = after(scene, Tape(), WIDE)
    assert "▲" in rows[1]
    assert rows[-1] == " 60s×: no prints"
    scene.clock.at = Millis(at + 1_000)
    assert after(scene, Tape(), WIDE)[-1] == " 60s: no prints"


def test_a_minute_that_is_not_heard_to_its_end_is_marked() -> None:
    scene = scene_of(("0.35", "60", BUY, "0xaa"))
    assert after(scene, Tape(), WIDE)[-1].startswith(" 60s: buy 100%")
    scene.clock.at = Millis(scene.clock.at + 30_000)
    assert not board_of(scene).credible(scene.desk.now())
    assert after(scene, Tape(), WIDE)[-1].startswith(" 60s×: buy 100%")
    assert "60s× buy 100%" in after(scene, Tape(), (33, 5))[0]


def test_scrolled_back_it_holds_still_and_counts_what_waits() -> None:
    scene = many(30)
    found: list[list[str]] = []

    async def scenario(panel: Tape, pilot: Pilot[None]) -> None:
        await pilot.press("down", "down", "down")
        found.append(texts(panel))
        for _ in range(9):
            show(scene)
        found.append(texts(panel))
        await pilot.press("end")
        found.append(texts(panel))

    play(scene, Tape(), WIDE, scenario)
    paused, later, live = found

    assert "paused · 3 newer" in paused[0]
    assert "end: live" in paused[0]
    assert "paused · 12 newer" in later[0]
    assert paused[1:-1] == later[1:-1]
    assert sizes(paused)[0] == "27"
    assert "paused" not in live[0]
    assert "live" in live[0]
    assert sizes(live)[0] == "100"


def test_scrolling_to_the_newest_line_goes_live_again() -> None:
    for keys in (["down", "up"], ["pagedown", "pageup"], ["home", "pageup", "pageup", "pageup", "pageup"]):
        assert "paused" not in after(many(30), Tape(), WIDE, keys)[0], keys


def test_home_is_the_oldest_page_and_no_key_goes_beyond_it() -> None:
    rows = after(many(30), Tape(), WIDE, ["home", "down", "pagedown"])

    assert sizes(rows) == [str(n) for n in range(10, 0, -1)]
    assert "paused · 20 newer" in rows[0]


def test_a_tape_that_fits_does_not_scroll() -> None:
    assert "paused" not in after(many(5), Tape(), WIDE, ["down", "pagedown", "home"])[0]


def test_the_wheel_scrolls_three_lines() -> None:
    found: list[str] = []

    async def scenario(panel: Tape, pilot: Pilot[None]) -> None:
        for kind in (MouseScrollDown, MouseScrollUp):
            # As the terminal's driver does it.
            pilot.app.post_message(kind(None, 5, 5, 0, 0, 0, False, False, False))
            await pilot.pause()
            found.append(texts(panel)[0])

    play(many(30), Tape(), WIDE, scenario)

    assert "paused · 3 newer" in found[0]
    assert "paused" not in found[1]


def test_the_way_back_to_live_begins_with_tab_while_the_keys_are_elsewhere() -> None:
    found: list[str] = []

    async def scenario(panel: Tape, pilot: Pilot[None]) -> None:
        await pilot.press("down")
        for focused in (panel, None):
            pilot.app.screen.set_focus(focused)
            await pilot.pause()
            found.append(texts(panel)[0])

    play(many(30), Tape(), WIDE, scenario)

    here, elsewhere = found
    assert "  end: live" in here
    assert "  tab … end: live" in elsewhere


def test_an_anchor_that_leaves_the_ring_is_told_and_the_oldest_page_is_shown() -> None:
    scene = many(30)
    board_of(scene).tape = Ring(keep=40)
    for n in range(30):
        show(scene, size=str(n + 1))
    found: list[list[str]] = []

    async def scenario(panel: Tape, pilot: Pilot[None]) -> None:
        await pilot.press("home")
        for n in range(60):
            show(scene, size=str(1_000 + n))
        found.append(texts(panel))
        await pilot.press("end")
        found.append(texts(panel))

    play(scene, Tape(), (60, 12), scenario)

    assert "moved on: older ones gone" in found[0][0]
    assert len(sizes(found[0])) == 10
    assert "paused · 30 newer" in found[0][0]
    assert "moved on" not in found[1][0]


def test_a_paused_page_that_the_ring_eats_says_what_is_gone() -> None:
    scene = many(1)
    board_of(scene).tape = Ring(keep=40)
    for n in range(40):
        show(scene, size=str(n + 1))
    found: list[list[str]] = []

    async def scenario(panel: Tape, pilot: Pilot[None]) -> None:
        await pilot.press("home")
        for _ in range(4):
            show(scene)
        found.append(texts(panel))

    play(scene, Tape(), WIDE, scenario)

    assert sizes(found[0]) == ["10", "9", "8", "7", "6", "5"]
    assert found[0][7] == " older prints are not kept"


def test_each_market_keeps_its_own_place() -> None:
    scene = scenes.market(30)
    first, second = scene.desk.markets[:2]
    found: list[str] = []

    async def scenario(panel: Tape, pilot: Pilot[None]) -> None:
        await pilot.press("down", "down")
        for instrument in (first, second, first):
            scene.desk.show(instrument)
            found.append(texts(panel)[0])

    play(scene, Tape(), NARROW, scenario)

    assert ["paused" in head for head in found] == [True, False, True]
    assert "2 newer" in found[0]
    assert "2 newer" in found[2]


def test_the_place_survives_another_filter_and_joining() -> None:
    rows = after(many(40), Tape(), WIDE, ["pagedown", "j", "j"])
    assert "paused · 9 newer" in rows[0]
    panel = Tape()

    async def scenario(panel: Tape, pilot: Pilot[None]) -> None:
        await pilot.press("pagedown", "pagedown")
        before = texts(panel)
        panel.action_filter()
        panel.action_filter()
        assert "no print of 100" in texts(panel)[2]
        for _ in range(3):
            panel.action_filter()
        assert texts(panel) == before

    play(many(40), panel, WIDE, scenario)


@pytest.mark.parametrize("printed", [1, 80])
def test_a_tape_that_began_anew_is_live_however_much_has_printed_since(printed: int) -> None:
    scene = many(30)
    found: list[list[str]] = []

    async def scenario(panel: Tape, pilot: Pilot[None]) -> None:
        await pilot.press("down")
        board_of(scene).tape = Ring()
        for _ in range(printed):
            show(scene)
        found.append(texts(panel))

    play(scene, Tape(), WIDE, scenario)

    assert "paused" not in found[0][0]
    assert set(sizes(found[0])) == {"100"}


def test_lost_continuity_and_a_new_tick_are_lines_across() -> None:
    scene = many(1)
    tape, at = board_of(scene).tape, scene.clock.at
    tape.gap(at, at, "new connection: prints may be missing")
    tape.mark(at, at, "tick 1¢ → 0.1¢")

    wide, narrow = after(scene, Tape(), (60, 12)), after(scene, Tape(), NARROW)

    assert "── tick 1¢ → 0.1¢ ──" in wide[1]
    assert "── new connection: prints may be missing ─" in wide[2]
    assert "── tick 1¢ → 0.1¢ ──" in narrow[1]
    assert narrow[2].endswith("─ prints may be missing")
    assert len(wide[1]) == 60


def test_connections_with_nothing_printed_in_between_are_one_line_that_counts_them() -> None:
    scene = many(1)
    tape, at = board_of(scene).tape, scene.clock.at
    for _ in range(12):
        tape.gap(at, at, "new connection: prints may be missing")

    wide, narrow = after(scene, Tape(), (60, 12)), after(scene, Tape(), NARROW)

    assert "─ new connection, 12 times: prints may be missing" in wide[1]
    assert narrow[1].endswith("─ prints may be missing")
    assert sum("missing" in line for line in wide) == 1


def test_the_foot_weighs_the_last_minute() -> None:
    scene = scene_of(("0.50", "300", BUY, ""), ("0.50", "100", SELL, ""))

    foot = after(scene, Tape(), WIDE)[-1]

    assert foot.startswith(" 60s: buy 75% ▕")
    assert foot.endswith("▏ 2p $200")
    assert "60s buy 75%" in after(scene, Tape(), (33, 5))[0]
    scene.wait(61_000)
    scenes.hear(scene)
    assert after(scene, Tape(), WIDE)[-1] == " 60s: no prints"


def test_nearly_all_is_not_all() -> None:
    nearly = scene_of(("0.50", "30000", BUY, ""), ("0.50", "1", SELL, ""))
    assert "buy 99%" in after(nearly, Tape(), WIDE)[-1]
    assert "buy 100%" in after(scene_of(("0.50", "1", BUY, "")), Tape(), WIDE)[-1]
    assert "buy 0%" in after(scene_of(("0.50", "1", SELL, "")), Tape(), WIDE)[-1]


def test_a_fresh_print_is_bold_for_a_second() -> None:
    scene = many(3)
    found: list[set[str]] = []

    async def scenario(panel: Tape, pilot: Pilot[None]) -> None:
        show(scene)
        for wait in (0, 999, 1):
            scene.wait(wait)
            texts(panel)
            found.append(looks(panel))

    play(scene, Tape(), WIDE, scenario)

    assert ["tape--buy-new" in each for each in found] == [True, True, False]


def test_it_is_called_live_only_while_the_book_is() -> None:
    assert "live" in after(scenes.market(10), Tape(), WIDE)[0]
    assert "live" not in after(scenes.stale(10), Tape(), WIDE)[0]


@pytest.mark.parametrize("width", [33, 34, 42, 80])
@pytest.mark.parametrize("height", [1, 3, 7, 8])
def test_nothing_is_cut_at_any_size(width: int, height: int) -> None:
    scene = scene_of(
        *(("0.9999", "18000", BUY, "0xaa") for _ in range(1)),
        *(("0.5203", f"{n}.5", SELL, "0xbb") for n in range(1, 130)),
        ("0.0001", "0.01", BUY, "0xcc"),
        ("0.77", "999999", BUY, "0xdd"),
        tick="0.0001",
    )

    async def scenario(panel: Tape, pilot: Pilot[None]) -> None:
        for key in ("j", "pagedown", "home", "end"):
            await pilot.press(key)
            assert len(texts(panel)) == height
            assert too_wide(panel) == []

    play(scene, Tape(), (width, height), scenario)


def test_the_filter_key_works_wherever_the_focus_is() -> None:
    def screen(app: Pmtui) -> str:
        return "\n".join(lines(app))

    assert "≥10 " in drawn(scenes.market(10), (120, 40), screen, keys=["f"])


def test_an_unknown_market_is_a_blank_tape() -> None:
    scene = many(3)
    scene.desk.shown = InstrumentId("polymarket:unknown")

    assert after(scene, Tape(), NARROW) == [""] * 12


@pytest.mark.parametrize(("coin", "unit"), [("BTC", "BTC"), ("DOGE", "DOGE"), ("@230", "LINT"), ("#10", "sh")])
def test_what_was_traded_is_told_in_coins_or_in_shares(coin: str, unit: str) -> None:
    scene = scenes.coins(5, show=scenes.COINS.index(coin))

    assert after(scene, Tape(), (80, 20))[0].endswith(f" {unit}")


def test_a_filter_that_hides_all_says_of_what() -> None:
    panel = Tape()
    panel.sieve = 4

    assert after(scenes.coins(5), panel, (80, 20))[2] == " no print of $100K or more"


def test_coins_are_sifted_by_what_they_cost_and_shares_by_their_number() -> None:
    scene = scenes.coins(5, show=scenes.COINS.index("BTC"))
    everything = after(scene, Tape(), (80, 20))
    assert "≥0" in everything[0]

    panel = Tape()
    panel.sieve = 2
    dear = after(scene, panel, (80, 20))

    assert "≥$1K" in dear[0]
    worth = [row.split()[-1] for row in everything[1:-1] if "$" in row]
    large = [each for each in worth if each.endswith("K")]
    assert 0 < len(large) < len(worth)
    assert [row.split()[-1] for row in dear[1:-1] if "$" in row][: len(large)] == large
    of_shares = Tape()
    of_shares.sieve = 2
    assert "≥100 " in after(scenes.coins(5, show=scenes.COINS.index("#10")), of_shares, (80, 20))[0]


def test_dots_stand_under_dots_on_both_sides_of_a_power_of_ten() -> None:
    scene = scenes.coins(2, show=scenes.COINS.index("AVAX"))
    at = scene.clock.at
    prices = ("99.98", "99.985", "100.03")
    scene.desk.store.take([Trade(scene.desk.shown, at, at, px(each), qty("2"), BUY, each) for each in prices])

    rows = after(scene, Tape(), (60, 10))[1:4]

    assert [row.split()[3] for row in rows] == ["100.030", "99.985", "99.980"]
    assert len({row.index(".") for row in rows}) == 1


def of_coins(price: str, size: str, *, large: bool) -> prints.Printed:
    at = Millis(0)
    run = Run(at, at, px(price), qty(size), px(price) * qty(size), BUY, 1, large=large)
    return prints.printed(run, at, px("0.1"), cents=False)


@given(
    told=st.lists(
        st.builds(
            of_coins,
            st.sampled_from(("9.9", "99.9", "100.0", "3413.1", "98123.5", "104123.5")),
            st.sampled_from(("0.00713", "2", "13450")),
            large=st.booleans(),
        ),
        min_size=1,
        max_size=4,
    ),
    width=st.integers(33, 50),
)
def test_a_blank_parts_sign_and_price_wherever_nothing_is_lost_for_it(told: list[prints.Printed], width: int) -> None:
    def drawn(*, joined: bool) -> list[str]:
        rows = prints.aligned(list(told), width, joined=joined)
        return [
            "".join(text for text, _ in prints.paint(row, width)) for row in rows if isinstance(row, prints.Printed)
        ]

    apart, close = drawn(joined=False), drawn(joined=True)
    assert len({row.index(".") for row in apart}) == 1
    assert all(len(row) <= width for row in apart) or any(len(row) > width for row in close)
    assert ["$" in row for row in apart] == ["$" in row for row in close]
    touching = any(row[11] != " " for row in apart)
    assert not touching or max(map(len, close)) >= width == 33


def test_a_price_that_is_long_stands_apart_from_its_sign_in_a_narrow_tape() -> None:
    scene = scenes.coins(5, show=scenes.COINS.index("BTC"))

    rows = [row for row in after(scene, Tape(), NARROW) if "▲" in row or "▼" in row]

    assert len(rows) > 3
    assert {row[9:12] for row in rows} <= {" ▲ ", " ▼ "}
    assert all("$" in row for row in rows)


@given(st.integers(1, 10**6), st.sampled_from(["0.1", "0.01", "0.005", "0.0025", "0.001", "0.0001"]), st.booleans())
@example(99_997, "0.01", False)
@example(9_996, "0.01", True)
def test_the_last_decimal_of_the_tick_stands_in_one_column_whatever_a_price_is_rounded_to(
    thousandths: int, tick: str, cents: bool
) -> None:
    """A price between two ticks has a decimal more, also where the nearest tick has a digit more than it."""
    step = px(tick)
    value = px(f"0.{thousandths:06}") if cents else px(f"{thousandths / 1000:.3f}")
    run = Run(Millis(0), Millis(0), value, ONE, value * ONE, BUY, 1, large=False)
    row = prints.printed(run, 0, step, cents=cents)
    told = numbers.paid(value, step, cents=cents)
    assert row.price + row.finer == told
    assert len(row.price.partition(".")[2]) == len(numbers.price(step, step, cents=cents).partition(".")[2])
