"""For terminals that have nothing but ASCII: every sign of ours by one that stands in for it, columns kept."""

from __future__ import annotations

from rich.cells import get_character_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_SIGNS = {
    "▸": ">", "◂": "<", "›": ">", "‹": "<", "·": ".", "●": "*", "○": "o", "■": "#", "▲": "^", "▼": "v", "◆": "*",
    "✓": "+", "↯": "!", "×": "x", "¢": "c", "→": ">", "←": "<", "…": ".", "⋯": ".", "–": "-", "—": "-", "─": "-",
    "│": "|", "█": "#", "▉": "#", "▊": "#", "▋": "#", "▌": "=", "▍": "-", "▎": "-", "▏": "-", "’": "'", "“": '"',
    "”": '"', " ": " ",
}  # fmt: skip


class _Table(dict[int, str]):
    def __missing__(self, code: int) -> str:
        sign = chr(code) if code < 128 else "?" * max(0, get_character_cell_size(chr(code)))
        self[code] = sign
        return sign


_TABLE = _Table({ord(sign): plain for sign, plain in _SIGNS.items()})


def plain(text: str) -> str:
    """The same cells in ASCII."""
    return text if text.isascii() else text.translate(_TABLE)


class PlainFilter(LineFilter):
    """Spells everything that Textual draws in ASCII."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(plain(text), style, control) for text, style, control in segments]
