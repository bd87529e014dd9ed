"""The tables of the account panel: positions, working orders, fills; a column that has no room is left out whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from pmtui.core.events import Filled, FillState, OrderChanged, Side
from pmtui.core.tuples import NamedTuple
from pmtui.ui import numbers
from pmtui.ui.cells import cell_len
from pmtui.ui.line import Line, Span
from pmtui.ui.markets import Facts
from pmtui.ui.ours import ahead
from pmtui.ui.standing import whole
from pmtui.ui.teller import Teller
from pmtui.ui.text import clean, padded

if TYPE_CHECKING:
    from pmtui.core.ahead import Resting
    from pmtui.core.position import Held

_LONG_STATES_FROM = 56
_DAY = 86_400_000
_MOST_NAMED = 18


class Column(NamedTuple):
    """A column by its name; the highest rank is the first to go, the widest name is the last to grow."""

    name: str
    width: int
    rank: int = 0
    right: bool = False
    grows: int = 0
    """How wide it may become where there is room."""
    wants: int = 0
    """How wide it has to be to say anything: that goes before columns that can be spared."""


POSITIONS = (
    Column("market", 9, grows=40),
    Column("net", 6, right=True),
    Column("average", 8, 2, right=True),
    Column("liquidation", 11, 3, right=True),
    Column("unrealised", 10, right=True),
    Column("realised", 10, 1, right=True),
)
ORDERS = (
    Column("side", 4),
    Column("price", 5, right=True),
    Column("left/size", 11, 1, right=True),
    Column("ahead", 6, 2, right=True),
    Column("age", 4, 3, right=True),
    Column("type", 4, 5),
    Column("market", 7, 4, grows=40),
)
FILLS = (
    Column("time", 8),
    Column("side", 4),
    Column("price", 5, right=True),
    Column("size", 5, right=True),
    Column("role", 5, 4),
    Column("state", 5),
    Column("late", 4, 1),
    Column("market", 7, 3, grows=40),
)

STATES = {
    FillState.MATCHED: ("MATCH", ""),
    FillState.MINED: ("MINED", "sheet--accent"),
    FillState.CONFIRMED: ("CONF", "sheet--good"),
    FillState.RETRYING: ("RETRY", "sheet--warn"),
    FillState.FAILED: ("FAIL", "sheet--alarm"),
}
"""Each state where there is little room, and its look."""

HERE = "account--here"
"""What lies behind the chosen row."""

Cells = Mapping[str, Span]


@lru_cache(maxsize=64)
def laid_out(columns: tuple[Column, ...], width: int, without: frozenset[str] = frozenset()) -> tuple[Column, ...]:
    """The columns that fit, one cell before each, with what is left given to the one that grows."""
    known = [each for each in columns if each.name not in without]
    kept = _dropped(
        [each._replace(width=max(each.width, each.wants), rank=0) if each.wants else each for each in known], width, 1
    )
    if _taken(kept) > width:
        kept = _dropped(known, width, 0)
    rest = width - _taken(kept)
    return tuple(
        each._replace(width=max(each.width, min(each.grows, each.width + rest))) if each.grows else each
        for each in kept
    )


def _dropped(columns: Iterable[Column], width: int, needed: int) -> list[Column]:
    """Without those that have no room, as far as their rank is higher than that of the needed ones."""
    kept = list(columns)
    while _taken(kept) > width and (last := max(kept, key=lambda each: each.rank)).rank > needed:
        kept.remove(last)
    return kept


def _taken(columns: Iterable[Column]) -> int:
    return sum(each.width + 1 for each in columns)


def widened(columns: Sequence[Column], longest: Mapping[str, int]) -> tuple[Column, ...]:
    """The same with room for what is longer than usual: not all prices are cents, not all markets have a number."""
    return tuple(
        each._replace(wants=longest.get(each.name, 0))
        if each.grows
        else each._replace(width=max(each.width, longest.get(each.name, 0)))
        for each in columns
    )


def fill_columns(
    width: int, *, market: bool, late: bool, price: int = 0, size: int = 0, name: int = 0
) -> tuple[Column, ...]:
    """Those of fills: states have their whole names where there is room, the rest appears where it says something."""
    without = frozenset(name for name, seen in (("market", market), ("late", late)) if not seen)
    states = 9 if width >= _LONG_STATES_FROM else 0
    longest = {"price": price, "size": size, "state": states, "market": name}
    return laid_out(widened(FILLS, longest), width, without)


@lru_cache(maxsize=64)
def position_columns(width: int, held: tuple[tuple[Held, Facts], ...], name: int = 0) -> tuple[Column, ...]:
    """Those of positions: what is not known of any is left out."""
    told = {
        "average": [average(*each) for each in held],
        "liquidation": [liquidation(*each) for each in held],
        "realised": ["" if each.realised is None else "+" for each, _ in held],
    }
    longest = {name: max(map(len, texts), default=0) for name, texts in told.items()}
    without = frozenset(name for name, length in longest.items() if held and not length) - {"average"}
    longest["market"] = name
    longest["net"] = max((len(Teller().signed(each.net)) for each, _ in held), default=0)
    return laid_out(widened(POSITIONS, longest), width, without)


def longest_name(facts: Iterable[Facts]) -> int:
    """The cells that it takes to tell markets without a number from each other, which nothing else does."""
    return max((min(_MOST_NAMED, cell_len(each.brief)) for each in facts if not each.number), default=0)


def order_columns(width: int, *, market: bool, price: int = 0, size: int = 0, name: int = 0) -> tuple[Column, ...]:
    longest = {"price": price, "left/size": size, "market": name}
    return laid_out(widened(ORDERS, longest), width, frozenset() if market else frozenset({"market"}))


def names(columns: Sequence[Column], title: str = "") -> Line:
    """The heads of the columns; `title` stands in the first one."""
    heads = {each.name: (each.name[: each.width], "sheet--dim") for each in columns}
    if title:
        heads[columns[0].name] = (title, "sheet--head")
    return row(columns, heads)


def row(columns: Sequence[Column], cells: Cells, *, chosen: bool = False) -> Line:
    """One line of a table; `›` stands before the chosen one."""
    spans: list[Span] = []
    before = "›" if chosen else " "
    for name, width, _, right, *_ in columns:
        text, look = cells.get(name, ("", ""))
        spans.append((before + padded(text, width, right=right), look))
        before = " "
    return tuple((text, f"{look} {HERE}".lstrip()) for text, look in spans) if chosen else tuple(spans)


def side(of: Side) -> Span:
    return of.value, "sheet--bid" if of is Side.BUY else "sheet--ask"


def is_recent(told: Filled, wall: int) -> bool:
    """Whether the time of day says when a fill was."""
    return abs(wall - told.sent) < _DAY


class Style(NamedTuple):
    """What all rows of a table have in common."""

    columns: tuple[Column, ...]
    teller: Teller


def rest(told: OrderChanged, teller: Teller) -> str:
    """What is left of an order, and its size."""
    size = teller.size(told.size)
    return size if teller.hidden else f"{teller.size(told.left)}/{size}"


class OrderRow(NamedTuple):
    """All that the row of a working order tells but its age."""

    told: OrderChanged
    resting: Resting | None
    facts: Facts
    chosen: bool = False


def order(of: OrderRow, style: Style) -> Line:
    """The row of a working order, its age left open: that changes each second, and mostly nothing else does."""
    (told, resting, facts, chosen), teller = of, style.teller
    cells = {
        "side": side(told.side),
        "price": (price(facts, told.price), ""),
        "left/size": (rest(told, teller), "sheet--strong"),
        "ahead": ("–" if told.waits else ahead(resting), "sheet--dim"),
        "age": ("", "sheet--dim"),
        "type": (clean(told.kind)[:4], "sheet--dim"),
        "market": (facts.named(width_of("market", style.columns)), "sheet--dim"),
    }
    return row(style.columns, cells, chosen=chosen)


def aged(lines: Sequence[Line], orders: Sequence[OrderChanged], columns: Sequence[Column], wall: int) -> list[Line]:
    """The rows of these orders with how long each has been working."""
    at, width = next(((n, each.width) for n, each in enumerate(columns) if each.name == "age"), (0, 0))
    if not width:
        return list(lines)
    return [
        (*line[:at], (f" {_age(order, wall):>{width}}", line[at][1]), *line[at + 1 :])
        for line, order in zip(lines, orders, strict=True)
    ]


def _age(order: OrderChanged, wall: int) -> str:
    since = order.created or order.sent
    return whole(wall - since) if since else "–"


class FillRow(NamedTuple):
    """All that the row of a fill tells."""

    told: Filled
    facts: Facts
    recent: bool
    chosen: bool = False


def fill(of: FillRow, style: Style) -> Line:
    """The row of a fill; one that failed never happened, and looks it."""
    (told, facts, recent, chosen), teller = of, style.teller
    failed = told.state is FillState.FAILED
    word, look = STATES[told.state]
    if width_of("state", style.columns) >= len(FillState.CONFIRMED.value):
        word = told.state.value
    dim = "sheet--dim" if failed else ""
    cells = {
        "time": (_time(told, recent=recent), "sheet--dim"),
        "side": (told.side.value, "sheet--dim") if failed else side(told.side),
        "price": (price(facts, told.price), dim),
        "size": (teller.size(told.size), dim or "sheet--strong"),
        "role": ("liq", "sheet--warn") if told.forced else ("maker" if told.maker else "taker", "sheet--dim"),
        "state": (word, look),
        "late": ("late" if told.late else "", "sheet--warn"),
        "market": (facts.named(width_of("market", style.columns)), "sheet--dim"),
    }
    return row(style.columns, cells, chosen=chosen)


def _time(told: Filled, *, recent: bool) -> str:
    """When it was matched, as far as that is known."""
    if not told.sent:
        return "–"
    return numbers.clock(told.sent) if recent else numbers.day(told.sent // 1000)


@lru_cache(maxsize=1_024)  # asked for all rows in sight at each look, to know how wide their column must be
def price(facts: Facts, value: int) -> str:
    return facts.price(value)


def width_of(name: str, columns: Sequence[Column]) -> int:
    """How wide that column is, 0 where it is left out."""
    return next((each.width for each in columns if each.name == name), 0)


def average(held: Held, facts: Facts) -> str:
    return "" if held.average is None else f"@{facts.average(held.average)}"


def liquidation(held: Held, facts: Facts) -> str:
    """The price at which the venue would close it by force."""
    return "" if held.liquidation is None else f"liq {facts.average(held.liquidation)}"


class PositionRow(NamedTuple):
    """All that the row of a position tells."""

    held: Held
    mid: int | None
    """The middle of its market; None where it has none."""
    facts: Facts
    sure: bool


def position(of: PositionRow, style: Style) -> Line:
    """The row of a position; what it would gain goes by the middle, or by the venue's word where there is none."""
    (held, mid, facts, sure), teller = of, style.teller
    gain = held.unrealised(mid)
    gained = ("–", "sheet--dim")
    if gain is not None:
        gained = (teller.gain(gain), teller.look(gain) if sure else "sheet--dim")
    realised = ("", "")
    if held.realised is not None:
        realised = (teller.gain(held.realised), teller.look(held.realised))
    cells = {
        "market": (facts.named(width_of("market", style.columns)), ""),
        "net": (teller.signed(held.net), "sheet--strong"),
        "average": (average(held, facts), "sheet--dim"),
        "liquidation": (liquidation(held, facts), "sheet--warn"),
        "unrealised": gained,
        "realised": realised,
    }
    return row(style.columns, cells)
