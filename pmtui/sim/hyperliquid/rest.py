"""REST: info requests, and the exchange itself about its faults and its truth."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from pmtui.sim.faults import FaultError
from pmtui.sim.http import Answer, Asked
from pmtui.sim.hyperliquid.exchange import Exchange
from pmtui.sim.hyperliquid.info import BUSY, UNREADABLE, Info, TooOften
from pmtui.sim.hyperliquid.topics import Unreadable
from pmtui.sim.hyperliquid.visitor import Visitor

_PLAIN = "text/plain"


class Rest:
    """Requests in, answers out; it knows the exchange but no sockets."""

    def __init__(self, exchange: Exchange, fault: Callable[[str], list[str]], visitor: Visitor | None = None) -> None:
        self._exchange = exchange
        self._info = Info(exchange, visitor)
        self._fault = fault
        self._ways: dict[tuple[str, str], Callable[[Asked], Answer]] = {
            ("POST", "/info"): self._told,
            ("POST", "/exchange"): lambda _: _json({"status": "err", "response": "this exchange takes no orders"}),
            ("GET", "/truth"): self._truth,
            ("GET", "/faults"): lambda _: _json(exchange.faults.report(exchange.world.elapsed)),
            ("POST", "/faults"): self._ask_fault,
        }

    def answer(self, asked: Asked) -> Answer:
        """The answer to any request."""
        way = self._ways.get((asked.method, asked.path))
        return way(asked) if way else Answer(404, b"Not Found", _PLAIN)

    def _told(self, asked: Asked) -> Answer:
        if down := self._exchange.faults.find("rest"):
            return Answer(down.fault.arguments["STATUS"], b"made up by a fault", _PLAIN)
        try:
            return _json(self._info.answer(orjson.loads(asked.body)))
        except (orjson.JSONDecodeError, Unreadable):
            return Answer(422, UNREADABLE.encode(), _PLAIN)
        except TooOften:
            return Answer(BUSY.value, BUSY.phrase.encode(), _PLAIN)

    # The exchange itself; no fault touches this: somebody must be able to look behind the curtain.

    def _truth(self, asked: Asked) -> Answer:
        """The account's truth, or a coin's."""
        if not (coins := asked.query.get("coin")):
            return _json(self._exchange.statement.truth())
        known = coins[0] in self._exchange.world.by_name
        return _json(self._exchange.truth(coins[0])) if known else _json({"error": "no such coin"}, 404)

    def _ask_fault(self, asked: Asked) -> Answer:
        try:
            return _json({"understood": self._fault(asked.body.decode())})
        except UnicodeDecodeError:
            return _json({"error": "a fault is a line of text"}, 400)
        except FaultError as error:
            return _json({"error": str(error)}, 400)


def _json(told: object, status: int = 200) -> Answer:
    return Answer(status, orjson.dumps(told))
