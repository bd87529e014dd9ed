"""What one address may do in a minute, in virtual time; and what a socket gets that does more."""

from __future__ import annotations

import json
from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import InvalidStatus

from pmtui.core.units import Millis
from pmtui.sim.http import Asked
from pmtui.sim.hyperliquid.rest import Rest
from pmtui.sim.hyperliquid.server import HyperliquidServer
from pmtui.sim.hyperliquid.session import Session
from pmtui.sim.hyperliquid.visitor import MOST_WORDS, NEW_LINKS, Minute, Visitor
from pmtui.sim.hyperliquid.weights import MOST_WEIGHT
from tests.sim.hyperliquid.worlds import demo_world

from .room import Room, data_of
from .test_server import dial, ending, eventually, run

PING = json.dumps({"method": "ping"})


@given(st.lists(st.integers(0, 40_000), max_size=40), st.integers(1, 5))
def test_no_sixty_seconds_hold_more_than_is_allowed(waits: list[int], most: int) -> None:
    minute, now, taken = Minute(most), 0, list[int]()
    for wait in waits:
        now += wait
        before = len(taken) - bisect_right(taken, now - 60_000)
        takes = minute.takes(now)
        assert takes == (before < most)
        if takes:
            taken.append(now)


def test_one_more_link_in_the_minute_is_refused_and_the_next_minute_is_open() -> None:
    visitor = Visitor()
    assert not any(visitor.why_not_enter(0, second * 1_000) for second in range(NEW_LINKS))
    assert "30 in a minute" in visitor.why_not_enter(0, 59_999)
    assert not visitor.why_not_enter(0, 60_000)
    assert visitor.why_not_enter(0, 60_001)


def test_messages_are_counted_over_all_sockets_and_whoever_says_too_many_is_dropped() -> None:
    visitor = Visitor()
    room = Room(demo_world(rate=0.001), visitor=visitor)
    other = Session(room.exchange, lambda _: None, lambda _: None, visitor=visitor)
    for _ in range(MOST_WORDS // 2):
        assert room.hear(PING) == [{"channel": "pong"}]
        assert other.hear(PING.encode()) == [b'{"channel":"pong"}']
    [refused] = room.subscribe("bbo", coin="BTC")
    assert (refused["channel"], refused["data"]) == ("error", "Too many messages: 2000 in a minute")
    assert (room.session.is_doomed, other.is_doomed, room.session.topics) == (True, False, {})
    room.step(60_000)
    assert other.hear(PING.encode()) == [b'{"channel":"pong"}']


def test_a_storm_of_new_links_is_refused_with_429() -> None:
    async def scene(sim: HyperliquidServer) -> None:
        for _ in range(NEW_LINKS):
            async with dial(sim):
                pass
        await eventually(lambda: not sim.links)
        with pytest.raises(InvalidStatus) as refused:
            await dial(sim)
        assert refused.value.response.status_code == 429
        sim.step(60_000)
        async with dial(sim):
            pass

    run(scene, world=demo_world(rate=0.001))


def test_a_socket_that_says_too_much_is_told_so_and_ends() -> None:
    async def scene(sim: HyperliquidServer) -> None:
        async with dial(sim) as talks, dial(sim) as listens:
            for _ in range(MOST_WORDS):
                await talks.send(PING)
                await talks.recv()
            await talks.send(PING)
            assert "Too many messages" in json.loads(await talks.recv())["data"]
            sim.step(200)
            await ending(talks)
            await (await listens.ping())
            assert len(sim.links) == 1

    run(scene, world=demo_world(rate=0.001))


def test_requests_weigh_and_so_do_long_answers() -> None:
    visitor = Visitor()
    room = Room(pace=600, visitor=visitor)
    room.step(60_000)
    fills = room.ask("userFills", user=room.ledger.address)
    assert len(fills) >= 40
    room.ask("userRole", user=room.ledger.address)
    for _ in range((MOST_WEIGHT - 20 - len(fills) // 20 - 60) // 2):
        assert room.ask("l2Book", coin="BTC")

    [answer] = room.post(7, "l2Book", coin="BTC")
    assert answer["data"]["response"] == {"type": "error", "payload": "429 Too Many Requests"}
    rest = Rest(room.exchange, lambda _: [], visitor)
    assert rest.answer(Asked("POST", "/info", {}, b'{"type":"meta"}')).status == 429
    assert rest.answer(Asked("GET", "/truth", {}, b"")).status == 200  # our own questions weigh nothing
    room.step(60_000)
    assert room.ask("l2Book", coin="BTC")


def test_only_the_last_fills_are_told() -> None:
    room = Room(pace=600)
    while not room.ledger.fills:
        room.step(1_000)
    made = room.ledger.fills[0]
    room.ledger.fills[:] = [made._replace(id=n, at=Millis(made.at + n)) for n in range(12_000)]
    user = room.ledger.address

    [begun] = data_of(room.subscribe("userFills", user=user), "userFills")
    assert [fill["tid"] for fill in begun["fills"]] == list(range(10_000, 12_000))
    assert [fill["tid"] for fill in room.ask("userFills", user=user)] == list(range(11_999, 9_999, -1))
    by_time = room.ask("userFillsByTime", user=user, startTime=0, endTime=made.at + 20_000)
    assert [fill["tid"] for fill in by_time] == list(range(2_000, 4_000))
