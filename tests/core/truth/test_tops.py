"""Layer 1: told tops, crossed books, changes out of order, announced tops."""

from __future__ import annotations

import pytest

from pmtui.core.alerts import Kind
from pmtui.core.board import Label
from pmtui.core.events import NO_ASK, UNTOLD, Phase
from pmtui.core.repair import Fetch
from pmtui.core.store import Store
from pmtui.core.truth.arrivals import OUT_OF_ORDER
from pmtui.core.truth.tops import BATCH_ENDS, PROMISE_PATIENCE
from pmtui.core.units import Millis, px

from ..boards import (
    NOON,
    A,
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
    told,
    top,
    watched,
    witness,
)
from .words import CALM, label, settle


def test_a_top_that_agrees_is_counted_when_the_next_batch_begins() -> None:
    store = live()
    before = store.counts.tops_agreed

    store.take([delta(bid("0.47", "9", CALM), at=10, sent=10)])
    assert store.counts.tops_agreed == before
    store.take([delta(bid("0.46", "9", CALM), at=20, sent=20)])

    assert store.counts.tops_agreed == before + 1
    assert store.counts.tops_wrong == store.counts.tops_repaired == 0


def test_a_top_that_agrees_is_counted_when_nothing_follows_for_a_while() -> None:
    store = live()
    before = store.counts.tops_agreed
    store.take([delta(bid("0.47", "9", CALM), at=10, sent=10)])

    settle(store, 10 + BATCH_ENDS - 1)
    assert store.counts.tops_agreed == before
    settle(store, 10 + BATCH_ENDS)

    assert store.counts.tops_agreed == before + 1


def test_a_ghost_in_the_middle_of_a_batch_is_not_judged() -> None:
    store = live()
    after = top("0.47", "0.52")

    store.take([delta(ask("0.53", "7", after), at=10, sent=10)])
    settle(store, 10 + BATCH_ENDS - 1)
    store.take([delta(bid("0.48", "0", after), at=40, sent=10)])
    settle(store, 500)

    assert (store.counts.ghosts, store.counts.tops_repaired, store.counts.tops_wrong) == (0, 0, 0)
    assert label(store, 500) is Label.LIVE


def test_a_cross_in_the_middle_of_a_batch_is_not_judged() -> None:
    store = live()
    after = top("0.52", "0.53")

    store.take([delta(bid("0.52", "3", after), at=10, sent=10)])
    assert not label(store, 10).sure
    store.take([delta(ask("0.52", "0", after), at=11, sent=10)])
    settle(store, 500)

    assert (store.counts.crosses, store.counts.ghosts, store.counts.doubts) == (0, 0, 0)
    assert label(store, 500) is Label.LIVE


def test_a_ghost_beyond_the_told_top_is_pruned_and_counted() -> None:
    store = live()

    store.take([delta(bid("0.46", "9", top("0.47", "0.53")), at=10, sent=10)])
    settle(store, 100)

    book = board_of(store).book
    assert (book.bids, book.asks) == (levels("0.47x5 0.46x9"), levels("0.53x5"))
    assert (store.counts.ghosts, store.counts.tops_repaired) == (2, 1)
    assert label(store, 100) is Label.LIVE


def test_a_pruned_book_asks_for_a_proof_at_once() -> None:
    store = live()
    proofs = store.counts.proofs
    mended = sealed("0.47x5", "0.52x10 0.53x5")

    store.take([delta(bid("0.46", "0", top("0.47", "0.52"), mended), at=10, sent=10)])
    settle(store, 100)

    assert store.counts.proofs == proofs + 1
    assert board_of(store).proof_at == 10


def test_a_pruned_book_without_digests_is_soon_compared_with_a_fetched_one() -> None:
    store = watched(shown=[A])
    store.take([snapshot("0.48x10 0.47x5", "0.52x10")])
    store.take([delta(bid("0.46", "9", top("0.47", "0.52")), at=3_000, sent=3_000)])
    wishes = [wish for at in range(3_000, 4_001, 50) for wish in store.check(Millis(at))]
    assert wishes == [Fetch(A)]

    store.testify(A, witness("0.47x5 0.46x9", "0.52x10", asked_at=4_000, sent=3_000), Millis(4_050))

    board = board_of(store)
    assert (board.misses, board.vain, store.counts.vain_at) == (0, 0, 0)
    assert label(store, 4_100) is Label.LIVE


