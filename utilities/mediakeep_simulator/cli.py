"""Simulate the services that mediakeep uses, from catalogue files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import click

from mediakeep import __version__, config, sample_library
from mediakeep.commands import app
from mediakeep.errors import UsageError

if TYPE_CHECKING:  # imported when needed, as --help must be quick
    from mediakeep_simulator.entities import MusicBrainzCatalogue
    from mediakeep_simulator.episode_services import EpisodeServices
    from mediakeep_simulator.fault_injection import FaultInjector
    from mediakeep_simulator.server import LoggedRequest, SimulatorApp, SimulatorServer

_UPSTREAM_URL = "https://musicbrainz.org"
_UPSTREAM_INTERVAL = 1.1  # seconds between two requests, for a limit of one per second


@app.create_command(home=False)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--catalogue",
    type=app.PathParam(),
    metavar="FILE",
    help="The MusicBrainz catalogue; by default the sample library's artists.",
)
@click.option(
    "--movies",
    type=app.PathParam(),
    metavar="FILE",
    help="The TMDb catalogue; by default the sample library's movies.",
)
@click.option(
    "--episodes",
    type=app.PathParam(),
    metavar="FILE",
    help="Simulate archive.org and YouTube, too, with this catalogue of episodes.",
)
@click.option(
    "--state",
    type=app.PathParam(),
    metavar="DIR",
    help="The folder of the state of the simulated YouTube.",
)
@click.option(
    "--list-videos", is_flag=True, help="Print the videos in --state as JSON lines, and exit."
)
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="The port; 0: a free one.")
@click.option(
    "--rate",
    default=0.0,
    type=click.FloatRange(0),
    help="Refuse requests above this rate per second, as these services do.",
)
@click.option(
    "--storm",
    default="",
    type=app.DurationParam(),
    help="Refuse every second request for this long.",
)
@click.option(
    "--outage", default="", type=app.DurationParam(), help="Refuse all requests for this long."
)
@click.option(
    "--log", type=app.PathParam(), metavar="FILE", help="Write a line of JSON for each request."
)
@click.option(
    "--record",
    type=app.PathParam(),
    metavar="FILE",
    help="Forward requests to --upstream, and record its responses in a catalogue.",
)
@click.option("--upstream", default=_UPSTREAM_URL, metavar="URL", help="The server to record from.")
@click.option(
    "--i-know",
    is_flag=True,
    help="Allow COMMAND to write lookup results to libraries that are not samples.",
)
@app.setting_option("--contact", str, "Your e-mail address or URL, for --record.")
def main(command: tuple[str, ...], **options: Any) -> int:
    """Simulate MusicBrainz, TMDb and other services on this machine.

    It serves until Ctrl-C. With COMMAND, after "--", it runs that command with the environment that
    points to the server, and exits with its exit code when it ends.
    """
    from mediakeep_simulator.fault_injection import FaultInjector

    if (options["episodes"] or options["list_videos"]) and not options["state"]:
        raise click.UsageError("--episodes and --list-videos need --state.")
    if options["list_videos"]:
        return _list_videos(options["state"])
    faults = FaultInjector(options["rate"])
    for span, share in ((options["storm"], 0.5), (options["outage"], 1.0)):
        if span:
            faults.fail_share(span, share)
    services = _open_episodes(options, faults)
    with (
        _open_source(options) as source,
        _start_server(source, faults, options, services) as server,
    ):
        lines = _client_environment(server.url, options["rate"], guarded=not options["i_know"])
        if services:
            lines |= _episode_environment(server.url, services)
        code = _run_command(command, lines) if command else _wait_for_stop(lines)
        if not app.is_quiet():
            click.echo(_format_requests(server), err=True)
    return code


def _list_videos(folder: Path) -> int:
    from mediakeep_simulator.youtube.app import YoutubeApp
    from mediakeep_simulator.youtube.model import YoutubeSettings

    if not folder.is_dir():
        raise UsageError(f"{folder} is not the state folder of a simulated YouTube.")
    for facts in YoutubeApp(YoutubeSettings(), folder).describe_videos():
        click.echo(json.dumps(facts))
    return 0


def _open_episodes(options: dict[str, Any], faults: FaultInjector) -> EpisodeServices | None:
    from mediakeep_simulator import episode_catalogue
    from mediakeep_simulator.episode_services import EpisodeServices

    if not options["episodes"]:
        return None
    return EpisodeServices(episode_catalogue.load(options["episodes"]), options["state"], faults)


def _episode_environment(url: str, services: EpisodeServices) -> dict[str, str]:
    """Return the environment variables for archive.org and YouTube, with a token file."""
    settings = {"ARCHIVE_ORG_HOST": url, "YOUTUBE_HOST": url}
    settings |= {"ARCHIVE_ORG_INTERVAL": "0", "YOUTUBE_INTERVAL": "0"}
    settings["YOUTUBE_TOKEN_FILE"] = str(services.youtube.write_token_file(url).absolute())
    return {config.ENV_PREFIX + name: text for name, text in settings.items()}


@contextmanager
def _open_source(options: dict[str, Any]) -> Iterator[MusicBrainzCatalogue | SimulatorApp]:
    """Yield the catalogue or application to serve; write a recorded catalogue at the end."""
    from mediakeep_simulator import catalogue_file
    from mediakeep_simulator.entities import MusicBrainzCatalogue
    from mediakeep_simulator.recorder import CatalogueRecorder, RecordingProxy, is_public_server

    record, catalogue = options["record"], options["catalogue"]
    if not record:
        yield catalogue_file.load(catalogue) if catalogue else catalogue_file.generate_catalogue()
        return
    if catalogue:
        raise click.UsageError("Give --catalogue or --record, not both.")
    if urlsplit(options["upstream"]).scheme not in ("http", "https"):
        raise click.UsageError("--upstream must begin with http:// or https://.")
    public = is_public_server(options["upstream"])
    if public and not options["contact"]:
        raise click.UsageError("MusicBrainz requires a contact: give --contact.")
    recorder = CatalogueRecorder(
        catalogue_file.load(record) if record.exists() else MusicBrainzCatalogue()
    )
    catalogue_file.dump(recorder.catalogue(), record)  # so that a write error is reported first
    try:
        agent = f"mediakeep/{__version__} ( {options['contact']} )"
        yield RecordingProxy(
            options["upstream"], agent, recorder, interval=_UPSTREAM_INTERVAL if public else 0.0
        )
    finally:
        catalogue_file.dump(recorder.catalogue(), record)


@contextmanager
def _start_server(
    source: MusicBrainzCatalogue | SimulatorApp,
    faults: FaultInjector,
    options: dict[str, Any],
    services: EpisodeServices | None,
) -> Iterator[SimulatorServer]:
    from mediakeep.lookups.http import rate_limit
    from mediakeep.lookups.http.models import HttpEnvironment
    from mediakeep_simulator import episode_services
    from mediakeep_simulator.server import SimulatorServer
    from mediakeep_simulator.tmdb import movie_catalogue

    others = [(episode_services.ROOTS, services)] if services else []
    movies_known = (
        movie_catalogue.load(options["movies"])
        if options["movies"]
        else movie_catalogue.generate_catalogue(movie_catalogue.DEFAULT_MOVIES)
    )
    with _open_request_log(options["log"]) as on_request:
        try:
            server = SimulatorServer(
                source,
                faults,
                port=options["port"],
                on_request=on_request,
                movies=movies_known,
                others=others,
            )
        except OSError as error:
            reason = f"Port {options['port']} cannot be served: {error.strerror}."
            raise UsageError(reason) from error
        # of an earlier server on this port
        rate_limit.remove_state_file(server.url, HttpEnvironment())
        with server:
            yield server
        rate_limit.remove_state_file(server.url, HttpEnvironment())


@contextmanager
def _open_request_log(path: Path | None) -> Iterator[Callable[[LoggedRequest], object]]:
    """Yield a function that logs a request, with its time but nothing about the user."""
    if path is None:
        yield lambda _: None
        return
    with path.open("a", encoding="utf-8") as log:

        def note(request: LoggedRequest) -> None:
            facts = {
                "method": request.method,
                "path": request.path,
                "query": _strip_contact(request),
            }
            line = {"time": round(request.time, 3), **facts, "status": request.status}
            log.write(json.dumps(line) + "\n")
            log.flush()

        yield note


def _strip_contact(request: LoggedRequest) -> str:
    """Return the query of a request without parameters that identify the user."""
    from mediakeep_simulator.recorder import PERSONAL_PARAMETERS

    parts = request.query.split("&")
    return "&".join(
        part for part in parts if unquote(part.partition("=")[0]) not in PERSONAL_PARAMETERS
    )


def _client_environment(url: str, rate: float, *, guarded: bool) -> dict[str, str]:
    """Return the environment variables that make mediakeep commands use this server."""
    from mediakeep_simulator.tmdb.app import READ_ACCESS_TOKEN

    interval = f"{_UPSTREAM_INTERVAL / rate:g}" if rate else "0"
    settings = {"MUSICBRAINZ_HOST": url, "COVERART_HOST": url, "MUSICBRAINZ_INTERVAL": interval}
    settings |= {"TMDB_HOST": url, "TMDB_IMAGE_HOST": url, "TMDB_INTERVAL": interval}
    settings["TMDB_TOKEN"] = READ_ACCESS_TOKEN  # a dummy: the real token must not be used here
    guard = {sample_library.SIMULATED_VARIABLE: "1" if guarded else ""}
    return {config.ENV_PREFIX + name: text for name, text in settings.items()} | guard


def _run_command(command: tuple[str, ...], environment: dict[str, str]) -> int:
    """Run a command and return its exit code; the command decides how to react to Ctrl-C."""
    signal.signal(signal.SIGINT, lambda *_: None)  # unlike SIG_IGN, not inherited by the command
    try:
        child = subprocess.Popen(command, env={**os.environ, **environment})
    except OSError as error:
        raise UsageError(f"{command[0]} cannot be run: {error.strerror}.") from error
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    code = child.wait()
    return code if code >= 0 else 128 - code


def _wait_for_stop(environment: dict[str, str]) -> int:
    """Print the settings that make mediakeep commands use this server, and wait.

    Return the exit code after Ctrl-C or a signal.
    """
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    lines = [f"export {name}={text}" for name, text in environment.items()]
    click.echo("\n".join([*lines, "# Serving. Ctrl-C to quit."]))
    ended.wait()
    return 0


def _format_requests(server: SimulatorServer) -> str:
    counts = Counter(request.status for request in server.requests)
    total = counts.total()
    others = [
        f"{count} with status {status} ({HTTPStatus(status).phrase.lower()})"
        for status, count in sorted(counts.items())
        if status != HTTPStatus.OK
    ]
    return ", ".join([f"{total:,} request{'s' * (total != 1)} answered", *others]) + "."
