"""A library repaired by batches that are killed again and again, then undone to the last byte."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from mediakeep import path_text
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.record import ChangeRecord
from mediakeep.media.undo.store import DONE, UndoStore
from mediakeep.music.repairs import history
from mediakeep_samples.music import music_library
from tests.commands.conftest import Home, environment
from tests.crash.gate import Gate


@pytest.mark.loop
@pytest.mark.parametrize(
    ("artists", "kills"),
    [(8, 1), *(pytest.param(*one, marks=pytest.mark.slow) for one in ((8, 2), (24, 2), (930, 10)))],
)
def test_a_library_repaired_under_kills_is_undone_to_the_last_byte(
    tmp_path: Path, artists: int, kills: int
) -> None:
    home = Home(tmp_path / "home", tmp_path / "music")
    music_library.make_library(home.music, artists=artists)
    before = hashes(home.music)
    home.scan()
    for number in range(kills):
        kill(home, tmp_path / f"gate {number}", Random(number).randrange(1, 2 * artists))
    assert home.batch("--all", "--workers", 2).returncode == 0
    assert home.manage("--validate-queue").returncode == 0
    items = home.snapshot()["artists"].values()
    counted = sum(item.get("auto_fixed", 0) for item in items)
    made = [one for one in records(home) if not one.undoes]
    assert counted == sum(repairs_of(one) for one in made) > artists
    changed = {path for path, digest in hashes(home.music).items() if before[path] != digest}
    assert changed == {Path(path_text.unescape_path(one.path)) for one in made}
    assert max(map(len, lines(home))) < 4096
    undone = home.call("undo_changes", "--since", "2000-01-01")
    assert undone.returncode == 0, undone.stdout + undone.stderr
    assert hashes(home.music) == before
    assert sum(item.get("auto_fixed", 0) for item in home.snapshot()["artists"].values()) == 0
    assert home.ok("--reset-all", "--yes")
    assert home.batch("--all").returncode == 0
    assert hashes(home.music) == before


def kill(home: Home, folder: Path, writes: int) -> None:
    """Start a batch and kill it right before it writes to the record of repairs for the nth time.

    A library needs about eight such writes an artist.
    """
    gate = Gate(folder, writes, names="pwrite", paths=r"status/undo/[^/]*\.jsonl")
    command = home.command("process_music_batch", "--all", "--workers", 2)
    batch = subprocess.Popen(
        command,
        env=environment(gate.environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    gate.kill(batch)


def hashes(music: Path) -> dict[Path, str]:
    found = (path for path in music.rglob("*") if path.is_file() and not is_left_over(path))
    return {path: sha256(path.read_bytes()).hexdigest() for path in found}


def is_left_over(path: Path) -> bool:
    """A killed write may leave its copy, which the next one sweeps once it is an hour old."""
    return path.name.startswith(".") and path.suffix == ".tmp"


def records(home: Home) -> list[ChangeRecord]:
    store = UndoStore(home.path / "status" / "undo")
    entries = store.find(RecordQuery())
    store.close()
    return [entry.record for entry in entries if entry.state == DONE]


def repairs_of(record: ChangeRecord) -> int:
    return len(
        {kind for field in record.fields.values() for kind in history.kinds_in_reason(field.reason)}
    )


def lines(home: Home) -> Iterator[bytes]:
    for path in (home.path / "status" / "undo").glob("*.jsonl"):
        yield from path.read_bytes().splitlines()
