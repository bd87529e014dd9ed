"""Our orders and trades in the venue's words, which are the same by socket and by answer but for details.

The `owner` of an order is an API key. So nothing that is refused here is quoted: reasons name the field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pmtui.core.careful import Bare
from pmtui.core.credentials import Credentials, Secret
from pmtui.core.events import DUST, Filled, FillState, OrderChanged, OrderState, Side
from pmtui.core.instrument import InstrumentId, identify
from pmtui.core.ports import VenueError
from pmtui.core.units import ONE, Millis, NotANumber, Px, Qty, rounded
from pmtui.venues.polymarket.ids import is_id
from pmtui.venues.polymarket.masked import masked_words
from pmtui.venues.polymarket.numbers import EARLIEST, LATEST, SIZES, TAKERS, grid

NAME = "polymarket"
Fields = Mapping[str, Any]

_KINDS = frozenset({"GTC", "GTD", "FOK", "FAK"})
_AT_ONCE = frozenset({"FOK", "FAK"})
_ENDS_EARLY = 60_000
"""The venue ends an order with an expiration one minute before it."""
_SECONDS_UNTIL = 100_000_000_000
_MOST_WALLETS = 8
_PIECE = 10
"""So many letters and digits of a secret in a row are in no id by chance."""
_LEAST_SECRET = 8
_LONGEST_ID = 200

ORDER_STATES = {
    "LIVE": OrderState.WORKING,
    "DELAYED": OrderState.WORKING,
    "UNMATCHED": OrderState.WORKING,  # it could have been matched at once, was not, and rests
    "MATCHED": OrderState.FILLED,
    "CANCELED": OrderState.CANCELLED,
    "CANCELLED": OrderState.CANCELLED,
    "INVALID": OrderState.REJECTED,
    "EXPIRED": OrderState.EXPIRED,
}
_NO_PRICE = "price is not a number between 0 and 1"
FILL_STATES = {each.value: each for each in FillState}


class Owner:
    """Who we are in the venue's messages: an API key, and the wallets that its orders are funded from."""

    def __init__(self, credentials: Credentials) -> None:
        self._key = credentials.key
        self._pieces = [Secret(piece) for each in _secrets(credentials) for piece in _pieces(each.reveal())]
        self._wallets = {credentials.address.lower()} - {""}

    def owns(self, fields: Fields) -> bool:
        """Whether an order, or a maker's part of a trade, is ours."""
        return fields.get("owner") == self._key.reveal() or _wallet(fields) in self._wallets

    def hides(self, text: str) -> bool:
        """Whether a part of our own credentials stands in a text, which nobody is to see then."""
        bare = _bare(text)
        return any(piece.reveal() in bare for piece in self._pieces)

    def learn(self, fields: Fields) -> None:
        """An order of our key tells the wallet that funds it: our part in a trade may name only that."""
        if fields.get("owner") == self._key.reveal() and len(self._wallets) < _MOST_WALLETS:
            self._wallets |= {_wallet(fields)} - {""}


def _secrets(credentials: Credentials) -> tuple[Secret, ...]:
    return credentials.key, credentials.secret, credentials.passphrase


def _pieces(secret: str) -> Iterator[str]:
    """Some of its stretches: whatever has nearly twice as much of it in a row has one of them."""
    bare = _bare(secret)
    if _LEAST_SECRET <= len(bare) < _PIECE:
        yield bare
    yield from (bare[start : start + _PIECE] for start in range(0, len(bare) - _PIECE + 1, _PIECE))


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def _wallet(fields: Fields) -> str:
    found = fields.get("maker_address")
    return found.lower() if isinstance(found, str) and len(found) <= _LONGEST_ID else ""


# Orders


def order(fields: Fields, at: Millis, owner: Owner) -> OrderChanged:
    """One order of ours, from an event or a row; raises `VenueError`."""
    size = _size(fields, "original_size")
    matched = _size(fields, "size_matched") if said(fields, "size_matched") else Qty(0)
    if not size:
        raise VenueError("original_size is nothing", resync=False)
    kind = said(fields, "order_type").upper()
    sent, expires = moment(fields, "timestamp"), moment(fields, "expiration")
    state, reason = _order_state(fields, kind)
    if state is OrderState.FILLED and size - matched >= DUST:
        # Matched in part: what is left goes on resting, unless the order must not rest.
        state = OrderState.CANCELLED if kind in _AT_ONCE else OrderState.WORKING
    if state is OrderState.CANCELLED and kind == "GTD" and 0 < expires <= sent + _ENDS_EARLY:
        state = OrderState.EXPIRED
    return OrderChanged(
        identity(fields, "id", owner),
        _instrument(fields, owner),
        at,
        sent,
        _side(fields),
        _price(fields),
        size,
        matched,
        state,
        kind if kind in _KINDS else "",
        moment(fields, "created_at"),
        expires,
        reason,
        placed=said(fields, "type").upper() == "PLACEMENT",
    )


