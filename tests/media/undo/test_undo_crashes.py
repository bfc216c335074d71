"""After a crash during a change, its record shows whether it was made."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.media.audio import essence
from mediakeep.media.safewrite import atomic_replace
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.apply_undo import RecordQuery
from tests.media import writable_files
from tests.media.failing_writes import rename, strangers
from tests.sampling import each_row


class Dead(BaseException):
    """The process ended here."""


@each_row("point", ["before", "after"])
def test_a_record_without_a_mark_is_judged_by_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    path, store = writable_files.put(tmp_path, "flac"), writable_files.store(tmp_path)
    real = Path.replace

    def die(beside: Path, target: Path) -> None:  # where a kill would end it
        if point == "after":
            real(beside, target)
        raise Dead

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", die)
        with pytest.raises(Dead):
            rename(path, store, "A")
    (entry,) = writable_files.store(tmp_path).find(RecordQuery())
    if point == "before":
        assert entry.state == "void"
        assert apply_undo.plan_undo(store, RecordQuery()) == []
        assert apply_undo.apply_undo(store, entry.record) is None
        rename(path, store, "A")
        assert [one.state for one in store.find(RecordQuery())] == ["void", "done"]
    else:
        assert entry.state == "done"
        assert apply_undo.apply_undo(store, entry.record)
    for step in apply_undo.plan_undo(store, RecordQuery()):
        apply_undo.apply_undo(store, step.record)
    assert path.read_bytes() == writable_files.whole("flac")


def test_a_change_that_nobody_can_tell_of_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, store = writable_files.put(tmp_path, "flac"), writable_files.store(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(atomic_replace.OriginalFile, "is_unchanged", _dead)
        with pytest.raises(Dead):
            rename(path, store, "A")
    strangers(path)
    before = essence.compute_audio_hash(path)
    (step,) = apply_undo.plan_undo(store, RecordQuery())
    assert step.refusal == "it is unknown whether the change was made"
    assert apply_undo.apply_undo(store, step.record, force=True)
    assert path.read_bytes() == writable_files.whole("flac")
    assert essence.compute_audio_hash(path) == before


def _dead(_: atomic_replace.OriginalFile) -> bool:
    raise Dead
