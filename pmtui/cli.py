"""Commands and flags. Whatever a command needs beyond this is imported when it runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from pmtui import __version__, config
from pmtui.config import Refused, Settings
from pmtui.venues import meant, offers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmtui.core.access import Access
    from pmtui.core.instrument import Instrument
    from pmtui.core.offer import Offer
    from pmtui.core.ports import Fetcher, Login, Venue
    from pmtui.credentials import Found
    from pmtui.logs import Logs

OVERVIEW = """\
{b}pmtui{e} – live order books in the terminal, each proven to be the venue's own

  {b}pmtui demo{e}                a made-up exchange, right here: no network, no key
  {b}pmtui watch TOKEN …{e}       live books: token id, condition id, slug or link
  {b}pmtui sim{e}                 the made-up exchange alone, for any client
  {b}pmtui fault URL LINE{e}      make something go wrong in a running one
  {b}pmtui account{e}             your own orders and fills: is it found, is it right
  {b}pmtui venues{e}              where you can watch, what there is, and its limits
  {b}pmtui config{e}              every setting, and who set it
  {b}pmtui completion SHELL{e}    completion for bash, zsh or fish

Try
  pmtui demo --rate 500
  pmtui watch https://polymarket.com/event/fed-decision-in-december
  pmtui watch fed-decision-in-december hl:BTC
  pmtui sim --seed 7

pmtui COMMAND -h tells more. pmtui --version tells which this is.
"""

SIMULATED = ("polymarket", "hl")
"""The venues whose exchange can be made up."""
MOST_MARKETS = 50
"""How many markets of one event are watched; two books each stay well inside one connection's 200."""
_DEMO_STARTS_WITHIN = 15.0

_Command = TypeVar("_Command", bound=Callable[..., Any])


# Ways to end


class Wrong(click.ClickException):
    """The user's mistake: one line, code 2."""

    exit_code = 2


class Unreachable(click.ClickException):
    """Somebody else's trouble: one line, code 1."""


class _Front(click.Group):
    """Every error is one line, and commands are listed in the order in which they are useful."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(_overview())

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, *_: Any, **extra: Any) -> NoReturn:
        try:
            result = super().main(args, prog_name, **{**extra, "standalone_mode": False})
            code = result if isinstance(result, int) else 0
        except click.ClickException as error:
            _complain(error.format_message())
            code = error.exit_code
        except (click.Abort, KeyboardInterrupt):
            code = 130
        sys.exit(code)


def run() -> NoReturn:
    """The whole program, as a process."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    code: object = 1
    try:
        cli.main(prog_name="pmtui")
    except SystemExit as end:
        code = end.code
    except BaseException:
        # Ours: the whole traceback, but never the values of variables, which may hold what must stay secret.
        import traceback

        _tell(_safe(traceback.format_exc()))
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    # A name look-up that hangs in a thread cannot be stopped, and the interpreter's own end waits for it.
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


def _complain(message: str) -> None:
    from pmtui.masks import shapeless

    # A complaint repeats what was typed, which may be a secret at the wrong place.
    _tell(f"pmtui: {shapeless(_safe(' '.join(message.split())))}\n")


def _safe(text: str) -> str:
    from pmtui import logs

    logs.SECRETS.add(*logs.credentials_in(os.environ))
    return logs.safe(text)


def _tell(text: str) -> None:
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(text)
        sys.stderr.flush()


def _overview() -> str:
    bold = (
        bool(sys.stdout) and sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("NO_COLOR")
    )
    return OVERVIEW.format(b="\x1b[1m" if bold else "", e="\x1b[0m" if bold else "")


# The front door


