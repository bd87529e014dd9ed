"""Market channel messages exactly as the venue writes them: key order, blanks, number texts, hashes.

Sources: `asyncapi` pages of docs.polymarket.com, and frames as they are published by client projects. Snapshots
are compact; what is told of books later has a blank behind each comma. A `new_market` was recorded compact, and
`market_resolved` is written like it: both tell of whole markets, and no recording says otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Literal, NamedTuple

import orjson

from pmtui.core.units import ONE, Px, px
from pmtui.sim.engine import NO, OTHER, YES, Fact, Level, Resolved, TickChanged, Trade
from pmtui.sim.polymarket.listing import Listing
from pmtui.sim.polymarket.page import Page, plain
from pmtui.sim.polymarket.world import Announced, Batch

Schema = Literal["present", "old", "flat"]
"""The three forms that `price_change` has had; `old` and `flat` are only met in old recordings."""

CUSTOM = frozenset({"best_bid_ask", "new_market", "market_resolved"})
"""Kinds that only connections with `custom_feature_enabled` receive."""


class Frame(NamedTuple):
    """One message for everybody who follows one of its tokens; no tokens: for everybody."""

    kind: str
    tokens: tuple[str, ...]
    text: bytes
    head: int = 0x81
    """The first byte of its websocket frame: a final text frame, unless a fault wants it otherwise."""

    def reaches(self, tokens: Collection[str], *, custom: bool) -> bool:
        """Whether a connection that follows `tokens` is told."""
        if self.kind in CUSTOM and not custom:
            return False
        return not self.tokens or any(token in tokens for token in self.tokens)


class Change(NamedTuple):
    """One token's view of a changed level."""

    outcome: int
    side: str
    price: str
    size: str


def snapshot(pages: Iterable[tuple[Page, int]]) -> bytes:
    """The answer to a subscription: an array with one full book for each token."""
    return b"[" + b",".join(_first_book(page, outcome) for page, outcome in pages) + b"]"


def frames(page: Page, batch: Batch, schema: Schema = "present") -> Iterator[Frame]:
    """Everything the venue says about one batch, in its order; `page` is brought up to date on the way."""
    before = page.tops
    for group in batch.groups:
        for fact in group:
            page.apply(fact)
    page.close(batch.at)
    # "best_bid_ask events arrive before the price_change that causes them", and a trade is announced
    # after the book that already contains it: both as recorded.
    moved = page.tops != before
    for step in _steps(batch.groups):
        if isinstance(step, TickChanged):
            yield from _tick_size_changes(page, step)
            continue
        if moved:
            yield from _best_bid_asks(page)
            moved = False
        yield from _WRITERS[schema](page, step)
    facts = [fact for group in batch.groups for fact in group]
    if any(isinstance(fact, TickChanged | Trade) for fact in facts):
        yield from (_later_book(page, outcome) for outcome in (YES, NO))
    for fact in facts:
        if isinstance(fact, Trade):
            yield _last_trade_price(page, fact)
        elif isinstance(fact, Resolved):
            yield _market_resolved(page, fact)


def new_market(announced: Announced) -> Frame:
    """A market that opens later; told to everybody who asked for custom features."""
    listing = announced.listing
    told = {
        "id": listing.id,
        "question": listing.question,
        "market": listing.condition_id,
        "slug": listing.slug,
        "description": listing.description,
        "assets_ids": listing.tokens,
        "outcomes": listing.outcomes,
        "event_message": _event(listing),
        "timestamp": str(announced.at),
        "event_type": "new_market",
        "tags": [],
        "condition_id": listing.condition_id,
        "active": False,
        "clob_token_ids": listing.tokens,
        "sports_market_type": "",
        "line": "",
        "game_start_time": "",
        "order_price_min_tick_size": plain(listing.character.tick),
        "group_item_title": listing.group,
        "taker_base_fee": "1000",
        "fees_enabled": True,
        "fee_schedule": {"exponent": "1", "rate": "0.07", "taker_only": True, "rebate_rate": "0.2"},
    }
    return Frame("new_market", (), orjson.dumps(told))


