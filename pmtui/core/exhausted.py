"""What a system can run out of: nobody's mistake, and not a line of our code would tell the user anything."""

from __future__ import annotations

from errno import EMFILE, ENFILE, ENOMEM

_GONE = {
    EMFILE: "no more files may be open here (ulimit -n)",
    ENFILE: "the system has no room for one more open file",
    ENOMEM: "there is no memory left",
}
_NO_THREAD = "can't start new thread"
"""All that an error says which has neither a class nor a number of its own."""


def exhausted(error: BaseException | None) -> str:
    """What there was no more of when this error came, or one that led to it; nothing for any other error."""
    for each in causes(error):
        if isinstance(each, MemoryError):
            return _GONE[ENOMEM]
        if isinstance(each, OSError) and each.errno in _GONE:
            return _GONE[each.errno]
        if isinstance(each, RuntimeError) and str(each) == _NO_THREAD:
            return "no more threads may be started here (ulimit -u)"
    return ""


def causes(error: BaseException | None) -> list[BaseException]:
    """An error and what led to it, the latest first."""
    # `raise a from b`, where b came while a was handled, closes a circle.
    found: dict[int, BaseException] = {}
    while error is not None and id(error) not in found:
        found[id(error)] = error
        error = error.__cause__ or error.__context__
    return list(found.values())
