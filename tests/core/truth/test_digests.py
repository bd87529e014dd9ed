"""Layer 3: the digest of the whole book, and how far digests are worth anything."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from pmtui.core.alerts import Kind
from pmtui.core.board import HASH_OFF_FOR, LIVE_FOR, Label
from pmtui.core.instrument import InstrumentId, identify
from pmtui.core.repair import Fetch, Wish
from pmtui.core.store import Store
from pmtui.core.truth.digests import MISSES, VAIN
from pmtui.core.truth.tops import BATCH_ENDS
from pmtui.core.units import Millis, px

from ..boards import (
    LINK,
    STRANGER,
    A,
    PlainSeal,
    bid,
    board_of,
    delta,
    digest_of,
    levels,
    live,
    rejected,
    sealed,
    snapshot,
    trade,
    watched,
    witness,
)
from .words import CALM, book_of, changed, label, levels_text, missing, settle, shown_live


def test_a_first_book_with_its_hash_is_proven_at_once() -> None:
    store = watched()

    store.take([snapshot("0.48x1", "0.52x1", at=7, digest=sealed("0.48x1", "0.52x1"))])

    assert (store.counts.proofs, store.counts.misses) == (1, 0)
    assert (board_of(store).proof_at, board_of(store).proof_kind) == (7, "hash")


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
        assert board_of(store).doubt.why == "the first change after a silence does not have the venue's hash"


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
    assert board_of(store).doubt.at <= 1_000 + 2_000


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
