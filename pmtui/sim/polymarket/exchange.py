"""The exchange without sockets: a world, the text of its books, and the faults in between.

The server sends what this gives; tests and long runs in virtual time read it directly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from math import ceil
from typing import NamedTuple

from pmtui.core.units import ONE, Millis, Px, plain
from pmtui.sim.faults import Fault, FaultError, Faults
from pmtui.sim.polymarket.garbage import garbage
from pmtui.sim.polymarket.page import Page
from pmtui.sim.polymarket.tamper import Crossing, Tamper, crossing_change
from pmtui.sim.polymarket.wire import Frame, Schema, frames, new_market, snapshot
from pmtui.sim.polymarket.world import Announced, Happening, Market, World

FOR_LINKS = frozenset({"cut", "close", "clear", "user-cut", "user-down", "user-deny"})
"""The faults that begin with something done to sockets."""

_CROSSED_BY = 5  # ticks: so far above the best ask that the market does not catch up at once


class Sent(NamedTuple):
    """One message and the moment, in the wire's time, at which it left."""

    at: Millis
    frame: Frame


class Exchange:
    """Everything between the world and the sockets."""

    def __init__(self, world: World, *, schema: Schema = "present") -> None:
        self.world = world
        self.faults = Faults(self.find_tokens)
        self._schema: Schema = schema
        self._tamper = Tamper(self.faults)
        self._pages: dict[Market, Page] = {}
        self._wanted: Collection[str] = ()
        self._waiting: list[Frame] = []  # messages that a fault made, for the next step
        self._for_links: list[Fault] = []
        self._stale: dict[str, bytes] = {}
        self._garbage_sent = 0

    def step(self, ms: int, wanted: Collection[str]) -> Iterator[Sent]:
        """Let `ms` milliseconds pass; gives the messages about the tokens that somebody wants."""
        self._wanted = wanted
        until = self.world.elapsed + ms
        while True:
            self._mind(self.faults.end_expired(self.world.elapsed), ended=True)
            self._mind(self.faults.begin_planned(self.world.elapsed), ended=False)
            waiting, self._waiting = self._waiting, []
            yield from (Sent(self.world.now, passed) for frame in waiting for passed in self._tamper.pass_on(frame))
            if self.world.elapsed >= until:
                return
            stop = max(self.world.elapsed + 1, ceil(min(until, self.faults.next_moment())))
            for happening in self.world.step(stop - self.world.elapsed):
                for frame in self._told(happening):
                    if self._tamper.rests:
                        yield Sent(happening.at, frame)
                    else:
                        yield from (Sent(happening.at, passed) for passed in self._tamper.pass_on(frame))

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

    def snapshot(self, tokens: Iterable[str]) -> bytes | None:
        """The first books of some tokens; None when the exchange is frozen and says nothing."""
        if self.faults.find("freeze"):
            return None
        withheld = self.faults.muted("nobook") | self.faults.muted("mute")
        return snapshot(self.place(token) for token in tokens if self.is_open(token) and token not in withheld)

    def is_open(self, token: str) -> bool:
        """Whether the token is known and its market not over."""
        market = self.world.by_token.get(token)
        return market is not None and not market.closed

    def place(self, token: str) -> tuple[Page, int]:
        """The page on which a known token's book is written, and which of its two books it is."""
        market = self.world.by_token[token]
        return self.page(market), market.listing.tokens.index(token)

    def page(self, market: Market) -> Page:
        if (page := self._pages.get(market)) is None:
            page = self._pages[market] = Page(market.listing, market.engine)
        return page

    def book(self, token: str) -> bytes:
        """A token's book as REST tells it, which a `stale` makes an old one."""
        if self._stale and self.faults.find("stale"):
            return self._stale[token]
        return self._true_book(token)

    def truth(self, token: str) -> dict[str, object]:
        """The engine's exact present book of a known token, whatever the wire says."""
        market = self.world.by_token[token]
        page, outcome = self.place(token)
        bids, asks = market.engine.levels(outcome)
        return {
            "token_id": token,
            "market": market.listing.condition_id,
            "sequence": market.sequence,
            "timestamp": page.stamp,
            "now": str(self.world.now),
            "hash": page.hashes[outcome],
            "tick_size": page.tick_size,
            "last_trade_price": page.last_trade_price,
            "closed": market.closed,
            "bids": [[plain(price), plain(size)] for price, size in bids],
            "asks": [[plain(price), plain(size)] for price, size in asks],
        }

    def find_tokens(self, name: str) -> tuple[str, ...]:
        """The tokens meant by a token id, the unique beginning of one, or a market's slug."""
        if name in self.world.by_token:
            return (name,)
        for market in self.world.markets:
            if name == market.listing.slug:
                return market.listing.tokens
        found = tuple(token for token in self.world.by_token if len(name) >= 4 and token.startswith(name))
        if len(found) != 1:
            raise FaultError(f"{name!r} is not a token id, the unique beginning of one, or a slug")
        return found

    def _told(self, happening: Happening) -> Iterator[Frame]:
        if isinstance(happening, Announced):
            yield new_market(happening)
            return
        market = happening.market
        if any(token in self._wanted for token in market.listing.tokens):
            yield from frames(self.page(market), happening, self._schema)
        else:
            # Nobody listens: writing the page anew when somebody does is cheaper than keeping it.
            self._pages.pop(market, None)

    def _true_book(self, token: str) -> bytes:
        page, outcome = self.place(token)
        return page.whole(outcome)

    def _mind(self, faults: Iterable[Fault], *, ended: bool) -> None:
        """Do what a fault needs at its beginning or its end, beyond being known to be at work."""
        for fault in faults:
            if ended:
                if fault.verb == "cross":
                    self._uncross()
            elif fault.verb == "cross":
                self._cross(fault.tokens or self._wanted)
            elif fault.verb == "stale":
                self._stale = {token: self._true_book(token) for token in self.world.by_token}
            elif fault.verb == "garbage":
                self._litter(fault.arguments.get("WHAT", "1"))
            elif fault.verb in FOR_LINKS:
                self._for_links.append(fault)

    def _litter(self, what: str) -> None:
        page = self.page(self._subject(self._wanted))
        made = garbage(what, page, self._garbage_sent)
        self._garbage_sent += len(made)
        self._waiting += made

    def _cross(self, tokens: Iterable[str]) -> None:
        """Set up a bid above the best ask; there is one at a time."""
        self._uncross()
        market = self._subject(tokens)
        tick, ask = market.engine.tick, market.engine.asks.best
        if ask is not None:
            crossing = Crossing(market.listing, Px(min(ask + _CROSSED_BY * tick, ONE - tick)))
            self._tamper.crossing = crossing
            self._waiting.append(crossing_change(crossing, self.page(market), stands=True))

    def _uncross(self) -> None:
        if (crossing := self._tamper.crossing) is not None:
            self._tamper.crossing = None
            page = self.page(self.world.by_condition[crossing.listing.condition_id])
            self._waiting.append(crossing_change(crossing, page, stands=False))

    def _subject(self, tokens: Iterable[str]) -> Market:
        """The market that a fault is about: the first of these tokens', else the world's first."""
        named = [market for market in self.world.markets if not set(market.listing.tokens).isdisjoint(tokens)]
        return (named or self.world.markets)[0]


def history(
    world: World,
    tokens: Collection[str],
    seconds: int,
    *,
    plan: str = "",
    custom: bool = True,
    schema: Schema = "present",
) -> Iterator[tuple[Millis, bytes]]:
    """What one connection that follows `tokens` would receive during `seconds` of virtual time, with no socket.

    A plan may hold every fault that acts on messages; those that act on sockets have nothing to act on.
    """
    exchange = Exchange(world, schema=schema)
    if plan:
        exchange.ask(plan)
    wanted = frozenset(tokens)
    if (first := exchange.snapshot(tokens)) is not None:
        yield world.now, first
    for _ in range(seconds):
        for at, frame in exchange.step(1_000, wanted):
            if frame.reaches(wanted, custom=custom):
                yield at, frame.text
