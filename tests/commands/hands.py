"""The commands that write what a person wants, called in this process; a small library for them."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from mediakeep.app.subjects import registry
from mediakeep.media.audio import tags
from mediakeep.media.audio.model import Tags
from mediakeep.music.item import MUSIC
from mediakeep.queue import queue
from mediakeep.queue.queue import Queue
from tests.commands.conftest import Home
from tests.music import shelf
from tests.scripts import load_command


@dataclass(frozen=True)
class Told:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        """What it printed for programs."""
        found: dict[str, Any] = json.loads(self.out)
        return found


def run(home: Home, door: str, *words: object, answer: str = "", **env: str) -> Told:
    """Call a command with its words; `answer` is what a person types."""
    command = load_command(door)
    clean = dict.fromkeys((key for key in os.environ if key.startswith("MEDIAKEEP_")), None)
    args = ["--home", str(home.path), *map(str, words)]
    done = CliRunner().invoke(command, args, input=answer, env={**clean, **env})
    assert isinstance(done.exception, SystemExit | None), done.output
    return Told(done.exit_code, done.stdout, done.stderr)


def ok(home: Home, door: str, *words: object, answer: str = "") -> str:
    """Call a command that must succeed, and return what it printed."""
    told = run(home, door, *words, answer=answer)
    assert told.code == 0, told
    return told.out


def library(folder: Path) -> Home:
    """Make a home beside a library: Vera with an album in all formats, and one of two discs."""
    home = Home(folder / "home", folder / "music")
    home.path.mkdir()
    for name, data in _files().items():
        path = home.music / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return home


@cache
def _files() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        _make(Path(folder))
        found = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def _make(music: Path) -> None:
    for number, suffix in enumerate(shelf.FORMATS, 1):
        path = music / "Vera" / "Dawn" / f"0{number} Tide {number}.{suffix}"
        own = {"title": f"Tide {number}", "tracknumber": f"{number}/5", "album": "Dawn"}
        shelf.put(path, artist="Vera", albumartist="Vera", picture="cover.jpg", **own)
    for disc in (1, 2):
        path = music / "Vera" / "Dusk" / f"CD {disc}" / "01 Rope.mp3"
        own = {"title": "Rope", "tracknumber": "1/1", "album": "Dusk", "date": "1980"}
        shelf.put(path, artist="Vera", albumartist="Vera", **own)


def scanned(home: Home) -> Home:
    """Scan and diagnose a library; nothing is repaired."""
    home.scan()
    done = home.call("process_music_batch", "--all", "--fix", "none", "--workers", 1)
    assert done.returncode == 0, done.stderr
    return home


def read(path: Path) -> Tags:
    """Read the tags of a file."""
    return tags.read(path).tags


def state(*roots: Path) -> dict[str, tuple[str, int]]:
    """Return bytes and time of all files but caches."""
    return {
        str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for root in roots
        for path in root.rglob("*")
        if path.is_file() and path.parent.name != "cache"
    }


def reviews(home: Home) -> list[dict[str, str]]:
    """Return all entries of the list of reviews."""
    path = home.path / "outputs" / "manual_review_needed.json"
    listed: dict[str, list[dict[str, str]]] = json.loads(path.read_text())["reviews"]
    return [entry for entries in listed.values() for entry in entries]


def opened(home: Home) -> Queue:
    """Open the queue, as a batch that lives beside the command does."""
    return Queue.open(queue.locate_queue(registry.queue_folder(home.path, MUSIC)), MUSIC)
