"""The market data feeds: each has a rhythm and a form, and most begin with what is so already."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pmtui.sim.engine import BUY
from pmtui.sim.hyperliquid.books import book, touches
from pmtui.sim.hyperliquid.candles import Candle
from pmtui.sim.hyperliquid.catalogue import spec
from pmtui.sim.hyperliquid.context import context
from pmtui.sim.hyperliquid.overview import ShortContexts, all_contexts
from pmtui.sim.hyperliquid.prints import RECENT, Print
from pmtui.sim.hyperliquid.rules import decimal
from pmtui.sim.hyperliquid.topics import Topic
from pmtui.sim.hyperliquid.world import BLOCK, Block, Market, World

Row = dict[str, object]

SLOW, FAST = 5_000, 500
"""Milliseconds between two books: "about every 5 s since July 2026", and every 0.5 s in the fast mode."""
_CONTEXTS, _MIDS, _SHORT = 1_000, 2_000, 5_000


class Feeds:
    """What there is to say about a subscription: at its beginning, and after a block."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._short = ShortContexts(world)
        # Each coin has a turn of its own, so that they do not all speak at once.
        self._phases = {
            name: (place * 7 % (SLOW // BLOCK)) * BLOCK
            for place, market in enumerate(world.markets)
            for name in market.coin.names
        }

    def first(self, topic: Topic) -> object:
        """What a new subscriber hears at once; None for nothing."""
        begin = _FIRST.get(topic.type)
        return begin(self, topic) if begin and (not topic.coin or self._world.find(topic.coin)) else None

    def after(self, topic: Topic, block: Block) -> object:
        """What a block gives a subscriber to hear; None for nothing."""
        if tell := _ABOUT_DOINGS.get(topic.type):
            return tell(self, topic, block) if topic.coin in block.doings and self._world.find(topic.coin) else None
        if topic.type == "outcomeMetaUpdates":
            return self._next_outcomes(block)
        # A book or a context has nothing to say after most blocks: that is found out first.
        period = FAST if topic.fast else _PERIODS.get(topic.type, 0)
        if not period or (self._world.elapsed + self._phases.get(topic.coin, 0)) % period:
            return None
        return _IN_TURN[topic.type](self, topic) if not topic.coin or self._world.find(topic.coin) else None

    def channel(self, topic: Topic) -> str:
        """Where a subscription's pushes arrive."""
        if topic.type == "activeAssetCtx" and self._place(topic)[0].coin.kind != "perp":
            return "activeSpotAssetCtx"
        return topic.type

    def book(self, topic: Topic) -> Row:
        return book(*self._place(topic), self._world.now, topic)

    def touches(self, topic: Topic, *, crossed: bool = False) -> Row:
        return touches(*self._place(topic), self._world.now, crossed=crossed)

    def _place(self, topic: Topic) -> tuple[Market, int]:
        return self._world.by_name[topic.coin]

    def _next_touches(self, topic: Topic, block: Block) -> object:
        return self.touches(topic) if block.doings[topic.coin].is_touched else None

    def _recent_trades(self, topic: Topic) -> object:
        market, outcome = self._place(topic)
        return [trade(made, topic.coin, outcome) for made in list(market.prints)[-RECENT:]]

    def _next_trades(self, topic: Topic, block: Block) -> object:
        outcome = self._place(topic)[1]
        return [trade(made, topic.coin, outcome) for made in block.doings[topic.coin].prints] or None

    def _next_candle(self, topic: Topic, block: Block) -> object:
        if not block.doings[topic.coin].prints:
            return None
        market, outcome = self._place(topic)
        return candle(market.candles.current(topic.interval, block.at).seen(outcome), topic.coin, topic.interval)

    def _context(self, topic: Topic) -> object:
        return {"coin": topic.coin, "ctx": context(*self._place(topic), self._world)}

    def _mids(self, topic: Topic) -> object:
        told = mids(self._world, topic.where)
        return {"dex": topic.where, "mids": told} if topic.where else {"mids": told}

    def _all_contexts(self, _: Topic) -> object:
        return all_contexts(self._world)

    def _short_contexts(self, _: Topic) -> object:
        return self._short.whole()

    def _next_short_contexts(self, _: Topic) -> object:
        return self._short.changes()

    def _next_outcomes(self, block: Block) -> object:
        created = [{"outcomeCreated": spec(coin)} for coin in block.listed if coin.kind == "outcome"]
        return [*created, *({"outcomeSettled": coin.index} for coin in block.settled)] or None


_FIRST: Mapping[str, Callable[[Feeds, Topic], object]] = {
    "l2Book": Feeds.book,
    "trades": Feeds._recent_trades,
    "activeAssetCtx": Feeds._context,
    "allDexsAssetCtxs": Feeds._all_contexts,
    "fastAssetCtxs": Feeds._short_contexts,
}
_ABOUT_DOINGS: Mapping[str, Callable[[Feeds, Topic, Block], object]] = {
    "bbo": Feeds._next_touches,
    "trades": Feeds._next_trades,
    "candle": Feeds._next_candle,
}
"""What is told when something was done to a coin …"""
_PERIODS = {
    "l2Book": SLOW,
    "activeAssetCtx": _CONTEXTS,
    "allMids": _MIDS,
    "allDexsAssetCtxs": _MIDS,
    "fastAssetCtxs": _SHORT,
}
_IN_TURN: Mapping[str, Callable[[Feeds, Topic], object]] = {
    "l2Book": Feeds.book,
    "activeAssetCtx": Feeds._context,
    "allMids": Feeds._mids,
    "allDexsAssetCtxs": Feeds._all_contexts,
    "fastAssetCtxs": Feeds._next_short_contexts,
}
"""… and what comes round by the clock."""


def trade(made: Print, coin: str, outcome: int) -> Row:
    """One trade in terms of a name."""
    seen = made.seen(outcome)
    return {
        "coin": coin,
        "side": "B" if seen.side == BUY else "A",
        "px": decimal(seen.price),
        "sz": decimal(seen.size),
        "time": seen.at,
        "hash": seen.hash,
        "tid": seen.id,
        "users": seen.users,
    }


def candle(told: Candle, coin: str, interval: str) -> Row:
    return {
        "t": told.begins,
        "T": told.ends,
        "s": coin,
        "i": interval,
        "o": decimal(told.open),
        "c": decimal(told.close),
        "h": decimal(told.high),
        "l": decimal(told.low),
        "v": decimal(told.size),
        "n": told.trades,
    }


def mids(world: World, dex: str) -> dict[str, str]:
    """Half way between the touches of every coin of a dex; pairs and outcomes belong to the main one."""
    return {
        name: decimal(middle)
        for name, (market, outcome) in world.by_name.items()
        if market.coin.dex == dex and world.is_listed(market) and (middle := market.middle(outcome)) is not None
    }
