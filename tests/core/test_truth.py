"""Four layers of evidence: told tops, mirror, hash, witness. In doubt the label falls first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest

from pmtui.core.alerts import Kind
from pmtui.core.board import HASH_OFF_FOR, LIVE_FOR, Label
from pmtui.core.events import NO_ASK, NO_BID, UNTOLD, BookSnapshot, Phase, Resolved, TickChanged
from pmtui.core.instrument import InstrumentId, identify
from pmtui.core.ports import Witnessed
from pmtui.core.repair import RESUBSCRIBE_EVERY, UNPROVEN, UNPROVEN_STILL, Fetch, Relink, Resubscribe, Wish
from pmtui.core.repair import Move as MoveOn
from pmtui.core.store import Store
from pmtui.core.truth import (
    BATCH_ENDS,
    MISSES,
    OUT_OF_ORDER,
    PROMISE_PATIENCE,
    RELAPSE,
    TRIAL,
    VAIN,
    WITNESS_PATIENCE,
)
from pmtui.core.units import Millis, px

from .boards import (
    LINK,
    NOON,
    STRANGER,
    A,
    B,
    PlainSeal,
    ask,
    bid,
    board_of,
    delta,
    digest_of,
    levels,
    link,
    live,
    rejected,
    sealed,
    snapshot,
    told,
    top,
    trade,
    watched,
    witness,
)

CALM = top("0.48", "0.52")


def label(store: Store, at: int) -> Label:
    return store.label(A, Millis(at))


def settle(store: Store, at: int) -> None:
    store.check(Millis(at))


# Layer 1: the told top, once the batch of one timestamp has ended


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


# D9: crossed books


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
    assert board_of(store).doubt == "bid meets ask for over a second"
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


# D1-D7


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


# Layer 2: the mirror


def mirrored() -> Store:
    store = watched(A, B, shown=[A])
    store.take([snapshot("0.48x10", "0.52x10"), snapshot("0.48x10", "0.52x10", instrument=B)])
    return store


def test_two_outcomes_that_mirror_each_other_agree() -> None:
    store = mirrored()

    settle(store, 1_000)

    assert (store.counts.mirrors, store.counts.mirrors_off) == (1, 0)


def test_d11_two_outcomes_that_differ_for_over_a_second_are_both_in_doubt() -> None:
    store = mirrored()
    store.take([delta(bid("0.47", "3", CALM), at=100, sent=100)])

    settle(store, 1_000)
    assert (label(store, 1_000), store.label(B, Millis(1_000))) == (Label.LIVE, Label.LIVE)
    settle(store, 2_000)

    assert (label(store, 2_000), store.label(B, Millis(2_000))) == (Label.RESYNC, Label.RESYNC)
    assert store.counts.doubts == 2


def test_the_last_book_of_a_lost_link_is_not_held_against_the_other_outcome() -> None:
    store = mirrored()
    store.attach([B], "another link", Millis(0))
    up = link(Phase.UP, at=0)
    store.take([up._replace(link="another link"), snapshot("0.48x10", "0.52x10", instrument=B, at=10)])
    store.take([up._replace(link="another link", at=Millis(50), phase=Phase.DOWN)])
    store.take([delta(bid("0.47", "3", CALM), at=100, sent=100)])
    for now in range(1_000, 6_000, 500):
        settle(store, now)

    assert not store.counts.mirrors_off
    assert not store.counts.doubts


def test_outcomes_that_part_for_a_moment_are_no_doubt() -> None:
    store = mirrored()
    store.take([delta(bid("0.47", "3", CALM), at=100, sent=100)])
    settle(store, 1_000)

    store.take([delta(ask("0.53", "3", CALM, instrument=B), at=1_100, sent=101)])
    settle(store, 2_000)
    settle(store, 3_000)

    assert store.counts.doubts == 0
    assert board_of(store).mirror_off_at < 0


def test_the_outcome_that_was_proven_meanwhile_is_not_the_one_at_fault() -> None:
    store = mirrored()
    store.take([delta(bid("0.47", "3", CALM), at=100, sent=100)])
    settle(store, 1_000)

    proof = sealed("0.48x10 0.47x4", "0.52x10")
    store.take([delta(bid("0.47", "4", CALM, proof), at=1_500, sent=200)])
    settle(store, 2_100)

    assert label(store, 2_100) is Label.LIVE
    assert store.label(B, Millis(2_100)) is Label.RESYNC


def test_the_outcome_that_is_proven_by_the_change_at_which_the_two_parted_is_not_the_one_at_fault() -> None:
    store = mirrored()
    for at, size in (100, "2"), (900, "3"):
        proof = sealed(f"0.48x10 0.47x{size}", "0.52x10")
        mirror = [ask("0.53", size, CALM, instrument=B)] if at == 100 else []
        store.take([delta(bid("0.47", size, CALM, proof), *mirror, at=at, sent=at)])

    for at in range(1_000, 2_600, 50):
        settle(store, at)

    assert label(store, 2_600) is Label.LIVE
    assert store.label(B, Millis(2_600)) is Label.RESYNC


def test_two_outcomes_that_are_both_proven_and_no_mirror_images_are_a_line_in_the_log() -> None:
    store = mirrored()
    for at in range(100, 6_000, 100):
        for each in (A, B):
            proof = sealed(f"0.48x10 0.47x{at}", "0.52x10")
            store.take([delta(bid("0.47", str(at), CALM, proof, each), at=at, sent=at)])
        settle(store, at + 60)
        assert (label(store, at), store.label(B, Millis(at))) == (Label.LIVE, Label.LIVE)

    told = [each.text for each in store.alerts.ring if each.kind is Kind.NOTICE]
    assert told == ["proven, and yet not the mirror image of the other outcome's book"]


def test_outcomes_that_part_again_after_they_were_mirror_images_are_a_second_line_in_the_log() -> None:
    store = mirrored()
    for at in range(100, 9_000, 100):
        apart = not 4_000 < at < 6_000
        for each in (A, B):
            proof = sealed(f"0.48x10 0.47x{at * apart}", "0.52x10") if apart else sealed("0.48x10", "0.52x10")
            store.take([delta(bid("0.47", str(at * apart), CALM, proof, each), at=at, sent=at)])
        settle(store, at + 60)

    assert [each.kind for each in store.alerts.ring].count(Kind.NOTICE) == 2


def speaking(store: Store, begin: int, end: int, *, every: int, seen: list[Label]) -> None:
    """Only A is told what changes, each time with its true digest; `seen` is what B, on the screen, is called."""
    for at in range(begin, end, 10):
        if at % every == 0:
            proof = sealed(f"0.48x10 0.47x{at}", "0.52x10")
            store.take([delta(bid("0.47", str(at), CALM, proof), at=at, sent=at)])
        store.check(Millis(at))
        seen.append(store.label(B, Millis(at)))


def mirror_of(now: int) -> BookSnapshot:
    """The true book of B at that time."""
    bids, asks = "0.48x10", f"0.52x10 0.53x{now}"
    return snapshot(bids, asks, at=now + 5, sent=now, digest=sealed(bids, asks), instrument=B)


@pytest.mark.parametrize("every", [20, 200])
def test_d11_an_outcome_that_goes_mute_is_in_doubt_again_after_each_book_that_does_not_last(every: int) -> None:
    store = mirrored()
    store.show([B], Millis(0))
    seen: list[Label] = []
    speaking(store, 10, 4_000, every=every, seen=seen)
    assert seen[-1] is Label.RESYNC

    store.take([mirror_of(4_000)])
    assert store.label(B, Millis(4_005)) is Label.LIVE
    speaking(store, 4_010, 7_500, every=every, seen=seen)
    assert seen[-1] is Label.RESYNC
    del seen[:]

    store.take([mirror_of(7_600)])
    speaking(store, 7_610, 13_000, every=every, seen=seen)
    assert set(seen) == {Label.RESYNC}
    assert label(store, 13_000) is Label.LIVE


def test_a_repair_that_lasts_is_believed_at_once_and_one_after_a_relapse_when_it_has_held_for_a_while() -> None:
    store = live()
    for at in (1_000, 3_000):
        store.take([rejected(A, at=at)])
        assert label(store, at) is Label.RESYNC
        store.take([snapshot("0.48x1", "0.52x1", at=at + 50, sent=at + 50, initial=False)])
        settle(store, at + 50)

    assert label(store, 3_050) is Label.RESYNC
    settle(store, 3_050 + TRIAL - 1)
    assert label(store, 3_050 + TRIAL - 1) is Label.RESYNC
    settle(store, 3_050 + TRIAL)
    assert label(store, 3_050 + TRIAL) is Label.LIVE
    at = 3_050 + TRIAL + RELAPSE
    store.take([rejected(A, at=at), snapshot("0.48x1", "0.52x1", at=at + 50, sent=at + 50, initial=False)])

    assert label(store, at + 50) is Label.LIVE


def test_what_comes_up_in_a_trial_begins_it_anew() -> None:
    store = live()
    store.take([rejected(A, at=1_000), snapshot("0.48x1", "0.52x1", at=1_050, sent=1_050)])
    store.take([rejected(A, at=2_000), snapshot("0.48x1", "0.52x1", at=2_050, sent=2_050)])

    store.take([rejected(A, at=5_000)])
    settle(store, 8_000)
    assert label(store, 8_000) is Label.RESYNC
    store.take([snapshot("0.48x1", "0.52x1", at=8_050, sent=8_050)])
    settle(store, 8_050 + TRIAL)

    assert label(store, 8_050 + TRIAL) is Label.QUIET


def test_one_tick_change_after_another_is_no_relapse() -> None:
    store = live()
    for at in (1_000, 3_000):
        store.take([TickChanged(A, Millis(at), Millis(NOON), px("0.01"), px("0.001"))])
        store.take([snapshot("0.48x1", "0.52x1", at=at + 50, sent=at + 50, initial=False)])

        assert label(store, at + 50) is Label.LIVE


def mend(store: Store, at: int) -> None:
    store.take([snapshot("0.48x1", "0.52x1", at=at, sent=at, initial=False)])


def test_a_tick_change_is_no_relapse_and_what_follows_it_neither() -> None:
    store = live()
    store.take([rejected(A, at=1_000)])
    mend(store, 1_050)

    store.take([TickChanged(A, Millis(3_000), Millis(NOON), px("0.01"), px("0.001"))])
    mend(store, 3_050)
    assert label(store, 3_050) is Label.LIVE

    store.take([rejected(A, at=2_000 + RELAPSE)])
    mend(store, 2_050 + RELAPSE)
    assert label(store, 2_050 + RELAPSE) is Label.LIVE


@pytest.mark.parametrize("tick", [False, True])
def test_a_doubt_soon_after_a_new_link_took_one_away_is_a_relapse_unless_that_was_a_tick_change(tick: bool) -> None:
    store = live()
    change = TickChanged(A, Millis(1_000), Millis(NOON), px("0.01"), px("0.001"))
    store.take([change if tick else rejected(A, at=1_000)])
    store.take([link(Phase.DOWN, at=1_010), link(Phase.UP, at=1_020, generation=2)])
    mend(store, 1_050)
    assert label(store, 1_050) is Label.LIVE

    store.take([rejected(A, at=3_000)])
    mend(store, 3_050)

    assert label(store, 3_050) is (Label.LIVE if tick else Label.RESYNC)


def test_the_book_of_a_new_link_is_in_doubt_as_the_old_one_was_until_it_is_proven() -> None:
    store = live()
    store.take([rejected(A, at=1_000), link(Phase.DOWN, at=1_010), link(Phase.UP, at=1_020, generation=2)])
    assert label(store, 1_030) is Label.SYNCING

    store.take([snapshot("0.48x1", "0.52x1", at=1_050, digest="unfit")])
    settle(store, 1_100)
    assert label(store, 1_100) is Label.RESYNC
    store.take([delta(bid("0.47", "1", top("0.48", "0.52"), sealed("0.48x1 0.47x1", "0.52x1")), at=2_000, sent=2_000)])
    settle(store, 2_100)

    assert label(store, 2_100) is Label.LIVE
    assert store.counts.doubts == 1


def digest_unknown(store: Store, begins: int, ends: int, links: tuple[int, ...]) -> list[tuple[int, Label]]:
    """Each change of the label while no digest ever fits and at these moments a new link brings a new book."""
    told: list[tuple[int, Label]] = []
    for at in range(begins, ends, 500):
        if at in links:
            store.take([link(Phase.DOWN, at=at), link(Phase.UP, at=at, generation=at)])
            store.take([snapshot("0.48x10", "0.52x10", at=at, sent=at, digest="unfit")])
        calm = delta(bid("0.46", str(at), CALM, "unfit"), at=at + 10, sent=at + 10)
        store.take([calm])
        for now in range(at + 50, at + 500, 150):
            settle(store, now)
            if not told or told[-1][1] is not label(store, now):
                told.append((now, label(store, now)))
    return told


def test_digests_that_never_fit_and_no_fetched_book_end_in_stale_whatever_new_links_bring() -> None:
    store = live()

    told = digest_unknown(store, 1_000, 400_000, links=(15_000, 80_000, 200_000))

    assert [each for _, each in told] == [Label.LIVE, Label.RESYNC, Label.STALE]
    assert 60_000 <= told[2][0] - told[1][0] <= 60_500
    assert board_of(store).why(400_000) == "5 books in a row do not have the venue's hash"


@pytest.mark.parametrize("relapsed", [False, True])
def test_the_book_of_a_new_link_without_a_digest_is_on_trial_where_repairs_did_not_last(relapsed: bool) -> None:
    store = live()
    if relapsed:
        store.take([rejected(A, at=1_000), snapshot("0.48x1", "0.52x1", at=1_050)])
    store.take([rejected(A, at=2_000), link(Phase.DOWN, at=2_010), link(Phase.UP, at=2_020, generation=2)])

    mend(store, 2_050)
    settle(store, 2_100)

    assert label(store, 2_100) is (Label.RESYNC if relapsed else Label.LIVE)
    settle(store, 2_050 + TRIAL)
    assert label(store, 2_050 + TRIAL) is Label.LIVE


def test_what_was_fetched_before_a_new_link_says_nothing_of_a_doubt_that_it_took_over() -> None:
    store = live()
    store.take([rejected(A, at=1_000), link(Phase.DOWN, at=1_010), link(Phase.UP, at=2_020, generation=2)])
    store.take([snapshot("0.48x1", "0.52x1", at=2_050, sent=5, digest="unfit")])

    store.testify(A, witness("0.48x1", "0.52x1", asked_at=1_500, sent=5), Millis(2_100))
    assert label(store, 2_100) is Label.RESYNC
    store.testify(A, witness("0.48x1", "0.52x1", asked_at=2_100, sent=5), Millis(2_200))

    assert label(store, 2_200) is Label.LIVE


def begun_anew(store: Store, *, at: int, initial: bool = True) -> None:
    """A new link, whose first book does not have its own digest."""
    store.take([link(Phase.DOWN, at=at), link(Phase.UP, at=at, generation=at)])
    store.take([snapshot("0.48x1", "0.52x1", at=at, sent=at, digest="unfit", initial=initial)])


def test_a_first_book_that_does_not_have_its_own_digest_is_in_doubt_where_digests_are_known_to_fit() -> None:
    store = live(at=1_000)

    begun_anew(store, at=2_000)
    settle(store, 2_050)

    assert label(store, 2_050) is Label.RESYNC
    assert board_of(store).why(2_050) == "the first book of this link does not have the venue's hash"
    store.take([snapshot("0.48x1", "0.52x1", at=2_100, sent=2_000, digest=sealed("0.48x1", "0.52x1"))])
    assert label(store, 2_100) is Label.LIVE


def test_a_trade_that_proves_a_first_book_after_all_ends_its_doubt() -> None:
    store = live(at=1_000)
    begun_anew(store, at=2_000)
    seal = board_of(store).seal
    assert isinstance(seal, PlainSeal)

    seal.late = Millis(2_000)
    store.take([trade("0.48", "1", at=2_100)])

    assert label(store, 2_100) is Label.LIVE


@pytest.mark.parametrize("why", ["no digest has fitted yet", "they were given up since", "it may miss its own"])
def test_a_first_book_without_its_own_digest_is_not_doubted_where_that_need_not_mean_anything(why: str) -> None:
    store = watched() if why.startswith("no") else live(at=1_000)
    if why.startswith("they"):
        store.counts.vain_at = Millis(1_500)

    begun_anew(store, at=2_000, initial=not why.startswith("it"))
    settle(store, 2_050)

    assert label(store, 2_050) is Label.LIVE
    assert board_of(store).misses == 1


OLD = "the first book of this link is older than what the last one told"


def older(store: Store, *, at: int, sent: int) -> None:
    """Another link, whose first book has its own digest and is of that time."""
    store.take([link(Phase.DOWN, at=at - 10), link(Phase.UP, at=at - 5, generation=2)])
    store.take([snapshot("0.48x9", "0.52x9", at=at, sent=sent, digest=sealed("0.48x9", "0.52x9"))])


def told_up_to(sent: int) -> Store:
    store = live()
    store.show([A], Millis(0))
    store.take([delta(bid("0.48", "7", CALM, sealed("0.48x7 0.47x5", "0.52x10 0.53x5")), at=sent, sent=sent)])
    settle(store, sent + 50)
    assert label(store, sent + 50) is Label.LIVE
    return store


def test_i1_a_first_book_that_is_older_than_what_was_told_before_is_not_live_until_the_stream_has_come_so_far() -> None:
    store = told_up_to(9_000)
    older(store, at=12_000, sent=6_000)
    settle(store, 12_100)
    assert (label(store, 12_100), board_of(store).why(12_100)) == (Label.RESYNC, OLD)

    for at, sent in (13_500, 7_000), (15_000, 7_990):
        digest = sealed(f"0.48x{at}", "0.52x9")
        store.take([delta(bid("0.48", f"{at}", top("0.48", "0.52"), digest), at=at, sent=sent)])
        settle(store, at + 50)
        assert (label(store, at + 50), board_of(store).why(at + 50)) == (Label.RESYNC, OLD)
    store.take([delta(bid("0.48", "1", top("0.48", "0.52"), sealed("0.48x1", "0.52x9")), at=16_500, sent=8_001)])
    settle(store, 16_550)
    assert label(store, 16_550) is Label.LIVE


def test_a_first_book_of_the_last_change_or_of_a_moment_before_it_is_as_good_as_any() -> None:
    for sent in 9_000, 8_999, 8_000:
        store = told_up_to(9_000)
        older(store, at=12_000, sent=sent)
        settle(store, 12_100)
        assert label(store, 12_100) is Label.LIVE


def test_a_fetched_book_that_is_ours_ends_the_doubt_in_a_first_book_that_seemed_too_old() -> None:
    store = told_up_to(9_000)
    older(store, at=12_000, sent=6_000)
    store.testify(A, witness("0.48x9", "0.52x9", asked_at=12_500, sent=6_000), Millis(12_600))
    assert label(store, 12_600) is Label.LIVE


def test_l20_a_venue_whose_clock_went_back_is_believed_after_five_seconds_of_changes() -> None:
    store = told_up_to(9_000_000)
    older(store, at=9_010_000, sent=10_000)
    for at in range(9_011_000, 9_030_000, 1_000):
        digest = sealed(f"0.48x{at}", "0.52x9")
        store.take([delta(bid("0.48", f"{at}", top("0.48", "0.52"), digest), at=at, sent=at - 9_000_000)])
        settle(store, at + 50)
        assert label(store, at + 50).sure == (at >= 9_015_000), at


@pytest.mark.parametrize("digests", [True, False])
@pytest.mark.parametrize("every", [100, 3_000])
def test_a_venue_that_begins_its_story_anew_with_each_link_is_live_before_its_link_is_given_up(
    every: int, digests: bool
) -> None:
    store = watched(shown=[A])

    def tell(began: int, at: int, *, whole: bool) -> None:
        sent = (at - began) // every * every
        digest = sealed(f"0.48x{sent + 1}", "0.52x10") if digests else ""
        if whole:
            store.take([snapshot(f"0.48x{sent + 1}", "0.52x10", at=at, sent=sent, digest=digest)])
        else:
            store.take([delta(bid("0.48", str(sent + 1), CALM, digest), at=at, sent=sent)])
        store.links[LINK].data_at = Millis(at)

    sure: dict[int, bool] = {}
    for began in 0, 40_000:
        if began:
            store.take([link(Phase.DOWN, at=began), link(Phase.UP, at=began + 10, generation=2)])
        for at in range(began + 50, began + 30_000, 50):
            if at == began + 50 or at % every == 0:
                tell(began, at, whole=at == began + 50)
            wishes = store.check(Millis(at))
            assert not any(isinstance(wish, MoveOn | Relink) for wish in wishes)
            if any(isinstance(wish, Resubscribe) for wish in wishes):
                tell(began, at, whole=True)
            sure[at] = label(store, at).sure
    assert all(sure[at] for at in sure if at < 30_000)
    assert all(sure[at] == (at >= 40_000 + RESUBSCRIBE_EVERY + 50) for at in sure if at > 40_000)


def test_ts_digests_of_changes_without_a_time_say_nothing_for_the_time_is_part_of_them() -> None:
    store = watched(shown=[A])
    store.take([snapshot("0.48x10", "0.52x10", digest="of a time that nobody told", sent=-NOON)])
    for at in range(100, 60_000, 100):
        store.take([delta(bid("0.48", f"{at}", CALM, "of a time that nobody told"), at=at, sent=-NOON)])
        store.check(Millis(at))
        assert label(store, at) is Label.LIVE
    assert (store.counts.misses, board_of(store).sealed(at)) == (0, False)


def test_what_a_link_never_brought_is_a_doubt_once() -> None:
    """One wrong time, a day ahead, must not make each later link a doubt."""
    store = told_up_to(86_400_000)
    for began in 100_000_000, 100_100_000:
        older(store, at=began, sent=began - 50_000_000)
        for at in range(began + 1_000, began + 30_000, 1_000):
            digest = sealed(f"0.48x{at}", "0.52x9")
            change = delta(bid("0.48", f"{at}", top("0.48", "0.52"), digest), at=at, sent=at - 50_000_000)
            store.take([change])
            settle(store, at + 50)
            assert label(store, at + 50).sure == (began > 100_000_000 or at >= began + 5_000), at


@pytest.mark.parametrize("rest", [True, False])
def test_a_quiet_book_of_an_older_time_is_believed_after_a_minute_of_links_that_all_tell_it(rest: bool) -> None:
    """A venue that was made anew, and has nothing to tell."""
    store, sure = told_up_to(9_000), []
    link_at = 12_000
    for at in range(12_000, 100_000, 100):
        if at == link_at:
            store.take([link(Phase.DOWN, at=at), link(Phase.UP, at=at + 10, generation=at)])
            store.take([snapshot("", "", at=at + 20, sent=5_000, digest=sealed("", ""))])
        for wish in store.check(Millis(at)):
            if isinstance(wish, Resubscribe):
                store.take([snapshot("", "", at=at, sent=5_000, digest=sealed("", ""))])
            elif isinstance(wish, Fetch) and rest:
                store.testify(A, witness("", "", asked_at=at, sent=5_000), Millis(at))
            elif isinstance(wish, MoveOn | Relink):
                link_at = at + 100
        if label(store, at).sure:
            sure.append(at)
    assert not rest or sure[0] < 16_000
    assert sure[0] < 80_000
    assert sure[-1] > 90_000


def test_a_first_book_without_a_time_is_not_called_old() -> None:
    store = told_up_to(9_000)
    older(store, at=12_000, sent=-NOON)
    settle(store, 12_100)
    assert label(store, 12_100) is Label.LIVE


def test_a_missing_outcome_is_not_compared() -> None:
    store = watched(A, B, shown=[A])
    store.take([snapshot("0.48x10", "0.52x10")])

    settle(store, 1_000)
    settle(store, 3_000)

    assert store.counts.mirrors == store.counts.mirrors_off == 0


# Promises


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
    assert board_of(store).doubt == "an announced best price never came"


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


# Layer 3: the hash


def test_a_first_book_with_its_hash_is_proven_at_once() -> None:
    store = watched()

    store.take([snapshot("0.48x1", "0.52x1", at=7, digest=sealed("0.48x1", "0.52x1"))])

    assert (store.counts.proofs, store.counts.misses) == (1, 0)
    assert (board_of(store).proof_at, board_of(store).proof_kind) == (7, "hash")


def changed(n: int) -> str:
    return sealed(f"0.48x10 0.47x{n}", "0.52x10 0.53x5")


def missing(store: Store, count: int, first: int = 1) -> None:
    """Batches whose hash is not that of our book, each followed by a settling pause."""
    for n in range(first, first + count):
        store.take([delta(bid("0.47", str(n), CALM, "another book"), at=n * 1_000, sent=n)])
        settle(store, n * 1_000 + BATCH_ENDS)


def shown_live() -> Store:
    store = live()
    store.show([A], Millis(0))
    return store


def test_d22_four_misses_are_no_doubt() -> None:
    store = shown_live()

    missing(store, MISSES - 1)

    assert store.counts.misses == MISSES - 1
    assert label(store, 4_100) is Label.LIVE
    assert board_of(store).proof_at == 0


def test_d22_five_misses_in_a_row_lower_the_label() -> None:
    store = shown_live()

    missing(store, MISSES)

    assert label(store, 5_100) is Label.RESYNC
    assert store.counts.doubts == 1


def silent(until: int) -> Store:
    """A book whose changes have their digests, and of which nothing is told then."""
    store = shown_live()
    store.take([delta(bid("0.47", "6", CALM, changed(6)), at=1, sent=1)])
    settle(store, 1 + BATCH_ENDS)
    settle(store, until)
    return store


@pytest.mark.parametrize("seen", ["nothing", "a fetched book that was ours", "the same book over the link"])
def test_after_a_silence_that_nothing_spoke_for_the_first_miss_lowers_the_label(seen: str) -> None:
    store = silent(until=LIVE_FOR + 2)
    assert label(store, LIVE_FOR + 2) is Label.STALE
    at = LIVE_FOR + 100
    if seen == "a fetched book that was ours":
        equal(store, at, sent=1)
    elif seen == "the same book over the link":
        board_of(store).asked_at = Millis(at - 1)
        store.take([snapshot("0.48x10 0.47x6", "0.52x10 0.53x5", at=at, sent=1, digest=changed(6))])

    missing(store, 1, first=10)

    spoken = seen != "nothing"
    assert label(store, 10_000 + BATCH_ENDS) is (Label.LIVE if spoken else Label.RESYNC)
    if not spoken:
        assert board_of(store).doubt == "the first change after a silence does not have the venue's hash"


def test_after_a_silence_that_nothing_spoke_for_a_change_with_its_hash_is_believed_and_so_are_four_misses() -> None:
    store = silent(until=LIVE_FOR + 2)

    store.take([delta(bid("0.47", "7", CALM, changed(7)), at=10_000, sent=10)])
    settle(store, 10_100)
    assert label(store, 10_100) is Label.LIVE
    missing(store, MISSES - 1, first=11)

    assert label(store, 14_100) is Label.LIVE


def test_a_silence_that_nobody_called_stale_asks_for_no_more_than_others() -> None:
    store = silent(until=LIVE_FOR + 1)

    missing(store, 1, first=10)

    assert label(store, 10_000 + BATCH_ENDS) is Label.LIVE


def test_after_a_silence_digests_that_say_nothing_lower_no_label() -> None:
    store = shown_live()
    for n in range(1, VAIN + 1):
        missing(store, 1, first=n)
        equal(store, n * 1_000 + 300, sent=n)
    settle(store, 20_000)
    assert label(store, 20_000) is Label.STALE

    missing(store, 1, first=21)

    assert label(store, 21_000 + BATCH_ENDS) is Label.LIVE


def test_d22_a_match_between_misses_begins_the_count_anew() -> None:
    store = shown_live()
    missing(store, MISSES - 1)

    store.take([delta(bid("0.47", "7", CALM, changed(7)), at=6_000, sent=6_000)])
    settle(store, 6_100)
    missing(store, MISSES - 1, first=7_000)

    assert label(store, 7_003_100) is Label.LIVE


def book_of(n: int, digest: str, *, at: int) -> BookSnapshot:
    return snapshot(f"0.48x10 0.47x{n}", "0.52x10 0.53x5", at=at, sent=at, digest=digest, tick="", initial=False)


def test_d22_five_misses_in_a_row_count_across_whole_books_that_do_not_have_their_own_hash() -> None:
    store = shown_live()

    for n in range(1, MISSES + 1):
        store.take([book_of(n, "another book", at=n * 1_000)])
        settle(store, n * 1_000 + BATCH_ENDS)
        assert label(store, n * 1_000 + 100) is (Label.RESYNC if n == MISSES else Label.LIVE)


@pytest.mark.parametrize("answer", [False, True])
def test_a_whole_book_ends_a_doubt_only_if_it_has_its_own_hash(answer: bool) -> None:
    store = shown_live()
    store.take([rejected(A, at=1_000)])

    store.take([book_of(9, "another book", at=1_010)._replace(initial=answer)])
    settle(store, 2_000)
    assert label(store, 2_000) is Label.RESYNC
    store.take([book_of(9, changed(9), at=2_010)._replace(initial=answer)])

    assert label(store, 2_010) is Label.LIVE


def test_a_whole_book_with_its_hash_ends_a_doubt_of_the_same_millisecond() -> None:
    store = shown_live()

    store.take([rejected(A, at=1_000), book_of(9, changed(9), at=1_000)])

    assert label(store, 1_000) is Label.LIVE


def test_a_whole_book_ends_a_doubt_while_digests_say_nothing() -> None:
    store = shown_live()
    for n in range(1, VAIN + 1):
        missing(store, 1, first=n)
        equal(store, n * 1_000 + 300, sent=n)
    store.take([rejected(A, at=4_000)])

    store.take([book_of(9, "another book", at=4_100)])

    assert label(store, 4_100) is Label.LIVE


def test_a_shown_token_is_proven_about_once_a_second_under_a_steady_flow() -> None:
    store = shown_live()
    before = store.counts.proofs

    for n in range(1, 501):
        store.take([delta(bid("0.47", str(n), CALM, changed(n)), at=n * 20, sent=n)])

    assert 8 <= store.counts.proofs - before <= 11
    assert store.counts.misses == 0


def test_a_token_that_is_not_shown_is_proven_in_its_turn() -> None:
    store = live()
    before = store.counts.proofs

    for n in range(1, 2_001):
        store.take([delta(bid("0.47", str(n), CALM, changed(n)), at=n * 20, sent=n)])

    assert 2 <= store.counts.proofs - before <= 4


def test_a_hash_ends_a_doubt_about_an_older_state() -> None:
    store = live()
    store.take([rejected(A, at=10)])
    assert label(store, 10) is Label.RESYNC

    store.take([delta(bid("0.47", "9", CALM, changed(9)), at=20, sent=20)])
    settle(store, 100)

    assert label(store, 100) is Label.LIVE


def test_a_hash_of_a_state_before_the_doubt_ends_nothing() -> None:
    store = live()

    store.take([delta(bid("0.47", "9", CALM, changed(9)), at=10, sent=10)])
    store.take([rejected(A, at=20)])
    settle(store, 100)

    assert label(store, 100) is Label.RESYNC


def test_a_hash_told_in_the_same_millisecond_before_the_doubt_ends_nothing() -> None:
    store = live()

    store.take([delta(bid("0.47", "9", CALM, changed(9)), at=20, sent=10), rejected(A, at=20)])
    settle(store, 100)

    assert label(store, 100) is Label.RESYNC


def test_a_trade_does_not_make_an_older_hash_newer() -> None:
    store = live()

    store.take([delta(bid("0.47", "9", CALM, changed(9)), at=10, sent=10)])
    store.take([rejected(A, at=20), trade("0.5", "1", at=30)])
    settle(store, 100)

    assert label(store, 100) is Label.RESYNC


def test_a_second_doubt_is_not_ended_by_a_hash_from_before_it() -> None:
    store = live()
    store.take([rejected(A, at=5)])

    store.take([delta(bid("0.47", "9", CALM, changed(9)), at=10, sent=10)])
    store.take([rejected(A, at=20)])
    settle(store, 100)

    assert label(store, 100) is Label.RESYNC


def test_a_second_doubt_is_not_ended_by_a_witness_asked_before_it() -> None:
    store = live()
    store.take([rejected(A, at=5)])

    store.take([rejected(A, at=20)])
    store.testify(A, witness("0.48x10 0.47x5", "0.52x10 0.53x5", asked_at=10, sent=0), Millis(30))

    assert label(store, 30) is Label.RESYNC


def test_d2_a_lost_change_far_from_the_touch_is_found_by_the_hash_within_two_seconds() -> None:
    store = shown_live()
    true = levels("0.48x10 0.47x5")
    for n in range(1, 151):
        price = 30 + n % 15
        true[px(f"0.{price}")] = n * 10**9
        proof = digest_of(true, levels("0.52x10 0.53x5"))
        change = delta(bid(f"0.{price}", str(n), CALM, proof), at=n * 20, sent=n)
        store.take([] if n == 50 else [change])
        if n == 49:
            assert label(store, n * 20) is Label.LIVE
        true = dict(true) | ({px("0.11"): 1} if n == 50 else {})

    assert label(store, 3_000) is Label.RESYNC
    assert board_of(store).doubt_at <= 1_000 + 2_000


def test_a_digest_that_proves_another_tick_says_that_it_changed() -> None:
    """It changed while nobody listened, no level lies beside the old one, and the new book does not tell it."""
    store = watched()
    store.take([snapshot("0.48x1", "0.52x1", digest="of another state")])
    seal = board_of(store).seal
    assert isinstance(seal, PlainSeal)
    seal.tick = px("0.001")

    store.take([snapshot("0.48x1", "0.52x1", at=1_100, digest=sealed("0.48x1", "0.52x1"))])
    settle(store, 3_000)

    assert board_of(store).tick == board_of(store).instrument.tick == px("0.001")
    assert label(store, 3_000) is Label.LIVE
    assert [each.text for each in store.alerts.ring if each.kind is Kind.TICK] == ["tick 0.01 → 0.001"]


def test_a_late_proof_clears_the_misses() -> None:
    store = shown_live()
    missing(store, 3)
    seal = board_of(store).seal
    assert isinstance(seal, PlainSeal)

    seal.late = Millis(3_000)
    store.take([trade("0.5", "1", at=3_060)])

    assert store.counts.proofs_late == 1
    assert (board_of(store).misses, board_of(store).proof_at) == (0, 3_000)


def test_a_book_without_a_hash_is_neither_proven_nor_missed() -> None:
    store = watched(shown=[A])
    store.take([snapshot("0.48x1", "0.52x1")])

    store.take([delta(bid("0.47", "1", CALM), at=2_000, sent=1)])
    settle(store, 3_000)

    assert store.counts.proofs == store.counts.misses == 0


# Layer 4: the witness

SAME = ("0.48x10 0.47x5", "0.52x10 0.53x5")
OTHER = ("0.48x10", "0.52x10 0.53x5")


def test_a_fetched_book_that_equals_ours_is_a_proof() -> None:
    store = live()

    store.testify(A, witness(*SAME, asked_at=50, sent=0), Millis(70))

    assert (board_of(store).proof_at, board_of(store).proof_kind) == (50, "witness")
    assert board_of(store).link.excused_at == 50  # type: ignore[union-attr]
    assert store.counts.witnesses == 1


def test_a_quiet_market_that_the_witness_confirms_is_quiet_and_not_stale() -> None:
    store = live()
    assert label(store, 10_000) is Label.STALE

    store.testify(A, witness(*SAME, asked_at=10_000, sent=0), Millis(10_100))

    assert label(store, 10_100) is Label.QUIET


def test_a_hash_without_news_keeps_no_market_quiet() -> None:
    store = live()

    assert board_of(store).proof_kind == "hash"
    assert label(store, 9_001) is Label.STALE


def test_d5_a_fetched_book_older_than_the_stream_changes_nothing() -> None:
    store = live()
    store.take([delta(bid("0.47", "9", CALM), at=100, sent=100)])
    settle(store, 200)

    store.testify(A, witness(*OTHER, asked_at=150, sent=50), Millis(250))
    settle(store, 60_000)

    assert board_of(store).book.bids == levels("0.48x10 0.47x9")
    assert store.counts.witnesses_old == 1
    assert store.counts.doubts == 0
    assert board_of(store).pending is None


def test_d5_a_fetched_book_older_than_the_stream_teaches_the_seal_nothing() -> None:
    store = live()
    store.take([delta(bid("0.47", "9", CALM), at=100, sent=100)])
    settle(store, 200)
    seal = board_of(store).seal
    assert isinstance(seal, PlainSeal)
    noted = len(seal.noted)

    store.testify(A, witness(*OTHER, asked_at=150, sent=50, tick="0.001"), Millis(250))

    assert len(seal.noted) == noted


def test_a_fetched_book_of_the_same_time_that_differs_is_a_doubt() -> None:
    store = live()

    store.testify(A, witness(*OTHER, asked_at=150, sent=0), Millis(250))

    assert store.counts.witnesses_off == 1
    assert label(store, 250) is Label.RESYNC


def test_a_fetched_book_without_its_own_hash_is_no_evidence_against_a_proven_one() -> None:
    store = live()
    ghost = witness("0.01x100", "0.99x100", asked_at=150, sent=0)
    assert ghost.book is not None
    other = sealed("0.01x100", "0.99x100")

    for sent in (NOON, NOON + 90):
        store.testify(A, ghost._replace(book=ghost.book._replace(digest=sealed(*SAME), sent=Millis(sent))), Millis(250))
        settle(store, 5_000)
    assert label(store, 5_000) is Label.LIVE
    store.testify(A, ghost._replace(book=ghost.book._replace(digest=other)), Millis(5_250))

    assert label(store, 5_250) is Label.RESYNC


def test_a_fetched_book_without_its_own_hash_is_evidence_where_ours_misses_its_own() -> None:
    store = shown_live()
    missing(store, 1)
    odd = witness(*OTHER, asked_at=1_200, sent=1)
    assert odd.book is not None

    store.testify(A, odd._replace(book=odd.book._replace(digest="of a form that nobody knows")), Millis(1_300))

    assert label(store, 1_300) is Label.RESYNC


def test_a_fetched_book_in_the_middle_of_a_batch_is_kept_waiting() -> None:
    store = live()
    store.take([delta(bid("0.47", "9", CALM), at=140, sent=100)])

    store.testify(A, witness("0.48x10 0.47x9 0.46x1", SAME[1], asked_at=141, sent=100), Millis(150))
    assert label(store, 150) is Label.LIVE
    store.take([delta(bid("0.46", "1", CALM), at=160, sent=100)])
    settle(store, 300)

    assert store.counts.doubts == 0
    assert board_of(store).proof_kind == "witness"


def test_a_newer_fetched_book_that_the_stream_reaches_is_a_proof() -> None:
    store = live()

    store.testify(A, witness("0.48x10 0.47x9", SAME[1], asked_at=100, sent=90), Millis(110))
    assert board_of(store).pending is not None
    store.take([delta(bid("0.47", "9", CALM), at=130, sent=90)])
    settle(store, 200)

    assert board_of(store).pending is None
    assert (board_of(store).proof_at, board_of(store).proof_kind) == (100, "witness")


def test_a_newer_fetched_book_that_the_stream_has_passed_is_dropped() -> None:
    store = live()

    store.testify(A, witness("0.48x10 0.47x9", SAME[1], asked_at=100, sent=90), Millis(110))
    store.take([delta(bid("0.47", "9", CALM), ask("0.53", "6", CALM), at=130, sent=120)])
    settle(store, 5_000)

    assert board_of(store).pending is None
    assert store.counts.doubts == store.counts.witnesses_off == 0


@pytest.mark.parametrize(
    ("sent", "at"), [(80, 130), (90, 95)], ids=["news of before it was made", "a batch of its own time, ended before"]
)
def test_a_fetched_book_waits_until_the_stream_has_passed_both_its_time_and_its_question(sent: int, at: int) -> None:
    store = live()
    news = delta(bid("0.47", "9", CALM), at=at, sent=sent)

    if at < 100:
        store.take([news])
    store.testify(A, witness(*OTHER, asked_at=100, sent=90), Millis(110))
    if at > 100:
        store.take([news])
    settle(store, 100 + WITNESS_PATIENCE - 1)
    assert label(store, 2_099) is Label.LIVE
    settle(store, 100 + WITNESS_PATIENCE)

    assert label(store, 2_100) is Label.RESYNC


LOST = "0.40x3"
"""A level of the exchange's book whose message never came."""