def test_an_emptied_side_told_as_empty_agrees() -> None:
    store = live("0.48x10", "0.52x10")

    store.take([delta(ask("0.52", "0", top("0.48", "")), at=10, sent=10)])
    settle(store, 100)

    assert board_of(store).book.ask == NO_ASK
    assert store.counts.tops_wrong == store.counts.ghosts == 0
    assert label(store, 100) is Label.LIVE


def test_d2_a_lost_change_that_pruning_cannot_mend_lowers_the_label() -> None:
    store = live()

    store.take([delta(bid("0.46", "9", top("0.49", "0.52")), at=10, sent=10)])
    settle(store, 100)

    assert label(store, 100) is Label.RESYNC
    assert (store.counts.tops_wrong, store.counts.doubts) == (1, 1)


def test_d2_a_lost_change_is_found_in_the_middle_of_the_flow() -> None:
    store = live()

    store.take([delta(bid("0.46", "9", top("0.49", "0.52")), at=10, sent=10)])
    store.take([delta(bid("0.45", "9", top("0.49", "0.52")), at=20, sent=20)])

    assert label(store, 20) is Label.RESYNC


def test_a_doubt_about_the_top_is_a_line_in_the_log() -> None:
    store = live()

    store.take([delta(bid("0.46", "9", top("0.49", "0.52")), at=10, sent=10)])
    settle(store, 100)

    assert [alert.kind for alert in store.alerts.ring] == [Kind.DOUBT]


def told_of_doubts(store: Store) -> list[tuple[Kind, str]]:
    return [(each.kind, each.text) for each in store.alerts.ring if each.kind in (Kind.DOUBT, Kind.PROOF)]


def test_a_doubt_is_one_line_however_often_it_is_looked_at() -> None:
    store = live()
    store.take([rejected(A, at=100)])

    for now in range(150, 1_150, 50):
        store.check(Millis(now))

    assert told_of_doubts(store) == [(Kind.DOUBT, "a message could not be read: garbled")]


@pytest.mark.parametrize("moved", [False, True], ids=["a new connection", "a link of its own"])
@pytest.mark.parametrize("every", [100, 1_000], ids=["looked at all the time", "looked at in the end"])
def test_the_end_of_a_doubt_is_told_when_the_book_of_a_new_link_comes_and_not_before(every: int, moved: bool) -> None:
    store = live()
    store.show([A], Millis(0))
    store.take([rejected(A, at=100)])
    store.check(Millis(200))
    began = [(Kind.DOUBT, "a message could not be read: garbled")]
    if moved:
        store.attach([A], "another", Millis(300))
        store.take([link(Phase.UP, at=400)._replace(link="another")])
    else:
        store.take([link(Phase.DOWN, at=300), link(Phase.UP, at=400, generation=2)])

    for now in range(500, 1_500, every):
        store.check(Millis(now))
    assert told_of_doubts(store) == began

    store.take([snapshot("0.48x10", "0.52x10", at=1_500, sent=1)])
    store.check(Millis(1_600))
    store.check(Millis(1_700))
    assert told_of_doubts(store) == [*began, (Kind.PROOF, f"equal again, after: {began[0][1]}")]


def test_a_top_that_was_not_told_is_not_held_against_the_book() -> None:
    store = live()

    store.take([delta(bid("0.46", "9"), at=10, sent=10)])
    settle(store, 100)

    assert store.counts.tops_wrong == store.counts.ghosts == 0
    assert label(store, 100) is Label.LIVE


def test_one_told_side_is_compared_alone() -> None:
    store = live()

    store.take([delta(bid("0.46", "9", (px("0.47"), UNTOLD)), at=10, sent=10)])
    settle(store, 100)

    assert board_of(store).book.bid == px("0.47")
    assert board_of(store).book.ask == px("0.52")
    assert store.counts.ghosts == 1


