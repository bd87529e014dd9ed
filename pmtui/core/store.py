"""The one place where facts change state. Pure and synchronous: time comes with each call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pmtui.core import repair
from pmtui.core.alerts import Alerts, Kind
from pmtui.core.board import PROVE_OTHERS, UNMOVED, Board, Label
from pmtui.core.book import reaches
from pmtui.core.delays import Clocks
from pmtui.core.events import (
    Answered,
    Appeared,
    BookDelta,
    BookSnapshot,
    Candles,
    Event,
    Filled,
    HoldingsTold,
    LinkChanged,
    OrderChanged,
    Phase,
    Recalled,
    Rejected,
    Resolved,
)
from pmtui.core.facts import Facts
from pmtui.core.health import Counts, Ledger, Rate
from pmtui.core.instrument import Instrument, InstrumentId
from pmtui.core.link import Link
from pmtui.core.moves import usual
from pmtui.core.truth import arrivals, tops, witnesses
from pmtui.core.units import NEVER, Millis, Px
from pmtui.core.upkeep import PROVE_SHOWN, Upkeep

if TYPE_CHECKING:
    from pmtui.core.account import Account
    from pmtui.core.ports import Seal, Witnessed

_ASIDE = (LinkChanged, Appeared)
"""Facts that are not messages of the venue: they do not count in the ledger."""


class Store:
    """Boards by instrument, links by name, logs and counts; what is public here is all that moves them."""

    def __init__(self) -> None:
        self.boards: dict[InstrumentId, Board] = {}
        self.links: dict[str, Link] = {}
        self.ledger = Ledger()
        self.rate = Rate()
        """Of frames that the feed brought."""
        self.counts = Counts()
        self.clocks = Clocks()
        self.alerts = Alerts()
        self.shown: frozenset[InstrumentId] = frozenset()
        self.accounts: dict[str, Account] = {}
        """Our own orders and fills by venue; none where only public data is looked at."""
        self._own_links: dict[str, Account] = {}
        self.named: dict[InstrumentId, Instrument] = {}
        """Instruments that the account knows and nobody watches."""
        self.titles: dict[str, None] = {}
        """What was ever called so here, one behind the other. None goes: who has learned some looks from there on."""
        self._stirred: list[Board] = []
        self._upkeep = Upkeep(self.boards, self.links, self.counts, self.clocks, self.alerts)
        self._facts = Facts(self.boards, self.counts, self.clocks, self.alerts)
        self._apply: dict[type, Callable[[Any], bool]] = {
            **self._facts.kinds,
            Answered: lambda _: True,  # the feed hands it to whoever asked
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
            self.titles[instrument.title] = None
            self._join(board)
        return board

    def remove(self, instrument: InstrumentId) -> None:
        board = self.boards.pop(instrument, None)
        if board is not None and self.accounts:
            self.name([board.instrument])  # orders and fills of ours there still have a name

    def name(self, instruments: Iterable[Instrument]) -> None:
        """Keep what is known of instruments that nobody watches."""
        for each in instruments:
            self.named[each.id] = each
            self.titles[each.title] = None

    def describe(self, instrument: Instrument) -> None:
        """Take in slow facts that a look-up brought; what moves is left alone."""
        board = self.boards.get(instrument.id)
        if board is None:
            return
        known = board.instrument
        self.titles[instrument.title] = None
        board.instrument = instrument.told(
            complement=instrument.complement or known.complement,
            market=instrument.market or known.market,
            tick=Px(board.book.tick) or instrument.tick,
        )
        board.book.tick = board.book.tick or instrument.tick
        self._join(board)

    def _join(self, board: Board) -> None:
        """Both outcomes of a question are settled at once, even if one was not there when it was said."""
        other = self.boards.get(board.instrument.complement) if board.instrument.complement is not None else None
        if other is not None and other.resolved is not None and board.resolved is None:
            self._facts.resolve(other.resolved._replace(instruments=(board.instrument.id,)))

    def attach(self, instruments: Iterable[InstrumentId], link: str, now: Millis) -> None:
        """Say which link carries these."""
        held = self.links.setdefault(link, Link(link))
        for instrument in instruments:
            if board := self.boards.get(instrument):
                board.link = held
                held.delays = self.clocks.of(board.instrument.venue)
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
            late = 0
            if left:
                also_applied, also_agreed, late = self._change(event, left)
                applied, agreed = applied or also_applied, agreed + also_agreed
            if agreed:
                self.counts.tops_agreed += agreed
            if applied:
                self.ledger.applied += 1
                if self.accounts:
                    self._hear(self._in_time(event) if late else event)
            else:
                self.ledger.ignored += 1

    def _hear(self, event: Event) -> None:
        """Have the queues of our orders hear what the books took in as their present, so nothing late or repeated."""
        if type(event) is BookSnapshot:
            board = self.boards[event.instrument]
            if board.doubt or board.sent != event.sent:
                return  # doubted as it came, or not taken over: it may tell what was
        for account in self.accounts.values():
            account.hear((event,))

    def _in_time(self, event: BookDelta) -> BookDelta:
        """The same without what came late for its book."""
        known = self.boards
        here = [move for move in event.moves if move[0] in known]
        return event._replace(moves=[move for move in here if known[move[0]].sent <= event.sent])

    def _change(self, event: BookDelta, left: int) -> tuple[int, int, int]:
        """Apply the last moves of a delta: whether any was for a book, how many batches ended as was told, and whether
        any came late."""
        boards = self.boards
        at, sent, moves = event
        applied = agreed = late = 0
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
                        self._facts.settle(board, at)
                board.sent = sent
                board.data_at = at  # what is told again is no news
            elif sent < before and sent:
                self._late(board, event, is_bid, price, size)
                late = 1
                continue
            side = book.bids if is_bid else book.asks
            resting = side[price] if price in side else 0  # noqa: SIM401  # a call costs twice as much
            if size != resting:
                board.data_at = at
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
            self._stir(board)
        return applied, agreed, late

    def _other(self, event: Event) -> None:
        ledger, kind = self.ledger, type(event)
        known = self._apply[kind](event)
        if kind is Rejected:
            ledger.rejected += 1
        elif kind in _ASIDE:
            pass
        elif known:
            ledger.applied += 1
            if self.accounts:
                self._hear(event)
        else:
            ledger.ignored += 1

    def _late(self, board: Board, event: BookDelta, is_bid: bool, price: int, size: int) -> None:
        """An older change after a newer one: arrival order is kept, but what it tells of the top is history."""
        resting = (board.book.bids if is_bid else board.book.asks).get(price, 0)
        if size != resting:
            board.move(event.at).changed(is_bid, price, resting, size, event.at)
        board.book.set(is_bid, price, size)
        board.proof_due = event.at
        if board.sent - event.sent > arrivals.OUT_OF_ORDER:
            self._facts.doubt(board, "a change came more than 5s out of order", event.at)
            board.sent = (
                event.sent
            )  # one of both times is wrong: the stream's last word counts, or all that comes is old
        elif size != resting:
            board.data_at = event.at
        self._stir(board)

    def settle(self, event: Resolved) -> None:
        """A settlement that was looked up: no message of the stream, so the ledger does not know it."""
        self._facts.resolve(event)

    def recall(self, event: Candles) -> None:
        """Stretches of time that were looked up: the ledger does not know them either."""
        self._facts.recall(event)

    def take_appeared(self) -> list[Appeared]:
        """The pairs that became known since the last time."""
        appeared, self._facts.appeared = self._facts.appeared, []
        return appeared

    def doubt_link(self, link: str, why: str, at: Millis) -> None:
        """Every book of this link is in doubt."""
        for board in self.boards.values():
            if board.link is not None and board.link.name == link:
                self._facts.doubt(board, why, at)

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

    def is_own(self, link: str) -> bool:
        """Whether it brings our own orders and fills, and no books."""
        return link in self._own_links

    def _level(self, instrument: InstrumentId, is_bid: bool, price: int) -> tuple[int, Millis] | None:
        """What rests at a price, in a book that can be believed as far as the place of an order in it goes."""
        board = self.boards.get(instrument)
        if board is None or not board.synced:
            return None
        levels = board.book.bids if is_bid else board.book.asks
        if board.fresh is not None and not reaches(levels, price, is_bid=is_bid):
            return None
        return levels.get(price, 0), Millis(board.sent)

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
        link.suspect, link.through = "", event.through
        link.lag.begin_again()
        if event.phase is Phase.UP:
            link.ups += 1
            link.data_at = event.at
            if link.down_at is not None:
                gone = (event.at - link.down_at) // 1000
                after = f"after {gone}s" if gone else "at once"
                self.alerts.add(event.at, Kind.LINK_UP, f"{event.link} is up again, {after}")
                link.down_at = None
            for board in self._upkeep.carried(link):
                board.forget(event.at)
        elif was is Phase.UP:
            link.drops += 1
            link.down_at = event.at
            self.alerts.add(event.at, Kind.LINK, f"{event.link} down: {event.reason}")
        return True

    def resumed(self, link: Link, now: Millis) -> None:
        """A link speaks again after a silence: whatever was lost in between shows at the next proof."""
        for board in self._upkeep.carried(link):
            board.proof_due = min(board.proof_due, now)

    def fail(self, link: str, now: Millis, attempt: int, retry_at: Millis) -> None:
        """A link that our own error ended."""
        generation = self.links[link].generation if link in self.links else 0
        self.take([LinkChanged(link, now, generation, Phase.DOWN, "our own error, see the log", attempt, retry_at)])

    def suspect(self, why: str, now: Millis) -> None:
        """Nothing that is still in the pipes can be believed: the computer slept, or the clock stood still."""
        for link in self.links.values():
            if link.phase is Phase.UP and not link.suspect:
                link.suspect = why
                link.relinked_at = Millis(now - 4_000)  # the new link begins a second from now
                self.alerts.add(now, Kind.LINK, f"{link.name}: {why}")
                if link.name in self._own_links:
                    self._own_links[link.name].suspect = why

    # The passing of time

    def check(self, now: Millis) -> list[repair.Wish]:
        """End the batches that nothing followed, weigh what is overdue, and say what needs doing."""
        self._settle_idle(now)
        self.rate.look(now, self.ledger.frames)
        return self._upkeep.check(self.shown, now)

    def _settle_idle(self, now: Millis) -> None:
        waiting = []
        for board in self._stirred:
            if now - board.as_of < tops.BATCH_ENDS:
                waiting.append(board)
                continue
            board.stirred = False
            self._facts.settle(board, now)
        self._stirred = waiting

    def _stir(self, board: Board) -> None:
        if not board.stirred:
            board.stirred = True
            self._stirred.append(board)

    def testify(self, instrument: InstrumentId, witness: Witnessed, now: Millis) -> None:
        """Weigh a book that was fetched apart from the stream."""
        board = self.boards.get(instrument)
        if board is None or board.resolved is not None:
            return
        if witness.book is None:
            board.gone = not board.synced
        else:
            witnesses.testify(board, witness, now, self.counts)
            if witness.asked_at > board.doubt.at:
                self._facts.weigh_tick(board, witness.book, now)

    @property
    def stirred(self) -> bool:
        """Whether some batch may still be open."""
        return bool(self._stirred)

    def label(self, instrument: InstrumentId, now: Millis) -> Label:
        board = self.boards.get(instrument)
        return board.label(now) if board else Label.CONNECTING
