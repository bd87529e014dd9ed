"""Markets and books as the CLOB's REST answers tell them."""

from __future__ import annotations

from pmtui.core.units import ONE, Px, plain, px
from pmtui.sim.engine import BUY, NO, YES
from pmtui.sim.polymarket import gamma
from pmtui.sim.polymarket.page import Page
from pmtui.sim.polymarket.wire import spread
from pmtui.sim.polymarket.world import Market, World, middle


def midpoint(page: Page, outcome: int) -> dict[str, str] | None:
    """Halfway between the touches, None unless there are two."""
    bid, ask = page.tops[outcome]
    return {"mid": plain((px(bid) + px(ask)) // 2)} if bid and ask else None


def price(page: Page, outcome: int, side: str) -> dict[str, str]:
    """What a buyer would pay, or a seller would get."""
    bid, ask = page.tops[outcome]
    return {"price": (ask if side == BUY else bid) or "0"}


def spread_of(page: Page, outcome: int) -> dict[str, str]:
    return {"spread": spread(*page.tops[outcome]) or "0"}


def last_trade_price(market: Market) -> dict[str, str]:
    last = market.engine.last_trade
    return {"price": "0.5", "side": ""} if last is None else {"price": plain(last.price), "side": last.side}


def tick_size(market: Market) -> dict[str, float]:
    return {"minimum_tick_size": gamma.number(market.engine.tick)}


def by_token(market: Market) -> dict[str, str]:
    """What a bare token id belongs to."""
    yes, no = market.listing.tokens
    return {"condition_id": market.listing.condition_id, "primary_token_id": yes, "secondary_token_id": no}


def short_form(market: Market) -> dict[str, object]:
    """A market in one or two letters a key."""
    listing = market.listing
    return {
        "c": listing.condition_id,
        "t": [{"t": token, "o": name} for token, name in zip(listing.tokens, listing.outcomes, strict=True)],
        "mts": gamma.number(market.engine.tick),
        "mos": int(listing.min_order_size),
        "nr": listing.neg_risk,
        "ao": not market.closed,
        "fd": {"r": 0, "e": 1, "to": True},
        "mbf": 0,
        "tbf": 0,
        "sd": 0,
        "gst": None,
    }


def long_form(market: Market, world: World) -> dict[str, object]:
    listing, engine = market.listing, market.engine
    yes = middle(engine) if engine.winner is None else ONE if engine.winner == YES else 0
    prices = (yes, ONE - yes)
    return {
        "enable_order_book": True,
        "active": True,
        "closed": market.closed,
        "archived": False,
        "accepting_orders": not market.closed,
        "minimum_order_size": int(listing.min_order_size),
        "minimum_tick_size": gamma.number(engine.tick),
        "condition_id": listing.condition_id,
        "question": listing.question,
        "description": listing.description,
        "market_slug": listing.slug,
        "end_date_iso": gamma.end_date(market, world),
        "game_start_time": None,
        "seconds_delay": 0,
        "neg_risk": listing.neg_risk,
        "tokens": [
            {
                "token_id": listing.tokens[outcome],
                "outcome": listing.outcomes[outcome],
                "price": gamma.number(prices[outcome]),
                "winner": engine.winner == outcome,
            }
            for outcome in (YES, NO)
        ],
        "tags": ["Made up"],
    }


def prices_history(market: Market, outcome: int, now: int, start: int, end: int, step: int) -> dict[str, object]:
    """The last price of each `step` seconds between two moments, all of them in seconds."""
    points: dict[int, Px] = {}
    for at, told in (*market.history, (now * 1000, middle(market.engine))):
        seconds = at // 1000
        if start <= seconds <= end:
            points[max(start, seconds // step * step)] = told if outcome == YES else Px(ONE - told)
    return {"history": [{"t": seconds, "p": gamma.number(told)} for seconds, told in points.items()]}
