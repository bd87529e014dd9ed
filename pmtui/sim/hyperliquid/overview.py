"""The feeds about all coins at once: every context of every dex, and the short ones that only tell what changed."""

from __future__ import annotations

import base64
import zlib

import orjson

from pmtui.sim.engine import YES
from pmtui.sim.hyperliquid.context import context, mark
from pmtui.sim.hyperliquid.rules import decimal
from pmtui.sim.hyperliquid.world import World

Short = dict[str, dict[str, str]]


def all_contexts(world: World) -> dict[str, object]:
    """The contexts of all perps by dex, in the order of each dex's universe; the main dex has no name."""
    told = [
        [
            dex,
            [
                context(market, YES, world)
                for market in world.markets
                if market.coin.kind == "perp" and market.coin.dex == dex
            ],
        ]
        for dex in world.catalogue.dexes
    ]
    return {"ctxs": told}


class ShortContexts:
    """Mark and mid of every coin, packed: all of them at first, later those that are not what they were."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._told: Short = {}

    def whole(self) -> str:
        return _packed(self._now())

    def changes(self) -> str:
        """What changed since this was asked the last time."""
        before, self._told = self._told, self._now()
        changed = {
            name: {key: value for key, value in row.items() if before.get(name, {}).get(key) != value}
            for name, row in self._told.items()
        }
        return _packed({name: row for name, row in changed.items() if row})

    def _now(self) -> Short:
        rows: Short = {}
        for name, (market, outcome) in self._world.by_name.items():
            if self._world.is_listed(market):
                middle = market.middle(outcome)
                rows[name] = {"markPx": decimal(mark(market, outcome))}
                rows[name] |= {} if middle is None else {"midPx": decimal(middle)}
        return rows


def _packed(rows: Short) -> str:
    """ "base64 of raw DEFLATE of JSON"."""
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return base64.b64encode(squeeze.compress(orjson.dumps(rows)) + squeeze.flush()).decode()
