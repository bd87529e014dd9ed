"""From what the venue lists to instruments: perps, spot pairs by their tokens' names, outcomes by their questions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson

from pmtui.core.careful import answered
from pmtui.core.instrument import Instrument, InstrumentId, identify
from pmtui.core.ports import Hit, Request, VenueError, status_words
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import ONE, NotANumber, Px, billionths, day_of
from pmtui.venues.hyperliquid import names
from pmtui.venues.hyperliquid.names import NAME, SHARES
from pmtui.venues.hyperliquid.numbers import PERP_DECIMALS, SPOT_DECIMALS, decimals
from pmtui.venues.hyperliquid.posts import PATH

_LONGEST = 200
"""Letters that are read of what is looked for, and of words that stand in for a name."""


class Listed(NamedTuple):
    """An instrument, and how many decimals its prices may have; -1 where that is not said."""

    instrument: Instrument
    decimals: int = -1


def ask(api: str, what: str, **more: object) -> Request:
    """A question to the information service."""
    return Request(f"{api}{PATH}", what, orjson.dumps({"type": what, **more}), venue=NAME)


def lists(api: str, symbol: str) -> list[Request]:
    """Requests whose answers may name this coin, to be tried in turn."""
    if names.is_outcome(symbol):
        return [ask(api, "outcomeMeta"), ask(api, "settledOutcome", outcome=int(symbol[1:]) // 10)]
    if names.is_spot(symbol):
        return [ask(api, "spotMeta")]
    dex = names.dex(symbol)
    return [ask(api, "meta", dex=dex) if dex else ask(api, "meta")]


def search(api: str, text: str) -> list[Request]:
    """Requests that may find what somebody typed: a coin by its name, anything by a part of it."""
    text = " ".join(text.split())[:_LONGEST]
    if not text:
        return []
    if names.recognise(text) is None and (names.is_outcome(text) or names.dex(text) or text[:1] == "@"):
        return lists(api, text)
    everything = [ask(api, "meta"), ask(api, "spotMeta"), ask(api, "outcomeMeta")]
    return everything[1:2] if "/" in text else everything


def hits(text: str, listed: list[Listed]) -> tuple[Hit, ...]:
    """The coins that contain the text, those of just this name first; of both outcomes the first."""
    wanted = " ".join(text.split()).lower()
    found = [
        each.instrument
        for each in listed
        if not names.is_mirrored(each.instrument.symbol)
        and not each.instrument.closed
        and any(
            wanted in word.lower() for word in (each.instrument.symbol, each.instrument.title, each.instrument.event)
        )
    ]
    exact = [each for each in found if wanted in (each.symbol.lower(), each.title.lower())]
    return tuple(Hit(each) for each in dict.fromkeys([*exact, *found]))


def read(status: int, body: bytes) -> list[Listed]:
    """All that an answer lists; raises `VenueError` when it makes no sense."""
    if status == 404:
        return []
    if status != 200:
        raise VenueError(f"the venue {status_words(status)}", resync=False)
    try:
        answer = answered(body, orjson.loads)
    except orjson.JSONDecodeError as error:
        raise VenueError("the venue's answer is not JSON", resync=False) from error
    if not isinstance(answer, dict):
        return []
    if "settleFraction" in answer:
        return list(_settled(answer))
    if "outcomes" in answer:
        return list(_outcomes(answer))
    return list(_pairs(answer) if "tokens" in answer else _perps(answer))


def _rows(fields: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = fields.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _text(fields: dict[str, Any], name: str) -> str:
    found = fields.get(name)
    return found if isinstance(found, str) else ""


def _whole(fields: dict[str, Any], name: str) -> int:
    found = fields.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else -1


def _perps(answer: dict[str, Any]) -> Iterator[Listed]:
    for row in _rows(answer, "universe"):
        name, size_decimals = _text(row, "name"), _whole(row, "szDecimals")
        if names.recognise(name) is None and 0 <= size_decimals <= PERP_DECIMALS:
            gone = row.get("isDelisted") is True
            known = Instrument(
                identify(NAME, name),
                NAME,
                name,
                f"{name} perp",
                unit=name.rpartition(":")[2],
                closed=gone,
                winner="delisted" if gone else "",
            )
            yield Listed(known, decimals(name, size_decimals))


def _pairs(answer: dict[str, Any]) -> Iterator[Listed]:
    tokens = {_whole(row, "index"): row for row in _rows(answer, "tokens")}
    for row in _rows(answer, "universe"):
        name, pair = _text(row, "name"), row.get("tokens")
        if names.recognise(name) is not None or not isinstance(pair, list) or len(pair) != 2:
            continue
        # The number of a token is not its place in the list, nor has it to do with the pair's.
        base, quote = (tokens.get(each) if isinstance(each, int) else None for each in pair)
        if base is None or quote is None or not 0 <= (size_decimals := _whole(base, "szDecimals")) <= SPOT_DECIMALS:
            continue
        coin, money = (_text(each, "name").strip() for each in (base, quote))
        known = Instrument(identify(NAME, name), NAME, name, f"{coin}/{money}", unit=coin)
        yield Listed(known, decimals(name, size_decimals))


# Outcomes


def _outcomes(answer: dict[str, Any]) -> Iterator[Listed]:
    events: dict[int, str] = {}
    for question in _rows(answer, "questions"):
        members = question.get("namedOutcomes")
        for each in [*(members if isinstance(members, list) else []), question.get("fallbackOutcome")]:
            if isinstance(each, int):
                events[each] = _words(question)
    for row in _rows(answer, "outcomes"):
        yield from _market(row, events.get(_whole(row, "outcome"), ""))


def _settled(answer: dict[str, Any]) -> Iterator[Listed]:
    spec = answer.get("spec")
    try:
        paid = billionths(answer.get("settleFraction"))
    except NotANumber as error:
        raise VenueError(f"the settlement cannot be read: {error}", resync=False) from error
    if isinstance(spec, dict):
        sides = list(_market(spec, ""))
        winner = next(
            (each.instrument.outcome for each, pays in zip(sides, (ONE, 0), strict=False) if paid == pays), ""
        )
        for each in sides:
            yield Listed(each.instrument.told(closed=True, winner=winner or _text(answer, "details") or "settled"))


def _market(row: dict[str, Any], event: str) -> Iterator[Listed]:
    number = _whole(row, "outcome")
    if not 0 <= number < 10**8:
        return
    told = _facts(_text(row, "description"))
    sides = [_text(side, "name") for side in _rows(row, "sideSpecs")]
    ids: list[InstrumentId] = [identify(NAME, f"#{10 * number + side}") for side in (0, 1)]
    for side in (0, 1):
        yield Listed(
            Instrument(
                ids[side],
                NAME,
                f"#{10 * number + side}",
                title=_words(row),
                outcome=sides[side] if len(sides) == 2 and sides[side] else ("Yes", "No")[side],
                market=str(number),
                event=event,
                complement=ids[1 - side],
                ceiling=Px(ONE),
                shared=True,
                unit=SHARES,
                ends=expiry(told.get("expiry", "")),
            )
        )


def _facts(description: str) -> dict[str, str]:
    """`class:priceBinary|underlying:BTC|…` as names and values; empty for free text."""
    pairs = [part.partition(":") for part in description.split("|")]
    return {name: value for name, colon, value in pairs if colon and re.fullmatch(r"[A-Za-z]{1,40}", name)}


def _words(row: dict[str, Any]) -> str:
    """What is asked, in words: recurring markets say it in fields only."""
    description = _text(row, "description")
    told = _facts(description)
    if told.get("class") == "priceBinary" and "underlying" in told and "targetPrice" in told:
        return f"{told['underlying']} above {told['targetPrice']}{_when(told)}"
    if told.get("class") == "priceBucket" and "underlying" in told and "priceThresholds" in told:
        return f"{told['underlying']} within {told['priceThresholds']}{_when(told)}"
    return _text(row, "name") or description[:_LONGEST]


def _when(told: dict[str, str]) -> str:
    ends = expiry(told.get("expiry", ""))
    return f" on {datetime.fromtimestamp(ends, UTC):%d %b %H:%M} UTC" if ends else ""


def expiry(text: str) -> int:
    """`20260310-1100` in UTC as Unix seconds, 0 for anything else."""
    try:
        return day_of(datetime.strptime(text, "%Y%m%d-%H%M").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return 0
