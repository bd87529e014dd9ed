"""What taking from a book would cost, in words that fit.

Nothing here looks better than it is: what is there to be taken is cut, averages and sums are rounded against the taker.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pmtui.core.board import Board
from pmtui.core.book import Book, reaches
from pmtui.core.take import Depth, Level, Take, depth, largest, take
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import DECIMALS, ONE, ceil_to, floor_to, places, show
from pmtui.ui import numbers
from pmtui.ui.line import Line, Piece, Span, fit, piece
from pmtui.ui.summaries import lasting

NEAR, WIDE = ONE // 100, ONE // 20
"""How far from the touch depth is told, where prices have a bound …"""
NEAR_PARTS, WIDE_PARTS = 1_000, 100
"""… and which part of the price that is, where they have none."""

_ONE_CELL: Span = (" ", "")
_SIDE, _SIZE, _AGE = len("bid "), 5, len(" for ≥119s")
"""The cells that each part of a level may take."""
_MONEY = len("$12.3K")


class Figures(NamedTuple):
    """All that is said of a book; reckoned once for each of its versions."""

    buy: Take
    sell: Take
    near: Depth
    wide: Depth
    bid: Level
    ask: Level

    @classmethod
    def of(cls, book: Book, size: int, *, bounded: bool = True) -> Figures:
        """What holds for this book and so much to take."""
        buy, sell = take(book, size, buy=True), take(book, size, buy=False)
        mid = book.mid or 0
        near, wide = (NEAR, WIDE) if bounded else (mid // NEAR_PARTS, mid // WIDE_PARTS)
        return cls(buy, sell, depth(book, near), depth(book, wide), *largest(book))


class Words:
    """The figures of one board in words, in the looks and decimals that it has now."""

    def __init__(self, board: Board, now: int, width: int, *, sure: bool) -> None:
        self._board = board
        self._now = now
        self._width = width
        self._cents = board.instrument.in_cents
        self._step = board.tick or numbers.UNKNOWN_TICK
        self._finer = _finer(self._step, cents=self._cents)
        self._bid, self._ask = ("sheet--bid", "sheet--ask") if sure else ("sheet--dim", "sheet--dim")
        self._ink = "" if sure else "sheet--dim"
        self._warn = "sheet--warn" if sure else "sheet--dim"

    def _price(self, value: int) -> str:
        """A level's price: some levels lie on a finer grid than the best prices."""
        return numbers.price(value, value if value % self._step else self._step, cents=self._cents)

    def _goes_on(self, taken: Take) -> bool:
        """Whether it goes on beyond what is told of the book."""
        return taken.missing > 0 and not self._board.whole(is_bid=not taken.buy)

    def _average(self, taken: Take) -> str:
        goes_on = self._goes_on(taken)
        average = taken.bound(self._finer) if goes_on else taken.average(self._finer)
        return _no_better(taken) * goes_on + numbers.price(average, self._finer, cents=self._cents)

    def _worst(self, taken: Take) -> str:
        return _no_better(taken) * self._goes_on(taken) + self._price(taken.worst)

    def _cost(self, taken: Take) -> str:
        if self._goes_on(taken):
            return numbers.or_more(_dollars(taken.cost, up=False))
        return _dollars(taken.cost, up=taken.buy)

    def _missing(self, taken: Take) -> str:
        return f"{numbers.bound(taken.missing)} {'untold' if self._goes_on(taken) else 'missing'}"

    def side(self, taken: Take) -> Line:
        """One way to take, in one row."""
        name, money, look = (" buy ", "cost", self._ask) if taken.buy else (" sell", "get ", self._bid)
        if not taken.filled:
            return (f"{name} ", "sheet--dim"), (_nobody(taken), self._warn)
        # Of a price without a bound the worst one will do: the others have no more digits, or hardly.
        most = ONE - self._step if self._cents else taken.worst
        finest = numbers.price(most, self._finer, cents=self._cents)
        pieces = [
            piece(0, name, "sheet--dim"),
            _fact(1, "avg", self._average(taken), len(finest), look),
            _fact(4, "worst", self._worst(taken), len(self._price(most)), self._ink),
            _fact(3, money, self._cost(taken), 7, self._ink),
            piece(5, f"{'≥' * self._goes_on(taken)}{taken.levels} lv", "sheet--dim"),
        ]
        if taken.missing:
            pieces.append(piece(2, self._missing(taken), self._warn))
        return fit(pieces, self._width, gap=(" ", ""))

    def pair(self, name: str, look: str, figures: Figures) -> Iterator[Line]:
        """Both ways to take, in one row where they fit and say the same."""
        buy, sell = self._short(figures.buy), self._short(figures.sell)
        line: Line = ((name, look), *buy, ("  ", ""), *sell)
        if _cells(line) <= self._width:
            yield line
        else:
            for first, words in (((name, look), buy), ((" " * len(name), ""), sell)):
                # The average of a part must not be taken for that of the whole: sooner it goes than what is missing.
                bare = (words[0], words[-1])
                yield _first_that_fits([(first, *words), (first, *bare), (_ONE_CELL, *bare)], self._width)

    def _short(self, taken: Take) -> list[Span]:
        word, look = ("buy ", self._ask) if taken.buy else ("sell ", self._bid)
        if not taken.filled:
            return [(word, "sheet--dim"), (_nobody(taken), self._warn)]
        spans: list[Span] = [(word, "sheet--dim"), (self._average(taken), look)]
        return [*spans, (" · ", self._warn), (self._missing(taken), self._warn)] if taken.missing else spans

    def depths(self, figures: Figures) -> list[Line]:
        """The money near the touches in two rows, both with sizes and their unit as far as there is room."""
        near, wide = ("±1¢", "±5¢") if self._cents else ("±0.1%", "±1%  ")
        mid = self._board.book.mid or 0
        within = (NEAR, WIDE) if self._cents else (mid // NEAR_PARTS, mid // WIDE_PARTS)
        least_near, least_wide = self._least(within[0]), self._least(within[1])
        unit = numbers.unit(self._board.instrument.unit)
        # What may be more needs a cell for its sign: there it has one, whether it is told now or not.
        signed = _MONEY + (self._board.fresh is not None)
        for word, much, behind, cells in (
            *((" depth", True, unit, signed), (" depth", True, "", signed), ("", True, "", signed)),
            *(("", True, "", _MONEY), ("", False, "", signed)),
        ):
            rows = [
                self._depth(near + word, figures.near, least_near, behind, cells, sizes=much),
                self._depth(wide + word, figures.wide, least_wide, behind, cells, sizes=much),
            ]
            if all(_cells(row) <= self._width for row in rows):
                break
        return rows

    def _least(self, within: int) -> tuple[bool, bool]:
        """Whether the sums of a book that is told to some depth only may be more."""
        book, whole = self._board.book, self._board.whole
        known = reaches(book.bids, book.bid - within, is_bid=True), reaches(book.asks, book.ask + within, is_bid=False)
        return not (whole(is_bid=True) or known[0]), not (whole(is_bid=False) or known[1])

    def _depth(self, name: str, found: Depth, least: tuple[bool, bool], unit: str, cells: int, *, sizes: bool) -> Line:
        signed = self._board.fresh is not None
        bid, ask = (
            (numbers.at_least(money) if more else numbers.money(money, cut=True)) if money else "none"
            for more, money in zip(least, (found.bid_money, found.ask_money), strict=True)
        )
        first, second = (
            self._sized(size, unit, more=more, signed=signed) if sizes else ""
            for more, size in zip(least, (found.bid, found.ask), strict=True)
        )
        return (
            (f" {name}{' ' * (not signed)} bid ", "sheet--dim"), (f"{bid:>{cells}}", self._bid), (first, self._ink),
            (" │ ask ", "sheet--dim"), (f"{ask:>{cells}}", self._ask), (second, self._ink),
        )  # fmt: skip

    def _sized(self, size: int, unit: str, *, more: bool, signed: bool) -> str:
        """A size in its column, or as many blanks."""
        told = (numbers.no_less if more else numbers.resting)(size, coins=not self._cents)
        return f" {told:>{_SIZE + signed}}{unit if size else ' ' * len(unit)}"

    def largest(self, figures: Figures, *, rows: int) -> Iterator[Line]:
        """The largest level of each side, in two rows when there are so many but no room in one."""
        bid = self._level("bid", figures.bid, self._bid, is_bid=True)
        ask = self._level("ask", figures.ask, self._ask, is_bid=False)
        first, bar = (" largest ", "sheet--dim"), (" │ ", "sheet--dim")
        # By the widest that may come, lest another form stands here whenever `108s` has become `2m`.
        dearest = [ONE - self._step] if self._cents else []
        told = [price for price, size in (figures.bid, figures.ask) if size]
        most = max((len(self._price(price)) for price in (*dearest, *told)), default=0)
        sized, aged = _SIDE + most + 1 + _SIZE, _AGE
        if _cells((first, bar)) + 2 * (sized + aged) <= self._width:
            yield (first, *bid, bar, *ask)
        elif rows >= 2:
            whole = _cells((first,)) + sized + aged <= self._width
            for level in (bid, ask):
                yield (first, *(level if whole else level[:2]))
        elif _cells((first, bar)) + 2 * sized <= self._width:
            yield (first, *bid[:2], bar, *ask[:2])
        else:
            # Without words the place tells the side, as in the rows above; long prices leave room for sizes only.
            name: Span = (" max ", "sheet--dim")
            if _cells((name, bar)) + 2 * (sized - _SIDE) <= self._width:
                yield (name, bid[1], bar, ask[1])
            else:
                yield (name, self._size(figures.bid, self._bid), bar, self._size(figures.ask, self._ask))

    def _size(self, level: Level, look: str) -> Span:
        return numbers.resting(level[1], coins=not self._cents) or "none", look

    def _level(self, side: str, level: Level, look: str, *, is_bid: bool) -> list[Span]:
        price, size = level
        if not size:
            return [(f"{side} ", "sheet--dim"), ("none", self._warn)]
        spans: list[Span] = [
            (f"{side} ", "sheet--dim"),
            (f"{self._price(price)} {numbers.resting(size, coins=not self._cents)}", look),
        ]
        stood = lasting(self._board, is_bid, (price,), self._now)
        return [*spans, (f" {stood}", "sheet--dim")] if stood else spans


def _fact(rank: int, name: str, value: str, room: int, look: str) -> Piece:
    """A name and its number; the sign of a bound takes the blank between them, so that nothing moves when it comes."""
    value = f"{value if value[0] in '≥≤' else f' {value}':>{room + 1}}"
    return Piece(((name, "sheet--dim"), (value, look)), rank)


def _nobody(taken: Take) -> str:
    return "no asks to take" if taken.buy else "no bids to take"


def _no_better(taken: Take) -> str:
    """The sign of a price that may only be worse for the taker."""
    return "≥" if taken.buy else "≤"


def _finer(step: int, *, cents: bool) -> int:
    """The unit of a price with one decimal more than the step has."""
    decimals = places(step * 100) + 3 if cents else places(step) + 1
    return int(10 ** max(0, DECIMALS - decimals))


def _dollars(value: int, *, up: bool) -> str:
    """Price times size in dollars and cents, large sums more coarsely; a buyer's cost is rounded up."""
    if not up and 0 < value < ONE // 100 * ONE:
        return numbers.money(value, cut=True)
    for below, grain, decimals in ((1_000, ONE // 100, 2), (1_000_000, ONE, 0)):
        rounded = (ceil_to if up else floor_to)(value, grain * ONE)
        if rounded < below * ONE * ONE:
            return f"${show(rounded // ONE, decimals)}"
    if not up:
        return numbers.money(value, cut=True)
    figures = numbers.bound(ceil_to(value, ONE) // ONE)
    return f">${figures[1:]}" if figures[0] == ">" else f"${figures}"


def _cells(line: Line) -> int:
    return sum(len(text) for text, _ in line)


def _first_that_fits(lines: Sequence[Line], width: int) -> Line:
    """The first of several ways to say it that fits, or else the shortest."""
    return next((line for line in lines if _cells(line) <= width), lines[-1])
