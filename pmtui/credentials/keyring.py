"""The system keyring, asked by a thread of its own: it may be absent, locked, or wait for somebody to type."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Protocol, TypeAlias, TypeVar

from pmtui.checks import Refused

SERVICE, ENTRY = "pmtui", "polymarket"

_SEALED = ("macOS", "SecretService", "libsecret", "kwallet", "Windows")
"""Backends that the system itself keeps closed; others may be a plain file, or ask on the terminal."""


class NoKeyring(Refused):
    """There is none that we would use, so nothing of ours can be in it."""


class Keyring(Protocol):
    """As the library `keyring` has it."""

    def get_password(self, service: str, username: str, /) -> str | None: ...

    def set_password(self, service: str, username: str, password: str, /) -> None: ...

    def delete_password(self, service: str, username: str, /) -> None: ...


Opener: TypeAlias = Callable[[], Keyring]
_Answer = TypeVar("_Answer")


def system_keyring() -> Keyring:
    """The keyring of this system; raises `NoKeyring` when it has none that is sealed."""
    try:
        library = import_module("keyring")
    except ImportError:
        raise NoKeyring("the system keyring takes one more package: pip install 'pmtui[keyring]'") from None
    chosen = library.get_keyring()
    # Where several would do, the library hands out a chain of them, and the last one in it may be a plain file.
    for each in getattr(chosen, "backends", (chosen,)):
        if type(each).__module__.split(".")[:3] in [["keyring", "backends", name] for name in _SEALED]:
            keyring: Keyring = each
            return keyring
    raise NoKeyring("the system has no sealed keyring, and nothing else is used in its place")


def asked(keyring: Opener, work: Callable[[Keyring], _Answer], *, within: float) -> _Answer:
    """What `work` gets from the keyring, or `Refused` for whatever goes wrong, after `within` seconds at the latest."""
    answers: SimpleQueue[tuple[_Answer | None, Refused | None]] = SimpleQueue()

    def run() -> None:
        try:
            answers.put((work(keyring()), None))
        except Refused as error:
            answers.put((None, error))
        except BaseException as error:
            # Backends raise what their system raises; its words may repeat what they were given.
            answers.put((None, _refused(type(error).__name__)))

    Thread(target=run, name="keyring", daemon=True).start()
    try:
        answer, error = answers.get(timeout=within)
    except Empty:
        raise Refused(f"the keyring did not answer within {within:g} s: is it locked? Unlock it first") from None
    if error is not None:
        raise error
    return answer  # type: ignore[return-value] # there is one when there is no error


def _refused(kind: str) -> Refused:
    if kind == "NoKeyringError":
        return NoKeyring("this system has no keyring")
    return Refused(_FAILURES.get(kind, f"the keyring failed ({kind})"))


_FAILURES = {
    "KeyringLocked": "the keyring is locked: unlock it first",
    "InitError": "the keyring cannot be opened",
    "ModuleNotFoundError": "the keyring is set to a backend that is not installed (PYTHON_KEYRING_BACKEND)",
    "PasswordSetError": "the keyring did not take it",
    "PasswordDeleteError": "the keyring did not let go of it",
}
