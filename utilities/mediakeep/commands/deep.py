"""The deep scan as an option, and what must be there for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

LONGER = 10  # times as long as other work a deep scan may take


def option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --deep."""
    return click.option(
        "--deep", is_flag=True, help="Decode every file too, and compare its sound with the ledger."
    )(function)


def check(asked: bool) -> None:
    """Make sure of the decoders before anything is begun; UsageFailed tells how to get them."""
    if asked:
        from mediakeep.media.decoding import decoder  # only for those who ask

        decoder.require()
