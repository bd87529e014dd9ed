"""Any kind of JSON in any field of any request is answered, on the socket and over REST, and harms nobody."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.sim.http import Asked
from pmtui.sim.hyperliquid.candles import INTERVALS
from pmtui.sim.hyperliquid.info import _ANSWERS
from pmtui.sim.hyperliquid.rest import Rest
from pmtui.sim.hyperliquid.topics import _KEYS
from pmtui.sim.hyperliquid.visitor import Minute, Visitor
from tests.examples import more

from .room import STRANGER, Room

PLENTY = 1 << 40
COINS = ("BTC", "ETH", "@107", "#10", "#11", "xyz:TSLA", "NOT_A_COIN")
FIELDS = sorted({key for keys in _KEYS.values() for key in keys} | {"req", "startTime", "endTime", "oid", "outcome"})
KINDS: tuple[Any, ...] = (
    *(None, True, False, 0, 1, 5, -1, 2**31, 2**62, -(2**62), 1.5, 1e300, "", "x", "1m", "xyz"),
    *([], [1], [[]], {}, {"a": 1}, {"": []}, "\x00", "é" * 300, "0x" + "0" * 40),
)


@cache
def _room() -> Room:
    visitor = Visitor(most_topics=PLENTY, words=Minute(PLENTY), requests=Minute(PLENTY))
    room = Room(visitor=visitor)
    room.subscribe("orderUpdates", user=room.ledger.address)  # a topic that is about no coin
    return room


def _deep(levels: int) -> Any:
    told: Any = 1
    for _ in range(levels):
        told = [told]
    return told


def kinds() -> st.SearchStrategy[Any]:
    return st.sampled_from(KINDS) | st.sampled_from(COINS) | st.just(STRANGER) | st.builds(_own) | st.just(_deep(300))


def _own() -> str:
    return _room().ledger.address


def true(field: str) -> st.SearchStrategy[Any]:
    """What a field holds where it means something."""
    if field == "req":
        return st.fixed_dictionaries({}, optional={each: kinds() | true(each) for each in REQ})
    return {"user": st.builds(_own), "interval": st.sampled_from(list(INTERVALS)), "coin": st.sampled_from(COINS)}.get(
        field, st.integers(-(2**63), 2**63 - 1)
    )


REQ = ("coin", "interval", "startTime", "endTime")


def requests(types: list[str]) -> st.SearchStrategy[Any]:
    fields = {field: true(field) | kinds() for field in FIELDS}
    return st.builds(dict, st.fixed_dictionaries({"type": st.sampled_from(types)}, optional=fields))


def posted(room: Room, body: object) -> int:
    visitor = Visitor(requests=Minute(PLENTY))
    return Rest(room.exchange, room.exchange.ask, visitor).answer(Asked("POST", "/info", {}, _bytes(body))).status


def _bytes(body: object) -> bytes:
    return json.dumps(body).encode()


@more(4)
@given(requests(list(_KEYS)) | kinds(), st.sampled_from(("subscribe", "unsubscribe")))
def test_any_subscription_is_answered_and_the_others_hear_on(said: Any, method: str) -> None:
    room = _room()
    answers = room.say(method=method, subscription=said)
    assert answers
    assert answers[0]["channel"] in ("subscriptionResponse", "error")
    room.step(20)


@more(4)
@given(requests(list(_ANSWERS)) | kinds())
def test_any_info_request_is_answered_over_rest_and_over_the_socket(body: Any) -> None:
    room = _room()
    assert posted(room, body) in (200, 422)
    [answer] = room.say(method="post", id=1, request={"type": "info", "payload": body})
    assert answer["channel"] == "post"


@given(st.fixed_dictionaries({}, optional={key: kinds() for key in ("method", "id", "request", "subscription")}))
def test_any_message_is_answered(said: Any) -> None:
    room = _room()
    for method in ({}, {"method": "post"}, {"method": "subscribe"}):
        assert room.say(**{**said, **method})


@pytest.mark.parametrize("type_", [type_ for type_, keys in _KEYS.items() if "coin" in keys])
def test_a_coin_without_a_name_is_not_known_because_something_without_a_coin_is_followed(type_: str) -> None:
    room = Room()
    room.subscribe("orderUpdates", user=room.ledger.address)
    said = {"type": type_, "coin": "", "interval": "1m", "user": room.ledger.address}
    [answer] = room.say(method="subscribe", subscription=said)
    assert answer["channel"] == "error"
    assert answer["data"].startswith("Invalid subscription"), answer


@pytest.mark.parametrize("interval", KINDS)
def test_a_width_that_is_none_cannot_be_read(interval: Any) -> None:
    body = {"type": "candleSnapshot", "req": {"coin": "BTC", "interval": interval, "startTime": 0}}
    if interval != "1m":
        assert posted(_room(), body) == 422
