"""What is asked for of each coin: in which order of need, and which answer belongs to what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Protocol
from weakref import WeakKeyDictionary

import orjson

from pmtui.venues.hyperliquid import wire
from pmtui.venues.hyperliquid.names import is_outcome
from pmtui.venues.hyperliquid.numbers import Group

MOST = 990
"""Subscriptions of the thousand that the venue allows one address in all, over however many connections; the rest is
for an account."""
CANDLE = "1m"

Body = dict[str, object]


def slow(coin: str) -> Body:
    return {"type": "l2Book", "coin": coin}


def fast(coin: str) -> Body:
    return {"type": "l2Book", "coin": coin, "fast": True}


def wide(coin: str, group: Group) -> Body:
    mantissa = {"mantissa": group.mantissa} if group.mantissa > 1 else {}
    return {"type": "l2Book", "coin": coin, "nSigFigs": group.figures, **mantissa}


def touch(coin: str) -> Body:
    return {"type": wire.TOUCH, "coin": coin}


def trades(coin: str) -> Body:
    return {"type": "trades", "coin": coin}


def context(coin: str) -> Body:
    return {"type": "activeAssetCtx", "coin": coin}


def candle(coin: str) -> Body:
    return {"type": "candle", "coin": coin, "interval": CANDLE}


class Asker(Protocol):
    """A conversation by its name."""

    name: str


class Budget:
    """What all conversations may ask for together: the one that wants most has what the others leave.

    A book that had to leave its conversation is told in full that way, whoever else then gets less.
    """

    def __init__(self) -> None:
        self._wants: WeakKeyDictionary[Asker, int] = WeakKeyDictionary()  # one that has ended wants nothing

    def want(self, asker: Asker, count: int) -> None:
        """A conversation could use so many."""
        self._wants[asker] = count

    def share(self, asker: Asker) -> int:
        """How many it may ask for."""
        mine = self._wants[asker], asker.name
        return max(0, MOST - sum(count for other, count in self._wants.items() if (count, other.name) < mine))


SETTLEMENTS: Body = {"type": "outcomeMetaUpdates"}
"""Which outcome markets came, changed and were settled, all of them in one feed."""

_NEEDED = (fast, slow, touch, trades)
_MORE = (context, candle)


def wanted(
    coins: Iterable[str], shown: Collection[str], groups: Mapping[str, Group] = MappingProxyType({})
) -> dict[bytes, Body]:
    """All that is to be asked for, by its own bytes: first what is on the screen, then a book for every coin."""
    coins = list(coins)
    first = [coin for coin in coins if coin in shown]
    bodies = [SETTLEMENTS] if any(is_outcome(coin) for coin in coins) else []
    bodies += [wide(coin, group) for coin, group in groups.items() if coin in coins]
    bodies += [make(coin) for coin in first for make in (*_NEEDED, *_MORE) if _is_told(make(coin))]
    for make in (*_NEEDED, *_MORE):
        bodies += [body for coin in coins if coin not in shown and _is_told(body := make(coin))]
    return {orjson.dumps(body): body for body in bodies}


def _is_told(body: Body) -> bool:
    # Nothing is documented about a context of outcome markets.
    return body["type"] != "activeAssetCtx" or not is_outcome(str(body["coin"]))


def subscribe(body: Body) -> bytes:
    return orjson.dumps({"method": "subscribe", "subscription": body})


def unsubscribe(body: Body) -> bytes:
    return orjson.dumps({"method": "unsubscribe", "subscription": body})


def feed(body: Body) -> str:
    """What tells it, as its pushes say themselves."""
    if body["type"] != "l2Book":
        return str(body["type"])
    return wire.WIDE if "nSigFigs" in body else wire.FAST if "fast" in body else wire.SLOW


def meant(echo: Mapping[str, object], bodies: Iterable[Body]) -> Body | None:
    """Which of our subscriptions the venue speaks of: it echoes what we sent, and defaults for what we left out."""
    fits = [body for body in bodies if all(echo.get(key) == sent for key, sent in body.items())]
    # The echo of a fast book also has all that the slow one says.
    return max(fits, key=len, default=None)
