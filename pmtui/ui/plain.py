"""For terminals that have less: ASCII for every sign of ours, columns kept, and no colour for those who want none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from rich.cells import get_character_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter, Monochrome, NoColor

from pmtui.ui.cells import cell_len
from pmtui.ui.panel import Spans

_MEANT = {
    # pointers
    # Where they stand tells what they mean: in the ladder a best price, before a number a bound, in a list the chosen.
    ">": "▸›❯»▶→≥",
    "<": "◂‹❮«◀←≤",
    "^": "▲△▴↑⇧",
    "v": "▼▽▾↓",
    # marks
    "*": "●★•",
    "&": "◆",
    "@": "◉",
    "o": "○◇☆◦□",
    "#": "■▪▇█▉▊▋▓▀",
    "=": "▬▌▅▆═≈",
    "-": "▍▎▃▄–—−‐‑▔",
    "_": "▁▂",
    "|": "▏▕▐¦",
    ".": "·…⋯‥░",
    ":": "▒",
    "+": "✓✔",
    "x": "×✗✕",
    "!": "↯≠⚠",
    # letters and numbers
    "~": "±",
    "c": "¢",
    "S": "Σ",
    "D": "Δ",
    "u": "µμ",
    "'": "’‘",
    '"': "“”",
    " ": "\u00a0\u2007\u2009\u202f\u2800",
    "/ ": "🔎",
}
"""What each ASCII sign, or two where it is as wide as that, stands for."""

_BOX, _BRAILLE = range(0x2500, 0x2580), range(0x2800, 0x2900)
_DENSITIES = " ...:::##"
"""A braille cell by how many of its dots are there."""


class _Table(dict[int, str]):
    def __missing__(self, code: int) -> str:
        sign = self[code] = _stand_in(code)
        return sign


def _stand_in(code: int) -> str:
    if code < 128:
        return chr(code)
    if code in _BRAILLE:
        return _DENSITIES[(code - _BRAILLE.start).bit_count()]
    if code in _BOX:
        return _box(chr(code))
    # As wide as what it stands for, be that two columns or none.
    return "?" * max(0, get_character_cell_size(chr(code)))


def _box(line: str) -> str:
    from unicodedata import name

    words = set(name(line).split())
    across, along = bool(words & {"HORIZONTAL", "LEFT", "RIGHT"}), bool(words & {"VERTICAL", "UP", "DOWN"})
    return "+" if across == along else "-" if across else "|"


_TABLE = _Table({ord(sign): ascii_sign for ascii_sign, signs in _MEANT.items() for sign in signs})


_CUT = re.compile(r"(?<=[^\s–])…")
"""What ends a name that goes on: a full stop would look like its end."""


def plain(text: str) -> str:
    """The same cells in ASCII."""
    return text if text.isascii() else _CUT.sub("~", text).translate(_TABLE)


_WIDER = {"≥": ">=", "≤": "<=", "±": "+-", "→": "->", "←": "<-"}
"""Signs that one of ASCII cannot tell from others: `>` is a pointer too, `~` an estimate."""
_WIDER_TABLE = str.maketrans(_WIDER)
_IS_WIDER, _BLANKS = re.compile(f"[{''.join(_WIDER)}]"), re.compile("  ")


def in_words(text: str) -> str:
    """Running text in ASCII, which may become longer."""
    return plain(text.translate(_WIDER_TABLE))


def _widened(spans: Spans, room: int) -> Spans:
    """Two signs where one says too little, as far as there is a blank to spare for the second."""
    if not any(_IS_WIDER.search(text) for text, _ in spans):
        return spans
    signs = [(sign, look) for text, look in spans for sign in text]
    room -= sum(cell_len(text) for text, _ in spans)
    n = 0
    while n < len(signs):
        sign, look = signs[n]
        if sign in _WIDER:
            spare = _spare(signs, n)
            if spare >= 0:
                del signs[spare]
                n -= spare < n
            if spare >= 0 or room > 0:
                room -= spare < 0
                signs[n : n + 1] = [(each, look) for each in _WIDER[sign]]
                n += 1
        n += 1
    return [("".join(sign for sign, _ in run), look) for look, run in groupby(signs, key=itemgetter(1))]


def _spare(signs: Sequence[tuple[str, str]], at: int) -> int:
    """One of two blanks or more: those before the word, which is where the columns stay, or the next ones."""
    text = "".join(sign for sign, _ in signs)
    word = text.rfind(" ", 0, at)
    if word > 0 and text[word - 1] == " ":
        return word
    found = _BLANKS.search(text, at)
    return found.start() if found else -1


_EDGES = str.maketrans("▉▊▋▌▍▎▏", "---=###")


def spell(spans: Spans, room: int = 0) -> Spans:
    """The same spans in ASCII, in no more cells than before, or than `room`."""
    spans = _widened(spans, room)
    return [
        # A bar that grows to the left begins with a block reversed, which is drawn by what it leaves out.
        (plain(text.translate(_EDGES)), look.replace("-edge", "-bar")) if "-edge" in look else (plain(text), look)
        for text, look in spans
    ]


class PlainFilter(LineFilter):
    """Spells everything that Textual draws in ASCII."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(plain(text), style, control) for text, style, control in segments]


_PLAIN, _NO_COLOR = PlainFilter(), NoColor()


def filters(given: Sequence[LineFilter], *, ascii_only: bool, no_color: bool) -> Sequence[LineFilter]:
    """Textual's filters and ours. Textual would turn colours into greys, which are colours all the same."""
    kept = [_NO_COLOR] if no_color else [each for each in given if not isinstance(each, Monochrome | NoColor)]
    return [*kept, _PLAIN] if ascii_only else kept
