"""What a board in doubt, an unproven one, or a silent link needs next: wishes for the feed to carry out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from pmtui.core.board import LIVE_FOR, PROVE_OTHERS, Board
from pmtui.core.doubt import TICK
from pmtui.core.events import Phase
from pmtui.core.instrument import InstrumentId
from pmtui.core.link import Link
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import NEVER, Millis

RESUBSCRIBE_EVERY = 5_000
RENEW_EVERY = 10_000
FETCH_AFTER = 5_000
FETCH_EVERY = 5_000
FETCH_LATE = 2_500
"""How far a late or frozen feed is behind is asked more often than it takes to believe one that has caught up."""
FETCH_OTHERS_AFTER = 7_500
FETCH_OTHERS_EVERY = 30_000
FETCH_FOR_MISS = 1_000
FETCH_PRUNED = 2_000
"""For so long a book without digests is asked for at that pace after levels were pruned: a busy one can be held against
a fetched one only where nothing has changed since, and pruning is a change."""
MISS_OPEN = 2_000
"""A miss that neither the next batch nor a fetched book has settled by then needs a fresh book over the link."""
FETCH_FOR_PROOF_EVERY = 60_000
"""A book is fetched at most so often because of digests that are not its own, and because of missing proofs where it is
not on the screen. What else there is to ask for comes over the link."""
ASK_EARLY = 7_500
"""Where no book can be fetched, the link is asked so long after the last news: its answer has to come before the book
stops counting as live."""
ASK_AGAIN = 8_000
"""Where only the link can be asked whether anything has happened: before its last answer says nothing any more."""
ANSWERED_LATE = 60_000
FIRST_BOOK = 10_000
TICK_BOOK = 1_000
DESCRIBE_EVERY = 30_000
UNPROVEN = 10_000
"""A book on the screen whose digests say nothing, or that has none, is compared with a fetched one so often."""
UNPROVEN_STILL = 20_000
"""Where no fetched book speaks for it either, it is to come anew so often; also behind the screen, where changes do not
even tell the best prices."""
RETELL_EVERY = 300_000
DEEP_FOR = 12_000
"""So old may the deeper levels of a book in parts be."""
MOST_MOVES = 3
LATE = 3_000
"""ms behind the venue's time from which a feed is held against fetched books: they say whether it is late, and their
answers whether it is our clock."""
UNANSWERED = 20_000
"""How long a ping may wait: pongs queue behind data, so anything heard meanwhile counts as life."""
RELINK_AFTER = 10_000
RELAPSES = 3
"""So many repairs in a row that did not last call for another link, too: on a slow market each lasts for a while."""
RELINK_EVERY = 60_000
RELINK_SELDOM = 240_000
"""The time until the next link doubles up to this for a book in doubt that none helps: it is to be read meanwhile."""
SILENCE = 25_000


class Resubscribe(NamedTuple):
    """Ask the venue for a fresh book over the same link."""

    instrument: InstrumentId


class Fetch(NamedTuple):
    """Ask for the book apart from the stream."""

    instrument: InstrumentId


class Describe(NamedTuple):
    """Ask what became of an instrument."""

    instrument: InstrumentId


class Move(NamedTuple):
    """Put an instrument on another link, so that the others are left in peace."""

    instrument: InstrumentId


class Relink(NamedTuple):
    """Give the link up and make a new one."""

    link: str
    why: str


Wish = Resubscribe | Fetch | Describe | Move | Relink


def board_wishes(board: Board, now: Millis, *, shown: bool, late: bool = False) -> list[Wish]:
    """The next step for one board: compare with a fetched book, subscribe again, new link.

    `late`: its news seem to come far too late.
    """
    link = board.link
    if link is None or link.phase is not Phase.UP or link.suspect:
        return []
    if board.resolved is not None:
        return [] if board.resolved.outcome else _describe(board, now)
    if not board.synced:
        # As long as subscriptions are on their way, their books cannot be late.
        return [] if link.busy else _unsynced(board, now)
    if board.doubt:
        return _doubted(board, now, shown=shown)
    behind = _fetch(board, now, every=FETCH_LATE) if late else []
    return behind + _unproven(board, now, shown=shown) + _emptied(board, now) + (_retold(board, now) if shown else [])


def _emptied(board: Board, now: Millis) -> list[Wish]:
    """A book that was emptied may belong to a question that is settled; one settlement in five is not announced."""
    return _describe(board, now) if board.book.empty and now - board.data_at >= FIRST_BOOK else []


def _retold(board: Board, now: Millis) -> list[Wish]:
    """What is traded in a day grows, and perhaps no catalogue answered yet: on the screen it is asked now and then."""
    if board.described_at == NEVER:
        board.described_at = now  # it was described when it was added
    return _describe(board, now) if now - board.described_at >= RETELL_EVERY else []


def _describe(board: Board, now: Millis) -> list[Wish]:
    if now - board.described_at < DESCRIBE_EVERY:
        return []
    board.described_at = now
    return [Describe(board.instrument.id)]


def _unsynced(board: Board, now: Millis) -> list[Wish]:
    if _occupied(board, now):
        return []  # its book may be what is coming in
    # Over a thin line the books of all come one after the other.
    waited = now - max(board.since, board.link.booked_at if board.link is not None else NEVER)
    # What came and could not be read may have been the very book: waiting brings no other.
    wishes = _resubscribe(board, now, every=RESUBSCRIBE_EVERY) if board.refused else []
    if waited >= FIRST_BOOK:
        wishes += _resubscribe(board, now, every=RENEW_EVERY)
        wishes += _fetch(board, now, every=RENEW_EVERY)
    if waited >= 3 * FIRST_BOOK and not board.gone:
        wishes += _move(board, now, every=RELINK_EVERY)
    return wishes


def _doubted(board: Board, now: Millis, *, shown: bool) -> list[Wish]:
    # A doubt may be older than the link, which is to have its chance.
    since = max(board.doubt.since, board.since)
    doubted = now - since
    # The venue follows a tick change with a book of its own accord: give it a second.
    wishes = _resubscribe(board, now, every=RESUBSCRIBE_EVERY) if doubted >= _first_step(board) else []
    # Only a book that is fetched after the doubt can end it.
    late = board.fetched_at < since and not board.doubt.unhashed
    every = FETCH_FOR_PROOF_EVERY if not late else FETCH_FOR_MISS if shown else FETCH_EVERY
    if board.denied:
        every = min(every, FETCH_EVERY)  # what denied it has to say when it does so no more
    if board.frozen or board.sent < board.owed:
        every = FETCH_LATE  # how far the feed is behind is not told by a book of long ago
    wishes += _fetch(board, now, every=every)
    # What came in over a thin line meanwhile is to have its chance, too.
    occupied_for = max(0, board.link.grew_at - since) if board.link is not None else 0
    if doubted - occupied_for >= RELINK_AFTER or board.doubt.relapses >= RELAPSES:
        wishes += _move(board, now, every=min(RELINK_EVERY << max(0, board.doubt.moves - 1), RELINK_SELDOM))
    return wishes


def _first_step(board: Board) -> int:
    return TICK_BOOK if board.doubt.why == TICK else 0


def _unproven(board: Board, now: Millis, *, shown: bool) -> list[Wish]:
    sealed = board.sealed(now)
    wishes = _missed(board, now, shown, sealed) if board.misses else []
    if board.fresh is not None:
        wishes += _in_parts(board, now) if shown else []
    elif not sealed and (shown or board.unspoken(now)):
        wishes += _unsealed(board, now, shown)
    return wishes + _quiet(board, now, shown, sealed)


def _missed(board: Board, now: Millis, shown: bool, sealed: bool) -> list[Wish]:
    """One miss means little on a busy book; on a slow one the next batch may be long in coming."""
    wishes = _fetch(board, now, every=_for_a_miss(board, shown, sealed))
    if shown and now - board.missed_at >= MISS_OPEN:
        wishes += _resubscribe(board, now, every=RENEW_EVERY)
    return wishes


def _in_parts(board: Board, now: Millis) -> list[Wish]:
    """A book in parts is proven by two feeds that agree; where one has nothing to say, the book is asked for."""
    wishes: list[Wish] = []
    if now - board.proof_at > PROVE_OTHERS:
        wishes += _fetch(board, now, every=FETCH_EVERY if board.denied else PROVE_OTHERS)
    if board.fresh is not None and now - board.fresh.deep_at > DEEP_FOR:
        # The part with the deeper levels is late: asked for anew, it comes at once, or they are not shown any more.
        wishes += _resubscribe(board, now, every=RENEW_EVERY)
    return wishes


def _unsealed(board: Board, now: Millis, shown: bool) -> list[Wish]:
    """A book that no digest speaks for is compared with a fetched one; where none is to be had, it is to come anew."""
    unproven = now - max(board.proof_at, board.since, board.begun_at)
    wishes: list[Wish] = []
    if unproven > UNPROVEN:
        seldom = FETCH_FOR_PROOF_EVERY if board.digest else FETCH_OTHERS_EVERY
        wishes += _fetch(board, now, every=UNPROVEN if shown and not board.digest else seldom)
    if unproven > UNPROVEN_STILL:
        # A fresh one over the link takes the place of whatever was lost.
        wishes += _resubscribe(board, now, every=UNPROVEN_STILL)
    return wishes


def _quiet(board: Board, now: Millis, shown: bool, sealed: bool) -> list[Wish]:
    """A book of which nothing is told is asked for before it stops counting as live: apart, or else over the link."""
    wishes: list[Wish] = []
    quiet = now - max(board.data_at, board.witness_at)
    patience = (FETCH_AFTER if shown else FETCH_OTHERS_AFTER) * board.lasts // LIVE_FOR
    if quiet >= (patience // 2 if board.misses and not sealed else patience):
        # News since the last comparison call for another one before the book stops counting as live.
        often = shown or board.fetched_at < board.data_at
        wishes += _fetch(board, now, every=FETCH_EVERY if often else FETCH_OTHERS_EVERY)
    if not shown:
        return wishes
    if quiet >= FETCH_AFTER and board.witness_at == board.asked_at > NEVER:
        wishes += _resubscribe(board, now, every=ASK_AGAIN)  # the last one to be had came over the link
    # A book in parts comes at a steady pace: a pause of that is no lull.
    alone = board.link is not None and board.link.unwitnessed and board.fresh is None
    if alone and quiet >= ASK_EARLY:
        wishes += _resubscribe(board, now, every=ASK_AGAIN)
    # No fetched book to be had: a fresh one over the link, with its digest, is as good a proof.
    if quiet > LIVE_FOR + FETCH_EVERY and board.fetched_at > NEVER:
        wishes += _resubscribe(board, now, every=RENEW_EVERY)
    return wishes


def _for_a_miss(board: Board, shown: bool, sealed: bool) -> int:
    """How often a book is fetched whose digest was missed, or whose pruning no digest speaks for."""
    if sealed or not shown:
        return FETCH_FOR_PROOF_EVERY
    # It may not wait for a fetch because of one from before the miss.
    return FETCH_FOR_MISS if board.fetched_at < board.missed_at + FETCH_PRUNED else FETCH_EVERY


def link_wishes(link: Link, now: Millis, carried: Callable[[], list[Board]]) -> list[Wish]:
    """A link that carries nothing for long is made anew, unless fetched books show that nothing happens."""
    if link.phase is not Phase.UP:
        return []
    if link.suspect:
        return _relink(link, now, link.suspect, every=5_000)
    unanswered = link.pinged_at and now - max(link.pinged_at, link.heard_at, link.grew_at) > UNANSWERED
    if not unanswered and not link.silent(now, FETCH_OTHERS_AFTER):
        return []
    boards = carried()
    if all(board.resolved is not None or board.gone for board in boards):
        return []  # nothing that is still open: silence is what there is to say
    if unanswered:
        return _relink(link, now, "no answer to our pings", every=SILENCE)
    wishes: list[Wish] = []
    if now - link.excused_at > FETCH_OTHERS_AFTER:
        wishes += _ask_any(boards, now)
    # What was not asked for yet, because a venue takes so much a minute, cannot come either.
    if link.lifeless(now, SILENCE) and not link.busy and now - link.excused_at > LIVE_FOR + FETCH_EVERY:
        wishes += _relink(link, now, _silence(link, now), every=SILENCE)
    return wishes


def _silence(link: Link, now: Millis) -> str:
    if link.coming:
        return f"no whole message for {(now - max(link.data_at, link.since)) // 1000}s"
    answered = "" if link.pinged_at else " though pings are answered"
    return f"nothing for {SILENCE // 1000}s{answered}"


def in_company(wishes: list[Wish], links: Mapping[InstrumentId, Link], now: Millis) -> list[Wish]:
    """A few books in trouble move to other links; when it is many, the link they share is the trouble."""
    movers = Counter(links[wish.instrument].name for wish in wishes if isinstance(wish, Move))
    troubled = {name for name, count in movers.items() if count > MOST_MOVES}
    kept = [each for each in wishes if not isinstance(each, Move) or links[each.instrument].name not in troubled]
    for link in {link.name: link for link in links.values() if link.name in troubled}.values():
        kept += _relink(link, now, "many of its books cannot be proven", every=RELINK_EVERY)
    return kept


def _ask_any(boards: list[Board], now: Millis) -> list[Wish]:
    """Fetch the book that was asked for longest ago: one that equals ours speaks for the silent link."""
    synced = [board for board in boards if board.synced]
    if not synced:
        return []
    return _fetch(min(synced, key=lambda board: board.fetched_at), now, every=FETCH_EVERY)


def _resubscribe(board: Board, now: Millis, *, every: int) -> list[Wish]:
    if now - board.asked_at < max(every, _outstanding(board, now)) or _occupied(board, now):
        return []
    board.asked_at = now
    return [Resubscribe(board.instrument.id)]


def _occupied(board: Board, now: Millis) -> bool:
    """Whether an answer would only come behind what is coming in, over a thin line that another link shares."""
    return board.link is not None and board.link.growing(now)


def _outstanding(board: Board, now: Millis) -> int:
    """ms for which the last question may go without an answer: over a thin line each further one delays it."""
    link = board.link
    thin = link is not None and link.since < link.grew_at >= now - SILENCE
    return ANSWERED_LATE if thin and board.asked_at > board.renewed_at else 0


def _fetch(board: Board, now: Millis, *, every: int) -> list[Wish]:
    if now - board.fetched_at < every:
        return []
    board.fetched_at = now
    return [Fetch(board.instrument.id)]


def _move(board: Board, now: Millis, *, every: int) -> list[Wish]:
    if now - board.moved_at < every or _occupied(board, now):
        return []
    board.moved_at = now
    board.doubt.move()
    return [Move(board.instrument.id)]


def _relink(link: Link, now: Millis, why: str, *, every: int) -> list[Wish]:
    if now - link.relinked_at < every:
        return []
    link.relinked_at = now
    return [Relink(link.name, why)]
