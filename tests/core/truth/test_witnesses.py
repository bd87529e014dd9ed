"""Layer 4: a book fetched apart from the stream."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pmtui.core.board import Label
from pmtui.core.events import TickChanged
from pmtui.core.ports import Witnessed
from pmtui.core.repair import UNPROVEN, UNPROVEN_STILL, Fetch
from pmtui.core.store import Store
from pmtui.core.truth.witnesses import WITNESS_PATIENCE
from pmtui.core.units import Millis, px

from ..boards import (
    NOON,
    A,
    PlainSeal,
    ask,
    bid,
    board_of,
    delta,
    digest_of,
    levels,
    live,
    rejected,
    sealed,
    snapshot,
    top,
    watched,
    witness,
)
from .words import CALM, label, levels_text, missing, settle, shown_live

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
