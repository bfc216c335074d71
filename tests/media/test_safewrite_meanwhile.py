"""Changes by other programs during a tag write are never lost."""

from __future__ import annotations

import os
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from mediakeep.errors import ChangedMeanwhile
from mediakeep.media import safewrite, swap, tags, undo
from mediakeep.media.safewrite import Edit
from mediakeep.media.undoing.index import Query
from tests.media import shelves
from tests.media.attempts import FORMATS, TITLE
from tests.queue.neighbour import context


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: object) -> None:
    """Call a function after the new file is verified, right before the rename."""
    real = swap.Original.is_unchanged

    def check(original: swap.Original) -> bool:
        act(original.path)  # type: ignore[operator]
        return real(original)

    monkeypatch.setattr(swap.Original, "is_unchanged", check)


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
    path = shelves.put(music, name)
    meanwhile(monkeypatch, act)
    with pytest.raises(ChangedMeanwhile, match="another program changed it"):
        shelves.write(path, tmp_path, TITLE)
    assert path.read_bytes() != shelves.whole(name)
    assert tags.read(path).tags.title != ("Ebb",)
    assert list(music.iterdir()) == [path]
    (entry,) = shelves.store(tmp_path).find(Query())
    assert entry.state == "void"


def test_a_file_that_vanishes_meanwhile_does_not_come_back(
    tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shelves.put(music, "mp3")
    meanwhile(monkeypatch, Path.unlink)
    with pytest.raises(ChangedMeanwhile):
        shelves.write(path, tmp_path, TITLE)
    assert list(music.iterdir()) == []


def _write_often(path: Path, home: Path, name: str, pipe: Connection) -> None:
    store, told = shelves.store(home), []
    look = swap.Original.is_unchanged

    def look_long(original: swap.Original) -> bool:  # so that others come in between, if they can
        found = look(original)
        time.sleep(0.005)
        return found

    swap.Original.is_unchanged = look_long  # type: ignore[method-assign]
    for number in range(25):
        try:
            written = safewrite.write(path, [Edit("title", (f"{name}{number}",))], store)
            told.append(written.record.id if written else "")
        except ChangedMeanwhile:
            told.append("")
    pipe.send(told)


def test_of_two_writers_at_once_none_undoes_what_the_other_was_told_is_done(
    tmp_path: Path, music: Path
) -> None:
    path = shelves.put(music, "mp3")
    begun = []
    for name in "AB":
        ours, theirs = context.Pipe()
        process = context.Process(target=_write_often, args=(path, tmp_path, name, theirs))
        process.start()
        begun.append((process, ours))
    told = [identity for _, ours in begun for identity in ours.recv() if identity]
    for process, _ in begun:
        process.join()
    store = shelves.store(tmp_path)
    done = [entry.record for entry in store.find(Query()) if entry.state == "done"]
    assert {record.id for record in done} == set(told)
    assert len({record.old.sha256 for record in done}) == len(done) >= 20
    for step in undo.plan(store, Query()):
        assert undo.apply(store, step.record)
    assert path.read_bytes() == shelves.whole("mp3")
