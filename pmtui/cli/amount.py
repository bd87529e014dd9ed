"""Numbers as options."""

from __future__ import annotations

from typing import Any

import click


class Amount(click.FloatRange):
    """A number in a range, and a number it has to be."""

    name = "number"

    def get_metavar(self, *_: Any, **__: Any) -> str:
        return "N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        if found != found:  # only what is not a number differs from itself
            self.fail("this is not a number.", param, ctx)
        return found


class Whole(click.IntRange):
    """A whole number in a range, called so when it is none."""

    name = "whole number"

    def get_metavar(self, *_: Any, **__: Any) -> str:
        return "N"
