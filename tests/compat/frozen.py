"""The home and libraries that commit 73092f7 left, unpacked where a test wants them.

`python -m tests.compat.frozen` prints what the code at hand makes of them. Run with the code of
73092f7, that became 73092f7_expected.json; see README.md.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.commands.conftest import Home

HERE = Path(__file__).parent
COMMIT = "73092f7"
ROOT = f"/srv/mediakeep-{COMMIT}"  # where it was made
HOST = "http://127.0.0.1:47309"  # of the simulated services
NOBODY = "http://127.0.0.1:9"  # where nothing answers
PENDING = ["Velvet Harbour", "月曜日の灯台", "Ψηφιακή Θάλασσα", "$HOME & the {Braces}"]
PENDING_MOVIES = ["Ottilie and the Storm (1998)", "The Quiet Teapot (2024)"]
# Of an item, what the queue must still say of it. What names a place or a session is not compared.
FIELDS = [
    "status",
    "skip_reason",
    "returns_to",
    "error_date",
    "attempts",
    "processed_date",
    "settled",
    "rules",
    "lookup",
    "output_name",
    "report",
    "issues_found",
    "issues_resolved",
    "auto_fixed",
    "manual_reviews",
    "issues",
    "notes",
    "track_count",
    "album_count",
    "mbid",
    "albums_matched",
    "albums_tied",
    "albums_unsure",
    "albums_unknown",
    "fields_filled",
    "match",
    "tmdb_id",
    "imdb_id",
    "title",
    "year",
]


def load(name: str) -> Any:
    """Return what a JSON file beside this one holds."""
    return json.loads((HERE / name).read_text())


@dataclass
class Frozen(Home):
    """The frozen home in a new place."""

    @property
    def root(self) -> Path:
        return self.path.parent

    @property
    def movies(self) -> Path:
        return self.root / "movies"

    def films(self, *words: object) -> subprocess.CompletedProcess[str]:
        return self.call("movie_queue_manager", *words)

    def offline(self, door: str, *words: object) -> subprocess.CompletedProcess[str]:
        """Run a batch that asks nobody, but knows what was asked at the host that then answered."""
        done = self.call(door, *words, "--offline", env=asking(HOST))
        assert done.returncode == 0, done.stderr
        return done

    def sums(self) -> dict[str, str]:
        """Return the SHA-256 of each file of the libraries, by its path below the root."""
        return {
            str(path.relative_to(self.root)): sha256(path.read_bytes()).hexdigest()
            for folder in (self.music, self.movies)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    def items(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return what the queue says of its items now, in a copy that it writes itself."""
        done = self.call(f"{'movie' if kind == 'movies' else kind}_queue_manager", "--checkpoint")
        assert done.returncode == 0, done.stderr
        found = (self.path / "status" / kind / "checkpoints").iterdir()
        queue = json.loads(max(found, key=lambda path: path.stat().st_mtime_ns).read_text())
        items = queue["artists" if kind == "music" else "movies"]
        return {key: _known(item) for key, item in items.items()}

    def reviews(self) -> dict[str, list[dict[str, Any]]]:
        """Return the entries of manual reviews; of the lines to paste, whether there is one."""
        told = json.loads((self.path / "outputs/manual_review_needed.json").read_text())
        return {
            key: [{**entry, "command": bool(entry["command"])} for entry in entries]
            for key, entries in told["reviews"].items()
        }

    def plan(self, artist: str) -> list[dict[str, Any]]:
        """Return what a dry run would change of an artist, without what is only of this disk."""
        path = self.root / "plan.json"
        self.offline("process_music_batch", "--artist", artist, "--dry-run", "--plan-out", path)
        plan = json.loads(path.read_text())
        path.unlink()
        return [
            {
                "path": file["path"].removeprefix(f"{self.root}/"),
                "changes": [self._placeless(change) for change in file["changes"]],
            }
            for file in plan["files"]
        ]

    def _placeless(self, change: dict[str, Any]) -> dict[str, Any]:
        image = change.get("image", "").removeprefix(f"{self.root}/")
        return {**change, "image": image} if image else change

    def movie_plan(self, movie: str) -> list[dict[str, Any]]:
        """Return what a dry run would write beside a movie."""
        told = self.offline("process_movies", "--movie", movie, "--dry-run", "--json").stdout
        events = map(json.loads, told.splitlines())
        return [due for event in events if event["event"] == "settled" for due in event["due"]]


