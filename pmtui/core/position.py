"""What we hold of one instrument: the sum of its fills, with an average price. Money is price times size, exact."""

from __future__ import annotations

from collections.abc import Iterable

from pmtui.core.tuples import NamedTuple
from pmtui.core.units import Px


class Position(NamedTuple):
    """A sum of fills. Fees are not in it."""

    net: int = 0
    """Bought less sold; below zero when more was sold than the fills say we had."""
    cost: int = 0
    """What the open part was bought for; below zero for what was sold and not had."""
    cash: int = 0
    """Got less paid, over all fills."""
    bought: int = 0
    sold: int = 0
    fills: int = 0

    @property
    def average(self) -> Px | None:
        """The price of the open part, to the nearest billionth; None when there is none."""
        return Px((2 * self.cost + self.net) // (2 * self.net)) if self.net else None

    @property
    def realised(self) -> int:
        """Gained by closing. With what is unrealised it makes `cash + net * mid`, to the last digit."""
        return self.cash + self.cost

    def unrealised(self, mid: int) -> int:
        """What closing at `mid` would gain."""
        return self.net * mid - self.cost


FLAT = Position()


class Held(NamedTuple):
    """A position as it is shown, whether it was summed up from our fills or told by the venue."""

    net: int
    average: Px | None
    cost: int | None
    """What the open part was entered for; None when nobody knows."""
    realised: int | None = None
    gain: int | None = None
    """What closing would bring, in the venue's own words."""
    liquidation: Px | None = None

    def unrealised(self, mid: int | None) -> int | None:
        """What closing at `mid` would gain; what the venue said where that cannot be told."""
        return self.gain if mid is None or self.cost is None else self.net * mid - self.cost


def after(held: Position, signed: int, price: int) -> Position:
    """The position with one more fill; `signed` is its size, below zero for a sale."""
    return summed(held, ((signed, price),))


def summed(held: Position, fills: Iterable[tuple[int, int]]) -> Position:
    """The position with more fills, one after the other, each by its signed size and its price.

    What is closed costs its share of the whole cost, cut to the last digit of a price times a size (1e-18):
    all rounding there is.
    """
    net, cost, cash, bought, sold, count = held
    for signed, price in fills:
        opens = signed
        if net * signed < 0:
            closed = min(abs(signed), abs(net))
            cost -= cost * closed // abs(net)
            opens = signed + closed if signed < 0 else signed - closed
        net += signed
        cost += opens * price
        cash -= signed * price
        if signed > 0:
            bought += signed
        else:
            sold -= signed
        count += 1
    return Position(net, cost, cash, bought, sold, count)


def without(held: Position, signed: int, price: int) -> Position:
    """The position as if that fill had been undone at its own price."""
    undone = after(held, -signed, price)
    return undone._replace(bought=held.bought - max(0, signed), sold=held.sold - max(0, -signed), fills=held.fills - 1)
