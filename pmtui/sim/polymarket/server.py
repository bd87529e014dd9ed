"""The simulated exchange on loopback: one websocket port, one REST port, one clock.

A test steps its time by hand (`manual=True`); otherwise a timer keeps it in step with the real one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Self

from pmtui.sim.account import Account
from pmtui.sim.doors import Doors, Pace, wall_clock
from pmtui.sim.faults import Fault, Faults
from pmtui.sim.http import Answer
from pmtui.sim.link import Link, Written
from pmtui.sim.polymarket import statement
from pmtui.sim.polymarket.exchange import Exchange
from pmtui.sim.polymarket.ledger import Ledger
from pmtui.sim.polymarket.rest import Rest
from pmtui.sim.polymarket.session import RESOLVED, MarketSession
from pmtui.sim.polymarket.signed import SignedReads
from pmtui.sim.polymarket.trader import open_account
from pmtui.sim.polymarket.user import UserChannel, UserSession
from pmtui.sim.polymarket.wire import CUSTOM, Frame, Schema
from pmtui.sim.polymarket.world import World, demo_world
from pmtui.sim.session import Session

__all__ = ["Pace", "SimServer", "wall_clock"]

USER_PATH = "/ws/user"

_TOO_LONG = Answer(400, b'{"error":"Payload exceeds the limit"}')
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
        self._user = UserChannel(self.ledger, self.exchange.faults)
        self._rest = SignedReads(self.exchange, self.ledger, Rest(self.exchange, self.fault), page=page)
        self._doors = Doors(
            self,
            self._rest,
            port=port,
            rest_port=rest_port,
            manual=manual,
            compress=compress,
            buffer_limit=buffer_limit,
            acts=dict.fromkeys(("user-cut", "user-down", "user-deny"), _cut_account),
            too_long=_TOO_LONG,
        )
        self._followers: defaultdict[str, set[Link]] = defaultdict(set)
        self._channels: dict[str, Callable[[Link], Session]] = {
            "/ws/market": self._market_session,
            USER_PATH: lambda _: self._user.session(),
        }
        self.world.breathe = self._doors.breathe
        if plan:
            self.fault(plan)

    async def __aenter__(self) -> Self:
        await self._doors.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._doors.close()

    @property
    def ws_url(self) -> str:
        """Where the sockets are; clients append `/ws/market`."""
        return self._doors.ws_url

    @property
    def rest_url(self) -> str:
        return self._doors.rest_url

    @property
    def links(self) -> set[Link]:
        """Every socket that is there."""
        return self._doors.links

    @property
    def compress(self) -> bool:
        return self._doors.compress

    @property
    def buffer_limit(self) -> int:
        """Bytes that a client may leave unread before it is closed as too slow."""
        return self._doors.buffer_limit

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
        self._doors.obey()
        return understood

    def step(self, ms: int) -> None:
        """Let `ms` milliseconds pass, and send what happened in them."""
        self._doors.step(ms)

    # What the doors ask of the venue.

    @property
    def faults(self) -> Faults:
        return self.exchange.faults

    @property
    def elapsed(self) -> int:
        return self.world.elapsed

    @property
    def next_due(self) -> float:
        return self.world.next_due

    def skip(self, ms: int) -> None:
        self.world.skip(ms)

    def take_link_faults(self) -> list[Fault]:
        return self.exchange.take_link_faults()

    def live(self, ms: int) -> None:
        self._send([sent.frame for sent in self.exchange.step(ms, self._followers)])
        self._tell_account()

    def greet(self, link: Link, path: str) -> Session | tuple[int, str]:
        if path == USER_PATH and (down := self.exchange.faults.find("user-down")):
            return down.fault.arguments.get("STATUS", 503), "refused by a fault\n"
        channel = self._channels.get(path)
        return (404, "Not Found\n") if channel is None else channel(link)

    def tend(self, link: Link) -> None:
        if self.elapsed - link.traffic_at > _SILENCE:
            link.abort()
        elif self.elapsed - link.born > _SUBSCRIBE_WITHIN and not self._doors.stalls:
            if link.session is None:
                link.abort()
            elif not link.session.opened:
                link.close(1000, "")

    # The way out.

    def _send(self, frames: list[Frame]) -> None:
        if not frames:
            return
        outgoing: defaultdict[Link, list[Written]] = defaultdict(list)
        for frame in frames:
            for link in self._audience(frame):
                outgoing[link].append(frame)
        if self._doors.tears(outgoing):
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
                if not self._doors.silences(link):
                    link.send([frame for frame in frames if _hears(link, frame)])

    def _audience(self, frame: Frame) -> set[Link]:
        """The connections that are to receive a message."""
        links = self.links
        if frame.tokens:
            links = set().union(*(self._followers.get(token, ()) for token in frame.tokens))
        if not frame.tokens or frame.kind in CUSTOM:
            links = {link for link in links if _hears(link, frame)}
        if self.exchange.faults.find("zombie"):
            links = {link for link in links if not self._doors.silences(link)}
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


def _hears(link: Link, frame: Frame) -> bool:
    """Whether a message is for what the client of this link follows."""
    return isinstance(link.session, MarketSession | UserSession) and link.session.hears(frame)


def _cut_account(link: Link, _: Fault) -> None:
    if isinstance(link.session, UserSession):
        link.abort()
