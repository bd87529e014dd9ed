"""How much rests ahead of our orders: an estimate from what is public, since no venue tells places in a queue.

It starts from what rested at our price when the order appeared, shrinks with the prints there and with the level
itself, and never grows: whoever adds stands behind us. Whoever cancels is taken to have stood behind us too, so the
truth is at most this.
"""

from __future__ import annotations

from collections.abc import Iterable

from pmtui.core.book import reaches
from pmtui.core.events import BookDelta, BookSnapshot, Event, Side, Trade
from pmtui.core.instrument import InstrumentId
from pmtui.core.tuples import NamedTuple

PRINT_FOLLOWS = 2_000
"""A print is told after the level that has already shrunk by it; within so many ms the two are taken for one."""
_STAMPED_AFTER = 100
"""ms by which a print may bear a later time than the level that has already shrunk by it."""


class Resting(NamedTuple):
    """What we have at one price. `ahead` is an estimate, None when the orders were there before we looked."""

    size: int
    ahead: int | None
    at_most: int | None
    """What can be ahead at the most; None when the book has not been seen."""
    orders: int = 1


class Place:
    """One order's place in its queue."""

    __slots__ = ("ahead", "credit", "credit_until", "left", "made", "seen", "since")

    def __init__(self, left: int, *, seen: bool, made: int) -> None:
        self.left = left
        self.made = made
        """The venue's time of the order itself, 0 when unknown: no level of an earlier time holds it."""
        self.seen = seen
        """Whether we saw the order appear: only then is the number an estimate and not just a bound."""
        self.ahead: int | None = None
        self.credit = 0
        """What the level's shrinking has taken off already, until the prints that explain it are told."""
        self.credit_until = 0
        self.since = 0
        """The venue's time of the level from which the number began: what printed before has shortened that already."""

    def most(self, level: int, sent: int) -> int:
        """What can stand in front of it at the most, when this rested there."""
        return level if 0 < sent < self.made else in_front(level, self.left)


class Spot:
    """Our orders at one price."""

    __slots__ = ("_resting", "places")

    def __init__(self) -> None:
        self.places: dict[str, Place] = {}
        self._resting: Resting | None = None

    def moved(self) -> None:
        """Something of them changed, so their sum is to be made anew: there may be thousands of them."""
        self._resting = None

    def resting(self) -> Resting:
        if self._resting is None:
            self._resting = together(self.places.values())
        return self._resting


Sides = tuple[dict[int, Spot], dict[int, Spot]]
"""Asks and bids, by price: to be picked with `is_bid`."""