def busy(*, digest: str, lost: bool, begin: int = 0) -> Iterator[tuple[Store, int]]:
    """A book on the screen with ten changes a second, whose fetched book is always of 100 ms ago; on and on."""
    store = watched(shown=[A], at=begin)
    store.take([snapshot("0.48x10", "0.52x10", at=begin, sent=begin, digest=digest)])
    asked: tuple[int, Witnessed] | None = None
    for at in range(begin + 10, begin + 60_000, 10):
        if at % 100 == 0:
            store.take([delta(bid("0.47", str(at), CALM, digest), ask("0.53", str(at), CALM, digest), at=at, sent=at)])
        if asked is not None and at == asked[0]:
            store.testify(A, asked[1], Millis(at))
        for wish in store.check(Millis(at)):
            if isinstance(wish, Fetch):
                last = at // 100 * 100
                deep = f" {LOST}" if lost and at > begin + 5_000 else ""
                told = witness(f"0.48x10 0.47x{last}{deep}", f"0.52x10 0.53x{last}", asked_at=at, sent=last)
                asked = at + 150, told
        yield store, at


def test_a_lost_change_of_a_busy_book_without_digests_is_found_by_a_fetched_book() -> None:
    for store, at in busy(digest="", lost=True):
        if at <= 5_000:
            assert label(store, at) is Label.LIVE
        if label(store, at) is Label.RESYNC:
            break

    assert at < 5_000 + UNPROVEN_STILL + 1_000
    assert board_of(store).why(at) == "differs from the book the venue hands out"


