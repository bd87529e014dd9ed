"""What the account's amounts look like: numbers, or dots while others may see the screen."""

from __future__ import annotations

from collections.abc import Callable

from pmtui.core.tuples import NamedTuple
from pmtui.core.units import ONE, show
from pmtui.ui import numbers

HIDDEN = "•••"
_EXACT_BELOW = 10_000 * ONE


class Teller(NamedTuple):
    """Spells every amount of the account, so that all of them can be hidden at once."""

    hidden: bool = False

    def size(self, value: int, room: int = 6) -> str:
        """As exact as there is room."""
        return HIDDEN if self.hidden else numbers.exact(value, room)

    def signed(self, value: int) -> str:
        """A size with its sign; zero has none."""
        return HIDDEN if self.hidden else f"{_sign(value)}{numbers.exact(abs(value))}"

    def cash(self, value: int) -> str:
        """Money in billionths, to the cent where there is not very much of it; cut, since it is there to be spent."""
        return HIDDEN if self.hidden else _dollars(value, spell=numbers.resting)

    def worth(self, value: int) -> str:
        """What something costs, as price times size: rounded to the cent."""
        return HIDDEN if self.hidden else _dollars(numbers.to_cents(value // ONE))

    def gain(self, value: int) -> str:
        """What was or would be gained, as price times size."""
        if self.hidden:
            return HIDDEN
        dollars = numbers.to_cents(abs(value) // ONE)
        return f"{_sign(value) if dollars else ''}{_dollars(dollars)}"

    def look(self, value: int) -> str:
        """The colour of a gain or a loss; a hidden one has none."""
        return "" if self.hidden or not value else "sheet--bid" if value > 0 else "sheet--ask"


def _dollars(value: int, spell: Callable[[int], str] = numbers.size) -> str:
    sign, value = ("-", -value) if value < 0 else ("", value)
    return f"{sign}${show(value, 2)}" if value < _EXACT_BELOW else f"{sign}${spell(value)}"


def _sign(value: int) -> str:
    return "+" if value > 0 else "-" if value < 0 else ""
