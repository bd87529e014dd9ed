"""The made-up markets: eight entries for the demo, any number for load tests."""

from __future__ import annotations

from dataclasses import replace

from pmtui.core.units import px
from pmtui.sim.crowd import Character
from pmtui.sim.engine import BUY
from pmtui.sim.polymarket.listing import Draft

BUSY = Character(
    name="busy",
    tick=px("0.01"),
    fair=px("0.52"),
    low=px("0.36"),
    high=px("0.64"),
    step=px("0.001"),
    depth=44,
    lot=140,
    weight=40,
)
FINE = Character(
    name="fine tick",
    tick=px("0.001"),
    fair=px("0.318"),
    low=px("0.2"),
    high=px("0.8"),
    step=px("0.0002"),
    depth=80,
    lot=260,
    weight=22,
)
QUARTER = Character(
    name="quarter tick",
    tick=px("0.0025"),
    fair=px("0.5225"),
    low=px("0.2"),
    high=px("0.8"),
    step=px("0.0004"),
    depth=60,
    lot=60,
    weight=14,
)
DRIFTER = Character(
    name="crosses 0.96",
    tick=px("0.01"),
    fair=px("0.942"),
    low=px("0.94"),
    high=px("0.996"),
    step=px("0.0002"),
    drift=px("0.0001"),
    depth=40,
    lot=90,
    weight=14,
)
QUIET = Character(
    name="quiet",
    tick=px("0.01"),
    fair=px("0.31"),
    low=px("0.25"),
    high=px("0.36"),
    step=px("0"),
    depth=14,
    lot=40,
    every=240_000,
)
ONE_SIDED = Character(
    name="one-sided",
    tick=px("0.001"),
    fair=px("0.991"),
    low=px("0.988"),
    high=px("0.993"),
    step=px("0.0001"),
    depth=30,
    weight=3,
    sides=(BUY,),
)
ENDING = Character(
    name="resolves",
    tick=px("0.01"),
    fair=px("0.61"),
    low=px("0.3"),
    high=px("0.9"),
    step=px("0.0015"),
    depth=30,
    lot=50,
    weight=6,
    ends=120_000,
)
OUTCOME = Character(
    name="one of several",
    tick=px("0.01"),
    fair=px("0.41"),
    low=px("0.3"),
    high=px("0.5"),
    step=px("0.0006"),
    depth=28,
    weight=3,
)

_RACE = "Lantern Regatta Winner"


def demo() -> tuple[Draft, ...]:
    """Eight entries, the last of them an event with four markets."""
    return (
        Draft("Will the Aurora Line open to passengers before July?", "aurora-line-open-before-july", BUSY),
        Draft("Will Meridian Motors deliver 400,000 cars this year?", "meridian-motors-400k-cars", FINE),
        Draft("Gulls vs. Foxes", "harbor-gulls-northfield-foxes", QUARTER, outcomes=("Gulls", "Foxes")),
        Draft("Will the Kestrel-4 launch slip past Friday?", "kestrel-4-launch-slip-past-friday", DRIFTER),
        Draft("Will the Old Mill Bridge be listed as a monument?", "old-mill-bridge-listed", QUIET),
        Draft("Will tomorrow have a sunrise in Port Ellery?", "sunrise-in-port-ellery-tomorrow", ONE_SIDED),
        Draft("Copper above 9,900 at the noon fixing?", "copper-above-9900-noon-fixing", ENDING),
        *(
            Draft(
                f"Will {boat} win the Lantern Regatta?",
                f"will-{boat.lower().replace(' ', '-')}-win-the-lantern-regatta",
                replace(OUTCOME, fair=px(fair), low=px(low), high=px(high)),
                event=_RACE,
                group=boat,
            )
            for boat, fair, low, high in (
                ("Silver Heron", "0.41", "0.32", "0.5"),
                ("Night Ferry", "0.3", "0.22", "0.38"),
                ("Marigold", "0.18", "0.12", "0.25"),
                ("Blue Lantern", "0.09", "0.06", "0.13"),
            )
        ),
    )


def load(books: int) -> tuple[Draft, ...]:
    """`books` more markets of the busy kind, for load tests."""
    return tuple(
        Draft(f"Will load test {number} hold?", f"load-test-{number}", replace(BUSY, name="load", depth=30))
        for number in range(1, books + 1)
    )


def upcoming(number: int) -> Draft:
    """A market that is announced but does not open while anybody watches."""
    question = f"Will the tide in Port Ellery pass 2.1 m at high water {number}?"
    return Draft(question, f"port-ellery-tide-{number}", BUSY)
