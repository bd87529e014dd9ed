"""The account beside naive lists of all that was told."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.account import CHECKED_FOR, OVERLAP, QUIET_AFTER, UNSETTLED_FOR, Account, News
from pmtui.core.ahead import Resting
from pmtui.core.board import Label
from pmtui.core.events import DUST, AccountEvent, CheckFailed, Filled, FillState, OrderChanged, OrderState, Phase, Side
from pmtui.core.fills import STAGES, merged
from pmtui.core.instrument import InstrumentId
from pmtui.core.orders import KEEP_ENDED, SLOW
from pmtui.core.position import FLAT
from pmtui.core.store import Store
from pmtui.core.units import Millis, Px, Qty, px, qty
from tests.examples import more

from .accounts import (
    BUY,
    CANCELLED,
    CONFIRMED,
    FAILED,
    FILLED,
    GONE,
    LINK,
    MATCHED,
    MINED,
    RETRYING,
    SELL,
    WORKING,
    account,
    checked,
    fill,
    link,
    order,
)
from .boards import NOON, A, B, bid, delta

STATES = list(FillState)


def state_of(found: Account, name: str = "t1") -> FillState | None:
    return next((each.state for each in found.fills.newest(99) if each.trade == name), None)


def net(found: Account, instrument: InstrumentId = A) -> int:
    return found.position(instrument).net


def working(found: Account) -> list[str]:
    return [each.order for each in found.orders.working()]


def standing(found: Account, name: str = "o1") -> OrderChanged:
    known = found.orders.get(name)
    assert known is not None
    return known


# Fills


@pytest.mark.parametrize(
    ("told", "ends"),
    [
        ((MATCHED, MINED, CONFIRMED), CONFIRMED),
        ((MATCHED, RETRYING, MINED, CONFIRMED), CONFIRMED),
        ((MATCHED, MINED, RETRYING, FAILED), FAILED),
        ((MATCHED, FAILED), FAILED),
        ((MATCHED, MINED, RETRYING), RETRYING),
        ((MATCHED, RETRYING, MINED), MINED),
        ((MATCHED, MINED, RETRYING, MINED), MINED),
    ],
)
def test_the_states_of_a_trade_in_any_order_end_the_same(told: tuple[FillState, ...], ends: FillState) -> None:
    facts = [fill(state=state, updated=n + 1) for n, state in enumerate(told)]
    for order_ in permutations(facts):
        for twice in (0, len(order_) - 1):
            found = account(*order_, order_[twice])
            assert state_of(found) is ends
            assert net(found) == (0 if ends is FAILED else qty("10"))
            assert found.fills.total == 1


@given(st.lists(st.tuples(st.sampled_from(STATES), st.integers(1, 4)), min_size=1, max_size=6), st.randoms())
def test_whatever_is_told_of_a_fill_its_stage_never_falls(words: list[tuple[FillState, int]], random: object) -> None:
    facts = [fill(state=state, updated=updated) for state, updated in words]
    found, stage = account(), 0
    for each in facts:
        found.take(each)
        state = state_of(found)
        assert state is not None
        assert STAGES[state] >= stage
        stage = STAGES[state]
    random.shuffle(facts)  # type: ignore[attr-defined]
    assert state_of(account(*facts)) is state_of(found)


@given(st.lists(st.tuples(st.sampled_from(STATES), st.integers(0, 3), st.integers(0, 3)), min_size=3, max_size=3))
def test_merging_words_about_a_fill_does_not_depend_on_their_order(words: list[tuple[FillState, int, int]]) -> None:
    one, two, three = (fill(state=state, updated=updated, sent=sent) for state, updated, sent in words)
    assert merged(one, two) == merged(two, one)
    assert merged(merged(one, two), three) == merged(one, merged(two, three))
    assert merged(one, one) == one


TIMES = st.sampled_from([-NOON, 0, 1, 250, 999, 1_000, 1_001, 2_000])
"""Since noon: not known, bare seconds, and more than that."""


@given(st.lists(TIMES, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_time_of_a_match_is_the_best_that_was_told_of_its_earliest_second(told: list[int], random: Random) -> None:
    facts = [fill(sent=sent) for sent in told]
    random.shuffle(facts)
    known = [sent for sent in told if sent != -NOON]
    second = min((sent // 1_000 for sent in known), default=0)
    exact = [sent for sent in known if sent // 1_000 == second and sent % 1_000]
    expected = min(exact, default=1_000 * second) if known else -NOON
    assert account(*facts).fills.newest(1)[0].sent == NOON + expected


def test_fills_of_one_second_are_summed_as_they_came() -> None:
    bought, sold = fill("z", sent=100, price="0.4"), fill("a", sent=200, price="0.5", side=SELL)
    again = fill("m", sent=300, price="0.6")
    for facts in permutations([bought, sold, again]):
        found = account(*facts, *(fact._replace(state=MINED, sent=Millis(NOON)) for fact in facts))
        assert found.position(A).average == px("0.6")
        assert found.position(A).realised == px("0.1") * qty("10")


def test_buckets_and_orders_of_one_trade_are_fills_of_their_own() -> None:
    found = account(fill(), fill(bucket=1), fill(order="o2"), fill(bucket=1))
    assert (found.fills.total, net(found)) == (3, qty("30"))


def test_a_fill_that_fails_is_voided_and_told_again() -> None:
    found = account(fill(), fill("t2", size="5", side=SELL, price="0.5"))
    told, cursor = found.news.since(0)
    assert [(each.fact, each.was) for each in told] == [
        (fill(), None),
        (fill("t2", size="5", side=SELL, price="0.5"), None),
    ]
    found.take(fill(state=FAILED, updated=9))
    (news,), cursor = found.news.since(cursor)
    assert (news.was, news.fact) == (MATCHED, fill(state=FAILED, updated=9))
    assert net(found) == -qty("5")
    assert found.fills.failed() == 1
    assert found.news.since(cursor) == ([], cursor)


def test_a_position_that_failed_to_be_summed_is_summed_when_it_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = account(fill(sent=100), fill("t2", sent=200), fill("t3", sent=150))
    with monkeypatch.context() as patched:
        patched.setattr("pmtui.core.fills.summed", lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            found.position(A)
    assert net(found) == qty("30")


def test_the_same_word_twice_is_no_news() -> None:
    found = account(fill(), order())
    assert not found.take(fill())
    assert not found.take(order())
    assert found.news.total == 1


def test_fills_are_listed_by_when_they_were_matched() -> None:
    found = account(fill("b", sent=2), fill("a", sent=1, instrument=B), fill("c", sent=3))
    assert [each.trade for each in found.fills.newest(2)] == ["c", "b"]
    assert [each.trade for each in found.fills.newest(2, skip=1)] == ["b", "a"]
    assert [each.trade for each in found.fills.newest(9, instrument=A)] == ["c", "b"]
    assert found.fills.newest(9, instrument=InstrumentId("made-up:none")) == []
    assert (found.fills.count(), found.fills.count(B)) == (3, 1)


def _told(name: str, state: FillState, updated: int, instrument: InstrumentId) -> Filled:
    """Everything but its state follows from the name of a fill, as it does at a venue."""
    n = int(name[1:]) + (7 if instrument == B else 0)
    side = BUY if n % 3 else SELL
    return fill(
        f"{name}{instrument}", state, order=f"o{n % 2}", size=str(n + 1), price=f"0.{n + 1}", side=side,
        sent=1000 * (n * 5 % 7), updated=updated, instrument=instrument,
    )  # fmt: skip


FILLS = st.builds(
    _told,
    st.sampled_from([f"t{n}" for n in range(6)]),
    st.sampled_from(STATES),
    st.integers(1, 5),
    st.sampled_from([A, B]),
)


def naive(facts: Iterable[Filled]) -> dict[InstrumentId, int]:
    """Each fill once, those that failed not at all."""
    once = {each.key: each for each in facts}
    failed = {each.key for each in facts if each.state is FAILED}
    sums = {A: 0, B: 0}
    for key, each in once.items():
        if key not in failed:
            sums[each.instrument] += each.size if each.side is Side.BUY else -each.size
    return sums


@given(st.lists(st.tuples(FILLS, st.booleans()), max_size=40), st.sampled_from([2, 3, 100]), st.data())
def test_the_position_is_the_sum_of_the_fills_that_did_not_fail_however_they_were_learned(
    told: list[tuple[Filled, bool]], keep: int, data: st.DataObject
) -> None:
    found = Account(keep=keep)
    for n, (each, by_answer) in enumerate(told):
        found.take(checked(each, began=n) if by_answer else each)
        facts = [fact for fact, _ in told[: n + 1]]
        assert {A: net(found), B: net(found, B)} == naive(facts)
        assert found.fills.total == len({fact.key for fact in facts})
        assert len(found.fills) <= keep
    if keep == 100:
        again = Account()
        for each, _ in data.draw(st.permutations(told)):
            again.take(each)
        assert [again.position(each) for each in (A, B)] == [found.position(each) for each in (A, B)]
        assert [_timeless(each) for each in again.fills.newest(99)] == [
            _timeless(each) for each in found.fills.newest(99)
        ]


@given(
    st.lists(st.tuples(st.integers(0, 11), st.sampled_from([MATCHED, MATCHED, FAILED])), min_size=12, max_size=40),
    st.sampled_from([4, 6, 100]),
    st.integers(1, 3),
)
def test_a_sum_that_goes_on_from_a_mark_is_the_one_made_anew(
    told: list[tuple[int, FillState]], keep: int, every: int
) -> None:
    marked, plain = Account(keep=keep), Account(keep=keep)
    for n, state in told:
        side = BUY if n % 3 else SELL
        each = fill(f"t{n}", state, order=f"o{n}", size=f"{n + 1}", price=f"0.{n + 1}", side=side, sent=n * 5 % 12)
        marked.take(each)
        plain.take(each)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pmtui.core.fills.MARK_EVERY", every)
            summed = marked.position(A)
        assert summed == plain.position(A)


def _timeless(row: Filled) -> Filled:
    """A fill without when and how it was learned."""
    return row._replace(at=Millis(0), late=False)


def test_a_fill_that_is_not_kept_any_more_counts_once_and_can_still_fail() -> None:
    found = Account(keep=1)
    for name in ("t1", "t2", "t3"):
        found.take(fill(name, sent=int(name[1:])))
    assert not found.take(fill("t1", MINED, sent=1))
    assert (net(found), len(found.fills), found.fills.total) == (qty("30"), 1, 3)
    assert found.take(fill("t1", FAILED, sent=1))
    assert not found.take(fill("t1", FAILED, sent=1))
    assert (net(found), found.fills.failed()) == (qty("20"), 1)


def test_what_was_never_traded_is_held_not_at_all() -> None:
    assert account().position(A) == FLAT
    assert account(fill()).fills.instruments() == [A]


# Late fills


def test_a_fill_that_only_an_answer_told_is_late() -> None:
    found = account(checked(began=1), checked(fill(sent=5), began=9))
    assert found.fills.newest(1)[0].late


def test_a_fill_from_before_the_account_was_opened_is_history() -> None:
    found = account(checked(fill(sent=-5_000), fill("t2", sent=5_000), began=9_000))
    assert [each.late for each in found.fills.newest(2)] == [True, False]


def test_history_is_listed_and_counted_and_no_news() -> None:
    found = account(checked(fill(sent=-5_000), fill("t2", sent=5_000), began=9_000))
    assert [each.fact for each in found.news.since(0)[0]] == [found.fills.newest(1)[0]]
    assert net(found) == qty("20")
    found.take(fill(state=FAILED, sent=-5_000))
    assert [each.was for each in found.news.since(1)[0]] == [MATCHED]


def test_a_fill_whose_match_the_socket_told_is_not_late_whoever_was_first() -> None:
    first = account(checked(began=1), fill(sent=5), checked(fill(sent=5, state=MINED), began=9))
    after = account(checked(began=1), checked(fill(sent=5, state=MINED), began=9), fill(sent=5))
    assert not first.fills.newest(1)[0].late
    assert not after.fills.newest(1)[0].late


def test_a_fill_whose_settlement_is_the_first_that_the_socket_tells_is_late() -> None:
    found = account(checked(began=1), fill(state=MINED, sent=5))
    assert found.fills.newest(1)[0].late


# Orders

ENDS = [
    (order(placed=True), order(matched="25", at=1), order(matched="25", state=CANCELLED, at=2)),
    (order(placed=True), order(matched="60", at=1), order(matched="100", state=FILLED, at=2)),
    (order(placed=True), order(matched="100", state=CANCELLED, at=1)),
    (order(placed=True), order(state=CANCELLED, at=1), order(matched="40", at=2)),
]


@pytest.mark.parametrize("told", ENDS)
def test_what_is_told_of_an_order_in_any_sequence_ends_the_same(told: tuple[OrderChanged, ...]) -> None:
    ends = {
        (known.state, known.matched, known.left)
        for sequence in permutations([*told, told[0]])
        for known in [standing(account(*sequence))]
    }
    assert len(ends) == 1


@given(st.permutations([each for told in ENDS for each in told]))
def test_an_order_that_ended_never_works_again(told: list[OrderChanged]) -> None:
    found, ended = account(), False
    for each in told:
        found.take(each)
        state = standing(found).state
        assert not (ended and state is WORKING)
        ended = state is not WORKING
        assert found.orders.count() == found.orders.count(A) == (0 if ended else 1)


def test_an_update_of_an_order_that_nobody_has_heard_of_makes_it_known() -> None:
    found = account(order(matched="25"))
    assert standing(found).left == qty("75")


def test_a_cancellation_before_the_placement_ends_the_order() -> None:
    found = account(order(state=CANCELLED, at=2), order(placed=True, at=1))
    assert working(found) == []
    assert [each.order for each in found.orders.ended(9)] == ["o1"]


def test_a_cancelled_order_that_was_matched_whole_was_filled() -> None:
    assert standing(account(order(matched="100", state=CANCELLED))).state is FILLED


def test_fills_count_before_the_update_of_their_order_comes() -> None:
    found = account(fill(size="40"), order(), fill("t2", size="35"))
    assert standing(found).matched == qty("75")
    found.take(order(matched="75", at=2))
    assert standing(found).matched == qty("75")
    found.take(fill("t3", size="25"))
    assert standing(found).state is FILLED


def test_what_failed_is_no_part_of_what_an_order_was_filled_with() -> None:
    found = account(fill(size="40"), fill(size="40", state=FAILED), fill("t2", size="5"), order())
    assert standing(found).matched == qty("5")


def test_an_order_falls_back_to_the_venues_word_when_a_fill_fails() -> None:
    found = account(order(matched="10"), fill(size="60"), fill("t2", size="30"))
    assert standing(found).matched == qty("90")
    found.take(fill("t2", FAILED, size="30"))
    assert standing(found).matched == qty("60")
    found.take(fill(state=FAILED, size="60"))
    assert standing(found).matched == qty("10")


def test_an_order_that_only_our_fills_called_filled_works_again_when_one_fails() -> None:
    found = account(order(), fill(size="70"), fill("t2", size="30"))
    found.take(order(at=5))
    assert (standing(found).state, working(found), found.orders.count()) == (FILLED, [], 0)
    found.take(fill("t2", FAILED, size="30"))
    assert (standing(found).state, standing(found).left, working(found)) == (WORKING, qty("30"), ["o1"])
    found.take(checked(began=60_000))
    assert standing(found).state is GONE
    by_word = account(order(), fill(size="100"), order(matched="100", state=FILLED), fill(state=FAILED, size="100"))
    assert standing(by_word).state is FILLED


def test_a_list_says_what_was_matched_after_all_when_a_fill_failed() -> None:
    found = account(order(), order(matched="90", at=1_000), fill(size="60"), fill("t2", size="30"))
    found.take(fill("t2", FAILED, size="30"))
    assert standing(found).matched == qty("90")
    row = order(matched="60", at=5_999)
    found.take(checked(row, began=5_999))
    assert standing(found).matched == qty("90")  # it may be older than what the socket said
    found.take(checked(row, began=6_000))
    assert (standing(found).matched, standing(found).left) == (qty("60"), qty("40"))
    found.take(order(matched="80", at=7_000))
    assert standing(found).matched == qty("80")


def test_a_list_takes_nothing_back_while_no_fill_failed_or_from_an_order_that_ended() -> None:
    found = account(order(matched="90"), checked(order(matched="60", at=60_000), began=60_000))
    assert standing(found).matched == qty("90")
    found = account(order(matched="90", state=CANCELLED), fill(state=FAILED), checked(order(), began=60_000))
    assert (standing(found).matched, standing(found).state) == (qty("90"), CANCELLED)


def test_a_sum_that_shrinks_because_old_fills_are_let_go_takes_nothing_from_an_order() -> None:
    found = Account(keep=2)
    for each in (order(), fill(size="60"), fill("t2", size="40", sent=1), fill("t3", order="o2", sent=2)):
        found.take(each)
    found.take(fill("t2", CONFIRMED, size="40", sent=1))
    assert standing(found).state is FILLED


PARTS = [
    *(order(placed=True), order(matched="20", at=1), fill(size="20"), fill("t2", size="50"), fill("t4", size="5")),
    *(fill("t2", FAILED, size="50"), fill("t3", size="80"), fill("t3", FAILED, size="80")),
]


@given(st.permutations(PARTS))
def test_words_and_fills_of_an_order_add_up_to_the_same_in_any_order(facts: list[AccountEvent]) -> None:
    found = account(*facts)
    assert (standing(found).state, standing(found).matched, working(found)) == (WORKING, qty("25"), ["o1"])


def test_no_order_is_filled_with_more_than_its_size() -> None:
    assert standing(account(fill(size="40"), fill("t2", size="70"), order())).matched == qty("100")


def test_a_very_small_order_is_an_order() -> None:
    assert working(account(order(size="0.005"))) == ["o1"]


def test_a_rest_that_is_only_rounding_is_no_order() -> None:
    found = account(order(matched="99.995"))
    assert standing(found).state is FILLED
    assert standing(found).matched == qty("99.995")
    assert standing(found).left == 0
    assert standing(account(order(matched="99.99"))).left == DUST


def test_the_end_of_an_order_is_told_once() -> None:
    found = account(order(), order(state=CANCELLED, at=1, reason="by hand"), order(state=CANCELLED, at=2))
    assert found.news.since(0)[0] == [
        News(order(state=CANCELLED, at=1, reason="by hand")._replace(at=Millis(1)), WORKING)
    ]


def test_ended_orders_are_kept_for_a_while_only() -> None:
    found = account(*(order(f"o{n}", CANCELLED) for n in range(KEEP_ENDED + 1)))
    assert found.orders.get("o0") is None
    assert found.orders.get("o1") is not None


# Checks


def test_an_order_that_the_list_does_not_have_is_gone() -> None:
    found = account(order(), order("o2"), checked(order("o2", at=10_000), began=10_000))
    assert working(found) == ["o2"]
    assert (standing(found).state, standing(found).reason) == (GONE, "not in the venue's list")
    assert found.news.since(0)[0][-1].was is WORKING


def test_an_order_that_is_gone_and_whose_fills_add_up_was_filled() -> None:
    found = account(order(), checked(fill(size="100"), began=10_000))
    assert standing(found).state is FILLED


def test_an_order_that_was_told_after_the_question_is_not_missed() -> None:
    found = account(order(at=10_001), checked(began=10_000, at=10_020))
    assert (working(found), found.orders.doubted) == (["o1"], False)
    found.take(checked(began=20_000))
    assert working(found) == []


def test_an_order_that_was_told_shortly_before_the_question_is_not_missed_by_a_list_that_is_a_little_old() -> None:
    assert working(account(order(at=10_000), checked(began=10_000))) == ["o1"]
    found = account(order(at=10_000 - SLOW), checked(began=10_000))
    assert (working(found), found.orders.doubted) == (["o1"], True)
    found.take(checked(began=10_001))
    assert (working(found), found.orders.doubted) == ([], False)
    # An old word that comes late does not make an order older.
    assert working(account(order(at=20_000), order(at=5), checked(began=10_000))) == ["o1"]


def test_a_list_that_could_not_be_read_whole_ends_nothing() -> None:
    found = account(order(), checked(began=10_000, whole=False))
    assert working(found) == ["o1"]


def test_an_order_that_is_in_the_list_again_works_again() -> None:
    found = account(order(), checked(began=10_000), checked(order(at=20_000), began=20_000))
    assert working(found) == ["o1"]
    found.take(checked(began=30_000))
    assert working(found) == []


def test_an_order_that_was_gone_works_again_when_the_socket_says_so() -> None:
    found = account(order(), checked(began=10_000, at=10_050), order(matched="30", at=10_010))
    assert (working(found), standing(found).left, standing(found).reason) == (["o1"], qty("70"), "")
    found.take(checked(began=70_000))
    assert standing(found).state is GONE
    # An older word says nothing about that.
    found.take(order(matched="30", at=70_000 - SLOW - 1))
    assert standing(found).state is GONE
    found.take(order(state=CANCELLED, at=70_010))
    found.take(order(at=80_000))
    assert standing(found).state is CANCELLED


@given(st.integers(0, 30), st.lists(st.tuples(st.integers(0, 30), st.sampled_from([WORKING, CANCELLED])), max_size=4))
def test_a_list_and_words_about_an_order_that_is_known_may_come_in_any_order(
    began: int, words: list[tuple[int, OrderState]]
) -> None:
    facts = [order(state=state, matched=f"{at}", at=1_000 * at) for at, state in words]
    found = [account(order(), *facts[:n], checked(began=1_000 * began), *facts[n:]) for n in range(len(facts) + 1)]
    ends = {(standing(each).state, standing(each).matched, each.orders.count()) for each in found}
    assert len(ends) == 1
    last = max((at for at, state in words if state is WORKING), default=0)
    if all(state is WORKING for _, state in words):
        assert standing(found[0]).state is (GONE if 1_000 * last < 1_000 * began - SLOW else WORKING)


def test_a_list_that_was_asked_for_before_the_end_does_not_bring_the_order_back() -> None:
    found = account(order(), checked(began=20_000), checked(order(at=10_000), began=10_000, at=30_000))
    assert standing(found).state is GONE
    assert working(account(order(), order(state=CANCELLED, at=5), checked(order(), began=10_000))) == []


def test_how_an_order_that_is_gone_ended_may_be_told_later() -> None:
    found = account(order(), checked(began=10_000), order(state=CANCELLED, at=3, reason="by hand"))
    assert (standing(found).state, standing(found).reason) == (CANCELLED, "by hand")


def test_the_next_question_begins_before_the_newest_fill_of_an_answer() -> None:
    found = account(fill(state=CONFIRMED, sent=900_000))
    assert found.resume_from() == 0
    # What the socket brought proves nothing about the time before it.
    found.take(checked(fill("t2", CONFIRMED, sent=600_000), began=1))
    found.take(fill("t3", CONFIRMED, sent=990_000))
    assert found.resume_from() == (NOON + 600_000 - OVERLAP) // 1000


def test_a_fill_of_the_future_does_not_keep_the_next_question_from_today() -> None:
    day = 24 * 3_600_000
    told = (fill(state=CONFIRMED, sent=600_000), fill("t2", CONFIRMED, sent=day), fill("t3", CONFIRMED, sent=700_001))
    found = account(checked(*told, began=1, asked=700_000))
    assert found.resume_from() == (NOON + 600_000 - OVERLAP) // 1000
    found.take(checked(*told, began=2, asked=760_000))
    assert found.resume_from() == (NOON + 700_001 - OVERLAP) // 1000
    assert found.fills.total == 3


def test_the_next_question_reaches_back_to_what_may_still_fail() -> None:
    hour = 3_600_000
    old, waiting = fill("old", sent=0), fill("open", MINED, sent=UNSETTLED_FOR)
    found = account(checked(old, waiting, fill("new", sent=UNSETTLED_FOR + hour), began=1))
    assert found.resume_from() == (NOON + UNSETTLED_FOR - OVERLAP) // 1000
    found.take(fill("open", CONFIRMED, sent=UNSETTLED_FOR))
    found.take(fill("new", CONFIRMED, sent=UNSETTLED_FOR + hour))
    assert found.resume_from() == (NOON + UNSETTLED_FOR + hour - OVERLAP) // 1000


# Fills that cannot be read

BAD = ("size is nothing",)
HOUR = 3_600_000


def test_a_fill_that_could_not_be_read_makes_the_account_stale_until_it_is_told_again() -> None:
    found = account(link(Phase.UP, at=0), checked(fill(), began=10, unread=BAD))
    assert found.label(20) is Label.STALE
    assert found.reason(20) == "1 fill could not be read: positions may be off (size is nothing)"
    found.take(checked(began=30, since=HOUR))
    assert found.label(40) is Label.STALE
    found.take(checked(began=50, since=HOUR, unread=BAD * 2))
    assert found.reason(60).startswith("2 fills could not be read")
    found.take(checked(began=70))
    assert (found.label(80), found.reason(80)) == (Label.QUIET, "")


def test_the_hole_that_it_leaves_is_asked_for_again_at_every_tenth_check() -> None:
    fills = [fill(f"t{n}", CONFIRMED, sent=n * 60_000) for n in range(100)]
    found, asked = account(checked(fills[0], began=1, unread=BAD)), []
    for n in range(1, 40):
        asked.append(since := found.resume_from())
        found.take(checked(fills[n], began=n, since=since * 1_000 - NOON, unread=BAD if since == 0 and n < 30 else ()))
    assert [n for n, since in enumerate(asked, 1) if since == 0] == [10, 20, 30]
    assert asked[38] == (fills[38].sent - OVERLAP) // 1_000


def test_a_long_question_that_fails_waits_again_and_a_short_one_changes_nothing() -> None:
    found, asked = account(checked(fill(state=CONFIRMED, sent=HOUR), began=1, unread=BAD)), []
    for n in range(1, 30):
        asked.append(since := found.resume_from())
        found.take(
            CheckFailed(Millis(n), "no answer") if n in (5, 11) else checked(began=n, since=since * 1_000 - NOON)
        )
        if since == 0 and n != 11:
            break
    assert [n for n, since in enumerate(asked, 1) if since == 0] == [11, 21]


def test_a_hole_that_reaches_further_back_takes_the_place_of_another() -> None:
    found = account(checked(fill(state=CONFIRMED, sent=HOUR), began=1))
    found.take(checked(began=2, since=HOUR, unread=BAD))
    found.take(checked(began=3, since=0, unread=("price is odd", "price is odd")))
    for n in range(9):
        assert found.resume_from() > NOON // 1_000
        found.take(checked(began=4 + n, since=HOUR))
    assert found.resume_from() == NOON // 1_000


def test_a_fill_that_is_not_kept_any_more_is_not_asked_for() -> None:
    found = Account(keep=1)
    found.take(checked(fill("t1", sent=0), fill("t2", CONFIRMED, sent=UNSETTLED_FOR), began=1))
    assert found.resume_from() == (NOON + UNSETTLED_FOR - OVERLAP) // 1000


def test_cash_is_what_the_last_check_that_told_of_it_said() -> None:
    found = account(checked(began=1)._replace(cash=5), checked(began=2))
    assert found.cash == 5


def test_an_account_without_fills_asks_for_all_there_are() -> None:
    assert account(checked(began=1)).resume_from() == 0


# Standing


def test_an_account_is_live_when_it_was_checked_on_this_link() -> None:
    found = account()
    assert found.label(0) is Label.CONNECTING
    found.take(link(Phase.UP, at=1_000))
    assert found.label(1_000) is Label.SYNCING
    found.take(checked(began=900, at=1_100))
    assert found.label(1_100) is Label.SYNCING
    found.take(checked(fill(), began=1_200, at=1_300))
    found.take(fill("t2", at=1_300))
    assert (found.label(1_300), found.reason(1_300)) == (Label.LIVE, "")
    assert found.label(1_300 + QUIET_AFTER + 1) is Label.QUIET
    assert found.label(1_300 + CHECKED_FOR + 1) is Label.STALE
    assert found.reason(1_300 + CHECKED_FOR + 1) == "not checked for 150s"


def test_an_account_that_stood_still_is_stale_until_there_is_a_new_link() -> None:
    store = Store()
    found = store.log_in("made-up", Millis(NOON), LINK)
    store.take([link(Phase.UP, at=0)])
    found.take(checked(began=10))
    assert found.label(20) is Label.QUIET
    store.suspect("the program stood still for 15s", Millis(15_000))
    assert (found.label(15_000), found.reason(15_000)) == (Label.STALE, "the program stood still for 15s")
    found.take(checked(began=15_500))
    assert found.label(16_000) is Label.STALE
    store.take([link(Phase.DOWN, at=16_000, reason="made anew")])
    assert found.label(16_000) is Label.DOWN
    store.take([link(Phase.UP, at=16_500, generation=2)])
    assert found.label(16_500) is Label.SYNCING
    found.take(checked(began=16_600))
    assert found.label(16_700) is Label.QUIET


def test_a_link_that_came_back_needs_a_new_check() -> None:
    found = account(link(Phase.UP, at=1), checked(began=2), link(Phase.DOWN, at=50, reason="lost"))
    assert (found.label(60), found.reason(60)) == (Label.DOWN, "lost")
    found.take(link(Phase.UP, at=70, generation=2))
    assert found.label(70) is Label.SYNCING
    assert not found.take(link(Phase.DOWN, at=71, generation=1))
    found.take(CheckFailed(Millis(75), "the venue is closed for a while (503)"))
    assert found.reason(80) == "the venue is closed for a while (503)"
    found.take(checked(began=90))
    assert found.label(99) is Label.QUIET


def test_silence_alone_is_never_stale() -> None:
    found = account(link(Phase.UP, at=0))
    for hour in range(1, 10):
        found.take(checked(began=hour * 3_600_000))
        assert found.label(hour * 3_600_000 + 1_000) is Label.QUIET


def test_refused_credentials_say_so_until_a_check_succeeds() -> None:
    found = account(link(Phase.UP, at=0), CheckFailed(Millis(1), "not accepted (401)", refused=True))
    assert (found.label(5), found.reason(5)) == (Label.HALTED, "not accepted (401)")
    found.take(checked(began=9))
    assert found.label(10) is Label.QUIET
    found.take(link(Phase.HALTED, at=20, reason="refused by the venue (403)"))
    assert (found.label(21), found.reason(21)) == (Label.HALTED, "refused by the venue (403)")


# Places in the queue


def test_our_orders_are_on_the_ladder_with_what_is_ahead() -> None:
    found = account(order(placed=True, at=1), order("o2", at=2, price="0.47"), bids="0.48x500 0.47x80", asks="0.52x1")
    assert found.orders_at(A) == (
        {
            px("0.48"): Resting(qty("100"), qty("400"), qty("400")),
            px("0.47"): Resting(qty("100"), None, qty("80")),
        },
        {},
    )
    found.hear([delta(bid("0.48", "250"), at=3, sent=3)])
    assert found.orders_at(A)[0][px("0.48")].ahead == qty("150")
    assert found.ahead(order()) == Resting(qty("100"), qty("150"), qty("150"))


def test_a_fill_brings_our_order_to_the_front_and_its_end_takes_it_off_the_ladder() -> None:
    found = account(order(placed=True, at=1), bids="0.48x500")
    found.take(fill(size="30"))
    assert found.orders_at(A)[0] == {px("0.48"): Resting(qty("70"), 0, 0)}
    found.take(order(state=CANCELLED, at=2))
    assert found.orders_at(A) == ({}, {})
    assert not found.queues


def test_an_order_without_a_book_has_no_estimate() -> None:
    assert account(order(placed=True)).orders_at(A)[0] == {px("0.48"): Resting(qty("100"), None, None)}


FACTS: st.SearchStrategy[AccountEvent] = st.one_of(
    FILLS,
    st.builds(
        lambda n, state, matched, price, at: order(
            f"o{n}", state, matched=str(matched), price=price, at=at, size=str(10 + n), side=SELL if n % 2 else BUY
        ),
        st.integers(0, 3),
        st.sampled_from([WORKING, WORKING, CANCELLED, FILLED]),
        st.integers(0, 10),
        st.just("0.4"),
        st.integers(0, 50_000),
    ),
    st.builds(lambda began, names: checked(*(order(each, at=began) for each in names), began=began),
              st.integers(0, 50_000), st.sets(st.sampled_from(["o0", "o2"]))),
)  # fmt: skip


@more(4)
@given(st.lists(FACTS, max_size=40))
def test_tables_views_and_queues_agree_whatever_comes(facts: list[AccountEvent]) -> None:
    found = account(bids="0.4x100", asks="")
    for sort in ("time", "left", "market"):
        found.orders.working(sort)
    for each in facts:
        found.take(each)
        listed = found.orders.working("left")
        assert listed == sorted(listed, key=lambda row: (-row.left, row.order))
        assert sorted(row.order for row in listed) == sorted(working(found))
        assert len(listed) == found.orders.count()
        assert all(row.state is WORKING for row in listed)
        sizes: dict[bool, int] = {True: 0, False: 0}
        for row in listed:
            if row.instrument == A:
                sizes[row.side is BUY] += row.left
        bids, asks = found.orders_at(A)
        assert [sum(each.size for each in side.values()) for side in (bids, asks)] == [sizes[True], sizes[False]]
        for side, instrument in ((BUY, None), (SELL, None), (BUY, A), (SELL, A)):
            rows = [row for row in listed if row.side is side and instrument in (None, row.instrument)]
            assert found.orders.money(side, instrument) == sum(row.price * row.left for row in rows)


def test_a_venue_with_endless_orders_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pmtui.core.orders.MOST_WORKING", 2)
    found = account(order("o1"), order("o2"), order("o3"))
    assert (working(found), found.orders.refused) == (["o1", "o2"], 1)


def test_rows_can_be_turned_and_paged() -> None:
    found = account(*(order(f"o{n}", price=f"0.4{n}", created=n) for n in range(5)))
    assert [each.order for each in found.orders.working("time", top=2)] == ["o4", "o3"]
    assert [each.order for each in found.orders.working("price", top=2, skip=1)] == ["o3", "o2"]
    assert [each.order for each in found.orders.working("price", top=2, last_first=True)] == ["o0", "o1"]
    assert [each.order for each in found.orders.working("price", instrument=B)] == []


def test_numbers_are_the_venues_own() -> None:
    assert isinstance(Px(1), int)
    found = account(fill(size="0.000001"), fill("t2", size="0.1"))
    assert found.position(A).net == Qty(100_001_000)
