"""The market data feeds in virtual time: their rhythms, their forms, and that all of them tell one truth."""

from __future__ import annotations

import base64
import json
import zlib
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from pmtui.core.units import px
from tests.sim.hyperliquid.worlds import demo_world

from .room import Room, channels, data_of


def sides(book: dict[str, Any]) -> tuple[list[Decimal], list[Decimal]]:
    bids, asks = book["levels"]
    return [Decimal(level["px"]) for level in bids], [Decimal(level["px"]) for level in asks]


def check_book(book: dict[str, Any], most: int) -> None:
    bids, asks = sides(book)
    assert bids == sorted(set(bids), reverse=True)
    assert asks == sorted(set(asks))
    assert max(len(bids), len(asks)) <= most
    assert not bids or not asks or bids[0] < asks[0]
    for level in (*book["levels"][0], *book["levels"][1]):
        assert set(level) == {"px", "sz", "n"}
        assert Decimal(level["sz"]) > 0
        assert level["n"] > 0


@pytest.mark.parametrize(("options", "period", "most"), [({}, 5_000, 20), ({"fast": True}, 500, 5)])
def test_books_come_in_their_rhythm_beginning_at_once(options: dict[str, Any], period: int, most: int) -> None:
    room = Room()
    [first] = data_of(room.subscribe("l2Book", coin="BTC", **options), "l2Book")
    books = [first, *data_of(room.step(20_000), "l2Book")]
    assert len(books) == 1 + 20_000 // period
    times = [book["time"] for book in books[1:]]
    assert {after - before for before, after in pairwise(times)} == {period}
    for book in books:
        assert book.get("fast") == options.get("fast")
        assert "spread" not in book
        check_book(book, most)
    assert len(first["levels"][0]) == most


def test_a_quiet_coin_is_told_again_and_again_with_the_present_time() -> None:
    room = Room()
    room.subscribe("l2Book", coin="MOTH")
    books = data_of(room.step(20_000), "l2Book")
    assert len(books) == 4
    assert all(book["levels"] == books[0]["levels"] for book in books)
    assert books[-1]["time"] > room.world.now - 5_000


@pytest.mark.parametrize(("figures", "mantissa"), [(2, None), (3, None), (4, None), (5, None), (5, 2), (5, 5)])
def test_a_grouped_book_reaches_wider_and_holds_the_whole(figures: int, mantissa: int | None) -> None:
    room = Room()
    room.step(3_000)
    [book] = data_of(room.subscribe("l2Book", coin="ETH", nSigFigs=figures, mantissa=mantissa), "l2Book")
    [plain] = data_of(room.subscribe("l2Book", coin="ETH"), "l2Book")
    check_book(book, 20)
    assert Decimal(book["spread"]) == sides(plain)[1][0] - sides(plain)[0][0]
    whole = room.exchange.truth("ETH")
    for place, key in enumerate(("bids", "asks")):
        told = book["levels"][place]
        every = whole[key]
        assert isinstance(every, list)
        sign, edge = (1 if key == "bids" else -1), Decimal(told[-1]["px"])
        within = [Decimal(level["sz"]) for level in every if (Decimal(level["px"]) - edge) * sign >= 0]
        assert sum(Decimal(level["sz"]) for level in told) == sum(within)
        for level in told:
            digits = level["px"].replace(".", "").strip("0")
            assert len(digits) <= figures


def test_touches_are_told_when_they_change_and_agree_with_the_fast_book() -> None:
    room = Room()
    assert channels(room.subscribe("bbo", coin="BTC")) == ["subscriptionResponse"]
    room.subscribe("l2Book", coin="BTC", fast=True)
    last: dict[str, Any] = {}
    seen = 0
    for message in room.step(20_000):
        data = message["data"]
        if message["channel"] == "bbo":
            assert data["bbo"] != last.get("bbo")
            last = data
            seen += 1
        elif last and message["channel"] == "l2Book":
            assert [side[0] for side in data["levels"]] == last["bbo"]
    assert seen > 20


def test_the_first_trades_are_thirty_past_ones_oldest_first() -> None:
    room = Room()
    [past] = data_of(room.subscribe("trades", coin="ETH"), "trades")
    assert len(past) == 30
    times = [trade["time"] for trade in past]
    assert times == sorted(times)
    assert times[-1] < room.world.now
    assert set(past[0]) == {"coin", "side", "px", "sz", "time", "hash", "tid", "users"}


def test_trades_follow_each_other_without_a_gap_or_a_repetition() -> None:
    room = Room()
    [past] = data_of(room.subscribe("trades", coin="BTC"), "trades")
    live = [trade for trades in data_of(room.step(15_000), "trades") for trade in trades]
    assert len(live) > 20
    [again] = data_of(Room(room.world).subscribe("trades", coin="BTC"), "trades")
    assert again == [*past, *live][-30:]
    keys = [(trade["time"], trade["tid"]) for trade in (*past, *live)]
    assert len(set(keys)) == len(keys)
    assert all(trade["tid"] < 2**50 and trade["side"] in "AB" for trade in live)


def test_an_outcomes_trade_is_told_on_both_sides_in_their_own_terms() -> None:
    room = Room(demo_world(rate=150))
    for coin in ("#10", "#11"):
        room.subscribe("trades", coin=coin)
    told: dict[str, list[dict[str, Any]]] = {"#10": [], "#11": []}
    for trades in data_of(room.step(30_000), "trades"):
        told[trades[0]["coin"]] += trades
    assert told["#10"]
    for yes, no in zip(told["#10"], told["#11"], strict=True):
        assert Decimal(yes["px"]) + Decimal(no["px"]) == 1
        assert {yes["side"], no["side"]} == {"A", "B"}
        assert yes["users"] == no["users"][::-1]
        assert (yes["tid"], yes["sz"]) == (no["tid"], no["sz"])


