"""How many cells a text takes on the screen.

Signs of our own are known to be narrow; only others have to be looked up in the tables of all letters, which most
sessions never load.
"""

from __future__ import annotations

from functools import lru_cache

from rich import cells

_NARROW = dict.fromkeys(map(ord, "…–—‑‐‘’“”→←↑↓↯≥≤≈≠−✓✗✕›‹•⋯"), ".")


@lru_cache(maxsize=4_096)  # the same words come thirty times a second
def cell_len(text: str) -> int:
    """The cells of a text."""
    return cells.cell_len(text.translate(_NARROW))
