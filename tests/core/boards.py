"""A made-up venue in short words: a store with one link, facts, and a seal that knows the whole truth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pmtui.core.board import Board
from pmtui.core.book import Book
from pmtui.core.events import (
    NO_ASK,
    NO_BID,
    UNTOLD_TOP,
    BookDelta,
    BookSnapshot,
    LinkChanged,
    Move,
    Phase,
    Rejected,
    Side,
    TickChanged,
    Top,
    TopTold,
    Trade,
)
from pmtui.core.instrument import Instrument, InstrumentId, identify
from pmtui.core.ports import Witnessed
from pmtui.core.store import Store
from pmtui.core.units import Millis, Px, px, qty

A, B = identify("made-up", "yes"), identify("made-up", "no")
STRANGER = identify("made-up", "stranger")
LINK = "made-up link 1"
NOON = 1_800_000_000_000
"""A venue time; tests add small numbers to it."""


class PlainSeal:
    """A digest is the book itself, written out: a match is the truth."""

    def __init__(self) -> None:
        self.noted: list[BookSnapshot | Trade | TickChanged] = []
        self.late: Millis | None = None
        self.tick = 0

    def forget(self) -> None:
        self.late = None

    def note(self, event: BookSnapshot | Trade | TickChanged) -> Millis | None:
        self.noted.append(event)
        late, self.late = self.late, None
        return late

    def matches(self, book: Book, sent: int, digest: str, at: Millis) -> bool:
        return digest == digest_of(book.bids, book.asks)

    def fits(self, fetched: BookSnapshot) -> bool:
        return fetched.digest == digest_of(fetched.bids, fetched.asks)

    def sure(self, first: BookSnapshot) -> bool:
        return first.initial


def digest_of(bids: Mapping[int, int], asks: Mapping[int, int]) -> str:
    return repr((sorted(bids.items()), sorted(asks.items())))


def sealed(bids: str, asks: str) -> str:
    """The digest of the book with these levels."""
    return digest_of(levels(bids), levels(asks))


def levels(text: str) -> dict[int, int]:
    """`"0.48x10 0.47x5"` as exact prices to exact sizes."""
    pairs = (each.split("x") for each in text.split())
    return {px(price): qty(size) for price, size in pairs}


def top(bid: str, ask: str) -> Top:
    """A told top; an empty text is an empty side."""
    return px(bid) if bid else NO_BID, px(ask) if ask else NO_ASK


def snapshot(
    bids: str,
    asks: str,
    *,
    at: int = 0,
    sent: int = 0,
    digest: str = "",
    tick: str = "0.01",
    instrument: InstrumentId = A,
    initial: bool = True,
) -> BookSnapshot:
    return BookSnapshot(
        instrument,
        Millis(at),
        Millis(NOON + sent),
        levels(bids),
        levels(asks),
        digest,
        "0xmarket",
        px(tick) if tick else Px(0),
        "0.5",
        initial,
    )


def bid(price: str, size: str, told: Top = UNTOLD_TOP, digest: str = "", instrument: InstrumentId = A) -> Move:
    return instrument, True, px(price), qty(size), told, digest


def ask(price: str, size: str, told: Top = UNTOLD_TOP, digest: str = "", instrument: InstrumentId = A) -> Move:
    return instrument, False, px(price), qty(size), told, digest


def delta(*moves: Move, at: int, sent: int) -> BookDelta:
    return BookDelta(Millis(at), Millis(NOON + sent), list(moves))


def trade(price: str, size: str, *, at: int, sent: int = 0, reference: str = "", instrument: InstrumentId = A) -> Trade:
    return Trade(instrument, Millis(at), Millis(NOON + sent), px(price), qty(size), Side.BUY, reference)


def rejected(*doubted: InstrumentId, at: int) -> Rejected:
    return Rejected(Millis(at), "garbled", "{", doubted)


def told(bid_: str, ask_: str, *, at: int, sent: int = 0, instrument: InstrumentId = A) -> TopTold:
    return TopTold(instrument, Millis(at), Millis(NOON + sent), top(bid_, ask_))


def link(phase: Phase, *, at: int, generation: int = 1, reason: str = "", attempt: int = 0) -> LinkChanged:
    return LinkChanged(LINK, Millis(at), generation, phase, reason, attempt)


def tick_changed(old: str, new: str, *, at: int, sent: int = 0, instrument: InstrumentId = A) -> TickChanged:
    return TickChanged(instrument, Millis(at), Millis(NOON + sent), px(old), px(new))


def witness(bids: str, asks: str, *, asked_at: int, sent: int, tick: str = "0.01") -> Witnessed:
    return Witnessed(snapshot(bids, asks, at=asked_at, sent=sent, tick=tick), Millis(asked_at))


def watched(*instruments: InstrumentId, shown: Iterable[InstrumentId] = (), at: int = 0) -> Store:
    """A store that follows these over one link that has just come up."""
    store = Store()
    wanted = instruments or (A,)
    for each in wanted:
        other = {A: B, B: A}.get(each) if len(wanted) > 1 else None
        store.add(Instrument(each, "made-up", each.partition(":")[2], complement=other), PlainSeal())
    store.attach(wanted, LINK, Millis(at))
    store.take([link(Phase.UP, at=at)])
    store.show(shown, Millis(at))
    return store


def live(bids: str = "0.48x10 0.47x5", asks: str = "0.52x10 0.53x5", *, at: int = 0) -> Store:
    """A store whose one book is there and proven."""
    store = watched(at=at)
    store.take([snapshot(bids, asks, at=at, digest=sealed(bids, asks))])
    return store


def board_of(store: Store, instrument: InstrumentId = A) -> Board:
    return store.boards[instrument]
