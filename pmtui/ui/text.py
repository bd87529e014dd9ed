"""Words from outside, made harmless at the door: no control, direction, invisible or undrawable character.

What comes out is drawn as plain text, never as markup.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rich.cells import set_cell_size

from pmtui import logs
from pmtui.ui.cells import cell_len

LONGEST = 200
NAMELESS = "(no name)"
MIXED = "(mixed letters)"
"""Before words that take letters of one alphabet for those of another: so a name is made that looks like another."""
_MARKS = 2
"""How many combining marks a letter may carry."""

_WORD = re.compile(r"[^\W\d_]+")
_ALIKE = frozenset(("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"))
_LOOSE_ENDS = " ,.;:-"
_ENDS = re.compile(r"\s+|(?<=[^\W\d])(?=-\w)")
_FIRST = re.compile(r"(?:Will\s+)?(?:\S{1,3}\s+)*?(?:[^\W\d]{4,}(?=-)|\S{4,})")
_OPENING = re.compile(r"^Will (?:(?:the|an?) (?=\S)|(?=[A-Z0-9$]))")

# Letters that draw nothing: fillers that some use to make an empty-looking name.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f")
# What makes one sign of two, or another one of the first. Terminals do not agree how wide such a pair is, and whatever
# stands behind it would go where it does not belong: the first sign alone is as wide everywhere.
_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_VARIANTS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
_KEYCAP = frozenset("\u20e3")
_DROPPED = _BLANK | _TONES | _VARIANTS | _KEYCAP
_FLAG_A, _FLAG_Z = "\U0001f1e6", "\U0001f1ff"
"""The letters of which flags are made."""


def clean(text: object, *, limit: int = LONGEST) -> str:
    """`text` in one line of drawable characters, at most `limit` cells wide."""
    return _cleaned(text, limit, logs.SECRETS.edition) if isinstance(text, str) else ""


@lru_cache(maxsize=2_048)  # the same names come thirty times a second
def _cleaned(text: str, limit: int, _: object) -> str:
    # A hostile megabyte is cut before it is looked at letter by letter; a venue may repeat secrets that it was told.
    line = " ".join(harmless(logs.SECRETS.cover(text[: limit * 8])).split())
    if not line.isascii() and not line.startswith(MIXED) and any(_mixes(word) for word in _WORD.findall(line)):
        line = f"{MIXED} {line}"
    return line if cell_len(line) <= limit else set_cell_size(line, limit - 1).rstrip() + "…"


def harmless(text: str) -> str:
    """What of it can be drawn; nothing is added, and its blanks stay its own."""
    marks, kept = Marks(), []
    for letter in text:
        char = drawable(letter)
        if marks.allow(letter) and char:
            kept.append(char)
    return "".join(kept)


class Marks:
    """Counts the combining marks of a letter, letter after letter."""

    def __init__(self) -> None:
        self._marks = 0

    def allow(self, letter: str) -> bool:
        """Whether this may follow what came before it."""
        self._marks = self._marks + 1 if is_mark(letter) else 0
        return self._marks <= _MARKS


def is_mark(letter: str) -> bool:
    """Whether it is drawn into the letter before it."""
    return unicodedata.category(letter) in ("Mn", "Me")


def _mixes(word: str) -> bool:
    """Whether letters of two alphabets whose letters look alike stand in one word."""
    return len({unicodedata.name(letter, "").partition(" ")[0] for letter in word} & _ALIKE) > 1


def drawable(letter: str) -> str:
    """The letter, what stands in for it, or nothing."""
    if letter in "\r\n\t\u2028\u2029":
        return " "
    category = unicodedata.category(letter)
    if letter in _DROPPED or category in ("Cc", "Cf"):
        return ""
    if _FLAG_A <= letter <= _FLAG_Z:
        return chr(ord("A") + ord(letter) - ord(_FLAG_A))
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
    return (word if cell_len(word) >= width // 2 else cut).rstrip(_LOOSE_ENDS) + "…"


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Filled up with blanks to so many cells: a letter may take two of them."""
    blanks = " " * (width - (len(text) if text.isascii() else cell_len(text)))
    return blanks + text if right else text + blanks


def opened(title: str) -> str:
    """A title without the words with which so many questions begin."""
    return _OPENING.sub("", title)


@lru_cache(maxsize=2_048)
def whole_words(text: str, width: int) -> str:
    """As many of its words as there are cells for, none of them cut; empty where the first does not fit."""
    if cell_len(text) <= width:
        return text
    told = ""
    for end in _ENDS.finditer(text):
        cut = text[: end.start()].rstrip(_LOOSE_ENDS) + "…"
        if cell_len(cut) > width:
            break
        told = cut if len(cut) > 1 else told
    return told


def least(title: str) -> str:
    """The fewest of its first words that say something: little ones and Will alone do not."""
    first = _FIRST.match(title)
    return (whole_words(title, cell_len(first[0]) + 1) if first else "") or title
