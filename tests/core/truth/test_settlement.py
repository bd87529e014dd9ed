"""D15: a settled question says so and keeps its last book."""

from __future__ import annotations

import pytest

from pmtui.core.board import Label
from pmtui.core.events import NO_ASK, NO_BID, UNTOLD, Resolved
from pmtui.core.instrument import InstrumentId
from pmtui.core.units import Millis

from ..boards import NOON, A, B, bid, board_of, delta, levels, live, top
from .words import label


def resolved(winner: str = "Yes", at: int = 100) -> Resolved:
    return Resolved((A, B), Millis(at), Millis(NOON + 100), A, winner)


def test_d15_a_settled_question_says_so_and_names_the_outcome() -> None:
    store = live()

    store.take([resolved()])

    assert label(store, 100) is Label.RESOLVED
    assert board_of(store).why(100) == "settled: Yes won"
    assert [alert.text for alert in store.alerts.ring] == ["resolved: Yes won"]


@pytest.mark.parametrize(
    ("winner", "outcome", "told"),
    [
        (B, "Foxes", "Foxes won"),
        ("made-up:", "50-50", "50-50"),
        ("", "delisted", "delisted"),
        ("", "", "settled"),
        (B, "", "settled"),
    ],
)
def test_d15_only_an_outcome_wins(winner: str, outcome: str, told: str) -> None:
    store = live()
    store.take([Resolved((A,), Millis(100), Millis(NOON), InstrumentId(winner), outcome)])
    assert [alert.text for alert in store.alerts.ring] == [f"resolved: {told}"]
    assert board_of(store).why(100) == ("settled" if told == "settled" else f"settled: {told}")


def test_d15_a_settlement_told_twice_is_one_happening() -> None:
    store = live()

    store.take([resolved(), resolved(at=200)])

    assert store.alerts.total == 1
    assert (store.ledger.applied, store.ledger.ignored) == (2, 1)


def test_d15_a_settlement_of_strangers_is_ignored() -> None:
    store = live()

    store.take([Resolved((B,), Millis(100), Millis(NOON), B, "No")])

    assert label(store, 100) is Label.LIVE


def test_d15_the_book_of_a_settled_question_is_frozen() -> None:
    store = live()
    store.take([resolved()])

    store.take([delta(bid("0.48", "0", top("0.47", "0.52")), at=200, sent=200)])

    assert board_of(store).book.bids == levels("0.48x10 0.47x5")


def test_d15_an_outcome_that_becomes_known_later_is_kept() -> None:
    store = live()

    store.take([resolved(winner=""), resolved(winner="Yes", at=200)])

    assert board_of(store).why(200) == "settled: Yes won"


def test_an_empty_side_is_not_the_same_as_an_untold_one() -> None:
    assert len({NO_BID, NO_ASK, UNTOLD}) == 3
