"""`pmtui sim`: the made-up exchange alone."""

from __future__ import annotations

import sys
from typing import Any

import click

from pmtui.cli.amount import Amount, Whole
from pmtui.cli.ends import Unreachable, Wrong, system
from pmtui.sim import VENUES

_ONLY = {"polymarket": ("rest_port",), "hl": ("greets", "sockets", "subscriptions")}
"""Options that only one venue's exchange has."""


@click.command()
@click.option("--seed", type=Whole(0, 2**63), default=7, show_default=True, help="The same seed, the same world.")
@click.option("--rate", type=Amount(0, 100_000), default=25, show_default=True, help="Messages a second.")
@click.option("--venue", type=click.Choice([*VENUES]), default=next(iter(VENUES)), help="Whose wire is spoken.")
@click.option("--port", type=Whole(0, 65_535), default=0, help="Port of the sockets; 0: any free one.")
@click.option("--rest-port", type=Whole(0, 65_535), help="Port of REST; hl answers it on --port.")
@click.option("--books", type=Whole(0, 5_000), default=0, show_default=True, help="More markets, for load.")
@click.option(
    "--pace", type=Amount(0, 1_000_000), default=10, show_default=True, help="What its account does a minute."
)
@click.option("--account/--no-account", default=True, help="Let its account trade, or lie still.")
@click.option("--json", is_flag=True, help="Print the addresses as one line of JSON.")
@click.option(
    "--faults", "plan", metavar="PLAN", default="", help="What goes wrong when: 'at 20 freeze 30; at 60 cut'."
)
@click.option("--compress", is_flag=True, help="Accept compression offers.")
@click.option("--greets", is_flag=True, default=None, help="hl: begin each socket with a line that is not JSON.")
@click.option("--sockets", type=Whole(1, 10_000), help="hl: how many one address may have; 10.")
@click.option("--subscriptions", type=Whole(1, 10**6), help="hl: how many over all of them; 1000.")
@click.option("--until-stdin-closes", is_flag=True, help="End when whoever started it is gone.")
def sim(**options: Any) -> None:
    """The made-up exchange alone: the sockets and the REST of a venue on loopback ports, for any client.

    \b
    pmtui sim --seed 7
    pmtui sim --venue hl
    pmtui sim --json --faults 'at 20 freeze 30; at 60 drop 1'

    In a terminal, faults can be typed while it runs. 'pmtui fault' lists them.
    """
    options = {name: value for name, value in options.items() if value is not None}
    if not options.pop("account"):
        options["pace"] = 0
    for venue, only in _ONLY.items():
        for name in only if venue != options["venue"] else ():
            if name in options:
                raise Wrong(f"--{name.replace('_', '-')} is for --venue {venue}")
    import gc
    import logging
    import signal

    from pmtui.sim.faults import FaultError
    from pmtui.sim.run import serve

    gc.enable()

    logging.getLogger("websockets").setLevel(logging.WARNING)  # at DEBUG it prints every frame
    # In the background of a shell, reading the keyboard is to fail instead of stopping us.
    signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    try:
        serve(**options, read_faults=bool(sys.stdin) and sys.stdin.isatty())
    except FaultError as error:
        raise Wrong(f"--faults: {error}") from error
    except OSError as error:
        raise Unreachable(f"the exchange cannot run: {system(error)}") from error
