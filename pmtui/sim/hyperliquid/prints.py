"""Trades as the world sees them, with made-up wallets and hashes that follow from the seed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from random import Random
from typing import NamedTuple

from pmtui.core.units import ONE, Millis, Px, Qty
from pmtui.sim.account import address_of
from pmtui.sim.engine import BUY, OTHER, SELL, YES
from pmtui.sim.hyperliquid.candles import Candles

RECENT = 30
"""How many past trades a new subscriber is told."""

_CROWD = 211  # wallets that trade each coin
_TRADE_BITS = 50


class Print(NamedTuple):
    """One trade between two orders, in terms of the first side."""

    at: Millis
    side: str
    """The taker's."""
    price: Px
    size: Qty
    users: tuple[str, str]
    """The buyer and the seller."""
    hash: str
    id: int

    def seen(self, outcome: int) -> Print:
        """The trade in terms of one of the sides: whoever buys one of them sells the other."""
        if outcome == YES:
            return self
        buyer, seller = self.users
        return self._replace(side=OTHER[self.side], price=Px(ONE - self.price), users=(seller, buyer))


def transaction(*about: object) -> str:
    """A transaction hash."""
    return f"0x{sha256('/'.join(('transaction', *map(str, about))).encode()).hexdigest()}"


def trade_id(*about: object) -> int:
    """ "50-bit hash of (buyer_oid, seller_oid)"."""
    digest = sha256("/".join(("trade", *map(str, about))).encode()).digest()
    return int.from_bytes(digest[:8]) >> (64 - _TRADE_BITS)


def wallet(seed: int, coin: str, order: int) -> str:
    """The wallet behind an order of the crowd."""
    return _of_crowd(seed, coin, order % _CROWD)


@lru_cache(maxsize=8_192)
def _of_crowd(seed: int, coin: str, number: int) -> str:
    return address_of("hyperliquid", seed, coin, number)


def past(coin: str, candles: Candles, seed: int) -> Iterator[Print]:
    """What traded last before the opening, oldest first."""
    random = Random(f"{seed}/{coin}/past")
    at = candles.opened - random.randrange(60_000, 90_000)
    for number in range(RECENT):
        at += random.randrange(100, 2_000)
        side = random.choice((BUY, SELL))
        users = (wallet(seed, coin, random.randrange(_CROWD)), wallet(seed, coin, random.randrange(_CROWD)))
        about = (seed, coin, "past", number)
        size = candles.size(random.randrange(1, 400))
        yield Print(Millis(at), side, candles.price(at), size, users, transaction(*about), trade_id(*about))
