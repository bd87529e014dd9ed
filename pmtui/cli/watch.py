"""`pmtui watch`: live books of what was named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from pmtui.cli import asking, identity, options, screen
from pmtui.cli.ends import Unreachable, Wrong, harmless, quoted
from pmtui.venues import meant, offers

if TYPE_CHECKING:
    from pmtui.config import Settings
    from pmtui.core.instrument import Instrument
    from pmtui.core.offer import Offer
    from pmtui.core.ports import Fetcher, Venue

MOST_MARKETS = 50
"""How many markets of one event are watched; two books each stay well inside one connection's 200."""

_LINK = re.compile(r"(?i)(?:https?://)?([\w.-]+)/[\w-]+/([^?#]+)(?:[?#].*)?")
"""Whose it is, and what follows the first word of its path."""
_CAPITALS = re.compile(r"[A-Z@#][^a-z]*")
"""What is in capitals, or begins with such a sign, is no slug, and may be what somebody else calls a market."""


@click.command()
@click.argument("tokens", nargs=-1, metavar="TOKEN...")
@options.address_options
@click.option("--no-account", "public", is_flag=True, help="Public data only, whatever credentials there are.")
@options.account_options
@options.screen_options
def watch(tokens: tuple[str, ...], public: bool, elsewhere: bool, **flags: object) -> int:
    """Live books of what TOKEN names: a token id, a condition id, the slug of a market or an event, a pasted link.
    With a venue before it and a colon, what that venue calls it: 'pmtui venues' lists them.

    \b
    pmtui watch will-it-rain-tomorrow
    pmtui watch hl:BTC hl:@107 hl:#10 hl:xyz:TSLA
    pmtui watch https://polymarket.com/event/fed-decision-in-december
    WS_URL=ws://127.0.0.1:8765 CLOB_API_URL=http://127.0.0.1:8766 pmtui watch SLUG

    Of a market its first outcome is shown, the other joins by itself; of an event all open markets,
    at most 50.
    With API credentials, or an address where accounts are public ('pmtui account'), your own orders and fills are
    shown beside the books.
    """
    settings = options.settings(flags)
    if not tokens:
        example = offers()[0].example
        raise Wrong(f"what is to be watched? A token id, a condition id, a slug or a link. Try: {example}")
    named = {text: _recognised(text, settings) for text in tokens}
    for name in {meant(text)[0].name for text in tokens}:
        asking.check_way(name, settings)
    screen.need_variables()
    screen.need_terminal()
    screen.need_room()
    for offer in offers():
        if unknown := [text for text, known in named.items() if not known and meant(text)[0] == offer]:
            named |= _look_up(asking.venue(offer.name, settings), unknown)
    targets = {each.id: each for found in named.values() for each in found[:MOST_MARKETS]}
    notices = [_too_many(text, found) for text, found in named.items() if len(found) > MOST_MARKETS]
    if not public:
        settings = settings._replace(login=partial(identity.login, settings, elsewhere=elsewhere))
    return screen.show(settings, list(targets.values()), notices)


def _recognised(text: str, settings: Settings) -> list[Instrument]:
    """What the text names by itself; empty when it takes a look-up."""
    from importlib import import_module

    offer, name = meant(text)
    if settings.testnet and not offer.has_testnet:
        raise Wrong(f"{quoted(text)}: {offer.title} has no test network")
    _check_prefix(text, name)
    names = import_module(f"pmtui.venues.{offer.name}.{offer.names}")
    if why := names.recognise(name):
        raise Wrong(f"{quoted(text)}: {why}. Try: {_elsewhere(name, offer) or offer.example}")
    known: Instrument | None = names.instrument(name)
    return [known] if known else []


def _elsewhere(name: str, offer: Offer) -> str:
    """What to type where this looks like a name of another venue, or is a link to one; empty where it does not."""
    from importlib import import_module
    from shlex import quote
    from urllib.parse import unquote

    link = _LINK.fullmatch(name)
    for other in offers():
        linked = link and other.name in link[1].lower().split(".")
        there = unquote(link[2]).strip("/") if link and linked else name
        names = import_module(f"pmtui.venues.{other.name}.{other.names}")
        alike = other != offer and (linked or _CAPITALS.fullmatch(name)) and names.recognise(there) is None
        if alike and harmless(there) == there:
            return f"pmtui watch {quote(f'{min(other.prefixes, key=len)}:{there}')}"
    return ""


def _check_prefix(text: str, name: str) -> None:
    """Refuse what only looks like a venue; the first venue would say what its own names are like."""
    prefix = re.match(r"\s*([\w.-]+):(?!//)", text)
    if prefix and text.strip() == name:
        known = ", ".join(f"{min(offer.prefixes, key=len)}:" for offer in offers())
        raise Wrong(f"{quoted(text)}: no venue is called {prefix[1]!r}, there are {known}")


def _look_up(venue: Venue, texts: Sequence[str]) -> dict[str, list[Instrument]]:
    from pmtui.feed.http import HttpFetcher

    async def ask() -> dict[str, list[Instrument]]:
        fetcher = HttpFetcher()
        try:
            return {text: await _found(venue, fetcher, text) for text in texts}
        finally:
            await fetcher.close()

    return asking.run(ask())


async def _found(venue: Venue, fetcher: Fetcher, text: str) -> list[Instrument]:
    """What `text` names, by the first request that finds something."""
    from urllib.parse import urlsplit

    from pmtui.core.ports import VenueError

    for request in venue.lookups(meant(text)[1]):
        host = urlsplit(request.url).netloc
        if not host:
            raise Wrong(f"{quoted(text)}: a name has to be looked up, and where is not said: {_unset(meant(text)[0])}")
        try:
            instruments = venue.found(*await fetcher.fetch(request))
        except OSError as error:
            raise Unreachable(f"{host}: {error or 'no answer'}") from error
        except VenueError as error:
            raise Unreachable(f"{host}: {error.reason}") from error
        if instruments:
            return chosen(text, instruments)
    raise Wrong(f"{quoted(text)}: no market or event of this name was found at {host}")


def _unset(offer: Offer) -> str:
    """What to set for names to be looked up."""
    places = [place for place in offer.places if place.scheme == "http"]
    return f"set {' or '.join(place.variable for place in places)}"


def chosen(text: str, instruments: Sequence[Instrument]) -> list[Instrument]:
    """Of each market the first outcome; of several markets the open ones."""
    covered: set[str | None] = set()
    first: list[Instrument] = []
    for each in instruments:
        if each.id not in covered:
            first.append(each)
            covered |= {each.id, each.complement}
    if len(first) > 1:
        first = [each for each in first if not each.closed]
        if not first:
            raise Wrong(f"{quoted(text)}: every market of this event is closed")
    return first


def _too_many(text: str, found: Sequence[Instrument]) -> str:
    return f"{quoted(text)} has {len(found)} open markets, the first {MOST_MARKETS} are watched"