def test_a_busy_book_without_digests_is_proven_by_fetched_books_that_the_stream_has_passed() -> None:
    for store, at in busy(digest="", lost=False):
        assert label(store, at) is Label.LIVE

    assert store.counts.witnesses >= 5
    assert store.counts.witnesses_old == store.counts.witnesses_off == 0
    assert board_of(store).proof_at > at - UNPROVEN - 3_000


@pytest.mark.parametrize("begin", range(0, 1_000, 130))
@pytest.mark.parametrize("right", [False, True])
def test_what_was_pruned_from_a_busy_book_without_digests_is_soon_judged_by_a_fetched_book(
    right: bool, begin: int
) -> None:
    """What a told top ruled out, and a better price covers at once, changed too lately for the next fetched book."""
    asked: list[tuple[int, Witnessed]] = []
    store = watched(shown=[A], at=begin)
    store.take([snapshot("0.48x10", "0.52x10", at=begin, sent=begin)])
    pruned, above, fetched = begin + 5_050, top("0.49", "0.52"), 0
    for at in range(begin + 10, begin + 16_000, 10):
        told, over = (above, "0.49x1 ") if at > pruned else (CALM, "")
        if at % 100 == 0:
            store.take([delta(bid("0.47", str(at), told), ask("0.53", str(at), told), at=at, sent=at)])
        if at == pruned:
            store.take([delta(bid("0.46", "0", top("0.47", "0.52")), at=at, sent=at)])
            store.take([delta(bid("0.49", "1", above), at=at, sent=at + 1)])
            assert store.counts.ghosts == 1
        while asked and at >= asked[0][0]:
            store.testify(A, asked.pop(0)[1], Millis(at))
        if at > pruned and (label(store, at) is Label.RESYNC or not board_of(store).misses):
            break
        for _ in (each for each in store.check(Millis(at)) if isinstance(each, Fetch)):
            last = at // 100 * 100
            kept = "" if right and at > pruned else " 0.48x10"
            asked += [(at + 150, witness(f"{over}0.47x{last}{kept}", f"0.52x10 0.53x{last}", asked_at=at, sent=last))]
            fetched += at > pruned

    assert label(store, at) is (Label.LIVE if right else Label.RESYNC)
    assert at <= pruned + 3_500
    assert fetched <= 3