def _order_state(fields: Fields, kind: str) -> tuple[OrderState, str]:
    """Where the order stands, and what the venue adds in free text."""
    word, rest = _word(said(fields, "status").removeprefix("ORDER_STATUS_"))
    state = ORDER_STATES.get(word, OrderState.WORKING)
    if said(fields, "type").upper() == "CANCELLATION" and state in (OrderState.WORKING, OrderState.FILLED):
        state = OrderState.CANCELLED
    if state in (OrderState.WORKING, OrderState.FILLED):
        return state, ""
    return state, masked_words(rest) or ("killed: it could not be filled at once" if kind in _AT_ONCE else "")


def _word(status: str) -> tuple[str, str]:
    """The word that a status begins with, and the free text after it."""
    found = re.match(r"\s*([A-Za-z]+)[\s_:;,.-]*", status)
    return (found[1].upper(), status[found.end() :].strip()) if found else ("", status)


# Trades


def fills(fields: Fields, at: Millis, owner: Owner) -> list[Filled]:
    """What one trade filled of ours, seen from our side; raises `VenueError`."""
    role = said(fields, "trader_side").upper()
    found = [] if role == "MAKER" else list(_as_taker(fields, at, owner, told=role == "TAKER"))
    makers = fields.get("maker_orders")
    if not isinstance(makers, list | None):
        raise VenueError("maker_orders is not a list", resync=False)
    parts = [each for each in makers or () if isinstance(each, Mapping)]
    ours = [each for each in parts if owner.owns(each)]
    if role == "MAKER" and not ours and len(parts) == 1:
        ours = parts  # nobody else made this trade with the taker
    if role == "MAKER" and not ours:
        raise VenueError("a trade that we made names no order of ours", resync=False)
    made = (_fill(fields, part, "order_id", "matched_amount", at, owner, maker=True) for part in ours)
    return found + _by_order(made)


def _as_taker(fields: Fields, at: Millis, owner: Owner, *, told: bool) -> Iterator[Filled]:
    if told or owner.owns(fields):
        yield _fill(fields, fields, "taker_order_id", "size", at, owner, maker=False)


def _by_order(parts: Iterable[Filled]) -> list[Filled]:
    """The same with one fill for each order: it is known by the trade and the order, so two would count as one."""
    found: dict[str, Filled] = {}
    for part in parts:
        known = found.setdefault(part.order, part)
        if known is part:
            continue
        if known._replace(size=part.size) != part:
            raise VenueError("an order of ours is in maker_orders twice, and not at one price", resync=False)
        found[part.order] = known._replace(size=Qty(known.size + part.size))
    return list(found.values())


def _fill(trade: Fields, part: Fields, order_id: str, size: str, at: Millis, owner: Owner, *, maker: bool) -> Filled:
    """`part` is where our own numbers stand: what is outside of it is told from the taker's side."""
    status = trade.get("status")
    if not isinstance(status, str) or not status.strip():
        raise VenueError("status is missing", resync=False)
    filled = _size(part, size)
    if not filled:
        raise VenueError(f"{size} is nothing", resync=False)
    told = moment(trade, "timestamp") or moment(trade, "last_update")
    # A word that is new to us still tells of a match, and a match counts until it fails.
    state = FILL_STATES.get(_word(status.removeprefix("TRADE_STATUS_"))[0], FillState.MATCHED)
    return Filled(
        identity(trade, "id", owner),
        identity(part, order_id, owner),
        _bucket(trade),
        _instrument(part, owner),
        at,
        _matched(trade, state) or told,
        _part_side(trade, part),
        _average(part),
        filled,
        maker,
        state,
        told,
        Qty(0) if said(part, "fee_rate_bps") == "0" else None,
    )


