"""All that is known of one instrument, and the one word that says how far it can be trusted."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from pmtui.core.book import Book
from pmtui.core.doubt import Doubt
from pmtui.core.events import UNTOLD_TOP, Context, Fresh, Phase, Resolved, Top, Wide
from pmtui.core.flow import Flow
from pmtui.core.instrument import Instrument
from pmtui.core.link import Link
from pmtui.core.tape import Gap, Tape
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import NEVER, Millis, seconds_until

if TYPE_CHECKING:
    from pmtui.core.ports import Seal, Witnessed

LIVE_FOR = 9_000
"""A book without news for so long needs a proof; under the ten seconds that a frozen feed may look alive. A venue that
tells its books at a steady pace promises more or less."""
QUIET_FOR = 60_000
"""How long a fetched book that equals ours speaks for an instrument whose link carries other news."""
QUIET_FOR_ON_A_SILENT_LINK = 9_500
PATIENCE = 60_000
"""After so long in doubt the label stops promising a repair."""
UNVOUCHED = 60_000
"""After so long without a word of any kind that speaks for it, a book cannot be proven, however busy it is."""
GRACE = 1_000
"""How long a crossed book is taken for the middle of a batch."""
PROVE_OTHERS = 15_000
"""How often a book that is not on the screen is proven."""
HASH_OFF_FOR = 60_000
"""For so long digests say nothing after a book that had been asked for was ours though they did not fit."""
MARK_EVERY = 1_000
_MOST_MARKS = 8

UNMOVED = Flow()
SILENT = Tape()
"""What there is to say of a book that has not moved, and of one without prints. Shared, so they are told nothing."""
RELINKED = "new connection: prints may be missing"


class Label(Enum):
    CONNECTING = "CONNECTING"
    SYNCING = "SYNCING"
    LIVE = "LIVE"
    QUIET = "QUIET"
    RESYNC = "RESYNC"
    STALE = "STALE"
    DOWN = "DOWN"
    HALTED = "HALTED"
    RESOLVED = "RESOLVED"

    @property
    def sure(self) -> bool:
        """Whether the book under this label equals the venue's."""
        return self in (Label.LIVE, Label.QUIET)


class Passed(NamedTuple):
    """A moment at which all news up to a time of the venue's had come."""

    at: Millis
    sent: int


class Promise(NamedTuple):
    """Best prices that were announced and have to come true."""

    top: Top
    at: Millis
    sent: int
    """How far the news had come when the wait began."""
    told: int
    """The venue's time of what was announced last."""


