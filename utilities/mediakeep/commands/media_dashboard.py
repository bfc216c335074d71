"""A glance at everything: how far the queues are, what is open, how long it will take."""

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
SHARE = 50  # what a renewal costs may be one part in so many of the time
_FOOT = "q or Ctrl-C ends this."
_NAMES = ", ".join(kinds.KINDS)


@shared.command()
@click.option("--once", is_flag=True, help="Print once and exit, also on a terminal.")
@click.option("--kind", metavar="NAME", help=f"Show this kind alone; there is: {_NAMES}.")
@shared.as_json
def main(home: Path, once: bool, kind: str | None, as_json: bool) -> int:
    """Show how far the queues are: progress, workers, failures, issues, pace and time left.

    On a terminal it is renewed every second until q or Ctrl-C; elsewhere it is printed once. It
    only reads, and takes no lock.
    """
    chosen = _chosen(kind)
    folders = [subjects.folder(home, one) for one in chosen]
    watches = [_watch(home, one) for one in chosen]
    watcher = Watcher(home, watches, folders)
    if screen.fit() and not once and not as_json:
        return _live(watcher)
    glance = _look(watcher)
    for look in glance.looks:
        if look.trouble:
            raise look.trouble
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
        raise click.UsageError(f'There is no kind "{name}"; there is: {_NAMES}.{near}')
    return [kinds.KINDS[name]]


def _columns() -> int:
    """Return the width to print in: of the terminal, as COLUMNS says, or 80."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    return Screen.size()[0] if sys.stdout.isatty() else 80


def _style(colour: bool) -> Style:
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    return Style(colour, ascii=encoding != "utf8")


def _look(watcher: Watcher) -> Glance:
    return watcher.look(View(clock.now()))


def _live(watcher: Watcher) -> int:
    glance = _look(watcher)  # before the screen is taken: there may be no queue
    style = _style(screen.colourful())
    try:
        with Screen() as shown:
            while True:
                began = time.process_time() - watcher.spent
                glance = _look(watcher)
                shown.draw(_drawn(glance, style))
                cost = time.process_time() - watcher.spent - began
                until = time.monotonic() + max(RENEWAL, SHARE * cost)
                while shown.wait(until - time.monotonic()):
                    shown.draw(_drawn(glance, style))
    except Left as left:
        return left.code


def _drawn(glance: Glance, style: Style) -> list[str]:
    columns, lines = Screen.size()
    return board.board(glance, Window(columns, lines, style, _FOOT))
