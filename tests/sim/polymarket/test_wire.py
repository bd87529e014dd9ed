"""Messages byte for byte as the venue writes them, with hashes that a naive reader can recompute."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import orjson
import pytest

from pmtui.core.units import Millis, px, qty
from pmtui.sim.engine import BUY, NO, SELL, YES, Engine
from pmtui.sim.polymarket.cast import BUSY, DRIFTER
from pmtui.sim.polymarket.exchange import history
from pmtui.sim.polymarket.listing import Draft, listed
from pmtui.sim.polymarket.page import NEVER_QUOTED, Page, last_price_text
from pmtui.sim.polymarket.wire import Schema, frames, snapshot
from pmtui.sim.polymarket.world import Batch, Market, World
from tests.sim.polymarket.worlds import demo_world

from .readers import NaiveBook, messages, naive_hash

AT = Millis(1_800_000_000_123)


def market() -> Market:
    """A listed market whose book is still empty."""
    listing = listed(Draft("Will it rain?", "will-it-rain", BUSY), seed=1)
    return Market(listing, Engine(BUSY.tick, AT), crowd=None)  # type: ignore[arg-type]


def told(page: Page, subject: Market, schema: Schema = "present") -> list[tuple[str, dict[str, Any]]]:
    """What the wire says about all that happened since the last time."""
    batch = Batch(AT, subject, [subject.engine.drain()])
    return [(frame.kind, orjson.loads(frame.text)) for frame in frames(page, batch, schema)]


def test_the_hash_of_the_published_vector() -> None:
    book = {
        "market": "0xaabbcc",
        "asset_id": "100",
        "timestamp": "123456789",
        "hash": "",
        "bids": [{"price": "0.3", "size": "100"}, {"price": "0.4", "size": "100"}],
        "asks": [{"price": "0.6", "size": "100"}, {"price": "0.7", "size": "100"}],
        "min_order_size": "100",
        "tick_size": "0.01",
        "neg_risk": False,
        "last_trade_price": "0.5",
    }
    assert naive_hash(book) == "0458ea5755c9f73d64a14636fa5c36ed460ec394"


def test_a_page_agrees_with_the_naive_hash_of_its_own_text() -> None:
    subject = market()
    subject.engine.place(AT, BUY, px("0.4"), qty("100"))
    subject.engine.place(AT, SELL, px("0.6"), qty("12.5"))
    page = Page(subject.listing, subject.engine)
    for outcome in (YES, NO):
        whole = orjson.loads(page.whole(outcome))
        assert whole["hash"] == naive_hash(whole)
        assert list(whole)[:4] == ["market", "asset_id", "timestamp", "hash"]


def test_a_book_that_was_never_quoted_has_a_hash_of_zeros() -> None:
    subject = market()
    first = messages(snapshot([(Page(subject.listing, subject.engine), YES)]))[0]
    assert (first["bids"], first["asks"], first["last_trade_price"]) == ([], [], "")
    assert first["hash"] == NEVER_QUOTED


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.torture) for seed in range(2, 12))])
def test_every_hash_of_a_busy_stream_can_be_recomputed_and_every_told_top_is_right(seed: int) -> None:
    """The venue's own rules: judge when a timestamp's batch has ended, take the last trade price as announced."""
    world = demo_world(seed=seed, rate=300)
    deque(world.step(15_000), maxlen=0)  # the drifter's tick is about to change
    followed = [token for place in (0, 2, 3, 7) for token in world.markets[place].listing.tokens]
    books: dict[str, NaiveBook] = defaultdict(NaiveBook)
    checked = 0
    batch: dict[str, tuple[str, str, dict[str, Any]]] = {}  # token -> market, timestamp, last entry
    prices: dict[str, str] = {}

    def judge() -> None:
        nonlocal checked
        for token, (condition, timestamp, entry) in batch.items():
            listing = world.by_token[token].listing
            last = prices.get(condition, books[token].ingredients["last_trade_price"])
            assert entry["hash"] == books[token].hash(
                condition, token, timestamp, neg_risk=listing.neg_risk, last_trade_price=last
            )
            if "best_bid" in entry:
                assert (entry["best_bid"], entry["best_ask"]) == (books[token].top("BUY"), books[token].top("SELL"))
            checked += 1
        batch.clear()

    now = None
    for at, frame in history(world, followed, 15, custom=False):
        if at != now:
            judge()
            now = at
        for message in messages(frame):
            kind = message["event_type"]
            if kind == "book":
                books[message["asset_id"]].replace(message)
                batch[message["asset_id"]] = (message["market"], message["timestamp"], message)
            elif kind == "price_change":
                for entry in message["price_changes"]:
                    books[entry["asset_id"]].change(entry)
                    batch[entry["asset_id"]] = (message["market"], message["timestamp"], entry)
            elif kind == "tick_size_change":
                books[message["asset_id"]].ingredients["tick_size"] = message["new_tick_size"]
            elif kind == "last_trade_price":
                prices[message["market"]] = last_price_text(px(message["price"]))
    judge()
    assert checked > 4_000
    assert any(book.ingredients["tick_size"] == "0.001" for book in books.values())


def test_the_first_array_is_compact_and_names_tick_and_last_price() -> None:
    world = demo_world()
    _, first = next(history(world, world.markets[0].listing.tokens, 0))
    assert b", " not in first
    assert re.match(rb'\[\{"market":"0x[0-9a-f]{64}","asset_id":"\d+","timestamp":"\d{13}","hash":"', first)
    book = messages(first)[0]
    assert list(book) == [
        "market",
        "asset_id",
        "timestamp",
        "hash",
        "bids",
        "asks",
        "tick_size",
        "event_type",
        "last_trade_price",
    ]
    bids, asks = ([px(level["price"]) for level in book[side]] for side in ("bids", "asks"))
    assert bids == sorted(bids)
    assert asks == sorted(asks, reverse=True)


def test_a_price_change_names_both_tokens_with_the_venues_blanks() -> None:
    subject = market()
    page = Page(subject.listing, subject.engine)
    subject.engine.place(AT, BUY, px("0.49"), qty("55"))
    [frame] = [
        frame for frame in frames(page, Batch(AT, subject, [subject.engine.drain()])) if frame.kind == "price_change"
    ]
    yes, no = subject.listing.tokens
    assert frame.text.decode() == (
        f'{{"market":"{subject.listing.condition_id}", "price_changes":['
        f'{{"asset_id":"{yes}", "price":"0.49", "size":"55", "side":"BUY", "hash":"{page.hashes[YES]}", '
        f'"best_bid":"0.49", "best_ask":"1"}}, '
        f'{{"asset_id":"{no}", "price":"0.51", "size":"55", "side":"SELL", "hash":"{page.hashes[NO]}", '
        f'"best_bid":"0", "best_ask":"0.51"}}], "timestamp":"{AT}", "event_type":"price_change"}}'
    )
    assert frame.tokens == (yes, no)


def test_a_trade_is_told_as_changes_then_books_then_the_price() -> None:
    subject = market()
    subject.engine.place(AT, SELL, px("0.5"), qty("10"))
    subject.engine.drain()
    page = Page(subject.listing, subject.engine)
    subject.engine.place(AT, BUY, px("0.52"), qty("12"))
    kinds = [kind for kind, _ in told(page, subject) if kind != "best_bid_ask"]
    assert kinds == ["price_change", "price_change", "book", "book", "last_trade_price"]


def test_what_is_left_of_a_taker_is_told_before_what_it_took() -> None:
    subject = market()
    subject.engine.place(AT, SELL, px("0.5"), qty("10"))
    subject.engine.drain()
    page = Page(subject.listing, subject.engine)
    subject.engine.place(AT, BUY, px("0.52"), qty("12"))
    first, second = [message["price_changes"][0] for kind, message in told(page, subject) if kind == "price_change"]
    assert (first["side"], first["price"], first["size"]) == ("BUY", "0.52", "2")
    assert (second["side"], second["price"], second["size"]) == ("SELL", "0.5", "0")
    assert first["best_bid"] == second["best_bid"] == "0.52"
    assert first["hash"] == second["hash"]


def test_the_last_trade_price_is_in_the_books_of_both_tokens_as_the_taker_saw_it() -> None:
    subject = market()
    subject.engine.place(AT, BUY, px("0.6"), qty("10"))
    page = Page(subject.listing, subject.engine)
    subject.engine.place(AT, BUY, px("0.4"), qty("4"), outcome=NO)
    trade = next(message for kind, message in told(page, subject) if kind == "last_trade_price")
    assert (trade["asset_id"], trade["side"], trade["price"], trade["size"]) == (
        subject.listing.tokens[NO],
        "BUY",
        "0.4",
        "4",
    )
    assert re.fullmatch("0x[0-9a-f]{64}", trade["transaction_hash"])
    assert {book["last_trade_price"] for book in messages(snapshot([(page, YES), (page, NO)]))} == {"0.400"}


def test_a_tick_change_is_told_for_each_token_and_followed_by_fresh_books() -> None:
    subject = market()
    subject.engine.place(AT, BUY, px("0.97"), qty("10"))
    subject.engine.drain()
    page = Page(subject.listing, subject.engine)
    subject.engine.retick(AT, px("0.001"))
    said = told(page, subject)
    assert [kind for kind, _ in said] == ["tick_size_change", "tick_size_change", "book", "book"]
    assert [message["asset_id"] for _, message in said] == [*subject.listing.tokens, *subject.listing.tokens]
    assert (said[0][1]["old_tick_size"], said[0][1]["new_tick_size"]) == ("0.01", "0.001")
    assert "tick_size" not in said[2][1]


SWING = replace(
    DRIFTER,
    fair=px("0.93"),
    low=px("0.9"),
    high=px("0.99"),
    step=px("0.001"),
    drift=px("0.008"),
    turns=1_000,
    depth=10,
)
"""Crosses the borders of the finer grid again and again."""


@pytest.mark.parametrize(
    ("rate", "seconds"), [(60, 30), (5_000, 2), pytest.param(20_000, 10, marks=pytest.mark.torture)]
)
@pytest.mark.parametrize("schema", ["present", "old", "flat"])
def test_no_price_is_told_that_is_off_the_grid_told_last(rate: float, seconds: int, schema: Schema) -> None:
    world = World([Draft("Q?", "q", SWING)], seed=7, rate=rate)
    grids: dict[str, int] = {}
    told = set()
    for _, frame in history(world, world.markets[0].listing.tokens, seconds, schema=schema):
        for message in messages(frame):
            if message["event_type"] == "tick_size_change":
                assert grids[message["asset_id"]] == px(message["old_tick_size"])
                grids[message["asset_id"]] = px(message["new_tick_size"])
                told.add(message["new_tick_size"])
            elif "tick_size" in message:
                grids[message["asset_id"]] = px(message["tick_size"])
            for token, price in prices(message):
                assert price % grids[token] == 0, message
    assert told == {"0.01", "0.001"}


read = cache(px)  # the same few hundred texts, two million times


def prices(message: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Every price in a message, and of which token it is."""
    for entry in message.get("price_changes") or message.get("changes") or [message]:
        if token := entry.get("asset_id", message.get("asset_id")):
            levels = [*entry.get("bids", ()), *entry.get("asks", ())]
            named = [entry.get(key) for key in ("price", "best_bid", "best_ask")]
            yield from ((token, read(text)) for text in (*named, *(level["price"] for level in levels)) if text)


