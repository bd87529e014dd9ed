"""Which lines differ, and laying them into a frame, each piece behind the codes that it needs.

What a line ends with, the next one goes on with: a third of a frame would be codes that say it again. lay.c does the
work; it is built when the program is installed, and where no compiler was at hand Python does the same, slower.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

EDITION = 3
"""Which build of lay.c belongs to this module."""

Span = tuple[str, str]
"""A piece of a line: its text, and the component classes it looks like (`"ladder--bid"`, two with a blank, or `""`)."""
Spans = Sequence[Span]

# Characters that are surely printable and one cell wide, so that a line of them need not be measured. lay.c knows them,
# too.
NARROW = re.compile(
    "[ -~\xa1-\xac\xae-\u02ff\u0370-\u0377\u037a-\u037f\u0391-\u03a1\u03a3-\u03ff"
    "\u2010-\u2027\u2039\u203a\u2190-\u2199\u2200-\u22ff\u2500-\u25fc\u2713\u2800-\u28ff]*"
).fullmatch


def in_python(painted: Sequence[Spans], moves: Sequence[str], pen: Any, width: int, frame: list[str]) -> bool:
    """Add lines to a frame, each behind its move and filled up to `width`; false when one is too long or not narrow.

    A pen gives for a look the codes to write and the pen to go on with, and its `blank` the same for blanks that
    follow another text.
    """
    texts: list[str] = []
    for move, spans in zip(moves, painted, strict=True):
        frame.append(move)
        mark, begun = len(frame), False
        for text, look in spans:
            codes, pen = pen.blank[look] if begun and text.isspace() else pen[look]
            frame += codes, text
            begun = True
        line = "".join(frame[mark + 1 :: 2])
        if len(line) != width:
            if len(line) > width:
                return False
            codes, pen = pen.blank[""] if begun else pen[""]
            frame += codes, " " * (width - len(line))
        texts.append(line)
    # One look at all lines costs a third of a look at each.
    return NARROW("".join(texts)) is not None


def differing_in_python(old: Sequence[object], new: Sequence[object]) -> list[int]:
    """The lines at which two screens of rows differ; a missing row is a blank line."""
    lines = [n for n, (one, other) in enumerate(zip(old, new, strict=False)) if one is not other and one != other]
    lines.extend(range(min(len(old), len(new)), max(len(old), len(new))))
    return lines


def _find() -> tuple[Callable[..., bool], Callable[[Sequence[object], Sequence[object]], list[int]]]:
    try:
        import _pmtui_lay  # type: ignore[import-not-found]  # there is nothing to look at in a compiled module
    except ImportError:
        return in_python, differing_in_python
    ours = _pmtui_lay.EDITION == EDITION
    return (_pmtui_lay.lay, _pmtui_lay.differing) if ours else (in_python, differing_in_python)


lay, differing = _find()
