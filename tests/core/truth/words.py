"""What the tests of all layers say often."""

from __future__ import annotations

from pmtui.core.board import Label
from pmtui.core.events import BookSnapshot
from pmtui.core.store import Store
from pmtui.core.truth.tops import BATCH_ENDS
from pmtui.core.units import Millis

from ..boards import A, B, bid, delta, live, sealed, snapshot, top, watched

CALM = top("0.48", "0.52")


def label(store: Store, at: int) -> Label:
    return store.label(A, Millis(at))


def settle(store: Store, at: int) -> None:
    store.check(Millis(at))


def mirrored() -> Store:
    store = watched(A, B, shown=[A])
    store.take([snapshot("0.48x10", "0.52x10"), snapshot("0.48x10", "0.52x10", instrument=B)])
    return store


def changed(n: int) -> str:
    return sealed(f"0.48x10 0.47x{n}", "0.52x10 0.53x5")


def missing(store: Store, count: int, first: int = 1) -> None:
    """Batches whose hash is not that of our book, each followed by a settling pause."""
    for n in range(first, first + count):
        store.take([delta(bid("0.47", str(n), CALM, "another book"), at=n * 1_000, sent=n)])
        settle(store, n * 1_000 + BATCH_ENDS)


def shown_live() -> Store:
    store = live()
    store.show([A], Millis(0))
    return store


def book_of(n: int, digest: str, *, at: int) -> BookSnapshot:
    return snapshot(f"0.48x10 0.47x{n}", "0.52x10 0.53x5", at=at, sent=at, digest=digest, tick="", initial=False)


def levels_text(side: dict[int, int]) -> str:
    return " ".join(f"{price / 10**9:.2f}x{size // 10**9}" for price, size in side.items())
