"""The feed over a scripted far end, in virtual time."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from threading import Lock
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest

from pmtui.core.board import Label
from pmtui.core.careful import MOST_BAD
from pmtui.core.instrument import Instrument
from pmtui.core.ports import Closed, Found, Request
from pmtui.feed import intake
from pmtui.feed.carriers import SHELTERS
from pmtui.feed.feed import Feed
from pmtui.feed.link import Conversation
from pmtui.feed.search import search
from pmtui.venues.hyperliquid.venue import Hyperliquid
from pmtui.venues.polymarket.addresses import Addresses
from pmtui.venues.polymarket.venue import Polymarket
from tests.torture.loop import run

from .market import (
    BIDS,
    CONDITION,
    HASH,
    MIRRORED_ASKS,
    MIRRORED_BIDS,
    NO,
    STRANGER,
    YES,
    Scene,
    bare,
    bid,
    book,
    change,
    entry,
    fetched,
    id_of,
    ids,
    play,
    resolved,
    row,
    running,
    token,
    trade,
)
from .scripted import LOST, ScriptedFetcher, ScriptedLine, now, settle

# Following


def test_a_token_that_joins_while_the_link_opens_is_asked_for_once() -> None:
    async def scene(found: Scene) -> None:
        found.transport.on_open = lambda line: found.feed.follow([bare(NO)])
        await found.connect(YES)
        (greeting,) = found.said()
        assert set(greeting["assets_ids"]) == {YES, NO}

    play(scene)


def test_following_a_token_opens_one_link_and_asks_for_it() -> None:
    async def scene(found: Scene) -> None:
        assert found.label() is Label.CONNECTING
        await found.connect(YES)
        assert found.said() == [{"assets_ids": [YES], "type": "market", "custom_feature_enabled": True}]
        assert found.label() is Label.SYNCING
        await found.tell([book()])
        assert found.label() is Label.LIVE

    play(scene)


def test_following_what_is_followed_already_changes_nothing() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        before = len(found.line.said)
        found.feed.follow([bare(YES), bare(NO)])
        await settle()
        assert len(found.line.said) == before
        assert found.label() is Label.LIVE

    play(scene)


def test_a_later_token_joins_the_link_that_is_there() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        found.feed.follow([bare(STRANGER)])
        await settle()
        assert len(found.transport.lines) == 1
        assert found.said()[-1] == {
            "operation": "subscribe",
            "assets_ids": [STRANGER],
            "custom_feature_enabled": True,
        }
        assert found.label(YES) is Label.LIVE
        assert found.label(STRANGER) is Label.SYNCING

    play(scene)


def test_at_most_two_hundred_tokens_a_link_and_a_hundred_a_frame() -> None:
    async def scene(found: Scene) -> None:
        await found.connect(*(token(number) for number in range(450)))
        await asyncio.sleep(3)
        sizes = [[len(said["assets_ids"]) for said in found.said(line)] for line in found.transport.lines]
        assert sizes == [[100, 100], [100, 100], [50]]
        assert [said.get("operation") for said in found.said(found.transport.lines[0])] == [None, "subscribe"]
        assert found.followed() == found.wanted()

    play(scene)


def test_new_links_begin_a_second_apart() -> None:
    async def scene(found: Scene) -> None:
        await found.connect(*(token(number) for number in range(800)))
        await asyncio.sleep(5)
        assert [later - found.transport.attempts[0] for later in found.transport.attempts] == [0, 1_000, 2_000, 3_000]

    play(scene)


def test_the_other_outcome_that_appears_in_the_changes_is_followed_too() -> None:
    async def scene(found: Scene) -> None:
        await found.connect(YES)
        await found.tell([book()], bid("0.45", "3", sent=10))
        await asyncio.sleep(0.3)
        assert found.wanted() == {YES, NO}
        assert found.said()[-1]["assets_ids"] == [NO]
        assert found.board(NO).instrument.complement == id_of(YES)
        assert found.board(YES).instrument.complement == id_of(NO)

    play(scene)


def test_the_other_outcome_that_the_catalogue_names_is_followed_too() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["clob_token_ids"] = (200, row())
        await found.connect(YES)
        await settle()
        assert found.wanted() == {YES, NO}
        assert found.board(YES).instrument.title == "Will it rain?"
        assert found.board(NO).instrument.outcome == "No"

    play(scene)


def test_a_token_needs_no_catalogue_before_its_socket_opens() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.seconds = 100
        await found.connect(YES)
        await found.tell([book()])
        assert found.label() is Label.LIVE

    play(scene)


def test_the_catalogue_is_asked_again_when_it_does_not_answer() -> None:
    async def scene(found: Scene) -> None:
        await found.connect(YES)
        assert found.fetcher.count("clob_token_ids") >= 1
        found.fetcher.answers["clob_token_ids"] = (200, row())
        await asyncio.sleep(3)
        assert found.board(YES).instrument.title == "Will it rain?"

    play(scene)


def test_a_name_that_is_not_to_be_had_is_asked_for_ever_more_seldom_whether_anybody_looks_or_not() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["/markets"] = (500, b"")
        await found.connect(YES, STRANGER)
        await asyncio.sleep(900)
        assert found.fetcher.count("/markets") <= 12
        found.fetcher.answers["/markets"] = (200, row())
        await asyncio.sleep(300)
        assert found.board(YES).instrument.title == "Will it rain?"

    play(scene)


def test_a_venue_that_was_asked_too_often_is_asked_for_nothing_for_a_minute() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["/"] = (429, b"")
        await found.connect(YES, STRANGER, *(f"{n:041}" for n in range(40)))
        await asyncio.sleep(1)
        asked = len(found.fetcher.asked)
        assert asked <= 8  # those that were on their way when the first answer came
        await asyncio.sleep(55)
        assert len(found.fetcher.asked) == asked
        await asyncio.sleep(600)
        assert len(found.fetcher.asked) <= 10 * asked

    play(scene)


def test_a_catalogue_that_is_down_for_long_is_asked_again_for_what_is_on_the_screen() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        found.store.show(ids(YES), found.clock())
        for second in range(1, 310):
            if second == 120:
                found.fetcher.answers["clob_token_ids"] = (200, row())
            await found.tell(bid("0.46", str(second), sent=second))
            await asyncio.sleep(1)
        assert found.board(YES).instrument.title == "Will it rain?"

    play(scene)


def test_dropping_a_token_unsubscribes_it_and_forgets_its_board() -> None:
    async def scene(found: Scene) -> None:
        await found.connect(YES, NO, STRANGER)
        found.feed.drop(ids(STRANGER))
        await settle()
        assert found.said()[-1] == {"operation": "unsubscribe", "assets_ids": [STRANGER]}
        assert found.wanted() == {YES, NO} == found.followed()

    play(scene)


def test_views_opened_and_closed_for_hours_leave_the_venue_with_what_is_wanted() -> None:
    async def scene(found: Scene) -> None:
        await found.connect(YES)
        for number in range(300):
            names = [token(number), token(number + 1)]
            found.feed.follow([bare(name) for name in names])
            await asyncio.sleep(1)
            if number % 3:
                found.feed.drop(ids(*names))
            if number % 50 == 0:
                found.line.end()
                await asyncio.sleep(40)
        for _ in range(400):
            await asyncio.sleep(0.1)
            if not found.line.left:
                break
        await settle()
        assert found.followed() == found.wanted()

    play(scene)


def test_a_link_that_carries_nothing_any_more_is_given_up() -> None:
    async def scene(found: Scene) -> None:
        await found.connect(YES)
        found.feed.drop(ids(YES))
        await asyncio.sleep(200)
        assert found.line.left
        assert len(found.transport.attempts) == 1

    play(scene)


# Adding and removing while running


def whole(name: str = YES, other: str = NO) -> Instrument:
    """An instrument of which the catalogue has told the other outcome."""
    return bare(name).told(title="Will it rain?", complement=id_of(other), ends=1_800_000_000)


def test_a_market_whose_other_outcome_is_known_is_followed_whole_without_any_catalogue() -> None:
    async def scene(found: Scene) -> None:
        found.feed.follow([whole()])
        await settle()
        assert found.said() == [{"assets_ids": [YES, NO], "type": "market", "custom_feature_enabled": True}]
        other = found.board(NO).instrument
        assert (other.complement, other.title, other.ends) == (id_of(YES), "Will it rain?", 1_800_000_000)

    play(scene)


def test_a_settled_market_is_followed_without_its_other_outcome() -> None:
    async def scene(found: Scene) -> None:
        found.feed.follow([whole().told(closed=True)])
        await settle()
        assert found.wanted() == {YES}

    play(scene)


def test_adding_a_market_leaves_the_books_of_the_others_alone() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        version = found.board(YES).book.version
        found.feed.follow([whole(token(1), token(2))])
        await settle()
        assert len(found.transport.lines) == 1
        assert found.said()[-1]["assets_ids"] == [token(1), token(2)]
        assert (found.label(YES), found.label(NO)) == (Label.LIVE, Label.LIVE)
        assert found.board(YES).book.version == version
        await found.tell([book(token(1)), book(token(2), bids=MIRRORED_BIDS, asks=MIRRORED_ASKS)])
        assert found.label(token(1)) is Label.LIVE

    play(scene)


def test_keeping_some_markets_drops_the_others_with_both_outcomes() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        found.feed.follow([whole(token(1), token(2))])
        found.feed.keep(ids(token(1)))
        await settle()
        assert found.wanted() == {token(1), token(2)} == found.followed()

    play(scene)


def test_keeping_one_outcome_keeps_the_other_even_when_only_that_one_knows() -> None:
    async def scene(found: Scene) -> None:
        await found.connect(YES)
        found.feed.follow([bare(NO).told(complement=id_of(YES))])
        found.feed.keep(ids(YES))
        assert found.wanted() == {YES, NO}
        found.feed.keep(ids(NO))
        assert found.wanted() == {YES, NO}

    play(scene)


def test_late_messages_of_a_removed_market_are_ignored_and_counted() -> None:
    async def scene(found: Scene) -> None:
        await found.connect(STRANGER)
        await found.tell([book(STRANGER, market="0x" + "cd" * 32)])
        found.feed.follow([whole()])
        await found.tell([book(YES), book(NO, bids=MIRRORED_BIDS, asks=MIRRORED_ASKS)])
        found.feed.keep(ids(STRANGER))
        await settle()
        before = found.store.ledger.ignored
        await found.tell(bid("0.45", "3", sent=10), trade(sent=11), [book(YES)])
        assert found.store.ledger.ignored == before + 3
        assert found.store.ledger.balanced
        assert found.wanted() == {STRANGER}
        assert found.label(STRANGER) is Label.LIVE

    play(scene)


def test_the_other_outcome_of_a_market_removed_meanwhile_is_not_followed() -> None:
    async def scene(found: Scene) -> None:
        await found.connect(YES, STRANGER)
        await found.tell([book()], bid("0.45", "3", sent=10))
        found.feed.keep(ids(STRANGER))
        await asyncio.sleep(0.5)
        assert found.wanted() == {STRANGER}

    play(scene)


def test_a_description_that_comes_after_the_removal_brings_nothing_back() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["clob_token_ids"] = (200, row())
        found.fetcher.seconds = 2
        await found.connect(YES, STRANGER)
        await asyncio.sleep(1)
        found.feed.keep(ids(STRANGER))
        await asyncio.sleep(5)
        assert found.wanted() == {STRANGER}

    play(scene)


def test_a_removed_market_is_not_described_any_more() -> None:
    async def scene(found: Scene) -> None:
        await found.connect(YES, STRANGER)
        found.feed.keep(ids(STRANGER))
        asked = found.fetcher.count(YES)
        await asyncio.sleep(100)
        assert found.fetcher.count(YES) == asked

    play(scene)


def test_after_a_reconnect_the_added_are_asked_for_and_the_removed_are_not() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["clob_token_ids"] = (200, row())
        await found.live()
        found.feed.follow([whole(token(1), token(2)), whole(token(3), token(4))])
        found.feed.keep(ids(YES, token(3)))
        await settle()
        found.line.end()
        await asyncio.sleep(5)
        assert len(found.transport.lines) == 2
        assert set(found.said()[0]["assets_ids"]) == {YES, NO, token(3), token(4)}

    play(scene)


def test_what_is_added_while_the_link_is_down_is_asked_for_when_it_is_up() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["clob_token_ids"] = (200, row())
        await found.live()
        found.line.end()
        await settle()
        found.feed.follow([whole(token(1), token(2))])
        found.feed.keep(ids(token(1)))
        await asyncio.sleep(5)
        assert found.said() == [{"assets_ids": [token(1), token(2)], "type": "market", "custom_feature_enabled": True}]

    play(scene)


def test_a_full_link_is_joined_by_another_that_goes_again() -> None:
    async def scene(found: Scene) -> None:
        await found.connect(*(token(number) for number in range(199)))
        found.feed.follow([whole()])
        await asyncio.sleep(2)
        # Both outcomes of a market stay on one link, so the last place of the first is left free.
        assert [len(line.stream.instruments) for line in found.transport.lines] == [199, 2]
        found.feed.keep([id_of(token(number)) for number in range(199)])
        await settle()
        assert [line.left for line in found.transport.lines] == [False, True]
        assert len(found.store.links) == 1
        assert len(found.followed()) == 199

    play(scene)


def test_two_hundred_markets_added_and_removed_leave_nothing_behind() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["clob_token_ids"] = (200, row())
        await found.live()

        def left() -> tuple[object, ...]:
            feed, venue = vars(found.feed), vars(found.venue)
            kept = [*found.feed._carriers.all], len(feed["_tasks"]), len(venue["_seals"]), len(venue["_markets"])
            return set(found.store.boards), list(found.store.links), *kept

        await settle()
        before = left()
        for number in range(0, 400, 2):
            name, other, condition = token(number), token(number + 1), f"0x{number:064x}"
            found.feed.follow([whole(name, other)])
            await found.tell([book(name, market=condition), book(other, market=condition)])
            found.feed.keep(ids(YES))
            await settle()
        assert left() == before
        assert found.followed() == {YES, NO}
        assert len(found.transport.lines) == 1

    play(scene)


@pytest.mark.parametrize("answer", [(500, b""), (200, b"[]"), OSError("refused")], ids=["500", "unknown", "refused"])
@pytest.mark.parametrize("seconds", [0, 5], ids=["answers", "answers late"])
def test_a_market_opened_and_closed_while_the_catalogue_fails_is_asked_for_by_one_at_most(
    answer: tuple[int, bytes] | Exception, seconds: float
) -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["/markets"] = answer
        found.fetcher.seconds = seconds
        await found.connect(STRANGER)
        await asyncio.sleep(900)

        def asking() -> int:
            return sum("introduce" in str(task.get_coro()) for task in vars(found.feed)["_tasks"])

        before = asking()
        for number in range(30):
            found.feed.follow([bare(YES)])
            await asyncio.sleep(number % 4)
            assert asking() <= before + 1
            found.feed.keep(ids(STRANGER))
            await settle()
            assert asking() <= before
        found.feed.follow([bare(YES)])
        await asyncio.sleep(100)
        asked = found.fetcher.count("/markets")
        await asyncio.sleep(900)
        assert found.fetcher.count("/markets") - asked <= 2 * 2 * 4  # of two, in two ways each, every 300 s
        found.fetcher.answers["/markets"] = (200, row())
        await asyncio.sleep(305)
        assert found.board(YES).instrument.title == "Will it rain?"

    play(scene)


def test_of_those_that_joined_together_the_one_that_comes_back_is_asked_for_once_and_at_once() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["/markets"] = (500, b"")
        await found.connect(YES, STRANGER)
        await asyncio.sleep(400)
        found.feed.keep(ids(STRANGER))
        asked = found.fetcher.count(f"clob_token_ids={YES}")
        found.feed.follow([bare(YES)])
        await asyncio.sleep(1)
        assert found.fetcher.count(f"clob_token_ids={YES}") > asked
        await asyncio.sleep(400)
        asked = found.fetcher.count(f"clob_token_ids={YES}")
        await asyncio.sleep(600)
        assert found.fetcher.count(f"clob_token_ids={YES}") - asked <= 2  # every 300 s

    play(scene)


# Searching


def names(found: Found) -> list[str]:
    return [hit.instrument.symbol for hit in found.hits]


def events(*rows: bytes) -> bytes:
    return json.dumps({"events": [{"title": "Weather", "markets": json.loads(each)} for each in rows]}).encode()


def test_words_are_searched_for_and_handed_back_with_a_nudge() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["public-search"] = (200, events(row()))
        nudges, told = found.nudges, list[Found]()
        found.feed.search("rain tomorrow", told.append)
        assert told == []
        await settle()
        assert [(each.text, names(each), each.trouble, each.pending) for each in told] == [
            ("rain tomorrow", [YES], "", False)
        ]
        assert found.nudges == nudges + 1
        assert found.store.boards == {}

    play(scene)


def test_a_pasted_id_is_looked_up_and_needs_no_answer_to_be_watched() -> None:
    async def scene(found: Scene) -> None:
        told: list[Found] = []
        found.fetcher.answers["clob_token_ids"] = (200, row())
        found.feed.search(f" {YES}\n", told.append)
        await settle()
        assert told[-1].hits[0].instrument.title == "Will it rain?"
        found.fetcher.answers.clear()
        found.feed.search(YES, told.append)
        await settle()
        assert names(told[-1]) == [YES]
        assert told[-1].trouble == "gamma: no answer: connection refused"

    play(scene)


def test_a_word_is_no_market_where_the_venue_knows_none_but_an_id_too_young_to_be_listed_is_one() -> None:
    async def scene(found: Scene) -> None:
        told: list[Found] = []
        found.fetcher.answers["clob_token_ids"] = (200, b"[]")
        found.feed.search(YES, told.append)
        await settle()
        assert [hit.instrument.symbol for hit in told[0].hits] == [YES]
        names = Hyperliquid()
        answers = AsyncMock(return_value=(200, b'{"universe":[]}'))
        told.append(await search("rain", [names], Mock(fetch=answers)))
        assert told[1] == Found("rain")
        assert answers.await_count
        assert (await search("rain", [names], Mock(fetch=AsyncMock(side_effect=OSError())))).hits

    play(scene)


def test_a_slug_that_names_nothing_is_searched_for_as_words() -> None:
    async def scene(found: Scene) -> None:
        told: list[Found] = []
        found.fetcher.answers |= {"slug": (404, b""), "public-search": (200, events(row()))}
        found.feed.search("will-it-rain", told.append)
        await settle()
        assert names(told[0]) == [YES]
        assert [found.fetcher.count(each) for each in ("markets/slug", "events/slug", "public")] == [1, 1, 1]

    play(scene)


def test_a_later_search_takes_the_place_of_an_earlier_one() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.seconds = 1
        found.fetcher.answers["public-search"] = (200, events(row()))
        told: list[Found] = []
        for text in ("r", "ra", "rai", "rain"):
            found.feed.search(text, told.append)
            await asyncio.sleep(0.3)
        await asyncio.sleep(5)
        assert [each.text for each in told] == ["rain"]

    play(scene)


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        ((503, b""), "polymarket: the catalogue answered 503"),
        ((200, b"<html>"), "polymarket: the catalogue's answer is not JSON"),
        (OSError("no answer: it took over 5s"), "gamma: no answer: it took over 5s"),
        (OSError(), "gamma: no answer"),
    ],
)
def test_a_search_that_fails_says_why_in_one_line(answer: tuple[int, bytes] | Exception, trouble: str) -> None:
    async def scene(found: Scene) -> None:
        told: list[Found] = []
        found.fetcher.answers["public-search"] = answer
        found.feed.search("rain", told.append)
        await settle()
        assert told == [Found("rain", trouble=trouble)]

    play(scene)


def test_a_search_without_a_rest_address_says_so_plainly() -> None:
    async def scene(found: Scene) -> None:
        told: list[Found] = []
        found.venue.addresses = Addresses(socket="ws://127.0.0.1", gamma="")
        found.feed.search("rain", told.append)
        await settle()
        assert told == [Found("rain", trouble="no REST address is set, so nothing can be looked up")]

    play(scene)


def test_text_that_cannot_name_anything_says_why() -> None:
    async def scene(found: Scene) -> None:
        told: list[Found] = []
        found.feed.search("https://example.invalid/event/rain", told.append)
        await settle()
        assert told[0].trouble == "this is not a link to a Polymarket event or market"
        assert found.fetcher.asked == []

    play(scene)


def test_our_own_error_in_a_search_is_told_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(found: Scene) -> None:
        told: list[Found] = []
        found.fetcher.answers["public-search"] = ZeroDivisionError()
        with caplog.at_level(logging.CRITICAL):
            found.feed.search("rain", told.append)
            await settle()
        assert told[0].trouble == "our own error, see the log"

    play(scene)


# The ledger


def test_every_message_is_applied_rejected_or_ignored() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        before = found.store.ledger.received
        messages: list[object] = [
            bid("0.46", "7", sent=10),
            trade(sent=11),
            trade(sent=11),
            "PONG",
            "NO NEW ASSETS",
            "",
            "null",
            "{",
            "[]",
            [book(sent=12), 7, book(STRANGER)],
            {"event_type": "weather"},
            {"event_type": "new_market"},
            change(sent=13),
            change(entry(STRANGER, "BUY", "0.4", "1", ("0.4", "0.6")), sent=14),
            change(entry(YES, "HOLD", "0.4", "1", ("0.4", "0.6")), sent=15),
        ]
        await found.tell(*messages)
        found.line.tell(b"\x00\x01", binary=True)
        await settle()
        ledger = found.store.ledger
        assert ledger.received - before == len(messages) + 2 + 1
        assert ledger.balanced
        assert ledger.rejected == 6
        assert ledger.frames == len(messages) + 2

    play(scene)


def test_a_change_before_the_first_book_is_ignored() -> None:
    async def scene(found: Scene) -> None:
        await found.connect(YES, NO)
        await found.tell(bid("0.46", "7", sent=10))
        assert found.label() is Label.SYNCING
        assert found.board().book.empty
        assert found.store.ledger.ignored == 1

    play(scene)


def test_a_repeated_trade_is_printed_once() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await found.tell(trade(sent=10), trade(sent=10))
        assert found.board().tape.total == 1
        assert found.store.ledger.ignored == 1

    play(scene)


def test_a_change_twice_makes_the_same_book() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await found.tell(bid("0.46", "7", sent=10), bid("0.46", "7", sent=10))
        await asyncio.sleep(0.3)
        assert found.label() is Label.LIVE
        assert sorted(found.board().book.bids.values()) == [5 * 10**9, 7 * 10**9, 10 * 10**9]

    play(scene)


# Doubt and repair


def test_a_message_that_cannot_be_read_lowers_the_label_and_asks_for_a_fresh_book() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await found.tell(change(entry(YES, "HOLD", "0.4", "1", ("0.4", "0.6")), sent=10))
        assert found.label(YES) is Label.RESYNC
        assert found.label(NO) is Label.LIVE
        await asyncio.sleep(0.3)
        assert found.said()[-2:] == [
            {"operation": "unsubscribe", "assets_ids": [YES]},
            {"operation": "subscribe", "assets_ids": [YES], "custom_feature_enabled": True},
        ]
        await found.tell([book(sent=11)])
        assert found.label(YES) is Label.LIVE

    play(scene)


def test_a_cut_message_that_names_nobody_puts_every_book_of_the_link_in_doubt() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await found.tell('{"event_type":"price_ch')
        assert found.label(YES) is Label.RESYNC
        assert found.label(NO) is Label.RESYNC

    play(scene)


@pytest.mark.parametrize("said", [{"bids": [{"price": "NaN", "size": "1"}]}, {"tick_size": "0.3"}, {"bids": None}])
def test_a_first_book_that_cannot_be_read_is_asked_for_again_at_once(said: dict[str, object]) -> None:
    async def scene(found: Scene) -> None:
        await found.connect(YES)
        await found.tell([book() | said])
        assert found.label(YES) is Label.SYNCING
        await asyncio.sleep(0.3)
        assert [each.get("operation") for each in found.said()[-2:]] == ["unsubscribe", "subscribe"]
        await found.tell([book()])
        assert found.label(YES) is Label.LIVE

    play(scene)


def test_fresh_books_are_asked_for_at_most_once_in_five_seconds() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        for number in range(18):
            await found.tell(change(entry(YES, "HOLD", "0.4", "1", ("0.4", "0.6")), sent=10 + number))
            await asyncio.sleep(0.25)
        asked = [said for said in found.said() if said.get("operation") == "subscribe"]
        assert len(asked) == 1

    play(scene)


@pytest.mark.parametrize(("rejects", "cut"), [(20, False), (21, True)])
def test_more_than_twenty_rejects_in_ten_seconds_hang_up(rejects: int, cut: bool) -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        for _ in range(rejects):
            await found.tell("null")
            await asyncio.sleep(0.1)
        assert found.transport.lines[0].left is cut

    play(scene)


@pytest.mark.parametrize("rejects", [21, 500, 100_000])
def test_one_list_with_too_many_rejects_hangs_up_and_the_ledger_stays_exact(rejects: int) -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await found.tell(f"[{','.join(['7'] * rejects)}]")
        assert found.transport.lines[0].left
        assert found.label() is Label.DOWN
        assert found.store.ledger.balanced

    play(scene)


def test_a_market_that_contradicts_itself_takes_no_other_of_its_link_down() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        for number in range(60):
            await found.tell(change(entry(YES, "BUY", "0.4", "1", ("0.6", "0.4")), sent=10 + number))
            assert found.label(YES) is Label.RESYNC
            assert found.label(NO) is Label.LIVE
            await asyncio.sleep(0.1)
        assert not found.transport.lines[0].left
        assert found.store.ledger.rejected == 60
        assert found.store.ledger.balanced
        why = found.board(YES).why(found.clock())
        assert why == "a message cannot be right: a best bid of '0.6' meets a best ask of '0.4'"

    play(scene)


def test_rejects_that_are_spread_out_are_borne() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        for number in range(60):
            await found.tell("null", bid("0.46", "7", sent=10 + 600 * number))
            await asyncio.sleep(0.6)
        assert len(found.transport.lines) == 1

    play(scene)


def test_text_that_is_not_utf8_hangs_up_at_once() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await found.tell(b'{"event_type":"\xff"}')
        assert found.transport.lines[0].left
        assert found.label() is Label.DOWN

    play(scene)


def test_a_binary_frame_is_rejected_and_doubts_all() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        found.line.tell(bid("0.46", "7", sent=10), binary=True)
        await settle()
        assert found.label(YES) is Label.RESYNC
        assert found.store.ledger.rejected == 1

    play(scene)


def test_the_notice_that_we_read_too_slowly_doubts_every_book() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await found.tell("you were too slow")
        assert found.label(YES) is Label.RESYNC
        assert found.label(NO) is Label.RESYNC

    play(scene)


def test_another_notice_is_only_noted() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await found.tell("NO NEW ASSETS", "INVALID OPERATION")
        assert found.label() is Label.LIVE
        texts = [alert.text for alert in found.store.alerts.ring]
        assert "the venue says: INVALID OPERATION" in texts

    play(scene)


def test_a_lost_change_is_noticed_at_the_next_told_top() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        # The bid at 0.49 was told in a message that never came.
        await found.tell(bid("0.40", "1", top=("0.49", "0.52"), sent=20))
        await asyncio.sleep(0.3)
        assert found.label(YES) is Label.RESYNC
        assert found.label(NO) is Label.RESYNC

    play(scene)


def test_a_ghost_beyond_the_told_top_is_removed_and_counted() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await found.tell(bid("0.40", "1", top=("0.47", "0.52"), sent=20))
        await asyncio.sleep(0.3)
        assert found.label() is Label.LIVE
        assert found.board().book.bid == 470_000_000
        assert found.store.counts.ghosts == 2

    play(scene)


def test_one_token_that_cannot_be_mended_gets_a_link_of_its_own() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await found.tell(change(entry(YES, "HOLD", "0.4", "1", ("0.4", "0.6")), sent=10))
        for number in range(15):
            await found.tell(change(entry(NO, "BUY", "0.40", "1", ("0.48", "0.52")), sent=20 + 1_000 * number))
            await asyncio.sleep(1)
        assert len(found.transport.lines) == 2
        assert found.said(found.transport.lines[1])[0]["assets_ids"] == [YES]
        assert found.label(NO) is Label.LIVE
        assert found.followed() == found.wanted()
        await found.tell([book(sent=20_000)], line=found.transport.lines[1])
        assert found.label(YES) is Label.LIVE

    play(scene)


class _Far:
    """A far end that sends the books it is asked for, and now and then a word; not those of the mute."""

    def __init__(self, found: Scene, count: int) -> None:
        self.found = found
        self.names = [token(number) for number in range(count)]
        self.mute: set[str] = set()
        self.seconds = 0
        self._heard: dict[ScriptedLine, int] = {}

    @property
    def lines(self) -> list[ScriptedLine]:
        return [line for line in self.found.transport.lines if not line.left]

    def carried(self) -> list[set[str]]:
        """What each open link carries."""
        return [{each.partition(":")[2] for each in line.stream.instruments} for line in self.lines]

    async def _tell(self, line: ScriptedLine, names: Iterable[str]) -> None:
        told = [book(n, market=f"0x{n}", sent=self.seconds) for n in names if n not in self.mute]
        await self.found.tell(*told, line=line)

    async def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.seconds += 1
            for line in self.lines:
                said = self.found.said(line)
                for each in said[self._heard.get(line, 0) :]:
                    if each.get("operation") != "unsubscribe":
                        await self._tell(line, each["assets_ids"])
                self._heard[line] = len(said)
            for line, names in zip(self.lines, self.carried(), strict=True):
                await self._tell(line, sorted(names - self.mute)[:1])
            await asyncio.sleep(1)

    async def spoil(self, *names: str) -> None:
        """These are in doubt, and no book of theirs comes."""
        self.mute |= {*names}
        for name in names:
            line = next(line for line in self.lines if id_of(name) in line.stream.instruments)
            what = entry(name, "HOLD", "0.4", "1", ("0.4", "0.6"))
            await self.found.tell(change(what, sent=self.seconds, market=f"0x{name}"), line=line)
            assert self.found.board(name).doubt

    def heal(self) -> None:
        self.mute.clear()


def test_however_many_were_in_trouble_one_after_the_other_a_few_links_carry_them() -> None:
    async def scene(found: Scene) -> None:
        far = _Far(found, 202)
        await found.connect(*far.names)
        await far.run(5)
        _, others = far.carried()
        for number, name in enumerate(far.names[:12]):
            await far.spoil(name)
            await far.run(14)
            assert found.store.counts.moved == number + 1
            far.heal()
            await far.run(15)
            assert not found.board(name).doubt
            assert far.carried()[1] == others  # a link that never carried any is left in peace
            assert len(far.lines) <= 2 + SHELTERS
        assert sorted(map(len, far.carried())) == [2, 4, 4, 4, 188]
        assert found.followed() == found.wanted()
        assert all(board.synced for board in found.store.boards.values())
        found.feed.drop(ids(*far.names[:12]))
        await far.run(1)
        assert len(far.lines) == 2 == len(found.store.links)

    play(scene)


def test_whoever_company_did_not_help_and_whoever_is_in_trouble_at_the_same_time_gets_a_link_of_its_own() -> None:
    async def scene(found: Scene) -> None:
        far = _Far(found, 30)
        await found.connect(*far.names)
        await far.run(5)
        for name in far.names[:SHELTERS]:
            await far.spoil(name)
            await far.run(14)
            far.heal()
            await far.run(7)
        mute = far.names[10:16]
        for first in range(0, 6, 2):
            await far.spoil(*mute[first : first + 2])
            await far.run(14)
            assert all(len({*mute} & far.mute & carried) <= 1 for carried in far.carried()[1:])
        await far.run(300)
        carriers = Counter(str(board.link and board.link.name) for board in found.store.boards.values())
        assert all(carriers[str(board.link and board.link.name)] == 1 for board in map(found.board, mute))
        assert len(found.store.links) == len(carriers) == 1 + SHELTERS + len(mute)
        far.heal()
        await far.run(90)
        assert all(board.synced and not board.doubt for board in found.store.boards.values())
        assert found.followed() == found.wanted()

    play(scene)


def test_a_doubt_of_the_whole_link_does_not_open_a_link_for_each_token() -> None:
    async def scene(found: Scene) -> None:
        names = [token(number) for number in range(50)]
        await found.connect(*names)
        await found.tell([book(name, market=f"0x{number:064x}") for number, name in enumerate(names)])
        await found.tell("you were too slow")
        for second in range(60):
            top = entry(names[0], "BUY", "0.40", str(second + 1), ("0.48", "0.52"))
            await found.tell(change(top, sent=10 + 1_000 * second, market=f"0x{0:064x}"), line=found.transport.lines[0])
            await asyncio.sleep(1)
        assert len(found.transport.attempts) <= 5

    play(scene)


def test_no_first_book_is_asked_for_again_then_gets_a_new_link_and_is_said_plainly() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["/book"] = (503, b"")
        await found.connect(YES, NO)
        await found.tell([book(NO)])
        moments: dict[str, float] = {}
        for second in range(70):
            await found.tell(
                change(entry(NO, "BUY", "0.40", str(second + 1), ("0.48", "0.52")), sent=20 + 1_000 * second)
            )
            await asyncio.sleep(1)
            if any(said.get("operation") == "unsubscribe" for said in found.said(found.transport.lines[0])):
                moments.setdefault("again", second)
            if found.fetcher.count("/book"):
                moments.setdefault("fetched", second)
            if len(found.transport.lines) > 1:
                moments.setdefault("new link", second)
            assert found.label(YES) in (Label.SYNCING, Label.STALE)
        assert moments["again"] <= 11
        assert moments["fetched"] <= 11
        assert 29 <= moments["new link"] <= 33

    play(scene)


# Silence


def test_no_data_is_stale_within_ten_seconds_and_a_new_link_begins_within_thirty() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        for _ in range(9):
            await asyncio.sleep(1)
            await found.tell("PONG")
        await asyncio.sleep(1)
        assert found.label() is Label.STALE
        for _ in range(20):
            await found.tell("PONG")
            await asyncio.sleep(1)
        assert len(found.transport.lines) == 2
        reasons = [alert.text for alert in found.store.alerts.ring if "down" in alert.text]
        assert reasons == ["polymarket link 1 down: nothing for 25s though pings are answered"]

    play(scene)


async def _thin(found: Scene, seconds: float, rate: int) -> None:
    """So many bytes a second of one message come in, behind which no pong is heard."""
    line = found.line
    line.answers_pings = False
    for step in range(1, int(seconds * 10) + 1):
        if found.line is not line:
            return
        line.coming = 900 + step * rate // 10
        await asyncio.sleep(0.1)


def test_l14_first_books_that_take_a_minute_to_come_in_are_waited_for_and_asked_for_once() -> None:
    async def scene(found: Scene) -> None:
        await found.connect(YES, NO)
        before = len(found.said())
        await _thin(found, 40, 10_000)
        assert found.label() is Label.SYNCING
        told = re.fullmatch(r"waiting 40s for a book, (\d+) kB of a message are here", found.board().why(found.clock()))
        assert told is not None
        assert 395 <= int(told[1]) <= 401
        await _thin(found, 35, 10_000)
        assert found.label() is Label.STALE
        assert len(found.transport.lines) == 1
        assert len(found.said()) == before
        found.line.coming = 0
        await found.tell([book(YES), book(NO, bids=MIRRORED_BIDS, asks=MIRRORED_ASKS)])
        assert found.label() is Label.STALE
        assert found.board().why(found.clock()) == "the feed is 35s behind what happens"
        for sent, label in (10, Label.STALE), (15_000, Label.STALE), (35_000, Label.LIVE):
            await found.tell(bid("0.46", str(1 + sent), sent=sent))
            await asyncio.sleep(0.3)
            assert found.label() is label

    play(scene)


def test_l14_the_books_of_many_may_come_in_one_after_the_other() -> None:
    async def scene(found: Scene) -> None:
        names = [YES, NO, *(token(number) for number in range(10))]
        await found.connect(*names)
        for name in names:
            await asyncio.sleep(6)
            assert sum(name in said["assets_ids"] for said in found.said()) == 1
            await found.tell([book(name, market=CONDITION if name in (YES, NO) else name)])
        assert len(found.transport.lines) == 1

    play(scene)


@pytest.mark.parametrize("rate", [0, 10, 30])
def test_a_message_that_drips_in_holds_no_link(rate: int) -> None:
    async def scene(found: Scene) -> None:
        await found.connect(YES, NO)
        await _thin(found, 60, rate)
        assert len(found.transport.lines) == 2
        assert 20_000 <= found.transport.attempts[1] - found.transport.attempts[0] <= 60_000
        assert any(each.text.endswith("down: no whole message for 25s") for each in found.store.alerts.since(0)[0])

    play(scene)


def test_a_message_without_an_end_holds_a_link_for_half_an_hour_at_most_and_is_never_data() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await _thin(found, 12, 10_000)
        assert found.label() is Label.STALE
        assert found.board().why(found.clock()).startswith("no whole message for 1")
        await _thin(found, 1_900, 10_000)
        assert len(found.transport.lines) == 2
        assert 1_800_000 <= found.transport.attempts[1] - found.transport.attempts[0] <= 1_835_000

    play(scene)


def test_a_feed_that_brings_all_of_it_and_later_and_later_is_stale_and_gets_a_new_link() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["/book"] = (403, b"")
        await found.live()
        for second in range(10, 60):
            await found.tell(bid("0.46", str(second), sent=1_000 * second - 400 * max(0, second - 20)))
            await asyncio.sleep(1)
            if len(found.transport.lines) > 1:
                break
            assert (found.label() is Label.STALE) == (second >= 34)
        assert second <= 39
        reasons = [alert.text for alert in found.store.alerts.ring if "down" in alert.text]
        assert reasons == ["polymarket link 1 down: the feed has fallen 7s behind what happens"]

    play(scene)


@pytest.mark.parametrize(
    "word",
    [
        "PONG",
        json.dumps({"event_type": "new_market"}),
        "NO NEW ASSETS",
        "  ",
        "null",
        "[]",
        json.dumps({"event_type": "a kind of tomorrow"}),
        change(sent=0),
    ],
)
def test_words_that_say_nothing_of_a_market_do_not_count_as_data(word: str) -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        (kept,) = found.feed._carriers.all.values()
        good_until = kept.conversation.data_at
        for _ in range(20):
            await found.tell(word)
            await asyncio.sleep(1)
        assert kept.conversation.data_at == good_until
        for _ in range(12):
            await found.tell(word)
            await asyncio.sleep(1)
        assert len(found.transport.lines) == 2

    play(scene)


def test_market_data_behind_something_else_in_one_frame_is_data() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        for number in range(32):
            await found.tell(f'[{{"event_type":"new_market"}},{trade(sent=number)}]')
            await asyncio.sleep(1)
        assert len(found.transport.lines) == 1

    play(scene)


def test_a_quiet_market_that_equals_the_fetched_book_is_quiet_and_keeps_its_link() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers[f"token_id={YES}"] = (200, fetched(YES))
        found.fetcher.answers[f"token_id={NO}"] = (200, fetched(NO))
        await found.live()
        found.store.show(ids(YES, NO), found.clock())
        for _ in range(120):
            await asyncio.sleep(1)
            assert found.label() in (Label.LIVE, Label.QUIET)
        assert found.label() is Label.QUIET
        assert len(found.transport.lines) == 1

    play(scene)


@pytest.mark.parametrize(
    "answer", [(500, b"oops"), (200, b"<html>"), (429, b""), OSError("refused")], ids=["500", "html", "429", "refused"]
)
@pytest.mark.parametrize("lull", [11, 14, 29, 120])
def test_where_no_book_can_be_fetched_a_healthy_market_is_never_stale_in_a_lull(
    lull: int, answer: tuple[int, bytes] | Exception
) -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["/"] = answer
        books = {YES: book(YES), NO: book(NO, bids=MIRRORED_BIDS, asks=MIRRORED_ASKS)}
        await found.live()
        found.store.show(ids(YES, NO), found.clock())
        heard, asked_at, seen = len(found.said()), list[int](), set()
        for step in range(1_200):
            await asyncio.sleep(0.1)
            for said in found.said()[heard:]:
                if said["operation"] == "subscribe":
                    asked_at.append(found.clock())
                    await found.tell([books[name] for name in said["assets_ids"]])
            heard = len(found.said())
            if step % (lull * 10) == 0:
                size, sent = str(step + 1), 100 * step + 1
                await found.tell(bid("0.45", size, sent=sent))
                books[YES] = book(YES, sent=sent, bids=(*BIDS, ("0.45", size)))
                books[NO] = book(NO, sent=sent, bids=MIRRORED_BIDS, asks=(*MIRRORED_ASKS, ("0.55", size)))
            seen.add(found.label())
        assert seen == {Label.LIVE, Label.QUIET}
        assert all(later - sooner >= 7_500 for sooner, later in pairwise(asked_at))

    play(scene)


def test_quiet_markets_off_the_screen_keep_their_link_too() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers[f"token_id={YES}"] = (200, fetched(YES))
        found.fetcher.answers[f"token_id={NO}"] = (200, fetched(NO))
        await found.live()
        await asyncio.sleep(600)
        assert len(found.transport.lines) == 1

    play(scene)


def test_on_a_silent_link_a_fetched_book_speaks_for_ten_seconds_at_most() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers[f"token_id={YES}"] = (200, fetched(YES))
        found.fetcher.answers[f"token_id={NO}"] = (200, fetched(NO))
        await found.live()
        found.store.show(ids(YES, NO), found.clock())
        await asyncio.sleep(6)
        # From here on the venue says nothing at all.
        found.fetcher.answers.clear()
        asked = found.board().witness_at
        await asyncio.sleep((asked + 10_300 - found.clock()) / 1_000)
        assert found.board().witness_at == asked
        assert found.label() is not Label.QUIET

    play(scene)


def test_a_frozen_feed_behind_a_newer_fetched_book_is_stale_and_made_anew() -> None:
    async def scene(found: Scene) -> None:
        newer = fetched(YES, sent=5_000, bids=(("0.45", "1"),))
        found.fetcher.answers[f"token_id={YES}"] = (200, newer)
        await found.live()
        found.store.show(ids(YES, NO), found.clock())
        seen = []
        for _ in range(100):
            await asyncio.sleep(0.1)
            seen.append(found.label())
        assert Label.STALE in seen
        assert Label.LIVE not in seen[80:]
        assert len(found.transport.lines) == 2
        assert found.store.counts.witnesses_off >= 1

    play(scene)


def test_a_fetched_book_older_than_ours_changes_nothing() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["/book"] = (200, fetched(YES, sent=-60_000, bids=(("0.10", "1"),)))
        await found.live()
        await found.tell(bid("0.46", "7", sent=10))
        await asyncio.sleep(8)
        assert found.store.counts.witnesses_old >= 1
        assert found.label() is Label.LIVE
        assert found.board().book.bid == 480_000_000

    play(scene)


def test_pings_that_are_never_answered_end_a_link() -> None:
    async def scene(found: Scene) -> None:
        # The market is quiet and its book is right, but the peer has vanished.
        found.fetcher.answers[f"token_id={YES}"] = (200, fetched(YES))
        found.fetcher.answers[f"token_id={NO}"] = (200, fetched(NO))
        await found.live()
        found.line.answers_pings = False
        found.store.show(ids(YES, NO), found.clock())
        await asyncio.sleep(30.5)
        assert found.transport.lines[0].left
        reasons = [alert.text for alert in found.store.alerts.ring if "down" in alert.text]
        assert reasons == ["polymarket link 1 down: no answer to our pings"]

    play(scene)


# Standing still


@pytest.mark.parametrize("seconds", [3, 10, 3_600, 43_200])
def test_after_standing_still_all_is_stale_at_once_and_a_new_link_begins_a_second_later(seconds: int) -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await asyncio.sleep(1)
        found.clock.ahead += seconds * 1_000
        await found.tell(bid("0.46", "7", sent=10))
        assert found.label() is Label.STALE
        await asyncio.sleep(0.7)
        assert not found.transport.lines[0].left
        await asyncio.sleep(1.8)
        assert found.transport.lines[0].left
        await asyncio.sleep(1.2)
        assert len(found.transport.lines) == 2
        assert found.label() is Label.SYNCING

    play(scene)


async def live_after_many_lost_links(found: Scene) -> None:
    """So many in a row that the next try would be long in coming."""
    await found.live()
    for _ in range(6):
        found.line.end()
        await asyncio.sleep(31)
    await found.tell([book(YES), book(NO, bids=MIRRORED_BIDS, asks=MIRRORED_ASKS)])


def test_t7_after_many_lost_links_a_sleep_costs_no_grown_delay() -> None:
    async def scene(found: Scene) -> None:
        await live_after_many_lost_links(found)
        begun = len(found.transport.attempts)
        found.clock.ahead += 30_000
        await asyncio.sleep(2.7)
        assert len(found.transport.attempts) == begun + 1
        downs = [each.text for each in found.store.alerts.since(0)[0] if " down: " in each.text]
        assert downs[-1] == "polymarket link 1 down: the program stood still for 30s"

    play(scene)


def test_l1_after_many_lost_links_a_frozen_feed_gets_a_new_one_within_thirty_seconds() -> None:
    async def scene(found: Scene) -> None:
        await live_after_many_lost_links(found)
        begun = len(found.transport.attempts)
        await asyncio.sleep(30)
        assert len(found.transport.attempts) == begun + 1

    play(scene)


def test_l19_a_link_that_was_down_is_tried_a_second_after_waking() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        found.transport.always = Closed("network unreachable")
        found.line.end()
        await asyncio.sleep(300)
        link = found.store.links["polymarket link 1"]
        await asyncio.sleep((link.retry_at - found.clock()) / 1_000 + 1)
        assert link.retry_at - found.clock() > 10_000
        found.clock.ahead += 3_600_000
        found.transport.always = None
        await asyncio.sleep(1.1)
        assert found.label() is Label.SYNCING

    play(scene)


def test_what_lay_in_the_pipes_while_we_stood_still_is_no_delay_of_the_venue() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await found.tell(bid("0.46", "7", sent=int(found.clock()) - 1_000_000))
        before = found.store.clocks.of("polymarket").quantiles()
        found.clock.ahead += 20_000
        for size in "89":
            await found.tell(bid("0.46", size, sent=int(found.clock()) - 1_019_000))
        assert found.store.clocks.of("polymarket").quantiles() == before

    play(scene)


def test_standing_still_is_noticed_without_any_message() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        found.clock.ahead += 60_000
        await asyncio.sleep(0.3)
        assert found.label() is Label.STALE
        assert "stood still" in found.board().why(found.clock())

    play(scene)


def test_a_wall_clock_that_is_set_moves_no_label() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        for hours in (1, -1, -2, 24):
            found.wall_ahead = hours * 3_600_000
            await asyncio.sleep(0.5)
            assert found.label() is Label.LIVE
        await found.tell(bid("0.46", "7", sent=10))
        await asyncio.sleep(0.3)
        quantiles = found.store.clocks.of("polymarket").quantiles()
        assert quantiles is not None
        assert abs(quantiles[0] - 24 * 3_600_000) < 120_000

    play(scene)


def test_an_old_first_book_tells_nothing_of_the_delay() -> None:
    async def scene(found: Scene) -> None:
        await found.connect(YES, NO)
        await found.tell([book(sent=-3 * 86_400_000)])
        await found.tell(bid("0.46", "7", sent=int(found.clock()) - 1_000_000))
        await asyncio.sleep(0.3)
        quantiles = found.store.clocks.of("polymarket").quantiles()
        assert quantiles is not None
        assert quantiles[1] < 10_000

    play(scene)


def test_the_answer_time_of_a_ping_is_that_of_its_pong() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        found.line.answers_pings = False
        await asyncio.sleep(10.01)
        await found.tell({"event_type": "new_market"})
        await asyncio.sleep(0.5)
        await found.tell("PONG")
        pong = found.store.links["polymarket link 1"].pong
        assert pong is not None
        assert 0.4 <= pong <= 0.6

    play(scene)


def test_an_unasked_pong_is_ignored() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await found.tell("PONG")
        assert found.store.links["polymarket link 1"].pong is None
        assert found.store.ledger.ignored == 1

    play(scene)


# Reconnecting


def test_a_lost_link_is_down_at_once_and_the_old_book_is_gone_before_the_new_one_speaks() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        found.line.end()
        await settle()
        assert found.label() is Label.DOWN
        await asyncio.sleep(1.1)
        assert found.label() is Label.SYNCING
        assert found.board().book.empty
        await found.tell([book(sent=99, bids=(("0.30", "1"),), asks=(("0.31", "2"),))])
        assert found.label() is Label.LIVE
        assert found.board().book.bids == {300_000_000: 10**9}

    play(scene)


def test_cut_between_asking_and_the_first_book_it_asks_for_the_same_again() -> None:
    async def scene(found: Scene) -> None:
        await found.connect(YES, NO)
        first = found.said()
        found.line.end()
        await asyncio.sleep(1.1)
        assert found.said() == first
        assert found.label() is Label.SYNCING

    play(scene)


def test_a_halted_link_says_so_on_every_board() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        found.line.end(Closed("closed by the venue (4001)", 4001, halt=True, retry_after=60.0))
        await settle()
        assert found.label(YES) is Label.HALTED
        assert found.label(NO) is Label.HALTED
        await asyncio.sleep(61)
        assert found.label(YES) is Label.SYNCING

    play(scene)


def test_down_tells_reason_attempt_and_next_try() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        found.transport.always = Closed("connection refused")
        found.line.end()
        await asyncio.sleep(10)
        why = found.board().why(found.clock())
        assert why.startswith("connection refused, try ")
        assert why.endswith("s")

    play(scene)


def test_a_market_that_is_down_is_not_asked_for_by_rest() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        found.transport.always = Closed("connection refused")
        found.line.end()
        await settle()
        before = found.fetcher.count("/book")
        await asyncio.sleep(300)
        assert found.fetcher.count("/book") == before

    play(scene)


# The end of a question


def test_a_resolved_market_says_so_with_its_outcome() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await found.tell(resolved())
        assert found.label(YES) is Label.RESOLVED
        assert found.label(NO) is Label.RESOLVED
        assert found.board().why(found.clock()) == "settled: Yes won"

    play(scene)


def test_d15_an_outcome_that_was_about_to_be_followed_when_its_question_was_settled_is_settled_too() -> None:
    async def scene(found: Scene) -> None:
        await found.connect(YES)
        await found.tell([book()], bid("0.45", "3", sent=10), resolved())
        assert found.label(YES) is Label.RESOLVED
        await asyncio.sleep(0.3)
        assert found.label(NO) is Label.RESOLVED
        assert found.board(NO).why(found.clock()) == "settled: Yes won"

    play(scene)


def test_d15_a_reset_of_a_link_that_others_share_leaves_a_settled_book_as_it_was() -> None:
    async def scene(found: Scene) -> None:
        await found.connect(YES, NO, token(7))
        await found.tell([book(), book(NO), book(token(7), market="0xelsewhere")], resolved())
        before = dict(found.board(YES).book.bids)
        found.line.end()
        await asyncio.sleep(3)
        assert len(found.transport.lines) == 2
        assert found.label(YES) is Label.RESOLVED
        assert before
        assert found.board(YES).book.bids == before
        assert found.board(token(7)).book.empty

    play(scene)


def test_all_resolved_ends_the_conversation_for_good() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await found.tell(resolved())
        found.line.end(Closed("closed by the venue (1000: all subscribed assets resolved)", 1000))
        await asyncio.sleep(120)
        assert len(found.transport.attempts) == 1

    play(scene)


def test_d15_a_connection_ended_because_all_is_resolved_says_so_and_asks_for_the_outcome() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["clob_token_ids"] = (200, row())
        await found.live()
        await asyncio.sleep(5)
        found.line.end(Closed("closed by the venue (1000: all subscribed assets resolved)", 1000))
        await asyncio.sleep(1)
        assert found.label(YES) is Label.RESOLVED
        assert found.board(YES).why(found.clock()) == "settled"
        assert not found.board(YES).book.empty

        found.fetcher.answers["clob_token_ids"] = (200, row(closed=True))
        await asyncio.sleep(120)
        assert [found.board(each).why(found.clock()) for each in (YES, NO)] == ["settled: Yes won"] * 2
        asked = len(found.fetcher.asked)
        await asyncio.sleep(3_600)
        assert len(found.fetcher.asked) == asked

    play(scene)


def test_an_error_of_ours_ends_no_question_that_is_asked_until_it_is_answered() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["clob_token_ids"] = mistake = RuntimeError("one of ours")
        await found.live()
        await asyncio.sleep(3)
        assert found.board(YES).instrument.title != "Will it rain?"
        found.fetcher.answers["clob_token_ids"] = (200, row())
        await asyncio.sleep(5)
        assert found.board(YES).instrument.title == "Will it rain?"

        found.fetcher.answers["clob_token_ids"] = mistake
        await found.tell([book(), book(NO)])
        found.line.end(OVER)
        await asyncio.sleep(5)
        assert found.board(YES).why(found.clock()) == "settled"
        found.fetcher.answers["clob_token_ids"] = (200, row(closed=True))
        await asyncio.sleep(120)
        assert found.board(YES).why(found.clock()) == "settled: Yes won"

    play(scene)


OVER = Closed("closed by the venue (1000: all subscribed assets resolved)", 1000)


async def wrongly_closed(found: Scene) -> None:
    """The venue ends the connection as if all was settled, and goes on to tell catalogue and books of what is open."""
    found.fetcher.answers["clob_token_ids"] = (200, row())
    found.fetcher.answers["/book"] = lambda url: (200, fetched(YES if YES in url else NO))
    await found.live()
    await asyncio.sleep(5)
    found.line.end(OVER)
    await asyncio.sleep(1)
    assert found.label(YES) is found.label(NO) is Label.RESOLVED


def test_a_market_that_was_called_settled_by_mistake_is_followed_again_once_that_was_seen_twice() -> None:
    async def scene(found: Scene) -> None:
        await wrongly_closed(found)
        await asyncio.sleep(50)
        assert found.label(YES) is found.label(NO) is Label.RESOLVED
        await asyncio.sleep(75)
        assert found.label(YES) is found.label(NO) is Label.SYNCING
        assert len(found.transport.attempts) == 2
        await found.tell([book(YES), book(NO, bids=MIRRORED_BIDS, asks=MIRRORED_ASKS)])
        assert found.label(YES) is found.label(NO) is Label.LIVE
        assert found.followed() == {YES, NO}
        assert list(found.store.links) == ["polymarket link 2"]

    play(scene)


@pytest.mark.parametrize(
    "answer",
    [(404, b"{}"), (200, fetched(YES, bids=(), asks=())), (500, b""), OSError("refused")],
    ids=["none", "empty", "500", "refused"],
)
def test_a_settled_market_of_which_no_book_is_to_be_had_stays_settled(answer: tuple[int, bytes] | Exception) -> None:
    async def scene(found: Scene) -> None:
        await wrongly_closed(found)
        found.fetcher.answers["/book"] = answer
        await asyncio.sleep(3_600)
        assert found.label(YES) is found.label(NO) is Label.RESOLVED
        assert len(found.transport.attempts) == 1

    play(scene)


def test_a_settled_market_that_the_catalogue_is_late_to_close_stays_settled() -> None:
    async def scene(found: Scene) -> None:
        await wrongly_closed(found)
        await asyncio.sleep(50)
        found.fetcher.answers["clob_token_ids"] = (200, row(closed=True))
        await asyncio.sleep(600)
        assert found.board(YES).why(found.clock()) == "settled: Yes won"
        assert len(found.transport.attempts) == 1

    play(scene)


def test_a_venue_that_calls_an_open_market_settled_over_and_over_is_dialled_every_two_minutes_at_most() -> None:
    async def scene(found: Scene) -> None:
        await wrongly_closed(found)

        def close(line: ScriptedLine) -> None:
            for each in (book(YES), book(NO, bids=MIRRORED_BIDS, asks=MIRRORED_ASKS)):
                line.tell(json.dumps(each))
            line.end(OVER)

        found.transport.on_open = close
        await asyncio.sleep(3_600)
        assert 10 <= len(found.transport.attempts) <= 31
        assert len(found.store.links) == 1

    play(scene)


SOMETHING_OPEN = token(7)


async def with_something_open(found: Scene, *, booked: bool) -> None:
    """A settled market, and on its link one that is open and was just asked for."""
    found.fetcher.answers["clob_token_ids"] = (200, row(names=(SOMETHING_OPEN, token(8))))
    await found.live()
    await found.tell(resolved())
    await asyncio.sleep(5)
    found.feed.follow([bare(SOMETHING_OPEN)])
    await settle()
    if booked:
        top = "0.40", "0.60"  # a change was lost
        wrong = [entry(SOMETHING_OPEN, "BUY", "0.47", size, top) for size in "67"]
        told = [change(each, sent=10 * n, market="0xelsewhere") for n, each in enumerate(wrong, 1)]
        await found.tell([book(SOMETHING_OPEN, market="0xelsewhere")], *told)
        await asyncio.sleep(1)
        assert found.label(SOMETHING_OPEN) is Label.RESYNC
        assert [each["operation"] for each in found.said()[-2:]] == ["unsubscribe", "subscribe"]
    found.line.end(Closed("closed by the venue (1000: all subscribed assets resolved)", 1000))
    await settle()


@pytest.mark.parametrize("booked", [False, True])
def test_d15_a_market_that_was_being_asked_for_when_the_others_ended_the_connection_is_open(booked: bool) -> None:
    async def scene(found: Scene) -> None:
        await with_something_open(found, booked=booked)
        assert found.label(SOMETHING_OPEN) is Label.DOWN
        assert found.label(YES) is Label.RESOLVED
        await asyncio.sleep(2)
        assert SOMETHING_OPEN in found.followed()
        await found.tell([book(SOMETHING_OPEN, market="0xelsewhere")])
        assert found.label(SOMETHING_OPEN) is Label.LIVE
        assert found.label(YES) is Label.RESOLVED

    play(scene)


def test_d15_a_connection_that_ends_again_and_again_is_tried_ever_more_seldom_until_the_catalogue_tells() -> None:
    over = Closed("closed by the venue (1000: all subscribed assets resolved)", 1000)

    async def scene(found: Scene) -> None:
        await with_something_open(found, booked=False)
        found.transport.on_open = lambda line: line.end(over)
        await asyncio.sleep(600)
        assert found.label(SOMETHING_OPEN) is Label.DOWN
        before = len(found.transport.attempts)
        assert 20 <= before <= 50
        found.fetcher.answers["clob_token_ids"] = (200, row(closed=True, names=(SOMETHING_OPEN, token(8))))
        await asyncio.sleep(120)
        assert found.label(SOMETHING_OPEN) is Label.RESOLVED
        assert found.board(SOMETHING_OPEN).why(found.clock()) == "settled: Yes won"
        assert len(found.transport.attempts) <= before + 3
        tried = len(found.transport.attempts)
        await asyncio.sleep(3_600)
        assert len(found.transport.attempts) == tried

    play(scene)


def test_a_settled_market_opened_and_closed_while_the_catalogue_fails_is_asked_for_by_one_at_most() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["/markets"] = (500, b"")
        await found.connect(STRANGER)
        await found.tell([book(STRANGER)])
        await asyncio.sleep(900)
        tasks = vars(found.feed)["_tasks"]
        for _ in range(20):
            found.feed.keep([])
            found.feed.follow([bare(YES)])
            await asyncio.sleep(3)
            await found.tell([book()])
            found.line.end(Closed("all resolved", 1000))
            await asyncio.sleep(1)
            assert found.label(YES) is Label.RESOLVED
            assert len(tasks) <= 2  # one asks for its name, one how it ended
        await asyncio.sleep(600)
        found.feed.keep([])
        await settle()
        assert not tasks

    play(scene)


def test_a_resolved_market_whose_link_falls_silent_is_not_dialled_again_for_ever() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await found.tell(resolved())
        await asyncio.sleep(1_800)
        assert len(found.transport.attempts) <= 3

    play(scene)


def test_a_settled_market_without_the_event_is_found_out_by_the_catalogue() -> None:
    def catalogue(url: str) -> tuple[int, bytes]:
        # Settled markets are left out unless they are asked for.
        return 200, row(closed=True) if "closed=true" in url else b"[]"

    async def scene(found: Scene) -> None:
        found.fetcher.answers["clob_token_ids"] = (200, row())
        found.fetcher.answers["/book"] = (404, b'{"error":"No orderbook exists"}')
        await found.live()
        found.fetcher.answers["clob_token_ids"] = catalogue
        await found.tell([book(YES, sent=9, bids=(), asks=()), book(NO, sent=9, bids=(), asks=())])
        await asyncio.sleep(45)
        assert found.label(YES) is Label.RESOLVED
        assert found.board(YES).why(found.clock()) == "settled: Yes won"

    play(scene)


def test_a_token_whose_market_was_settled_long_ago_says_so() -> None:
    def catalogue(url: str) -> tuple[int, bytes]:
        return 200, row(closed=True) if "closed=true" in url else b"[]"

    async def scene(found: Scene) -> None:
        found.fetcher.answers["clob_token_ids"] = catalogue
        found.fetcher.answers["/book"] = (404, b'{"error":"No orderbook exists"}')
        await found.connect(YES)
        await found.tell("[]")
        await asyncio.sleep(15)
        assert found.label(YES) is Label.RESOLVED

    play(scene)


def test_an_unknown_token_is_said_plainly() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["clob_token_ids"] = (200, b"[]")
        found.fetcher.answers["/book"] = (404, b'{"error":"No orderbook exists"}')
        await found.connect(YES)
        await found.tell("[]")
        await asyncio.sleep(15)
        assert found.label() is Label.STALE
        assert "no book for this id" in found.board().why(found.clock())

    play(scene)


# Witnesses


def test_a_fetch_that_fails_is_counted_and_changes_no_book() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["/book"] = (200, b"<html>")
        await found.live()
        found.store.show(ids(YES, NO), found.clock())
        await asyncio.sleep(6)
        assert found.store.counts.fetches_failed >= 1
        assert found.board().book.bid == 480_000_000

    play(scene)


@pytest.mark.parametrize(
    "answer",
    [
        (500, b""),
        (200, b"[]"),
        (200, b"\xff"),
        (200, fetched(STRANGER)),
        (200, b'{"asset_id":7}'),
        (200, json.dumps(book(YES) | {"bids": [{"price": "2", "size": "1"}]}).encode()),
        OSError("no answer: it took over 5s"),
    ],
    ids=["500", "list", "not UTF-8", "another token", "no text", "a price of 2", "no answer"],
)
def test_no_answer_of_rest_can_end_the_feed(answer: tuple[int, bytes] | Exception) -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["/book"] = answer
        found.fetcher.answers["clob_token_ids"] = answer
        await found.live()
        found.store.show(ids(YES, NO), found.clock())
        await asyncio.sleep(30)
        assert found.store.counts.fetches_failed >= 1

    play(scene)


def test_at_most_four_questions_are_asked_at_once() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.seconds = 1_000
        await found.connect(*(token(number) for number in range(50)))
        await asyncio.sleep(30)
        assert len(found.fetcher.asked) == 4

    play(scene)


def test_five_hashes_in_a_row_that_are_not_ours_lower_the_label() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["/book"] = (503, b"")
        await found.live()
        found.store.show(ids(YES, NO), found.clock())
        for number in range(8):
            await found.tell(bid("0.40", str(number + 1), sent=1_000 * number, digest=HASH))
            await asyncio.sleep(0.5)
        assert found.label(YES) is Label.RESYNC
        assert found.store.counts.misses >= 5

    play(scene)


def test_a_quiet_book_with_a_miss_is_not_left_alone_when_no_book_can_be_fetched() -> None:
    async def scene(found: Scene) -> None:
        found.fetcher.answers["/book"] = (503, b"")
        await found.live()
        found.store.show(ids(YES, NO), found.clock())
        await found.tell(bid("0.40", "1", sent=10, digest=HASH))
        await asyncio.sleep(8)
        found.fetcher.answers[f"/book?token_id={YES}"] = (200, fetched(YES, sent=5_000, bids=(("0.45", "1"),)))
        await asyncio.sleep(8)
        assert found.store.counts.witnesses + found.store.counts.resubscribed >= 1

    play(scene)


# Our own errors


def test_our_own_error_in_a_conversation_says_so_and_the_conversation_begins_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        take = found.store.take

        def broken(events: object) -> None:
            monkeypatch.setattr(found.store, "take", take)
            raise ZeroDivisionError

        monkeypatch.setattr(found.store, "take", broken)
        with caplog.at_level(logging.CRITICAL, "pmtui.feed.feed"):
            await found.tell(bid("0.46", "7", sent=10))
        assert found.label() is Label.DOWN
        assert "our own error" in found.board().why(found.clock())
        assert found.transport.lines[0].left
        await asyncio.sleep(2.5)
        assert found.label() is Label.SYNCING
        await found.tell([book(sent=11)])
        assert found.label() is Label.LIVE

    play(scene)


def test_an_error_that_comes_back_each_time_does_not_dial_in_a_storm(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(found: Scene) -> None:
        def broken(frame: object, at: object) -> None:
            raise ZeroDivisionError

        await found.connect(YES)
        stream = found.line.stream
        monkeypatch.setattr(stream, "receive", broken)
        found.transport.on_open = lambda line: line.tell("x")
        with caplog.at_level(logging.CRITICAL, "pmtui.feed.feed"):
            await found.tell("x")
            await asyncio.sleep(600)
        attempts = found.transport.attempts
        assert all(sum(start <= each < start + 60_000 for each in attempts) <= 30 for start in attempts)

    play(scene)


def test_an_error_that_comes_back_before_there_is_a_connection_is_told_with_its_next_try_and_waits_ever_longer(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(found: Scene) -> None:
        await found.connect(YES)
        packets = found.transport.packets

        def broken(stream: object) -> object:
            packets(found.line.stream)
            found.transport.attempts.append(found.clock())
            raise ZeroDivisionError

        monkeypatch.setattr(found.transport, "packets", broken)
        found.line.end(LOST)
        with caplog.at_level(logging.CRITICAL, "pmtui.feed.feed"):
            await asyncio.sleep(100)
        waits = [after - before for before, after in pairwise(found.transport.attempts[2:])]
        assert waits[0] < 2_100
        assert waits[-1] > 10_000
        assert re.search(r"our own error, see the log, try \d+ in \d+s", found.board().why(found.clock()))

    play(scene)


def test_an_error_of_ours_before_anything_is_waited_for_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begun: list[int] = []

    async def broken(conversation: Conversation, turn: object) -> None:
        begun.append(now())
        if len(begun) > 100:
            await asyncio.Event().wait()
        raise ZeroDivisionError

    async def scene(found: Scene) -> None:
        with caplog.at_level(logging.CRITICAL, "pmtui.feed.feed"):
            await found.connect(YES)
            await asyncio.sleep(300)
        assert 10 < len(begun) < 30

    monkeypatch.setattr(Conversation, "run", broken)
    play(scene)


def test_many_that_join_together_are_described_and_followed_by_few_questions_and_few_frames() -> None:
    pairs = {f"{n:041}": f"{n + 500:041}" for n in range(130)}

    def described(url: str) -> tuple[int, bytes]:
        wanted = re.findall(r"clob_token_ids=(\d+)", url)
        return 200, json.dumps([json.loads(row(names=(each, pairs[each])))[0] for each in wanted]).encode()

    async def scene(found: Scene) -> None:
        found.fetcher.answers["clob_token_ids"] = described
        await found.connect(*pairs)
        await asyncio.sleep(5)
        assert found.followed() == {*pairs, *pairs.values()}
        assert found.fetcher.count("/markets?") == 7
        assert sum(len(found.said(line)) for line in found.transport.lines) <= 10
        assert all(board.instrument.title == "Will it rain?" for board in found.store.boards.values())

    play(scene)


def test_those_that_one_answer_leaves_out_are_asked_for_one_by_one() -> None:
    other = "8" * 50

    async def scene(found: Scene) -> None:
        found.fetcher.answers["limit="] = (200, row())
        found.fetcher.answers["closed=true"] = (200, row(closed=True, names=(other, "9" * 50)))
        found.fetcher.answers["clob_token_ids"] = (200, b"[]")
        await found.connect(YES, other)
        await asyncio.sleep(5)
        boards = {board.instrument.symbol: board for board in found.store.boards.values()}
        assert boards[YES].instrument.title == boards[other].instrument.title == "Will it rain?"
        assert boards[other].resolved is not None
        assert found.fetcher.count(f"clob_token_ids={YES}") == 1

    play(scene)


def test_a_link_tells_the_proxy_on_its_way() -> None:
    async def scene(found: Scene) -> None:
        found.transport.through = "10.0.0.1:8080"
        await found.connect(YES)
        (link,) = found.store.links.values()
        assert link.through == "10.0.0.1:8080"

    play(scene)


def test_the_feed_ends_at_once_and_leaves_nothing() -> None:
    async def work() -> None:
        async with running() as found:
            found.fetcher.seconds = 1_000
            await found.live()
            for _ in range(100):
                found.line.tell(bid("0.46", "7", sent=10))
        assert found.line.left
        assert found.fetcher.closed
        assert len(asyncio.all_tasks()) == 1

    run(work())


def test_a_message_nudges_the_screen() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        before = found.nudges
        await found.tell(bid("0.46", "7", sent=10))
        assert found.nudges == before + 1

    play(scene)


def test_nothing_new_nudges_nobody() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await asyncio.sleep(0.5)
        before = found.nudges
        await asyncio.sleep(3)
        assert found.nudges == before

    play(scene)


def test_the_limits_are_those_of_the_faults_list() -> None:
    assert (MOST_BAD, intake._WITHIN) == (20, 10_000)
    assert intake.ASLEEP <= 2_000


def test_a_message_of_another_market_is_rejected_for_a_known_token() -> None:
    async def scene(found: Scene) -> None:
        await found.live()
        await found.tell(change(entry(YES, "BUY", "0.4", "1", ("0.48", "0.52")), sent=9, market="0x" + "cd" * 32))
        assert found.label(YES) is Label.RESYNC

    play(scene)


def test_a_venue_that_resets_every_connection_is_dialled_with_patience() -> None:
    async def scene(found: Scene) -> None:
        found.transport.on_open = lambda line: line.end(LOST)
        await found.connect(YES)
        await asyncio.sleep(600)
        assert len(found.transport.attempts) <= 45

    play(scene)


class _Leaving(ScriptedFetcher):
    """Notes who leaves, and when the doors are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[str] = []

    async def fetch(self, request: Request) -> tuple[int, bytes]:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)  # to hang up takes a moment
            self.order.append("left")
        return 404, b""

    async def close(self) -> None:
        self.order.append("closed")


