"""The options of master reports."""

from __future__ import annotations

import click

list_limit_option = click.option(
    "--list-limit",
    type=click.IntRange(0),
    default=200,
    show_default=True,
    metavar="N",
    help="Maximum entries of each list in the statistics.",
)
