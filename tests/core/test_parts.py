"""Books told in parts, what is told around them, and what a venue remembers of the past."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core import depth, ladder
from pmtui.core.board import Label
from pmtui.core.book import Book
from pmtui.core.events import (
    NO_ASK,
    NO_BID,
    BookSnapshot,
    Candle,
    Candles,
    Context,
    Declined,
    Fresh,
    Phase,
    TopTold,
    Wide,
)
from pmtui.core.instrument import identify
from pmtui.core.repair import Fetch, Resubscribe
from pmtui.core.series import Mark, Series
from pmtui.core.store import Store
from pmtui.core.tape import Tape
from pmtui.core.units import ONE, Millis, Px, Qty, px

from .boards import NOON, A, board_of, levels, link, live, snapshot, trade, watched, witness

WHOLE = Fresh(NO_BID, NO_ASK, Millis(0), 2_000)


def told(bids: str, asks: str, fresh: Fresh, *, at: int = 0) -> Store:
    store = watched()
    store.take([snapshot(bids, asks, at=at)._replace(initial=False, fresh=fresh)])
    return store


def rows(height: str, text: str) -> dict[int, dict[int, int]]:
    return {px(height): levels(text)}


# How long, and how deep


def test_a_book_lasts_as_long_as_its_feed_promises() -> None:
    store = told("0.48x1", "0.52x1", WHOLE)
    assert store.label(A, Millis(2_000)).sure
    assert not store.label(A, Millis(2_001)).sure


def test_the_best_prices_alone_neither_make_a_book_younger_nor_end_a_doubt() -> None:
    store = told("0.48x1 0.47x1", "0.52x1", WHOLE, at=100)
    store.testify(A, witness("0.48x1 0.47x2", "0.52x1", asked_at=110, sent=0), Millis(120))
    assert board_of(store).doubt
    touched = WHOLE._replace(told_at=Millis(100))
    store.take([snapshot("0.49x1 0.48x1 0.47x1", "0.52x1", at=1_900)._replace(initial=False, fresh=touched)])
    assert board_of(store).doubt
    assert board_of(store).data_at == 100
    store.take([snapshot("0.49x1 0.47x2", "0.52x1", at=2_000)._replace(initial=False, fresh=WHOLE)])
    assert (board_of(store).doubt.why, board_of(store).data_at) == ("", 2_000)


def test_a_top_that_is_announced_ahead_of_its_book_ends_what_spoke_for_it() -> None:
    store = told("0.48x1", "0.52x1", WHOLE)
    store.testify(A, witness("0.48x1", "0.52x1", asked_at=2_500, sent=0), Millis(2_600))
    assert store.label(A, Millis(2_700)) is Label.QUIET
    labels = []
    for n in range(30):
        at = 2_700 + n * 100
        store.take([TopTold(A, Millis(at), Millis(NOON + at), (px("0.47"), px("0.51")))])
        store.check(Millis(at))
        labels.append(store.label(A, Millis(at)))
    assert set(labels) == {Label.STALE, Label.RESYNC}
    assert board_of(store).doubt.why == "an announced best price never came"


def answer(bids: str, asks: str, *, at: int) -> BookSnapshot:
    """A part that came because it was asked for."""
    return snapshot(bids, asks, at=at, sent=at)._replace(fresh=WHOLE)


def silent(*, asked_at: int = 20_000) -> Store:
    """Told once, at the beginning, and asked again much later."""
    store = told("0.48x1", "0.52x1", WHOLE, at=100)
    board_of(store).asked_at = Millis(asked_at)
    return store


@pytest.mark.parametrize("parts", [1, 2])
def test_parts_that_were_asked_for_do_not_make_a_silent_feed_live_and_say_that_it_is_frozen(parts: int) -> None:
    store = silent()
    for n in range(parts):
        store.take([answer("0.49x1", "0.51x1", at=20_100 + n)])

    assert board_of(store).data_at == 100
    assert (store.label(A, Millis(20_200)), board_of(store).doubt.why) == (
        Label.RESYNC,
        "the feed is frozen: a book that was asked for is newer than it brings",
    )
    for at in range(20_600, 40_000, 500):  # it flows again, and is asked once more
        store.take([snapshot("0.49x1", "0.51x1", at=at, sent=at)._replace(initial=False, fresh=WHOLE)])
        if at == 30_100:
            board_of(store).asked_at = Millis(at)
            store.take([answer("0.49x1", "0.51x1", at=at + 10)])
        store.check(Millis(at))
    assert store.label(A, Millis(40_000)) is Label.LIVE


@pytest.mark.parametrize("parts", [1, 2])
def test_parts_that_were_asked_for_and_are_ours_speak_for_a_silent_book(parts: int) -> None:
    store = silent()
    for n in range(parts):
        store.take([answer("0.48x1", "0.52x1", at=20_100 + n)])

    assert store.label(A, Millis(20_200)) is Label.QUIET


def test_two_parts_that_came_because_of_one_question_do_not_speak_for_each_other() -> None:
    store = silent(asked_at=4_000)
    for at in range(4_100, 60_000, 5_000):
        board_of(store).asked_at = Millis(at - 100)
        for n in range(2):
            store.take([answer(f"0.48x{at}", "0.52x1", at=at + n)])
        store.check(Millis(at + 50))

        assert not any(store.label(A, Millis(later)).sure for later in range(at + 2, at + 5_000, 100))


def test_an_answer_amid_a_silence_ends_no_doubt_and_the_next_push_does_without_a_trial() -> None:
    store = silent(asked_at=4_000)
    store.testify(A, witness("0.49x1", "0.51x1", asked_at=1_000, sent=1_000), Millis(1_100))
    store.check(Millis(3_200))
    why = board_of(store).doubt.why
    assert why == "the venue has a newer book than the feed brought"
    store.take([answer("0.49x1", "0.51x1", at=4_100)])
    assert (board_of(store).doubt.why, board_of(store).frozen) == (why, False)

    store.take([answer("0.49x1", "0.51x1", at=9_600)])  # the first push of a feed that flows again may look like one
    assert store.label(A, Millis(9_700)) is Label.RESYNC
    store.take([snapshot("0.49x2", "0.51x1", at=10_100, sent=10_100)._replace(initial=False, fresh=WHOLE)])
    assert store.label(A, Millis(10_200)) is Label.LIVE


def test_an_answer_while_the_feed_flows_is_a_push_like_any_other() -> None:
    store = told("0.48x1", "0.52x1", WHOLE, at=20_000)
    store.testify(A, witness("0.48x9", "0.52x1", asked_at=20_100, sent=0), Millis(20_200))
    assert board_of(store).doubt
    board_of(store).asked_at = Millis(20_300)
    store.take([answer("0.48x9", "0.52x1", at=20_400)])
    assert store.label(A, Millis(20_500)) is Label.LIVE


def test_a_part_that_is_as_old_as_ours_speaks_for_nothing() -> None:
    store = silent()
    store.take([answer("0.48x1", "0.52x1", at=20_100)._replace(sent=Millis(board_of(store).sent))])

    assert store.label(A, Millis(20_200)) is Label.STALE


def test_the_first_parts_of_a_link_are_live_and_only_what_follows_is_news() -> None:
    store = watched()
    store.take([answer("0.48x1", "0.52x1", at=100), answer("0.48x1 0.47x1", "0.52x1", at=110)])

    assert store.label(A, Millis(200)) is Label.LIVE
    assert board_of(store).data_at == 100
    store.take([snapshot("0.48x2", "0.52x1", at=600, sent=600)._replace(initial=False, fresh=WHOLE)])
    assert board_of(store).data_at == 600


def test_a_link_that_only_answers_and_is_older_than_the_last_one_is_not_believed_at_once() -> None:
    store = told("0.48x1", "0.52x1", WHOLE, at=100)
    store.take([snapshot("0.50x1", "0.52x1", at=9_000, sent=9_000)._replace(initial=False, fresh=WHOLE)])
    store.take([link(Phase.DOWN, at=9_500), link(Phase.UP, at=9_600, generation=2)])
    for at in (9_700, 9_710, 9_720, 15_000, 20_000):
        board_of(store).asked_at = Millis(at - 50)
        store.take([answer("0.48x1", "0.52x1", at=at)._replace(sent=Millis(NOON + 4_000 + (at - 9_700) // 10))])

        assert not any(store.label(A, Millis(later)).sure for later in range(at, at + 5_000, 100))


def test_a_fetched_book_is_not_held_against_one_with_newer_best_prices() -> None:
    store = told("0.48x1 0.47x1", "0.52x1", WHOLE._replace(mixed=True))
    store.testify(A, witness("0.48x1 0.47x2", "0.52x1", asked_at=10, sent=0), Millis(20))
    assert not board_of(store).doubt


def test_deeper_levels_that_are_late_are_asked_for_on_the_screen() -> None:
    store = told("0.48x1 0.47x1", "0.52x1", WHOLE._replace(bid=px("0.48")))
    store.show([A], Millis(0))
    asked = []
    for now in range(0, 24_000, 500):
        fresh = WHOLE._replace(bid=px("0.48"), deep_at=Millis(0), proof="bbo")
        store.take([snapshot("0.48x1 0.47x1", "0.52x1", at=now)._replace(initial=False, fresh=fresh)])
        asked += [now for wish in store.check(Millis(now)) if isinstance(wish, Resubscribe)]
    assert asked == [12_500, 22_500]


def test_a_book_on_wider_rows_is_forgotten_when_it_is_old() -> None:
    store = told("0.48x1", "0.52x1", WHOLE)
    store.take([Wide(A, Millis(0), Millis(1), px("0.1"), rows("0.1", "0.4x1"), rows("0.1", "0.6x1"))])
    store.check(Millis(12_000))
    assert board_of(store).wide is not None
    store.check(Millis(12_500))
    assert board_of(store).wide is None


def test_a_new_connection_promises_nothing() -> None:
    store = told("0.48x1", "0.52x1", WHOLE)
    store.take([link(Phase.UP, at=5, generation=2)])
    assert board_of(store).fresh is None
    store.take([snapshot("0.48x1", "0.52x1", at=10)])
    assert store.label(A, Millis(8_000)).sure


def test_two_feeds_that_agree_are_a_proof() -> None:
    store = told("0.48x1", "0.52x1", WHOLE._replace(proof="bbo"), at=7)
    assert (board_of(store).proof_kind, board_of(store).proof_at) == ("bbo", 7)
    assert store.counts.tops_agreed == 1
    assert told("0.48x1", "0.52x1", WHOLE).counts.tops_agreed == 0


def test_a_fetched_book_is_held_against_what_is_new_and_fetched() -> None:
    store = told("0.48x1 0.47x1 0.46x1", "0.52x1 0.53x1", WHOLE._replace(bid=px("0.47"), ask=px("0.52")))
    store.testify(A, witness("0.48x1 0.47x1 0.46x9", "0.52x1 0.53x9", asked_at=10, sent=0), Millis(20))
    assert board_of(store).proof_kind == "witness"

    store = told("0.48x1 0.47x1 0.46x1", "0.52x1", WHOLE)
    store.testify(A, witness("0.48x1 0.47x1", "0.52x1", asked_at=10, sent=0), Millis(20))
    assert board_of(store).proof_kind == "witness"

    store = told("0.48x1 0.47x1", "0.52x1", WHOLE)
    store.testify(A, witness("0.48x1 0.47x2", "0.52x1", asked_at=10, sent=0), Millis(20))
    assert board_of(store).doubt


# Fetched books that speak against a book in parts


def moving(
    fetched: Callable[[int], str], *, proof: str = "", seconds: int = 60, ahead: int = 0
) -> tuple[Store, list[Label]]:
    """A book whose third level changes with each part, twice a second; `fetched`: what the venue hands out.

    `ahead` is how much newer that is than the last part.
    """
    store, labels = watched(shown=[A]), []
    for at in range(0, seconds * 1_000, 250):
        if at % 500 == 0:
            fresh = WHOLE._replace(proof=proof, deep_at=Millis(at))
            part = snapshot(f"0.48x1 0.47x1 0.46x{at + 1}", "0.52x1", at=at, sent=at, initial=False, digest="")
            store.take([part._replace(initial=False, fresh=fresh)])
        for wish in store.check(Millis(at)):
            if isinstance(wish, Fetch):
                sent = at - at % 500 - 300 + ahead
                store.testify(A, witness(fetched(at), "0.52x1", asked_at=at, sent=sent), Millis(at))
        labels.append(store.label(A, Millis(at)))
    return store, labels


@pytest.mark.parametrize("ahead", [0, 500])
def test_a_book_that_moves_and_that_all_fetched_ones_deny_is_in_doubt_for_good(ahead: int) -> None:
    """A level that the venue has is in no part."""
    store, labels = moving(lambda at: f"0.49x5 0.48x1 0.47x1 0.46x{at + 2}", ahead=ahead)
    assert store.counts.tops_wrong == 0
    assert all(label is Label.LIVE for label in labels[: 4 * 10])
    assert all(label is Label.RESYNC for label in labels[4 * 25 :])
    assert board_of(store).doubt.why == "differs from the book the venue hands out"


@pytest.mark.parametrize("ahead", [0, 500])
def test_what_changes_between_two_parts_speaks_against_none(ahead: int) -> None:
    store, labels = moving(lambda at: f"0.48x1 0.47x1 0.46x{at + 2}", ahead=ahead)
    assert store.counts.witnesses > 0
    assert (store.counts.witnesses_off, store.counts.doubts) == (0, 0)
    assert set(labels) == {Label.LIVE}


@pytest.mark.parametrize("ahead", [0, 500])
def test_what_came_and_went_between_two_parts_speaks_against_none_that_is_proven(ahead: int) -> None:
    store, labels = moving(lambda at: f"0.49x5 0.48x1 0.47x1 0.46x{at + 2}", proof="bbo", ahead=ahead)
    assert set(labels) == {Label.LIVE}
    assert store.counts.doubts == 0


@pytest.mark.parametrize("late", [0, 1_000, 4_000, 20_000])
@pytest.mark.parametrize("every", [250, 500])
def test_i1_a_book_in_parts_that_come_late_is_not_live_while_newer_ones_are_handed_out(late: int, every: int) -> None:
    """Each part makes the book newer, and none as new as what was fetched before it."""
    store, sure = watched(shown=[A]), []
    store.clocks.offset = NOON
    for at in range(0, 60_000, 250):
        if at % every == 0:
            of = max(0, at - late)
            told = snapshot("0.48x1", f"0.52x{of + 1}", at=at, sent=of, initial=False)
            store.take([told._replace(initial=False, fresh=WHOLE._replace(proof="bbo", deep_at=Millis(at)))])
        for wish in store.check(Millis(at)):
            if isinstance(wish, Fetch):
                of = at - at % every
                store.testify(A, witness("0.48x1", f"0.52x{of + 1}", asked_at=at, sent=of), Millis(at))
        if store.label(A, Millis(at)).sure:
            sure.append(at)
    if late <= 1_000:
        assert sure == [*range(0, 60_000, 250)]
    else:
        assert sum(at >= 8_000 for at in sure) == 0


def test_a_denied_book_is_believed_when_a_fetched_one_is_ours_and_not_because_of_a_new_link() -> None:
    store, _ = moving(lambda at: f"0.49x5 0.48x1 0.47x1 0.46x{at + 2}", seconds=30)
    store.take([link(Phase.DOWN, at=30_000), link(Phase.UP, at=30_010, generation=2)])
    part = snapshot("0.48x1 0.47x1", "0.52x1", at=30_100, sent=30_100)._replace(initial=False, fresh=WHOLE)
    store.take([part])
    assert store.label(A, Millis(30_200)) is Label.RESYNC
    store.testify(A, witness("0.48x1 0.47x1", "0.52x1", asked_at=30_300, sent=30_300), Millis(30_400))
    assert not board_of(store).doubt or board_of(store).doubt.relapsed
    for at in range(30_500, 36_000, 500):
        store.take([part._replace(at=Millis(at), sent=Millis(NOON + at))])
        store.check(Millis(at))
    assert store.label(A, Millis(36_000)) is Label.LIVE


def test_what_comes_into_sight_was_not_added_and_what_leaves_it_was_not_pulled() -> None:
    store = told("0.48x1 0.47x1 0.46x1", "0.52x1 0.53x1", WHOLE)
    board = board_of(store)
    board.move(1)
    store.take([snapshot("0.48x3 0.47x1 0.46x1 0.45x9", "0.52x1", at=2)._replace(initial=False, fresh=WHOLE)])
    assert board.flow.levels(3) == ({px("0.48"): 2 * ONE}, {})
    store.take([snapshot("0.49x5 0.48x3", "0.52x1 0.53x8 0.54x8", at=4)._replace(initial=False, fresh=WHOLE)])
    assert board.flow.levels(5) == ({px("0.48"): 2 * ONE, px("0.49"): 5 * ONE}, {})


def test_ages_of_levels_that_left_are_not_kept_for_ever() -> None:
    store = told("0.48x1", "0.52x1", WHOLE)
    board = board_of(store)
    board.move(1)
    for n in range(2_000):
        price = 100 + n
        store.take([snapshot(f"{price}x1", f"{price + 1}x1", at=n, sent=n)._replace(initial=False, fresh=WHOLE)])
    known = [price for price in range(3_000) if board.flow.since(True, price * ONE) is not None]
    assert known == [100 + 1_999]


# Around a book


def test_a_declined_book_says_why_until_there_is_one() -> None:
    store = watched()
    store.take([Declined(A, Millis(0), "no such thing")])
    assert board_of(store).why(5) == "the venue says: no such thing"
    store.take([snapshot("0.48x1", "0.52x1", at=10)])
    assert board_of(store).why(15) == ""
    store.take([Declined(A, Millis(20), "no such thing")])
    assert board_of(store).why(25) == ""


def test_what_is_told_of_a_stranger_is_ignored() -> None:
    store = watched()
    stranger = identify("made-up", "stranger")
    store.take([Context(stranger, Millis(0)), Candles(stranger, Millis(0), Millis(60_000), ())])
    assert (store.ledger.applied, store.ledger.ignored) == (0, 2)


def test_a_print_of_the_past_is_on_the_tape_only() -> None:
    store = live()
    store.take([trade("0.5", "1", at=1)._replace(number=1, past=True), trade("0.5", "2", at=2)._replace(number=2)])
    assert board_of(store).tape.prints == 2
    assert board_of(store).flow.prints == 1


def test_numbered_prints_are_never_taken_for_each_other() -> None:
    tape = Tape()
    twins = [trade("0.5", "1", at=1, reference="0x1")._replace(number=number) for number in (1, 2)]
    assert [tape.add(each) for each in twins] == [True, True]


# The past


def candles(*rows: tuple[int, str, str, str], at: int = 10**7) -> Candles:
    """Minutes: number, low, high, last."""
    told = tuple(
        Candle(Millis(n * 60_000), px(last), px(high), px(low), px(last), Qty(ONE)) for n, low, high, last in rows
    )
    return Candles(A, Millis(at), Millis(60_000), told)


def test_the_past_fills_what_was_before_the_first_price() -> None:
    series = Series()
    series.recall(candles((100, "0.3", "0.4", "0.35"), at=6_300_000), 0)
    series.quoted(px("0.5"), 6_300_000)
    view = series.view(3_600, 60, 6_300_000)
    assert (view.low, view.high) == (px("0.3"), px("0.5"))
    assert view.columns[-1].close == px("0.5")


def test_what_was_seen_is_not_told_again() -> None:
    series = Series()
    for second in range(0, 120, 5):
        series.quoted(px("0.5"), 6_000_000 + second * 1_000)
    series.recall(candles((100, "0.3", "0.4", "0.35"), (101, "0.3", "0.4", "0.35"), at=6_120_000), 0)
    view = series.view(300, 60, 6_120_000)
    assert (view.low, view.high) == (px("0.5"), px("0.5"))


def test_the_past_fills_a_gap_and_once_only() -> None:
    series = Series()
    series.quoted(px("0.5"), 6_000_000)
    series.gap(6_010_000)
    told = candles((101, "0.3", "0.4", "0.35"), (102, "0.3", "0.4", "0.35"), at=6_190_000)
    series.recall(told, 0)
    before = series.view(900, 60, 6_190_000)
    series.recall(told, 0)
    assert before.low == px("0.3")
    assert series.view(900, 60, 6_190_000) == before
    assert any(kind is Mark.GAP for _, kind in before.marks)


@given(st.lists(st.integers(1, 10**12 * ONE), min_size=3, max_size=3).map(sorted))
def test_a_price_beyond_64_bits_is_remembered_as_the_largest(prices: list[int]) -> None:
    low, last, high = map(Px, prices)
    series = Series()
    minute = Candle(Millis(NOON // 60_000 * 60_000 - 600_000), last, high, low, last, Qty(ONE))
    series.recall(Candles(A, Millis(NOON), Millis(60_000), (minute,)), 0)
    series.quoted(last, NOON)
    view = series.view(3_600, 60, NOON)
    assert (view.low, view.high) == (min(low, 2**63 - 1), min(high, 2**63 - 1))


def test_a_minute_that_failed_to_be_taken_in_is_taken_in_when_it_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    series = Series()
    told = candles((100, "0.3", "0.4", "0.35"), at=6_300_000)
    with monkeypatch.context() as patched:
        patched.setattr("pmtui.core.series.Bucket", lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            series.recall(told, 0)
    series.recall(told, 0)
    assert series.view(3_600, 60, 6_300_000).low == px("0.3")


def test_the_venues_clock_is_not_ours() -> None:
    series = Series()
    offset = 1_800_000_000_000
    minute = offset // 60_000 + 100
    series.recall(candles((minute, "0.3", "0.4", "0.35"), at=6_300_000), offset)
    assert series.view(3_600, 60, 6_300_000).low == px("0.3")


def recalled(ahead: int) -> list[int | None]:
    """Where the price stood in each minute by what the venue remembers, with our clock so far ahead of its own."""
    store, now, there = live(), Millis(7_200_000), 1_790_000_040_000
    store.clocks.offset = there + ahead - now
    store.clocks.of(board_of(store).instrument.venue).ring.append(now - there)
    minute = there // 60_000
    store.recall(candles((minute - 30, "0.3", "0.3", "0.3"), (minute - 2, "0.4", "0.4", "0.4"), at=now))
    return [each.close for each in board_of(store).flow.series.view(3_600, 60, now).columns]


@pytest.mark.parametrize("ahead", [600_000, -600_000])
def test_the_past_is_where_it_was_though_our_clock_is_wrong(ahead: int) -> None:
    assert {px("0.3"), px("0.4")} <= set(recalled(0))
    assert recalled(ahead) == recalled(0)


# Where the tick follows the price


@given(
    st.dictionaries(st.integers(9_990, 9_999), st.integers(1, 9), min_size=1),
    st.dictionaries(st.integers(1_000, 1_010), st.integers(1, 9), min_size=1),
)
def test_levels_off_the_grid_of_the_top_are_on_the_row_below_and_none_is_lost(
    low: dict[int, int], high: dict[int, int]
) -> None:
    """Bids below a border lie on a finer grid than the touches above it."""
    fine, coarse = px("0.0001"), px("0.001")
    bids = {price * fine: size for price, size in low.items()} | {
        price * coarse * 10: size for price, size in high.items()
    }
    book = Book(coarse)
    book.replace(bids, {})

    rows, _ = ladder.sides(book, coarse)

    assert all(price % coarse == 0 for price in rows)
    assert sum(rows.values()) == sum(bids.values())
    assert ladder.on_grid(fine, bids)


def test_a_book_on_its_grid_is_shown_as_it_is() -> None:
    book = Book(px("0.01"))
    book.replace(levels("0.48x1 0.47x2"), levels("0.5x1"))
    assert ladder.sides(book, px("0.01")) == (book.bids, book.asks)
    assert ladder.on_grid(Px(1), book.bids)


# Wider rows


def test_a_deeper_book_adds_only_what_lies_beyond() -> None:
    book = Book(px("1"))
    book.replace(levels("96x1 95x2 94x3"), levels("97x1 99x2 101x4"))

    found = depth.deeper(book, rows("10", "90x99 80x7"), rows("10", "100x9 110x50 120x8"), px("10"))

    # Of the rows of 90 and 110 the near book knows only a part, so that they are the wider one's.
    assert ladder.sides(found, px("10")) == (levels("90x99 80x7"), levels("100x3 110x50 120x8"))
    assert (found.bid, found.ask) == (book.bid, book.ask)


def test_a_wide_row_that_knows_less_than_we_do_hides_nothing() -> None:
    book = Book(px("1"))
    book.replace(levels("96x1 95x2 94x3"), levels("97x1 99x2 101x4"))

    found = depth.deeper(book, rows("10", "80x7"), rows("10", "110x3 120x8"), px("10"))

    assert ladder.sides(found, px("10")) == (levels("90x6 80x7"), levels("100x3 110x4 120x8"))


def test_nothing_is_taken_of_a_wide_row_that_no_row_of_ours_holds() -> None:
    book = Book(px("0.001"))
    book.replace(levels("99.985x1"), levels("99.986x1 99.99x1"))

    told = rows("0.01", "99.99x2 100x10") | rows("0.1", "100.1x7 100.2x8")

    assert ladder.sides(depth.deeper(book, {}, told, px("0.02")), px("0.02"))[1] == levels("100x12")
    assert depth.deeper(book, {}, told, px("0.005")).asks == book.asks


@pytest.mark.parametrize(
    ("bids", "asks", "step", "ends"),
    [
        ({}, {}, "10", ("94", "101")),
        (rows("10", "90x99 80x7"), rows("10", "100x9 110x50 120x8"), "10", ("80", "120")),
        (rows("10", "90x99"), rows("10", "100x9"), "10", ("90", "101")),
        (rows("10", "90x99 80x7"), rows("10", "100x9 110x50 120x8"), "5", ("94", "101")),
    ],
)
def test_a_side_is_told_as_far_as_its_levels_and_the_wider_rows_that_lie_on_ours(
    bids: depth.Grouped, asks: depth.Grouped, step: str, ends: tuple[str, str]
) -> None:
    own = levels("96x1 95x2 94x3"), levels("97x1 99x2 101x4")
    told = depth.told_to(own[0], bids, px(step), up=False), depth.told_to(own[1], asks, px(step), up=True)
    assert told == tuple(map(px, ends))


def test_what_a_wide_row_is_worth_is_never_more_than_it_may_be() -> None:
    book = Book(px("0.1"))
    book.replace(levels("3000x1"), levels("3000.1x1 3000.2x2"))

    found = depth.deeper(book, rows("1", "2999x10"), rows("1", "3001x10 3002x10"), px("1"))

    bids, asks = depth.money(found.bids), depth.grouped(depth.money(found.asks), px("1"), up=True)
    assert bids[px("2999")] == px("2999") * 10 * ONE
    known = px("3000.1") * ONE + px("3000.2") * 2 * ONE
    assert asks == {
        px("3001"): known + (px("3000") + 1) * 7 * ONE,
        px("3002"): (px("3001") + 1) * 10 * ONE,
    }


def test_beyond_an_empty_side_there_is_nothing() -> None:
    book = Book(px("1"))
    assert depth.deeper(book, rows("10", "90x1"), rows("10", "110x1"), px("10")).empty


@given(
    st.dictionaries(st.integers(1, 99), st.integers(1, 9), min_size=1),
    st.dictionaries(st.integers(101, 199), st.integers(1, 9), min_size=1),
    st.integers(1, 20),
)
def test_a_deeper_book_has_the_rows_of_the_whole_one(bids: dict[int, int], asks: dict[int, int], near: int) -> None:
    """However little of it is told on fine rows."""
    whole, close = Book(1), _near(bids, asks, near)
    whole.replace(bids, asks)
    wide = depth.grouped(bids, 10, up=False), depth.grouped(asks, 10, up=True)

    assert ladder.sides(depth.deeper(close, {10: wide[0]}, {10: wide[1]}, 10), 10) == wide


def _near(bids: dict[int, int], asks: dict[int, int], near: int) -> Book:
    close = Book(1)
    close.replace(
        {price: bids[price] for price in sorted(bids, reverse=True)[:near]},
        {price: asks[price] for price in sorted(asks)[:near]},
    )
    return close


def _as_the_venue_groups(
    levels: dict[int, int], figures: int, mantissa: int, most: int, *, up: bool
) -> dict[int, dict[int, int]]:
    """The best rows of so many significant figures: beyond a power of ten they are ten times as high as before it."""
    sizes: dict[int, int] = {}
    heights: dict[int, int] = {}
    for price, size in levels.items():
        height = 10 ** max(0, len(str(price - up)) - figures) * mantissa
        row = -(-price // height) * height if up else price // height * height
        sizes[row] = sizes.get(row, 0) + size
        heights[row] = height
    best = sorted(sizes, reverse=not up)[:most]
    return {height: {row: sizes[row] for row in best if heights[row] == height} for height in set(heights.values())}


@given(
    st.sets(st.integers(1, 200), min_size=20, max_size=60),
    st.sets(st.integers(1, 200), min_size=20, max_size=60),
    st.integers(-100, 100),
    st.sampled_from([(2, 1), (3, 1), (4, 1), (5, 5), (5, 2)]),
    st.sampled_from([10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000]),
    st.integers(1, 10),
    st.integers(1, 20),
)
def test_over_a_border_of_the_ticks_no_row_of_a_deeper_book_is_larger_than_it_is(
    below: set[int],
    above: set[int],
    top: int,
    group: tuple[int, int],
    step: int,
    near: int,
    seen: int,
) -> None:
    """The true book lies on a grid of 10 under the border and of 100 above it."""
    border = 1_000_000

    def price(place: int) -> int:
        return border + place * (100 if place > 0 else 10)

    bids = {price(top - place): place % 7 + 1 for place in below}
    asks = {price(top + place): place % 5 + 1 for place in above}
    told_bids = _as_the_venue_groups(bids, *group, seen, up=False)
    told_asks = _as_the_venue_groups(asks, *group, seen, up=True)
    close = _near(bids, asks, near)

    found = depth.deeper(close, told_bids, told_asks, step)

    for up, *sides in ((False, close.bids, found.bids, bids), (True, close.asks, found.asks, asks)):
        for amounts in (sides, [depth.money(side) for side in sides]):
            ours, shown, whole = (depth.grouped(side, step, up=up) for side in amounts)
            assert all(ours.get(row, 0) <= amount <= whole.get(row, 0) for row, amount in shown.items())
            assert ours.keys() <= shown.keys()
            summed, exact = depth.cumulated(shown, down=not up), depth.cumulated(whole, down=not up)
            assert all(amount <= exact[row] for row, amount in summed.items())
