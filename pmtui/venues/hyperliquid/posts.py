"""Requests over the socket: the body that REST takes, wrapped with a number, and its answer unwrapped."""

from __future__ import annotations

import msgspec

from pmtui.core.events import Answered
from pmtui.core.units import Millis, NotANumber
from pmtui.venues.hyperliquid import wire

PATH = "/info"
_REFUSED, _TOO_MANY = 500, 429


def wrap(body: bytes, number: int) -> bytes:
    return b'{"method":"post","id":%d,"request":{"type":"info","payload":%b}}' % (number, body)


def unwrap(raw: bytes, at: Millis) -> Answered:
    """The answer as REST would have given it; an error carries the status that REST would have had."""
    told = wire.post_push(raw).data
    payload = bytes(told.response.payload)
    if told.response.type == "info":
        return Answered(at, told.id, 200, bytes(wire.info(payload).data))
    words = msgspec.json.decode(payload, type=str)
    status = words[:3]
    return Answered(at, told.id, int(status) if _is_status(status) else _REFUSED, words.encode())


def _is_status(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isdecimal() and text >= "400"


def too_many(words: str, at: Millis) -> Answered:
    """The error that is told apart from answers: `… id=<n>`."""
    number = words.rpartition("id=")[2]
    if not (number.isascii() and number.isdecimal() and len(number) <= 18):
        raise NotANumber("no request is named")
    return Answered(at, int(number), _TOO_MANY, words.encode(errors="replace"))
