"""Hyperliquid, as the rest of the program sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pmtui.core.book import Book
from pmtui.core.careful import careful, obj
from pmtui.core.events import BookSnapshot, Candles, Rejected, TickChanged, Trade
from pmtui.core.instrument import Instrument, InstrumentId
from pmtui.core.ports import Hit, Login, Request, Seal, VenueError, Witnessed, status_words
from pmtui.core.units import ONE, Millis, NotANumber
from pmtui.venues.hyperliquid import around, catalog, names, subscriptions, wire
from pmtui.venues.hyperliquid.account import HyperliquidAccount
from pmtui.venues.hyperliquid.addresses import Addresses
from pmtui.venues.hyperliquid.books import sides
from pmtui.venues.hyperliquid.coin import Coin
from pmtui.venues.hyperliquid.market import CAPACITY, MarketStream
from pmtui.venues.hyperliquid.names import NAME, symbol_of
from pmtui.venues.hyperliquid.subscriptions import Budget

_PAST = 6 * around.HOUR


class NoSeal:
    """The venue sends no digest of its books: nothing is proven by one."""

    tick = 0

    def forget(self) -> None:
        """There is nothing that waits for its proof."""

    def note(self, event: BookSnapshot | Trade | TickChanged) -> Millis | None:
        return None

    def matches(self, book: Book, sent: int, digest: str, at: Millis) -> bool:
        return False

    def fits(self, fetched: BookSnapshot) -> bool:
        return False

    def sure(self, first: BookSnapshot) -> bool:
        return False


class Hyperliquid:
    """One venue's conversations and requests for one set of addresses."""

    name = NAME
    prefixes = (NAME, "hl")
    lists_all = True

    def __init__(self, addresses: Addresses | None = None) -> None:
        self.addresses = addresses or Addresses()
        self._decimals: dict[str, int] = {}
        """How many decimals the prices of each coin may have: a fact of the catalogue that the books need."""
        self._budget = Budget()

    @classmethod
    def at(cls, addresses: Mapping[str, str]) -> Hyperliquid:
        """The venue at other addresses than its own: `socket`, `api`."""
        return cls(Addresses(**addresses))

    def recognise(self, text: str) -> str | None:
        return names.recognise(text)

    def instrument(self, text: str) -> Instrument | None:
        """A coin's name needs no look-up."""
        return names.instrument(text) if names.recognise(text) is None else None

    def other(self, instrument: InstrumentId, complement: InstrumentId) -> Instrument:
        """The other side of an outcome market."""
        return names.instrument(symbol_of(complement))

    def stream(self, number: int, instruments: Iterable[InstrumentId]) -> MarketStream:
        return MarketStream(f"{NAME} link {number}", self.addresses.socket, instruments, self._decimals, self._budget)

    def capacity(self) -> int:
        return CAPACITY

    def seal(self, instrument: InstrumentId) -> Seal:
        return NoSeal()

    def forget(self, instrument: InstrumentId) -> None:
        """What is known of a coin's decimals stays right."""

    def snapshot(self, instrument: InstrumentId) -> Request:
        return catalog.ask(self.addresses.api, "l2Book", coin=names.coin(symbol_of(instrument)))

    def witness(self, instrument: InstrumentId, status: int, body: bytes, asked_at: Millis) -> Witnessed:
        """A fetched book; the venue says `null` for a coin that it does not know."""
        if status == 404 or (status == 200 and body == b"null"):
            return Witnessed(None, asked_at)
        if status != 200:
            raise VenueError(f"the book request was {status_words(status)}", resync=False)
        symbol = symbol_of(instrument)
        coin = names.coin(symbol)
        try:
            book = wire.exact(wire.careful_levels(obj(careful(body))))
            told = sides(book)
        except (NotANumber, KeyError, VenueError) as error:
            raise VenueError(f"the fetched book cannot be read: {error}", resync=False) from error
        if book[0] != coin:
            raise VenueError("the fetched book is another coin's", resync=False)
        bids, asks = told.bids, told.asks
        if names.is_mirrored(symbol):
            bids, asks = ({ONE - price: size for price, size in side.items()} for side in (asks, bids))
        return Witnessed(BookSnapshot(instrument, asked_at, Millis(told.sent), bids, asks), asked_at)

    def lookups(self, text: str) -> list[Request]:
        """What is listed beside a coin, of this kind."""
        return catalog.search(self.addresses.api, text)

    def found(self, status: int, body: bytes) -> tuple[Instrument, ...]:
        return tuple(each.instrument for each in self._read(status, body))

    def search(self, text: str) -> list[Request]:
        return catalog.search(self.addresses.api, text)

    def hits(self, text: str, status: int, body: bytes) -> tuple[Hit, ...]:
        return catalog.hits(text, self._read(status, body))

    def _read(self, status: int, body: bytes) -> list[catalog.Listed]:
        listed = catalog.read(status, body)
        self._decimals.update({each.instrument.symbol: each.decimals for each in listed if each.decimals >= 0})
        return listed

    def details(self, instrument: InstrumentId) -> list[Request]:
        return catalog.lists(self.addresses.api, symbol_of(instrument))

    def overviews(self, instruments: Sequence[InstrumentId]) -> list[Request]:
        """What describes one describes all of its kind."""
        return []

    def history(self, instrument: InstrumentId, now: Millis) -> Request | None:
        """The minutes of the last hours."""
        asked = {"interval": subscriptions.CANDLE, "startTime": now - _PAST, "endTime": now}
        return catalog.ask(
            self.addresses.api, "candleSnapshot", req={"coin": names.coin(symbol_of(instrument)), **asked}
        )

    def remembered(self, instrument: InstrumentId, status: int, body: bytes, at: Millis) -> Candles:
        if status != 200:
            raise VenueError(f"the request for past prices was {status_words(status)}", resync=False)
        symbol = symbol_of(instrument)
        coin = Coin(names.coin(symbol))
        coin.tell(instrument, mirrored=names.is_mirrored(symbol))
        try:
            answer = careful(body)
            rows = [] if answer is None else _listed(answer)
        except (NotANumber, VenueError) as error:
            raise VenueError(f"the past prices cannot be read: {error}", resync=False) from error
        events = around.candles(rows, body, {coin.name: coin}, at)
        if not events:
            return Candles(instrument, at, around.MINUTE, ())
        if isinstance(told := events[0], Candles):
            return told
        bad = [each.reason for each in events if isinstance(each, Rejected)]
        raise VenueError(f"no past price can be used: {bad[0] if bad else 'they are of others'}", resync=False)

    def account(self, login: Login) -> HyperliquidAccount | None:
        """Whoever knows an address may follow the account."""
        address = login.addresses.get(NAME, "")
        return HyperliquidAccount(self.addresses, address) if address else None


def _listed(found: object) -> list[object]:
    if not isinstance(found, list):
        raise NotANumber(f"a list was expected, not {type(found).__name__}")
    return found


VENUE = Hyperliquid
