"""The simulated exchange on loopback: one websocket port, one REST port, one clock.

A test steps its time by hand (`manual=True`); otherwise a timer keeps it in step with the real one.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Self

from pmtui.core.units import Millis
from pmtui.sim import statement
from pmtui.sim.account import Account
from pmtui.sim.exchange import Exchange
from pmtui.sim.faults import Fault
from pmtui.sim.http import handler
from pmtui.sim.ledger import Ledger
from pmtui.sim.link import Link
from pmtui.sim.rest import Rest
from pmtui.sim.session import RESOLVED, MarketSession, Session
from pmtui.sim.signed import SignedReads
from pmtui.sim.trader import open_account
from pmtui.sim.user import UserChannel, UserSession
from pmtui.sim.wire import CUSTOM, Frame, Schema
from pmtui.sim.world import World, demo_world

HOST = "127.0.0.1"
USER_PATH = "/ws/user"

_SLICE = 10  # ms of life between two writes
_NAP = 50  # ms that a quiet exchange sleeps at most, so that faults end in time
_LONGEST_CATCH_UP = 1_000  # ms of life that a process which was stopped makes up for; the rest is skipped
_SUBSCRIBE_WITHIN = 30_000  # ms: "a socket that never subscribes is closed"
_SILENCE = 125_000  # ms with no traffic in either direction after which the venue drops a socket


class SimServer:
    """The whole exchange as an async context manager."""

    def __init__(
        self,
        world: World | None = None,
        *,
        seed: int = 7,
        rate: float = 25,
        port: int = 0,
        rest_port: int = 0,
        manual: bool = False,
        schema: Schema = "present",
        compress: bool = False,
        buffer_limit: int = 8 * 2**20,
        plan: str = "",
        pace: float = 0,
        page: int = 20,
        ledger: Ledger | None = None,
    ) -> None:
        """`pace` is how many things a minute the account does by itself; a `ledger` is the one of an earlier server."""
        self.world = demo_world(seed=seed, rate=rate, epoch=wall_clock()) if world is None else world
        self.exchange = Exchange(self.world, schema=schema)
        self.ledger = open_account(self.world, pace=pace, ledger=ledger)
        self.links: set[Link] = set()
        self.compress, self.buffer_limit = compress, buffer_limit
        self._user = UserChannel(self.ledger, self.exchange.faults)
        self._rest = SignedReads(self.exchange, self.ledger, Rest(self.exchange, self.fault), page=page)
        self._manual = manual
        self._ports = (port, rest_port)
        self._followers: defaultdict[str, set[Link]] = defaultdict(set)
        self._channels: dict[str, Callable[[Link], Session]] = {
            "/ws/market": self._market_session,
            USER_PATH: lambda _: self._user.session(),
        }
        self._servers: list[asyncio.Server] = []
        self._life: asyncio.Task[None] | None = None
        if plan:
            self.fault(plan)

    async def __aenter__(self) -> Self:
        port, rest_port = self._ports
        self._servers.append(await asyncio.get_running_loop().create_server(lambda: Link(self), HOST, port))
        self._servers.append(await asyncio.start_server(handler(self._rest), HOST, rest_port))
        if not self._manual:
            self._life = asyncio.create_task(self._live(), name="simulated exchange")
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()
        for link in list(self.links):
            link.abort()
        if self._life is not None:
            self._life.cancel()
            await asyncio.gather(self._life, return_exceptions=True)

    @property
    def ws_url(self) -> str:
        """Where the sockets are; clients append `/ws/market`."""
        return f"ws://{HOST}:{_port(self._servers[0])}"

    @property
    def rest_url(self) -> str:
        return f"http://{HOST}:{_port(self._servers[1])}"

    @property
    def followed(self) -> frozenset[str]:
        """The tokens that some connection follows."""
        return frozenset(self._followers)

    @property
    def account(self) -> Account:
        """Whose orders and trades the user channel tells."""
        return self.ledger.account

    def account_truth(self) -> dict[str, object]:
        """All fills with their states, open orders, positions and cash, whatever the wire says."""
        return statement.truth(self.ledger, self.world.now)

    def fault(self, text: str) -> list[str]:
        """Make something go wrong, now or by a plan; raises `FaultError` for what is not a fault."""
        understood = self.exchange.ask(text)
        self._obey()
        return understood

    def step(self, ms: int) -> None:
        """Let `ms` milliseconds pass, and send what happened in them."""
        while ms > 0:
            part = min(ms, _SLICE)
            self._send([sent.frame for sent in self.exchange.step(part, self._followers)])
            self._tell_account()
            self._obey()
            self._tend()
            ms -= part

    # What a link asks of its host.

    @property
    def now(self) -> float:
        return self.world.elapsed

    @property
    def delay(self) -> float:
        """Milliseconds by which what is sent now is held back."""
        late, backlog = self.exchange.faults.find("late"), self.exchange.faults.find("backlog")
        return max(late.fault.arguments["MS"] if late else 0, backlog.until - self.now if backlog else 0)

    @property
    def bytes_per_ms(self) -> float | None:
        slow = self.exchange.faults.find("slow")
        return slow.fault.arguments["BYTES_PER_S"] / 1_000 if slow else None

    @property
    def stalls(self) -> bool:
        return self.exchange.faults.find("stall") is not None

    def greet(self, link: Link, path: str) -> Session | tuple[int, str]:
        """Who answers on a path, or the status and the text with which it is refused."""
        if refused := self.exchange.faults.find("refuse"):
            return refused.fault.arguments.get("STATUS", 503), "refused by a fault\n"
        if path == USER_PATH and (down := self.exchange.faults.find("user-down")):
            return down.fault.arguments.get("STATUS", 503), "refused by a fault\n"
        channel = self._channels.get(path)
        return (404, "Not Found\n") if channel is None else channel(link)

    def silences(self, link: Link) -> bool:
        zombie = self.exchange.faults.find("zombie")
        return zombie is not None and link.born <= zombie.began

    def joined(self, link: Link) -> None:
        self.links.add(link)

    def left(self, link: Link) -> None:
        self.links.discard(link)

    # The clock and the way out.

    async def _live(self) -> None:
        """Keep the world in step with real time."""
        clock = asyncio.get_running_loop().time
        pace = Pace(clock())
        while True:
            due, skipped = pace.due(clock())
            self.world.skip(skipped)
            while due:
                part = min(due, _SLICE)
                self.step(part)
                due -= part
                await asyncio.sleep(0)  # a busy world must not keep its sockets waiting
            nap = min(self.world.next_due - self.world.elapsed, _NAP)
            await asyncio.sleep(max(nap, _SLICE) / 1_000)

    def _send(self, frames: list[Frame]) -> None:
        if not frames:
            return
        outgoing: defaultdict[Link, list[Frame]] = defaultdict(list)
        for frame in frames:
            for link in self._audience(frame):
                outgoing[link].append(frame)
        if outgoing and self.exchange.faults.spend("tear"):
            for link in list(self.links):
                link.tear(outgoing[link][0]) if link in outgoing else link.abort()
            return
        for link, messages in outgoing.items():
            link.send(messages)
        if any(frame.kind == "market_resolved" for frame in frames):
            for link in list(self.links):
                if link.session is not None and link.session.is_over:
                    link.close(1000, RESOLVED)

    def _tell_account(self) -> None:
        """Send what happened to the account's orders and trades."""
        if frames := self._user.drain():
            for link in list(self.links):
                if link.session is not None and not self.silences(link):
                    link.send([frame for frame in frames if link.session.hears(frame)])

    def _audience(self, frame: Frame) -> set[Link]:
        """The connections that are to receive a message."""
        links = self.links
        if frame.tokens:
            links = set().union(*(self._followers.get(token, ()) for token in frame.tokens))
        if not frame.tokens or frame.kind in CUSTOM:
            links = {link for link in links if link.session is not None and link.session.hears(frame)}
        if self.exchange.faults.find("zombie"):
            links = {link for link in links if not self.silences(link)}
        return links

    def _market_session(self, link: Link) -> MarketSession:
        return MarketSession(
            self.exchange,
            follow=lambda token: self._followers[token].add(link),
            unfollow=lambda token: self._unfollow(link, token),
        )

    def _unfollow(self, link: Link, token: str) -> None:
        self._followers[token].discard(link)
        if not self._followers[token]:
            del self._followers[token]

    def _obey(self) -> None:
        """Bring about the faults that act on sockets."""
        for fault in self.exchange.take_link_faults():
            for link in list(self.links):
                _ACTS[fault.verb](link, fault)

    def _tend(self) -> None:
        for link in list(self.links):
            link.tend()
            if self.now - link.traffic_at > _SILENCE:
                link.abort()
            elif self.now - link.born > _SUBSCRIBE_WITHIN and not self.stalls:
                if link.session is None:
                    link.abort()
                elif not link.session.opened:
                    link.close(1000, "")


class Pace:
    """How much of the time that went by is to be lived, and how much skipped because it was too long a stop."""

    def __init__(self, now: float) -> None:
        self._last = now
        self._behind = 0.0  # milliseconds

    def due(self, now: float) -> tuple[int, int]:
        """Milliseconds to live and milliseconds to skip, as of `now` in seconds."""
        self._behind += (now - self._last) * 1_000
        self._last = now
        whole = int(self._behind)
        self._behind -= whole
        lived = min(whole, _LONGEST_CATCH_UP)
        return lived, whole - lived


def wall_clock() -> Millis:
    return Millis(time.time_ns() // 1_000_000)


def _cut(link: Link, _: Fault) -> None:
    link.abort()


def _close(link: Link, fault: Fault) -> None:
    link.close(fault.arguments["CODE"], fault.arguments.get("REASON", ""))


def _release(link: Link, _: Fault) -> None:
    link.release()


def _cut_account(link: Link, _: Fault) -> None:
    if isinstance(link.session, UserSession):
        link.abort()


_ACTS = {
    "cut": _cut,
    "close": _close,
    "clear": _release,
    "user-cut": _cut_account,
    "user-down": _cut_account,
    "user-deny": _cut_account,
}


def _port(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])
