"""All the markets of this screen in one line, each a key or a click away."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cache
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from pmtui.core.board import QUIET_FOR, Board, Label
from pmtui.core.drift import Drift
from pmtui.core.instrument import InstrumentId
from pmtui.core.tuples import NamedTuple
from pmtui.ui import apart
from pmtui.ui.line import Line, Piece, Span
from pmtui.ui.markets import middle
from pmtui.ui.sheet import Sheet

_TROUBLE = {
    Label.RESYNC: ("?", "sheet--warn"),
    Label.STALE: ("!", "sheet--bad"),
    Label.DOWN: ("!", "sheet--bad"),
    Label.HALTED: ("!", "sheet--bad"),
    Label.RESOLVED: ("■", "sheet--accent"),
    Label.SYNCING: ("…", "sheet--accent"),
    Label.CONNECTING: ("…", "sheet--accent"),
}
_UNPROVEN = ("·", "sheet--dim")
_ARROWS = {1: ("▲", "sheet--bid"), -1: ("▼", "sheet--ask"), 0: ("▬", "sheet--dim")}
_NO_ARROW = (" ", "")
_NAME, _LONGEST_NAME = 18, 44
"""How many cells of a name are told where there are many markets, and where there are few."""
_OUTCOME = 8
_BESIDE = 16
"""The cells that number, price and arrow of a market usually take."""
_LEAST = 8
"""The cells of the shortest entry that can be."""
_SIGNS = 4
"""The cells kept free for the signs that there is more."""


class _Reading(NamedTuple):
    """What an entry says of a book."""

    price: str
    mark: tuple[str, str]
    sure: bool


_UNREAD = _Reading("–", _TROUBLE[Label.CONNECTING], sure=False)


class Strip(Sheet):
    """Number, name, middle price and its direction; a mark instead where the book cannot be believed."""

    can_focus = True
    called = "line of markets"
    place = "bottom"
    rank = 20
    takes = 1
    every = 250
    topics = ("markets", "switch", "list", "add", "remove")
    help = (
        "The markets of this screen: › is the one above, [ and ] step through them, the wheel too, a click shows one.\n"
        "The arrow says where the middle price went in the last minute, or since its book came: ▲ up, ▼ down, ▬\n"
        "nowhere, none where that is not known yet. In its place ? is a doubt, ! not live, … on its way, ■ settled,\n"
        "· quiet, as its book was when it was last compared."
    )
    DEFAULT_CSS = "Strip { background: $bar-paper; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "step(1)", "next", key_display="→", tooltip="the next market"),
        Binding("left", "step(-1)", "previous", key_display="←", tooltip="the previous market"),
        *(Binding(str(n), f"jump({n})", f"market {n}", show=False) for n in range(2, 10)),
        Binding("1", "jump(1)", "market", key_display="1-9", tooltip="jump to a market"),
        Binding("enter", "find", "find", key_display="enter", tooltip="find a market, or add one"),
        Binding("delete", "remove", "remove", key_display="del", tooltip="stop watching this market"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._readings: dict[InstrumentId, _Reading] = {}
        self._drifts: dict[InstrumentId, Drift] = {}
        self._first = 0
        self._entries: list[tuple[Sequence[Span], int, InstrumentId]] = []
        """What is in sight, with its width."""
        self._beyond: tuple[InstrumentId | None, InstrumentId | None] = None, None
        """The markets next to what is in sight, on either side."""
        self._held = False
        """Whether what is said of the shown market stays: its book is in the middle of a batch."""
        self._told_of: tuple[object, ...] = ()
        self._told: tuple[object, ...] = ()
        """What was last said of it follows from this."""
        self._places: list[tuple[range, InstrumentId]] = []
        """Which columns belong to which market, as last drawn."""

    # What is shown

    def mine(self) -> Hashable:
        return tuple(self.desk.markets)

    def look(self) -> Sequence[Line | None]:
        """All markets go by their own time; the shown one says in each frame what the header above says."""
        board, now = self.desk.board(), self.desk.now()
        # As the header does: in a window of another size what it says is of this moment, whatever the moment is.
        told_of = board, self._looked_size
        self._held = board is not None and board.calm(now) and told_of == self._told_of and bool(self.last_look)
        self._told_of = told_of
        rows = super().look()
        if board is None or self._held or not rows:
            return rows
        book = board.book
        told = board, book.bid, book.ask, book.tick, board.label(now)
        if told != self._told:
            rows = self._renewed(rows, now)
            self._told = told
        return rows

    def _renewed(self, rows: Sequence[Line | None], now: int) -> Sequence[Line | None]:
        """The line with another entry of the shown market; where that takes more or less room, all of it anew."""
        market = self.desk.market
        place = next((n for n, each in enumerate(self._entries) if each[2] == market), None)
        entry = self._entry(self.desk.markets.index(market), market, now)
        if place is None or entry.width != self._entries[place][1]:
            return self.compose_rows()
        if entry.spans == self._entries[place][0]:
            return rows
        self._entries[place] = entry.spans, entry.width, market
        return [self._lay_out(self._entries, *self._beyond)]

    def compose_rows(self) -> Sequence[Line]:
        desk, now = self.desk, self.desk.now()
        markets = list(desk.markets)
        entry = cache(lambda n: self._entry(n, markets[n], now))
        if len(self._readings) > 2 * len(markets) + 8:
            self._forget(markets)
        place, count = markets.index(desk.market), len(markets)
        width = cache(lambda n: entry(n).width)
        self._first, last = _window(width, count, self._first, place, self.columns)
        self._entries = [(entry(n).spans, width(n), markets[n]) for n in range(self._first, last + 1)]
        before = markets[self._first - 1] if self._first else None
        self._beyond = before, markets[last + 1] if last + 1 < count else None
        return [self._lay_out(self._entries, *self._beyond)]

    def _entry(self, n: int, market: InstrumentId, now: int) -> Piece:
        here = market == self.desk.market
        instrument = self.desk.shown if here else market
        price, mark, sure = self._read(instrument, now)
        number_look = self.title_look if here else "sheet--dim"
        spans = [
            (f" {'›' if here else ' '}{n + 1} ", number_look),
            (f"{self._title(market)} ", "sheet--strong" if here else "sheet--dim"),
            (price, "" if sure else "sheet--dim"),
            mark,
        ]
        if instrument != market:
            spans.insert(2, (f"{self._outcome(instrument)} ", "sheet--accent"))
        return Piece(spans, n)

    def _read(self, instrument: InstrumentId, now: int) -> _Reading:
        """What the book says; the last thing it said while it is in the middle of a batch."""
        board = self.desk.store.boards.get(instrument)
        if board is None:
            return _UNREAD
        label = board.label(now)
        held = self._held if instrument == self.desk.shown else board.calm(now)
        if not held or instrument not in self._readings:
            mark = _TROUBLE.get(label) or self._arrow(instrument, board, now)
            # Quiet books that nobody looks at are proven in turn, which is too seldom to be called live all the time.
            if label is Label.STALE and instrument != self.desk.shown and _was_proven(board, now):
                mark = _UNPROVEN
            self._readings[instrument] = _Reading(middle(board), mark, label.sure)
        return self._readings[instrument]

    def _arrow(self, instrument: InstrumentId, board: Board, now: int) -> Span:
        """Where the middle went; a book with one side has none, and one that has just come went nowhere yet."""
        mid = board.book.mid
        if mid is None:
            return _NO_ARROW
        went = self._drifts.setdefault(instrument, Drift()).weigh(board, mid, now)
        return _NO_ARROW if went is None else _ARROWS[went]

    def _title(self, market: InstrumentId) -> str:
        return apart.title(self.desk, market).cut(self._room)

    @property
    def _room(self) -> int:
        """The cells of a name: where there are few markets they share the whole line."""
        each = (self.columns - _SIGNS - _OUTCOME) // max(1, len(self.desk.markets)) - _BESIDE
        return max(6, min(_NAME, self.columns - 22), min(_LONGEST_NAME, each))

    def _outcome(self, instrument: InstrumentId) -> str:
        known = self.desk.instrument(instrument)
        return (apart.outcome(self.desk, known, _OUTCOME) if known else "") or "OTHER"

    def _lay_out(
        self,
        entries: Sequence[tuple[Sequence[Span], int, InstrumentId]],
        before: InstrumentId | None,
        after: InstrumentId | None,
    ) -> Line:
        """The entries in a row, with a sign where there are more: it leads to the next one beyond."""
        spans = [("‹", "sheet--dim")] if before else []
        x = len(spans)
        self._places = [(range(x), before)] if before else []
        for each, width, market in entries:
            spans.extend(each)
            self._places.append((range(x, x + width), market))
            x += width
        if after is None:
            return tuple(spans)
        self._places.append((range(x, x + 2), after))
        return *spans, (" ›", "sheet--dim")

    def _forget(self, markets: list[InstrumentId]) -> None:
        """Let go of what was read of markets that are not here any more."""
        kept = {self.desk.shown, *markets}
        self._readings = {each: reading for each, reading in self._readings.items() if each in kept}
        self._drifts = {each: drift for each, drift in self._drifts.items() if each in kept}

    # What is asked for

    def on_click(self, event: events.Click) -> None:
        for columns, market in self._places:
            if event.x in columns and market in self.desk.markets:
                self.desk.show(market)
                self.host.frames.nudge()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, by: int) -> None:
        event.stop()
        self.desk.step(by)
        self.host.frames.nudge()

    def action_step(self, by: int) -> None:
        self.desk.step(by)

    def action_jump(self, n: int) -> None:
        if n <= len(self.desk.markets):
            self.desk.show(self.desk.markets[n - 1])

    def action_find(self) -> None:
        self.host.action_find()

    def action_remove(self) -> None:
        if not self.desk.remove(self.desk.market):
            self.notify("the last market stays")


def _was_proven(board: Board, now: int) -> bool:
    """Whether nothing is known to be wrong with a stale book but that its last proof is not of this moment."""
    proven = board.synced and not board.doubt and board.witness_at >= board.data_at
    return proven and not (board.link and board.link.suspect) and now - board.witness_at <= QUIET_FOR


def _window(widths: Callable[[int], int], count: int, first: int, shown: int, width: int) -> tuple[int, int]:
    """From which entry to which they fit whole: from `first` on, moved no further than it takes to hold the shown."""
    room = width - _SIGNS
    # Of hundreds of markets only those are looked at that may be in sight.
    first = last = max(min(first, shown), shown - room // _LEAST)
    used = widths(first)
    while last < shown:
        last += 1
        used += widths(last)
    while used > room and first < shown:
        used -= widths(first)
        first += 1
    while last + 1 < count and used + widths(last + 1) <= room:
        last += 1
        used += widths(last)
    while first and last + 1 == count and used + widths(first - 1) <= room:
        first -= 1
        used += widths(first)
    return first, last


PANEL = Strip
