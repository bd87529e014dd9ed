"""Who pushes: bought and sold, added and pulled, and how wide the spread was, over three windows and step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pmtui.core.board import Board
from pmtui.core.seconds import SECONDS, Window
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import ONE, show
from pmtui.ui import numbers
from pmtui.ui.line import Line, Piece, Span, ends, fit, piece
from pmtui.ui.prints import share
from pmtui.ui.sheet import Sheet

WINDOWS = (("10s", 10_000), ("1m", 60_000), ("5m", 300_000))
_COLUMN = 8
_LABEL = 13
_STEP = 5
"""Seconds in a row of the lower table."""
_STEP_COLUMN = 9
_LEAST_STEPS = 3
"""Fewer rows of it say too little."""


class Grain(NamedTuple):
    """In what prices and sizes of a market are told."""

    tick: int
    coins: bool


class Fact(NamedTuple):
    """A row of the table; the highest rank is the first to go where there are not enough lines."""

    name: str
    rank: int
    read: Callable[[Window, Grain], str]
    """The text for a window and the grain of its market."""
    look: str = ""


class Flow(Sheet):
    """A table: one row for each fact, one column for each window."""

    called = "flow"
    place = "far"
    rank = 5
    every = 250
    by_batch = True
    digit = "4"
    needs = (160, 24)
    topics = ("flow", "delta", "cvd", "added", "pulled", "spread", "volume")
    help = (
        "CVD is what buyers took less what sellers took; hi and lo of the session are prints, not mids. Added and\n"
        "pulled are sizes that came into the book and left it, trades among them. The spread is in ticks of now, its\n"
        "mean weighted by time. The windows end now and go by whole seconds. × marks those in which a link was lost:\n"
        "what happened meanwhile is missing. Where there is room, the same follows in steps of five seconds, the\n"
        "newest on top, by the time at which each began, to the nearest second; – where nothing is known."
    )

    def __init__(self) -> None:
        super().__init__()
        self._steps_of: tuple[object, ...] = ()
        self._steps: dict[int, Window] = {}
        """The sums of the steps that have ended, by the second in which each began; they never change."""

    def compose_rows(self) -> Sequence[Line | None]:
        board, now = self.desk.board(), self.desk.now()
        if board is None:
            return [((" FLOW", self.title_look),)]
        shown = WINDOWS[: max(1, (self.columns - _LABEL) // _COLUMN)]
        windows = [board.flow.window(ms, now) for _, ms in shown]
        whole = [board.followed(ms, now) for _, ms in shown]
        grain = Grain(board.tick or numbers.UNKNOWN_TICK, not board.instrument.in_cents)
        dim = "" if board.credible(now) else "sheet--dim"
        head = self._cells(
            (" FLOW", self.title_look),
            [(name + "×" * (not all_), "sheet--dim") for (name, _), all_ in zip(shown, whole, strict=True)],
        )
        rows: list[tuple[int, Line | None]] = [(0, head), (2, self._session(board, grain, dim)), *self._gaps(board)]
        for fact in FACTS:
            cells = [
                (
                    fact.read(window, grain) if all_ or _known(window) else "–",
                    dim or fact.look or _look_of(fact, window),
                )
                for window, all_ in zip(windows, whole, strict=True)
            ]
            rows.append((fact.rank, self._cells((f" {fact.name}", "sheet--dim"), cells) if fact.name else None))
        table = _fewest(rows, self.lines)
        return [*table, *self._stepwise(board, grain, dim, self.lines - len(table) - 2)]

    def _stepwise(self, board: Board, grain: Grain, dim: str, count: int) -> list[Line | None]:
        """The newest steps, as many as there is room for and something is known of."""
        if count < _LEAST_STEPS:
            return []
        facts = STEP_FACTS[: max(1, (self.columns - 1 - _STEP_COLUMN) // _STEP_COLUMN)]
        now = self.desk.now()
        # What is counted is counted by whole seconds of the steady clock, which may begin anywhere in one of the day's.
        ahead = (self.desk.wall(0) + 500) // 1000
        of = (board.flow, ahead)
        if of != self._steps_of or len(self._steps) > SECONDS:
            self._steps_of, self._steps = of, {}
        second = now // 1000
        newest = second - (second + ahead) % _STEP
        windows: list[tuple[int, Window]] = []
        for first in range(newest, max(newest - count * _STEP, second - SECONDS), -_STEP):
            window = self._steps.get(first) or board.flow.between(first, first + _STEP, now)
            if first + _STEP < second:
                self._steps[first] = window
            windows.append((first, window))
        while windows and not _known(windows[-1][1]):
            windows.pop()
        rows: list[Line | None] = []
        for first, window in windows:
            known = _known(window)
            cells = [(fact.read(window, grain) if known else "–", dim or fact.look) for fact in facts]
            rows.append(self._in_steps(numbers.clock((first + ahead) * 1000), cells))
        names = [(fact.name, "sheet--dim") for fact in facts]
        return [None, self._in_steps(f"every {_STEP}s", names), *rows]

    def _in_steps(self, label: str, cells: Sequence[Span]) -> Line:
        spans = tuple((f"{text:>{_STEP_COLUMN}}", look) for text, look in cells)
        return ends(((f" {label}", "sheet--dim"),), spans, self.columns - 1)

    def _cells(self, label: Span, cells: Sequence[Span]) -> Line:
        return ends((label,), tuple((f"{text:>{_COLUMN}}", look) for text, look in cells), self.columns - 1)

    def _session(self, board: Board, grain: Grain, dim: str) -> Line:
        flow, tick = board.flow, grain.tick
        cvd = Piece((("CVD ", "sheet--dim"), (signed(flow.cvd, grain), dim or _sign_look(flow.cvd))), 0)
        facts = [Piece(((" session", "sheet--dim"),), 2), cvd]
        if flow.vwap is not None and flow.high is not None and flow.low is not None:
            cents = board.instrument.in_cents
            average = numbers.average(flow.vwap, tick // 10 or 1, cents=cents)
            high, low = (numbers.paid(price, tick, cents=cents) for price in (flow.high, flow.low))
            for name, price, rank in (("VWAP", average, 1), ("hi", high, 3), ("lo", low, 3)):
                facts.append(Piece(((f"{name} ", "sheet--dim"), (price, dim)), rank))
        return fit(facts, self.columns - 1, pairs=True)

    def _gaps(self, board: Board) -> list[tuple[int, Line]]:
        """A row that is only there when something is missing."""
        count = board.flow.gaps
        if not count:
            return []
        words = (f" × {count} gap{'s' * (count > 1)}", "what happened meanwhile is missing")
        return [
            (
                3,
                fit(
                    [piece(n, text, "sheet--warn") for n, text in enumerate(words)],
                    self.columns - 1,
                    gap=(": ", "sheet--warn"),
                ),
            )
        ]


def signed(value: int, grain: Grain) -> str:
    """A size with its sign; zero has none."""
    return f"{'+' if value > 0 else '-'}{_size(abs(value), grain)}" if value else "0"


def _size(value: int, grain: Grain) -> str:
    return numbers.size(value, coins=grain.coins) or "0"


def _sign_look(value: int) -> str:
    return "sheet--bid" if value > 0 else "sheet--ask" if value < 0 else ""


def _net(window: Window) -> int:
    return window.buy_size - window.sell_size


def _look_of(fact: Fact, window: Window) -> str:
    return _sign_look(_net(window)) if fact.name == "net" else ""


def _share(window: Window, grain: Grain) -> str:
    return share(window) if window.buy_size + window.sell_size else "–"


def _average(window: Window, grain: Grain) -> str:
    return numbers.money((window.buy_money + window.sell_money) // window.prints) if window.prints else "–"


def _ticks(spread: int | None, grain: Grain) -> str:
    """A spread in ticks, with a decimal only where it is needed."""
    if spread is None:
        return "–"
    told = show((spread * 20 + grain.tick) * ONE // (grain.tick * 20), 1).removesuffix(".0")
    return "<0.1t" if spread and told == "0" else f"{told}t"


FACTS = (
    Fact("", 9, lambda window, grain: ""),
    Fact("net", 1, lambda window, grain: signed(_net(window), grain)),
    Fact("bought", 2, lambda window, grain: _size(window.buy_size, grain), "sheet--bid"),
    Fact("sold", 2, lambda window, grain: _size(window.sell_size, grain), "sheet--ask"),
    Fact("buy share", 6, _share),
    Fact("prints", 3, lambda window, grain: f"{window.prints:,}"),
    Fact("average print", 5, _average),
    Fact("", 9, lambda window, grain: ""),
    Fact("bids added", 4, lambda window, grain: _size(window.added_bid, grain), "sheet--bid"),
    Fact("bids pulled", 4, lambda window, grain: _size(window.pulled_bid, grain)),
    Fact("bids net", 7, lambda window, grain: signed(window.added_bid - window.pulled_bid, grain)),
    Fact("asks added", 4, lambda window, grain: _size(window.added_ask, grain), "sheet--ask"),
    Fact("asks pulled", 4, lambda window, grain: _size(window.pulled_ask, grain)),
    Fact("asks net", 7, lambda window, grain: signed(window.added_ask - window.pulled_ask, grain)),
    Fact("", 9, lambda window, grain: ""),
    Fact("spread min", 8, lambda window, grain: _ticks(window.spread_min, grain)),
    Fact("spread mean", 5, lambda window, grain: _ticks(window.spread_mean, grain)),
    Fact("spread max", 8, lambda window, grain: _ticks(window.spread_max, grain)),
)


STEP_FACTS = (
    Fact("bought", 0, lambda window, grain: _size(window.buy_size, grain), "sheet--bid"),
    Fact("sold", 0, lambda window, grain: _size(window.sell_size, grain), "sheet--ask"),
    Fact("bids net", 0, lambda window, grain: signed(window.added_bid - window.pulled_bid, grain)),
    Fact("asks net", 0, lambda window, grain: signed(window.added_ask - window.pulled_ask, grain)),
    Fact("spread", 0, lambda window, grain: _ticks(window.spread_mean, grain)),
    Fact("prints", 0, lambda window, grain: f"{window.prints:,}"),
)
"""The columns of the lower table, of which the first ones are shown that fit."""


def _known(window: Window) -> bool:
    """Whether anything was heard in these seconds."""
    booked = window.added_bid or window.pulled_bid or window.added_ask or window.pulled_ask
    return bool(window.prints or booked) or window.spread_max is not None


def _fewest(rows: list[tuple[int, Line | None]], lines: int) -> list[Line | None]:
    """The rows that fit, the least important left out."""
    kept = list(enumerate(rows))
    while len(kept) > max(1, lines):
        kept.remove(max(kept, key=lambda each: (each[1][0], each[0])))
    return [row for _, (_, row) in kept]


PANEL = Flow
