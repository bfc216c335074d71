"""Homes to serve: albums whose tracks lack a date, and recordings, a kind of the tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mediakeep import kinds
from mediakeep.config import ENV_PREFIX
from tests import job_home
from tests.commands.conftest import Home
from tests.job_kinds import RecordingHome
from tests.music import shelf

_PATHS = (str(job_home.ROOT), str(job_home.ROOT / "utilities"))


def make_home(folder: Path, albums: int) -> Home:
    """Return a home after a batch: each album of three tracks has a proposal for one."""
    home = Home(folder / "home", folder / "music")
    home.path.mkdir(parents=True, exist_ok=True)
    for album in range(albums):
        for number in range(1, 4):
            track = home.music / f"Artist {album:03}" / "Dawn" / f"0{number} Tide {number}.flac"
            fields = {"title": f"Tide {number}", "tracknumber": f"{number}/3", "album": "Dawn"}
            name = f"Artist {album:03}"
            date = None if number == 2 else "1990"
            shelf.put(track, **fields, artist=name, albumartist=name, date=date)
    home.manage("--scan", home.music)
    done = home.call("process_music_batch", "--all", "--fix", "none")
    assert done.returncode == 0, done.stderr
    return home


@contextmanager
def open_recordings(folder: Path) -> Iterator[RecordingHome]:
    """Yield a home with recordings, whose kind is found in this process and in those it starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(RecordingHome.scripts)
        patch.setenv("PYTHONPATH", os.pathsep.join((str(RecordingHome.scripts), *_PATHS)))
        patch.setattr(kinds, "list_kinds", kinds.list_kinds.__wrapped__)  # not cached
        for name in os.environ:
            if name.startswith(ENV_PREFIX):
                patch.delenv(name)
        found = RecordingHome(folder)
        found.path.mkdir()
        yield found
