"""Simulate MusicBrainz, the Cover Art Archive and TMDb, from catalogue files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import click

from mediakeep import __version__, config, sample_library
from mediakeep.commands import shared
from mediakeep.errors import UsageFailed

if TYPE_CHECKING:  # imported when needed, as --help must be quick
    from mediakeep.rehearsal.entities import World
    from mediakeep.rehearsal.server import Asked, Server, Source
    from mediakeep.rehearsal.weather import Weather

_UPSTREAM = "https://musicbrainz.org"
_PACE = 1.1  # seconds between two requests, for a limit of one per second


@shared.command(home=False)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--catalogue",
    type=shared.Place(),
    metavar="FILE",
    help="The MusicBrainz catalogue; by default the sample library's artists.",
)
@click.option(
    "--movies",
    type=shared.Place(),
    metavar="FILE",
    help="The TMDb catalogue; by default the sample library's movies.",
)
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="The port; 0: a free one.")
@click.option(
    "--rate",
    default=0.0,
    type=click.FloatRange(0),
    help="Refuse requests above this rate per second, as these services do.",
)
@click.option(
    "--storm", default="", type=shared.Duration(), help="Refuse every second request for this long."
)
@click.option(
    "--outage", default="", type=shared.Duration(), help="Refuse all requests for this long."
)
@click.option(
    "--log", type=shared.Place(), metavar="FILE", help="Write a line of JSON for each request."
)
@click.option(
    "--record",
    type=shared.Place(),
    metavar="FILE",
    help="Forward requests to --upstream, and record its responses in a catalogue.",
)
@click.option("--upstream", default=_UPSTREAM, metavar="URL", help="The server to record from.")
@click.option(
    "--i-know",
    is_flag=True,
    help="Allow COMMAND to write lookup results to libraries that are not samples.",
)
@shared.setting("--contact", str, "Your e-mail address or URL, for --record.")
def main(command: tuple[str, ...], **options: Any) -> int:
    """Simulate MusicBrainz, the Cover Art Archive and TMDb on this machine.

    It serves until Ctrl-C. With COMMAND, after "--", it runs that command with the environment that
    points to the server, and exits with its exit code when it ends.
    """
    from mediakeep.rehearsal.weather import Weather

    weather = Weather(options["rate"])
    for span, share in ((options["storm"], 0.5), (options["outage"], 1.0)):
        if span:
            weather.storm(span, share)
    with _source(options) as source, _opened(source, weather, options) as server:
        lines = _environment(server.url, options["rate"], guarded=not options["i_know"])
        code = _run(command, lines) if command else _wait(lines)
        click.echo(_told(server), err=True)
    return code


@contextmanager
def _source(options: dict[str, Any]) -> Iterator[World | Source]:
    """Yield the catalogue to serve; a recorded one is written at the end."""
    from mediakeep.rehearsal import world
    from mediakeep.rehearsal.entities import World
    from mediakeep.rehearsal.gatherer import Gatherer
    from mediakeep.rehearsal.relay import Relay, is_public

    record, catalogue = options["record"], options["catalogue"]
    if not record:
        yield world.load(catalogue) if catalogue else world.sampled()
        return
    if catalogue:
        raise click.UsageError("Give --catalogue or --record, not both.")
    if urlsplit(options["upstream"]).scheme not in ("http", "https"):
        raise click.UsageError("--upstream must begin with http:// or https://.")
    public = is_public(options["upstream"])
    if public and not options["contact"]:
        raise click.UsageError("MusicBrainz requires a contact: give --contact.")
    gatherer = Gatherer(world.load(record) if record.exists() else World())
    world.dump(gatherer.world(), record)  # so that a write error is reported first
    try:
        agent = f"mediakeep/{__version__} ( {options['contact']} )"
        yield Relay(options["upstream"], agent, gatherer, interval=_PACE if public else 0.0)
    finally:
        world.dump(gatherer.world(), record)


@contextmanager
def _opened(source: World | Source, weather: Weather, options: dict[str, Any]) -> Iterator[Server]:
    from mediakeep.lookups import slots
    from mediakeep.lookups.answers import Machine
    from mediakeep.rehearsal.films import cinema
    from mediakeep.rehearsal.server import Server

    movies_known = (
        cinema.load(options["movies"]) if options["movies"] else cinema.sampled(cinema.FILMS)
    )
    with _log(options["log"]) as on_request:
        try:
            server = Server(
                source, weather, port=options["port"], told=on_request, cinema=movies_known
            )
        except OSError as error:
            reason = f"Port {options['port']} cannot be served: {error.strerror}."
            raise UsageFailed(reason) from error
        slots.forget(server.url, Machine())  # of an earlier server on this port
        with server:
            yield server
        slots.forget(server.url, Machine())


@contextmanager
def _log(path: Path | None) -> Iterator[Callable[[Asked], object]]:
    """Yield a function that logs a request: what and when, not by whom."""
    if path is None:
        yield lambda _: None
        return
    with path.open("a", encoding="utf-8") as log:

        def note(request: Asked) -> None:
            facts = {"method": request.method, "path": request.path, "query": _impersonal(request)}
            line = {"time": round(request.time, 3), **facts, "status": request.status}
            log.write(json.dumps(line) + "\n")
            log.flush()

        yield note


def _impersonal(request: Asked) -> str:
    """Return the query of a request without parameters that identify the user."""
    from mediakeep.rehearsal.relay import PERSONAL

    parts = request.query.split("&")
    return "&".join(part for part in parts if unquote(part.partition("=")[0]) not in PERSONAL)


def _environment(url: str, rate: float, *, guarded: bool) -> dict[str, str]:
    """Return the settings that point a mediakeep command to the server."""
    from mediakeep.rehearsal.films.tmdb import TOKEN

    interval = f"{_PACE / rate:g}" if rate else "0"
    settings = {"MUSICBRAINZ_HOST": url, "COVERART_HOST": url, "MUSICBRAINZ_INTERVAL": interval}
    settings |= {"TMDB_HOST": url, "TMDB_IMAGE_HOST": url, "TMDB_INTERVAL": interval}
    settings["TMDB_TOKEN"] = TOKEN  # a dummy: the real token must not be used here
    guard = {sample_library.SIMULATED: "1" if guarded else ""}
    return {config.PREFIX + name: text for name, text in settings.items()} | guard


def _run(command: tuple[str, ...], environment: dict[str, str]) -> int:
    """Run a command and return its exit code; the command decides how to react to Ctrl-C."""
    signal.signal(signal.SIGINT, lambda *_: None)  # unlike SIG_IGN, not inherited by the command
    try:
        child = subprocess.Popen(command, env={**os.environ, **environment})
    except OSError as error:
        raise UsageFailed(f"{command[0]} cannot be run: {error.strerror}.") from error
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    code = child.wait()
    return code if code >= 0 else 128 - code


def _wait(environment: dict[str, str]) -> int:
    """Print the settings that point to the server, and wait for Ctrl-C or a signal."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    lines = [f"export {name}={text}" for name, text in environment.items()]
    click.echo("\n".join([*lines, "# Serving. Ctrl-C to quit."]))
    ended.wait()
    return 0


def _told(server: Server) -> str:
    counts = Counter(request.status for request in server.asked)
    total = counts.total()
    others = [f"{count} with {status}" for status, count in sorted(counts.items()) if status != 200]
    return ", ".join([f"{total:,} request{'s' * (total != 1)} answered", *others]) + "."
