"""All the markets of this screen in one line, each a key away."""

from __future__ import annotations

from collections.abc import Sequence

from pmtui.core.board import Board, Label
from pmtui.core.events import NO_ASK, NO_BID
from pmtui.core.instrument import InstrumentId
from pmtui.ui import numbers
from pmtui.ui.line import Line, Piece
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


class Strip(Sheet):
    """Number, name and middle price of each market; a mark where the book cannot be believed."""

    place = "bottom"
    rank = 20
    topics = ("markets", "switch", "list")
    help = (
        "The markets of this screen: [ and ] step through them, the number keys jump. ? doubt, ! not live, ■ settled."
    )
    DEFAULT_CSS = "Strip { height: 1; background: $bar-paper; }"

    def __init__(self) -> None:
        super().__init__()
        self._middles: dict[InstrumentId, str] = {}

    def compose_rows(self) -> Sequence[Line]:
        desk, now = self.desk, self.desk.now()
        shown = desk.markets.index(desk.shown)
        pieces = [self._entry(n, each, now) for n, each in enumerate(desk.markets)]
        return [_window(pieces, shown, self.columns - 1)]

    def _entry(self, n: int, instrument: InstrumentId, now: int) -> Piece:
        desk = self.desk
        board = desk.store.boards.get(instrument)
        label = board.label(now) if board else Label.CONNECTING
        if board is not None and board.calm(now):
            label = Label.LIVE
        else:
            self._middles[instrument] = _middle(board)
        mark, look = _TROUBLE.get(label, ("", ""))
        here = instrument == desk.shown
        name = self.host.short_name(instrument)
        paper = "sheet--strong" if here else "sheet--dim"
        number = f"{n + 1}" if n < 9 else ""
        return Piece(
            (
                (f" {'›' if here else ' '}{number} ", "sheet--accent" if here else "sheet--faint"),
                (f"{name} ", paper),
                (self._middles.get(instrument, "–"), "" if label.sure else "sheet--dim"),
                (mark, look),
            ),
            n,
        )


def _middle(board: Board | None) -> str:
    if board is None or board.book.empty:
        return "–"
    book, tick = board.book, board.tick or 1
    if (mid := book.mid) is not None:
        return numbers.price(mid, tick)
    return numbers.price(book.bid if book.ask == NO_ASK != book.bid != NO_BID else book.ask, tick)


def _window(pieces: list[Piece], shown: int, width: int) -> Line:
    """As many whole entries as fit, the shown one always among them."""
    first = last = shown
    used = pieces[shown].width
    while True:
        if last + 1 < len(pieces) and used + pieces[last + 1].width <= width - 4:
            last += 1
            used += pieces[last].width
        elif first and used + pieces[first - 1].width <= width - 4:
            first -= 1
            used += pieces[first].width
        else:
            break
    spans = [span for each in pieces[first : last + 1] for span in each.spans]
    if first:
        spans.insert(0, ("‹", "sheet--faint"))
    if last + 1 < len(pieces):
        spans.append((" ›", "sheet--faint"))
    return tuple(spans)


PANEL = Strip
