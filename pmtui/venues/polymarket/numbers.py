"""Polymarket's texts for prices, sizes, tops, sides and times, read exactly."""

from __future__ import annotations

from pmtui.core.events import NO_ASK, NO_BID, UNTOLD, Side, Top
from pmtui.core.units import ONE, Contradiction, Millis, NotANumber, Px, Reader, billionths
from pmtui.venues.polymarket.wire import UNSAID, Level

TICKS = frozenset(billionths(text) for text in ("0.1", "0.01", "0.005", "0.0025", "0.001", "0.0001"))
BID_SIDE = {"BUY": True, "SELL": False, "buy": True, "sell": False, "Buy": True, "Sell": False}
TAKERS = {word: Side.BUY if is_bid else Side.SELL for word, is_bid in BID_SIDE.items()}
SIZES = Reader(billionths)

EARLIEST, LATEST = 1_400_000_000_000, 4_000_000_000_000
_MOST_TOPS = 1 << 16
_GRIDS: dict[int, Reader[int]] = {}


def grid(tick: int) -> Reader[int]:
    """The reader of prices between 0 and 1 on this tick; one for each tick in the whole program."""
    if tick not in _GRIDS:
        _GRIDS[tick] = _on_grid(tick)
    return _GRIDS[tick]


def _on_grid(tick: int) -> Reader[int]:
    def read(text: object) -> int:
        price = billionths(text)
        if not 0 < price < ONE:
            raise NotANumber(f"{text!r} is not a price between 0 and 1")
        if price % tick:
            raise NotANumber(f"{text!r} is not on the tick grid")
        return price

    return Reader(read)


def _top(empty: int, nobody: Px) -> Reader[Px]:
    def read(text: object) -> Px:
        if text == UNSAID:
            return UNTOLD
        if text == "":
            return nobody
        price = billionths(text)
        if price > ONE:
            raise NotANumber(f"{text!r} is not a best price")
        return nobody if price == empty else Px(price)

    return Reader(read)


# An empty side is told as "0" for bids and "1" for asks, or as "".
_BIDS = _top(0, NO_BID)
_ASKS = _top(ONE, NO_ASK)


class _Tops(dict[tuple[str, str], Top]):
    """Told best prices by their texts, each pair judged once."""

    def __missing__(self, pair: tuple[str, str]) -> Top:
        bid, ask = pair
        told = (_BIDS[bid], _ASKS[ask])
        if told[0] >= told[1] > UNTOLD:
            raise Contradiction(f"a best bid of {bid!r} meets a best ask of {ask!r}")
        if len(self) >= _MOST_TOPS:
            self.clear()
        self[pair] = told
        return told


TOPS = _Tops()
"""The told best prices; a pair that meets cannot be right."""


def side(levels: list[Level], prices: Reader[int]) -> dict[int, int]:
    """One side of a full book; sizes of zero are left out."""
    found = {prices[level.price]: SIZES[level.size] for level in levels}
    if len(found) != len(levels):
        raise NotANumber("a price stands twice in one book")
    if 0 in found.values():
        return {price: size for price, size in found.items() if size}
    return found


def tick_size(text: object) -> Px:
    tick = billionths(text)
    if tick not in TICKS:
        raise NotANumber(f"{text!r} is not one of the venue's tick sizes")
    return Px(tick)


def sent_at(text: object) -> Millis:
    """Unix milliseconds, 0 when the venue's text makes no sense as such."""
    if not isinstance(text, str) or len(text) > 20 or not (text.isascii() and text.isdecimal()):
        return Millis(0)
    sent = int(text)
    return Millis(sent) if EARLIEST < sent < LATEST else Millis(0)
