"""The lists of Gamma: which of all there are, in which order, from which on and how many.

Whatever is asked for and not known here is refused: a list that leaves a filter out answers another question.
"""

from __future__ import annotations

import base64
from binascii import Error
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import orjson

from pmtui.sim.http import Asked

Row = dict[str, Any]
_Query = Mapping[str, list[str]]
_Names = Mapping[str, Callable[[Row], Collection[str]]]

_FLAGS = ("closed", "active", "archived")
_PAGES = ("limit", "order", "ascending")
_MOST, _MOST_A_PAGE = 500, 100
_BY_DEFAULT = 100


class Senseless(Exception):
    """A list that cannot be given: a parameter that is not known, or says nothing."""


def markets(rows: Sequence[Row], asked: Asked) -> list[Row]:
    """The markets that are asked for; the open ones where nothing is said."""
    return _from_a_place(rows, _OPEN | asked.query, _MARKET)


def events(rows: Sequence[Row], asked: Asked) -> list[Row]:
    """The events that are asked for."""
    return _from_a_place(rows, asked.query, _EVENT)


def market_pages(rows: Sequence[Row], asked: Asked) -> Row:
    """The same, a page after the other."""
    page, more = _page(rows, _OPEN | asked.query, _MARKET)
    return {"markets": page} | more


def event_pages(rows: Sequence[Row], asked: Asked) -> Row:
    query = dict(asked.query)
    with_markets = "include_markets" not in query or _flag(query, "include_markets")
    query.pop("include_markets", None)
    page, more = _page(rows, query, _EVENT)
    if not with_markets:
        page = [{name: value for name, value in row.items() if name != "markets"} for row in page]
    return {"events": page} | more


_OPEN = {"closed": ["false"]}
_EVENT: _Names = {
    "id": lambda row: [row["id"]],
    "slug": lambda row: [row["slug"]],
}
_MARKET: _Names = {
    **_EVENT,
    "condition_ids": lambda row: [row["conditionId"]],
    "clob_token_ids": lambda row: orjson.loads(row["clobTokenIds"]),
}
"""What a row answers to, by the parameter that asks; of several values any will do."""


def _from_a_place(rows: Sequence[Row], query: _Query, names: _Names) -> list[Row]:
    first = _number(query.get("offset", ["0"])[0], "offset")
    found = _list(rows, query, names, "offset")
    return found[first : first + min(_limit(query), _MOST)]


def _page(rows: Sequence[Row], query: _Query, names: _Names) -> tuple[list[Row], Row]:
    """The rows of one page, and what leads to the next one, where there is one."""
    first = _place(query["after_cursor"][0]) if query.get("after_cursor", [""])[0] else 0
    found = _list(rows, query, names, "after_cursor")
    end = first + min(_limit(query), _MOST_A_PAGE)
    return found[first:end], {"next_cursor": _cursor(end)} if first < end < len(found) else {}


def _list(rows: Sequence[Row], query: _Query, names: _Names, *places: str) -> list[Row]:
    """All rows that are asked for, in their order."""
    known = (*names, *_FLAGS, *_PAGES, *places)
    if unknown := [name for name in query if name not in known]:
        raise Senseless(f"{unknown[0]} is not a parameter that is known here: {', '.join(known)}")
    for name, of in names.items():
        if wanted := query.get(name):
            rows = [row for row in rows if not set(wanted).isdisjoint(of(row))]
    for name in _FLAGS:
        if name in query:
            rows = [row for row in rows if row[name] is _flag(query, name)]
    if fields := query.get("order"):
        rows = _sorted(rows, fields[0], backwards=not ("ascending" in query and _flag(query, "ascending")))
    return list(rows)


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(b"row %d" % place).decode()


def _place(cursor: str) -> int:
    """The row at which a page begins."""
    try:
        word, _, place = base64.b64decode(cursor, b"-_", validate=True).decode().partition(" ")
    except (Error, ValueError):
        word = place = ""
    if word != "row":
        raise Senseless("after_cursor is what next_cursor was")
    return _number(place, "after_cursor")


def _sorted(rows: Sequence[Row], field: str, *, backwards: bool) -> list[Row]:
    if any(not isinstance(row.get(field), int | float | str) for row in rows):
        raise Senseless(f"nothing can be put in order by {field}")
    return sorted(rows, key=lambda row: row[field], reverse=backwards)


def _flag(query: _Query, name: str) -> bool:
    if (text := query[name][0]) not in ("true", "false"):
        raise Senseless(f"{name} is true or false")
    return text == "true"


def _limit(query: _Query) -> int:
    return _number(query.get("limit", [str(_BY_DEFAULT)])[0], "limit")


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Senseless(f"{name} is a whole number")
    return int(text)
