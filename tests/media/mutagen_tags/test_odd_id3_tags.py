"""Tags that other programs wrote wrongly are right after a write, for all readers."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import importlib
import struct
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from mutagen import id3

from mediakeep.media.audio import tags
from mediakeep.media.audio.id3 import raw_frames
from mediakeep.media.mutagen_tags import id3_frames
from mediakeep.media.safewrite.write_tags import Id3Version, SetCover, SetField, WriteRules
from mediakeep.media.undo import apply_undo
from mediakeep_samples.music import track_files
from tests.media import writable_files

taglib: Any = None  # only installed with the extra "slow"
with suppress(ImportError):
    taglib = importlib.import_module("taglib")

TITLE = SetField("title", ("Ebb",))
VERSIONS = pytest.mark.parametrize("version", list(Id3Version))


def plain_frame(name: bytes, content: bytes) -> bytes:
    """Build a frame whose size is a plain number, as in 2.3."""
    return name + struct.pack(">IH", len(content), 0) + content


def put(folder: Path, tag: bytes) -> Path:
    path = folder / "a.mp3"
    path.write_bytes(tag + track_files.read_seed_file("bell.mp3"))
    return path


def write(path: Path, home: Path, version: Id3Version, *edits: SetField | SetCover) -> None:
    """Write tags, undo that, and write them again."""
    before = path.read_bytes()
    rules = WriteRules(id3=version)
    record = writable_files.write(path, home, *(edits or (TITLE,)), rules=rules).record
    assert apply_undo.apply_undo(writable_files.store(home), record)
    assert path.read_bytes() == before
    writable_files.write(path, home, *(edits or (TITLE,)), rules=rules)


def agree(path: Path, expected: dict[str, str]) -> None:
    """Check that our reader, mutagen and, if it is installed, TagLib read these texts."""
    ours, theirs = tags.read(path).raw, id3.ID3(path, translate=False)
    names = {"TIT2": "TITLE", "TALB": "ALBUM", "TPE1": "ARTIST", "TPE2": "ALBUMARTIST"}
    for frame, text in expected.items():
        assert ours[frame] == [text], frame
        assert [str(one) for one in theirs[frame].text] == [text], frame
        if taglib:
            with taglib.File(path) as file:
                assert file.tags[names[frame]] == [text], frame


@VERSIONS
def test_frame_sizes_of_2_4_that_itunes_wrote_as_plain_numbers(
    tmp_path: Path, version: Id3Version
) -> None:
    album = "Low Tide " * 30  # more than 127 bytes, so that the two kinds of size differ
    body = plain_frame(b"TALB", b"\3" + album.strip().encode())
    body += plain_frame(b"APIC", b"\0image/jpeg\0\3\0" + writable_files.PHOTO)
    body += plain_frame(b"TPE1", b"\3" + b"Anna " * 40 + b"Vera")
    body += plain_frame(b"TIT2", b"\3old")
    path = put(tmp_path, raw_frames.build_tag(body + bytes(100), 4))
    assert tags.read(path).tags.album == (album.strip(),)
    write(path, tmp_path, version)
    agree(path, {"TIT2": "Ebb", "TALB": album.strip(), "TPE1": "Anna " * 40 + "Vera"})
    (picture,) = id3.ID3(path).getall("APIC")
    assert picture.data == writable_files.PHOTO
    assert tags.read(path).tags.pictures[0].size == len(writable_files.PHOTO)


@VERSIONS
@pytest.mark.parametrize("claimed", [3, 4])
def test_a_false_claim_of_unsynchronisation_costs_no_byte_of_a_picture(
    tmp_path: Path, claimed: int, version: Id3Version
) -> None:
    photo = b"\xff\xd8\xff\xe0" + b"\xff\0\xff\xd9" * 500  # loses bytes if zeros are removed
    frames = [
        (b"TIT2", b"\0old"),
        (b"APIC", b"\0image/jpeg\0\3\0" + photo),
        (b"TALB", b"\0Moorings"),
    ]
    body = b"".join(raw_frames.build_frame(*frame, 0, claimed).raw for frame in frames)
    path = put(tmp_path, raw_frames.build_tag(body + bytes(64), claimed, 0x80))
    assert tags.read(path).tags.pictures[0].size == len(photo)
    write(path, tmp_path, version)
    agree(path, {"TIT2": "Ebb", "TALB": "Moorings"})
    (picture,) = id3.ID3(path).getall("APIC")
    assert picture.data == photo
    assert tags.read(path).tags.pictures[0].size == len(photo)


@VERSIONS
@pytest.mark.parametrize("held", [3, 4])
def test_frames_without_content_hide_no_other_frame(
    tmp_path: Path, held: int, version: Id3Version
) -> None:
    """iTunes 8.1 wrote such frames; TagLib reads nothing behind them."""
    frames = [(b"TPE2", b""), (b"TIT2", b"\0old"), (b"TCOM", b""), (b"TALB", b"\0Moorings")]
    body = b"".join(raw_frames.build_frame(*frame, 0, held).raw for frame in frames)
    path = put(tmp_path, raw_frames.build_tag(body + bytes(64), held))
    write(path, tmp_path, version, TITLE, SetField("albumartist", ("Vera",)))
    agree(path, {"TIT2": "Ebb", "TALB": "Moorings", "TPE2": "Vera"})


def test_the_rest_of_a_truncated_title_does_not_join_the_new_one(tmp_path: Path) -> None:
    body = b"TIT2" + struct.pack(">IH", 900, 0) + b"\0title" + bytes(200)
    path = put(tmp_path, raw_frames.build_tag(body, 3))
    write(path, tmp_path, Id3Version.KEEP)
    agree(path, {"TIT2": "Ebb"})


@pytest.mark.long
@VERSIONS
def test_a_tag_of_more_frames_than_anyone_writes_is_written_or_refused_quickly(
    tmp_path: Path, version: Id3Version
) -> None:
    body = plain_frame(b"PRIV", b"a\0b") * 3_000
    path = put(tmp_path, raw_frames.build_tag(body, 3))
    writable_files.write(path, tmp_path, TITLE, rules=WriteRules(id3=version))
    assert tags.read(path).container == "ID3v2.3"
    assert path.read_bytes().count(b"PRIV\0\0\0\3\0\0a\0b") == 3_000


def test_a_compressed_frame_is_not_given_to_mutagen_which_would_decompress_it_all() -> None:
    bomb = zlib.compress(b"\0" + b"A" * 50_000_000)
    frame = raw_frames.build_frame(b"COMM", struct.pack(">I", 9) + bomb, 0x80, 3)
    assert id3_frames.parse_frame(frame, 3) is None
    tag = id3_frames.load_tag(raw_frames.build_tag(frame.raw, 3))
    assert tag is not None
    assert not tag.keys()
