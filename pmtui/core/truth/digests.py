"""Layer 3: the venue's digest of the whole book, and how far digests are worth anything."""

from __future__ import annotations

from pmtui.core.board import HASH_OFF_FOR, Board
from pmtui.core.doubt import HASH_MISSED
from pmtui.core.health import Counts
from pmtui.core.truth import doubts
from pmtui.core.units import NEVER, Millis

MISSES = 5
MISSING_FOR = 4_500
"""ms after which two misses in a row are enough: on a slow book five would take too long."""
RETRY_PROOF = 100
VAIN = 3
"""So many equal books in a row, of whatever boards and while no digest fitted, speak for the boards of all."""
VAIN_FOR = 3_000
"""ms that they have to have fitted no more by then: where their form is known, some digest fits every second."""
RETRY_VAIN = 1_000
"""ms after a miss until the next look, where another book was ours though its digest was not."""


def prove(board: Board, at: Millis, counts: Counts) -> None:
    """Compare the digest of our whole book with the one told for this state."""
    if board.seal is None or holds(board, counts):
        board.proof_due = Millis(at + board.pace)
        return
    counts.misses += 1
    if at - board.hash_off_at < HASH_OFF_FOR:
        board.proof_due = Millis(at + board.pace)
        return
    # One miss means little: a trade enters the digest before it is announced. Look again at the next batch.
    board.misses += 1
    if board.misses == 1:
        board.missed_at = at
    board.proof_due = Millis(at + (RETRY_VAIN if board.vain else RETRY_PROOF))
    if board.misses >= MISSES or (board.misses > 1 and at - board.missed_at >= MISSING_FOR):
        if not board.vain and counts.vain_at - counts.fitted_at >= VAIN_FOR:
            _give_up(board, at)
        else:
            doubts.cast(board, f"{board.misses} books in a row do {HASH_MISSED}", at, counts)
    elif board.lapsed and fit(board, counts):
        # What was told during the silence may have been lost: news alone do not make it up.
        doubts.cast(board, f"the first change after a silence does {HASH_MISSED}", at, counts)


def fit(board: Board, counts: Counts) -> bool:
    """Whether those of changes do, as far as anybody knows: then a miss says something."""
    return not board.vain and counts.fitted_at > counts.vain_at


def _give_up(board: Board, at: Millis) -> None:
    """Another board has shown that the digests are to blame: here, too, they say nothing for a while."""
    board.hash_off_at, board.misses = at, 0
    if board.doubt.unhashed:
        doubts.believe(board, at)


def holds(board: Board, counts: Counts) -> bool:
    """Whether our book has the digest that was told last."""
    seal = board.seal
    if seal is None or not board.digest or not seal.matches(board.book, board.sent, board.digest, board.as_of):
        return False
    counts.proofs += 1
    if board.digest == board.booked:
        counts.booked_at = max(counts.booked_at, board.as_of)
    else:
        fitted(board, board.as_of, counts)  # that a whole book has its digest says nothing of those of changes
    doubts.proven(board, board.as_of, "hash")
    return True


def fitted(board: Board, at: Millis, counts: Counts) -> None:
    """The digest of a change was right, as of that moment: digests are worth something."""
    counts.fitted_at = max(counts.fitted_at, at)
    board.vain, board.hash_off_at, counts.vain = False, NEVER, 0


def in_vain(board: Board, at: Millis, counts: Counts) -> None:
    """A book that we had asked for was ours: were digests missed before it, so much the worse for them.

    They say nothing for a minute then, or until one fits: a venue whose digests are broken is not asked all the time.
    """
    if not board.misses:
        return
    board.misses = 0
    if not board.sealed(at):
        return
    board.vain, board.hash_off_at = True, at
    if board.doubt.unhashed:
        board.doubt.at = Millis(at - 1)  # what they said since that book was asked for was said in vain, too
        doubts.believe(board, at)
    counts.vain += 1
    if counts.vain >= VAIN:
        counts.vain_at = at