def _matched(trade: Fields, state: FillState) -> Millis:
    """When it was matched: told in seconds, and in milliseconds where something else tells them of the same second."""
    second = moment(trade, "match_time") or moment(trade, "matchtime")
    exact = _from_nanos(trade, "match_time_nano")
    if not second or second // 1000 == exact // 1000:
        return exact or second
    # A match is told at once, but the others are told again whenever they go on.
    spoken = moment(trade, "timestamp") if state is FillState.MATCHED else 0
    if second % 1000 == 0 and second <= spoken < second + 2000:
        return Millis(min(spoken, second + 999))  # it took its time across the end of the second
    return second


def _from_nanos(fields: Fields, name: str) -> Millis:
    text = said(fields, name)
    found = int(text) // 1_000_000 if text.isascii() and text.isdecimal() and len(text) < 20 else 0
    return Millis(found) if EARLIEST < found < LATEST else Millis(0)


def _part_side(trade: Fields, part: Fields) -> Side:
    """Our side; older messages leave it out where it follows from the taker's."""
    if "side" in part:
        return _side(part)
    # Of the same token somebody sells what another buys; of the other outcome both do the same.
    taker = _side(trade)
    if part.get("asset_id") != trade.get("asset_id"):
        return taker
    return Side.SELL if taker is Side.BUY else Side.BUY


def _bucket(trade: Fields) -> int:
    found = said(trade, "bucket_index") or "0"
    if not (found.isascii() and found.isdecimal() and len(found) < 10):
        raise VenueError("bucket_index is not a small number", resync=False)
    return int(found)


# Fields


def said(fields: Fields, name: str) -> str:
    """A field as text; the venue writes the same number with and without quotes. Empty when it is not there."""
    found = fields.get(name)
    if isinstance(found, str):
        return found
    return "" if found is None or isinstance(found, bool | list | dict) else str(found)


def _size(fields: Fields, name: str) -> Qty:
    try:
        return Qty(SIZES[said(fields, name)])
    except NotANumber:
        raise VenueError(f"{name} is not a plain decimal number", resync=False) from None


def _price(fields: Fields) -> Px:
    try:
        # Orders may be older than the tick of today: only the range counts, not the grid.
        return Px(grid(1)[said(fields, "price")])
    except NotANumber:
        raise VenueError(_NO_PRICE, resync=False) from None


def _average(fields: Fields) -> Px:
    """The price of a fill: a match over several levels is told at their average, with as many digits as that takes."""
    try:
        price = rounded(said(fields, "price"))
    except NotANumber:
        raise VenueError(_NO_PRICE, resync=False) from None
    if not 0 < price < ONE:
        raise VenueError(_NO_PRICE, resync=False)
    return Px(price)


def _side(fields: Fields) -> Side:
    try:
        return TAKERS[said(fields, "side")]
    except KeyError:
        raise VenueError("side is neither BUY nor SELL", resync=False) from None


def _instrument(fields: Fields, owner: Owner) -> InstrumentId:
    token = identity(fields, "asset_id", owner)
    if not is_id(token):
        raise VenueError("asset_id is not a token's", resync=False)
    return InstrumentId(identify(NAME, token))


def identity(fields: Fields, name: str, owner: Owner) -> str:
    """An id that can be shown and copied as it is."""
    found = fields.get(name)
    if (
        isinstance(found, str)
        and not isinstance(found, Bare)
        and len(found) <= _LONGEST_ID
        and re.fullmatch(r"[0-9A-Za-z_-]+", found)
    ):
        if owner.hides(found):
            raise VenueError(f"{name} is no id but a part of our credentials", resync=False)
        return found
    raise VenueError(f"{name} is not an id", resync=False)


def moment(fields: Fields, name: str) -> Millis:
    """Unix milliseconds from seconds or milliseconds, whichever it must be; 0 when it makes no sense as a time."""
    text = said(fields, name)
    if text.isascii() and text.isdecimal() and len(text) < 20:
        found = int(text)
        found = found * 1000 if found < _SECONDS_UNTIL else found
    else:
        found = _written(text) if "T" in text[:20] and len(text) < 40 else 0
    return Millis(found) if EARLIEST < found < LATEST else Millis(0)


def _written(text: str) -> int:
    from datetime import UTC, datetime

    try:
        found = datetime.fromisoformat(text)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0
