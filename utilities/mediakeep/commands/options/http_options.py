"""What the options of all web services share: --offline, and which servers are public."""

from __future__ import annotations

import click

from mediakeep import config

OFFLINE = "this run is offline"

offline_option = click.option(
    "--offline",
    is_flag=True,
    envvar=f"{config.ENV_PREFIX}OFFLINE",
    help="Make no requests; use cached data only.",
)


def is_in_domain(server: str, domain: str) -> bool:
    """Return whether a host is a domain or a subdomain of it, such as beta.DOMAIN."""
    return f".{server.rstrip('.')}".endswith(f".{domain}")
