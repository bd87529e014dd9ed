"""What a running Polymarket of our own says about itself, to programs and to people."""

from __future__ import annotations

from pmtui.sim.account import Account
from pmtui.sim.polymarket.server import SimServer, wall_clock
from pmtui.sim.polymarket.world import Market, demo_world


def server(
    *,
    seed: int = 7,
    rate: float = 25,
    port: int = 0,
    rest_port: int = 0,
    books: int = 0,
    plan: str = "",
    compress: bool = False,
    pace: float = 10,
) -> SimServer:
    """The demo's exchange, with `books` more markets."""
    world = demo_world(seed=seed, rate=rate, books=books, epoch=wall_clock())
    server = SimServer(world, port=port, rest_port=rest_port, plan=plan, compress=compress, pace=pace)
    # Many books take a while to make: the first change is of the moment at which it is told.
    server.skip(wall_clock() - world.now)
    return server


def described(server: SimServer) -> dict[str, object]:
    """Where a server is and what it trades."""
    return {
        "venue": "polymarket",
        "ws_url": server.ws_url,
        "rest_url": server.rest_url,
        "seed": server.world.seed,
        "account": {name: getattr(server.account, name) for name in ("key", "secret", "passphrase", "address")},
        "markets": [_described(market) for market in server.world.markets],
    }


def announcement(server: SimServer) -> str:
    lines = [
        f"market channel  {server.ws_url}/ws/market",
        f"user channel    {server.ws_url}/ws/user",
        f"REST            {server.rest_url}",
        f"seed            {server.world.seed}",
        "",
        f"watch it with   WS_URL={server.ws_url} CLOB_API_URL={server.rest_url} pmtui watch SLUG",
        *_environment(server.account),
        f"disturb it with curl -d 'freeze 30' {server.rest_url}/faults",
        "",
        *(f"  {market.listing.slug:<48} {market.listing.character.name}" for market in server.world.markets),
    ]
    return "\n".join(lines)


def _environment(account: Account) -> list[str]:
    """What to set to be the made-up account; the values open nothing but this exchange."""
    return [
        f"as its account  POLYMARKET_API_KEY={account.key}",
        f"                POLYMARKET_API_SECRET={account.secret}",
        f"                POLYMARKET_API_PASSPHRASE={account.passphrase}",
        f"                POLYMARKET_ADDRESS={account.address}",
    ]


def _described(market: Market) -> dict[str, object]:
    listing = market.listing
    return {
        "question": listing.question,
        "slug": listing.slug,
        "event_slug": listing.event_slug,
        "condition_id": listing.condition_id,
        "tokens": listing.tokens,
        "outcomes": listing.outcomes,
        "character": listing.character.name,
    }
