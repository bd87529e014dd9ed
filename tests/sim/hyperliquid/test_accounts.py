"""The demo account: orders rest, fill and end; what is told is what is true; strangers have nothing."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.units import ONE, Px, Qty, px, qty
from pmtui.sim.engine import BUY, NO, OTHER, SELL, YES, Refused
from pmtui.sim.hyperliquid.ledger import ALO, IOC, Holding, OwnOrder
from pmtui.sim.hyperliquid.world import Market
from tests.sim.hyperliquid.worlds import demo_world

from .room import STRANGER, Room, channels, data_of

FEEDS = ("orderUpdates", "userFills", "userEvents", "openOrders", "clearinghouseState", "spotState")


def follow(room: Room, user: str | None = None, *types: str) -> list[dict[str, Any]]:
    return [answer for type_ in types or FEEDS for answer in room.subscribe(type_, user=user or room.ledger.address)]


def market(room: Room, coin: str) -> Market:
    return room.world.by_name[coin][0]


def give(room: Room, coin: str, side: str, price: Px, size: str, **options: Any) -> OwnOrder:
    found, outcome = room.world.by_name[coin]
    return room.ledger.place(room.world.now, found, side, price, qty(size), outcome=outcome, **options)


def touch(room: Room, coin: str, side: str) -> Px:
    found, outcome = room.world.by_name[coin]
    return next(iter(found.levels(side, outcome))).price


def statuses(messages: list[dict[str, Any]], order: OwnOrder) -> list[str]:
    updates = [row for rows in data_of(messages, "orderUpdates") for row in rows]
    return [row["status"] for row in updates if row["order"]["oid"] == order.id]


def test_a_resting_order_is_told_listed_and_cancelled() -> None:
    room = Room()
    follow(room)
    order = give(room, "BTC", BUY, Px(touch(room, "BTC", BUY) - 4_000 * ONE), "0.01", client_id="0x" + "1f" * 16)
    told = room.step(100)
    assert statuses(told, order) == ["open"]
    [opened] = data_of(told, "openOrders")[-1]["orders"]
    assert (opened["oid"], opened["sz"], opened["cloid"]) == (order.id, "0.01", "0x" + "1f" * 16)
    assert [row["oid"] for row in room.ask("openOrders", user=room.ledger.address)] == [order.id]
    assert room.ask("orderStatus", user=room.ledger.address, oid="0x" + "1F" * 16)["order"]["status"] == "open"
    assert room.ledger.cancel(room.world.now, order.id)
    told = room.step(100)
    assert statuses(told, order) == ["canceled"]
    assert data_of(told, "openOrders")[-1]["orders"] == []
    assert not room.ledger.cancel(room.world.now, order.id)
    assert room.ask("orderStatus", user=room.ledger.address, oid=order.id)["order"]["status"] == "canceled"
    assert room.ask("orderStatus", user=room.ledger.address, oid=7) == {"status": "unknownOid"}


def test_a_taker_is_filled_at_once_and_has_a_position() -> None:
    room = Room(demo_world(rate=0.001))
    follow(room)
    ask = touch(room, "ETH", SELL)
    order = give(room, "ETH", BUY, ask, "0.5", tif=IOC)
    told = room.step(100)
    assert statuses(told, order) == ["filled"]
    [fills] = data_of(told, "userFills")
    assert "isSnapshot" not in fills
    [fill] = fills["fills"]
    assert (fill["coin"], fill["side"], fill["crossed"], fill["dir"]) == ("ETH", "B", True, "Open Long")
    assert Decimal(fill["px"]) * 10**9 == ask
    assert data_of(told, "user") == [{"fills": [fill]}]
    [position] = data_of(told, "clearinghouseState")[-1]["clearinghouseState"]["assetPositions"]
    assert position["position"]["szi"] == "0.5"
    assert Decimal(position["position"]["entryPx"]) * 10**9 == ask
    assert position["position"]["liquidationPx"] is None  # the account could lose all of it
    [past] = data_of(room.subscribe("trades", coin="ETH"), "trades")
    assert past[-1]["tid"] == fill["tid"]
    assert past[-1]["hash"] == fill["hash"]
    assert past[-1]["users"][0] == room.ledger.address


@pytest.mark.parametrize(("coin", "dex"), [("BTC", ""), ("xyz:TSLA", "xyz")])
def test_a_large_position_has_a_price_at_which_it_ends(coin: str, dex: str) -> None:
    room = Room(demo_world(rate=0.001))
    for side, beyond in ((BUY, 0), (SELL, 1)):
        price = touch(room, coin, OTHER[side])
        size = {"BTC": "0.9", "xyz:TSLA": "40"}[coin]
        deep = Px(price * 11 // 10 if side == BUY else price * 9 // 10)
        deep = Px(deep - deep % ONE)
        give(room, coin, side, deep, size, tif=IOC)
        give(room, coin, side, deep, size, tif=IOC) if beyond else None
        room.step(100)
        state = room.ask("clearinghouseState", user=room.ledger.address, dex=dex)
        [row] = state["assetPositions"]
        held = row["position"]
        ends, marked = Decimal(held["liquidationPx"]), Decimal(room.ask("allMids", dex=dex)[coin])
        assert ends < marked if side == BUY else ends > marked
        assert Decimal(held["szi"]) * (1 if side == BUY else -1) > 0
        assert Decimal(state["withdrawable"]) < Decimal(state["marginSummary"]["accountValue"])


def test_an_order_that_may_only_make_or_only_take_is_rejected_otherwise() -> None:
    room = Room(demo_world(rate=0.001))
    follow(room)
    bid, ask = touch(room, "BTC", BUY), touch(room, "BTC", SELL)
    taker = give(room, "BTC", BUY, bid, "0.01", tif=IOC)
    maker = give(room, "BTC", BUY, ask, "0.01", tif=ALO)
    told = room.step(100)
    assert statuses(told, taker) == ["iocCancelRejected"]
    assert statuses(told, maker) == ["badAloPxRejected"]
    assert not room.ledger.open_orders
    assert not room.ledger.fills


def test_what_an_immediate_order_does_not_find_is_cancelled() -> None:
    room = Room(demo_world(rate=0.001))
    follow(room)
    ask = next(iter(market(room, "ETH").levels(SELL)))
    order = give(room, "ETH", BUY, ask.price, str(Decimal(ask.size + ONE) / 10**9), tif=IOC)
    told = room.step(100)
    assert statuses(told, order) == ["canceled"]
    assert room.ledger.orders[order.id].left == ONE
    assert room.ledger.holdings["ETH"].size == ask.size


@pytest.mark.parametrize(
    ("price", "size", "why"),
    [("97420.5", "0.01", "grid"), ("97000", "0.00001", "small"), ("97000", "0.010001", "small")],
)
def test_an_order_off_the_grid_too_small_or_too_fine_is_refused(price: str, size: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        give(Room(), "BTC", BUY, px(price), size)


def test_an_account_does_not_trade_with_itself() -> None:
    room = Room(demo_world(rate=0.001))
    bid = touch(room, "#10", BUY)
    give(room, "#10", BUY, bid, "100")
    with pytest.raises(Refused, match="same account"):
        give(room, "#10", SELL, bid, "100")
    with pytest.raises(Refused, match="same account"):
        give(room, "#11", BUY, Px(ONE - bid), "100")


def test_nobody_spends_or_sells_on_the_spot_market_what_he_does_not_have() -> None:
    room = Room(demo_world(rate=0.001))
    bid = touch(room, "#10", BUY)
    give(room, "#10", BUY, Px(bid // 2), str(9_990 * 2 * ONE // bid))
    with pytest.raises(Refused, match="does not have"):
        give(room, "#10", BUY, Px(bid // 2), str(100 * 2 * ONE // bid))
    with pytest.raises(Refused, match="does not have"):
        give(room, "@107", SELL, touch(room, "@107", SELL), "1")


def test_the_accounts_own_hand_never_owes_on_the_spot_market() -> None:
    room = Room(demo_world(rate=2), pace=1_200)
    follow(room, None, "spotState")
    told = [state for _ in range(240) for state in data_of(room.step(1_000), "spotState")]
    held = [row for state in told for row in state["spotState"]["balances"]]
    assert len(room.ledger.fills) > 200
    assert len({row["coin"] for row in held}) > 5
    assert [row for row in held if not 0 <= Decimal(row["hold"]) <= Decimal(row["total"])] == []


def test_an_outcomes_other_side_is_bought_in_its_own_terms() -> None:
    room = Room(demo_world(rate=0.001))
    follow(room)
    ask = touch(room, "#11", SELL)
    give(room, "#11", BUY, ask, "200", tif=IOC)
    told = room.step(100)
    [fill] = data_of(told, "userFills")[0]["fills"]
    assert (fill["coin"], fill["side"], fill["dir"], fill["feeToken"]) == ("#11", "B", "Buy", "USDC")
    assert Decimal(fill["px"]) * 10**9 == ask
    balances = {row["coin"]: row for row in data_of(told, "spotState")[-1]["spotState"]["balances"]}
    assert (balances["+11"]["total"], balances["+11"]["token"]) == ("200.0", 100_000_011)


def test_a_spot_buyer_pays_in_what_he_gets_and_a_maker_is_paid() -> None:
    room = Room(demo_world(rate=0.001))
    give(room, "@107", BUY, touch(room, "@107", SELL), "10", tif=IOC)
    room.step(100)
    [fill] = room.ask("userFills", user=room.ledger.address)
    assert (fill["feeToken"], fill["fee"]) == ("HYPE", "0.007")
    balances = {row["coin"]: row for row in room.ask("spotClearinghouseState", user=room.ledger.address)["balances"]}
    assert balances["HYPE"]["total"] == "9.993"
    give(room, "@107", SELL, touch(room, "@107", SELL), "5")
    [sold] = [row for row in room.ask("spotClearinghouseState", user=room.ledger.address)["balances"] if row["token"]]
    assert sold["hold"] == "5.0"
    with pytest.raises(Refused, match="same account"):
        give(room, "@107", BUY, touch(room, "@107", SELL), "1")


def test_orders_in_a_market_that_is_settled_are_taken_away() -> None:
    room = Room()
    follow(room)
    order = give(room, "#50", BUY, px("0.1"), "200")
    told = room.step(121_000)
    assert statuses(told, order) == ["open", "outcomeSettledCanceled"]
    assert {"nonUserCancel": [{"coin": "#50", "oid": order.id}]} in data_of(told, "user")


@pytest.mark.parametrize("who", ["stranger", "agent"])
def test_a_stranger_and_an_agent_have_nothing(who: str) -> None:
    room = Room(pace=600)
    room.step(20_000)
    assert room.ledger.fills
    user = STRANGER if who == "stranger" else room.ledger.agent
    answers = follow(room, user)
    assert data_of(answers, "userFills") == [{"isSnapshot": True, "user": user, "fills": []}]
    assert data_of(answers, "openOrders")[0]["orders"] == []
    assert data_of(answers, "clearinghouseState")[0]["clearinghouseState"]["assetPositions"] == []
    assert data_of(answers, "spotState")[0]["spotState"] == {"balances": []}
    assert set(channels(room.step(20_000))) <= {"clearinghouseState"}
    assert room.ask("userFills", user=user) == []
    assert room.ask("userRole", user=user)["role"] == ("missing" if who == "stranger" else "agent")


def test_the_account_lives_and_the_feeds_tell_all_of_it() -> None:
    room = Room(demo_world(rate=25), pace=300)
    follow(room)
    working: dict[int, dict[str, Any]] = {}
    fills: list[dict[str, Any]] = []
    ended: set[int] = set()
    for message in room.step(120_000):
        data = message["data"]
        if message["channel"] == "orderUpdates":
            for row in data:
                order = row["order"]
                assert order["oid"] not in ended
                if row["status"] == "open":
                    working[order["oid"]] = order
                else:
                    working.pop(order["oid"], None)
                    ended.add(order["oid"])
        elif message["channel"] == "userFills":
            fills += data["fills"]
    user = room.ledger.address
    assert len(fills) > 50
    assert len(ended) > 50
    listed = [*room.ask("openOrders", user=user), *room.ask("openOrders", user=user, dex="xyz")]
    assert {row["oid"]: row for row in listed} == working
    assert room.ask("userFills", user=user) == fills[::-1]
    assert len({(fill["tid"], fill["oid"]) for fill in fills}) == len(fills)
    held: defaultdict[str, Decimal] = defaultdict(Decimal)
    for fill in fills:
        if room.world.by_name[fill["coin"]][0].coin.kind != "spot":
            assert Decimal(fill["startPosition"]) == held[fill["coin"]]
        held[fill["coin"]] += Decimal(fill["sz"]) * (1 if fill["side"] == "B" else -1)
        if fill["feeToken"] != "USDC":
            held[fill["coin"]] -= Decimal(fill["fee"])
    told: dict[str, Decimal] = {}
    for dex in ("", "xyz"):
        for row in room.ask("clearinghouseState", user=user, dex=dex)["assetPositions"]:
            told[row["position"]["coin"]] = Decimal(row["position"]["szi"])
    perps = {coin: size for coin, size in held.items() if size and room.world.by_name[coin][0].coin.kind == "perp"}
    assert told == perps
    for coin, size in held.items():
        assert abs(Decimal(room.ledger.holdings[coin].size) / 10**9 - size) < Decimal("0.001")
    assert {fill["crossed"] for fill in fills} == {True, False}


def test_what_could_be_traded_follows_the_money() -> None:
    room = Room()
    [own] = data_of(room.subscribe("activeAssetData", user=room.ledger.address, coin="BTC"), "activeAssetData")
    assert own["availableToTrade"] == ["25000.0", "25000.0"]
    assert Decimal(own["maxTradeSzs"][0]) == round(Decimal(25_000 * 40) / Decimal(own["markPx"]) - Decimal("5e-6"), 5)
    [other] = data_of(room.subscribe("activeAssetData", user=STRANGER, coin="BTC"), "activeAssetData")
    assert other["maxTradeSzs"] == ["0.0", "0.0"]
    [states] = data_of(follow(room, None, "allDexsClearinghouseState"), "allDexsClearinghouseState")
    assert [dex for dex, _ in states["clearinghouseStates"]] == ["", "xyz"]


def test_fills_can_be_asked_for_by_their_times() -> None:
    room = Room(pace=600)
    room.step(30_000)
    user = room.ledger.address
    every = room.ask("userFills", user=user)[::-1]
    start, end = every[3]["time"], every[-3]["time"]
    told = room.ask("userFillsByTime", user=user, startTime=start, endTime=end, aggregateByTime=None)
    assert told == [fill for fill in every if start <= fill["time"] <= end]


def test_an_account_without_a_pace_does_nothing() -> None:
    room = Room()
    room.step(20_000)
    assert not room.ledger.orders


@given(st.lists(st.tuples(st.integers(1, 1_000), st.integers(-50, 50).filter(bool)), max_size=30))
def test_a_holding_is_worth_what_was_paid_for_it(changes: list[tuple[int, int]]) -> None:
    """Money in, money out: what was won and what is held always add up to what was paid."""
    holding, cash, gained = Holding(), 0, 0
    for price, size in changes:
        gained += holding.take(price * ONE, size * ONE)
        cash -= price * ONE * size
    assert holding.size == sum(size for _, size in changes) * ONE
    worth = holding.entry * holding.size // ONE
    # The average price is cut to a billionth at each step.
    assert abs(gained - (cash + worth)) <= 60 * len(changes) * 60


@pytest.mark.parametrize(("outcome", "side"), [(YES, BUY), (NO, SELL)])
def test_orders_on_either_side_stand_in_one_book(outcome: int, side: str) -> None:
    room = Room(demo_world(rate=0.001))
    found = market(room, "#10")
    price = px("0.2") if outcome == YES else px("0.8")
    room.ledger.holdings["#11"].size = 100 * ONE
    order = room.ledger.place(room.world.now, found, side, price, Qty(100 * ONE), outcome=outcome)
    assert order.book_side == BUY
    assert found.engine.orders[order.number].price == px("0.2")


def test_past_orders_begin_with_all_there_were_and_go_on_with_each_change() -> None:
    room = Room(demo_world(rate=0.001))
    taken = give(room, "ETH", BUY, touch(room, "ETH", SELL), "0.5", tif=IOC)
    room.step(100)
    [first] = data_of(follow(room, None, "userHistoricalOrders"), "userHistoricalOrders")
    status = room.ask("orderStatus", user=room.ledger.address, oid=taken.id)["order"]
    assert first == {"isSnapshot": True, "user": room.ledger.address, "orderHistory": [status]}
    rests = give(room, "BTC", BUY, Px(touch(room, "BTC", BUY) - 4_000 * ONE), "0.01")
    [[row]] = [told["orderHistory"] for told in data_of(room.step(100), "userHistoricalOrders")]
    assert (row["order"]["oid"], row["status"]) == (rests.id, "open")
    room.ledger.cancel(room.world.now, rests.id)
    [[row]] = [told["orderHistory"] for told in data_of(room.step(100), "userHistoricalOrders")]
    assert (row["order"]["oid"], row["status"]) == (rests.id, "canceled")
    [first] = data_of(room.subscribe("userHistoricalOrders", user=STRANGER), "userHistoricalOrders")
    assert first == {"isSnapshot": True, "user": STRANGER, "orderHistory": []}


def test_the_state_of_a_user_has_a_row_for_each_dex() -> None:
    room = Room()
    [first] = data_of(follow(room, None, "webData3"), "webData3")
    assert first["userState"] == {
        "agentAddress": None,
        "agentValidUntil": None,
        "cumLedger": "0.0",
        "serverTime": room.world.now,
        "isVault": False,
        "user": room.ledger.address,
    }
    assert first["perpDexStates"] == [{"totalVaultEquity": "0.0"}] * len(room.world.catalogue.dexes)
    assert data_of(room.step(4_000), "webData3")[-1]["userState"]["serverTime"] == room.world.now


@pytest.mark.parametrize("dex", ["", "xyz"])
def test_orders_over_time_are_none(dex: str) -> None:
    room = Room()
    [first] = data_of(room.subscribe("twapStates", user=room.ledger.address, dex=dex), "twapStates")
    assert first == {"dex": dex, "user": room.ledger.address, "states": []}
