"""The venues there are: each folder here is one, and joins by being there."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pmtui.core.offer import Offer


@cache
def offers() -> tuple[Offer, ...]:
    """What each venue says about itself, those first whose names are meant when nothing stands before them."""
    found = [import_module(f"pmtui.venues.{each.name}.offer").OFFER for each in iter_modules(__path__) if each.ispkg]
    return tuple(sorted(found, key=lambda offer: (not offer.bare, offer.name)))


def meant(text: str) -> tuple[Offer, str]:
    """Which venue a name is of, and the name there."""
    text = text.strip()
    prefix, colon, rest = text.partition(":")
    for offer in offers():
        if colon and prefix.lower() in offer.prefixes:
            return offer, rest.strip()
    return offers()[0], text
