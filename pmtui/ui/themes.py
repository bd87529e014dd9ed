"""Colours. `$bid` and `$ask` are the two that mean something; the rest is paper and ink.

A theme says what each word of `VARIABLES` looks like. Beside a colour, `bid-style: "bold"` adds attributes wherever the
word is used, and `"not-bold"` takes one away: themes that have few colours, or none, say by it what others say by hue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from textual.theme import BUILTIN_THEMES, Theme

VARIABLES = {
    "bid": "#5fbf8f",
    "ask": "#e8726a",
    "bid-bar": "#266a4c",
    "ask-bar": "#9a3b34",
    "ink": "#d5dae2",
    "dim": "#8792a1",
    "faint": "#667080",
    "old-bar": "#4d5867",
    "warn": "#e5b567",
    "good": "#5fbf8f",
    "bad": "#f26d60",
    "accent": "#7aa8e8",
    "bar-paper": "#1a212b",
    "hot": "#312e28",
    "cursor": "#202938",
    "large": "#f0cf7a",
}
"""Every word that looks may use, as the dark theme shows it.

What must be read is never fainter than `dim`; `faint` is for lines and for what only separates. `hot` lies behind a
fresh print, `cursor` behind the cursor's row; `large` marks large sizes.
"""

_LIGHT = {
    "bid": "#11704a",
    "ask": "#a82a1c",
    "bid-bar": "#6bb691",
    "ask-bar": "#e39185",
    "ink": "#1e2530",
    "dim": "#5a6474",
    "faint": "#7d8695",
    "old-bar": "#9aa4b3",
    "warn": "#805200",
    "good": "#11704a",
    "bad": "#b0221a",
    "accent": "#1d5db8",
    "bar-paper": "#ebedf0",
    "hot": "#fcf0b5",
    "cursor": "#dfe8f6",
    "large": "#7a5200",
}

# Blue against orange: the one pair that stays far apart for those who take red for green. Nothing else is orange.
_COLOUR_BLIND = VARIABLES | {
    "bid": "#6fb1f5",
    "ask": "#f0983e",
    "bid-bar": "#28639b",
    "ask-bar": "#8a5518",
    "warn": "#f2dd6e",
    "good": "#6fb1f5",
    "bad": "#ff86a5",
    "accent": "#a8dccf",
    "large": "#f2dd6e",
}

# Greys: bids are bold and bright, asks plain and darker, beside all that side, sign and word tell.
_PLAIN = {
    "bid": "#f2f2f2",
    "bid-style": "bold",
    "ask": "#b4b4b4",
    "bid-bar": "#5a5a5a",
    "ask-bar": "#464646",
    "ink": "#dcdcdc",
    "dim": "#949494",
    "faint": "#6c6c6c",
    "old-bar": "#5a5a5a",
    "warn": "#f2f2f2",
    "good": "#dcdcdc",
    "bad": "#ffffff",
    "bad-style": "underline",
    "background-style": "not-underline",
    "accent": "#ffffff",
    "bar-paper": "#1e1e1e",
    "hot": "#333333",
    "cursor": "#2b2b2b",
    "large": "#ffffff",
}


def _marked(ink: str, paper: str, style: str) -> dict[str, str]:
    """What is chosen in a list, whether the keys go there or not, and where one types."""
    cursor = {"foreground": ink, "background": paper, "text-style": style}
    chosen = {f"block-cursor-{state}{part}": value for state in ("", "blurred-") for part, value in cursor.items()}
    return {**chosen, "input-cursor-text-style": "reverse"}


# Sixteen colours are the terminal's own, so only the surest are used: bright ones on black. No background but black
# lets all of them be read in every palette; the cursor is a line below, a fresh print is reversed.
_SIXTEEN = {
    "bid": "ansi_bright_green",
    "ask": "ansi_bright_red",
    "bid-bar": "ansi_green",
    "ask-bar": "ansi_red",
    "ink": "ansi_bright_white",
    "dim": "ansi_white",
    "faint": "ansi_bright_black",
    "old-bar": "ansi_bright_black",
    "warn": "ansi_bright_yellow",
    "good": "ansi_bright_green",
    "bad": "ansi_bright_red",
    "accent": "ansi_bright_cyan",
    "bar-paper": "ansi_black",
    "hot": "ansi_black",
    "hot-style": "reverse",
    "cursor": "ansi_black",
    "cursor-style": "underline",
    "large": "ansi_bright_yellow",
    "background-style": "not-bold",  # bold black is dark grey on many of these terminals
    **_marked("ansi_black", "ansi_white", "none"),
}

_SIXTEEN_COLOUR_BLIND = _SIXTEEN | {
    "bid": "ansi_bright_cyan",
    "ask": "ansi_bright_yellow",
    "bid-bar": "ansi_cyan",
    "ask-bar": "ansi_yellow",
    "warn": "ansi_bright_white",
    "good": "ansi_bright_cyan",
    "accent": "ansi_bright_white",
    "large": "ansi_bright_white",
}

# The terminal's own ink and paper, whatever they are: all is said by weight.
_BARE = dict.fromkeys(VARIABLES, "ansi_default") | {
    "bid-style": "bold",
    "bid-bar-style": "dim",
    "ask-bar-style": "dim",
    "dim-style": "dim",
    "faint-style": "dim",
    "old-bar-style": "dim",
    "warn-style": "bold",
    "bad-style": "bold",
    "accent-style": "bold",
    "large-style": "bold",
    "hot-style": "reverse",
    "cursor-style": "underline",
    "background-style": "reverse",
    **_marked("ansi_default", "ansi_default", "underline"),
}

# Whoever asks for light on sixteen colours has a light terminal: its paper stays, and so does its ink, for of the
# sixteen red is the one that can be read on white and on black. Bids and asks differ by weight as well.
_SIXTEEN_LIGHT = _BARE | {"ask": "ansi_red", "bid-bar": "ansi_green", "ask-bar": "ansi_red"}


def _theme(name: str, ground: str, variables: Mapping[str, str], *, surface: str = "", dark: bool = True) -> Theme:
    ansi = ground.startswith("ansi_")
    # Where the terminal's own colours are used, Textual lets pages shine through unless they are told their paper.
    papers = dict.fromkeys(("surface", "panel", "ansi-background"), ground)
    own = {**papers, "ansi-foreground": variables["ink"]} if ansi else {}
    return Theme(
        name=f"pmtui-{name}",
        primary=variables["accent"],
        secondary=variables["dim"],
        accent=variables["accent"],
        foreground=variables["ink"],
        background=ground,
        surface=surface or ground,
        panel=variables["bar-paper"],
        success=variables["good"],
        warning=variables["warn"],
        error=variables["bad"],
        dark=dark,
        ansi=ansi,
        variables={**own, **variables},
    )


DARK = _theme("dark", "#10151c", VARIABLES, surface="#151b23")
LIGHT = _theme("light", "#f7f8fa", _LIGHT, surface="#ffffff", dark=False)
COLOUR_BLIND = _theme("colour-blind", "#10151c", _COLOUR_BLIND, surface="#151b23")
PLAIN = _theme("plain", "#121212", _PLAIN, surface="#181818")
SIXTEEN = _theme("sixteen", "ansi_black", _SIXTEEN)
SIXTEEN_COLOUR_BLIND = _theme("sixteen-colour-blind", "ansi_black", _SIXTEEN_COLOUR_BLIND)
SIXTEEN_LIGHT = _theme("sixteen-light", "ansi_default", _SIXTEEN_LIGHT, dark=False)
BARE = _theme("bare", "ansi_default", _BARE)

THEMES = (DARK, LIGHT, COLOUR_BLIND, PLAIN, SIXTEEN, SIXTEEN_COLOUR_BLIND, SIXTEEN_LIGHT, BARE)

WISHES = (DARK.name, LIGHT.name, COLOUR_BLIND.name, PLAIN.name)
"""What a user may wish for; the others are what becomes of these where there are few colours."""

_KNOWN = BUILTIN_THEMES | {each.name: each for each in THEMES}
_WITH_SIXTEEN = {LIGHT.name: SIXTEEN_LIGHT, COLOUR_BLIND.name: SIXTEEN_COLOUR_BLIND, PLAIN.name: BARE}
_WISHED = {
    SIXTEEN.name: DARK,
    SIXTEEN_LIGHT.name: LIGHT,
    SIXTEEN_COLOUR_BLIND.name: COLOUR_BLIND,
    BARE.name: PLAIN,
}
_COLOURLESS = re.compile(r"vt(52|100|102|132|220|320|420)(-.*)?|.*-m(ono)?")
"""The names of terminals that never had any."""
_NEAREST = {(False, True): DARK, (False, False): LIGHT, (True, True): SIXTEEN, (True, False): BARE}
"""Of ours, by whether a theme has the terminal's own colours, and whether it is dark."""


