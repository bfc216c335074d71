"""Undo data is small, stored once, and found again after any crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.errors import StateDamaged
from mediakeep.media.safewrite import write_tags
from mediakeep.media.safewrite.write_tags import SetCover, SetField
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.record import MAX_RECORD_SIZE
from tests.media import writable_files
from tests.media.failing_writes import OTHER, TITLE, blobs, logs
from tests.sampling import each_row, some


def test_a_picture_is_kept_once_for_all_files_and_as_bytes_in_ogg_too(tmp_path: Path) -> None:
    for number, name in enumerate(["ogg", "opus", "flac", "mp3", "m4a"]):
        folder = tmp_path / str(number)
        folder.mkdir()
        for copy in ("one", "two"):
            (folder / copy).mkdir()
            path = writable_files.put(folder / copy, name)
            writable_files.write(path, tmp_path, SetCover(writable_files.IMAGE, "image/png"))
            writable_files.write(path, tmp_path, SetCover(writable_files.PHOTO, "image/jpeg"))
    sizes = [blob.stat().st_size for blob in blobs(tmp_path)]
    images = [size for size in sizes if size >= len(writable_files.IMAGE)]
    assert len(images) == 2  # the picture, and the block of it that both kinds of Ogg have
    assert max(images) < len(writable_files.IMAGE) + 100


@pytest.mark.parametrize("name", some(writable_files.NAMES, 3))
def test_a_record_takes_at_most_four_kilobytes_whatever_it_tells(tmp_path: Path, name: str) -> None:
    path = writable_files.put(tmp_path, name)
    texts = ("Ünïcode " * 700, "and more")
    fields = ("title", "artist", "album", "composer", "comment", "label", "lyricist")
    writable_files.write(path, tmp_path, *(SetField(field, texts) for field in fields))
    record = writable_files.write(path, tmp_path, *(SetField(field, ()) for field in fields)).record
    lines = [line for log in logs(tmp_path) for line in log.read_bytes().splitlines()]
    assert max(map(len, lines)) <= MAX_RECORD_SIZE
    assert record.details
    store = writable_files.store(tmp_path)
    assert store.load_fields(record)["title"].old == texts
    for step in apply_undo.plan_undo(store, RecordQuery(path=record.path)):
        apply_undo.apply_undo(store, step.record)
    assert path.read_bytes() == writable_files.whole(name)


# Looking up


def test_changes_are_found_by_session_item_file_folder_and_time(tmp_path: Path) -> None:
    store = writable_files.store(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "ab").mkdir()
    first = write_tags.write(
        writable_files.put(tmp_path / "a", "mp3"),
        [TITLE],
        store,
        writable_files.STAMP,
        queue="music",
    )
    second = write_tags.write(
        writable_files.put(tmp_path / "ab", "mp3"), [TITLE], store, OTHER, queue="music"
    )
    assert first
    assert second
    ours, theirs = first.record, second.record
    for query, expected in (
        (RecordQuery(), [ours, theirs]),
        (RecordQuery(session=OTHER.session), [theirs]),
        (RecordQuery(item="Velvet Harbour"), [ours]),
        (RecordQuery(path=theirs.path), [theirs]),
        (RecordQuery(below=str(tmp_path / "a")), [ours]),
        (RecordQuery(below=str(tmp_path)), [ours, theirs]),
        (RecordQuery(id=ours.id), [ours]),
        (RecordQuery(since=ours.time), [ours, theirs]),
        (RecordQuery(since="2999"), []),
        (RecordQuery(session=OTHER.session, item="Velvet Harbour"), []),
    ):
        for index in (True, False):  # the index may be gone at any time
            if not index:
                (store.folder / "index.db").unlink(missing_ok=True)
                (store.folder / "index.db").mkdir()
                store = writable_files.store(tmp_path)
            assert [entry.record for entry in store.find(query)] == expected, query
            assert {entry.state for entry in store.find(query)} <= {"done"}
            if not index:
                (store.folder / "index.db").rmdir()
                store = writable_files.store(tmp_path)


def test_a_damaged_index_and_a_torn_line_cost_nothing(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "mp3")
    record = writable_files.write(path, tmp_path, TITLE).record
    (tmp_path / "status" / "undo" / "index.db").write_bytes(b"SQLite format 3\0" + b"rubbish" * 99)
    (log,) = logs(tmp_path)
    with log.open("ab") as stream:
        stream.write(b'{"op":"change","id":"half a li')
    assert [entry.record for entry in writable_files.store(tmp_path).find(RecordQuery())] == [
        record
    ]
    second = writable_files.write(path, tmp_path, SetField("title", ("Flood",))).record
    assert b"half a li" not in log.read_bytes()
    found = [entry.record for entry in writable_files.store(tmp_path).find(RecordQuery())]
    assert found == [record, second]


def test_a_damaged_line_amid_the_log_costs_only_itself(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "mp3")
    for text in "ABC":
        writable_files.write(path, tmp_path, SetField("title", (text,)))
    (log,) = logs(tmp_path)
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([*lines[:2], b"\xff" * 20 + b"\n", *lines[3:]]))
    store = writable_files.store(tmp_path)
    titles = [entry.record.fields["title"].new for entry in store.find(RecordQuery())]
    assert titles == [("A",), ("C",)]


@each_row("how", ["gone", "changed"])
def test_a_blob_that_is_gone_or_damaged_is_told_and_nothing_is_changed(
    tmp_path: Path, how: str
) -> None:
    path = writable_files.put(tmp_path, "flac")
    writable_files.write(path, tmp_path, SetCover(writable_files.IMAGE, "image/png"))
    record = writable_files.write(
        path, tmp_path, SetCover(writable_files.PHOTO, "image/jpeg")
    ).record
    for blob in blobs(tmp_path):
        blob.unlink() if how == "gone" else blob.write_bytes(b"x")
    before = path.read_bytes()
    with pytest.raises(StateDamaged, match="The undo record"):
        apply_undo.apply_undo(writable_files.store(tmp_path), record)
    assert path.read_bytes() == before
