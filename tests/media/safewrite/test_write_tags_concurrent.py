"""Changes by other programs during a tag write are never lost."""

from __future__ import annotations

import os
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from mediakeep.errors import ConcurrentChange
from mediakeep.media.audio import tags
from mediakeep.media.safewrite import atomic_replace, write_tags
from mediakeep.media.safewrite.write_tags import SetField
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.record_index import RecordQuery
from tests.media import writable_files
from tests.media.failing_writes import FORMATS, TITLE
from tests.queue.neighbour import context


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: object) -> None:
    """Call a function after the new file is verified, right before the rename."""
    real = atomic_replace.OriginalFile.is_unchanged

    def check(original: atomic_replace.OriginalFile) -> bool:
        act(original.path)  # type: ignore[operator]
        return real(original)

    monkeypatch.setattr(atomic_replace.OriginalFile, "is_unchanged", check)


def append(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"TAG".ljust(128, b"\0"))


def overwrite_with_the_same_size(path: Path) -> None:
    time.sleep(0.01)
    with path.open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        stream.write(b"\x55")


def replace_by_another(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes() + b"x")
    other.replace(path)


@pytest.mark.parametrize("act", [append, overwrite_with_the_same_size, replace_by_another])
@pytest.mark.parametrize("name", FORMATS)
def test_what_another_program_wrote_meanwhile_is_kept(
    tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch, name: str, act: object
) -> None:
    path = writable_files.put(music, name)
    meanwhile(monkeypatch, act)
    with pytest.raises(ConcurrentChange, match="another program modified it"):
        writable_files.write(path, tmp_path, TITLE)
    assert path.read_bytes() != writable_files.whole(name)
    assert tags.read(path).tags.title != ("Ebb",)
    assert list(music.iterdir()) == [path]
    (entry,) = writable_files.store(tmp_path).find(RecordQuery())
    assert entry.state == "void"


def test_a_file_that_vanishes_meanwhile_does_not_come_back(
    tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = writable_files.put(music, "mp3")
    meanwhile(monkeypatch, Path.unlink)
    with pytest.raises(ConcurrentChange):
        writable_files.write(path, tmp_path, TITLE)
    assert list(music.iterdir()) == []


def _write_often(path: Path, home: Path, name: str, pipe: Connection) -> None:
    store, told = writable_files.store(home), []
    look = atomic_replace.OriginalFile.is_unchanged

    # so that others come in between, if they can
    def look_long(original: atomic_replace.OriginalFile) -> bool:
        found = look(original)
        time.sleep(0.005)
        return found

    atomic_replace.OriginalFile.is_unchanged = look_long  # type: ignore[method-assign]
    for number in range(25):
        try:
            written = write_tags.write(
                path, [SetField("title", (f"{name}{number}",))], store, queue="music"
            )
            told.append(written.record.id if written else "")
        except ConcurrentChange:
            told.append("")
    pipe.send(told)


def test_of_two_writers_at_once_none_undoes_what_the_other_was_told_is_done(
    tmp_path: Path, music: Path
) -> None:
    path = writable_files.put(music, "mp3")
    begun = []
    for name in "AB":
        ours, theirs = context.Pipe()
        process = context.Process(target=_write_often, args=(path, tmp_path, name, theirs))
        process.start()
        begun.append((process, ours))
    told = [identity for _, ours in begun for identity in ours.recv() if identity]
    for process, _ in begun:
        process.join()
    store = writable_files.store(tmp_path)
    done = [entry.record for entry in store.find(RecordQuery()) if entry.state == "done"]
    assert {record.id for record in done} == set(told)
    assert len({record.old.sha256 for record in done}) == len(done) >= 20
    for step in apply_undo.plan_undo(store, RecordQuery()):
        assert apply_undo.apply_undo(store, step.record)
    assert path.read_bytes() == writable_files.whole("mp3")
