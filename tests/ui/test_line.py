"""One line of whole pieces, and words over as many lines as they need."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pmtui.ui.line import sentence, width


@given(st.text(alphabet="ab -—¢語あ🙂"), st.integers(4, 60))
def test_a_sentence_is_told_in_whole_and_no_line_of_it_is_wider_than_there_is_room(words: str, room: int) -> None:
    lines = sentence(words, room, "")
    assert all(width(line) < max(10, room) for line in lines)
    assert "".join(text for line in lines for text, _ in line).replace(" ", "") == words.replace(" ", "")
