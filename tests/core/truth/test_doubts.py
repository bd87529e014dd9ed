"""How a doubt ends, and when a repair has to hold before it is believed."""

from __future__ import annotations

import pytest

from pmtui.core.board import Label
from pmtui.core.doubt import RELAPSE, TRIAL
from pmtui.core.events import BookSnapshot, Phase, TickChanged
from pmtui.core.store import Store
from pmtui.core.units import Millis, px

from ..boards import NOON, A, B, bid, board_of, delta, link, live, rejected, sealed, snapshot, top, witness
from .words import CALM, label, mirrored, settle


def speaking(store: Store, begin: int, end: int, *, every: int, seen: list[Label]) -> None:
    """Only A is told what changes, each time with its true digest; `seen` is what B, on the screen, is called."""
    for at in range(begin, end, 10):
        if at % every == 0:
            proof = sealed(f"0.48x10 0.47x{at}", "0.52x10")
            store.take([delta(bid("0.47", str(at), CALM, proof), at=at, sent=at)])
        store.check(Millis(at))
        seen.append(store.label(B, Millis(at)))


def mirror_of(now: int) -> BookSnapshot:
    """The true book of B at that time."""
    bids, asks = "0.48x10", f"0.52x10 0.53x{now}"
    return snapshot(bids, asks, at=now + 5, sent=now, digest=sealed(bids, asks), instrument=B)


@pytest.mark.parametrize("every", [20, 200])
def test_d11_an_outcome_that_goes_mute_is_in_doubt_again_after_each_book_that_does_not_last(every: int) -> None:
    store = mirrored()
    store.show([B], Millis(0))
    seen: list[Label] = []
    speaking(store, 10, 4_000, every=every, seen=seen)
    assert seen[-1] is Label.RESYNC

    store.take([mirror_of(4_000)])
    assert store.label(B, Millis(4_005)) is Label.LIVE
    speaking(store, 4_010, 7_500, every=every, seen=seen)
    assert seen[-1] is Label.RESYNC
    del seen[:]

    store.take([mirror_of(7_600)])
    speaking(store, 7_610, 13_000, every=every, seen=seen)
    assert set(seen) == {Label.RESYNC}
    assert label(store, 13_000) is Label.LIVE


def test_a_repair_that_lasts_is_believed_at_once_and_one_after_a_relapse_when_it_has_held_for_a_while() -> None:
    store = live()
    for at in (1_000, 3_000):
        store.take([rejected(A, at=at)])
        assert label(store, at) is Label.RESYNC
        store.take([snapshot("0.48x1", "0.52x1", at=at + 50, sent=at + 50, initial=False)])
        settle(store, at + 50)

    assert label(store, 3_050) is Label.RESYNC
    settle(store, 3_050 + TRIAL - 1)
    assert label(store, 3_050 + TRIAL - 1) is Label.RESYNC
    settle(store, 3_050 + TRIAL)
    assert label(store, 3_050 + TRIAL) is Label.LIVE
    at = 3_050 + TRIAL + RELAPSE
    store.take([rejected(A, at=at), snapshot("0.48x1", "0.52x1", at=at + 50, sent=at + 50, initial=False)])

    assert label(store, at + 50) is Label.LIVE


def test_what_comes_up_in_a_trial_begins_it_anew() -> None:
    store = live()
    store.take([rejected(A, at=1_000), snapshot("0.48x1", "0.52x1", at=1_050, sent=1_050)])
    store.take([rejected(A, at=2_000), snapshot("0.48x1", "0.52x1", at=2_050, sent=2_050)])

    store.take([rejected(A, at=5_000)])
    settle(store, 8_000)
    assert label(store, 8_000) is Label.RESYNC
    store.take([snapshot("0.48x1", "0.52x1", at=8_050, sent=8_050)])
    settle(store, 8_050 + TRIAL)

    assert label(store, 8_050 + TRIAL) is Label.QUIET


def test_one_tick_change_after_another_is_no_relapse() -> None:
    store = live()
    for at in (1_000, 3_000):
        store.take([TickChanged(A, Millis(at), Millis(NOON), px("0.01"), px("0.001"))])
        store.take([snapshot("0.48x1", "0.52x1", at=at + 50, sent=at + 50, initial=False)])

        assert label(store, at + 50) is Label.LIVE


def mend(store: Store, at: int) -> None:
    store.take([snapshot("0.48x1", "0.52x1", at=at, sent=at, initial=False)])


