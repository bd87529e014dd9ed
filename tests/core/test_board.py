"""The one word that says how far a book can be trusted: when in doubt, the lower one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.board import GRACE, LIVE_FOR, PATIENCE, QUIET_FOR, QUIET_FOR_ON_A_SILENT_LINK, UNVOUCHED, Board, Label
from pmtui.core.doubt import TICK
from pmtui.core.events import Phase, Resolved
from pmtui.core.instrument import Instrument
from pmtui.core.link import Link
from pmtui.core.units import NEVER, Millis

from .boards import A, ask, bid, board_of, delta, levels, live, snapshot, top, watched

NOW = 1_000_000


def board(**facts: object) -> Board:
    """A live board, unless `facts` say otherwise."""
    subject = Board(Instrument(A, "made-up", "yes"))
    subject.link = Link("made-up link 1", Phase.UP, ups=1, since=Millis(NOW - 500), data_at=Millis(NOW))
    subject.synced = True
    subject.data_at = subject.proof_at = Millis(NOW)
    subject.book.replace(levels("0.48x1"), levels("0.52x1"))
    for name, fact in facts.items():
        setattr(subject, name, fact)
    return subject


def in_doubt(since: int, why: str = "why", **facts: object) -> Board:
    subject = board(**facts)
    subject.doubt.cast(why, Millis(since))
    return subject


def on_link(**facts: object) -> Callable[[], Board]:
    def make() -> Board:
        subject = board()
        for name, fact in facts.items():
            setattr(subject.link, name, fact)
        return subject

    return make


def crossed() -> Board:
    subject = board()
    subject.book.replace(levels("0.52x1"), levels("0.52x1"))
    return subject


def halted_in_doubt() -> Board:
    subject = on_link(phase=Phase.HALTED)()
    subject.doubt.cast("why", Millis(NOW))
    return subject


SETTLED = Resolved((A,), Millis(0), Millis(0), A, "Yes")
OLD = Millis(NOW - LIVE_FOR - 1)


def settled_and_down() -> Board:
    subject = on_link(phase=Phase.DOWN)()
    subject.resolved = SETTLED
    return subject


def emptied() -> Board:
    subject = board()
    subject.book.replace({}, {})
    return subject


LABELS: dict[str, tuple[Callable[[], Board], Label]] = {
    "no link": (lambda: board(link=None), Label.CONNECTING),
    "first link": (on_link(phase=Phase.CONNECTING, ups=0), Label.CONNECTING),
    "first link failed": (on_link(phase=Phase.CONNECTING, ups=0, attempt=1), Label.DOWN),
    "link again": (on_link(phase=Phase.CONNECTING), Label.DOWN),
    "link down": (on_link(phase=Phase.DOWN), Label.DOWN),
    "gave up": (on_link(phase=Phase.HALTED), Label.HALTED),
    "gave up, in doubt": (halted_in_doubt, Label.HALTED),
    "link suspect": (on_link(suspect="slept"), Label.STALE),
    "no book yet": (lambda: board(synced=False, awaited=Millis(NOW - 1)), Label.SYNCING),
    "no book for a minute": (lambda: board(synced=False, awaited=Millis(NOW - PATIENCE)), Label.STALE),
    "no book at the venue": (lambda: board(synced=False, awaited=Millis(NOW), gone=True), Label.STALE),
    "all well": (board, Label.LIVE),
    "just not too old": (lambda: board(data_at=Millis(NOW - LIVE_FOR)), Label.LIVE),
    "busy, unproven": (lambda: board(proof_at=Millis(NOW - UNVOUCHED - 1)), Label.STALE),
    "busy, not proven for a minute": (lambda: board(proof_at=Millis(NOW - UNVOUCHED)), Label.LIVE),
    "busy, best prices told": (lambda: board(proof_at=NEVER, told=(1, 2)), Label.LIVE),
    "doubt": (lambda: in_doubt(NOW), Label.RESYNC),
    "doubt for a minute": (lambda: in_doubt(NOW - PATIENCE), Label.STALE),
    "crossed": (crossed, Label.RESYNC),
    "old, unproven": (lambda: board(data_at=OLD), Label.STALE),
    "old, proven before the news": (lambda: board(data_at=OLD, witness_at=Millis(OLD - 1)), Label.STALE),
    "old, proven since": (lambda: board(data_at=OLD, witness_at=OLD), Label.QUIET),
    "old, proven a minute ago": (
        lambda: board(data_at=Millis(NOW - QUIET_FOR), witness_at=Millis(NOW - QUIET_FOR)),
        Label.QUIET,
    ),
    "old, proven too long ago": (
        lambda: board(data_at=Millis(NOW - QUIET_FOR - 1), witness_at=Millis(NOW - QUIET_FOR - 1)),
        Label.STALE,
    ),
    "old, proven by hash only": (lambda: board(data_at=OLD, proof_at=OLD, proof_kind="hash"), Label.STALE),
    "old, in doubt, proven": (lambda: in_doubt(OLD, data_at=OLD, witness_at=OLD), Label.RESYNC),
    "settled": (lambda: board(resolved=SETTLED), Label.RESOLVED),
    "settled and down": (settled_and_down, Label.RESOLVED),
    "empty": (emptied, Label.LIVE),
}


def test_a_book_is_waited_for_over_all_links_that_were_tried_for_it() -> None:
    subject = board(link=Link("made-up market 1", Phase.UP, ups=1))
    at = Millis(NOW)
    for _ in range(4):
        subject.forget(at)
        at = Millis(at + 25_000)
        subject.link = Link("made-up market 2", Phase.UP, ups=1, data_at=at)
    assert subject.label(at) is Label.STALE
    assert subject.why(at) == "waiting 100s for a book"
    subject.synced = True
    subject.forget(at)
    assert subject.label(at) is Label.SYNCING


@pytest.mark.parametrize(("make", "label"), LABELS.values(), ids=LABELS)
def test_the_label_follows_the_standing(make: Callable[[], Board], label: Label) -> None:
    assert make().label(NOW) is label


def test_every_label_of_a_live_feed_is_reached() -> None:
    assert {label for _, label in LABELS.values()} == set(Label)


def test_only_live_and_quiet_are_sure() -> None:
    assert {label for label in Label if label.sure} == {Label.LIVE, Label.QUIET}


def test_a_proof_on_a_link_that_brings_nothing_does_not_last_long() -> None:
    at = Millis(NOW - QUIET_FOR_ON_A_SILENT_LINK)
    quiet = board(data_at=at, witness_at=at)
    quiet.link = Link("made-up link 1", Phase.UP, ups=1, data_at=at)

    assert quiet.label(NOW) is Label.QUIET
    assert quiet.label(NOW + 1) is Label.STALE


flags = st.booleans()


@given(
    phase=st.sampled_from(Phase),
    ups=st.integers(0, 1),
    suspect=flags,
    synced=flags,
    doubted=flags,
    is_crossed=flags,
    data_age=st.integers(0, 100_000),
    witness_age=st.one_of(st.none(), st.integers(0, 100_000)),
    silence=st.integers(0, 100_000),
)
def test_a_sure_label_leaves_no_room_for_any_doubt(
    phase: Phase,
    ups: int,
    suspect: bool,
    synced: bool,
    doubted: bool,
    is_crossed: bool,
    data_age: int,
    witness_age: int | None,
    silence: int,
) -> None:
    subject = crossed() if is_crossed else board()
    subject.link = Link("l", phase, ups=ups, data_at=Millis(NOW - silence), suspect="slept" if suspect else "")
    subject.synced = synced
    subject.data_at = Millis(NOW - data_age)
    subject.witness_at = NEVER if witness_age is None else Millis(NOW - witness_age)
    if doubted:
        subject.doubt.cast("why", Millis(NOW - 1))

    if subject.label(NOW).sure:
        assert phase is Phase.UP
        assert synced
        assert (suspect, doubted, is_crossed) == (False, False, False)
        assert data_age <= LIVE_FOR or (witness_age is not None and witness_age <= min(data_age, QUIET_FOR))


@given(st.integers(0, 200_000), st.integers(0, 200_000))
def test_time_alone_never_raises_a_label(first: int, more: int) -> None:
    subject = board(witness_at=Millis(NOW))
    order = [Label.STALE, Label.QUIET, Label.LIVE]

    assert order.index(subject.label(NOW + first)) >= order.index(subject.label(NOW + first + more))


@pytest.mark.parametrize(
    "make", [make for make, label in LABELS.values() if not label.sure and label is not Label.CONNECTING]
)
def test_a_lowered_label_says_why(make: Callable[[], Board]) -> None:
    subject = make()
    if subject.link is not None and not subject.link.reason:
        subject.link.reason = "connection refused"

    assert subject.why(NOW)


def test_a_live_board_has_nothing_to_explain() -> None:
    assert board().why(NOW) == ""


def test_a_lost_link_tells_its_reason_and_the_next_try() -> None:
    subject = on_link(phase=Phase.DOWN, reason="connection refused", attempt=2, retry_at=Millis(NOW + 1_500))()

    assert subject.why(NOW) == "connection refused, try 3 in 2s"


def test_a_forgotten_board_has_nothing_of_its_old_book() -> None:
    subject = in_doubt(1, misses=3, digest="x", witness_at=Millis(NOW), told=top("0.4", "0.5"))

    subject.forget(Millis(NOW))

    assert subject.book.empty
    assert (subject.synced, subject.misses, subject.digest) == (False, 0, "")
    assert subject.label(NOW) is Label.SYNCING


@pytest.mark.parametrize(("why", "stays"), [("why", True), (TICK, False)])
def test_only_a_tick_change_is_forgotten_with_the_book_that_was_in_doubt(why: str, stays: bool) -> None:
    subject = in_doubt(1, why)

    subject.forget(Millis(NOW))

    assert subject.doubt.why == (why if stays else "")
    assert (subject.doubt.at, subject.doubt.since) == (NOW if stays else NEVER, 1)


@pytest.mark.parametrize(("stirred", "whole"), [(False, 7), (True, 6)])
def test_the_millisecond_of_a_batch_that_is_open_has_not_all_come(stirred: bool, whole: int) -> None:
    subject = board(sent=Millis(7), stirred=stirred)

    subject.mark(Millis(NOW))

    assert subject.marks[-1].sent == whole


def test_a_settled_cross_younger_than_the_grace_keeps_the_screen_calm() -> None:
    store = watched()
    store.take([snapshot("0.52x1", "0.52x1")])

    assert board_of(store).calm(GRACE - 1)
    assert not board_of(store).calm(GRACE)


def test_a_cross_in_the_middle_of_a_batch_keeps_the_screen_calm() -> None:
    store = live()

    store.take([delta(bid("0.52", "3", top("0.52", "0.53")), at=100, sent=100)])

    assert board_of(store).book.crossed
    assert board_of(store).calm(101)


def test_a_cross_that_ended_is_forgotten() -> None:
    store = watched()
    store.take([snapshot("0.52x1 0.48x1", "0.52x1 0.53x1")])
    store.take([delta(ask("0.52", "0", top("0.52", "0.53")), at=200, sent=200)])
    store.take([delta(bid("0.47", "1", top("0.52", "0.53")), at=400, sent=400)])
    store.check(Millis(5_000))

    assert board_of(store).crossed_at == NEVER
