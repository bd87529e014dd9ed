"""The map of the house: who may import whom. Every import of the package is walked, wherever it stands."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "pmtui"


class Room(NamedTuple):
    """What a room may import, besides itself and the standard library."""

    rooms: frozenset[str]
    libraries: frozenset[str]
    forbidden: frozenset[str] = frozenset()
    """Parts of the standard library that have no business here."""


def may(rooms: str = "", libraries: str = "", *, never: str = "") -> Room:
    return Room(*(frozenset(each.split()) for each in (rooms, libraries, never)))


_WORLD = "asyncio concurrent http selectors socket ssl subprocess threading multiprocessing urllib.request"

MAP = {
    # True things: no clock, no chance, no waiting, nobody to tell.
    "core": may("", "msgspec _pmtui_scan _pmtui_moves", never=f"{_WORLD} logging time random os io pathlib"),
    # Meaning: no I/O.
    "venues": may("core", "orjson msgspec", never=f"{_WORLD} logging os io pathlib"),
    "feed": may("core", "websockets httpx"),
    "sim": may("core", "orjson h11 websockets"),
    "desk": may("core venues feed"),
    # Facts about this session that the screen may show as well; they know nobody.
    "checks": may("", never=_WORLD),
    "config": may("checks core", "platformdirs", never=_WORLD),
    "memory": may("checks config"),
    "logs": may("checks logfile masks"),  # when a file is asked for
    "masks": may("", never=f"{_WORLD} logging os io pathlib"),
    "credentials": may("core checks logs masks", "keyring"),
    "logfile": may("checks core logs"),
    "ui": may("core desk config logs memory", "textual rich _pmtui_lay"),
    "cli": may("core venues feed sim desk ui checks config credentials logs masks", "click orjson"),
    "__main__": may("cli"),
    "__init__": may(),
}

PRIVATE_ALLOWED = {"ui/alarm.py", "ui/beneath.py", "ui/driver.py", "ui/frame.py", "ui/live.py", "ui/shortcut.py"}
"""The only places that know names which Textual keeps to itself."""

NAMELESS = ("core", "feed", "ui")
"""Rooms that serve any venue and name none."""


class Import(NamedTuple):
    """A module that is imported, by its full name."""

    line: int
    name: str


@dataclass(frozen=True)
class Source:
    """One file of the package."""

    path: Path
    place: str
    nodes: tuple[ast.AST, ...]
    """All there is in it, walked through once."""

    @property
    def room(self) -> str:
        return self.place.partition("/")[0].removesuffix(".py")

    @property
    def venue(self) -> str:
        """The venue in whose folder it is, if any."""
        parts = self.place.split("/")
        return parts[1] if self.room == "venues" and len(parts) > 2 else ""

    @property
    def package(self) -> list[str]:
        return ["pmtui", *self.place.split("/")[:-1]]


@cache
def sources(package: Path) -> tuple[Source, ...]:
    return tuple(
        Source(
            path,
            path.relative_to(package).as_posix(),
            tuple(ast.walk(ast.parse(path.read_text("utf-8"), str(path)))),
        )
        for path in sorted(package.rglob("*.py"))
    )


@cache
def imports(source: Source) -> tuple[Import, ...]:
    """Every import, inside functions and for types too, and modules that are loaded by name."""
    return tuple(_imports(source))


def _imports(source: Source) -> Iterator[Import]:
    known: dict[str, str] = {}
    for node in source.nodes:
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, each.name) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = source.package[: len(source.package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            # `from pmtui import desk` names a module in its second half.
            yield from (Import(node.lineno, f"{base}.{each.name}") for each in node.names)
            known |= {each.asname or each.name: f"{base}.{each.name}" for each in node.names}
        elif isinstance(node, ast.Call) and _named(node.func) in ("import_module", "__import__") and node.args:
            yield Import(node.lineno, _beginning(node.args[0], known))


def _named(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _beginning(text: ast.expr, known: Mapping[str, str] | None = None) -> str:
    """What is known of a text before the program runs; `?` when that is nothing."""
    if isinstance(text, ast.JoinedStr):
        text = text.values[0]
    if isinstance(text, ast.FormattedValue) and ast.unparse(text.value).endswith(".__name__"):
        return (known or {}).get(ast.unparse(text.value).removesuffix(".__name__"), "?")
    return str(text.value).rstrip(".") if isinstance(text, ast.Constant) else "?"


# What may be wrong


def wrong_imports(source: Source) -> Iterator[str]:
    """Imports that run up, sideways, or out of the house by the wrong door."""
    here = MAP.get(source.room)
    if here is None:
        yield f"{source.place}: the room {source.room!r} is not on the map"
        return
    for line, name in imports(source):
        top, _, rest = name.partition(".")
        if top == "pmtui":
            wrong = _wrong_room(source, here, rest)
        elif top in sys.stdlib_module_names:
            wrong = any(name == each or name.startswith(f"{each}.") for each in here.forbidden)
        else:
            wrong = top not in here.libraries
        if wrong:
            yield f"{source.place}:{line}: {source.room} may not import {name}"


def _wrong_room(source: Source, here: Room, rest: str) -> bool:
    room, _, inside = rest.partition(".")
    if room == source.room:
        return bool(source.venue) and inside.partition(".")[0] != source.venue
    return room not in here.rooms and not (room.startswith("__version") or room == "")


def undeclared(source: Source, declared: set[str]) -> Iterator[str]:
    for line, name in imports(source):
        top = name.partition(".")[0]
        if top not in declared | {"pmtui", "?"} and top not in sys.stdlib_module_names:
            yield f"{source.place}:{line}: {top} is not declared in pyproject.toml"


def named_venues(source: Source, venues: set[str]) -> Iterator[str]:
    """Venues that are named in code; explanations may give them as examples."""
    if source.room not in NAMELESS:
        return
    explanations = {id(each.value) for each in source.nodes if isinstance(each, ast.Expr)}
    for node in source.nodes:
        said = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explanations:
            said = node.value
        for each in ("id", "attr", "name", "arg"):
            said += f" {getattr(node, each, '') or ''}"
        for venue in venues:
            if venue in said.lower():
                yield f"{source.place}:{getattr(node, 'lineno', 0)}: {source.room} names the venue {venue}"


def private_names(source: Source, own: set[str]) -> Iterator[str]:
    """Names with an underscore that this room has not made itself."""
    if source.place in PRIVATE_ALLOWED:
        return
    for node in source.nodes:
        names: list[str] = []
        if isinstance(node, ast.Attribute):
            names = [node.attr]
        elif isinstance(node, ast.ImportFrom):
            names = [each.name for each in node.names] + (node.module or "").split(".")
        elif (
            isinstance(node, ast.Call) and _named(node.func) in ("getattr", "hasattr", "setattr") and len(node.args) > 1
        ):
            names = [_beginning(node.args[1])]
        for name in names:
            if name.startswith("_") and not name.startswith("__") and name not in own:
                yield f"{source.place}:{getattr(node, 'lineno', 0)}: {name} is somebody else's private name"


def own_names(source: Source) -> set[str]:
    """Every name that a file defines: functions, classes, assignments, attributes of `self`."""
    names: set[str] = set()
    for node in source.nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and _named(node.value) in ("self", "cls")
        ):
            names.add(node.attr)
    return names


# Documented, underscore or not; `_Hash` is what type checkers call a digest.
PUBLIC_AFTER_ALL = {"_fields", "_open", "_asdict", "_replace", "_exit", "_Hash"}


def complaints(package: Path, declared: set[str]) -> list[str]:
    """Everything that is wrong with the house."""
    files = sources(package)
    venues = {path.name for path in (package / "venues").glob("[a-z]*") if path.is_dir()}
    own: dict[str, set[str]] = {}
    for source in files:
        own.setdefault(source.room, set(PUBLIC_AFTER_ALL)).update(own_names(source))
    return [
        complaint
        for source in files
        for found in (
            wrong_imports(source),
            undeclared(source, declared),
            named_venues(source, venues),
            private_names(source, own[source.room]),
        )
        for complaint in found
    ]


def project() -> tuple[list[str], list[str]]:
    """The requirements of the program with all that users may add, and those of its tests."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras: dict[str, list[str]] = told["optional-dependencies"]
    tests = extras.pop("test")
    return [*told["dependencies"], *(each for extra in extras.values() for each in extra)], tests


