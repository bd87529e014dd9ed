"""The user channel: proving who one is, hearing one's own, and everything that may go wrong with both."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from pmtui.core.units import px, qty
from pmtui.sim.account import demo_account
from pmtui.sim.engine import BUY, SELL
from pmtui.sim.faults import Faults
from pmtui.sim.polymarket.own import TAKER
from pmtui.sim.polymarket.run import described
from pmtui.sim.polymarket.server import SimServer
from pmtui.sim.polymarket.session import INVALID, PONG
from pmtui.sim.polymarket.settlement import MAY_FOLLOW
from pmtui.sim.polymarket.user import UserSession
from pmtui.sim.polymarket.wire import Frame
from tests.sim.polymarket.worlds import demo_world

from .readers import NaiveAccount

Row = dict[str, Any]

RAIN, SNOW = "0xrain", "0xsnow"


def session() -> UserSession:
    return UserSession(demo_account(7), Faults(lambda name: (name,)))


def proof(**extra: object) -> Row:
    account = demo_account(7)
    auth = {"apiKey": account.key, "secret": account.secret, "passphrase": account.passphrase}
    return {"auth": auth, "type": "user", **extra}


def say(to: UserSession, said: object) -> list[bytes]:
    return to.hear(json.dumps(said).encode())


def heard(by: UserSession) -> set[tuple[str, str]]:
    """Which kinds about which markets reach a session."""
    return {
        (kind, market)
        for kind in ("order", "trade", "book")
        for market in (RAIN, SNOW)
        if by.hears(Frame(kind, (market,), b""))
    }


ALL = {(kind, market) for kind in ("order", "trade") for market in (RAIN, SNOW)}


def test_a_right_proof_is_answered_by_silence_and_opens_everything() -> None:
    one = session()
    assert not heard(one)
    assert say(one, proof()) == []
    assert one.opened
    assert heard(one) == ALL


def test_a_filter_keeps_other_markets_away_and_can_be_changed() -> None:
    one = session()
    say(one, proof(markets=[RAIN]))
    assert heard(one) == {("order", RAIN), ("trade", RAIN)}
    assert say(one, {"operation": "subscribe", "markets": [SNOW, 7]}) == []
    assert heard(one) == ALL
    say(one, {"operation": "unsubscribe", "markets": [RAIN]})
    assert heard(one) == {("order", SNOW), ("trade", SNOW)}


def test_an_empty_filter_loses_the_trades() -> None:
    one = session()
    say(one, proof(markets=[]))
    assert heard(one) == {("order", RAIN), ("order", SNOW)}


def test_who_follows_everything_goes_on_following_it() -> None:
    one = session()
    say(one, proof())
    say(one, {"operation": "subscribe", "markets": [RAIN]})
    say(one, {"operation": "unsubscribe", "markets": [RAIN]})
    assert heard(one) == ALL


@pytest.mark.parametrize("part", ["apiKey", "secret", "passphrase"])
@pytest.mark.parametrize("wrong", ["", "wrong", None])
def test_a_wrong_or_partial_proof_dooms_the_connection_in_silence(part: str, wrong: str | None) -> None:
    one, said = session(), proof()
    said["auth"][part] = wrong
    assert say(one, said) == []
    assert one.is_doomed
    assert not heard(one)


def test_no_proof_at_all_dooms_the_connection_too() -> None:
    one = session()
    say(one, {"type": "user"})
    assert one.is_doomed


def test_pings_are_answered_even_before_the_proof() -> None:
    assert session().hear(b"PING") == [PONG]


@pytest.mark.parametrize("text", [b"hello", b"[]", b"{", b"\xff", b'{"type":"market"}', b'{"operation":"subscribe"}'])
def test_everything_else_is_an_invalid_operation(text: bytes) -> None:
    assert session().hear(text) == [INVALID]


def test_a_second_proof_is_an_invalid_operation() -> None:
    one = session()
    say(one, proof())
    assert say(one, proof()) == [INVALID]


# Over real sockets, in time that the test steps by hand.


def run(scene: Callable[[SimServer], Awaitable[None]], **options: Any) -> None:
    async def play() -> None:
        async with SimServer(demo_world(rate=100), manual=True, **options) as sim, asyncio.timeout(30):
            await scene(sim)

    asyncio.run(play())


def dial(sim: SimServer) -> connect:
    return connect(f"{sim.ws_url}/ws/user", proxy=None, max_queue=None, compression=None)


async def sign_in(ws: ClientConnection, **extra: object) -> None:
    """Say who one is, and make sure that it was heard."""
    await ws.send(json.dumps(proof(**extra)))
    await (await ws.ping())


async def told(ws: ClientConnection) -> list[Row]:
    """Everything that was sent so far."""
    await (await ws.ping())
    rows: list[Row] = []
    while True:
        try:
            async with asyncio.timeout(0.01):
                rows.append(json.loads(await ws.recv()))
        except TimeoutError:
            return rows


async def died(ws: ClientConnection) -> int:
    """The close code of a connection that ends; 1006 is no close frame at all."""
    with suppress(ConnectionClosed):
        while True:
            await ws.recv()
    return ws.close_code or 0


def buy_at_the_ask(sim: SimServer, size: str = "7") -> None:
    """A trade of the account's own making, in the first market."""
    market = sim.world.markets[0]
    ask = market.engine.asks.best
    assert ask is not None
    sim.ledger.place(sim.world.now, market, BUY, ask, qty(size))


