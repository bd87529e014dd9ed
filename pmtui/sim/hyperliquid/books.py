"""Books and touches as the venue tells them: whole each time, as of a block."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from pmtui.core.units import Millis, Px
from pmtui.sim.engine import BUY, SELL
from pmtui.sim.hyperliquid.rules import decimal, grouped
from pmtui.sim.hyperliquid.topics import Topic
from pmtui.sim.hyperliquid.world import Market, Top

Row = dict[str, object]

SLOW_LEVELS, FAST_LEVELS = 20, 5


def book(market: Market, outcome: int, at: Millis, topic: Topic) -> Row:
    """A book by its subscription's options: how deep, how grouped."""
    most = FAST_LEVELS if topic.fast else SLOW_LEVELS
    told: Row = {
        "coin": market.coin.names[outcome],
        "time": at,
        "levels": [_side(market, side, outcome, most, topic) for side in (BUY, SELL)],
    }
    if topic.figures is not None:
        told["spread"] = _spread(market, outcome)
    if topic.fast:
        told["fast"] = True
    return told


def touches(market: Market, outcome: int, at: Millis, *, crossed: bool = False) -> Row:
    """The best bid and ask; `crossed` puts a bid above the ask that nobody made."""
    bid, ask = market.touches(outcome)
    if crossed and bid is not None and ask is not None:
        bid = bid._replace(price=Px(ask.price + 3 * market.engine.tick_at(ask.price)))
    pair = [None if top is None else _level(top) for top in (bid, ask)]
    return {"coin": market.coin.names[outcome], "time": at, "bbo": pair}


def whole(market: Market, outcome: int) -> dict[str, list[Row]]:
    """Every level of both sides."""
    return {key: [_level(top) for top in market.levels(side, outcome)] for key, side in (("bids", BUY), ("asks", SELL))}


def _side(market: Market, side: str, outcome: int, most: int, topic: Topic) -> list[Row]:
    levels: Iterable[Top] = market.levels(side, outcome)
    if topic.figures is not None:
        levels = (Top(*level) for level in grouped(levels, side, figures=topic.figures, mantissa=topic.mantissa))
    return [_level(top) for top in islice(levels, most)]


def _level(top: Top) -> Row:
    return {"px": decimal(top.price), "sz": decimal(top.size), "n": top.orders}


def _spread(market: Market, outcome: int) -> str:
    bid, ask = market.touches(outcome)
    return "" if bid is None or ask is None else decimal(ask.price - bid.price)
