"""`pmtui demo`: a made-up exchange on this machine, and the screen on it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import click

import pmtui
from pmtui.cli import options, screen
from pmtui.cli.amount import Amount, Whole
from pmtui.cli.ends import Unreachable
from pmtui.sim import VENUES
from pmtui.venues import offers

if TYPE_CHECKING:
    from pmtui.core.instrument import Instrument
    from pmtui.core.offer import Offer
    from pmtui.core.ports import Login

_STARTS_WITHIN = 15.0


@click.command()
@click.option("--seed", type=Whole(0, 2**63), default=7, show_default=True, help="The same seed, the same world.")
@click.option("--rate", type=Amount(0, 100_000), default=25, show_default=True, help="Messages a second.")
@click.option("--books", type=Whole(0, 5_000), default=0, show_default=True, help="More markets, for load.")
@click.option(
    "--venue", type=click.Choice([*VENUES, "all"]), default=next(iter(VENUES)), help="Whose exchange is made up."
)
@options.screen_options
def demo(seed: int, rate: float, books: int, venue: str, **flags: object) -> int:
    """A made-up exchange on this machine, and the screen on it through real sockets.

    \b
    pmtui demo
    pmtui demo --rate 5000 --seed 3
    pmtui demo --venue all
    """
    places = [place for offer in offers() for place in offer.places]
    entries = [offer.entry.setting for offer in offers()]
    settings = options.settings(flags, without=["testnet", *entries, *(place.setting for place in places)])
    screen.need_variables()
    screen.need_terminal()
    screen.need_room()
    compress = ("--compress",) if settings.compress else ()
    common = ("--seed", str(seed), "--rate", str(rate), "--books", str(books), *compress)
    with ExitStack() as stack:
        venues = VENUES if venue == "all" else (venue,)
        starting = [stack.enter_context(exchange("--venue", each, *common)) for each in venues]
        # All start at the same time: this import takes as long as an exchange needs to open its doors.
        screen.load()
        abouts = {about["venue"]: about for about in (told() for told in starting)}
        # No other venue can be reached from here: a demo needs no network.
        addresses = {offer.name: _doors(offer, abouts.get(offer.name)) for offer in offers()}
        origins = {**settings.origins, **dict.fromkeys((place.setting for place in places), "demo")}
        settings = settings._replace(addresses=addresses, origins=origins)
        settings = settings._replace(login=partial(_made_up, {name: each["account"] for name, each in abouts.items()}))
        targets = [each for offer in offers() for each in _traded(offer, abouts.get(offer.name, {}))]
        return screen.show(settings, targets)


def _doors(offer: Offer, about: dict[str, Any] | None) -> dict[str, str]:
    """Where a venue's made-up exchange is; nowhere without one."""
    here = {"ws": about["ws_url"], "http": about["rest_url"]} if about else {}
    return {place.key: here.get(place.scheme, "") for place in offer.places}


_BEHIND = 10


@contextmanager
def exchange(*flags: str) -> Iterator[Callable[[], dict[str, Any]]]:
    """A simulated exchange that ends when we do, however we end; what it is given tells where it is."""
    from subprocess import PIPE, Popen
    from tempfile import TemporaryFile

    command = [sys.executable, "-P", "-m", "pmtui", "sim", "--json", "--until-stdin-closes", *flags]
    with TemporaryFile("w+b") as words:
        # Its end of our pipe closes when we are gone, even killed. Its words must not spoil the screen.
        child = Popen(command, stdin=PIPE, stdout=PIPE, stderr=words, env=environment())  # noqa: S603 - ourselves
        _stand_back(child.pid)

        def told() -> dict[str, Any]:
            import select
            from json import loads

            assert child.stdout is not None
            ready, _, _ = select.select([child.stdout], [], [], _STARTS_WITHIN)
            if ready and (line := child.stdout.readline()):
                about: dict[str, Any] = loads(line)
                return about
            words.seek(0)
            last = words.read(65_536).decode(errors="replace").strip().rpartition("\n")[2]
            raise Unreachable(f"the simulated exchange did not start: {last.removeprefix('pmtui: ') or 'no answer'}")

        try:
            yield told
        finally:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()


def _stand_back(pid: int) -> None:
    """Let the exchange run behind the screen: a real one would not be on this computer at all."""
    with suppress(OSError, AttributeError):  # where there is no such thing
        os.setpriority(os.PRIO_PROCESS, pid, _BEHIND)


def environment() -> dict[str, str]:
    """Ours without secrets, with the way to this very package for when it runs from a checkout."""
    from pmtui.masks import without_secrets

    known = without_secrets(os.environ)
    root = os.path.dirname(os.path.dirname(os.path.abspath(pmtui.__file__)))
    if os.path.basename(root) in ("site-packages", "dist-packages"):
        return known
    return {**known, "PYTHONPATH": os.pathsep.join(filter(None, (root, known.get("PYTHONPATH"))))}


def _made_up(accounts: dict[str, dict[str, str]]) -> Login:
    """The accounts of simulated exchanges by venue: nobody's own are sent there."""
    from pmtui import logs
    from pmtui.core.credentials import Credentials, Secret
    from pmtui.core.ports import Login

    login = Login(wallet="eoa")
    for venue, account in accounts.items():
        if "key" not in account:
            login = login._replace(addresses={**login.addresses, venue: account["address"]})
            continue
        key, secret, passphrase = (account[part] for part in ("key", "secret", "passphrase"))
        logs.hide(key, secret, passphrase)
        trio = Credentials(Secret(key), Secret(secret), Secret(passphrase), account["address"], "the made-up exchange")
        login = login._replace(credentials=trio)
    return login


def _traded(offer: Offer, about: dict[str, Any]) -> list[Instrument]:
    """What a simulated exchange trades, as its venue names it: markets of two tokens, or coins."""
    from importlib import import_module

    names = import_module(f"pmtui.venues.{offer.name}.{offer.names}")
    coins = [names.instrument(coin["coins"][0]).told(title=coin["title"]) for coin in about.get("coins", ())]
    return coins + [
        names.instrument(market["tokens"][0]).told(
            title=market["question"],
            outcome=market["outcomes"][0],
            market=market["condition_id"],
            complement=names.instrument(market["tokens"][1]).id,
        )
        for market in about.get("markets", ())
    ]
