"""MP4 files that mutagen misreads or would damage are written, too, with correct offsets."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from mediakeep.media.audio import essence, tags
from mediakeep.media.bounded_file import InMemoryFile
from mediakeep.media.mutagen_tags import mp4_patch
from mediakeep.media.safewrite.write_tags import SetCover, SetField
from mediakeep.media.undo import apply_undo
from tests.media import writable_files
from tests.sampling import each_row

EDITS = [
    SetField("title", ("Ebb " * 2000,)),
    SetField("title", ("Ebb",)),
    SetCover(writable_files.PHOTO, "image/jpeg"),
]


def build_atom(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(data), name) + data


def insert(data: bytes, at: int, new: bytes, parents: list[bytes]) -> bytes:
    """Insert bytes behind the audio, into the parents of these names."""
    changed = bytearray(data)
    for name in parents:
        start = data.index(name) - 4
        (size,) = struct.unpack_from(">I", data, start)
        struct.pack_into(">I", changed, start, size + len(new))
    changed[at:at] = new
    return bytes(changed)


def add_quicktime_meta(data: bytes) -> bytes:
    """Add a `meta` atom without version to `moov`, before the tracks."""
    meta = build_atom(b"meta", build_atom(b"hdlr", bytes(8) + b"mdta" + bytes(13)))
    return insert(data, data.index(b"moov") + 4, meta, [b"moov"])


def end_with_zeros(data: bytes) -> bytes:
    """End `udta` with four zeros, as QuickTime does."""
    start = data.index(b"udta") - 4
    (size,) = struct.unpack_from(">I", data, start)
    return insert(data, start + size, bytes(4), [b"moov", b"udta"])


def add_trailer(data: bytes) -> bytes:
    return data + b"TAG" + bytes(125)


def extend_moov_to_end(data: bytes) -> bytes:
    """Remove the size of the last atom."""
    start = data.index(b"moov") - 4
    return data[:start] + bytes(4) + data[start + 4 :]


def lead_behind_audio(data: bytes) -> bytes:
    """Let the offset of the last chunk lead to the last byte of the tags, as if audio followed."""
    table = data.index(b"stco") + 8
    (count,) = struct.unpack_from(">I", data, table)
    last = table + 4 * count
    return data[:last] + struct.pack(">I", len(data) - 1) + data[last + 4 :]


def keep(data: bytes) -> bytes:
    return data


@each_row(
    ("change", "is_parsed"),
    [
        (keep, True),
        (add_quicktime_meta, False),
        (end_with_zeros, False),
        (add_trailer, False),
        (extend_moov_to_end, False),
        (lead_behind_audio, True),
    ],
)
def test_tags_are_written_and_undone(
    tmp_path: Path, change: Callable[[bytes], bytes], is_parsed: bool
) -> None:
    path = writable_files.put(tmp_path, "m4a")
    data = path.read_bytes()
    assert data.index(b"mdat") < data.index(b"moov")
    path.write_bytes(data := change(data))
    source = InMemoryFile(data)
    assert mp4_patch.is_parsed_by_mutagen(source) == is_parsed
    assert mp4_patch.has_offsets_outside_audio(source) == (change is lead_behind_audio)
    audio, before = essence.compute_audio_hash(path), tags.read(path)
    for edit in EDITS:
        held = path.read_bytes()
        record = writable_files.write(path, tmp_path, edit).record
        assert essence.compute_audio_hash(path) == audio
        assert apply_undo.apply_undo(writable_files.store(tmp_path), record)
        assert path.read_bytes() == held
        writable_files.write(path, tmp_path, edit)
    after = tags.read(path)
    assert (after.tags.title, after.tags.artist) == (("Ebb",), before.tags.artist)
    assert after.tags.pictures[0].size == len(writable_files.PHOTO)


@pytest.mark.parametrize("is_parsed", [True, False])
def test_audio_behind_the_tags_is_found_at_its_new_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_parsed: bool
) -> None:
    """Both ways of writing move the audio and its offsets alike."""
    path = writable_files.put(tmp_path, "front.m4a")
    audio = essence.compute_audio_hash(path)
    monkeypatch.setattr(mp4_patch, "is_parsed_by_mutagen", lambda _: is_parsed)  # to compare them
    for edit in EDITS:
        writable_files.write(path, tmp_path, edit)
        assert essence.compute_audio_hash(path) == audio
