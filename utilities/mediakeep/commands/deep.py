"""The option --deep, and its requirements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

LONGER = 10  # factor by which the timeout of a deep scan is longer


def option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --deep."""
    return click.option(
        "--deep",
        is_flag=True,
        help="Also decode every file, and compare its audio with the essence database.",
    )(function)


def check(is_deep: bool) -> None:
    """Check that the decoders are installed; raise UsageError that says how to install them."""
    if is_deep:
        from mediakeep.media.decoding import decoder  # only if needed

        decoder.require()
