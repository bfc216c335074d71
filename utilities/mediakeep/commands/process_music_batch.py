"""The main job: take artists from the music queue, read and diagnose them, write their reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mediakeep import kinds
from mediakeep.commands import batches, deep, shared


@shared.command()
@batches.options
@deep.option
@click.option("--artist", metavar="NAME", help="Only this artist, whatever its status.")
def main(home: Path, artist: str | None, **given: Any) -> int:
    """Process the next artists of the music queue.

    Can be stopped (Ctrl-C) or killed at any moment; run it again and it goes on.
    """
    return batches.run(kinds.MUSIC, batches.asked(home, artist, given))
