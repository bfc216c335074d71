"""A glance at everything: how far the queues are, what is open, how long it will take."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path

import click

from mediakeep import kinds
from mediakeep.commands import shared, subjects
from mediakeep.errors import NoQueue
from mediakeep.queue import reading
from mediakeep.views import summary, terminal
from mediakeep.views.summary import Summary

RENEWAL = 2.0  # seconds


@shared.command()
@click.option("--once", is_flag=True, help="Print once and exit, also on a terminal.")
@shared.as_json
def main(home: Path, once: bool, as_json: bool) -> int:
    """Show how far the queues are: counts, open issues, pace and time left.

    On a terminal it is renewed every two seconds until Ctrl-C; elsewhere it is printed once.
    """
    live = sys.stdout.isatty() and not once and not as_json
    while True:
        told = _summaries(home)
        lines = [line for one in told for line in [*terminal.summary(one), ""]][:-1]
        if not live:
            shared.show(lines, told, as_json=as_json)
            return 0
        click.clear()
        click.echo("\n".join([*lines, "", "Ctrl-C ends this."]))
        time.sleep(RENEWAL)


def _summaries(home: Path) -> list[Summary]:
    """Summarise every queue that the home has; NoQueue where it has none."""
    told = []
    for kind in kinds.KINDS.values():
        folder = subjects.folder(home, kind)
        with contextlib.suppress(NoQueue):
            told.append(summary.read(folder, reading.state(folder, kind)))
    if not told:
        raise reading.missing(subjects.folder(home, kinds.MUSIC), kinds.MUSIC)
    return told
