"""Which way a price went lately, told calmly."""

from __future__ import annotations

from pmtui.core.board import UNMOVED, Board

OVER = 60_000
KNOWN_AFTER = 5_000
"""A price that has been known for less went nowhere yet."""
EVERY = 1_000


class Drift:
    """Up, down or level against a minute ago; it is weighed once a second at most, so that it does not flicker."""

    __slots__ = ("_weighed_at", "direction")

    def __init__(self) -> None:
        self._weighed_at = 0
        self.direction: int | None = None
        """1 for up, -1 for down, 0 for level, None as long as too little is known."""

    def weigh(self, board: Board, mid: int, now: int) -> int | None:
        """By the board's own series, which goes on whoever looks; the direction."""
        if self.direction is None or now - self._weighed_at >= EVERY:
            since, before = _before(board, mid, now)
            self.direction = None if now - since < KNOWN_AFTER else (mid > before) - (mid < before)
            self._weighed_at = now
        return self.direction


def _before(board: Board, mid: int, now: int) -> tuple[int, int]:
    """The mid of a minute ago, or the first one since, and since when it is known."""
    if board.flow is UNMOVED:
        return board.since, mid
    since, before = board.flow.series.stood(now - OVER) or (now, mid)
    return min(since, board.since), before  # until the series began nothing had changed
