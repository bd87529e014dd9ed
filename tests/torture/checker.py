"""Compares every book under a sure label with the exchange's own, at each message and at each moment.

A book may lag behind by the messages that are still on their way: then it must be what the exchange had when
the first of them was sent. Whatever else differs starts a spell, and a spell may last as long as the list of
faults grants for its cause.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import deque
from hashlib import blake2b

from pmtui.core.board import Board, Label
from pmtui.core.book import Book
from pmtui.core.events import NO_ASK, NO_BID
from pmtui.core.instrument import InstrumentId, identify
from pmtui.core.ports import Closed, Stream
from pmtui.core.store import Store
from pmtui.core.units import ONE
from pmtui.sim.engine import YES
from pmtui.sim.polymarket.world import Market

from .report import Report
from .wire import Host, Queued, Watcher, WireLink

SILENCE = 10_000
"""L1: "STALE within 10 s"; L3 "as L1"."""
ONE_SILENT = 60_000
"""L2: "RESYNC or QUIET within 60 s"."""
WAKE = 2_000
"""L19: "on wake: STALE within 2 s"."""
BATCH = 300
"""ms for the end of a batch to be noticed: 50 ms without a successor, and the next look after that."""
COMPARISON_SHOWN = 10_000
COMPARISON = 60_000
"""D2: "at the latest at the next comparison"."""
LIE = 45_000
"""What a second witness that tells an old book adds: it speaks for the frozen one as long as it lies."""
LONGEST_PAUSE = 30_000
PACED = 31_000
"""At most thirty connections a minute: one more may have to wait for its turn."""
STATED = 60_000
PER_MINUTE = 30

_SILENT = frozenset({"freeze", "zombie", "vanish"})
_ONE = frozenset({"mute", "nobook"})
_LOSING = frozenset({"drop", "ghost", "swap", "cross", "garbage", "hash", "duplicate"})
_TELLING = _SILENT | _ONE | _LOSING | {"stale", "sleep"}


class Truth:
    """One market's book at one moment."""

    __slots__ = ("_no", "at", "tick", "yes")

    def __init__(self, at: int, market: Market) -> None:
        bids, asks = market.engine.levels(YES)
        self.at = at
        self.tick = market.engine.tick
        self.yes: tuple[dict[int, int], dict[int, int]] = dict(bids), dict(asks)
        self._no: tuple[dict[int, int], dict[int, int]] | None = None

    def of(self, outcome: int) -> tuple[dict[int, int], dict[int, int]]:
        if outcome == YES:
            return self.yes
        if self._no is None:
            bids, asks = self.yes
            self._no = {ONE - price: size for price, size in asks.items()}, {ONE - p: s for p, s in bids.items()}
        return self._no


class Past:
    """What was true when, for as long as a message may be on its way."""

    KEEP = 200_000

    def __init__(self, host: Host) -> None:
        self._world = host.exchange.world
        self._of: dict[Market, tuple[list[int], list[Truth]]] = {}
        self._sequences: dict[Market, tuple[int, bool]] = {}
        for market in self._world.markets:
            self._of[market] = ([-1], [Truth(-1, market)])
            self._sequences[market] = (market.sequence, market.closed)

    def record(self) -> None:
        """Look at what the last step changed."""
        at = self._world.elapsed
        for market in self._world.markets:
            sequence = (market.sequence, market.closed)
            if sequence != self._sequences[market]:
                self._sequences[market] = sequence
                times, truths = self._of[market]
                times.append(at)
                truths.append(Truth(at, market))
                if len(times) > 20_000:
                    keep = bisect_right(times, at - self.KEEP) - 1
                    del times[: max(0, keep)], truths[: max(0, keep)]

    def at(self, market: Market, elapsed: int) -> Truth:
        times, truths = self._of[market]
        return truths[max(0, bisect_right(times, elapsed) - 1)]


class _Watched:
    """What the checker remembers of one board."""

    __slots__ = (
        "board",
        "causes",
        "label",
        "lied",
        "market",
        "outcome",
        "seen",
        "shown_since",
        "since",
        "token",
        "was_doubt",
        "wrong",
    )

    def __init__(self, token: str, board: Board, market: Market) -> None:
        self.token = token
        self.board = board
        self.market = market
        self.outcome = market.listing.tokens.index(token)
        self.label: Label | None = None
        self.since = 0
        self.shown_since = 0
        self.wrong: int | None = None
        self.causes: set[str] = set()
        """What went wrong since the book was right for the last time."""
        self.lied = False
        self.was_doubt = ""
        self.seen: tuple[int, Truth | None, bool] = (-1, None, True)