def test_a_tick_change_is_no_relapse_and_what_follows_it_neither() -> None:
    store = live()
    store.take([rejected(A, at=1_000)])
    mend(store, 1_050)

    store.take([TickChanged(A, Millis(3_000), Millis(NOON), px("0.01"), px("0.001"))])
    mend(store, 3_050)
    assert label(store, 3_050) is Label.LIVE

    store.take([rejected(A, at=2_000 + RELAPSE)])
    mend(store, 2_050 + RELAPSE)
    assert label(store, 2_050 + RELAPSE) is Label.LIVE


@pytest.mark.parametrize("tick", [False, True])
def test_a_doubt_soon_after_a_new_link_took_one_away_is_a_relapse_unless_that_was_a_tick_change(tick: bool) -> None:
    store = live()
    change = TickChanged(A, Millis(1_000), Millis(NOON), px("0.01"), px("0.001"))
    store.take([change if tick else rejected(A, at=1_000)])
    store.take([link(Phase.DOWN, at=1_010), link(Phase.UP, at=1_020, generation=2)])
    mend(store, 1_050)
    assert label(store, 1_050) is Label.LIVE

    store.take([rejected(A, at=3_000)])
    mend(store, 3_050)

    assert label(store, 3_050) is (Label.LIVE if tick else Label.RESYNC)


def test_the_book_of_a_new_link_is_in_doubt_as_the_old_one_was_until_it_is_proven() -> None:
    store = live()
    store.take([rejected(A, at=1_000), link(Phase.DOWN, at=1_010), link(Phase.UP, at=1_020, generation=2)])
    assert label(store, 1_030) is Label.SYNCING

    store.take([snapshot("0.48x1", "0.52x1", at=1_050, digest="unfit")])
    settle(store, 1_100)
    assert label(store, 1_100) is Label.RESYNC
    store.take([delta(bid("0.47", "1", top("0.48", "0.52"), sealed("0.48x1 0.47x1", "0.52x1")), at=2_000, sent=2_000)])
    settle(store, 2_100)

    assert label(store, 2_100) is Label.LIVE
    assert store.counts.doubts == 1


def digest_unknown(store: Store, begins: int, ends: int, links: tuple[int, ...]) -> list[tuple[int, Label]]:
    """Each change of the label while no digest ever fits and at these moments a new link brings a new book."""
    told: list[tuple[int, Label]] = []
    for at in range(begins, ends, 500):
        if at in links:
            store.take([link(Phase.DOWN, at=at), link(Phase.UP, at=at, generation=at)])
            store.take([snapshot("0.48x10", "0.52x10", at=at, sent=at, digest="unfit")])
        calm = delta(bid("0.46", str(at), CALM, "unfit"), at=at + 10, sent=at + 10)
        store.take([calm])
        for now in range(at + 50, at + 500, 150):
            settle(store, now)
            if not told or told[-1][1] is not label(store, now):
                told.append((now, label(store, now)))
    return told


def test_digests_that_never_fit_and_no_fetched_book_end_in_stale_whatever_new_links_bring() -> None:
    store = live()

    told = digest_unknown(store, 1_000, 400_000, links=(15_000, 80_000, 200_000))

    assert [each for _, each in told] == [Label.LIVE, Label.RESYNC, Label.STALE]
    assert 60_000 <= told[2][0] - told[1][0] <= 60_500
    assert board_of(store).why(400_000) == "5 books in a row do not have the venue's hash"


@pytest.mark.parametrize("relapsed", [False, True])
def test_the_book_of_a_new_link_without_a_digest_is_on_trial_where_repairs_did_not_last(relapsed: bool) -> None:
    store = live()
    if relapsed:
        store.take([rejected(A, at=1_000), snapshot("0.48x1", "0.52x1", at=1_050)])
    store.take([rejected(A, at=2_000), link(Phase.DOWN, at=2_010), link(Phase.UP, at=2_020, generation=2)])

    mend(store, 2_050)
    settle(store, 2_100)

    assert label(store, 2_100) is (Label.RESYNC if relapsed else Label.LIVE)
    settle(store, 2_050 + TRIAL)
    assert label(store, 2_050 + TRIAL) is Label.LIVE


def test_what_was_fetched_before_a_new_link_says_nothing_of_a_doubt_that_it_took_over() -> None:
    store = live()
    store.take([rejected(A, at=1_000), link(Phase.DOWN, at=1_010), link(Phase.UP, at=2_020, generation=2)])
    store.take([snapshot("0.48x1", "0.52x1", at=2_050, sent=5, digest="unfit")])

    store.testify(A, witness("0.48x1", "0.52x1", asked_at=1_500, sent=5), Millis(2_100))
    assert label(store, 2_100) is Label.RESYNC
    store.testify(A, witness("0.48x1", "0.52x1", asked_at=2_100, sent=5), Millis(2_200))

    assert label(store, 2_200) is Label.LIVE
