"""What every service that is asked over the network is told by: its address, its pace, offline."""

from __future__ import annotations

from math import isnan
from urllib.parse import urlsplit

import click

from mediakeep import config
from mediakeep.errors import BadSetting

OFFLINE = "this run is offline"

offline = click.option(
    "--offline",
    is_flag=True,
    envvar=f"{config.PREFIX}OFFLINE",
    help="Ask nobody; what is known already is used.",
)


def server(name: str, address: str, example: str) -> str:
    """Return the name of the server in an address; UsageFailed where it names more or less."""
    try:
        parts = urlsplit(address)
        found, _ = parts.hostname, parts.port
    except ValueError:
        found = None
    plain = found and parts.scheme in ("http", "https") and "@" not in parts.netloc
    if not plain or parts.path.strip("/") or parts.query or parts.fragment:
        raise BadSetting(name, f'"{address}" is no address of a server, such as {example}.')
    return str(found)


def is_below(server: str, domain: str) -> bool:
    """Tell whether a server is that of a domain, or of one below it, as beta.DOMAIN is."""
    return f".{server.rstrip('.')}".endswith(f".{domain}")


def pace(name: str, interval: float) -> float:
    """Return an interval in seconds; UsageFailed where it is none, as no comparison refuses it."""
    if isnan(interval):
        raise BadSetting(name, "nan is no number of seconds.")
    return interval
