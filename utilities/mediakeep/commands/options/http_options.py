"""The option of all web services, --offline."""

from __future__ import annotations

import click

from mediakeep import config

offline_option = click.option(
    "--offline",
    is_flag=True,
    envvar=f"{config.ENV_PREFIX}OFFLINE",
    help="Make no requests; use cached data only.",
)
