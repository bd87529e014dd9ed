"""Frames that are lists: each item is a message of its own, and no list is read for ever."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import msgspec

from pmtui.core.careful import BLANKS, THE_REST, judged
from pmtui.core.events import Event, Rejected
from pmtui.core.ports import VenueError

MOST_ITEMS = 10_000
"""A link has two hundred tokens: a list of more messages than this is none of the venue's."""
_FEW = 10 * MOST_ITEMS
"""A list with fewer commas than this cannot take much memory, whatever is in it."""


def each(
    frame: bytes,
    read: Callable[[bytes], Sequence[Event]],
    refuse: Callable[[VenueError], Rejected],
    sample: Callable[[bytes], str],
) -> tuple[list[Event], int]:
    """What the items tell, in their order, and as how many messages they count; raises what says why it is no list.

    A bad item spoils no other. After too many the rest counts as one more that is bad: nobody reads it.
    """
    items = _split(frame)
    if len(items) > MOST_ITEMS:
        raise VenueError(f"a list of more than {MOST_ITEMS:,} messages", sample=sample(frame), cut=True)
    left = iter(items)

    def refused(error: VenueError, item: msgspec.Raw) -> Rejected:
        if error.reason is THE_REST:
            error = VenueError(THE_REST, sample=sample(bytes(item)), prints=True)
        return refuse(error)

    events = judged(left, lambda item: read(bytes(item)), refused, VenueError)
    return events, len(items) - sum(1 for _ in left)


def _split(frame: bytes) -> Sequence[msgspec.Raw]:
    """The items, of a list that is much too long one more than there may be."""
    try:
        if frame.count(b",") < _FEW:
            return _LIST.decode(frame)
        return [item for item in msgspec.structs.astuple(_first_items().decode(frame)) if item]
    except RecursionError:
        return list(_cut(frame))


def _cut(frame: bytes) -> Iterator[msgspec.Raw]:
    """The items of a list of which one is nested too deep for any decoder; whatever they are."""
    if frame.rstrip(BLANKS)[-1:] != b"]" or sum(map(frame.count, (b"[", b"{", b","))) > _MOST_SIGNS:
        raise msgspec.DecodeError("no list, or too much to be cut")
    depth = start = 0
    for found in _SIGNS.finditer(frame):
        sign = found[0]
        depth += (sign in b"[{") - (sign in b"]}")
        if depth == 1 and sign == b"[" and not start:
            start = found.end()
        elif (depth == 1 and sign == b",") or (not depth and sign == b"]"):
            yield msgspec.Raw(frame[start : found.start()])
            start = found.end()
        if not depth:
            break
    if depth or frame[start:].strip(BLANKS):
        raise msgspec.DecodeError("no list, or not all of it")


_MOST_SIGNS = 20_000
_SIGNS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[][{},]', re.DOTALL)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


@cache
def _first_items() -> msgspec.json.Decoder[msgspec.Struct]:
    """What keeps the first items and passes over all others: each that is kept takes thirty times its room."""
    names = [(f"item_{number}", msgspec.Raw, msgspec.Raw()) for number in range(MOST_ITEMS + 1)]
    return msgspec.json.Decoder(msgspec.defstruct("FirstItems", names, array_like=True, gc=False))