def test_one_told_side_that_agrees_counts_as_agreed() -> None:
    store = live()

    store.take([delta(bid("0.46", "9", (px("0.48"), UNTOLD)), at=10, sent=10)])
    settle(store, 100)

    assert store.counts.tops_repaired == 0


def test_no_price_is_better_than_the_told_top_after_any_batch() -> None:
    store = live("0.48x1 0.47x1 0.46x1 0.45x1", "0.52x1 0.53x1 0.54x1")

    for n, (best_bid, best_ask) in enumerate([("0.47", "0.52"), ("0.45", "0.53"), ("", "0.54"), ("", "")], 1):
        store.take([delta(bid("0.10", "0", top(best_bid, best_ask)), at=n * 100, sent=n)])
        settle(store, n * 100 + BATCH_ENDS)
        assert (board_of(store).book.bid, board_of(store).book.ask) == top(best_bid, best_ask)
    assert store.counts.ghosts == 7


def test_i1_a_told_top_that_would_take_more_than_a_few_levels_away_is_a_doubt_and_no_repair() -> None:
    for told_top in (top("", ""), top("0.44", "0.52"), top("0.46", "0.54")):
        store = live("0.48x1 0.47x1 0.46x1 0.45x1 0.44x1", "0.52x1 0.53x1 0.54x1")
        before = dict(board_of(store).book.bids), dict(board_of(store).book.asks)

        store.take([delta(bid("0.44", "1", told_top), at=10, sent=10)])
        settle(store, 100)

        assert label(store, 100) is Label.RESYNC
        assert (board_of(store).book.bids, board_of(store).book.asks) == before
        assert (store.counts.ghosts, store.counts.tops_wrong) == (0, 1)


def crossed(at: int = 0) -> Store:
    store = watched()
    store.take([snapshot("0.52x10", "0.52x10", at=at)])
    return store


def test_d9_a_cross_of_less_than_a_second_is_no_doubt() -> None:
    store = crossed()

    settle(store, 999)
    store.take([delta(ask("0.52", "0", top("0.52", "")), at=999, sent=5)])
    settle(store, 1_100)

    assert (store.counts.crosses, store.counts.doubts) == (1, 0)
    assert label(store, 1_100) is Label.LIVE


def test_d9_a_cross_of_more_than_a_second_is_a_doubt() -> None:
    store = crossed()

    settle(store, 1_000)

    assert store.counts.doubts == 1
    assert board_of(store).doubt.why == "bid meets ask for over a second"
    assert label(store, 1_000) is Label.RESYNC


def test_d9_a_crossed_book_is_never_shown_as_live() -> None:
    store = crossed()

    assert not any(label(store, at).sure for at in range(0, 20_000, 500))


def test_a_fresh_book_ends_a_cross() -> None:
    store = crossed()
    settle(store, 1_500)

    store.take([snapshot("0.48x1", "0.52x1", at=1_600)])

    assert label(store, 1_600) is Label.LIVE
    settle(store, 4_000)
    assert store.counts.doubts == 1


def test_d1_a_change_before_the_first_book_is_not_applied() -> None:
    store = watched()

    store.take([delta(bid("0.48", "9", CALM), at=10, sent=10)])

    assert board_of(store).book.empty
    assert label(store, 10) is Label.SYNCING
    assert (store.ledger.applied, store.ledger.ignored) == (0, 1)


def test_d3_a_message_twice_gives_the_same_book() -> None:
    store = live()
    change = delta(bid("0.47", "9", CALM), at=10, sent=10)

    store.take([change, change])
    settle(store, 100)

    assert board_of(store).book.bids == levels("0.48x10 0.47x9")
    assert label(store, 100) is Label.LIVE


def test_d3_what_is_told_again_is_no_news() -> None:
    store = live()
    change = delta(bid("0.49", "1", top("0.49", "0.52")), at=10, sent=10)
    store.take([change, change._replace(at=Millis(9_500))])
    assert label(store, 9_500) is Label.STALE

    whole = snapshot("0.49x1", "0.52x10", at=9_600, sent=9_600, initial=False)
    store.take([whole])
    assert label(store, 9_600) is Label.LIVE
    store.take([whole._replace(at=Millis(19_000))])
    assert label(store, 19_000) is Label.STALE


