"""Truncated and protected files are detected, and complete ones are not reported."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mediakeep.errors import NotAudio, Truncated, Unreadable
from mediakeep.media.audio import formats, tags
from mediakeep.media.audio.formats import AudioFormat
from mediakeep.media.audio.tags import StreamCheck
from mediakeep.media.bounded_file import BoundedFile
from mediakeep_samples.music import track_files
from tests.media import mutations_sounds as small
from tests.music import shelf
from tests.sampling import each_row

COMMON = [f"{name}.{suffix}" for name in track_files.SOUND_NAMES for suffix in shelf.FORMATS]
SUMS = 120  # bytes from the mark of a Xing header to LAME's part
ID3V1 = b"TAG" + bytes(124) + b"\xff"
APE = b"APETAGEX" + bytes.fromhex("d0070000 20000000 00000000 00000000") + bytes(8)
KINDS = {kind.name: kind for kind in vars(formats).values() if isinstance(kind, AudioFormat)}


def examined(folder: Path, data: bytes, suffix: str) -> StreamCheck:
    """Check the audio stream of a file with this content."""
    path = folder / f"a.{suffix.rpartition('.')[2]}"
    path.write_bytes(data)
    with path.open("rb") as handle:
        found = formats.detect_format(handle, path.suffix)
        assert found
        return tags.check_stream(BoundedFile(handle.fileno(), len(data)), found[0])


def whole(name: str) -> bytes:
    """A seed, or one of the small files of every format."""
    return track_files.read_seed_file(name) if name in COMMON else small.whole(name)


def long_mp3(name: str = "bell.mp3", *, times: int = 20) -> bytes:
    """An MP3 whose frames are repeated, with the sums in its first frame put right."""
    seed = track_files.read_seed_file(name)
    mark = max(seed.find(b"Xing"), seed.find(b"Info"))
    second = seed.index(seed[:2], 4)
    data = bytearray(seed[:second] + seed[second:] * times)
    for place in (mark + 12, mark + SUMS + 28):
        data[place : place + 4] = len(data).to_bytes(4, "big")
    return bytes(data)


@each_row("name", [*COMMON, *small.SOUNDS])
def test_a_whole_file_is_neither_cut_off_nor_locked(tmp_path: Path, name: str) -> None:
    data = whole(name)
    found = examined(tmp_path, data, name)
    assert (found.truncated, found.protected) == ("", "")
    assert 0 < found.payload <= len(data)


TOLD = [  # bytes removed from the end, and the expected reason
    ("bell.flac", 2, "within its last frame"),
    ("chord.flac", 4500, "it ends at 0:00 of 0:01"),
    ("tagged.flac", 3000, "it ends at 0:00 of 0:01"),
    ("bell.m4a", 2, "it holds 4,361 of 4,363 bytes"),
    ("bell.m4a", 2000, "it holds 2,363 of"),
    ("chord.m4a", 300, "it holds 4,788 of"),
    ("bell.ogg", 2, "its last page is truncated"),
    ("chord.ogg", 3000, "its last page is truncated"),
    ("drops.opus", 2, "its last page is truncated"),
    ("chord.opus", 2000, "its last page is truncated"),
    ("flac.oga", 700, "its last page is truncated"),
    ("speex.ogg", 700, "its last page is truncated"),
    ("wma", 5, "it holds 895 of 900 bytes"),
    ("wma", 450, "it holds 450 of 900 bytes"),
    ("dsf", 1, "its last byte is missing"),
    ("dsf", 2, "it holds"),
    ("dsf", 3500, "it holds"),
]


@each_row(("name", "lost", "told"), TOLD)
def test_a_file_that_lost_its_end_says_so(tmp_path: Path, name: str, lost: int, told: str) -> None:
    assert told in examined(tmp_path, whole(name)[:-lost], name).truncated


def without_tags(name: str) -> tuple[bytes, bytes]:
    """The sound of a file, and the tags behind it."""
    data = small.whole(name)
    at = data.index(b"APETAGEX")
    return data[:at], data[at:]


@each_row(
    ("name", "lost", "told"),
    [
        ("ape", 10, "it holds 1,574 of 1,584 bytes"),
        ("ape", 800, "it holds 784 of 1,584 bytes"),
        ("wv", 10, "its last block is truncated"),
        ("wv", 432, "it ends at"),
        ("wv", 700, "its last block is truncated"),
        ("mpc", 2, "its stream does not end"),
        ("mpc", 60, "its stream does not end"),
    ],
)
@each_row("behind", ["nothing", "its tags", "ID3v1"])
def test_tags_behind_do_not_hide_a_lost_end(
    tmp_path: Path, name: str, lost: int, told: str, behind: str
) -> None:
    data, tags = without_tags(name)
    tags = {"nothing": b"", "its tags": tags, "ID3v1": ID3V1}[behind]
    assert told in examined(tmp_path, data[:-lost] + tags, name).truncated
    assert examined(tmp_path, data + tags, name).truncated == ""


@each_row("lost", [10_000, 25_000, 80_000])
@each_row("behind", [b"", ID3V1, APE, APE + ID3V1], ids=len)
@each_row("before", [b"", b"ID3\x04\0\0\0\0\x0f\x00" + bytes(15 << 7)], ids=len)
@each_row("seed", ["bell.mp3", "chord.mp3", "drops.mp3"])
def test_an_mp3_is_held_to_the_promise_in_its_first_frame(
    tmp_path: Path, seed: str, before: bytes, behind: bytes, lost: int
) -> None:
    data = long_mp3(seed, times=40)
    found = examined(tmp_path, before + data[: max(600, len(data) - lost)] + behind, "mp3")
    assert found.truncated == f"it holds {found.payload:,} of {len(data):,} bytes"
    healthy = examined(tmp_path, before + data + behind, "mp3")
    assert healthy == StreamCheck(len(data))


@each_row("lost", [1, 400, 4000])
def test_up_to_four_kilobytes_of_an_mp3_are_not_missed(tmp_path: Path, lost: int) -> None:
    assert examined(tmp_path, long_mp3()[:-lost], "mp3").truncated == ""


@each_row("suffix", ["wav", "aiff"])
def test_samples_that_are_missing_are_counted(tmp_path: Path, suffix: str) -> None:
    data, name = small.whole(suffix), b"data" if suffix == "wav" else b"SSND"
    start = data.index(name) + 8
    for kept in (0, 10, 750, 1400):
        told = examined(tmp_path, data[: start + kept], suffix).truncated
        assert told.startswith(f"it holds {kept:,} of 1,50")
    assert examined(tmp_path, data[: start + 1490], suffix).truncated == ""


@each_row("name", ["seven.mpc", "aac", "old.ape"])
def test_nothing_tells_the_length_of_some_formats(tmp_path: Path, name: str) -> None:
    assert examined(tmp_path, small.whole(name)[:-900], name).truncated == ""


HEADERS = [  # size of a file cut within its headers, and the expected reason
    ("bell.flac", 60, "within its headers"),
    ("bell.m4a", 40, "a part without which it cannot be played is missing"),
    ("bell.m4a", 90, "it holds 90 of"),
    ("chord.m4a", 40, "it holds 40 of"),
    ("bell.ogg", 58, "its stream does not end"),
    ("bell.ogg", 300, "its last page is truncated"),
    ("chord.opus", 60, "its last page is truncated"),
    ("wav", 30, "it holds 30 of"),
    ("aiff", 30, "it holds 30 of"),
    ("wma", 200, "within its headers"),
    ("mp3", 200, "its tags take"),
    ("ape", 60, "it holds 60 of"),
    ("mpc", 20, "its stream does not end"),
    ("dsf", 92, "it holds 92 of"),
]


@each_row(("name", "kept", "told"), HEADERS)
def test_a_file_that_ends_within_its_headers_is_known_by_them(
    tmp_path: Path, name: str, kept: int, told: str
) -> None:
    path = tmp_path / "a"
    path.write_bytes(whole(name)[:kept])
    with path.open("rb") as handle:
        kind, _ = formats.detect_format(handle, "." + name.rpartition(".")[2]) or (
            formats.MP3,
            False,
        )
        assert told in tags.truncation_reason(BoundedFile(handle.fileno(), kept), kind)


def test_a_flac_whose_metadata_lie_about_their_size_is_damaged_not_cut(tmp_path: Path) -> None:
    data = bytearray(track_files.read_seed_file("chord.flac"))
    at = 4 + 4 + 34  # the second block
    data[at + 1 : at + 4] = b"\x7f\xff\xff"
    assert examined(tmp_path, bytes(data), "flac").truncated == ""


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(old, new, 1)


@each_row(
    ("entry", "scheme"),
    [(b"drms", "FairPlay"), (b"enca", "Common Encryption"), (b"aavd", "Audible")],
)
@each_row("name", ["bell.m4a", "m4a"])
def test_locked_mp4_names_its_lock(tmp_path: Path, name: str, entry: bytes, scheme: str) -> None:
    at = whole(name).index(b"mp4a", whole(name).index(b"stsd"))
    data = whole(name)[:at] + entry + whole(name)[at + 4 :]
    assert examined(tmp_path, data, "m4p") == StreamCheck(
        examined(tmp_path, whole(name), "m4a").payload, protected=scheme
    )


def test_a_title_that_is_called_like_a_lock_locks_nothing(tmp_path: Path) -> None:
    from mutagen.mp4 import MP4

    path = tmp_path / "a.m4a"
    path.write_bytes(track_files.read_seed_file("bell.m4a"))
    audio: Any = MP4(path)
    audio["\xa9nam"] = ["stsd" + "\0" * 12 + "drms"]
    audio.save()
    assert examined(tmp_path, path.read_bytes(), "m4a").protected == ""


@each_row(
    ("guid", "scheme"),
    [
        ("fbb3112223bdd211b4b700a0c955fc6e", "Windows Media DRM"),
        ("14e68a292226174cb935dae07ee9289c", "Windows Media DRM"),
        ("338505438169e6499b74ad12cb86d58c", "PlayReady"),
    ],
)
def test_locked_wma_names_its_lock(tmp_path: Path, guid: str, scheme: str) -> None:
    data = small.whole("wma")
    extra = bytes.fromhex(guid) + (24 + 8).to_bytes(8, "little") + bytes(8)
    size = int.from_bytes(data[16:24], "little") + len(extra)
    data = data[:16] + size.to_bytes(8, "little") + data[24:30] + extra + data[30:]
    found = examined(tmp_path, data, "wma")
    assert found == StreamCheck(900, protected=scheme)


def test_being_cut_off_is_a_way_of_being_no_audio() -> None:
    error = Truncated("a.flac", "it ends within its headers")
    assert isinstance(error, NotAudio)
    assert isinstance(error, Unreadable)
    assert str(error) == "a.flac is truncated: it ends within its headers."


@each_row("kind", KINDS.values(), ids=KINDS)
def test_a_disk_that_fails_is_not_taken_for_a_fault_of_the_file(
    tmp_path: Path, kind: AudioFormat
) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(5000))
    with path.open("rb") as handle:
        closed = os.dup(handle.fileno())
        os.dup2(os.open(tmp_path, os.O_RDONLY), handle.fileno())  # a folder cannot be read
        with pytest.raises(OSError, match="directory"):
            tags.check_stream(BoundedFile(handle.fileno(), 5000), kind)
        os.dup2(closed, handle.fileno())
