"""Show the state of all queues: progress, open issues, and time left."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from mediakeep import clock, kinds, suggestions
from mediakeep.app import home_poller
from mediakeep.app.subjects import registry
from mediakeep.commands import app, complete_names
from mediakeep.errors import StateDamaged
from mediakeep.kinds import Kind
from mediakeep.views import dashboard_json, events
from mediakeep.views.events import EventReader
from mediakeep.views.poller import HomePoller, HomeSnapshot
from mediakeep.views.summary import SummaryContext

if TYPE_CHECKING:
    from rich.console import Console

REFRESH_INTERVAL = 1.0  # seconds
MAX_LOAD_DIVISOR = 70  # an update may use at most 1/n of the time
_FOOTER = "q or Ctrl-C ends this."
_KIND_NAMES = ", ".join(kinds.BUILT_IN)


@app.create_command(has_quiet=False)
@click.option("--once", is_flag=True, help="Print once and exit, also on a terminal.")
@click.option(
    "--kind",
    metavar="NAME",
    shell_complete=complete_names.complete_queues,
    help=f"Show only this kind: {_KIND_NAMES}.",
)
@click.option("--follow", is_flag=True, help="Print each change as a line of JSON, until Ctrl-C.")
@click.option(
    "--since", metavar="CURSOR", help="With --follow: also the changes after this cursor of a line."
)
@app.with_json_option
def main(home: Path, once: bool, kind: str | None, follow: bool, since: str | None) -> int:
    """Show the progress of the queues: workers, failures, issues, pace and time left.

    On a terminal it is updated every second until q or Ctrl-C; otherwise it is printed once. It
    only reads, without locks.
    """
    if follow:
        return _follow_events(home, kind, since)
    if since:
        raise click.UsageError("--since has an effect with --follow only.")
    watcher = home_poller.build_home_poller(home, _select_kinds(home, kind))
    if app.is_json():
        app.print_result(
            [], dashboard_json.to_json(_take_readable_snapshot(watcher, kind)), as_json=True
        )
        return 0
    console = _create_console()
    if sys.stdout.isatty() and console.is_interactive and not once:
        return _run_live(watcher, console)
    _print_once(_take_readable_snapshot(watcher, kind), console)
    return 0


def _select_kinds(home: Path, name: str | None) -> list[Kind]:
    known = registry.list_queues(home, app.damaged_queues())
    registry.check_damaged([name or ""], app.damaged_queues())
    if name and name not in known:
        near = suggestions.suggest_closest_name(name, known)
        raise click.UsageError(f'Unknown kind "{name}". Known kinds: {", ".join(known)}.{near}')
    return [kind for kind in known.values() if name in (None, kind.name, kind.main_name)]


def _follow_events(home: Path, kind: str | None, since: str | None) -> int:
    """Print events as lines of JSON until Ctrl-C, or until their reader closes the pipe."""

    def list_folders() -> dict[str, Path]:
        known = registry.list_queues(home, {}).values()
        chosen = [each for each in known if kind in (None, each.name, each.main_name)]
        return {each.name: registry.queue_folder(home, each) for each in chosen}

    _select_kinds(home, kind)
    try:
        reader = EventReader(list_folders, since)
    except ValueError as error:
        raise click.UsageError(f"Invalid --since: {error}.") from error
    while True:
        for event in reader.read():
            click.echo(msgspec.json.encode(event))
        time.sleep(events.INTERVAL)


def _create_console() -> Console:
    """Create a console on stdout, as wide as COLUMNS, the terminal, or 80 cells."""
    from rich.console import Console

    columns, lines = shutil.get_terminal_size()
    return Console(width=columns, height=lines, highlight=False)


def _take_snapshot(watcher: HomePoller) -> HomeSnapshot:
    return watcher.poll(SummaryContext(clock.now()))


def _take_readable_snapshot(watcher: HomePoller, name: str | None) -> HomeSnapshot:
    """Return a snapshot of the queues; raise an error if the named one, or each, is damaged."""
    snapshot, damaged = _take_snapshot(watcher), app.damaged_queues()
    for queue_snapshot in snapshot.queues:
        if isinstance(queue_snapshot.error, StateDamaged):
            damaged[queue_snapshot.kind.name] = queue_snapshot.error
        elif queue_snapshot.error:
            raise queue_snapshot.error
    registry.check_damaged(
        [name or ""] if any(each.summary for each in snapshot.queues) else [*damaged], damaged
    )
    return snapshot


def _print_once(snapshot: HomeSnapshot, console: Console) -> None:
    from mediakeep.views.dashboard.render import Dashboard

    with console.capture() as capture:
        console.print(Dashboard(snapshot))
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in capture.get().splitlines()))


def _run_live(watcher: HomePoller, console: Console) -> int:
    from mediakeep.commands.display.screen import FullScreen
    from mediakeep.views.dashboard.render import Dashboard

    _take_snapshot(watcher)  # before the screen is switched: there may be no queue
    try:
        with FullScreen(console) as screen:
            while True:
                began = time.process_time() - watcher.cpu_seconds
                screen.show(Dashboard(_take_snapshot(watcher), _FOOTER))
                seconds = time.process_time() - watcher.cpu_seconds - began
                if not screen.wait(max(REFRESH_INTERVAL, MAX_LOAD_DIVISOR * seconds)):
                    return 0
    except KeyboardInterrupt:
        return 130
