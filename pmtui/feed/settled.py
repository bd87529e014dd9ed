"""What stays is taken out of the collector's sight: it would look through thousands of books each time, for nothing."""

from __future__ import annotations

import gc

MANY = 100
"""So many new books are worth a collection of their own."""


class Settling:
    """Counts what came to stay."""

    def __init__(self) -> None:
        self._new = 0

    def came(self, count: int) -> None:
        """So many books more are kept from now on."""
        self._new += count
        if self._new >= MANY:
            self._new = 0
            gc.collect()  # what is garbage now would stay, too
            gc.freeze()
