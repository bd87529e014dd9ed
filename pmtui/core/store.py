"""The one place where facts change state. Pure and synchronous: time comes with each call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import gcd
from typing import TYPE_CHECKING, Any

from pmtui.core import repair, truth
from pmtui.core.alerts import Alerts, Kind
from pmtui.core.board import NEVER, PROVE_OTHERS, UNMOVED, Board, Label
from pmtui.core.book import reaches
from pmtui.core.events import (
    UNTOLD_TOP,
    Answered,
    Appeared,
    BookDelta,
    BookSnapshot,
    Candles,
    Context,
    Declined,
    Event,
    Filled,
    HoldingsTold,
    Ignored,
    LinkChanged,
    Notice,
    OrderChanged,
    Phase,
    Recalled,
    Rejected,
    Resolved,
    Side,
    TickChanged,
    TopTold,
    Trade,
    Wide,
)
from pmtui.core.health import Counts, Delays, Ledger, Link
from pmtui.core.instrument import Instrument, InstrumentId
from pmtui.core.moves import usual
from pmtui.core.units import Millis, Px, places, show
from pmtui.core.upkeep import PROVE_SHOWN, Upkeep

if TYPE_CHECKING:
    from pmtui.core.account import Account
    from pmtui.core.ports import Seal, Witnessed

_MOST_NOTED = 100
_ASIDE = (LinkChanged, Appeared)
"""Facts that are not messages of the venue: they do not count in the ledger."""


class Store:
    """Boards by instrument, links by name, logs and counts; `take` and `check` are all that moves them."""

    def __init__(self) -> None:
        self.boards: dict[InstrumentId, Board] = {}
        self.links: dict[str, Link] = {}
        self.ledger = Ledger()
        self.counts = Counts()
        self.delays = Delays()
        self.alerts = Alerts()
        self.shown: frozenset[InstrumentId] = frozenset()
        self.appeared: list[Appeared] = []
        self.accounts: dict[str, Account] = {}
        """Our own orders and fills by venue; none where only public data is looked at."""
        self._own_links: dict[str, Account] = {}
        self.named: dict[InstrumentId, Instrument] = {}
        """Instruments that the account knows and nobody watches."""
        self._stirred: list[Board] = []
        self._upkeep = Upkeep(self.boards, self.links, self.counts, self.alerts)
        self._noted: set[str] = set()
        self._apply: dict[type, Callable[[Any], bool]] = {
            BookSnapshot: self._snapshot,
            Trade: self._trade,
            TopTold: self._top,
            TickChanged: self._tick,
            Wide: self._wide,
            Context: self._context,
            Candles: self.recall,
            Declined: self._declined,
            Answered: lambda _: True,  # the feed hands it to whoever asked
            Resolved: self._resolved,
            Appeared: self._appeared,
            Notice: self._notice,
            LinkChanged: self._link,
            OrderChanged: self._own,
            Filled: self._own,
            Recalled: self._told,
            HoldingsTold: self._told,
        }

    # What is watched

    def add(self, instrument: Instrument, seal: Seal | None = None) -> Board:
        """Begin to keep a board; an instrument that is already kept stays as it is."""
        board = self.boards.get(instrument.id)
        if board is None:
            board = self.boards[instrument.id] = Board(instrument, seal)
        return board

    def remove(self, instrument: InstrumentId) -> None:
        self.boards.pop(instrument, None)

    def describe(self, instrument: Instrument) -> None:
        """Take in slow facts that a look-up brought; what moves is left alone."""
        board = self.boards.get(instrument.id)
        if board is None:
            return
        known = board.instrument
        board.instrument = instrument.told(
            complement=instrument.complement or known.complement,
            market=instrument.market or known.market,
            tick=Px(board.book.tick) or instrument.tick,
        )
        board.book.tick = board.book.tick or instrument.tick

    def attach(self, instruments: Iterable[InstrumentId], link: str, now: Millis) -> None:
        """Say which link carries these."""
        held = self.links.setdefault(link, Link(link))
        for instrument in instruments:
            if board := self.boards.get(instrument):
                board.link = held
                board.forget(now)

    def show(self, instruments: Iterable[InstrumentId], now: Millis) -> None:
        """Name the instruments on the screen: they are proven first and most often."""
        for instrument in self.shown:
            if board := self.boards.get(instrument):
                board.pace = PROVE_OTHERS
        self.shown = frozenset(instruments)
        for instrument in self.shown:
            if board := self.boards.get(instrument):
                board.move(now)
                board.pace = PROVE_SHOWN
                board.proof_due = min(board.proof_due, now)

    # Facts

    def take(self, events: Sequence[Event]) -> None:
        """Take facts in, in order, and keep the ledger."""
        # The hottest loop of the program: nearly every fact is a change, and nearly every change is a usual one.
        for event in events:
            if type(event) is not BookDelta:
                self._other(event)
                continue
            if usual is None:
                left, applied, agreed = len(event.moves), 0, 0
            else:
                left, applied, agreed = usual(event, self.boards, self._stirred)
            if left:
                also_applied, also_agreed = self._change(event, left)
                applied, agreed = applied or also_applied, agreed + also_agreed
            if agreed:
                self.counts.tops_agreed += agreed
            if applied:
                self.ledger.applied += 1
            else:
                self.ledger.ignored += 1
        if self.accounts:
            for account in self.accounts.values():
                account.hear(events)

    def _change(self, event: BookDelta, left: int) -> tuple[int, int]:
        """Apply the last moves of a delta; whether any was for a book, and how many batches ended as was told."""
        boards = self.boards
        at, sent, moves = event
        applied = agreed = 0
        if not sent:
            self.counts.unknown_times += 1
        for instrument, is_bid, price, size, told, digest in moves[-left:]:
            try:
                board = boards[instrument]
            except KeyError:
                continue
            if not board.hears:
                continue  # a change of a book that is not there, or not any more
            applied = 1
            book = board.book
            before = board.sent
            if sent > before:
                if board.stirred:
                    bid, ask = ended = board.told
                    if book.bid == bid and book.ask == ask and at < board.proof_due and board.crossed_at is NEVER:
                        agreed += 1
                        if board.quoted is not ended:
                            board.quote(at)
                    else:
                        self._settle(board, at)
                board.sent = sent
            elif sent < before and sent:
                self._late(board, event)
                continue
            side = book.bids if is_bid else book.asks
            resting = side[price] if price in side else 0  # noqa: SIM401  # a call costs twice as much
            if size != resting:
                flow = board.flow
                if flow is UNMOVED:
                    flow = board.move(at)
                flow.changed(is_bid, price, resting, size, at)
                if not size:
                    book.remove(is_bid, price)
                elif is_bid:
                    side[price] = size
                    if price > book.bid:
                        book.bid = price
                else:
                    side[price] = size
                    if price < book.ask:
                        book.ask = price
            book.version += 1
            board.told = told
            board.digest = digest
            board.data_at = at
            self._stir(board)
        return applied, agreed

    def _other(self, event: Event) -> None:
        ledger = self.ledger
        kind = type(event)
        if kind is Ignored:
            ledger.ignored += 1
            self._unknown(event)  # type: ignore[arg-type]
        elif kind is Rejected:
            ledger.rejected += 1
            self._rejected(event)  # type: ignore[arg-type]
        elif kind in _ASIDE:
            self._apply[kind](event)
        elif self._apply[kind](event):
            ledger.applied += 1
        else:
            ledger.ignored += 1

    def _late(self, board: Board, event: BookDelta) -> None:
        """An older change after a newer one: arrival order is kept, but what it tells of the top is history."""
        for instrument, is_bid, price, size, _, _ in event.moves:
            if instrument == board.instrument.id:
                resting = (board.book.bids if is_bid else board.book.asks).get(price, 0)
                if size != resting:
                    board.move(event.at).changed(is_bid, price, resting, size, event.at)
                board.book.set(is_bid, price, size)
        board.data_at = event.at
        board.proof_due = event.at
        if board.sent - event.sent > truth.OUT_OF_ORDER:
            self._doubt(board, "a change came more than 5s out of order", event.at)
        self._stir(board)

    def _snapshot(self, event: BookSnapshot) -> bool:
        board = self.boards.get(event.instrument)
        if board is None or board.resolved is not None:
            return False
        self.counts.unknown_times += not event.sent
        book = board.book
        if event.tick and (event.tick != book.tick or event.tick != board.instrument.tick):
            self._set_tick(board, event.tick, event.at)
        if event.market and not board.instrument.market:
            board.instrument = board.instrument.told(market=event.market)
        if board.flow is not UNMOVED:
            board.flow.replaced(book.bids, book.asks, event.bids, event.asks, event.at, whole=event.fresh is None)
        book.replace(event.bids, event.asks, event.best)
        first, board.synced, board.hears = not board.synced, True, True
        board.gone, board.declined = False, ""
        board.sent = event.sent
        board.fresh = event.fresh
        board.digest = event.digest
        board.told = UNTOLD_TOP
        board.data_at = event.at
        board.promise = None
        board.pending = None
        self._calm(board, first=first, at=event.at)
        if first and book.tick and not event.tick and gcd(book.tick, *book.bids, *book.asks) != book.tick:
            # The tick changed while nobody listened, and only the book that answers a subscription tells it.
            truth.doubt(board, repair.TICK, event.at, self.counts)
        if board.seal is not None:
            board.seal.note(event)
        if first or event.initial:
            board.proof_due = event.at
        self._settle(board, event.at)
        if event.fresh is not None:
            truth.parts(board, event.fresh, event.at, self.counts)
        return True

    def _calm(self, board: Board, *, first: bool, at: Millis) -> None:
        board.doubt = ""
        board.misses = 0
        board.crossed_at = NEVER
        # What printed since this connection began may come ahead of the book: only what is older leaves a gap.
        if first and board.tape.ring and board.tape.ring[0].at < board.since:
            board.speak().gap(at, Millis(board.sent), "new connection: prints may be missing")

    def _trade(self, event: Trade) -> bool:
        board = self.boards.get(event.instrument)
        if board is None:
            return False
        if board.seal is not None:
            self._note(board, event)
        if not board.speak().add(event):
            return False
        if event.past:
            return True
        board.move(event.at).printed(event.price, event.size, event.side is Side.BUY, event.at)
        return True

    def _note(self, board: Board, event: Trade | TickChanged) -> None:
        if board.seal is None:
            return
        earlier = board.seal.note(event)
        if earlier is not None:
            self.counts.proofs_late += 1
            board.misses = 0
            truth.proven(board, earlier, "hash")

    def _top(self, event: TopTold) -> bool:
        board = self.boards.get(event.instrument)
        if board is None or not board.synced:
            return False
        if event.sent >= board.sent:
            board.promise = event.top
            board.promise_at = event.at
        return True

    def _tick(self, event: TickChanged) -> bool:
        board = self.boards.get(event.instrument)
        if board is None:
            return False
        self._note(board, event)
        self._set_tick(board, event.new, event.at, old=event.old)
        if board.synced:
            # Levels of the old grid are gone; the venue's next full book says what stands on the new one.
            before = board.book.bids, board.book.asks
            board.book.keep_grid(event.new)
            board.move(event.at).replaced(*before, board.book.bids, board.book.asks, event.at)
            truth.doubt(board, repair.TICK, event.at, self.counts)
        return True

    def _set_tick(self, board: Board, tick: Px, at: Millis, *, old: int = 0) -> None:
        before = board.book.tick or old
        board.book.tick = tick
        if board.instrument.tick != tick:
            board.instrument = board.instrument.told(tick=tick)
        if before and before != tick:
            words = " → ".join(_tick_words(each, cents=bool(board.instrument.ceiling)) for each in (before, tick))
            board.move(at).ticked(before, tick, at)
            board.speak().mark(at, Millis(board.sent), f"tick {words}")
            self.alerts.add(at, Kind.TICK, f"tick {words}", board.instrument.id)

    def settle(self, event: Resolved) -> None:
        """A settlement that was looked up: no message of the stream, so the ledger does not know it."""
        self._resolved(event)

    def _resolved(self, event: Resolved) -> bool:
        boards = [
            board
            for each in event.instruments
            if (board := self.boards.get(each))
            and (board.resolved is None or (event.outcome and not board.resolved.outcome))
        ]
        for board in boards:
            board.resolved = event
            board.hears = False
            self.alerts.add(event.at, Kind.RESOLVED, f"resolved: {event.outcome or 'settled'}", board.instrument.id)
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
        board.move(event.at).series.recall(event, self.delays.offset)
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

    def _unknown(self, event: Ignored) -> None:
        """One note for each kind that is new to us."""
        if event.unknown and event.kind not in self._noted and len(self._noted) < _MOST_NOTED:
            self._noted.add(event.kind)
            self.alerts.add(event.at, Kind.NOTICE, f"{event.kind}: ignored")

    def _rejected(self, event: Rejected) -> None:
        self.alerts.add(event.at, Kind.REJECT, f"{event.reason}: {event.sample}")
        for each in event.doubted:
            if board := self.boards.get(each):
                self._doubt(board, f"a message could not be read: {event.reason}", event.at)

    def doubt_link(self, link: str, why: str, at: Millis) -> None:
        """Every book of this link is in doubt."""
        for board in self.boards.values():
            if board.link is not None and board.link.name == link:
                self._doubt(board, why, at)

    def _doubt(self, board: Board, why: str, at: Millis) -> None:
        truth.doubt(board, why, at, self.counts)

    # Accounts

    def log_in(self, venue: str, opened: Millis, link: str = "") -> Account:
        """The account at a venue, from now on; what its time says happened before `opened` is history."""
        from pmtui.core.account import Account  # most look at public books only

        if venue not in self.accounts:
            self.accounts[venue] = Account(self._level, opened=opened)
        account = self.accounts[venue]
        if link:
            self._own_links[link] = account
        return account

    def _level(self, instrument: InstrumentId, is_bid: bool, price: int) -> int | None:
        """What rests at a price, in a book that can be believed as far as the place of an order in it goes."""
        board = self.boards.get(instrument)
        if board is None or not board.synced:
            return None
        levels = board.book.bids if is_bid else board.book.asks
        if board.fresh is not None and not reaches(levels, price, is_bid=is_bid):
            return None
        return levels.get(price, 0)

    def _own(self, event: OrderChanged | Filled) -> bool:
        account = self.accounts.get(event.instrument.partition(":")[0])
        return account is not None and account.take(event)

    def _told(self, event: Recalled | HoldingsTold) -> bool:
        account = self.accounts.get(event.venue)
        return account is not None and account.take(event)

    # Links

    def _link(self, event: LinkChanged) -> bool:
        if (account := self._own_links.get(event.link)) is not None:
            account.take(event)
        link = self.links.setdefault(event.link, Link(event.link))
        if link.generation > event.generation:
            return False
        was = link.phase
        link.phase, link.reason, link.generation = event.phase, event.reason, event.generation
        link.attempt, link.retry_at, link.since = event.attempt, event.retry_at, event.at
        link.suspect = ""
        if event.phase is Phase.UP:
            link.ups += 1
            link.data_at = event.at
            for board in self._upkeep.carried(link):
                board.forget(event.at)
                board.generation = event.generation
        elif was is Phase.UP:
            link.drops += 1
            self.alerts.add(event.at, Kind.LINK, f"link {event.link} down: {event.reason}")
        return True

    def resumed(self, link: Link, now: Millis) -> None:
        """A link speaks again after a silence: whatever was lost in between shows at the next proof."""
        for board in self._upkeep.carried(link):
            board.proof_due = min(board.proof_due, now)

    def fail(self, link: str, why: str, now: Millis) -> None:
        """A link that our own error ended."""
        generation = self.links[link].generation if link in self.links else 0
        self.take([LinkChanged(link, now, generation, Phase.DOWN, why)])

    def suspect(self, why: str, now: Millis) -> None:
        """Nothing that is still in the pipes can be believed: the computer slept, or the clock stood still."""
        for link in self.links.values():
            if link.phase is Phase.UP and not link.suspect:
                link.suspect = why
                link.relinked_at = Millis(now - 4_000)  # the new link begins a second from now
                self.alerts.add(now, Kind.LINK, f"link {link.name}: {why}")

    # The passing of time

    def check(self, now: Millis) -> list[repair.Wish]:
        """End the batches that nothing followed, weigh what is overdue, and say what needs doing."""
        self._settle_idle(now)
        return self._upkeep.check(self.shown, now)

    def _settle_idle(self, now: Millis) -> None:
        waiting = []
        for board in self._stirred:
            if now - board.data_at < truth.BATCH_ENDS:
                waiting.append(board)
                continue
            board.stirred = False
            self._settle(board, now)
        self._stirred = waiting

    def _settle(self, board: Board, at: Millis) -> None:
        """A batch has ended."""
        truth.settle(board, at, self.counts)
        if board.seal is not None and (tick := board.seal.tick) and tick != board.book.tick:
            # A digest proves the tick, too: it changed while nobody listened.
            self._set_tick(board, Px(tick), at)
        board.quote(at)

    def _stir(self, board: Board) -> None:
        if not board.stirred:
            board.stirred = True
            self._stirred.append(board)

    def testify(self, instrument: InstrumentId, witness: Witnessed, now: Millis) -> None:
        """Weigh a book that was fetched apart from the stream."""
        board = self.boards.get(instrument)
        if board is None:
            return
        if witness.book is None:
            board.gone = not board.synced
        else:
            truth.testify(board, witness, now, self.counts)

    @property
    def stirred(self) -> bool:
        """Whether some batch may still be open."""
        return bool(self._stirred)

    def label(self, instrument: InstrumentId, now: Millis) -> Label:
        board = self.boards.get(instrument)
        return board.label(now) if board else Label.CONNECTING


def _tick_words(tick: int, *, cents: bool) -> str:
    """A tick as a trader says it: outcomes are priced in cents."""
    return f"{show(tick * 100, places(tick * 100))}¢" if cents else show(tick, places(tick))
