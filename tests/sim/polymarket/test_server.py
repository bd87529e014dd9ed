"""The exchange over real sockets, with a client that we did not write, in time that the test steps by hand."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from pmtui.sim.polymarket.server import Pace, SimServer
from pmtui.sim.polymarket.session import RESOLVED
from pmtui.sim.polymarket.world import World, load_world
from tests.sim.polymarket.worlds import demo_world

from .readers import messages


def run(scene: Callable[[SimServer], Awaitable[None]], world: World | None = None, **options: Any) -> None:
    """Play a scene against a server whose time only moves when the scene says so."""

    async def play() -> None:
        async with SimServer(world or demo_world(rate=100), manual=True, **options) as sim, asyncio.timeout(30):
            await scene(sim)

    asyncio.run(play())


def dial(sim: SimServer, **options: Any) -> connect:
    # A client whose queue is full stops reading, and then no pong can prove that everything is here.
    usual = {"proxy": None, "max_size": None, "max_queue": None, "compression": None}
    return connect(f"{sim.ws_url}/ws/market", **(usual | options))


async def follow(ws: ClientConnection, *tokens: str, **extra: object) -> list[dict[str, Any]]:
    """Subscribe as real clients do and give the first books."""
    await ws.send(json.dumps({"assets_ids": tokens, "type": "market", **extra}))
    return messages(await ws.recv())


async def asked(sim: SimServer, request: bytes) -> bytes:
    """All that comes back for these bytes."""
    host, _, port = sim.rest_url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    try:
        async with asyncio.timeout(30):
            return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize("target", [b"//[", b"http://[/ok"])
def test_an_address_that_is_none_is_a_bad_request(target: bytes) -> None:
    async def scene(sim: SimServer) -> None:
        answer = await asked(sim, b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400 ")

    run(scene)


@pytest.mark.parametrize("path", [b"/ok", b"/markets", b"/nowhere"])
def test_the_head_of_an_answer_is_the_same_without_its_body(path: bytes) -> None:
    async def scene(sim: SimServer) -> None:
        told = []
        for method in (b"GET ", b"HEAD "):
            answer = await asked(sim, method + path + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            head, end, body = answer.partition(b"\r\n\r\n")
            told.append([line for line in head.split(b"\r\n") if not line.startswith(b"date: ")])
            assert (end, bool(body)) == (b"\r\n\r\n", method == b"GET ")
        assert told[0] == told[1]

    run(scene)


def busy(sim: SimServer) -> tuple[str, str]:
    return sim.world.markets[0].listing.tokens


async def silent(ws: ClientConnection) -> bool:
    """Whether nothing waits to be read; a ping and its pong make sure that everything sent is here."""
    await (await ws.ping())
    try:
        async with asyncio.timeout(0.01):
            await ws.recv()
    except TimeoutError:
        return True
    return False


async def eventually(condition: Callable[[], bool]) -> None:
    for _ in range(30_000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never happened")


async def sent_so_far(sim: SimServer, ws: ClientConnection) -> list[str | bytes]:
    """All that the exchange has let go; where it holds things back, a ping's answer is held back, too."""
    await eventually(lambda: not any(link._transport.get_write_buffer_size() for link in sim.links))
    told = []
    while True:
        try:
            async with asyncio.timeout(0.05):
                told.append(await ws.recv())
        except TimeoutError:
            return told


async def read_to_the_end(ws: ClientConnection) -> tuple[list[dict[str, Any]], ConnectionClosed]:
    """Everything until the connection closes, and how it closed."""
    told: list[dict[str, Any]] = []
    try:
        while True:
            told += messages(await ws.recv())
    except ConnectionClosed as closed:
        return told, closed


async def kinds_until_quiet(ws: ClientConnection) -> list[str]:
    await (await ws.ping())
    kinds = []
    while True:
        try:
            async with asyncio.timeout(0.01):
                kinds += [message["event_type"] for message in messages(await ws.recv())]
        except TimeoutError:
            return kinds


def test_a_subscriber_gets_books_then_changes_of_its_tokens_only() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as ws:
            yes, no = busy(sim)
            books = await follow(ws, yes, no)
            assert [book["asset_id"] for book in books] == [yes, no]
            sim.step(2_000)
            for _ in range(20):
                for message in messages(await ws.recv()):
                    assert message["market"] == sim.world.markets[0].listing.condition_id

    run(scene)


def test_one_token_brings_its_complements_changes_once() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as one, dial(sim) as both:
            yes, no = busy(sim)
            await follow(one, yes)
            await follow(both, yes, no)
            sim.step(1_000)
            counts = [(await kinds_until_quiet(ws)).count("price_change") for ws in (one, both)]
            assert counts[0] == counts[1] > 10

    run(scene)


