"""Asking by hand in tests: a home, a server that stands in for the services, and what it knows."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from mediakeep_simulator import catalogue_file
from mediakeep_simulator.entities import MusicBrainzCatalogue, generate_mbid
from tests.commands.conftest import Home
from tests.lookups.conftest import Scripted

NAME = "Velvet Harbour"
ARTIST = generate_mbid("artist", NAME, 1)
OTHER = generate_mbid("artist", "VELVET HARBOUR", 1)
MERGED, DELETED = (
    generate_mbid("release", NAME, "merged"),
    generate_mbid("release", NAME, "deleted"),
)


@cache
def sampled() -> MusicBrainzCatalogue:
    """Return what is known of the sample library."""
    return catalogue_file.generate_catalogue()


@dataclass
class Asker:
    """Asks one server from one home."""

    home: Home
    host: str

    def run(self, *words: object) -> subprocess.CompletedProcess[str]:
        hosts = ("--musicbrainz-host", self.host, "--coverart-host", self.host)
        return self.home.call("musicbrainz_lookup", *words, *hosts, "--musicbrainz-interval", 0)

    def ok(self, *words: object) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def data(self, *words: object) -> Any:
        return json.loads(self.ok(*words, "--json"))

    def fails(self, code: int, *words: object) -> str:
        done = self.run(*words)
        assert (done.returncode, done.stdout) == (code, "")
        return done.stderr


@contextmanager
def scripted(folder: Path) -> Iterator[Scripted]:
    """Give a service that answers as it is told, whose outages no other test may see."""
    made = Scripted()
    shared = {"XDG_RUNTIME_DIR": str(folder)}  # where all homes share their pace
    with mock.patch.dict(os.environ, shared):
        yield made
    made.stop()


def group(title: str) -> str:
    """Return the MBID of the first artist's release group of a title."""
    fits = (
        one for one in sampled().groups if one.title == title and one.credits[0].artist == ARTIST
    )
    return next(fits).id


def editions(title: str, **facts: object) -> list[str]:
    """Return the MBIDs of the editions of an album, by date, that have these facts."""
    some = [one for one in sampled().releases if one.group == group(title)]
    fits = [one for one in some if all(getattr(one, name) == facts[name] for name in facts)]
    return [one.id for one in sorted(fits, key=lambda one: (one.date or "9", one.id))]
