"""Layer 2: the two outcomes must be mirror images."""

from __future__ import annotations

from pmtui.core.alerts import Kind
from pmtui.core.board import Label
from pmtui.core.events import Phase
from pmtui.core.units import Millis

from ..boards import A, B, ask, bid, board_of, delta, link, sealed, snapshot, watched
from .words import CALM, label, mirrored, settle


def test_two_outcomes_that_mirror_each_other_agree() -> None:
    store = mirrored()

    settle(store, 1_000)

    assert (store.counts.mirrors, store.counts.mirrors_off) == (1, 0)


def test_d11_two_outcomes_that_differ_for_over_a_second_are_both_in_doubt() -> None:
    store = mirrored()
    store.take([delta(bid("0.47", "3", CALM), at=100, sent=100)])

    settle(store, 1_000)
    assert (label(store, 1_000), store.label(B, Millis(1_000))) == (Label.LIVE, Label.LIVE)
    settle(store, 2_000)

    assert (label(store, 2_000), store.label(B, Millis(2_000))) == (Label.RESYNC, Label.RESYNC)
    assert store.counts.doubts == 2


def test_the_last_book_of_a_lost_link_is_not_held_against_the_other_outcome() -> None:
    store = mirrored()
    store.attach([B], "another link", Millis(0))
    up = link(Phase.UP, at=0)
    store.take([up._replace(link="another link"), snapshot("0.48x10", "0.52x10", instrument=B, at=10)])
    store.take([up._replace(link="another link", at=Millis(50), phase=Phase.DOWN)])
    store.take([delta(bid("0.47", "3", CALM), at=100, sent=100)])
    for now in range(1_000, 6_000, 500):
        settle(store, now)

    assert not store.counts.mirrors_off
    assert not store.counts.doubts


def test_outcomes_that_part_for_a_moment_are_no_doubt() -> None:
    store = mirrored()
    store.take([delta(bid("0.47", "3", CALM), at=100, sent=100)])
    settle(store, 1_000)

    store.take([delta(ask("0.53", "3", CALM, instrument=B), at=1_100, sent=101)])
    settle(store, 2_000)
    settle(store, 3_000)

    assert store.counts.doubts == 0
    assert board_of(store).mirror_off_at < 0


def test_the_outcome_that_was_proven_meanwhile_is_not_the_one_at_fault() -> None:
    store = mirrored()
    store.take([delta(bid("0.47", "3", CALM), at=100, sent=100)])
    settle(store, 1_000)

    proof = sealed("0.48x10 0.47x4", "0.52x10")
    store.take([delta(bid("0.47", "4", CALM, proof), at=1_500, sent=200)])
    settle(store, 2_100)

    assert label(store, 2_100) is Label.LIVE
    assert store.label(B, Millis(2_100)) is Label.RESYNC


def test_the_outcome_that_is_proven_by_the_change_at_which_the_two_parted_is_not_the_one_at_fault() -> None:
    store = mirrored()
    for at, size in (100, "2"), (900, "3"):
        proof = sealed(f"0.48x10 0.47x{size}", "0.52x10")
        mirror = [ask("0.53", size, CALM, instrument=B)] if at == 100 else []
        store.take([delta(bid("0.47", size, CALM, proof), *mirror, at=at, sent=at)])

    for at in range(1_000, 2_600, 50):
        settle(store, at)

    assert label(store, 2_600) is Label.LIVE
    assert store.label(B, Millis(2_600)) is Label.RESYNC


def test_two_outcomes_that_are_both_proven_and_no_mirror_images_are_a_line_in_the_log() -> None:
    store = mirrored()
    for at in range(100, 6_000, 100):
        for each in (A, B):
            proof = sealed(f"0.48x10 0.47x{at}", "0.52x10")
            store.take([delta(bid("0.47", str(at), CALM, proof, each), at=at, sent=at)])
        settle(store, at + 60)
        assert (label(store, at), store.label(B, Millis(at))) == (Label.LIVE, Label.LIVE)

    told = [each.text for each in store.alerts.ring if each.kind is Kind.NOTICE]
    assert told == ["proven, and yet not the mirror image of the other outcome's book"]


def test_outcomes_that_part_again_after_they_were_mirror_images_are_a_second_line_in_the_log() -> None:
    store = mirrored()
    for at in range(100, 9_000, 100):
        apart = not 4_000 < at < 6_000
        for each in (A, B):
            proof = sealed(f"0.48x10 0.47x{at * apart}", "0.52x10") if apart else sealed("0.48x10", "0.52x10")
            store.take([delta(bid("0.47", str(at * apart), CALM, proof, each), at=at, sent=at)])
        settle(store, at + 60)

    assert [each.kind for each in store.alerts.ring].count(Kind.NOTICE) == 2


def test_a_missing_outcome_is_not_compared() -> None:
    store = watched(A, B, shown=[A])
    store.take([snapshot("0.48x10", "0.52x10")])

    settle(store, 1_000)
    settle(store, 3_000)

    assert store.counts.mirrors == store.counts.mirrors_off == 0