def test_an_older_change_that_alters_nothing_or_is_far_too_old_is_no_news() -> None:
    store = live()
    store.take([delta(bid("0.49", "1", top("0.49", "0.52")), at=10, sent=10_000)])
    store.take([delta(bid("0.49", "1"), at=9_500, sent=9_000), delta(bid("0.47", "7"), at=9_500, sent=4_000)])

    assert board_of(store).data_at == 10


def test_d4_an_older_change_is_applied_on_arrival_and_tells_nothing_of_the_top() -> None:
    store = live()

    store.take([delta(bid("0.49", "1", top("0.49", "0.52")), at=10, sent=10)])
    store.take([delta(bid("0.47", "9", CALM), at=11, sent=9)])
    settle(store, 100)

    assert board_of(store).book.bids == levels("0.49x1 0.48x10 0.47x9")
    assert store.counts.ghosts == store.counts.doubts == 0
    assert label(store, 100) is Label.LIVE


def test_d4_a_change_of_over_five_seconds_ago_is_a_doubt() -> None:
    store = live()
    store.take([delta(bid("0.47", "9", CALM), at=10, sent=OUT_OF_ORDER + 10)])

    store.take([delta(bid("0.47", "8", CALM), at=11, sent=10)])
    assert label(store, 11) is Label.LIVE
    store.take([delta(bid("0.47", "7", CALM), at=12, sent=9)])

    assert label(store, 12) is Label.RESYNC


@pytest.mark.parametrize(("bids", "asks"), [("", ""), ("0.48x1", ""), ("", "0.52x1")])
def test_d6_an_empty_or_one_sided_book_is_not_an_error(bids: str, asks: str) -> None:
    store = watched()

    store.take([snapshot(bids, asks, digest=sealed(bids, asks))])
    settle(store, 100)

    assert label(store, 100) is Label.LIVE
    assert board_of(store).book.mid is None
    assert store.counts.proofs == 1


def test_a_change_of_unknown_time_is_kept() -> None:
    store = live()
    change = delta(bid("0.47", "9", CALM), at=10, sent=-NOON)

    store.take([change])

    assert change.sent == 0
    assert board_of(store).book.bids == levels("0.48x10 0.47x9")
    assert board_of(store).sent == NOON


def test_a_change_of_unknown_time_is_counted() -> None:
    store = live()

    store.take([delta(bid("0.47", "9", CALM), at=10, sent=-NOON)])

    assert store.counts.unknown_times == 1


def test_an_announced_top_that_comes_is_forgotten() -> None:
    store = live()

    store.take([told("0.49", "0.52", at=10), delta(bid("0.49", "1", top("0.49", "0.52")), at=12, sent=12)])
    settle(store, 100)

    assert board_of(store).promise is None
    settle(store, 5_000)
    assert store.counts.doubts == 0


def test_an_announced_top_is_not_compared_on_arrival() -> None:
    store = live()

    store.take([told("0.49", "0.52", at=10)])
    settle(store, 10 + PROMISE_PATIENCE - 1)

    assert label(store, 2_000) is Label.LIVE


def test_d10_a_top_that_is_announced_on_and_on_and_never_comes_is_a_doubt() -> None:
    """Whatever is announced instead meanwhile: the stream told nothing else."""
    store = live()
    for at in range(100, 2_200, 500):
        store.take([told(f"0.4{at % 7}", "0.52", at=at, sent=at)])
        settle(store, at)
    settle(store, 2_150)

    assert board_of(store).why(2_150) == "an announced best price never came"


def test_tops_that_are_announced_one_after_the_other_and_come_each_are_no_doubt() -> None:
    store = live()
    for turn in range(60):
        at, price = 100 * turn + 100, f"0.4{turn % 9}"
        store.take([told(price, "0.52", at=at, sent=at)])
        settle(store, at)
        moves = [bid(f"0.4{each}", "1" if each == turn % 9 else "0", top(price, "0.52")) for each in range(9)]
        store.take([delta(*moves, at=at + 90, sent=at)])

    assert not store.counts.doubts


