"""The market channel's conversation: what clients really send, and what the venue really answers."""

from __future__ import annotations

import json

import pytest

from pmtui.sim.polymarket.exchange import Exchange
from pmtui.sim.polymarket.session import INVALID, NOTHING_NEW, PONG, MarketSession
from pmtui.sim.polymarket.wire import Frame
from pmtui.sim.polymarket.world import load_world
from tests.sim.polymarket.worlds import demo_world

WORLD = demo_world()
YES, NO = WORLD.markets[0].listing.tokens
OTHER = WORLD.markets[1].listing.tokens[0]


class Room:
    """A session with somebody who notes who follows what."""

    def __init__(self, exchange: Exchange | None = None) -> None:
        self.followed: set[str] = set()
        self.session = MarketSession(exchange or Exchange(WORLD), self.followed.add, self.followed.discard)

    def say(self, **said: object) -> list[bytes]:
        return self.session.hear(json.dumps(said).encode())


def asset_ids(answer: bytes) -> list[str]:
    return [book["asset_id"] for book in json.loads(answer)]


@pytest.mark.parametrize("extra", [{}, {"custom_feature_enabled": True}, {"initial_dump": True}, {"level": 2}])
def test_the_opening_frame_is_answered_by_one_array_of_books(extra: dict[str, object]) -> None:
    room = Room()
    [answer] = room.say(assets_ids=[YES, NO], type="market", **extra)
    assert asset_ids(answer) == [YES, NO]
    assert room.followed == {YES, NO}
    assert room.session.custom is bool(extra.get("custom_feature_enabled"))


def test_a_second_opening_frame_is_an_invalid_operation() -> None:
    room = Room()
    room.say(assets_ids=[YES], type="market")
    assert room.say(assets_ids=[NO], type="market") == [INVALID]
    assert room.followed == {YES}


def test_an_empty_list_opens_in_silence_and_tokens_can_be_added() -> None:
    room = Room()
    assert room.say(assets_ids=[], type="market") == []
    assert room.session.opened
    [answer] = room.say(operation="subscribe", assets_ids=[YES])
    assert asset_ids(answer) == [YES]


def test_unknown_ids_are_dropped_in_silence() -> None:
    room = Room()
    [answer] = room.say(assets_ids=["1", YES, 7], type="market")
    assert asset_ids(answer) == [YES]


def test_nothing_but_unknown_ids_gives_an_empty_array() -> None:
    assert Room().say(assets_ids=["1", "2"], type="market") == [b"[]"]


def test_another_spelling_of_the_key_is_accepted_in_silence() -> None:
    room = Room()
    assert room.say(asset_ids=[YES], type="market") == []
    assert room.session.opened
    assert not room.followed


def test_initial_dump_false_gives_no_books() -> None:
    room = Room()
    assert room.say(assets_ids=[YES], type="market", initial_dump=False) == []
    assert room.followed == {YES}


def test_only_new_tokens_get_a_book() -> None:
    room = Room()
    room.say(assets_ids=[YES], type="market")
    [answer] = room.say(operation="subscribe", assets_ids=[YES, OTHER])
    assert asset_ids(answer) == [OTHER]


def test_a_duplicate_is_refused_after_its_flag_was_applied() -> None:
    room = Room()
    room.say(assets_ids=[YES], type="market")
    assert room.say(operation="subscribe", assets_ids=[YES], custom_feature_enabled=True) == [NOTHING_NEW]
    assert room.session.custom


def test_unsubscribing_and_subscribing_again_gives_a_new_book() -> None:
    room = Room()
    room.say(assets_ids=[YES, NO], type="market")
    assert room.say(operation="unsubscribe", assets_ids=[YES, "1"]) == []
    assert room.followed == {NO}
    [answer] = room.say(operation="subscribe", assets_ids=[YES])
    assert asset_ids(answer) == [YES]


def test_ping_is_answered_by_pong() -> None:
    assert Room().session.hear(b"PING") == [PONG]


@pytest.mark.parametrize("text", [b"hello", b"[]", b"7", b"{", b"\xff", b'{"type":"user"}', b'{"operation":"dance"}'])
def test_everything_else_is_an_invalid_operation(text: bytes) -> None:
    assert Room().session.hear(text) == [INVALID]


def test_above_500_tokens_no_books_are_sent() -> None:
    world = load_world(251)
    tokens = list(world.by_token)
    room = Room(Exchange(world))
    [answer] = room.say(assets_ids=tokens[:500], type="market")
    assert len(asset_ids(answer)) == 500
    assert room.say(operation="subscribe", assets_ids=tokens[500:]) == []
    assert len(room.followed) == 502


def test_a_frame_with_too_many_ids_overloads() -> None:
    room = Room()
    room.say(assets_ids=["1"] * 2_000, type="market")
    assert not room.session.overloaded
    room.say(operation="subscribe", assets_ids=["1"] * 2_001)
    assert room.session.overloaded


def test_custom_events_reach_only_those_who_asked() -> None:
    plain, custom = Room(), Room()
    plain.say(assets_ids=[YES], type="market")
    custom.say(assets_ids=[YES], type="market", custom_feature_enabled=True)
    for frame in (Frame("best_bid_ask", (YES,), b""), Frame("new_market", (), b"")):
        assert not plain.session.hears(frame)
        assert custom.session.hears(frame)
    assert not custom.session.hears(Frame("book", (NO,), b""))


def test_a_session_is_over_when_all_it_followed_is_resolved() -> None:
    world = demo_world()
    ending = next(market for market in world.markets if market.listing.character.ends)
    room = Room(Exchange(world))
    room.say(assets_ids=list(ending.listing.tokens), type="market")
    for _ in world.step(119_000):
        pass
    assert not room.session.is_over
    for _ in world.step(2_000):
        pass
    assert room.session.is_over
    assert Room(Exchange(world)).say(assets_ids=list(ending.listing.tokens), type="market") == [b"[]"]
