"""The exchange without sockets: a world, what it gives to hear, and the faults in between.

The server sends what this gives; tests and long runs in virtual time read it directly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from math import ceil

from pmtui.core.units import Millis
from pmtui.sim.faults import Fault, FaultError, Faults
from pmtui.sim.hyperliquid.books import whole
from pmtui.sim.hyperliquid.faults import VOCABULARY
from pmtui.sim.hyperliquid.feeds import Feeds
from pmtui.sim.hyperliquid.garbage import garbage
from pmtui.sim.hyperliquid.ledger import Ledger, Told
from pmtui.sim.hyperliquid.pushes import Push, written
from pmtui.sim.hyperliquid.rules import decimal
from pmtui.sim.hyperliquid.statement import Statement
from pmtui.sim.hyperliquid.tamper import Tamper
from pmtui.sim.hyperliquid.topics import Topic
from pmtui.sim.hyperliquid.user import CHANNELS, UserFeeds
from pmtui.sim.hyperliquid.world import Block, World

FOR_LINKS = frozenset({"cut", "close", "clear"})
"""The faults that begin with something done to sockets."""

_BOOKS = frozenset({"l2Book", "bbo"})


class Exchange:
    """Everything between the world and the sockets."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self.world, self.ledger = world, ledger
        self.faults = Faults(self.find_coins, VOCABULARY)
        self.statement = Statement(world, ledger)
        self._feeds = Feeds(world)
        self._user = UserFeeds(self.statement)
        self._tamper = Tamper(self.faults)
        self._waiting: list[Push] = []  # messages that a fault made, for the next step
        self._late: list[Push] = []  # about the account, held back until `user-late` ends
        self._for_links: list[Fault] = []
        self._wanted: Collection[Topic] = ()
        self._garbage_sent = 0

    def step(self, ms: int, wanted: Collection[Topic]) -> Iterator[Push]:
        """Let `ms` milliseconds pass; gives the messages about the topics that somebody wants."""
        self._wanted = wanted
        until = self.world.elapsed + ms
        while True:
            self._mind(self.faults.end_expired(self.world.elapsed), ended=True)
            self._mind(self.faults.begin_planned(self.world.elapsed), ended=False)
            waiting, self._waiting = self._waiting, []
            yield from waiting
            if self.world.elapsed >= until:
                return
            stop = max(self.world.elapsed + 1, ceil(min(until, self.world.next_due, self.faults.next_moment())))
            for block in self.world.step(stop - self.world.elapsed):
                for push in self._told(block):
                    yield from self._tamper.pass_on(push)

    def first(self, topic: Topic) -> list[bytes]:
        """What a new subscriber hears at once."""
        if self.faults.find("freeze") or topic.coin in self.faults.muted("mute") or self._is_left_out(topic):
            return []
        body = self._user.first(topic) if topic.user else self._feeds.first(topic)
        if topic.type == "l2Book" and body is not None:
            body = self._tamper.aged(topic, body)
        return [] if body is None else [written(self._channel(topic), body)]

    def ask(self, text: str) -> list[str]:
        """Make something go wrong, now or later; gives the lines that were understood."""
        begun = self.faults.ask(text, self.world.elapsed)
        self._mind(begun, ended=False)
        self._mind(self.faults.end_expired(self.world.elapsed), ended=True)
        return [part.strip() for part in text.replace("\n", ";").split(";") if part.strip()]

    def take_link_faults(self) -> list[Fault]:
        """The faults that only the owner of the sockets can bring about, since the last time."""
        taken, self._for_links = self._for_links, []
        return taken

    def truth(self, coin: str) -> dict[str, object]:
        """The engine's exact present book of a known coin, whatever the wire says."""
        market, outcome = self.world.by_name[coin]
        price = market.touches(outcome)[0]
        return {
            "coin": coin,
            "now": self.world.now,
            "tick": decimal(market.engine.tick_at(price.price if price else market.crowd.fair)),
            "closed": market.closed,
            **whole(market, outcome),
        }

    def find_coins(self, name: str) -> tuple[str, ...]:
        """The coin that a fault is about, in the spelling of the venue."""
        if name not in self.world.by_name:
            raise FaultError(f"{name!r} is not a coin; expected one of {', '.join(self.world.by_name)}")
        return (name,)

    def _told(self, block: Block) -> Iterator[Push]:
        """What a block gives the subscribers to hear."""
        told = self.ledger.drain()
        for topic in list(self._wanted):
            self.world.breathe()
            if topic.user:
                yield from self._about_account(topic, told)
            elif not self._is_left_out(topic) and (body := self._feeds.after(topic, block)) is not None:
                yield from self._public(topic, body)

    def _public(self, topic: Topic, body: object) -> Iterator[Push]:
        if topic.type == "bbo" and self.faults.find("bbo", (topic.coin,)):
            body = self._feeds.touches(topic, crossed=True)
        if topic.type in _BOOKS:
            body = self._tamper.aged(topic, body)
        yield Push(topic, written(self._channel(topic), body))

    def _about_account(self, topic: Topic, told: list[Told]) -> Iterator[Push]:
        pushes = (
            Push(topic, written(self._channel(topic), body))
            for body in self._user.after(topic, told, self.world.elapsed)
        )
        if self.faults.find("user-late"):
            self._late += pushes
        else:
            yield from pushes

    def _channel(self, topic: Topic) -> str:
        return CHANNELS.get(topic.type, topic.type) if topic.user else self._feeds.channel(topic)

    def _is_left_out(self, topic: Topic) -> bool:
        return topic.type == "l2Book" and self.faults.find("slow-only" if topic.fast else "fast-only") is not None

    def _mind(self, faults: Iterable[Fault], *, ended: bool) -> None:
        """Do what a fault needs at its beginning or its end, beyond being known to be at work."""
        for fault in faults:
            if ended:
                if fault.verb == "user-late":
                    self._waiting += self._late
                    self._late = []
            elif fault.verb == "stale":
                books = [topic for topic in self._wanted if topic.type in _BOOKS]
                self._tamper.remember({topic: self._now(topic) for topic in books if self.world.find(topic.coin)})
            elif fault.verb == "garbage":
                made = garbage(fault.arguments.get("WHAT", "1"), self._subject(), self._garbage_sent)
                self._garbage_sent += len(made)
                self._waiting += made
            elif fault.verb in FOR_LINKS:
                self._for_links.append(fault)

    def _now(self, topic: Topic) -> object:
        return self._feeds.book(topic) if topic.type == "l2Book" else self._feeds.touches(topic)

    def _subject(self) -> bytes:
        """A true message about something that is followed, for garbage to be made from."""
        books = [topic for topic in self._wanted if topic.type == "l2Book" and self.world.find(topic.coin)]
        topic = books[0] if books else Topic("l2Book", coin=self.world.markets[0].coin.name)
        return written("l2Book", self._feeds.book(topic))


def history(
    world: World, ledger: Ledger, topics: Collection[Topic], seconds: int, *, plan: str = ""
) -> Iterator[tuple[Millis, bytes]]:
    """What one connection that follows `topics` would receive during `seconds` of virtual time, with no socket.

    A plan may hold every fault that acts on messages; those that act on sockets have nothing to act on.
    """
    exchange = Exchange(world, ledger)
    if plan:
        exchange.ask(plan)
    for topic in topics:
        yield from ((world.now, text) for text in exchange.first(topic))
    for _ in range(seconds):
        for push in exchange.step(1_000, topics):
            yield world.now, push.text
