"""What is counted."""

from __future__ import annotations

import pytest

from pmtui.core.health import Counts, Ledger, Rate
from pmtui.core.units import Millis


def test_a_ledger_balances_when_every_message_went_somewhere() -> None:
    assert Ledger().balanced
    assert Ledger(received=6, applied=3, rejected=2, ignored=1).balanced
    assert not Ledger(received=7, applied=3, rejected=2, ignored=1).balanced


@pytest.mark.parametrize("every", [40, 250, 1_000])
def test_a_rate_is_that_of_the_last_seconds_however_often_it_is_looked_at(every: int) -> None:
    rate, told = Rate(), {}
    for now in range(0, 20_001, every):
        rate.look(Millis(now), min(now, 10_000) // 100)  # ten a second, and none after ten seconds
        told[now] = rate.told
    assert [told[now] for now in range(0, 1_000, every)] == [None] * (1_000 // every)
    assert told[1_000] == told[9_000] == pytest.approx(10, abs=0.5)
    assert told[12_000] == pytest.approx(6, abs=0.5)
    assert told[16_000] == told[20_000] == 0


def test_every_counter_has_a_row() -> None:
    rows = dict(Counts(ghosts=4, proofs=2).rows())

    assert (rows["ghosts"], rows["proofs"], rows["misses"]) == (4, 2, 0)
    assert "witnesses_off" in rows
