"""The answers to info requests, over REST or over the socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from pmtui.sim.hyperliquid import catalogue, weights
from pmtui.sim.hyperliquid.books import book
from pmtui.sim.hyperliquid.candles import INTERVALS
from pmtui.sim.hyperliquid.context import fundings
from pmtui.sim.hyperliquid.exchange import Exchange
from pmtui.sim.hyperliquid.feeds import candle, mids, trade
from pmtui.sim.hyperliquid.statement import MOST_FILLS
from pmtui.sim.hyperliquid.topics import (
    Impossible,
    Topic,
    Unreadable,
    address,
    check_grouping,
    name,
    optional_name,
    optional_number,
)
from pmtui.sim.hyperliquid.visitor import Minute, Visitor

Body = dict[str, Any]

UNREADABLE = "Failed to deserialize the JSON body into the target type"
"""What is told, with the status 422, to a request that cannot be read."""
BUSY = HTTPStatus.TOO_MANY_REQUESTS
"""And how whoever asks too often is refused."""

_REACHABLE = 10_000
"""Fills of an account, the last ones, that are told at all."""


class TooOften(Exception):
    """More was asked for in a minute than one address may."""


class Info:
    """Requests in, answers out; names that nobody knows are answered by null."""

    def __init__(self, exchange: Exchange, visitor: Visitor | None = None) -> None:
        """`visitor` is who asks, and may not ask for too much."""
        self._exchange = exchange
        self._asks = Minute(weights.MOST_WEIGHT) if visitor is None else visitor.requests
        self._world = exchange.world
        self._statement = exchange.statement

    def answer(self, asked: object) -> object:
        """The answer to any request; raises `Unreadable` for one that is none, `TooOften` for one too many."""
        now = self._world.now
        if not self._asks.takes(now, weights.before(asked)):
            raise TooOften
        told = self._find(asked)
        self._asks.add(now, weights.after(asked, told))
        return told

    def _find(self, asked: object) -> object:
        kind = asked.get("type") if isinstance(asked, dict) else None
        find = _ANSWERS.get(kind) if isinstance(kind, str) else None
        if find is None or not isinstance(asked, dict):
            raise Unreadable(UNREADABLE)
        try:
            return find(self, asked)
        except Impossible as error:
            raise Unreadable(UNREADABLE) from error

    def _meta(self, asked: Body) -> object:
        dex = optional_name(asked.get("dex"))
        return catalogue.meta(self._world, dex) if self.is_dex(dex) else None

    def _meta_and_contexts(self, asked: Body) -> object:
        dex = optional_name(asked.get("dex"))
        return catalogue.meta_and_contexts(self._world, dex) if self.is_dex(dex) else None

    def _all_metas(self, _: Body) -> object:
        return [catalogue.meta(self._world, dex) for dex in self._world.catalogue.dexes]

    def _settled(self, asked: Body) -> object:
        number = optional_number(asked.get("outcome"))
        return None if number is None else catalogue.settled_outcome(self._world, number)

    def _mids(self, asked: Body) -> object:
        dex = optional_name(asked.get("dex"))
        return mids(self._world, dex) if self.is_dex(dex) else None

    def _book(self, asked: Body) -> object:
        figures, mantissa = (optional_number(asked.get(key)) for key in ("nSigFigs", "mantissa"))
        check_grouping(figures, mantissa)
        if (found := self._world.find(name(asked.get("coin")))) is None:
            return None
        told = book(*found, self._world.now, Topic("l2Book", figures=figures, mantissa=mantissa))
        told.pop("spread", None)
        return told

    def _trades(self, asked: Body) -> object:
        coin = name(asked.get("coin"))
        if (found := self._world.find(coin)) is None:
            return None
        market, outcome = found
        return [trade(made, coin, outcome) for made in reversed(market.prints)]

    def _candles(self, asked: Body) -> object:
        req = asked.get("req")
        if not isinstance(req, dict) or name(req.get("interval")) not in INTERVALS:
            raise Unreadable(UNREADABLE)
        coin, now = name(req.get("coin")), self._world.now
        start, end = optional_number(req.get("startTime")), optional_number(req.get("endTime"))
        if start is None:
            raise Unreadable(UNREADABLE)
        if (found := self._world.by_name.get(coin)) is None:
            return None
        market, outcome = found
        told = market.candles.between(req["interval"], start, now if end is None else end, now)
        return [candle(each.seen(outcome), coin, req["interval"]) for each in told]

    def _fundings(self, asked: Body) -> object:
        start, end = optional_number(asked.get("startTime")), optional_number(asked.get("endTime"))
        if start is None:
            raise Unreadable(UNREADABLE)
        if (found := self._world.by_name.get(name(asked.get("coin")))) is None:
            return None
        return fundings(found[0], start, self._world.now if end is None else min(end, self._world.now))

    def _open_orders(self, asked: Body) -> object:
        return self._statement.open_orders(*self._user_and_dex(asked))

    def _frontend_orders(self, asked: Body) -> object:
        return self._statement.open_orders(*self._user_and_dex(asked), frontend=True)

    def _fills(self, asked: Body) -> object:
        return self._statement.fills(address(asked.get("user")))[: -MOST_FILLS - 1 : -1]

    def _fills_by_time(self, asked: Body) -> object:
        start, end = optional_number(asked.get("startTime")), optional_number(asked.get("endTime"))
        if start is None:
            raise Unreadable(UNREADABLE)
        end = self._world.now if end is None else end
        user = address(asked.get("user"))
        fills = self._statement.ledger.fills if self._statement.ledger.is_own(user) else []
        oldest = max(0, len(fills) - _REACHABLE)
        places = [place for place in range(oldest, len(fills)) if start <= fills[place].at <= end]
        rows = self._statement.fills(user)
        return [rows[place] for place in places[:MOST_FILLS]]

    def _order_status(self, asked: Body) -> object:
        order = asked.get("oid")
        if isinstance(order, bool) or not isinstance(order, int | str):
            raise Unreadable(UNREADABLE)
        return self._statement.order_status(address(asked.get("user")), order)

    def _clearinghouse(self, asked: Body) -> object:
        return self._statement.clearinghouse(*self._user_and_dex(asked))

    def _rate_limit(self, asked: Body) -> object:
        address(asked.get("user"))
        return {"cumVlm": "0.0", "nRequestsUsed": 0, "nRequestsCap": 10_000}

    def _user_and_dex(self, asked: Body) -> tuple[str, str]:
        return address(asked.get("user")), optional_name(asked.get("dex"))

    def is_dex(self, dex: str) -> bool:
        return dex in self._world.catalogue.dexes

    def is_coin(self, coin: str) -> bool:
        return self._world.find(coin) is not None


_ANSWERS: Mapping[str, Callable[[Info, Body], object]] = {
    "meta": Info._meta,
    "allPerpMetas": Info._all_metas,
    "perpDexs": lambda info, _: catalogue.perp_dexs(info._world),
    "metaAndAssetCtxs": Info._meta_and_contexts,
    "spotMeta": lambda info, _: catalogue.spot_meta(info._world),
    "spotMetaAndAssetCtxs": lambda info, _: catalogue.spot_meta_and_contexts(info._world),
    "outcomeMeta": lambda info, _: catalogue.outcome_meta(info._world),
    "settledOutcome": Info._settled,
    "allMids": Info._mids,
    "l2Book": Info._book,
    "recentTrades": Info._trades,
    "candleSnapshot": Info._candles,
    "fundingHistory": Info._fundings,
    "openOrders": Info._open_orders,
    "frontendOpenOrders": Info._frontend_orders,
    "userFills": Info._fills,
    "userFillsByTime": Info._fills_by_time,
    "orderStatus": Info._order_status,
    "clearinghouseState": Info._clearinghouse,
    "spotClearinghouseState": lambda info, asked: info._statement.spot(address(asked.get("user"))),
    "userRole": lambda info, asked: info._statement.role(address(asked.get("user"))),
    "userRateLimit": Info._rate_limit,
    "exchangeStatus": lambda info, _: {"time": info._world.now, "specialStatuses": None},
}