def test_a_finer_grid_is_told_before_what_stands_on_it_and_a_coarser_one_after_what_it_removed() -> None:
    subject = market()
    page = Page(subject.listing, subject.engine)
    kinds = []
    for tick, others in (("0.001", "0.962"), ("0.01", "0.95")):
        subject.engine.retick(AT, px(tick))
        first = subject.engine.drain()
        subject.engine.place(AT, BUY, px(others), qty("10"))
        batch = Batch(AT, subject, [first, subject.engine.drain()])
        kinds.append([frame.kind for frame in frames(page, batch) if subject.listing.tokens[YES] in frame.tokens])
    assert kinds[0] == ["tick_size_change", "best_bid_ask", "price_change", "book"]
    assert kinds[1] == ["best_bid_ask", "price_change", "tick_size_change", "price_change", "book"]


def test_best_bid_ask_comes_before_the_change_that_causes_it_with_empty_text_for_an_empty_side() -> None:
    subject = market()
    page = Page(subject.listing, subject.engine)
    subject.engine.place(AT, BUY, px("0.4"), qty("10"))
    said = told(page, subject)
    assert [kind for kind, _ in said] == ["best_bid_ask", "best_bid_ask", "price_change"]
    assert (said[0][1]["best_bid"], said[0][1]["best_ask"], said[0][1]["spread"]) == ("0.4", "", "")
    assert (said[1][1]["best_bid"], said[1][1]["best_ask"]) == ("", "0.6")


