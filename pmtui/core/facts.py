"""What each fact does to the board that it is about; changes of levels, which are nearly all, are the store's own."""

from __future__ import annotations

from collections.abc import Callable
from math import gcd
from typing import Any

from pmtui.core.alerts import Alerts, Kind
from pmtui.core.board import RELINKED, UNMOVED, Board, Promise
from pmtui.core.delays import Clocks
from pmtui.core.doubt import TICK
from pmtui.core.events import (
    Appeared,
    BookSnapshot,
    Candles,
    Context,
    Declined,
    Ignored,
    Notice,
    Rejected,
    Resolved,
    Side,
    TickChanged,
    TopTold,
    Trade,
    Wide,
)
from pmtui.core.health import Counts
from pmtui.core.instrument import InstrumentId
from pmtui.core.truth import arrivals, digests, doubts, tops
from pmtui.core.units import NEVER, Millis, Px, places, show

_MOST_NOTED = 100


class Facts:
    """Takes facts in, one at a time; each method tells whether its fact was for a board that is kept."""

    def __init__(self, boards: dict[InstrumentId, Board], counts: Counts, clocks: Clocks, alerts: Alerts) -> None:
        self.boards = boards
        self.counts = counts
        self.clocks = clocks
        self.alerts = alerts
        self.appeared: list[Appeared] = []
        self._noted: set[str] = set()
        self.kinds: dict[type, Callable[[Any], bool]] = {
            BookSnapshot: self._snapshot,
            Trade: self._trade,
            TopTold: self._top,
            TickChanged: self._tick,
            Wide: self._wide,
            Context: self._context,
            Candles: self.recall,
            Declined: self._declined,
            Resolved: self.resolve,
            Appeared: self._appeared,
            Notice: self._notice,
            Ignored: self._ignored,
            Rejected: self._rejected,
        }

    def _snapshot(self, event: BookSnapshot) -> bool:
        board = self.boards.get(event.instrument)
        if board is None or board.resolved is not None:
            return False
        self.counts.unknown_times += not event.sent
        at, fresh, first = event.at, event.fresh, not board.synced
        came = arrivals.PART if fresh is not None and not event.initial else arrivals.weigh(board, event)
        if came.behind and self._stays(board, event, came.behind):
            return True
        asked = came.asked
        if came.same and not asked:
            return True  # the same again is no news
        self._replace(board, event)
        arrivals.taken(board, event, came)
        if first:
            board.begun_at = at
        # The best prices alone say nothing of what lies below them, and an answer nothing of whether the feed flows.
        if first or fresh is None or (not asked and fresh.told_at in (0, at)):
            arrivals.renewed(board, event, self.counts)
        if first:
            self._weigh_first(board, event)
        if board.seal is not None:
            board.seal.note(event)
        if first or event.initial:
            board.proof_due = at
        self.settle(board, at)
        if first:
            arrivals.begun(board, event, self.counts)
        if fresh is not None:
            tops.parts(board, fresh, at, self.counts, is_news=first or not asked)
        if asked:
            arrivals.answered(board, at, came, self.counts)
        return True

    def _replace(self, board: Board, event: BookSnapshot) -> None:
        """Take over what the book says of the instrument, and its levels."""
        _, at, _, bids, asks, _, market, tick, _, _, fresh, best = event
        book = board.book
        if tick and (tick != book.tick or tick != board.instrument.tick):
            self._set_tick(board, tick, at)
        if market and not board.instrument.market:
            board.instrument = board.instrument.told(market=market)
        if board.flow is not UNMOVED:
            board.flow.replaced(book.bids, book.asks, bids, asks, at, whole=fresh is None)
        book.replace(bids, asks, best)

    def _stays(self, board: Board, event: BookSnapshot, behind: int) -> bool:
        """Whether ours stays, for this one is older: it is weighed instead of being taken over."""
        if event.digest and event.digest == board.booked:
            return True  # the venue repeats itself now and then
        if behind > arrivals.BOOK_OUT_OF_ORDER:
            if not digests.holds(board, self.counts):
                self.doubt(board, _too_old(behind), event.at)
            return True
        if not board.sealed(event.at):
            return False
        # Ours is newer by a moment, and the digest told with that moment says whether it is right.
        if board.seal is not None:
            board.seal.note(event)
        board.proof_due = event.at
        self.settle(board, event.at)
        return True

    def _weigh_first(self, board: Board, event: BookSnapshot) -> None:
        """What happened while nobody listened is not told, but may show in the first book of a connection."""
        book = board.book
        # What printed since this connection began may come ahead of the book: only what is older leaves a gap.
        if board.tape.ring and board.tape.ring[0].at < board.since:
            board.miss(event.at, RELINKED)
        if book.tick and not event.tick and gcd(book.tick, *book.bids, *book.asks) != book.tick:
            # Only the book that answers a subscription tells the tick.
            self.doubt(board, TICK, event.at)
        elif doubts.goes_back(board, event.at):
            self.doubt(board, "the first book of this link is older than what the last one told", event.at)

    def _trade(self, event: Trade) -> bool:
        board = self.boards.get(event.instrument)
        if board is None:
            return False
        if board.seal is not None:
            self._note(board, event)
        if not board.speak().add(event):
            return False
        if event.past:
            board.recalled = max(board.recalled, event.sent)
            return True
        board.move(event.at).printed(event.price, event.size, event.side is Side.BUY, event.at)
        return True

    def _note(self, board: Board, event: Trade | TickChanged) -> None:
        if board.seal is None:
            return
        earlier = board.seal.note(event)
        if earlier is not None:
            self.counts.proofs_late += 1
            digests.fitted(board, earlier, self.counts)
            board.misses = 0
            doubts.proven(board, earlier, "hash")

    def _top(self, event: TopTold) -> bool:
        board = self.boards.get(event.instrument)
        if board is None or not board.synced or board.resolved is not None:
            return False
        if event.sent >= board.sent:
            # A book in parts follows at once or is late, and so is one of which nothing else was told meanwhile: what
            # is announced on and on must not be waited for anew.
            top, promise = (board.book.bid, board.book.ask), board.promise
            if promise is None or top == promise.top or (board.fresh is None and board.sent > promise.sent):
                board.promise = Promise(event.top, event.at, board.sent, event.sent)
            else:
                board.promise = promise._replace(top=event.top, told=event.sent)
            if board.fresh is not None and event.top != top:
                board.witness_at = NEVER  # whoever spoke for this book spoke too early
        return True

    def _tick(self, event: TickChanged) -> bool:
        board = self.boards.get(event.instrument)
        if board is None or board.resolved is not None:
            return False
        self._note(board, event)
        self._set_tick(board, event.new, event.at, old=event.old, sent=event.sent)
        if board.synced:
            # Levels of the old grid are gone; the venue's next full book says what stands on the new one.
            before = board.book.bids, board.book.asks
            board.book.keep_grid(event.new)
            board.move(event.at).replaced(*before, board.book.bids, board.book.asks, event.at)
            self.doubt(board, TICK, event.at)
        return True

    def weigh_tick(self, board: Board, fetched: BookSnapshot, at: Millis) -> None:
        """A book that was fetched and is ours tells the tick, too: the one from which the stream began may be old."""
        book, tick = board.book, fetched.tick
        same = fetched.bids == book.bids and fetched.asks == book.asks
        if tick and tick != book.tick and same and gcd(tick, *book.bids, *book.asks) == tick:
            self._set_tick(board, Px(tick), at)

    def _set_tick(self, board: Board, tick: Px, at: Millis, *, old: int = 0, sent: int = 0) -> None:
        before = board.book.tick or old
        board.book.tick = tick
        if board.instrument.tick != tick:
            board.instrument = board.instrument.told(tick=tick)
        if before and before != tick:
            words = " → ".join(_tick_words(each, cents=board.instrument.in_cents) for each in (before, tick))
            board.move(at).ticked(before, tick, at)
            board.speak().mark(at, Millis(sent), f"tick {words}")
            self.alerts.add(at, Kind.TICK, f"tick {words}", board.instrument.id)

    def resolve(self, event: Resolved) -> bool:
        boards = [
            board
            for each in event.instruments
            if (board := self.boards.get(each))
            and (board.resolved is None or (event.outcome and not board.resolved.outcome))
        ]
        for board in boards:
            board.resolved = event
            board.hears = False
            self.alerts.add(event.at, Kind.RESOLVED, f"resolved: {event.words or 'settled'}", board.instrument.id)
        return bool(boards)

    def _appeared(self, event: Appeared) -> bool:
        board = self.boards.get(event.instrument)
        if board is not None and board.instrument.complement is None:
            board.instrument = board.instrument.told(complement=event.complement)
            self.appeared.append(event)
        return False  # a message for an instrument that nobody asked for is still ignored

    def _wide(self, event: Wide) -> bool:
        board = self.boards.get(event.instrument)
        if board is None or (board.wide is not None and event.step == board.wide.step and event.sent < board.wide.sent):
            return False
        board.wide = event
        return True

    def _context(self, event: Context) -> bool:
        board = self.boards.get(event.instrument)
        if board is None:
            return False
        board.context = event
        return True

    def recall(self, event: Candles) -> bool:
        """Stretches of time that the venue remembers; what we saw by ourselves is finer and stays."""
        board = self.boards.get(event.instrument)
        if board is None:
            return False
        there = self.clocks.of(board.instrument.venue).venue_time(event.at)
        board.move(event.at).series.recall(event, there - event.at)
        return True

    def _declined(self, event: Declined) -> bool:
        board = self.boards.get(event.instrument)
        if board is None or board.synced:
            return False
        if board.declined != event.reason:
            self.alerts.add(event.at, Kind.NOTICE, f"the venue says: {event.reason}", event.instrument)
        board.declined, board.gone = event.reason, True
        return True

    def _notice(self, event: Notice) -> bool:
        self.alerts.add(event.at, Kind.NOTICE, event.text)
        return True

    def _ignored(self, event: Ignored) -> bool:
        """One note for each kind that is new to us."""
        if event.unknown and event.kind not in self._noted and len(self._noted) < _MOST_NOTED:
            self._noted.add(event.kind)
            self.alerts.add(event.at, Kind.NOTICE, f"{event.kind}: ignored")
        return False

    def _rejected(self, event: Rejected) -> bool:
        self.alerts.add(event.at, Kind.REJECT, f"{event.reason}: {event.sample}")
        for each in event.doubted:
            if board := self.boards.get(each):
                board.refused = event.why
                self.doubt(board, f"a message {event.why}", event.at)
        for each in event.unprinted:
            if board := self.boards.get(each):
                board.miss(event.at, f"a message {event.what}: prints may be missing")
        return True

    def doubt(self, board: Board, why: str, at: Millis) -> None:
        doubts.cast(board, why, at, self.counts)

    def settle(self, board: Board, at: Millis) -> None:
        """A batch has ended."""
        if board.resolved is not None:
            return  # what was told of the top is no word about a book that stays as it is
        tops.settle(board, at, self.counts)
        if board.seal is not None and (tick := board.seal.tick) and tick != board.book.tick:
            # A digest proves the tick, too: it changed while nobody listened.
            self._set_tick(board, Px(tick), at)
        board.quote(at)


def _too_old(behind: int) -> str:
    age = f"{behind // 1000}s" if behind >= 1_000 else f"{behind}ms"
    return f"a book came that is {age} older than the last change"


def _tick_words(tick: int, *, cents: bool) -> str:
    """A tick as a trader says it: outcomes are priced in cents."""
    return f"{show(tick * 100, places(tick * 100))}¢" if cents else show(tick, places(tick))
