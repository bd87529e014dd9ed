"""Messages as the venue writes them: compact JSON, one to a frame."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from pmtui.sim.hyperliquid.topics import Topic

EVERYBODY = Topic("")
"""What every connection hears, whatever it follows."""


class Push(NamedTuple):
    """One message for everybody who follows its topic."""

    topic: Topic
    text: bytes
    head: int = 0x81
    """The first byte of its websocket frame: a final text frame, unless a fault wants it otherwise."""


def written(channel: str, data: object) -> bytes:
    return orjson.dumps({"channel": channel, "data": data})
