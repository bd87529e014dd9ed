"""The lines of a tape, made ready and painted; and who took in the last minute."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from pmtui.core.events import Side
from pmtui.core.reel import Run
from pmtui.core.seconds import Window
from pmtui.core.tape import Gap, Mark
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import ONE
from pmtui.ui import numbers
from pmtui.ui.line import Line, Span, fit, piece
from pmtui.ui.panel import Spans
from pmtui.ui.shorter import fitted, veiled
from pmtui.ui.text import clean, shorten

_WORDS_FROM, LOOSE_FROM = 42, 34
"""From so many columns on a print has a word for its side, and a blank after its sign whatever else it has."""
_LONGEST_BAR, _SHORTEST_BAR = 30, 4
_EIGHTHS = " ▏▎▍▌▋▊▉█"


class Printed(NamedTuple):
    """A line of the tape, ready to be painted."""

    time: str
    buy: bool
    price: str
    finer: str
    """The decimals beyond the tick, of an average."""
    size: str
    money: str
    prints: int
    large: bool
    fresh: bool = False


@lru_cache(maxsize=4_096)  # the same lines come thirty times a second
def printed(run: Run, wall: int, step: int, *, cents: bool) -> Printed:
    """A run with its numbers written out; `wall` is its time of day."""
    paid = numbers.paid(run.price, step, cents=cents)
    # To the last decimal of the tick; the price itself, rounded to it, may have a digit more than this one.
    whole = len(paid.partition(".")[0]) + len("".join(numbers.price(step, step, cents=cents).partition(".")[1:]))
    price, finer = paid[:whole], paid[whole:]
    size, money = numbers.size(run.size, coins=not cents), numbers.money(run.money)
    return Printed(numbers.clock(wall), run.side is Side.BUY, price, finer, size, money, run.prints, run.large)


def aligned(rows: Sequence[Printed | Line | None], width: int, *, joined: bool = False) -> list[Printed | Line | None]:
    """The same rows with dots under dots, also where some prices have a digit more before theirs than others.

    In a narrow tape a blank parts long prices from the sign before them, where nothing else gives way for it: of joined
    prints their number would.
    """
    ready = [row for row in rows if isinstance(row, Printed)]
    widest = max((len(row.price) for row in ready), default=0)
    if width < LOOSE_FROM and not joined and any(widest >= _whole(row) for row in ready):
        widest += all(_narrowest(row, widest + 1) <= width for row in ready)
    return [
        row._replace(price=row.price.rjust(widest)) if isinstance(row, Printed) and len(row.price) < widest else row
        for row in rows
    ]


def _whole(row: Printed) -> int:
    """The cells of a usual price, as far as the tick goes."""
    # Dots stand under dots: an average has a decimal more, which needs a dot too where the tick is a whole cent.
    return 5 if "." in row.price else 4


def _narrowest(row: Printed, price: int) -> int:
    """The cells of a print in a narrow tape with its money, where the price has so many up to the tick."""
    return 11 + price + 6 - _whole(row) + max(6, len(row.size) + row.large) + max(7, len(row.money))


def paint(row: Printed, width: int) -> Spans:
    """One print or order; what does not fit is left out, the money first."""
    look = "tape--buy" if row.buy else "tape--sell"
    if row.fresh:
        look += "-new"
    sign, word = ("▲", "BUY ") if row.buy else ("▼", "SELL")
    if width >= _WORDS_FROM:
        sign = f"{sign} {word} "
    elif width >= LOOSE_FROM:
        sign += " "
    whole = _whole(row)
    price = f"{row.price:>{whole}}{row.finer:<{6 - whole}}"
    spans = [
        (f" {row.time} ", "tape--dim"),
        (sign + price, look),
        *([("◆", "tape--large")] if row.large else []),
        (f"{row.size:>{(6 if width >= _WORDS_FROM else 5) + (not row.large)}}", look),
    ]
    if not row.large:
        spans[1:] = [(spans[1][0] + spans[2][0], look)]
    rest: list[Span] = [(f"{row.money:>7}", "")]
    room = width - sum(len(text) for text, _ in spans)
    if row.prints > 1:
        times = f"×{row.prints}"
        rest.append((f"{times:>{max(0, min(4, room - 7))}}", "tape--dim"))
    while rest and sum(len(text) for text, _ in rest) > room:
        rest.pop(0)
    return [*spans, *rest]


def across(entry: Gap | Mark, wall: int, width: int, *, hidden: bool = False) -> Line:
    """Words on a line across, which gives way to them; of a gap that is too long only what comes last is told, which
    says the most.
    """
    look, words = ("tape--gap", _reason(entry)) if isinstance(entry, Gap) else ("tape--mark", entry.text)
    time, words = numbers.clock(wall), clean(words)
    room = width - len(time) - 2
    if isinstance(entry, Mark):
        words = fitted(veiled(words) if hidden else words, room)
    elif len(words) > room:
        words = shorten(words.rpartition(": ")[2], room)
    left = room - len(words)
    line = "── " if left > 4 else "─ " if left >= 2 else ""
    rest = left - len(line) - 1
    return (f" {time} ", "tape--dim"), (f"{line}{words}{' ' + '─' * rest if rest > 0 else ''}", look)


def _reason(gap: Gap) -> str:
    what, *means = gap.reason.split(": ", 1)
    return ": ".join((f"{what}, {gap.times} times" if gap.times > 1 else what, *means))


def foot(minute: Window, width: int, *, whole: bool) -> Line:
    """The last minute in one line: the buyers' share in words and as a bar, how many prints, how much money.

    It is marked as a gap is where not all of it was heard.
    """
    span = _span(whole)
    if not _taken(minute):
        return ((f" {span}: no prints", "tape--dim"),)
    left, right = f" {span}: buy {share(minute)}", f"{count(minute.prints)}p {_money(minute)}"
    cells = min(width - len(left) - len(right) - 4, _LONGEST_BAR)
    if cells < _SHORTEST_BAR:
        return fit([piece(0, left, "tape--dim"), piece(1, right, "tape--dim")], width)
    bar = _bar(minute.buy_size, minute.buy_size + minute.sell_size, cells)
    return (f"{left} ▕", "tape--dim"), (bar, "tape--bar"), (f"▏ {right}", "tape--dim")


def _money(minute: Window) -> str:
    return numbers.money(minute.buy_money + minute.sell_money)


def pressure(minute: Window, *, whole: bool) -> str:
    """The buyers' share of what was taken; empty where nothing was."""
    return f"{_span(whole)} buy {share(minute)}" if _taken(minute) else ""


def _span(whole: bool) -> str:
    return "60s" if whole else "60s×"


def _taken(minute: Window) -> int:
    return minute.buy_size + minute.sell_size


def share(of: Window) -> str:
    """The buyers' share."""
    return numbers.percent(of.buy_size, of.buy_size + of.sell_size)


def _bar(part: int, whole: int, cells: int) -> str:
    filled, rest = divmod(part * cells * 8 // whole, 8)
    return f"{'█' * filled}{_EIGHTHS[rest] if rest else ''}".ljust(cells)


def count(number: int) -> str:
    """As short as a size."""
    return numbers.size(number * ONE) or "0"
