"""Questions to a venue while there is no screen."""

from __future__ import annotations

import os
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from pmtui.cli.ends import Wrong

if TYPE_CHECKING:
    from pmtui.config import Settings
    from pmtui.core.ports import Venue

_Result = TypeVar("_Result")


def venue(name: str, settings: Settings) -> Venue:
    """The venue of this name, at the addresses that were set."""
    from pmtui.desk import open_venue

    return open_venue(name, settings.addresses)


def check_way(name: str, settings: Settings) -> None:
    """Refuse a proxy on the way to the venue of this name that cannot be used."""
    if not any(each.lower().endswith("_proxy") for each in os.environ):
        return  # what reads them takes its time to load
    from pmtui.feed.proxy import Unusable, proxy_for

    for address in settings.addresses[name].values():
        try:
            proxy_for(address)
        except Unusable as error:
            raise Wrong(str(error)) from error


def run(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Wait for the answer, and for nothing else."""
    import asyncio

    # Not `asyncio.run`: at its end it waits for threads, and a name look-up may hang there for a minute.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
