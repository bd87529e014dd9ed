"""The lists of what is traded: perps by dex, tokens and pairs, outcomes and questions."""

from __future__ import annotations

from collections.abc import Iterable

from pmtui.core.units import ONE
from pmtui.sim.account import address_of, hash_of
from pmtui.sim.engine import YES
from pmtui.sim.hyperliquid.coins import Coin, Token
from pmtui.sim.hyperliquid.context import context
from pmtui.sim.hyperliquid.rules import decimal
from pmtui.sim.hyperliquid.world import Market, World

Row = dict[str, object]

_MARGIN_TABLES = {
    3: [("0.0", 3)],
    5: [("0.0", 5)],
    10: [("0.0", 10)],
    25: [("0.0", 25), ("100000000.0", 10)],
    40: [("0.0", 40), ("150000000.0", 20)],
}


def meta(world: World, dex: str) -> Row:
    """The perps of one dex, by their places."""
    perps = _perps(world, dex)
    universe = [
        {
            "szDecimals": market.coin.size_decimals,
            "name": market.coin.name,
            "maxLeverage": market.coin.leverage,
            "marginTableId": market.coin.leverage,
        }
        for market in perps
    ]
    tables = [
        [number, {"description": "", "marginTiers": [{"lowerBound": low, "maxLeverage": most} for low, most in tiers]}]
        for number, tiers in _MARGIN_TABLES.items()
        if any(market.coin.leverage == number for market in perps)
    ]
    return {"universe": universe, "marginTables": tables, "collateralToken": 0}


def meta_and_contexts(world: World, dex: str) -> list[object]:
    return [meta(world, dex), [context(market, YES, world) for market in _perps(world, dex)]]


def perp_dexs(world: World) -> list[Row | None]:
    """The main dex has no entry of its own."""
    built: list[Row | None] = [
        {
            "name": name,
            "fullName": f"{name} made-up markets",
            "deployer": address_of("deployer", world.seed, name),
            "oracleUpdater": None,
        }
        for name in world.catalogue.dexes[1:]
    ]
    return [None, *built]


def spot_meta(world: World) -> Row:
    pairs = [market.coin for market in world.markets if market.coin.kind == "spot"]
    return {
        "universe": [
            {"tokens": [coin.base, 0], "name": coin.name, "index": coin.index, "isCanonical": coin.index == 0}
            for coin in pairs
        ],
        "tokens": [_token(token, world.seed) for token in world.catalogue.tokens],
    }


def spot_meta_and_contexts(world: World) -> list[object]:
    pairs = [market for market in world.markets if market.coin.kind == "spot"]
    return [spot_meta(world), [context(market, YES, world) for market in pairs]]


def outcome_meta(world: World) -> Row:
    """Outcomes that are listed and not settled, and the questions that some of them belong to."""
    coins = [market.coin for market in world.markets if market.coin.kind == "outcome" and world.is_listed(market)]
    return {"outcomes": [spec(coin) for coin in coins], "questions": _questions(world)}


def settled_outcome(world: World, number: int) -> Row | None:
    """How an outcome ended; None for one that has not, or that nobody knows."""
    for market in world.markets:
        if market.coin.kind == "outcome" and market.coin.index == number and market.closed:
            fraction = decimal(ONE if market.engine.winner == YES else 0)
            return {"spec": spec(market.coin), "settleFraction": fraction, "details": _details(market)}
    return None


def spec(coin: Coin) -> Row:
    return {
        "outcome": coin.index,
        "name": coin.title,
        "description": coin.description,
        "sideSpecs": [{"name": "Yes"}, {"name": "No"}],
        "quoteToken": "USDC",
    }


def _perps(world: World, dex: str) -> list[Market]:
    return [market for market in world.markets if market.coin.kind == "perp" and market.coin.dex == dex]


def _token(token: Token, seed: int) -> Row:
    return {
        "name": token.name,
        "szDecimals": token.size_decimals,
        "weiDecimals": token.wei_decimals,
        "index": token.index,
        "tokenId": hash_of("token", seed, token.name)[:34],
        "isCanonical": token.index < 2,
        "evmContract": None,
        "fullName": token.full_name,
        "deployerTradingFeeShare": "0.0",
    }


def _questions(world: World) -> Iterable[Row]:
    settled = {market.coin.index for market in world.markets if market.coin.kind == "outcome" and market.closed}
    return [
        {
            "question": question.number,
            "name": question.name,
            "description": question.description,
            "fallbackOutcome": question.fallback,
            "namedOutcomes": question.named,
            "settledNamedOutcomes": [number for number in question.named if number in settled],
        }
        for question in world.catalogue.questions
    ]


def _details(market: Market) -> str:
    """The price that decided, on the right side of the target."""
    facts = dict(part.split(":", 1) for part in market.coin.description.split("|") if ":" in part)
    if "targetPrice" not in facts:
        return ""
    off = 21.5 if market.engine.winner == YES else -18.5
    return f"price:{float(facts['targetPrice']) + off}"
