"""The places of panels: whoever is seen, none overlaps another, and what is said of columns and lines holds."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Region, Size

from pmtui.ui.plan import FRAME, NARROW, PLACES, WIDE, Ask, plan
from pmtui.ui.screens.dashboard import found_panels

TOP, KEYS = Ask("top", 2), Ask("bottom", 1)
LADDER, TAPE = Ask("main"), Ask("side")
sizes = st.builds(Size, st.integers(80, 260), st.integers(24, 80))
inner = st.builds(
    Ask,
    st.sampled_from(["side", "far"]),
    st.sampled_from([0, 0, 1, 5, 11]),
    st.integers(1, 3),
    st.sampled_from([10_000, 24, 3]),
)
seen = st.tuples(st.lists(inner, max_size=6), st.booleans()).map(
    lambda given: [TOP, *([LADDER] if given[1] else []), *given[0], Ask("bottom", 1), KEYS]
)


@given(sizes, seen)
def test_no_two_overlap_and_all_are_on_the_screen(size: Size, asks: list[Ask]) -> None:
    regions = plan(size, asks)
    assert len(regions) == len(asks)
    for region in regions:
        assert size.region.contains_region(region)
    for one, other in combinations(regions, 2):
        assert not one.intersection(other)


@given(sizes, seen)
def test_the_frame_is_whole_and_the_rest_is_between(size: Size, asks: list[Ask]) -> None:
    regions = plan(size, asks)
    assert regions[0] == Region(0, 0, size.width, 2)
    assert regions[-2:] == [Region(0, size.height - 2, size.width, 1), Region(0, size.height - 1, size.width, 1)]
    for region, ask in zip(regions, asks, strict=True):
        if ask.place not in FRAME:
            assert region.y >= 2
            assert region.bottom <= size.height - 2


@given(sizes, seen)
def test_a_column_is_as_wide_for_all_in_it_and_its_lines_are_used_up(size: Size, asks: list[Ask]) -> None:
    regions = plan(size, asks)
    for place in PLACES:
        column = [(region, ask) for region, ask in zip(regions, asks, strict=True) if ask.place == place]
        assert len({(region.x, region.width) for region, _ in column}) <= 1
        assert all(one.bottom == other.y for (one, _), (other, _) in pairwise(column))
        sharing = [ask for _, ask in column if not ask.lines]
        for region, ask in column:
            last = bool(sharing) and ask is sharing[-1] and all(each.most < 10_000 for each in sharing)
            assert last or region.height <= (ask.lines or ask.most)
        if sharing:
            others_below = place == "far" and size.width < WIDE and any(ask.place == "side" for ask in asks)
            assert others_below or column[-1][0].bottom == size.height - 2


@given(sizes, st.lists(inner, min_size=1, max_size=6))
def test_who_asks_for_lines_gets_them_while_there_are_any_and_shares_are_fair(size: Size, asks: list[Ask]) -> None:
    column = [ask._replace(place="side") for ask in asks]
    heights = [region.height for region in plan(size, [LADDER, *column])[1:]]
    left = size.height
    for ask, height in zip(column, heights, strict=True):
        if ask.lines:
            assert height == min(ask.lines, left)
            left -= height
    free = [(ask, height) for ask, height in zip(column, heights, strict=True) if not ask.lines and height < ask.most]
    for (one, a), (other, b) in combinations(free, 2):
        assert abs(a * other.share - b * one.share) <= one.share + other.share


@given(sizes)
def test_columns(size: Size) -> None:
    def widths(*asks: Ask) -> list[int]:
        return [region.width for region in plan(size, asks)]

    far = Ask("far")
    assert widths(LADDER) == [size.width]
    assert widths(TAPE) == [size.width]
    ladder, tape = widths(LADDER, TAPE)
    assert ladder + 1 + tape == size.width
    assert tape == 33 if size.width < NARROW else tape >= 39
    ladder, tape, beyond = widths(LADDER, TAPE, far)
    assert beyond >= 46
    if size.width >= WIDE:
        assert ladder + 1 + tape + 1 + beyond == size.width
        assert tape >= 44
    else:
        assert tape == beyond
        assert ladder + 1 + tape == size.width


def test_a_wider_terminal_never_makes_a_panel_of_the_second_column_narrower() -> None:
    for asks in ([LADDER, TAPE], [LADDER, Ask("far")]):
        widths = [plan(Size(width, 40), asks)[1].width for width in range(80, 300)]
        assert widths == sorted(widths)


@given(sizes, inner)
def test_alone_a_panel_has_all_within_the_frame(size: Size, ask: Ask) -> None:
    assert plan(size, [TOP, ask, KEYS], alone=True)[1] == Region(0, 2, size.width, size.height - 3)


def test_every_panel_asks_for_a_place_that_there_is() -> None:
    for panel in [*found_panels(), *found_panels(far=True)]:
        assert panel.place in PLACES
        assert bool(panel.takes) == (panel.place in FRAME)
