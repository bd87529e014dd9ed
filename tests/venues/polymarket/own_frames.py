"""Made-up messages about our own orders and trades, in the venue's shapes; no value is anybody's credential."""

from __future__ import annotations

from typing import Any

from pmtui.core.credentials import Credentials, Secret

from .frames import MARKET, NO, SENT, YES, Fields

KEY = "0c4d9e1a-77aa-4b1b-9d0e-5f3b2a1c6e7d"
SECRET = "c2VjcmV0LW9mLW5vYm9keS1hdC1hbGwtMzItYnl0ZXM="  # noqa: S105  # made up
PASSPHRASE = "9f8e7d6c5b4a39281706f5e4d3c2b1a0ffeeddccbbaa99887766554433221100"  # noqa: S105  # made up
ADDRESS = "0xAbCdEf0123456789aBcDeF0123456789AbCdEf01"
WALLET = "0x1111222233334444555566667777888899990000"
STRANGER = "ffffffff-0000-4000-8000-000000000009"
ELSEWHERE = "0x9999222233334444555566667777888899990000"
ORDER, OTHER = "0x" + "1a" * 32, "0x" + "2b" * 32
TRADE = "8a7b6c5d-0000-4000-8000-123456789abc"
SECONDS = SENT // 1000


def credentials(address: str = ADDRESS) -> Credentials:
    return Credentials(Secret(KEY), Secret(SECRET), Secret(PASSPHRASE), address, "a test")


def order_event(**facts: Any) -> Fields:
    """A placement."""
    return {
        "event_type": "order",
        "type": "PLACEMENT",
        "id": ORDER,
        "owner": KEY,
        "order_owner": KEY,
        "market": MARKET,
        "asset_id": YES,
        "side": "BUY",
        "original_size": "100",
        "size_matched": "0",
        "price": "0.48",
        "outcome": "Yes",
        "associate_trades": None,
        "created_at": str(SECONDS),
        "expiration": "0",
        "order_type": "GTC",
        "status": "LIVE",
        "maker_address": WALLET,
        "timestamp": str(SENT),
    } | facts


def part(**facts: Any) -> Fields:
    """What one resting order gave to a trade: ours, unless it is said to be another's."""
    return {
        "order_id": ORDER,
        "owner": KEY,
        "maker_address": WALLET,
        "matched_amount": "25",
        "price": "0.48",
        "fee_rate_bps": "0",
        "asset_id": YES,
        "outcome": "Yes",
        "outcome_index": 0,
        "side": "BUY",
    } | facts


def theirs(**facts: Any) -> Fields:
    return part(order_id=OTHER, owner=STRANGER, maker_address=ELSEWHERE, matched_amount="7") | facts


def taken(**facts: Any) -> Fields:
    """A trade in which our order took."""
    return {
        "event_type": "trade",
        "type": "TRADE",
        "id": TRADE,
        "taker_order_id": ORDER,
        "market": MARKET,
        "asset_id": YES,
        "side": "BUY",
        "size": "10.5",
        "price": "0.52",
        "fee_rate_bps": "0",
        "outcome": "Yes",
        "status": "MATCHED",
        "match_time": str(SECONDS),
        "last_update": str(SECONDS + 1),
        "owner": KEY,
        "trade_owner": KEY,
        "maker_address": WALLET,
        "transaction_hash": None,
        "bucket_index": 0,
        "trader_side": "TAKER",
        "maker_orders": [theirs()],
        "timestamp": str(SENT),
    } | facts


def made(*parts: Fields, **facts: Any) -> Fields:
    """A trade in which our orders rested: the outer numbers are those of a stranger who bought the other outcome."""
    outer = {"trader_side": "MAKER", "owner": STRANGER, "trade_owner": STRANGER, "maker_address": ELSEWHERE}
    numbers = {"taker_order_id": OTHER, "asset_id": NO, "outcome": "No", "price": "0.52", "size": "32"}
    return taken(**outer, **numbers, maker_orders=list(parts or (part(),))) | facts
