"""Malformed and odd messages, each with a name: what a client must survive."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from pmtui.sim.faults import FaultError
from pmtui.sim.hyperliquid.pushes import EVERYBODY, Push

TEXT, BINARY = 0x1, 0x2


class Rubbish(NamedTuple):
    """A message's payload, and the first byte of its websocket frame where that is the odd thing."""

    payload: bytes
    head: int = 0x80 | TEXT


def catalogue(book: bytes) -> dict[str, Rubbish]:
    """All of it, made from a true book, so that a client cannot shrug it off as foreign."""
    made = {
        "cut-json": book[: len(book) // 2],
        "two-documents": book + book,
        "single-quotes": book.replace(b'"', b"'"),
        "trailing-comma": book[:-1] + b",}",
        "byte-order-mark": b"\xef\xbb\xbf" + book,
        "deep-nesting": b"[" * 100_000,
        "null": b"null",
        "number": b"7",
        "string": b'"x"',
        "empty": b"",
        "blank": b"  \n",
        "list": b"[" + book + b"]",
        "notice": b"Websocket connection established.",
        "unasked-pong": b'{"channel":"pong"}',
        "unknown-channel": book.replace(b'"l2Book"', b'"weather"'),
        "channel-missing": book.replace(b'"channel":"l2Book",', b""),
        "channel-not-text": book.replace(b'"l2Book"', b"7"),
        "data-missing": b'{"channel":"l2Book"}',
        "hostile-text": orjson.dumps({"channel": "error", "data": "\x1b]52;c;AAAA\x07[@click=app.quit]\u202eoops[/"}),
        "late-answer": orjson.dumps({"channel": "post", "data": {"id": 999_999_999, "response": {"type": "error"}}}),
        "unknown-order-ack": orjson.dumps({"channel": "subscriptionResponse", "data": {"method": "dance"}}),
        "foreign-coin": _with(book, coin="NOT_A_COIN"),
        "coin-missing": _with(book, coin=None),
        "levels-missing": _with(book, levels=None),
        "one-side": _with(book, levels=[[]]),
        "time-text": _with(book, time="soon"),
        "time-seconds": _with(book, time=1_767_225_600),
        "time-negative": _with(book, time=-5),
        "crossed": _crossed(book),
        "repeated-price": _repeated(book),
        **{f"price-{name}": _level(book, px=value) for name, value in _BAD_NUMBERS.items()},
        **{f"size-{name}": _level(book, sz=value) for name, value in _BAD_NUMBERS.items()},
    }
    return {name: Rubbish(payload) for name, payload in made.items()} | {
        "binary": Rubbish(book, 0x80 | BINARY),
        "invalid-utf8": Rubbish(b'{"channel":"\xff\xfe"}'),
        "bad-opcode": Rubbish(book, 0x80 | 0x3),
        "reserved-bits": Rubbish(book, 0xF0 | TEXT),
    }


FATAL = frozenset({"invalid-utf8", "bad-opcode", "reserved-bits"})
"""What ends the websocket itself, so that it is only sent when asked for by name."""


def garbage(what: str, book: bytes, seen: int) -> list[Push]:
    """What `garbage WHAT` asks for: so many from the catalogue after the `seen` first, or the one of that name."""
    made = catalogue(book)
    if what in made:
        return [_push(made[what])]
    if not (what.isascii() and what.isdigit() and len(what) < 5):
        raise FaultError(f"{what!r} is no garbage; expected a number or one of {', '.join(made)}")
    harmless = [rubbish for name, rubbish in made.items() if name not in FATAL]
    return [_push(harmless[(seen + place) % len(harmless)]) for place in range(int(what))]


_BAD_NUMBERS: dict[str, object] = {
    "nan": "NaN",
    "infinity": "Infinity",
    "exponent": "5e-1",
    "underscore": "1_000",
    "blank": " 0.5",
    "negative": "-0.01",
    "comma": "0,53",
    "empty": "",
    "arabic": "\u0660.\u0665",
    "too-fine": "0.1234567890123",
    "zero": "0.0",
    "huge": "9" * 24,
    "true": True,
    "null": None,
    "list": [],
}


def _with(book: bytes, **changed: object) -> bytes:
    """The book with other values; None takes a key away."""
    told = orjson.loads(book)
    data = {**told["data"], **changed}
    return orjson.dumps({**told, "data": {key: value for key, value in data.items() if value is not None}})


def _level(book: bytes, **changed: object) -> bytes:
    """The book with a best bid that has other values, or the only one it has."""
    bids, asks = orjson.loads(book)["data"]["levels"]
    first: dict[str, Any] = bids[0] if bids else {"px": "1.0", "sz": "1.0", "n": 1}
    return _with(book, levels=[[{**first, **changed}, *bids[1:]], asks])


def _crossed(book: bytes) -> bytes:
    bids, asks = orjson.loads(book)["data"]["levels"]
    return _with(book, levels=[asks, bids])


def _repeated(book: bytes) -> bytes:
    bids, asks = orjson.loads(book)["data"]["levels"]
    return _with(book, levels=[[*bids[:1], *bids], asks])


def _push(rubbish: Rubbish) -> Push:
    return Push(EVERYBODY, rubbish.payload, rubbish.head)
