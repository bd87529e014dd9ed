"""Whole books that come over the link itself: the first one, one that replaces another, one that was asked for."""

from __future__ import annotations

from pmtui.core.board import Board
from pmtui.core.doubt import HASH_MISSED, TICK
from pmtui.core.events import BookSnapshot
from pmtui.core.health import Counts
from pmtui.core.truth import digests, doubts, tops, witnesses
from pmtui.core.units import NEVER, Millis

OUT_OF_ORDER = 5_000
BOOK_OUT_OF_ORDER = tops.BATCH_ENDS
"""A whole book may be a few ms older than the last change, though in recordings none ever was. What is older than this
tells what was: its own digest proves nothing about now."""
ANSWER_PATIENCE = 10_000
FROZEN_FOR = 5_000
"""A stream that told nothing for so long, and of which a book that was asked for is not ours, did not tell all."""
_FROZEN = "the feed is frozen: a book that was asked for is newer than it brings"


def renewed(board: Board, at: Millis) -> None:
    """A whole book has taken the place of another: an older doubt ends, once this book has its own digest.

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


def awaited(board: Board, at: Millis) -> bool:
    """Whether a whole book that comes now may be the answer to our last question."""
    return board.asked_at >= board.renewed_at and at - board.asked_at < ANSWER_PATIENCE


def lost(board: Board, sent: int, at: Millis) -> bool:
    """Whether a book of this time, that was asked for, tells what the stream should have told and did not."""
    silent = at - max(board.data_at, board.since) > FROZEN_FOR
    return silent and sent > max(board.sent, board.reached) and board.doubt.why != TICK


def answered(board: Board, at: Millis, counts: Counts, *, same: bool, lost: bool, misses: int = 0) -> None:
    """Weigh a whole book that came over the link because we had asked for it; it has been taken over.

    One that was ours already says that the venue has nothing new, as a fetched one does. One that was not, after the
    stream told nothing for seconds, says that the stream does not tell what happens. `misses`: how many digests were
    missed when it came; that its own fits says nothing of those.
    """
    if same:
        board.misses = misses
        digests.in_vain(board, at, counts)
        doubts.attested(board, board.asked_at)
        doubts.believe(board, board.asked_at)
    elif lost:
        board.frozen, board.ours_at = True, at
        doubts.cast(board, _FROZEN, at, counts)


def begun(board: Board, first: BookSnapshot, at: Millis, counts: Counts) -> None:
    """The first book of a link has to have its own digest, where digests fit and all that this one depends on is known.

    Otherwise it would be taken for the venue's until the next evidence, which may be long in coming on a quiet market.
    """
    if board.link is not None:
        board.link.booked_at = at
        board.link.lag.held_up(board.link.took(at), at)
    known = max(counts.fitted_at, counts.booked_at) > counts.vain_at
    if board.misses and known and board.seal is not None and board.seal.sure(first):
        doubts.cast(board, f"the first book of this link does {HASH_MISSED}", at, counts)
        board.doubt.at = Millis(at - 1)  # what proves it later proves it as of now
