"""The lines around the ladder: its head, the level under the cursor, the sums at its foot."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from pmtui.core.board import Board
from pmtui.core.book import Book
from pmtui.core.depth import Totals
from pmtui.core.events import NO_ASK, NO_BID
from pmtui.core.ladder import row_at
from pmtui.ui import numbers
from pmtui.ui.line import Line, Piece, fit, piece
from pmtui.ui.line import width as cells
from pmtui.ui.ours import NOTHING_OURS, Own

_BAR = 18
_EIGHTHS = " ▏▎▍▌▋▊▉█"


Reader = Callable[[int], Line]
"""What the cursor says, in so many cells."""


def head(name: str, words: Sequence[str], width: int, look: str) -> Line:
    """The panel's name and how it is set."""
    pieces = [piece(0, f" LADDER {name}".rstrip(), look)]
    pieces += [piece(3 + n, word, "ladder--head") for n, word in enumerate(words)]
    return fit(pieces, width)


def head_over(name: str, words: Sequence[str], read: Reader, width: int, look: str) -> Line:
    """The panel's name, in short how it is set, and what the cursor says in all the room that is left."""
    told = head(name, words, width, look)
    return (*told, ("  ", ""), *read(width - cells(told) - 2))


def under(words: Sequence[str], read: Reader, width: int) -> Line:
    """What the cursor says and, where there is no line for it, in short how the ladder is set."""
    told = " ".join(word for word in words if word)
    return (*read(width - len(told) - 2), (f"  {told}", "ladder--head")) if told else read(width)


def short(words: Sequence[str]) -> list[str]:
    """How the ladder is set, in as few letters as tell it."""
    return [_SHORT.get(word, word) for word in words if word]


def over(words: Sequence[str], columns: Iterable[str], look: str) -> Line:
    """Words in the blanks between the columns' names: shorter words, then ever shorter names, until all of them fit."""
    words = [word for word in words if word]
    for names, told in ((names, told) for names in columns for told in (words, short(words))):
        left = len(names) - len(names.lstrip()) - 2
        gap = max(re.finditer(" +", names[left + 2 :]), key=lambda blanks: len(blanks[0]))
        start, room = left + 3 + gap.start(), max(0, len(gap[0]) - 2)
        count = next((n for n in range(len(told), 0, -1) if _cells(told[:n]) <= left), 0)
        if _cells(told[count:]) <= room:
            break
    before = "".join(f" {word}" for word in told[:count])
    after = fit([piece(n, word, "ladder--head") for n, word in enumerate(told[count:])], room, gap=(" ", ""))
    if not after:
        return (before, look), (names[len(before) :], "ladder--head")
    end = start + sum(len(text) for text, _ in after)
    return (before, look), (names[len(before) : start], "ladder--head"), *after, (names[end:], "ladder--head")


_SHORT = {"merged": "Y+N", "sqrt": "sq", "follow": "fo", "levels": "lv"}


def _cells(words: Sequence[str]) -> int:
    return sum(len(word) + 1 for word in words) - 1 if words else 0


def readout(
    board: Board,
    book: Book,
    price: int,
    step: int,
    now: int,
    width: int,
    own: Own = NOTHING_OURS,
    *,
    sure: bool = True,
    told_to: tuple[int, int] = (NO_BID, NO_ASK),
) -> Line:
    """All that is known of one price: what rests, what stands before it, what moved and what traded there."""
    cents = board.instrument.in_cents
    sized, cut = partial(numbers.size, coins=not cents), partial(numbers.resting, coins=not cents)
    is_bid = price <= book.bid
    side, word = (book.bids, "bid") if is_bid else (book.asks, "ask")
    row = row_at(book, price, step)
    reaches = range(row, row + step), range(row - step + 1, row + 1)
    reach = reaches[not is_bid]
    here = [each for each in side if each in reach]
    size = sum([side[each] for each in here])
    ahead = sum([resting for each, resting in side.items() if (each > reach[-1] if is_bid else each < reach[0])])
    is_untold = row < told_to[0] if is_bid else row > told_to[1]
    look, ink = (f"ladder--{word}", "") if sure else ("ladder--old",) * 2
    pieces = [piece(0, f"[{numbers.price(row, step, cents=cents)}]", "ladder--cursor")]
    if NO_BID < book.bid < row < book.ask < NO_ASK:
        pieces.append(piece(1, "inside the spread", "ladder--head"))
    elif size:
        told, worth = cut(size), numbers.money(sum([each * side[each] for each in here]), cut=True)
        if is_untold:
            told, worth = numbers.or_more(told), numbers.or_more(worth)
        pieces += [piece(1, f"{word} {told}", look), piece(2, worth, ink)]
        pieces.append(piece(4, f"{cut(ahead) or '0'} ahead", "ladder--head"))
    else:
        pieces.append(piece(1, "not told so deep" if is_untold else _nobody(book, row, word), "ladder--head"))
    for mine in (own.bids.get(row), own.asks.get(row)):
        if mine:
            pieces.append(piece(3, f"mine {mine}", own.look))
    told_of = "bid" if is_bid else "ask" if row >= book.ask else ""
    for each, prices in zip(("bid", "ask"), reaches, strict=True):
        added, pulled = board.flow.level(each == "bid", prices, now)
        if added or pulled:
            # A level that was the best may be gone, and the price one of the spread or of the other side.
            whose = "" if each == told_of else f"{each}s "
            pieces.append(piece(5, f"{whose}+{cut(added) or '0'} -{cut(pulled) or '0'}", "ladder--head"))
    if traded := board.flow.traded_on(row, step):
        pieces.append(piece(7, f"traded {sized(traded)}", "ladder--head"))
    if stood := lasting(board, is_bid, here, now):
        pieces.append(piece(6, stood, "ladder--head"))
    if away := _away(book, row, book.tick or step):
        pieces.append(piece(8, away, "ladder--head"))
    return fit(pieces, width, gap=(" ", ""))


