"""Bugs planted on purpose, each with the scene or the ordinary check that must catch it.

A checker that finds nothing proves nothing until it has found these.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from pmtui.core import board as boards
from pmtui.core.board import Board, Label
from pmtui.core.book import Book
from pmtui.core.events import BookDelta, Event, Ignored, Phase, Rejected
from pmtui.core.facts import Facts
from pmtui.core.ports import Closed
from pmtui.core.store import Store
from pmtui.core.truth import digests, doubts, tops, witnesses
from pmtui.core.units import px
from pmtui.feed import intake
from pmtui.feed.backoff import Backoff, Pacer
from pmtui.feed.carriers import Carriers
from pmtui.feed.link import Conversation
from pmtui.sim.polymarket.cast import BUSY
from pmtui.sim.polymarket.listing import Draft
from pmtui.sim.polymarket.world import World
from pmtui.venues.polymarket import market as market_channel
from pmtui.venues.polymarket.market import MarketStream
from pmtui.venues.polymarket.seal import PolymarketSeal

from ..feed import test_feed, test_link
from .rounds import EPOCH, Scene, play

Plant = Callable[[pytest.MonkeyPatch], None]


# Scenes: without a bug each of them passes, which a test makes sure of.


def deep_world() -> World:
    """Two busy markets without trades or moving prices: nothing but the hash tells of a lost change."""
    character = replace(BUSY, takers=0, step=px("0"), low=BUSY.fair, high=BUSY.fair, name="deep")
    return World([Draft(f"Deep {n}?", f"deep-{n}", character) for n in (1, 2)], seed=3, rate=8, epoch=EPOCH)


def _scene(plan: str = "", seconds: int = 45, **rest: Any) -> Scene:
    return Scene(5, seconds, faults=0, rate=40, plan=plan, viewer=False, **({"calm": 0} | rest))


CALM = _scene(seconds=30)
LOSSES = "; ".join(f"at {second} drop 1" for second in range(10, 60, 20))
SCENES: dict[str, tuple[Scene, Callable[[], World] | None]] = {
    "calm": (CALM, None),
    "reconnecting": (_scene("at 8 cut; at 16 close 1001; at 24 tear; at 30 cut", calm=60_000), None),
    "refused": (_scene("at 5 refuse 40; at 5 cut", 60, calm=60_000), None),
    "too many": (_scene("at 5 refuse 10 429; at 5 cut", 90), None),
    "losing": (_scene(LOSSES, 70), deep_world),
    "losing unwitnessed": (_scene(f"at 1 rest 503 69; {LOSSES}", 70), deep_world),
    "frozen": (_scene("at 5 freeze 35; at 5 rest 503 35", 40), None),
    "crossed": (_scene("at 5 cross 6; at 20 cross 3", 30), None),
    "garbled": (_scene("at 5 garbage 8; at 20 garbage 8", 30), None),
}


def _caught_in(name: str) -> Callable[[], list[str]]:
    def look() -> list[str]:
        scene, world = SCENES[name]
        return play(scene, world and world(), to_the_first=True).violations

    return look


def _caught_by(check: Callable[[], object]) -> Callable[[], list[str]]:
    """A named ordinary check catches it by failing."""

    def look() -> list[str]:
        try:
            check()
        except Exception as error:  # whatever makes the check fail
            return [f"{getattr(check, '__name__', 'check')}: {type(error).__name__}"]
        return []

    return look


@dataclass(frozen=True, slots=True)
class Planted:
    """A bug, how to plant it, and who must catch it."""

    what: str
    plant: Plant
    caught: Callable[[], list[str]]
    quick: bool = False
    """Part of the default suite."""


# Ways to plant


def _with(owner: object, name: str, value: object) -> Plant:
    return lambda patch: patch.setattr(owner, name, value)


def _moves(alter: Callable[[list[Any]], list[Any]]) -> Plant:
    """Change what the codec makes of each price change."""

    def altered(_: int, events: Sequence[Event]) -> Sequence[Event]:
        return [
            BookDelta(each.at, each.sent, alter(list(each.moves))) if isinstance(each, BookDelta) else each
            for each in events
        ]

    return _received(altered)


def _received(alter: Callable[[int, Sequence[Event]], Sequence[Event]]) -> Plant:
    """Change what the codec makes of every n-th frame."""
    honest = MarketStream.receive

    def plant(patch: pytest.MonkeyPatch) -> None:
        count = 0

        def altered(stream: MarketStream, frame: bytes, at: Any) -> Sequence[Event]:
            nonlocal count
            count += 1
            return alter(count, honest(stream, frame, at))

        patch.setattr(MarketStream, "receive", altered)

    return plant


def _labelled(alter: Callable[[Board, Label], Label]) -> Plant:
    honest = Board.label
    return _with(Board, "label", lambda board, now: alter(board, honest(board, now)))


def _lost(count: int, events: Sequence[Event]) -> Sequence[Event]:
    return (Ignored("lost"),) if count % 40 == 0 and isinstance(events[0], BookDelta) else events


def _lazy_top(book: Book, is_bid: bool, price: int) -> None:
    (book.bids if is_bid else book.asks).pop(price, None)


def _wrong_side(book: Book, bid: int, ask: int) -> int:
    """Removes what is worse than the told top instead of what is better."""
    for price in [price for price in book.bids if price < bid]:
        del book.bids[price]
    book.version += 1
    return 1


def _no_copy_of_the_past(book: Board, at: object) -> None:
    """Forgets nothing."""
    if not hasattr(book, "data_at"):
        _FORGET(book, at)  # type: ignore[arg-type]


_FORGET = Board.forget
_TAKE_OTHER = Store._other
_OPENED = Conversation._opened
_CHANGE = Conversation._change
_ONCE = Conversation._once
_TESTIFY = witnesses.testify


def _uncounted(store: Store, event: Event) -> None:
    if not isinstance(event, Rejected):
        _TAKE_OTHER(store, event)


def _twice(store: Store, event: Event) -> None:
    _TAKE_OTHER(store, event)
    if isinstance(event, Ignored):
        store.ledger.ignored += 1


async def _same_generation(conversation: Conversation, packet: Any, near_end: Any) -> None:
    conversation.generation = 0
    await _OPENED(conversation, packet, near_end)


async def _leaking(conversation: Conversation, packet: Any, near_end: Any) -> None:
    conversation.leaked = [  # type: ignore[attr-defined]
        *getattr(conversation, "leaked", []),
        *(asyncio.create_task(asyncio.sleep(10**6)) for _ in range(20)),
    ]
    await _OPENED(conversation, packet, near_end)


def _never_down(conversation: Conversation, phase: Phase, reason: str, **rest: Any) -> None:
    if phase is not Phase.DOWN:
        _CHANGE(conversation, phase, reason, **rest)


async def _only_once(conversation: Conversation, turn: Any) -> None:
    await _ONCE(conversation)
    conversation._change(Phase.DOWN, "gave up")
    await asyncio.Event().wait()


async def _impatient(conversation: Conversation) -> Any:
    closed, good_for = await _ONCE(conversation)
    return Closed(closed.reason, closed.code, halt=closed.halt), good_for


def _believing(board: Board, witness: Any, at: Any, counts: Any) -> None:
    """The fetched book replaces ours."""
    if witness.book is not None and board.synced:
        board.book.replace(dict(witness.book.bids), dict(witness.book.asks))
    _TESTIFY(board, witness, at, counts)


def _hasty(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Backoff, "next", lambda backoff, good_for: 0)
    patch.setattr(Pacer, "book", lambda pacer, now, after=0: now + 50)


PLANTED: tuple[Planted, ...] = (
    # The codec
    Planted("bids are taken for asks", _moves(lambda m: [(i, not b, *r) for i, b, *r in m]), _caught_in("calm"), True),
    Planted(
        "a size is doubled",
        _moves(lambda m: [(i, b, p, 2 * s, *r) for i, b, p, s, *r in m]),
        _caught_in("calm"),
    ),
    Planted(
        "a price is one tick off",
        _moves(lambda m: [(i, b, p + 10_000_000, *r) for i, b, p, *r in m]),
        _caught_in("calm"),
    ),
    Planted("only the first entry of a frame counts", _moves(lambda m: m[:1]), _caught_in("calm")),
    Planted(
        "told tops are forgotten",
        _moves(lambda m: [(*r[:4], (-1, -1), "") for r in m]),
        _caught_in("losing unwitnessed"),
    ),
    Planted("one frame in forty is lost", _received(_lost), _caught_in("calm"), quick=True),
    Planted(
        "a pong counts as data",
        _with(market_channel, "_PONG", Ignored("pong", data=True)),
        _caught_by(test_feed.test_no_data_is_stale_within_ten_seconds_and_a_new_link_begins_within_thirty),
        quick=True,
    ),
    Planted(
        "a fresh book is asked for without unsubscribing first",
        _with(MarketStream, "again", lambda stream, ids: stream.change((), ()) or []),
        _caught_by(test_feed.test_a_message_that_cannot_be_read_lowers_the_label_and_asks_for_a_fresh_book),
    ),
    # The book
    Planted("removals are ignored", _with(Book, "remove", lambda book, is_bid, price: None), _caught_in("calm"), True),
    Planted("the top at hand is not kept", _with(Book, "remove", _lazy_top), _caught_in("calm")),
    Planted(
        "levels behind the told top are pruned",
        _with(Book, "prune", _wrong_side),
        _caught_by(test_feed.test_a_ghost_beyond_the_told_top_is_removed_and_counted),
    ),
    # The store
    Planted(
        "nothing is forgotten on a new connection",
        _with(Board, "forget", _no_copy_of_the_past),
        _caught_in("reconnecting"),
        True,
    ),
    Planted("a tick change is overheard", _with(Facts, "_tick", lambda facts, event: True), _caught_in("calm")),
    Planted(
        "later full books are overheard",
        lambda patch: patch.setattr(
            Facts,
            "_snapshot",
            lambda facts, event, honest=Facts._snapshot: (
                not facts.boards[event.instrument].synced and honest(facts, event)
            ),
        ),
        _caught_by(test_feed.test_a_message_that_cannot_be_read_lowers_the_label_and_asks_for_a_fresh_book),
    ),
    Planted("rejects are not counted", _with(Store, "_other", _uncounted), _caught_in("garbled"), quick=True),
    Planted("what is ignored counts twice", _with(Store, "_other", _twice), _caught_in("calm")),
    Planted(
        "a settled market goes on",
        _with(Facts, "resolve", lambda facts, event: True),
        _caught_by(test_feed.test_a_resolved_market_says_so_with_its_outcome),
    ),
    Planted(
        "the other outcome is not followed",
        _with(Facts, "_appeared", lambda facts, event: False),
        _caught_by(test_feed.test_the_other_outcome_that_appears_in_the_changes_is_followed_too),
    ),
    # The truth
    Planted("a batch's end is never judged", _with(tops, "settle", lambda *_: None), _caught_in("losing"), quick=True),
    Planted("every hash fits", _with(PolymarketSeal, "matches", lambda *_: True), _caught_in("losing")),
    Planted(
        "misses are never enough",
        _with(digests, "MISSES", 10**9),
        _caught_by(test_feed.test_five_hashes_in_a_row_that_are_not_ours_lower_the_label),
    ),
    Planted(
        "a doubt does not lower the label",
        _with(doubts, "cast", lambda *_: None),
        _caught_by(test_feed.test_a_message_that_cannot_be_read_lowers_the_label_and_asks_for_a_fresh_book),
    ),
    Planted(
        "the top is never compared",
        _with(tops, "_repair", lambda board, counts: True),
        _caught_by(test_feed.test_a_lost_change_is_noticed_at_the_next_told_top),
    ),
    Planted(
        "a fetched book replaces ours",
        _with(witnesses, "testify", _believing),
        _caught_by(test_feed.test_a_fetched_book_older_than_ours_changes_nothing),
    ),
    # The label
    Planted(
        "a crossed book is live",
        _labelled(lambda board, label: Label.LIVE if board.synced and board.book.crossed else label),
        _caught_in("crossed"),
    ),
    Planted("silence is live two seconds too long", _with(boards, "LIVE_FOR", 11_500), _caught_in("frozen"), True),
    Planted(
        "stale is called quiet",
        _labelled(lambda _, label: Label.QUIET if label is Label.STALE else label),
        _caught_in("frozen"),
    ),
    Planted("a lost link keeps its label", _with(Conversation, "_change", _never_down), _caught_in("refused")),
    # The link
    Planted(
        "all connections are of one generation",
        _with(Conversation, "_opened", _same_generation),
        _caught_in("reconnecting"),
    ),
    Planted(
        "each connection leaves tasks behind", _with(Conversation, "_opened", _leaking), _caught_in("reconnecting")
    ),
    Planted("it tries only once", _with(Conversation, "run", _only_once), _caught_in("reconnecting"), quick=True),
    Planted("it tries again without a pause", _hasty, _caught_in("refused")),
    Planted("it does not wait after a 429", _with(Conversation, "_once", _impatient), _caught_in("too many")),
    Planted(
        "only a handshake resets the delay",
        _with(Backoff, "next", lambda backoff, good_for: 700),
        _caught_by(test_link.test_coming_up_does_not_reset_the_delay_but_a_minute_of_data_does),
    ),
    # The feed
    Planted(
        "sleep is not noticed",
        _with(intake, "ASLEEP", 10**9),
        _caught_by(
            lambda: test_feed.test_after_standing_still_all_is_stale_at_once_and_a_new_link_begins_a_second_later(60)
        ),
    ),
    Planted(
        "dropped tokens stay subscribed",
        _with(Carriers, "_leave", lambda *_: None),
        _caught_by(test_feed.test_dropping_a_token_unsubscribes_it_and_forgets_its_board),
    ),
    Planted(
        "rejects are borne for ever",
        _with(intake, "_is_patient", lambda *_: True),
        _caught_by(lambda: test_feed.test_more_than_twenty_rejects_in_ten_seconds_hang_up(21, True)),
    ),
)