def test_d22_digests_of_a_form_that_nobody_knows_are_given_up_on_a_busy_book_without_a_doubt() -> None:
    for store, at in busy(digest="of a form that nobody knows", lost=False):
        assert label(store, at) is Label.LIVE

    assert store.counts.doubts == 0
    assert not board_of(store).sealed(at)


def test_a_lost_change_of_a_busy_book_is_found_though_its_digests_were_given_up() -> None:
    for store, at in busy(digest="of a form that nobody knows", lost=True):
        if at > 5_000 and label(store, at) is Label.RESYNC:
            break

    assert at < 5_000 + UNPROVEN_STILL + 1_000
    assert board_of(store).why(at) == "differs from the book the venue hands out"


def test_a_fetched_book_from_before_all_that_is_remembered_is_not_compared() -> None:
    store = next(store for store, at in busy(digest="", lost=False) if at == 20_000)

    store.testify(A, witness(*OTHER, asked_at=19_900, sent=9_000), Millis(20_010))

    assert store.counts.witnesses_old == 1
    assert label(store, 20_010) is Label.LIVE


def test_a_fetched_book_is_not_compared_with_a_flow_that_was_reset_meanwhile() -> None:
    store = next(store for store, at in busy(digest="", lost=False) if at == 20_000)
    board_of(store).flow.reset(20_005)

    store.testify(A, witness(*OTHER, asked_at=20_000, sent=19_900), Millis(20_010))

    assert store.counts.witnesses_old == 1


