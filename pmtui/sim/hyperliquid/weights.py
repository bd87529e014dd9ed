"""What a request weighs: the venue lets one address ask for so much in a minute, over REST and over sockets."""

from __future__ import annotations

MOST_WEIGHT = 1_200
"""In any minute."""

_LIGHT = {
    "l2Book": 2,
    "allMids": 2,
    "clearinghouseState": 2,
    "orderStatus": 2,
    "spotClearinghouseState": 2,
    "exchangeStatus": 2,
    "userRole": 60,
}
_USUAL = 20
_ROWS = {"userFills": 20, "userFillsByTime": 20, "recentTrades": 20, "fundingHistory": 20, "candleSnapshot": 60}
"""Rows of an answer that weigh as much as one more."""


def before(asked: object) -> int:
    """What a request weighs, whatever its answer."""
    return _LIGHT.get(_kind(asked), _USUAL)


def after(asked: object, told: object) -> int:
    """What its answer adds."""
    rows = _ROWS.get(_kind(asked))
    return len(told) // rows if rows and isinstance(told, list) else 0


def _kind(asked: object) -> str:
    kind = asked.get("type") if isinstance(asked, dict) else None
    return kind if isinstance(kind, str) else ""
