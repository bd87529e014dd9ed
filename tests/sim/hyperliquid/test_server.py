"""The exchange over real sockets, with a client that we did not write, in time that the test steps by hand."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from pmtui.sim.hyperliquid.server import HyperliquidServer
from pmtui.sim.hyperliquid.topics import Topic
from pmtui.sim.hyperliquid.world import World, load_world
from tests.sim.hyperliquid.worlds import demo_world


def run(scene: Callable[[HyperliquidServer], Awaitable[None]], world: World | None = None, **options: Any) -> None:
    """Play a scene against a server whose time only moves when the scene says so."""

    async def play() -> None:
        async with (
            HyperliquidServer(world or demo_world(rate=100), **{"manual": True, **options}) as sim,
            asyncio.timeout(30),
        ):
            await scene(sim)

    asyncio.run(play())


def dial(sim: HyperliquidServer, path: str = "/ws", **options: Any) -> connect:
    usual = {"proxy": None, "max_size": None, "max_queue": None, "compression": None}
    return connect(f"{sim.ws_url}{path}", **(usual | options))


async def subscribe(ws: ClientConnection, type_: str, **keys: object) -> None:
    await ws.send(json.dumps({"method": "subscribe", "subscription": {"type": type_, **keys}}))


async def waiting(ws: ClientConnection) -> list[dict[str, Any]]:
    """Everything that was sent so far; a ping and its pong make sure that it is here."""
    await (await ws.ping())
    told = []
    while True:
        try:
            async with asyncio.timeout(0.02):
                told.append(json.loads(await ws.recv()))
        except TimeoutError:
            return told


async def ending(ws: ClientConnection) -> ConnectionClosed:
    """How a connection ends."""
    while True:
        try:
            await ws.recv()
        except ConnectionClosed as closed:
            return closed


async def eventually(condition: Callable[[], bool]) -> None:
    for _ in range(30_000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never happened")


def test_a_subscriber_hears_of_what_it_follows_and_of_nothing_else() -> None:
    async def scene(sim: HyperliquidServer) -> None:
        async with dial(sim) as one, dial(sim) as other:
            await subscribe(one, "l2Book", coin="BTC")
            await subscribe(one, "trades", coin="BTC")
            await subscribe(other, "bbo", coin="AVAX")
            await waiting(one)
            await waiting(other)
            sim.step(10_000)
            assert {message["channel"] for message in await waiting(one)} == {"l2Book", "trades"}
            assert {message["data"]["coin"] for message in await waiting(other)} == {"AVAX"}
            await one.send(json.dumps({"method": "unsubscribe", "subscription": {"type": "trades", "coin": "BTC"}}))
            await waiting(one)
            sim.step(10_000)
            assert {message["channel"] for message in await waiting(one)} == {"l2Book"}
            assert sim.followed == {Topic("l2Book", coin="BTC"), Topic("bbo", coin="AVAX")}
        await eventually(lambda: not sim.followed)

    run(scene)


def test_rest_and_the_socket_share_one_port() -> None:
    async def scene(sim: HyperliquidServer) -> None:
        assert sim.ws_url.removeprefix("ws") == sim.rest_url.removeprefix("http")
        async with httpx.AsyncClient(base_url=sim.rest_url, trust_env=False) as client, dial(sim) as ws:
            meta = (await client.post("/info", json={"type": "meta"})).json()
            await ws.send(
                json.dumps({"method": "post", "id": 1, "request": {"type": "info", "payload": {"type": "meta"}}})
            )
            [answer] = await waiting(ws)
            assert answer["data"]["response"]["payload"]["data"] == meta
            refused = await client.post("/info", json={"type": "dance"})
            assert (refused.status_code, refused.headers["content-type"]) == (422, "text/plain")
            assert (await client.get("/nowhere")).status_code == 404
            assert (await client.post("/faults", content="rest 429 5")).json() == {"understood": ["rest 429 5"]}
            limited = await client.post("/info", json={"type": "meta"})
            assert (limited.status_code, limited.headers["retry-after"]) == (429, "1")

    run(scene)


def test_a_request_that_comes_byte_by_byte_is_understood() -> None:
    async def scene(sim: HyperliquidServer) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(sim.rest_url.rpartition(":")[2]))
        body = b'{"type":"exchangeStatus"}'
        for byte in b"POST /info HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body:
            writer.write(bytes([byte]))
            await writer.drain()
        assert b"200" in await reader.readline()
        writer.close()

    run(scene)


@pytest.mark.parametrize("requests", [1, 3])
def test_a_kept_connection_turns_into_a_socket_when_its_client_asks_for_one(requests: int) -> None:
    body = b'{"type":"exchangeStatus"}'
    asked = b"POST /info HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    async def scene(sim: HyperliquidServer) -> None:
        host, _, port = sim.rest_url.removeprefix("http://").rpartition(":")
        with socket.create_connection((host, int(port))) as kept:
            kept.setblocking(False)
            for _ in range(requests):
                await asyncio.get_running_loop().sock_sendall(kept, asked)
                told = b""
                while not told.endswith(b"}"):
                    told += await asyncio.get_running_loop().sock_recv(kept, 4_096)
                assert told.startswith(b"HTTP/1.1 200")
            async with dial(sim, sock=kept) as ws:
                await ws.send('{"method":"ping"}')
                assert await waiting(ws) == [{"channel": "pong"}]
                assert len(sim.links) == 1

    run(scene)


def test_a_socket_may_be_asked_for_together_with_the_last_request() -> None:
    async def scene(sim: HyperliquidServer) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(sim.rest_url.rpartition(":")[2]))
        writer.write(b"GET /truth HTTP/1.1\r\nHost: x\r\n\r\nGET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n")
        writer.write(
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s==\r\n\r\n" % (b"A" * 22)
        )
        told = await reader.readuntil(b"101 Switching Protocols")
        assert told.startswith(b"HTTP/1.1 200")
        writer.close()

    run(scene)


def test_the_greeting_comes_before_anything_else() -> None:
    async def scene(sim: HyperliquidServer) -> None:
        async with dial(sim) as ws:
            assert await ws.recv() == "Websocket connection established."
            await ws.send('{"method":"ping"}')
            assert await ws.recv() == '{"channel":"pong"}'

    run(scene, greets=True)


def test_a_socket_to_which_nothing_is_sent_is_closed_after_a_minute_and_a_ping_keeps_it() -> None:
    async def scene(sim: HyperliquidServer) -> None:
        async with dial(sim) as quiet, dial(sim) as alive:
            sim.step(40_000)
            await alive.send('{"method":"ping"}')
            assert await waiting(alive) == [{"channel": "pong"}]
            sim.step(25_000)
            assert (await ending(quiet)).rcvd is not None
            assert await waiting(alive) == []

    run(scene)


def test_only_ten_sockets_are_accepted_and_a_place_becomes_free() -> None:
    async def scene(sim: HyperliquidServer) -> None:
        async with dial(sim), dial(sim):
            with pytest.raises(InvalidStatus) as refused:
                await dial(sim)
            assert refused.value.response.status_code == 429
        await eventually(lambda: not sim.links)
        async with dial(sim):
            pass

    run(scene, most_links=2)


def test_subscriptions_are_counted_over_all_sockets() -> None:
    async def scene(sim: HyperliquidServer) -> None:
        async with dial(sim) as ws:
            for coin in ("BTC", "ETH", "DOGE"):
                await subscribe(ws, "bbo", coin=coin)
            told = await waiting(ws)
            assert [message["channel"] for message in told] == ["subscriptionResponse"] * 2 + ["error"]
        await eventually(lambda: not sim.followed)
        async with dial(sim) as ws:
            await subscribe(ws, "bbo", coin="DOGE")
            assert [message["channel"] for message in await waiting(ws)] == ["subscriptionResponse"]

    run(scene, most_topics=2)


def test_another_path_is_not_found() -> None:
    async def scene(sim: HyperliquidServer) -> None:
        for path in ("/", "/wsx", "/ws/market"):
            with pytest.raises(InvalidStatus) as refused:
                await dial(sim, path)
            assert refused.value.response.status_code == 404

    run(scene)


def test_sockets_are_cut_closed_and_torn() -> None:
    async def scene(sim: HyperliquidServer) -> None:
        async with dial(sim) as ws:
            sim.fault("close 1012 upgrade")
            closed = await ending(ws)
            assert closed.rcvd is not None
            assert (closed.rcvd.code, closed.rcvd.reason) == (1012, "upgrade")
        async with dial(sim) as ws:
            sim.fault("cut")
            assert (await ending(ws)).rcvd is None
        async with dial(sim) as ws:
            await subscribe(ws, "l2Book", coin="BTC", fast=True)
            await waiting(ws)
            sim.fault("tear")
            sim.step(1_000)
            assert (await ending(ws)).rcvd is None
        sim.fault("refuse 5 503")
        with pytest.raises(InvalidStatus) as refused:
            await dial(sim)
        assert refused.value.response.status_code == 503

    run(scene)


def test_a_zombie_socket_answers_pings_and_a_new_one_is_served() -> None:
    async def scene(sim: HyperliquidServer) -> None:
        async with dial(sim) as old:
            await subscribe(old, "l2Book", coin="BTC", fast=True)
            await waiting(old)
            sim.step(10)
            sim.fault("zombie 60")
            sim.step(2_000)
            await old.send('{"method":"ping"}')
            assert await waiting(old) == [{"channel": "pong"}]
            async with dial(sim) as new:
                await subscribe(new, "l2Book", coin="BTC", fast=True)
                await waiting(new)
                sim.step(1_000)
                assert len(await waiting(new)) == 2

    run(scene)


def test_answers_that_were_held_back_arrive_in_the_end() -> None:
    async def scene(sim: HyperliquidServer) -> None:
        async with dial(sim) as ws:
            sim.fault("hold 3")
            for number in (1, 2):
                said = {"method": "post", "id": number, "request": {"type": "info", "payload": {"type": "allMids"}}}
                await ws.send(json.dumps(said))
            assert await waiting(ws) == []
            sim.step(3_000)
            assert [message["data"]["id"] for message in await waiting(ws)] == [1, 2]

    run(scene)


def test_what_is_late_arrives_in_its_order() -> None:
    async def scene(sim: HyperliquidServer) -> None:
        async with dial(sim) as ws:
            sim.fault("late 2000 5")
            await subscribe(ws, "l2Book", coin="BTC", fast=True)
            await eventually(lambda: bool(sim.followed))
            sim.step(1_900)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(ws.recv(), 0.02)
            sim.step(200)
            told = [json.loads(await ws.recv()) for _ in range(2)]
            assert [message["channel"] for message in told] == ["subscriptionResponse", "l2Book"]

    run(scene)


def test_compression_is_accepted_when_the_server_is_told_to() -> None:
    async def scene(sim: HyperliquidServer) -> None:
        async with dial(sim, compression="deflate") as ws:
            assert ws.protocol.extensions
            await subscribe(ws, "l2Book", coin="BTC")
            assert len(await waiting(ws)) == 2

    run(scene, compress=True)


def test_by_itself_time_passes_as_it_does_for_everybody() -> None:
    async def scene(sim: HyperliquidServer) -> None:
        async with dial(sim) as ws:
            await subscribe(ws, "l2Book", coin="BTC", fast=True)
            books = [json.loads(await ws.recv()) for _ in range(3)]
            assert books[2]["data"]["time"] - books[1]["data"]["time"] in range(501)

    run(scene, manual=False)


def test_two_hundred_coins_with_all_their_feeds_fit_on_one_socket() -> None:
    async def scene(sim: HyperliquidServer) -> None:
        async with dial(sim) as ws:
            for number in range(1, 201):
                for type_ in ("l2Book", "bbo", "trades", "activeAssetCtx"):
                    await subscribe(ws, type_, coin=f"LOAD{number}")
                await subscribe(ws, "l2Book", coin=f"LOAD{number}", fast=True)
            told = await waiting(ws)
            assert sum(message["channel"] == "subscriptionResponse" for message in told) == 1_000
            await subscribe(ws, "allMids")
            assert [message["channel"] for message in await waiting(ws)] == ["error"]
            sim.step(1_000)
            books = [message for message in await waiting(ws) if message["channel"] == "l2Book"]
            assert len(books) == 400 + 40

    run(scene, load_world(200, rate=500))
