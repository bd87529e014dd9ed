"""How one row of the ladder is painted: columns by priority, and marks that say what colours say."""

from __future__ import annotations

import math
from enum import Enum
from functools import lru_cache

from pmtui.core.tuples import NamedTuple
from pmtui.core.units import ONE
from pmtui.ui import numbers
from pmtui.ui.panel import Spans
from pmtui.ui.text import shorten

SIZE, DELTA, TRADED, MINE = 6, 8, 8, 13
FILLED, MINE_HERE = "◉", "●"
"""Where a fill of ours was a moment ago, and where an order of ours rests."""
SURE, NOT_SURE = "ladder--mine", "ladder--old"
"""How orders of ours look while the account is live, and when it is not."""
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_ROOM_FOR_PARTS, _ROOM_FOR_TRADED, _ROOM_FOR_DELTAS = 40, 44, 64
_ROOM_FOR_BOTH, _ROOM_FOR_MINE = 68, 84
"""From so many columns on, orders of ours stand in the place of what moved there, and then in columns of their own: the
six cells that are left to a bar beside prices of four are still a picture."""
_PRICE_LOOKS = {"": "ladder--price", "b": "ladder--bid-touch", "a": "ladder--ask-touch", "i": "ladder--inside"}
_DELTA_LOOKS = {"+": "ladder--added", "-": "ladder--pulled"}
_TOUCH = {"b": (" ", "◂"), "a": ("▸", " "), "i": ("·", "·")}


class Scale(Enum):
    """How a size becomes the length of a bar."""

    LINEAR = "linear"
    SQRT = "sqrt"
    LOG = "log"


class View(NamedTuple):
    """What all rows of one picture share."""

    step: int
    cents: bool
    full: int
    scale: Scale
    sure: bool
    mine: str = ""
    """How orders of ours look; empty as long as there was none, which leaves more room for the bars."""
    parts: bool = False
    """Whether the notes at the edges tell parts of the sizes: the rows say nothing without them."""


class Rung(NamedTuple):
    """One price with all that it takes to paint it."""

    price: int
    touch: str
    bid: int
    ask: int
    bid_text: str
    ask_text: str
    view: View
    bid_mark: str = ""
    ask_mark: str = ""
    bid_delta: str = ""
    ask_delta: str = ""
    traded: str = ""
    last: str = ""
    """`▲` or `▼` where the last print was, `◉` where a fill of ours was, then how fresh it is: 2, 1 or 0."""
    here: bool = False
    bid_mine: str = ""
    """Our size there and an estimate of what is before it, `100@~1.2K`."""
    ask_mine: str = ""


class Columns(NamedTuple):
    """Cells for each part of a row; 0 for a part that has no room."""

    delta: int
    bar: int
    price: int
    traded: int
    mine: int = 0