class Checker(Watcher):
    """Watches a store from outside."""

    def __init__(self, store: Store, host: Host, report: Report, *, now: asyncio.AbstractEventLoop) -> None:
        self.store = store
        self.host = host
        self.report = report
        self.past = Past(host)
        self.trace = blake2b(digest_size=16)
        self.offset = 0
        """ms that the client's clock is ahead of the loop's because the computer slept."""
        self._loop = now
        self._links: dict[str, WireLink] = {}
        self._boards: dict[str, _Watched] = {}
        self._disturbed: deque[tuple[int, frozenset[str], frozenset[str]]] = deque()
        self._begun: deque[int] = deque()
        self._ended: dict[str, tuple[int, int, Closed]] = {}
        """How the last connection ended, and when: in time that was lived through, and in all that passed."""
        self._tripped: set[str] = set()
        self._lag = 0
        self._held = (0, -1)
        """From when to when messages were held up: what went wrong meanwhile is seen when they arrive."""

    # Time

    def ms(self) -> int:
        return round(self._loop.time() * 1_000)

    def note(self, *what: object) -> None:
        """One line of the trace that a seed must repeat."""
        self.trace.update(f"{self.ms()} {what}\n".encode())

    def violate(self, key: str, text: str) -> None:
        """Say it once for each kind and thing."""
        if key not in self._tripped:
            self._tripped.add(key)
            self.report.violate(f"at {self.host.elapsed / 1000:.3f}s: {text}")

    # What goes wrong

    def disturb(self, verb: str, tokens: frozenset[str] = frozenset()) -> None:
        self._disturbed.append((self.host.elapsed, frozenset({verb}), tokens))

    def before_step(self, ms: int) -> None:
        """Remember what is wrong in this step, to tell later why a book differs."""
        at, faults = self.host.elapsed, self.host.exchange.faults
        if faults.find("backlog"):
            began, ended = self._held
            self._held = (began if ended >= at else at, at + ms)
        beginning = [fault for when, fault in faults.planned[:8] if when <= at + ms]
        for fault in (*(active.fault for active in faults.active if active.left != 0), *beginning):
            if fault.verb in _TELLING:
                self._disturbed.append((at + ms, frozenset({fault.verb}), self._both(fault.tokens)))
        while self._disturbed and self._disturbed[0][0] < at - 100_000:
            self._disturbed.popleft()

    def _both(self, tokens: frozenset[str]) -> frozenset[str]:
        """A message about one token is one about the other outcome's, too."""
        world = self.host.exchange.world
        return frozenset(each for token in tokens for each in world.by_token[token].listing.tokens)

    def _cause(self, token: str, at: int, within: int = 1_100) -> frozenset[str]:
        found: set[str] = set()
        began, ended = self._held
        if began <= at <= ended + within:
            within += at - began
        for when, verbs, tokens in reversed(self._disturbed):
            if when < at - within:
                break
            if when <= at and (not tokens or token in tokens):
                found |= verbs
        return frozenset(found)

    # Connections

    def began(self, stream: Stream) -> None:
        now, report = self.ms(), self.report
        report.links += 1
        self.note("connect", stream.name)
        # A minute that was slept through is a minute, for the venue.
        passed = now + self.offset
        self._begun.append(passed)
        while self._begun[0] <= self._begun[-1] - 60_000:
            self._begun.popleft()
        if len(self._begun) > PER_MINUTE:
            self.violate("I12", f"I12: {len(self._begun)} connections within a minute")
        if stream.name in self._ended:
            ended, over, closed = self._ended.pop(stream.name)
            waited = now - ended
            stated = max(STATED, int(closed.retry_after * 1000)) if closed.retry_after else LONGEST_PAUSE
            if waited > stated + PACED:
                self.violate("I12 late", f"I12: {waited} ms from one connection's end to the next one's beginning")
            if closed.code == 429 and passed - over < STATED:
                self.violate("L7 429", f"L7: tried again {passed - over} ms after a 429")

    def opened(self, stream: Stream, link: WireLink) -> None:
        link.generation = self.store.links[stream.name].generation
        old = self._links.get(stream.name)
        if old is not None and old.generation >= link.generation:
            self.violate("I2 generation", f"I2: generation {link.generation} follows {old.generation}")
        self._links[stream.name] = link
        self.note("open", stream.name, link.generation)
        for board in self.store.boards.values():
            if board.resolved is not None:
                continue  # its last book stays
            if board.link is not None and board.link.name == stream.name and (board.synced or not board.book.empty):
                self.violate("I2 books", f"I2: a book of an older connection is still there: {board.instrument.id}")
        self.look()

    def delivered(self, stream: Stream, link: WireLink, item: Queued) -> None:
        report = self.report
        report.frames += 1
        report.octets += len(item.frame.text)
        self.trace.update(item.frame.text)
        if self.store.links[stream.name].generation != link.generation:
            self.violate("I2", "I2: a message of one generation was read by another")
        self.store_is_sane()
        for token in item.frame.tokens:
            if (watched := self._watch(token)) is not None:
                self._compare(watched)

    def closed(self, stream: Stream, closed: Closed) -> None:
        self._ended[stream.name] = (self.ms(), self.ms() + self.offset, closed)
        self.note("closed", stream.name, closed.code, closed.reason)

    # Books

    def store_is_sane(self) -> None:
        ledger = self.store.ledger
        if not ledger.balanced:
            self.violate("I4", f"I4: the ledger does not balance: {ledger}")

    def look(self) -> None:
        """Compare everything that is followed, as a screen would at this moment."""
        for board in list(self.store.boards.values()):
            if (watched := self._watch(board.instrument.symbol)) is not None:
                self._compare(watched)
        self.store_is_sane()

    def _watch(self, token: str) -> _Watched | None:
        board = self.store.boards.get(id_of(token))
        if board is None:
            return None
        watched = self._boards.get(token)
        if watched is None or watched.board is not board:
            market = self.host.exchange.world.by_token.get(token)
            if market is None:
                return None
            watched = self._boards[token] = _Watched(token, board, market)
            watched.since = self.ms()
        return watched

    def _compare(self, watched: _Watched) -> None:
        board = watched.board
        now = self.ms()
        label = board.label(now + self.offset)
        if label is not watched.label:
            self._relabel(watched, label, now)
        if board.instrument.id not in self.store.shown:
            watched.shown_since = now
        truth = self._expected(watched) if board.synced else None
        # A tick that changes in a silence is not known before the silence is, as any change of the book.
        on_tick = truth is None or truth.at < 0 or board.book.tick in (0, truth.tick)
        same = truth is not None and on_tick and self._same(watched, truth)
        if truth is not None and not same:
            watched.causes |= self._cause(watched.token, truth.at) | self._cause(watched.token, self.host.elapsed)
        if not label.sure:
            if board.doubt and not watched.was_doubt:
                self._doubted(watched, needless=same)
            watched.was_doubt = board.doubt.why
            self._right(watched, now, _why(board, label, now + self.offset))
            if same:
                watched.causes.clear()
            return
        watched.was_doubt = ""
        if truth is None:
            return
        self.report.compared += 1
        if book_is_unsound(board.book):
            self.violate(f"I3 {watched.token}", f"I3: {book_is_unsound(board.book)} and sure: {watched.token[:6]}")
        if same:
            self._right(watched, now, "mended while sure")
            watched.causes.clear()
            self.report.longest_lag = max(self.report.longest_lag, self._lag)
            return
        if watched.wrong is None:
            watched.wrong = now
            watched.lied = False
        self._judge(watched, now)

    def _expected(self, watched: _Watched) -> Truth | None:
        """What the exchange had when the first message still on its way was sent; None in the middle of a batch."""
        link = self._links.get(watched.board.link.name) if watched.board.link else None
        elapsed = through = self.host.elapsed
        if link is not None and link.queue:
            head = link.queue[0].sent
            if head == link.last_sent:
                return None
            through = head - 1
        self._lag = elapsed - through
        return self.past.at(watched.market, through)

    def _same(self, watched: _Watched, truth: Truth) -> bool:
        book = watched.board.book
        if watched.seen[0] != book.version or watched.seen[1] is not truth:
            watched.seen = (book.version, truth, (book.bids, book.asks) == truth.of(watched.outcome))
        return watched.seen[2]

    def _right(self, watched: _Watched, now: int, ended_by: str) -> None:
        if watched.wrong is None:
            return
        if (lasted := now - self._wrong_since(watched)) > 0:
            shown = "shown" if self._is_shown(watched) else "other"
            self.report.spell((shown, _named(watched.causes), ended_by), lasted)
        watched.wrong = None

    def _is_shown(self, watched: _Watched) -> bool:
        return watched.board.instrument.id in self.store.shown

    def _wrong_since(self, watched: _Watched) -> int:
        """What comes to the screen may have been wrong for long; its own, shorter time begins there."""
        assert watched.wrong is not None
        return max(watched.wrong, watched.shown_since) if self._is_shown(watched) else watched.wrong

    def _judge(self, watched: _Watched, now: int) -> None:
        lasted = now - self._wrong_since(watched)
        shown = self._is_shown(watched)
        watched.lied = watched.lied or "stale" in self._cause(watched.token, self.host.elapsed)
        granted = self.granted(watched, lasted)
        if lasted > granted:
            label = watched.board.label(now + self.offset).value
            causes = "+".join(sorted(watched.causes)) or "unknown"
            which = f"{watched.market.listing.slug} {watched.outcome} {'shown' if shown else 'other'}"
            text = f"{label} over a wrong book for {lasted} ms, {granted} granted; cause {causes}; {which}"
            key = f"I1 {watched.token} {watched.wrong}"
            self.report.wrong += key not in self._tripped
            self.violate(key, f"I1: {text}")

    def granted(self, watched: _Watched, lasted: int) -> int:
        causes = watched.causes
        shown = self._is_shown(watched)
        window = BATCH
        if causes & {"sleep"}:
            window = max(window, WAKE)
        if causes & _SILENT:
            # What was lost in a silence that is over is a loss like any other, until the next silence is noticed; a
            # link that vanished has no such end, but may have been silent before for another reason.
            compared = 0 if causes & _SILENT == {"vanish"} else COMPARISON_SHOWN if shown else COMPARISON
            silences = [found.began for verb in _SILENT if (found := self.host.exchange.faults.find(verb))]
            if silences:
                before = max(0, lasted - int(self.host.elapsed - min(silences)))
                compared = min(before, compared) + SILENCE + BATCH
            window = max(window, SILENCE + BATCH, compared)
        if causes & _LOSING:
            window = max(window, COMPARISON_SHOWN if shown else COMPARISON)
        if causes & _ONE:
            window = max(window, ONE_SILENT)
        return window + (LIE if watched.lied or "stale" in causes else 0)

    def _relabel(self, watched: _Watched, label: Label, now: int) -> None:
        if watched.label is not None:
            self.report.labelled[watched.label.value] += now - watched.since
        watched.label, watched.since = label, now
        self.note("label", watched.token, label.value, watched.board.doubt.why)

    def _doubted(self, watched: _Watched, *, needless: bool) -> None:
        why = _plain(watched.board.doubt.why)
        self.report.doubts[why] += 1
        self.report.needless[why] += needless

    # The end

    def finish(self) -> None:
        now = self.ms()
        for watched in self._boards.values():
            if watched.label is not None:
                self.report.labelled[watched.label.value] += now - watched.since
        counts = self.store.counts
        self.report.proofs += counts.proofs
        self.report.proofs_late += counts.proofs_late
        self.report.misses += counts.misses
        self.note("end", counts.rows(), self.store.ledger)
        self.report.digest = self.trace.hexdigest()

    def unwell(self, well: set[str]) -> list[str]:
        """The boards that have not been sure and right since the last fault; adds those that are to `well`."""
        found = []
        now = self.ms() + self.offset
        for token, watched in self._boards.items():
            board = watched.board
            if token in well or self.store.boards.get(board.instrument.id) is not board:
                continue
            label = board.label(now)
            truth = self.past.at(watched.market, self.host.elapsed)
            if label is Label.RESOLVED or (label.sure and self._same(watched, truth)):
                well.add(token)
            else:
                found.append(f"{watched.market.listing.slug} {label.value} ({board.why(now)})")
        return found


def _named(causes: set[str]) -> str:
    return next(iter(causes), "nothing known") if len(causes) < 2 else "several"


def book_is_unsound(book: Book) -> str:
    """What is wrong with a book by itself; empty when nothing is."""
    if book.bid != max(book.bids, default=NO_BID) or book.ask != min(book.asks, default=NO_ASK):
        return "the top kept at hand is not the book's"
    return "crossed" if book.bid >= book.ask else ""


def id_of(token: str) -> InstrumentId:
    return identify("polymarket", token)


def _plain(why: str) -> str:
    """A reason without its figures."""
    return "".join("#" if letter.isdigit() else letter for letter in why.partition(":")[0]).replace("##", "#")


def _why(board: Board, label: Label, now: int) -> str:
    if label is Label.RESYNC and board.doubt:
        return f"RESYNC {_plain(board.doubt.why)}"
    if label is Label.STALE and board.link is not None and board.link.suspect:
        return f"STALE {_plain(board.link.suspect)}"
    return label.value if label is not Label.STALE else f"STALE {_plain(board.why(now))}"
