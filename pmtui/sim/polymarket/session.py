"""What a client may say on the market channel and what it hears back, without the socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from pmtui.sim.polymarket.exchange import Exchange
from pmtui.sim.polymarket.wire import Frame

PONG, INVALID, NOTHING_NEW = b"PONG", b"INVALID OPERATION", b"NO NEW ASSETS"

MOST_FOR_SNAPSHOTS = 500
"""Above this many tokens on a connection the venue sends no first books."""

MOST_IN_A_FRAME = 2_000
"""A frame with more ids makes the venue drop the socket a moment later."""

RESOLVED = "all subscribed assets resolved"


class MarketSession:
    """One connection's conversation: what it follows, and the answers to what it says."""

    greeting = ()
    pong = PONG

    def __init__(self, exchange: Exchange, follow: Callable[[str], None], unfollow: Callable[[str], None]) -> None:
        self._exchange = exchange
        self._follow, self._unfollow = follow, unfollow
        self.opened = False
        self.custom = False
        self.overloaded = False
        self.tokens: dict[str, None] = {}  # in the order of subscription

    def hear(self, text: bytes) -> list[bytes]:
        """The answers to one message; the venue never says what was wrong with it."""
        if text == b"PING":
            return [PONG]
        try:
            said = orjson.loads(text)
        except orjson.JSONDecodeError:
            return [INVALID]
        if not isinstance(said, dict):
            return [INVALID]
        if said.get("operation") == "subscribe":
            return self._subscribe(said, opening=False)
        if said.get("operation") == "unsubscribe":
            return self._unsubscribe(said)
        if self.opened or "operation" in said or str(said.get("type")).lower() != "market":
            return [INVALID]
        return self._subscribe(said, opening=True)

    def hears(self, frame: Frame) -> bool:
        return self.opened and frame.reaches(self.tokens, custom=self.custom)

    @property
    def is_doomed(self) -> bool:
        """Whether a frame was so large that the venue drops the connection."""
        return self.overloaded

    @property
    def is_over(self) -> bool:
        """Whether everything that this connection followed is resolved."""
        return bool(self.tokens) and not any(self._exchange.is_open(token) for token in self.tokens)

    def leave(self) -> None:
        """The connection is gone."""
        for token in self.tokens:
            self._unfollow(token)
        self.tokens.clear()

    def _subscribe(self, said: dict[str, Any], *, opening: bool) -> list[bytes]:
        self.opened = True
        # The flag belongs to the connection and is applied before duplicates are refused.
        if "custom_feature_enabled" in said:
            self.custom = said["custom_feature_enabled"] is True
        asked = self._asked(said)
        known = [token for token in asked if self._exchange.is_open(token)]
        new = [token for token in dict.fromkeys(known) if token not in self.tokens]
        for token in new:
            self.tokens[token] = None
            self._follow(token)
        if not new and not opening:
            return [NOTHING_NEW] if known else []
        if not asked or said.get("initial_dump") is False or len(self.tokens) > MOST_FOR_SNAPSHOTS:
            return []
        books = self._exchange.snapshot(new)
        return [] if books is None else [books]

    def _unsubscribe(self, said: dict[str, Any]) -> list[bytes]:
        for token in self._asked(said):
            if token in self.tokens:
                del self.tokens[token]
                self._unfollow(token)
        return []

    def _asked(self, said: dict[str, Any]) -> list[str]:
        """The ids in a frame. Any other spelling of the key is accepted in silence and asks for nothing."""
        ids = said.get("assets_ids")
        if not isinstance(ids, list):
            return []
        self.overloaded = self.overloaded or len(ids) > MOST_IN_A_FRAME
        return [token for token in ids if isinstance(token, str)]