def test_an_announced_top_that_never_comes_is_a_doubt() -> None:
    store = live()

    store.take([told("0.49", "0.52", at=10)])
    settle(store, 10 + PROMISE_PATIENCE)

    assert label(store, 2_010) is Label.RESYNC
    assert board_of(store).doubt.why == "an announced best price never came"


def test_an_announced_top_that_came_and_went_between_two_looks_is_no_doubt() -> None:
    store = live()
    store.take([told("0.49", "0.52", at=110, sent=110)])
    store.take([delta(bid("0.49", "1", top("0.49", "0.52")), at=110, sent=110)])
    store.take([delta(bid("0.49", "0", CALM), at=111, sent=115)])
    for at in range(500, 4_000, 500):
        store.take([delta(bid("0.40", str(at), CALM), at=at, sent=at)])
        settle(store, at)

    assert not store.counts.doubts


def test_counting_anew_what_is_added_and_pulled_makes_no_doubt_of_a_top_that_came_and_went() -> None:
    store = live()
    store.take([told("0.49", "0.52", at=110, sent=110)])
    store.take([delta(bid("0.49", "1", top("0.49", "0.52")), at=111, sent=115)])
    store.take([delta(bid("0.49", "0", CALM), at=111, sent=115)])
    board_of(store).move(Millis(112)).reset(112)
    settle(store, 110 + PROMISE_PATIENCE)

    assert not store.counts.doubts


def test_an_announced_top_that_the_next_batch_improved_upon_is_no_doubt() -> None:
    store = live()
    store.take([told("0.49", "0.52", at=110, sent=110)])
    store.take([delta(bid("0.49", "1", top("0.49", "0.52")), at=110, sent=110)])
    store.take([delta(bid("0.50", "1", top("0.50", "0.52")), at=111, sent=115)])
    settle(store, 110 + PROMISE_PATIENCE)

    assert not store.counts.doubts


def test_without_told_tops_the_end_of_a_batch_makes_an_announced_one_come_true() -> None:
    store = live()
    store.take([told("0.49", "0.52", at=110, sent=110), delta(bid("0.49", "1"), at=110, sent=110)])
    store.take([delta(bid("0.49", "0"), at=111, sent=115)])
    settle(store, 110 + PROMISE_PATIENCE)

    assert not store.counts.doubts


def test_d10_news_with_our_top_do_not_make_up_for_an_announced_one_that_nobody_saw() -> None:
    store = live()
    store.take([told("0.49", "0.52", at=110, sent=110)])
    store.take([delta(bid("0.50", "1", top("0.50", "0.52")), at=120, sent=120)])
    settle(store, 110 + PROMISE_PATIENCE)

    assert board_of(store).doubt.why == "an announced best price never came"


def test_d10_news_from_before_an_announced_top_do_not_make_it_history() -> None:
    store = live()
    store.take([told("0.47", "0.52", at=110, sent=110)])
    store.take([delta(bid("0.40", "1", CALM), at=120, sent=109)])
    settle(store, 110 + PROMISE_PATIENCE)

    assert board_of(store).doubt.why == "an announced best price never came"


def test_a_promise_before_the_first_book_is_ignored() -> None:
    store = watched()

    store.take([told("0.49", "0.52", at=10)])

    assert board_of(store).promise is None
    assert store.ledger.ignored == 1


def test_d3_an_announcement_repeated_after_the_top_moved_on_is_history() -> None:
    store = live()
    first = told("0.49", "0.52", at=10, sent=10)
    store.take([first, delta(bid("0.49", "1", top("0.49", "0.52")), at=12, sent=10)])
    store.take([told("0.48", "0.52", at=20, sent=20), delta(bid("0.49", "0", CALM), at=22, sent=20)])

    store.take([told("0.49", "0.52", at=30, sent=10)])
    settle(store, 3_000)

    assert store.counts.doubts == 0


def test_a_fresh_book_makes_an_older_promise_void() -> None:
    store = live()
    store.take([told("0.49", "0.52", at=10), snapshot("0.48x1", "0.52x1", at=20)])

    settle(store, 5_000)

    assert store.counts.doubts == 0
