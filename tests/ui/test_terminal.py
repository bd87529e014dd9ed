"""The screen is drawn where output goes, also on a terminal that belongs to somebody else."""

from __future__ import annotations

import os
import sys

import pytest

from benchmarks.pty import Session
from tests.ui.terminal import ROOT, Terminal

pytestmark = pytest.mark.skipif(os.name == "nt", reason="has another driver")

_REFUSING = """
import os, sys
from pmtui.ui import terminal
real, refused = os.open, sys.argv[1].split() + [os.ttyname(1)]
def refuse(name, *told, **more):
    if name in refused:
        raise PermissionError(13, "Permission denied", name)
    return real(name, *told, **more)
os.open = refuse
"""
"""As after `su`: the terminal is another user's, and only what is open already goes on working."""

_NEW = """
found = terminal.open_output()
os.set_blocking(found, False)
os.write(found, b"new" if os.get_blocking(1) else b"the same")
"""
_BORROWED = """
import asyncio
from pmtui.ui.outbox import Outbox
told = []
async def go():
    outbox = Outbox(terminal.open_output(), asyncio.get_running_loop(), lambda lost: None, lambda: None)
    told.append(os.get_blocking(1))
    outbox.close("written, ")
    told.append(os.get_blocking(1))
asyncio.run(go())
print(told, end="")
"""
_APP = """
from tests import scenes
from pmtui.ui.app import Pmtui
app = Pmtui(scenes.account().desk, follow=False)
app.run()
print("left with", app.return_code, os.get_blocking(0), os.get_blocking(1), os.get_blocking(2))
"""


def shown(program: str, *arguments: str, until: bytes) -> str:
    """What a program shows on a terminal of its own."""
    with Session([sys.executable, "-c", program, *arguments], environment={"PYTHONPATH": str(ROOT)}) as session:
        return session.read_while(lambda seen: until not in seen and b"Error" not in seen, deadline=20).decode()


def test_a_terminal_that_may_not_be_opened_by_its_own_name_is_opened_by_that_of_our_session() -> None:
    assert shown(_REFUSING + _NEW, "", until=b"new") == "new"


def test_a_terminal_that_may_not_be_opened_is_borrowed_and_given_back_as_it_was() -> None:
    assert shown(_REFUSING + _BORROWED, "/dev/tty", until=b"]") == "written, [False, True]"


def test_another_terminal_than_that_of_our_session_is_not_mistaken_for_it() -> None:
    elsewhere = "import os, pty; here = os.dup(1); other, own = pty.openpty(); os.dup2(own, 1)\n"
    there = 'os.write(terminal.open_output(), b"there"); os.write(here, b"got " + os.read(other, 99))'
    assert shown(elsewhere + _REFUSING + there, "", until=b"got there") == "got there"


@pytest.mark.parametrize("also", ["", "/dev/tty"])
def test_the_screen_works_on_somebody_elses_terminal(also: str) -> None:
    with Terminal([sys.executable, "-c", _REFUSING + _APP, also]) as terminal:
        terminal.wait_for("◂")
        terminal.send(b"q")
        terminal.wait_for("left with 0 True True True")


def test_the_screen_is_drawn_where_output_goes_and_not_where_errors_go() -> None:
    elsewhere = "import os, pty; other, own = pty.openpty(); os.dup2(own, 2)\n"
    drawn = 'from pmtui.ui import terminal; os.write(terminal.open_output(), b"here")'
    assert shown(elsewhere + drawn, until=b"here") == "here"


def test_a_terminal_that_is_only_open_for_reading_cannot_be_drawn_on() -> None:
    opened = "import os; name = os.ttyname(1); only = os.open(name, os.O_RDONLY); out = os.dup(1); os.dup2(only, 1)\n"
    tried = """
try:
    terminal.open_output()
except OSError as error:
    os.write(out, error.strerror.encode() + b".")
"""
    assert shown(opened + _REFUSING + tried, "/dev/tty", until=b".") == "Bad file descriptor."
