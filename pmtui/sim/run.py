"""The simulated exchange as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Any, NamedTuple, Protocol

import orjson

from pmtui.sim.account import Account
from pmtui.sim.faults import FaultError
from pmtui.sim.server import SimServer, wall_clock
from pmtui.sim.world import Market, demo_world

_STDIN = 0


VENUES = ("polymarket", "hl")
"""The venues whose wire can be spoken."""


class Server(Protocol):
    """An exchange with doors."""

    async def __aenter__(self) -> object: ...
    async def __aexit__(self, *_: object) -> None: ...
    def fault(self, text: str) -> list[str]: ...


class Stand(NamedTuple):
    """A server that is about to be opened, and what it says about itself then."""

    server: Server
    described: Callable[[], dict[str, object]]
    announcement: Callable[[], str]


def serve(
    *,
    venue: str = VENUES[0],
    json: bool = False,
    read_faults: bool = False,
    until_stdin_closes: bool = False,
    **options: Any,
) -> None:
    """Run the exchange until a signal, or until stdin closes; prints its addresses first."""
    stand = _STANDS[venue](**options)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(stand, json=json, read_faults=read_faults, until_stdin_closes=until_stdin_closes))


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


def _polymarket(**options: Any) -> Stand:
    made = server(**options)
    return Stand(made, partial(described, made), partial(_announcement, made))


def _hyperliquid(**options: Any) -> Stand:
    from pmtui.sim.hyperliquid import run as hyperliquid

    made = hyperliquid.server(**options)
    return Stand(made, partial(hyperliquid.described, made), partial(hyperliquid.announcement, made))


_STANDS: dict[str, Callable[..., Stand]] = dict(zip(VENUES, (_polymarket, _hyperliquid), strict=True))


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


async def _serve(stand: Stand, *, json: bool, read_faults: bool, until_stdin_closes: bool) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, over.set)
    async with stand.server:
        # The world stays: a collector that goes through all of it stops the exchange each time, for nothing.
        gc.freeze()
        _print_line(orjson.dumps(stand.described()).decode() if json else stand.announcement())
        if read_faults or until_stdin_closes:
            _read_stdin(
                loop,
                on_line=lambda line: _ask(stand, line) if read_faults else None,
                on_end=over.set if until_stdin_closes else lambda: None,
            )
        await over.wait()


def _ask(stand: Stand, line: str) -> None:
    """A line that was typed: what came of it is told at once."""
    try:
        _print_line("".join(f"{understood}\n" for understood in stand.server.fault(line)).rstrip())
    except FaultError as error:
        print(error, file=sys.stderr, flush=True)


def _read_stdin(loop: asyncio.AbstractEventLoop, *, on_line: Callable[[str], None], on_end: Callable[[], None]) -> None:
    """Hand over the lines of stdin and its end, from a thread that nothing waits for."""

    def hand_over(act: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is already closed
            loop.call_soon_threadsafe(act)

    def read() -> None:
        rest = b""
        # Straight from the descriptor: a daemon thread inside a buffered reader can upset the interpreter's end.
        while data := _read_some():
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                if line.strip():
                    hand_over(partial(on_line, line.decode(errors="replace")))
        hand_over(on_end)

    Thread(target=read, name="stdin", daemon=True).start()


def _read_some() -> bytes:
    try:
        return os.read(_STDIN, 65_536)
    except OSError:
        return b""


def _print_line(text: str) -> None:
    """Print what a parent process may be waiting for."""
    with contextlib.suppress(BrokenPipeError):
        print(text, flush=True)


def _announcement(server: SimServer) -> str:
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
