"""A small library that a batch has repaired, and what its files were before."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mediakeep import path_text
from mediakeep.media.safewrite import write_tags
from mediakeep.media.safewrite.write_tags import TagEdit
from mediakeep.media.undo.store import UndoStore
from mediakeep.outcome import Stamp
from mediakeep_samples.music import track_files
from tests.commands.conftest import Home
from tests.music import shelf

VERA = ("mp3", "flac", "opus")
ANNA = ("m4a", "ogg")


@dataclass
class Library:
    """The home, and each file's bytes: as they were at first, and as the batch has left them."""

    home: Home
    before: dict[Path, bytes]
    after: dict[Path, bytes]

    def undo(self, *words: object, **more: Any) -> subprocess.CompletedProcess[str]:
        if more:
            return self.home.run("undo_changes", *words, **more)
        return self.home.call("undo_changes", *words)

    def ok(self, *words: object) -> str:
        done = self.undo(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def data(self, *words: object) -> Any:
        return json.loads(self.undo("--json", *words).stdout)

    def now(self) -> dict[Path, bytes]:
        return contents(self.home.music)

    def restored(self, besides: Collection[str] = ()) -> set[str]:
        """Name the files that are as they were at first; none may be anything else but repaired."""
        found = self.now()
        judged = {path for path in self.changed if path.name not in besides}
        assert all(found.get(path) in (self.before[path], self.after[path]) for path in judged)
        return {path.name for path in judged if found[path] == self.before[path]}

    @property
    def changed(self) -> set[Path]:
        return {path for path, data in self.before.items() if data != self.after[path]}

    @property
    def session(self) -> str:
        """The session of the batch."""
        return min(path.stem for path in (self.home.queue / "session_logs").iterdir())

    def path(self, name: str) -> Path:
        return next(self.home.music.rglob(name))

    def store(self) -> UndoStore:
        return UndoStore(self.home.path / "status" / "undo")

    def write(self, path: Path, *changes: TagEdit, session: str = "") -> None:
        """Change a file as another command of ours would."""
        store = self.store()
        within = path.is_relative_to(self.home.music)
        artist = path_text.escape_path(path.relative_to(self.home.music).parts[0]) if within else ""
        assert write_tags.write(path, changes, store, Stamp(session, artist, 0, 0), queue="music")
        store.close()


def contents(folder: Path) -> dict[Path, bytes]:
    """Return the bytes of all files below a folder, but for what a kill has left of a copy."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {path: path.read_bytes() for path in found if path.suffix != ".tmp"}


def prepare(folder: Path, albums: int = 1) -> Home:
    """Make two artists with white space too much, one of them with a cover to be embedded."""
    home = Home(folder / "home", folder / "music")
    home.path.mkdir()
    for album in ["Dawn", *(f"Dusk {number}" for number in range(1, albums))]:
        for artist, formats in (("Vera", VERA), ("Anna", ANNA)):
            for number, suffix in enumerate(formats, 1):
                fields = {"title": f"Low  Tide {number}", "tracknumber": f"{number}/{len(formats)}"}
                fields |= {"artist": artist, "albumartist": artist, "album": album}
                shelf.put(home.music / artist / album / f"0{number} {artist}.{suffix}", **fields)
    (home.music / "Anna" / "Dawn" / "cover.jpg").write_bytes(
        track_files.read_seed_file("cover.jpg")
    )
    home.scan()
    return home


class Stock:
    """Makes such a library once, and hands it out anew to each test, in the same place."""

    def __init__(self, folder: Path, albums: int = 1) -> None:
        self._folder, self._kept = folder / "place", folder / "kept"
        self._albums = albums
        self._folder.mkdir()
        home = prepare(self._folder, albums)
        self._before = contents(home.music)
        done = home.batch("--all")
        assert done.returncode == 0, done.stderr
        self._folder.rename(self._kept)

    def library(self) -> Library:
        """Give a library that nobody has touched since the batch."""
        shutil.rmtree(self._folder, ignore_errors=True)
        shutil.copytree(self._kept, self._folder)
        home = Home(self._folder / "home", self._folder / "music")
        found = Library(home, self._before, contents(home.music))
        assert len(found.changed) == self._albums * (len(VERA) + len(ANNA))
        return found
