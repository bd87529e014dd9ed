"""Rows are made again when what they tell of differs, and only then."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pmtui.ui.kept import Kept
from pmtui.ui.line import Line

LISTS = st.lists(st.tuples(st.dictionaries(st.integers(0, 5), st.integers(0, 2), max_size=6), st.booleans()))


def line(row: int, style: bool) -> Line:
    return ((f"{row} {style}", ""),)


@given(LISTS)
def test_lines_are_those_made_anew_and_only_what_differs_is_made(lists: list[tuple[dict[int, int], bool]]) -> None:
    made: list[int] = []

    def counted(row: int, style: bool) -> Line:
        made.append(row)
        return line(row, style)

    kept = Kept(counted)
    before: dict[int, int] = {}
    of: bool | None = None
    for rows, style in lists:
        made.clear()
        assert kept.lines(rows.items(), style) == [line(row, style) for row in rows.values()]
        assert made == [row for name, row in rows.items() if style is not of or before.get(name) != row]
        before, of = rows, style
