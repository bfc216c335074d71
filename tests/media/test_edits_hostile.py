"""Whatever the bytes of a file are, writing its tags succeeds whole or leaves it with one error."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from mediakeep.errors import MediakeepError
from mediakeep.media.audio import essence
from mediakeep.media.safewrite import write_tags
from mediakeep.media.safewrite.write_tags import Id3Version, SetCover, SetField, WriteRules
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.store import UndoStore
from tests.media import writable_files
from tests.sampling import some

CHANGES = [
    SetField("title", ("Ebb " * 900,)),
    SetField("track", ("4",)),
    SetCover(writable_files.PHOTO, "image/png"),
]
HEAD = 1500  # bytes in which most of what tells the tags stands


def attempt(
    path: Path, data: bytes, store: UndoStore, version: Id3Version = Id3Version.KEEP
) -> str:
    """Write tags into a file of these bytes, and take that back again."""
    path.write_bytes(data)
    try:
        sound = essence.compute_audio_hash(path)
        written = write_tags.write(
            path, CHANGES, store, rules=WriteRules(id3=version), queue="music"
        )
    except MediakeepError:
        assert path.read_bytes() == data
        return "refused"
    assert written
    assert essence.compute_audio_hash(path) == sound
    assert apply_undo.apply_undo(store, written.record)
    assert path.read_bytes() == data
    return "written"


@pytest.mark.parametrize("flips", [15, pytest.param(1500, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", some(writable_files.NAMES, 7))
def test_changed_bytes_are_written_back_as_they_were_or_refused(
    memory: Path, name: str, flips: int
) -> None:
    whole, rng, store = writable_files.whole(name), Random(name), writable_files.store(memory)
    path, results = memory / f"a.{name.rpartition('.')[2]}", set()
    for number in range(flips):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 8)):
            near = min(len(data), HEAD)
            place = rng.randrange(near) if number % 3 else -rng.randint(1, near)
            data[place] = rng.choice((0, 1, 4, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        version = list(Id3Version)[number % len(Id3Version)]
        results.add(attempt(path, bytes(data), store, version))
    assert "written" in results


@pytest.mark.parametrize("name", some(writable_files.NAMES, 7))
def test_files_cut_off_anywhere_are_refused_or_written_whole(memory: Path, name: str) -> None:
    whole, store = writable_files.whole(name), writable_files.store(memory)
    path = memory / f"a.{name.rpartition('.')[2]}"
    for part in range(1, 30):
        attempt(path, whole[: len(whole) * part // 30], store)
    assert attempt(path, whole, store) == "written"
    assert [one.name for one in memory.iterdir() if one.name.startswith(".")] == []
