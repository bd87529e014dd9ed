"""Trades out of one push, each judged alone: told again they are repeated, first of all they are of the past."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pmtui.core.careful import judged, quoted, sample
from pmtui.core.events import Event, Ignored, Rejected, Side, Trade
from pmtui.core.instrument import InstrumentId
from pmtui.core.units import ONE, Millis, NotANumber, Px
from pmtui.venues.hyperliquid import wire
from pmtui.venues.hyperliquid.coin import Coin
from pmtui.venues.hyperliquid.envelope import reason

FOREIGN = Ignored("not wanted")
_REPEATED = Ignored("repeated")
_KEPT, _AT_MOST = 500, 1_000
"""How many of a coin's last trades are known at the least, and when the older ones are forgotten."""
_NO_HASH = "0x" + 32 * "0"
_OTHER = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}
_made: Any = tuple.__new__  # half of what a fact with names costs is its own constructor


def prints(raw: bytes, coins: Mapping[str, Coin], at: Millis) -> list[Event]:
    """What each trade of a push tells; one that cannot be right spoils no other."""
    first: set[Coin] = set()
    lost: list[tuple[InstrumentId, ...]] = []  # looked for once: a push may be long, and all of it bad

    def read(each: wire.Told | wire.Print | dict[str, Any]) -> Sequence[Event]:
        told = wire.told(each)
        coin = coins.get(told[0])
        if coin is None:
            return (FOREIGN,)
        if not coin.heard:
            coin.heard = True
            first.add(coin)
        return _told(told, coin, at, first=coin in first)

    def refuse(error: Exception, _: object) -> Rejected:
        lost[:] = lost or [books_of(named(raw, coins))]
        return Rejected(at, reason(error), sample(raw), unprinted=lost[0])

    return judged(wire.prints(raw), read, refuse, (NotANumber, KeyError))


def named(raw: bytes, coins: Mapping[str, Coin]) -> list[Coin]:
    """The coins whose names stand in a message."""
    found = quoted(raw, coins)
    return [coin for name, coin in coins.items() if name in found]


def books_of(coins: Iterable[Coin]) -> tuple[InstrumentId, ...]:
    return tuple(each for coin in coins for each in coin.books)


def _told(told: wire.Told, coin: Coin, at: Millis, *, first: bool) -> list[Event]:
    _, side, price, size, sent, reference, tid = told
    if price >= coin.ceiling:
        raise NotANumber("a price that is not between 0 and 1")
    known, key = coin.prints, (sent, tid)
    if key in known:
        return [_REPEATED]
    known[key] = None
    if len(known) > _AT_MOST:
        coin.prints = dict.fromkeys(list(known)[-_KEPT:])
    past = first and not (coin.began and sent >= coin.began)
    # Slices of an order that is worked off over time have no transaction.
    reference = "" if reference.startswith(_NO_HASH) else reference
    number = tid or 1
    if coin.only is not None:
        return [_made(Trade, (coin.only, at, sent, price, size, side, reference, number, past))]
    trades: list[Event] = []
    for instrument, mirrored in coin.books.items():
        trade = _made(Trade, (instrument, at, sent, price, size, side, reference, number, past))
        trades.append(_turned(trade) if mirrored else trade)
    return trades


def _turned(trade: Trade) -> Trade:
    """The trade from the other side of the market."""
    return trade._replace(price=Px(ONE - trade.price), side=_OTHER[trade.side])
