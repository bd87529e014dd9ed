"""For terminals that have less: ASCII for every sign of ours, columns kept, and no colour for those who want none."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import get_character_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter, Monochrome, NoColor

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


def plain(text: str) -> str:
    """The same cells in ASCII."""
    return text if text.isascii() else text.translate(_TABLE)


_EDGES = str.maketrans("▉▊▋▌▍▎▏", "---=###")


def spell(spans: Spans) -> Spans:
    """The same spans in ASCII."""
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
