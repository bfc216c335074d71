"""A server to practise look-ups with: MusicBrainz, covers and TMDb, from one's own catalogues."""

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

if TYPE_CHECKING:  # what serves is loaded when it is needed: --help must be quick
    from mediakeep.rehearsal.entities import World
    from mediakeep.rehearsal.server import Asked, Server, Source
    from mediakeep.rehearsal.weather import Weather

_UPSTREAM = "https://musicbrainz.org"
_PACE = 1.1  # seconds between two requests where one a second is borne


@shared.command(home=False)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--catalogue",
    type=shared.Place(),
    metavar="FILE",
    help="What MusicBrainz knows; if not given, the sample library's artists.",
)
@click.option(
    "--movies",
    type=shared.Place(),
    metavar="FILE",
    help="What TMDb knows; if not given, the sample library's movies.",
)
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="The port; 0: a free one.")
@click.option(
    "--rate",
    default=0.0,
    type=click.FloatRange(0),
    help="Refuse what comes faster than so many requests a second, as these services do.",
)
@click.option(
    "--storm", default="", type=shared.Duration(), help="Refuse every other one for so long."
)
@click.option("--outage", default="", type=shared.Duration(), help="Refuse all for so long.")
@click.option(
    "--log", type=shared.Place(), metavar="FILE", help="Write a line of JSON for each request."
)
@click.option(
    "--record",
    type=shared.Place(),
    metavar="FILE",
    help="Pass requests on to --upstream, and make a catalogue of its answers.",
)
@click.option("--upstream", default=_UPSTREAM, metavar="URL", help="What is asked for --record.")
@click.option(
    "--i-know",
    is_flag=True,
    help="Let COMMAND write what it looks up also to libraries that are no sample libraries.",
)
@shared.setting("--contact", str, "Your e-mail address or URL, for --record.")
def main(command: tuple[str, ...], **given: Any) -> int:
    """Stand in for MusicBrainz, the Cover Art Archive and TMDb on this machine.

    It serves until Ctrl-C. With COMMAND, after "--", it runs that with the environment that leads
    to it, and ends when that ends, with its exit code.
    """
    from mediakeep.rehearsal.weather import Weather

    weather = Weather(given["rate"])
    for span, share in ((given["storm"], 0.5), (given["outage"], 1.0)):
        if span:
            weather.storm(span, share)
    with _source(given) as source, _opened(source, weather, given) as server:
        lines = _environment(server.url, given["rate"], guarded=not given["i_know"])
        code = _run(command, lines) if command else _wait(lines)
        click.echo(_told(server), err=True)
    return code


@contextmanager
def _source(given: dict[str, Any]) -> Iterator[World | Source]:
    """Give what is to be served; a catalogue that was recorded is written at the end."""
    from mediakeep.rehearsal import world
    from mediakeep.rehearsal.entities import World
    from mediakeep.rehearsal.gatherer import Gatherer
    from mediakeep.rehearsal.relay import Relay, is_public

    record, catalogue = given["record"], given["catalogue"]
    if not record:
        yield world.load(catalogue) if catalogue else world.sampled()
        return
    if catalogue:
        raise click.UsageError("Give --catalogue or --record, not both.")
    if urlsplit(given["upstream"]).scheme not in ("http", "https"):
        raise click.UsageError("--upstream begins with http:// or https://.")
    public = is_public(given["upstream"])
    if public and not given["contact"]:
        raise click.UsageError("MusicBrainz wants to know who asks: give --contact.")
    gatherer = Gatherer(world.load(record) if record.exists() else World())
    world.dump(gatherer.world(), record)  # if it cannot be written, that is told before the work
    try:
        agent = f"mediakeep/{__version__} ( {given['contact']} )"
        yield Relay(given["upstream"], agent, gatherer, interval=_PACE if public else 0.0)
    finally:
        world.dump(gatherer.world(), record)


@contextmanager
def _opened(source: World | Source, weather: Weather, given: dict[str, Any]) -> Iterator[Server]:
    from mediakeep.lookups import slots
    from mediakeep.lookups.answers import Machine
    from mediakeep.rehearsal.films import cinema
    from mediakeep.rehearsal.server import Server

    known = cinema.load(given["movies"]) if given["movies"] else cinema.sampled(cinema.FILMS)
    with _log(given["log"]) as told:
        try:
            server = Server(source, weather, port=given["port"], told=told, cinema=known)
        except OSError as error:
            reason = f"Port {given['port']} cannot be served: {error.strerror}."
            raise UsageFailed(reason) from error
        slots.forget(server.url, Machine())  # of an earlier one, which had this port
        with server:
            yield server
        slots.forget(server.url, Machine())


@contextmanager
def _log(path: Path | None) -> Iterator[Callable[[Asked], object]]:
    """Give what notes a request: what was asked and when, not by whom."""
    if path is None:
        yield lambda _: None
        return
    with path.open("a", encoding="utf-8") as log:

        def note(asked: Asked) -> None:
            facts = {"method": asked.method, "path": asked.path, "query": _impersonal(asked)}
            line = {"time": round(asked.time, 3), **facts, "status": asked.status}
            log.write(json.dumps(line) + "\n")
            log.flush()

        yield note


def _impersonal(asked: Asked) -> str:
    """Return the query of a request without the parameters that tell who asks."""
    from mediakeep.rehearsal.relay import PERSONAL

    parts = asked.query.split("&")
    return "&".join(part for part in parts if unquote(part.partition("=")[0]) not in PERSONAL)


def _environment(url: str, rate: float, *, guarded: bool) -> dict[str, str]:
    """Return the settings that lead a command of mediakeep to the server."""
    from mediakeep.rehearsal.films.tmdb import TOKEN

    interval = f"{_PACE / rate:g}" if rate else "0"
    settings = {"MUSICBRAINZ_HOST": url, "COVERART_HOST": url, "MUSICBRAINZ_INTERVAL": interval}
    settings |= {"TMDB_HOST": url, "TMDB_IMAGE_HOST": url, "TMDB_INTERVAL": interval}
    settings["TMDB_TOKEN"] = TOKEN  # of nobody: the real one has no business here
    guard = {sample_library.SIMULATED: "1" if guarded else ""}
    return {config.PREFIX + name: text for name, text in settings.items()} | guard


def _run(command: tuple[str, ...], environment: dict[str, str]) -> int:
    """Run a command and return its exit code; Ctrl-C is for it, and it decides when to end."""
    signal.signal(signal.SIGINT, lambda *_: None)  # unlike SIG_IGN, not inherited by the command
    try:
        child = subprocess.Popen(command, env={**os.environ, **environment})
    except OSError as error:
        raise UsageFailed(f"{command[0]} cannot be run: {error.strerror}.") from error
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    code = child.wait()
    return code if code >= 0 else 128 - code


def _wait(environment: dict[str, str]) -> int:
    """Print the lines that lead to the server, and wait for Ctrl-C or a signal to end."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    lines = [f"export {name}={text}" for name, text in environment.items()]
    click.echo("\n".join([*lines, "# Serving. Ctrl-C ends this."]))
    ended.wait()
    return 0


def _told(server: Server) -> str:
    counts = Counter(asked.status for asked in server.asked)
    total = counts.total()
    others = [f"{count} with {status}" for status, count in sorted(counts.items()) if status != 200]
    return ", ".join([f"{total:,} request{'s' * (total != 1)} answered", *others]) + "."