def asking(host: str) -> dict[str, str]:
    """Return the settings that lead to a host for all services, unpaced."""
    hosts = ("MUSICBRAINZ_HOST", "COVERART_HOST", "TMDB_HOST", "TMDB_IMAGE_HOST")
    found = {f"MEDIAKEEP_{name}": host for name in hosts}
    found |= {f"MEDIAKEEP_{name}_INTERVAL": "0" for name in ("MUSICBRAINZ", "TMDB")}
    return {**found, "MEDIAKEEP_TMDB_TOKEN": "rehearsal.read-access-token.of-nobody"}


def unpack(folder: Path) -> Frozen:
    """Unpack the archive as it was made; the paths in it lead to nowhere."""
    with tarfile.open(HERE / f"{COMMIT}.tar.xz") as packed:
        # Python has the filter from 3.11.4 on; the archive is ours.
        has_filter = hasattr(tarfile, "data_filter")
        packed.extractall(folder, **({"filter": "data"} if has_filter else {}))
    root = folder / f"mediakeep-{COMMIT}"
    for name, time_ns in load(f"{COMMIT}.json")["times"].items():
        os.utime(root / name, ns=(time_ns, time_ns))
    return Frozen(root / "home", root / "music")


def settle(home: Frozen) -> None:
    """Follow the libraries to where they are now, as a person does who moved them.

    The queues follow by --relocate. Undo records would need a link in the old place, which no test
    can make, so the paths in them are rewritten: their lines have no checksum, and the index of
    them may be deleted at any time. What TMDb told may be kept for 180 days, so those begin today.
    """
    for door, library in (("music", home.music), ("movie", home.movies)):
        done = home.call(f"{door}_queue_manager", "--relocate", library)
        assert done.returncode == 0, done.stderr
    undo = home.path / "status/undo"
    for path in undo.glob("*.jsonl"):
        there = json.dumps(str(home.root))[1:-1]
        path.write_text(path.read_text().replace(f'"path":"{ROOT}/', f'"path":"{there}/'))
    (undo / "index.db").unlink()
    base = sqlite3.connect(home.path / "status/cache/tmdb.sqlite")
    base.execute("UPDATE answers SET kept = ?", (time.time(),))
    now = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    base.execute("UPDATE resolved SET asked = ? WHERE asked <> ''", (now,))
    base.commit()
    base.close()


def lead(home: Frozen, host: str) -> None:
    """Let answers that are kept be those of another host: they lie under addresses."""
    for name in ("musicbrainz", "tmdb"):
        base = sqlite3.connect(home.path / f"status/cache/{name}.sqlite")
        for table, columns in (("answers", ("asked", "url")), ("marks", ("value",))):
            for column in columns:
                change = f"UPDATE {table} SET {column} = replace({column}, ?, ?)"
                base.execute(change, (HOST, host))
        base.commit()
        base.close()


def _known(item: dict[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in FIELDS if name in item}


def _printed() -> None:
    folder = Path(tempfile.mkdtemp())
    home = unpack(folder)
    settle(home)
    told = {
        "music": home.items("music"),
        "movies": home.items("movies"),
        "reviews": home.reviews(),
        "plan": {name: home.plan(name) for name in PENDING},
        "movie_plan": {name: home.movie_plan(name) for name in PENDING_MOVIES},
    }
    shutil.rmtree(folder)
    json.dump(told, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    _printed()
