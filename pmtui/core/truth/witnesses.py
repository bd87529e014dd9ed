"""Layer 4: a book fetched apart from the stream, held against ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmtui.core.board import UNMOVED, Board
from pmtui.core.events import NO_ASK, NO_BID, BookSnapshot
from pmtui.core.health import Counts
from pmtui.core.truth import digests, doubts
from pmtui.core.units import Millis

if TYPE_CHECKING:
    from pmtui.core.ports import Witnessed

Levels = dict[int, int]
WITNESS_PATIENCE = 2_000
"""How long the stream may take to reach a book that was fetched ahead of it."""
DENIALS = 3
"""So many fetched books, without anything that spoke for ours meanwhile, are believed against a book in parts …"""
DENIED_FOR = 15_000
"""… that nothing has spoken for in so many ms."""


def testify(board: Board, witness: Witnessed, at: Millis, counts: Counts) -> None:
    """Weigh a fetched book; it never replaces anything, it only raises or ends a doubt."""
    fetched = witness.book
    if fetched is None or not board.synced:
        return
    if board.seal is not None and fetched.sent >= board.sent:
        # It carries the ingredients of the digest that the stream leaves out.
        board.seal.note(fetched)
    counts.witnesses += 1
    if _same(board, fetched):
        board.pending = None
        board.reached_before = 0
        digests.in_vain(board, at, counts)
        doubts.proven(board, witness.asked_at, "witness")
        if board.link is not None:
            board.link.excused_at = witness.asked_at
    elif _contradicts_itself(board, fetched):
        counts.witnesses_off += 1
    elif fetched.sent and fetched.sent < board.sent:
        _recall(board, fetched, at, counts)
    elif fetched.sent == board.sent and not board.stirred and not (board.fresh is not None and board.fresh.mixed):
        counts.witnesses_off += 1
        doubts.cast(board, "differs from the book the venue hands out", at, counts)
    else:
        board.pending = board.pending or witness  # another one each second must not put off the day of reckoning
        if board.owed:
            board.owed = fetched.sent


def _recall(board: Board, fetched: BookSnapshot, at: Millis, counts: Counts) -> None:
    """Hold a fetched book that the stream has passed against what has not changed since some moment before it.

    What has changed was told with its new total, so nothing is left in it of a change that was lost before. Of one that
    was lost after it, or of a total that was told late, a miss of the digest may tell, if it is as old: then this says
    nothing.
    """
    marks = [each for each in board.marks if each.sent <= fetched.sent]
    touched = board.flow.touched(marks[-1].at) if marks and board.flow is not UNMOVED else None
    if touched is None or board.fresh is not None:
        counts.witnesses_old += 1
        if touched is not None:
            _hold_against(board, fetched, touched, at, counts)
        return
    bids, asks = touched
    # What changed in that very second may have changed before the moment.
    since = Millis(marks[-1].at // 1000 * 1000)
    if _but(board.book.bids, bids) != _but(fetched.bids, bids) or _but(board.book.asks, asks) != _but(
        fetched.asks, asks
    ):
        counts.witnesses_off += 1
        doubts.cast(board, "differs from the book the venue hands out", at, counts)
    elif board.misses and since <= board.missed_at and (not board.sealed(at) or digests.fit(board, counts)):
        counts.witnesses_old += 1  # what was lost, came late or was pruned may be among what changed
    else:
        digests.in_vain(board, at, counts)
        doubts.proven(board, since, "witness")


def _hold_against(
    board: Board, fetched: BookSnapshot, touched: tuple[set[int], set[int]], at: Millis, counts: Counts
) -> None:
    """What has not changed in the newest part of ours has to be so in a fetched book, but for what came and went."""
    fresh, book, (bids, asks) = board.fresh, board.book, touched
    assert fresh is not None
    low = max(fresh.bid, min(fetched.bids, default=NO_BID), min(book.bids, default=NO_BID))
    high = min(fresh.ask, max(fetched.asks, default=NO_ASK), max(book.asks, default=NO_ASK))
    if _but(_down_to(book.bids, low), bids) == _but(_down_to(fetched.bids, low), bids) and _but(
        _up_to(book.asks, high), asks
    ) == _but(_up_to(fetched.asks, high), asks):
        return
    board.denied += 1
    if board.denied >= DENIALS and at - max(board.proof_at, board.since) > DENIED_FOR:
        counts.witnesses_off += 1
        doubts.cast(board, "differs from the book the venue hands out", at, counts)


def passed(board: Board, at: Millis, counts: Counts) -> None:
    """The next part has come, while a fetched book was ahead of the last: perhaps it is not any more."""
    witness = board.pending
    if witness is None or witness.book is None or witness.book.sent > board.sent:
        return
    board.pending = None
    _recall(board, witness.book, at, counts)


def _but(levels: Levels, prices: set[int]) -> Levels:
    return {price: size for price, size in levels.items() if price not in prices}


def _contradicts_itself(board: Board, fetched: BookSnapshot) -> bool:
    """Whether a fetched book does not have its own digest, at a time when digests are known to say something."""
    if board.seal is None or not (board.digest and fetched.digest) or board.misses or board.vain:
        return False
    return not board.seal.fits(fetched)


def overdue(board: Board, at: Millis, counts: Counts) -> bool:
    """Whether the link never brought what a fetched book tells, so that the link itself is to be doubted."""
    witness = board.pending
    if witness is None or witness.book is None:
        return False
    if _same(board, witness.book):
        board.pending = None
        doubts.proven(board, witness.asked_at, "witness")
        return False
    if board.sent > witness.book.sent:
        board.pending = None
        _recall(board, witness.book, at, counts)
        return False
    if board.sent == witness.book.sent and board.as_of >= witness.asked_at and not board.stirred:
        board.pending = None
        return False
    if at - witness.asked_at < WITNESS_PATIENCE:
        return False
    board.pending = None
    counts.witnesses_off += 1
    doubts.cast(board, "the venue has a newer book than the feed brought", at, counts)
    board.frozen, board.owed = True, witness.book.sent
    # Over a thin line it may be behind what is coming in.
    return board.link is None or not board.link.growing(at)


def _same(board: Board, fetched: BookSnapshot) -> bool:
    fresh, book = board.fresh, board.book
    if fresh is None:
        return fetched.bids == book.bids and fetched.asks == book.asks
    # Deeper levels are of an older part and say so; nor can more be compared than the venue hands out.
    low = max(fresh.bid, min(fetched.bids, default=NO_BID))
    high = min(fresh.ask, max(fetched.asks, default=NO_ASK))
    return _down_to(fetched.bids, low) == _down_to(book.bids, low) and _up_to(fetched.asks, high) == _up_to(
        book.asks, high
    )


def _down_to(bids: Levels, low: int) -> Levels:
    return {price: size for price, size in bids.items() if price >= low}


def _up_to(asks: Levels, high: int) -> Levels:
    return {price: size for price, size in asks.items() if price <= high}
