"""Tags after the audio are found alike by readers and writers."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from mediakeep.media.audio import essence, tags
from mediakeep.media.audio.ape import ape_items
from mediakeep.media.safewrite.write_tags import SetField
from mediakeep.media.undo import apply_undo
from tests.media import mutations_tags as tagging
from tests.media import writable_files
from tests.media.failing_writes import TITLE

_FLAGS_OFFSET = 12  # bytes from the end of an APEv2 tag


def clear_header_flag(tag: bytes) -> bytes:
    """Return an APEv2 tag whose footer does not declare its header."""
    at = len(tag) - _FLAGS_OFFSET
    (flags,) = struct.unpack_from("<I", tag, at)
    assert flags >> 31
    return tag[:at] + struct.pack("<I", flags & ~(1 << 31)) + tag[at + 4 :]


@pytest.mark.parametrize("name", ["wv", "ape", "mpc", "bare.mp3"])
def test_an_apev2_header_without_its_flag_belongs_to_the_tag(tmp_path: Path, name: str) -> None:
    path, tag = writable_files.put(tmp_path, name), tagging.apev2_tag()
    data = path.read_bytes().removesuffix(tag)
    path.write_bytes(data + clear_header_flag(tag))
    before, audio = path.read_bytes(), essence.compute_audio_hash(path)
    assert tags.read(path).tags.artist == ("Velvet Harbour",)
    record = writable_files.write(path, tmp_path, TITLE, SetField("album", ("Moorings",))).record
    assert tags.read(path).tags.title == ("Ebb",)
    assert essence.compute_audio_hash(path) == audio
    after = path.read_bytes()
    new = after[after.index(b"APETAGEX") :]
    assert new.count(b"APETAGEX") == 2  # header and footer
    items = {item.name: item.value for item in ape_items.split_items(new)}
    assert (items["Title"], items["Album"]) == (b"Ebb", b"Moorings")
    assert apply_undo.apply_undo(writable_files.store(tmp_path), record)
    assert path.read_bytes() == before
