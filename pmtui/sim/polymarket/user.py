"""The user channel: what an account hears of its orders and trades, and what a client may say, without the socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from pmtui.sim.account import Account
from pmtui.sim.faults import Faults
from pmtui.sim.polymarket import statement
from pmtui.sim.polymarket.ledger import Ledger, TradeKey
from pmtui.sim.polymarket.own import OrderTold, Told
from pmtui.sim.polymarket.session import INVALID, PONG
from pmtui.sim.polymarket.settlement import MAY_FOLLOW
from pmtui.sim.polymarket.wire import Frame

ORDER, TRADE = "order", "trade"


class UserChannel:
    """Turns what the ledger tells into messages, as far as faults let it."""

    def __init__(self, ledger: Ledger, faults: Faults) -> None:
        self._ledger, self._faults = ledger, faults
        self._late: list[Frame] = []  # held back until `user-late` ends
        self._swapped: dict[TradeKey, Frame] = {}  # held back until the next state of the trade

    def drain(self) -> list[Frame]:
        """The messages that leave now; who is not there misses them for good."""
        frames = [frame for told in self._ledger.drain() for frame in self._passed(told)]
        if self._faults.find("freeze"):
            return []
        if self._faults.find("user-late"):
            self._late += frames
            return []
        late, self._late = self._late, []
        return late + frames

    def session(self) -> UserSession:
        """A conversation with a client who is about to prove itself."""
        return UserSession(self._ledger.account, self._faults)

    def _passed(self, told: Told) -> Iterator[Frame]:
        """What becomes of one message: nothing, itself, or several."""
        if self._faults.spend("user-drop"):
            return
        frame = self._written(told)
        if not isinstance(told, OrderTold):
            key = (told.trade.id, told.trade.bucket)
            # The last state has no successor that it could arrive behind.
            if key not in self._swapped and MAY_FOLLOW[told.trade.state] and self._faults.spend("user-swap"):
                self._swapped[key] = frame
                return
            yield from self._repeated(frame)
            if (held := self._swapped.pop(key, None)) is not None:
                yield from self._repeated(held)
            return
        yield from self._repeated(frame)

    def _repeated(self, frame: Frame) -> Iterator[Frame]:
        yield frame
        if self._faults.spend("user-duplicate"):
            yield frame

    def _written(self, told: Told) -> Frame:
        if isinstance(told, OrderTold):
            row = statement.order_event(told, self._ledger.account)
            return Frame(ORDER, (told.order.market.listing.condition_id,), orjson.dumps(row))
        return Frame(TRADE, (told.trade.listing.condition_id,), orjson.dumps(statement.trade_event(told)))


class UserSession:
    """One connection's conversation: the proof, the filter, and the pings."""

    greeting = ()
    pong = PONG
    is_over = False

    def __init__(self, account: Account, faults: Faults) -> None:
        self._account, self._faults = account, faults
        self.opened = False
        self.is_doomed = False
        """Whether the proof was wrong: the venue says nothing and drops the connection a moment later."""
        self.markets: set[str] | None = set()
        """The markets that the client hears of; None for all of them."""

    def hear(self, text: bytes) -> list[bytes]:
        """The answers to one message; a right proof is answered by silence."""
        if text == b"PING":
            return [PONG]
        try:
            said = orjson.loads(text)
        except orjson.JSONDecodeError:
            return [INVALID]
        if not isinstance(said, dict):
            return [INVALID]
        if self.opened:
            return self._change(said)
        if str(said.get("type")).lower() != "user":
            return [INVALID]
        if not self._account.holds(said.get("auth")) or self._faults.find("user-deny"):
            self.is_doomed = True
            return []
        self.opened = True
        self.markets = _asked(said) if "markets" in said else None
        return []

    def hears(self, frame: Frame) -> bool:
        """Whether a message is for this connection; an empty filter loses the trades but not the orders."""
        if not self.opened or frame.kind not in (ORDER, TRADE):
            return False
        if not self.markets:
            return self.markets is None or frame.kind == ORDER
        return not self.markets.isdisjoint(frame.tokens)

    def leave(self) -> None:
        """The connection is gone."""
        self.opened = False

    def _change(self, said: dict[str, Any]) -> list[bytes]:
        if said.get("operation") not in ("subscribe", "unsubscribe"):
            return [INVALID]
        if self.markets is not None:
            change = self.markets.update if said["operation"] == "subscribe" else self.markets.difference_update
            change(_asked(said))
        return []


def _asked(said: dict[str, Any]) -> set[str]:
    """The condition ids in a frame; anything else under the key asks for nothing."""
    ids = said.get("markets")
    return {name for name in ids if isinstance(name, str)} if isinstance(ids, list) else set()
