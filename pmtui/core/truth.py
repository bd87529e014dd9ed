"""Is this book the venue's? Four layers of evidence, each counted.

1. The top that the venue tells with each change, compared once the batch of one timestamp has ended.
2. The other outcome's book, which must be the mirror image.
3. The venue's digest of the whole book.
4. A book fetched apart from the stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmtui.core.board import GRACE, HASH_MISSED, HASH_OFF_FOR, NEVER, TICK, UNMOVED, Board
from pmtui.core.events import NO_ASK, NO_BID, UNTOLD, BookSnapshot, Fresh
from pmtui.core.health import Counts
from pmtui.core.units import ONE, Millis

if TYPE_CHECKING:
    from pmtui.core.ports import Witnessed

Levels = dict[int, int]

BATCH_ENDS = 50
"""ms after which a batch is over even if nothing follows it."""
MISSES = 5
MISSING_FOR = 4_500
"""ms after which two misses in a row are enough: on a slow book five would take too long."""
RETRY_PROOF = 100
WITNESS_PATIENCE = 2_000
"""How long the stream may take to reach a book that was fetched ahead of it."""
MIRROR_PATIENCE = 1_000
MIRROR_LAG = 2_000
"""So much older than the other outcome's news may the last proof of a book be that is no mirror image of it."""
RELAPSE = 20_000
"""A doubt that comes so soon after the end of the last one shows that the repair did not last."""
TRIAL = 4_000
"""How long the next repair must hold before it is believed; that is longer than it takes to see a muted book."""
DENIALS = 3
"""So many fetched books, without anything that spoke for ours meanwhile, are believed against a book in parts …"""
DENIED_FOR = 15_000
"""… that nothing has spoken for in so many ms."""
PROMISE_PATIENCE = 2_000
MOST_GHOSTS = 3
"""So many levels beyond a told top may be stale; in recordings it was never more than one."""
OUT_OF_ORDER = 5_000
BOOK_OUT_OF_ORDER = BATCH_ENDS
"""A whole book may be a few ms older than the last change, though in recordings none ever was. What is older than this
tells what was: its own digest proves nothing about now."""
VAIN = 3
"""So many equal books in a row, of whatever boards and while no digest fitted, speak for the boards of all."""
VAIN_FOR = 3_000
"""ms that they have to have fitted no more by then: where their form is known, some digest fits every second."""
RETRY_VAIN = 1_000
"""ms after a miss until the next look, where another book was ours though its digest was not."""
THAWED_AFTER = 4_000
"""So long after a book that was the venue's ours has to be it still; a frozen one may be it by chance."""
OLDER = 1_000
"""ms by which the news of a link may be older than what the one before it told."""
BACK_FOR = 4_500
"""ms after which a stream that flows is believed though it never came so far: by then one that is behind has."""
BACK_SILENTLY = 60_000
ANSWER_PATIENCE = 10_000
FROZEN_FOR = 5_000
"""A stream that told nothing for so long, and of which a book that was asked for is not ours, did not tell all."""
_FROZEN = "the feed is frozen: a book that was asked for is newer than it brings"


def doubt(board: Board, why: str, at: Millis, counts: Counts) -> None:
    """Lower the label first; repair comes second."""
    if not board.synced or board.resolved is not None:
        return
    board.doubt_at = at
    board.proof_due = at
    if not board.doubt:
        board.doubt = why
        board.doubted_since = at
        board.relapsed = why != TICK and at - board.believed_at < RELAPSE
        board.relapses = board.relapses + 1 if board.relapsed else 0
        board.moves = board.moves if board.relapsed else 0
        counts.doubts += 1


def settle(board: Board, at: Millis, counts: Counts) -> None:
    """The batch of one timestamp has ended: compare our top with the one told, then prove the book if it is time."""
    book = board.book
    told_bid, told_ask = board.told
    if book.bid == told_bid and book.ask == told_ask:
        counts.tops_agreed += 1
    elif (told_bid != UNTOLD or told_ask != UNTOLD) and not _repair(board, at, counts):
        counts.tops_wrong += 1
        doubt(board, "our best price is not the one the venue told", at, counts)
    if book.crossed:
        _crossed(board, at, counts)
    else:
        board.crossed_at = NEVER
    if at >= board.proof_due and board.digest and board.sent:
        prove(board, at, counts)


def _crossed(board: Board, at: Millis, counts: Counts) -> None:
    # A taken level often leaves in the message after the one that meets it.
    if board.crossed_at == NEVER:
        board.crossed_at = at
        counts.crosses += 1
    if board.told[0] >= board.told[1] > UNTOLD:
        doubt(board, "the venue told a bid that meets the ask", at, counts)
    elif at - board.crossed_at >= GRACE:
        doubt(board, "bid meets ask for over a second", at, counts)


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
            doubt(board, f"{board.misses} books in a row do {HASH_MISSED}", at, counts)
    elif board.lapsed and _digests_fit(board, counts):
        # What was told during the silence may have been lost: news alone do not make it up.
        doubt(board, f"the first change after a silence does {HASH_MISSED}", at, counts)


