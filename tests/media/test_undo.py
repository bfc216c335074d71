"""Every change can be undone, byte for byte, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep.errors import NotUndone, Unreadable
from mediakeep.media import essence, swap, tags, undo
from mediakeep.media.safewrite import Beside, Cover, Edit, Lift, Rules
from mediakeep.media.undo import Query
from mediakeep.media.undoing.record import LIMIT
from tests.media import shelves
from tests.media.attempts import TITLE, logs, strangers
from tests.sampling import some

CHANGES = {
    "fits": [TITLE],
    "grows": [Edit("album", ("Flood " * 2000,)), Edit("artist", ("Привет", "B"))],
    "picture": [Cover(shelves.IMAGE, "image/png")],
    "small picture": [Cover(b"GIF89a" + bytes(20), "image/gif")],
    "less": [Edit("title", ()), Edit("artist", ()), Edit("isrc", ("X1",))],
    "lift": [Lift(), Edit("genres", ("Kraut",))],
}


def combinations() -> Iterator[object]:
    """Return combinations of files, changes and rules; by default one or two changes per file.

    The changes and rules differ from file to file.
    """
    rules = list(Beside)
    for one, name in enumerate(shelves.NAMES):
        for two, change in enumerate(CHANGES):
            for three, beside in enumerate(rules):
                usual = (one + two) % 4 == 0 and (one + two) // 4 % len(rules) == three
                marks = [] if usual else [pytest.mark.slow]
                yield pytest.param(name, change, beside, marks=marks)


@pytest.mark.parametrize(("name", "change", "beside"), [*combinations()])
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


@pytest.mark.parametrize("name", some(shelves.NAMES, 3))
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
    with pytest.raises(NotUndone, match="its audio data is no longer the recorded one"):
        undo.apply(shelves.store(tmp_path), record, force=True)
    assert path.read_bytes() == spoilt
    path.write_bytes(shelves.whole("ogg"))
    with pytest.raises(NotUndone, match="its audio data is no longer the recorded one"):
        undo.apply(shelves.store(tmp_path), record, force=True)
    path.unlink()
    with pytest.raises(Unreadable, match="The file is missing"):
        undo.apply(shelves.store(tmp_path), record, force=True)


def test_what_is_as_before_already_is_not_written(tmp_path: Path) -> None:
    path = shelves.put(tmp_path, "flac")
    record = shelves.write(path, tmp_path, TITLE).record
    path.write_bytes(shelves.whole("flac"))
    facts = swap.identity(path.stat())
    assert undo.apply(shelves.store(tmp_path), record) is None
    assert swap.identity(path.stat()) == facts


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