@click.group(
    cls=_Front,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", message="pmtui %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Live order books in the terminal."""
    if context.invoked_subcommand is None:
        click.echo(_overview(), nl=False)


def _screen_options(command: _Command) -> _Command:
    """What every command with a screen understands."""
    for option in (
        click.option("--compress", is_flag=True, default=None, help="Ask for compressed sockets, for thin links."),
        click.option("--state", "state_file", metavar="FILE", help="Where choices are remembered."),
        click.option("--remember/--no-remember", default=None, help="Begin with what was chosen last time."),
        click.option("--flash/--no-flash", default=None, help="Flash at a tick change."),
        click.option("--bell/--no-bell", default=None, help="Ring at a tick change."),
        click.option("--scale", metavar="NAME", help=f"Bars: {', '.join(config.SCALES)}."),
        click.option("--axis", metavar="NAME", help=f"The ladder's prices: {', '.join(config.AXES)}."),
        click.option("--theme", metavar="NAME", help=f"Colours: {', '.join(config.THEMES[:4])}."),
        click.option("--ascii", is_flag=True, default=None, help="Draw with plain ASCII only."),
        click.option("--log-level", metavar="LEVEL", help=f"One of {', '.join(config.LEVELS)}."),
        click.option("--log", "log_file", metavar="FILE", help="Write a log; secrets stay out."),
    ):
        command = option(command)
    return command


def _address_options(command: _Command) -> _Command:
    for place in reversed([place for offer in offers() for place in offer.places]):
        words = f"{place.help} [{place.variable}]."
        command = click.option(f"--{place.setting.replace('_', '-')}", place.setting, metavar="URL", help=words)(
            command
        )
    return click.option("--testnet", is_flag=True, default=None, help="The venues' test networks.")(command)


# watch


def _account_options(command: _Command) -> _Command:
    for option in (
        click.option("--wallet", metavar="KIND", help=f"Of the account, for its cash: {', '.join(config.WALLETS)}."),
        click.option(
            "--account-elsewhere",
            "elsewhere",
            is_flag=True,
            help="Credentials may go to hosts that are not the venue's own.",
        ),
    ):
        command = option(command)
    for offer in offers():
        if entry := offer.entry.setting:
            words = f"Your account at {offer.title}, by its address [{offer.entry.variable}]."
            command = click.option(f"--{entry.replace('_', '-')}", entry, metavar="0x…", help=words)(command)
    return command


@cli.command()
@click.argument("tokens", nargs=-1, metavar="TOKEN...")
@_address_options
@click.option("--no-account", "public", is_flag=True, help="Public data only, whatever credentials there are.")
@_account_options
@_screen_options
def watch(tokens: tuple[str, ...], public: bool, elsewhere: bool, **flags: object) -> int:
    """Live books of what TOKEN names: a token id, a condition id, the slug of a market or an event, a pasted link.
    With a venue before it and a colon, what that venue calls it: 'pmtui venues' lists them.

    \b
    pmtui watch will-it-rain-tomorrow
    pmtui watch hl:BTC hl:@107 hl:#10 hl:xyz:TSLA
    pmtui watch https://polymarket.com/event/fed-decision-in-december
    WS_URL=ws://127.0.0.1:8765 CLOB_API_URL=http://127.0.0.1:8766 pmtui watch SLUG

    Of a market its first outcome is shown, the other joins by itself; of an event all open markets.
    With API credentials, or an address where accounts are public ('pmtui account'), your own orders and fills are
    shown beside the books.
    """
    settings = _settings(flags)
    if not tokens:
        example = offers()[0].example
        raise Wrong(f"what is to be watched? A token id, a condition id, a slug or a link. Try: {example}")
    named = {text: _recognised(text, settings) for text in tokens}
    _need_terminal()
    for offer in offers():
        if unknown := [text for text, known in named.items() if not known and meant(text)[0] == offer]:
            named |= _look_up(_venue(offer.name, settings), unknown)
    targets = {each.id: each for found in named.values() for each in found}
    if not public:
        settings = replace(settings, login=partial(_login, settings, elsewhere=elsewhere))
    return _show(settings, list(targets.values()))


def _recognised(text: str, settings: Settings) -> list[Instrument]:
    """What the text names by itself; empty when it takes a look-up."""
    from importlib import import_module

    offer, name = meant(text)
    if settings.testnet and not offer.has_testnet:
        raise Wrong(f"{_quoted(text)}: {offer.title} has no test network")
    names = import_module(f"pmtui.venues.{offer.name}.{offer.names}")
    if why := names.recognise(name):
        raise Wrong(f"{_quoted(text)}: {why}. Try: {offer.example}")
    known: Instrument | None = names.instrument(name)
    return [known] if known else []


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:59]}…")


def _venue(name: str, settings: Settings) -> Venue:
    from pmtui.desk import open_venue

    return open_venue(name, settings.addresses)


def _look_up(venue: Venue, texts: Sequence[str]) -> dict[str, list[Instrument]]:
    from pmtui.feed.http import HttpFetcher

    async def ask() -> dict[str, list[Instrument]]:
        fetcher = HttpFetcher()
        try:
            return {text: await _found(venue, fetcher, text) for text in texts}
        finally:
            await fetcher.close()

    return _run(ask())


async def _found(venue: Venue, fetcher: Fetcher, text: str) -> list[Instrument]:
    """What `text` names, by the first request that finds something."""
    from urllib.parse import urlsplit

    from pmtui.core.ports import VenueError

    for request in venue.lookups(meant(text)[1]):
        host = urlsplit(request.url).netloc
        try:
            instruments = venue.found(*await fetcher.fetch(request))
        except OSError as error:
            raise Unreachable(f"{host}: {error or 'no answer'}") from error
        except VenueError as error:
            raise Unreachable(f"{host}: {error.reason}") from error
        if instruments:
            return chosen(text, instruments)
    raise Wrong(f"{_quoted(text)}: no market or event of this name was found at {host}")


def chosen(text: str, instruments: Sequence[Instrument]) -> list[Instrument]:
    """Of each market the first outcome; of several markets the open ones, up to a sensible number."""
    covered: set[str | None] = set()
    first: list[Instrument] = []
    for each in instruments:
        if each.id not in covered:
            first.append(each)
            covered |= {each.id, each.complement}
    if len(first) > 1:
        first = [each for each in first if not each.closed]
        if not first:
            raise Wrong(f"{_quoted(text)}: every market of this event is closed")
    if len(first) > MOST_MARKETS:
        _tell(f"pmtui: {_quoted(text)} has {len(first)} open markets, the first {MOST_MARKETS} are watched\n")
    return first[:MOST_MARKETS]


_Result = TypeVar("_Result")


def _run(work: Coroutine[Any, Any, _Result]) -> _Result:
    import asyncio

    # Not `asyncio.run`: at its end it waits for threads, and a name look-up may hang there for a minute.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


# demo


@cli.command()
@click.option(
    "--seed", type=click.IntRange(0, 2**63), default=7, show_default=True, help="The same seed, the same world."
)
@click.option("--rate", type=click.FloatRange(0, 100_000), default=25, show_default=True, help="Messages a second.")
@click.option("--books", type=click.IntRange(0, 5_000), default=0, show_default=True, help="More markets, for load.")
@click.option(
    "--venue", type=click.Choice([*SIMULATED, "all"]), default=SIMULATED[0], help="Whose exchange is made up."
)
@_screen_options
def demo(seed: int, rate: float, books: int, venue: str, **flags: object) -> int:
    """A made-up exchange on this machine, and the screen on it through real sockets.

    \b
    pmtui demo
    pmtui demo --rate 5000 --seed 3
    pmtui demo --venue all
    """
    places = [place for offer in offers() for place in offer.places]
    entries = [offer.entry.setting for offer in offers()]
    settings = _settings(flags, without=["testnet", *entries, *(place.setting for place in places)])
    _need_terminal()
    compress = ("--compress",) if settings.compress else ()
    common = ("--seed", str(seed), "--rate", str(rate), "--books", str(books), *compress)
    with ExitStack() as stack:
        venues = SIMULATED if venue == "all" else (venue,)
        starting = [stack.enter_context(_exchange("--venue", each, *common)) for each in venues]
        # All start at the same time: this import takes as long as an exchange needs to open its doors.
        _screen()
        abouts = {about["venue"]: about for about in (told() for told in starting)}
        # No other venue can be reached from here: a demo needs no network.
        addresses = {offer.name: _doors(offer, abouts.get(offer.name)) for offer in offers()}
        origins = {**settings.origins, **dict.fromkeys((place.setting for place in places), "demo")}
        settings = replace(settings, addresses=addresses, origins=origins)
        settings = replace(settings, login=partial(_made_up, {name: each["account"] for name, each in abouts.items()}))
        return _show(settings, [each for offer in offers() for each in _traded(offer, abouts.get(offer.name, {}))])


def _doors(offer: Offer, about: dict[str, Any] | None) -> dict[str, str]:
    """Where a venue's made-up exchange is; nowhere without one."""
    here = {"ws": about["ws_url"], "http": about["rest_url"]} if about else {}
    return {place.key: here.get(place.scheme, "") for place in offer.places}


@contextmanager
def _exchange(*options: str) -> Iterator[Callable[[], dict[str, Any]]]:
    """A simulated exchange that ends when we do, however we end; what it is given tells where it is."""
    from subprocess import PIPE, Popen
    from tempfile import TemporaryFile

    command = [sys.executable, "-P", "-m", "pmtui", "sim", "--json", "--until-stdin-closes", *options]
    with TemporaryFile("w+b") as words:
        # Its end of our pipe closes when we are gone, even killed. Its words must not spoil the screen.
        child = Popen(command, stdin=PIPE, stdout=PIPE, stderr=words, env=_environment())  # noqa: S603 - ourselves

        def told() -> dict[str, Any]:
            import select

            import orjson

            assert child.stdout is not None
            ready, _, _ = select.select([child.stdout], [], [], _DEMO_STARTS_WITHIN)
            if ready and (line := child.stdout.readline()):
                about: dict[str, Any] = orjson.loads(line)
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


def _environment() -> dict[str, str]:
    """Ours without secrets, with the way to this very package for when it runs from a checkout."""
    from pmtui.masks import without_secrets

    known = without_secrets(os.environ)
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
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
    coins = [replace(names.instrument(coin["coins"][0]), title=coin["title"]) for coin in about.get("coins", ())]
    return coins + [
        replace(
            names.instrument(market["tokens"][0]),
            title=market["question"],
            outcome=market["outcomes"][0],
            market=market["condition_id"],
            complement=names.instrument(market["tokens"][1]).id,
        )
        for market in about.get("markets", ())
    ]


# sim

_ONLY = {"polymarket": ("rest_port",), "hl": ("greets", "sockets", "subscriptions")}
"""Options that only one venue's exchange has."""


@cli.command()
@click.option(
    "--seed", type=click.IntRange(0, 2**63), default=7, show_default=True, help="The same seed, the same world."
)
@click.option("--rate", type=click.FloatRange(0, 100_000), default=25, show_default=True, help="Messages a second.")
@click.option("--venue", type=click.Choice(SIMULATED), default=SIMULATED[0], help="Whose wire is spoken.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Port of the sockets; 0: any free one.")
@click.option("--rest-port", type=click.IntRange(0, 65_535), help="Port of REST; hl answers it on --port.")
@click.option("--books", type=click.IntRange(0, 5_000), default=0, show_default=True, help="More markets, for load.")
@click.option(
    "--pace", type=click.FloatRange(0, 1_000_000), default=10, show_default=True, help="What its account does a minute."
)
@click.option("--json", is_flag=True, help="Print the addresses as one line of JSON.")
@click.option(
    "--faults", "plan", metavar="PLAN", default="", help="What goes wrong when: 'at 20 freeze 30; at 60 cut'."
)
@click.option("--compress", is_flag=True, help="Accept compression offers.")
@click.option("--greets", is_flag=True, default=None, help="hl: begin each socket with a line that is not JSON.")
@click.option("--sockets", type=click.IntRange(1, 10_000), help="hl: how many one address may have; 10.")
@click.option("--subscriptions", type=click.IntRange(1, 10**6), help="hl: how many over all of them; 1000.")
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
        raise Unreachable(f"the exchange cannot run: {os.strerror(error.errno or 0)}") from error


# fault


@cli.command()
@click.argument("rest_url", required=False, metavar="REST_URL")
@click.argument("line", nargs=-1, metavar="LINE...")
def fault(rest_url: str | None, line: tuple[str, ...]) -> None:
    """Ask a running exchange on this machine for a fault; without arguments, list what it understands.

    \b
    pmtui fault http://127.0.0.1:8766 freeze 30
    pmtui fault http://127.0.0.1:8766 'at 5 cut; at 20 close 1013'
    """
    if rest_url is None:
        click.echo("\nWith --venue hl:\n\n".join(_fault_lists()), nl=False)
        return
    if not line:
        raise Wrong("which fault? Try: pmtui fault REST_URL freeze 30")
    try:
        where = config.address(rest_url, plain="http")
    except Refused as error:
        raise Wrong(f"REST_URL: {error}") from error
    if not where.startswith("http://"):
        raise Wrong("REST_URL: faults are for a simulated exchange on this machine, http://127.0.0.1:PORT")
    status, answer = _post(where, " ".join(line).encode(errors="replace"))
    if status != 200:
        raise Wrong(str(answer.get("error", f"the exchange answered {status}")))
    for understood in answer.get("understood", ()):
        click.echo(str(understood))


def _fault_lists() -> list[str]:
    """What each simulated exchange understands."""
    from pmtui.sim.faults import VOCABULARY
    from pmtui.sim.hyperliquid import faults as hyperliquid

    lists = (VOCABULARY, hyperliquid.VOCABULARY)
    width = max(len(form) for known in lists for form in known)
    return ["".join(f"{form:<{width}}  {effect}\n" for form, effect in known.items()) for known in lists]


def _post(where: str, body: bytes) -> tuple[int, dict[str, Any]]:
    from http.client import HTTPConnection, HTTPException

    import orjson

    # Not through a proxy, whatever the environment says: this client knows none.
    connection = HTTPConnection(where.removeprefix("http://"), timeout=5)
    try:
        connection.request("POST", "/faults", body)
        response = connection.getresponse()
        answer = orjson.loads(response.read(2**20))
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable(f"{where}: no simulated exchange answers there") from error
    finally:
        connection.close()
    return response.status, answer if isinstance(answer, dict) else {}


# account


class _AccountGroup(click.Group):
    """Repeats nothing that was typed: it may be a secret at the wrong place."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            raise Wrong(f"pmtui account has the commands {', '.join(self.commands)}")
        return super().resolve_command(ctx, args)


def _nothing_typed(context: click.Context, _: click.Parameter, typed: tuple[str, ...]) -> None:
    if typed:
        raise Wrong(
            f"pmtui account {context.info_name} takes no such argument; secrets are never given on the command line"
        )


def _no_arguments(command: _Command) -> _Command:
    return click.argument(
        "typed", nargs=-1, type=click.UNPROCESSED, callback=_nothing_typed, expose_value=False, metavar=""
    )(command)


_QUIET = {"ignore_unknown_options": True}


@cli.group(cls=_AccountGroup)
@click.pass_context
def account(context: click.Context) -> None:
    """Your own orders and fills, read only: by API credentials, or by an address where accounts are public.

    \b
    pmtui account check     what was found, what it can do, and whether the venue accepts it
    pmtui account save      keep it in the system keyring, after hidden prompts
    pmtui account forget    remove it from there

    Looked for in the environment, then in [account] of your settings file, then in the keyring; addresses also as
    --hl-address. A private key is never asked for.
    """
    from pmtui import logs

    context.with_resource(logs.guarded())


@account.command(context_settings=_QUIET)
@_address_options
@_account_options
@_no_arguments
def check(elsewhere: bool, **flags: object) -> int:
    """What was found and whether the venue accepts it.

    Exit code 0: it works; 1: the venue was not reached; 2: something in it is wrong; 3: there is none;
    4: the venue refuses it.
    """
    from pmtui.core.ports import VenueError
    from pmtui.credentials import NOTHING

    settings = _settings(flags)
    found = _account(settings)
    for line in found.lines:
        if line != NOTHING or not settings.accounts:
            click.echo(line)
    if found.credentials is not None:
        _forget_link_keys()
    login, codes = _login_of(found, settings, elsewhere=elsewhere), [2] if found.trouble else []
    for offer in offers():
        try:
            access = _venue(offer.name, settings).account(login)
        except VenueError as error:
            raise Wrong(f"{error.reason} (--account-elsewhere allows it)") from error
        if address := settings.accounts.get(offer.name):
            click.echo(f"the account at {offer.title} is {address}, from {settings.origins[offer.entry.setting]}")
        if access is not None:
            codes.append(_run(_try_out(access)))
    return max(codes, default=3)


async def _try_out(access: Access) -> int:
    """Ask the venue about an account, and tell what it says; the exit code."""
    from pmtui.feed.http import HttpFetcher
    from pmtui.feed.live import LiveTransport
    from pmtui.feed.trial import trial

    fetcher = HttpFetcher()
    try:
        results = await trial(access, fetcher, LiveTransport())
    finally:
        await fetcher.close()
    for result in results:
        click.echo(_safe(f"{result.what}: {result.words}"))
    return max(int(result.verdict) for result in results)


@account.command(context_settings=_QUIET)
@_no_arguments
def save() -> None:
    """Keep an account in the system keyring, asked for by hidden prompts."""
    from pmtui import credentials

    _need_terminal("hidden prompts need one")
    try:
        credentials.ready()
        texts = {part: click.prompt(_ASKED[part], hide_input=True, default="", show_default=False) for part in _ASKED}
        texts["address"] = click.prompt("address of the wallet that made the key (may be empty)", default="").strip()
        credentials.save(credentials.typed(texts))
    except Refused as error:
        raise Wrong(str(error)) from error
    click.echo("saved in the system keyring. 'pmtui account check' asks the venue.")


_ASKED = {"key": "API key (hidden)", "secret": "secret (hidden)", "passphrase": "passphrase (hidden)"}


@account.command(context_settings=_QUIET)
@_no_arguments
def forget() -> int:
    """Remove the account from the system keyring."""
    from pmtui import credentials

    try:
        gone = credentials.forget()
    except Refused as error:
        raise Wrong(str(error)) from error
    click.echo("it is gone from the system keyring" if gone else "there was no account in the system keyring")
    return 0 if gone else 3


def _account(settings: Settings) -> Found:
    """The account that may be used with these addresses; what is only ours never goes to a simulated exchange."""
    from pmtui import credentials
    from pmtui.credentials.keyring import NoKeyring

    public = [offer.entry.setting for offer in offers() if offer.entry.setting]
    if not config.is_here(*settings.addresses[offers()[0].name].values()):
        return credentials.find(os.environ, config.file_path(), public=public)

    def none() -> NoReturn:
        raise NoKeyring("the exchange is on this machine: only the environment is looked at")

    return credentials.find(os.environ, None, none)


def _login_of(found: Found, settings: Settings, *, elsewhere: bool) -> Login:
    from pmtui.core.ports import Login

    return Login(found.credentials, found.trouble, settings.wallet, elsewhere, settings.accounts)


def _login(settings: Settings, *, elsewhere: bool) -> Login:
    """Who the user is, for a screen that is up already."""
    import logging

    found = _account(settings)
    for line in found.lines:
        logging.getLogger("pmtui").info("account: %s", line)
    if found.credentials is not None:
        _forget_link_keys()
    return _login_of(found, settings, elsewhere=elsewhere)


def _forget_link_keys() -> None:
    """With credentials on a link, nobody else is told its keys."""
    os.environ.pop("SSLKEYLOGFILE", None)


# venues, config, completion


@cli.command()
@_address_options
def venues(**flags: object) -> None:
    """Each venue there is: what stands for it, where it is, what it offers and what limits it has."""
    settings = _settings(flags)
    for offer in offers():
        bare = ", or nothing" if offer.bare else ""
        click.echo(f"{offer.title}  ({', '.join(f'{each}:' for each in sorted(offer.prefixes, key=len))}{bare})")
        for head, lines in (("offers", offer.has), ("limits", offer.limits)):
            for n, line in enumerate(lines):
                click.echo(f"  {head if not n else '':<8}{line}")
        for place in offer.places:
            address = settings.addresses[offer.name][place.key] or "-"
            click.echo(f"  {place.key:<8}{address}  ({settings.origins[place.setting]})")
        click.echo(f"  {'try':<8}{offer.example}\n")


@cli.command("config")
@_address_options
@_screen_options
def show_config(**flags: object) -> None:
    """Every setting, and who set it: a flag, the environment, your own file or nobody."""
    rows = config.described(_settings(flags), offers())
    path = config.file_path()
    click.echo(f"file  {path}{'' if path and path.exists() else '  (there is none)'}\n")
    keys, values = (max(len(row[column]) for row in rows) for column in (0, 1))
    for key, value, origin in rows:
        click.echo(f"{key:<{keys}}  {value:<{values}}  {origin}")


@cli.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a SHELL.

    \b
    bash   eval "$(pmtui completion bash)"      in ~/.bashrc
    zsh    eval "$(pmtui completion zsh)"       in ~/.zshrc
    fish   pmtui completion fish | source       in ~/.config/fish/config.fish
    """
    from click.shell_completion import ShellComplete, get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(ShellComplete.source(kind(cli, {}, "pmtui", "_PMTUI_COMPLETE")))


# What commands share


def _settings(flags: dict[str, object], *, without: Sequence[str] = ()) -> Settings:
    """What applies to this command; `without` are settings that the command makes itself."""
    defaults = {"ascii": config.is_plain_terminal(os.environ), "state_file": config.state_path()}
    path = config.file_path()
    try:
        file = config.read_file(path, offers())
    except Refused as error:
        raise Wrong(f"{error} ({path})") from error
    try:
        return config.resolve(flags, os.environ, file, defaults=defaults, offers=offers(), without=without)
    except Refused as error:
        raise Wrong(str(error)) from error


def _need_terminal(why: str = "the screen needs one") -> None:
    for stream, name in ((sys.stdin, "input"), (sys.stdout, "output")):
        if not (stream and stream.isatty()):
            raise Wrong(f"{name} is not a terminal, and {why}")


def _screen() -> Callable[..., int]:
    from pmtui.ui.app import run

    return run


def _show(settings: Settings, targets: Sequence[Instrument]) -> int:
    """The screen, from its first frame to its last."""
    if os.environ.get("SSLKEYLOGFILE"):
        _tell(
            "pmtui: SSLKEYLOGFILE is set: whoever reads that file can read what our sockets carry,"
            " until an account is found: then it is ignored\n"
        )
    # A file that cannot be written must be told of before the screen; the ring in memory can wait until after it.
    log = _log(settings) if settings.log_file else None

    def begin() -> None:
        nonlocal log
        log = log or _log(settings)

    try:
        return _screen()(settings, targets, begin)
    except Exception:
        import logging

        logging.getLogger("pmtui").exception("the screen failed")
        raise
    finally:
        if log is not None:
            log.finish()


def _log(settings: Settings) -> Logs:
    from pmtui import logs

    try:
        return logs.Logs(settings.log_file, settings.log_level, secrets=logs.credentials_in(os.environ))
    except Refused as error:
        raise Wrong(f"--log: {error}") from error
    except OSError as error:
        raise Wrong(f"--log: the file cannot be written: {error.strerror or error}") from error
