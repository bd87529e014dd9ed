"""How the program itself is doing."""

from __future__ import annotations

import pytest

from pmtui.core.health import Counts, Delays, Ledger, Link
from pmtui.core.units import Millis


def test_a_ledger_balances_when_every_message_went_somewhere() -> None:
    assert Ledger().balanced
    assert Ledger(received=6, applied=3, rejected=2, ignored=1).balanced
    assert not Ledger(received=7, applied=3, rejected=2, ignored=1).balanced


def test_the_share_proven_at_once_is_unknown_before_the_first_check() -> None:
    assert Counts().proven_at_once is None
    assert Counts(proofs=3, misses=1).proven_at_once == 0.75


def test_every_counter_has_a_row() -> None:
    rows = dict(Counts(ghosts=4, proofs=2).rows())

    assert (rows["ghosts"], rows["proofs"], rows["misses"]) == (4, 2, 0)
    assert "witnesses_off" in rows


@pytest.mark.parametrize(
    ("data_at", "since", "silent"), [(0, 0, True), (5_000, 0, False), (0, 5_000, False), (999, 0, True)]
)
def test_a_link_is_silent_for_as_long_as_it_brought_nothing(data_at: int, since: int, silent: bool) -> None:
    link = Link("l", data_at=Millis(data_at), since=Millis(since))

    assert link.silent(10_000, 9_000) is silent


def test_no_delay_is_told_before_anything_was_measured() -> None:
    assert Delays().quantiles() is None


def test_delays_are_told_as_median_and_worst_of_a_hundred() -> None:
    delays = Delays(offset=1_000)
    delays.ring.extend(range(-1_000, -900))

    assert delays.quantiles() == (49, 98)


def test_only_the_latest_delays_count() -> None:
    delays = Delays()
    delays.ring.extend([10_000] * 600)
    delays.ring.extend([5] * 512)

    assert delays.quantiles() == (5, 5)
