"""Layer 1: the best prices that the venue tells with its changes, compared with ours once a batch has ended."""

from __future__ import annotations

from pmtui.core.board import GRACE, Board, Promise
from pmtui.core.events import NO_ASK, NO_BID, UNTOLD, Fresh
from pmtui.core.health import Counts
from pmtui.core.truth import digests, doubts
from pmtui.core.units import NEVER, Millis

BATCH_ENDS = 50
"""ms after which a batch is over even if nothing follows it."""
PROMISE_PATIENCE = 2_000
MOST_GHOSTS = 3
"""So many levels beyond a told top may be stale; in recordings it was never more than one."""


def settle(board: Board, at: Millis, counts: Counts) -> None:
    """The batch of one timestamp has ended: compare our top with the one told, then prove the book if it is time."""
    book = board.book
    told_bid, told_ask = board.told
    if board.promise is not None and (book.bid, book.ask) == board.promise.top:
        board.promise = None
    if book.bid == told_bid and book.ask == told_ask:
        counts.tops_agreed += 1
    elif (told_bid != UNTOLD or told_ask != UNTOLD) and not _repair(board, at, counts):
        counts.tops_wrong += 1
        doubts.cast(board, "our best price is not the one the venue told", at, counts)
    if book.crossed:
        _crossed(board, at, counts)
    else:
        board.crossed_at = NEVER
    if at >= board.proof_due and board.digest and board.sent:
        digests.prove(board, at, counts)


def _crossed(board: Board, at: Millis, counts: Counts) -> None:
    # A taken level often leaves in the message after the one that meets it.
    if board.crossed_at == NEVER:
        board.crossed_at = at
        counts.crosses += 1
    if board.told[0] >= board.told[1] > UNTOLD:
        doubts.cast(board, "the venue told a bid that meets the ask", at, counts)
    elif at - board.crossed_at >= GRACE:
        doubts.cast(board, "bid meets ask for over a second", at, counts)


def crossing(board: Board, at: Millis, counts: Counts) -> None:
    """A crossed book that nothing follows must not look calm for ever."""
    if board.crossed_at != NEVER and board.book.crossed:
        _crossed(board, at, counts)


def _repair(board: Board, at: Millis, counts: Counts) -> bool:
    """Remove levels beyond the told top; whether that made the tops agree."""
    # The venue now and then forgets to say that a level at the touch is gone. In recordings every
    # disagreement was such a ghost, and removing what lies beyond the told top mended all of them.
    book = board.book
    bid, ask = board.told
    before = dict(book.bids), dict(book.asks)
    ghosts = book.prune(NO_ASK if bid == UNTOLD else bid, NO_BID if ask == UNTOLD else ask, MOST_GHOSTS)
    if ghosts > MOST_GHOSTS:
        return False  # rather the told top is wrong than so much of the book
    agreed = bid in (UNTOLD, book.bid) and ask in (UNTOLD, book.ask)
    if ghosts:
        counts.ghosts += ghosts
        board.move(at).replaced(*before, book.bids, book.asks, at)
        board.proof_due = board.as_of
        if not board.sealed(at):
            board.misses, board.missed_at = 1, at  # no digest will tell whether that was right: a fetched book has to
        counts.tops_repaired += agreed
    else:
        counts.tops_agreed += agreed
    return agreed


def parts(board: Board, fresh: Fresh, at: Millis, counts: Counts, *, is_news: bool) -> None:
    """A book in parts: how long its news are good for, and whether two of the venue's feeds tell the same top."""
    board.lasts = fresh.lasts
    if fresh.apart:
        counts.tops_wrong += 1
        doubts.cast(board, "the venue's feeds tell different best prices", at, counts)
    elif fresh.proof and is_news:
        counts.tops_agreed += 1
        doubts.proven(board, at, fresh.proof)


def promises(board: Board, at: Millis, counts: Counts) -> None:
    """A top that was announced has to come true, or a change was lost."""
    promise = board.promise
    if promise is None:
        return
    if (board.book.bid, board.book.ask) == promise.top or _passed(board, promise):
        board.promise = None
    elif at - promise.at >= PROMISE_PATIENCE:
        board.promise = None
        doubts.cast(board, "an announced best price never came", at, counts)


def _passed(board: Board, promise: Promise) -> bool:
    """Whether later news brought a top that is ours, and the announced one was here meanwhile, or may have been."""
    book = board.book
    if board.sent <= promise.told or board.told != (book.bid, book.ask):
        return False
    touched = board.flow.touched(promise.at)
    # A better level that we never knew is not made up for by one that is better still.
    return touched is None or all(
        price == nobody or price in levels or price in changed
        for price, nobody, levels, changed in zip(
            promise.top, (NO_BID, NO_ASK), (book.bids, book.asks), touched, strict=True
        )
    )
