"""The account as the venue tells it: orders, fills, margin and balances; strangers have nothing."""

from __future__ import annotations

from pmtui.core.units import ONE, floor_to
from pmtui.sim.engine import BUY, YES
from pmtui.sim.hyperliquid.context import mark
from pmtui.sim.hyperliquid.ledger import USDC, Holding, Ledger, OwnFill, OwnOrder, token_of
from pmtui.sim.hyperliquid.rules import decimal, product, ratio
from pmtui.sim.hyperliquid.world import Market, World

Row = dict[str, object]

MOST_FILLS = 2_000
"""Fills in one answer, or at the beginning of a feed."""
MOST_ORDERS = 2_000
"""And past orders."""

_MICRO = 1_000  # billionths: the venue counts money with 6 decimals


class Statement:
    """What can be told of the account in a world; any other address is answered as one that never traded."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self.world, self.ledger = world, ledger

    def open_orders(self, user: str, dex: str = "", *, frontend: bool = False) -> list[Row]:
        """What works on one dex, youngest first; pairs and outcomes belong to the main one."""
        if not self.ledger.is_own(user):
            return []
        orders = [order for order in self.ledger.open_orders if order.market.coin.dex == dex]
        write = frontend_order if frontend else basic_order
        return [write(order) for order in sorted(orders, key=lambda order: (-order.created, -order.id))]

    def fills(self, user: str) -> list[Row]:
        """Everything that was traded, oldest first."""
        return [fill_row(fill) for fill in self.ledger.fills] if self.ledger.is_own(user) else []

    def order_status(self, user: str, order: int | str) -> Row:
        """One order by its number or by the client's own id."""
        found = self.ledger.orders.get(order) if isinstance(order, int) else self._by_client_id(order)
        if found is None or not self.ledger.is_own(user):
            return {"status": "unknownOid"}
        return {"status": "order", "order": order_row(found)}

    def order_history(self, user: str) -> list[Row]:
        """What became of every order, oldest first."""
        return [order_row(order) for order in self.ledger.orders.values()] if self.ledger.is_own(user) else []

    def clearinghouse(self, user: str, dex: str = "") -> Row:
        """Margin and positions on one dex."""
        own = self.ledger.is_own(user)
        held = self._positions(dex) if own else []
        cash = self.ledger.cash.get(dex, 0) if own else 0
        notional = sum(product(mark(market), abs(holding.size)) for market, holding in held)
        signed = sum(_value(market, holding.size) for market, holding in held)
        value = cash + sum(_unrealized(market, holding) for market, holding in held)
        used = sum(_margin(market, holding) for market, holding in held)
        maintenance = sum(_maintenance(market, holding.size) for market, holding in held)
        summary = {
            "accountValue": _money(value),
            "totalNtlPos": _money(notional),
            "totalRawUsd": _money(value - signed),
            "totalMarginUsed": _money(used),
        }
        spare = value - maintenance
        return {
            "marginSummary": summary,
            "crossMarginSummary": summary,
            "crossMaintenanceMarginUsed": _money(maintenance),
            "withdrawable": _money(max(value - used, 0)),
            "assetPositions": [
                {"type": "oneWay", "position": _position(market, holding, spare)} for market, holding in held
            ],
            "time": self.world.now,
        }

    def trading(self, user: str, coin: str) -> Row:
        """What could be bought and sold of a coin at its greatest leverage."""
        market, outcome = self.world.by_name[coin]
        price, leverage = mark(market, outcome), market.coin.leverage
        cash = self.ledger.cash.get(market.coin.dex, 0) if self.ledger.is_own(user) else 0
        most = floor_to(cash * leverage * ONE // price, market.coin.character.grain)
        return {
            "leverage": {"type": "cross", "value": leverage},
            "maxTradeSzs": [decimal(most)] * 2,
            "availableToTrade": [_money(cash)] * 2,
            "markPx": decimal(price),
        }

    def spot(self, user: str) -> Row:
        """Balances: money, the tokens of pairs, and those of outcomes."""
        if not self.ledger.is_own(user):
            return {"balances": []}
        balances = [_balance(USDC, 0, self.ledger.spot_cash, self.ledger.bound, 0)]
        for name, holding in self.ledger.holdings.items():
            market, outcome = self.world.by_name[name]
            if market.coin.kind == "perp" or not holding.size:
                continue
            token = (market.coin.title, market.coin.base)
            if market.coin.kind == "outcome":
                token = token_of(market.coin, outcome)
            balances.append(
                _balance(*token, holding.size, self.ledger.bound_of(name), product(holding.entry, holding.size))
            )
        return {"balances": balances}

    def account(self, user: str) -> Row:
        """What is so of an account beside its money, and of each dex: here nobody has agents or vaults to show."""
        state = {
            "agentAddress": None,
            "agentValidUntil": None,
            "cumLedger": "0.0",
            "serverTime": self.world.now,
            "isVault": False,
            "user": user,
        }
        return {"userState": state, "perpDexStates": [{"totalVaultEquity": "0.0"} for _ in self.world.catalogue.dexes]}

    def role(self, user: str) -> Row:
        if self.ledger.is_own(user):
            return {"role": "user"}
        if user == self.ledger.agent:
            return {"role": "agent", "data": {"user": self.ledger.address}}
        return {"role": "missing"}

    def truth(self) -> Row:
        """What the account really has, whatever the wire says."""
        return {
            "now": self.world.now,
            "address": self.ledger.address,
            "orders": self.open_orders(self.ledger.address) + self._elsewhere(),
            "fills": self.fills(self.ledger.address),
            "positions": {name: decimal(holding.size) for name, holding in self.ledger.holdings.items()},
        }

    def _elsewhere(self) -> list[Row]:
        return [row for dex in self.world.catalogue.dexes[1:] for row in self.open_orders(self.ledger.address, dex)]

    def _by_client_id(self, name: str) -> OwnOrder | None:
        return next((order for order in self.ledger.orders.values() if order.client_id == name.lower()), None)

    def _positions(self, dex: str) -> list[tuple[Market, Holding]]:
        found = ((self.world.by_name[name][0], holding) for name, holding in self.ledger.holdings.items())
        return [
            (market, holding)
            for market, holding in found
            if market.coin.kind == "perp" and market.coin.dex == dex and holding.size
        ]


def basic_order(order: OwnOrder) -> Row:
    """An order as `openOrders` and `orderUpdates` tell it."""
    told: Row = {
        "coin": order.coin,
        "side": _side(order.side),
        "limitPx": decimal(order.price),
        "sz": decimal(order.left),
        "oid": order.id,
        "timestamp": order.created,
        "origSz": decimal(order.size),
    }
    if order.client_id is not None:
        told["cloid"] = order.client_id
    return told | ({"reduceOnly": True} if order.reduce_only else {})


def frontend_order(order: OwnOrder) -> Row:
    """An order with all that the venue's own site shows."""
    return basic_order(order) | {
        "triggerCondition": "N/A",
        "isTrigger": False,
        "triggerPx": "0.0",
        "children": [],
        "isPositionTpsl": False,
        "reduceOnly": order.reduce_only,
        "orderType": "Limit",
        "tif": order.tif,
        "cloid": order.client_id,
    }


def order_row(order: OwnOrder) -> Row:
    """An order with what became of it."""
    return {"order": frontend_order(order), "status": order.status, "statusTimestamp": order.changed}


def fill_row(fill: OwnFill) -> Row:
    order = fill.order
    told: Row = {
        "coin": order.coin,
        "px": decimal(fill.price),
        "sz": decimal(fill.size),
        "side": _side(order.side),
        "time": fill.at,
        "startPosition": decimal(fill.before),
        "dir": _direction(fill),
        "closedPnl": _money(fill.gained if order.market.coin.kind == "perp" else 0),
        "hash": fill.hash,
        "oid": order.id,
        "crossed": fill.crossed,
        "fee": _money(fill.fee),
        "tid": fill.id,
        "feeToken": fill.fee_token,
        "twapId": None,
    }
    return told if order.client_id is None else told | {"cloid": order.client_id}


def _side(side: str) -> str:
    return "B" if side == BUY else "A"


def _direction(fill: OwnFill) -> str:
    if fill.order.market.coin.kind != "perp":
        return "Buy" if fill.order.side == BUY else "Sell"
    after = fill.before + (fill.size if fill.order.side == BUY else -fill.size)
    if fill.before * after < 0:
        return "Long > Short" if fill.before > 0 else "Short > Long"
    if abs(after) > abs(fill.before):
        return "Open Long" if after > 0 else "Open Short"
    return "Close Long" if fill.before > 0 else "Close Short"


def _position(market: Market, holding: Holding, spare: int) -> Row:
    value = product(mark(market), abs(holding.size))
    unrealized = _unrealized(market, holding)
    liquidation = _liquidation(market, holding, spare)
    return {
        "coin": market.coin.name,
        "szi": decimal(holding.size),
        "leverage": {"type": "cross", "value": market.coin.leverage},
        "entryPx": decimal(holding.entry // _MICRO * _MICRO),
        "positionValue": _money(value),
        "unrealizedPnl": _money(unrealized),
        "returnOnEquity": ratio(unrealized, max(_margin(market, holding), 1), 10),
        "liquidationPx": None if liquidation is None else decimal(liquidation),
        "marginUsed": _money(_margin(market, holding)),
        "maxLeverage": market.coin.leverage,
        "cumFunding": {"allTime": "0.0", "sinceOpen": "0.0", "sinceChange": "0.0"},
    }


def _liquidation(market: Market, holding: Holding, spare: int) -> int | None:
    """ "liq_price = price - side * margin_available / position_size / (1 - l * side)", with l half of 1 / leverage."""
    side, leverage = (1 if holding.size > 0 else -1), market.coin.leverage
    reach = spare * ONE // abs(holding.size) * 2 * leverage // (2 * leverage - side)
    price = mark(market, YES) - side * reach
    return price // _MICRO * _MICRO if price > 0 else None


def _unrealized(market: Market, holding: Holding) -> int:
    return product(mark(market) - holding.entry, holding.size)


def _value(market: Market, size: int) -> int:
    return product(mark(market), size)


def _margin(market: Market, holding: Holding) -> int:
    return product(mark(market), abs(holding.size)) // market.coin.leverage


def _maintenance(market: Market, size: int) -> int:
    return product(mark(market), abs(size)) // (2 * market.coin.leverage)


def _balance(name: str, token: int, total: int, hold: int, entry: int) -> Row:
    return {"coin": name, "token": token, "total": decimal(total), "hold": decimal(hold), "entryNtl": _money(entry)}


def _money(amount: int) -> str:
    """An amount cut to millionths, towards nothing."""
    return decimal(abs(amount) // _MICRO * _MICRO * (-1 if amount < 0 else 1))