def modules(requirements: list[str]) -> set[str]:
    """The names by which requirements are imported; all of ours are called like their distributions."""
    return {re.split(r"[^\w.-]", each)[0].replace("-", "_").lower() for each in requirements}


# The house as it is


def built() -> set[str]:
    """What is compiled when the program is installed."""
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    return {each["name"] for each in tools["setuptools"]["ext-modules"]}


def test_no_import_runs_up_or_sideways() -> None:
    needed, _ = project()
    assert complaints(PACKAGE, modules(needed) | built()) == []


def test_every_file_was_looked_at() -> None:
    assert {source.room for source in sources(PACKAGE)} == set(MAP)
    assert sum(len(imports(source)) for source in sources(PACKAGE)) > 200


def test_tests_and_benchmarks_use_only_what_is_declared() -> None:
    needed, extra = project()
    local = {"benchmarks", "tests"} | {path.stem for path in (ROOT / "tests").iterdir()}
    for folder in ("tests", "benchmarks"):
        for source in sources(ROOT / folder):
            assert list(undeclared(source, modules([*needed, *extra]) | local | set(source.package))) == []


@pytest.mark.parametrize("room", ["core", "feed", "ui"])
def test_no_room_that_serves_every_venue_names_one(room: str) -> None:
    venues = [each.name for each in (ROOT / "pmtui" / "venues").iterdir() if (each / "offer.py").exists()]
    assert len(venues) > 1
    files = [each for each in (ROOT / "pmtui" / room).rglob("*") if each.suffix in (".py", ".tcss")]
    assert len(files) > 5
    named = [(each.name, name) for each in files for name in venues if name in each.read_text("utf-8").lower()]
    assert named == []


