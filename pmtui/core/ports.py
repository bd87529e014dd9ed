"""The seams: what a venue, a conversation and a source of bytes must offer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from pmtui.core.book import Book
from pmtui.core.events import BookSnapshot, Candles, Event, Rejected, TickChanged, Trade
from pmtui.core.instrument import Instrument, InstrumentId
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import Millis, Px

if TYPE_CHECKING:
    from pmtui.core.access import Access
    from pmtui.core.credentials import Credentials


class VenueError(Exception):
    """The venue said something that cannot be right.

    `instruments` names whose books are now in doubt (None: all of the link's); `resync` is False
    when nothing about a book was said; `cut` asks for a new connection at once; `read` tells that it
    could be read: then it is these books that are in trouble and not the link; `prints` whether it may have told of
    trades.
    """

    def __init__(
        self,
        reason: str,
        *,
        sample: str = "",
        instruments: tuple[InstrumentId, ...] | None = None,
        resync: bool = True,
        cut: bool = False,
        read: bool = False,
        prints: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sample = sample
        self.instruments = instruments
        self.resync = resync
        self.cut = cut
        self.read = read
        self.prints = prints

    def fact(self, at: Millis, everything: tuple[InstrumentId, ...]) -> Rejected:
        """The rejection as a fact that names each book which the message may have changed."""
        named = everything if self.instruments is None else self.instruments
        doubted, unprinted = named if self.resync else (), named if self.prints else ()
        return Rejected(at, self.reason, self.sample, doubted, read=self.read, unprinted=unprinted)


class Heartbeat(NamedTuple):
    """What to say and how often, so that the venue keeps the socket; the answer proves nothing about data."""

    say: bytes
    hear: bytes
    every: float


def status_words(status: int) -> str:
    """What came instead of an answer, by its number; of a redirect, what becomes of it."""
    return f"answered {status}" + (", and redirects are not followed" if 300 <= status < 400 else "")


class Request(NamedTuple):
    """A question by REST: described here, performed elsewhere."""

    url: str
    what: str
    body: bytes = b""
    """JSON to be sent along, where the question is in there; empty for a plain look."""
    venue: str = ""
    """By whose clock its answer tells the time, where that is held against ours."""


class Stream(Protocol):
    """One socket's conversation, without the socket."""

    @property
    def name(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def heartbeat(self) -> Heartbeat | None: ...
    @property
    def instruments(self) -> tuple[InstrumentId, ...]: ...
    @property
    def per_minute(self) -> int:
        """How many messages a minute may be said here; 0 for as many as there are."""
        ...

    @property
    def messages(self) -> int:
        """How many messages were told apart so far, counted where they are found; the ledger is held against it."""
        ...

    def open(self) -> list[bytes]:
        """What to say on a fresh connection. Forgets everything about the last one."""
        ...

    def receive(self, frame: bytes, at: Millis) -> Sequence[Event]:
        """The facts in one frame; raises `VenueError` and nothing else."""
        ...

    def change(self, add: Collection[InstrumentId], drop: Collection[InstrumentId]) -> list[bytes] | None:
        """What to say to follow more or fewer instruments, None if the venue cannot."""
        ...

    def again(self, instruments: Collection[InstrumentId]) -> list[bytes]:
        """What to say to be sent fresh books of these."""
        ...

    def attend(self, shown: Collection[InstrumentId]) -> list[bytes]:
        """What to say now that these are on the screen, asked again and again: a venue may tell more of what somebody
        looks at, and what else is asked of it leaves room for."""
        ...

    def widen(self, instrument: InstrumentId, step: int) -> list[bytes]:
        """What to say now that somebody looks at this one on rows of such a height; 0 for its own tick."""
        ...

    def ask(self, request: Request, number: int) -> bytes | None:
        """The request as a message of this conversation, None if it takes REST; `Answered` will bear the number."""
        ...

    def room(self) -> int:
        """How many more instruments this conversation may carry."""
        ...

    def settled(self, code: int, reason: str) -> Collection[InstrumentId] | None:
        """Those that are settled for sure by this close; None for one that does not say that everything is."""
        ...


class Seal(Protocol):
    """Proves a whole book from the digest that the venue sends with it."""

    tick: int
    """The tick size that the last look at a digest proved; 0 where it proved none."""

    def forget(self) -> None:
        """A new connection: nothing that is still waiting for its proof counts any more."""
        ...

    def note(self, event: BookSnapshot | Trade | TickChanged) -> Millis | None:
        """Take in what the digest depends on; the time of an earlier book that this proves after all."""
        ...

    def matches(self, book: Book, sent: int, digest: str, at: Millis) -> bool:
        """Whether `book`, stamped `sent`, is what the venue hashed."""
        ...

    def fits(self, fetched: BookSnapshot) -> bool:
        """Whether a fetched book, which names all that its digest depends on, has that digest; nothing is learned."""
        ...

    def sure(self, first: BookSnapshot) -> bool:
        """Whether all is known that the digest of a first book depends on, so that only a wrong book can miss it."""
        ...


class Witnessed(NamedTuple):
    """A book fetched apart from the stream; None for `book` when the venue says there is none."""

    book: BookSnapshot | None
    asked_at: Millis


class Hit(NamedTuple):
    """An instrument that a catalogue names; the price it tells is minutes old and never for a book."""

    instrument: Instrument
    price: Px | None = None


class Found(NamedTuple):
    """What came of a search, or why nothing did."""

    text: str
    hits: tuple[Hit, ...] = ()
    trouble: str = ""
    pending: bool = False
    """The answer is still on its way."""


class Login(NamedTuple):
    """Who the user is to a venue, as far as that could be found out."""

    credentials: Credentials | None = None
    trouble: str = ""
    """Why there are none although some were meant."""
    wallet: str = ""
    """The kind of wallet, in the venue's own words; while it is not known the cash cannot be asked for."""
    elsewhere: bool = False
    """The user's word that the credentials may go to other hosts than the venue's own."""
    addresses: Mapping[str, str] = {}
    """By venue: the address of an account that anybody may look at."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing that a venue could make an account of."""
        return self.credentials is None and not any(self.addresses.values())


class Venue(Protocol):
    """What bytes mean at one venue. No I/O: requests are described, not performed."""

    @property
    def name(self) -> str: ...

    @property
    def prefixes(self) -> tuple[str, ...]:
        """What stands before a colon to mean this venue."""
        ...

    @property
    def lists_all(self) -> bool:
        """Whether what its catalogue does not know is not there: nearly any word may be the name of a coin, but an id
        that is too young to be listed is an id."""
        ...

    def recognise(self, text: str) -> str | None:
        """Why this text cannot name anything here, None when it may."""
        ...

    def instrument(self, text: str) -> Instrument | None:
        """The instrument that `text` names by itself; None when it takes a look-up."""
        ...

    def other(self, instrument: InstrumentId, complement: InstrumentId) -> Instrument:
        """The other outcome of a market, before its name is known."""
        ...

    def stream(self, number: int, instruments: Iterable[InstrumentId]) -> Stream: ...

    def capacity(self) -> int:
        """How many instruments one stream may carry."""
        ...

    def seal(self, instrument: InstrumentId) -> Seal: ...

    def forget(self, instrument: InstrumentId) -> None:
        """Nobody watches this any more: let go of what is remembered for its seal."""
        ...

    def snapshot(self, instrument: InstrumentId) -> Request:
        """The second witness of a book."""
        ...

    def witness(self, instrument: InstrumentId, status: int, body: bytes, asked_at: Millis) -> Witnessed: ...

    def lookups(self, text: str) -> list[Request]:
        """Requests that may find what `text` names, to be tried in turn."""
        ...

    def found(self, status: int, body: bytes) -> tuple[Instrument, ...]:
        """The instruments in a look-up's answer; raises `VenueError` when the answer makes no sense."""
        ...

    def search(self, text: str) -> list[Request]:
        """Requests that may find what somebody typed, words or a name, to be tried in turn; [] when nothing can."""
        ...

    def hits(self, text: str, status: int, body: bytes) -> tuple[Hit, ...]:
        """The markets that an answer to a search for `text` names, by their first outcomes; raises `VenueError`."""
        ...

    def history(self, instrument: InstrumentId, now: Millis) -> Request | None:
        """Asks for the prices of the hours before this moment of the venue's time; None when it does not tell them."""
        ...

    def remembered(self, instrument: InstrumentId, status: int, body: bytes, at: Millis) -> Candles:
        """The answer to that; raises `VenueError`."""
        ...

    def details(self, instrument: InstrumentId) -> list[Request]:
        """Requests that may tell the slow facts, to be tried in turn."""
        ...

    def overviews(self, instruments: Sequence[InstrumentId]) -> list[Request]:
        """Requests that tell the slow facts of many at a time, as far as the venue has such."""
        ...

    def account(self, login: Login) -> Access | None:
        """The account of whoever has credentials here; raises `VenueError` when they may not be sent anywhere."""
        ...


class Line(Protocol):
    """The near end of an open connection."""

    async def say(self, frame: bytes) -> None: ...
    def cut(self) -> None:
        """Drop the connection at once, without waiting for the far end."""
        ...


class Opened(NamedTuple):
    at: Millis
    line: Line
    through: str = ""
    """The proxy on the way, without its password."""
    coming: Callable[[], int] = lambda: 0
    """How many bytes are here of a message that is not whole yet."""


class Frame:
    """Bytes as they came, with their steady receive time."""

    __slots__ = ("at", "data", "text")

    def __init__(self, at: Millis, data: bytes, *, text: bool = True) -> None:
        self.at = at
        self.data = data
        self.text = text


class Closed(NamedTuple):
    """A connection that ended or never began; `halt` means that trying again soon cannot help."""

    reason: str
    code: int = 0
    halt: bool = False
    retry_after: float = 0.0


class Transport(Protocol):
    """Where bytes come from: live, a recording, a test's script. Nobody can tell them apart."""

    def packets(self, stream: Stream) -> AsyncGenerator[Opened | Frame | Closed, None]:
        """One connection from its beginning to its end."""
        ...


class Fetcher(Protocol):
    """Performs requests."""

    async def fetch(self, request: Request) -> tuple[int, bytes]:
        """Status and body; raises `OSError` when there is no answer."""
        ...

    async def close(self) -> None: ...


class SignedFetcher(Fetcher, Protocol):
    """Performs requests that prove who asks, and follows no answer to another place."""

    async def fetch(self, request: Request, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]: ...
