"""Uploads and downloads that are cut and killed, next to those of two libraries: bytes and videos.

Each transfer is continued in new processes until it ends. The server kills them at planned moments,
and so the cuts of all are the same.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import table
from mediakeep.lookups.http import rate_limit
from mediakeep.lookups.http.models import HttpEnvironment
from mediakeep_simulator import episode_services
from mediakeep_simulator.episode_catalogue import generate_catalogue
from mediakeep_simulator.episode_services import EpisodeServices
from mediakeep_simulator.fault_injection import RequestHandler
from mediakeep_simulator.http_types import NO_RESPONSE, SimulatorRequest, SimulatorResponse
from mediakeep_simulator.server import SimulatorServer

_PEER = os.environ.get("EPISODE_PEERS")  # the Python of an environment with both libraries
_CHILD = Path(__file__).with_name("episode_child.py")
_CHUNK, _CHUNKS = 1 << 18, 20  # bytes, of a video
_AUDIO = 6_000_000  # bytes
_FILES, _FULL_FILES = 6, 25
_CUT_AFTER, _CUTS = 1_500_000, 4  # bytes of an answer; answers of a download
_MAX_LIVES = 20  # processes for a transfer
_TIMEOUT = 300.0  # seconds; it ends a benchmark that hangs
_ABSENT = "is not installed; CONTRIBUTING.md says how"


class _Server(SimulatorServer):
    """Counts the bytes of bodies, and kills the process that it serves."""

    client: subprocess.Popen[bytes] | None = None
    received = sent = kills = 0

    def handle(self, request: SimulatorRequest, line: str) -> SimulatorResponse:
        reply = super().handle(request, line)
        self.received += (request.body.size - request.body.unread) * (request.method == "PUT")
        whole = reply.cut_after is None
        self.sent += len(reply.body if whole else reply.body[: max(0, reply.cut_after or 0)])
        return reply

    def kill(self, request: SimulatorRequest, answer: RequestHandler) -> SimulatorResponse:
        """Kill the client after half of a chunk, or before the answer to the last one."""
        if not episode_services.build_filter({"final": "yes"})(request):
            request.body.unread = request.body.size // 2
        answer(request)
        assert self.client
        self.kills += 1
        self.client.kill()
        return SimulatorResponse(503, b"", cut_after=NO_RESPONSE)


@dataclass
class _Outcome:
    """What transfers of a client took."""

    lives: int = 0
    failed: int = 0
    bytes: int = 0
    kills: int = 0
    results: list[str] = field(default_factory=list)


def run(home: Path, *, full: bool) -> None:
    """Upload and download some files with each client."""
    count = _FULL_FILES if full else _FILES
    uploads = [("mediakeep", "upload"), ("google-api-python-client", "upload_with_google")]
    _show_uploads(home / "uploads", count, uploads)
    downloads = [("mediakeep", "download"), ("internetarchive", "download_with_internetarchive")]
    _show_downloads(home / "downloads", count, downloads)


def _show_uploads(home: Path, count: int, clients: Iterable[tuple[str, str]]) -> None:
    size, rows = count * _CHUNKS * _CHUNK, []
    for name, transfer in clients:
        outcome = _run_client(home / transfer, transfer, count, _upload_all)
        if not outcome:
            rows.append([f"{name} {_ABSENT}"])
            continue
        videos = outcome.results
        cells = [f"{outcome.kills}", f"{outcome.bytes / size:.2f}"]
        rows.append([name, *cells, f"{len(videos)}", f"{len(videos) - len(set(videos))}"])
    head = ["", "kills", "sent / size", "videos", "doubles"]
    title = f"{count} videos of {_CHUNKS} chunks uploaded; each upload is killed once"
    table.show(title, head, _fill(rows, head), "Each third kill is after the last byte.")


def _show_downloads(home: Path, count: int, clients: Iterable[tuple[str, str]]) -> None:
    size, rows = count * _AUDIO, []
    for name, transfer in clients:
        outcome = _run_client(home / transfer, transfer, count, _download_all)
        if not outcome:
            rows.append([f"{name} {_ABSENT}"])
            continue
        cells = [f"{outcome.lives}", f"{outcome.bytes / size:.2f}", f"{len(outcome.results)}"]
        rows.append([name, *cells, f"{outcome.failed}"])
    head = ["", "processes", "received / size", "complete files", "not ended"]
    title = f"{count} files downloaded; {_CUTS} answers for each are cut after {_CUT_AFTER:,} bytes"
    table.show(title, head, _fill(rows, head))


def _fill(rows: list[list[str]], head: list[str]) -> list[list[str]]:
    return [row + [""] * (len(head) - len(row)) for row in rows]


_Case = Callable[["_Client", int], list[str]]


@dataclass
class _Client:
    """A client under test: its transfers, one process after the other, and their server."""

    home: Path
    transfer: str
    server: _Server
    services: EpisodeServices
    outcome: _Outcome

    def finish(self, **options: object) -> None:
        """Continue a transfer in new processes until one ends well."""
        words = [f"{name}={value}" for name, value in options.items()]
        python = str(_PEER) if "_with_" in self.transfer else sys.executable
        root = _CHILD.parents[1]
        own = {"PYTHONPATH": f"{root / 'utilities'}", "HOME": str(self.home)}
        for _ in range(_MAX_LIVES):
            self.outcome.lives += 1
            with subprocess.Popen(
                [python, str(_CHILD), self.transfer, f"host={self.server.url}", *words],
                env={**os.environ, **own},
                stderr=subprocess.DEVNULL,
            ) as process:
                self.server.client = process
                if process.wait(_TIMEOUT) == 0:
                    return
        self.outcome.failed += 1


def _run_client(home: Path, transfer: str, count: int, case: _Case) -> _Outcome | None:
    if "_with_" in transfer and not _PEER:
        return None
    home.mkdir(parents=True)
    services = EpisodeServices(generate_catalogue(count, _AUDIO), home / "simulator")
    with _Server(services, services.faults) as server:
        rate_limit.remove_state_file(server.url, HttpEnvironment())
        client = _Client(home, transfer, server, services, _Outcome())
        client.outcome.results = case(client, count)
        client.outcome.kills = server.kills
    shutil.rmtree(home)
    return client.outcome


def _upload_all(client: _Client, count: int) -> list[str]:
    chance, home, server = random.Random(1), client.home, client.server
    token = client.services.youtube.write_token_file(server.url)
    for number in range(count):
        video = home / f"video{number}.mp4"
        video.write_bytes(random.Random(number).randbytes(_CHUNKS * _CHUNK))
        where = {"method": "PUT", "content-range": r"bytes \d"}
        where |= {} if number % 3 else {"final": "yes"}
        skip = chance.randrange(1, _CHUNKS - 1) if number % 3 else 0
        client.services.faults.intercept(
            server.kill, 1, episode_services.build_filter(where), skip=skip
        )
        client.finish(token=token, video=video, state=home)
        client.services.faults.clear()
        video.unlink()
    client.outcome.bytes = server.received
    return [video.sha256 for video in client.services.youtube.videos()]


def _download_all(client: _Client, count: int) -> list[str]:
    home, server = client.home, client.server
    for number in range(1, count + 1):
        identifier = f"simulated-radio-hour-{number:04}"
        where = {"path": r"^/7/items/.*\.wav"}
        client.services.fail("cut", times=_CUTS, where=where, after=_CUT_AFTER)
        client.finish(identifier=identifier, name=f"{identifier}.wav", folder=home)
        client.services.faults.clear()
    client.outcome.bytes = server.sent
    return [path.name for path in home.glob("*.wav") if path.stat().st_size == _AUDIO]
