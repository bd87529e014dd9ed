"""The tables of the account panel: positions, working orders, fills; a column that has no room is left out whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from pmtui.core.ahead import Resting
from pmtui.core.events import Filled, FillState, OrderChanged, Side
from pmtui.core.position import Held
from pmtui.core.tuples import NamedTuple
from pmtui.ui import numbers
from pmtui.ui.line import Line, Span
from pmtui.ui.markets import Facts
from pmtui.ui.standing import whole
from pmtui.ui.teller import Teller
from pmtui.ui.text import clean

_LONG_STATES_FROM = 56
_DAY = 86_400_000


class Column(NamedTuple):
    """A column by its name; the highest rank is the first to go, the widest name is the last to grow."""

    name: str
    width: int
    rank: int = 0
    right: bool = False
    grows: int = 0
    """How wide it may become where there is room."""


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
    kept = [each for each in columns if each.name not in without]
    while sum(each.width + 1 for each in kept) > width and any(each.rank for each in kept):
        kept.remove(max(kept, key=lambda each: each.rank))
    rest = width - sum(each.width + 1 for each in kept)
    return tuple(
        each._replace(width=max(each.width, min(each.grows, each.width + rest))) if each.grows else each
        for each in kept
    )


def widened(columns: Sequence[Column], longest: Mapping[str, int]) -> tuple[Column, ...]:
    """The same with room for what is longer than usual: not all prices are cents."""
    return tuple(each._replace(width=max(each.width, longest.get(each.name, 0))) for each in columns)


def fill_columns(width: int, *, market: bool, late: bool, price: int = 0) -> tuple[Column, ...]:
    """Those of fills: states have their whole names where there is room, the rest appears where it says something."""
    without = frozenset(name for name, seen in (("market", market), ("late", late)) if not seen)
    states = 9 if width >= _LONG_STATES_FROM else 0
    return laid_out(widened(FILLS, {"price": price, "state": states}), width, without)


def position_columns(width: int, held: Sequence[tuple[Held, Facts]]) -> tuple[Column, ...]:
    """Those of positions: what is not known of any is left out."""
    told = {
        "average": [average(*each) for each in held],
        "liquidation": [liquidation(*each) for each in held],
        "realised": ["" if each.realised is None else "+" for each, _ in held],
    }
    longest = {name: max(map(len, texts), default=0) for name, texts in told.items()}
    without = frozenset(name for name, length in longest.items() if held and not length) - {"average"}
    return laid_out(widened(POSITIONS, longest), width, without)


def order_columns(width: int, *, market: bool, price: int = 0) -> tuple[Column, ...]:
    return laid_out(widened(ORDERS, {"price": price}), width, frozenset() if market else frozenset({"market"}))


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
    for name, width, _, right, _ in columns:
        text, look = cells.get(name, ("", ""))
        spans.append((before + (f"{text:>{width}}" if right else f"{text:<{width}}"), look))
        before = " "
    return tuple((text, f"{look} {HERE}".lstrip()) for text, look in spans) if chosen else tuple(spans)


def ahead(resting: Resting | None) -> str:
    """What stands before us: `~` marks an estimate, `≤` what it can be at the most."""
    if resting is None or (resting.ahead is None and resting.at_most is None):
        return "?"
    if resting.ahead is not None:
        return f"~{numbers.size(resting.ahead) or '0'}"
    return f"≤{numbers.size(resting.at_most or 0) or '0'}"


def side(of: Side) -> Span:
    return of.value, "sheet--bid" if of is Side.BUY else "sheet--ask"


def order(
    told: OrderChanged, resting: Resting | None, facts: Facts, wall: int, teller: Teller, width: int
) -> dict[str, Span]:
    """The cells of a working order; `width` is that of its market's name."""
    size = teller.size(told.size)
    rest = size if teller.hidden else f"{teller.size(told.left)}/{size}"
    since = told.created or told.sent
    return {
        "side": side(told.side),
        "price": (facts.price(told.price), ""),
        "left/size": (rest, "sheet--strong"),
        "ahead": ("–" if told.waits else ahead(resting), "sheet--dim"),
        "age": (whole(wall - since) if since else "–", "sheet--dim"),
        "type": (clean(told.kind)[:4], "sheet--dim"),
        "market": (facts.named(width), "sheet--dim"),
    }


def fill(told: Filled, facts: Facts, wall: int, teller: Teller, widths: Mapping[str, int]) -> dict[str, Span]:
    """The cells of a fill; one that failed never happened, and looks it."""
    failed = told.state is FillState.FAILED
    word, look = STATES[told.state]
    if widths.get("state", 0) >= len(FillState.CONFIRMED.value):
        word = told.state.value
    time = numbers.clock(told.sent) if wall - told.sent < _DAY else numbers.day(told.sent // 1000)
    dim = "sheet--dim" if failed else ""
    return {
        "time": (time, "sheet--dim"),
        "side": (told.side.value, "sheet--dim") if failed else side(told.side),
        "price": (facts.price(told.price), dim),
        "size": (teller.size(told.size), dim or "sheet--strong"),
        "role": ("maker" if told.maker else "taker", "sheet--dim"),
        "state": (word, look),
        "late": ("late" if told.late else "", "sheet--warn"),
        "market": (facts.named(widths.get("market", 0)), "sheet--dim"),
    }


def average(held: Held, facts: Facts) -> str:
    return "" if held.average is None else f"@{facts.average(held.average)}"


def liquidation(held: Held, facts: Facts) -> str:
    """The price at which the venue would close it by force."""
    return "" if held.liquidation is None else f"liq {facts.average(held.liquidation)}"


def position(held: Held, mid: int | None, facts: Facts, teller: Teller, width: int, *, sure: bool) -> Cells:
    """The cells of a position; what it would gain goes by the middle, or by the venue's word where there is none."""
    gain = held.unrealised(mid)
    gained = ("–", "sheet--dim")
    if gain is not None:
        gained = (teller.gain(gain), teller.look(gain) if sure else "sheet--dim")
    realised = ("", "")
    if held.realised is not None:
        realised = (teller.gain(held.realised), teller.look(held.realised))
    return {
        "market": (facts.named(width), ""),
        "net": (teller.signed(held.net), "sheet--strong"),
        "average": (average(held, facts), "sheet--dim"),
        "liquidation": (liquidation(held, facts), "sheet--warn"),
        "unrealised": gained,
        "realised": realised,
    }