def test_the_books_of_an_outcomes_sides_mirror_each_other() -> None:
    room = Room()
    room.step(4_000)
    [yes] = data_of(room.subscribe("l2Book", coin="#20"), "l2Book")
    [no] = data_of(room.subscribe("l2Book", coin="#21"), "l2Book")
    for mine, theirs in ((0, 1), (1, 0)):
        flipped = [level | {"px": f"{1 - Decimal(level['px'])}".rstrip("0")} for level in no["levels"][theirs]]
        assert [(level["px"].rstrip("0"), level["sz"], level["n"]) for level in yes["levels"][mine]] == [
            (level["px"], level["sz"], level["n"]) for level in flipped
        ]


def test_candles_agree_with_the_trades() -> None:
    room = Room()
    room.subscribe("candle", coin="BTC", interval="1m")
    room.subscribe("trades", coin="BTC")
    minutes: dict[int, list[dict[str, Any]]] = {}
    last: dict[int, dict[str, Any]] = {}
    for message in room.step(150_000):
        if message["channel"] == "trades":
            for trade in message["data"]:
                minutes.setdefault(trade["time"] // 60_000 * 60_000, []).append(trade)
        else:
            last[message["data"]["t"]] = message["data"]
    for begins, trades in minutes.items():
        candle = last[begins]
        prices = [Decimal(trade["px"]) for trade in trades]
        assert candle["T"] == begins + 59_999
        assert (candle["s"], candle["i"], candle["n"]) == ("BTC", "1m", len(trades))
        assert [Decimal(candle[key]) for key in "ohlc"] == [prices[0], max(prices), min(prices), prices[-1]]
        assert Decimal(candle["v"]) == sum(Decimal(trade["sz"]) for trade in trades)


def test_contexts_come_each_second_on_the_channel_of_their_kind() -> None:
    room = Room()
    [perp] = data_of(room.subscribe("activeAssetCtx", coin="ETH"), "activeAssetCtx")
    [spot] = data_of(room.subscribe("activeAssetCtx", coin="@107"), "activeSpotAssetCtx")
    assert list(perp["ctx"]) == [
        "funding",
        "openInterest",
        "prevDayPx",
        "dayNtlVlm",
        "premium",
        "oraclePx",
        "markPx",
        "midPx",
        "impactPxs",
        "dayBaseVlm",
    ]
    assert spot["ctx"]["coin"] == "@107"
    assert "funding" not in spot["ctx"]
    pushed = channels(room.step(10_000))
    assert pushed.count("activeAssetCtx") == pushed.count("activeSpotAssetCtx") == 10


def test_mids_are_told_whole_and_by_dex() -> None:
    room = Room()
    room.subscribe("allMids")
    room.subscribe("allMids", dex="xyz")
    messages = data_of(room.step(6_000), "allMids")
    main = [message for message in messages if "dex" not in message]
    built = [message for message in messages if message.get("dex") == "xyz"]
    assert len(main) == len(built) == 3
    assert {"BTC", "@107", "#10", "#11"} <= set(main[0]["mids"])
    assert set(built[0]["mids"]) == {"xyz:TSLA"}


def unpacked(data: str) -> dict[str, dict[str, str]]:
    told: dict[str, dict[str, str]] = json.loads(zlib.decompress(base64.b64decode(data), wbits=-15))
    return told


def test_short_contexts_begin_with_all_and_go_on_with_what_changed() -> None:
    room = Room()
    [first] = data_of(room.subscribe("fastAssetCtxs"), "fastAssetCtxs")
    marks = unpacked(first)
    assert {"BTC", "@107", "#11", "xyz:TSLA"} <= set(marks)
    pushes = [unpacked(data) for data in data_of(room.step(20_000), "fastAssetCtxs")]
    assert len(pushes) == 4
    assert all("MOTH" not in push for push in pushes[1:])
    for push in pushes:
        for name, row in push.items():
            marks[name] |= row
    [again] = data_of(Room(room.world).subscribe("fastAssetCtxs"), "fastAssetCtxs")
    assert marks == unpacked(again)


def test_all_contexts_are_told_by_dex_in_the_order_of_their_lists() -> None:
    room = Room()
    [told] = data_of(room.subscribe("allDexsAssetCtxs"), "allDexsAssetCtxs")
    assert [dex for dex, _ in told["ctxs"]] == ["", "xyz"]
    assert told["ctxs"][0][1] == room.ask("metaAndAssetCtxs")[1]
    assert channels(room.step(4_000)) == ["allDexsAssetCtxs"] * 2


def test_the_end_of_an_outcome_and_the_beginning_of_the_next_are_told_once() -> None:
    room = Room()
    room.subscribe("outcomeMetaUpdates")
    room.subscribe("l2Book", coin="#50")
    [[created, settled]] = data_of(room.step(125_000), "outcomeMetaUpdates")
    assert created["outcomeCreated"]["outcome"] == 6
    assert settled == {"outcomeSettled": 5}
    assert "l2Book" not in channels(room.step(20_000))
    assert room.subscribe("l2Book", coin="#60")[0]["channel"] == "subscriptionResponse"


def test_a_coin_that_crosses_a_border_is_told_on_both_grids() -> None:
    room = Room()
    room.subscribe("l2Book", coin="AVAX")
    ticks = set()
    for book in data_of(room.step(60_000), "l2Book"):
        check_book(book, 20)
        for price in (px(level["px"]) for side in book["levels"] for level in side):
            assert price % (px("0.001") if price < px("100") else px("0.01")) == 0
            ticks.add(price % px("0.01") == 0)
    assert ticks == {True, False}
