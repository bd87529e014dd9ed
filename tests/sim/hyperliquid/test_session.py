"""The socket's conversation: what clients really send, and what the venue really answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pmtui.sim.hyperliquid.session import GREETING, MOST_REQUESTS, Session
from pmtui.sim.hyperliquid.topics import Topic
from pmtui.sim.hyperliquid.visitor import MOST_USERS, Visitor
from tests.sim.hyperliquid.worlds import demo_world

from .room import STRANGER, Room, channels, data_of

MIXED = "0xABcdEf" + "12" * 17
ECHOES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"type": "l2Book", "coin": "BTC"},
        {"type": "l2Book", "coin": "BTC", "nSigFigs": None, "mantissa": None, "fast": False},
    ),
    (
        {"coin": "BTC", "nSigFigs": 5, "mantissa": 2, "type": "l2Book", "fast": None},
        {"type": "l2Book", "coin": "BTC", "nSigFigs": 5, "mantissa": 2, "fast": False},
    ),
    (
        {"type": "l2Book", "coin": "#11", "fast": True},
        {"type": "l2Book", "coin": "#11", "nSigFigs": None, "mantissa": None, "fast": True},
    ),
    ({"type": "trades", "coin": "xyz:TSLA"}, {"type": "trades", "coin": "xyz:TSLA"}),
    ({"type": "bbo", "coin": "@107"}, {"type": "bbo", "coin": "@107"}),
    (
        {"type": "candle", "coin": "ETH", "interval": "1m"},
        {"type": "candle", "interval": "1m", "coin": "ETH"},
    ),
    ({"type": "activeAssetCtx", "coin": "ETH"}, {"type": "activeAssetCtx", "coin": "ETH"}),
    ({"type": "allMids"}, {"type": "allMids", "dex": None}),
    ({"type": "allMids", "dex": "xyz"}, {"type": "allMids", "dex": "xyz"}),
    ({"type": "outcomeMetaUpdates"}, {"type": "outcomeMetaUpdates"}),
    ({"type": "userEvents", "user": MIXED}, {"type": "userEvents", "user": MIXED.lower()}),
    (
        {"type": "userFills", "user": MIXED},
        {"type": "userFills", "user": MIXED.lower(), "aggregateByTime": False},
    ),
    ({"type": "openOrders", "user": MIXED}, {"type": "openOrders", "user": MIXED.lower(), "dex": None}),
]
USER = MIXED.lower()
WITH_OPTIONS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"type": "allMids"}, {"dex": ""}),
    ({"type": "openOrders", "user": USER}, {"dex": ""}),
    ({"type": "openOrders", "user": USER}, {"dex": "xyz"}),
    ({"type": "clearinghouseState", "user": USER}, {"dex": ""}),
    ({"type": "userFills", "user": USER}, {"aggregateByTime": True}),
    ({"type": "spotState", "user": USER}, {"isPortfolioMargin": True}),
    ({"type": "l2Book", "coin": "BTC"}, {"fast": True}),
]


def error(answers: list[dict[str, Any]]) -> str:
    [answer] = answers
    assert answer["channel"] == "error"
    return str(answer["data"])


@pytest.mark.parametrize(("said", "echo"), ECHOES)
def test_an_acknowledgement_echoes_the_whole_subscription(said: dict[str, Any], echo: dict[str, Any]) -> None:
    room = Room()
    answers = room.say(method="subscribe", subscription=said)
    assert answers[0] == {"channel": "subscriptionResponse", "data": {"method": "subscribe", "subscription": echo}}
    [answer] = room.say(method="unsubscribe", subscription=said)
    assert answer["data"] == {"method": "unsubscribe", "subscription": echo}
    assert not room.followed


@pytest.mark.parametrize(("plain", "options"), WITH_OPTIONS)
def test_an_option_comes_back_as_it_was_sent_and_makes_another_subscription(
    plain: dict[str, Any], options: dict[str, Any]
) -> None:
    room = Room()
    for said in (plain, plain | options):
        for method in ("subscribe", "unsubscribe", "subscribe"):
            told = room.say(method=method, subscription=said)[0]["data"]
            assert told == {"method": method, "subscription": told["subscription"] | said}
    assert len(room.followed) == 2


def test_an_empty_name_is_the_main_dex() -> None:
    room = Room()
    [named] = data_of(room.subscribe("openOrders", user=room.ledger.address, dex=""), "openOrders")
    [unnamed] = data_of(room.subscribe("openOrders", user=room.ledger.address), "openOrders")
    assert named == unnamed
    assert named["dex"] == ""


def test_keys_that_are_null_or_unknown_change_nothing() -> None:
    room = Room()
    room.say(subscription={"coin": "BTC", "type": "trades", "user": None, "colour": 7}, method="subscribe", id=5)
    assert list(room.followed) == [Topic("trades", coin="BTC")]
    assert error(room.subscribe("trades", coin="BTC")).startswith("Already subscribed: {")


def test_errors_repeat_what_was_said() -> None:
    room = Room()
    room.subscribe("trades", coin="BTC")
    assert error(room.subscribe("trades", coin="BTC")) == 'Already subscribed: {"type":"trades","coin":"BTC"}'
    told = error(room.say(method="unsubscribe", subscription={"type": "bbo", "coin": "BTC"}))
    assert told == 'Already unsubscribed: {"type":"bbo","coin":"BTC"}'
    told = error(room.subscribe("trades", coin="btc"))
    assert told == 'Invalid subscription {"type":"trades","coin":"btc"}'


@pytest.mark.parametrize(
    "said",
    [
        {"type": "l2Book", "coin": "BTC", "nSigFigs": 6},
        {"type": "l2Book", "coin": "BTC", "nSigFigs": 4, "mantissa": 2},
        {"type": "l2Book", "coin": "BTC", "nSigFigs": 5, "mantissa": 3},
        {"type": "candle", "coin": "BTC", "interval": "7m"},
        {"type": "allMids", "dex": "nobody"},
        {"type": "trades", "coin": "#990"},
    ],
)
def test_the_right_form_of_something_impossible_is_an_invalid_subscription(said: dict[str, Any]) -> None:
    assert error(Room().say(method="subscribe", subscription=said)).startswith("Invalid subscription {")


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "{",
        "[]",
        "7",
        "{}",
        '{"method":"dance"}',
        '{"method":"subscribe"}',
        '{"method":"subscribe","subscription":{"type":"webData2","user":"0x00"}}',
        '{"method":"subscribe","subscription":{"type":"trades","coin":7}}',
        '{"method":"subscribe","subscription":{"type":"trades"}}',
        '{"method":"subscribe","subscription":{"type":"userFills","user":"0x12"}}',
        '{"method":"subscribe","subscription":{"type":"l2Book","coin":"BTC","nSigFigs":"5"}}',
        '{"method":"post","request":{"type":"info","payload":{"type":"meta"}}}',
        '{"method":"post","id":"1","request":{"type":"info","payload":{"type":"meta"}}}',
    ],
)
def test_everything_else_cannot_be_parsed(text: str) -> None:
    assert error(Room().hear(text)) == f"Error parsing JSON into valid websocket request: {text}"


def test_ping_is_answered_by_pong() -> None:
    assert Room().hear('{"method":"ping"}') == [{"channel": "pong"}]


def test_a_post_is_answered_under_its_number() -> None:
    room = Room()
    [answer] = room.post(77, "l2Book", coin="ETH", nSigFigs=None, mantissa=None)
    assert answer["channel"] == "post"
    assert answer["data"]["id"] == 77
    payload = answer["data"]["response"]["payload"]
    assert payload["type"] == "l2Book"
    assert payload["data"]["coin"] == "ETH"


def test_a_post_that_cannot_be_read_is_an_error_with_the_status_of_rest() -> None:
    room = Room()
    for request in ({"type": "info", "payload": {"type": "dance"}}, {"type": "explorer", "payload": {}}):
        [answer] = room.say(method="post", id=3, request=request)
        response = answer["data"]["response"]
        assert response["type"] == "error"
        assert response["payload"].startswith("422 ")


def test_an_action_without_a_wallet_is_refused_inside_its_answer() -> None:
    [answer] = Room().say(method="post", id=3, request={"type": "action", "payload": {"action": {}}})
    assert answer["data"]["response"]["type"] == "action"
    assert answer["data"]["response"]["payload"]["status"] == "err"


def test_an_unknown_coin_is_answered_by_null() -> None:
    assert Room().ask("l2Book", coin="NOT_A_COIN") is None


def test_requests_that_are_held_back_fill_up_and_are_answered_later() -> None:
    room = Room()
    room.exchange.ask("hold 5")
    for number in range(MOST_REQUESTS):
        assert room.post(number, "meta") == []
    assert error(room.post(500, "meta")) == "too many pending post requests id=500"
    assert room.session.late() == []
    room.step(5_000)
    late = [json.loads(answer)["data"]["id"] for answer in room.session.late()]
    assert late == list(range(MOST_REQUESTS))
    assert room.session.late() == []


def test_there_is_a_limit_to_subscriptions_over_all_sockets() -> None:
    world = demo_world()
    visitor = Visitor(most_topics=3)
    one = Room(world, visitor=visitor)
    other = Session(one.exchange, lambda _: None, lambda _: None, visitor=visitor)
    for coin in ("BTC", "ETH"):
        one.subscribe("bbo", coin=coin)
    said = json.dumps({"method": "subscribe", "subscription": {"type": "bbo", "coin": "BTC"}}).encode()
    assert b"subscriptionResponse" in other.hear(said)[0]
    assert "3 total subscriptions" in error(one.subscribe("bbo", coin="DOGE"))
    other.leave()
    assert channels(one.subscribe("bbo", coin="DOGE")) == ["subscriptionResponse"]


def test_there_is_a_limit_to_different_users() -> None:
    room = Room()
    for number in range(MOST_USERS):
        user = f"0x{number:040x}"
        assert channels(room.subscribe("orderUpdates", user=user)) == ["subscriptionResponse"]
        assert "error" not in channels(room.subscribe("userFills", user=user))
    assert error(room.subscribe("orderUpdates", user=STRANGER)) == "Cannot track more than 10 total users."


def test_a_greeting_is_a_line_that_is_not_json() -> None:
    assert Room(greets=True).session.greeting == (GREETING,)
    assert Room().session.greeting == ()
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(GREETING)


def test_denied_subscriptions_are_errors_and_others_go_on() -> None:
    room = Room()
    room.exchange.ask("deny 10 bbo")
    assert error(room.subscribe("bbo", coin="BTC")).startswith("Invalid subscription {")
    assert data_of(room.subscribe("trades", coin="BTC"), "trades")
    room.step(10_000)
    assert channels(room.subscribe("bbo", coin="BTC")) == ["subscriptionResponse"]