def test_the_resolution_names_the_winner() -> None:
    subject = market()
    page = Page(subject.listing, subject.engine)
    subject.engine.resolve(AT, NO)
    [(kind, message)] = told(page, subject)
    assert kind == "market_resolved"
    assert message["winning_asset_id"] == subject.listing.tokens[NO]
    assert message["winning_outcome"] == "No"


@pytest.mark.parametrize(("schema", "keys"), [("old", {"changes"}), ("flat", {"price", "side", "size"})])
def test_the_older_schemas_have_one_token_a_message(schema: Schema, keys: set[str]) -> None:
    subject = market()
    page = Page(subject.listing, subject.engine)
    subject.engine.place(AT, BUY, px("0.4"), qty("10"))
    changes = [message for kind, message in told(page, subject, schema) if kind == "price_change"]
    assert [change["asset_id"] for change in changes] == list(subject.listing.tokens)
    assert all(set(change) == {"asset_id", "event_type", "hash", "market", "timestamp"} | keys for change in changes)


@pytest.mark.parametrize(("price", "text"), [("0.5", "0.500"), ("0.008", "0.008"), ("0.5225", "0.5225")])
def test_the_last_price_in_a_book_has_three_decimals_where_three_can_tell_it(price: str, text: str) -> None:
    assert last_price_text(px(price)) == text


def test_a_batch_of_several_groups_ends_with_one_hash() -> None:
    world = World([Draft("Q?", "q", BUSY)], seed=1, rate=40_000)
    batch = next(each for each in world.step(1_000) if isinstance(each, Batch) and len(each.groups) > 2)
    page = Page(world.markets[0].listing, world.markets[0].engine)
    changes = [orjson.loads(frame.text) for frame in frames(page, batch) if frame.kind == "price_change"]
    assert len(changes) > 2
    assert len({entry["hash"] for change in changes for entry in change["price_changes"]}) == 2
