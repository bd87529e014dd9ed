"""How wide texts are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich import cells

from pmtui.ui.cells import _NARROW, cell_len
from tests import scenes
from tests.draw import drawn, lines


@given(st.text(st.sampled_from([*map(chr, _NARROW), *"ab █中é\u0301\u200d\ufe0f🔎"])))
def test_a_text_is_as_wide_as_the_tables_say(text: str) -> None:
    assert cell_len(text) == cells.cell_len(text)


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
def test_a_screen_of_plain_names_needs_no_tables(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    def looked_up(text: str, version: str = "") -> int:
        raise AssertionError(f"{text!r} was looked up")

    cell_len.cache_clear()
    cells.cached_cell_len.cache_clear()
    monkeypatch.setattr(cells, "get_character_cell_size", looked_up)
    assert "LIVE" in drawn(scenes.market(10), size, lambda app: "\n".join(lines(app)))
