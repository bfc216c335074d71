"""Show the state of all queues: progress, open issues, and time left."""

from __future__ import annotations

import functools
import os
import sys
import time
from pathlib import Path

import click

from mediakeep import clock, kinds, suggest
from mediakeep.commands import screen, shared, subjects
from mediakeep.commands.screen import Left, Screen
from mediakeep.kinds import Kind
from mediakeep.queue import queue
from mediakeep.views import figures
from mediakeep.views.board import board
from mediakeep.views.board.board import Window
from mediakeep.views.board.rows import Style
from mediakeep.views.summary import View
from mediakeep.views.watch import Glance, Watch, Watcher

RENEWAL = 1.0  # seconds
SHARE = 50  # an update may use at most 1/n of the time
_FOOT = "q or Ctrl-C to quit."
_NAMES = ", ".join(kinds.KINDS)


@shared.command()
@click.option("--once", is_flag=True, help="Print once and exit, also on a terminal.")
@click.option("--kind", metavar="NAME", help=f"Show only this kind: {_NAMES}.")
@shared.as_json
def main(home: Path, once: bool, kind: str | None, as_json: bool) -> int:
    """Show the progress of the queues: workers, failures, issues, pace and time left.

    On a terminal it is updated every second until q or Ctrl-C; otherwise it is printed once. It
    only reads, without locks.
    """
    chosen = _chosen(kind)
    folders = [subjects.folder(home, each_kind) for each_kind in chosen]
    watches = [_watch(home, each_kind) for each_kind in chosen]
    watcher = Watcher(home, watches, folders)
    if screen.fit() and not once and not as_json:
        return _live(watcher)
    glance = _look(watcher)
    for snapshot in glance.looks:
        if snapshot.trouble:
            raise snapshot.trouble
    window = Window(_columns(), None, _style(screen.colourful()))
    lines = [] if as_json else [line.rstrip() for line in board.board(glance, window)]
    if as_json:
        shared.show([], figures.data(glance), as_json=True)
    else:
        sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _watch(home: Path, kind: Kind) -> Watch:
    accepting = functools.partial(subjects.of(kind).accepting, home)
    return Watch(queue.place(subjects.folder(home, kind)), kind, accepting)


def _chosen(name: str | None) -> list[Kind]:
    if name is None:
        return list(kinds.KINDS.values())
    if name not in kinds.KINDS:
        near = suggest.did_you_mean(name, kinds.KINDS)
        raise click.UsageError(f'Unknown kind "{name}". Known kinds: {_NAMES}.{near}')
    return [kinds.KINDS[name]]


def _columns() -> int:
    """Return the width to print in: COLUMNS, the terminal's, or 80."""
    value = os.environ.get("COLUMNS", "")
    if value.isdecimal() and int(value):
        return int(value)
    return Screen.size()[0] if sys.stdout.isatty() else 80


def _style(colour: bool) -> Style:
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    return Style(colour, ascii=encoding != "utf8")


def _look(watcher: Watcher) -> Glance:
    return watcher.look(View(clock.now()))


def _live(watcher: Watcher) -> int:
    glance = _look(watcher)  # before the screen is switched: there may be no queue
    style = _style(screen.colourful())
    try:
        with Screen() as terminal:
            while True:
                began = time.process_time() - watcher.spent
                glance = _look(watcher)
                terminal.draw(_drawn(glance, style))
                seconds = time.process_time() - watcher.spent - began
                until = time.monotonic() + max(RENEWAL, SHARE * seconds)
                while terminal.wait(until - time.monotonic()):
                    terminal.draw(_drawn(glance, style))
    except Left as left:
        return left.code


def _drawn(glance: Glance, style: Style) -> list[str]:
    columns, lines = Screen.size()
    return board.board(glance, Window(columns, lines, style, _FOOT))
