"""What the venue says around a book: mark, oracle, funding, open interest, the day before."""

from __future__ import annotations

from itertools import islice
from random import Random

from pmtui.core.units import ONE, Px, floor_to, plain
from pmtui.sim.engine import NO
from pmtui.sim.hyperliquid.rules import decimal, product, ratio
from pmtui.sim.hyperliquid.world import Market, World

Row = dict[str, object]

_HOUR = 3_600_000
_DAY = 24 * _HOUR
_MOST_FUNDINGS = 500
"""In one answer: "time-range answers are paged"."""
_INTEREST = 25_000
_SUPPLY = 900_000
_USUAL_FUNDING = 12_500  # billionths an hour: "0.01% every 8 hours"
_CALM = 500_000  # billionths of premium within which the funding stays the usual


def context(market: Market, outcome: int, world: World) -> Row:
    """What a coin's context feed and the lists of contexts tell; perps tell more than the rest."""
    day = _day(market, outcome, world)
    middle = market.middle(outcome)
    told: Row = {"markPx": decimal(mark(market, outcome)), "midPx": None if middle is None else decimal(middle)}
    if market.coin.kind != "perp":
        supply = decimal(_lots(market, _SUPPLY))
        return day | told | {"circulatingSupply": supply, "coin": market.coin.names[outcome], "totalSupply": supply}
    oracle = spot_price(market)
    premium = (middle or oracle) - oracle
    interest = _lots(market, _INTEREST) + market.engine.volume // 7
    return {
        "funding": _funding(premium, oracle),
        "openInterest": decimal(interest),
        "prevDayPx": day["prevDayPx"],
        "dayNtlVlm": day["dayNtlVlm"],
        "premium": None if middle is None else ratio(premium, oracle, 10),
        "oraclePx": decimal(oracle),
        "markPx": told["markPx"],
        "midPx": told["midPx"],
        "impactPxs": None if middle is None else [decimal(touch.price) for touch in market.touches() if touch],
        "dayBaseVlm": day["dayBaseVlm"],
    }


def fundings(market: Market, start: int, end: int) -> list[Row]:
    """What was paid at each hour in a time, oldest first, as much as goes into one answer; only perps pay."""
    if market.coin.kind != "perp":
        return []
    hours = range(max(start, 0) // _HOUR, end // _HOUR + 1)
    paid = (_paid(market, hour) for hour in hours)
    return list(islice((row for at, row in paid if start <= at <= end), _MOST_FUNDINGS))


def _paid(market: Market, hour: int) -> tuple[int, Row]:
    """An hour's payment: by whichever premium there was, made up as the rest of the past is."""
    random = Random(f"{market.coin.name}/funding/{hour}")
    at, premium = hour * _HOUR + random.randrange(200), random.randrange(-2 * _CALM // 3, _CALM)
    told = {
        "coin": market.coin.name,
        "fundingRate": _funding(premium, ONE),
        "premium": ratio(premium, ONE, 10),
        "time": at,
    }
    return at, told


def mark(market: Market, outcome: int = 0) -> Px:
    """The price at which positions are valued."""
    price = market.crowd.fair
    price = Px(max(floor_to(price, market.engine.tick_at(price)), 1))
    return Px(ONE - price) if outcome == NO else price


def spot_price(market: Market) -> Px:
    """What the oracle says: near the mark, a little behind it."""
    price = Px(market.crowd.fair - market.crowd.fair // 4_000)
    return Px(floor_to(price, market.engine.tick_at(price)))


def _day(market: Market, outcome: int, world: World) -> Row:
    before = market.candles.price(min(world.now - _DAY, market.candles.opened))
    before = Px(ONE - before) if outcome == NO else before
    past = market.candles.traded_before(world.now - _DAY)
    size = past + market.engine.volume
    paid = product(before, past) + market.turnover
    # "1516669192.1953897476": what is counted in floats has many decimals, and so must ours.
    return {"prevDayPx": decimal(before), "dayNtlVlm": f"{plain(paid // 10 * 10 + 7)}3", "dayBaseVlm": decimal(size)}


def _lots(market: Market, lots: int) -> int:
    """So many orders of the usual size."""
    character = market.coin.character
    return character.grain * 100 * character.lot * lots // 10


def _funding(premium: int, oracle: int) -> str:
    """An hour's funding, which follows the premium where that is large."""
    share = premium * ONE // oracle
    if abs(share) <= _CALM:
        return ratio(_USUAL_FUNDING, ONE, 10)
    return ratio(share // 8 + _USUAL_FUNDING, ONE, 10)
