"""The essence of a file changes with its audio, and with nothing else."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from random import Random
from typing import Any

import mutagen
import pytest
from mutagen import id3
from mutagen.apev2 import APEv2
from mutagen.asf import ASFTags
from mutagen.flac import FLAC, Picture
from mutagen.mp4 import MP4Cover, MP4Tags

from mediakeep.errors import NotAudio, Unreadable
from mediakeep.media.audio import essence, formats, tags
from mediakeep.media.bounded_file import BoundedFile
from mediakeep_samples.music import track_files
from tests.media import mutations_sounds as small
from tests.music import shelf
from tests.sampling import each_row

COMMON = [f"{name}.{suffix}" for name in ("bell", "chord") for suffix in shelf.FORMATS]
RARE = [
    "flac.oga",
    "speex.ogg",
    "wma",
    "wav",
    "aiff",
    "dsf",
    "ape",
    "wv",
    "mpc",
    "seven.mpc",
    "tta",
]
NAMES = [*COMMON, *RARE, "aac", "tail.mp3", "tagged.flac", "vbri.mp3"]
NOISE = Random("sound").randbytes(1500)  # the sound of the small files
LONG, IMAGE = "A Very Long Title " * 90, Random("picture").randbytes(300_000)


def put(folder: Path, name: str) -> Path:
    path = folder / f"a.{name.rpartition('.')[2]}"
    path.write_bytes(track_files.read_seed_file(name) if name in COMMON else small.whole(name))
    return path


def payload(path: Path) -> int:
    with path.open("rb") as handle:
        kind, _ = formats.detect_format(handle, path.suffix) or pytest.fail("no audio")
        return tags.check_stream(BoundedFile(handle.fileno(), path.stat().st_size), kind).payload


def retag(path: Path) -> None:
    """Write a long title and a large picture as native tags."""
    audio: Any = id3.ID3(path) if path.suffix == ".aac" else mutagen.File(path)
    tags = audio if isinstance(audio, id3.ID3) else audio.tags
    if tags is None:
        audio.add_tags()
        tags = audio.tags
    if isinstance(tags, id3.ID3):
        tags.add(id3.TIT2(encoding=3, text=[LONG]))
        tags.add(id3.APIC(encoding=3, mime="image/jpeg", type=3, desc="", data=IMAGE))
    elif isinstance(tags, MP4Tags):
        tags["\xa9nam"], tags["covr"] = [LONG], [MP4Cover(IMAGE)]
    elif isinstance(tags, APEv2):
        tags["Title"], tags["Cover Art (Front)"] = LONG, b"cover.jpg\0" + IMAGE
    elif isinstance(tags, ASFTags):
        tags["Title"] = [LONG]
        tags["WM/Picture"] = [b"\3" + len(IMAGE).to_bytes(4, "little") + bytes(4) + IMAGE]
    else:
        tags["title"] = [LONG]
        picture = Picture()
        picture.data = IMAGE
        if isinstance(audio, FLAC):
            audio.add_picture(picture)
        else:
            tags["metadata_block_picture"] = [base64.b64encode(picture.write()).decode()]
    audio.save(path)


def strip(path: Path) -> None:
    """Remove all tags."""
    audio: Any = id3.ID3(path) if path.suffix == ".aac" else mutagen.File(path)
    if isinstance(audio, FLAC):
        audio.clear_pictures()
        audio.save()
    audio.delete()


@each_row("name", NAMES)
def test_tags_and_pictures_do_not_touch_the_essence(tmp_path: Path, name: str) -> None:
    path = put(tmp_path, name)
    before = essence.compute_audio_hash(path), payload(path)
    retag(path)
    assert path.stat().st_size > len(IMAGE)
    assert (essence.compute_audio_hash(path), payload(path)) == before
    strip(path)
    assert path.stat().st_size < len(IMAGE)
    assert (essence.compute_audio_hash(path), payload(path)) == before


def sounding(data: bytes, name: str) -> int:
    """Return an offset in the middle of the audio."""
    if name.endswith("m4a"):
        return data.index(b"mdat") + 600
    if (place := data.find(NOISE[20:50])) >= 0:
        return place + 9
    return len(data.partition(b"APETAGEX")[0]) - 300


@each_row("name", NAMES)
def test_one_flipped_bit_of_the_sound_changes_the_essence(tmp_path: Path, name: str) -> None:
    path = put(tmp_path, name)
    before, data = essence.compute_audio_hash(path), bytearray(path.read_bytes())
    data[sounding(bytes(data), name)] ^= 0x10
    path.write_bytes(data)
    assert essence.compute_audio_hash(path) != before


@each_row("name", NAMES)
def test_a_file_without_its_end_has_another_essence(tmp_path: Path, name: str) -> None:
    path = put(tmp_path, name)
    before, data = essence.compute_audio_hash(path), path.read_bytes()
    path.write_bytes(data[: sounding(data, name) + 9])
    assert essence.compute_audio_hash(path) != before


def test_different_sounds_have_different_essences(tmp_path: Path) -> None:
    found = [essence.compute_audio_hash(put(tmp_path, name)) for name in COMMON]
    assert len(set(found)) == len(COMMON)
    assert {len(each) for each in found} == {len("sha256:") + 64}


@each_row("seed", ["bell", "chord"])
def test_a_table_that_points_beside_the_sound_changes_the_essence(
    tmp_path: Path, seed: str
) -> None:
    path = put(tmp_path, f"{seed}.m4a")
    before, data = essence.compute_audio_hash(path), bytearray(path.read_bytes())
    data[data.index(b"stco") + 15] ^= 1
    path.write_bytes(data)
    assert essence.compute_audio_hash(path) != before


@each_row(("name", "mark"), [("bell.ogg", b"\5vorbis"), ("bell.opus", b"OpusHead")])
def test_what_a_decoder_must_know_belongs_to_the_essence(
    tmp_path: Path, name: str, mark: bytes
) -> None:
    path = put(tmp_path, name)
    before, data = essence.compute_audio_hash(path), bytearray(path.read_bytes())
    data[data.index(mark) + 12] ^= 1
    path.write_bytes(data)
    assert essence.compute_audio_hash(path) != before


@each_row("place", [6, 26, 27])
def test_the_frame_of_a_page_of_sound_belongs_to_the_essence(tmp_path: Path, place: int) -> None:
    path = put(tmp_path, "bell.ogg")
    before, data = essence.compute_audio_hash(path), bytearray(path.read_bytes())
    data[data.rindex(b"OggS") + place] ^= 1
    path.write_bytes(data)
    assert essence.compute_audio_hash(path) != before


def test_the_number_and_the_sum_of_a_page_do_not_belong_to_the_essence(tmp_path: Path) -> None:
    path = put(tmp_path, "bell.ogg")
    before, data = essence.compute_audio_hash(path), bytearray(path.read_bytes())
    data[data.rindex(b"OggS") + 18] ^= 1
    data[data.rindex(b"OggS") + 22] ^= 1
    path.write_bytes(data)
    assert essence.compute_audio_hash(path) == before


def test_a_large_file_is_hashed_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    frames = bytes.fromhex("fffb9064") + bytes(413)
    path.write_bytes(frames * 8000)
    whole = essence.compute_audio_hash(path)
    for at in (5, 1 << 20, (1 << 20) - 1, 417 * 8000 - 1):
        with path.open("r+b") as handle:
            handle.seek(at)
            handle.write(b"\x55")
        assert essence.compute_audio_hash(path) != whole
        whole = essence.compute_audio_hash(path)


REFUSED = {
    "nothing.mp3": b"",
    "text.ogg": b"This is no sound at all. " * 9,
    "short.flac": b"fLaC\0\0\0\x22",
    "header.dsf": b"DSD ",
    "tags.mp3": b"ID3\x04\0\0\0\0\0\x0a" + bytes(10),
    "brief.m4a": b"\0\0\0\x08ftyp",
    "list.wav": b"RIFF\x04\0\0\0WAVE",
}


@each_row("name", REFUSED)
def test_a_file_without_sound_has_no_essence(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(REFUSED[name])
    with pytest.raises(NotAudio, match=name):
        essence.compute_audio_hash(path)


def test_a_file_that_cannot_be_opened_has_no_essence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mp3")
    for path in (tmp_path / "gone.mp3", tmp_path, tmp_path / "a.mp3"):
        with pytest.raises(Unreadable):
            essence.compute_audio_hash(path)


def test_a_disk_that_fails_while_reading_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, "bell.mp3")

    def fail(*_: object) -> bytes:  # no real disk can be made to fail
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pread", fail)
    with pytest.raises(Unreadable, match="Input/output error"):
        essence.compute_audio_hash(path)


def test_a_time_limit_of_the_caller_passes_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, "bell.mp3")

    def late(*_: object) -> bytes:  # an alarm would make the test wait
        raise TimeoutError

    monkeypatch.setattr(os, "pread", late)
    with pytest.raises(TimeoutError):
        essence.compute_audio_hash(path)
