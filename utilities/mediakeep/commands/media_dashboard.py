"""Show the state of all queues: progress, open issues, and time left."""

from __future__ import annotations

import functools
import os
import sys
import time
from pathlib import Path

import click

from mediakeep import clock, kinds, suggestions
from mediakeep.app.subjects import registry
from mediakeep.commands import app
from mediakeep.commands.display import screen
from mediakeep.commands.display.screen import Left, Screen
from mediakeep.kinds import Kind
from mediakeep.queue import queue
from mediakeep.views import dashboard_json
from mediakeep.views.dashboard import render
from mediakeep.views.dashboard.render import WindowSize
from mediakeep.views.dashboard.text_layout import TerminalStyle
from mediakeep.views.poller import HomePoller, HomeSnapshot, QueuePoller
from mediakeep.views.summary import SummaryContext

REFRESH_INTERVAL = 1.0  # seconds
MAX_LOAD_DIVISOR = 50  # an update may use at most 1/n of the time
_FOOTER = "q or Ctrl-C ends this."
_KIND_NAMES = ", ".join(kinds.KINDS)


@app.create_command()
@click.option("--once", is_flag=True, help="Print once and exit, also on a terminal.")
@click.option("--kind", metavar="NAME", help=f"Show only this kind: {_KIND_NAMES}.")
@app.with_json_option
def main(home: Path, once: bool, kind: str | None, as_json: bool) -> int:
    """Show the progress of the queues: workers, failures, issues, pace and time left.

    On a terminal it is updated every second until q or Ctrl-C; otherwise it is printed once. It
    only reads, without locks.
    """
    chosen = _select_kinds(kind)
    folders = [registry.queue_folder(home, each_kind) for each_kind in chosen]
    watches = [_create_poller(home, each_kind) for each_kind in chosen]
    watcher = HomePoller(home, watches, folders)
    if screen.fit() and not once and not as_json:
        return _run_live(watcher)
    glance = _take_snapshot(watcher)
    for snapshot in glance.queues:
        if snapshot.error:
            raise snapshot.error
    window = WindowSize(_terminal_width(), None, _build_style(screen.colourful()))
    lines = [] if as_json else [line.rstrip() for line in render.render_dashboard(glance, window)]
    if as_json:
        app.print_result([], dashboard_json.to_json(glance), as_json=True)
    else:
        sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _create_poller(home: Path, kind: Kind) -> QueuePoller:
    accepting = functools.partial(registry.get_subject(kind).accept_command, home)
    return QueuePoller(queue.locate_queue(registry.queue_folder(home, kind)), kind, accepting)


def _select_kinds(name: str | None) -> list[Kind]:
    if name is None:
        return list(kinds.KINDS.values())
    if name not in kinds.KINDS:
        near = suggestions.suggest_closest_name(name, kinds.KINDS)
        raise click.UsageError(f'Unknown kind "{name}". Known kinds: {_KIND_NAMES}.{near}')
    return [kinds.KINDS[name]]


def _terminal_width() -> int:
    """Return the width to print in: COLUMNS, the terminal's, or 80."""
    value = os.environ.get("COLUMNS", "")
    if value.isdecimal() and int(value):
        return int(value)
    return Screen.size()[0] if sys.stdout.isatty() else 80


def _build_style(colour: bool) -> TerminalStyle:
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    return TerminalStyle(colour, ascii=encoding != "utf8")


def _take_snapshot(watcher: HomePoller) -> HomeSnapshot:
    return watcher.poll(SummaryContext(clock.now()))


def _run_live(watcher: HomePoller) -> int:
    snapshot = _take_snapshot(watcher)  # before the screen is switched: there may be no queue
    style = _build_style(screen.colourful())
    try:
        with Screen() as terminal:
            while True:
                began = time.process_time() - watcher.cpu_seconds
                snapshot = _take_snapshot(watcher)
                terminal.draw(_render_dashboard(snapshot, style))
                seconds = time.process_time() - watcher.cpu_seconds - began
                until = time.monotonic() + max(REFRESH_INTERVAL, MAX_LOAD_DIVISOR * seconds)
                while terminal.wait(until - time.monotonic()):
                    terminal.draw(_render_dashboard(snapshot, style))
    except Left as left:
        return left.code


def _render_dashboard(snapshot: HomeSnapshot, style: TerminalStyle) -> list[str]:
    columns, lines = Screen.size()
    return render.render_dashboard(snapshot, WindowSize(columns, lines, style, _FOOTER))
