"""Layer 2: the other outcome's book, which must be the mirror image."""

from __future__ import annotations

from pmtui.core.board import Board
from pmtui.core.health import Counts
from pmtui.core.truth import digests, doubts
from pmtui.core.units import ONE, Millis

MIRROR_PATIENCE = 1_000
MIRROR_LAG = 2_000
"""So much older than the other outcome's news may the last proof of a book be that is no mirror image of it."""


def compare(board: Board, other: Board, at: Millis, counts: Counts) -> bool:
    """Both outcomes share one matching book, so either must be the other seen in a mirror.

    Whether they are not, for long, though each has its own proof.
    """
    if not (board.synced and other.synced):
        return False
    # Mirrored changes come in one frame; full books come one after the other. But not for seconds on end.
    one_by_one = abs(board.as_of - other.as_of) < MIRROR_PATIENCE
    if one_by_one and board.sent != other.sent and (board.stirred or other.stirred):
        return False
    board.mirror_at = other.mirror_at = at
    if board.book.mirrors(other.book, ONE):
        counts.mirrors += 1
        board.mirror_off_at = other.mirror_off_at = Millis(-1)
        board.unlike = other.unlike = False
        return False
    counts.mirrors_off += 1
    for each in (board, other):
        if not digests.holds(each, counts):
            each.proof_due = min(each.proof_due, at)
    if board.mirror_off_at < 0:
        board.mirror_off_at = other.mirror_off_at = at
    elif at - board.mirror_off_at >= MIRROR_PATIENCE:
        for each, its in (board, other), (other, board):
            if _at_fault(each, its):
                doubts.cast(each, "not the mirror image of the other outcome's book", at, counts)
        return not (board.doubt or other.doubt)
    return False


def _at_fault(board: Board, other: Board) -> bool:
    """Whether this may be the wrong one of two that have parted: its proofs do not follow the news, or the last one is
    from before they parted, and not of the newest that was told of either.
    """
    newest = board.proof_at >= board.as_of and board.sent >= other.sent
    return board.proof_at < other.as_of - MIRROR_LAG or (board.proof_at < board.mirror_off_at and not newest)
