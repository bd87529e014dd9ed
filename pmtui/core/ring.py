"""A bounded row of entries that counts all that ever passed, so that whoever reads it keeps a number as his place."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Ring(Generic[T]):
    """Newest last. `total` never falls, so a reader's cursor stays good when the ring has moved on."""

    __slots__ = ("ring", "total")

    def __init__(self, keep: int) -> None:
        self.ring: deque[T] = deque(maxlen=keep)
        self.total = 0
        """The number that the next entry will have."""

    def push(self, entry: T) -> None:
        self.ring.append(entry)
        self.total += 1

    @property
    def oldest(self) -> int:
        """The number of the oldest entry that is still kept."""
        return self.total - len(self.ring)

    def since(self, cursor: int) -> tuple[list[T], int]:
        """What was added after `cursor` and is still kept, and the cursor to ask with next."""
        ring = self.ring
        fresh = min(self.total - cursor, len(ring))
        return [ring[i] for i in range(len(ring) - fresh, len(ring))], self.total
