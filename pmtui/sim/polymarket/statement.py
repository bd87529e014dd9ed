"""The account's orders and trades as the user channel and the signed reads tell them."""

from __future__ import annotations

from pmtui.core.units import plain
from pmtui.sim.account import Account
from pmtui.sim.polymarket.ledger import Ledger
from pmtui.sim.polymarket.own import KILLED, TAKER, OrderTold, OwnOrder, OwnTrade, Part, TradeTold
from pmtui.sim.polymarket.settlement import MATCHED

Row = dict[str, object]

_BASE_UNIT = 1_000  # billionths: the venue counts money and shares with 6 decimals
_NO_BUILDER = "0x" + "0" * 64


def order_event(told: OrderTold, account: Account) -> Row:
    """A placement, an update or a cancellation."""
    order = told.order
    row = _order(order, account)
    if order.status == KILLED:
        # As recorded: an order that the book never saw comes with holes.
        row |= {"size_matched": "", "outcome": "", "created_at": ""}
    else:
        row["created_at"] = str(order.created // 1_000)
    return {
        "event_type": "order",
        "type": told.type,
        **row,
        "order_owner": account.key,
        "timestamp": str(told.at),
    }


def order_row(order: OwnOrder, account: Account) -> Row:
    """An open order, whose creation REST tells as a number."""
    return _order(order, account) | {"created_at": order.created // 1_000}


def trade_event(told: TradeTold) -> Row:
    """A trade in one of its states."""
    trade = told.trade
    row = _trade(trade)
    if int(trade.id[:2], 16) % 4 == 0:
        row["matchtime"] = row.pop("match_time")  # "also spelt"
    return {
        "event_type": "trade",
        "type": "TRADE",
        **row,
        "status": trade.state,
        "trade_owner": trade.taker.owner,
        "timestamp": str(told.at),
    }


def trade_row(trade: OwnTrade) -> Row:
    """A trade as REST tells it, with the longer names of its states."""
    unsent = trade.state == MATCHED and not trade.broadcast
    makers = [_maker(trade, part) | {"builder_fee": "0", "builder_code": _NO_BUILDER} for part in trade.makers]
    return _trade(trade) | {
        "status": f"TRADE_STATUS_{'MATCHED_NOT_BROADCASTED' if unsent else trade.state}",
        "maker_orders": makers,
        "match_time_nano": str(trade.at * 1_000_000),
        "err_msg": None,
    }


def base_units(amount: int) -> str:
    """An amount as balances are told."""
    return str(amount // _BASE_UNIT)


def truth(ledger: Ledger, now: int) -> Row:
    """What the account really has, whatever the wire says."""
    return {
        "now": str(now),
        "orders": [_true_order(order) for order in ledger.open_orders],
        "fills": [
            {
                "trade_id": fill.trade,
                "bucket_index": fill.bucket,
                "order_id": fill.order,
                "asset_id": fill.token,
                "side": fill.side,
                "price": plain(fill.price),
                "size": plain(fill.size),
                "trader_side": fill.role,
                "status": fill.state,
            }
            for fill in ledger.fills
        ],
        "positions": {token: _signed(size) for token, size in ledger.positions().items()},
        "cash": _signed(ledger.cash),
    }


def _order(order: OwnOrder, account: Account) -> Row:
    return {
        "id": order.id,
        "owner": account.key,
        "market": order.market.listing.condition_id,
        "asset_id": order.token,
        "side": order.side,
        "original_size": plain(order.size),
        "size_matched": plain(order.matched),
        "price": plain(order.price),
        "associate_trades": list(order.trades) or None,
        "outcome": order.market.listing.outcomes[order.outcome],
        "created_at": None,
        "expiration": str(order.expires),
        "order_type": order.kind,
        "status": order.status,
        "maker_address": account.address,
    }


def _trade(trade: OwnTrade) -> Row:
    taker = trade.taker
    return {
        "id": trade.id,
        "taker_order_id": taker.order,
        "market": trade.listing.condition_id,
        "asset_id": trade.listing.tokens[taker.outcome],
        "side": taker.side,
        "size": plain(taker.size),
        "fee_rate_bps": "0",
        "price": plain(taker.price),
        "status": trade.state,
        "match_time": str(trade.at // 1_000),
        "last_update": str(trade.updated // 1_000),
        "outcome": trade.listing.outcomes[taker.outcome],
        "bucket_index": trade.bucket,
        "owner": taker.owner,
        "maker_address": taker.address,
        "transaction_hash": trade.hash if trade.broadcast else None,
        "trader_side": trade.role,
        "maker_orders": [_maker(trade, part) for part in trade.makers],
    }


def _maker(trade: OwnTrade, part: Part) -> Row:
    return {
        "order_id": part.order,
        "owner": part.owner,
        "maker_address": part.address,
        "matched_amount": plain(part.size),
        "price": plain(part.price),
        "fee_rate_bps": "" if trade.role == TAKER else "0",
        "asset_id": trade.listing.tokens[part.outcome],
        "outcome": trade.listing.outcomes[part.outcome],
        "outcome_index": part.outcome,
        "side": part.side,
    }


def _true_order(order: OwnOrder) -> Row:
    return {
        "id": order.id,
        "market": order.market.listing.condition_id,
        "asset_id": order.token,
        "side": order.side,
        "price": plain(order.price),
        "original_size": plain(order.size),
        "size_matched": plain(order.matched),
    }


def _signed(amount: int) -> str:
    return f"-{plain(-amount)}" if amount < 0 else plain(amount)