def live(sim: SimServer, seconds: int) -> None:
    for _ in range(seconds):
        buy_at_the_ask(sim)
        sim.step(1_000)


def test_a_signed_in_client_hears_the_orders_and_every_state_of_the_trades() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as ws:
            await sign_in(ws)
            buy_at_the_ask(sim)
            sim.step(60_000)
            rows = await told(ws)
            states = [row["status"] for row in rows if row["event_type"] == "trade"]
            assert states[0] == "MATCHED"
            assert states[-1] in ("CONFIRMED", "FAILED")
            [trade, *_] = [row for row in rows if row["event_type"] == "trade"]
            assert trade["trader_side"] == TAKER
            assert isinstance(trade["bucket_index"], int)
            assert isinstance(trade["size"], str)
            assert all(isinstance(maker["outcome_index"], int) for maker in trade["maker_orders"])
            order = next(row for row in rows if row["type"] == "UPDATE")
            assert (order["status"], order["size_matched"]) == ("MATCHED", "7")
            assert order["associate_trades"] == [trade["id"]]
            assert len(order["created_at"]) == 10
            assert len(order["timestamp"]) == 13

    run(scene)


def test_nobody_else_hears_of_the_account() -> None:
    async def scene(sim: SimServer) -> None:
        market = sim.world.markets[0].listing
        async with dial(sim) as shut, connect(f"{sim.ws_url}/ws/market", proxy=None, max_queue=None) as public:
            await public.send(json.dumps({"assets_ids": market.tokens, "type": "market"}))
            await public.recv()
            live(sim, 3)
            assert await told(shut) == []
            assert {row["event_type"] for row in await told(public)} <= {
                "book",
                "price_change",
                "last_trade_price",
                "tick_size_change",
            }

    run(scene)


def test_the_accounts_orders_are_in_the_public_book() -> None:
    async def scene(sim: SimServer) -> None:
        market = sim.world.markets[0]
        sim.ledger.place(sim.world.now, market, BUY, px("0.01"), qty("123.45"))
        sim.step(1_000)
        book = json.loads(sim.exchange.book(market.listing.tokens[0]))
        assert {"price": "0.01", "size": "123.45"} in book["bids"]

    run(scene)


@pytest.mark.parametrize("said", [{**proof(), "auth": {}}, {"type": "user"}], ids=["partial", "none"])
def test_a_refused_client_is_dropped_without_a_word(said: Row) -> None:
    async def scene(sim: SimServer) -> None:
        ws = await dial(sim)
        await ws.send(json.dumps(said))
        await (await ws.ping())
        sim.step(200)
        assert await died(ws) == 1006

    run(scene)


def test_a_client_that_says_nothing_is_closed_after_a_while() -> None:
    async def scene(sim: SimServer) -> None:
        ws = await dial(sim)
        sim.step(31_000)
        assert await died(ws) == 1000

    run(scene)


def test_a_denied_key_ends_its_sockets_and_opens_none_until_it_is_over() -> None:
    async def scene(sim: SimServer) -> None:
        ws = await dial(sim)
        await sign_in(ws)
        sim.fault("user-deny 30")
        assert await died(ws) == 1006
        again = await dial(sim)
        await again.send(json.dumps(proof()))
        await (await again.ping())
        sim.step(200)
        assert await died(again) == 1006
        sim.step(30_000)
        async with dial(sim) as ws:
            await sign_in(ws)
            live(sim, 1)
            assert await told(ws)

    run(scene)