class Board:
    """One instrument's book, tape and standing. Only the store changes it, and what works for it in this room."""

    __slots__ = (
        "asked_at",
        "awaited",
        "begun_at",
        "book",
        "booked",
        "context",
        "crossed_at",
        "data_at",
        "declined",
        "denied",
        "described_at",
        "digest",
        "doubt",
        "fetched_at",
        "flow",
        "fresh",
        "frozen",
        "generation",
        "gone",
        "hash_off_at",
        "hears",
        "instrument",
        "lapsed",
        "lasts",
        "link",
        "marks",
        "mirror_at",
        "mirror_off_at",
        "missed_at",
        "misses",
        "moved_at",
        "ours_at",
        "owed",
        "pace",
        "pending",
        "promise",
        "proof_at",
        "proof_due",
        "proof_kind",
        "quoted",
        "reached_before",
        "recalled",
        "refused",
        "renewed_at",
        "resolved",
        "seal",
        "sent",
        "since",
        "stirred",
        "synced",
        "tape",
        "told",
        "told_before",
        "unlike",
        "unprinted",
        "vain",
        "wide",
        "witness_at",
    )

    def __init__(self, instrument: Instrument, seal: Seal | None = None) -> None:
        self.instrument = instrument
        self.book = Book(instrument.tick)
        self.tape = SILENT
        self.flow = UNMOVED
        self.seal = seal
        self.link: Link | None = None
        self.resolved: Resolved | None = None
        self.gone = False
        """The venue says that it keeps no book for this instrument."""
        self.pace = PROVE_OTHERS
        self.fetched_at = NEVER
        self.asked_at = NEVER
        self.described_at = NEVER
        self.moved_at = NEVER
        self.doubt = Doubt()
        self.told_before = False
        """Whether an earlier connection told its book: what happened between that and this one is missing."""
        self.recalled = NEVER
        """The venue's time of the newest print that was told as of the past: on the tape, and in no sum."""
        self.unprinted: Gap | None = None
        """What a tape that has not begun yet will begin with."""
        self.frozen = False
        """Whether a book that was asked for was newer than all that the stream brought: until that tells something, or
        two such books are ours, none is taken for what will be true in a moment."""
        self.ours_at = NEVER
        """Since when all books that were asked for are ours again, after that."""
        self.denied = 0
        """How many fetched books spoke against one in parts since anything spoke for it: one alone may tell what came
        and went between two parts."""
        self.awaited = NEVER
        """Since when there is no book: other links than this one may have been tried for it."""
        self.synced = False
        self.generation = 0
        """How often it began anew: what was asked of one connection is asked of the next, be it of the same link or of
        another."""
        self.reached_before = self.sent = 0
        self.stirred = False
        """Touched since its last batch ended; the store has it on the list of boards to look at again."""
        self.forget(NEVER)

    def forget(self, at: Millis) -> None:
        """Drop all that an earlier connection told; what is shown next must come from the new one.

        A doubt stays until a book ends it: often the new connection was made because of that very doubt. The last book
        of a settled question stays, too: no other will come.
        """
        if self.resolved is not None:
            return
        self.generation += 1
        if not self.book.empty:
            self.book.replace({}, {})
        if self.flow is not UNMOVED:
            self.flow.begin(at)
        if self.synced or self.awaited == NEVER:
            self.awaited = at
        if self.synced:
            self.told_before = True
            if self.tape is SILENT:
                self.miss(at, RELINKED)
        self.synced = False
        self.hears = False
        """Whether changes are for this book: it has begun, and its question is open."""
        self.since = at
        self.reached_before = max(self.reached_before, self.sent)
        """The newest time that news of earlier links came with; until this one has brought them, too, what is proven is
        what was."""
        self.begun_at = NEVER
        """When its first book came."""
        self.data_at = NEVER
        """When the stream told something new of its own accord."""
        self.renewed_at = at
        """When it told a whole book because we had asked for one, which says what is and not that the stream flows; or
        since when it could have told anything."""
        self.sent = 0
        self.owed = 0
        """A fetched book had news up to this time; until they have come, what is proven is what was."""
        self.fresh: Fresh | None = None
        """How far the book is as new as its newest part; None where it is always whole."""
        self.lasts = LIVE_FOR
        """ms without news after which the book needs a proof."""
        self.context: Context | None = None
        self.wide: Wide | None = None
        """The book on wider rows, while somebody looks at it so."""
        self.declined = ""
        """Why the venue will not tell this book, in its own words."""
        self.refused = ""
        """What was the matter with what came for this book, until one comes that is taken in."""
        self.told: Top = UNTOLD_TOP
        self.quoted: tuple[int, int] = UNTOLD_TOP
        """Our own best prices when the last batch ended, as the flow knows them."""
        self.digest = ""
        self.booked = ""
        """The digest of the last whole book."""
        self.doubt.begin_anew(at)
        self.crossed_at = NEVER
        self.proof_at = NEVER
        self.proof_kind = ""
        self.witness_at = NEVER
        self.proof_due = NEVER
        self.misses = 0
        self.missed_at = NEVER
        self.lapsed = False
        """Whether the label fell in a silence that nothing spoke for, and nothing has spoken for the book since."""
        self.hash_off_at = NEVER
        self.vain = False
        """Whether the last book that we had asked for was ours while the digests were not, and since when they say
        nothing therefore."""
        self.marks: tuple[Passed, ...] = ()
        """The last seconds, while the book is on the screen: a fetched book is older than what came meanwhile."""
        self.mirror_at = NEVER
        self.mirror_off_at = NEVER
        self.unlike = False
        """Whether the log has told that both outcomes are proven and yet no mirror images."""
        self.promise: Promise | None = None
        if self.seal is not None:
            self.seal.forget()
        self.pending: Witnessed | None = None

    def move(self, at: int) -> Flow:
        """The board's own flow, from now on: thousands of books that nobody looks at never need one."""
        if self.flow is UNMOVED:
            self.flow = Flow()
            self.flow.begin(at)
            if self.synced:
                self.flow.replaced({}, {}, self.book.bids, self.book.asks, at)
                self.quote(Millis(at))
        return self.flow

    def mark(self, at: Millis) -> None:
        """Remember how far the news have come."""
        if not self.marks or at - self.marks[-1].at >= MARK_EVERY:
            whole = self.sent - 1 if self.stirred else self.sent
            self.marks = (*self.marks[1 - _MOST_MARKS :], Passed(at, whole))

    def sealed(self, at: int) -> bool:
        """Whether a digest was told that may say something about the book; the time of the news is part of it."""
        told = self.seal is not None and bool(self.digest) and self.sent > 0
        return told and at - self.hash_off_at >= HASH_OFF_FOR

    def unspoken(self, now: int) -> int:
        """ms since anything spoke for a book of which changes tell neither digests nor best prices; else 0."""
        told = self.fresh is not None or self.told != UNTOLD_TOP or self.sealed(now)
        return 0 if told else now - max(self.proof_at, self.witness_at, self.since, self.begun_at)

    def speak(self) -> Tape:
        """The board's own tape, from now on."""
        if self.tape is SILENT:
            self.tape = Tape(by_worth=not self.instrument.in_cents)
            if self.unprinted is not None:
                self.tape.gap(*self.unprinted[:3])
        return self.tape

    def miss(self, at: Millis, why: str) -> None:
        """Prints may be missing here; thousands of tapes on which nothing stands need not begin because of that."""
        if self.tape is SILENT:
            self.unprinted = Gap(at, Millis(0), why)
        else:
            # The book of a quiet market is as old as its last change, so what it says of the time is not of now.
            self.tape.gap(at, Millis(0), why)

    def quote(self, at: Millis) -> None:
        """A batch has ended: the best prices are what they are."""
        if self.flow is UNMOVED:
            return
        book = self.book
        if (book.bid, book.ask) != self.quoted:
            self.flow.quoted(book.bid, book.ask, at)
            self.quoted = (book.bid, book.ask)
        if self.quoted == self.told:
            self.quoted = self.told  # the same object: the store sees at a glance that there is nothing to do

    @property
    def tick(self) -> int:
        return self.book.tick

    def whole(self, *, is_bid: bool) -> bool:
        """Whether all that rests on a side is told, not only the best of it."""
        side = self.book.bids if is_bid else self.book.asks
        return self.fresh is None or not side or self.fresh.whole[not is_bid]

    @property
    def as_of(self) -> Millis:
        """When we last heard what is in the book."""
        return max(self.data_at, self.renewed_at)

    @property
    def heard_at(self) -> Millis:
        """When the stream last told something new, or told anything at all."""
        return self.data_at if self.data_at > NEVER else self.renewed_at

    def label(self, now: int) -> Label:
        """When in doubt, the lower word."""
        link = self.link
        if self.resolved is not None:
            return Label.RESOLVED
        if link is None or (link.phase is Phase.CONNECTING and not link.ups and not link.attempt):
            return Label.CONNECTING
        if link.phase is Phase.HALTED:
            return Label.HALTED
        if link.phase is not Phase.UP:
            return Label.DOWN
        if link.suspect:
            return Label.STALE
        if not self.synced:
            return Label.SYNCING if now - self.awaited < PATIENCE and not self.gone else Label.STALE
        if self.doubt:
            return Label.RESYNC if now - self.doubt.since < PATIENCE else Label.STALE
        if self.book.crossed:
            return Label.RESYNC
        if now - self.data_at <= self.lasts:
            return Label.STALE if self.unspoken(now) > UNVOUCHED or self._is_old(link) else Label.LIVE
        # Only a book fetched after the news ended can tell a quiet market from a frozen feed.
        if self.witness_at < self.data_at:
            return Label.STALE
        allowed = QUIET_FOR_ON_A_SILENT_LINK if link.silent(now, LIVE_FOR) else QUIET_FOR
        return Label.QUIET if now - self.witness_at <= allowed else Label.STALE

    def _is_old(self, link: Link) -> bool:
        """Whether what came last tells what was, and no book that was fetched since speaks for it."""
        return link.lag.behind > 0 and self.witness_at < self.data_at

    def why(self, now: int) -> str:
        """What the label does not say by itself, in a few plain words."""
        link = self.link
        if self.resolved is not None:
            return f"settled: {self.resolved.words}" if self.resolved.words else "settled"
        if link is None:
            return "no link yet"
        if link.phase is not Phase.UP:
            wait = seconds_until(link.retry_at, now)
            again = f"try {link.attempt + 1} in {wait}s" if wait else f"try {link.attempt + 1} under way"
            return ", ".join(filter(None, (link.reason, again if link.attempt else ""))) or "opening the link"
        if link.suspect:
            return link.suspect
        if self.declined and not self.synced:
            return f"the venue says: {self.declined}"
        if self.gone and not self.synced:
            return "the venue keeps no book for this id: closed, settled or unknown"
        if not self.synced and self.refused:
            return f"no book yet, what came {self.refused}"
        if not self.synced:
            here = f", {link.coming // 1000} kB of a message are here" if link.growing(now) else ""
            return f"waiting {max(0, (now - self.awaited) // 1000)}s for a book{here}"
        if self.doubt:
            return self.doubt.why
        if self.book.crossed:
            return "bid meets ask"
        if self.label(now) is Label.STALE:
            if now - self.data_at <= self.lasts and self._is_old(link):
                return f"the feed is {link.lag.behind // 1000}s behind what happens"
            if now - self.data_at > self.lasts:
                what = "no whole message" if link.growing(now) else "nothing"
                return f"{what} for {(now - max(self.data_at, self.since)) // 1000}s and no proof"
            return f"nothing to compare it with for {self.unspoken(now) // 1000}s"
        return ""

    def credible(self, now: int) -> bool:
        """Whether numbers taken from this board may look live: proven, or only in the middle of a batch."""
        return self.label(now).sure or self.calm(now)

    def followed(self, ms: int, now: int) -> bool:
        """Whether all of the last `ms` milliseconds was heard, as far as anybody listened then."""
        if self.resolved is not None:
            return True
        return self.credible(now) and not (self.told_before and now - self.since < ms)

    def calm(self, now: int) -> bool:
        """Whether a screen should keep its last picture: the book is crossed, but perhaps only for this batch."""
        if not (self.synced and not self.doubt and self.book.crossed):
            return False
        return self.crossed_at == NEVER or now - self.crossed_at < GRACE
