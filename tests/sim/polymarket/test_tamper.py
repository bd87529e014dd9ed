"""Every fault that acts on messages, seen on the wire in virtual time."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import orjson
import pytest

from pmtui.core.units import px
from pmtui.sim.polymarket.exchange import Exchange, history
from pmtui.sim.polymarket.garbage import FATAL, catalogue
from tests.sim.polymarket.worlds import demo_world

from .readers import NaiveBook, messages

Told = list[dict[str, Any]]


def stream(plan: str, seconds: int = 10, *, rate: float = 100, place: int = 0) -> list[bytes]:
    """The frames about one market under a plan, in which YES and NO stand for its tokens."""
    world = demo_world(rate=rate)
    yes, no = world.markets[place].listing.tokens
    plan = plan.replace("YES", yes).replace("NO", no)
    return [frame for _, frame in history(world, (yes, no), seconds, plan=plan, custom=False)]


def plain_stream(seconds: int = 10) -> list[bytes]:
    return stream("", seconds)


def kinds(frames: list[bytes]) -> Counter[str]:
    return Counter(message["event_type"] for frame in frames for message in messages(frame))


def test_freeze_sends_nothing_while_the_engine_moves_on() -> None:
    world = demo_world(rate=100)
    exchange = Exchange(world)
    wanted = world.markets[0].listing.tokens
    exchange.ask("freeze 5")
    assert exchange.snapshot(wanted) is None
    before = world.markets[0].sequence
    assert not list(exchange.step(4_900, wanted))
    assert world.markets[0].sequence > before
    assert list(exchange.step(2_000, wanted))
    assert exchange.snapshot(wanted) is not None


def test_mute_silences_one_token_and_leaves_its_complement() -> None:
    frames = stream("mute YES 60")
    yes, no = demo_world().markets[0].listing.tokens
    text = b"".join(frames)
    assert yes.encode() not in text
    assert no.encode() in text
    assert kinds(frames)["price_change"] > 50


def test_nobook_withholds_the_first_book_only() -> None:
    frames = stream("nobook YES")
    yes, no = demo_world().markets[0].listing.tokens
    assert [book["asset_id"] for book in messages(frames[0])] == [no]
    assert yes.encode() in b"".join(frames[1:])


def test_drop_takes_exactly_so_many_changes_out() -> None:
    whole, torn = plain_stream(), stream("at 2 drop 3")
    missing = [frame for frame in whole if frame not in torn]
    assert len(missing) == 3
    assert set(kinds(missing)) == {"price_change"}
    assert [frame for frame in whole if frame not in missing] == torn


def test_ghost_takes_only_removals_out() -> None:
    whole, torn = plain_stream(), stream("ghost 2")
    missing = [frame for frame in whole if frame not in torn]
    assert len(missing) == 2
    assert all(b'"size":"0"' in frame for frame in missing)


def test_swap_exchanges_neighbours_and_loses_nothing() -> None:
    whole, swapped = plain_stream(), stream("at 2 swap 2")
    assert whole != swapped
    assert sorted(whole) == sorted(swapped)


def test_duplicate_sends_messages_twice() -> None:
    whole, doubled = plain_stream(), stream("duplicate 2")
    assert len(doubled) == len(whole) + 2
    assert sum(one == other for one, other in pairwise(doubled)) >= 2


def test_hash_falsifies_hashes_and_nothing_else() -> None:
    whole, falsified = plain_stream(), stream("hash 3")
    different = [(true, false) for true, false in zip(whole, falsified, strict=True) if true != false]
    assert len(different) == 3
    for true, false in different:
        assert b"bad0" * 10 in false
        assert _without_hashes(true) == _without_hashes(false)


def test_cross_shows_a_bid_above_the_ask_in_both_tokens_and_takes_it_back() -> None:
    crossed, now = set[int](), 0
    book = NaiveBook()
    world = demo_world(rate=100)
    yes, no = world.markets[0].listing.tokens
    for at, frame in history(world, (yes, no), 12, plan="at 3 cross 4", custom=False):
        # A batch may look crossed until it has ended, so the state is judged when time moves on.
        if at != now and px(book.top("BUY")) > px(book.top("SELL")):
            crossed.add((now - world.epoch) // 1_000)
        now = at
        for message in messages(frame):
            if message["event_type"] == "book" and message["asset_id"] == yes:
                book.replace(message)
            for entry in message.get("price_changes", ()):
                if entry["asset_id"] == yes:
                    book.change(entry)
    assert {4, 5} <= crossed <= {3, 4, 5, 6, 7}
    assert px(book.top("BUY")) == world.markets[0].engine.bids.best


def test_garbage_is_sent_from_the_catalogue_in_turn_or_by_name() -> None:
    world = demo_world()
    exchange = Exchange(world)
    wanted = world.markets[0].listing.tokens
    exchange.ask("garbage 3; garbage bad-opcode")
    sent = [sent.frame for sent in exchange.step(1, wanted) if sent.frame.kind == "garbage"]
    made = catalogue(exchange.page(world.markets[0]))
    expected = [made[name] for name in [*list(made)[:3], "bad-opcode"]]
    assert [(frame.text, frame.head) for frame in sent] == expected
    with pytest.raises(ValueError, match="no garbage"):
        exchange.ask("garbage nonsense")


def test_most_garbage_is_no_document_that_a_client_could_take_for_a_change() -> None:
    world = demo_world()
    made = catalogue(Exchange(world).page(world.markets[0]))
    assert len(made) > 60
    assert set(made) >= FATAL
    for name in ("cut-json", "two-documents", "single-quotes", "nan", "trailing-comma", "deep-nesting"):
        with pytest.raises(orjson.JSONDecodeError):
            orjson.loads(made[name].payload)


def test_stale_answers_the_book_of_the_moment_when_it_began() -> None:
    world = demo_world(rate=200)
    exchange = Exchange(world)
    token = world.markets[0].listing.tokens[0]
    old = exchange.book(token)
    exchange.ask("stale 5")
    list(exchange.step(4_000, ()))
    assert exchange.book(token) == old
    assert orjson.loads(old)["hash"] != exchange.truth(token)["hash"]
    list(exchange.step(2_000, ()))
    assert orjson.loads(exchange.book(token))["hash"] == exchange.truth(token)["hash"]


def test_the_engine_does_not_notice_any_fault() -> None:
    quiet, noisy = demo_world(rate=100), demo_world(rate=100)
    tokens = quiet.markets[0].listing.tokens
    plan = "drop 5; hash 4; at 2 cross 3; at 3 freeze 2; at 6 swap 3; at 7 garbage 9; at 8 duplicate 2; ghost 2"
    list(history(quiet, tokens, 12))
    list(history(noisy, tokens, 12, plan=plan))
    for one, other in zip(quiet.markets, noisy.markets, strict=True):
        assert one.engine.levels(0) == other.engine.levels(0)


@pytest.mark.parametrize("name", ["aurora-line-open-before-july", "whole", "beginning"])
def test_tokens_can_be_named_by_slug_or_by_the_beginning_of_an_id(name: str) -> None:
    exchange = Exchange(demo_world())
    tokens = exchange.world.markets[0].listing.tokens
    asked = {"whole": tokens[0], "beginning": tokens[0][:12]}.get(name, name)
    assert exchange.find_tokens(asked)[0] == tokens[0]


def test_a_name_that_fits_no_token_is_refused() -> None:
    with pytest.raises(ValueError, match="not a token id"):
        Exchange(demo_world()).find_tokens("1")


def _without_hashes(frame: bytes) -> Told:
    told = messages(frame)
    for message in told:
        for entry in (message, *message.get("price_changes", ())):
            entry.pop("hash", None)
    return told