def lasting(board: Board, is_bid: bool, prices: Iterable[int], now: int) -> str:
    """For how long the oldest of these levels has been there, if that is known of any; what was told of for the first
    time then may have been there before, and a book that nobody vouches for does not say until when.
    """
    flow = board.flow
    told = [(at, price) for price in prices if (at := flow.since(is_bid, price)) is not None]
    if not told:
        return ""
    since, price = min(told)
    known = board.credible(now)
    until = now if known else max(since, board.data_at, board.proof_at)
    return f"for {'≥' * (flow.earlier(is_bid, price) or not known)}{numbers.age(until - since)}"


def _nobody(book: Book, row: int, word: str) -> str:
    """Why nothing rests at a price: one that is no price of the only side there is could be either's."""
    if book.bid == NO_BID and row < book.ask:
        return "no bids, below every ask" if book.ask != NO_ASK else "no orders here"
    if book.ask == NO_ASK and row > book.bid:
        return "no asks, above every bid"
    return f"no {word}s here"


def _away(book: Book, price: int, tick: int) -> str:
    """How many ticks lie between a price and the touch of its side, however high the rows are."""
    if price <= book.bid != NO_BID:
        return f"{(book.bid - price) // tick}t below"
    if price >= book.ask != NO_ASK:
        return f"{(price - book.ask) // tick}t above"
    return ""


def foot(
    totals: Totals,
    width: int,
    *,
    sure: bool,
    coins: bool = False,
    plain: bool = False,
    least: tuple[bool, bool] | None = None,
) -> Line:
    """Both sides summed, and which of them is heavier; where books are told to some depth only, which of the sums are
    the `least` that there is.

    Plain letters, and the signs of what may be more, are at the cost of the bar alone.
    """
    bar = _BAR - 4 * (least is not None)
    least = least or (False, False)
    line = _foot(totals, width, "Σ", bar, sure=sure, coins=coins, least=least)
    spelled = _foot(totals, width, "sum ", bar - 6, sure=sure, coins=coins, least=least) if plain else line
    return spelled if len(spelled) == len(line) else line


def _foot(
    totals: Totals, width: int, both: str, cells: int, *, sure: bool, coins: bool, least: tuple[bool, bool]
) -> Line:
    share = totals.bid_share
    if share is None:
        return ((" no orders", "ladder--head"),)
    bid, ask, ink = ("ladder--bid", "ladder--ask", "") if sure else ("ladder--old",) * 3

    def sized(size: int, more: bool) -> str:
        return (numbers.no_less if more and size else numbers.resting)(size, coins=coins) or "0"

    def worth(money: int, more: bool) -> str:
        return numbers.at_least(money) if more and money else numbers.money(money, cut=True)

    pieces = [
        Piece(((f" {both}bid ", "ladder--head"), (sized(totals.bid_size, least[0]), bid)), 0),
        piece(3, worth(totals.bid_money, least[0]), ink),
        Piece(_balance(share, bid, cells), 2),
        piece(
            1,
            f"{numbers.percent(totals.bid_size, totals.bid_size + totals.ask_size)} bid",
            bid if share >= 0.5 else ask,
        ),
        Piece(((f"{both}ask ", "ladder--head"), (sized(totals.ask_size, least[1]), ask)), 0),
        piece(3, worth(totals.ask_money, least[1]), ink),
    ]
    return fit(pieces, width, pairs=True)


def _balance(share: float, look: str, cells: int) -> tuple[tuple[str, str], ...]:
    whole, rest = divmod(int(share * cells * 8), 8)
    bar = "█" * whole + (_EIGHTHS[rest] if rest else "")
    return ("▕", "ladder--head"), (bar, f"{look}-bar"), (" " * (cells - len(bar)), ""), ("▏", "ladder--head")
