"""Commands run as a user runs them, in a home of their own, next to a simulator server."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from mediakeep.config import ENV_PREFIX
from mediakeep.lookups.http import rate_limit
from mediakeep.lookups.http.models import HttpEnvironment
from mediakeep.lookups.service_config import LookupEstimate
from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer

WORKERS = max(2, min(4, os.cpu_count() or 1))
_SCRIPTS = Path(__file__).parents[1] / "utilities"
_FINE = (0, 1)  # exit codes: some artists of a made library may fail, but no lookup


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds, CPU seconds of all its processes, requests to the server."""

    seconds: float
    cpu: float
    requests: int
    printed: str


class Home:
    """A home and a library; without a server nothing is asked."""

    def __init__(self, folder: Path, library: Path, server: SimulatorServer | None) -> None:
        self.folder, self._server = folder, server
        self.run("music_queue_manager.py", "--scan", str(library))

    def batch(self, *options: str, workers: int = 1) -> Cost:
        """Work through what is pending, and change no file of the library."""
        how = ("--fix", "none", "--workers", str(workers), *(options or ("--all",)))
        offline = () if self._server else ("--offline",)
        return self.run("process_music_batch.py", *how, *offline)

    def reset(self) -> None:
        """Make every artist pending."""
        self.run("music_queue_manager.py", "--reset-all", "--yes")

    def estimate(self) -> LookupEstimate:
        """Return what the lookups of all that is pending would need."""
        printed = self.run("process_music_batch.py", "--all", "--estimate", "--json").printed
        facts = msgspec.json.decode(printed)
        return LookupEstimate(items=facts.pop("artists"), **facts)

    def run(self, name: str, *options: str) -> Cost:
        """Run a command to its end."""
        asked = len(self._server.requests) if self._server else 0
        line = [sys.executable, str(_SCRIPTS / name), "--home", str(self.folder), *options]
        cost = run(line, self._led(), fine=_FINE)
        requests = len(self._server.requests) - asked if self._server else 0
        return Cost(cost.seconds, cost.cpu, requests, cost.printed)

    def _led(self) -> dict[str, str]:
        """Return the settings that lead to the server."""
        url = self._server.url if self._server else "http://127.0.0.1:9"
        facts = {"MUSICBRAINZ_HOST": url, "COVERART_HOST": url, "MUSICBRAINZ_INTERVAL": "0"}
        return {ENV_PREFIX + name: text for name, text in facts.items()}


@contextmanager
def serve(catalogue: MusicBrainzCatalogue) -> Iterator[SimulatorServer]:
    """Serve a world; what this machine noted of the server's pace goes with it."""
    with SimulatorServer(catalogue) as server:
        # of an earlier one, which had this port
        rate_limit.remove_state_file(server.url, HttpEnvironment())
        yield server
    rate_limit.remove_state_file(server.url, HttpEnvironment())


def compare_estimate(name: str, estimated: int, requests: int) -> list[str]:
    """Give the row of an estimate: by how much it was off, and by how much it may be."""
    return [
        name,
        f"{estimated:,}",
        f"{requests:,}",
        f"{100 * (estimated / requests - 1):+.1f} %",
        "5 %",
    ]


def run(line: Sequence[str], more: Mapping[str, str], *, fine: Container[int] = (0,)) -> Cost:
    """Run a program whose modules are compiled once, with any shell settings.

    `more` is its environment next to that of this process, `fine` the exit codes that are no error.
    """
    own = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith(("PYTHON", ENV_PREFIX))
    }
    before, started = _cpu(), time.perf_counter()
    done = subprocess.run(line, env={**own, **more}, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    assert done.returncode in fine, done
    return Cost(seconds, _cpu() - before, 0, done.stdout)


def _cpu() -> float:
    """Return the CPU seconds of all processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
