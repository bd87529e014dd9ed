"""Markets and events as Gamma tells them, with its habits: lists inside strings, numbers beside strings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import orjson

from pmtui.core.units import ONE, Px, plain
from pmtui.sim.engine import YES
from pmtui.sim.polymarket.world import Market, World, middle

_YEAR = 365 * 86_400_000
_DAYS_ORDERS = 60
"""How many of the usual size traded in the day before the opening, for each part of the messages that is its own."""


def number(value: int) -> float:
    """A price as the bare JSON number that Gamma and some CLOB answers use; never read back into a book."""
    return float(plain(value))


def end_date(market: Market, world: World) -> str:
    """When trading is due to end."""
    ends = market.listing.character.ends
    return _date(world.epoch + (ends or _YEAR))


def market(market: Market, world: World, *, with_event: bool) -> dict[str, object]:
    """A market; inside an event it does not name the event again."""
    listing, engine = market.listing, market.engine
    bid, ask = engine.bids.best, engine.asks.best
    price = middle(engine) if engine.winner is None else Px(ONE if engine.winner == YES else 0)
    worth = _turnover(market)
    volume = number(worth)
    liquidity = number(sum(size for side in (engine.bids, engine.asks) for _, size in side))
    told: dict[str, object] = {
        "id": listing.id,
        "question": listing.question,
        "conditionId": listing.condition_id,
        "slug": listing.slug,
        "description": listing.description,
        "outcomes": _listed(listing.outcomes),
        "outcomePrices": _listed((plain(price), plain(ONE - price))),
        "clobTokenIds": _listed(listing.tokens),
        "groupItemTitle": listing.group,
        "startDate": _date(world.epoch - 86_400_000),
        "endDate": end_date(market, world),
        "endDateIso": end_date(market, world)[:10],
        "active": True,
        "closed": market.closed,
        "archived": False,
        "restricted": False,
        "acceptingOrders": not market.closed,
        "enableOrderBook": True,
        "negRisk": listing.neg_risk,
        "orderPriceMinTickSize": number(engine.tick),
        "orderMinSize": int(listing.min_order_size),
        "volume": plain(worth),
        "volumeNum": volume,
        "volume24hr": volume,
        "volume1wk": volume,
        "liquidity": str(liquidity),
        "liquidityNum": liquidity,
        "bestBid": number(bid or 0),
        "bestAsk": number(ask or ONE),
        "spread": number((ask or ONE) - (bid or 0)),
        "lastTradePrice": number(engine.last_trade.price if engine.last_trade else 0),
        "oneDayPriceChange": number(price) - number(market.history[0][1]),
        "feesEnabled": False,
    }
    if market.closed:
        told |= {"umaResolutionStatus": "resolved", "closedTime": _date(engine.at)}
    if with_event:
        told["events"] = [_head([market], world)]
    return told


def event(markets: Sequence[Market], world: World) -> dict[str, object]:
    """An event with all of its markets."""
    return _head(markets, world) | {"markets": [market(each, world, with_event=False) for each in markets]}


def events(world: World) -> list[dict[str, object]]:
    """All events there are."""
    return [event(markets, world) for markets in _by_event(world)]


def _by_event(world: World) -> list[list[Market]]:
    events: dict[str, list[Market]] = {}
    for each in world.markets:
        events.setdefault(each.listing.event_slug, []).append(each)
    return list(events.values())


def search(words: str, most: int, world: World, *, active: bool = False) -> dict[str, object]:
    """The events in whose titles or questions all the words occur; the active ones have a market still open."""
    wanted = words.lower().split()
    found = [
        markets
        for markets in _by_event(world)
        if all(word in _text(markets) for word in wanted) and not (active and all(market.closed for market in markets))
    ]
    return {
        "events": [event(markets, world) for markets in found[:most]],
        "tags": [],
        "profiles": [],
        "pagination": {"hasMore": len(found) > most, "totalResults": len(found)},
    }


def _turnover(market: Market) -> int:
    """What was paid in a day and since the opening: the crowd was there before."""
    character = market.listing.character
    return character.lot * character.weight * _DAYS_ORDERS * character.fair + market.engine.turnover


def _head(markets: Sequence[Market], world: World) -> dict[str, object]:
    """An event without its markets; here volume is a number."""
    listing = markets[0].listing
    return {
        "id": listing.event_id,
        "ticker": listing.event_slug,
        "slug": listing.event_slug,
        "title": listing.event_title,
        "description": listing.description,
        "startDate": _date(world.epoch - 86_400_000),
        "endDate": end_date(markets[0], world),
        "active": True,
        "closed": all(each.closed for each in markets),
        "archived": False,
        "enableOrderBook": True,
        "negRisk": listing.neg_risk,
        "volume": number(sum(map(_turnover, markets))),
        "volume24hr": number(sum(map(_turnover, markets))),
        "liquidity": 0,
    }


def _text(markets: Sequence[Market]) -> str:
    names = (f"{each.listing.question} {each.listing.slug} {each.listing.group}" for each in markets)
    return f"{markets[0].listing.event_title} {' '.join(names)}".lower()


def _listed(values: Sequence[str]) -> str:
    """A list as text inside a string, with Gamma's blank after the comma."""
    return "[" + ", ".join(orjson.dumps(value).decode() for value in values) + "]"


def _date(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
