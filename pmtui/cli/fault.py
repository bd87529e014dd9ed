"""`pmtui fault`: something goes wrong in an exchange that runs on this machine."""

from __future__ import annotations

from typing import Any

import click

from pmtui import checks
from pmtui.cli.ends import Unreachable, Wrong


@click.command()
@click.argument("rest_url", required=False, metavar="REST_URL")
@click.argument("line", nargs=-1, metavar="LINE...")
def fault(rest_url: str | None, line: tuple[str, ...]) -> None:
    """Ask a running exchange on this machine for a fault; `pmtui fault` alone lists what can be asked for.

    \b
    pmtui fault http://127.0.0.1:8766 freeze 30
    pmtui fault http://127.0.0.1:8766 'at 5 cut; at 20 close 1013'
    """
    if rest_url is None:
        click.echo("\nWith --venue hl:\n\n".join(_fault_lists()), nl=False)
        return
    if not line:
        raise Wrong("which fault? `pmtui fault` alone lists them; for example: pmtui fault REST_URL freeze 30")
    try:
        where = checks.address(rest_url, plain="http")
    except checks.Refused as error:
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
