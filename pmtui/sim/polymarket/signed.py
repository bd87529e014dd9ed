"""The reads that an account signs: its orders, its trades, its balances; and the truth about them for checkers."""

from __future__ import annotations

import base64
from binascii import Error
from collections.abc import Callable, Sequence
from typing import TypeVar

import orjson

from pmtui.sim.http import Answer, Answers, Asked
from pmtui.sim.polymarket import statement
from pmtui.sim.polymarket.exchange import Exchange
from pmtui.sim.polymarket.ledger import Ledger
from pmtui.sim.polymarket.own import OwnOrder, OwnTrade
from pmtui.sim.polymarket.statement import Row

TRUTH = "/truth/account"
"""A path of the exchange itself, which needs no signature and meets no fault."""

FIRST, LAST = "MA==", "LTE="
"""Cursors: a number in base64, where -1 means that there is no more."""

_UNAUTHORIZED = "Unauthorized/Invalid api key"
_SPENDERS = (
    "0xE111180000d2663C0091e4f400237545B87B996B",
    "0xe2222d279d744050d28e00520010520000310F59",
)
_UNLIMITED = str(2**256 - 1)
_ORDER = "/data/order/"

Own = TypeVar("Own", OwnOrder, OwnTrade)


class Refusal(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class SignedReads:
    """Answers what is the account's; everything else goes on to the public answers."""

    def __init__(self, exchange: Exchange, ledger: Ledger, public: Answers, *, page: int = 20) -> None:
        """`page` is the number of rows in one answer."""
        self._exchange, self._ledger, self._public = exchange, ledger, public
        self._page = page
        self._reads: dict[str, Callable[[Asked], object]] = {
            "/data/orders": self._orders,
            "/data/trades": self._trades,
            "/balance-allowance": self._balance,
            "/balance-allowance/update": self._balance,
            "/auth/api-keys": lambda _: {"apiKeys": [ledger.account.key]},
            "/auth/ban-status/closed-only": lambda _: {"closed_only": False},
        }

    def answer(self, asked: Asked) -> Answer:
        """The answer to any request."""
        if asked.path == TRUTH:
            return Answer(200, orjson.dumps(statement.truth(self._ledger, self._exchange.world.now)))
        read = self._reads.get(asked.path) or (self._order if asked.path.startswith(_ORDER) else None)
        faults = self._exchange.faults
        if read is None or asked.method != "GET" or faults.find("rest"):
            return self._public.answer(asked)
        if down := faults.find("user-rest"):
            return _failed(down.fault.arguments["STATUS"], "made up by a fault")
        if faults.find("user-deny") or not self._is_signed(asked):
            return _failed(401, _UNAUTHORIZED)
        try:
            return Answer(200, orjson.dumps(read(asked)))
        except Refusal as error:
            return _failed(error.status, str(error))

    def _is_signed(self, asked: Asked) -> bool:
        now = self._exchange.world.now // 1_000
        return self._ledger.account.signed(
            asked.headers, method=asked.method, path=asked.path, body=asked.body, now=now
        )

    def _order(self, asked: Asked) -> object:
        order = self._ledger.orders.get(asked.path.removeprefix(_ORDER))
        return None if order is None or not order.is_open else statement.order_row(order, self._ledger.account)

    def _orders(self, asked: Asked) -> object:
        wanted = {name: _one(asked, name) for name in ("id", "market", "asset_id")}

        def matches(order: OwnOrder) -> bool:
            has = {"id": order.id, "market": order.market.listing.condition_id, "asset_id": order.token}
            return all(value in ("", has[name]) for name, value in wanted.items()) and self._is_ours(asked)

        found = sorted(filter(matches, self._ledger.open_orders), key=lambda order: (order.created, order.id))
        return self._paged(asked, found, lambda order: statement.order_row(order, self._ledger.account))

    def _trades(self, asked: Asked) -> object:
        wanted = {name: _one(asked, name) for name in ("id", "market")}
        token, after, before = _one(asked, "asset_id"), _seconds(asked, "after"), _seconds(asked, "before")

        def matches(trade: OwnTrade) -> bool:
            has = {"id": trade.id, "market": trade.listing.condition_id}
            return (
                all(value in ("", has[name]) for name, value in wanted.items())
                and (not token or any(fill.token == token for fill in trade.fills))
                and (after is None or trade.at // 1_000 >= after)
                and (before is None or trade.at // 1_000 < before)
                and self._is_ours(asked)
            )

        # Newest first: a trade that comes between two pages shifts rows to the next page, but loses none.
        found = [trade for trade in reversed(self._ledger.trades.values()) if matches(trade)]
        return self._paged(asked, found, statement.trade_row)

    def _is_ours(self, asked: Asked) -> bool:
        return _one(asked, "maker_address").lower() in ("", self._ledger.account.address.lower())

    def _balance(self, asked: Asked) -> object:
        kind = _one(asked, "asset_type")
        if kind == "COLLATERAL":
            amount = self._ledger.cash
        elif kind in ("CONDITIONAL", "CONDITIONAL-V2"):
            amount = self._ledger.positions().get(_one(asked, "token_id"), 0)
        else:
            raise Refusal(400, "Invalid asset type")
        allowances = dict.fromkeys(_SPENDERS, _UNLIMITED)
        return {"balance": statement.base_units(max(amount, 0)), "allowances": allowances}

    def _paged(self, asked: Asked, found: Sequence[Own], write: Callable[[Own], Row]) -> object:
        start = _place(_one(asked, "next_cursor"), len(found))
        end = start + self._page
        data = [write(each) for each in found[start:end]]
        following = LAST if end >= len(found) else base64.b64encode(str(end).encode()).decode()
        return {"limit": self._page, "count": len(data), "next_cursor": following, "data": data}


def _one(asked: Asked, name: str) -> str:
    return asked.query.get(name, [""])[0]


def _place(cursor: str, end: int) -> int:
    """The row at which a page begins."""
    if cursor == LAST:
        return end
    try:
        text = base64.b64decode(cursor or FIRST, validate=True)
    except (Error, ValueError) as error:
        raise Refusal(400, "Invalid cursor") from error
    if not (text.isdigit() and len(text) < 12):
        raise Refusal(400, "Invalid cursor")
    return int(text)


def _seconds(asked: Asked, name: str) -> int | None:
    """A moment from the query."""
    if not (text := _one(asked, name)):
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Refusal(400, f"Invalid {name}")
    return int(text)


def _failed(status: int, message: str) -> Answer:
    return Answer(status, orjson.dumps({"error": message}))
