"""A key that stands for two, or that says more by name than there is room for beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from textual.binding import Binding

_NAMES = {"↑": "up", "↓": "down", "←": "left", "→": "right", "⏎": "enter", "⌫": "backspace"}


_KEYS = {
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    "+": "plus",
    "-": "minus",
    **{sign: name for sign, name in _NAMES.items() if sign in "↑↓←→"},
}
"""Signs that stand beside another one in the line of keys, as the keys are called."""


def key_names(signs: str) -> str:
    """Keys in words: of ASCII, the signs that come nearest to arrows are keys themselves."""
    return " ".join(_NAMES.get(sign, sign) for sign in signs.split())


def pressed(binding: Binding, sign: int) -> str:
    """The key that a sign of a binding stands for; its own where there is but one."""
    signs = (binding.key_display or "").split(" ")
    first = binding.key.partition(",")[0]
    return _KEYS.get(signs[sign], first) if 0 <= sign < len(signs) > 1 else first


@dataclass(frozen=True)
class Key(Binding):
    """A binding that has words of its own for the list of commands, where it is chosen by itself."""

    name: str = ""
    """What it is called there."""
    does: str = ""
    """Exactly what happens when it is chosen there."""


def alone(binding: Binding) -> Binding:
    """The same as one command: what it is called, what happens, and the one key that does it."""
    if not isinstance(binding, Key):
        return binding
    shown = binding.key_display
    several = shown is not None and " " in shown
    return replace(
        binding,
        description=binding.name or binding.description,
        tooltip=binding.does or binding.tooltip,
        key_display=None if several else shown,
    )