def test_control_words_and_protocol_pings_are_answered() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as ws:
            await follow(ws, busy(sim)[0])
            await ws.send("PING")
            assert await ws.recv() == "PONG"
            await ws.send(json.dumps({"assets_ids": list(busy(sim)), "type": "market"}))
            assert await ws.recv() == "INVALID OPERATION"
            await ws.send(json.dumps({"operation": "subscribe", "assets_ids": [busy(sim)[0]]}))
            assert await ws.recv() == "NO NEW ASSETS"
            await (await ws.ping())

    run(scene)


def test_a_fragmented_opening_frame_is_put_together() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as ws:
            text = json.dumps({"assets_ids": list(busy(sim)), "type": "market"})
            await ws.send([text[:40], text[40:90], text[90:]])
            assert len(messages(await ws.recv())) == 2

    run(scene)


def test_compression_is_declined_unless_the_server_is_told_to_accept_it() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim, compression="deflate") as ws:
            assert bool(ws.protocol.extensions) is sim.compress
            assert len(await follow(ws, *busy(sim))) == 2
            sim.step(1_000)
            assert "price_change" in await kinds_until_quiet(ws)

    run(scene)
    run(scene, compress=True)


@pytest.mark.parametrize("path", ["/ws/", "/ws", "/", "/ws/users"])
def test_other_paths_are_not_found(path: str) -> None:
    async def scene(sim: SimServer) -> None:
        with pytest.raises(InvalidStatus) as refused:
            await connect(sim.ws_url + path, proxy=None)
        assert refused.value.response.status_code == 404

    run(scene)


def test_an_over_large_frame_ends_the_socket_a_moment_later() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as ws:
            await ws.send(json.dumps({"assets_ids": ["7" * 77] * 2_500, "type": "market"}))
            assert await ws.recv() == "[]"
            sim.step(100)
            await (await ws.ping())
            sim.step(100)
            with pytest.raises(ConnectionClosed) as ended:
                await ws.recv()
            assert ended.value.rcvd is None

    run(scene)


def test_the_socket_closes_when_all_that_it_followed_is_resolved() -> None:
    async def scene(sim: SimServer) -> None:
        ending = next(market for market in sim.world.markets if market.listing.character.ends)
        async with dial(sim) as ws:
            await follow(ws, *ending.listing.tokens, custom_feature_enabled=True)
            sim.step(121_000)
            told, ended = await read_to_the_end(ws)
            assert told[-1]["event_type"] == "market_resolved"
            emptied = [message for message in told if message["event_type"] == "price_change"][-1]
            assert {entry["size"] for entry in emptied["price_changes"]} == {"0"}
            assert {(entry["best_bid"], entry["best_ask"]) for entry in emptied["price_changes"]} == {("0", "1")}
            assert ended.rcvd is not None
            assert (ended.rcvd.code, ended.rcvd.reason) == (1000, RESOLVED)

    run(scene, demo_world(rate=20))


def test_a_socket_that_never_subscribes_is_closed() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as ws:
            sim.step(31_000)
            with pytest.raises(ConnectionClosed):
                await ws.recv()

    run(scene, demo_world(rate=1))


def test_a_slow_consumer_is_closed_and_then_cut() -> None:
    async def scene(sim: SimServer) -> None:
        with socket.create_connection(("127.0.0.1", int(sim.ws_url.rpartition(":")[2]))) as raw:
            raw.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(raw, _handshake("/ws/market"))
            assert b" 101 " in await loop.sock_recv(raw, 4_096)
            await loop.sock_sendall(
                raw, _masked(json.dumps({"assets_ids": list(sim.world.by_token), "type": "market"}))
            )
            await eventually(lambda: any(link.session is not None and link.session.opened for link in sim.links))
            while any(link.is_open for link in sim.links):
                sim.step(1_000)
                await asyncio.sleep(0)
                assert max(link.backlog for link in sim.links) < 4 * sim.buffer_limit

    run(scene, demo_world(rate=2_000), buffer_limit=200_000)


def test_frozen_sockets_answer_pings_and_hear_nothing() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as ws:
            await follow(ws, *busy(sim))
            sim.fault("freeze 5")
            sim.step(4_000)
            await ws.send("PING")
            assert await ws.recv() == "PONG"
            assert await silent(ws)
            sim.step(2_000)
            assert not await silent(ws)

    run(scene)


def test_a_zombie_is_silent_while_a_new_socket_is_served() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as old:
            await follow(old, *busy(sim))
            sim.fault("zombie 60")
            sim.step(1_000)
            async with dial(sim) as new:
                assert len(await follow(new, *busy(sim))) == 2
                sim.step(1_000)
                assert not await silent(new)
                assert await silent(old)

    run(scene)


def test_cut_resets_every_socket_without_a_close_frame() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as ws:
            await follow(ws, *busy(sim))
            sim.fault("cut")
            with pytest.raises(ConnectionClosed) as ended:
                await ws.recv()
            assert ended.value.rcvd is None

    run(scene)