def test_l1_a_newer_fetched_book_that_the_stream_never_reaches_is_a_doubt() -> None:
    store = live()

    store.testify(A, witness(*OTHER, asked_at=100, sent=90), Millis(110))
    settle(store, 100 + WITNESS_PATIENCE - 1)
    assert label(store, 2_000) is Label.LIVE
    settle(store, 100 + WITNESS_PATIENCE)

    assert label(store, 2_100) is Label.RESYNC
    assert store.counts.witnesses_off == 1


def test_l1_a_newer_fetched_book_on_a_silent_link_makes_the_whole_link_suspect() -> None:
    store = live()

    store.testify(A, witness(*OTHER, asked_at=6_000, sent=90), Millis(6_010))
    settle(store, 8_010)

    assert store.links["made-up link 1"].suspect
    assert label(store, 8_010) is Label.STALE


def test_a_witness_does_not_end_a_doubt_that_came_after_it_was_asked() -> None:
    store = live()
    store.take([rejected(A, at=100)])

    store.testify(A, witness(*SAME, asked_at=99, sent=0), Millis(200))
    assert label(store, 200) is Label.RESYNC
    store.testify(A, witness(*SAME, asked_at=201, sent=0), Millis(300))

    assert label(store, 300) is Label.LIVE


def test_a_witness_never_touches_the_book() -> None:
    store = live()
    before = digest_of(board_of(store).book.bids, board_of(store).book.asks)

    for sent in (-10, 0, 10):
        store.testify(A, witness("0.10x1", "0.90x1", asked_at=50, sent=sent), Millis(60))

    assert digest_of(board_of(store).book.bids, board_of(store).book.asks) == before


