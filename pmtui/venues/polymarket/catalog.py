"""From what a user types to instruments: token ids, condition ids, slugs and pasted links."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from pmtui.core.careful import answered
from pmtui.core.instrument import Instrument, InstrumentId, identify
from pmtui.core.ports import Hit, Request, VenueError, status_words
from pmtui.core.units import ONE, NotANumber, Px, Qty, billionths, day_of, shown
from pmtui.venues.polymarket.addresses import Addresses
from pmtui.venues.polymarket.ids import is_id

NAME = "polymarket"
UNIT = "sh"
"""What sizes are counted in: shares."""

_TOKEN = r"[0-9]{41,78}"  # noqa: S105  # an id, not a secret
_CONDITION = r"0x[0-9a-f]{62,64}"
_SLUG = r"[a-z0-9][a-z0-9-]{2,199}"
_LINK = r"(?i)[a-z]+://"
_BARE_LINK = r"(?i)(?:[a-z]+\.)?polymarket\.com(?:/|$)"
_LANGUAGE = r"[a-z]{2}(?:-[a-z]{2,4})?"
_NAMELESS = " "
"""What stands for a question that was told and is empty: a name that nobody need ask for again."""
_MOST_EVENTS = 20
_MOST_TOKENS = 20
_MOST_MARKETS = 5_000
"""What is asked for are a few dozen events at most."""
_LONGEST = 200
_SITES = frozenset({"polymarket.com", "www.polymarket.com", "m.polymarket.com"})
_BEFORE = {"event": 1, "market": 1, "sports": 2, "esports": 2}
"""How many words of a link's path stand before what it names: games stand below their league."""


def recognise(text: str) -> str | None:
    """Why `text` cannot name a market, None when it may."""
    text = _spelt(text)
    if is_token(text) or re.fullmatch(_CONDITION, text):
        return None
    if re.match(_LINK, text):
        return None if _slug(text) else "this is not a link to a Polymarket event or market"
    if re.fullmatch(_TOKEN, text):
        return "a token id is less than 2^256, and this is not"
    if re.fullmatch(r"[0-9]+", text):
        return f"a token id has 41 to 78 digits, this has {len(text)}"
    if text.startswith("0x"):
        return "a condition id is 0x and 62 to 64 hexadecimal digits"
    if re.fullmatch(r"[0-9]+[a-z]{0,2}", text):
        return "this is neither a token id (over 40 digits) nor a slug (words joined by hyphens)"
    if re.fullmatch(_SLUG, text):
        return None
    if not re.fullmatch(r"[a-z0-9-]*", text):
        return "a slug has small letters, digits and hyphens only"
    return f"a slug has 3 to {_LONGEST} characters and begins with a letter or a digit"


def _spelt(text: str) -> str:
    """In the one form: a condition id in small letters, a link with its beginning."""
    if re.fullmatch(_CONDITION, text.lower()) or re.match("0X", text):
        return text.lower()
    return f"https://{text}" if re.match(_BARE_LINK, text) else text


def is_token(text: str) -> bool:
    return re.fullmatch(_TOKEN, text) is not None and is_id(text)


def instrument(text: str) -> Instrument | None:
    """What a token id names by itself; None for what takes a look-up."""
    if not is_token(text):
        return None
    return Instrument(identify(NAME, text), NAME, text, ceiling=Px(ONE), shared=True, unit=UNIT)


def lookups(addresses: Addresses, text: str) -> list[Request]:
    """Requests that may find what `text` names, to be tried in turn."""
    gamma, text = addresses.gamma, _spelt(text)
    if is_token(text) or re.fullmatch(_CONDITION, text):
        question = f"{gamma}/markets?{'clob_token_ids' if is_token(text) else 'condition_ids'}={text}"
        # Settled markets are left out unless they are asked for.
        return [_ask(question, "open"), _ask(f"{question}&closed=true", "closed")]
    slug = _slug(text) if re.match(_LINK, text) else text
    return [_ask(f"{gamma}/{kind}s/slug/{quote(slug)}", kind) for kind in ("market", "event")]


def _ask(url: str, what: str) -> Request:
    return Request(url, what, venue=NAME)


def overviews(addresses: Addresses, tokens: Sequence[str]) -> list[Request]:
    """Requests for the open markets of all these tokens, in as few as the length of an address allows."""
    chunks = (tokens[first : first + _MOST_TOKENS] for first in range(0, len(tokens), _MOST_TOKENS))
    return [
        _ask(
            f"{addresses.gamma}/markets?{'&'.join(f'clob_token_ids={each}' for each in chunk)}&limit={len(chunk)}",
            "many",
        )
        for chunk in chunks
    ]


def search(addresses: Addresses, text: str) -> list[Request]:
    """Requests that may find what `text` says: a name is looked up, words are searched for."""
    text = _spelt(" ".join(text.split())[:_LONGEST])
    named = recognise(text) is None
    if is_token(text) or re.match(rf"{_LINK}|0x", text):
        return lookups(addresses, text) if named else []
    if not text:
        return []
    question = f"q={quote(text)}&limit_per_type={_MOST_EVENTS}&events_status=active&search_profiles=false"
    words = _ask(f"{addresses.gamma}/public-search?{question}", "search")
    # One word may be a slug too, but hardly anybody means that.
    return [*lookups(addresses, text), words] if named and "-" in text else [words]


