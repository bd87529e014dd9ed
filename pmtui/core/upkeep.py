"""What the passing of time asks for: books are weighed in turn, doubts are told, what needs doing is wished for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from pmtui.core import repair
from pmtui.core.alerts import Alerts, Kind
from pmtui.core.board import PROVE_OTHERS, Board, Label
from pmtui.core.delays import Clocks
from pmtui.core.doubt import TICK
from pmtui.core.events import Phase
from pmtui.core.health import Counts
from pmtui.core.instrument import InstrumentId
from pmtui.core.link import Link
from pmtui.core.rounds import Rounds
from pmtui.core.truth import doubts, mirrors, tops, witnesses
from pmtui.core.units import Millis

PROVE_SHOWN = 1_000
"""How often a book on the screen is proven."""
WIDE_FOR = 12_000
"""ms after which a book on wider rows is too old to lie behind one that is new."""


class Upkeep:
    """Looks after the boards and links of a store."""

    def __init__(
        self,
        boards: dict[InstrumentId, Board],
        links: dict[str, Link],
        counts: Counts,
        clocks: Clocks,
        alerts: Alerts,
    ) -> None:
        self._boards = boards
        self._links = links
        self._counts = counts
        self._clocks = clocks
        self._alerts = alerts
        self._rounds = Rounds()

    def check(self, shown: frozenset[InstrumentId], now: Millis) -> list[repair.Wish]:
        """Weigh what is overdue, and say what needs doing; `shown` is what the screen shows."""
        boards = self._boards
        for link in self._links.values():
            link.weigh_lag(now)
        turns = self._rounds.take(boards, shown, now)
        wishes = self._look_after(turns, shown, now)
        if len(turns) < len(boards) and any(isinstance(wish, repair.Move) for wish in wishes):
            # Whether one book is in trouble or many is only seen when all are looked at together.
            looked_after = set(turns)
            wishes += self._look_after([each for each in boards if each not in looked_after], shown, now)
        for link in self._links.values():
            wishes += repair.link_wishes(link, now, partial(self.carried, link))
        if not wishes:
            return wishes
        carriers = {name: board.link for name, board in boards.items() if board.link is not None}
        return repair.in_company(wishes, carriers, now)

    def carried(self, link: Link) -> list[Board]:
        """The boards whose news come over this link."""
        return [board for board in self._boards.values() if board.link is link]

    def _look_after(
        self, instruments: Iterable[InstrumentId], shown: frozenset[InstrumentId], now: Millis
    ) -> list[repair.Wish]:
        wishes: list[repair.Wish] = []
        for instrument in instruments:
            board, seen = self._boards[instrument], instrument in shown
            self._weigh(board, now, shown=seen)
            wishes += repair.board_wishes(board, now, shown=seen, late=seen and self._is_late(board, now))
        return wishes

    def _is_late(self, board: Board, now: Millis) -> bool:
        """Whether its last news came long after they happened."""
        delays = self._clocks.of(board.instrument.venue)
        return bool(board.sent) and delays.late(board.sent, board.data_at, now) > repair.LATE

    def _weigh(self, board: Board, now: Millis, *, shown: bool) -> None:
        if board.resolved is not None:
            return  # its last book stays as it is
        counts = self._counts
        tops.crossing(board, now, counts)
        tops.promises(board, now, counts)
        link = board.link
        if witnesses.overdue(board, now, counts) and link is not None and link.silent(now, repair.FETCH_AFTER):
            link.suspect = "the feed is frozen: the venue has newer books than it brings"
            link.relinked_at = Millis(now - 4_000)
        pace = PROVE_SHOWN if shown or board.mirror_off_at >= 0 else PROVE_OTHERS
        if now - board.mirror_at >= pace and board.instrument.complement in self._boards:
            self._mirror(board, self._boards[board.instrument.complement], now)
        doubts.tried(board, now)
        if now - board.data_at > board.lasts and board.synced and not board.doubt and board.label(now) is Label.STALE:
            board.lapsed = True
        if shown:
            board.mark(now)
        if board.wide is not None and now - board.wide.at > WIDE_FOR:
            board.wide = None
        self._announce(board, now)

    def _mirror(self, board: Board, other: Board, now: Millis) -> None:
        """Two books that contradict each other while each has the venue's proof stay as they are, but are told."""
        if other.resolved is not None or not (_heard(board) and _heard(other)):
            return  # one of them is what was when its link went
        if mirrors.compare(board, other, now, self._counts) and not board.unlike:
            board.unlike = other.unlike = True
            told = "proven, and yet not the mirror image of the other outcome's book"
            self._alerts.add(now, Kind.NOTICE, told, board.instrument.id)

    def _announce(self, board: Board, now: Millis) -> None:
        """A line in the log for each doubt and for its end, wherever it came from."""
        doubt = board.doubt
        if doubt.why in (doubt.announced, TICK):
            return
        if not board.synced:
            return  # the book is gone with its link: only the next one ends the doubt
        if doubt:
            self._alerts.add(now, Kind.DOUBT, doubt.why, board.instrument.id)
        else:
            self._alerts.add(now, Kind.PROOF, f"equal again, after: {doubt.announced}", board.instrument.id)
        doubt.announced = doubt.why


def _heard(board: Board) -> bool:
    return board.link is not None and board.link.phase is Phase.UP