def _first_book(page: Page, outcome: int) -> bytes:
    bids, asks = page.levels(outcome)
    listing = page.listing
    return b"".join(
        (
            f'{{"market":"{listing.condition_id}","asset_id":"{listing.tokens[outcome]}","timestamp":"{page.stamp}",'
            f'"hash":"{page.hashes[outcome]}","bids":['.encode(),
            bids,
            b'],"asks":[',
            asks,
            f'],"tick_size":"{page.tick_size}","event_type":"book",'
            f'"last_trade_price":"{page.last_trade_price}"}}'.encode(),
        )
    )


def _later_book(page: Page, outcome: int) -> Frame:
    bids, asks = page.levels(outcome)
    listing = page.listing
    token = listing.tokens[outcome]
    text = b"".join(
        (
            f'{{"market":"{listing.condition_id}", "asset_id":"{token}", "bids":['.encode(),
            bids.replace(b",", b", "),
            b'], "asks":[',
            asks.replace(b",", b", "),
            f'], "hash":"{page.hashes[outcome]}", "timestamp":"{page.stamp}", "event_type":"book"}}'.encode(),
        )
    )
    return Frame("book", (token,), text)


def _steps(groups: Iterable[Sequence[Fact]]) -> Iterator[TickChanged | list[Change]]:
    """What became of levels and of their grid as it came about: no price is on a grid that was not told yet."""
    for group in groups:
        begins = 0
        for place, fact in enumerate(group):
            if isinstance(fact, TickChanged):
                yield from _price_changes(group[begins:place])
                yield fact
                begins = place + 1
        yield from _price_changes(group[begins:])


def _price_changes(group: Sequence[Fact]) -> list[list[Change]]:
    """The messages' worth of changed levels of one group, each level once with its last size.

    What is left of a taker's order is told in a message of its own before the levels that it took, so that for
    a moment the book looks crossed; the venue does that.
    """
    levels = {(fact.side, fact.price): fact for fact in group if isinstance(fact, Level)}
    takers = {fact.side if fact.outcome == YES else OTHER[fact.side] for fact in group if isinstance(fact, Trade)}
    first = [change for level in levels.values() if level.side in takers for change in _both(level)]
    rest = [change for level in levels.values() if level.side not in takers for change in _both(level)]
    return [changes for changes in (first, rest) if changes]


def _both(level: Level) -> tuple[Change, Change]:
    size = plain(level.size)
    return (
        Change(YES, level.side, plain(level.price), size),
        Change(NO, OTHER[level.side], plain(Px(ONE - level.price)), size),
    )


def _present(page: Page, changes: Sequence[Change]) -> Iterator[Frame]:
    """In force since September 2025: both tokens in one message, tops and hash in each entry."""
    listing, tokens = page.listing, page.listing.tokens
    ends = [
        f'"hash":"{page.hashes[outcome]}", "best_bid":"{page.tops[outcome][0] or "0"}", '
        f'"best_ask":"{page.tops[outcome][1] or "1"}"}}'
        for outcome in (YES, NO)
    ]
    entries = ", ".join(
        f'{{"asset_id":"{tokens[outcome]}", "price":"{price}", "size":"{size}", "side":"{side}", {ends[outcome]}'
        for outcome, side, price, size in changes
    )
    text = (
        f'{{"market":"{listing.condition_id}", "price_changes":[{entries}], '
        f'"timestamp":"{page.stamp}", "event_type":"price_change"}}'
    )
    yield Frame("price_change", tokens, text.encode())


