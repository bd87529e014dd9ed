"""A made-up account in short words: orders, fills and checks."""

from __future__ import annotations

from pmtui.core.account import Account
from pmtui.core.book import Book
from pmtui.core.events import (
    AccountChecked,
    Filled,
    FillState,
    LinkChanged,
    OrderChanged,
    OrderState,
    Phase,
    Side,
)
from pmtui.core.instrument import InstrumentId
from pmtui.core.units import Millis, px, qty

from .boards import NOON, A, levels

BUY, SELL = Side.BUY, Side.SELL
WORKING, FILLED, CANCELLED, GONE = OrderState.WORKING, OrderState.FILLED, OrderState.CANCELLED, OrderState.GONE
MATCHED, MINED, RETRYING = FillState.MATCHED, FillState.MINED, FillState.RETRYING
CONFIRMED, FAILED = FillState.CONFIRMED, FillState.FAILED
LINK = "made-up user"


def order(
    name: str = "o1",
    state: OrderState = WORKING,
    *,
    matched: str = "0",
    size: str = "100",
    price: str = "0.48",
    side: Side = BUY,
    at: int = 0,
    created: int = 0,
    instrument: InstrumentId = A,
    kind: str = "GTC",
    reason: str = "",
    placed: bool = False,
) -> OrderChanged:
    return OrderChanged(
        name,
        instrument,
        Millis(at),
        Millis(NOON + at),
        side,
        px(price),
        qty(size),
        qty(matched),
        state,
        kind,
        Millis(NOON + created),
        reason=reason,
        placed=placed,
    )


def fill(
    name: str = "t1",
    state: FillState = MATCHED,
    *,
    order: str = "o1",
    size: str = "10",
    price: str = "0.48",
    side: Side = BUY,
    at: int = 0,
    sent: int = 0,
    updated: int = 0,
    bucket: int = 0,
    instrument: InstrumentId = A,
    maker: bool = True,
) -> Filled:
    return Filled(
        name,
        order,
        bucket,
        instrument,
        Millis(at),
        Millis(NOON + sent),
        side,
        px(price),
        qty(size),
        maker,
        state,
        Millis(NOON + (updated or sent)),
    )


def checked(
    *facts: OrderChanged | Filled,
    began: int,
    at: int | None = None,
    whole: bool = True,
    asked: int | None = None,
    since: int | None = None,
    unread: tuple[str, ...] = (),
) -> AccountChecked:
    """An answer that lists these orders and fills, and no others; `asked` and `since` count by the venue from noon."""
    orders = tuple(each for each in facts if isinstance(each, OrderChanged))
    fills = tuple(each for each in facts if isinstance(each, Filled))
    return AccountChecked(
        Millis(began + 5 if at is None else at),
        Millis(began),
        orders,
        fills,
        Millis(0 if since is None else NOON + since),
        whole=whole,
        unread=unread,
        asked=Millis(0 if asked is None else NOON + asked),
    )


def link(phase: Phase, *, at: int, generation: int = 1, reason: str = "") -> LinkChanged:
    return LinkChanged(LINK, Millis(at), generation, phase, reason)


def account(*facts: object, opened: int = NOON, bids: str | None = None, asks: str = "") -> Account:
    """An account that has taken these facts in; with `bids` it knows the book of `A`."""
    book = None
    if bids is not None:
        book = Book()
        book.replace(levels(bids), levels(asks))

    def level(instrument: InstrumentId, is_bid: bool, price: int) -> tuple[int, Millis] | None:
        if book is None or instrument != A:
            return None
        return (book.bids if is_bid else book.asks).get(price, 0), Millis(0)

    found = Account(level, opened=opened)
    for each in facts:
        found.take(each)  # type: ignore[arg-type]
    return found
