"""After a power loss what was written into new folders is there: their names are synced, too."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from mediakeep import atomic_files
from mediakeep.queue import compaction
from mediakeep.queue.sessions import Session
from tests.crash.disk import Disk, FileState
from tests.crash.tap import FileCall, Tap, ignore
from tests.queue import rig
from tests.sampling import each_row

Files = dict[Path, bytes]


def _outputs(home: Path) -> Files:
    contents = {
        home / "issues/music/U2_library_issues.md": b"# U2\n",
        home / "outputs/audits/U2_audit.json": b"{}\n",
        home / "outputs/audits/U2_tracks.csv": b"path\n",
    }
    atomic_files.write_atomic_group(contents)
    return contents


def _log(home: Path) -> Files:
    session = Session(rig.at(home, rig.Clock()))
    session.write_log("Batch started")
    session.close()
    path = home / "status/music/session_logs" / f"{session.id}.log"
    return {path: path.read_bytes()}


def _aside(home: Path) -> Files:
    where = rig.at(home, rig.Clock())
    path = where.folder / "processing_queue.json"
    atomic_files.write_atomic(path, b"edited")
    aside = compaction.move_to_aside_folder(path, where, "edited")
    atomic_files.write_atomic(path, b"ours")
    return {aside: b"edited", path: b"ours"}


def states(root: Path, act: Callable[[Path], Files]) -> tuple[Files, list[dict[str, FileState]]]:
    """Return what must be there after an act, and what a power loss then may leave."""
    home, calls = root / "home", list[FileCall]()
    home.mkdir()
    disk = Disk(str(root))
    for call in (FileCall("mkdir", str(home)), FileCall("fsync", str(root))):
        disk.take(call)

    def took(call: FileCall) -> None:
        if call.path.startswith(str(root)) and "/live" not in call.path + call.target:
            calls.append(call)

    with Tap(ignore, took):
        promised = act(home)
    for call in calls:
        disk.take(call)
    return promised, list(disk.states(random.Random(1)))


@each_row("act", [_outputs, _log, _aside], ids=lambda act: act.__name__.strip("_"))
def test_what_was_written_into_new_folders_is_there(
    act: Callable[[Path], Files], memory: Path
) -> None:
    promised, left = states(Path(os.path.realpath(memory)), act)
    assert left
    for state in left:
        found = {path: state[str(path)].data for path in promised if str(path) in state}
        assert found == promised


def test_without_the_sync_of_their_names_that_would_not_hold(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(folder: Path, *, sync: bool = True) -> None:
        folder.mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(atomic_files, "make_folder", made)
    promised, left = states(Path(os.path.realpath(memory)), _outputs)
    assert any(set(map(str, promised)) - state.keys() for state in left)
