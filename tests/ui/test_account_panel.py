"""The account on the screen: whole rows, a choice that stays, amounts that can be hidden, news told once."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Sequence
from itertools import accumulate, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from pmtui.core.alerts import Kind
from pmtui.core.events import (
    AccountChecked,
    BookDelta,
    Filled,
    FillState,
    LinkChanged,
    OrderChanged,
    OrderState,
    Phase,
    Side,
    Trade,
)
from pmtui.core.instrument import Instrument, InstrumentId, identify
from pmtui.core.orders import SORTS, Rank
from pmtui.core.position import Held
from pmtui.core.series import Mark as Sign
from pmtui.core.tape import Mark
from pmtui.core.units import ONE, Millis, Px, px, qty
from pmtui.ui import working
from pmtui.ui.apart import Title
from pmtui.ui.app import Pmtui
from pmtui.ui.fills import MOST_SHOWN, words
from pmtui.ui.holdings import Holdings
from pmtui.ui.kept import Kept, Tables
from pmtui.ui.line import Line
from pmtui.ui.markets import Facts
from pmtui.ui.numbers import clock
from pmtui.ui.panels.banner import Banner
from pmtui.ui.panels.far.account import Account
from pmtui.ui.panels.far.events import Events
from pmtui.ui.panels.far.health import Health
from pmtui.ui.scroll import Scroll
from pmtui.ui.teller import HIDDEN, Teller
from tests import scenes
from tests.draw import drawn, drawn_at_each, give, lines
from tests.scenes import Scene

from .alone import text
from .stage import texts, too_wide

BUY, SELL = Side.BUY, Side.SELL
FAILED, MATCHED, CONFIRMED = FillState.FAILED, FillState.MATCHED, FillState.CONFIRMED
WIDE, HIGH, LOW = (200, 60), (120, 40), (80, 24)

Scenario = Callable[[Pmtui, Pilot[None]], Awaitable[None]]


def act(scene: Scene, scenario: Scenario, size: tuple[int, int] = HIGH, *, bell: bool = False) -> Pmtui:
    """Let things happen while the scene is on the screen."""

    async def go() -> Pmtui:
        app = Pmtui(scene.desk, follow=False, bell=bell)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await scenario(app, pilot)
        return app

    return asyncio.run(go())


def panel_of(app: Pmtui) -> Account:
    return app.dashboard.query_one(Account)


def table(app: Pmtui) -> list[str]:
    return texts(panel_of(app))


def chosen(rows: list[str]) -> str:
    return next((row for row in rows if row.startswith("›")), "")


def toasts(app: Pmtui) -> list[str]:
    return [f"{each.title}: {each.text}" for each in app.notes]


def trader(*, orders: int = 3, fills: int = 0) -> Scene:
    """A quiet market in which so many orders of ours work, the newest first, and so many were filled before."""
    scene = scenes.bare(scenes._levels("0.34", "0.35", tick="0.01", count=30), title="Will it rain?")
    facts = [scenes.order(scene, f"o{n}", BUY, px("0.30"), f"{n + 1}", ago=1_000 * n) for n in range(orders)]
    past = [scenes.fill(scene, f"t{n}", SELL, px("0.36"), f"{n + 1}", CONFIRMED, ago=100_000 + n) for n in range(fills)]
    scenes.logged_in(scene, *facts, *past)
    return scene


async def tell(pilot: Pilot[None], *facts: Filled | OrderChanged | AccountChecked) -> None:
    """Let the account learn these facts, and the screen tell of them."""
    app = pilot.app
    assert isinstance(app, Pmtui)
    account = app.desk.account
    assert account is not None
    for each in facts:
        account.take(each)
    app.tell()
    app.frames.pulse()
    await pilot.pause()


# What is shown


@pytest.mark.parametrize("columns", [33, 46, 47, 50, 56, 60, 72, 80, 120])
def test_every_row_is_whole_at_every_width_and_height(columns: int) -> None:
    scene = scenes.account()

    async def look(app: Pmtui, pilot: Pilot[None]) -> None:
        panel = panel_of(app)
        for height in (3, 8, 12, 19, 30, 50):
            give(app, panel, columns, height)
            await pilot.pause()
            rows = table(app)
            assert (panel.columns, panel.lines) == (columns, height)
            assert len(panel.rows) <= height
            assert too_wide(panel) == []
            assert "ACCOUNT" in rows[0]
            assert "live" in rows[0]

    act(scene, look, WIDE)


@pytest.mark.parametrize(("height", "orders", "fills"), [(12, 20, 1_200), (16, 2, 40), (19, 30, 3), (50, 4, 5)])
def test_a_table_that_is_cut_says_how_many_of_its_rows_are_in_sight(height: int, orders: int, fills: int) -> None:
    scene = trader(orders=orders, fills=fills)

    async def look(app: Pmtui, pilot: Pilot[None]) -> None:
        panel = panel_of(app)
        give(app, panel, 60, height)
        await pilot.pause()
        rows = table(app)
        heads = [next(n for n, row in enumerate(rows) if row.startswith(f" {name}")) for name in ("WORKING", "FILLS")]
        for head, end, count in zip(heads, (heads[1], len(rows)), (orders, fills), strict=True):
            seen = sum(" BUY " in row or " SELL " in row for row in rows[head + 1 : end])
            told = f"{seen} of {count:,}" if seen < count else f"{count:,}"
            assert " ".join(rows[head].split()[1:]).startswith(told)
            assert (" of " in rows[head]) is (seen < count)

    act(scene, look, WIDE)


@pytest.mark.parametrize(("orders", "fills"), [(0, 0), (0, 6), (5, 0), (4, 5), (1, 20)])
def test_columns_have_names_wherever_no_row_loses_its_line_to_them(orders: int, fills: int) -> None:
    scene = trader(orders=orders, fills=fills)

    async def look(app: Pmtui, pilot: Pilot[None]) -> None:
        panel = panel_of(app)
        for height in range(8, 34):
            give(app, panel, 60, height)
            await pilot.pause()
            rows = [*table(app), ""]
            above = next(n for n, row in enumerate(rows) if row.startswith(" WORKING"))
            room = above + 2 + max(1, orders) + fills + 2 <= height
            for title, names in (("WORKING", " side price"), ("FILLS", " time     side price")):
                head, *below = rows[next(n for n, row in enumerate(rows) if row.startswith(f" {title}")) + 1 :]
                assert head.startswith(names) == (room or height >= 24)
                if head.startswith(names) and below and ("BUY" in below[0] or "SELL" in below[0]):
                    assert below[0][head.index("side") :].startswith(("BUY", "SELL"))
            if room:
                assert sum(" BUY " in row or " SELL " in row for row in rows) == orders + fills

    act(scene, look, WIDE)


def test_it_stands_beside_everything_only_when_there_is_an_account_and_room() -> None:
    def is_seen(app: Pmtui) -> bool:
        return panel_of(app).display

    assert drawn(scenes.account(), WIDE, is_seen)
    assert not drawn(scenes.account(), HIGH, is_seen)
    assert drawn(scenes.account(), HIGH, is_seen, keys=["7"])
    assert not drawn(scenes.market(10), WIDE, is_seen)
    assert drawn(scenes.market(10), WIDE, is_seen, keys=["7"])


def test_an_account_that_is_found_later_takes_its_place() -> None:
    scene = scenes.market(10)

    async def log_in(app: Pmtui, pilot: Pilot[None]) -> None:
        scenes.logged_in(scene)
        app._second()
        await pilot.pause()
        assert panel_of(app).display

    act(scene, log_in, WIDE)


def test_the_key_gives_it_the_keys_and_hides_it_when_it_has_them() -> None:
    def focused(app: Pmtui) -> str:
        return type(app.dashboard.focused).__name__

    assert drawn(scenes.account(), HIGH, focused, keys=["a"]) == "Account"
    assert drawn(scenes.account(), HIGH, focused, keys=["a", "a"]) == "Ladder"
    assert drawn(scenes.account(), WIDE, focused, keys=["a"]) == "Account"


def test_without_an_account_it_says_how_to_add_one_and_that_none_is_needed() -> None:
    text = " ".join(drawn(scenes.market(10), (200, 60), table, keys=["a"]))
    assert "public" in text
    assert "No key is needed to watch." in text
    assert "pmtui account check" in text
    assert "private key is never asked for" in text


def test_a_refused_account_says_why_in_the_panel_and_on_top_and_the_markets_go_on() -> None:
    screen, rows = drawn(scenes.refused(), HIGH, lambda app: (lines(app), table(app)), keys=["a"])
    assert "LIVE" in screen[0]
    assert "account refused: credentials not accepted (401)" in screen[1]
    assert "credentials not accepted (401)" in " ".join(rows)
    assert "pmtui account check" in " ".join(rows)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
def test_what_was_refused_is_told_on_top_at_every_size(size: tuple[int, int]) -> None:
    assert "account refused: credentials not accepted" in drawn(scenes.refused(), size, lines)[1]


@pytest.mark.parametrize("width", [40, 48, 58])
def test_the_health_panel_tells_the_whole_reason_and_what_the_link_carries(width: int) -> None:
    scene = scenes.refused()
    store, at = scene.desk.store, scene.clock.at
    store.log_in("polymarket", at, scenes.ACCOUNT_LINK)
    store.take([LinkChanged(scenes.ACCOUNT_LINK, at, 1, Phase.HALTED, scenes.REFUSED)])
    told = " ".join(" ".join(text(Health(), scene, (width, 60))).split())
    assert scenes.REFUSED in told
    assert "0 of 0 books" not in told


@pytest.mark.parametrize("ms", [1, 999, 1_000, 1_001, 2_000, 2_999, 3_000, 30_000])
def test_the_header_the_health_panel_and_the_account_count_down_to_the_next_try_alike(ms: int) -> None:
    scene = scenes.account()
    desk, at = scene.desk, scene.clock.at
    board = desk.board()
    assert board is not None
    assert board.link is not None
    names = [board.link.name, scenes.ACCOUNT_LINK]
    assert desk.account is not None
    for name in names:
        lost = LinkChanged(name, at, 99, Phase.DOWN, "the connection was lost", 2, Millis(at + ms))
        desk.store.take([lost])
        desk.account.link = lost
    told = " ".join((board.why(at), desk.account_words(at)[1], *text(Health(), scene, (60, 60))))
    assert re.findall(r"in (\d+)s", told) == [str(-(-ms // 1000))] * 4, told


def test_orders_fills_and_positions_say_what_there_is_to_know() -> None:
    rows = drawn(scenes.account(), WIDE, table)
    text = "\n".join(rows)
    assert "cash $812.40" in rows[0]
    assert "1 YES Aurora…" in text
    assert "+$7.68" in text
    found = {row.split()[0]: row for row in rows if row[1:5] in ("BUY ", "SELL")}
    assert set(found) == {"BUY", "SELL"}
    working_order = next(row for row in rows if "130/150" in row)
    for word in ("BUY", "50", "~", "48s", "GTC", "1 YES"):
        assert word in working_order
    states = [each.value for each in FillState]
    assert all(state in text for state in states)
    late = next(row for row in rows if "late" in row and "CONFIRMED" in row)
    assert "SELL" in late
    assert "maker" in late


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (60, "4 NO Will the Kestrel-4 launch slip past Friday?"),
        (22, "4 NO Kestrel-4 launch…"),
        (16, "4 NO Kestrel-4…"),
        (13, "4 NO Kestrel…"),
        (12, "4 NO"),
        (8, "4 NO"),
    ],
)
def test_a_market_is_named_by_whole_words(width: int, told: str) -> None:
    facts = Facts("4 NO", px("0.01"), True, "4", "4 NO ", Title("Will the Kestrel-4 launch slip past Friday?"))
    assert facts.named(width) == told


def test_an_estimate_is_marked_as_one_and_a_bound_as_a_bound() -> None:
    rows = drawn(scenes.account(), WIDE, table)
    assert "~1.1K" in next(row for row in rows if "130/150" in row)  # it was seen to appear
    assert "≤568" in next(row for row in rows if "100/100" in row)


def test_what_is_not_live_looks_it() -> None:
    scene = scenes.account()
    account = scene.desk.account
    assert account is not None
    lost = LinkChanged(scenes.ACCOUNT_LINK, scene.clock.at, 1, Phase.DOWN, "the connection was lost")

    def looks(app: Pmtui) -> set[str]:
        panel = panel_of(app)
        return {look for row in panel.rows[3:] if row for _, look in row}

    assert "sheet--bid" in drawn(scene, WIDE, looks)
    account.take(lost)
    assert drawn(scene, WIDE, looks) <= {"", "sheet--dim"}
    screen = drawn(scene, WIDE, lines)
    assert "account down: the connection was lost" in screen[1]
    assert "mine?" in screen[3]


def test_the_ladder_stands_still_when_the_last_order_of_ours_leaves_it() -> None:
    scene = scenes.account()
    account = scene.desk.account
    assert account is not None

    def leave(app: Pmtui) -> tuple[str, str]:
        before = lines(app)[3][:100]
        for each in account.orders.working():
            account.take(each._replace(at=Millis(each.at + 1), state=OrderState.CANCELLED))
        app.frames.pulse()
        assert account.orders.count() == 0
        return before, lines(app)[3][:100]

    before, after = drawn(scene, WIDE, leave)
    assert "mine@Q" in before
    assert before == after


def test_an_account_that_rests_is_quiet_with_the_age_of_its_last_check_and_as_good_as_live() -> None:
    scene = scenes.account()
    account = scene.desk.account
    assert account is not None
    scene.clock.at = Millis(scene.clock.at + 10 * 60_000)
    at = Millis(scene.clock.at - 51_000)
    listed = tuple(account.orders.working())
    account.take(AccountChecked(at, at, listed, ()))

    def looks(app: Pmtui) -> set[str]:
        return {look for row in panel_of(app).rows[3:] if row for _, look in row}

    rows, screen, seen = drawn(scene, WIDE, lambda app: (table(app), lines(app), looks(app)))
    assert "quiet  ✓ 51s" in rows[0]
    assert "account quiet 51s" in screen[1]
    assert "sheet--bid" in seen


@given(st.integers(20, 140), st.booleans(), st.booleans())
def test_columns_fill_no_more_than_their_room(width: int, market: bool, late: bool) -> None:
    for columns in (
        working.fill_columns(width, market=market, late=late),
        working.order_columns(width, market=market),
        working.laid_out(working.POSITIONS, width),
    ):
        must = sum(each.width + 1 for each in columns if not each.rank)
        assert sum(each.width + 1 for each in columns) <= max(width, must)


def facts(tick: str = "0", *, cents: bool = False) -> Facts:
    return Facts("1 XYZ", px(tick), cents, "1", "1 ", Title("XYZ perp"))


@pytest.mark.parametrize(
    ("tick", "price", "text", "average"),
    [
        ("1", "98450", "98450", "98450.0"),
        ("0.1", "3412.5", "3412.5", "3412.50"),
        ("0", "3412.75", "3412.75", "3412.75"),
        ("0", "0.00001234", "0.00001234", "0.000012340"),
        ("0.000001", "0.001234", "0.001234", "0.0012340"),
        ("0", "98450", "98450", "98450.0"),
        ("0", "131313.131313131", "131313.131313131", "131313"),
    ],
)
def test_prices_of_any_magnitude_say_as_much_as_they_should(tick: str, price: str, text: str, average: str) -> None:
    assert facts(tick).price(px(price)) == text
    assert facts(tick).average(px(price)) == average


@pytest.mark.parametrize(
    ("tick", "price", "text"),
    [
        ("0.01", "0.337999", "33.80"),
        ("0.001", "0.33786", "33.79"),
        ("0.001", "0.33784", "33.78"),
        ("0.01", "0.3375", "33.75"),
        ("0.01", "0.33", "33"),
        ("0", "0.33786", "33.79"),
    ],
)
def test_a_fill_at_an_average_is_told_rounded_wherever_it_is_told(tick: str, price: str, text: str) -> None:
    scene = scenes.bare(scenes._levels("0.33", "0.34", tick="0.01", count=3))
    account = scenes.logged_in(scene, scenes.fill(scene, "t1", Side.BUY, px(price), "100", ago=0, maker=False))
    news, about = account.news.since(0)[0][-1], facts(tick, cents=True)
    assert isinstance(news.fact, Filled)
    assert f" at {text}¢, taker" in words(news, about, scene.clock.at)
    assert about.quoted(news.fact.price) == f"{text}¢"
    assert working.price(about, news.fact.price) == text


@given(
    st.lists(
        st.builds(
            Held,
            st.integers(-(10**14), 10**14),
            st.none() | st.integers(1, 10**14),
            st.none() | st.integers(-(10**20), 10**20),
            st.none() | st.integers(-(10**20), 10**20),
            st.none() | st.integers(-(10**20), 10**20),
            st.none() | st.integers(1, 10**14),
        ),
        max_size=4,
    ),
    st.integers(40, 140),
)
def test_a_position_is_told_with_what_is_known_of_it_and_in_its_columns(held: list[Held], width: int) -> None:
    columns = working.position_columns(width, tuple((each, facts()) for each in held))
    names = {each.name for each in columns}
    if any(each.liquidation for each in held):
        assert "liquidation" in names or width < 100
    else:
        assert "liquidation" not in names or not held
    assert "realised" not in names or not held or any(each.realised is not None for each in held)
    for each in held:
        line = working.position(working.PositionRow(each, None, facts(), sure=True), working.Style(columns, Teller()))
        assert sum(len(text) for text, _ in line) == sum(column.width + 1 for column in columns)
        told = dict(zip((column.name for column in columns), (text.strip() for text, _ in line), strict=True))
        assert (told["unrealised"] == "–") == (each.gain is None)


@given(st.integers(0, 10**20))
def test_an_amount_of_ours_takes_six_characters_and_hides_nothing_that_counts(value: int) -> None:
    text = Teller().size(value)
    assert len(text) <= 6
    assert ("<" in text) == (0 < value < ONE // 10_000)


@pytest.mark.parametrize(
    ("ago", "time"),
    [(1, "06:13:19"), (86_399, "06:13:21"), (86_401, "Jan 14"), (-86_399, "06:13:19"), (-86_401, "Jan 16")],
)
def test_a_fill_of_another_day_has_a_date(ago: int, time: str) -> None:
    assert time_of(_NOW - 1_000 * ago) == time


def test_a_fill_that_was_matched_nobody_knows_when_has_no_date() -> None:
    assert time_of(0) == "–"


def time_of(sent: int) -> str:
    """When a fill was, as its row says."""
    told = scenes.fill(trader(), "t1", BUY, px("0.4"), "5")._replace(sent=Millis(sent))
    row = working.FillRow(told, facts(), working.is_recent(told, _NOW))
    line = working.fill(row, working.Style(working.fill_columns(60, market=False, late=False), Teller()))
    return line[0][0].strip()


_NOW = 1_768_457_600_000
"""Jan 15, 2026, 06:13:20."""


def test_an_order_that_waits_for_a_price_stands_behind_nobody() -> None:
    scene = trader(orders=0)
    account = scene.desk.account
    assert account is not None
    account.take(scenes.order(scene, "s", SELL, px("0.40"), "5", kind="STOP")._replace(waits=True))
    rows = drawn(scene, HIGH, table, keys=["a"])
    (row,) = [row for row in rows if "5/5" in row]
    assert "STOP" in row
    assert " – " in row


# Choosing


def test_the_choice_stays_with_its_order_whatever_comes_before_it() -> None:
    scene = trader(orders=30)

    async def choose(app: Pmtui, pilot: Pilot[None]) -> None:
        await pilot.press("a", "down", "down", "down")
        before = table(app)
        assert "3/3" in chosen(before)
        account = scene.desk.account
        assert account is not None
        account.take(scenes.order(scene, "newest", SELL, px("0.40"), "77"))
        after = table(app)
        assert "3/3" in chosen(after)
        assert after.index(chosen(after)) == before.index(chosen(before))  # on the screen nothing moved
        await pilot.press("o", "o")
        assert "3/3" in chosen(table(app))

    act(scene, choose)


def test_an_order_that_ends_takes_the_choice_with_it() -> None:
    scene = trader(orders=3)

    async def end(app: Pmtui, pilot: Pilot[None]) -> None:
        await pilot.press("a", "down")
        account = scene.desk.account
        assert account is not None
        account.take(scenes.order(scene, "o0", BUY, px("0.30"), "1", state=OrderState.CANCELLED))
        assert chosen(table(app)) == ""
        await pilot.press("down")
        assert "2/2" in chosen(table(app))

    act(scene, end)


class _Model:
    """The same list, looked through from its beginning each time."""

    def __init__(self, names: list[int]) -> None:
        self.names = names

    def read(self, skip: int, top: int) -> list[int]:
        return list(islice(self.names, skip, skip + top))


@given(st.data())
def test_a_window_shows_the_chosen_row_and_never_chooses_another_by_itself(data: st.DataObject) -> None:
    model, scroll, height = _Model(list(range(40))), Scroll[int](lambda row: row), 7
    for _ in range(data.draw(st.integers(1, 12))):
        before = scroll.chosen
        step = data.draw(st.sampled_from(["move", "add", "drop", "none"]))
        if step == "move":
            scroll.move(data.draw(st.integers(-50, 50)))
        elif step == "add":
            model.names.insert(data.draw(st.integers(0, len(model.names))), 1_000 + len(model.names))
        elif step == "drop" and model.names:
            model.names.pop(data.draw(st.integers(0, len(model.names) - 1)))
        rows = list(scroll.window(model.read, len(model.names), height))
        assert len(rows) == min(height, len(model.names))
        if scroll.chosen is not None:
            assert scroll.chosen in rows
            assert scroll.row == scroll.chosen
        if step != "move":
            assert scroll.chosen in (before, None)
            assert scroll.chosen == before or before not in model.names


def test_the_keys_can_go_to_the_fills_and_through_all_of_them() -> None:
    scene = trader(fills=120)

    async def walk(app: Pmtui, pilot: Pilot[None]) -> None:
        await pilot.press("a", "space")
        assert " 1 " in chosen(table(app))
        await pilot.press("end")
        assert " 120 " in chosen(table(app))
        await pilot.press("escape")
        assert chosen(table(app)) == ""

    act(scene, walk)


def test_only_what_belongs_to_the_shown_outcome_when_asked_for() -> None:
    rows = drawn(scenes.account(), HIGH, table, keys=["a", "e"])
    assert sum("this outcome only" in row for row in rows) == 2
    assert not any("380/500" in row or "60/60" in row for row in rows)
    assert any("130/150" in row for row in rows)


def test_positions_too_are_of_the_shown_outcome_only_when_asked_for() -> None:
    scene = scenes.account()
    shown, other = scene.desk.shown, scene.desk.other(scene.desk.shown)
    account = scene.desk.account
    assert account is not None
    account.take(scenes.fill(scene, "no", BUY, px("0.4"), "77", on=other))

    def held(app: Pmtui) -> list[InstrumentId]:
        return app.dashboard.query_one(Account)._holdings._held

    assert {shown, other} <= {*drawn(scene, HIGH, held, keys=["a"])}
    assert drawn(scene, HIGH, held, keys=["a", "e"]) == [shown]


def test_enter_opens_the_market_of_the_chosen_order() -> None:
    scene = scenes.account()
    third = scene.desk.markets[1]
    drawn(scene, HIGH, lambda app: None, keys=["a", *["down"] * 5, "enter"])
    assert scene.desk.shown == third


def test_an_id_is_copied_but_not_while_amounts_are_hidden() -> None:
    def copied(app: Pmtui) -> tuple[str, str]:
        return app.clipboard, " ".join(toasts(app))

    assert drawn(scenes.account(), HIGH, copied, keys=["a", "down", "down", "i"])[0] == "o-1"
    clipboard, said = drawn(scenes.account(), HIGH, copied, keys=["a", "down", "v", "i"])
    assert clipboard == ""
    assert "nothing is copied" in said


def test_a_click_chooses_a_row() -> None:
    async def click(app: Pmtui, pilot: Pilot[None]) -> None:
        await pilot.press("a")
        y = next(n for n, row in enumerate(table(app)) if "100/100" in row)
        await pilot.click(Account, offset=(5, y))
        assert "100/100" in chosen(table(app))
        y = next(n for n, row in enumerate(table(app)) if "RETRY" in row)
        await pilot.click(Account, offset=(5, y))
        assert "RETRY" in chosen(table(app))
        await pilot.click(Account, offset=(5, y))
        assert chosen(table(app)) == ""

    act(scenes.account(), click)


# Hiding


@pytest.mark.parametrize("size", [WIDE, HIGH, LOW], ids=str)
def test_hidden_amounts_are_nowhere_on_the_screen(size: tuple[int, int]) -> None:
    scene = scenes.account()
    amounts = ("812.40", "130/150", "100/100", "+255", "+520", "7.67", "6.90", "130@", "250@", "380")

    async def hide(app: Pmtui, pilot: Pilot[None]) -> None:
        panel = panel_of(app)
        await pilot.press("a")
        assert any(each in "\n".join(lines(app)) for each in amounts)
        await pilot.press("v")
        await tell(pilot, scenes.fill(scene, "t-new", BUY, px("0.5"), "77777", order="o-1"))
        text = "\n".join([*lines(app), *table(app), *toasts(app)])
        assert not [each for each in (*amounts, "77777", "77.7K") if each in text]
        assert HIDDEN in text
        assert "hidden" in texts(panel)[0]
        await pilot.press("v")
        assert "812.40" in "\n".join(table(app))

    act(scene, hide, size)


def test_the_amount_of_a_fill_is_hidden_on_the_tape_and_among_the_events_too() -> None:
    scene = trader()

    async def hide(app: Pmtui, pilot: Pilot[None]) -> None:
        await tell(pilot, scenes.fill(scene, "t-new", BUY, px("0.30"), "73.21", order="o1"))
        app.notes.clear()
        app.frames.pulse()
        seen = "\n".join(lines(app))
        assert seen.count("73.21") >= 2
        await pilot.press("v")
        app.notes.clear()
        app.frames.pulse()
        assert "73.21" not in "\n".join(lines(app))
        assert "BUY ••• at 30¢" in "\n".join(lines(app))

    act(scene, hide, WIDE)


def test_cash_is_there_to_be_spent_and_never_more_than_there_is() -> None:
    assert (Teller().cash(12_999_990_000_000), Teller().cash(9_999_999_000_000)) == ("$12.9K", "$9999.99")


@given(st.integers(-(10**30), 10**30))
def test_a_hidden_amount_says_nothing_not_even_its_sign(value: int) -> None:
    teller = Teller(hidden=True)
    assert {teller.size(abs(value)), teller.signed(value), teller.gain(value), teller.cash(value)} == {HIDDEN}
    assert teller.look(value) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "$0.00"), (588, "+$5.88"), (-588, "-$5.88"), (81_240, "+$812.40"), (1_234_567, "+$12.3K")],
)
def test_gains_are_told_to_the_cent_with_their_sign(value: int, text: str) -> None:
    assert Teller().gain(value * ONE // 100 * ONE) == text


# News


def test_a_liquidation_is_called_so_on_every_place() -> None:
    scene = trader()

    async def fill(app: Pmtui, pilot: Pilot[None]) -> None:
        told = scenes.fill(scene, "t-new", BUY, px("0.30"), "2", order="o1", maker=False)
        told = told._replace(forced=True, state=CONFIRMED, heard=True)
        await tell(pilot, told)
        await tell(pilot, told._replace(trade="t-2"), told._replace(trade="t-3"))
        assert "LIQUIDATED: BUY 2 at 30¢, taker" in toasts(app)[0]
        assert "LIQUIDATED: 2 times: BUY 4 at 30¢" in toasts(app)[1]

    act(scene, fill)
    board = scene.desk.board()
    assert board is not None
    assert [each.text for each in board.tape.ring if isinstance(each, Mark)] == ["◉ LIQUIDATED BUY 2 at 30¢, taker"] * 3
    assert sum(" liq " in row for row in drawn(scene, WIDE, table)) == 3


def test_a_fill_is_told_once_on_every_place() -> None:
    scene = trader()
    rung: list[int] = []

    async def fill(app: Pmtui, pilot: Pilot[None]) -> None:
        app.bell = lambda: rung.append(1)  # type: ignore[method-assign]
        told = scenes.fill(scene, "t-new", BUY, px("0.30"), "2", order="o1")
        for _ in range(3):
            await tell(pilot, told, told._replace(state=FillState.MINED), told._replace(state=CONFIRMED))
        assert len(toasts(app)) == 1
        assert "filled: BUY 2 at 30¢, maker" in toasts(app)[0]
        assert "◉" in "\n".join(lines(app))

    act(scene, fill, bell=True)
    board = scene.desk.board()
    assert board is not None
    assert rung == [1]
    marks = [each for each in board.tape.ring if isinstance(each, Mark)]
    assert [each.text for each in marks] == ["◉ filled BUY 2 at 30¢, maker"]
    view = board.flow.series.view(60, 60, scene.clock.at)
    assert [kind for _, kind in view.marks] == [Sign.FILL]
    logged = [each for each in scene.desk.store.alerts.ring if each.kind is Kind.FILL]
    assert [each.instrument for each in logged] == [scene.desk.shown]


def test_the_log_names_the_market_of_a_fill_by_the_number_it_has_now_and_never_forgets_it() -> None:
    scene = scenes.market(10)
    scenes.logged_in(scene)
    other = scene.desk.other(scene.desk.markets[1])

    async def fill(app: Pmtui, pilot: Pilot[None]) -> None:
        def logged() -> list[str]:
            app.frames.pulse()
            events = app.dashboard.query_one(Events)
            rows = ["".join(text for text, _ in row).strip() for row in events.rows if row]
            return [row.partition("◉ ")[2] for row in rows if "◉" in row]

        await tell(pilot, scenes.fill(scene, "t-here", BUY, px("0.30"), "2"))
        await tell(pilot, scenes.fill(scene, "t-there", BUY, px("0.40"), "3", on=other))
        there, here = logged()
        assert there.startswith("2 NO Meridian")
        assert here.startswith("1 YES Aurora")
        await pilot.press("right_square_bracket", "right")
        assert logged() == [there, here]
        scene.desk.remove(scene.desk.markets[0])
        assert [row[:4] for row in logged()] == ["1 NO", "YES "]

    act(scene, fill, size=(250, 60))


def test_the_bell_stays_silent_for_who_did_not_ask_for_it() -> None:
    scene = trader()
    rung: list[int] = []

    async def fill(app: Pmtui, pilot: Pilot[None]) -> None:
        app.bell = lambda: rung.append(1)  # type: ignore[method-assign]
        await tell(pilot, scenes.fill(scene, "t-new", BUY, px("0.30"), "2"))

    act(scene, fill)
    assert rung == []


def test_a_failed_settlement_is_louder_than_a_fill() -> None:
    scene = trader()
    rung: list[int] = []

    async def fail(app: Pmtui, pilot: Pilot[None]) -> None:
        app.bell = lambda: rung.append(1)  # type: ignore[method-assign]
        told = scenes.fill(scene, "t-new", BUY, px("0.30"), "2", order="o1")
        await tell(pilot, told)
        await tell(pilot, told._replace(state=FAILED))
        await tell(pilot, told._replace(state=FAILED))
        filled, failed = list(app.notes)
        assert (filled.severity, failed.severity) == ("information", "error")
        assert failed.until - failed.at > filled.until - filled.at
        banner = app.dashboard.query_one(Banner)
        text, looks = "".join(text for text, _ in banner.rows[0] or ()), {look for _, look in banner.rows[0] or ()}
        assert "settlement FAILED BUY 2 at 30¢" in text
        assert "(+1 note)" in text
        assert looks == {"sheet--alarm"}

    act(scene, fail, bell=True)
    assert len(rung) == 3


def test_fills_in_two_markets_at_a_time_are_never_added_up() -> None:
    scene = trader()

    async def burst(app: Pmtui, pilot: Pilot[None]) -> None:
        here = [scenes.fill(scene, f"h{n}", BUY, px(price), "10") for n, price in enumerate(("0.30", "0.31"))]
        there = scenes.fill(scene, "e", SELL, px("0.4"), "7", on=InstrumentId("polymarket:elsewhere"))
        await tell(pilot, *here, there)
        assert toasts(app) == ["filled: 3 times: [1] YES BUY 20; elsewhere SELL 7 at 40.00¢"]

    act(scene, burst)


def test_a_fill_told_above_a_page_leaves_nothing_over_the_book_when_the_page_goes() -> None:
    scene = trader()

    async def read(app: Pmtui, pilot: Pilot[None]) -> None:
        await pilot.press("question_mark")
        for n in range(3):
            await tell(pilot, scenes.fill(scene, f"p{n}", BUY, px("0.30"), "2", order="o1"))
            await pilot.pause()
            assert len(app._notifications) == 1
        await pilot.press("escape")
        await pilot.pause()
        app.frames.pulse()
        assert len(app._notifications) == 0
        assert "filled BUY 2 at 30¢, maker" in "\n".join(lines(app))

    act(scene, read)


def test_what_failed_is_counted_for_the_outcome_alone_where_only_that_is_shown() -> None:
    scene = trader()

    async def look(app: Pmtui, pilot: Pilot[None]) -> None:
        here = scenes.fill(scene, "here", BUY, px("0.30"), "2")
        there = scenes.fill(scene, "there", SELL, px("0.4"), "7", on=InstrumentId("polymarket:other"))
        await tell(pilot, here, there._replace(state=FAILED))
        await pilot.press("a")
        assert any("FILLS" in row and "1 failed" in row for row in table(app))
        await pilot.press("e")
        app.frames.pulse()
        assert not any("failed" in row for row in table(app) if "FILLS" in row)

    act(scene, look, WIDE)


def test_many_fills_at_a_time_are_summed_up() -> None:
    scene = trader()

    async def burst(app: Pmtui, pilot: Pilot[None]) -> None:
        fills = [scenes.fill(scene, f"b{n}", (BUY, SELL)[n % 2], px("0.3"), "10") for n in range(500)]
        await tell(pilot, *fills)
        assert toasts(app) == ["filled: 500 times: BUY 2500 at 30¢, SELL 2500 at 30¢\n1 YES Will it rain?"]
        await tell(pilot, scenes.fill(scene, "c", BUY, px("0.3"), "10"))
        assert len(toasts(app)) == 2

    act(scene, burst)
    alerts = scene.desk.store.alerts
    assert alerts.total == MOST_SHOWN + 1 + 1
    assert [each.text for each in alerts.ring][-2].startswith("480 more happened")
    written, _ = alerts.take_unwritten()
    assert [each.kind for each in written] == [Kind.FILL] * 501
    assert len({each.text for each in written}) == 2


def test_a_fill_just_before_the_end_is_in_the_log() -> None:
    scene = trader()

    async def quit_at_once(app: Pmtui, pilot: Pilot[None]) -> None:
        account = scene.desk.account
        assert account is not None
        account.take(scenes.fill(scene, "last", BUY, px("0.3"), "10"))

    act(scene, quit_at_once)
    written, _ = scene.desk.store.alerts.take_unwritten()
    assert [each.text for each in written] == ["filled BUY 10 at 30¢, maker"]


def test_what_was_filled_before_the_session_is_no_news_and_what_came_late_says_so() -> None:
    scene = trader(fills=5)

    async def check(app: Pmtui, pilot: Pilot[None]) -> None:
        await tell(pilot)
        assert toasts(app) == []
        account, now = scene.desk.account, scene.clock.at
        assert account is not None
        missed = scenes.fill(scene, "missed", BUY, px("0.3"), "4", CONFIRMED, ago=20_000)
        await tell(pilot, AccountChecked(now, now, tuple(account.orders.working()), (missed,)))
        assert [each for each in toasts(app) if "late" in each] == toasts(app) != []

    act(scene, check)
    board = scene.desk.board()
    assert board is not None
    assert board.flow.series.view(60, 60, scene.clock.at).marks == ()  # not now, so not here


@pytest.mark.parametrize("ages", [[0], [11_000], [30_000, 4_000], [2_500, 40_000, 900], [25_000, 25_000, 0]])
@pytest.mark.parametrize("quiet_for", [0, 8_000, 60_000])
def test_time_never_runs_backwards_on_the_tape_however_late_a_fill_is_told(ages: list[int], quiet_for: int) -> None:
    scene = trader()
    board, now = scene.desk.board(), scene.desk.wall(scene.clock.at)
    assert board is not None
    instrument = board.instrument.id

    async def check(app: Pmtui, pilot: Pilot[None]) -> None:
        printed = Trade(instrument, scene.clock.at, Millis(now - quiet_for), px("0.3"), qty("4"), SELL, "0xt")
        assert board.speak().add(printed)
        for n, ago in enumerate(ages):
            late = scenes.fill(scene, f"late{n}", BUY, px("0.3"), "4", CONFIRMED, ago=ago)
            await tell(pilot, late, late._replace(state=FAILED))

    act(scene, check)
    end = board.tape.last(2 * len(ages) + 1)[::-1]
    times, own = [entry.sent for entry in end], [now - ago for ago in ages for _ in range(2)]
    assert times == list(accumulate([times[0], *own], max))
    for entry, stands, at in zip(end[1:], times[1:], own, strict=True):
        assert isinstance(entry, Mark)
        assert (clock(at) in entry.text) == (stands - at >= 2_000)
    events = [alert.text for alert in scene.desk.store.alerts.since(0)[0][-2 * len(ages) :]]
    assert [clock(at) in text for text, at in zip(events, own, strict=True)] == [now - at >= 2_000 for at in own]


def test_an_order_that_the_venue_rejects_says_why() -> None:
    scene = trader()

    async def reject(app: Pmtui, pilot: Pilot[None]) -> None:
        order = scenes.order(scene, "o9", BUY, px("0.31"), "5", state=OrderState.REJECTED)
        await tell(pilot, order._replace(reason="not enough [b]balance\x1b[2J"))
        assert toasts(app)[0].startswith("order rejected: BUY 5 at 31¢, not enough [b]balance[2J")

    act(scene, reject)


# Much of everything


@pytest.fixture(scope="module")
def full() -> Scene:
    scene = scenes.market(10)
    ids = scene.desk.markets
    fills = (
        scenes.fill(scene, f"t{n}", (BUY, SELL)[n % 2], px(f"0.{n % 90 + 10}"), "10", CONFIRMED, ago=10**8 - n, on=each)
        for n, each in zip(range(50_000), ids * 50_000, strict=False)
    )
    orders = (
        scenes.order(scene, f"o{n}", (BUY, SELL)[n % 2], px(f"0.{n % 90 + 10}"), f"{n + 1}", ago=n, on=each)
        for n, each in zip(range(10_000), ids * 10_000, strict=False)
    )
    account = scenes.logged_in(scene)
    for fill in fills:
        account.take(fill)
    for order in orders:
        account.take(order)
    return scene


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The orders and fills whose rows were made, each time that one was."""
    names: list[str] = []
    order, fill = working.order, working.fill

    def counted_order(row: working.OrderRow, style: working.Style) -> Line:
        names.append(row.told.order)
        return order(row, style)

    def counted_fill(row: working.FillRow, style: working.Style) -> Line:
        names.append(row.told.trade)
        return fill(row, style)

    monkeypatch.setattr(working, "order", counted_order)
    monkeypatch.setattr(working, "fill", counted_fill)
    return names


