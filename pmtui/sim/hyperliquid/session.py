"""What a client may say on the socket and what it hears back, without the socket."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import orjson

from pmtui.sim.hyperliquid.exchange import Exchange
from pmtui.sim.hyperliquid.info import BUSY, UNREADABLE, Info, TooOften
from pmtui.sim.hyperliquid.pushes import written
from pmtui.sim.hyperliquid.topics import Impossible, Topic, Unreadable, read
from pmtui.sim.hyperliquid.visitor import Visitor

GREETING = b"Websocket connection established."
"""The line, not JSON, that some of the venue's servers begin with."""
PONG = b'{"channel":"pong"}'

MOST_REQUESTS = 100
"""Requests that may wait for their answers on one socket."""

_NO_WALLET = "User or API Wallet 0x0000000000000000000000000000000000000000 does not exist."


class Session:
    """One connection's conversation: what it follows, and the answers to what it says."""

    pong = PONG
    opened = True
    is_over = False

    def __init__(
        self,
        exchange: Exchange,
        follow: Callable[[Topic], None],
        unfollow: Callable[[Topic], None],
        *,
        visitor: Visitor | None = None,
        greets: bool = False,
    ) -> None:
        self.greeting = (GREETING,) if greets else ()
        self.topics: dict[Topic, None] = {}  # in the order of subscription
        self.is_doomed = False
        self._exchange = exchange
        self._follow, self._unfollow = follow, unfollow
        self._visitor = visitor or Visitor()
        self._info = Info(exchange, self._visitor)
        self._held: list[tuple[int, Any]] = []  # requests that a fault leaves unanswered

    def hear(self, text: bytes) -> list[bytes]:
        """The answers to one message; whoever says too many is told so, and dropped."""
        if why := self._visitor.why_not_speak(self._exchange.world.elapsed):
            self.is_doomed = True
            return [_error(why)]
        try:
            said = orjson.loads(text)
            answers = self._answers(said)
        except (orjson.JSONDecodeError, Unreadable):
            shown = text.decode(errors="replace")
            answers = [_error(f"Error parsing JSON into valid websocket request: {shown}")]
        if self._exchange.faults.find("freeze"):
            return [answer for answer in answers if answer == PONG]
        return answers

    def late(self) -> list[bytes]:
        """The answers that a fault held back, once it is over."""
        if not self._held or self._exchange.faults.find("hold"):
            return []
        held, self._held = self._held, []
        return [self._post(number, request) for number, request in held]

    def leave(self) -> None:
        """The connection is gone."""
        for topic in self.topics:
            self._visitor.give_back(topic)
            self._unfollow(topic)
        self.topics.clear()

    def _answers(self, said: Any) -> list[bytes]:
        if not isinstance(said, dict):
            raise Unreadable("not an object")
        method = said.get("method")
        if method == "ping":
            return [PONG]
        if method in ("subscribe", "unsubscribe"):
            return self._change(method, said.get("subscription"))
        if method != "post":
            raise Unreadable("unknown method")
        number, request = said.get("id"), said.get("request")
        if not isinstance(number, int) or isinstance(number, bool) or not isinstance(request, dict):
            raise Unreadable("a post has an id and a request")
        return self._request(number, request)

    # Subscriptions.

    def _change(self, method: str, said: object) -> list[bytes]:
        shown = _shown(said)
        try:
            topic = read(said, is_coin=self._knows, is_dex=self._info.is_dex)
        except Impossible:
            return [_error(f"Invalid subscription {shown}")]
        if method == "unsubscribe":
            if topic not in self.topics:
                return [_error(f"Already unsubscribed: {shown}")]
            del self.topics[topic]
            self._visitor.give_back(topic)
            self._unfollow(topic)
            return [_acknowledged(method, topic)]
        if topic in self.topics:
            return [_error(f"Already subscribed: {shown}")]
        if self._is_denied(topic):
            return [_error(f"Invalid subscription {shown}")]
        if why := self._visitor.why_not(topic):
            return [_error(why)]
        self.topics[topic] = None
        self._visitor.take(topic)
        self._follow(topic)
        return [_acknowledged(method, topic), *self._exchange.first(topic)]

    def _is_denied(self, topic: Topic) -> bool:
        denied = self._exchange.faults.find("deny")
        return denied is not None and denied.fault.arguments.get("TYPE", topic.type) == topic.type

    def _knows(self, coin: str) -> bool:
        """Whether a coin is listed, or was when it was subscribed to."""
        # What is about no coin has an empty name for it.
        return self._info.is_coin(coin) or (coin != "" and any(topic.coin == coin for topic in self.topics))

    # Requests.

    def _request(self, number: int, request: dict[str, Any]) -> list[bytes]:
        if self._exchange.faults.find("hold"):
            if len(self._held) >= MOST_REQUESTS:
                return [_error(f"too many pending post requests id={number}")]
            self._held.append((number, request))
            return []
        return [self._post(number, request)]

    def _post(self, number: int, request: dict[str, Any]) -> bytes:
        return written("post", {"id": number, "response": self._response(request)})

    def _response(self, request: dict[str, Any]) -> dict[str, object]:
        if failing := self._exchange.faults.find("fail"):
            status = HTTPStatus(failing.fault.arguments["STATUS"])
            return _failed(f"{status.value} {status.phrase}: made up by a fault")
        if request.get("type") == "action":
            return {"type": "action", "payload": {"status": "err", "response": _NO_WALLET}}
        asked = request.get("payload") if request.get("type") == "info" else None
        try:
            told = self._info.answer(asked)
        except Unreadable:
            return _failed(f"422 Unprocessable Entity: {UNREADABLE}")
        except TooOften:
            return _failed(f"{BUSY.value} {BUSY.phrase}")
        return {"type": "info", "payload": {"type": asked["type"] if asked else "", "data": told}}


def _shown(said: object) -> str:
    """What was said, to be said back; more can be read than can be written."""
    try:
        return orjson.dumps(said).decode()
    except orjson.JSONEncodeError as error:
        raise Unreadable("nested too deeply") from error


def _acknowledged(method: str, topic: Topic) -> bytes:
    return written("subscriptionResponse", {"method": method, "subscription": topic.echo})


def _failed(text: str) -> dict[str, object]:
    return {"type": "error", "payload": text}


def _error(text: str) -> bytes:
    return written("error", text)
