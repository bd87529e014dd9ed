"""What somebody typed, looked up at the venues: names, ids, links and words; and what is known of one instrument."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from urllib.parse import urlsplit

from pmtui.core.instrument import Instrument, InstrumentId
from pmtui.core.ports import Fetcher, Found, Hit, Request, Venue, VenueError

Ask = Callable[[Request], Awaitable[tuple[int, bytes] | None]]

MOST_HITS = 100
NO_ADDRESS = "no REST address is set, so nothing can be looked up"


async def search(text: str, venues: Iterable[Venue], fetcher: Fetcher) -> Found:
    """The markets that all venues know by this text, and what went wrong at any of them."""
    answers = await asyncio.gather(*(_ask(venue, fetcher, text) for venue in venues))
    hits = [hit for found, _ in answers for hit in found]
    troubles = dict.fromkeys(trouble for _, trouble in answers if trouble)
    return Found(text, tuple(hits[:MOST_HITS]), "; ".join(troubles))


async def _ask(venue: Venue, fetcher: Fetcher, text: str) -> tuple[tuple[Hit, ...], str]:
    """The answer of the first request that finds something, else what the text names by itself."""
    requests = venue.search(text)
    trouble = "" if requests else venue.recognise(text.strip()) or ""
    for request in requests:
        try:
            if hits := venue.hits(text, *await fetcher.fetch(request)):
                return hits, ""
        except VenueError as error:
            trouble = f"{venue.name}: {error.reason}"
        except OSError as error:
            trouble = _no_answer(request, error)
            break  # the others would ask the same host
    known = None if venue.lists_all and requests and not trouble else venue.instrument(text.strip())
    return (Hit(known),) if known else (), trouble


async def details(venue: Venue, instrument: InstrumentId, ask: Ask) -> AsyncIterator[tuple[Instrument, ...]]:
    """What each request for the details of an instrument tells in turn, until it is among what one tells.

    Ends early when `ask` has no answer to give, and raises what that and the venue do.
    """
    for request in venue.details(instrument):
        if (answer := await ask(request)) is None:
            return
        yield (found := venue.found(*answer))
        if any(each.id == instrument for each in found):
            return


def _no_answer(request: Request, error: OSError) -> str:
    host = urlsplit(request.url).netloc
    return f"{host}: {str(error) or 'no answer'}" if host else NO_ADDRESS