class Queues:
    """The places of all working orders; hears the same facts as the books do."""

    def __init__(self) -> None:
        self.version = 0
        self._sides: dict[InstrumentId, Sides] = {}

    def __bool__(self) -> bool:
        return bool(self._sides)

    # Our orders

    def join(
        self,
        order: str,
        at: tuple[InstrumentId, bool, int],
        left: int,
        *,
        level: int | None,
        seen: bool,
        since: int = 0,
        made: int = 0,
    ) -> None:
        """An order of ours works; `level` is what rested at its price at `since`, None when the book is not known."""
        instrument, is_bid, price = at
        side = self._sides.setdefault(instrument, ({}, {}))[is_bid]
        spot = side.get(price)
        if spot is None:
            spot = side[price] = Spot()
        place = spot.places[order] = Place(left, seen=seen and level is not None, made=made)
        if level is not None:
            place.ahead, place.since = place.most(level, since), since
        self._moved_at(spot)

    def keep(self, order: str, at: tuple[InstrumentId, bool, int], left: int, *, hit: bool) -> None:
        """Another rest; an order that was hit had nobody in front of it."""
        spot = self._spot(at)
        place = spot.places.get(order) if spot else None
        if spot is not None and place is not None and (left, hit) != (place.left, False):
            place.left = left
            if hit:
                place.ahead, place.seen, place.credit = 0, True, 0
            self._moved_at(spot)

    def leave(self, order: str, at: tuple[InstrumentId, bool, int]) -> None:
        """It works no more."""
        instrument, is_bid, price = at
        spot = self._spot(at)
        if spot is None or spot.places.pop(order, None) is None:
            return
        self._moved_at(spot)
        if not spot.places:
            sides = self._sides[instrument]
            del sides[is_bid][price]
            if not any(sides):
                del self._sides[instrument]

    def _spot(self, at: tuple[InstrumentId, bool, int]) -> Spot | None:
        instrument, is_bid, price = at
        sides = self._sides.get(instrument)
        return sides[is_bid].get(price) if sides else None

    def _moved_at(self, spot: Spot) -> None:
        spot.moved()
        self.version += 1

    # The market

    def hear(self, events: Iterable[Event]) -> None:
        """Take in what the books took in as their present."""
        if not self._sides:
            return
        for event in events:
            if type(event) is BookDelta:
                self._moved(event)
            elif type(event) is Trade:
                self._printed(event)
            elif type(event) is BookSnapshot:
                self._replaced(event)

    def _moved(self, event: BookDelta) -> None:
        # Thousands a second come by here while orders work, and hardly any is about a price of ours.
        known = self._sides
        for instrument, is_bid, price, size, _, _ in event.moves:
            sides = known.get(instrument)
            if sides is not None and price in sides[is_bid]:
                self._level(sides[is_bid][price], size, event)

    def _replaced(self, event: BookSnapshot) -> None:
        sides = self._sides.get(event.instrument)
        for levels, spots, is_bid in zip((event.asks, event.bids), sides or (), (False, True), strict=False):
            for price, spot in spots.items():
                if event.fresh is None or reaches(levels, price, is_bid=is_bid):
                    self._level(spot, levels.get(price, 0), event)

    def _level(self, spot: Spot, level: int, event: BookDelta | BookSnapshot) -> None:
        moved = False
        for place in spot.places.values():
            most = place.most(level, event.sent)
            if place.ahead is None or most < place.ahead:
                if place.ahead is None:
                    place.since = event.sent
                else:
                    waiting = place.credit if event.at <= place.credit_until else 0
                    place.credit, place.credit_until = waiting + place.ahead - most, event.at + PRINT_FOLLOWS
                place.ahead, moved = most, True
        if moved:
            self._moved_at(spot)

    def _printed(self, event: Trade) -> None:
        if event.past:
            return
        # Who sells takes bids.
        spot = self._spot((event.instrument, event.side is Side.SELL, event.price))
        if spot is None:
            return
        moved = False
        for place in spot.places.values():
            if place.ahead and not (place.since and event.sent <= place.since + _STAMPED_AFTER):
                credit = place.credit if event.at <= place.credit_until else 0
                place.ahead, place.credit = printed(place.ahead, event.size, credit)
                moved = True
        if moved:
            self._moved_at(spot)

    # What is asked

    def ahead(self, order: str, at: tuple[InstrumentId, bool, int]) -> Resting | None:
        """One order's rest and what is ahead of it."""
        spot = self._spot(at)
        place = spot.places.get(order) if spot else None
        return None if place is None else Resting(place.left, place.ahead if place.seen else None, place.ahead)

    def of(self, instrument: InstrumentId) -> tuple[dict[int, Resting], dict[int, Resting]]:
        """What we have in a book: bids and asks by price."""
        asks, bids = self._sides.get(instrument, ({}, {}))
        return (
            {price: spot.resting() for price, spot in bids.items()},
            {price: spot.resting() for price, spot in asks.items()},
        )


def in_front(level: int, left: int) -> int:
    """The most that can stand in front of an order: the rest of its level, another order of ours included."""
    # Our order and the level that it makes larger are told by two connections: either may come first.
    return level - left if level >= left else level


def printed(ahead: int, size: int, credit: int = 0) -> tuple[int, int]:
    """What is ahead after a print, and what is left of the credit that pays for prints first."""
    paid = min(size, credit)
    return max(0, ahead - (size - paid)), credit - paid


def together(places: Iterable[Place]) -> Resting:
    """Several orders at one price; what is ahead of the first of them."""
    places = list(places)
    seen = [place.ahead for place in places if place.seen and place.ahead is not None]
    bounds = [place.ahead for place in places if place.ahead is not None]
    return Resting(sum(place.left for place in places), min(seen, default=None), min(bounds, default=None), len(places))
