"""Undo data is small, stored once, and found again after any crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.errors import StateDamaged
from mediakeep.media import safewrite, undo
from mediakeep.media.safewrite import Cover, Edit
from mediakeep.media.undo import Query
from mediakeep.media.undoing.record import LIMIT
from tests.media import shelves
from tests.media.attempts import OTHER, TITLE, blobs, logs
from tests.sampling import some


def test_a_picture_is_kept_once_for_all_files_and_as_bytes_in_ogg_too(tmp_path: Path) -> None:
    for number, name in enumerate(["ogg", "opus", "flac", "mp3", "m4a"]):
        folder = tmp_path / str(number)
        folder.mkdir()
        for copy in ("one", "two"):
            (folder / copy).mkdir()
            path = shelves.put(folder / copy, name)
            shelves.write(path, tmp_path, Cover(shelves.IMAGE, "image/png"))
            shelves.write(path, tmp_path, Cover(shelves.PHOTO, "image/jpeg"))
    sizes = [one.stat().st_size for one in blobs(tmp_path)]
    images = [size for size in sizes if size >= len(shelves.IMAGE)]
    assert len(images) == 2  # the picture, and the block of it that both kinds of Ogg have
    assert max(images) < len(shelves.IMAGE) + 100


@pytest.mark.parametrize("name", some(shelves.NAMES, 3))
def test_a_record_takes_at_most_four_kilobytes_whatever_it_tells(tmp_path: Path, name: str) -> None:
    path = shelves.put(tmp_path, name)
    texts = ("Ünïcode " * 700, "and more")
    fields = ("title", "artist", "album", "composer", "comment", "label", "lyricist")
    shelves.write(path, tmp_path, *(Edit(field, texts) for field in fields))
    record = shelves.write(path, tmp_path, *(Edit(field, ()) for field in fields)).record
    lines = [line for log in logs(tmp_path) for line in log.read_bytes().splitlines()]
    assert max(map(len, lines)) <= LIMIT
    assert record.details
    store = shelves.store(tmp_path)
    assert store.fields(record)["title"].old == texts
    for step in undo.plan(store, Query(path=record.path)):
        undo.apply(store, step.record)
    assert path.read_bytes() == shelves.whole(name)


# Looking up


def test_changes_are_found_by_session_item_file_folder_and_time(tmp_path: Path) -> None:
    store = shelves.store(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "ab").mkdir()
    first = safewrite.write(shelves.put(tmp_path / "a", "mp3"), [TITLE], store, shelves.STAMP)
    second = safewrite.write(shelves.put(tmp_path / "ab", "mp3"), [TITLE], store, OTHER)
    assert first
    assert second
    ours, theirs = first.record, second.record
    for query, expected in (
        (Query(), [ours, theirs]),
        (Query(session=OTHER.session), [theirs]),
        (Query(item="Velvet Harbour"), [ours]),
        (Query(path=theirs.path), [theirs]),
        (Query(below=str(tmp_path / "a")), [ours]),
        (Query(below=str(tmp_path)), [ours, theirs]),
        (Query(id=ours.id), [ours]),
        (Query(since=ours.time), [ours, theirs]),
        (Query(since="2999"), []),
        (Query(session=OTHER.session, item="Velvet Harbour"), []),
    ):
        for index in (True, False):  # the index may be gone at any time
            if not index:
                (store.folder / "index.db").unlink(missing_ok=True)
                (store.folder / "index.db").mkdir()
                store = shelves.store(tmp_path)
            assert [entry.record for entry in store.find(query)] == expected, query
            assert {entry.state for entry in store.find(query)} <= {"done"}
            if not index:
                (store.folder / "index.db").rmdir()
                store = shelves.store(tmp_path)


def test_a_damaged_index_and_a_torn_line_cost_nothing(tmp_path: Path) -> None:
    path = shelves.put(tmp_path, "mp3")
    record = shelves.write(path, tmp_path, TITLE).record
    (tmp_path / "status" / "undo" / "index.db").write_bytes(b"SQLite format 3\0" + b"rubbish" * 99)
    (log,) = logs(tmp_path)
    with log.open("ab") as stream:
        stream.write(b'{"op":"change","id":"half a li')
    assert [entry.record for entry in shelves.store(tmp_path).find(Query())] == [record]
    second = shelves.write(path, tmp_path, Edit("title", ("Flood",))).record
    assert b"half a li" not in log.read_bytes()
    found = [entry.record for entry in shelves.store(tmp_path).find(Query())]
    assert found == [record, second]


def test_a_damaged_line_amid_the_log_costs_only_itself(tmp_path: Path) -> None:
    path = shelves.put(tmp_path, "mp3")
    for text in "ABC":
        shelves.write(path, tmp_path, Edit("title", (text,)))
    (log,) = logs(tmp_path)
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([*lines[:2], b"\xff" * 20 + b"\n", *lines[3:]]))
    store = shelves.store(tmp_path)
    titles = [entry.record.fields["title"].new for entry in store.find(Query())]
    assert titles == [("A",), ("C",)]


@pytest.mark.parametrize("how", ["gone", "changed"])
def test_a_blob_that_is_gone_or_damaged_is_told_and_nothing_is_changed(
    tmp_path: Path, how: str
) -> None:
    path = shelves.put(tmp_path, "flac")
    shelves.write(path, tmp_path, Cover(shelves.IMAGE, "image/png"))
    record = shelves.write(path, tmp_path, Cover(shelves.PHOTO, "image/jpeg")).record
    for blob in blobs(tmp_path):
        blob.unlink() if how == "gone" else blob.write_bytes(b"x")
    before = path.read_bytes()
    with pytest.raises(StateDamaged, match="The undo record"):
        undo.apply(shelves.store(tmp_path), record)
    assert path.read_bytes() == before
