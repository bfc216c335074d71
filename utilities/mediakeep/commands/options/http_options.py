"""Options and checks that all web services share: host, interval, --offline."""

from __future__ import annotations

from math import isnan
from urllib.parse import urlsplit

import click

from mediakeep import config
from mediakeep.errors import BadSetting

OFFLINE = "this run is offline"

offline_option = click.option(
    "--offline",
    is_flag=True,
    envvar=f"{config.ENV_PREFIX}OFFLINE",
    help="Make no requests; use cached data only.",
)


def parse_server(name: str, address: str, example: str) -> str:
    """Return the host name in a URL; raise BadSetting if it has more parts or none."""
    try:
        parts = urlsplit(address)
        hostname, _ = parts.hostname, parts.port
    except ValueError:
        hostname = None
    is_valid = hostname and parts.scheme in ("http", "https") and "@" not in parts.netloc
    if not is_valid or parts.path.strip("/") or parts.query or parts.fragment:
        raise BadSetting(name, f'"{address}" is not the URL of a server, such as {example}.')
    return str(hostname)


def is_in_domain(server: str, domain: str) -> bool:
    """Return whether a host is a domain or a subdomain of it, such as beta.DOMAIN."""
    return f".{server.rstrip('.')}".endswith(f".{domain}")


def parse_interval(name: str, interval: float) -> float:
    """Return an interval in seconds; raise BadSetting for NaN, which passes range checks."""
    if isnan(interval):
        raise BadSetting(name, "nan is not a number of seconds.")
    return interval