@pytest.fixture
def ranked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The orders whose place was worked out, each time that it was."""
    asked: list[str] = []

    def counting(rank: Rank) -> Rank:
        def counted(row: OrderChanged) -> object:
            asked.append(row.order)
            return rank(row)

        return counted

    for name, rank in SORTS.items():
        monkeypatch.setitem(SORTS, name, counting(rank))
    return asked


def test_ten_thousand_orders_and_fifty_thousand_fills_are_sorted_once_and_then_cost_what_is_shown(
    full: Scene, ranked: list[str], made: list[str]
) -> None:
    account = full.desk.account
    assert account is not None
    asked: list[int] = []
    read = account.orders.working

    def counting(*args: object, **kwargs: object) -> object:
        rows = read(*args, **kwargs)  # type: ignore[arg-type]
        asked.append(len(rows))
        return rows

    async def open_it(app: Pmtui, pilot: Pilot[None]) -> None:
        panel = panel_of(app)
        await pilot.press("7")
        account.orders.working = counting  # type: ignore[method-assign,assignment]
        ranked.clear()
        made.clear()
        panel.action_sort()
        panel.compose_rows()
        assert 0 < len(ranked) <= 10_000
        assert 0 < len(made) <= panel.lines
        ranked.clear()
        await pilot.press("a", "down", "pagedown", "end", "up")
        assert ranked == []  # the order of rows is kept
        assert max(asked) <= 2 * panel.lines
        asked.clear()
        for _ in range(50):
            panel.look_again()
        assert asked == []  # nothing moved, so nothing is asked for again

    act(full, open_it, HIGH)


def test_keys_elsewhere_make_no_row_of_a_large_account_and_a_change_makes_one(made: list[str]) -> None:
    scene = trader(orders=500, fills=500)
    account = scene.desk.account
    assert account is not None

    async def press(app: Pmtui, pilot: Pilot[None]) -> None:
        panel = panel_of(app)
        table(app)
        made.clear()
        before = table(app)
        for n in range(24):
            scene.clock.at = Millis(scene.clock.at + 250)
            await pilot.press(("down", "up")[n % 2])
        assert made == []
        after = table(app)
        assert [row.replace("6s", "0s", 1) for row in after if "1/1 " in row] == [
            row for row in before if "1/1 " in row
        ]
        assert sum(was != now for was, now in zip(before, after, strict=True)) == 1 + sum("GTC" in row for row in after)
        account.take(scenes.order(scene, "o3", BUY, px("0.30"), "4", left="3.5", ago=9_000))
        assert any("3.5/4" in row for row in table(app))
        assert made == ["o3"]
        made.clear()
        account.take(scenes.fill(scene, "t0", SELL, px("0.36"), "1", FAILED, ago=100_000))
        assert any("FAILED" in row for row in table(app))
        assert set(made) == {"t0"}
        assert panel.rows

    act(scene, press, WIDE)


def forget(panel: Account) -> None:
    """Let the panel begin anew, but for what the user chose."""
    panel._tables_seen, panel._holdings = Tables(), Holdings(panel._about)
    panel._order_lines, panel._fill_lines = Kept(working.order), Kept(working.fill)


def test_what_is_remembered_of_the_tables_is_what_another_look_would_find() -> None:
    scene, dice = scenes.account(), random.Random(7)
    account, board = scene.desk.account, scene.desk.board()
    assert account is not None
    assert board is not None

    def another_order() -> None:
        name, side = f"n{dice.randrange(4)}", dice.choice([BUY, SELL])
        state = dice.choice([OrderState.WORKING, OrderState.WORKING, OrderState.CANCELLED])
        account.take(scenes.order(scene, name, side, px("0.3"), "9", left=str(dice.randint(1, 9)), state=state))

    def another_fill() -> None:
        name, state = f"f{dice.randrange(4)}", dice.choice(list(FillState))
        account.take(scenes.fill(scene, name, BUY, px(f"0.{dice.randint(1, 9)}"), "2", state))

    def time_goes_by() -> None:
        scene.clock.at = Millis(scene.clock.at + dice.choice([1, 250, 1_000, 60_000, 40_000_000]))

    def another_tick() -> None:
        board.book.tick = px(dice.choice(["0.01", "0.001"]))

    def another_place() -> None:
        scene.desk.markets.append(scene.desk.markets.pop(0))

    def a_level_shrinks() -> None:
        book, now = board.book, scene.clock.at
        size = qty(str(dice.randint(1, 500)))
        move = (board.instrument.id, True, Px(book.bid), size, (Px(book.bid), Px(book.ask)), "")
        scene.desk.store.take([BookDelta(now, now, [move])])

    async def look(app: Pmtui, pilot: Pilot[None]) -> None:
        panel = panel_of(app)
        await pilot.press("a")
        deeds: list[Callable[[], None]] = [
            another_order, another_fill, time_goes_by, another_tick, another_place, a_level_shrinks, app.action_veil,
            panel.action_sort, panel.action_filter, panel.action_list, panel.action_let_go,
            lambda: panel.action_choose(dice.randint(-3, 3)),
        ]  # fmt: skip
        for _ in range(300):
            dice.choice(deeds)()
            found = list(panel.compose_rows())
            forget(panel)
            assert found == list(panel.compose_rows())

    act(scene, look, HIGH)


def test_ages_are_looked_at_a_few_times_a_second_and_news_at_once() -> None:
    scene = trader()

    async def look(app: Pmtui, pilot: Pilot[None]) -> None:
        await pilot.press("a")
        before = table(app)
        scene.clock.at = Millis(scene.clock.at + 2_000)
        assert table(app) != before
        account = scene.desk.account
        assert account is not None
        account.take(scenes.order(scene, "young", BUY, px("0.29"), "9"))
        assert any("9/9" in row for row in table(app))

    act(scene, look)


def test_prices_beside_the_tick_and_sizes_of_any_kind_stay_in_their_columns() -> None:
    scene = trader(orders=0)
    account = scene.desk.account
    assert account is not None
    for n, size in enumerate(("0.004", "0.5", "999999999", "12345.678")):
        account.take(scenes.order(scene, f"s{n}", SELL, px("0.3333"), size))
        account.take(scenes.fill(scene, f"f{n}", BUY, px("0.123456789"), size, MATCHED, maker=False))
    rows, cut = drawn(scene, HIGH, lambda app: (table(app), too_wide(panel_of(app))), keys=["a"])
    assert cut == []
    assert sum("33.33" in row for row in rows) == 4
    assert sum("12.35" in row for row in rows) == 4


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=str)
@pytest.mark.parametrize("keys", [("question_mark",), ("slash",), ("ctrl+p",)], ids=str)
def test_a_fill_above_a_page_is_one_line_in_the_banners_place(keys: tuple[str, ...], size: tuple[int, int]) -> None:
    scene = trader()

    async def read() -> tuple[list[str], int]:
        app = Pmtui(scene.desk, follow=False)
        async with app.run_test(size=size, notifications=True) as pilot:
            await pilot.press(*keys)
            for n in range(3):
                await tell(pilot, scenes.fill(scene, f"p{n}", BUY, px("0.30"), "2", order="o1"))
                await pilot.pause()
            await pilot.pause()
            pages = app.screen.query("Help VerticalScroll, Picker Vertical, CommandList")
            return lines(app), max(page.region.bottom for page in pages)

    told, bottom = asyncio.run(read())
    assert told[-3].startswith(" filled BUY 2 at 30¢, maker · 1 YES Will it rain? · (+2 notes)")
    assert bottom <= size[1] - 3, "the page leaves that line free"
    assert "(+2 notes)" not in "".join(told[:-3] + told[-2:])


# Many positions


def holder(count: int, *, closed: int = 0) -> Scene:
    """So many positions in markets that nobody follows; of those that are shown so many are closed."""
    scene = trader(orders=6)
    desk = scene.desk
    names = [Instrument(identify("polymarket", f"far{n}"), "polymarket", f"far{n}", f"Town {n}?") for n in range(count)]
    desk.store.name(names)
    facts = [
        scenes.fill(scene, f"f{n}", BUY, px("0.36"), f"{n + 1}", CONFIRMED, ago=50_000 + n, on=each.id)
        for n, each in enumerate(names)
    ]
    for n, each in enumerate((desk.shown, desk.other(desk.shown))[:closed]):
        assert each is not None
        facts += [
            scenes.fill(scene, f"c{n}{side}", side, px("0.36"), "5", CONFIRMED, ago=9_000, on=each)
            for side in (BUY, SELL)
        ]
    account = desk.account
    assert account is not None
    for fact in facts:
        account.take(fact)
    return scene


def held_rows(rows: Sequence[str]) -> list[str]:
    """The rows of positions, and what is said of those that have none."""
    begin = next(n for n, row in enumerate(rows) if "POSITIONS" in row)
    end = next(n for n, row in enumerate(rows) if row.startswith(" WORKING"))
    return [row for row in rows[begin + 1 : end] if row.strip()]


@pytest.mark.parametrize("zoomed", [False, True])
@pytest.mark.parametrize("count", [1, 3, 4, 5, 8, 9, 10, 11, 18, 19, 40])
def test_never_one_position_alone_gives_way_to_the_words_that_say_so(count: int, zoomed: bool) -> None:
    sizes = [(200, 60), (120, 40), (80, 24)]
    for size, shown in drawn_at_each(holder(count), sizes, table, keys=["a", *["z"] * zoomed]).items():
        rows = held_rows(shown)
        more = [row for row in rows if " more" in row]
        hidden = count - len(rows) + len(more)
        assert hidden != 1, size
        assert more == ([f" and {hidden} more"] if hidden else []), size


@pytest.mark.parametrize(("size", "count"), [((80, 24), 9), ((120, 40), 16)])
def test_a_panel_alone_on_the_screen_tells_positions_before_fills(size: tuple[int, int], count: int) -> None:
    rows = drawn(holder(count), size, table, keys=["a", "z"])
    assert len(held_rows(rows)) == count
    assert any(row.startswith(" FILLS") for row in rows)
    assert any("GTC" in row or "0.30" in row or " 30 " in row for row in rows)


def test_closed_positions_come_last() -> None:
    rows = held_rows(drawn(holder(3, closed=1), (120, 40), table, keys=["a"]))
    assert [row.split()[0] for row in rows] == ["Town", "Town", "Town", "1"]
