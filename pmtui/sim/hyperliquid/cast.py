"""The made-up coins: well-known tickers at invented prices, each with a character; and any number for load tests."""

from __future__ import annotations

from dataclasses import replace

from pmtui.core.units import ONE, Px, px, qty
from pmtui.sim.crowd import Character
from pmtui.sim.hyperliquid.coins import Catalogue, Coin, Question, Token
from pmtui.sim.hyperliquid.rules import OUTCOME_TICK

_ANY_TICK = Px(ONE)  # a perp's or a pair's tick follows from its price

BUSY = Character(
    name="busy",
    tick=_ANY_TICK,
    fair=px("97420"),
    low=px("93000"),
    high=px("99900"),
    step=px("0.8"),
    depth=90,
    thinning=70,
    grain=qty("0.00001"),
    lot=90,
    weight=40,
    takers=60,
)
TENTHS = Character(
    name="a tenth",
    tick=_ANY_TICK,
    fair=px("3412.6"),
    low=px("3100"),
    high=px("3700"),
    step=px("0.08"),
    depth=70,
    thinning=90,
    grain=qty("0.0001"),
    lot=250,
    weight=24,
    takers=50,
)
CENTS = Character(
    name="ten cents, five decimals",
    tick=_ANY_TICK,
    fair=px("0.10247"),
    low=px("0.1004"),
    high=px("0.1049"),
    step=px("0.000002"),
    depth=50,
    thinning=120,
    grain=qty("1"),
    lot=30,
    weight=8,
)
BORDER = Character(
    name="crosses a figure border",
    tick=_ANY_TICK,
    fair=px("99.965"),
    low=px("99.95"),
    high=px("100.05"),
    step=px("0.0004"),
    drift=400_000,
    turns=20_000,
    depth=40,
    thinning=200,
    grain=qty("0.01"),
    lot=15,
    weight=12,
    takers=40,
)
QUIET = Character(
    name="quiet",
    tick=_ANY_TICK,
    fair=px("0.4128"),
    low=px("0.4"),
    high=px("0.43"),
    step=Px(0),
    depth=12,
    grain=qty("1"),
    lot=12,
    every=240_000,
)
SHARE = Character(
    name="a builder's dex",
    tick=_ANY_TICK,
    fair=px("431.7"),
    low=px("400"),
    high=px("460"),
    step=px("0.004"),
    depth=36,
    thinning=100,
    grain=qty("0.001"),
    lot=70,
    weight=6,
)
PAIR = Character(
    name="spot",
    tick=_ANY_TICK,
    fair=px("41.873"),
    low=px("38"),
    high=px("46"),
    step=px("0.0004"),
    depth=44,
    thinning=100,
    grain=qty("0.01"),
    lot=40,
    weight=8,
)
LEGACY = replace(
    PAIR,
    name="spot with a name",
    fair=px("0.18732"),
    low=px("0.17"),
    high=px("0.2"),
    step=px("0.000002"),
    grain=qty("1"),
    lot=20,
    weight=3,
)
DUST = Character(
    name="eight decimals",
    tick=_ANY_TICK,
    fair=px("0.00012345"),
    low=px("0.0001102"),
    high=px("0.0001398"),
    step=px("0.000000002"),
    depth=30,
    grain=qty("1"),
    lot=5_000,
    weight=3,
)
OUTCOME = Character(
    name="outcome",
    tick=OUTCOME_TICK,
    fair=px("0.41"),
    low=px("0.3"),
    high=px("0.5"),
    step=px("0.0001"),
    depth=34,
    thinning=400,
    grain=qty("1"),
    lot=6,
    weight=4,
)
ENDING = replace(
    OUTCOME,
    name="settles",
    fair=px("0.62"),
    low=px("0.35"),
    high=px("0.9"),
    step=px("0.0005"),
    ends=120_000,
)

_USDC = Token(0, "USDC", None, 8, 8)
_RACE = 1
_FALLBACK = 4


def demo(load: int = 0) -> Catalogue:
    """Six perps, three pairs, a question, a target price that is settled after two minutes, and its successor."""
    perps = (
        _perp("BTC", 0, BUSY, leverage=40),
        _perp("ETH", 1, TENTHS, leverage=25),
        _perp("DOGE", 2, CENTS),
        _perp("AVAX", 3, BORDER),
        _perp("MOTH", 4, QUIET, leverage=3),
        *(_perp(f"LOAD{number}", 4 + number, replace(BUSY, name="load", depth=40)) for number in range(1, load + 1)),
        Coin(kind="perp", names=("xyz:TSLA",), character=SHARE, index=0, dex="xyz", leverage=5),
    )
    pairs = (
        Coin(kind="spot", names=("PURR/USDC",), character=LEGACY, index=0, base=1, title="PURR"),
        Coin(kind="spot", names=("@107",), character=PAIR, index=107, base=150, title="HYPE"),
        Coin(kind="spot", names=("@230",), character=DUST, index=230, base=291, title="LINT"),
    )
    boats = (
        ("Silver Heron", "0.41", "0.32", "0.5"),
        ("Night Ferry", "0.3", "0.22", "0.38"),
        ("Marigold", "0.18", "0.12", "0.25"),
        ("Another boat", "0.09", "0.06", "0.13"),
    )
    outcomes = (
        *(
            _outcome(
                number,
                replace(OUTCOME, fair=px(fair), low=px(low), high=px(high)),
                title=boat,
                description=f"The boat that crosses the line first is {boat}.",
            )
            for number, (boat, fair, low, high) in enumerate(boats, 1)
        ),
        _outcome(5, ENDING, title="Recurring", description=_target(9_900, "{ends}")),
        _outcome(
            6,
            replace(ENDING, name="opens later", ends=None),
            title="Recurring",
            description=_target(9_950, "{next}"),
            opens=120_000,
        ),
    )
    question = Question(
        _RACE, "Lantern Regatta Winner", "Which boat wins the Lantern Regatta?", (1, 2, 3), fallback=_FALLBACK
    )
    tokens = (
        _USDC,
        Token(1, "PURR", None, 0, 5),
        Token(150, "HYPE", "Hyperliquid", 2, 8),
        Token(291, "LINT", "Pocket lint", 0, 5),
    )
    return Catalogue((*perps, *pairs, *outcomes), ("", "xyz"), tokens, (question,))


def load(coins: int) -> Catalogue:
    """Nothing but so many busy perps."""
    perps = tuple(
        _perp(f"LOAD{number}", number - 1, replace(BUSY, name="load", depth=40)) for number in range(1, coins + 1)
    )
    return Catalogue(perps, ("",), (_USDC,), ())


def _perp(name: str, index: int, character: Character, *, leverage: int = 10) -> Coin:
    return Coin(kind="perp", names=(name,), character=character, index=index, leverage=leverage)


def _outcome(number: int, character: Character, *, title: str, description: str, opens: int = 0) -> Coin:
    names = tuple(f"#{10 * number + side}" for side in (0, 1))
    return Coin(
        kind="outcome",
        names=names,
        character=character,
        index=number,
        title=title,
        description=description,
        opens=opens,
    )


def _target(price: int, expiry: str) -> str:
    """What the venue writes about an outcome that a price decides; the expiry is known when a world opens."""
    return f"class:priceBinary|underlying:COPPER|expiry:{expiry}|targetPrice:{price}|period:2m"