def pick(theme: str, colours: str | None, no_color: bool) -> str:
    """The name of the theme that comes nearest to a wish on this terminal.

    `theme` is a short or a full name, or empty; `colours` is what Rich calls the terminal's colour system.
    """
    wish = _KNOWN.get(f"pmtui-{theme}") or _KNOWN.get(theme) or DARK
    if no_color or colours is None:
        return BARE.name
    if colours in ("standard", "windows") and not wish.ansi:
        # Other colours become the nearest of sixteen, which drowns the dim in the paper and the text in its bar.
        return _WITH_SIXTEEN.get(wish.name, SIXTEEN).name
    return wish.name


def is_colourless(environ: Mapping[str, str]) -> bool:
    """Whether no colours are wanted, or the terminal's name is that of one that has none."""
    if environ.get("NO_COLOR"):  # Textual takes an empty one for a wish
        return True
    return not environ.get("COLORTERM") and _COLOURLESS.fullmatch(environ.get("TERM", "")) is not None


def following(theme: str, colours: str | None, no_color: bool) -> str:
    """The next theme in the round of those that differ on this terminal."""
    names = list(dict.fromkeys(pick(wish, colours, no_color) for wish in WISHES))
    return names[(names.index(theme) + 1) % len(names)] if theme in names else names[0]


def wished(theme: str) -> str:
    """The wish behind a theme: worth remembering for terminals with more colours."""
    return _WISHED[theme].name if theme in _WISHED else theme


def defaults(theme: Theme) -> dict[str, str]:
    """Our words for a theme that does not know them: those of ours that is most like it."""
    return _NEAREST[theme.ansi, theme.dark].variables
