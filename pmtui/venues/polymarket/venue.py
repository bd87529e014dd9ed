"""Polymarket, as the rest of the program sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pmtui.core import careful
from pmtui.core.events import BookSnapshot, Candles
from pmtui.core.instrument import Instrument, InstrumentId
from pmtui.core.ports import Hit, Login, Request, Seal, VenueError, Witnessed, status_words
from pmtui.core.units import ONE, Millis, NotANumber, Px
from pmtui.venues.polymarket import catalog, wire
from pmtui.venues.polymarket.addresses import Addresses
from pmtui.venues.polymarket.market import CAPACITY, NAME, MarketStream, symbol
from pmtui.venues.polymarket.numbers import grid, sent_at, side, tick_size
from pmtui.venues.polymarket.seal import Ingredients, PolymarketSeal

if TYPE_CHECKING:
    from pmtui.venues.polymarket.account import PolymarketAccount

_WALLETS = {"eoa": 0, "proxy": 1, "safe": 2, "deposit": 3}
"""The signature types behind the kinds of wallet."""


class Polymarket:
    """One venue's conversations, seals and requests for one set of addresses."""

    name = NAME
    prefixes = ("polymarket", "pm")
    lists_all = False

    def __init__(self, addresses: Addresses | None = None) -> None:
        self.addresses = addresses or Addresses()
        self._markets: dict[str, Ingredients] = {}
        self._seals: dict[InstrumentId, PolymarketSeal] = {}

    @classmethod
    def at(cls, addresses: Mapping[str, str]) -> Polymarket:
        """The venue at other addresses than its own: `socket`, `clob`, `gamma`."""
        return cls(Addresses(**addresses))

    def recognise(self, text: str) -> str | None:
        return catalog.recognise(text)

    def instrument(self, text: str) -> Instrument | None:
        """A token id needs no look-up."""
        return catalog.instrument(text)

    def other(self, instrument: InstrumentId, complement: InstrumentId) -> Instrument:
        """The other outcome of a market, before its name is known."""
        return Instrument(
            complement, NAME, symbol(complement), ceiling=Px(ONE), shared=True, unit=catalog.UNIT, complement=instrument
        )

    def stream(self, number: int, instruments: Iterable[InstrumentId]) -> MarketStream:
        return MarketStream(f"{NAME} link {number}", self.addresses.socket, instruments)

    def capacity(self) -> int:
        return CAPACITY

    def seal(self, instrument: InstrumentId) -> Seal:
        seal = PolymarketSeal(symbol(instrument), self._markets)
        self._seals[instrument] = seal
        return seal

    def forget(self, instrument: InstrumentId) -> None:
        seal = self._seals.pop(instrument, None)
        if seal is not None and all(other.market != seal.market for other in self._seals.values()):
            self._markets.pop(seal.market, None)

    def snapshot(self, instrument: InstrumentId) -> Request:
        return Request(f"{self.addresses.clob}/book?token_id={symbol(instrument)}", "book", venue=self.name)

    def witness(self, instrument: InstrumentId, status: int, body: bytes, asked_at: Millis) -> Witnessed:
        """A fetched book; the seal learns from it what the socket never tells."""
        if status == 404:
            return Witnessed(None, asked_at)
        if status != 200:
            raise VenueError(f"the book request was {status_words(status)}", resync=False)
        try:
            fields = careful.obj(careful.careful(body))
            message = wire.careful_book(fields)
            tick = tick_size(message.tick_size)
            bids, asks = (side(levels, grid(tick)) for levels in (message.bids, message.asks))
        except (NotANumber, KeyError, VenueError) as error:
            raise VenueError(f"the fetched book cannot be read: {error}", resync=False) from error
        seal = self._seals.get(instrument)
        if message.asset_id != symbol(instrument) or (seal and seal.market and message.market != seal.market):
            raise VenueError("the fetched book is another token's", resync=False)
        if seal and (least := careful.optional(fields, "min_order_size")):
            seal.teach(least, negative=fields.get("neg_risk") is True)
        sent, last = sent_at(message.timestamp), careful.text(message.last_trade_price)
        book = BookSnapshot(
            instrument, asked_at, sent, bids, asks, message.hash, message.market, tick, last, initial=True
        )
        return Witnessed(book, asked_at)

    def lookups(self, text: str) -> list[Request]:
        return catalog.lookups(self.addresses, text)

    def found(self, status: int, body: bytes) -> tuple[Instrument, ...]:
        return catalog.found(status, body)

    def search(self, text: str) -> list[Request]:
        return catalog.search(self.addresses, text)

    def hits(self, text: str, status: int, body: bytes) -> tuple[Hit, ...]:
        """What the venue found by the text, it need not contain it."""
        return catalog.hits(status, body)

    def history(self, instrument: InstrumentId, now: Millis) -> Request | None:
        """Prices of the past are told without highs and lows: nothing to draw a line from."""
        return None

    def remembered(self, instrument: InstrumentId, status: int, body: bytes, at: Millis) -> Candles:
        raise VenueError("no prices of the past were asked for", resync=False)

    def details(self, instrument: InstrumentId) -> list[Request]:
        return self.lookups(symbol(instrument))

    def overviews(self, instruments: Sequence[InstrumentId]) -> list[Request]:
        return catalog.overviews(self.addresses, [symbol(each) for each in instruments])

    def account(self, login: Login) -> PolymarketAccount | None:
        if login.credentials is None:
            return None
        from pmtui.venues.polymarket.account import PolymarketAccount

        kind = _WALLETS.get(login.wallet, 0)
        return PolymarketAccount(self.addresses, login.credentials, signature_type=kind, elsewhere=login.elsewhere)


VENUE = Polymarket
