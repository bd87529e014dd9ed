"""Everything that a key does, by name: what the list of commands has to offer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.actions import parse
from textual.app import SystemCommand
from textual.binding import Binding

from pmtui.ui import apart
from pmtui.ui.key import alone

if TYPE_CHECKING:
    from pmtui.ui.app import Pmtui
    from pmtui.ui.sheet import Pane

_ALT_DIGITS, _TITLE = 9, 40
_NUMBER = re.compile(r"-?\d+")
"""In an action, how far or which way."""
_OTHERWISE = {"Screenshot": "export"}
"""Words by which what is no key is looked for, too."""
_ASIDE = frozenset({"command_palette", "panel('1')"})
"""Here already, or told of each panel by itself."""


class Command(SystemCommand):
    """One that is found by more than it says of itself."""

    also = ""
    """The word that stands beside its key at the foot of the screen."""


def also(command: SystemCommand) -> str:
    """Further words by which a command is found."""
    return command.also if isinstance(command, Command) else _OTHERWISE.get(command.title, "")


def commands(host: Pmtui) -> Iterator[SystemCommand]:
    """What can be done now: everywhere, with panels and markets by their numbers, and in each panel that is seen."""
    bindings = [each for each in host.BINDINGS if isinstance(each, Binding)]
    beside = _beside(bindings)
    for each in bindings:
        if each.tooltip and each.action not in _ASIDE:
            yield _command(host, "", each, partial(host.run_action, each.action), beside)
    for pane in host.panels():
        if pane.digit:
            act = partial(host.run_action, f"panel('{pane.digit}')")
            yield _named(
                host, f"panel {pane.digit}: {pane.called}", f"{'hide' if pane.display else 'show'} it", pane.digit, act
            )
    for n, market in enumerate(host.desk.markets[:_ALT_DIGITS], start=1):
        act = partial(host.run_action, f"jump({n})")
        yield _named(host, f"market {n}: {apart.title(host.desk, market).cut(_TITLE)}", "show it", f"alt+{n}", act)
    everywhere = {each.action for each in bindings}
    for pane in host.panels():
        beside = _beside(pane.keys)
        for each in pane.commands if pane.display else ():
            if each.action not in everywhere and _is_possible(pane, each.action):
                act = partial(host.run_action, each.action, pane)
                yield _command(host, f"{pane.called}: ", each, act, beside)


def _beside(bindings: Iterable[Binding]) -> dict[str, str]:
    """What the foot of the screen says of each action: one key there may stand for two."""
    return {_NUMBER.sub("", each.action): each.description for each in bindings if each.show}


def _command(
    host: Pmtui, of: str, binding: Binding, act: Callable[[], object], beside: Mapping[str, str]
) -> SystemCommand:
    key = alone(binding)
    first = replace(key, key=key.key.partition(",")[0])
    command = _named(host, of + key.description, key.tooltip, host.get_key_display(first), act)
    command.also = beside.get(_NUMBER.sub("", binding.action), "")
    return command


def _named(host: Pmtui, name: str, words: str, key: str, act: Callable[[], Any]) -> Command:
    # The list has gone when the command is carried out.
    return Command(name[:1].upper() + name[1:], f"{words} ({key})", partial(host.call_later, act))


def _is_possible(pane: Pane, action: str) -> bool:  # type: ignore[type-arg]  # of any row
    _, name, parameters = parse(action)
    return bool(pane.check_action(name, parameters))
