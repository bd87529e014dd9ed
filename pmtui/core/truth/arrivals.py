"""Whole books that come over the link itself: the first one, one that replaces another, one that was asked for."""

from __future__ import annotations

from pmtui.core.board import Board
from pmtui.core.doubt import HASH_MISSED, TICK
from pmtui.core.events import UNTOLD_TOP, BookSnapshot
from pmtui.core.health import Counts
from pmtui.core.truth import digests, doubts, tops, witnesses
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import NEVER, Millis

OUT_OF_ORDER = 5_000
BOOK_OUT_OF_ORDER = tops.BATCH_ENDS
"""A whole book may be a few ms older than the last change, though in recordings none ever was. What is older than this
tells what was, also where it was asked for: it is never taken over, and its own digest proves nothing about now."""
ANSWER_PATIENCE = 10_000
FROZEN_FOR = 5_000
"""A stream that told nothing for so long, and of which a book that was asked for is not ours, did not tell all."""
_FROZEN = "the feed is frozen: a book that was asked for is newer than it brings"


class Arrival(NamedTuple):
    """What a whole book is to ours, as it comes in."""

    asked: bool
    """Whether it answers our last question."""
    same: bool
    """Whether it is ours, and came because we had asked for it, or for the second time."""
    lost: bool
    """Whether it was asked for and tells what the stream should have told and did not."""
    behind: int
    """By how many ms it is older than the last change."""
    misses: int
    """How many digests were missed when it came; that its own fits says nothing of those."""


PART = Arrival(asked=False, same=False, lost=False, behind=0, misses=0)
"""One that is told in parts and was not asked for: it comes at its own pace, and how old it is goes with it."""


def weigh(board: Board, event: BookSnapshot) -> Arrival:
    """What this one is; nothing has been taken over yet."""
    sent, synced, book, whole = event.sent, board.synced, board.book, event.fresh is None
    asked = event.initial and (_awaited(board, event) if synced else board.frozen)
    # Each part bears the time of its own block: one that is no newer says nothing of now, nor does the second answer to
    # one question say anything of what was ours before.
    speaks = asked and (whole or (sent > board.sent and board.renewed_at <= board.asked_at))
    again = whole and sent > 0 and sent == board.sent and event.digest == board.booked
    ours = (asked or again) and synced and event.bids == book.bids and event.asks == book.asks
    return Arrival(
        asked=asked,
        same=ours and (speaks or again),
        lost=asked and not ours and (not synced or _lost(board, event)),
        behind=max(0, board.sent - sent) if whole and synced and sent else 0,
        misses=board.misses,
    )


def _awaited(board: Board, event: BookSnapshot) -> bool:
    """Whether a whole book that comes now may be the answer to our last question.

    Of parts each has its own; while their feeds flow it is a push like any other, but for the first ones of a link.
    """
    lately = event.at - board.asked_at < ANSWER_PATIENCE
    if event.fresh is None:
        return lately and board.asked_at >= board.renewed_at
    return event.at - board.since < ANSWER_PATIENCE or (lately and event.at - board.data_at > board.lasts)


def _lost(board: Board, event: BookSnapshot) -> bool:
    """Whether a book that was asked for tells what the stream should have told and did not."""
    pause = FROZEN_FOR if event.fresh is None else max(FROZEN_FOR, board.lasts)
    silent = event.at - max(board.data_at, board.since) > pause
    return silent and event.sent > board.sent and board.doubt.why != TICK


def taken(board: Board, event: BookSnapshot, came: Arrival) -> None:
    """Its levels are ours now: from when they are, and what earlier news do not say any more."""
    fresh = event.fresh
    board.synced = board.hears = True
    board.gone, board.declined, board.refused = False, "", ""
    board.sent, board.fresh = event.sent, fresh
    board.booked = board.digest = event.digest
    board.promise = None
    if not came.behind:
        board.told = UNTOLD_TOP
    if not came.asked:
        board.data_at = fresh.told_at or event.at if fresh is not None else event.at
        if fresh is not None and board.data_at == event.at:
            board.frozen = False  # each part is whole in itself: the feed flows again
        return
    if board.data_at > board.renewed_at:
        board.frozen = False  # the stream has told something since the last one that was asked for
    if came.lost:
        board.frozen, board.ours_at = True, event.at
    board.renewed_at = event.at


def renewed(board: Board, event: BookSnapshot, counts: Counts) -> None:
    """It took the place of another whole one, or is the first: what waited for the next is answered."""
    if event.fresh is None or board.begun_at == event.at:
        board.pending = None
    elif board.pending is not None:
        witnesses.passed(board, event.at, counts)
    _believe(board, event.at)


def _believe(board: Board, at: Millis) -> None:
    """An older doubt ends, once this book has its own digest.

    One that comes without a digest, or with one that says nothing, has to be believed as it is.
    """
    if board.doubt.at >= at:
        board.doubt.at = Millis(at - 1)
    board.crossed_at = NEVER
    board.lapsed = False
    if board.denied >= witnesses.DENIALS:
        return  # it comes from where the others came from
    if not board.sealed(at):
        doubts.believe(board, at)
    elif board.doubt:
        board.proof_due = at


def answered(board: Board, at: Millis, came: Arrival, counts: Counts) -> None:
    """Weigh a whole book that came over the link because we had asked for it; it has been taken over.

    One that was ours already says that the venue has nothing new, as a fetched one does. One that was not, after the
    stream told nothing for seconds, says that the stream does not tell what happens.
    """
    if came.same:
        board.misses = came.misses
        digests.in_vain(board, at, counts)
        doubts.attested(board, board.asked_at)
        doubts.believe(board, board.asked_at)
    elif came.lost:
        doubts.cast(board, _FROZEN, at, counts)


def begun(board: Board, first: BookSnapshot, counts: Counts) -> None:
    """The first book of a link has to have its own digest, where digests fit and all that this one depends on is known.

    Otherwise it would be taken for the venue's until the next evidence, which may be long in coming on a quiet market.
    """
    at = first.at
    if board.link is not None:
        board.link.booked_at = at
        board.link.lag.held_up(board.link.took(at), at)
    known = max(counts.fitted_at, counts.booked_at) > counts.vain_at
    if board.misses and known and board.seal is not None and board.seal.sure(first):
        doubts.cast(board, f"the first book of this link does {HASH_MISSED}", at, counts)
        board.doubt.at = Millis(at - 1)  # what proves it later proves it as of now
