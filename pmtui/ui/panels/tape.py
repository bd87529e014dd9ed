"""Every print, newest on top; scrolled back, it holds still."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar
from weakref import WeakKeyDictionary, WeakSet

from textual import events
from textual.binding import Binding, BindingType

from pmtui.core.board import Board
from pmtui.core.reel import Page, Reel, Run
from pmtui.core.seconds import Window
from pmtui.core.tape import SIEVES, WORTHS
from pmtui.core.tape import Tape as Ring
from pmtui.ui import numbers, prints
from pmtui.ui.key import Key
from pmtui.ui.line import Line, fit, piece
from pmtui.ui.panel import Spans
from pmtui.ui.prints import Printed, across, count, pressure, printed
from pmtui.ui.sheet import Pane

_SIEVE_NAMES = {
    **dict(zip(WORTHS, ("0", "$100", "$1K", "$10K", "$100K"), strict=True)),
    **dict(zip(SIEVES, ("0", "10", "100", "1K", "10K"), strict=True)),
}
_FOOT_FROM = 8
_WHEEL = 3
_FRESH = 1_000
_PRESSURE = 60_000
_ALL = 1 << 40


Row = Printed | Line


class Tape(Pane[Row]):
    """Trades as they print: time, the side that took, price, size, money."""

    called = "tape"
    place = "side"
    rank = 20
    digit = "2"
    stays = True
    keep = 4_000
    can_focus = True
    topics = ("tape", "trades", "prints", "volume", "size filter", "large", "order")
    help = (
        "▲ a buyer took, ▼ a seller took; bold for the first second. ◆ a large print: among the top twentieth of the\n"
        "last few hundred sizes, and more than three times their middle. ×3: three prints of one order, joined, at\n"
        "their average price. ≥100: smaller ones are hidden, and how many. Scrolled back, the tape holds still and\n"
        "counts the lines that wait. A line across marks a lost link, where prints may be missing, or a new tick\n"
        "size. At the foot: the buyers' share of what was traded in the last 60 seconds, × where not all of\n"
        "them were heard, prints and money."
    )
    KEYS: ClassVar[list[Binding]] = [
        Key(
            "f",
            "filter",
            "size filter",
            tooltip="only prints of at least 10, 100, 1K, 10K, or all; of coins worth $100, $1K, $10K, $100K",
            does="hide prints below the next size: 10, 100, 1K, 10K, none; of coins $100 to $100K",
        ),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Key(
            "down",
            "back(1)",
            "older",
            key_display="↑ ↓",
            tooltip="scroll; the tape pauses until it is at the end",
            does="one line back; the tape pauses there",
        ),
        Binding("up", "back(-1)", "newer", show=False, tooltip="one line forward again"),
        Binding("pagedown", "page(1)", "older page", show=False, tooltip="a page back; the tape pauses there"),
        Binding("pageup", "page(-1)", "newer page", show=False, tooltip="a page forward again"),
        Binding(
            "home", "oldest", "oldest", show=False, tooltip="back to the oldest prints that are kept; the tape pauses"
        ),
        Binding("end", "live", "live", tooltip="the newest prints, as they come"),
        Binding("j", "join", "join", tooltip="the prints of one order as one line, or each for itself"),
    ]
    LOOKS: ClassVar[dict[str, str]] = {
        "panel--failure": "bold $bad",
        "tape--dim": "$dim",
        "tape--buy": "$bid",
        "tape--sell": "$ask",
        "tape--buy-new": "bold $bid",
        "tape--sell-new": "bold $ask",
        "tape--large": "bold $large",
        "tape--bar": "$bid-bar",
        "tape--gap": "$warn",
        "tape--mark": "$accent",
        "tape--paused": "bold $warn",
        "tape--set": "$accent",
    }

    def __init__(self) -> None:
        super().__init__()
        self.sieve = 0
        """Which of the tape's sieves leaves the small prints out."""
        self.joined = False
        self._reel: Reel | None = None
        self._anchors: WeakKeyDictionary[Ring, int] = WeakKeyDictionary()
        """Where each tape that was scrolled back holds still. A market that begins anew has another one."""
        self._moved: WeakSet[Ring] = WeakSet()
        """Those whose anchor has left the ring."""
        self._wish = 0
        """How many lines to go back at the next look: only there the feed's thread leaves the tape alone."""

    # Keys and the mouse

    def action_filter(self) -> None:
        """The next larger least size, then all again."""
        self.sieve = (self.sieve + 1) % len(SIEVES)

    def action_join(self) -> None:
        """Join the prints of one order, or part them."""
        self.joined = not self.joined

    def action_live(self) -> None:
        """Follow the newest prints."""
        self._wish = 0
        if (board := self.desk.board()) is not None:
            self._let_go(board.tape)

    def action_oldest(self) -> None:
        self._wish = _ALL

    def action_back(self, lines: int) -> None:
        self._wish += lines

    def action_page(self, pages: int) -> None:
        self._wish += pages * max(1, self.lines - 3)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(_WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(-_WHEEL)

    def _wheel(self, lines: int) -> None:
        self.action_back(lines)
        self.host.frames.answer()

    def _let_go(self, tape: Ring) -> None:
        self._anchors.pop(tape, None)
        self._moved.discard(tape)

    # What to show

    def look(self) -> Sequence[Row | None]:
        board = self.desk.board()
        if board is None or not self.lines:
            return []
        minute, whole = self._minute(board), self._whole(board)
        foot = [prints.foot(minute, self.columns, whole=whole)] if self.lines >= _FOOT_FROM else []
        height = self.lines - 1 - len(foot)
        page = self._page(board, height)
        rows = self._body(board, page, height)
        return [self._head(board, page), *rows, *[None] * (height - len(rows)), *foot]

    def _page(self, board: Board, height: int) -> Page:
        """The lines to show; scrolling happens here."""
        tape, reel = board.tape, self._reel
        least = tape.sieves[self.sieve]
        if reel is None or (reel.tape, reel.least, reel.joined) != (tape, least, self.joined):
            reel = self._reel = Reel(tape, least, joined=self.joined)
        if self._wish:
            anchor = reel.move(self._anchors.get(tape), self._wish, height)
            self._wish = 0
            self._let_go(tape)
            if anchor is not None:
                self._anchors[tape] = anchor
        page = reel.page(anchor := self._anchors.get(tape), height)
        if anchor is not None and anchor < tape.oldest and page.lines:
            self._anchors[tape] = page.lines[0][0]
            self._moved.add(tape)
        return page

    def _body(self, board: Board, page: Page, height: int) -> list[Row | None]:
        rows: list[Row | None] = []
        if not page.lines:
            rows = [None, self._nothing(board)]
            return rows[:height]
        now = self.desk.now()
        newest = now - _FRESH if board.tape not in self._anchors else now
        step, cents = board.tick or numbers.UNKNOWN_TICK, board.instrument.in_cents
        for _, line in page.lines:
            wall = line.sent or self.desk.wall(line.at)
            if isinstance(line, Run):
                ready = printed(line, wall, step, cents=cents)
                rows.append(ready._replace(fresh=True) if line.at > newest else ready)
            else:
                rows.append(across(line, wall, self.columns, hidden=self.host.veiled))
        if not cents or self.columns < prints.LOOSE_FROM:
            rows = prints.aligned(rows, self.columns, joined=self.joined)
        if len(rows) < height and board.tape.oldest:
            rows.append(((" older prints are not kept", "tape--dim"),))
        return rows

    def _head(self, board: Board, page: Page) -> Line:
        tape = board.tape
        pieces = [piece(0, " TAPE", self.title_look)]
        if tape in self._anchors:
            pieces.append(piece(1, f"paused · {count(page.newer)} newer", "tape--paused"))
            if tape in self._moved:
                pieces.append(piece(3, "moved on: older ones gone", "tape--gap"))
        elif board.credible(self.desk.now()):
            pieces.append(piece(6, "live", "tape--dim"))
        least = tape.sieves[self.sieve]
        pieces.append(piece(2 if least else 7, f"≥{_SIEVE_NAMES[least]}", "tape--set" * bool(least)))
        if least:
            pieces.append(piece(4, f"{count(tape.hidden(least, joined=self.joined))} hidden", "tape--dim"))
        if self.joined:
            pieces.append(piece(3, "joined", "tape--set"))
        if self.lines < _FOOT_FROM and (words := pressure(self._minute(board), whole=self._whole(board))):
            pieces.append(piece(5, words, "tape--dim"))
        if tape in self._anchors:
            pieces.append(piece(5, "end: live" if self.has_focus else "tab … end: live", "tape--dim"))
        pieces.append(piece(8, f"{count(tape.prints)} print{'s' * (tape.prints != 1)}", "tape--dim"))
        facts = board.instrument
        volume = numbers.size(tape.volume, coins=not facts.in_cents) or "0"
        pieces.append(piece(9, volume + numbers.unit(facts.unit), "tape--dim"))
        return fit(pieces, self.columns)

    def _nothing(self, board: Board) -> Line:
        """Why no line stands here."""
        tape = board.tape
        if tape.prints and (least := tape.sieves[self.sieve]):
            unit = "" if tape.by_worth else numbers.unit(board.instrument.unit)
            words = f"no print of {_SIEVE_NAMES[least]}{unit} or more"
        elif board.unprinted is not None:
            return across(board.unprinted, self.desk.wall(board.unprinted.at), self.columns)
        elif not (board.synced or board.told_before):
            words = "nothing heard yet"
        else:
            words = "no trade since the start"
        return ((f" {words}", "tape--dim"),)

    def _minute(self, board: Board) -> Window:
        return board.flow.window(_PRESSURE, self.desk.now())

    def _whole(self, board: Board) -> bool:
        now = self.desk.now()
        # What printed before we listened stands above, and is in none of these sums.
        return board.followed(_PRESSURE, now) and self.desk.wall(now) - board.recalled >= _PRESSURE

    def paint(self, row: Row, width: int) -> Spans:
        return prints.paint(row, width) if isinstance(row, Printed) else row


PANEL = Tape
