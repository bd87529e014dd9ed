"""What every test has: a pilot that does not sleep, and a collector of garbage that knows when to look."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from textual._styles_cache import StylesCache

from tests.settle import hasten, leave_unseen, parse_once, prepare_once

_SELDOM = (100_000, 20, 20)


# A third of the suite are properties: as many examples as leave it under three minutes on two slow cores. Whoever
# changes what they are about asks for more: pytest --hypothesis-profile=thorough tests/core
# A machine that has other things to do is no reason to fail.
_untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("usual", _untimed, max_examples=20)
settings.register_profile("thorough", _untimed, max_examples=1_000)
settings.load_profile("usual")


def pytest_configure() -> None:
    hasten()
    leave_unseen()
    parse_once()
    prepare_once()
    # A program that a test starts keeps what it compiled for the next one, as a user's does.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # Whoever runs the tests may be behind a proxy; what goes nowhere would go there.
    for name in [each for each in os.environ if each.lower().endswith("_proxy")]:
        del os.environ[name]


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let no two of the processes that run the tests compile the same files: each begins with a part of its own.

    What one has compiled the others read. To rewrite all asserts takes three times as long as all else that is done
    before the first test, and in a fresh checkout every process did it.
    """
    given = getattr(session.config, "workerinput", None)
    if given is None:
        return
    paths = sorted(path for each in session.config.args for path in Path(each).rglob("test_*.py"))
    first = len(paths) * int(given["workerid"].removeprefix("gw")) // given["workercount"]
    for path in paths[first:] + paths[:first]:
        with suppress(Exception):  # the collection imports it again, and says what is wrong
            import_module(".".join(path.resolve().relative_to(session.config.rootpath).with_suffix("").parts))


def pytest_collection_finish() -> None:
    """Look for garbage seldom, and never among what was loaded to run the tests.

    Apps come and go by the hundred here: as often as a program of its own needs it, the collector took a third of the
    time of a drawn scene.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_SELDOM)


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    """What a file made is gone before the next one begins; what outlives it is not looked through again."""
    yield
    # Textual remembers what the last thousand widgets looked like, with all their lines.
    StylesCache.get_inner_outer.cache_clear()
    gc.collect()
    gc.freeze()