@pytest.mark.parametrize("rounds", [1, 2, 20])
def test_a_feed_that_ends_leaves_nobody_behind_and_closes_the_doors_last(rounds: int) -> None:
    async def work() -> None:
        scene, fetcher = Scene(), _Leaving()
        scene.feed = Feed(scene.store, Lock(), {scene.venue.name: scene.venue}, scene.transport, fetcher)
        scene.feed.follow([bare(YES), bare(NO)])
        task = asyncio.create_task(scene.feed.run())
        await settle(rounds)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert len(asyncio.all_tasks()) == 1, asyncio.all_tasks()
        assert fetcher.order[-1:] in ([], ["closed"])
        assert rounds < 2 or "left" in fetcher.order

    run(work())


class _Asked(dict[str, Any]):
    """Venues that note what of them is used, and what of it while the lock is held: the screen would wait for it."""

    def __init__(self, venue: Polymarket, lock: Lock) -> None:
        super().__init__({venue.name: self})
        self.venue, self.lock = venue, lock
        self.used: set[str] = set()
        self.held: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self._note("loaded")
        return super().__getitem__(name)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.venue, name)
        if callable(found):
            self._note(name)
        return found

    def _note(self, what: str) -> None:
        self.used.add(what)
        if self.lock.locked():
            self.held.add(what)


def test_nothing_is_loaded_made_or_read_by_a_venue_while_the_screen_waits() -> None:
    async def work() -> None:
        found, lock = Scene(), Lock()
        asked = _Asked(found.venue, lock)
        found.feed = Feed(found.store, lock, asked, found.transport, found.fetcher, clock=found.clock)
        found.fetcher.answers = {"/book": (200, fetched()), "clob_token_ids": (200, row())}
        task = asyncio.create_task(found.feed.run())
        await found.connect(YES)
        await found.tell([book()], bid("0.45", "3", sent=10))
        await asyncio.sleep(30)
        found.feed.keep([])
        await settle()
        assert asked.used >= {"loaded", "seal", "other", "stream", "witness", "found", "forget"}
        assert not asked.held
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run(work())
