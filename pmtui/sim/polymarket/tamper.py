"""What faults do to messages on their way out, one message at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import orjson

from pmtui.core.units import ONE, Px, plain, px
from pmtui.sim.engine import BUY, NO, SELL, YES
from pmtui.sim.faults import Faults
from pmtui.sim.polymarket.listing import Listing
from pmtui.sim.polymarket.page import Page
from pmtui.sim.polymarket.wire import Frame

_HASH = re.compile(rb'"hash":"[0-9a-f]{40}"')


class Crossing(NamedTuple):
    """A bid that nobody made, and the ask that mirrors it, while a `cross` is at work."""

    listing: Listing
    price: Px
    size: str = "25"

    def line(self, token: str) -> tuple[str, str]:
        """The side and the price of the false level in one token's book."""
        if token == self.listing.tokens[YES]:
            return BUY, plain(self.price)
        return SELL, plain(ONE - self.price)


class Tamper:
    """The last station before the wire."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._held: Frame | None = None
        self.crossing: Crossing | None = None

    @property
    def rests(self) -> bool:
        """Whether every message passes as it is."""
        return not self._faults.active and self.crossing is None and self._held is None

    def pass_on(self, frame: Frame) -> Iterator[Frame]:
        """What becomes of one message: nothing, itself, something else or several."""
        if self.rests:
            yield frame
            return
        for kept in self._kept(frame):
            yield from self._ordered(self._falsified(kept))

    def release(self) -> Iterator[Frame]:
        """The message that waits for its successor, when no successor will come."""
        if self._held is not None:
            yield self._held
            self._held = None

    def _kept(self, frame: Frame) -> Iterator[Frame]:
        faults = self._faults
        if faults.find("freeze"):
            return
        if frame.tokens and (muted := faults.muted("mute")) and not muted.isdisjoint(frame.tokens):
            tokens = tuple(token for token in frame.tokens if token not in muted)
            if not tokens or frame.kind != "price_change":
                return
            frame = _altered(frame, lambda told: _without(told, muted))._replace(tokens=tokens)
        if frame.kind == "price_change":
            if faults.spend("drop", frame.tokens):
                return
            if b'"size":"0"' in frame.text and faults.spend("ghost", frame.tokens):
                return
        yield frame

    def _falsified(self, frame: Frame) -> Frame:
        if self.crossing is not None and not set(self.crossing.listing.tokens).isdisjoint(frame.tokens):
            crossing = self.crossing
            frame = _altered(frame, lambda told: _crossed(told, crossing))
        if frame.kind in ("book", "price_change") and self._faults.spend("hash", frame.tokens):
            frame = frame._replace(text=_HASH.sub(b'"hash":"' + b"bad0" * 10 + b'"', frame.text))
        return frame

    def _ordered(self, frame: Frame) -> Iterator[Frame]:
        if self._held is None and frame.kind == "price_change" and self._faults.spend("swap"):
            self._held = frame
            return
        yield frame
        if self._faults.spend("duplicate"):
            yield frame
        yield from self.release()


def crossing_change(crossing: Crossing, page: Page, *, stands: bool) -> Frame:
    """The message that sets up the false level, or the one that tells the truth about it again."""
    listing = crossing.listing
    truth = plain(page.engine.bids.total(crossing.price))
    entries = []
    for outcome in (YES, NO):
        side, price = crossing.line(listing.tokens[outcome])
        bid, ask = page.tops[outcome]
        entries.append(
            {
                "asset_id": listing.tokens[outcome],
                "price": price,
                "size": crossing.size if stands else truth,
                "side": side,
                "hash": page.hashes[outcome],
                "best_bid": bid or "0",
                "best_ask": ask or "1",
            }
        )
    told = {
        "market": listing.condition_id,
        "price_changes": entries,
        "timestamp": page.stamp,
        "event_type": "price_change",
    }
    return Frame("price_change", listing.tokens, _written(told))


def _altered(frame: Frame, alter: Callable[[Any], None]) -> Frame:
    told = orjson.loads(frame.text)
    alter(told)
    return frame._replace(text=_written(told))


def _written(told: object) -> bytes:
    return json.dumps(told, separators=(", ", ":")).encode()


def _without(told: Any, muted: frozenset[str]) -> None:
    """Take the entries of some tokens out of a price_change of the present form."""
    told["price_changes"] = [entry for entry in told["price_changes"] if entry["asset_id"] not in muted]


def _crossed(told: Any, crossing: Crossing) -> None:
    """Make a message agree with the false level."""
    if told["event_type"] == "book":
        side, price = crossing.line(told["asset_id"])
        level = {"price": price, "size": crossing.size}
        key, falling = ("bids", False) if side == BUY else ("asks", True)
        others = [other for other in told[key] if other["price"] != price]
        told[key] = sorted([*others, level], key=lambda each: px(each["price"]), reverse=falling)
    for entry in (told, *told.get("price_changes", ())):
        if "best_bid" not in entry:
            continue
        side, price = crossing.line(entry["asset_id"])
        if side == BUY:
            entry["best_bid"] = plain(max(px(entry["best_bid"] or "0"), px(price)))
        else:
            entry["best_ask"] = plain(min(px(entry["best_ask"] or "1"), px(price)))
