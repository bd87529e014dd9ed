"""Trying an account out once: a read that is signed, and a link that stays open after it was told who we are."""

from __future__ import annotations

import asyncio
from enum import IntEnum

from pmtui.core.access import Access, Unread
from pmtui.core.ports import Closed, Opened, SignedFetcher, Stream, Transport, VenueError
from pmtui.core.tuples import NamedTuple
from pmtui.feed.account import Reads
from pmtui.feed.clock import Clock, wall

LISTEN, LISTEN_LONG = 2.0, 5.0
"""Seconds without a word after which a link counts as accepted; longer when nothing else vouches for it."""
_TRIES = 2
_ANSWER_WITHIN = 15.0
_NOT_LET_IN = frozenset({401, 403, 4001, 4008})


class Verdict(IntEnum):
    """What a trial came to, the worst last."""

    WORKS = 0
    NOT_REACHED = 1
    REFUSED = 4


class Result(NamedTuple):
    what: str
    verdict: Verdict
    words: str


async def trial(access: Access, fetcher: SignedFetcher, transport: Transport, *, wall: Clock = wall) -> list[Result]:
    """What the venue says to these credentials, in plain words."""
    read = await _read(access, Reads(access, fetcher, wall))
    vouched = read.verdict is Verdict.WORKS and not access.trouble
    return [read, await _listen(access.stream, transport, LISTEN if vouched else LISTEN_LONG)]


async def _read(access: Access, reads: Reads) -> Result:
    what = access.reads
    if access.trouble:
        return Result(what, Verdict.WORKS, f"not tried, {access.trouble}")
    try:
        words = await reads.key()
    except VenueError as error:
        refused = isinstance(error, Unread) and error.refused
        return Result(what, Verdict.REFUSED if refused else Verdict.NOT_REACHED, reads.why(error))
    except OSError as error:
        return Result(what, Verdict.NOT_REACHED, f"the venue was not reached, {reads.why(error)}")
    return Result(what, Verdict.WORKS, "; ".join(filter(None, (words, reads.clock_words))))


async def _listen(stream: Stream, transport: Transport, seconds: float) -> Result:
    what, closed = "user socket", Closed("")
    for _ in range(_TRIES):  # any link may break once
        opened, closed = await _once(stream, transport, seconds)
        if not closed.reason:
            return Result(what, Verdict.WORKS, "accepted, it stays open")
        if not opened:
            verdict = Verdict.REFUSED if closed.code in _NOT_LET_IN else Verdict.NOT_REACHED
            return Result(what, verdict, closed.reason)
    return Result(what, Verdict.REFUSED, f"the venue hangs up as soon as it hears who asks ({closed.reason})")


async def _once(stream: Stream, transport: Transport, seconds: float) -> tuple[bool, Closed]:
    """Whether a link came up, and how it ended; without a reason when it did not."""
    packets = transport.packets(stream)
    opened = False
    try:
        async with asyncio.timeout(_ANSWER_WITHIN) as patience:
            async for packet in packets:
                if isinstance(packet, Closed):
                    return opened, packet
                if isinstance(packet, Opened):
                    opened = True
                    patience.reschedule(asyncio.get_running_loop().time() + seconds)
                    for frame in stream.open():
                        await packet.line.say(frame)
    except TimeoutError:
        return opened, Closed("" if opened else "no answer")
    finally:
        await packets.aclose()
    return opened, Closed("the connection was lost", 1006)
