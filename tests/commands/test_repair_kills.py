"""A library repaired by batches that are killed again and again, then undone to the last byte."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from mediakeep import files
from mediakeep.media.undo import Query
from mediakeep.media.undoing.record import Record
from mediakeep.media.undoing.store import DONE, Store
from mediakeep.music import repaired
from mediakeep.rehearsal import library
from tests.commands.conftest import Home, environment


@pytest.mark.parametrize(
    ("artists", "kills"),
    [(8, 2), *(pytest.param(*one, marks=pytest.mark.slow) for one in ((24, 2), (930, 10)))],
)
def test_a_library_repaired_under_kills_is_undone_to_the_last_byte(
    tmp_path: Path, artists: int, kills: int
) -> None:
    home = Home(tmp_path / "home", tmp_path / "music")
    library.make(home.music, artists=artists)
    before = hashes(home.music)
    home.scan()
    killed = sum(kill(home, Random(number)) for number in range(kills))
    assert killed > kills // 2
    assert home.batch("--all", "--workers", 2).returncode == 0
    assert home.manage("--validate-queue").returncode == 0
    items = home.snapshot()["artists"].values()
    counted = sum(item.get("auto_fixed", 0) for item in items)
    made = [one for one in records(home) if not one.undoes]
    assert counted == sum(repairs_of(one) for one in made) > artists
    changed = {path for path, digest in hashes(home.music).items() if before[path] != digest}
    assert changed == {Path(files.unescape(one.path)) for one in made}
    assert max(map(len, lines(home))) < 4096
    undone = home.call("undo_changes", "--since", "2000-01-01")
    assert undone.returncode == 0, undone.stdout + undone.stderr
    assert hashes(home.music) == before
    assert sum(item.get("auto_fixed", 0) for item in home.snapshot()["artists"].values()) == 0
    assert home.ok("--reset-all", "--yes")
    assert home.batch("--all").returncode == 0
    assert hashes(home.music) == before


def kill(home: Home, chance: Random) -> bool:
    """Start a batch and kill it at any time of its work; tell whether it was still at it."""
    found = written(home)
    command = home.command("process_music_batch", "--all", "--workers", 2)
    batch = subprocess.Popen(
        command, env=environment({}), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while batch.poll() is None and written(home) == found:
        time.sleep(0.005)
    time.sleep(chance.uniform(0, 0.1))
    batch.kill()
    return batch.wait() == -9


def written(home: Home) -> int:
    """Return how much is on record of repairs."""
    return sum(path.stat().st_size for path in (home.path / "status" / "undo").glob("*.jsonl"))


def hashes(music: Path) -> dict[Path, str]:
    found = (path for path in music.rglob("*") if path.is_file() and not is_left_over(path))
    return {path: sha256(path.read_bytes()).hexdigest() for path in found}


def is_left_over(path: Path) -> bool:
    """A killed write may leave its copy, which the next one sweeps once it is an hour old."""
    return path.name.startswith(".") and path.suffix == ".tmp"


def records(home: Home) -> list[Record]:
    store = Store(home.path / "status" / "undo")
    entries = store.find(Query())
    store.close()
    return [entry.record for entry in entries if entry.state == DONE]


def repairs_of(record: Record) -> int:
    return len({kind for one in record.fields.values() for kind in repaired.kinds(one.reason)})


def lines(home: Home) -> Iterator[bytes]:
    for path in (home.path / "status" / "undo").glob("*.jsonl"):
        yield from path.read_bytes().splitlines()
