"""What is traded: perps of the main dex and of builders' dexes, spot pairs, outcomes of questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pmtui.core.units import DECIMALS, Qty
from pmtui.sim.crowd import Character
from pmtui.sim.hyperliquid.rules import PERP_DECIMALS, SPOT_DECIMALS

Kind = Literal["perp", "spot", "outcome"]

DEX_SLOT = 10_000
SPOT_ASSET, DEX_ASSET, OUTCOME_ASSET = 10_000, 100_000, 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Coin:
    """One market as the venue lists it; an outcome is one with two names, of which each side has its own."""

    kind: Kind
    names: tuple[str, ...]
    character: Character
    index: int
    """Its place among perps of its dex, the index of its pair, or the number of the outcome."""
    dex: str = ""
    leverage: int = 10
    """The most that a position may have."""
    base: int = 0
    """For a pair: the index of the token that is traded; the quote is always USDC."""
    title: str = ""
    """What people call it, for a token or an outcome."""
    description: str = ""
    opens: int = 0
    """Milliseconds after the opening when it is listed."""

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def size_decimals(self) -> int:
        grain, decimals = self.character.grain, DECIMALS
        while decimals and grain % 10 == 0:
            grain, decimals = Qty(grain // 10), decimals - 1
        return decimals

    @property
    def price_decimals(self) -> int:
        return (SPOT_DECIMALS if self.kind == "spot" else PERP_DECIMALS) - self.size_decimals


@dataclass(frozen=True, slots=True)
class Question:
    """Outcomes of which exactly one will come true."""

    number: int
    name: str
    description: str
    named: tuple[int, ...]
    fallback: int


@dataclass(frozen=True, slots=True)
class Token:
    """Something to hold on the spot market."""

    index: int
    name: str
    full_name: str | None
    size_decimals: int
    wei_decimals: int


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that the venue lists; the first dex is the main one and has no name."""

    coins: tuple[Coin, ...]
    dexes: tuple[str, ...]
    tokens: tuple[Token, ...]
    questions: tuple[Question, ...]


def asset_id(coin: Coin, side: int, dexes: tuple[str, ...]) -> int:
    """The number by which orders and some clients call a coin."""
    if coin.kind == "spot":
        return SPOT_ASSET + coin.index
    if coin.kind == "outcome":
        return OUTCOME_ASSET + 10 * coin.index + side
    if coin.dex:
        return DEX_ASSET + dexes.index(coin.dex) * DEX_SLOT + coin.index
    return coin.index