def test_tear_cuts_inside_a_message() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as ws:
            await follow(ws, *busy(sim))
            sim.fault("tear")
            sim.step(1_000)
            with pytest.raises(ConnectionClosed) as ended:
                await ws.recv()
            assert ended.value.rcvd is None

    run(scene)


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1001, "going away"), (1013, "try again"), (4002, "odd")])
def test_close_says_the_code_and_the_reason(code: int, reason: str) -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as ws:
            await follow(ws, *busy(sim))
            sim.fault(f"close {code} {reason}")
            with pytest.raises(ConnectionClosed) as ended:
                await ws.recv()
            assert ended.value.rcvd is not None
            assert (ended.value.rcvd.code, ended.value.rcvd.reason) == (code, reason)

    run(scene)


@pytest.mark.parametrize(("asked", "status"), [("refuse 5", 503), ("refuse 5 429", 429), ("refuse 5 200", 200)])
def test_refused_sockets_get_a_status_and_are_welcome_again_later(asked: str, status: int) -> None:
    async def scene(sim: SimServer) -> None:
        sim.fault(asked)
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{sim.ws_url}/ws/market", proxy=None)
        assert refused.value.response.status_code == status
        sim.step(6_000)
        async with dial(sim) as ws:
            assert await follow(ws, *busy(sim))

    run(scene)


def test_stalled_handshakes_are_never_answered() -> None:
    async def scene(sim: SimServer) -> None:
        sim.fault("stall 5")
        with pytest.raises(TimeoutError):
            await dial(sim, open_timeout=0.05)

    run(scene)


def test_a_backlog_is_held_and_then_delivered_in_order() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as ws:
            await follow(ws, *busy(sim))
            sim.fault("backlog 5")
            sim.step(4_000)
            await asyncio.sleep(0.01)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await ws.recv()
            sim.step(2_000)
            stamps = [int(messages(await ws.recv())[0]["timestamp"]) for _ in range(50)]
            assert stamps == sorted(stamps)

    run(scene)


def test_late_delivers_everything_so_much_later() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as ws:
            await follow(ws, *busy(sim))
            sim.fault("late 2000 60")
            sim.step(6_000)
            told = [message for text in await sent_so_far(sim, ws) for message in messages(text)]
            assert 1_900 < sim.world.now - max(int(message["timestamp"]) for message in told) < 3_000

    run(scene)


def test_a_slow_socket_carries_only_so_much() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as ws:
            await follow(ws, *busy(sim))
            sim.fault("slow 1000")
            sim.step(5_000)
            received = sum(map(len, await sent_so_far(sim, ws)))
            assert 3_000 < received < 5_100
            sim.fault("clear")
            assert not await silent(ws)

    run(scene)


def test_garbage_reaches_the_client() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as ws:
            await follow(ws, *busy(sim))
            sim.fault("garbage two-documents")
            sim.step(1)
            with pytest.raises(json.JSONDecodeError):
                json.loads(await ws.recv())
            sim.fault("garbage bad-opcode")
            sim.step(1)
            _, ended = await read_to_the_end(ws)
            assert ended.sent is not None
            assert ended.sent.code == 1002

    run(scene)


def test_nothing_is_left_of_sockets_that_are_gone() -> None:
    async def scene(sim: SimServer) -> None:
        for _ in range(20):
            async with dial(sim) as ws:
                await follow(ws, *busy(sim))
        await eventually(lambda: not sim.links)
        sim.step(100)
        assert sim.followed == frozenset()

    run(scene)


def test_thousands_of_books_are_served() -> None:
    async def scene(sim: SimServer) -> None:
        tokens = list(sim.world.by_token)
        async with dial(sim) as ws:
            books = await follow(ws, *tokens[:400])
            assert len(books) == 400
            sim.step(200)
            assert "price_change" in await kinds_until_quiet(ws)

    run(scene, load_world(300))


def test_with_its_timer_the_exchange_lives_by_itself() -> None:
    async def scene() -> None:
        async with SimServer(rate=500) as sim, asyncio.timeout(30), dial(sim) as ws:
            await follow(ws, *busy(sim))
            assert messages(await ws.recv())

    asyncio.run(scene())


def test_a_long_stop_is_skipped_and_not_made_up_for() -> None:
    pace = Pace(100.0)
    assert pace.due(100.0105) == (10, 0)
    assert pace.due(100.0117) == (1, 0)
    assert pace.due(160.0117) == (1_000, 59_000)
    assert pace.due(160.0219) == (10, 0)


def _handshake(path: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def _masked(text: str) -> bytes:
    """A client's text frame whose mask is all zeros."""
    data = text.encode()
    return b"\x81\xfe" + len(data).to_bytes(2) + bytes(4) + data
