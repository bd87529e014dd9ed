"""Hyperliquid's rules for prices: five significant figures, and how its server groups levels.

"Prices can have up to 5 significant figures, but no more than MAX_DECIMALS - szDecimals decimal places where
MAX_DECIMALS is 6 for perps and 8 for spot. Integer prices are always allowed."
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from pmtui.core.units import DECIMALS, ONE, Px, Qty, ceil_to, floor_to, plain
from pmtui.sim.engine import BUY

PERP_DECIMALS, SPOT_DECIMALS = 6, 8
FIGURES = 5
OUTCOME_TICK = Px(ONE // 1_000)

SIG_FIGS = (2, 3, 4, 5)
"""The groupings that a client may ask for."""
MANTISSAS = (1, 2, 5)
"""And what a group of five figures may be multiplied by."""


def figure(price: int, figures: int) -> int:
    """One unit in the last of so many significant figures of a price; below a billionth it is one billionth."""
    return int(10 ** max(len(str(price)) - figures, 0))


def tick_rule(decimals: int) -> Callable[[Px], Px]:
    """The tick at a price, for a coin whose prices have at most so many decimals."""
    finest = 10 ** (DECIMALS - decimals)

    @lru_cache(maxsize=256)
    def tick_at(price: Px) -> Px:
        return Px(min(ONE, max(figure(price, FIGURES), finest)))

    return tick_at


def grouped(
    levels: Iterable[tuple[Px, Qty, int]], side: str, *, figures: int | None, mantissa: int | None
) -> list[tuple[Px, Qty, int]]:
    """Levels (price, size, orders) joined as the server does it: bids round down, asks up; best first, as they come."""
    if figures is None:
        return list(levels)
    away = floor_to if side == BUY else ceil_to
    joined: dict[int, tuple[Px, Qty, int]] = {}
    for price, size, orders in levels:
        edge = Px(away(price, figure(price, figures) * (mantissa or 1)))
        _, before, count = joined.get(edge, (edge, 0, 0))
        joined[edge] = (edge, Qty(before + size), count + orders)
    # A bid that rounds down to nothing has no price to stand at.
    return [level for edge, level in joined.items() if edge]


@lru_cache(maxsize=8_192)
def decimal(value: int) -> str:
    """A number as the venue writes it: always with a dot, `108246.0`, `0.47662`."""
    text = plain(abs(value))
    return f"{'-' if value < 0 else ''}{text if '.' in text else f'{text}.0'}"


def ratio(part: int, whole: int, decimals: int) -> str:
    """A quotient with just so many decimals and no idle zeros behind, as the venue's floats come out."""
    units = abs(part) * 10**decimals // abs(whole) if whole else 0
    sign = "-" if units and (part < 0) != (whole < 0) else ""
    head, tail = divmod(units, 10**decimals)
    return f"{sign}{head}.{f'{tail:0{decimals}d}'.rstrip('0') or '0'}"


def product(price: int, size: int) -> int:
    """What a size costs, in billionths; half a billionth is nobody's."""
    return price * size // ONE
