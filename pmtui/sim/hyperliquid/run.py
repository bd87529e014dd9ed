"""What a running Hyperliquid of our own says about itself, to programs and to people."""

from __future__ import annotations

from pmtui.sim.doors import wall_clock
from pmtui.sim.hyperliquid.coins import Coin
from pmtui.sim.hyperliquid.server import HyperliquidServer
from pmtui.sim.hyperliquid.visitor import MOST_LINKS, MOST_TOPICS
from pmtui.sim.hyperliquid.world import demo_world


def server(
    *,
    seed: int = 7,
    rate: float = 25,
    port: int = 0,
    books: int = 0,
    plan: str = "",
    compress: bool = False,
    pace: float = 10,
    greets: bool = False,
    sockets: int = MOST_LINKS,
    subscriptions: int = MOST_TOPICS,
) -> HyperliquidServer:
    """The demo's exchange, with `books` more perps."""
    server = HyperliquidServer(
        demo_world(seed=seed, rate=rate, load=books, epoch=wall_clock()),
        port=port,
        plan=plan,
        compress=compress,
        pace=pace,
        greets=greets,
        most_links=sockets,
        most_topics=subscriptions,
    )
    # Many coins take a while to make: the first block is of the moment at which it is told.
    server.skip(wall_clock() - server.world.now)
    return server


def described(server: HyperliquidServer) -> dict[str, object]:
    """Where a server is and what it trades."""
    return {
        "venue": "hyperliquid",
        "ws_url": server.ws_url,
        "rest_url": server.rest_url,
        "seed": server.world.seed,
        "account": {"address": server.ledger.address},
        "coins": [_described(coin) for coin in _coins(server)],
    }


def announcement(server: HyperliquidServer) -> str:
    lines = [
        f"socket          {server.ws_url}/ws",
        f"info            {server.rest_url}/info",
        f"seed            {server.world.seed}",
        "",
        f"watch it with   HL_WS_URL={server.ws_url} HL_API_URL={server.rest_url} pmtui watch hl:BTC",
        f"as its account  HL_ADDRESS={server.ledger.address}",
        f"disturb it with curl -d 'freeze 30' {server.rest_url}/faults",
        "",
        *(f"  hl:{coin.name:<12} {_title(coin):<16} {coin.character.name}" for coin in _coins(server)),
    ]
    return "\n".join(lines)


def _coins(server: HyperliquidServer) -> list[Coin]:
    return [market.coin for market in server.world.markets if server.world.is_listed(market)]


def _title(coin: Coin) -> str:
    return f"{coin.title}/USDC" if coin.kind == "spot" else coin.title or coin.name


def _described(coin: Coin) -> dict[str, object]:
    return {
        "coins": coin.names,
        "kind": coin.kind,
        "title": _title(coin),
        "dex": coin.dex,
        "character": coin.character.name,
    }
