"""The list below the line to type in: markets that can be chosen, and why there are no more."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.binding import Binding

from pmtui.core.board import Label
from pmtui.core.instrument import Instrument, InstrumentId
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import ONE, Px
from pmtui.desk import Desk
from pmtui.ui import apart, numbers
from pmtui.ui.line import Line, Piece, ends, fit, piece, width
from pmtui.ui.markets import middle
from pmtui.ui.sheet import Sheet
from pmtui.ui.text import padded, shorten

if TYPE_CHECKING:
    from pmtui.ui.screens.picker import Picker

_LEAST_TITLE = 12
_PRICE, _DATE = len("bid 99.99"), 11
_EXACT = 7
"""As many characters of a price say something."""


class Choice(NamedTuple):
    """A market that can be chosen: one that is open has a number."""

    instrument: Instrument
    number: int = 0
    price: Px | None = None

    @property
    def id(self) -> InstrumentId:
        return self.instrument.id

    def fits(self, text: str) -> bool:
        """Whether the text may mean this market: its number where it is open, its ids, or words of its names."""
        known = self.instrument
        if text in (str(self.number or ""), known.symbol, known.market):
            return True
        names = _bare(f"{known.name} {known.event} {known.outcome}")
        return all(word in names for word in _bare(text).split())


def _bare(text: str) -> str:
    """In small letters without accents: few keyboards have those of every name."""
    text = text.casefold()
    if text.isascii():
        return text
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


class Choices(Sheet):
    """The open markets, then those that the venues found, then what there is to say."""

    LOOKS: ClassVar[dict[str, str]] = {**Sheet.LOOKS, "choice--here": "bold $ink on $bar-paper"}

    def __init__(self) -> None:
        super().__init__()
        self._first = 0
        self._titles, self._told = apart.Titles(), dict[str, None]()
        self._at_line: dict[int, Choice] = {}

    @property
    def picker(self) -> Picker:
        return cast("Picker", self.screen)

    def compose_rows(self) -> Sequence[Line | None]:
        choices = self.picker.choices()
        here = self.picker.chosen(choices)
        rows, places = self._listed(choices)
        room = max(1, self.lines - 2)
        if choices:
            # What the cursor was seen on is what the next key means, whatever the venue answers until then.
            self.picker.point_at(choices[here])
            # The head of a section is shown with its first entry.
            first = places[here] - (1 if here == 0 or places[here] - places[here - 1] > 1 else 0)
            self._first = max(min(self._first, first), places[here] - room + 1)
        self._first = max(0, min(self._first, len(rows) - room))
        self._at_line = {y - self._first: choice for y, choice in zip(places, choices, strict=True)}
        chosen = choices[here] if choices else None
        seen = [
            self._entry(row, here=row is chosen) if isinstance(row, Choice) else row
            for row in rows[self._first : self._first + room]
        ]
        message: Line = ((f" {shorten(self.picker.message(choices), self.columns - 2)}", "sheet--warn"),)
        return [*seen, *[None] * (room - len(seen)), message, self._hints()][: self.lines]

    def _listed(self, choices: list[Choice]) -> tuple[list[Line | Choice], list[int]]:
        """All rows with their heads, and in which of them each choice stands."""
        rows: list[Line | Choice] = []
        places: list[int] = []
        self._told.update(dict.fromkeys(each.instrument.title for each in choices))
        self._titles.learn(self._told)
        for n, choice in enumerate(choices):
            if n == 0 or bool(choice.number) != bool(choices[n - 1].number):
                rows.append(((" OPEN NOW" if choice.number else " AT THE VENUE", "sheet--head"),))
            places.append(len(rows))
            rows.append(choice)
        return rows, places

    def _entry(self, choice: Choice, *, here: bool) -> Line:
        known, desk = choice.instrument, self.picker.desk
        shown = choice.number and choice.id == desk.market
        mark = f"{'▸' if here else ' '}{'›' if shown else ' '}{choice.number or '':>3} "
        facts = self._open_facts(choice) if choice.number else _told_facts(desk, choice, desk.wall(desk.now()))
        right = fit(facts, max(0, self.columns - len(mark) - _LEAST_TITLE - 2))
        room = self.columns - len(mark) - width(right) - 2
        title = self._titles.title(known).cut(room)
        line = ends(((mark, "sheet--accent"), (title, "")), right, self.columns - 1)
        return tuple((text, "choice--here") for text, _ in (*line, (" ", ""))) if here else line

    def _open_facts(self, choice: Choice) -> list[Piece]:
        desk = self.picker.desk
        board = desk.store.boards.get(choice.id)
        label = desk.label(choice.id)
        price = middle(board) if board else ""
        word = label.value if label is not Label.CONNECTING or board else "ON ITS WAY"
        standing = piece(2, f"{word:>10}", "sheet--good" if label.sure else "sheet--warn")
        return _facts(desk, choice.instrument, price, standing, desk.wall(desk.now()))

    def _hints(self) -> Line:
        bindings = [each for each in self.picker.BINDINGS if isinstance(each, Binding) and each.show]
        hints = [
            Piece(((f"{each.key_display or each.key} ", "sheet--strong"), (each.description, "sheet--dim")), n)
            for n, each in enumerate(bindings)
        ]
        return ((" ", ""), *fit(hints, self.columns - 1))

    def on_click(self, event: events.Click) -> None:
        if choice := self._at_line.get(event.y):
            self.picker.point_at(choice)
            self.picker.action_open()

    def on_mouse_scroll_down(self) -> None:
        self._wheel(1)

    def on_mouse_scroll_up(self) -> None:
        self._wheel(-1)

    def _wheel(self, by: int) -> None:
        self.picker.action_move(by)
        self.host.frames.nudge()


def _told_facts(desk: Desk, choice: Choice, now: int) -> list[Piece]:
    known = choice.instrument
    volume = f"${numbers.size(int(known.volume) * ONE)} 24h" if known.volume >= 1 else ""
    price = ""
    if choice.price is not None:
        price = _middle(choice.price, known.tick or numbers.UNKNOWN_TICK, cents=known.in_cents)
    return _facts(desk, known, price, piece(2, f"{'closed' if known.closed else volume:>10}", "sheet--dim"), now)


def _middle(price: Px, tick: int, *, cents: bool) -> str:
    """What a catalogue tells of a price may lie between two of the grid; more decimals than say anything are left."""
    exact = numbers.middle(price, tick, cents=cents)
    return exact if len(exact) <= _EXACT else numbers.average(price, tick // 10 or 1, cents=cents)


def _facts(desk: Desk, known: Instrument, price: str, standing: Piece, now: int) -> list[Piece]:
    """The columns on the right, the least needed first to go."""
    day = numbers.date(known.ends, now // 1000) if 0 < known.ends < 10**11 else ""
    return [
        piece(1, padded(apart.outcome(desk, known, 8, capitals=False), 8, right=True), "sheet--accent"),
        piece(0, f"{price or '–':>{_PRICE}}", ""),
        standing,
        piece(3, f"{day:>{_DATE}}", "sheet--dim"),
    ]
