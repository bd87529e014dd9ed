"""Doubt and belief: what every layer of evidence ends in.

A doubt begins at once, for any reason. It ends when something learned after it speaks for the book, unless what speaks
may tell of the past only; where repairs did not last, the next one has to hold for a while.
"""

from __future__ import annotations

from pmtui.core.board import Board
from pmtui.core.health import Counts
from pmtui.core.units import Millis

THAWED_AFTER = 4_000
"""So long after a book that was the venue's ours has to be it still; a frozen one may be it by chance."""
OLDER = 1_000
"""ms by which the news of a link may be older than what the one before it told."""
BACK_FOR = 4_500
"""ms after which a stream that flows is believed though it never came so far: by then one that is behind has."""
BACK_SILENTLY = 60_000


def cast(board: Board, why: str, at: Millis, counts: Counts) -> None:
    """Lower the label first; repair comes second."""
    if not board.synced or board.resolved is not None:
        return
    board.proof_due = at
    counts.doubts += board.doubt.cast(why, at)


def proven(board: Board, at: Millis, kind: str) -> None:
    """Evidence that the book as of `at` was the venue's; an older doubt ends."""
    if at < board.proof_at:
        return
    board.proof_at = at
    board.proof_kind = kind
    board.lapsed = False
    board.denied = 0
    if kind == "witness":
        board.owed = 0
        attested(board, at)
    elif board.data_at > board.renewed_at:
        board.frozen = False
    believe(board, at)


def attested(board: Board, at: Millis) -> None:
    """The book that the venue hands out is ours. Where the stream was frozen that may be by chance, but not twice."""
    board.witness_at = max(board.witness_at, at)
    board.lapsed = False
    if board.ours_at < board.doubt.at:
        board.ours_at = at
    elif at - board.ours_at >= THAWED_AFTER:
        board.frozen = False


def believe(board: Board, at: Millis) -> None:
    """Nothing speaks against the book as of `at`: an older doubt ends, or is on trial where repairs did not last."""
    board.misses = 0
    if not board.doubt or at <= board.doubt.at or board.resolved is not None:
        return
    if board.frozen or board.sent < board.owed or goes_back(board, at):
        return  # what is proven is what was
    board.reached_before = 0
    board.doubt.ease(at)


def goes_back(board: Board, at: Millis) -> bool:
    """Whether the link has not yet brought what one before it did.

    A venue whose clock went back never will: what it tells of its own accord is believed after a while, and what does
    not change at all after a long one.
    """
    if not 0 < board.sent < board.reached_before - OLDER:
        return False
    silent = board.data_at <= board.begun_at
    return at - board.since < BACK_FOR or (silent and at - board.doubt.since < BACK_SILENTLY)


def tried(board: Board, at: Millis) -> None:
    """End a trial in which nothing came up for long enough."""
    if board.doubt and not board.misses and board.doubt.tried(at):
        board.doubt.end(at)
