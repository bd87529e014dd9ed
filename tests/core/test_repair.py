"""Which wish when: compare with a fetched book, subscribe again, new link; none of them too often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import pytest

from pmtui.core.board import Label
from pmtui.core.events import Phase, Resolved
from pmtui.core.instrument import InstrumentId
from pmtui.core.ports import Witnessed
from pmtui.core.repair import Describe, Fetch, Move, Relink, Resubscribe, Wish
from pmtui.core.store import Store
from pmtui.core.units import Millis

from .boards import (
    LINK,
    A,
    B,
    ask,
    bid,
    board_of,
    delta,
    link,
    live,
    rejected,
    sealed,
    snapshot,
    tick_changed,
    top,
    trade,
    watched,
    witness,
)

TICK = 50
CALM = top("0.48", "0.52")


def run(store: Store, begin: int, end: int) -> list[tuple[int, Wish]]:
    """What the store wishes for between two times, looked at as often as the feed does."""
    return [(now, wish) for now in range(begin, end, TICK) for wish in store.check(Millis(now))]


def when(wishes: list[tuple[int, Wish]], kind: type) -> list[int]:
    return [now for now, wish in wishes if isinstance(wish, kind)]


def fed(store: Store, begin: int, end: int, kind: type = object) -> list[tuple[int, Wish]]:
    """The same while another market of the link keeps bringing news."""
    wishes = []
    for now in range(begin, end, TICK):
        store.links[LINK].data_at = Millis(now)
        wishes += [(now, wish) for wish in store.check(Millis(now)) if isinstance(wish, kind)]
    return wishes


# A board in doubt


def test_a_doubt_asks_for_a_fresh_book_and_a_witness_at_once() -> None:
    store = live()
    store.take([rejected(A, at=100)])

    assert store.check(Millis(100)) == [Resubscribe(A), Fetch(A)]


def test_a_doubt_that_lasts_subscribes_again_every_five_seconds_and_moves_to_a_link_of_its_own_after_ten() -> None:
    store = live()
    store.take([rejected(A, at=0)])

    wishes = run(store, 0, 14_000)

    assert when(wishes, Resubscribe) == [0, 5_000, 10_000]
    assert when(wishes, Move) == [10_000]
    assert when(wishes, Relink) == []


def test_a_doubt_over_a_thin_line_asks_again_and_moves_only_after_what_is_coming_in() -> None:
    store, wishes = live(), []
    for now in range(1_000, 60_000, TICK):
        if now == 2_000:
            store.take([rejected(A, at=now)])
        store.links[LINK].look(min(now, 30_000) * 10, Millis(now))
        wishes += fed(store, now, now + TICK)

    asked, moved = when(wishes, Resubscribe), when(wishes, Move)
    assert 35_000 <= asked[0] <= 35_100
    assert 40_000 <= moved[0] <= 40_100


@pytest.mark.parametrize(("size", "every"), [(40_000, 60_000), (0, 5_000)], ids=["thin", "as ever"])
def test_over_a_thin_line_the_answer_to_one_question_is_waited_for_before_the_next(size: int, every: int) -> None:
    store, wishes = watched(A, B), []
    held = store.links[LINK]
    store.take([snapshot("0.48x1", "0.52x1"), rejected(A, at=100)])
    for now in range(100, 200_000, TICK):
        # One long message after the other, of which none is the answer.
        if now % 4_000 < TICK:
            held.heard_at = Millis(now)
        held.look(now % 4_000 * size // 4_000, Millis(now))
        wishes += fed(store, now, now + TICK)

    asked = [at for at, wish in wishes if isinstance(wish, Resubscribe) and wish.instrument == A]
    assert min(later - sooner for sooner, later in pairwise(asked[1:])) >= every
    assert len(asked) >= 100_000 // every


def test_a_doubt_fetches_at_most_once_a_minute() -> None:
    store = live()
    store.take([rejected(A, at=0)])

    assert when(fed(store, 0, 130_000), Fetch) == [0, 60_000, 120_000]


def test_d22_a_missing_proof_soon_after_a_fetch_asks_for_a_book_over_the_link() -> None:
    store = watched(shown=[A])
    store.take([snapshot("0.48x10", "0.52x10", at=0, digest=sealed("0.48x10", "0.52x10"))])
    # A quiet book is fetched by itself; the change that follows does not have the digest it should have.
    asked = when(fed(store, 0, 5_200), Fetch)
    store.take([delta(bid("0.47", "3", CALM, "wrong"), at=5_200, sent=9)])

    assert asked == [5_000]
    wishes = fed(store, 5_250, 9_000)
    assert when(wishes, Fetch) == []
    assert when(wishes, Resubscribe)[0] == 7_250


def missed(at: int) -> Store:
    """A store with a shown book whose newest change does not have the digest it should have."""
    store = watched(shown=[A])
    store.take([snapshot("0.48x10", "0.52x10", at=0, digest=sealed("0.48x10", "0.52x10"))])
    store.take([delta(bid("0.47", "3", CALM, "wrong"), at=at, sent=9)])
    return store


def test_a_missing_proof_that_no_witness_speaks_to_within_two_seconds_asks_for_a_fresh_book() -> None:
    asked = when(fed(missed(1_000), 1_000, 14_000), Resubscribe)

    # The batch ends, and its digest is looked at, fifty milliseconds after the change.
    assert asked == [3_050, 13_050]


def test_a_missing_proof_that_a_witness_makes_good_asks_for_nothing_more() -> None:
    store = missed(1_000)
    fed(store, 1_000, 1_500)
    store.testify(A, witness("0.48x10 0.47x3", "0.52x10", asked_at=1_400, sent=9), Millis(1_500))

    assert when(fed(store, 1_500, 9_000), Resubscribe) == []


def test_a_flood_of_rejects_asks_for_a_fresh_book_at_most_every_five_seconds() -> None:
    store = live()
    asked = []
    for now in range(0, 20_000, TICK):
        store.take([rejected(A, at=now)])
        asked += [now for wish in store.check(Millis(now)) if isinstance(wish, Resubscribe)]
        if asked and now == asked[-1] + TICK:
            store.take([snapshot("0.48x1", "0.52x1", at=now)])

    assert asked == [0, 5_000, 10_000, 15_000]


def test_a_mended_board_wishes_for_nothing() -> None:
    store = live()
    store.take([rejected(A, at=0)])
    run(store, 0, 200)

    store.take([snapshot("0.48x1", "0.52x1", at=200)])

    assert run(store, 200, 4_000) == []


def test_a_board_in_doubt_that_no_new_link_helps_moves_ever_more_seldom() -> None:
    store = live()
    store.take([rejected(A, at=0)])

    assert when(fed(store, 0, 700_000), Move) == [10_000, 70_000, 190_000, 430_000, 670_000]


def test_a_doubt_that_is_older_than_the_link_leaves_it_time() -> None:
    store = live()
    store.take([rejected(A, at=0), link(Phase.DOWN, at=100), link(Phase.UP, at=30_000, generation=2)])
    store.take([snapshot("0.48x10", "0.52x10", at=30_100, digest="unfit")])

    wishes = fed(store, 30_150, 41_000)

    assert when(wishes, Resubscribe)[0] == when(wishes, Fetch)[0] == 30_150
    assert when(wishes, Move) == [40_000]


def test_repairs_that_do_not_last_lead_to_a_link_of_its_own() -> None:
    store, wishes = live(), []
    for now in range(0, 16_000, TICK):
        # Each answer is a book that is in doubt again two seconds later.
        if now % 2_000 == 0:
            store.take([rejected(A, at=now)])
        found = store.check(Millis(now))
        if any(isinstance(wish, Resubscribe) for wish in found):
            store.take([snapshot("0.48x1", "0.52x1", at=now)])
        wishes += [(now, wish) for wish in found]

    assert when(wishes, Resubscribe) == [0, 5_000, 10_000, 15_000]
    assert when(wishes, Move) == [12_000]


def relapsing(every: int, end: int) -> list[int]:
    """When a book wishes for a link of its own that is in doubt every so often, and mended at once each time."""
    store, moved = live(), []
    for now in range(0, end, TICK):
        if now % every == 0:
            store.take([rejected(A, at=now)])
        found = store.check(Millis(now))
        if any(isinstance(wish, Resubscribe) for wish in found):
            store.take([snapshot("0.48x1", "0.52x1", at=now + 1)])
        moved += [now for wish in found if isinstance(wish, Move)]
    return moved


def test_repairs_that_last_only_from_one_change_of_a_slow_market_to_the_next_lead_to_a_link_of_its_own() -> None:
    assert relapsing(8_000, 120_000) == [24_000, 84_000]


def test_repairs_that_last_for_a_while_lead_to_no_other_link() -> None:
    assert relapsing(30_000, 200_000) == []


def test_relapses_that_a_lasting_repair_parts_are_not_counted_together() -> None:
    store = live()
    for at in (1_000, 9_000, 17_000, 60_000, 68_000):
        store.take([rejected(A, at=at)])
        assert not when(run(store, at, at + 100), Move)
        store.take([snapshot("0.48x1", "0.52x1", at=at + 100)])
        assert not when(run(store, at + 100, at + 5_000), Move)


def test_a_tick_change_gives_the_venue_a_second_for_its_own_book() -> None:
    store = live()
    store.take([tick_changed("0.01", "0.001", at=0)])

    assert when(run(store, 0, 3_000), Resubscribe) == [1_000]


# A board that is not there yet


def test_l2_a_missing_first_book_is_asked_for_again_after_ten_seconds() -> None:
    store = watched()

    wishes = fed(store, 0, 30_000)

    assert when(wishes, Resubscribe) == when(wishes, Fetch) == [10_000, 20_000]
    assert when(wishes, Move) == []


def test_a_first_book_that_could_not_be_read_is_asked_for_again_at_once_and_every_five_seconds() -> None:
    store = watched(A, B)
    assert run(store, 0, 1_000) == []

    store.take([rejected(A, at=1_000)])
    wishes = run(store, 1_000, 8_000)

    assert [(at, wish) for at, wish in wishes if isinstance(wish, Resubscribe)] == [
        (1_000, Resubscribe(A)),
        (6_000, Resubscribe(A)),
    ]


def test_a_flood_of_rejects_before_the_first_book_asks_for_one_at_most_every_five_seconds() -> None:
    store = watched(A)
    asked: list[int] = []
    for now in range(0, 30_000, 250):
        store.take([rejected(A, at=now)])
        asked += when(run(store, now, now + 250), Resubscribe)

    assert asked[0] == 0
    assert min(later - earlier for earlier, later in pairwise(asked)) >= 5_000


def test_a_first_book_that_can_be_read_after_all_is_asked_for_no_more() -> None:
    store = watched(A)
    store.take([rejected(A, at=0)])
    run(store, 0, 500)

    store.take([snapshot("0.48x1", "0.52x1", at=500, digest=sealed("0.48x1", "0.52x1"))])

    assert when(fed(store, 500, 8_000), Resubscribe) == []


def test_l2_a_board_without_a_first_book_for_thirty_seconds_moves_to_a_link_of_its_own() -> None:
    store = watched()

    assert fed(store, 0, 60_000, Move) == [(30_000, Move(A))]


def test_a_book_that_the_venue_does_not_keep_takes_no_other_link() -> None:
    store = watched()
    store.testify(A, Witnessed(None, Millis(10_000)), Millis(10_100))

    assert fed(store, 10_100, 90_000, Move) == fed(store, 90_000, 95_000, Relink) == []
    assert store.label(A, Millis(11_000)) is Label.STALE


# A quiet board


def test_a_shown_board_without_news_is_compared_after_five_seconds_and_every_five() -> None:
    store = live()
    store.show([A], Millis(0))

    assert when(fed(store, 0, 16_000), Fetch) == [5_000, 10_000, 15_000]


def test_a_board_in_the_background_is_compared_every_thirty_seconds() -> None:
    store = live()

    assert when(fed(store, 0, 70_000), Fetch) == [7_500, 37_500, 67_500]


def with_news(digest: Callable[[int], str]) -> list[tuple[int, Wish]]:
    """What is wished for over forty seconds in which something comes every 400 ms."""
    store = live()
    store.show([A], Millis(0))
    wishes = []
    for n in range(1, 100):
        store.take([delta(bid("0.47", str(n), top("0.48", "0.52"), digest(n)), at=n * 400, sent=n)])
        wishes += fed(store, n * 400 + 50, n * 400 + 400)
    return wishes


def test_a_board_with_news_that_digests_prove_needs_no_witness() -> None:
    assert with_news(lambda n: sealed(f"0.48x10 0.47x{n}", "0.52x10 0.53x5")) == []


def test_a_shown_board_whose_news_carry_no_digest_is_compared_every_ten_seconds_and_else_asked_for_anew() -> None:
    wishes = with_news(lambda n: "")

    assert [round(at, -3) for at in when(wishes, Resubscribe)] == [20_000]
    assert len(when(wishes, Fetch)) == len(wishes) - 1 == 3
    assert all(9_500 <= b - a <= 10_500 for a, b in pairwise(when(wishes, Fetch)))


def unspoken(end: int, *, show: bool = True) -> tuple[list[int], Store]:
    """When a fresh book is asked for while changes come that tell neither digest nor best prices, and none is sent."""
    store = live()
    store.show([A] if show else [], Millis(0))
    asked = []
    for n in range(1, end // 400):
        store.take([delta(bid("0.47", str(n)), at=n * 400, sent=n)])
        asked += when(fed(store, n * 400 + 50, n * 400 + 400), Resubscribe)
    return asked, store


@pytest.mark.parametrize("show", [True, False], ids=["shown", "not shown"])
def test_a_busy_book_that_nothing_speaks_for_is_asked_for_anew_and_after_a_minute_not_live(show: bool) -> None:
    asked, store = unspoken(100_000, show=show)

    assert [round(at, -3) for at in asked] == [20_000, 40_000, 60_000, 80_000]
    assert store.label(A, Millis(60_000)) is Label.LIVE
    assert store.label(A, Millis(99_900)) is Label.STALE
    assert board_of(store).why(99_900) == "nothing to compare it with for 99s"


def test_a_fresh_book_with_its_own_digest_speaks_for_one_that_changes_do_not() -> None:
    _, store = unspoken(90_000)
    store.take([snapshot("0.48x10", "0.52x10", at=90_000, sent=90_000, digest=sealed("0.48x10", "0.52x10"))])
    store.take([delta(bid("0.47", "1"), at=91_000, sent=91_000)])

    assert store.label(A, Millis(92_000)) is Label.LIVE
    assert when(fed(store, 92_000, 100_000), Resubscribe) == []


@pytest.mark.parametrize("volume", [7.0, 0.0], ids=["described", "not yet described"])
def test_what_is_traded_in_a_day_is_asked_for_again_every_five_minutes(volume: float) -> None:
    store = live()
    store.show([A], Millis(0))
    board = board_of(store)
    board.instrument = board.instrument._replace(volume=volume)
    wishes = fed(store, 0, 700_000)

    assert when(wishes, Describe) == [300_000, 600_000]


def test_an_equal_witness_quietens_the_wishes_for_a_while() -> None:
    store = live()
    store.show([A], Millis(0))
    fed(store, 0, 5_050)

    store.testify(A, witness("0.48x10 0.47x5", "0.52x10 0.53x5", asked_at=5_050, sent=0), Millis(5_100))

    assert when(fed(store, 5_100, 10_000), Fetch) == []
    assert when(fed(store, 10_000, 10_200), Fetch) == [10_050]


def test_a_shown_board_that_no_witness_confirms_asks_for_a_fresh_book() -> None:
    store = live()
    store.show([A], Millis(0))

    asked = when(fed(store, 0, 40_000), Resubscribe)

    assert asked[0] <= 15_000
    assert all(later - earlier >= 10_000 for earlier, later in pairwise(asked))


def test_a_shown_board_that_no_book_can_be_fetched_for_asks_its_link_before_it_stops_being_live() -> None:
    store = live()
    store.show([A], Millis(0))
    store.links[LINK].unwitnessed = True

    asked = when(fed(store, 0, 40_000), Resubscribe)

    assert asked[0] == 7_500
    assert all(later - earlier >= 8_000 for earlier, later in pairwise(asked))


def test_an_emptied_book_asks_what_became_of_the_question() -> None:
    store = live("0.48x10", "0.52x10")
    store.take([delta(bid("0.48", "0", top("", "")), ask("0.52", "0", top("", "")), at=100, sent=100)])

    assert when(fed(store, 0, 75_000), Describe) == [10_100, 40_100, 70_100]


def test_a_settled_board_wishes_for_nothing() -> None:
    store = live()
    store.take([rejected(A, at=0), Resolved((A,), Millis(0), Millis(0), A, "Yes")])

    assert fed(store, 0, 70_000) == []


def test_a_board_without_a_link_wishes_for_nothing() -> None:
    store = live()
    store.take([link(Phase.DOWN, at=10)])

    assert run(store, 10, 70_000) == []


# The link


def test_l1_a_link_that_brings_nothing_is_given_up_within_thirty_seconds() -> None:
    store = live()

    given_up = when(run(store, 0, 40_000), Relink)

    assert given_up
    assert 10_000 <= given_up[0] <= 30_000


def test_a_link_that_could_not_ask_for_anything_yet_is_not_given_up_for_its_silence_but_for_its_pings() -> None:
    store = watched()
    store.links[LINK].busy = True
    assert when(run(store, 0, 60_000), Relink) == []

    store.links[LINK].pinged_at = Millis(60_000)
    assert when(run(store, 60_000, 85_000), Relink) == [80_050]


def test_l1_pongs_never_count_as_data() -> None:
    store = live()
    store.links[LINK].pong = 0.01

    assert store.label(A, Millis(10_000)) is Label.STALE
    assert when(run(store, 10_000, 30_000), Relink)


def test_a_link_excused_by_a_witness_is_kept() -> None:
    store = live()
    store.show([A], Millis(0))
    for now in range(0, 120_000, TICK):
        for wish in store.check(Millis(now)):
            assert not isinstance(wish, Relink)
            if isinstance(wish, Fetch):
                store.testify(A, witness("0.48x10 0.47x5", "0.52x10 0.53x5", asked_at=now, sent=0), Millis(now + 20))


def test_a_silent_link_that_carries_only_background_boards_is_kept_while_witnesses_agree() -> None:
    store = live()
    store.show([], Millis(0))
    relinks = 0
    for now in range(0, 120_000, TICK):
        for wish in store.check(Millis(now)):
            relinks += isinstance(wish, Relink)
            if isinstance(wish, Fetch):
                store.testify(A, witness("0.48x10 0.47x5", "0.52x10 0.53x5", asked_at=now, sent=0), Millis(now + 20))

    assert relinks == 0


def test_a_silent_link_that_a_witness_has_just_excused_asks_for_no_other_for_a_while() -> None:
    store = live()
    asked = []
    for now in range(0, 60_000, TICK):
        for wish in store.check(Millis(now)):
            if isinstance(wish, Fetch):
                asked.append(now)
                store.testify(A, witness("0.48x10 0.47x5", "0.52x10 0.53x5", asked_at=now, sent=0), Millis(now + 20))

    assert all(7_500 <= later - earlier <= 7_600 for earlier, later in pairwise([0, *asked]))


def test_l19_after_a_sleep_every_book_is_stale_and_the_new_link_begins_a_second_later() -> None:
    store = live()

    store.suspect("the program stood still for 3600s", Millis(10_000))

    assert store.label(A, Millis(10_000)) is Label.STALE
    assert when(run(store, 10_000, 12_000), Relink) == [11_000]


def test_a_suspect_link_wishes_for_nothing_but_a_new_one() -> None:
    store = live()
    store.take([rejected(A, at=0)])

    store.suspect("slept", Millis(100))

    assert {type(wish) for _, wish in run(store, 100, 20_000)} == {Relink}


def test_a_suspect_link_is_asked_for_at_most_every_five_seconds() -> None:
    store = live()
    store.suspect("slept", Millis(0))

    assert when(run(store, 0, 15_000), Relink) == [1_000, 6_000, 11_000]


def test_a_new_link_clears_the_suspicion() -> None:
    store = live()
    store.suspect("slept", Millis(0))

    store.take([link(Phase.DOWN, at=1_000), link(Phase.UP, at=1_500, generation=2)])

    assert store.links[LINK].suspect == ""
    assert store.label(A, Millis(1_500)) is Label.SYNCING
    assert run(store, 1_500, 9_000) == []


def test_a_slow_reader_notice_puts_every_book_of_the_link_in_doubt() -> None:
    store = watched(A, B)
    store.take([snapshot("0.48x1", "0.52x1"), snapshot("0.48x1", "0.52x1", instrument=B)])

    store.doubt_link(LINK, "the venue says that we read too slowly", Millis(10))

    assert Counter(type(wish) for wish in store.check(Millis(10))) == {Resubscribe: 2, Fetch: 2}


@pytest.mark.parametrize(("troubled", "kinds"), [(3, {Move}), (4, {Relink}), (6, {Relink})])
def test_among_very_many_books_a_few_in_trouble_move_and_many_are_the_links_trouble(
    troubled: int, kinds: set[type]
) -> None:
    names = [InstrumentId(f"made-up:{number:03}") for number in range(300)]
    store = watched(*names)
    store.take([snapshot("0.48x1", "0.52x1", instrument=each) for each in names])
    run(store, 0, 1_000)
    for each in names[::50][:troubled]:
        store.take([rejected(each, at=1_000)])

    wishes = fed(store, 1_000, 11_600)

    assert {type(wish) for _, wish in wishes if isinstance(wish, Move | Relink)} == kinds
    assert {wish.instrument for _, wish in wishes if isinstance(wish, Resubscribe)} == set(names[::50][:troubled])


def test_a_trade_is_no_news_of_the_book() -> None:
    store = live()
    store.show([A], Millis(0))

    store.take([trade("0.5", "1", at=4_000)])

    assert when(fed(store, 4_000, 9_000), Fetch) == [5_000]
    assert store.label(A, Millis(9_001)) is Label.STALE


def test_l2_trades_alone_do_not_keep_a_frozen_book_live() -> None:
    store = live()
    store.show([A], Millis(0))
    wishes: list[Wish] = []
    for n in range(1, 16):
        store.take([trade("0.5", "1", at=n * 4_000, sent=n)])
        wishes += [wish for _, wish in fed(store, n * 4_000, n * 4_000 + 4_000)]

    assert not store.label(A, Millis(60_000)).sure or any(isinstance(wish, Fetch) for wish in wishes)
