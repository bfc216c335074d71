"""The size that a header declares is verified, and audio is not read to write tags."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from mutagen._riff import RiffListChunk

from mediakeep.errors import ReadOnlyFormat
from mediakeep.media.audio.tag_edits import TargetTags
from mediakeep.media.audio.write_options import TagWriteOptions
from mediakeep.media.bounded_file import InMemoryFile
from mediakeep.media.mutagen_tags import adapter
from mediakeep.media.safewrite.write_tags import SetField
from tests.media import mutations_tags as tagging
from tests.media import writable_files
from tests.media.test_bytes_read import metered
from tests.sampling import each_row

TITLE = TargetTags({"title": ("Ebb",)})
FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


def change_size(data: bytes, kind: str) -> bytes:
    """Make the size of the file in its header wrong by 2; the file keeps its size."""
    layout, at = {"WAV": ("<I", 4), "AIFF": (">I", 4), "DSF": ("<Q", 12), "WMA": ("<Q", 0)}[kind]
    at = at or data.index(FILE_PROPERTIES) + 40
    changed = bytearray(data)
    struct.pack_into(layout, changed, at, abs(struct.unpack_from(layout, data, at)[0] - 2))
    return bytes(changed)


def find_lost_items(
    path: Path, versions: tuple[InMemoryFile, InMemoryFile], kind: str
) -> list[str]:
    return adapter.find_lost_items(path, versions, kind, TITLE, TagWriteOptions())


@each_row(("name", "kind"), [("wav", "WAV"), ("aiff", "AIFF"), ("bare.dsf", "DSF"), ("wma", "WMA")])
def test_a_wrong_size_in_the_header_is_found(tmp_path: Path, name: str, kind: str) -> None:
    path = writable_files.put(tmp_path, name)
    writable_files.write(path, tmp_path, SetField("title", ("Ebb",)))
    data = path.read_bytes()
    old = InMemoryFile(writable_files.whole(name))
    assert find_lost_items(path, (old, InMemoryFile(data)), kind) == []
    wrong = InMemoryFile(change_size(data, kind))
    assert find_lost_items(path, (old, wrong), kind) == ["size in the header"]


@each_row("name", ["dsf", "wma", "wav", "aiff"])
def test_a_size_that_was_wrong_is_corrected(tmp_path: Path, name: str) -> None:
    path = writable_files.put(tmp_path, name)
    kind = {"wma": "WMA"}.get(name, name.upper())
    path.write_bytes(change_size(path.read_bytes(), kind))
    writable_files.write(path, tmp_path, SetField("title", ("Ebb",)))
    new = InMemoryFile(path.read_bytes())
    assert find_lost_items(path, (new, new), kind) == []


def test_the_audio_of_a_wav_is_not_read_to_write_its_tags(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, size = tmp_path / "a.wav", 50_000_000
    whole = writable_files.whole("bare.wav")
    at = whole.index(b"data")
    data = whole[:at] + b"data" + struct.pack("<I", size)
    path.write_bytes(data[:4] + struct.pack("<I", len(data) + size - 8) + data[8:])
    os.truncate(path, len(data) + size)

    def save(path: Path) -> None:
        handle = os.open(path, os.O_RDWR)
        try:
            adapter.save_tags(path, handle, "WAV", TITLE, TagWriteOptions())
        finally:
            os.close(handle)

    assert metered(monkeypatch, save, path).bytes < 1_000_000


def test_wma_after_an_id3v2_tag_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.wma"
    path.write_bytes(data := tagging.id3v2(4) + writable_files.whole("wma"))
    with pytest.raises(ReadOnlyFormat, match="an ID3v2 tag precedes its header"):
        writable_files.write(path, tmp_path, SetField("title", ("Ebb",)))
    assert path.read_bytes() == data


def test_a_tag_that_mutagen_does_not_find_in_the_file_counts_as_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = writable_files.put(tmp_path, "wav")
    new = InMemoryFile(path.read_bytes())
    # mutagen and our parser accept the same chunks; no known file shows a difference
    monkeypatch.setattr(RiffListChunk, "subchunks", lambda _: [])
    assert "ID3 chunk" in find_lost_items(path, (new, new), "WAV")
