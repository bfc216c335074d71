"""After a crash during a change, its record shows whether it was made."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.media import essence, swap, undo
from mediakeep.media.undo import Query
from tests.media import shelves
from tests.media.attempts import rename, strangers


class Dead(BaseException):
    """The process ended here."""


@pytest.mark.parametrize("point", ["before", "after"])
def test_a_record_without_a_mark_is_judged_by_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    path, store = shelves.put(tmp_path, "flac"), shelves.store(tmp_path)
    real = Path.replace

    def die(beside: Path, target: Path) -> None:  # where a kill would end it
        if point == "after":
            real(beside, target)
        raise Dead

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", die)
        with pytest.raises(Dead):
            rename(path, store, "A")
    (entry,) = shelves.store(tmp_path).find(Query())
    if point == "before":
        assert entry.state == "void"
        assert undo.plan(store, Query()) == []
        assert undo.apply(store, entry.record) is None
        rename(path, store, "A")
        assert [one.state for one in store.find(Query())] == ["void", "done"]
    else:
        assert entry.state == "done"
        assert undo.apply(store, entry.record)
    for step in undo.plan(store, Query()):
        undo.apply(store, step.record)
    assert path.read_bytes() == shelves.whole("flac")


def test_a_change_that_nobody_can_tell_of_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, store = shelves.put(tmp_path, "flac"), shelves.store(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(swap.Original, "is_unchanged", _dead)
        with pytest.raises(Dead):
            rename(path, store, "A")
    strangers(path)
    before = essence.of(path)
    (step,) = undo.plan(store, Query())
    assert step.refusal == "it is unknown whether the change was made"
    assert undo.apply(store, step.record, force=True)
    assert path.read_bytes() == shelves.whole("flac")
    assert essence.of(path) == before


def _dead(_: swap.Original) -> bool:
    raise Dead