@lru_cache(maxsize=64)
def columns(width: int, step: int, cents: bool, mine: str = "", parts: bool = False) -> Columns:
    """The price and both sizes always; then what was traded, then what was added and pulled; bars take the rest.

    Orders of ours have columns of their own where there is room, else they stand in the place of what moved there, and
    where there is less they are marks at their prices. Parts of the sizes go before what was traded.
    """
    price = max(4, len(numbers.price(ONE, step))) if cents else 10
    traded = TRADED if width >= _ROOM_FOR_TRADED else 0
    own = MINE if mine and width >= _ROOM_FOR_MINE else 0
    delta = DELTA if width >= _ROOM_FOR_DELTAS else 0
    if mine and not own:
        delta = MINE if width >= _ROOM_FOR_BOTH else 0
    if parts and not delta and width >= _ROOM_FOR_PARTS:
        delta, traded = DELTA, 0
    bar = max(0, (width - price - 2 - 2 * (SIZE + 2) - traded - 2 * (delta + own)) // 2)
    return Columns(delta, bar, price, traded, own)


def heads(width: int, view: View, names: tuple[str, str], notes: str, unit: str = "", *, crowded: bool = False) -> str:
    """The names of the columns; `notes` stand at both edges, `unit` is our sizes' where it has to be said.

    Where it is `crowded`, the left edge is for others, as far as the right one tells the same.
    """
    delta, bar, price, traded, own = columns(width, view.step, view.cents, view.mine, view.parts)
    mine = "mine?" if view.mine == NOT_SURE else "mine@Q"
    if delta == MINE:
        notes = f"{notes}/{mine.removesuffix('@Q')}{unit}"
    mine += unit
    first, last = (f"{mine:>{own - 1}} ", f"{mine:>{own}}") if own else ("", "")
    # A long one goes on over the bars, of which nothing is said up here; a column of ours brings its own blanks.
    beside, edge = delta + bar + SIZE + 1, "" if own else " "
    notes = f"{edge}{shorten(notes, beside - max(map(len, names)) - 1 - len(edge))}" if delta else ""
    before, behind = f"{'' if crowded else notes:>{max(0, delta - 1)}}", f"{notes:>{delta}}"
    left = f"{first}{before}{names[0]:>{beside - len(before)}} "
    right = f" {names[1]:<{beside - len(behind)}}{behind}{last}"
    text = f"{left}{'price':^{price + 2}}{right}{'traded' if traded else '':>{max(0, traded - 1)}}"
    return text.ljust(width)[:width]  # where there is nothing at the edge, a blank too many


def paint(row: Rung, width: int) -> Spans:
    """Few spans: blanks belong to the text beside them, since each change of colour is twenty bytes to the terminal."""
    view = row.view
    delta, bar, price, traded, own = columns(width, view.step, view.cents, view.mine, view.parts)
    kind = "" if view.sure else "old-"
    bid, ask = ("ladder--old", "ladder--old") if kind else ("ladder--bid", "ladder--ask")
    large = "ladder--old" if kind else "ladder--large"
    spans: list[tuple[str, str]] = []
    if own:
        spans.append((f"{row.bid_mine:>{own - 1}} ", view.mine))
    note, note_look = _note(row.bid_delta, row.bid_mine if delta == MINE else "", view)
    note = f"{note:>{delta - 1}} " if delta else ""
    if row.bid:
        edge, block = _left_bar(row.bid, view, bar)
        spans.append((note + " " * (bar - len(edge) - len(block)), note_look))
        if edge:
            spans.append((edge, f"{bid}-edge"))
        spans.append((block, f"{bid}-bar"))
        if row.bid_mark:
            spans += [(row.bid_mark, large), (f"{row.bid_text:>{SIZE}} ", bid)]
        else:
            spans.append((f"{row.bid_text:>{SIZE + 1}} ", bid))
    else:
        spans.append((note + " " * (bar + SIZE + 2), note_look))
    priced = _price(row, price, kind, marks=not (delta and traded))
    behind = 0
    if row.here:
        # A bracket with a sign between it and the price takes the blank beside it.
        shown = "".join([text for text, _ in priced])
        behind = int(not shown[-2].isdigit())
        if len(shown) > price + 2 + behind:
            spans[-1] = spans[-1][0][:-1], spans[-1][1]
    spans += priced
    after = len(spans)
    note, note_look = _note(row.ask_delta, row.ask_mine if delta == MINE else "", view)
    shown = note
    note = f"{note:>{delta}}" if delta else ""
    rest = width - 2 * (own + delta + bar + SIZE + 2) - price - 2 - traded
    tail = f"{row.traded:>{traded - 1}}" if traded else ""
    if row.ask:
        block = _right_bar(row.ask, view, bar)
        text = row.ask_text if row.ask_text[:1] == "≥" else f" {row.ask_text}"  # so the number stays where it is
        if row.ask_mark:
            spans += [(f"{text:<{SIZE + 1}}", ask), (row.ask_mark, large)]
        else:
            spans.append((f"{text:<{SIZE + 2}}", ask))
        spans.append((block, f"{ask}-bar"))
        note = " " * (bar - len(block)) + note
    else:
        note = " " * (bar + SIZE + 2) + note
    if own:
        spans += [(note, note_look), (f"{row.ask_mine:>{own}}", view.mine)]
    elif shown or not row.traded:
        spans.append((note, note_look))
    else:
        tail = note + tail
    if row.last and traded:
        mark, look = _last(row.last, kind)
        spans += [(tail, "ladder--traded"), (mark, look), (" " * rest, "ladder--traded")]
    else:
        spans.append((tail + " " * (rest + (traded > 0)), "ladder--traded"))
    if behind:
        text, look = spans[after]
        spans[after] = text[1:] if text[0] == " " else text[:-1], look
    spans = [span for span in spans if span[0]]
    return [(text, f"{look} ladder--here") for text, look in spans] if row.here else spans


def _note(delta: str, mine: str, view: View) -> tuple[str, str]:
    """What stands at the edge of a row: what moved, or our order where both have one column."""
    return (mine, view.mine) if mine else (delta, _delta_look(delta, "" if view.sure else "old-"))


def _price(row: Rung, width: int, kind: str, *, marks: bool) -> list[tuple[str, str]]:
    """The price between the marks of its row; with `marks` one of them may be our own order, or our fill."""
    before, after = _TOUCH.get(row.touch, (" ", " "))
    text = numbers.price(row.price, row.view.step, cents=row.view.cents)
    look = "ladder--old" if kind else _PRICE_LOOKS[row.touch]
    if row.last.endswith("2") and not kind:
        # Nothing dim can be read on that paper, and a price of this moment is not dim.
        look = f"{_PRICE_LOOKS['']} ladder--hot" if row.touch == "i" else f"{look} ladder--hot"
    opening = closing = ""
    if row.here:
        opening, before, after, closing = "[", before.strip(" ·"), after.strip(" ·"), "]"
    if marks and (row.bid_mine or row.ask_mine or row.last[:1] == FILLED):
        sign = FILLED if row.last[:1] == FILLED else MINE_HERE
        mine = row.view.mine or SURE
        # Bids point at their price from the right, so the cell on the left is theirs; asks have the other one.
        left = not row.ask_mine if before in " " and after in " " else before in " "
        if left:
            return [(f"{opening:>{width - len(text)}}", look), (sign, mine), (text + after + closing, look)]
        return [(f"{opening + before + text:>{width + 1}}", look), (sign, mine), (closing, look)]
    return [(f"{opening + before + text:>{width + 1}}{after + closing}", look)]


def _last(last: str, kind: str) -> tuple[str, str]:
    if last[0] == FILLED:
        return last[0], f"{SURE} ladder--hot" if last[1:] == "2" else SURE
    if kind:
        return last[0], "ladder--old"
    side = "bid" if last[0] == "▲" else "ask"
    return last[0], {"2": f"ladder--{side}-touch ladder--hot", "1": f"ladder--{side}-touch"}.get(
        last[1:], f"ladder--{side}"
    )


def _delta_look(text: str, kind: str) -> str:
    return "ladder--old" if kind else _DELTA_LOOKS.get(text[:1], "ladder--traded")


def eighths(size: int, full: int, width: int, scale: Scale = Scale.LINEAR) -> int:
    """How long a bar is, in eighths of a cell: something for every level, never more than there is room."""
    if not width:
        return 0
    share = size / full
    if scale is Scale.SQRT:
        share = math.sqrt(share)
    elif scale is Scale.LOG:
        share = math.log1p(1_000 * share) / math.log1p(1_000)
    return min(width * 8, max(1, int(share * width * 8)))


def _right_bar(size: int, view: View, width: int) -> str:
    whole, rest = divmod(eighths(size, view.full, width, view.scale), 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")


def _left_bar(size: int, view: View, width: int) -> tuple[str, str]:
    """A bar that grows to the left: its first cell is drawn by what it leaves out, in reversed colours."""
    whole, rest = divmod(eighths(size, view.full, width, view.scale), 8)
    return (_EIGHTHS[8 - rest] if rest else ""), "█" * whole
