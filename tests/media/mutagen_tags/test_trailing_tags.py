"""Tags around the audio are found alike by readers and writers, and verified."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import os
import struct
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from mutagen import apev2

from mediakeep.errors import VerificationFailed
from mediakeep.media.audio import essence, tags
from mediakeep.media.audio.ape import ape_items
from mediakeep.media.audio.id3 import raw_frames
from mediakeep.media.mutagen_tags import adapter
from mediakeep.media.safewrite.write_tags import OtherTags, SetField, WriteRules
from mediakeep.media.undo import apply_undo
from mediakeep_samples.music import track_files
from tests.media import mutations_tags as tagging
from tests.media import writable_files
from tests.media.failing_writes import TITLE
from tests.sampling import each_row

_FLAGS_OFFSET = 12  # bytes from the end of an APEv2 tag


def clear_header_flag(tag: bytes) -> bytes:
    """Return an APEv2 tag whose footer does not declare its header."""
    at = len(tag) - _FLAGS_OFFSET
    (flags,) = struct.unpack_from("<I", tag, at)
    assert flags >> 31
    return tag[:at] + struct.pack("<I", flags & ~(1 << 31)) + tag[at + 4 :]


@each_row("name", ["wv", "ape", "mpc", "bare.mp3"])
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


def put_stacked(folder: Path) -> Path:
    """Write an MP3 with two ID3v2 tags, an APEv2 tag, Lyrics3 and ID3v1."""
    path, tag = folder / "a.mp3", apev2.APEv2()
    tag.update({"Title": "Low Tide", "X-OWN": "first"})
    file = BytesIO()
    tag.save(file)
    private = raw_frames.build_frame(b"PRIV", b"own\0kept", 0, 4)
    title = raw_frames.build_frame(b"TIT2", b"\3Low Tide", 0, 4)
    path.write_bytes(
        tagging.id3v2(3)
        + raw_frames.build_tag(title.raw + private.raw, 4)
        + track_files.read_seed_file("chord.mp3")
        + file.getvalue()
        + b"LYRICSBEGINwords000016LYRICS200"
        + tagging.id3v1()
    )
    return path


@pytest.mark.parametrize("other_tags", [OtherTags.UPDATE, OtherTags.LEAVE])
@pytest.mark.parametrize(
    ("item", "spoiled", "lost"),
    [
        (b"first", b"other", {"x-own", "apev2"}),
        (b"own\0kept", b"own\0lost", {"priv", "id3v2"}),
        (b"words", b"noise", {"data after the audio"}),
        (b"TAGLow Tide", None, {"id3v1"}),
    ],
)
def test_items_of_other_tags_are_compared(
    tmp_path: Path,
    music: Path,
    monkeypatch: pytest.MonkeyPatch,
    other_tags: OtherTags,
    item: bytes,
    spoiled: bytes | None,
    lost: set[str],
) -> None:
    path, rules = put_stacked(music), WriteRules(other_tags=other_tags)
    album = SetField("album", ("Ebb",))
    before, real = path.read_bytes(), adapter.save_tags

    def lose(original: Path, copy: int, *rest: Any) -> None:  # a bug of ours or of mutagen
        real(original, copy, *rest)
        data = Path(f"/dev/fd/{copy}").read_bytes()
        assert data.count(item) == 1
        new = data[:-128] if spoiled is None else data.replace(item, spoiled)
        os.pwrite(copy, new, 0)
        os.truncate(copy, len(new))

    with monkeypatch.context() as patch:
        patch.setattr(adapter, "save_tags", lose)
        with pytest.raises(VerificationFailed) as error:
            writable_files.write(path, tmp_path, album, rules=rules)
    assert any(name in str(error.value).lower() for name in lost)
    assert path.read_bytes() == before
    writable_files.write(path, tmp_path, album, rules=rules)