def test_d22_after_an_equal_fetched_book_a_digest_says_nothing_for_a_minute() -> None:
    store = shown_live()
    missing(store, MISSES)
    assert label(store, 5_100) is Label.RESYNC
    equal(store, 5_300, sent=MISSES)
    assert label(store, 5_300) is Label.LIVE

    missing(store, 2 * MISSES, first=6)
    assert board_of(store).misses == 0
    assert label(store, 15_100) is Label.LIVE
    missing(store, MISSES, first=6 + HASH_OFF_FOR // 1_000)

    assert label(store, 71_000) is Label.RESYNC


def test_d22_a_book_that_came_over_the_link_and_is_ours_speaks_against_its_digest_too() -> None:
    store = shown_live()
    missing(store, MISSES)
    book = board_of(store).book
    board_of(store).asked_at = Millis(5_200)

    text = levels_text(book.bids), levels_text(book.asks)
    store.take([snapshot(*text, at=5_300, sent=MISSES, digest="another book")])

    assert label(store, 5_300) is Label.LIVE
    assert not board_of(store).sealed(5_300)


@pytest.mark.parametrize("whole_fit", [False, True], ids=["none fits", "those of whole books fit"])
@pytest.mark.parametrize("every", [100, 700, 4_000])
def test_d22_a_market_whose_digests_never_fit_is_fetched_once_a_minute(every: int, whole_fit: bool) -> None:
    store, asked, labels = shown_live(), list[tuple[int, Wish]](), Counter[Label]()
    for at in range(1_000, 200_000, 50):
        if at % every == 0:
            store.take([delta(bid("0.47", str(at), CALM, "another book"), at=at, sent=at)])
        store.links[LINK].data_at = Millis(at)
        for wish in store.check(Millis(at)):
            asked.append((at, wish))
            if isinstance(wish, Fetch):
                equal(store, at, sent=at // every * every)
            else:
                book = board_of(store).book
                text = levels_text(book.bids), levels_text(book.asks)
                digest = sealed(*text) if whole_fit else "another book"
                store.take([snapshot(*text, at=at, sent=at // every * every, digest=digest)])
        settle(store, at)
        labels[label(store, at)] += 1

    fetches = [at for at, wish in asked if isinstance(wish, Fetch)]
    assert 3 <= len(fetches) <= 4
    assert all(later - earlier >= 60_000 for earlier, later in pairwise(fetches))
    assert labels[Label.LIVE] > 0.98 * labels.total()


OTHERS = [identify("made-up", f"other {n}") for n in range(VAIN)]


def markets() -> Store:
    """Others and a stranger to them on one link, all on the screen and proven."""
    all_of_them = [*OTHERS, STRANGER]
    store, book = watched(*all_of_them), ("0.48x10 0.47x5", "0.52x10 0.53x5")
    store.show(all_of_them, Millis(0))
    store.take([snapshot(*book, digest=sealed(*book), instrument=each) for each in all_of_them])
    return store


def others_learn(store: Store) -> None:
    """The digests of the others are given up by 4.3 s."""
    for n, other in enumerate(OTHERS, 2):
        changes(store, other, n, digest="of a new form")
        equal(store, n * 1_000 + 300, sent=n, instrument=other)
        assert not board_of(store, other).sealed(4_300)


def changes(store: Store, instrument: InstrumentId, second: int, *, digest: str) -> None:
    store.take([delta(bid("0.47", str(second), CALM, digest, instrument), at=second * 1_000, sent=second)])
    settle(store, second * 1_000 + BATCH_ENDS)


def stranger_changes(store: Store, *seconds: int, digest: str) -> Label:
    for n in seconds:
        store.take([delta(bid("0.47", str(n), CALM, digest, STRANGER), at=n * 1_000 + 500, sent=n * 1_000)])
        settle(store, n * 1_000 + 500 + BATCH_ENDS)
    return store.label(STRANGER, Millis(seconds[-1] * 1_000 + 600))


def test_d22_what_some_markets_taught_of_digests_of_an_unknown_form_holds_for_the_others() -> None:
    store = markets()
    others_learn(store)

    assert stranger_changes(store, *range(5, 5 + 2 * MISSES), digest="of a new form") is Label.LIVE
    assert not board_of(store, STRANGER).sealed(15_000)
    assert store.counts.doubts == 0


def test_d22_a_doubt_that_only_digests_of_an_unknown_form_gave_ends_when_others_have_taught_it() -> None:
    store = markets()
    assert stranger_changes(store, *range(1, 1 + MISSES), digest="of a new form") is Label.RESYNC
    others_learn(store)

    assert stranger_changes(store, 6, digest="of a new form") is Label.LIVE


def test_d22_no_other_doubt_ends_when_others_have_taught_that_digests_say_nothing() -> None:
    store = markets()
    store.take([rejected(STRANGER, at=1_000)])
    others_learn(store)

    assert stranger_changes(store, *range(5, 5 + 2 * MISSES), digest="of a new form") is Label.RESYNC


def test_d22_odd_markets_teach_nothing_while_the_digests_of_others_fit() -> None:
    store = markets()
    stranger_changes(store, 2, digest=changed(2))
    others_learn(store)

    assert stranger_changes(store, *range(5, 5 + MISSES), digest="another book") is Label.RESYNC


def test_digests_that_say_nothing_for_a_while_are_tried_no_more_often_than_others() -> None:
    store = shown_live()
    missing(store, 1)
    equal(store, 1_300, sent=1)
    before = store.counts.misses

    for n in range(1, 101):
        store.take([delta(bid("0.47", str(n), CALM, "nobody's"), at=5_000 + n * 100, sent=5_000 + n)])

    assert 8 <= store.counts.misses - before <= 11


def test_a_digest_that_fits_again_counts_again() -> None:
    store = shown_live()
    missing(store, 1)
    equal(store, 1_300, sent=1)

    store.take([delta(bid("0.47", "7", CALM, changed(7)), at=6_000, sent=6_000)])
    settle(store, 6_100)
    missing(store, MISSES, first=7_000)

    assert label(store, 7_004_100) is Label.RESYNC


def equal(store: Store, at: int, *, sent: int, instrument: InstrumentId = A) -> None:
    """A fetched book that is ours."""
    book = board_of(store, instrument).book
    store.testify(
        instrument, witness(levels_text(book.bids), levels_text(book.asks), asked_at=at, sent=sent), Millis(at)
    )


def test_d4_a_book_older_than_the_last_change_is_a_doubt_and_its_own_digest_no_proof() -> None:
    store = live()
    store.take([delta(bid("0.47", "9", CALM), at=100, sent=20_000)])

    store.take([snapshot("0.48x10", "0.52x10", at=8_000, sent=12_000, digest=sealed("0.48x10", "0.52x10"))])
    settle(store, 8_100)

    assert label(store, 8_100) is Label.RESYNC
    assert board_of(store).why(8_100) == "a book came that is 8s older than the last change"
    assert board_of(store).proof_at < 8_000
    store.take([snapshot("0.48x10", "0.52x10", at=8_200, sent=20_000, digest=sealed("0.48x10", "0.52x10"))])
    assert label(store, 8_200) is Label.LIVE


def test_a_book_a_few_milliseconds_older_than_the_last_change_is_taken_as_it_is() -> None:
    store = live()
    store.take([delta(bid("0.47", "9", CALM), at=100, sent=20_000)])

    store.take([snapshot("0.48x10", "0.52x10", at=110, sent=19_997, digest=sealed("0.48x10", "0.52x10"))])

    assert label(store, 110) is Label.LIVE
    assert board_of(store).proof_at == 110


def behind(*, proof: str = "") -> Store:
    """A store whose best bid has been taken, which is told by a message of 20 s past noon."""
    store = live()
    store.take([book_of(7, changed(7), at=100)._replace(sent=Millis(NOON + 19_800))])
    store.take([delta(bid("0.48", "0", top("0.47", "0.52"), proof), at=300, sent=20_000)])
    return store


@pytest.mark.parametrize("older", [51, 900])
def test_a_book_from_before_the_last_change_is_not_taken_over_and_is_a_doubt(older: int) -> None:
    store = behind()
    old = book_of(5, changed(5), at=310)._replace(sent=Millis(NOON + 20_000 - older))

    store.take([old])
    settle(store, 1_000)

    assert label(store, 1_000) is Label.RESYNC
    assert board_of(store).why(1_000) == f"a book came that is {older}ms older than the last change"
    assert board_of(store).book.bids == levels("0.47x7")


def test_a_book_from_before_the_last_change_is_nothing_to_one_that_has_the_digest_told_since() -> None:
    store = behind(proof=sealed("0.47x7", "0.52x10 0.53x5"))

    store.take([book_of(5, changed(5), at=310)._replace(sent=Millis(NOON + 19_100))])

    assert label(store, 310) is Label.LIVE
    assert board_of(store).book.bids == levels("0.47x7")


def test_d3_the_last_book_repeated_word_for_word_behind_a_change_changes_nothing() -> None:
    store = behind()
    version = board_of(store).book.version

    store.take([book_of(7, changed(7), at=310)._replace(sent=Millis(NOON + 19_800))])
    settle(store, 1_000)

    assert label(store, 1_000) is Label.LIVE
    assert board_of(store).book.version == version


@pytest.mark.parametrize("older", [1, 10, 49])
@pytest.mark.parametrize("right", [True, False])
def test_a_book_a_few_milliseconds_old_does_not_undo_what_changed_since_where_a_digest_tells(
    older: int, right: bool
) -> None:
    store = behind(proof=sealed("0.47x7", "0.52x10 0.53x5") if right else sealed("0.47x7", "0.52x10"))
    version = board_of(store).book.version

    store.take([book_of(6, changed(6), at=310)._replace(sent=Millis(NOON + 20_000 - older))])
    settle(store, 400)

    assert board_of(store).book.version == version
    assert (board_of(store).misses == 0) is right
    assert (board_of(store).proof_at >= 300) is right


def test_a_book_a_few_milliseconds_old_does_not_undo_the_best_price_that_was_told_since() -> None:
    store = behind()

    store.take([book_of(6, changed(6), at=310)._replace(sent=Millis(NOON + 19_997))])
    settle(store, 1_000)

    assert board_of(store).book.bids == levels("0.47x6")
    assert (store.counts.ghosts, board_of(store).proof_at) == (1, 0)


def test_one_book_that_went_back_does_not_make_a_link_suspect_that_had_brought_what_a_fetched_book_tells() -> None:
    store = behind()
    store.take([snapshot("0.48x10", "0.52x10", at=310, sent=19_000)])

    store.testify(A, witness("0.47x7", "0.52x10 0.53x5", asked_at=6_000, sent=20_000), Millis(6_010))
    settle(store, 8_010)

    assert label(store, 8_010) is Label.RESYNC
    assert not store.links["made-up link 1"].suspect


def test_a_fetched_book_that_is_ours_tells_the_tick() -> None:
    store = live()
    board = board_of(store)
    assert board.book.tick == px("0.01")
    finer = witness(levels_text(board.book.bids), levels_text(board.book.asks), asked_at=200, sent=0)
    assert finer.book is not None
    other = finer.book._replace(tick=px("0.02"))

    for book in (other, finer.book._replace(tick=px("0.001"), bids={px("0.4"): 1})):
        store.testify(A, finer._replace(book=book), Millis(300))
        assert board.book.tick == px("0.01")  # not on that grid, or not our book
    later = finer._replace(book=finer.book._replace(tick=px("0.001")), asked_at=Millis(400))
    store.testify(A, later, Millis(450))

    assert board.book.tick == px("0.001")


def test_a_book_fetched_before_a_tick_change_does_not_take_it_back() -> None:
    store = live()
    board = board_of(store)
    store.take([TickChanged(A, Millis(400), Millis(NOON + 5), px("0.01"), px("0.001"))])
    same = levels_text(board.book.bids), levels_text(board.book.asks)
    early = witness(*same, asked_at=399, sent=0)
    assert early.book is not None

    store.testify(A, early._replace(book=early.book._replace(tick=px("0.01"))), Millis(500))

    assert board.book.tick == px("0.001")


def levels_text(side: dict[int, int]) -> str:
    return " ".join(f"{price / 10**9:.2f}x{size // 10**9}" for price, size in side.items())


# D15: settlement


def resolved(winner: str = "Yes", at: int = 100) -> Resolved:
    return Resolved((A, B), Millis(at), Millis(NOON + 100), A, winner)


def test_d15_a_settled_question_says_so_and_names_the_outcome() -> None:
    store = live()

    store.take([resolved()])

    assert label(store, 100) is Label.RESOLVED
    assert board_of(store).why(100) == "settled: Yes won"
    assert [alert.text for alert in store.alerts.ring] == ["resolved: Yes won"]


@pytest.mark.parametrize(
    ("winner", "outcome", "told"),
    [
        (B, "Foxes", "Foxes won"),
        ("made-up:", "50-50", "50-50"),
        ("", "delisted", "delisted"),
        ("", "", "settled"),
        (B, "", "settled"),
    ],
)
def test_d15_only_an_outcome_wins(winner: str, outcome: str, told: str) -> None:
    store = live()
    store.take([Resolved((A,), Millis(100), Millis(NOON), InstrumentId(winner), outcome)])
    assert [alert.text for alert in store.alerts.ring] == [f"resolved: {told}"]
    assert board_of(store).why(100) == ("settled" if told == "settled" else f"settled: {told}")


def test_d15_a_settlement_told_twice_is_one_happening() -> None:
    store = live()

    store.take([resolved(), resolved(at=200)])

    assert store.alerts.total == 1
    assert (store.ledger.applied, store.ledger.ignored) == (2, 1)


def test_d15_a_settlement_of_strangers_is_ignored() -> None:
    store = live()

    store.take([Resolved((B,), Millis(100), Millis(NOON), B, "No")])

    assert label(store, 100) is Label.LIVE


def test_d15_the_book_of_a_settled_question_is_frozen() -> None:
    store = live()
    store.take([resolved()])

    store.take([delta(bid("0.48", "0", top("0.47", "0.52")), at=200, sent=200)])

    assert board_of(store).book.bids == levels("0.48x10 0.47x5")


def test_d15_an_outcome_that_becomes_known_later_is_kept() -> None:
    store = live()

    store.take([resolved(winner=""), resolved(winner="Yes", at=200)])

    assert board_of(store).why(200) == "settled: Yes won"


def test_an_empty_side_is_not_the_same_as_an_untold_one() -> None:
    assert len({NO_BID, NO_ASK, UNTOLD}) == 3