def _old(page: Page, changes: Sequence[Change]) -> Iterator[Frame]:
    """Late 2024 to September 2025: one token a message."""
    listing = page.listing
    for outcome, token in enumerate(listing.tokens):
        entries = ", ".join(
            f'{{"price":"{price}", "side":"{side}", "size":"{size}"}}'
            for told, side, price, size in changes
            if told == outcome
        )
        text = (
            f'{{"asset_id":"{token}", "changes":[{entries}], "event_type":"price_change", '
            f'"hash":"{page.hashes[outcome]}", "market":"{listing.condition_id}", "timestamp":"{page.stamp}"}}'
        )
        yield Frame("price_change", (token,), text.encode())


def _flat(page: Page, changes: Sequence[Change]) -> Iterator[Frame]:
    """Before that: one level a message."""
    listing = page.listing
    for outcome, side, price, size in changes:
        token = listing.tokens[outcome]
        text = (
            f'{{"asset_id":"{token}", "event_type":"price_change", "hash":"{page.hashes[outcome]}", '
            f'"market":"{listing.condition_id}", "price":"{price}", "side":"{side}", "size":"{size}", '
            f'"timestamp":"{page.stamp}"}}'
        )
        yield Frame("price_change", (token,), text.encode())


_WRITERS = {"present": _present, "old": _old, "flat": _flat}


def _best_bid_asks(page: Page) -> Iterator[Frame]:
    for outcome, token in enumerate(page.listing.tokens):
        bid, ask = page.tops[outcome]
        yield Frame(
            "best_bid_ask",
            (token,),
            f'{{"event_type":"best_bid_ask", "market":"{page.listing.condition_id}", "asset_id":"{token}", '
            f'"best_bid":"{bid}", "best_ask":"{ask}", "spread":"{spread(bid, ask)}", '
            f'"timestamp":"{page.stamp}"}}'.encode(),
        )


def _tick_size_changes(page: Page, changed: TickChanged) -> Iterator[Frame]:
    for token in page.listing.tokens:
        yield Frame(
            "tick_size_change",
            (token,),
            f'{{"event_type":"tick_size_change", "asset_id":"{token}", "market":"{page.listing.condition_id}", '
            f'"old_tick_size":"{plain(changed.old)}", "new_tick_size":"{plain(changed.new)}", '
            f'"timestamp":"{page.stamp}"}}'.encode(),
        )


def _last_trade_price(page: Page, trade: Trade) -> Frame:
    listing = page.listing
    token = listing.tokens[trade.outcome]
    return Frame(
        "last_trade_price",
        (token,),
        f'{{"market":"{listing.condition_id}", "asset_id":"{token}", "price":"{plain(trade.price)}", '
        f'"size":"{plain(trade.size)}", "fee_rate_bps":"0", "side":"{trade.side}", "timestamp":"{page.stamp}", '
        f'"transaction_hash":"{transaction(listing, trade)}", "event_type":"last_trade_price"}}'.encode(),
    )


def _market_resolved(page: Page, resolved: Resolved) -> Frame:
    listing = page.listing
    told = {
        "event_type": "market_resolved",
        "id": listing.id,
        "market": listing.condition_id,
        "assets_ids": listing.tokens,
        "winning_asset_id": listing.tokens[resolved.winner],
        "winning_outcome": listing.outcomes[resolved.winner],
        "event_message": _event(listing),
        "timestamp": page.stamp,
        "tags": [],
    }
    return Frame("market_resolved", listing.tokens, orjson.dumps(told))


def spread(bid: str, ask: str) -> str:
    """The distance between two touches, empty where there is none."""
    return plain(px(ask) - px(bid)) if bid and ask else ""


def transaction(listing: Listing, trade: Trade) -> str:
    """A transaction hash: the same taker order always settles in the same one."""
    return f"0x{sha256(f'{listing.condition_id}/{trade.taker}'.encode()).hexdigest()}"


def _event(listing: Listing) -> dict[str, str]:
    return {
        "id": listing.event_id,
        "ticker": listing.event_slug,
        "slug": listing.event_slug,
        "title": listing.event_title,
        "description": listing.description,
    }
