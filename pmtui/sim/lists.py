"""The lists of Gamma: which of all there are, in which order, from which on and how many.

Whatever is asked for and not known here is refused: a list that leaves a filter out answers another question.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import orjson

from pmtui.sim.http import Asked

Row = dict[str, Any]

_FLAGS = ("closed", "active", "archived")
_PAGES = ("limit", "offset", "order", "ascending")
_MOST = 500
_BY_DEFAULT = 100


class Senseless(Exception):
    """A list that cannot be given: a parameter that is not known, or says nothing."""


def markets(rows: Sequence[Row], asked: Asked) -> list[Row]:
    """The markets that are asked for; the open ones where nothing is said."""
    return _list(rows, {"closed": ["false"]} | asked.query, _MARKET)


def events(rows: Sequence[Row], asked: Asked) -> list[Row]:
    """The events that are asked for."""
    return _list(rows, asked.query, _EVENT)


_EVENT: Mapping[str, Callable[[Row], Collection[str]]] = {
    "id": lambda row: [row["id"]],
    "slug": lambda row: [row["slug"]],
}
_MARKET: Mapping[str, Callable[[Row], Collection[str]]] = {
    **_EVENT,
    "condition_ids": lambda row: [row["conditionId"]],
    "clob_token_ids": lambda row: orjson.loads(row["clobTokenIds"]),
}
"""What a row answers to, by the parameter that asks; of several values any will do."""


def _list(
    rows: Sequence[Row], query: Mapping[str, list[str]], names: Mapping[str, Callable[[Row], Collection[str]]]
) -> list[Row]:
    known = (*names, *_FLAGS, *_PAGES)
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
    first, most = _number(query, "offset", 0), _number(query, "limit", _BY_DEFAULT)
    return list(rows[first : first + min(most, _MOST)])


def _sorted(rows: Sequence[Row], field: str, *, backwards: bool) -> list[Row]:
    if any(not isinstance(row.get(field), int | float | str) for row in rows):
        raise Senseless(f"nothing can be put in order by {field}")
    return sorted(rows, key=lambda row: row[field], reverse=backwards)


def _flag(query: Mapping[str, list[str]], name: str) -> bool:
    if (text := query[name][0]) not in ("true", "false"):
        raise Senseless(f"{name} is true or false")
    return text == "true"


def _number(query: Mapping[str, list[str]], name: str, otherwise: int) -> int:
    text = query.get(name, [str(otherwise)])[0]
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Senseless(f"{name} is a whole number")
    return int(text)
