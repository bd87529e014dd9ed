"""Trades as the world sees them, with made-up wallets and hashes that follow from the seed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from random import Random
from typing import NamedTuple

from pmtui.core.units import ONE, Millis, Px, Qty, floor_to
from pmtui.sim.account import address_of
from pmtui.sim.engine import BUY, OTHER, SELL, YES
from pmtui.sim.hyperliquid.candles import Candle, Candles
from pmtui.sim.hyperliquid.past import MINUTE, divided

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


def past(coin: str, candles: Candles, seed: int) -> list[Print]:
    """What traded in the last minutes before the opening, oldest first: the very trades of their candles."""
    random = Random(f"{seed}/{coin}/past")
    told: list[Print] = []
    ends = candles.opened
    while len(told) < RECENT:
        begins = floor_to(ends - 1, MINUTE)
        [candle] = candles.between("1m", begins, begins, Millis(ends - 1))
        told[:0] = _made(coin, candle, ends - begins, seed, random, candles)
        ends = Millis(begins)
    return told


def _made(coin: str, candle: Candle, length: int, seed: int, random: Random, candles: Candles) -> Iterator[Print]:
    """Trades that make up the first part of a minute, in which they all were."""
    times = sorted(random.randrange(length) for _ in range(candle.trades))
    weights = [random.randrange(1, 100) for _ in times]
    extra = divided(candle.size // candles.grain - len(times), weights)
    prices = _prices(candle, random, candles)
    for number, (after, price, more) in enumerate(zip(times, prices, extra, strict=True)):
        side = random.choice((BUY, SELL))
        users = (wallet(seed, coin, random.randrange(_CROWD)), wallet(seed, coin, random.randrange(_CROWD)))
        about = (seed, coin, "past", candle.begins, number)
        at, size = Millis(candle.begins + after), Qty(candles.grain * (1 + more))
        yield Print(at, side, price, size, users, transaction(*about), trade_id(*about))


def _prices(candle: Candle, random: Random, candles: Candles) -> list[Px]:
    """As many as there were trades, from the first to the last, and between them once as high and once as low."""
    ends = (candle.open, candle.close)
    turns = [price for price in (candle.high, candle.low) if price not in ends]
    rest = candle.trades - len(ends) - len(turns)
    turns += [candles.rounded(random.randrange(candle.low, candle.high + 1)) for _ in range(rest)]
    random.shuffle(turns)
    return [candle.open, *turns, candle.close]
