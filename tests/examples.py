"""How many examples a property gets that needs another number of them than the profile gives to all."""

from __future__ import annotations

from typing import Any

from hypothesis import settings


def more(times: int, **rest: Any) -> settings:
    """So many times the profile's: for inputs of many kinds, of which each takes little."""
    profile = settings.default
    assert profile is not None
    return settings(max_examples=times * profile.max_examples, **rest)
