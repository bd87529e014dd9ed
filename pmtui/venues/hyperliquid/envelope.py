"""What a frame is, before anything in it is read: which feed it belongs to, and whether it may tell a book."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pmtui.core.careful import Bare, careful, obj, sample
from pmtui.core.events import Event, Ignored
from pmtui.core.ports import VenueError
from pmtui.core.units import Millis, NotANumber

_CHANNEL = b'{"channel":"'
_ASIDE = tuple(
    _CHANNEL + f'{each}"'.encode()
    for each in (
        "trades",
        "candle",
        "activeAssetCtx",
        "activeSpotAssetCtx",
        "outcomeMetaUpdates",
        "subscriptionResponse",
        "error",
        "post",
        "pong",
    )
)


class _Kind(msgspec.Struct, gc=False):
    channel: str


_KIND = msgspec.json.Decoder(_Kind)


def channel_of(frame: bytes) -> str:
    """Which feed a message belongs to; raises for what names none."""
    if frame.startswith(_CHANNEL) and (end := frame.find(b'"', len(_CHANNEL))) > 0:
        return frame[len(_CHANNEL) : end].decode()
    try:
        return _KIND.decode(frame).channel
    except (msgspec.MsgspecError, RecursionError):
        found = obj(careful(frame)).get("channel")
    if not isinstance(found, str) or isinstance(found, Bare):
        raise NotANumber("no channel is named")
    return found


def is_aside(frame: bytes) -> bool:
    """Whether a message is of a feed that tells no book, even if nothing else of it can be read."""
    return frame.startswith(_ASIDE)


def unknown(raw: bytes, channel: str, at: Millis) -> Sequence[Event]:
    """A feed that we do not know: ignored, as long as it is an object of the venue's at all."""
    obj(careful(raw))
    return (Ignored(f"unknown kind {channel[:40]}", unknown=True, at=at),)


def reason(error: Exception) -> str:
    """Why a message could not be read, in few words."""
    if isinstance(error, KeyError):
        return f"{str(error.args[0])[:40]!r} is missing or not a known word"
    return "nested too deep" if isinstance(error, RecursionError) else str(error)[:120]


def check_utf8(frame: bytes) -> None:
    try:
        frame.decode()
    except UnicodeDecodeError as error:
        raise VenueError("not UTF-8", sample=sample(frame), cut=True) from error
