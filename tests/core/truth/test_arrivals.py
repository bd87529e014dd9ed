"""Whole books that come over the link: the first, the older, the one that was asked for."""

from __future__ import annotations

import pytest

from pmtui.core.board import Label
from pmtui.core.events import Phase
from pmtui.core.repair import RESUBSCRIBE_EVERY, Fetch, Relink, Resubscribe
from pmtui.core.repair import Move as MoveOn
from pmtui.core.store import Store
from pmtui.core.units import Millis

from ..boards import (
    LINK,
    NOON,
    A,
    PlainSeal,
    bid,
    board_of,
    delta,
    levels,
    link,
    live,
    sealed,
    snapshot,
    top,
    trade,
    watched,
    witness,
)
from .words import CALM, book_of, changed, label, settle


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


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("older", [51, 900])
def test_a_book_from_before_the_last_change_is_not_taken_over_and_is_a_doubt(older: int, asked: bool) -> None:
    store = behind()
    old = book_of(5, changed(5), at=310)._replace(sent=Millis(NOON + 20_000 - older), initial=asked)
    if asked:
        board_of(store).asked_at = Millis(305)

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


@pytest.mark.parametrize("back", [60_000, 86_400_000])
@pytest.mark.parametrize("once", [True, False])
def test_ts_a_time_that_is_wrong_or_a_clock_that_goes_back_costs_one_fresh_book_and_no_link(
    back: int, once: bool
) -> None:
    store, sure = live("0.48x10", "0.52x10"), {}
    store.show([A], Millis(0))
    for at in range(200, 30_000, 200):
        ahead = back * (at == 10_000 if once else at < 10_000)
        digest = sealed(f"0.48x{at}", "0.52x10")
        store.take([delta(bid("0.48", f"{at}", top("0.48", "0.52"), digest), at=at, sent=at + ahead)])
        store.links[LINK].data_at = Millis(at)
        for wish in store.check(Millis(at + 50)):
            assert not isinstance(wish, MoveOn | Relink)
            if isinstance(wish, Resubscribe):
                store.take([snapshot(f"0.48x{at}", "0.52x10", at=at + 90, sent=at, digest=digest)])
        sure[at] = label(store, at + 100).sure
    assert [at for at in sure if not sure[at] and not 10_000 <= at <= 10_600] == []


@pytest.mark.parametrize("answers", ["old", "none"])
def test_i1_a_venue_that_answers_with_the_book_of_before_the_last_change_never_has_it_shown_as_true(
    answers: str,
) -> None:
    """However often it comes, and though nothing else speaks for ours."""
    store = behind()
    store.show([A], Millis(300))
    store.links[LINK].unwitnessed = True
    old = snapshot("0.48x10", "0.52x10", sent=19_000, digest=sealed("0.48x10", "0.52x10"))
    for at in range(400, 60_000, 100):
        for wish in store.check(Millis(at)):
            if isinstance(wish, Resubscribe) and answers == "old":
                store.take([old._replace(at=Millis(at + 50))])
        settle(store, at + 90)
        assert board_of(store).book.bids == levels("0.47x7")
        assert not label(store, at + 90).sure or at < 9_500, at
