"""Who the crowd's people are when they meet the account: the same order always has the same face."""

from __future__ import annotations

from pmtui.core.units import ONE, Px
from pmtui.sim.account import address_of, hash_of, uuid_of
from pmtui.sim.engine import NO, OTHER, YES, Made, Trade
from pmtui.sim.polymarket.listing import Listing
from pmtui.sim.polymarket.own import Part

_THINK_IN_YES = 180  # of 256: seven of ten people


def taker(seed: int, listing: Listing, fact: Trade) -> Part:
    """Somebody who traded with the account's resting orders."""
    return Part(*_face(seed, listing, fact.taker), fact.outcome, fact.side, fact.price, fact.size)


def maker(seed: int, listing: Listing, fact: Trade, made: Made) -> Part:
    """Somebody whose resting order was hit; it stood on the taker's token, or mirrored on the other one."""
    face = _face(seed, listing, made.order)
    outcome = YES if int(face[0][-2:], 16) < _THINK_IN_YES else NO
    if outcome == fact.outcome:
        return Part(*face, outcome, OTHER[fact.side], fact.price, made.size)
    return Part(*face, outcome, fact.side, Px(ONE - fact.price), made.size)


def _face(seed: int, listing: Listing, number: int) -> tuple[str, str, str]:
    """Order, key and wallet behind an order's number."""
    about = (seed, listing.condition_id, number)
    return hash_of("their order", *about), uuid_of("their key", *about), address_of("their wallet", *about)
