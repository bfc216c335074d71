"""Every change can be undone, byte for byte, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep.errors import UndoRefused, Unreadable
from mediakeep.media.audio import essence, tags
from mediakeep.media.safewrite import atomic_replace
from mediakeep.media.safewrite.write_tags import (
    CopyToNativeTags,
    OtherTags,
    SetCover,
    SetField,
    WriteRules,
)
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.record import MAX_RECORD_SIZE
from tests.media import writable_files
from tests.media.failing_writes import TITLE, logs, strangers
from tests.sampling import some

CHANGES = {
    "fits": [TITLE],
    "grows": [SetField("album", ("Flood " * 2000,)), SetField("artist", ("Привет", "B"))],
    "picture": [SetCover(writable_files.IMAGE, "image/png")],
    "small picture": [SetCover(b"GIF89a" + bytes(20), "image/gif")],
    "less": [SetField("title", ()), SetField("artist", ()), SetField("isrc", ("X1",))],
    "lift": [CopyToNativeTags(), SetField("genres", ("Kraut",))],
}


def combinations() -> Iterator[object]:
    """Return combinations of files, changes and rules; by default one or two changes per file.

    The changes and rules differ from file to file.
    """
    rules = list(OtherTags)
    for one, name in enumerate(writable_files.NAMES):
        for two, change in enumerate(CHANGES):
            for three, beside in enumerate(rules):
                usual = (one + two) % 4 == 0 and (one + two) // 4 % len(rules) == three
                marks = [] if usual else [pytest.mark.slow]
                yield pytest.param(name, change, beside, marks=marks)


@pytest.mark.parametrize(("name", "change", "beside"), [*combinations()])
def test_an_undone_file_is_the_old_one_byte_for_byte_and_so_is_one_done_again(
    tmp_path: Path, name: str, change: str, beside: OtherTags
) -> None:
    path = writable_files.put(tmp_path, name)
    written = writable_files.write(
        path, tmp_path, *CHANGES[change], rules=WriteRules(other_tags=beside)
    )
    new, store = path.read_bytes(), writable_files.store(tmp_path)
    back = apply_undo.apply_undo(store, written.record)
    assert back
    assert path.read_bytes() == writable_files.whole(name)
    again = apply_undo.apply_undo(store, back)
    assert again
    assert path.read_bytes() == new
    assert apply_undo.apply_undo(store, again)
    assert path.read_bytes() == writable_files.whole(name)
    lines = [line for log in logs(tmp_path) for line in log.read_bytes().splitlines()]
    assert max(map(len, lines)) <= MAX_RECORD_SIZE


@pytest.mark.parametrize("name", some(writable_files.NAMES, 3))
def test_a_file_that_was_changed_since_is_restored_only_by_force_and_that_version_is_kept(
    tmp_path: Path, name: str
) -> None:
    path = writable_files.put(tmp_path, name)
    store = writable_files.store(tmp_path)
    record = writable_files.write(
        path, tmp_path, TITLE, SetCover(writable_files.IMAGE, "image/png")
    ).record
    strangers(path)
    theirs = path.read_bytes()
    (step,) = apply_undo.plan_undo(store, RecordQuery(path=record.path))
    assert step.refusal == "it was changed since"
    with pytest.raises(UndoRefused, match=r"it was changed since\. Use --force"):
        apply_undo.apply_undo(store, record)
    assert path.read_bytes() == theirs
    back = apply_undo.apply_undo(store, record, force=True)
    assert back
    assert path.read_bytes() == writable_files.whole(name)
    assert Path(back.aside).read_bytes() == theirs
    assert apply_undo.apply_undo(store, back)
    assert path.read_bytes() == theirs


def test_a_file_whose_sound_has_changed_cannot_be_restored(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "mp3")
    record = writable_files.write(path, tmp_path, TITLE).record
    path.write_bytes(spoilt := path.read_bytes()[:-500] + bytes(500))
    with pytest.raises(UndoRefused, match="its audio data is no longer the recorded one"):
        apply_undo.apply_undo(writable_files.store(tmp_path), record, force=True)
    assert path.read_bytes() == spoilt
    path.write_bytes(writable_files.whole("ogg"))
    with pytest.raises(UndoRefused, match="its audio data is no longer the recorded one"):
        apply_undo.apply_undo(writable_files.store(tmp_path), record, force=True)
    path.unlink()
    with pytest.raises(Unreadable, match="The file is missing"):
        apply_undo.apply_undo(writable_files.store(tmp_path), record, force=True)


def test_what_is_as_before_already_is_not_written(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "flac")
    record = writable_files.write(path, tmp_path, TITLE).record
    path.write_bytes(writable_files.whole("flac"))
    facts = atomic_replace.stat_identity(path.stat())
    assert apply_undo.apply_undo(writable_files.store(tmp_path), record) is None
    assert atomic_replace.stat_identity(path.stat()) == facts


def test_the_tags_tell_what_the_record_tells(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "mp3")
    before = tags.read(path).tags
    edits = [
        SetField("title", ("Ebb",), "messy-text"),
        SetField("track", ("4",)),
        SetField("genres", ()),
    ]
    record = writable_files.write(path, tmp_path, *edits).record
    told = {field: (one.old, one.new, one.reason) for field, one in record.fields.items()}
    assert told == {
        "title": (before.title, ("Ebb",), "messy-text"),
        "track": ((before.track,), ("4",), ""),
        "genres": (before.genres, (), ""),
    }
    assert record.essence == essence.compute_audio_hash(path)
    assert record.old.sha256 != record.new.sha256 == writable_files.digest(path)
    assert (record.session, record.item) == (writable_files.STAMP.session, writable_files.STAMP.key)
