"""Colours. `$bid` and `$ask` are the two that mean something; the rest is paper and ink."""

from __future__ import annotations

from textual.theme import Theme

VARIABLES = {
    "bid": "#5fbf8f",
    "ask": "#e0705f",
    "bid-bar": "#1f5a41",
    "ask-bar": "#6b2f28",
    "ink": "#d5dae2",
    "dim": "#6f7b8c",
    "faint": "#414b59",
    "warn": "#e5b567",
    "good": "#5fbf8f",
    "bad": "#ef6a5a",
    "accent": "#7aa8e8",
    "bar-paper": "#1a212b",
}

DARK = Theme(
    name="pmtui-dark",
    primary="#7aa8e8",
    secondary="#5f87b8",
    accent="#7aa8e8",
    foreground="#d5dae2",
    background="#10151c",
    surface="#151b23",
    panel="#1a212b",
    success="#5fbf8f",
    warning="#e5b567",
    error="#ef6a5a",
    dark=True,
    variables=VARIABLES,
)

THEMES = (DARK,)
