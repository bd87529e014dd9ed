"""The README's key table, made from the bindings: `python -m tests.readme` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from textual.binding import Binding

from pmtui.ui.app import Pmtui
from pmtui.ui.screens.dashboard import found_panels

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- keys: python -m tests.readme -->\n", "<!-- end of keys -->\n"


def table() -> str:
    """Keys that always work, then those of each panel while it has the focus."""
    rows = ["| key | what it does |", "| --- | --- |", *_rows(Pmtui.BINDINGS)]
    for panel in [*found_panels(), *found_panels(far=True)]:
        own = list(_rows(panel.BINDINGS))
        if own:
            rows += [f"| | **{panel.called.capitalize()}**, when it has the focus |", *own]
    return "\n".join(rows) + "\n"


def _rows(bindings: object) -> Iterator[str]:
    assert isinstance(bindings, list)
    for each in bindings:
        if isinstance(each, Binding) and each.show:
            keys = (each.key_display or each.key).replace("|", "\\|")
            yield f"| {' '.join(f'`{key}`' for key in keys.split())} | {each.tooltip} |"


def parts() -> tuple[str, str, str]:
    """The README before, within and after the table."""
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    within, _, after = rest.partition(END)
    return before, within, after


if __name__ == "__main__":
    before, _, after = parts()
    README.write_text(before + BEGIN + table() + END + after, encoding="utf-8")
