"""Our orders, fills and holdings in the venue's words, which are the same by socket and by answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pmtui.core import careful
from pmtui.core.careful import Bare, sample_of
from pmtui.core.events import (
    Filled,
    FillState,
    Holding,
    HoldingsTold,
    OrderChanged,
    OrderState,
    Rejected,
    Side,
    Unclear,
)
from pmtui.core.instrument import identify
from pmtui.core.ports import VenueError
from pmtui.core.units import DECIMALS, ONE, Millis, NotANumber, Px, Qty, billionths
from pmtui.venues.hyperliquid import names
from pmtui.venues.hyperliquid.names import NAME
from pmtui.venues.hyperliquid.numbers import SIZES, TAKERS, prices_of, sent_at

Fields = Mapping[str, Any]
Row = TypeVar("Row")

SPOT = "spot"
"""The part of the venue where tokens are held; the others are its dexes, the main one without a name."""
MONEY = "USDC"

_ENDS = {
    "open": OrderState.WORKING,
    "triggered": OrderState.WORKING,
    "filled": OrderState.FILLED,
    "canceled": OrderState.CANCELLED,
    "rejected": OrderState.REJECTED,
}
_KINDS = {"Gtc": "GTC", "Alo": "ALO", "Ioc": "IOC", "FrontendMarket": "MKT", "LiquidationMarket": "LIQ"}
_LONGEST_NAME = 64
_LONGEST_REASON = 60
_LARGEST = 10**20


# Orders


def update(fields: Fields, at: Millis) -> OrderChanged:
    """What happened to an order; raises `VenueError`."""
    order = fields.get("order")
    status = fields.get("status")
    if not isinstance(order, Mapping) or not isinstance(status, str) or isinstance(status, Bare):
        raise VenueError("an order update names no order, or not what happened to it", resync=False)
    changed = sent_at(_plain(fields.get("statusTimestamp")))
    state, reason = order_state(status)
    found = _order(order, at, changed, state, reason)
    return found._replace(placed=status == "open" and not found.matched and changed == found.created)


def listed(fields: Fields, at: Millis) -> OrderChanged:
    """One row of the open orders; raises `VenueError`."""
    found = _order(fields, at, Millis(0), OrderState.WORKING, "")
    kind, waits = fields.get("orderType"), fields.get("isTrigger") is True
    tif = fields.get("tif")
    if not waits:
        return found._replace(sent=found.created, waits=False, kind=_KINDS.get(tif, "") if isinstance(tif, str) else "")
    word = "TP" if isinstance(kind, str) and kind.startswith("Take") else "STOP"
    price = _number(fields, "triggerPx", prices_of(_coin(fields)).__getitem__)
    return found._replace(sent=found.created, waits=True, kind=word, price=Px(price))


def _order(fields: Fields, at: Millis, sent: Millis, state: OrderState, reason: str) -> OrderChanged:
    coin = _coin(fields)
    size, left = (_number(fields, name, SIZES.__getitem__) for name in ("origSz", "sz"))
    return OrderChanged(
        number(fields, "oid"),
        identify(NAME, coin),
        at,
        sent,
        _side(fields),
        Px(_number(fields, "limitPx", prices_of(coin).__getitem__)),
        Qty(size),
        Qty(max(0, size - left)),
        state,
        created=sent_at(_plain(fields.get("timestamp"))),
        reason=reason,
        dust=Qty(1),  # what rests is told to the last decimal, and a hundredth of a coin may be a fortune
    )


def order_state(status: str) -> tuple[OrderState, str]:
    """Where an order stands, and what the venue adds; whatever is new to us is told in its own words."""
    if (state := _ENDS.get(status)) is not None:
        return state, ""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", status[:_LONGEST_REASON]).lower()
    if "Rejected" in status:
        return OrderState.REJECTED, words
    return OrderState.CANCELLED if "ancel" in status else OrderState.WORKING, words


# Fills


def fill(fields: Fields, at: Millis, user: str, *, heard: bool) -> Filled:
    """The part in a trade of ours, who are `user`, settled as soon as it is told; raises `VenueError`."""
    coin = _coin(fields)
    sent = sent_at(_plain(fields.get("time")))
    size, crossed = _number(fields, "sz", SIZES.__getitem__), fields.get("crossed")
    if not size:
        raise VenueError("sz is nothing", resync=False)
    if not isinstance(crossed, bool):
        raise VenueError("crossed is neither true nor false", resync=False)
    return Filled(
        number(fields, "tid"),
        number(fields, "oid"),
        0,
        identify(NAME, coin),
        at,
        sent,
        _side(fields),
        Px(_number(fields, "px", prices_of(coin).__getitem__)),
        Qty(size),
        not crossed,
        FillState.CONFIRMED,
        sent,
        # Whoever buys a token may pay in that token, which is not money.
        Qty(signed(fields, "fee")) if fields.get("feeToken") == MONEY else None,
        heard=heard,
        forced=_is_forced(fields.get("liquidation"), user),
    )


def _is_forced(liquidation: object, user: str) -> bool:
    """Whether it is we who were liquidated: whoever took the position over is told of it in the same words."""
    if not isinstance(liquidation, Mapping):
        return False
    whose = liquidation.get("liquidatedUser")
    return not isinstance(whose, str) or whose.lower() == user


# Holdings


def margin(state: Fields, dex: str, at: Millis) -> HoldingsTold:
    """The positions and the free money on one dex, each position judged alone; raises `VenueError`."""
    rows = state.get("assetPositions")
    if not isinstance(rows, list):
        raise VenueError("assetPositions is not a list", resync=False)
    held, odd = [], []
    for row in rows:
        fields = row.get("position") if isinstance(row, Mapping) else None
        if not isinstance(fields, Mapping):
            raise VenueError("a position is not an object", resync=False)
        try:
            found = _position(fields)
        except VenueError as error:
            odd.append(Unclear(identify(NAME, _coin(fields)), error.reason))
        else:
            held += [found] * bool(found.net)
    cash = max(0, signed(state, "withdrawable"))
    sent = sent_at(_plain(state.get("time")))
    return HoldingsTold(NAME, f"dex {dex}", at, sent, tuple(held), cash, tuple(odd))


def _position(fields: Fields) -> Holding:
    return Holding(
        identify(NAME, _coin(fields)),
        signed(fields, "szi"),
        _price(fields, "entryPx"),
        signed(fields, "unrealizedPnl") * ONE,
        _price(fields, "liquidationPx"),
    )


class Tokens:
    """Which coin a token is traded as: a fact of the catalogue that balances do not name."""

    def __init__(self) -> None:
        self._coins: dict[int, str] = {}
        self.known = False
        """Whether there was a check already: what it could not name has no name, and what is nameless since is new."""
        self.learned_at = Millis(0)
        self.pairless: set[int] = set()
        """Tokens that were held already when the catalogue was last asked, and of which it knew no pair."""

    def learn(self, catalogue: object, at: Millis) -> None:
        """Take in the catalogue of pairs; of several of a token the one with money counts. Raises `VenueError`."""
        pairs = catalogue.get("universe") if isinstance(catalogue, Mapping) else None
        if not isinstance(pairs, list):
            raise VenueError("the catalogue of pairs holds no list", resync=False)
        for pair in pairs:
            name, both = (pair.get("name"), pair.get("tokens")) if isinstance(pair, Mapping) else (None, None)
            if isinstance(name, str) and isinstance(both, list) and len(both) == 2 and names.is_spot(name):
                base, quote = both
                if isinstance(base, int) and (quote == 0 or base not in self._coins):
                    self._coins[base] = name
        self.known, self.learned_at = True, at
        self.pairless.clear()

    def coin(self, balance: Fields) -> str | None:
        """None for a token that is not known."""
        name, token = balance.get("coin"), _plain(balance.get("token"))
        if isinstance(name, str) and name[:1] == "+" and names.recognise(f"#{name[1:]}") is None:
            return f"#{name[1:]}"
        return self._coins.get(token) if isinstance(token, int) else None


def balances(state: Fields, tokens: Tokens, at: Millis, *, looked_up: bool = False) -> HoldingsTold | None:
    """The tokens that are held and the money beside them; None until the first check has had its tokens named.

    What was listed since the catalogue was asked is unclear, unless it was asked for the names in these very balances.
    """
    rows = state.get("balances")
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise VenueError("balances is not a list of objects", resync=False)
    cash, held, unclear = 0, [], []
    for row in rows:
        total = signed(row, "total")
        if row.get("coin") == MONEY:
            cash = total - signed(row, "hold")
            continue
        coin = tokens.coin(row)
        if coin is not None and total:
            paid = signed(row, "entryNtl")
            entry = Px(abs(paid * ONE // total)) if paid else None
            held.append(Holding(identify(NAME, coin), total, entry))
        elif total and not tokens.known:
            return None
        elif total and isinstance(token := _plain(row.get("token")), int):
            if looked_up:
                tokens.pairless.add(token)
            elif token not in tokens.pairless:
                unclear.append(
                    Unclear(identify(NAME, f"token {token}"), "it is not known yet what its token trades as")
                )
    return HoldingsTold(NAME, SPOT, at, Millis(0), tuple(held), cash, tuple(unclear))


# Fields


def _coin(fields: Fields) -> str:
    found = fields.get("coin")
    if not isinstance(found, str) or len(found) > _LONGEST_NAME or names.recognise(found) is not None:
        raise VenueError("coin is not a coin's name", resync=False)
    return found


def _side(fields: Fields) -> Side:
    found = fields.get("side")
    if not isinstance(found, str) or found not in TAKERS:
        raise VenueError("side is neither B nor A", resync=False)
    return TAKERS[found]


def number(fields: Fields, name: str) -> str:
    """An id, which the venue counts."""
    found = _plain(fields.get(name))
    if not isinstance(found, int) or found < 0:
        raise VenueError(f"{name} is not a whole number", resync=False)
    return str(found)


def _plain(found: object) -> object:
    """A bare number as one, whichever reader it went through."""
    if isinstance(found, Bare):
        return int(found) if found.isascii() and found.isdecimal() and len(found) <= 20 else None
    return None if isinstance(found, bool) or (isinstance(found, int) and found > _LARGEST) else found


def _number(fields: Fields, name: str, read: Callable[[str], int]) -> int:
    found = fields.get(name)
    try:
        # Whatever is no text is refused by the reader, too.
        return read(found if isinstance(found, str) else "")
    except NotANumber:
        raise VenueError(f"{name} is not a plain decimal number", resync=False) from None


def signed(fields: Fields, name: str) -> int:
    """An amount that may be below zero; what is finer than a billionth is cut: none of these comes near a book."""
    found = fields.get(name)
    if isinstance(found, str):
        whole, dot, part = found.removeprefix("-").partition(".")
        try:
            value = billionths(f"{whole}{dot}{part[:DECIMALS]}")
        except NotANumber:
            pass  # told below, with the name of the field
        else:
            if part.isdecimal() or not dot:
                return -value if found[:1] == "-" else value
    raise VenueError(f"{name} is not a plain decimal number", resync=False)


def _price(fields: Fields, name: str) -> Px | None:
    """A price that need not be there."""
    return None if fields.get(name) is None else Px(signed(fields, name)) or None


def rows_of(found: object, what: str) -> Sequence[Fields]:
    """A list of objects, none where the venue says null."""
    if found is None:
        return ()
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise VenueError(f"{what} is not a list of objects", resync=False)
    return found


def judged(rows: Iterable[Any], read: Callable[[Any], Row], at: Millis) -> list[Row | Rejected]:
    """What each row tells, in their order, judged alone."""
    return careful.judged(rows, lambda row: (read(row),), lambda error, row: Rejected(at, str(error), sample_of(row)))


def parted(found: Iterable[Row | Rejected]) -> tuple[tuple[Row, ...], tuple[Rejected, ...]]:
    """The good ones and the others."""
    told = list(found)
    good = tuple(each for each in told if not isinstance(each, Rejected))
    return good, tuple(each for each in told if isinstance(each, Rejected))
