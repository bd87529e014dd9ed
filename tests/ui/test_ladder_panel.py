"""The ladder: a cursor that stays with its price, rows of any height, amounts of any kind, both outcomes."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from itertools import accumulate, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from pmtui.core import depth, ladder
from pmtui.core.ahead import Resting
from pmtui.core.board import Board
from pmtui.core.book import Book
from pmtui.core.events import (
    NO_ASK,
    NO_BID,
    BookDelta,
    BookSnapshot,
    Fresh,
    LinkChanged,
    Move,
    Phase,
    Side,
    Trade,
    Wide,
)
from pmtui.core.instrument import InstrumentId
from pmtui.core.units import ONE, Millis, Px, Qty, px, qty
from pmtui.desk import Desk
from pmtui.ui import numbers, summaries
from pmtui.ui import rungs as painting
from pmtui.ui.app import Pmtui
from pmtui.ui.line import Line
from pmtui.ui.ours import NOTHING_OURS
from pmtui.ui.panels.ladder import Ladder, Row
from pmtui.ui.rows import Amounts, Maker
from pmtui.ui.rungs import NOT_SURE, SURE, Rung, Scale, View, eighths
from tests import scenes
from tests.draw import drawn, drawn_after_each, lines
from tests.scenes import Scene

HIGH, LOW = (120, 40), (80, 24)


def near(tick: str = "0.01", bid: str = "0.34", ask: str = "0.35", count: int = 30) -> Scene:
    return scenes.bare(scenes._levels(bid, ask, tick=tick, count=count), tick=tick)


def rungs(app: Pmtui) -> list[Rung]:
    return [row for row in app.dashboard.query_one(Ladder).rows if isinstance(row, Rung)]


def here(app: Pmtui) -> int | None:
    return next((row.price for row in rungs(app) if row.here), None)


def touch(scene: Scene) -> tuple[int, int]:
    board = scene.desk.board()
    assert board is not None
    return board.book.bid, board.book.ask


def test_before_there_is_a_link_the_ladder_says_what_it_waits_for() -> None:
    known = near().desk.board()
    assert known is not None
    scene = near()
    scene.desk = Desk([known.instrument], clock=scene.clock)
    scene.desk.store.add(known.instrument)
    scene.desk.store.attach([known.instrument.id], scenes.LINK, scene.clock.at)
    scene.desk.store.take([LinkChanged(scenes.LINK, scene.clock.at, 1, Phase.CONNECTING)])
    assert any("CONNECTING: opening the link" in line for line in drawn(scene, LOW, lines))


def ladder_lines(app: Pmtui) -> list[str]:
    ladder = app.dashboard.query_one(Ladder)
    return [ladder.render_line(y).text for y in range(ladder.lines)]


@pytest.mark.parametrize("size", [LOW, HIGH, (200, 60)])
def test_why_there_is_nothing_to_show_is_told_in_whole(size: tuple[int, int]) -> None:
    for why in (
        "the venue says: " + "market is paused while its rules are looked at again, " * 3,
        "取引所は現在この市場の板を提供していません。後でもう一度お試しください。",
        "x" * 150,
    ):
        scene = scenes.books()["empty"]
        board = scene.desk.board()
        assert board is not None
        board.synced, board.declined = False, why
        told = drawn(scene, size, ladder_lines)
        assert "".join(told).replace(" ", "") == f"{board.label(scene.clock.at).value}:{board.why(0)}".replace(" ", "")


def test_the_cursor_begins_at_the_touch_and_moves_by_prices() -> None:
    scene = near()
    assert drawn(scene, HIGH, here, keys=["down"]) == px("0.34")
    assert drawn(scene, HIGH, here, keys=["down", "down", "down"]) == px("0.32")
    assert drawn(scene, HIGH, here, keys=["up", "up"]) == px("0.36")
    assert drawn(scene, HIGH, here, keys=["down", "escape"]) is None


@pytest.mark.parametrize(("key", "row"), [("up", "0.50"), ("down", "0.45")])
def test_on_wide_rows_the_cursor_stands_on_the_row_that_has_its_level(key: str, row: str) -> None:
    for before, after in (([key], ["plus", "plus"]), ([], ["plus", "plus", key])):
        app_rows, text = drawn(
            near(bid="0.46", ask="0.47"),
            HIGH,
            lambda app: ({each.price: each for each in rungs(app)}, "\n".join(lines(app))),
            keys=[*before, *after],
        )
        assert [each.price for each in app_rows.values() if each.here] == [px(row)]
        assert app_rows[px(row)].touch in ("a", "b")
        assert f"[{row[2:]}]" in text


def test_the_cursor_stays_with_its_price_when_the_book_moves_away() -> None:
    scene = near()
    shown = scene.desk.shown

    def move(app: Pmtui) -> tuple[int | None, int | None]:
        before = here(app)
        bids, asks = scenes._levels("0.45", "0.46", tick="0.01", count=30)
        scene.desk.store.take([scenes._snapshot(shown, scene.clock.at, bids, asks, "0.01")])
        app.frames.pulse()
        return before, here(app)

    before, after = drawn(scene, HIGH, move, keys=["down", "down"])
    assert before == px("0.33")
    assert after in (before, None)  # on its row or off the screen, never on another price


def cursor(app: Pmtui) -> int:
    ladder = app.dashboard.query_one(Ladder)
    return ladder._cursors[ladder.desk.shown]


@pytest.mark.parametrize(("key", "price"), [("up", "0.21"), ("down", "0.19"), ("pageup", "0.30")])
def test_a_cursor_out_of_sight_comes_back_with_the_next_key_at_the_next_price(key: str, price: str) -> None:
    down = ["down", *["pagedown"], *["down"] * 4]  # the axis went with it; m takes the axis back
    assert drawn(near(), LOW, here, keys=[*down, "m"]) is None
    assert drawn(near(), LOW, here, keys=[*down, "m", key]) == px(price)


def drifted(scene: Scene) -> None:
    bids, asks = scenes._levels("0.75", "0.76", tick="0.01", count=70)
    scene.desk.store.take([scenes._snapshot(scene.desk.shown, scene.clock.at, bids, asks, "0.01")])


@pytest.mark.parametrize("axis", [[], ["x"], ["x", "x"]], ids=["static", "follow", "levels"])
def test_a_cursor_that_the_market_left_behind_moves_by_one_price_and_no_further(axis: list[str]) -> None:
    scene = near()

    def moved(app: Pmtui) -> tuple[int, int, int, str]:
        ladder = app.dashboard.query_one(Ladder)
        drifted(scene)
        app.frames.pulse()
        found = []
        for by in (1, -1, 10):
            ladder.action_cursor(by)
            app.frames.pulse()
            found.append(cursor(app))
        return found[0], found[1], found[2], touches_in_sight(app)

    expected = px("0.34"), px("0.33"), px("0.43"), "ab"
    assert drawn(scene, LOW, moved, keys=[*axis, "down", "down"]) == expected


def touches_in_sight(app: Pmtui) -> str:
    return "".join(sorted(row.touch for row in rungs(app) if row.touch in ("a", "b")))


def test_the_cursor_crosses_a_spread_that_is_folded() -> None:
    scene = near(bid="0.10", ask="0.90", count=9)
    _, *passed = drawn_after_each(scene, LOW, here, ["down", *["up"] * 23])
    assert None not in passed
    assert {px("0.10"), px("0.90")} <= {*passed}


@pytest.mark.parametrize("size", [LOW, HIGH])
@pytest.mark.parametrize("name", ["live", "grouped", "perp", "merged"])
def test_a_moved_cursor_is_shown_at_once_as_in_a_new_picture(name: str, size: tuple[int, int]) -> None:
    made: list[object] = []

    def move(app: Pmtui) -> None:
        ladder = app.dashboard.query_one(Ladder)
        whole = ladder._foot

        def foot(board: Board, book: Book, sure: bool) -> list[Row]:
            made.append(book)
            return whole(board, book, sure)

        ladder._foot = foot  # type: ignore[method-assign]
        for by in (-1, -1, 1, 1, 1, 1, 10, -10, -10, 1, -1):
            ladder.action_cursor(by)
            ladder.look_again()
            quick, ladder._picture = list(ladder.rows), None
            ladder.look_again()
            assert quick == list(ladder.rows)
        made.clear()
        ladder.action_cursor(1)
        ladder.action_cursor(-1)
        ladder.look_again()
        assert not made
        ladder.look_again()
        assert bool(made) is not ladder._merged  # the next picture is a new one, where both books had no part in this
        made.clear()
        ladder.look_again()
        assert not made  # nothing has moved
        board = ladder.desk.board()
        assert board is not None
        board.book.version += 1
        ladder.look_again()
        assert made

    make, keys = scenes.SCENES[name]
    drawn(make(), size, move, keys=keys)


def _grows(scene: Scene, board: Board) -> None:
    board.book.set(True, board.book.bid, board.book.bids[board.book.bid] + ONE)


def _other_grows(scene: Scene, board: Board) -> None:
    other = scene.desk.store.boards[board.instrument.complement or InstrumentId("")]
    other.book.set(True, other.book.bid, other.book.bids[other.book.bid] + ONE)


def _ages(scene: Scene, board: Board) -> None:
    board.fresh = Fresh(Px(board.book.bid), Px(board.book.ask), scene.clock.at, 2_000)


def _widens(scene: Scene, board: Board) -> None:
    height = Px(2 * board.tick)
    board.wide = Wide(board.instrument.id, scene.clock.at, scene.clock.at, height, {height: {px("0.02"): 9 * ONE}}, {})


def test_deeper_rows_are_asked_for_again_where_the_book_moved_to_another_link(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = near()
    asked: list[int] = []
    monkeypatch.setattr(scene.desk, "widen", asked.append)

    def moved(app: Pmtui) -> None:
        ladder, board, store = app.dashboard.query_one(Ladder), scene.desk.board(), scene.desk.store
        assert board is not None
        assert asked == [2 * board.tick]
        other = "another link"
        generation = store.links[scenes.LINK].generation
        store.take([LinkChanged(other, scene.clock.at, generation, Phase.UP)])
        bids, asks = dict(board.book.bids), dict(board.book.asks)
        store.attach([board.instrument.id], other, scene.clock.at)
        store.take([BookSnapshot(board.instrument.id, scene.clock.at, scene.clock.at, bids, asks)])
        ladder.look_again()
        assert asked == [2 * board.tick] * 2

    drawn(scene, HIGH, moved, keys=["plus"])


def test_deeper_rows_are_asked_for_again_where_the_feed_began_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = near()
    asked: list[int] = []
    monkeypatch.setattr(scene.desk, "widen", asked.append)

    def failed(app: Pmtui) -> None:
        board, store, at = scene.desk.board(), scene.desk.store, scene.clock.at
        assert board is not None
        store.remove(board.instrument.id)
        fresh = store.add(board.instrument, board.seal)
        while fresh.generation < board.generation:
            fresh.forget(at)
        store.take([BookSnapshot(board.instrument.id, at, at, dict(board.book.bids), dict(board.book.asks))])
        app.dashboard.query_one(Ladder).look_again()
        assert asked == [2 * board.tick] * 2

    drawn(scene, HIGH, failed, keys=["plus"])


def _falls_silent(scene: Scene, board: Board) -> None:
    board.data_at = Millis(scene.clock.at - 20_000)


def _passes(scene: Scene, board: Board) -> None:
    scene.clock.at = Millis(scene.clock.at + 1_000)


def _prints(scene: Scene, board: Board) -> None:
    last = board.flow.last
    assert last is not None
    board.flow.printed(last.price, ONE, last.is_buy, last.at)


def _places(scene: Scene, board: Board) -> None:
    account = scene.desk.account
    assert account is not None
    account.take(scenes.order(scene, "new", Side.BUY, board.book.bid, "10"))


@pytest.mark.parametrize(
    ("happens", "keys"),
    [
        (_grows, []),
        (_other_grows, ["y"]),
        (_ages, []),
        (_widens, ["plus"]),
        (_falls_silent, []),
        (_passes, []),
        (_prints, []),
        (_places, []),
    ],
)
def test_whatever_rows_are_made_of_makes_them_anew(happens: Callable[[Scene, Board], None], keys: list[str]) -> None:
    scene = scenes.market(10)
    scenes.logged_in(scene, scenes.order(scene, "old", Side.BUY, px("0.01"), "10"))

    def live(app: Pmtui) -> None:
        ladder, board = app.dashboard.query_one(Ladder), scene.desk.board()
        assert board is not None
        board.flow.reset(scene.clock.at)
        ladder.look_again()
        before = ladder.last_look
        ladder.look_again()
        assert ladder.last_look is before
        happens(scene, board)
        ladder.look_again()
        assert ladder.last_look is not before

    drawn(scene, HIGH, live, keys=keys)


_HABITS = (
    *("action_cursor(1)", "action_cursor(-1)", "action_let_go()", "action_centre()", "action_group(1)"),
    *("action_group(-1)", "action_cumulate()", "action_money()", "action_scale()", "action_axis()", "action_merge()"),
    *("action_reset()", "_scroll(2)", "_scroll(-3)", "desk.step(1)", "desk.flip()"),
)


@pytest.mark.parametrize("size", [LOW, HIGH])
@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.torture) for seed in range(2, 32))])
def test_a_ladder_that_keeps_its_rows_shows_what_one_shows_that_makes_them_anew(
    size: tuple[int, int], seed: int
) -> None:
    dice = random.Random(seed)
    markets, coins = scenes.Markets(12), scenes.Coins()
    clock = scenes.Hands(markets.began)
    desk = Desk([markets.firsts[0], coins.firsts[0], markets.firsts[3], markets.firsts[2]], clock=clock)
    markets.enter(desk.store, clock.at)
    coins.enter(desk.store, clock.at)
    desk.show(desk.markets[0])
    coins.greet(desk, clock)
    kept: list[bool] = []

    def live(app: Pmtui) -> None:
        ladder = app.dashboard.query_one(Ladder)
        for n in range(360):
            if n == 240:
                shown = desk.store.boards[desk.shown]
                assert shown.link is not None
                desk.store.take([LinkChanged(shown.link.name, clock.at, 2, Phase.UP)])
            passed = dice.choice((0, 1, 33, 33, 33, 150))
            if n % 3:
                clock.at = Millis(clock.at + passed)
            else:
                coins.play(desk.store, clock, passed + 1)
                markets.play(desk.store, clock, coins.room.world.now)
            if not n % 4:
                exec(f"ladder.{dice.choice(_HABITS)}", {"ladder": ladder})  # noqa: S102  # one of the above
                ladder.look_again()  # a cursor that moved is shown first, all that came with it in the next frame
            before = ladder.last_look
            ladder.look_again()
            quick = list(ladder.rows)
            kept.append(ladder.last_look is before)
            ladder._picture = None
            ladder.look_again()
            assert quick == list(ladder.rows), n
            ladder.look_again()

    drawn(Scene(desk, clock), size, live)
    assert 60 < sum(kept) < 330


@pytest.mark.parametrize("size", [LOW, HIGH])
def test_the_level_under_the_cursor_is_read_out(size: tuple[int, int]) -> None:
    scene = near()
    board = scene.desk.board()
    assert board is not None
    screen = "\n".join(drawn(scene, size, lines, keys=["down", "down"]))
    assert "[33]" in screen
    assert "bid 701" in screen
    assert "$231" in screen
    assert "140 ahead" in screen


def test_a_market_that_was_removed_and_comes_again_has_no_cursor() -> None:
    scene = scenes.market(5)
    desk = scene.desk
    first = desk.shown
    pair = first, desk.other(first)
    kept = {each: desk.store.boards[each] for each in pair if each}

    def again(app: Pmtui) -> int | None:
        assert here(app) is not None
        desk.remove(first)
        for each in kept:
            desk.store.remove(each)
        app.frames.pulse()
        desk.add(kept[first].instrument)
        desk.store.boards.update(kept)
        desk.show(first)
        app.frames.pulse()
        return here(app)

    assert drawn(scene, HIGH, again, keys=["down"]) is None


def test_a_flip_takes_the_cursor_to_the_complementary_price() -> None:
    scene = scenes.market(10)
    bid, _ = touch(scene)
    assert drawn(scene, HIGH, here, keys=["down", "right"]) == ONE - bid


@pytest.mark.parametrize(
    ("tick", "bid", "ask"),
    [
        *((tick, "0.4", "0.5") for tick in ("0.1", "0.01", "0.005", "0.0025", "0.001", "0.0001")),
        *(("0.01", bid, ask) for bid, ask in (("0.05", "0.06"), ("0.03", "0.12"), ("0.94", "0.95"))),
        *(("0.001", bid, ask) for bid, ask in (("0.004", "0.007"), ("0.994", "0.996"))),
    ],
)
def test_every_row_height_keeps_both_touches_and_the_sums(tick: str, bid: str, ask: str) -> None:
    scene = near(tick, bid=bid, ask=ask, count=60)
    board = scene.desk.board()
    assert board is not None
    steps = depth.steps(px(tick), ONE // 10)
    for step, found in zip(steps, drawn_after_each(scene, HIGH, rungs, ["plus"] * (len(steps) - 1)), strict=True):
        assert {row.view.step for row in found} == {step}
        assert "".join(sorted(row.touch for row in found if row.touch in ("a", "b"))) == "ab"
        for row in found:
            assert row.bid == sum(
                size for price, size in board.book.bids.items() if row.price <= price < row.price + step
            )
            assert row.ask == sum(
                size for price, size in board.book.asks.items() if row.price - step < price <= row.price
            )


@pytest.mark.parametrize("axis", [[], ["x"], ["x", "x"]], ids=["static", "follow", "levels"])
@pytest.mark.parametrize(
    ("bid", "ask", "to", "back", "end", "next_to_it"),
    [
        ("0.13", "0.15", "down", "up", "0", "0.1"),
        ("0.05", "0.06", "down", "up", "0", "0.1"),
        ("0.86", "0.87", "up", "down", "1", "0.9"),
        ("0.94", "0.95", "up", "down", "1", "0.9"),
    ],
)
def test_the_cursor_stands_on_the_rows_at_both_ends_where_something_is_on_them(
    axis: list[str], bid: str, ask: str, to: str, back: str, end: str, next_to_it: str
) -> None:
    keys = ["plus"] * 3 + axis + [to] * 3
    found = drawn_after_each(near(bid=bid, ask=ask), LOW, here, [*keys, back, to, to, "page" + to, back])
    assert found[len(keys) :] == [px(price) for price in (end, next_to_it, end, end, end, next_to_it)]
    text = "\n".join(drawn(near(bid=bid, ask=ask), HIGH, lines, keys=keys))
    assert f"[{px(end) // px('0.01')}]" in text


@pytest.mark.parametrize(("bid", "ask", "key", "end"), [("0.34", "0.35", "down", "0.1"), ("0.65", "0.66", "up", "0.9")])
def test_the_cursor_ends_before_an_end_where_nothing_is_on_the_row(bid: str, ask: str, key: str, end: str) -> None:
    scene = near(bid=bid, ask=ask, count=9)
    assert drawn(scene, LOW, cursor, keys=["plus", "plus", "plus", *[key] * 9]) == px(end)


@pytest.mark.parametrize(
    ("bid", "ask", "key", "end", "price"),
    [("0.05", "0.06", "down", "0", "0.01"), ("0.94", "0.95", "up", "1", "0.99")],
)
def test_narrower_rows_take_the_cursor_from_an_end_to_the_nearest_price(
    bid: str, ask: str, key: str, end: str, price: str
) -> None:
    keys = ["plus"] * 3 + [key] * 3
    assert drawn(near(bid=bid, ask=ask), LOW, cursor, keys=[*keys, "minus"]) == px(end)  # five ticks still reach it
    assert drawn(near(bid=bid, ask=ask), LOW, cursor, keys=[*keys, *["minus"] * 3]) == px(price)


@pytest.mark.parametrize(
    ("bid", "ask", "price", "row", "is_buy"),
    [("0.98", "0.99", "0.995", "1", True), ("0.01", "0.02", "0.004", "0", False)],
)
def test_what_printed_beyond_the_last_row_of_a_coarser_tick_stays_on_the_ladder(
    bid: str, ask: str, price: str, row: str, is_buy: bool
) -> None:
    scene = near(bid=bid, ask=ask, count=1)
    board = scene.desk.board()
    assert board is not None
    assert px(row) not in [each.price for each in drawn(scene, HIGH, rungs)]
    board.flow.printed(px(price), qty("500"), is_buy, scene.clock.at)

    shown = {each.price: each for each in drawn(scene, HIGH, rungs)}

    assert (shown[px(row)].traded, shown[px(row)].last[:1]) == ("500", "▲" if is_buy else "▼")
    assert drawn(scene, HIGH, cursor, keys=["up" if is_buy else "down"] * 2) == px(row)


@pytest.mark.parametrize("is_bid", [True, False])
def test_what_was_pulled_beyond_the_last_row_stays_on_the_ladder_as_long_as_it_is_told(is_bid: bool) -> None:
    scene = near(bid="0.01", ask="0.02", count=1) if is_bid else near(bid="0.98", ask="0.99", count=1)
    board = scene.desk.board()
    assert board is not None
    price, row = (px("0.004"), 0) if is_bid else (px("0.995"), ONE)
    board.flow.changed(is_bid, price, qty("500"), 0, scene.clock.at)
    told = {each.price: (each.bid_delta, each.ask_delta) for each in drawn(scene, HIGH, rungs)}
    assert told[row] == (("-500", "") if is_bid else ("", "-500"))
    scene.clock.at = Millis(scene.clock.at + 11_000)
    assert row not in [each.price for each in drawn(scene, HIGH, rungs)]


def test_the_row_at_nothing_can_be_clicked_and_its_level_is_read_out() -> None:
    def click(app: Pmtui) -> str:
        ladder = app.dashboard.query_one(Ladder)
        y = next(n for n, row in enumerate(ladder.rows) if isinstance(row, Rung) and row.price == 0)
        where = {"widget": ladder, "x": 5, "y": y, "delta_x": 0, "delta_y": 0, "button": 1}
        ladder.on_click(events.Click(**where, shift=False, meta=False, ctrl=False))  # type: ignore[arg-type]
        ladder.look_again()
        return "\n".join(lines(app))

    text = drawn(near(bid="0.05", ask="0.06"), HIGH, click, keys=["plus"] * 3)
    assert "[0] bid 2.5K" in text
    assert "5t below" in text


def test_bars_grow_with_the_money_beside_them() -> None:
    asks: dict[int, int] = {px(f"0.{each:02}"): 10_000 * ONE for each in (5, 8, 16)}
    scene = scenes.bare(({px("0.01"): 10_000 * ONE}, asks))
    for keys in (["dollar_sign"], ["dollar_sign", "plus"]):
        shown = [row for row in drawn(scene, HIGH, rungs, keys=keys) if row.ask or row.bid]
        assert [(row.ask_text or row.bid_text, (row.ask or row.bid) // ONE // ONE) for row in shown] == [
            ("$1.6K", 1_600),
            ("$800", 800),
            ("$500", 500),
            ("$100", 100),
        ]
        assert shown[0].view.full >= 800 * ONE * ONE


def test_bars_grow_with_the_sums_beside_them() -> None:
    scene = near()

    def bars(app: Pmtui) -> tuple[list[int], int]:
        asks = sorted((row for row in rungs(app) if row.ask), key=lambda row: row.price)
        return [row.ask for row in asks], asks[0].view.full

    each, full = drawn(scene, HIGH, bars)
    summed, whole = drawn(scene, HIGH, bars, keys=["c"])
    assert summed == list(accumulate(each))
    assert full <= whole


def test_narrower_rows_end_at_the_tick() -> None:
    assert {row.view.step for row in drawn(near(), HIGH, rungs, keys=["plus", "minus", "minus"])} == {px("0.01")}


def test_sizes_can_be_summed_and_told_in_money() -> None:
    scene = near()
    plain = {row.price: row for row in drawn(scene, HIGH, rungs)}
    summed = {row.price: row for row in drawn(scene, HIGH, rungs, keys=["c"])}
    worth = {row.price: row for row in drawn(scene, HIGH, rungs, keys=["dollar_sign"])}
    both = {row.price: row for row in drawn(scene, HIGH, rungs, keys=["c", "dollar_sign"])}
    price = px("0.33")
    assert [each[price].bid_text for each in (plain, summed, worth, both)] == ["701", "841", "$231", "$278"]


def test_what_is_added_and_pulled_stands_beside_its_level_until_it_is_reset() -> None:
    scene = near()
    shown, at = scene.desk.shown, scene.clock.at
    book = scene.desk.store.boards[shown].book
    top = (Px(book.bid), Px(book.ask))
    grown = book.bids[px("0.33")] + qty("645")
    moves: list[Move] = [(shown, True, px("0.33"), grown, top, ""), (shown, False, px("0.36"), 0, top, "")]
    scene.desk.store.take([BookDelta(at, Millis(at + 1), moves)])
    notes = {row.price: (row.bid_delta, row.ask_delta) for row in drawn(scene, HIGH, rungs)}
    assert notes[px("0.33")] == ("+645", "")
    assert notes[px("0.36")][1].startswith("-")
    gone = drawn(scene, HIGH, rungs, keys=["d"])
    assert not any(row.bid_delta or row.ask_delta for row in gone)


def test_counting_anew_is_said_and_the_heading_tells_over_how_many_seconds_it_counts() -> None:
    scene = near()
    scene.wait(20_000)
    assert "counted from now" in "\n".join(drawn(scene, LOW, lines, keys=["d"]))

    def live(app: Pmtui) -> list[str]:
        told = []
        for ms in (0, 900, 200, 7_950, 900, 60, 60_000):
            scene.clock.at = Millis(scene.clock.at + ms)
            app.frames.pulse()
            told.append(ladder_lines(app)[1])
        return told

    told = drawn(scene, HIGH, live, keys=["d"])
    assert [line.split()[0] for line in told] == ["Δ0s", "Δ0s", "Δ1s", "Δ9s", "Δ9s", "Δ10s", "Δ10s"]
    assert {re.sub(" Δ[0-9]s", "Δ10s", line) for line in told} == {told[-1]}
    assert drawn(scene, HIGH, lines)[3].split()[0] == "Δ10s"


def test_counting_begins_anew_for_both_outcomes() -> None:
    scene = scenes.market(10)
    scene.desk.flip()
    assert any(row.bid_delta or row.ask_delta for row in drawn(scene, HIGH, rungs))
    scene.desk.flip()
    gone = drawn(scene, HIGH, rungs, keys=["d", "right"])
    assert not any(row.bid_delta or row.ask_delta for row in gone)


def test_what_traded_stands_at_its_price_and_the_last_print_is_marked_and_fades() -> None:
    scene = near()
    shown, at = scene.desk.shown, scene.clock.at
    scene.desk.store.take(
        [Trade(shown, at, at, Px(px(price)), Qty(qty("70")), side, price) for price, side in
         (("0.35", Side.BUY), ("0.34", Side.SELL), ("0.3449", Side.SELL))]
    )  # fmt: skip

    def marks(app: Pmtui) -> list[str]:
        found = []
        for ms in (0, 2_000, 10_000):
            scene.clock.at = Millis(at + ms)
            app.frames.pulse()
            found.append(next(row.last for row in rungs(app) if row.last))
        return found

    assert {row.price: row.traded for row in drawn(scene, HIGH, rungs) if row.traded} == {
        px("0.35"): "70",
        px("0.34"): "140",
    }
    assert drawn(scene, HIGH, marks) == ["▼2", "▼1", "▼0"]


@pytest.mark.parametrize("times", [0, 1, 2, 3])
def test_what_traded_stands_with_the_side_that_was_taken_never_inside_the_spread(times: int) -> None:
    scene = near(bid="0.49", ask="0.51")
    shown, at = scene.desk.shown, scene.clock.at
    scene.desk.store.take(
        [Trade(shown, at, at, Px(px(price)), Qty(qty("70")), side, price) for price, side in
         (("0.51", Side.BUY), ("0.5149", Side.BUY), ("0.4851", Side.SELL), ("0.49", Side.SELL))]
    )  # fmt: skip
    rows = drawn(scene, HIGH, rungs, keys=["plus"] * times)
    traded = [row for row in rows if row.traded]
    assert len(traded) in (2, 4)
    assert all((row.bid or row.ask) and row.touch != "i" for row in traded)
    assert all(row.bid for row in rows if row.last)
    for downs in (1, 2):
        keys = ["plus"] * times + ["down"] * downs
        told, pointed = drawn(scene, HIGH, lambda app: (head(app), [row for row in rungs(app) if row.here]), keys=keys)
        assert f"traded {pointed[0].traded}" in told if pointed[0].traded else "traded" not in told


def test_a_fill_of_ours_is_marked_on_the_row_of_the_side_that_was_taken() -> None:
    scene = owning((Side.BUY, "0.33", "100"))
    account = scene.desk.account
    assert account is not None
    account.take(scenes.fill(scene, "new", Side.BUY, px("0.33"), "10", order="o0"))
    marked = [row for row in drawn(scene, HIGH, rungs, keys=["plus"]) if row.last]
    assert [(row.price, row.last) for row in marked] == [(px("0.32"), "◉2")]


def test_a_wall_is_marked() -> None:
    scene = near()
    scene.desk.store.boards[scene.desk.shown].book.set(False, px("0.38"), qty("90000"))
    marked = {row.price for row in drawn(scene, HIGH, rungs) if row.ask_mark}
    assert px("0.38") in marked
    assert px("0.36") not in marked


def test_the_merged_view_shows_the_part_of_the_other_outcome() -> None:
    scene = scenes.market(10)
    screen = drawn(scene, HIGH, lambda app: (rungs(app), "\n".join(lines(app))), keys=["y"])
    rows, text = screen
    assert "counted once" in text
    assert all(row.bid_delta == f"={row.bid_text}" for row in rows if row.bid)
    board = scene.desk.board()
    assert board is not None
    other = scene.desk.store.boards[board.instrument.complement]  # type: ignore[index]
    for each in (board, other):
        each.instrument = each.instrument.told(shared=False)
    single = {row.price: row.bid for row in rows}
    doubled = drawn(scene, HIGH, rungs, keys=["y"])
    assert all(row.bid == 2 * single[row.price] for row in doubled if row.bid)


def test_where_sizes_are_summed_the_part_of_the_other_outcome_is_summed_too() -> None:
    scene = scenes.market(10)
    board = scene.desk.board()
    assert board is not None
    rows, text = drawn(scene, HIGH, lambda app: (rungs(app), "\n".join(lines(app))), keys=["y", "c"])
    assert " Σ NO " in text
    assert "of NO" not in text
    assert all(row.bid_delta == f"={row.bid_text}" for row in rows if row.bid)
    other = scene.desk.store.boards[board.instrument.complement]  # type: ignore[index]
    for each in (board, other):
        each.instrument = each.instrument.told(shared=False)
    missing = board.book.bid - board.tick
    whole = dict(other.book.asks)
    del whole[ONE - missing]
    other.book.replace(other.book.bids, whole)
    for row in drawn(scene, HIGH, rungs, keys=["y", "c"]):
        for is_shown, note, theirs in (
            (row.bid, row.bid_delta, sum(size for price, size in whole.items() if price <= ONE - row.price)),
            (row.ask, row.ask_delta, sum(size for price, size in other.book.bids.items() if price >= ONE - row.price)),
        ):
            assert note == (numbers.resting(theirs) if is_shown else "")


@pytest.mark.parametrize("flipped", [False, True])
def test_a_book_of_another_link_is_not_merged_where_only_one_of_both_can_be_believed(flipped: bool) -> None:
    scene = scenes.parted()
    if flipped:
        scene.desk.flip()
    alone = drawn(scene, HIGH, rungs)
    rows, text = drawn(scene, HIGH, lambda app: (rungs(app), "\n".join(lines(app))), keys=["y"])
    assert [(row.price, row.bid, row.ask) for row in rows] == [(row.price, row.bid, row.ask) for row in alone]
    assert "not both outcomes live" in text


@pytest.mark.parametrize("keys", [[], ["plus"]], ids=str)
def test_in_money_all_columns_of_the_book_are_money(keys: list[str]) -> None:
    scene = near()
    shown, at, top = scene.desk.shown, scene.clock.at, (px("0.34"), px("0.35"))
    board = scene.desk.store.boards[shown]
    grown = Qty(board.book.bids[px("0.32")] + qty("100"))
    moves: list[Move] = [(shown, True, px("0.32"), grown, top, "")]
    scene.desk.store.take(
        [
            BookDelta(at, Millis(at + 1), moves),
            Trade(shown, at, at, Px(px("0.34")), Qty(qty("200")), Side.SELL, "one"),
        ]
    )
    rows = drawn(scene, HIGH, rungs, keys=["dollar_sign", *keys])
    assert "+$32" in [row.bid_delta for row in rows]
    assert "$68" in [row.traded for row in rows]
    merged = drawn(scenes.market(10), HIGH, rungs, keys=["dollar_sign", "y", *keys])
    assert all(row.bid_delta == f"={row.bid_text}" for row in merged if row.bid)


def test_only_prices_with_orders_are_rows_when_asked_for() -> None:
    scene = scenes.bare(({px("0.10"): qty("5"), px("0.30"): qty("6")}, {px("0.50"): qty("7")}))
    found = drawn(scene, HIGH, rungs, keys=["x", "x"])
    assert [row.price for row in found] == [px("0.50"), px("0.30"), px("0.10")]
    assert drawn(scene, HIGH, here, keys=["x", "x", "down", "down"]) == px("0.10")


def test_a_click_puts_the_cursor_on_a_level_and_takes_it_away() -> None:
    async def scenario() -> list[int | None]:
        scene, found = near(), []
        app = Pmtui(scene.desk, follow=False)
        async with app.run_test(size=HIGH) as pilot:
            await pilot.pause()
            for _ in range(2):
                await pilot.click(Ladder, offset=(20, 12))
                found.append(here(app))
        return found

    first, second = asyncio.run(scenario())
    assert first is not None
    assert second is None


def test_the_wheel_scrolls_as_far_as_both_touches_stay_in_sight() -> None:
    def scroll(app: Pmtui) -> tuple[str, str]:
        ladder, found = app.dashboard.query_one(Ladder), []
        for kind, times in ((events.MouseScrollUp, 40), (events.MouseScrollDown, 80)):
            for _ in range(times):
                ladder._scroll(3 if kind is events.MouseScrollUp else -3)
            found.append("".join(row.touch for row in rungs(app) if row.touch in ("a", "b")))
        return found[0], found[1]

    assert drawn(near(count=90, tick="0.001", bid="0.34", ask="0.341"), HIGH, scroll) == ("ab", "ab")


@pytest.mark.parametrize("scale", list(Scale))
def test_bars_grow_with_their_sizes_and_never_out_of_their_room(scale: Scale) -> None:
    full = 10_000 * ONE
    lengths = [eighths(size * ONE, full, 12, scale) for size in (1, 10, 100, 1_000, 5_000, 10_000, 90_000)]
    assert lengths == sorted(lengths)
    assert lengths[0] >= 1
    assert lengths[-2:] == [96, 96]


def test_log_bars_lift_small_sizes_above_square_roots_above_linear() -> None:
    full, size = 10_000 * ONE, 100 * ONE
    assert (
        eighths(size, full, 20, Scale.LINEAR) < eighths(size, full, 20, Scale.SQRT) < eighths(size, full, 20, Scale.LOG)
    )


# What is ours


def owning(*orders: tuple[Side, str, str], tick: str = "0.01") -> Scene:
    """A market in which these orders of ours work, each seen to appear, in levels that hold them already."""
    scene = near(tick)
    told = [
        scenes.order(scene, f"o{n}", side, px(price), size, ago=60_000, placed=True)
        for n, (side, price, size) in enumerate(orders)
    ]
    scenes.logged_in(scene, *told)
    return scene


def words(scene: Scene, size: tuple[int, int], keys: tuple[str, ...] = ()) -> dict[int, str]:
    """The text of each row of the ladder by its price."""

    def read(app: Pmtui) -> dict[int, str]:
        ladder = app.dashboard.query_one(Ladder)
        return {row.price: ladder.render_line(y).text for y, row in enumerate(ladder.rows) if isinstance(row, Rung)}

    return drawn(scene, size, read, keys=keys)


WIDE = (200, 60)


def test_our_orders_stand_on_their_rows_with_an_estimate_of_what_is_before_them() -> None:
    scene = owning((Side.BUY, "0.33", "100"), (Side.SELL, "0.37", "250"))
    for size in (WIDE, HIGH):
        rows = words(scene, size)
        assert rows[px("0.33")].split()[0] == "100@~601"  # 701 rest there, ours among them
        assert rows[px("0.37")].split()[-1].startswith("250@~")
        assert not any("@" in row for price, row in rows.items() if price not in (px("0.33"), px("0.37")))
    assert drawn(scene, WIDE, lines)[3].count("mine@Q") == 2
    assert drawn(scene, HIGH, lines)[3].count("Δ10s/mine") == 2


@pytest.mark.parametrize("size", [WIDE, HIGH, LOW])
@pytest.mark.parametrize("flipped", [False, True])
def test_both_outcomes_of_a_market_have_the_same_columns_whichever_has_orders(
    size: tuple[int, int], flipped: bool
) -> None:
    """Whether they are seen on the screen before, or came while the other outcome was shown."""
    scene = scenes.market(10)
    second = scene.desk.store.boards[scene.desk.shown].instrument.complement
    scenes.logged_in(scene, scenes.order(scene, "o", Side.BUY, px("0.40"), "100", on=second, placed=True))
    if flipped:
        scene.desk.flip()
    here, there, back = drawn_after_each(scene, size, ladder_lines, ["right", "left"])
    mine = {WIDE: "mine@Q", HIGH: "/mine", LOW: ""}[size]
    heads = [next(line for line in each if "bid size" in line) for each in (here, there, back)]
    assert all(head.count(mine) == 2 for head in heads if mine)
    assert len(set(heads)) == 1


def test_where_there_is_little_room_a_mark_stands_beside_the_price() -> None:
    rows = words(owning((Side.BUY, "0.33", "100"), (Side.SELL, "0.37", "250"), (Side.BUY, "0.34", "5")), LOW)
    assert "●33" in rows[px("0.33")]
    assert "37●" in rows[px("0.37")]
    assert "●34◂" in rows[px("0.34")]
    assert sum("●" in row for row in rows.values()) == 3


def test_the_level_under_the_cursor_says_what_of_it_is_ours() -> None:
    screen = "\n".join(drawn(owning((Side.BUY, "0.34", "100")), HIGH, lines, keys=["down"]))
    assert "mine 100@~40" in screen


def test_rows_of_many_ticks_sum_our_orders_and_tell_the_queue_of_the_first() -> None:
    scene = owning((Side.BUY, "0.32", "10"), (Side.BUY, "0.31", "20"), (Side.SELL, "0.36", "5"))
    found = {row.price: row for row in drawn(scene, HIGH, rungs, keys=["plus", "plus"])}
    assert {row.view.step for row in found.values()} == {px("0.05")}
    first = scene.desk.store.boards[scene.desk.shown].book.bids[px("0.32")] - qty("10")
    assert found[px("0.3")].bid_mine == f"30@~{first // ONE}"
    assert found[px("0.4")].ask_mine.startswith("5@~")


def test_a_ladder_without_orders_of_ours_is_the_one_that_everybody_sees() -> None:
    for size in (LOW, HIGH):
        scene = near()
        public = drawn(scene, size, lines)[2:]
        scenes.logged_in(scene)
        assert drawn(scene, size, lines)[2:] == public


def test_the_merged_view_shows_our_orders_of_the_other_outcome_where_they_act() -> None:
    scene = scenes.market(10)
    shown = scene.desk.shown
    other = scene.desk.other(shown)
    bid, _ = touch(scene)
    scenes.logged_in(
        scene,
        scenes.order(scene, "yes", Side.BUY, bid, "10"),
        scenes.order(scene, "no", Side.SELL, ONE - bid, "7", on=other),
    )
    mine = {row.price: row.bid_mine.partition("@")[0] for row in drawn(scene, HIGH, rungs) if row.bid_mine}
    assert mine == {bid: "10"}
    mine = {row.price: row.bid_mine.partition("@")[0] for row in drawn(scene, HIGH, rungs, keys=["y"]) if row.bid_mine}
    assert mine == {bid: "17"}


def test_a_fill_of_ours_is_marked_on_its_row_and_fades() -> None:
    scene = owning((Side.BUY, "0.33", "100"))
    account, at = scene.desk.account, scene.clock.at
    assert account is not None
    account.take(scenes.fill(scene, "old", Side.BUY, px("0.32"), "1", ago=300_000)._replace(late=True))
    account.take(scenes.fill(scene, "new", Side.BUY, px("0.33"), "10", order="o0"))

    def marks(app: Pmtui) -> list[tuple[int, str]]:
        found = []
        for ms in (0, 2_000, 20_000):
            scene.clock.at = Millis(at + ms)
            app.frames.pulse()
            found += [(row.price, row.last) for row in rungs(app) if row.last]
        return found

    assert drawn(scene, HIGH, marks) == [(px("0.33"), "◉2"), (px("0.33"), "◉1")]


def test_our_orders_are_put_into_words_only_when_something_of_them_moves() -> None:
    scene = owning((Side.BUY, "0.33", "100"))
    account = scene.desk.account
    assert account is not None
    asked: list[object] = []
    read = account.orders_at

    def look(app: Pmtui) -> None:
        def counting(instrument: InstrumentId) -> tuple[dict[int, Resting], dict[int, Resting]]:
            asked.append(instrument)
            return read(instrument)

        account.orders_at = counting  # type: ignore[method-assign]
        for _ in range(50):
            app.frames.pulse()
        assert asked == []
        account.take(scenes.order(scene, "o0", Side.BUY, px("0.33"), "100", left="60"))
        app.frames.pulse()
        assert len(asked) == 1

    drawn(scene, HIGH, look)


_TEXTS = st.sampled_from(["", "100@~1.2K", "18.0K@~18.0K", "•••@≤999M", "1@?"])


@given(
    st.integers(30, 120),
    st.sampled_from(["0.1", "0.01", "0.001", "0.0025", "0.0001"]),
    _TEXTS,
    _TEXTS,
    st.sampled_from(["", "▲2", "▼0", "◉2", "◉1"]),
    st.sampled_from(["", "a", "b", "i"]),
    st.sampled_from(["", SURE, NOT_SURE]),
    st.booleans(),
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans(), st.booleans()),
)
def test_every_row_is_as_wide_as_the_ladder(
    width: int,
    tick: str,
    bid: str,
    ask: str,
    last: str,
    touch: str,
    look: str,
    here: bool,
    sizes: tuple[int, int, bool, bool],
) -> None:
    view = View(px(tick), True, 2 * ONE, Scale.LINEAR, *sizes[2:3], look, *sizes[3:])
    own = (bid, ask) if look else ("", "")
    row = Rung(
        px(tick) * 3, touch, sizes[0] * ONE, sizes[1] * ONE, str(sizes[0] or ""), str(sizes[1] or ""), view, "", "",
        "+1.2K", "-999", "14.2K", last, here, *own,
    )  # fmt: skip
    text = "".join(text for text, _ in painting.paint(row, width))
    assert len(text) == width
    assert len(painting.heads(width, view, ("bid size", "ask size"), "Δ10s")) == width
    if look and (bid or ask):
        assert any(sign in text for sign in ("●", "◉", *filter(None, own)))


@pytest.mark.parametrize("width", [34, 50, 72, 100])
@pytest.mark.parametrize(("tick", "cents"), [("0.01", True), ("0.001", True), ("0.01", False)])
@pytest.mark.parametrize("touch", ["", "i", "a", "b"])
@pytest.mark.parametrize(
    ("own", "last"), [(("", ""), ""), (("5@~1", ""), ""), (("", "5@~1"), ""), (("", ""), "◉2"), (("5@~1", ""), "◉1")]
)
def test_the_cursor_stands_in_whole_brackets_on_every_row(
    width: int, tick: str, cents: bool, touch: str, own: tuple[str, str], last: str
) -> None:
    price = px("0.501") if tick == "0.001" else px("0.5")
    for bid, ask in ((0, 0), (ONE, 0), (0, ONE), (ONE, ONE)):
        sizes = "18.0K" * bool(bid), "18.0K" * bool(ask)
        view = View(px(tick), cents, ONE, Scale.LINEAR, True, SURE if any(own) else "")
        row = Rung(price, touch, bid, ask, *sizes, view, "", "", "", "", "", last, False, *own)
        still = "".join(text for text, _ in painting.paint(row, width))
        told = "".join(text for text, _ in painting.paint(row._replace(here=True), width))
        shown = numbers.price(price, px(tick), cents=cents)
        sign = "▸" if touch == "a" else ""
        assert re.search(rf"\[{sign}[●◉]?{re.escape(shown)}[●◉]?{'◂' if touch == 'b' else ''}\]", told), (still, told)
        assert len(told) == width
        assert told.index(shown) == still.index(shown)
        for mark in ("18.0K", "●", "◉", "@"):
            assert told.count(mark) == still.count(mark)


def test_the_older_part_of_a_book_is_dim_where_nothing_rests_as_where_something_does() -> None:
    scene = scenes.coins(10)
    board = scene.desk.board()
    assert board is not None
    assert board.fresh is not None
    bid, ask = board.fresh.bid, board.fresh.ask

    shown = drawn(scene, HIGH, rungs)

    assert {bool(row.bid or row.ask) for row in shown if not row.view.sure} == {True, False}
    for row in shown:
        assert row.view.sure == (bid <= row.price <= ask)


def test_a_mark_beside_an_older_level_is_no_brighter_than_the_level() -> None:
    view = View(ONE // 100, True, ONE, Scale.LINEAR, True)
    for bid, ask in ((ONE, 0), (0, ONE)):
        row = Rung(ONE // 2, "", bid, ask, "1" * bool(bid), "1" * bool(ask), view, "◆" * bool(bid), "◆" * bool(ask))
        assert ("◆", "ladder--large") in painting.paint(row, 72)
        assert ("◆", "ladder--old") in painting.paint(row._replace(view=view._replace(sure=False)), 72)


def test_the_read_out_of_a_wide_row_tells_of_the_row() -> None:
    scene = scenes.market()
    found = scene.desk.board()
    assert found is not None
    book, now = found.book, scene.desk.now()
    step = 5 * book.tick
    price = min(book.bids)
    row = price - price % step
    inside = range(row, row + step)
    told = "".join(text for text, _ in summaries.readout(found, book, price, step, now, 200))
    assert told.startswith(f"[{numbers.price(row, step, cents=True)}]")
    assert f"bid {numbers.resting(sum(size for each, size in book.bids.items() if each in inside))} " in told
    assert f"{numbers.resting(sum(size for each, size in book.bids.items() if each >= row + step))} ahead" in told
    assert told == "".join(text for text, _ in summaries.readout(found, book, row, step, now, 200))


@given(
    st.dictionaries(st.integers(9_900, 10_050), st.integers(1, 10**4), min_size=1),
    st.dictionaries(st.integers(10_051, 10_200), st.integers(1, 10**4), min_size=1),
    st.sampled_from([1, 2, 5, 10]),
    st.sampled_from([0, 1, 2]),
)
def test_the_read_out_of_a_row_says_what_the_row_says(
    bids: dict[int, int], asks: dict[int, int], times: int, finer: int
) -> None:
    """Though its levels may lie on a finer grid than the best prices."""
    grain = px("0.01")
    sides = [{price * grain: size * ONE for price, size in side.items()} for side in (bids, asks)]
    board = scenes.bare((sides[0], sides[1]), tick="0.01").desk.board()
    assert board is not None
    book, now = board.book, 0
    board.book.tick = Px(grain * 10**finer)
    step = times * board.book.tick
    for is_bid, side in zip((True, False), sides, strict=True):
        for price, size in list(side.items())[::2]:
            board.flow.changed(is_bid, price, size, 2 * size, now)
            book.set(is_bid, price, 2 * size)
    view, sizes = View(step, True, 1, Scale.LINEAR, True), Amounts(money=False, cumulated=False)
    make = Maker.of(board, None, book, view, sizes, None, now)
    worths = Amounts(money=True, cumulated=False).of(book, step)
    sums = Amounts(money=False, cumulated=True).of(book, step)
    for n, (name, rows, note) in enumerate((("bid", make.bids, make.bid_note), ("ask", make.asks, make.ask_note))):
        for row, size in rows.items():
            told = "".join(text for text, _ in summaries.readout(board, book, row, step, now, 200))
            ahead = numbers.resting(sums[n][row] - size) or "0"
            worth = numbers.money(worths[n][row], cut=True)
            assert f" {name} {make.spell(size)} {worth} {ahead} ahead" in told
            assert f"{note(row)} " in f"{told} "
            assert bool(note(row)) == (" -0" in told)


@pytest.mark.parametrize(
    ("pulled", "price", "words"),
    [
        (["0.46"], "0.46", "inside the spread bids +0 -5.0K"),
        (["0.46", "0.45"], "0.46", "no bids, below every ask bids +0 -5.0K"),
        (["0.46", "0.45"], "0.45", "no bids, below every ask bids +0 -800"),
        (["0.53"], "0.53", "inside the spread asks +0 -900"),
        (["0.53", "0.54"], "0.54", "no asks, above every bid asks +0 -1.0K"),
        (["0.45"], "0.45", "no bids here +0 -800"),
        (["0.54"], "0.54", "no asks here +0 -1.0K"),
    ],
)
def test_what_was_pulled_is_told_of_whichever_side_it_was(pulled: list[str], price: str, words: str) -> None:
    sizes: dict[int, int] = {
        px("0.46"): 5_000 * ONE,
        px("0.45"): 800 * ONE,
        px("0.53"): 900 * ONE,
        px("0.54"): 1_000 * ONE,
    }
    sides = [{each: size for each, size in sizes.items() if (each < px("0.5")) == is_bid} for is_bid in (True, False)]
    board = scenes.bare((sides[0], sides[1])).desk.board()
    assert board is not None
    for each in map(px, pulled):
        board.flow.changed(each < px("0.5"), each, sizes[each], 0, 0)
        board.book.set(each < px("0.5"), each, 0)
    told = "".join(text for text, _ in summaries.readout(board, board.book, px(price), board.tick, 0, 200))
    assert words in told


@pytest.mark.parametrize("times", [1, 2, 5])
@given(st.dictionaries(st.tuples(st.booleans(), st.integers(40, 60)), st.integers(-9, 9), max_size=12))
def test_the_line_of_the_cursor_and_its_row_tell_the_same_of_what_moved(
    times: int, moved: dict[tuple[bool, int], int]
) -> None:
    cent = px("0.01")
    board = scenes.bare(({48 * cent: ONE}, {52 * cent: ONE})).desk.board()
    assert board is not None
    for (is_bid, cents), size in moved.items():
        board.flow.changed(is_bid, cents * cent, 10 * ONE, (10 + size) * ONE, 0)
    step = times * cent
    view, sizes = View(step, True, 1, Scale.LINEAR, True), Amounts(money=False, cumulated=False)
    make = Maker.of(board, None, board.book, view, sizes, None, 0)
    for row in range(40 * cent, 61 * cent, step):
        told = "".join(text for text, _ in summaries.readout(board, board.book, row, step, 0, 200))
        notes = make.bid_note(row), make.ask_note(row)
        nets = [Fraction(plus) - Fraction(minus) for plus, minus in re.findall(r"\+(\d+) -(\d+)", told)]
        assert [net for net in nets if net] == [Fraction(note) for note in notes if note]


@pytest.mark.parametrize(
    ("bids", "asks", "price", "words"),
    [
        ([], ["0.50"], "0.30", "no bids, below every ask"),
        ([], ["0.50"], "0.60", "no asks here"),
        (["0.50"], [], "0.60", "no asks, above every bid"),
        (["0.50"], [], "0.30", "no bids here"),
        ([], [], "0.30", "no orders here"),
        (["0.40"], ["0.50"], "0.45", "inside the spread"),
        (["0.40"], ["0.50"], "0.30", "no bids here"),
    ],
)
@pytest.mark.parametrize("times", [1, 5])
def test_of_an_empty_price_only_what_is_true_is_told(
    bids: list[str], asks: list[str], price: str, words: str, times: int
) -> None:
    board = scenes.bare(({px(each): qty("5") for each in bids}, {px(each): qty("5") for each in asks})).desk.board()
    assert board is not None
    told = summaries.readout(board, board.book, px(price), times * board.book.tick, 0, 200)
    assert told[2][0] == words


def test_the_cursor_beyond_what_is_told_says_that_nobody_told() -> None:
    bids: dict[int, int] = {px(f"0.{50 - n}"): ONE for n in range(3)}
    scene = scenes.bare((bids, {px("0.51"): ONE, px("0.53"): ONE}))
    board = scene.desk.board()
    assert board is not None
    board.fresh = Fresh(Px(board.book.bid), Px(board.book.ask), scene.clock.at, 2_000, whole=(False, True))
    deep = ["down"] * 5
    assert "[46] not told so deep " in drawn(scene, HIGH, head, keys=deep)
    assert "[52] no asks here " in drawn(scene, HIGH, head, keys=["up"] * 2)
    assert "[54] no asks here " in drawn(scene, HIGH, head, keys=["up"] * 4)
    # Wider rows are told deeper.
    height = Px(2 * board.tick)
    told: dict[int, dict[int, int]] = {height: {px(f"0.{each}"): ONE for each in (48, 46, 42)}}
    board.wide = Wide(board.instrument.id, scene.clock.at, scene.clock.at, height, told, {})
    assert "[44] no bids here " in drawn(scene, HIGH, head, keys=["plus", *["down"] * 4])
    assert "[40] not told so deep " in drawn(scene, HIGH, head, keys=["plus", *["down"] * 6])


def only_so_deep(*, whole: bool) -> Scene:
    """Three bids and three asks, on tick rows as on rows of two."""
    sides: list[dict[int, int]] = [
        {px(f"0.{each}"): 7_500 * ONE for each in side} for side in ((50, 49, 47), (51, 52, 53))
    ]
    scene = scenes.bare((sides[0], sides[1]))
    board = scene.desk.board()
    assert board is not None
    board.fresh = Fresh(Px(board.book.bid), Px(board.book.ask), scene.clock.at, 2_000, whole=(whole, whole))
    return scene


@pytest.mark.parametrize(
    ("keys", "bid", "ask"),
    [
        ([], "7.5K", "7.5K"),  # of each price all is told, or nothing
        (["plus"], "≥7.5K", "≥7.5K"),
        (["plus", "c"], "≥22.5K", "≥22.5K"),
        (["plus", "dollar_sign"], "≥$3.5K", "≥$3.9K"),
        (["plus", "plus"], "≥15.0K", "≥22.5K"),
    ],
)
def test_the_row_in_which_the_told_part_ends_may_hold_more(keys: list[str], bid: str, ask: str) -> None:
    rows = drawn(only_so_deep(whole=False), HIGH, rungs, keys=keys)
    bids, asks = [row.bid_text for row in rows if row.bid], [row.ask_text for row in rows if row.ask]
    assert (bids[-1], asks[0]) == (bid, ask)
    assert "≥" not in "".join(bids[:-1] + asks[1:])
    rows = drawn(only_so_deep(whole=True), HIGH, rungs, keys=keys)
    assert "≥" not in "".join(row.bid_text + row.ask_text for row in rows)


def test_the_line_of_the_cursor_tells_that_its_row_may_hold_more() -> None:
    told = drawn(only_so_deep(whole=False), HIGH, head, keys=["plus", "down", "down", "down"])
    assert "[46] bid ≥7.5K ≥$3.5K 15.0K ahead" in told


@pytest.mark.parametrize("size", [LOW, HIGH], ids=str)
@pytest.mark.parametrize("keys", [[], ["c"], ["dollar_sign"], ["down"] * 3, ["up"] * 3])
def test_nothing_on_a_row_moves_when_it_may_hold_more(size: tuple[int, int], keys: list[str]) -> None:
    for y, (before, after) in enumerate(
        zip(
            *(drawn(only_so_deep(whole=each), size, ladder_lines, keys=["plus", *keys]) for each in (True, False)),
            strict=True,
        )
    ):
        assert y == 0 or "Σbid" in after or before == after.replace("≥", " ")


@pytest.mark.parametrize("text", ["7.5K", "$12.3K", "≥$12.3K"])
def test_a_sign_before_a_size_leaves_all_of_it_to_be_read(text: str) -> None:
    view = View(ONE // 100, True, ONE, Scale.LINEAR, True, SURE)
    for here in (False, True):
        row = Rung(ONE // 2, "", ONE, ONE, text, text, view, "", "", "", "", "", "", here, "", "5@~1")
        for width in (34, 50, 72, 100):
            told = "".join(each for each, _ in painting.paint(row, width))
            assert len(told) == width
            assert told.count(text) == 2


@pytest.mark.parametrize(("is_bid", "marked"), [(True, False), (False, True)])
def test_a_bound_that_stands_out_is_marked_where_its_sign_has_a_cell_of_its_own(is_bid: bool, marked: bool) -> None:
    view = View(20 * ONE, False, 4 * ONE, Scale.LINEAR, True, SURE)
    price, money = 97_600 * ONE, partial(numbers.money, cut=True)
    levels = {price: 39_300 * ONE * ONE}
    told_to = (price + ONE if is_bid else NO_BID, NO_ASK if is_bid else price - ONE)
    maker = Maker(view, levels, levels, money, ONE, str, str, str, 0, "", -1, NOTHING_OURS, None, told_to)
    row = maker.rung(ladder.Rung(price, 3 * ONE * is_bid, 3 * ONE * (not is_bid)))
    assert (row.bid_text if is_bid else row.ask_text) == "≥$39.3K"
    assert (row.bid_mark if is_bid else row.ask_mark) == "◆" * marked


def test_what_rests_before_a_level_is_never_told_larger_than_it_is() -> None:
    scene = scenes.bare(({px("0.50"): qty("1250"), px("0.49"): qty("10")}, {px("0.52"): qty("1")}))
    assert "1.2K ahead" in drawn(scene, HIGH, head, keys=["down", "down"])


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (["down"] * 3, "[32] "), (["down"] * 3, " 2t below"), (["plus"] * 2 + ["down"] * 3, "[20] "),
        (["plus"] * 2 + ["down"] * 3, " 14t below"), (["plus"] * 2 + ["up"] * 3, " 10t above"),
    ],
)  # fmt: skip
def test_the_way_to_the_touch_is_told_in_ticks_however_high_the_rows_are(keys: list[str], words: str) -> None:
    assert words in drawn(near(), (200, 60), head, keys=keys)


@pytest.mark.parametrize("mine", ["", SURE, NOT_SURE])
@pytest.mark.parametrize("unit", ["", " sh"])
def test_what_stands_at_the_edges_goes_on_over_the_bars_and_is_never_cut(mine: str, unit: str) -> None:
    view = View(px("0.01"), True, 1, Scale.LINEAR, True, mine)
    # Each width there is: the one that is a cell too narrow is not left to chance.
    for width, notes in product(range(40, 141), ("Δ10s", "of FOXES", "sum NORTHFI…")):
        text = painting.heads(width, view, ("bid size", "ask size"), notes, unit)
        assert len(text) == width
        assert text[0] == " "
        for side in (text.partition(" price ")[0], text.partition(" price ")[2]):
            assert "size" in side
            told = side.replace("bid size", "").replace("ask size", "").replace("traded", "").replace("mine@Q", "")
            words = {word.partition("/")[0] for word in told.split()}
            assert words <= {*notes.split(), "mine?", "sh"}


def test_the_smallest_screen_shows_which_part_of_each_level_is_the_other_outcomes() -> None:
    shown = drawn(scenes.market(30), (80, 24), lines, keys=["y"])
    row = re.compile(r"^ +(=\S+) +[▁-▏ ]*(\S+) +\d+(◂| ) ")
    told = [found for line in shown[3:18] if (found := row.match(line))]
    assert len(told) >= 3
    assert all(found[1] == f"={found[2]}" for found in told)
    assert "of NO " in shown[2]


def test_a_merged_ladder_names_the_other_outcome_whole() -> None:
    heads = drawn(scenes.market(30), (120, 40), lines, keys=["alt+3", "y"])[3]
    assert heads.count("of FOXES") == 2


def test_in_money_the_unit_of_our_orders_is_told() -> None:
    heads = drawn(scenes.account(), (120, 40), lines, keys=["dollar_sign"])[3]
    assert heads.count("Δ10s/mine sh") == 2
    assert "mine sh" not in drawn(scenes.account(), (120, 40), lines)[3]


def test_in_ascii_a_sum_is_called_one() -> None:
    board = scenes.market(10).desk.board()
    assert board is not None
    for width in range(40, 90):
        drawn_as = ["".join(text for text, _ in _foot_of(board, width, plain=plain)) for plain in (False, True)]
        assert all(len(each) <= width for each in drawn_as)
        told = [[word for word in each.split() if not set(word) & set("▕▏█")] for each in drawn_as]
        assert " ".join(told[1]).replace("sum ", "Σ") == " ".join(told[0])
        assert ("sum bid" in drawn_as[1]) == ("sum ask" in drawn_as[1])
        assert "sum bid" in drawn_as[1] or width < 72


def test_sums_of_a_book_that_is_told_to_some_depth_only_are_bounds() -> None:
    def last(app: Pmtui) -> str:
        ladder = app.dashboard.query_one(Ladder)
        assert ladder.rows[-1] is not None
        return "".join(text for text, _ in ladder.paint(ladder.rows[-1], ladder.columns))

    foot = drawn(scenes.coins(5), (160, 45), last)
    assert re.fullmatch(r" Σbid ≥[\d.]+  ≥\$\S+  .*  Σask ≥[\d.]+  ≥\$\S+ *", foot)
    thin = scenes.coins(5)
    board = thin.desk.board()
    assert board is not None
    assert board.fresh is not None
    board.fresh = board.fresh._replace(whole=(True, False))
    foot = drawn(thin, (160, 45), last)
    assert re.fullmatch(r" Σbid [\d.]+  \$\S+  .*  Σask ≥[\d.]+  ≥\$\S+ *", foot)
    assert "≥" not in drawn(scenes.market(5), (160, 45), last)
    one_sided = depth.Totals(0, 0, ONE, ONE * ONE)
    told = "".join(text for text, _ in summaries.foot(one_sided, 100, sure=True, least=(True, True)))
    assert told.startswith(" Σbid 0  $0.00  ")
    assert told.endswith("Σask ≥1  ≥$1.00")


def _foot_of(board: Board, width: int, *, plain: bool) -> Line:
    return summaries.foot(depth.totals(board.book), width, sure=True, plain=plain)


@pytest.mark.parametrize("size", [LOW, HIGH], ids=str)
@pytest.mark.parametrize(
    ("scene", "sure"),
    [(scenes.market, True), (scenes.stale, False), (scenes.down, False)],
    ids=["live", "stale", "down"],
)
def test_what_is_told_of_the_cursors_level_is_as_bright_as_the_level(
    scene: Callable[[], Scene], sure: bool, size: tuple[int, int]
) -> None:
    def looks(app: Pmtui) -> dict[str, str]:
        ladder = app.dashboard.query_one(Ladder)
        assert ladder.rows[0] is not None
        return {text.strip(): look for text, look in ladder.paint(ladder.rows[0], ladder.columns)}

    found = drawn(scene(), size, looks, keys=["down", "down"])
    told = {look for text, look in found.items() if text.startswith(("bid ", "ask ", "$"))}
    assert told <= ({"ladder--bid", "ladder--ask", ""} if sure else {"ladder--old"})
    assert len(told) == (2 if sure else 1)


def head(app: Pmtui) -> str:
    """The first line of the ladder."""
    ladder = app.dashboard.query_one(Ladder)
    assert ladder.rows[0] is not None
    return "".join(text for text, _ in ladder.paint(ladder.rows[0], ladder.columns))


@pytest.mark.parametrize("size", [LOW, HIGH, (200, 60)], ids=str)
def test_with_a_cursor_the_ladder_still_says_how_it_is_set(size: tuple[int, int]) -> None:
    keys = ["plus", "plus", "s", "x", "c", "down", "down"]
    first = drawn(near(), size, head, keys=keys)
    for word in ("×5", "sq", "fo", "Σ", "[", "bid", "ahead", *["for "] * (size != LOW)):
        assert word in first, (word, first)


@pytest.mark.parametrize("keys", [[], ["c"], ["dollar_sign"], ["c", "dollar_sign"], ["s", "x", "x"]], ids="".join)
@pytest.mark.parametrize("beside", ["", "h", "a"])
@pytest.mark.parametrize("scene", [partial(near, "0.001"), partial(scenes.coins, 5)], ids=["shares", "coins"])
def test_a_low_ladder_says_how_it_is_set_before_what_its_columns_are(
    scene: Callable[[], Scene], beside: str, keys: list[str]
) -> None:
    first = drawn(scene(), LOW, head, keys=[*["plus"] * 6, *beside, *keys])
    assert "×100" in first, first
    assert "price" in first
    for key, word in {"s": "sq", "x": "lv", "c": "Σ", "dollar_sign": "$"}.items():
        assert key not in keys or word in first, first


def test_the_read_out_takes_all_the_room_and_tells_for_how_long_before_what_traded() -> None:
    told = drawn(scenes.market(30), HIGH, head, keys=["down", "down"])
    assert told.startswith(" LADDER YES  [")
    assert "for " in told
    assert "below" in told


@pytest.mark.parametrize("size", [LOW, HIGH], ids=str)
def test_a_market_without_another_outcome_is_not_merged_and_the_next_one_that_has_one_is(size: tuple[int, int]) -> None:
    def seen(app: Pmtui) -> tuple[bool, str]:
        return any(word in head(app) for word in ("merged", "Y+N")), lines(app)[0]

    pressed = ["y", "right_square_bracket", "left_square_bracket"]
    _, merged, alone, back = drawn_after_each(scenes.both(), size, seen, pressed)
    assert (merged[0], alone[0], back[0]) == (True, False, True)
    assert "BTC" in alone[1]


@pytest.mark.parametrize("key", ["y", "left", "right"])
def test_a_key_for_two_outcomes_is_answered_where_there_is_one_and_changes_nothing(key: str) -> None:
    def seen(app: Pmtui) -> tuple[str, list[str]]:
        return head(app), [each.text for each in app.notes]

    there, back = "right_square_bracket", "left_square_bracket"
    plain, perp, pressed, home = drawn_after_each(scenes.both(), HIGH, seen, [there, key, back])
    assert perp[1] == []
    assert pressed == (perp[0], ["BTC perp has no other outcome"])
    assert home[0] == plain[0]
    _, merged, *_, home = drawn_after_each(scenes.both(), HIGH, seen, ["y", there, key, back])
    assert home[0] == merged[0] != plain[0]


@given(
    width=st.integers(24, 260),
    wider=st.integers(1, 60),
    step=st.sampled_from([px("0.0001"), px("0.0025"), px("0.001"), px("0.01"), px("0.05")]),
    mine=st.sampled_from(["", SURE, NOT_SURE]),
)
def test_no_column_that_comes_in_with_more_room_leaves_less_than_a_picture_to_the_bars(
    width: int, wider: int, step: int, mine: str
) -> None:
    narrow, wide = (painting.columns(each, step, True, mine) for each in (width, width + wider))
    least = 6 - (narrow.price > 4)
    assert wide.bar >= min(narrow.bar, least)
    parts = [2 * (6 + 2), wide.price + 2, wide.traded, 2 * (wide.delta + wide.bar + wide.mine)]
    assert sum(parts) <= width + wider


@pytest.mark.parametrize("size", [LOW, (100, 24), HIGH, (200, 60)], ids=str)
@pytest.mark.parametrize("keys", [[], ["c"], ["dollar_sign"], ["c", "dollar_sign"]], ids=str)
def test_the_heads_stand_over_their_columns(keys: list[str], size: tuple[int, int]) -> None:
    def read(app: Pmtui) -> tuple[str, str, str]:
        ladder = app.dashboard.query_one(Ladder)
        told = ["".join(text for text, _ in ladder.paint(row, ladder.columns)) for row in ladder.rows if row]
        ask = next(row for row in told if "▸" in row)
        traded = next(row.traded for row in rungs(app) if row.traded and not row.last)
        return told[ladder.lines >= 24], ask, next(row for row in told if row.rstrip().endswith(traded))

    heads, ask, traded = drawn(scenes.market(10), size, read, keys=keys)
    touch = ask.index("▸")
    assert heads.index("price") + len("price") == touch + len("▸51")
    assert heads.rindex("ask") - len("Σ ") * ("Σ" in heads) == touch + len("▸51  ")
    assert len(heads.rstrip()) == len(traded.rstrip())
