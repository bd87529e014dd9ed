"""How a trade becomes final: the states it goes through, which way and how fast."""

from __future__ import annotations

from random import Random

MATCHED, MINED, CONFIRMED, RETRYING, FAILED = "MATCHED", "MINED", "CONFIRMED", "RETRYING", "FAILED"

MAY_FOLLOW: dict[str, tuple[str, ...]] = {
    MATCHED: (MINED, RETRYING, FAILED),
    RETRYING: (MINED, FAILED),
    MINED: (CONFIRMED, RETRYING),
    CONFIRMED: (),
    FAILED: (),
}
"""Every step that there is."""

_SMOOTH = (MINED, CONFIRMED)
_TROUBLED = (
    (RETRYING, MINED, CONFIRMED),
    (RETRYING, MINED, CONFIRMED),
    (RETRYING, FAILED),
    (RETRYING, FAILED),
    (FAILED,),
    (MINED, RETRYING, FAILED),
)
_WAITS = {MINED: (1_500, 5_000), CONFIRMED: (3_000, 9_000), RETRYING: (1_000, 4_000), FAILED: (2_000, 8_000)}


def way(random: Random, troubled: int) -> tuple[str, ...]:
    """The states that a matched trade will go through, if `troubled` of 1,000 do not settle smoothly."""
    return random.choice(_TROUBLED) if random.randrange(1_000) < troubled else _SMOOTH


def wait(random: Random, state: str) -> int:
    """Milliseconds until the next state."""
    return random.randrange(*_WAITS[state])