def _digests_fit(board: Board, counts: Counts) -> bool:
    """Whether those of changes do, as far as anybody knows: then a miss says something."""
    return not board.vain and counts.fitted_at > counts.vain_at


def _give_up(board: Board, at: Millis) -> None:
    """Another board has shown that the digests are to blame: here, too, they say nothing for a while."""
    board.hash_off_at, board.misses = at, 0
    if board.unhashed:
        believe(board, at)


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
    proven(board, board.as_of, "hash")
    return True


def fitted(board: Board, at: Millis, counts: Counts) -> None:
    """The digest of a change was right, as of that moment: digests are worth something."""
    counts.fitted_at = max(counts.fitted_at, at)
    board.vain, board.hash_off_at, counts.vain = False, NEVER, 0


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
        _attested(board, at)
    elif board.data_at > board.renewed_at:
        board.frozen = False
    believe(board, at)


def _attested(board: Board, at: Millis) -> None:
    """The book that the venue hands out is ours. Where the stream was frozen that may be by chance, but not twice."""
    board.witness_at = max(board.witness_at, at)
    board.lapsed = False
    if board.ours_at < board.doubt_at:
        board.ours_at = at
    elif at - board.ours_at >= THAWED_AFTER:
        board.frozen = False


def believe(board: Board, at: Millis) -> None:
    """Nothing speaks against the book as of `at`: an older doubt ends, or is on trial where repairs did not last."""
    board.misses = 0
    if not board.doubt or at <= board.doubt_at or board.resolved is not None:
        return
    if board.frozen or board.sent < board.owed or goes_back(board, at):
        return  # what is proven is what was
    board.reached_before = 0
    if not board.relapsed:
        board.acquit(at)
    elif board.sound_at <= board.doubt_at:
        board.sound_at = at


def goes_back(board: Board, at: Millis) -> bool:
    """Whether the link has not yet brought what one before it did.

    A venue whose clock went back never will: what it tells of its own accord is believed after a while, and what does
    not change at all after a long one.
    """
    if not 0 < board.sent < board.reached_before - OLDER:
        return False
    silent = board.data_at <= board.begun_at
    return at - board.since < BACK_FOR or (silent and at - board.doubted_since < BACK_SILENTLY)


def tried(board: Board, at: Millis) -> None:
    """End a trial in which nothing came up for long enough."""
    on_trial = board.relapsed and board.doubt and board.sound_at > board.doubt_at
    if on_trial and not board.misses and at - board.sound_at >= TRIAL:
        board.acquit(at)


def renewed(board: Board, at: Millis) -> None:
    """A whole book has taken the place of another: an older doubt ends, once this book has its own digest.

    One that comes without a digest, or with one that says nothing, has to be believed as it is.
    """
    if board.doubt_at >= at:
        board.doubt_at = Millis(at - 1)
    board.crossed_at = NEVER
    board.lapsed = False
    if board.denied >= DENIALS:
        return  # it comes from where the others came from
    if not board.sealed(at):
        believe(board, at)
    elif board.doubt:
        board.proof_due = at


def awaited(board: Board, at: Millis) -> bool:
    """Whether a whole book that comes now may be the answer to our last question."""
    return board.asked_at >= board.renewed_at and at - board.asked_at < ANSWER_PATIENCE


def lost(board: Board, sent: int, at: Millis) -> bool:
    """Whether a book of this time, that was asked for, tells what the stream should have told and did not."""
    silent = at - max(board.data_at, board.since) > FROZEN_FOR
    return silent and sent > max(board.sent, board.reached) and board.doubt != TICK


def answered(board: Board, at: Millis, counts: Counts, *, same: bool, lost: bool, misses: int = 0) -> None:
    """Weigh a whole book that came over the link because we had asked for it; it has been taken over.

    One that was ours already says that the venue has nothing new, as a fetched one does. One that was not, after the
    stream told nothing for seconds, says that the stream does not tell what happens. `misses`: how many digests were
    missed when it came; that its own fits says nothing of those.
    """
    if same:
        board.misses = misses
        _in_vain(board, at, counts)
        _attested(board, board.asked_at)
        believe(board, board.asked_at)
    elif lost:
        board.frozen, board.ours_at = True, at
        doubt(board, _FROZEN, at, counts)


