"""Every print, newest on top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from pmtui.core.events import Side
from pmtui.core.tape import Gap
from pmtui.core.units import ONE
from pmtui.ui import numbers
from pmtui.ui.panel import Spans
from pmtui.ui.sheet import Pane


class Line(NamedTuple):
    time: str
    buy: bool
    price: str
    size: str
    money: str


class Words(NamedTuple):
    text: str
    look: str


class Tape(Pane[Line | Words]):
    """Trades as they print: time, the side that took, price, size, money."""

    place = "side"
    rank = 20
    keep = 4_000
    topics = ("tape", "trades", "prints", "volume")
    help = "▲ a buyer took, ▼ a seller took. A line across marks a lost link: prints may be missing there."
    LOOKS: ClassVar[dict[str, str]] = {
        "panel--failure": "bold $bad",
        "tape--head": "$dim",
        "tape--dim": "$dim",
        "tape--buy": "$bid",
        "tape--sell": "$ask",
        "tape--gap": "$warn",
    }
    DEFAULT_CSS = "Tape { width: 2fr; }"

    def look(self) -> Sequence[Line | Words | None]:
        board = self.desk.board()
        if board is None:
            return []
        tape, step = board.tape, board.tick or ONE // 1000
        head = Words(f"TAPE  {tape.total} prints  {numbers.size(tape.volume) or '0'} sh", "tape--head")
        if not tape.ring:
            return [head, None, Words("no trade since the start", "tape--dim")]
        offset = self.desk.store.delays.offset
        rows: list[Line | Words | None] = [head]
        for entry in tape.last(self.lines - 1):
            at = numbers.clock(entry.sent or entry.at + offset)
            if isinstance(entry, Gap):
                rows.append(Words(f"{at} ── {entry.reason}", "tape--gap"))
            else:
                value = numbers.money(entry.price * entry.size)
                price, size = numbers.price(entry.price, step), numbers.size(entry.size)
                rows.append(Line(at, entry.side is Side.BUY, price, size, value))
        return rows

    def paint(self, row: Line | Words, width: int) -> Spans:
        if isinstance(row, Words):
            return [(f" {row.text}"[:width].ljust(width), row.look)]
        look = "tape--buy" if row.buy else "tape--sell"
        word = ("▲ BUY  " if row.buy else "▼ SELL ") if width >= 42 else ("▲ " if row.buy else "▼ ")
        money = f" {row.money:>7}" if width >= 30 else ""
        text = f"{row.price:>6} {row.size:>6}"
        used = 1 + len(row.time) + 1 + len(word) + len(text) + len(money)
        return [(f" {row.time} ", "tape--dim"), (f"{word}{text}", look), (money, ""), (" " * max(0, width - used), "")]


PANEL = Tape