@pytest.mark.parametrize("fault", ["user-cut", "user-down 30"])
def test_only_the_accounts_sockets_are_cut(fault: str) -> None:
    async def scene(sim: SimServer) -> None:
        async with connect(f"{sim.ws_url}/ws/market", proxy=None) as public:
            ws = await dial(sim)
            await sign_in(ws)
            sim.fault(fault)
            assert await died(ws) == 1006
            await (await public.ping())

    run(scene)


def test_while_the_account_is_down_its_sockets_are_refused_and_its_life_goes_on() -> None:
    async def scene(sim: SimServer) -> None:
        sim.fault("user-down 30 429")
        with pytest.raises(InvalidStatus) as refused:
            await dial(sim)
        assert refused.value.response.status_code == 429
        live(sim, 5)
        assert len(sim.account_truth()["fills"]) >= 5  # type: ignore[arg-type]
        sim.step(30_000)
        async with dial(sim) as ws:
            await sign_in(ws)
            rows = await told(ws)
            assert not [row for row in rows if row.get("status") == "MATCHED"]

    run(scene)


def test_messages_are_lost_or_doubled_as_asked() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as one:
            await sign_in(one)
            sim.fault("user-drop 1000")
            live(sim, 2)
            assert await told(one) == []
            sim.fault("clear; user-duplicate 4")
            live(sim, 2)
            rows = await told(one)
            assert rows[0] == rows[1]
            assert rows[2] == rows[3]
            assert sum(rows.count(row) == 2 for row in rows) == 8

    run(scene)


def test_swapped_states_arrive_behind_their_successors_and_none_is_lost() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as ws:
            await sign_in(ws)
            sim.fault("user-swap 3")
            live(sim, 3)
            sim.step(60_000)
            states: dict[tuple[str, int], list[str]] = {}
            for row in await told(ws):
                if row["event_type"] == "trade":
                    states.setdefault((row["id"], row["bucket_index"]), []).append(row["status"])
            assert len(states) >= 3
            assert sum(way[0] != "MATCHED" for way in states.values()) == 3
            assert all("MATCHED" in way and any(not MAY_FOLLOW[state] for state in way) for way in states.values())

    run(scene)


def test_late_messages_come_in_one_burst() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as ws:
            await sign_in(ws)
            sim.fault("user-late 10")
            live(sim, 5)
            assert await told(ws) == []
            sim.step(6_000)
            rows = await told(ws)
            assert len({row["id"] for row in rows if row["event_type"] == "trade"}) >= 5
            stamps = [int(row["timestamp"]) for row in rows]
            assert stamps == sorted(stamps)

    run(scene)


def test_a_frozen_exchange_says_nothing_to_the_account_either() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as ws:
            await sign_in(ws)
            sim.fault("freeze 10")
            live(sim, 3)
            assert await told(ws) == []

    run(scene)


def test_what_a_client_hears_of_a_busy_account_is_the_truth() -> None:
    async def scene(sim: SimServer) -> None:
        async with dial(sim) as ws:
            await sign_in(ws)
            sim.step(60_000)
            reader = NaiveAccount(sim.account.key)
            for row in await told(ws):
                reader.read(row)
            truth: Row = sim.account_truth()
            assert len(truth["fills"]) > 50
            assert {key: terms[-1] for key, terms in reader.fills().items()} == {
                (fill["trade_id"], fill["bucket_index"], fill["order_id"]): fill["status"] for fill in truth["fills"]
            }
            assert reader.working == {order["id"] for order in truth["orders"]}

    run(scene, pace=300)


def test_a_server_tells_its_owner_who_its_account_is() -> None:
    async def scene(sim: SimServer) -> None:
        told: Row = described(sim)
        assert told["account"] == {
            "key": sim.account.key,
            "secret": sim.account.secret,
            "passphrase": sim.account.passphrase,
            "address": sim.account.address,
        }

    run(scene)


def test_an_account_outlives_its_server() -> None:
    async def scene() -> None:
        world = demo_world()
        async with SimServer(world, manual=True) as first:
            live(first, 2)
        async with SimServer(world, manual=True, ledger=first.ledger) as second:
            assert second.account_truth()["fills"]
            sell = second.world.markets[0].engine.bids.best
            assert sell is not None
            second.ledger.place(world.now, world.markets[0], SELL, sell, qty("5"))
            second.step(1_000)
            assert len(second.account_truth()["fills"]) >= 3  # type: ignore[arg-type]

    asyncio.run(scene())
