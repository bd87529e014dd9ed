"""Who answers which REST request: the CLOB, Gamma, or the exchange itself about its faults and its truth."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from pmtui.sim.engine import BUY, SELL
from pmtui.sim.faults import FaultError
from pmtui.sim.http import Answer, Asked
from pmtui.sim.polymarket import clob, gamma, lists
from pmtui.sim.polymarket.exchange import Exchange
from pmtui.sim.polymarket.page import Page
from pmtui.sim.polymarket.world import Market

_OWN = ("/faults", "/truth")
"""Paths that no fault touches: somebody must be able to look behind the curtain."""

_NO_BOOK = "No orderbook exists for the requested token id"
_INTERVALS = {"1h": 3_600, "6h": 21_600, "1d": 86_400, "1w": 604_800, "1m": 2_592_000}


class Failed(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Rest:
    """Requests in, answers out; it knows the exchange but no sockets."""

    def __init__(self, exchange: Exchange, fault: Callable[[str], list[str]]) -> None:
        self._exchange = exchange
        self._fault = fault
        self._exact: dict[tuple[str, str], Callable[[Asked], object]] = {
            ("GET", "/"): lambda _: "OK",
            ("GET", "/ok"): lambda _: "OK",
            ("GET", "/time"): lambda _: self._seconds,
            ("GET", "/version"): lambda _: {"version": 2},
            ("GET", "/book"): self._book,
            ("POST", "/books"): self._books,
            ("GET", "/midpoint"): self._midpoint,
            ("POST", "/midpoints"): self._midpoints,
            ("GET", "/price"): self._price,
            ("POST", "/prices"): self._prices,
            ("GET", "/spread"): lambda asked: clob.spread_of(*self._page(asked)),
            ("POST", "/spreads"): self._spreads,
            ("GET", "/last-trade-price"): lambda asked: clob.last_trade_price(self._open(asked)),
            ("POST", "/last-trades-prices"): self._last_trades,
            ("GET", "/tick-size"): lambda asked: clob.tick_size(self._open(asked)),
            ("GET", "/neg-risk"): lambda asked: {"neg_risk": self._open(asked).listing.neg_risk},
            ("GET", "/fee-rate"): self._fee_rate,
            ("GET", "/prices-history"): self._prices_history,
            ("GET", "/markets"): lambda asked: lists.markets(self._gamma_markets(), asked),
            ("GET", "/events"): lambda asked: lists.events(gamma.events(exchange.world), asked),
            ("GET", "/markets/keyset"): lambda asked: lists.market_pages(self._gamma_markets(), asked),
            ("GET", "/events/keyset"): lambda asked: lists.event_pages(gamma.events(exchange.world), asked),
            ("GET", "/public-search"): self._search,
            ("GET", "/truth"): self._truth,
            ("GET", "/faults"): lambda _: exchange.faults.report(exchange.world.elapsed),
            ("POST", "/faults"): self._ask_fault,
        }
        self._prefixed: tuple[tuple[str, Callable[[str], object]], ...] = (
            ("/tick-size/", lambda token: clob.tick_size(self._with_book(token))),
            ("/markets-by-token/", lambda token: clob.by_token(self._known(exchange.world.by_token.get(token)))),
            ("/clob-markets/", lambda name: clob.short_form(self._known(exchange.world.by_condition.get(name)))),
            ("/markets/slug/", lambda slug: self._gamma_market(lambda market: market.listing.slug == slug)),
            ("/markets/", self._market),
            ("/events/slug/", lambda slug: self._event(lambda market: market.listing.event_slug == slug)),
            ("/events/", lambda name: self._event(lambda market: market.listing.event_id == name)),
        )

    def answer(self, asked: Asked) -> Answer:
        """The answer to any request."""
        if asked.path not in _OWN and (down := self._exchange.faults.find("rest")):
            return Answer(down.fault.arguments["STATUS"], b"<html>made up by a fault</html>", "text/html")
        try:
            told = self._told(asked)
        except Failed as error:
            return Answer(error.status, orjson.dumps({"error": str(error)}))
        except lists.Senseless as error:
            return Answer(422, orjson.dumps({"error": str(error)}))
        except FaultError as error:
            return Answer(400, orjson.dumps({"error": str(error)}))
        return Answer(200, told if isinstance(told, bytes) else orjson.dumps(told))

    def _told(self, asked: Asked) -> object:
        if exact := self._exact.get((asked.method, asked.path)):
            return exact(asked)
        for prefix, found in self._prefixed:
            if asked.method == "GET" and asked.path.startswith(prefix):
                return found(asked.path.removeprefix(prefix))
        raise Failed(404, "Not Found")

    # What a request is about.

    @property
    def _seconds(self) -> int:
        return self._exchange.world.now // 1000

    def _with_book(self, token: str) -> Market:
        """The market of a token that has a book."""
        if not (token.isascii() and token.isdigit()):
            raise Failed(400, "Invalid token id")
        if not self._exchange.is_open(token):
            raise Failed(404, _NO_BOOK)
        return self._exchange.world.by_token[token]

    def _open(self, asked: Asked) -> Market:
        return self._with_book(_one(asked, "token_id"))

    def _page(self, asked: Asked) -> tuple[Page, int]:
        token = _one(asked, "token_id")
        self._with_book(token)
        return self._exchange.place(token)

    def _known(self, market: Market | None) -> Market:
        if market is None:
            raise Failed(404, "market not found")
        return market

    # The CLOB.

    def _book(self, asked: Asked) -> bytes:
        self._open(asked)
        return self._exchange.book(_one(asked, "token_id"))

    def _books(self, asked: Asked) -> bytes:
        return b"[" + b",".join(self._exchange.book(token) for token, _ in self._many(asked)) + b"]"

    def _midpoint(self, asked: Asked) -> object:
        if (told := clob.midpoint(*self._page(asked))) is None:
            raise Failed(404, _NO_BOOK)
        return told

    def _midpoints(self, asked: Asked) -> object:
        told = {token: clob.midpoint(*self._exchange.place(token)) for token, _ in self._many(asked)}
        return {token: each["mid"] for token, each in told.items() if each}

    def _price(self, asked: Asked) -> object:
        return clob.price(*self._page(asked), _side(_one(asked, "side")))

    def _prices(self, asked: Asked) -> object:
        told: dict[str, dict[str, str]] = {}
        for token, named in self._many(asked):
            side = _side(named)
            told.setdefault(token, {})[side] = clob.price(*self._exchange.place(token), side)["price"]
        return told

    def _spreads(self, asked: Asked) -> object:
        return {token: clob.spread_of(*self._exchange.place(token))["spread"] for token, _ in self._many(asked)}

    def _last_trades(self, asked: Asked) -> object:
        market_of = self._exchange.world.by_token
        return [{"token_id": token} | clob.last_trade_price(market_of[token]) for token, _ in self._many(asked)]

    def _many(self, asked: Asked) -> list[tuple[str, str]]:
        """The tokens of a list, each with the side that is asked for; those without a book are passed over."""
        try:
            told = [(str(each["token_id"]), str(each.get("side", ""))) for each in orjson.loads(asked.body)]
        except (orjson.JSONDecodeError, TypeError, KeyError, AttributeError) as error:
            raise Failed(400, "Invalid payload") from error
        return [(token, side) for token, side in told if self._exchange.is_open(token)]

    def _fee_rate(self, asked: Asked) -> object:
        self._open(asked)
        return {"base_fee": 0}

    def _prices_history(self, asked: Asked) -> object:
        token = _one(asked, "market")  # so it is called, and a token id is what it means
        market = self._with_book(token)
        interval = _INTERVALS.get(asked.query.get("interval", ["max"])[0], self._seconds)
        start, end = _number(asked, "startTs", self._seconds - interval), _number(asked, "endTs", self._seconds)
        step = max(1, _number(asked, "fidelity", 0) * 60)
        return clob.prices_history(market, market.listing.tokens.index(token), self._seconds, start, end, step)

    def _market(self, name: str) -> object:
        """The CLOB's long form by condition id, Gamma's form by number: here both live under one path."""
        if name.startswith("0x"):
            world = self._exchange.world
            return clob.long_form(self._known(world.by_condition.get(name)), world)
        return self._gamma_market(lambda market: market.listing.id == name)

    # Gamma.

    def _gamma_market(self, matches: Callable[[Market], bool]) -> object:
        world = self._exchange.world
        for market in filter(matches, world.markets):
            return gamma.market(market, world, with_event=True)
        raise Failed(404, "not found")

    def _event(self, matches: Callable[[Market], bool]) -> object:
        world = self._exchange.world
        if markets := list(filter(matches, world.markets)):
            return gamma.event(markets, world)
        raise Failed(404, "not found")

    def _gamma_markets(self) -> list[dict[str, object]]:
        world = self._exchange.world
        return [gamma.market(market, world, with_event=True) for market in world.markets]

    def _search(self, asked: Asked) -> object:
        active = asked.query.get("events_status", [""])[0] == "active"
        most = _number(asked, "limit_per_type", 20)
        return gamma.search(_one(asked, "q"), most, self._exchange.world, active=active)

    # The exchange itself.

    def _truth(self, asked: Asked) -> object:
        token = _one(asked, "token_id")
        self._known(self._exchange.world.by_token.get(token))
        return self._exchange.truth(token)

    def _ask_fault(self, asked: Asked) -> object:
        try:
            return {"understood": self._fault(asked.body.decode())}
        except UnicodeDecodeError as error:
            raise Failed(400, "a fault is a line of text") from error


def _one(asked: Asked, name: str) -> str:
    if not (values := asked.query.get(name)):
        raise Failed(400, f"Invalid {name.replace('_', ' ')}")
    return values[0]


def _side(text: str) -> str:
    if (side := text.upper()) not in (BUY, SELL):
        raise Failed(400, "Invalid side")
    return side


def _number(asked: Asked, name: str, otherwise: int) -> int:
    """A whole number from the query."""
    text = asked.query.get(name, [str(otherwise)])[0]
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Failed(400, f"Invalid {name}")
    return int(text)
