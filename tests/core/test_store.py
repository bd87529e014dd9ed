"""The one place where facts change state."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pmtui.core.alerts import Kind
from pmtui.core.board import Label
from pmtui.core.events import (
    Appeared,
    Event,
    Ignored,
    LinkChanged,
    Notice,
    Phase,
    Resolved,
)
from pmtui.core.instrument import Instrument
from pmtui.core.ports import Witnessed
from pmtui.core.store import Store
from pmtui.core.tape import Gap
from pmtui.core.units import Millis, px

from .boards import (
    LINK,
    NOON,
    STRANGER,
    A,
    B,
    ask,
    bid,
    board_of,
    delta,
    levels,
    link,
    live,
    rejected,
    sealed,
    snapshot,
    tick_changed,
    told,
    top,
    trade,
    watched,
    witness,
)

CALM = top("0.48", "0.52")


# The ledger

kept = st.sampled_from([A, B, STRANGER])
prices = st.sampled_from(["0.45", "0.48", "0.52", "0.55"])
sizes = st.sampled_from(["0", "1", "7.5"])
times = st.integers(-10_000, 10_000)


@st.composite
def facts(draw: st.DrawFn) -> Event:
    instrument, price, size, sent, at = draw(kept), draw(prices), draw(sizes), draw(times), draw(st.integers(0, 9_999))
    told_of: list[Event] = [
        snapshot("0.48x1 0.47x2", "0.52x1", at=at, sent=sent, instrument=instrument),
        snapshot("", "", at=at, sent=sent, instrument=instrument, initial=False, tick=""),
        delta(bid(price, size, CALM, instrument=instrument), at=at, sent=sent),
        delta(bid(price, size, instrument=A), ask(price, size, instrument=B), at=at, sent=sent),
        delta(at=at, sent=sent),
        trade(price, "1", at=at, sent=sent, instrument=instrument),
        told("0.48", "0.52", at=at, sent=sent, instrument=instrument),
        tick_changed("0.01", "0.001", at=at, sent=sent, instrument=instrument),
        Resolved((instrument,), Millis(at), Millis(0), instrument, "Yes"),
        Notice(Millis(at), "NO NEW ASSETS"),
        Ignored("unknown kind zork"),
        Ignored("pong", data=False),
        rejected(instrument, at=at),
        rejected(at=at),
    ]
    return draw(st.sampled_from(told_of))


aside = st.sampled_from(
    [
        Appeared(A, Millis(0), B),
        Appeared(STRANGER, Millis(0), B),
        link(Phase.UP, at=0, generation=1),
        link(Phase.UP, at=0, generation=2),
        link(Phase.DOWN, at=0, generation=1),
        link(Phase.HALTED, at=0, generation=3),
    ]
)


@settings(deadline=None)
@given(st.lists(st.one_of(facts(), facts(), aside), max_size=40))
def test_the_ledger_counts_every_message_once_after_any_mix_of_facts(events: list[Event]) -> None:
    store = watched(A, B)
    messages = [event for event in events if not isinstance(event, (LinkChanged, Appeared))]

    store.take(events)
    store.ledger.received += len(messages)

    assert store.ledger.balanced


def frozen(store: Store) -> list[object]:
    """What a settled question keeps for good."""
    return [
        (
            *(dict(each.book.bids), dict(each.book.asks), each.book.bid, each.book.ask, each.tick),
            *(each.instrument.tick, each.doubt.why, each.doubt.since, each.doubt.at, each.synced, each.label(0)),
        )
        for each in store.boards.values()
    ]


@pytest.mark.parametrize("described", [False, True], ids=["named by its id", "named by the catalogue"])
def test_d15_an_outcome_that_joins_after_the_settlement_is_settled_too(described: bool) -> None:
    store = live()
    store.take([Resolved((A,), Millis(1), Millis(0), A, "Yes")])
    other = Instrument(B, "made-up", "no")

    if described:
        store.add(other)
        store.describe(other.told(complement=A))
    else:
        store.add(other.told(complement=A))

    assert (board_of(store, B).label(2), board_of(store, B).why(2)) == (Label.RESOLVED, "settled: Yes won")
    assert [alert.instrument for alert in store.alerts.ring if alert.kind is Kind.RESOLVED] == [A, B]


BESIDE: dict[str, Callable[[Store, Millis], object]] = {
    "time": lambda store, now: store.check(now),
    "the same book, fetched": lambda store, now: store.testify(A, witness("0.4x1", "0.6x1", asked_at=now, sent=0), now),
    "a later book, fetched": lambda store, now: store.testify(
        A, witness("0.4x1", "0.6x1", asked_at=now, sent=99_999, tick="0.001"), now
    ),
    "no book, fetched": lambda store, now: store.testify(A, Witnessed(None, now), now),
    "we read too slowly": lambda store, now: store.doubt_link(LINK, "too slow", now),
    "we slept": lambda store, now: store.suspect("asleep", now),
    "a link of its own": lambda store, now: store.attach([A], "another link", now),
}


@settings(deadline=None)
@given(
    st.lists(facts(), max_size=12),
    st.lists(st.one_of(facts(), facts(), aside, st.sampled_from(sorted(BESIDE))), max_size=30),
)
@example([snapshot("0.455x1", "0.5x1", tick="0.001")], [tick_changed("0.001", "0.01", at=1)])
@example([snapshot("0.45x1", "0.5x1")], [rejected(A, at=1)])
@example([snapshot("0.45x1", "0.5x1")], [link(Phase.UP, at=1, generation=2), snapshot("0.1x1", "0.2x1")])
@example([snapshot("0.48x1", "0.5x1"), delta(bid("0.45", "1", top("0.45", "0.5")), at=1, sent=1)], ["time"])
@example([snapshot("0.45x1", "0.5x1"), told("0.46", "0.5", at=1)], ["time"])
def test_d15_once_a_question_is_settled_nothing_changes_its_book_its_tick_or_what_is_doubted(
    before: list[Event], after: list[Event | str]
) -> None:
    store = watched(A, B, shown=[A])
    store.take([*before, Resolved((A, B), Millis(0), Millis(0), A, "Yes")])
    then = frozen(store)

    for number, each in enumerate(after, 1):
        if isinstance(each, str):
            BESIDE[each](store, Millis(5_000 * number))
        else:
            store.take([each])
        assert frozen(store) == then, each


@settings(deadline=None)
@given(st.lists(facts(), max_size=40))
def test_after_any_mix_of_facts_the_top_is_that_of_the_levels_and_no_size_is_zero(events: list[Event]) -> None:
    store = watched(A, B)

    store.take(events)
    store.check(Millis(20_000))

    for board in store.boards.values():
        book = board.book
        assert book.bid == max(book.bids, default=0)
        assert book.ask == min(book.asks, default=1 << 62)
        assert all(size > 0 for side in (book.bids, book.asks) for size in side.values())


@given(st.lists(st.tuples(st.booleans(), prices, sizes), max_size=12))
def test_a_book_is_labelled_live_unless_it_is_crossed(changes: list[tuple[bool, str, str]]) -> None:
    store = watched()
    store.take([snapshot("0.45x1", "0.55x1")])
    for at, (is_bid, price, size) in enumerate(changes, 1):
        store.take([delta((bid if is_bid else ask)(price, size), at=at, sent=at)])
        book = board_of(store).book
        crossed = bool(book.bids and book.asks) and max(book.bids) >= min(book.asks)
        assert store.label(A, Millis(at)) is (Label.RESYNC if crossed else Label.LIVE)


@pytest.mark.parametrize(
    ("event", "column"),
    [
        (snapshot("0.4x1", "0.6x1"), "applied"),
        (snapshot("0.4x1", "0.6x1", instrument=STRANGER), "ignored"),
        (delta(bid("0.4", "1"), at=1, sent=1), "applied"),
        (delta(bid("0.4", "1", instrument=STRANGER), at=1, sent=1), "ignored"),
        (delta(bid("0.4", "1"), bid("0.4", "1", instrument=STRANGER), at=1, sent=1), "applied"),
        (trade("0.5", "1", at=1), "applied"),
        (trade("0.5", "1", at=1, instrument=STRANGER), "ignored"),
        (told("0.48", "0.52", at=1), "applied"),
        (tick_changed("0.01", "0.001", at=1), "applied"),
        (tick_changed("0.01", "0.001", at=1, instrument=STRANGER), "ignored"),
        (Resolved((A,), Millis(1), Millis(0), A), "applied"),
        (Resolved((STRANGER,), Millis(1), Millis(0), STRANGER), "ignored"),
        (Notice(Millis(1), "NO NEW ASSETS"), "applied"),
        (Ignored("zork"), "ignored"),
        (rejected(A, at=1), "rejected"),
        (rejected(STRANGER, at=1), "rejected"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else value,
)
def test_every_kind_of_fact_has_its_column(event: Event, column: str) -> None:
    store = live()
    before = getattr(store.ledger, column)

    store.take([event])

    assert getattr(store.ledger, column) == before + 1
    assert store.ledger.applied + store.ledger.ignored + store.ledger.rejected == 2


def test_d3_a_repeated_trade_is_ignored_and_counted() -> None:
    store = live()

    store.take([trade("0.5", "1", at=1), trade("0.5", "1", at=2)])

    assert board_of(store).tape.total == 1
    assert store.ledger.ignored == 1


def test_d12_an_unknown_kind_is_noted_once() -> None:
    store = live()

    for kind in ("zork", "zork", "blip", "zork"):
        store.take([Ignored(f"unknown kind {kind}", unknown=True)])
    store.take([Ignored("not wanted"), Ignored("pong", data=False)])

    assert [alert.text for alert in store.alerts.ring if alert.kind is Kind.NOTICE] == [
        "unknown kind zork: ignored",
        "unknown kind blip: ignored",
    ]


def test_d14_a_plain_notice_is_a_line_in_the_log() -> None:
    store = live()

    store.take([Notice(Millis(1), "the venue says: NO NEW ASSETS")])

    assert [alert.kind for alert in store.alerts.ring] == [Kind.NOTICE]


# Rejects


def test_a_reject_lowers_the_label_of_the_books_it_names_and_of_no_other() -> None:
    store = watched(A, B)
    store.take([snapshot("0.4x1", "0.6x1"), snapshot("0.4x1", "0.6x1", instrument=B)])

    store.take([rejected(A, at=1)])

    assert store.label(A, Millis(1)) is Label.RESYNC
    assert store.label(B, Millis(1)) is Label.LIVE


def test_a_reject_that_may_have_been_a_print_is_marked_on_the_tapes_it_names_and_on_no_other() -> None:
    store = watched(A, B)
    store.take([trade("0.5", "1", at=0, instrument=each) for each in (A, B)])

    store.take([rejected(A, B, at=1)._replace(unprinted=(A,))])

    assert board_of(store, A).tape.ring[-1].reason == "a message could not be read: prints may be missing"  # type: ignore[union-attr]
    assert len(board_of(store, B).tape.ring) == 1


def test_a_reject_before_the_first_book_leaves_the_board_waiting() -> None:
    store = watched()

    store.take([rejected(A, at=1)])

    assert store.label(A, Millis(1)) is Label.SYNCING


def test_a_first_book_that_was_refused_is_not_said_to_be_still_awaited() -> None:
    store = watched(at=1_000)
    assert board_of(store).why(6_000) == "waiting 5s for a book"

    store.take([rejected(A, at=2_000)])
    assert board_of(store).why(6_000) == "no book yet, what came could not be read: garbled"
    store.take(
        [snapshot("0.48x1", "0.52x1", at=7_000), link(Phase.DOWN, at=8_000), link(Phase.UP, at=9_000, generation=2)]
    )

    assert board_of(store).why(10_000) == "waiting 1s for a book"


# Ticks


def test_d8_a_tick_change_drops_the_levels_of_the_old_grid() -> None:
    store = watched()
    store.take([snapshot("0.485x1 0.48x1 0.4x1", "0.515x1 0.52x1", tick="0.001")])

    store.take([tick_changed("0.001", "0.01", at=10)])

    book = board_of(store).book
    assert (book.bids, book.asks) == (levels("0.48x1 0.4x1"), levels("0.52x1"))
    assert (book.bid, book.ask, book.tick) == (px("0.48"), px("0.52"), px("0.01"))
    assert board_of(store).instrument.tick == px("0.01")


def test_d8_a_tick_change_stays_resync_until_the_next_full_book() -> None:
    store = live()

    store.take([tick_changed("0.01", "0.001", at=10)])
    store.take([delta(bid("0.475", "1", top("0.48", "0.52")), at=20, sent=20)])
    store.check(Millis(100))
    assert store.label(A, Millis(100)) is Label.RESYNC

    store.take([snapshot("0.48x1", "0.52x1", at=110, tick="", initial=False)])

    assert store.label(A, Millis(110)) is Label.LIVE


def test_d8_a_tick_change_is_told_once_with_both_ticks() -> None:
    store = live()

    store.take([tick_changed("0.01", "0.001", at=10)])
    store.take([snapshot("0.48x1", "0.52x1", at=20, tick="0.001")])

    assert [alert.text for alert in store.alerts.ring if alert.kind is Kind.TICK] == ["tick 0.01 → 0.001"]


def test_a_tick_change_that_only_a_book_tells_is_a_happening_too() -> None:
    store = live()

    store.take([snapshot("0.48x1", "0.52x1", at=20, tick="0.001")])

    assert [alert.text for alert in store.alerts.ring] == ["tick 0.01 → 0.001"]
    assert store.label(A, Millis(20)) is Label.LIVE


def test_a_tick_change_before_the_first_book_is_remembered() -> None:
    store = watched()

    store.take([tick_changed("0.01", "0.001", at=10)])

    assert board_of(store).book.tick == px("0.001")
    assert store.label(A, Millis(10)) is Label.SYNCING


def test_a_described_tick_that_is_too_coarse_does_not_hide_the_best_price() -> None:
    store = Store()
    store.add(Instrument(A, "made-up", "yes", tick=px("0.01")))
    store.attach([A], LINK, Millis(0))
    store.take([link(Phase.UP, at=0), snapshot("0.50x1 0.493x1 0.48x1", "0.52x1", tick="")])

    store.take([delta(bid("0.50", "0"), at=10, sent=10)])

    assert board_of(store).book.bid == px("0.493")


def test_a_first_book_that_does_not_lie_on_the_tick_it_leaves_out_is_not_believed_until_the_tick_is_told() -> None:
    """The tick changed while the link was down; the book after a trade comes before the one that tells the tick."""
    store = live()
    store.take([link(Phase.UP, at=10, generation=2)])

    store.take([snapshot("0.972x1 0.96x1", "0.974x1", at=20, tick="", initial=False)])

    assert store.label(A, Millis(20)) is Label.RESYNC

    store.take([snapshot("0.972x1 0.96x1", "0.974x1", at=30, sent=10, tick="0.001")])
    assert store.label(A, Millis(30)) is Label.LIVE
    assert board_of(store).book.tick == px("0.001")
    assert [alert.text for alert in store.alerts.ring if alert.kind is Kind.TICK] == ["tick 0.01 → 0.001"]


def test_a_first_book_that_lies_on_the_tick_that_is_known_is_live() -> None:
    store = live()
    store.take([link(Phase.UP, at=10, generation=2)])

    store.take([snapshot("0.97x1 0.96x1", "0.98x1", at=20, tick="", initial=False)])

    assert store.label(A, Millis(20)) is Label.LIVE
    assert board_of(store).book.tick == px("0.01")


# Links and generations


def test_l4_a_lost_link_is_down_at_once() -> None:
    store = live()

    store.take([link(Phase.DOWN, at=10, reason="reset by peer")])

    assert store.label(A, Millis(10)) is Label.DOWN
    assert [alert.text for alert in store.alerts.ring] == [f"{LINK} down: reset by peer"]
    assert store.links[LINK].drops == 1


def test_a_link_that_is_up_again_says_so_and_for_how_long_it_was_gone() -> None:
    store = live()

    store.take(
        [link(Phase.DOWN, at=10), link(Phase.UP, at=7_020, generation=2), link(Phase.UP, at=8_000, generation=2)]
    )

    assert [alert.text for alert in store.alerts.ring][1:] == [f"{LINK} is up again, after 7s"]


def test_an_instrument_that_is_dropped_keeps_its_name_where_there_is_an_account() -> None:
    store = live()
    store.remove(B)
    store.log_in("made-up", Millis(0))

    store.remove(A)

    assert list(store.named) == [A]


def test_d7_after_a_reconnect_no_level_of_the_old_book_is_left() -> None:
    store = live()

    store.take([link(Phase.DOWN, at=10), link(Phase.UP, at=20, generation=2)])
    assert board_of(store).book.empty
    assert store.label(A, Millis(20)) is Label.SYNCING
    store.take([delta(bid("0.48", "3", CALM), at=25, sent=25), snapshot("0.4x1", "0.6x1", at=30)])

    assert (board_of(store).book.bids, board_of(store).book.asks) == (levels("0.4x1"), levels("0.6x1"))


def test_each_connection_is_a_generation_of_its_own_for_a_book_be_it_of_the_same_link_or_of_another() -> None:
    store = live()
    known = {board_of(store).generation}

    for name in (LINK, "made-up market 2", LINK):
        store.attach([A], name, Millis(10))
        known.add(board_of(store).generation)
    store.take([link(Phase.DOWN, at=20), link(Phase.UP, at=30, generation=2)])
    known.add(board_of(store).generation)

    assert len(known) == 5


def test_d7_a_batch_of_the_old_link_is_not_judged_on_the_new_one() -> None:
    store = live()
    store.take([delta(bid("0.46", "9", top("0.40", "0.52")), at=9, sent=10)])

    store.take([link(Phase.DOWN, at=10), link(Phase.UP, at=20, generation=2)])
    store.check(Millis(500))

    assert store.counts.doubts == store.counts.ghosts == store.counts.tops_wrong == 0


def test_i2_news_of_an_older_connection_does_not_touch_a_newer_one() -> None:
    store = live()
    store.take([link(Phase.UP, at=10, generation=3), snapshot("0.4x1", "0.6x1", at=20)])

    store.take([link(Phase.DOWN, at=30, generation=2, reason="late")])

    assert store.links[LINK].phase is Phase.UP
    assert store.label(A, Millis(30)) is Label.LIVE


def test_a_reconnect_leaves_a_mark_on_the_tape() -> None:
    store = live()
    store.take([trade("0.5", "1", at=5)])

    store.take([link(Phase.DOWN, at=10), link(Phase.UP, at=20, generation=2), snapshot("0.4x1", "0.6x1", at=30)])

    assert isinstance(board_of(store).tape.ring[-1], Gap)
    assert board_of(store).tape.price() == px("0.5")


def test_each_lost_link_is_marked_when_it_was_not_when_the_book_last_changed() -> None:
    store = live()
    store.take([trade("0.5", "1", at=5)])

    for n in (1, 2):
        at = 40_000 * n
        store.take([link(Phase.DOWN, at=at, generation=n), link(Phase.UP, at=at + 10, generation=n + 1)])
        store.take([snapshot("0.4x1", "0.6x1", at=at + 20), trade("0.5", "1", at=at + 30, sent=at)])

    marks = [(each.at, each.sent) for each in board_of(store).tape.ring if isinstance(each, Gap)]
    assert marks == [(40_020, 0), (80_020, 0)]


def test_a_new_tick_is_marked_with_its_own_time() -> None:
    store = live()

    store.take([tick_changed("0.01", "0.001", at=40_000, sent=40_000)])

    assert board_of(store).tape.ring[-1][:2] == (40_000, NOON + 40_000)


def test_a_fresh_book_on_the_same_link_leaves_no_mark() -> None:
    store = live()

    store.take([trade("0.5", "1", at=5), snapshot("0.4x1", "0.6x1", at=30)])

    assert not any(isinstance(entry, Gap) for entry in board_of(store).tape.ring)


def test_our_own_error_takes_the_link_down() -> None:
    store = live()

    store.fail(LINK, Millis(10), 3, Millis(4_010))

    assert store.label(A, Millis(10)) is Label.DOWN
    assert "our own error" in board_of(store).why(10)
    assert "try 4 in 4s" in board_of(store).why(10)


def test_a_link_that_gave_up_is_halted_until_the_user_acts() -> None:
    store = live()

    store.take([link(Phase.HALTED, at=10, reason="the certificate has expired")])

    assert store.label(A, Millis(1_000_000)) is Label.HALTED


def test_a_book_moved_to_another_link_forgets_what_the_first_one_told() -> None:
    store = live()

    store.attach([A], "made-up market 2", Millis(10))

    assert board_of(store).book.empty
    assert store.label(A, Millis(10)) is Label.CONNECTING


# Who is watched


def test_an_instrument_nobody_watches_is_connecting() -> None:
    assert Store().label(A, Millis(0)) is Label.CONNECTING


def test_adding_an_instrument_twice_keeps_its_book() -> None:
    store = live()

    store.add(Instrument(A, "made-up", "yes"))

    assert store.label(A, Millis(1)) is Label.LIVE


def test_a_removed_instrument_is_not_touched_any_more() -> None:
    store = live()
    store.take([delta(bid("0.47", "1", CALM), at=5, sent=5)])

    store.remove(A)
    store.take([delta(bid("0.46", "1", CALM), at=10, sent=10), snapshot("0.4x1", "0.6x1", at=20)])
    store.testify(A, witness("0.4x1", "0.6x1", asked_at=1, sent=0), Millis(30))

    assert store.check(Millis(100)) == []
    assert store.ledger.ignored == 2


def test_d13_the_other_outcome_appears_once() -> None:
    store = watched()

    store.take([Appeared(A, Millis(1), B), Appeared(A, Millis(2), B), Appeared(STRANGER, Millis(3), B)])

    assert [each.complement for each in store.take_appeared()] == [B]
    assert board_of(store).instrument.complement == B


def test_a_description_keeps_what_the_stream_told() -> None:
    store = live()

    store.describe(Instrument(A, "made-up", "yes", title="Will it rain?", tick=px("0.1")))

    board = board_of(store)
    assert board.instrument.title == "Will it rain?"
    assert (board.instrument.tick, board.book.tick) == (px("0.01"), px("0.01"))
    assert board.instrument.market == "0xmarket"


def test_a_description_fills_in_a_tick_that_nobody_told() -> None:
    store = watched()
    store.take([snapshot("0.4x1", "0.6x1", tick="")])

    store.describe(Instrument(A, "made-up", "yes", tick=px("0.01")))

    assert board_of(store).book.tick == px("0.01")


def test_a_description_of_a_stranger_adds_no_board() -> None:
    store = live()

    store.describe(Instrument(STRANGER, "made-up", "stranger"))

    assert set(store.boards) == {A}


def test_showing_a_book_asks_for_its_proof_at_once() -> None:
    store = live()
    store.take([delta(bid("0.47", "9", CALM, sealed("0.48x10 0.47x9", "0.52x10 0.53x5")), at=100, sent=100)])
    before = store.counts.proofs

    store.show([A], Millis(100))
    store.check(Millis(200))

    assert store.counts.proofs == before + 1


def test_one_frame_for_two_instruments_moves_both() -> None:
    store = watched(A, B)
    store.take([snapshot("0.48x1", "0.52x1"), snapshot("0.48x1", "0.52x1", instrument=B)])

    store.take([delta(bid("0.47", "2", CALM), ask("0.53", "2", CALM, instrument=B), at=10, sent=10)])

    assert board_of(store).book.bids == levels("0.48x1 0.47x2")
    assert board_of(store, B).book.asks == levels("0.52x1 0.53x2")
    assert store.ledger.applied == 3


def test_memory_of_waiting_batches_is_bounded_by_the_boards() -> None:
    store = live()

    for n in range(1, 1_000):
        store.take([delta(bid("0.47", "2", CALM), at=10, sent=n)])

    assert len(store._stirred) <= len(store.boards)
    assert board_of(store).sent == NOON + 999
