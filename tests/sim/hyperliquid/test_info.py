"""Info requests: the same answers over REST and over the socket, in the venue's forms."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pmtui.core.units import Millis
from pmtui.sim.http import Asked
from pmtui.sim.hyperliquid import past
from pmtui.sim.hyperliquid.candles import INTERVALS, MOST
from pmtui.sim.hyperliquid.rest import Rest
from pmtui.sim.hyperliquid.world import World
from tests.examples import more
from tests.sim.hyperliquid.worlds import demo_world

from .room import STRANGER, Room, data_of

WORLD = demo_world()


def rest(room: Room) -> Rest:
    return Rest(room.exchange, room.exchange.ask)


def posted(room: Room, body: object, path: str = "/info") -> tuple[int, Any]:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = rest(room).answer(Asked("POST", path, {}, sent))
    return answer.status, json.loads(answer.body) if answer.kind == "application/json" else answer.body


@pytest.mark.parametrize(
    "body",
    [
        {"type": "meta"},
        {"type": "meta", "dex": "xyz"},
        {"type": "allPerpMetas"},
        {"type": "perpDexs"},
        {"type": "metaAndAssetCtxs"},
        {"type": "spotMeta"},
        {"type": "spotMetaAndAssetCtxs"},
        {"type": "outcomeMeta"},
        {"type": "settledOutcome", "outcome": 5},
        {"type": "allMids"},
        {"type": "l2Book", "coin": "BTC"},
        {"type": "l2Book", "coin": "BTC", "nSigFigs": 3, "mantissa": None},
        {"type": "l2Book", "coin": "NOT_A_COIN"},
        {"type": "recentTrades", "coin": "BTC"},
        {"type": "candleSnapshot", "req": {"coin": "BTC", "interval": "1h", "startTime": 1_767_000_000_000}},
        {"type": "openOrders", "user": STRANGER},
        {"type": "frontendOpenOrders", "user": STRANGER},
        {"type": "userFills", "user": STRANGER},
        {"type": "userFillsByTime", "user": STRANGER, "startTime": 0},
        {"type": "orderStatus", "user": STRANGER, "oid": 1},
        {"type": "clearinghouseState", "user": STRANGER},
        {"type": "spotClearinghouseState", "user": STRANGER},
        {"type": "userRole", "user": STRANGER},
        {"type": "userRateLimit", "user": STRANGER},
        {"type": "exchangeStatus"},
    ],
)
def test_rest_and_the_socket_give_the_same_answer(body: dict[str, Any]) -> None:
    room = Room(WORLD)
    status, told = posted(room, body)
    assert status == 200
    assert room.ask(body["type"], **{key: value for key, value in body.items() if key != "type"}) == told


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"7",
        {},
        {"type": 7},
        {"type": "dance"},
        {"type": "openOrders", "user": "0x00000000000000"},
        {"type": "openOrders"},
        {"type": "l2Book"},
        {"type": "l2Book", "coin": "BTC", "nSigFigs": 9},
        {"type": "orderStatus", "user": STRANGER, "oid": None},
        {"type": "candleSnapshot", "req": {"coin": "BTC", "interval": "7m", "startTime": 0}},
        {"type": "candleSnapshot", "coin": "BTC"},
    ],
)
def test_what_cannot_be_read_is_422_in_plain_text(body: object) -> None:
    status, text = posted(Room(WORLD), body)
    assert (status, text) == (422, b"Failed to deserialize the JSON body into the target type")


def test_an_asset_is_known_by_its_place() -> None:
    room = Room(WORLD)
    meta, contexts = room.ask("metaAndAssetCtxs")
    assert len(meta["universe"]) == len(contexts)
    assert [row["name"] for row in meta["universe"]][:2] == ["BTC", "ETH"]
    assert meta["universe"][0]["szDecimals"] == 5
    assert room.ask("allPerpMetas")[1]["universe"][0]["name"] == "xyz:TSLA"
    assert [dex and dex["name"] for dex in room.ask("perpDexs")] == [None, "xyz"]
    assert room.ask("meta", dex="nobody") is None


def test_a_pair_names_its_tokens_by_their_indexes() -> None:
    meta = Room(WORLD).ask("spotMeta")
    tokens = {token["index"]: token for token in meta["tokens"]}
    pair = next(row for row in meta["universe"] if row["name"] == "@107")
    assert [tokens[index]["name"] for index in pair["tokens"]] == ["HYPE", "USDC"]
    assert pair["index"] == 107


def test_a_question_has_its_outcomes_and_settled_ones_leave_the_list() -> None:
    world = demo_world()
    room = Room(world)
    meta = room.ask("outcomeMeta")
    assert [row["outcome"] for row in meta["outcomes"]] == [1, 2, 3, 4, 5]
    [question] = meta["questions"]
    assert (question["namedOutcomes"], question["fallbackOutcome"]) == ([1, 2, 3], 4)
    assert room.ask("settledOutcome", outcome=5) is None
    room.step(121_000)
    assert [row["outcome"] for row in room.ask("outcomeMeta")["outcomes"]] == [1, 2, 3, 4, 6]
    settled = room.ask("settledOutcome", outcome=5)
    price = float(settled["details"].removeprefix("price:"))
    assert settled["settleFraction"] == ("1.0" if price > 9_900 else "0.0")
    assert room.ask("l2Book", coin="#50") is None


def test_recent_trades_come_newest_first() -> None:
    room = Room()
    room.step(5_000)
    trades = room.ask("recentTrades", coin="BTC")
    assert [trade["time"] for trade in trades] == sorted((trade["time"] for trade in trades), reverse=True)
    [past] = data_of(room.subscribe("trades", coin="BTC"), "trades")
    assert trades[:30] == past[::-1]


@given(
    st.sampled_from(sorted(INTERVALS)),
    st.integers(0, 10**11),
    st.integers(0, 10**11),
    st.sampled_from(("BTC", "@230", "#10", "#11", "MOTH")),
)
@more(2)
def test_candles_follow_each_other_and_are_possible(interval: str, back: int, length: int, coin: str) -> None:
    start = WORLD.now - back
    req = {"coin": coin, "interval": interval, "startTime": start, "endTime": start + length}
    candles = Room(WORLD).ask("candleSnapshot", req=req)
    assert len(candles) <= MOST
    for candle in candles:
        low, high = Decimal(candle["l"]), Decimal(candle["h"])
        assert 0 < low <= Decimal(candle["o"]) <= high
        assert low <= Decimal(candle["c"]) <= high
        assert candle["t"] <= min(start + length, WORLD.now)
    for before, after in pairwise(candles):
        assert after["t"] == before["T"] + 1


def lived(seconds: int) -> World:
    """A world that opened in the middle of everything: of a minute, a day, a week and a month."""
    world = demo_world(rate=5, epoch=Millis(1_767_705_234_567))
    for _ in world.step(seconds * 1_000):
        pass
    return world


LIVED = lived(400)
OPENING = demo_world(epoch=LIVED.epoch)
_DAY = INTERVALS["1d"]
NESTED = [
    (wide, narrow)
    for wide in INTERVALS
    for narrow in INTERVALS
    if narrow != wide and (_DAY if wide == "1M" else INTERVALS[wide]) % INTERVALS[narrow] == 0
]


@given(st.sampled_from(NESTED), st.integers(0, 4_900), st.sampled_from(("BTC", "DOGE", "@230", "#10", "#11", "MOTH")))
@more(4)
def test_a_wide_candle_is_what_its_narrow_ones_make(widths: tuple[str, str], back: int, coin: str) -> None:
    wide, narrow = widths
    market, outcome = LIVED.by_name[coin]
    at = LIVED.now - back * INTERVALS[narrow]
    candle = market.candles.between(wide, at, at, LIVED.now)[0].seen(outcome)
    told = market.candles.between(narrow, candle.begins, candle.ends, LIVED.now)
    assume(told[0].begins == candle.begins)  # else there are more of them than anybody is told
    inside = [each.seen(outcome) for each in told]
    traded = [each for each in inside if each.trades]
    assert candle.trades == sum(each.trades for each in inside)
    assert candle.size == sum(each.size for each in inside)
    assert candle.high == max(each.high for each in traded or inside)
    assert candle.low == min(each.low for each in traded or inside)
    assert candle.open == (traded or inside)[0].open
    assert candle.close == (traded or inside)[-1].close


def test_a_days_candles_add_up_to_the_days_volume() -> None:
    room = Room(LIVED)
    start = LIVED.now - 86_400_000
    for coin in ("BTC", "@107", "#21"):
        told = room.ask("candleSnapshot", req={"coin": coin, "interval": "1m", "startTime": start})
        context = room.subscribe("activeAssetCtx", coin=coin)[-1]["data"]["ctx"]
        assert Decimal(context["dayBaseVlm"]) == sum(Decimal(each["v"]) for each in told)
        assert Decimal(told[0]["l"]) <= Decimal(context["prevDayPx"]) <= Decimal(told[0]["h"])


@pytest.mark.parametrize("into", [0, 1, 34_567, 59_999])
@pytest.mark.parametrize("coin", ["BTC", "AVAX", "MOTH", "@230", "#10", "#11"])
def test_the_trades_before_the_opening_are_those_of_their_candles(coin: str, into: int) -> None:
    room = Room(demo_world(epoch=Millis(1_767_705_240_000 + into)))
    minutes: dict[int, list[dict[str, Any]]] = {}
    for trade in room.ask("recentTrades", coin=coin)[::-1]:
        minutes.setdefault(trade["time"] // 60_000 * 60_000, []).append(trade)
    until = {"startTime": min(minutes), "endTime": room.world.now - 1}
    candles = room.ask("candleSnapshot", req={"coin": coin, "interval": "1m", **until})
    assert [candle["t"] for candle in candles] == list(minutes)
    for candle, trades in zip(candles, minutes.values(), strict=True):
        prices = [Decimal(trade["px"]) for trade in trades]
        assert [Decimal(candle[key]) for key in "ohlc"] == [prices[0], max(prices), min(prices), prices[-1]]
        assert Decimal(candle["v"]) == sum(Decimal(trade["sz"]) for trade in trades)
        assert candle["n"] == len(trades)


@given(st.lists(st.integers(-90_000_000, 4_000_000), min_size=1, max_size=5))
def test_what_is_left_of_the_past_does_not_depend_on_when_it_was_asked_before(moments: list[int]) -> None:
    candles = copy.copy(OPENING.by_name["BTC"][0].candles)
    for moment in moments:
        since = candles.opened + moment
        told = candles.between("1m", since, candles.opened - 1, Millis(candles.opened - 1))
        assert candles.traded_before(since) == sum(candle.size for candle in told)


def test_years_of_days_are_told_without_their_minutes() -> None:
    past._parts.cache_clear()
    LIVED.by_name["BTC"][0].candles.between("1d", 0, LIVED.now, LIVED.now)
    assert past._parts.cache_info().misses < 10


def test_funding_is_paid_every_hour_and_told_page_by_page() -> None:
    room = Room(LIVED)
    start = room.world.now - 600 * 3_600_000
    first = room.ask("fundingHistory", coin="BTC", startTime=start)
    rest = room.ask("fundingHistory", coin="BTC", startTime=first[-1]["time"] + 1)
    assert (len(first), len(first) + len(rest)) == (500, 600)
    hours = [row["time"] // 3_600_000 for row in (*first, *rest)]
    assert hours == list(range(hours[0], hours[0] + 600))
    assert set(first[0]) == {"coin", "fundingRate", "premium", "time"}
    assert rest[-1]["time"] <= room.world.now
    assert room.ask("fundingHistory", coin="BTC", startTime=start, endTime=first[9]["time"]) == first[:10]
    assert room.ask("fundingHistory", coin="NOT_A_COIN", startTime=start) is None
    assert room.ask("fundingHistory", coin="@107", startTime=start) == []


def test_nothing_traded_is_a_flat_candle() -> None:
    room = Room(demo_world(rate=5))
    room.step(170_000)
    candles = room.world.by_name["MOTH"][0].candles.between("1m", room.world.epoch, room.world.now, room.world.now)
    assert len(candles) == 3
    assert all(candle.open == candle.high == candle.low == candle.close for candle in candles)
    assert all(candle.trades == 0 for candle in candles)


def test_the_last_millisecond_of_a_month_is_the_last() -> None:
    market = WORLD.by_name["BTC"][0]
    candle = market.candles.current("1M", Millis(1_740_000_000_000))
    assert (candle.begins, candle.ends) == (1_738_368_000_000, 1_740_787_199_999)


def test_a_status_asked_for_is_answered_until_its_time_is_over() -> None:
    room = Room()
    room.exchange.ask("rest 429 5")
    assert posted(room, {"type": "meta"}) == (429, b"made up by a fault")
    room.step(5_000)
    assert posted(room, {"type": "meta"})[0] == 200


def test_the_truth_and_the_faults_are_always_told() -> None:
    room = Room()
    room.exchange.ask("rest 503 60; freeze 60")
    told = json.loads(rest(room).answer(Asked("GET", "/truth", {"coin": ["BTC"]}, b"")).body)
    assert told["coin"] == "BTC"
    assert len(told["bids"]) > 50
    assert json.loads(rest(room).answer(Asked("GET", "/truth", {}, b"")).body)["address"] == room.ledger.address
    assert rest(room).answer(Asked("GET", "/truth", {"coin": ["NO"]}, b"")).status == 404
    report = json.loads(rest(room).answer(Asked("GET", "/faults", {}, b"")).body)
    assert [active["fault"] for active in report["active"]] == ["rest 503 60", "freeze 60"]
    assert posted(room, b"explode", "/faults")[0] == 400
    assert posted(room, b"cut; at 5 drop 1", "/faults") == (200, {"understood": ["cut", "at 5 drop 1"]})
    assert rest(room).answer(Asked("GET", "/info", {}, b"")).status == 404
