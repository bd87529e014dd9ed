"""The price over time beside a naive list of mids and prints."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmtui.core.series import Bucket, Column, Mark, Series, View, _Ring
from pmtui.core.units import ONE, px, qty

START = 1_790_000_000_000
WINDOWS = (60, 300, 900, 3_600, 21_600)
BUCKETS = {60: 1_000, 300: 1_000, 900: 6_000, 3_600: 25_000, 21_600: 150_000}
"""How wide the buckets are from which a window is drawn."""
COLUMNS = st.sampled_from([1, 2, 7, 30, 84, 111])


class News(NamedTuple):
    at: int
    kind: str
    price: int = 0
    size: int = 0


@st.composite
def days(draw: st.DrawFn, seconds: int) -> list[News]:
    """What happens within a window, in order but for a little lateness."""
    steps = st.one_of(st.integers(-3_000, 3_000), st.integers(0, seconds * 40))
    news, at = [], START
    for step in draw(st.lists(steps, max_size=40)):
        at = min(at + step, START + seconds * 950)
        kind = draw(st.sampled_from(["mid", "mid", "mid", "print", "gap", "tick"]))
        news.append(News(at, kind, draw(st.integers(1, 999)) * (ONE // 1000), draw(st.integers(1, 10**15))))
    return news


def tell(series: Series, news: list[News]) -> None:
    for each in news:
        if each.kind == "mid":
            series.quoted(each.price, each.at)
        elif each.kind == "print":
            series.printed(each.price, each.size, each.at)
        elif each.kind == "gap":
            series.gap(each.at)
        else:
            series.mark(Mark.TICK, each.at)


def timely(news: list[News]) -> list[News]:
    """The same, with late news in the newest second."""
    told: list[News] = []
    for each in news:
        newest = told[-1].at // 1000 * 1000 if told else each.at
        told.append(each._replace(at=max(each.at, newest)))
    return told


class Told(NamedTuple):
    first: int | None
    columns: list[Column]


def naive(news: list[News], seconds: int, columns: int, now: int) -> Told:
    """Each column by going through all that happened; news belong to the step in which their bucket begins."""
    told, width = timely(news), BUCKETS[seconds]
    span = -(-seconds * 1000 // columns)
    last = max(now, told[-1].at // 1000 * 1000 if told else now) // span
    drawn, stands, first = [], None, None
    for step in range(min([last - columns + 1, *(each.at // width * width // span for each in told)]), last + 1):
        here = [each for each in told if each.at // width * width // span == step]
        if step > last - columns and first is None:
            first = next((each.price for each in here if each.kind == "mid"), None) if stands is None else stands
        prices = [] if stands is None else [stands]
        money: dict[int, int] = {}
        for each in here:
            if each.kind == "mid":
                stands = each.price
                prices.append(stands)
            elif each.kind == "gap":
                stands = None
            elif each.kind == "print":
                money[each.at // 1000] = money.get(each.at // 1000, 0) + each.price * each.size
        drawn.append(
            Column(
                min(prices, default=None),
                max(prices, default=None),
                stands,
                sum(each.size for each in here if each.kind == "print"),
                sum(each // ONE for each in money.values()),
                any(each.kind == "gap" and each.at // span == step for each in told),
            )
        )
    return Told(first, drawn[-columns:])


@pytest.mark.parametrize("seconds", WINDOWS)
@given(data=st.data(), columns=COLUMNS, later=st.integers(0, 50))
def test_a_view_equals_a_naive_list(data: st.DataObject, seconds: int, columns: int, later: int) -> None:
    news = data.draw(days(seconds))
    series = Series()
    tell(series, news)
    now = (news[-1].at if news else START) + later * seconds
    view = series.view(seconds, columns, now)
    assert (view.first, list(view.columns)) == naive(news, seconds, columns, now)


@pytest.mark.parametrize("seconds", WINDOWS)
@given(data=st.data(), columns=COLUMNS)
def test_without_mids_a_view_tells_how_far_the_prints_went(data: st.DataObject, seconds: int, columns: int) -> None:
    news = [each for each in data.draw(days(seconds)) if each.kind != "mid"]
    series = Series()
    tell(series, news)
    view = series.view(seconds, columns, news[-1].at if news else START)
    sizes = sum(each.size for each in view.columns)
    # What is older than the view is the first that happened.
    printed = [each for each in news if each.kind == "print"]
    while printed and sum(each.size for each in printed) > sizes:
        printed.pop(0)
    prices = [each.price for each in printed]
    assert (view.low, view.bottom, view.top) == (None, min(prices, default=None), max(prices, default=None))
    series.quoted(px("0.5"), news[-1].at if news else START)
    assert series.view(seconds, columns, news[-1].at if news else START).bottom is None


@pytest.mark.parametrize("seconds", WINDOWS)
@given(data=st.data(), columns=st.sampled_from([1, 2, 5, 10]), times=st.sampled_from([2, 3, 6]))
def test_a_coarser_view_never_loses_the_high_or_the_low(
    data: st.DataObject, seconds: int, columns: int, times: int
) -> None:
    series, now = Series(), START + seconds * 1000
    tell(series, data.draw(days(seconds)))
    coarse, fine = series.view(seconds, columns, now), series.view(seconds, columns * times, now)
    # A window of round length is cut into steps that nest; the last ones of both end with the same coarse step.
    if seconds * 1000 % (columns * times) == 0:
        span = seconds * 1000 // columns
        for n, column in enumerate(coarse.columns):
            begin = (now // span - columns + 1 + n) * times - (now * times // span - columns * times + 1)
            parts = fine.columns[max(0, begin) : max(0, begin + times)]
            told = [each for each in parts if each.low is not None]
            assert all(column.low is not None and column.low <= (each.low or 0) for each in told)
            assert all(column.high is not None and column.high >= (each.high or 0) for each in told)


@given(data=st.data(), cuts=st.lists(st.integers(0, 40)), seconds=st.sampled_from(WINDOWS), columns=COLUMNS)
def test_looking_at_it_changes_nothing(data: st.DataObject, cuts: list[int], seconds: int, columns: int) -> None:
    news = data.draw(days(seconds))
    alone, watched = Series(), Series()
    tell(alone, news)
    for n, each in enumerate(news):
        tell(watched, [each])
        if n in cuts:
            watched.view(seconds, columns, each.at + n * 700)
    now = news[-1].at if news else START
    assert watched.view(seconds, columns, now) == alone.view(seconds, columns, now)


@given(data=st.data(), seconds=st.sampled_from(WINDOWS), columns=COLUMNS)
def test_a_view_knows_its_own_sums(data: st.DataObject, seconds: int, columns: int) -> None:
    series = Series()
    tell(series, data.draw(days(seconds)))
    view = series.view(seconds, columns, START + seconds * 950)
    assert view.size == sum(each.size for each in view.columns)
    assert view.low == min((each.low for each in view.columns if each.low is not None), default=None)
    assert view.high == max((each.high for each in view.columns if each.high is not None), default=None)
    assert len(view.columns) == columns


def test_a_quiet_market_is_a_flat_line_however_long_it_lasts() -> None:
    series = Series()
    series.quoted(px("0.4"), START)
    series.quoted(px("0.5"), START + 2_000)
    for hours in (1, 5, 30, 800):
        for seconds in WINDOWS:
            view = series.view(seconds, 40, START + hours * 3_600_000)
            assert {each[:3] for each in view.columns[1:]} <= {(px("0.5"),) * 3, (px("0.4"), px("0.5"), px("0.5"))} | (
                {(None, None, None), (px("0.4"), px("0.5"), px("0.5"))} if hours * 3_600 <= seconds else set()
            )
            assert view.columns[-1].close == px("0.5")


@pytest.mark.parametrize("seconds", WINDOWS)
def test_a_mid_after_a_long_silence_follows_the_line_that_stood(seconds: int) -> None:
    for silence in (seconds // 2, seconds, 3 * seconds, 400 * seconds):
        series, end = Series(), START + silence * 1000
        series.quoted(px("0.4"), START)
        series.quoted(px("0.6"), end)
        series.quoted(px("0.7"), end + 1_000)
        view = series.view(seconds, 30, end + seconds * 300)
        assert {each.close for each in view.columns} <= {px("0.4"), px("0.6"), px("0.7")} | (
            {None} if silence < seconds else set()
        )
        assert view.columns[15].close == px("0.4")
        assert view.columns[-1].close == px("0.7")


def test_nothing_stands_between_a_gap_and_the_next_mid() -> None:
    series = Series()
    series.quoted(px("0.4"), START)
    series.gap(START + 10_000)
    series.quoted(px("0.6"), START + 20_000)
    view = series.view(30, 30, START + 29_000)
    assert [each.close for each in view.columns] == [px("0.4")] * 10 + [None] * 10 + [px("0.6")] * 10
    assert view.marks == ((10, Mark.GAP),)
    assert [each.broken for each in view.columns].index(True) == 10


@given(days(300), st.integers(0, 300))
def test_what_stood_once_is_the_last_mid_before_or_the_first_since(news: list[News], ago: int) -> None:
    series = Series()
    tell(series, news)
    wanted: tuple[int, int] | None = None
    then = START + (300 - ago) * 1_000
    quoted = [each for each in timely(news) if each.kind in ("mid", "gap")]
    earlier = [each for each in quoted if each.at < then]
    if earlier and earlier[-1].kind == "mid":
        wanted = then, earlier[-1].price
    else:
        first = next((each for each in quoted if each.at >= then and each.kind == "mid"), None)
        wanted = first and (first.at // 1_000 * 1_000, first.price)
    assert series.stood(then + ago) == wanted


def test_a_picture_stands_still_within_a_step() -> None:
    series = Series()
    series.quoted(px("0.4"), START)
    first = series.view(300, 60, START + 5_000)
    assert series.view(300, 60, START + 9_900) is first
    moved = series.view(300, 60, START + 10_000)
    assert moved.columns[:-1] == first.columns[1:]


def test_marks_move_with_the_picture_and_leave_it() -> None:
    series = Series()
    series.quoted(px("0.4"), START)
    series.mark(Mark.TICK, START + 1_500)
    assert series.view(60, 60, START + 1_500).marks == ((59, Mark.TICK),)
    assert series.view(60, 60, START + 31_500).marks == ((29, Mark.TICK),)
    assert series.view(60, 60, START + 90_000).marks == ()


def test_the_average_price_is_weighted_by_size() -> None:
    series = Series()
    series.printed(px("0.2"), qty("30"), START)
    series.printed(px("0.5"), qty("10"), START + 500)
    view: View = series.view(60, 60, START + 1_000)
    assert view.vwap == px("0.275")
    assert [each.vwap for each in view.columns if each.size] == [px("0.275")]
    assert view.low is None


PRINTS = st.lists(
    st.tuples(st.integers(0, 9_000), st.integers(1, ONE - 1), st.one_of(st.integers(1, ONE), st.integers(1, 10**23))),
    min_size=1,
    max_size=20,
)


@pytest.mark.parametrize("seconds", WINDOWS)
@given(prints=PRINTS)
def test_an_average_price_lies_among_the_prices_whatever_the_sizes(
    seconds: int, prints: list[tuple[int, int, int]]
) -> None:
    series, at = Series(), START
    for step, price, size in prints:
        at += step
        series.printed(price, size, at)
    found = series.view(seconds, 60, at + 3_000)
    grain = len(prints) * 100  # billionths of a price, since money is cut to billionths of a dollar
    everything = series.view(21_600, 60, at + 3_000)
    assert everything.size == sum(size for _, _, size in prints)
    lowest, highest = min(price for _, price, _ in prints), max(price for _, price, _ in prints)
    for vwap in (found.vwap, everything.vwap, *[each.vwap for each in found.columns]):
        assert vwap is None or lowest - grain <= vwap <= highest


def test_the_average_price_of_dust_is_not_told() -> None:
    series = Series()
    series.printed(px("0.0015"), qty("0.000001"), START)
    assert series.view(60, 60, START + 1_000).vwap is None


PRICES = st.one_of(st.integers(1, ONE), st.integers((1 << 63) - 3, (1 << 63) + 3), st.integers(1 << 63, 10**21))


@given(
    news=st.lists(st.tuples(st.sampled_from(["mid", "print", "gap"]), PRICES), max_size=8), step=st.integers(1, 3_000)
)
def test_no_price_is_too_high_to_be_kept(news: list[tuple[str, int]], step: int) -> None:
    series = Series()
    told = [News(START + n * step, kind, price, 1) for n, (kind, price) in enumerate(news)]
    for each in told:
        tell(series, [each])
        series.view(60, 60, each.at)
    series.quoted(px("0.5"), START + 60_000)
    assert series.view(60, 60, START + 61_000).columns[-1].close == px("0.5")
    printed = [each.price for each in told if each.kind == "print"]
    if printed and all(each.kind != "mid" for each in told):
        view = series.view(300, 1, START + 30_000)
        assert sum(each.size for each in view.columns) == len(printed)


def test_a_second_that_could_not_be_kept_is_lost_and_told_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    add = _Ring.add

    def add_others(ring: _Ring, at: int, bucket: Bucket) -> None:
        if bucket.close == px("0.4"):
            raise OverflowError
        add(ring, at, bucket)

    monkeypatch.setattr(_Ring, "add", add_others)
    series = Series()
    series.quoted(px("0.4"), START)
    with pytest.raises(OverflowError):
        series.quoted(px("0.5"), START + 1_000)
    series.quoted(px("0.6"), START + 2_000)
    assert series.view(60, 60, START + 2_000).columns[-1].close == px("0.6")
