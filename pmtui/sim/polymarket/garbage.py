"""Malformed and odd messages, each with a name: what a client must survive."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from pmtui.core.units import plain, px
from pmtui.sim.engine import BUY, YES
from pmtui.sim.faults import FaultError
from pmtui.sim.polymarket.page import Page
from pmtui.sim.polymarket.wire import Frame

TEXT, BINARY = 0x1, 0x2


class Rubbish(NamedTuple):
    """A message's payload, and the first byte of its websocket frame where that is the odd thing."""

    payload: bytes
    head: int = 0x80 | TEXT


def catalogue(page: Page) -> dict[str, Rubbish]:
    """All of it, about a real market where it can be, so that a client cannot shrug it off as foreign."""
    good = _repeated_change(page)
    text = orjson.dumps(good)
    price = b'"price":"%s"' % (page.tops[YES][0] or page.tick_size).encode()
    made = {
        "cut-json": text[: len(text) // 2],
        "two-documents": text + text,
        "single-quotes": text.replace(b'"', b"'"),
        "comment": text + b" // comment",
        "trailing-comma": text[:-1] + b",}",
        "byte-order-mark": b"\xef\xbb\xbf" + text,
        "nan": text.replace(price, b'"price":NaN'),
        "infinity": text.replace(price, b'"price":Infinity'),
        "huge-exponent": text.replace(price, b'"price":1e309'),
        "huge-integer": text.replace(price, b'"price":' + b"9" * 5000),
        "deep-nesting": b"[" * 100_000,
        "repeated-key": text[:-1] + b',"market":"0x0"}',
        "lone-surrogate": text.replace(b'"price_change"', b'"\\ud800"'),
        "control-byte": text.replace(price, price[:-1] + b'\x01"'),
        "null": b"null",
        "number": b"7",
        "string": b'"x"',
        "empty": b"",
        "blank": b"  \n",
        "empty-list": b"[]",
        "nested-list": b"[[" + text + b"]]",
        "list-with-one-bad": b"[" + text + b",7]",
        "notice": b"you were too slow",
        "unasked-pong": b"PONG",
        "unknown-kind": text.replace(b'"price_change"', b'"weather"'),
        "kind-missing": text.replace(b',"event_type":"price_change"', b""),
        "kind-not-text": text.replace(b'"price_change"', b"7"),
        "foreign-token": text.replace(page.listing.tokens[YES].encode(), b"7" * 77),
        "changes-missing": text.replace(b'"price_changes"', b'"changes_of_price"'),
        "hostile-text": orjson.dumps({**good, "event_type": "\x1b]52;c;AAAA\x07[@click=app.quit]\u202eoops[/"}),
        **{f"price-{name}": _with(good, "price", value) for name, value in _BAD_NUMBERS.items()},
        **{f"size-{name}": _with(good, "size", value) for name, value in _BAD_NUMBERS.items() if name != "zero"},
        "side-unknown": _with(good, "side", "HOLD"),
        "side-empty": _with(good, "side", ""),
    }
    return {name: Rubbish(payload) for name, payload in made.items()} | {
        "binary": Rubbish(text, 0x80 | BINARY),
        "invalid-utf8": Rubbish(b'{"event_type":"\xff\xfe"}'),
        "bad-opcode": Rubbish(text, 0x80 | 0x3),
        "reserved-bits": Rubbish(text, 0xF0 | TEXT),
    }


FATAL = frozenset({"invalid-utf8", "bad-opcode", "reserved-bits"})
"""What ends the websocket itself, so that it is only sent when asked for by name."""


def garbage(what: str, page: Page, seen: int) -> list[Frame]:
    """What `garbage WHAT` asks for: so many from the catalogue after the `seen` first, or the one of that name."""
    made = catalogue(page)
    if what in made:
        return [_frame(made[what])]
    if not (what.isascii() and what.isdigit() and len(what) < 5):
        raise FaultError(f"{what!r} is no garbage; expected a number or one of {', '.join(made)}")
    harmless = [rubbish for name, rubbish in made.items() if name not in FATAL]
    return [_frame(harmless[(seen + place) % len(harmless)]) for place in range(int(what))]


_BAD_NUMBERS: dict[str, object] = {
    "nan": "NaN",
    "infinity": "Infinity",
    "exponent": "5e-1",
    "underscore": "1_000",
    "blank": " 0.5",
    "sign": "+0.5",
    "negative": "-0.01",
    "comma": "0,53",
    "empty": "",
    "dot": ".",
    "hex": "0x1",
    "arabic": "\u0660.\u0665",
    "too-fine": "0.1234567890123",
    "zero": "0",
    "huge": "9" * 20,
    "true": True,
    "null": None,
    "list": [],
}


def _repeated_change(page: Page) -> dict[str, object]:
    """What is already so, said again: the parts of it that a client may apply do no harm."""
    best_bid, best_ask = page.tops[YES]
    price = best_bid or page.tick_size
    entry = {
        "asset_id": page.listing.tokens[YES],
        "price": price,
        "size": plain(page.engine.bids.total(px(price))),
        "side": BUY,
        "hash": page.hashes[YES],
        "best_bid": best_bid or "0",
        "best_ask": best_ask or "1",
    }
    return {
        "market": page.listing.condition_id,
        "price_changes": [entry],
        "timestamp": page.stamp,
        "event_type": "price_change",
    }


def _with(good: dict[str, object], key: str, value: object) -> bytes:
    entries = good["price_changes"]
    assert isinstance(entries, list)
    return orjson.dumps({**good, "price_changes": [{**entries[0], key: value}]})


def _frame(rubbish: Rubbish) -> Frame:
    return Frame("garbage", (), rubbish.payload, rubbish.head)
