"""A terminal with nothing but ASCII loses signs, not meaning or columns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pmtui.ui.app import Pmtui
from pmtui.ui.plain import plain
from tests import scenes
from tests.draw import drawn, lines


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs"])))
def test_plain_text_is_ascii_and_as_wide(text: str) -> None:
    assert plain(text).isascii()
    assert cell_len(plain(text)) == cell_len(text)


def test_signs_that_mean_something_stay_different() -> None:
    assert plain("▸33.7 33.4◂ ●○▲▼ 0.1¢") == ">33.7 33.4< *o^v 0.1c"


def test_with_ascii_only_no_other_sign_is_ever_drawn() -> None:
    def signs(app: Pmtui) -> set[str]:
        first = "".join(lines(app))
        app.desk.step(1)
        app.frames.pulse()
        frame: list[str] = []
        for panel in app.panels():
            panel.draw(range(panel.lines), [""] * panel.lines, frame)
        return {char for char in first + "".join(frame) if not char.isascii()}

    assert drawn(scenes.market(10), (120, 40), signs, ascii_only=True) == set()
