"""From an event on the account's socket to its row on the screen, in a real terminal beside a busy market.

The simulated exchange is a process of its own: it gives an order or takes one, each of another size, sends at once what
happens, and tells at which moment of the steady clock, which all processes of a machine share. Here the terminal is
read, and the moment is taken at which the last byte of the row with that size has arrived.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import statistics
import subprocess
import sys
import time
from bisect import bisect_left
from pathlib import Path
from typing import NamedTuple

from benchmarks import large_account
from benchmarks.pty import Session
from benchmarks.report import Figure
from pmtui.core.units import ONE, Px, Qty
from pmtui.sim.engine import BUY, SELL
from pmtui.sim.polymarket.run import described
from pmtui.sim.polymarket.server import SimServer, wall_clock
from pmtui.sim.polymarket.world import demo_world

EVENTS = 240
RATE = 1_000
TWO_PULSES = 2_000 / 30
COLUMNS, LINES = 160, 45

_ROOT = Path(__file__).parents[1]
_GAPS = (0.05, 0.15)
"""Seconds between two events: at no fixed place between two frames."""
_WORKING = 4
"""Orders that rest at a time, so that each row is seen."""


class Event(NamedTuple):
    """What was sent, and when, in ns of the steady clock."""

    at: int
    kind: str
    size: str

    @property
    def row(self) -> re.Pattern[bytes]:
        """What is found on the screen of its row and of nothing else."""
        size = re.escape(self.size.encode())
        colours = rb"(?:\x1b\[[\d;]*m| )+"
        return re.compile(size + b"/" + size if self.kind == "order" else b" " + size + colours + b"taker")


def measure() -> list[Figure]:
    waits = [_waits(rate) for rate in (1, RATE)]
    names = ("idle", f"{RATE:,} messages/s")
    rows = [_figure(f"socket event → row p99, {name}", each) for name, each in zip(names, waits, strict=True)]
    return [*rows, *large_account.measure()]


def _figure(name: str, waits: list[float]) -> Figure:
    waits.sort()
    note = f"p50 {statistics.median(waits):.1f} ms, worst {waits[-1]:.1f} ms of {len(waits)}"
    return Figure(name, waits[int(0.99 * (len(waits) - 1))], TWO_PULSES, note, unit="ms")


def _waits(rate: float) -> list[float]:
    """The wait of each event for its row, in ms."""
    command = [sys.executable, "-m", "benchmarks.account", str(rate)]
    with subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as exchange:  # noqa: S603 ourselves
        assert exchange.stdin is not None
        assert exchange.stdout is not None
        try:
            about = json.loads(exchange.stdout.readline())
            seen = _watch(about, exchange)
            events = [Event(int(at), kind, size) for at, kind, size in json.loads(exchange.stdout.readline())]
        finally:
            exchange.kill()
    return [seen.wait(each) for each in events]


class _Seen:
    """Everything that a terminal received, and when."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._ends: list[int] = []
        self._times: list[int] = []

    def add(self, data: bytes) -> None:
        self.data += data
        self._ends.append(len(self.data))
        self._times.append(time.monotonic_ns())

    def wait(self, event: Event) -> float:
        """How many ms after the event its row was whole."""
        first = bisect_left(self._times, event.at)
        found = event.row.search(self.data, self._ends[first - 1] if first else 0)
        if found is None:
            raise RuntimeError(f"the {event.kind} of {event.size} was never drawn")
        return (self._times[bisect_left(self._ends, found.end())] - event.at) / 1e6


def _watch(about: dict[str, object], exchange: subprocess.Popen[bytes]) -> _Seen:
    """Look at all markets with the account beside them, while the exchange does what it has to do."""
    account, markets = about["account"], about["markets"]
    assert isinstance(account, dict)
    assert isinstance(markets, list)
    assert exchange.stdin is not None
    parts = {"API_KEY": "key", "API_SECRET": "secret", "API_PASSPHRASE": "passphrase", "ADDRESS": "address"}
    environment = {f"POLYMARKET_{name}": account[part] for name, part in parts.items()}
    environment |= {"WS_URL": str(about["ws_url"]), "CLOB_API_URL": str(about["rest_url"]), "PYTHONPATH": str(_ROOT)}
    command = [sys.executable, "-m", "pmtui", "watch", *(each["tokens"][0] for each in markets)]
    seen = _Seen()
    with Session(command, columns=COLUMNS, lines=LINES, environment=environment) as session:
        begun = session.read_while(lambda data: b"live" not in data, deadline=15)
        if b"live" not in begun:
            raise RuntimeError("the account is not on the screen")
        if b"ACCOUNT" not in begun:
            session.send(b"a")
        session.read_while(lambda _: True, deadline=3.0)
        exchange.stdin.close()  # it may begin
        ends = time.monotonic() + EVENTS * _GAPS[1] + 1
        while time.monotonic() < ends:
            if data := session.read(0.05):
                seen.add(data)
    return seen


# The exchange


async def _serve(rate: float) -> None:
    loop = asyncio.get_running_loop()
    async with SimServer(demo_world(seed=7, rate=rate, epoch=wall_clock())) as server:
        print(json.dumps(described(server)), flush=True)
        await loop.run_in_executor(None, sys.stdin.read)
        events = await _live(server)
        print(json.dumps(events), flush=True)
        await asyncio.Event().wait()


async def _live(server: SimServer) -> list[Event]:
    """Give an order that rests, take one, and so on; each of another size."""
    dice, ledger, market = random.Random(7), server.ledger, server.world.markets[0]
    events: list[Event] = []
    for number in range(EVENTS):
        await asyncio.sleep(dice.uniform(*_GAPS))
        hundredths = 501 + number
        size, now = Qty(hundredths * ONE // 100), server.world.now
        asks = market.engine.side(SELL)
        best = asks.best
        # What one level fills is one fill, and one row.
        kind = "fill" if number % 2 and best is not None and asks.total(best) > size else "order"
        if kind == "fill" and best is not None:
            ledger.place(now, market, BUY, Px(best), size, kind="FAK")
        else:
            ledger.place(now, market, BUY, Px(ONE // 100), size)
            for old in ledger.open_orders[:-_WORKING]:
                ledger.cancel(now, old.id)
        events.append(Event(time.monotonic_ns(), kind, f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")))
        server.step(1)  # what happened is sent now
    return events


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
