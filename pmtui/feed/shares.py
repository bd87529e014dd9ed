"""Which conversation carries what: the outcomes of one market together, as far as there is room.

What a venue says of a market goes to each connection that follows one of its outcomes: apart, they would cost twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pmtui.core.instrument import InstrumentId


def shares(
    ids: Iterable[InstrumentId],
    others: Mapping[InstrumentId, InstrumentId | None],
    carried: Mapping[InstrumentId, str],
    rooms: Mapping[str, int],
    capacity: int,
) -> tuple[dict[str, list[InstrumentId]], list[list[InstrumentId]]]:
    """What each conversation takes on, and what each of those that must be begun does.

    `others` tells the other outcome of each, `carried` who has what, `rooms` how much each one still takes.
    """
    left, taken, begun = dict(rooms), {name: list[InstrumentId]() for name in rooms}, list[list[InstrumentId]]()
    for group in _groups(ids, others):
        at_home = [carried[other] for each in group if (other := others.get(each)) and other in carried]
        place = next((name for name in (*at_home, *left) if left.get(name, 0) >= len(group)), None)
        if place is not None:
            taken[place] += group
            left[place] -= len(group)
        elif begun and len(begun[-1]) + len(group) <= capacity:
            begun[-1] += group
        else:
            begun.append(group)
    return {name: mine for name, mine in taken.items() if mine}, begun


def _groups(
    ids: Iterable[InstrumentId], others: Mapping[InstrumentId, InstrumentId | None]
) -> Iterator[list[InstrumentId]]:
    """Each with its other outcome, where that is among them."""
    waiting = dict.fromkeys(ids)
    while waiting:
        each = next(iter(waiting))
        del waiting[each]
        other = others.get(each)
        if other and other in waiting:
            del waiting[other]
            yield [each, other]
        else:
            yield [each]
