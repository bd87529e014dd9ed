"""The simulated exchange on loopback: one port for the socket and for REST, one clock.

A test steps its time by hand (`manual=True`); otherwise a timer keeps it in step with the real one.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Self

from pmtui.sim.doors import Doors, wall_clock
from pmtui.sim.faults import Fault, Faults
from pmtui.sim.hyperliquid.exchange import Exchange
from pmtui.sim.hyperliquid.pushes import EVERYBODY
from pmtui.sim.hyperliquid.rest import Rest
from pmtui.sim.hyperliquid.session import Session
from pmtui.sim.hyperliquid.topics import Topic
from pmtui.sim.hyperliquid.trader import open_account
from pmtui.sim.hyperliquid.visitor import MOST_LINKS, MOST_TOPICS, Visitor
from pmtui.sim.hyperliquid.world import World, demo_world
from pmtui.sim.link import Link, Said, Written

PATH = "/ws"

_SILENCE = 60_000  # ms in which nothing was sent to a socket, after which the venue closes it


class HyperliquidServer:
    """The whole exchange as an async context manager."""

    def __init__(
        self,
        world: World | None = None,
        *,
        seed: int = 7,
        rate: float = 25,
        port: int = 0,
        manual: bool = False,
        compress: bool = False,
        buffer_limit: int = 8 * 2**20,
        plan: str = "",
        pace: float = 0,
        greets: bool = False,
        most_links: int = MOST_LINKS,
        most_topics: int = MOST_TOPICS,
    ) -> None:
        """`pace` is how many things a minute the account does by itself; `greets` sends a line before anything else."""
        self.world = demo_world(seed=seed, rate=rate, epoch=wall_clock()) if world is None else world
        self.ledger = open_account(self.world, pace=pace)
        self.exchange = Exchange(self.world, self.ledger)
        self._greets = greets
        self._visitor = Visitor(most_topics, most_links)
        self._followers: dict[Topic, dict[Link, None]] = {}
        self._doors = Doors(
            self,
            Rest(self.exchange, self.fault, self._visitor),
            port=port,
            rest_port=None,
            manual=manual,
            compress=compress,
            buffer_limit=buffer_limit,
        )
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
        """Where the sockets are; clients append `/ws`."""
        return self._doors.ws_url

    @property
    def rest_url(self) -> str:
        """Where REST is; clients append `/info`."""
        return self._doors.rest_url

    @property
    def links(self) -> set[Link]:
        """Every socket that is there."""
        return self._doors.links

    @property
    def followed(self) -> frozenset[Topic]:
        """The topics that some connection follows."""
        return frozenset(self._followers)

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

    def greet(self, link: Link, path: str) -> Session | tuple[int, str]:
        if path != PATH:
            return 404, "Not Found\n"
        links = sum(other.session is not None for other in self.links)
        if why := self._visitor.why_not_enter(links, self.elapsed):
            return 429, f"{why}\n"
        return Session(
            self.exchange,
            follow=lambda topic: self._followers.setdefault(topic, {}).update({link: None}),
            unfollow=lambda topic: self._unfollow(link, topic),
            visitor=self._visitor,
            greets=self._greets,
        )

    def live(self, ms: int) -> None:
        outgoing: defaultdict[Link, list[Written]] = defaultdict(list)
        for push in self.exchange.step(ms, self._followers):
            for link in self.links if push.topic == EVERYBODY else self._followers.get(push.topic, ()):
                if not self._doors.silences(link):
                    outgoing[link].append(push)
        if self._doors.tears(outgoing):
            return
        for link, pushes in outgoing.items():
            link.send(pushes)

    def tend(self, link: Link) -> None:
        if isinstance(link.session, Session) and not self._doors.silences(link):
            link.send([Said(answer) for answer in link.session.late()])
        if self.elapsed - link.sent_at > _SILENCE:
            if link.session is None:
                link.abort()
            else:
                link.close(1000, "Inactive")

    def _unfollow(self, link: Link, topic: Topic) -> None:
        links = self._followers[topic]
        del links[link]
        if not links:
            del self._followers[topic]
