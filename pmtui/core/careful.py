"""The careful reader of JSON, for what does not fit the shape that a codec expects.

Nothing is lost: numbers stay the text they were, and what could be read in two ways is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable
from typing import Any, TypeVar

from pmtui.core.events import Rejected
from pmtui.core.ports import VenueError
from pmtui.core.units import NotANumber

BLANKS = b" \t\r\n"
"""What may stand before a message, and means nothing."""
MOST_KEYS, MOST_VALUES = 41_000, 100_000
"""A frame with more keys or values than this that does not fit its shape is not worth reading with care."""
MOST_OBJECTS = 50_000
"""What is asked for has a few thousand: orders, fills, markets."""
MOST_BAD = 20
"""After more bad ones than this nothing else is read of a list: so many cost the link its life."""
THE_REST = "the rest of a list of which too much could not be read"


Row = TypeVar("Row")
Told = TypeVar("Told")


def judged(
    rows: Iterable[Row],
    read: Callable[[Row], Iterable[Told]],
    refuse: Callable[[Any, Row], Rejected],
    wrong: type[Exception] | tuple[type[Exception], ...] = (VenueError, NotANumber),
) -> list[Told | Rejected]:
    """What each row tells, in their order: one that cannot be read spoils no other, and too many spoil the rest.

    `refuse` makes a fact of what `read` raised, and of a `VenueError` that says `THE_REST` for all that is left.
    """
    found: list[Told | Rejected] = []
    bad = 0
    for row in rows:
        if bad > MOST_BAD:
            found.append(refuse(VenueError(THE_REST), row))
            break
        try:
            found += read(row)
        except wrong as error:
            found.append(refused := refuse(error, row))
            bad += not refused.read
    return found


class Bare(str):
    """A number that stood in the JSON without quotes, kept as its text."""

    __slots__ = ()


def careful(frame: bytes) -> Any:
    """Parse without losing anything: numbers stay text, repeated keys and non-JSON words are refused."""
    if len(frame) > MOST_KEYS:  # each takes more than a byte
        _check_count(frame)
    try:
        # Decoded first: left to itself, the parser would guess other encodings.
        return json.loads(
            frame.decode(), object_pairs_hook=_unique, parse_float=Bare, parse_int=Bare, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise VenueError(f"not JSON: {_first_words(error)}", sample=sample(frame)) from error


def _check_count(frame: bytes) -> None:
    if frame.count(b'":') > MOST_KEYS:
        raise VenueError("too many keys to read", sample=sample(frame))
    # All but the first of a list or an object come after a comma.
    if frame.count(b",") + frame.count(b"[") + frame.count(b"{") > MOST_VALUES:
        raise VenueError("too many values to read", sample=sample(frame))


_FEW = 8
"""Names that are looked for one after the other: that is faster."""


def quoted(raw: bytes, names: Collection[str]) -> frozenset[str]:
    """Those of the names that stand in quotes in a message that could not be read.

    Looked for in one pass, however many names there are: such a message may be long, and others wait meanwhile.
    """
    if len(names) <= _FEW:
        return frozenset(name for name in names if f'"{name}"'.encode() in raw)
    known = {name.encode(): name for name in names}
    sizes = [len(name) for name in known]
    between = rb'"([^"]{%d,%d}+)(?=")' % (min(sizes), max(sizes))
    return frozenset(known[found[1]] for found in re.finditer(between, raw) if found[1] in known)


def answered(body: bytes, parse: Callable[[bytes], Any]) -> Any:
    """What `parse` makes of an answer; half a character that stands alone in it must not cost all the rest.

    Raises what `parse` does, and `VenueError` for one of so many rows that reading them would hold up the feed.
    """
    if len(body) > MOST_OBJECTS and body.count(b"{") > MOST_OBJECTS:
        raise VenueError(f"an answer of more than {MOST_OBJECTS:,} objects", resync=False)
    try:
        return parse(body)
    except ValueError:
        if (mended := _ESCAPES.sub(_whole_character, body)) == body:
            raise
        return parse(mended)


_ESCAPES = re.compile(rb"\\(?:[^u]|u[dD][89abAB]..\\u[dD][c-fC-F]..|u....)")


def _whole_character(found: re.Match[bytes]) -> bytes:
    alone = len(found[0]) == len(rb"\uXXXX") and found[0][2:4].lower() in _HALVES
    return rb"\ufffd" if alone else found[0]


_HALVES = frozenset({b"d8", b"d9", b"da", b"db", b"dc", b"dd", b"de", b"df"})


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not a number")


def _first_words(error: Exception) -> str:
    return "nested too deep" if isinstance(error, RecursionError) else str(error).partition(":")[0][:60]


def sample(said: bytes | str) -> str:
    """The beginning of a frame or of words in it, escaped so that it can be logged and shown."""
    begin = said[:200]
    text = begin if isinstance(begin, str) else begin.decode("utf-8", "replace")
    return text.encode("unicode_escape").decode("ascii")[:200]


def sample_of(row: object, show: Callable[[bytes], str] = sample) -> str:
    """The beginning of what was read already, however deep it is nested."""
    try:
        return show(json.dumps(row, separators=(",", ":")).encode())
    except RecursionError:
        return "nested too deep to be shown"


def kind(found: object) -> str:
    """What stands in a message, in the words of whoever reads why it was refused."""
    if isinstance(found, Bare):
        return "a number"
    return next((words for known, words in _KINDS if isinstance(found, known)), "something else")


_KINDS: tuple[tuple[type, str], ...] = (
    (type(None), "nothing"),
    (bool, "yes or no"),  # to Python these are numbers, too
    (int, "a number"),
    (float, "a number"),
    (str, "text"),
    (list, "a list"),
    (dict, "an object"),
)


def obj(found: object) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise NotANumber(f"an object was expected, not {kind(found)}")
    return found


def objects(found: object) -> list[dict[str, Any]]:
    if not isinstance(found, list):
        raise NotANumber(f"a list was expected, not {kind(found)}")
    return [obj(each) for each in found]


def value(fields: dict[str, Any], name: str) -> str:
    """A field that must be there, as its text; a bare JSON number counts as text, since it was kept exactly."""
    found = fields[name]
    if not isinstance(found, str):
        raise NotANumber(f"{name} is {kind(found)}, not text")
    return str(found)


def optional(fields: dict[str, Any], name: str) -> str | None:
    found = fields.get(name)
    return str(found) if isinstance(found, str) else None


def text(found: object) -> str:
    return found if isinstance(found, str) else ""
