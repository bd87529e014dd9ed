"""What can be made to go wrong on the wire, while the engine's truth stays true."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from pmtui.sim.faults import FaultError
from pmtui.sim.hyperliquid.faults import VOCABULARY
from pmtui.sim.hyperliquid.garbage import FATAL, catalogue
from tests.sim.hyperliquid.worlds import demo_world

from .room import Room, channels, data_of


def room_with(plan: str = "", *types: str, coins: tuple[str, ...] = ("BTC",), fast: bool = True) -> Room:
    room = Room(demo_world(rate=200))
    for coin in coins:
        for type_ in types or ("l2Book", "bbo", "trades"):
            room.subscribe(type_, coin=coin, **({"fast": True} if fast and type_ == "l2Book" else {}))
    if plan:
        room.exchange.ask(plan)
    return room


def times(books: list[dict[str, Any]]) -> list[int]:
    return [book["time"] for book in books]


def test_frozen_nothing_is_sent_but_pings_are_answered() -> None:
    room = room_with("freeze 10")
    assert room.step(10_000) == []
    assert room_with("freeze 10").hear('{"method":"ping"}') == [{"channel": "pong"}]
    assert room_with("freeze 10").subscribe("bbo", coin="ETH") == []
    assert room.step(2_000)


def test_a_muted_coin_is_silent_and_the_others_are_not() -> None:
    room = room_with("mute BTC 10", coins=("BTC", "ETH"))
    told = room.step(9_900)
    assert {message["data"]["coin"] for message in told if message["channel"] != "trades"} == {"ETH"}
    assert room.subscribe("activeAssetCtx", coin="BTC")[1:] == []
    assert "BTC" in {message["data"]["coin"] for message in room.step(2_000) if message["channel"] != "trades"}


def test_stale_books_go_on_arriving_with_the_time_of_the_beginning() -> None:
    room = room_with("", "l2Book")
    room.step(2_000)
    before = room.world.now
    room.exchange.ask("stale 10")
    books = data_of(room.step(10_000), "l2Book")
    assert len(books) >= 19
    assert set(times(books[:-1])) == {before}
    assert all(book == books[0] for book in books[:-1])
    [fresh] = data_of(room.step(500), "l2Book")
    assert fresh["time"] == room.world.now


def test_a_book_that_goes_back_has_an_older_time() -> None:
    room = room_with("", "l2Book")
    before = times(data_of(room.step(3_000), "l2Book"))
    room.exchange.ask("back 2 BTC")
    told = [*before, *times(data_of(room.step(5_000), "l2Book"))]
    assert sum(after < before for before, after in pairwise(told)) == 1
    assert told[-1] == room.world.now


def test_swapped_books_arrive_behind_their_successors() -> None:
    room = room_with("swap 1", "l2Book")
    told = times(data_of(room.step(5_000), "l2Book"))
    assert len(told) == 10
    assert [after < before for before, after in pairwise(told)].count(True) == 1
    assert sorted(told) == sorted(set(told))


def test_duplicates_are_sent_twice_and_drops_not_at_all() -> None:
    room = room_with("duplicate 3", "l2Book")
    assert len(data_of(room.step(5_000), "l2Book")) == 13
    room.exchange.ask("drop 4 BTC")
    assert len(data_of(room.step(5_000), "l2Book")) == 6


def test_wrong_touches_cross_and_the_book_does_not() -> None:
    room = room_with("bbo 10 BTC", coins=("BTC", "ETH"))
    for message in room.step(9_900):
        if message["channel"] == "bbo":
            bid, ask = message["data"]["bbo"]
            assert (Decimal(bid["px"]) > Decimal(ask["px"])) == (message["data"]["coin"] == "BTC")
        elif message["channel"] == "l2Book":
            bids, asks = message["data"]["levels"]
            assert Decimal(bids[0]["px"]) < Decimal(asks[0]["px"])


@pytest.mark.parametrize(("fault", "left"), [("slow-only 10", {None}), ("fast-only 10", {True})])
def test_one_of_the_two_kinds_of_books_can_fail(fault: str, left: set[bool | None]) -> None:
    room = room_with(fault, "l2Book")
    room.subscribe("l2Book", coin="BTC")
    assert {book.get("fast") for book in data_of(room.step(9_900), "l2Book")} == left


def test_requests_over_the_socket_can_fail_while_rest_answers() -> None:
    room = Room()
    room.exchange.ask("fail 503 5")
    [answer] = room.post(4, "meta")
    assert answer["data"] == {
        "id": 4,
        "response": {"type": "error", "payload": "503 Service Unavailable: made up by a fault"},
    }
    room.step(5_000)
    assert room.ask("meta")["universe"]


def test_the_accounts_pushes_can_be_lost_repeated_and_late() -> None:
    def lived(plan: str) -> tuple[Room, list[dict[str, Any]]]:
        room = Room(pace=600)
        room.subscribe("userFills", user=room.ledger.address)
        room.exchange.ask(plan) if plan else None
        return room, room.step(30_000)

    _, usual = lived("")
    assert len(lived("user-drop 2")[1]) == len(usual) - 2
    assert len(lived("user-duplicate 2")[1]) == len(usual) + 2
    room, told = lived("user-late 29")
    assert data_of(told, "userFills") == data_of(usual, "userFills")
    assert room.world.elapsed == 30_000


def test_late_fills_wait_for_the_end_of_their_fault() -> None:
    room = Room(pace=600)
    room.subscribe("userFills", user=room.ledger.address)
    room.exchange.ask("user-late 20")
    assert room.step(19_900) == []
    assert channels(room.step(200)).count("userFills") > 3


def test_garbage_reaches_everybody_and_only_the_harmless_kinds_by_number() -> None:
    room = Room()
    count = len(catalogue(b'{"channel":"l2Book","data":{"coin":"BTC","time":1,"levels":[[],[]]}}')) - len(FATAL)
    room.exchange.ask(f"garbage {count}")
    assert len(room.raw(50)) == count
    room.exchange.ask("garbage notice")
    assert room.raw(10) == [b"Websocket connection established."]
    with pytest.raises(FaultError, match="no garbage"):
        room.exchange.ask("garbage sweets")


def test_most_garbage_is_made_from_what_the_client_follows() -> None:
    room = room_with("", "l2Book", coins=("ETH",))
    room.raw(100)
    room.exchange.ask("garbage price-negative")
    [text] = room.raw(10)
    told = json.loads(text)["data"]
    assert (told["coin"], told["levels"][0][0]["px"]) == ("ETH", "-0.01")


def test_the_truth_stays_true_under_any_fault() -> None:
    plain, disturbed = room_with(), room_with("freeze 3; at 4 drop 9; at 5 bbo 3; at 6 stale 3; at 8 garbage 5; swap 3")
    plain.raw(12_000)
    disturbed.raw(12_000)
    assert plain.exchange.truth("BTC") == disturbed.exchange.truth("BTC")


def test_a_plan_begins_and_ends_by_itself() -> None:
    room = room_with("at 2 freeze 3", "l2Book")
    seen = Counter(message["data"]["time"] // 1_000 * 1_000 - room.world.epoch for message in room.step(7_000))
    assert seen[2_000] <= 1
    assert (seen[3_000], seen[4_000]) == (0, 0)
    assert seen[1_000] == seen[6_000] == 2


def test_clear_ends_everything() -> None:
    room = room_with("stale 100; freeze 100; at 9 cut")
    room.exchange.ask("clear")
    assert room.step(3_000)
    assert room.exchange.faults.planned == []


@pytest.mark.parametrize(
    ("line", "about"),
    [
        ("", "empty"),
        ("ghost 1", "not a fault"),
        ("mute NOT_A_COIN 3", "is not a coin"),
        ("mute btc 3", "is not a coin"),
        ("stale", "lacks SECONDS"),
        ("close 1006", "close frame"),
    ],
)
def test_what_is_not_understood_is_refused_with_a_reason(line: str, about: str) -> None:
    with pytest.raises(FaultError, match=about):
        Room().exchange.ask(line)


@pytest.mark.parametrize("form", VOCABULARY)
def test_every_form_of_the_vocabulary_is_understood(form: str) -> None:
    words = {
        "SECONDS": "3",
        "COIN": "xyz:TSLA",
        "N": "2",
        "MS": "20",
        "CODE": "1013",
        "REASON": "too slow",
        "STATUS": "503",
        "TYPE": "bbo",
        "WHAT": "1",
        "BYTES_PER_S": "9000",
    }
    line = " ".join(words.get(word.strip("[]"), word) for word in form.split())
    assert Room().exchange.ask(line) == [line]
