"""A conversation in virtual time: a world, an exchange, one client, and nothing in between."""

from __future__ import annotations

import json
from typing import Any

from pmtui.sim.hyperliquid.exchange import Exchange
from pmtui.sim.hyperliquid.pushes import EVERYBODY
from pmtui.sim.hyperliquid.session import Session
from pmtui.sim.hyperliquid.topics import Topic
from pmtui.sim.hyperliquid.trader import open_account
from pmtui.sim.hyperliquid.world import World
from tests.sim.hyperliquid.worlds import demo_world

STRANGER = "0x" + "ab" * 20


class Room:
    """One client of an exchange whose time moves by hand."""

    def __init__(self, world: World | None = None, *, pace: float = 0, **options: Any) -> None:
        self.world = world or demo_world(rate=25)
        self.ledger = open_account(self.world, pace=pace)
        self.exchange = Exchange(self.world, self.ledger)
        self.followed: dict[Topic, None] = {}
        self.session = Session(
            self.exchange,
            lambda topic: self.followed.update({topic: None}),
            lambda topic: self.followed.pop(topic) and None,
            **options,
        )

    def say(self, **said: object) -> list[dict[str, Any]]:
        return self.hear(json.dumps(said))

    def hear(self, text: str) -> list[dict[str, Any]]:
        return [json.loads(answer) for answer in self.session.hear(text.encode())]

    def subscribe(self, type_: str, **keys: object) -> list[dict[str, Any]]:
        return self.say(method="subscribe", subscription={"type": type_, **keys})

    def post(self, number: int, type_: str, **keys: object) -> list[dict[str, Any]]:
        return self.say(method="post", id=number, request={"type": "info", "payload": {"type": type_, **keys}})

    def ask(self, type_: str, **keys: object) -> Any:
        """The data of an info request."""
        [answer] = self.post(1, type_, **keys)
        return answer["data"]["response"]["payload"]["data"]

    def step(self, ms: int) -> list[dict[str, Any]]:
        """What arrives while some time passes."""
        return [json.loads(text) for text in self.raw(ms)]

    def raw(self, ms: int) -> list[bytes]:
        pushes = list(self.exchange.step(ms, self.followed))
        return [push.text for push in pushes if push.topic in self.session.topics or push.topic == EVERYBODY]


def channels(messages: list[dict[str, Any]]) -> list[str]:
    return [message["channel"] for message in messages]


def data_of(messages: list[dict[str, Any]], channel: str) -> list[Any]:
    return [message["data"] for message in messages if message["channel"] == channel]
