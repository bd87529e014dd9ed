"""Questions to a venue while there is no screen."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pmtui.config import Settings
    from pmtui.core.ports import Venue

_Result = TypeVar("_Result")


def venue(name: str, settings: Settings) -> Venue:
    """The venue of this name, at the addresses that were set."""
    from pmtui.desk import open_venue

    return open_venue(name, settings.addresses)


def run(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Wait for the answer, and for nothing else."""
    import asyncio

    # Not `asyncio.run`: at its end it waits for threads, and a name look-up may hang there for a minute.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