def begun(board: Board, first: BookSnapshot, at: Millis, counts: Counts) -> None:
    """The first book of a link has to have its own digest, where digests fit and all that this one depends on is known.

    Otherwise it would be taken for the venue's until the next evidence, which may be long in coming on a quiet market.
    """
    if board.link is not None:
        board.link.booked_at = at
        board.link.lag.held_up(board.link.took(at), at)
    known = max(counts.fitted_at, counts.booked_at) > counts.vain_at
    if board.misses and known and board.seal is not None and board.seal.sure(first):
        doubt(board, f"the first book of this link does {HASH_MISSED}", at, counts)
        board.doubt_at = Millis(at - 1)  # what proves it later proves it as of now


def parts(board: Board, fresh: Fresh, at: Millis, counts: Counts) -> None:
    """A book in parts: how long its news are good for, and whether two of the venue's feeds tell the same top."""
    board.lasts = fresh.lasts
    if fresh.apart:
        counts.tops_wrong += 1
        doubt(board, "the venue's feeds tell different best prices", at, counts)
        return
    if fresh.proof:
        counts.tops_agreed += 1
        proven(board, at, fresh.proof)


def mirror(board: Board, other: Board, at: Millis, counts: Counts) -> bool:
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
        if not holds(each, counts):
            each.proof_due = min(each.proof_due, at)
    if board.mirror_off_at < 0:
        board.mirror_off_at = other.mirror_off_at = at
    elif at - board.mirror_off_at >= MIRROR_PATIENCE:
        for each, its in (board, other), (other, board):
            if _at_fault(each, its):
                doubt(each, "not the mirror image of the other outcome's book", at, counts)
        return not (board.doubt or other.doubt)
    return False


def _at_fault(board: Board, other: Board) -> bool:
    """Whether this may be the wrong one of two that have parted: its proofs do not follow the news, or the last one is
    from before they parted, and not of the newest that was told of either.
    """
    newest = board.proof_at >= board.as_of and board.sent >= other.sent
    return board.proof_at < other.as_of - MIRROR_LAG or (board.proof_at < board.mirror_off_at and not newest)


def promises(board: Board, at: Millis, counts: Counts) -> None:
    """A top that was announced has to come true, or a change was lost."""
    promise = board.promise
    if promise is None:
        return
    if (board.book.bid, board.book.ask) == promise:
        board.promise = None
    elif at - board.promise_at >= PROMISE_PATIENCE:
        board.promise = None
        doubt(board, "an announced best price never came", at, counts)


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
        _in_vain(board, at, counts)
        proven(board, witness.asked_at, "witness")
        if board.link is not None:
            board.link.excused_at = witness.asked_at
    elif _contradicts_itself(board, fetched):
        counts.witnesses_off += 1
    elif fetched.sent and fetched.sent < board.sent:
        _recall(board, fetched, at, counts)
    elif fetched.sent == board.sent and not board.stirred and not (board.fresh is not None and board.fresh.mixed):
        counts.witnesses_off += 1
        doubt(board, "differs from the book the venue hands out", at, counts)
    else:
        board.pending = board.pending or witness  # another one each second must not put off the day of reckoning
        if board.owed:
            board.owed = fetched.sent


def _in_vain(board: Board, at: Millis, counts: Counts) -> None:
    """A book that we had asked for was ours: were digests missed before it, so much the worse for them.

    They say nothing for a minute then, or until one fits: a venue whose digests are broken is not asked all the time.
    """
    if not board.misses:
        return
    board.misses = 0
    if not board.sealed(at):
        return
    board.vain, board.hash_off_at = True, at
    if board.unhashed:
        board.doubt_at = Millis(at - 1)  # what they said since that book was asked for was said in vain, too
        believe(board, at)
    counts.vain += 1
    if counts.vain >= VAIN:
        counts.vain_at = at


def _recall(board: Board, fetched: BookSnapshot, at: Millis, counts: Counts) -> None:
    """Hold a fetched book that the stream has passed against what has not changed since some moment before it.

    What has changed was told with its new total, so nothing is left in it of a change that was lost before. Of one that
    was lost after it, or of a total that was told late, a miss of the digest may tell, if it is as old: then this says
    nothing.
    """
    marks = [each for each in board.marks if each.sent <= fetched.sent and each.resets == board.flow.resets]
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
        doubt(board, "differs from the book the venue hands out", at, counts)
    elif board.misses and since <= board.missed_at and (not board.sealed(at) or _digests_fit(board, counts)):
        counts.witnesses_old += 1  # what was lost, came late or was pruned may be among what changed
    else:
        _in_vain(board, at, counts)
        proven(board, since, "witness")


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
        doubt(board, "differs from the book the venue hands out", at, counts)


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
        proven(board, witness.asked_at, "witness")
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
    doubt(board, "the venue has a newer book than the feed brought", at, counts)
    if witness.book.sent <= board.reached:
        return False
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