def test_every_dependency_says_what_it_is_for() -> None:
    needed, extra = project()
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    for requirement in (*needed, *extra):
        assert re.search(rf'^ *"{re.escape(requirement)}", +# \w.{{8,}}', text, re.MULTILINE), requirement


def test_every_dependency_is_pinned_for_those_who_want_exactly_ours() -> None:
    pinned = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    lines = [line for line in pinned if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)
    needed, extra = project()
    assert modules([*needed, *extra]) <= modules(lines)


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("pmtui.core.store", {"asyncio", "logging", "textual", "rich", "websockets", "orjson", "httpx"}),
        ("pmtui.venues.polymarket.venue", {"asyncio", "logging", "textual", "websockets", "httpx"}),
        ("pmtui.venues.hyperliquid.venue", {"asyncio", "logging", "textual", "websockets", "httpx"}),
        (
            "pmtui.cli, pmtui.cli.account, pmtui.cli.config, pmtui.cli.demo, pmtui.cli.fault, pmtui.cli.watch",
            {"asyncio", "logging", "textual", "rich", "websockets", "httpx", "orjson", "platformdirs"},
        ),
        ("pmtui.cli", {"dataclasses", "msgspec", "pmtui.config", "pmtui.venues"}),
        ("pmtui.ui.app", {"websockets", "httpx", "orjson", "h11", "pmtui.feed.live", "pmtui.sim"}),
        ("pmtui.sim.run", {"textual", "rich", "httpx", "pmtui.ui", "pmtui.desk", "pmtui.feed"}),
        ("pmtui.feed.http, httpx", {"click", "pygments", "rich"}),
    ],
)
def test_importing_a_room_pulls_in_nothing_from_above(module: str, absent: set[str]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert absent & set(loaded.stdout.split()) == set()


# The checks themselves

GOOD = {
    "core/book.py": "import msgspec\nfrom collections import deque\nfrom pmtui.core.units import Px\nself._rows = 1\n",
    "venues/north/market.py": "import orjson\nfrom . import numbers\nfrom pmtui.core.book import Book\n",
    "venues/south/market.py": "from ...core import book\n",
    "feed/live.py": '"""Bytes, as north sends them."""\nimport asyncio, websockets\nfrom pmtui.core import ports\n',
    "ui/app.py": "from textual import app\nfrom pmtui.desk import Desk\nclass A:\n    _x = 1\n\nA._x\n",
    "ui/list.py": "from pmtui.ui import panels\ndef f(n): return import_module(f'{panels.__name__}.{n}')\n",
    "ui/live.py": "def f(app): return app._compositor\n",
    "desk.py": "from importlib import import_module\ndef f(n): return import_module(f'pmtui.venues.{n}.venue')\n",
    "cli/front.py": "import click\ndef f():\n    from pmtui.ui.app import run\n    from pmtui.sim.run import serve\n",
    "__init__.py": "__version__ = '1'\n",
    "__main__.py": "from pmtui import __version__\n",
}

PLANTED = [
    ("core/book.py", "import asyncio"),
    ("core/book.py", "import logging"),
    ("core/book.py", "import orjson"),
    ("core/book.py", "def f():\n    from time import time"),
    ("core/book.py", "from pmtui.feed import clock"),
    ("core/book.py", "from ..feed import clock"),
    ("core/book.py", "from pmtui import desk"),
    ("core/book.py", "if TYPE_CHECKING:\n    from pmtui.venues.north import market"),
    ("core/book.py", "VENUE = 'NORTH'"),
    ("core/book.py", "def north(): pass"),
    ("venues/north/market.py", "from pmtui.venues.south import market"),
    ("venues/north/market.py", "from ..south.market import x"),
    ("venues/north/market.py", "import urllib.request"),
    ("venues/north/market.py", "from urllib import request"),
    ("venues/north/market.py", "import httpx"),
    ("feed/live.py", "from pmtui.venues.north import market"),
    ("feed/live.py", "from pmtui.sim import world"),
    ("feed/live.py", "x = {'south': 1}"),
    ("sim/world.py", "import pmtui.feed.clock"),
    ("sim/world.py", "import textual"),
    ("desk.py", "from pmtui.ui.app import run"),
    ("desk.py", "import_module('pmtui.ui.app')"),
    ("ui/app.py", "from pmtui.feed.feed import Feed"),
    ("ui/app.py", "from importlib import import_module\nimport_module('pmtui.venues.north.venue')"),
    ("ui/app.py", "import orjson"),
    ("ui/app.py", "def f(name): return import_module(name)"),
    ("ui/app.py", "def f(name): return import_module(f'{north.__name__}.{name}')"),
    ("ui/panel.py", "def f(app): app._compositor"),
    ("ui/panel.py", "def f(app): getattr(app, '_driver')"),
    ("ui/panel.py", "from textual._compositor import Compositor"),
    ("ui/panel.py", "from textual.app import _private"),
    ("config.py", "from pmtui.venues.north import market"),
    ("cli/front.py", "import requests"),
    ("__main__.py", "import click"),
    ("attic/x.py", "pass"),
]


def planted(folder: Path, extra: tuple[str, str] | None = None) -> list[str]:
    files = dict(GOOD)
    if extra is not None:
        files[extra[0]] = extra[1]
    for place, text in files.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return complaints(folder, {"msgspec", "orjson", "websockets", "httpx", "textual", "rich", "click"})


def test_a_house_in_order_raises_no_complaint(tmp_path: Path) -> None:
    assert planted(tmp_path) == []


@pytest.mark.parametrize(("place", "text"), PLANTED)
def test_a_planted_fault_is_caught(tmp_path: Path, place: str, text: str) -> None:
    found = planted(tmp_path, (place, text))
    assert found
    assert all(each.startswith(place) for each in found)
