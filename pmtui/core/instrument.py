"""What can be watched: one outcome token, one perp, one coin."""

from __future__ import annotations

from typing import Any, NewType

from pmtui.core.tuples import NamedTuple
from pmtui.core.units import Px, Qty

InstrumentId = NewType("InstrumentId", str)
"""Venue and symbol, `venue:7132…`: unique in the whole program."""


def identify(venue: str, symbol: str) -> InstrumentId:
    return InstrumentId(f"{venue}:{symbol}")


class Instrument(NamedTuple):
    """The slow facts of an instrument; everything that moves lives on its `Board`.

    Unknown facts are empty or zero, so that an instrument can be shown from its bare id.
    """

    id: InstrumentId
    venue: str
    symbol: str
    title: str = ""
    part: str = ""
    """The venue's own few words for what tells it from others of its event: `26-27°F`."""
    outcome: str = ""
    market: str = ""
    event: str = ""
    complement: InstrumentId | None = None
    tick: Px = Px(0)
    ceiling: Px = Px(0)
    """What a certain outcome pays, above which no price can lie; 0 for things without such a bound."""
    shared: bool = False
    """Whether the complement's book lists the very same orders, seen from the other side."""
    unit: str = ""
    """What sizes are counted in: `sh` for shares of an outcome, or a coin's name; empty until somebody says."""
    least: Qty = Qty(0)
    ends: int = 0
    """Unix seconds at which the question is due, 0 when unknown."""
    volume: float = 0.0
    liquidity: float = 0.0
    closed: bool = False
    winner: str = ""

    @property
    def name(self) -> str:
        """The title, or a shortened symbol for an instrument that nobody has named yet."""
        return self.title or short(self.symbol)

    @property
    def in_cents(self) -> bool:
        """Whether this is a share, priced between nothing and what it pays, in cents; all else is a coin."""
        return self.ceiling > 0

    def told(self, **facts: Any) -> Instrument:
        """The same instrument with facts that became known."""
        return self._replace(**facts)


def short(symbol: str) -> str:
    """A long id cut to what a reader can compare: `7132…9401`."""
    return symbol if len(symbol) <= 12 else f"{symbol[:4]}…{symbol[-4:]}"
