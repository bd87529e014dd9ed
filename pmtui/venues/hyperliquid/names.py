"""What a coin's name says by itself: a perp, a spot pair, or one side of an outcome market."""

from __future__ import annotations

import re

from pmtui.core.instrument import Instrument, InstrumentId, identify
from pmtui.core.units import ONE, Px

NAME = "hyperliquid"
EXAMPLES = "BTC, xyz:TSLA, PURR/USDC, @107 or #10"

_PERP = r"(?:[a-z0-9]{1,12}:)?[A-Za-z0-9][A-Za-z0-9_.-]{0,23}"
_PAIR = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,23}/[A-Za-z0-9][A-Za-z0-9_.-]{0,23}"
_SPOT = r"@(?:0|[1-9][0-9]{0,6})"
_OUTCOME = r"#(?:0|[1-9][0-9]{0,8})"
_ANY = re.compile(f"{_PERP}|{_PAIR}|{_SPOT}|{_OUTCOME}")


def recognise(text: str) -> str | None:
    """Why `text` cannot name a coin, None when it may. Names are told apart by capitals, too."""
    if not _ANY.fullmatch(text):
        return f"this is no coin's name, such as {EXAMPLES}"
    if is_outcome(text) and int(text[1:]) % 10 > 1:
        return "an outcome market has two sides: its number ends in 0 or 1"
    return None


def is_spot(symbol: str) -> bool:
    return symbol[:1] == "@" or "/" in symbol


def is_outcome(symbol: str) -> bool:
    return symbol[:1] == "#"


def dex(symbol: str) -> str:
    """Who deployed the perp; empty for the venue itself."""
    return symbol.partition(":")[0] if ":" in symbol else ""


def coin(symbol: str) -> str:
    """The coin whose feeds tell of this; both sides of an outcome market are told by the first."""
    return f"{symbol[:-1]}0" if is_mirrored(symbol) else symbol


def is_mirrored(symbol: str) -> bool:
    """Whether the book is the other side's, seen from here: to buy this at p is to sell that at 1 less p."""
    return is_outcome(symbol) and symbol[-1] == "1"


def other_side(symbol: str) -> str:
    return f"{symbol[:-1]}{1 - int(symbol[-1])}"


SHARES = "sh"
"""What outcomes are counted in."""


def instrument(symbol: str) -> Instrument:
    """What is known of a coin before anybody was asked."""
    if not is_outcome(symbol):
        # A spot pair by number says nothing of its coin; a builder's perp bears the builder's name first.
        unit = "" if symbol[:1] == "@" else symbol.rpartition(":")[2].partition("/")[0]
        return Instrument(identify(NAME, symbol), NAME, symbol, title=symbol, unit=unit)
    return Instrument(
        identify(NAME, symbol),
        NAME,
        symbol,
        outcome="No" if is_mirrored(symbol) else "Yes",
        complement=identify(NAME, other_side(symbol)),
        ceiling=Px(ONE),
        shared=True,
        unit=SHARES,
    )


def symbol_of(instrument: InstrumentId) -> str:
    """The venue's own name of it."""
    return instrument.partition(":")[2]
