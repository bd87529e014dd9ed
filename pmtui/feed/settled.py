"""What stays is taken out of the collector's sight: it would look through thousands of books each time, for nothing."""

from __future__ import annotations

import gc
from collections.abc import Callable

MANY = 100
"""So many new books are worth a collection of their own."""
LOADED_AFTER = 2_000
"""ms after the feed begins in which sockets, TLS and what they need have been loaded."""


def settle() -> None:
    """Keep all that there is now. It is the whole program that this concerns, so its owner decides on it."""
    gc.collect()  # what is garbage now would stay, too
    gc.freeze()


class Settling:
    """Counts what came to stay."""

    def __init__(self, settle: Callable[[], None], began: int = 0) -> None:
        self._settle = settle
        self._new = 0
        self._loaded_at = began + LOADED_AFTER

    def tick(self, now: int) -> None:
        """Time has passed: what was loaded to talk to venues stays, too."""
        if self._loaded_at and now >= self._loaded_at:
            self._loaded_at = 0
            self._settle()

    def came(self, count: int) -> None:
        """So many books more are kept from now on."""
        self._new += count
        if self._new >= MANY:
            self._new = 0
            self._settle()
