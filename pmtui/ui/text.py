"""Words from outside, made harmless at the door: no control, direction, invisible or undrawable character.

What comes out is drawn as plain text, never as markup.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rich.cells import cell_len, set_cell_size

from pmtui import logs

LONGEST = 200
NAMELESS = "(no name)"
_MARKS = 2
"""How many combining marks a letter may carry."""

# Letters that draw nothing: fillers that some use to make an empty-looking name.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f")


def clean(text: object, *, limit: int = LONGEST) -> str:
    """`text` in one line of drawable characters, at most `limit` cells wide."""
    return _cleaned(text, limit, logs.SECRETS.edition) if isinstance(text, str) else ""


@lru_cache(maxsize=2_048)  # the same names come thirty times a second
def _cleaned(text: str, limit: int, _: object) -> str:
    kept: list[str] = []
    marks = 0
    # A hostile megabyte is cut before it is looked at letter by letter; a venue may repeat secrets that it was told.
    for letter in logs.SECRETS.cover(text[: limit * 8]):
        char = _drawable(letter)
        marks = marks + 1 if unicodedata.category(letter) in ("Mn", "Me") else 0
        if char and marks <= _MARKS:
            kept.append(char)
    line = " ".join("".join(kept).split())
    return line if cell_len(line) <= limit else set_cell_size(line, limit - 1).rstrip() + "…"


def _drawable(letter: str) -> str:
    """The letter, what stands in for it, or nothing."""
    if letter in "\r\n\t\u2028\u2029":
        return " "
    category = unicodedata.category(letter)
    if letter in _BLANK or category in ("Cc", "Cf"):
        return ""
    return "\ufffd" if category in ("Cs", "Co", "Cn") else letter


def named(text: object, symbol: str) -> str:
    """A cleaned name; one that would look empty is replaced by a shortened id."""
    line = clean(text)
    if any(unicodedata.category(char)[0] in "LNPS" for char in line):
        return line
    return f"{NAMELESS} {symbol[:4]}…{symbol[-4:]}"


@lru_cache(maxsize=2_048)
def shorten(text: str, width: int) -> str:
    """At most `width` cells, cut after a whole word where there is one."""
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return ""
    cut = set_cell_size(text, width - 1).rstrip()
    word = cut.rpartition(" ")[0] if not text[len(cut) : len(cut) + 1].isspace() else cut
    return (word if cell_len(word) >= width // 2 else cut).rstrip(" ,.;:-") + "…"