def _slug(link: str) -> str:
    """The most particular of the slugs in a pasted link: the market where there is one, else the event."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or (parts.hostname or "").lower() not in _SITES:
        return ""
    path = [part for part in parts.path.lower().split("/") if part]
    if path and re.fullmatch(_LANGUAGE, path[0]):
        path = path[1:]
    before = _BEFORE.get(path[0], len(path)) if path else 0
    named = [part for part in path[before:] if re.fullmatch(_SLUG, part)]
    if before > 1:  # between league and game there may be "games" and "week"
        named = [part for part in named if "-" in part]
    return named[:2][-1] if named else ""


def found(status: int, body: bytes) -> tuple[Instrument, ...]:
    """The instruments in a catalogue answer, both outcomes of each market; empty when it names none."""
    return tuple(hit.instrument for hit in _read(status, body))


def hits(status: int, body: bytes) -> tuple[Hit, ...]:
    """The markets in a catalogue answer, by their first outcomes; closed ones only when none is open."""
    firsts: list[Hit] = []
    covered: set[InstrumentId | None] = set()
    for hit in _read(status, body):
        if hit.instrument.id not in covered:
            firsts.append(hit)
            covered |= {hit.instrument.id, hit.instrument.complement}
    return tuple(hit for hit in firsts if not hit.instrument.closed) or tuple(firsts)


def _read(status: int, body: bytes) -> list[Hit]:
    if status == 404:
        return []
    if status != 200:
        raise VenueError(f"the catalogue {status_words(status)}", resync=False)
    try:
        answer = _json(body)
    except ValueError as error:
        raise VenueError("the catalogue's answer is not JSON", resync=False) from error
    outcomes: list[Hit] = []
    for row in _rows(answer):
        if isinstance(row, dict):
            nested = row.get("markets")
            for market in nested if isinstance(nested, list) else [row]:
                if isinstance(market, dict) and len(outcomes) < 2 * _MOST_MARKETS:
                    outcomes += _market(market, event=_text(row.get("title")) if nested else "")
    return outcomes


def _rows(answer: object) -> list[Any]:
    """Markets and events, however they are wrapped; a market names its events too."""
    if isinstance(answer, list):
        return answer
    events = answer.get("events") if isinstance(answer, dict) and "clobTokenIds" not in answer else None
    return events if isinstance(events, list) else [answer]


def _market(row: dict[str, Any], event: str) -> list[Hit]:
    tokens, outcomes, prices = (_listed(row.get(name)) for name in ("clobTokenIds", "outcomes", "outcomePrices"))
    if len(tokens) != 2 or not all(map(is_id, tokens)):
        return []
    ids = [identify(NAME, token) for token in tokens]
    closed = row.get("closed") is True
    paying = [outcome for outcome, price in zip(outcomes, prices, strict=False) if closed and price in ("1", "1.0")]
    events = row.get("events")
    parent = events[0] if isinstance(events, list) and events and isinstance(events[0], dict) else {}
    instruments = [
        Instrument(
            id=ids[n],
            venue=NAME,
            symbol=tokens[n],
            title=_text(row.get("question")) or _NAMELESS,
            part=_text(row.get("groupItemTitle")),
            outcome=outcomes[n] if len(outcomes) == 2 else ("Yes", "No")[n],
            market=_text(row.get("conditionId")),
            event=event or _text(parent.get("title")),
            complement=ids[1 - n],
            ceiling=Px(ONE),
            shared=True,
            unit=UNIT,
            tick=_tick(row.get("orderPriceMinTickSize")),
            least=Qty(_number(row.get("orderMinSize"))),
            ends=_seconds(row.get("endDate")),
            volume=_amount(row.get("volume24hr")),
            liquidity=_amount(row.get("liquidityNum") or row.get("liquidity")),
            closed=closed,
            winner=paying[0] if paying else "",
        )
        for n in (0, 1)
    ]
    told = [_price(each) for each in prices] if len(prices) == 2 else [None, None]
    return [Hit(each, price) for each, price in zip(instruments, told, strict=True)]


def _price(text: str) -> Px | None:
    try:
        price = billionths(text)
    except NotANumber:
        return None
    return Px(price) if price <= ONE else None


def _json(text: bytes | str) -> Any:
    import orjson  # a token id says all by itself

    return answered(text.encode() if isinstance(text, str) else text, orjson.loads)


def _listed(value: object) -> list[str]:
    """The catalogue writes lists as text that holds JSON."""
    if isinstance(value, str):
        try:
            value = _json(value)
        except ValueError:
            return []
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> int:
    """A JSON number of a few decimals; zero when it is none."""
    try:
        return billionths(
            value if isinstance(value, str) else f"{value:.9f}" if isinstance(value, float) else str(value)
        )
    except NotANumber:
        return 0


def _tick(value: object) -> Px:
    from pmtui.venues.polymarket.numbers import TICKS  # a token id says all by itself

    tick = _number(value)
    return Px(tick if tick in TICKS else 0)


def _amount(value: object) -> float:
    """An amount of dollars; zero when it is none."""
    try:
        return max(0.0, shown(value))
    except NotANumber:
        return 0.0


def _seconds(value: object) -> int:
    from datetime import UTC, datetime

    try:
        at = datetime.fromisoformat(_text(value).replace("Z", "+00:00"))
        return day_of((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return 0
