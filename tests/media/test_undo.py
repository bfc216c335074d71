"""Whatever was changed can be taken back, byte for byte, and nothing else is touched by that."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import mutagen
import pytest
from mutagen.id3 import ID3

from mediakeep.errors import NotUndone, StateDamaged, Unreadable
from mediakeep.media import essence, safewrite, swap, tags, undo
from mediakeep.media.safewrite import Beside, Cover, Edit, Lift, Rules
from mediakeep.media.undo import Query
from mediakeep.media.undoing.record import LIMIT, Record
from mediakeep.media.undoing.store import Store
from mediakeep.outcome import Stamp
from tests.media import shelves

TITLE = Edit("title", ("Ebb",))
CHANGES = {
    "fits": [TITLE],
    "grows": [Edit("album", ("Flood " * 2000,)), Edit("artist", ("Привет", "B"))],
    "picture": [Cover(shelves.IMAGE, "image/png")],
    "small picture": [Cover(b"GIF89a" + bytes(20), "image/gif")],
    "less": [Edit("title", ()), Edit("artist", ()), Edit("isrc", ("X1",))],
    "lift": [Lift(), Edit("genres", ("Kraut",))],
}
OTHER = Stamp("20251218_session_002", "Anna Meer", 9, 8)


def logs(home: Path) -> list[Path]:
    return sorted((home / "status" / "undo").glob("*.jsonl"))


def blobs(home: Path) -> list[Path]:
    return [one for one in (home / "status" / "undo" / "blobs").rglob("*") if one.is_file()]


@pytest.mark.parametrize("beside", list(Beside))
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", shelves.NAMES)
def test_an_undone_file_is_the_old_one_byte_for_byte_and_so_is_one_done_again(
    tmp_path: Path, name: str, change: str, beside: Beside
) -> None:
    path = shelves.put(tmp_path, name)
    written = shelves.write(path, tmp_path, *CHANGES[change], rules=Rules(beside=beside))
    new, store = path.read_bytes(), shelves.store(tmp_path)
    back = undo.apply(store, written.record)
    assert back
    assert path.read_bytes() == shelves.whole(name)
    again = undo.apply(store, back)
    assert again
    assert path.read_bytes() == new
    assert undo.apply(store, again)
    assert path.read_bytes() == shelves.whole(name)
    lines = [line for log in logs(tmp_path) for line in log.read_bytes().splitlines()]
    assert max(map(len, lines)) <= LIMIT


def strangers(path: Path) -> None:
    """Another program writes its own tags."""
    audio: Any = mutagen.File(path)
    if audio.tags is None:
        audio.add_tags()
    if isinstance(audio.tags, ID3):
        audio.tags.delall("TALB")
        audio.tags.add(mutagen.id3.TIT2(encoding=3, text=["Stranger " * 3000]))
    else:
        audio.tags["\xa9nam" if path.suffix == ".m4a" else "title"] = ["Stranger " * 3000]
    audio.save()


@pytest.mark.parametrize("name", shelves.NAMES)
def test_a_file_that_was_changed_since_is_restored_only_by_force_and_that_version_is_kept(
    tmp_path: Path, name: str
) -> None:
    path = shelves.put(tmp_path, name)
    store = shelves.store(tmp_path)
    record = shelves.write(path, tmp_path, TITLE, Cover(shelves.IMAGE, "image/png")).record
    strangers(path)
    theirs = path.read_bytes()
    (step,) = undo.plan(store, Query(path=record.path))
    assert step.refusal == "it was changed since"
    with pytest.raises(NotUndone, match=r"it was changed since\. Use --force"):
        undo.apply(store, record)
    assert path.read_bytes() == theirs
    back = undo.apply(store, record, force=True)
    assert back
    assert path.read_bytes() == shelves.whole(name)
    assert Path(back.aside).read_bytes() == theirs
    assert undo.apply(store, back)
    assert path.read_bytes() == theirs


def test_a_file_whose_sound_has_changed_cannot_be_restored(tmp_path: Path) -> None:
    path = shelves.put(tmp_path, "mp3")
    record = shelves.write(path, tmp_path, TITLE).record
    path.write_bytes(spoilt := path.read_bytes()[:-500] + bytes(500))
    with pytest.raises(NotUndone, match="its sound is no longer the one"):
        undo.apply(shelves.store(tmp_path), record, force=True)
    assert path.read_bytes() == spoilt
    path.write_bytes(shelves.whole("ogg"))
    with pytest.raises(NotUndone, match="its sound is no longer the one"):
        undo.apply(shelves.store(tmp_path), record, force=True)
    path.unlink()
    with pytest.raises(Unreadable, match="It is gone"):
        undo.apply(shelves.store(tmp_path), record, force=True)


def test_what_is_as_before_already_is_not_written(tmp_path: Path) -> None:
    path = shelves.put(tmp_path, "flac")
    record = shelves.write(path, tmp_path, TITLE).record
    path.write_bytes(shelves.whole("flac"))
    facts = swap.identity(path.stat())
    assert undo.apply(shelves.store(tmp_path), record) is None
    assert swap.identity(path.stat()) == facts


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


@pytest.mark.parametrize("name", shelves.NAMES)
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
                (store.folder / "index.db").unlink()
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


# What to take back


def titles(store: Store, query: Query) -> list[tuple[tuple[str, ...], str]]:
    return [(step.record.fields["title"].new, step.refusal) for step in undo.plan(store, query)]


def rename(path: Path, store: Store, text: str, stamp: Stamp = shelves.STAMP) -> Record:
    written = safewrite.write(path, [Edit("title", (text,))], store, stamp)
    assert written
    return written.record


def test_changes_are_taken_back_from_the_last_to_the_first(tmp_path: Path) -> None:
    path, store = shelves.put(tmp_path, "opus"), shelves.store(tmp_path)
    for text in "ABC":
        rename(path, store, text)
    assert titles(store, Query(session=shelves.STAMP.session)) == [
        (("C",), ""),
        (("B",), ""),
        (("A",), ""),
    ]
    for step in undo.plan(store, Query(session=shelves.STAMP.session)):
        undo.apply(store, step.record, OTHER)
    assert path.read_bytes() == shelves.whole("opus")
    assert undo.plan(store, Query(session=shelves.STAMP.session)) == []
    assert undo.plan(store, Query(path=str(path.resolve()))) == []


def test_an_undoing_is_taken_back_by_its_own_session(tmp_path: Path) -> None:
    path, store = shelves.put(tmp_path, "m4a"), shelves.store(tmp_path)
    rename(path, store, "A")
    rename(path, store, "B")
    new = path.read_bytes()
    for step in undo.plan(store, Query(session=shelves.STAMP.session)):
        undo.apply(store, step.record, OTHER)
    for step in undo.plan(store, Query(session=OTHER.session)):
        assert not step.refusal
        undo.apply(store, step.record)
    assert path.read_bytes() == new
    assert len(undo.plan(store, Query(session=shelves.STAMP.session))) == 2


def test_a_change_that_another_session_changed_again_names_that_session(tmp_path: Path) -> None:
    path, store = shelves.put(tmp_path, "mp3"), shelves.store(tmp_path)
    record = rename(path, store, "A")
    rename(path, store, "B", OTHER)
    said = f"session {OTHER.session} changed it since"
    assert titles(store, Query(session=shelves.STAMP.session)) == [(("A",), said)]
    with pytest.raises(NotUndone):
        undo.apply(store, record)


def test_a_copy_with_another_inode_is_known_by_its_hash(tmp_path: Path) -> None:
    path, store = shelves.put(tmp_path, "mp3"), shelves.store(tmp_path)
    rename(path, store, "A")
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data)
    assert titles(store, Query()) == [(("A",), "")]


def test_repairs_are_counted_since_the_first_claim_without_those_taken_back(tmp_path: Path) -> None:
    path, store = shelves.put(tmp_path, "mp3"), shelves.store(tmp_path)
    first = rename(path, store, "A", Stamp("one", "Anna", 5, 5))
    second = rename(path, store, "B", Stamp("two", "Anna", 6, 5))
    third = rename(path, store, "C", Stamp("two", "Anna", 9, 9))
    assert store.changes("Anna", 5) == [first, second]
    back = undo.apply(store, third, OTHER)
    assert store.changes("Anna", 9) == []
    assert back
    undo.apply(store, back)
    assert store.changes("Anna", 9) == [third]


# What was taken back is remembered


def test_an_undone_value_is_remembered_until_it_is_there_again(tmp_path: Path) -> None:
    path, store = shelves.put(tmp_path, "ogg"), shelves.store(tmp_path)
    assert undo.undone(store, path) == {}
    first = rename(path, store, "A")
    back = undo.apply(store, first)
    assert undo.undone(store, path) == {"title": {("A",)}}
    undo.apply(store, rename(path, store, "B"))
    assert undo.undone(store, path) == {"title": {("A",), ("B",)}}
    rename(path, store, "A")
    assert undo.undone(store, path) == {"title": {("B",)}}
    assert back
    assert undo.undone(store, tmp_path / "other.ogg") == {}


def test_an_undoing_that_was_undone_is_forgotten(tmp_path: Path) -> None:
    path, store = shelves.put(tmp_path, "ogg"), shelves.store(tmp_path)
    back = undo.apply(store, rename(path, store, "A"))
    assert back
    again = undo.apply(store, back)
    assert undo.undone(store, path) == {}
    assert again
    undo.apply(store, again)
    assert undo.undone(store, path) == {"title": {("A",)}}


# Crashes


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
        patched.setattr(swap.Original, "is_unchanged", lambda _: os.abort if False else _dead())
        with pytest.raises(Dead):
            rename(path, store, "A")
    strangers(path)
    assert titles(store, Query()) == [(("A",), "nobody can tell whether the change was made")]
    before = essence.of(path)
    (step,) = undo.plan(store, Query())
    assert undo.apply(store, step.record, force=True)
    assert path.read_bytes() == shelves.whole("flac")
    assert essence.of(path) == before


def _dead() -> bool:
    raise Dead


def test_the_tags_tell_what_the_record_tells(tmp_path: Path) -> None:
    path = shelves.put(tmp_path, "mp3")
    before = tags.read(path).tags
    edits = [Edit("title", ("Ebb",), "messy-text"), Edit("track", ("4",)), Edit("genres", ())]
    record = shelves.write(path, tmp_path, *edits).record
    told = {field: (one.old, one.new, one.reason) for field, one in record.fields.items()}
    assert told == {
        "title": (before.title, ("Ebb",), "messy-text"),
        "track": ((before.track,), ("4",), ""),
        "genres": (before.genres, (), ""),
    }
    assert record.essence == essence.of(path)
    assert record.old.sha256 != record.new.sha256 == shelves.digest(path)
    assert (record.session, record.item) == (shelves.STAMP.session, shelves.STAMP.key)
