"""Made-up messages about an account, of the documented shapes."""

from __future__ import annotations

from typing import Any

from pmtui.venues.hyperliquid.own import Tokens
from pmtui.venues.hyperliquid.user import UserStream

from .frames import HASH, NOON, spelt

ADDRESS = "0x" + "5a" * 20
AGENT = "0x" + "a6" * 20
PAIRS = {
    "tokens": [{"name": "USDC", "index": 0}, {"name": "HYPE", "index": 150}, {"name": "PURR", "index": 1}],
    "universe": [
        {"name": "@9", "tokens": [150, 1], "index": 9},
        {"name": "@107", "tokens": [150, 0], "index": 107},
        {"name": "PURR/USDC", "tokens": [1, 0], "index": 0},
    ],
}


def conversation(tokens: Tokens | None = None) -> UserStream:
    made = UserStream("hyperliquid account link", "wss://made.up", ADDRESS, tokens)
    made.open()
    return made


def order(number: int = 77, *, left: str = "0.5", **more: object) -> dict[str, Any]:
    told: dict[str, Any] = {"coin": "BTC", "side": "B", "limitPx": "98450.0", "sz": left, "oid": number}
    return told | {"timestamp": NOON, "origSz": "0.5"} | more


def update(status: str = "open", *, after: int = 0, **more: object) -> dict[str, Any]:
    return {"order": order(**more), "status": status, "statusTimestamp": NOON + after}  # type: ignore[arg-type]


def listed(number: int = 77, **more: object) -> dict[str, Any]:
    """A row of the open orders as the venue's own site asks for them."""
    told = {
        "triggerCondition": "N/A",
        "isTrigger": False,
        "triggerPx": "0.0",
        "children": [],
        "isPositionTpsl": False,
        "reduceOnly": False,
        "orderType": "Limit",
        "tif": "Gtc",
        "cloid": None,
    }
    return order(number) | told | more


def fill(number: int = 11, **more: object) -> dict[str, Any]:
    told: dict[str, Any] = {"coin": "BTC", "px": "98450.0", "sz": "0.2", "side": "A", "time": NOON + 5}
    told |= {"startPosition": "0.2", "dir": "Close Long", "closedPnl": "-1.5", "hash": HASH, "oid": 77}
    return told | {"crossed": True, "fee": "0.009501", "tid": number, "feeToken": "USDC"} | more


def fills(*each: dict[str, Any], user: str = ADDRESS, **more: object) -> bytes:
    return spelt({"channel": "userFills", "data": {"user": user, "fills": list(each)} | more})


def updates(*each: dict[str, Any]) -> bytes:
    return spelt({"channel": "orderUpdates", "data": list(each)})


def position(coin: str = "BTC", size: str = "-0.25", **more: object) -> dict[str, Any]:
    told = {
        "coin": coin,
        "szi": size,
        "leverage": {"type": "cross", "value": 20},
        "entryPx": "98000.5",
        "positionValue": "24612.5",
        "unrealizedPnl": "-112.375",
        "returnOnEquity": "-0.09",
        "liquidationPx": "131313.1313131313",
        "marginUsed": "1230.6",
        "maxLeverage": 40,
    }
    return {"type": "oneWay", "position": told | more}


def state(*positions: dict[str, Any], free: str = "1000.25", sent: int = 0) -> dict[str, Any]:
    return {"assetPositions": list(positions), "withdrawable": free, "time": NOON + sent}


def balance(coin: str, token: int, total: str, hold: str = "0.0", paid: str = "0.0") -> dict[str, Any]:
    return {"coin": coin, "token": token, "total": total, "hold": hold, "entryNtl": paid}
