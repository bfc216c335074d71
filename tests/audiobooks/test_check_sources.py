"""Unusable files of a book are all named before any long work."""

from __future__ import annotations

import os
import pickle
import re
import stat
import time
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from mediakeep.audiobooks.sources import check_sources, find_books
from mediakeep.audiobooks.sources.check_sources import CheckedFile, SourceLimits
from mediakeep.errors import NotAudio, SourcesRefused
from mediakeep.media import open_file
from tests.audiobooks import books
from tests.media import encoded
from tests.media.encoding import sounds
from tests.sampling import each_row

COPY = "Copy or download it again, or move it out of the folder."
REPLACE = "Replace it, or move it out of the folder."
HEADER = "it is not audio: its header or its tags are damaged or truncated"

Make = Callable[[Path, "Seeds"], object]


class Seeds:
    """The bytes of usable files, by their kind."""

    def __init__(self, folder: Path) -> None:
        for name in ("cbr.mp3", "aac.m4a", "16.flac", "16.wav", "a.opus"):
            suffix = name.rpartition(".")[2]
            setattr(self, suffix, encoded.write(folder / name, name).read_bytes())
        self.path = folder / "cbr.mp3"

    mp3: bytes
    m4a: bytes
    flac: bytes
    wav: bytes
    opus: bytes


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Seeds:
    return Seeds(tmp_path_factory.mktemp("seeds"))


def write(content: Callable[[Seeds], bytes]) -> Make:
    return lambda path, seeds: path.write_bytes(content(seeds))


def text(content: bytes) -> Make:
    return lambda path, _: path.write_bytes(content)


def write_video(path: Path, _: Seeds) -> None:
    with av.open(str(path), "w", format="mp4") as output:
        stream = output.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        frames = [av.VideoFrame(64, 64, "yuv420p") for _ in range(5)]
        for frame in (*frames, None):
            output.mux(stream.encode(frame))


def truncate_tagged(seeds: Seeds) -> bytes:
    title = b"TIT2\0\0\0\4\0\0\3One"
    return b"ID3\4\0\0\0\0\0" + bytes([len(title)]) + title + seeds.mp3[: len(seeds.mp3) // 2]


def link_outside(path: Path, seeds: Seeds) -> None:
    path.symlink_to(seeds.path)


def link_folder_outside(path: Path, seeds: Seeds) -> None:
    path.symlink_to(seeds.path.parent)


def link_twice(path: Path, _: Seeds) -> None:
    path.hardlink_to(path.parent / "0.mp3")


HOSTILE: list[tuple[str, Make, str, str]] = [
    ("a.mp3", text(b""), "it is empty", COPY),
    ("a.mp3", text(b"<!DOCTYPE html><html>404"), "it is not audio: it seems to be a web page", ""),
    ("a.mp3", text(b"Chapter one\n" * 9), "it is not audio: it seems to be text", REPLACE),
    ("a.mp3", text(b"#EXTM3U\n1.mp3\n"), "it is not audio: it seems to be text", REPLACE),
    ("a.mp3", text(b"PK\3\4" + b"\xee" * 99), "it is not audio: it seems to be a ZIP archive", ""),
    ("a.mp3", text(b"\xff\xd8\xff" * 9), "it is not audio: it seems to be a JPEG picture", ""),
    ("a.mp3", text(bytes(5000)), "it is not audio: it seems to be zero bytes only: an unf", ""),
    ("a.mp3", text(b"\x1aE\xdf\xa3" * 99), "it seems to be a Matroska or WebM film", REPLACE),
    ("a.mp3", text(b"Salted__" + b"\xee\1" * 99), "it seems to be encrypted data", REPLACE),
    ("a.mp3", text(b"\x1f\x8b\x08" + b"\xee\1" * 99), "it seems to be a gzip archive", ""),
    ("a.mp3", text(b"\xee\1\2" * 9000), HEADER, REPLACE),
    ("a.mp3", text(b"ID3\4\0\0\0\0\x08\0" + bytes(1024)), HEADER, REPLACE),
    ("a.mp3", text(b"ID3\4\0\0\x7f\x7f\x7f\x7f" + bytes(99)), "it is truncated: its tags take", ""),
    ("a.mp3", write(lambda one: one.mp3[: len(one.mp3) // 2]), "it is truncated: it holds", COPY),
    (
        "a.mp3",
        write(lambda one: one.mp3[:400] + b"\xee\1" * 13000),
        "it cannot be decoded:",
        REPLACE,
    ),
    ("a.mp3", write(truncate_tagged), "it is truncated: it holds", COPY),
    ("a.m4a", write(lambda one: one.m4a[: len(one.m4a) // 2]), "it is truncated: it holds", COPY),
    ("a.m4a", write(lambda one: one.m4a[:20]), "it is truncated: it holds 20 of 28 bytes", COPY),
    ("a.m4a", write_video, "it is a video without audio", REPLACE),
    ("a.m4p", write(lambda one: one.m4a.replace(b"mp4a", b"drms", 1)), "DRM (FairPlay)", ""),
    ("a.aax", write(lambda one: one.m4a.replace(b"mp4a", b"aavd", 1)), "DRM (Audible)", ""),
    ("a.aa", text(b"\0\0\x10\0\x57\x90\x75\x36" + b"\1\xee" * 99), "it is protected by DRM", ""),
    ("a.flac", write(lambda one: one.flac[:100]), "it is truncated: it ends within its head", COPY),
    ("a.flac", write(lambda one: one.flac[:-9000]), "it is truncated: it ends at 0:01", COPY),
    ("a.opus", write(lambda one: one.opus[:60]), "it is truncated: its last page", COPY),
    ("a.wav", write(lambda one: one.wav[:1000]), "it is truncated: it holds 922 of 354,816", COPY),
    ("a.wav", lambda path, _: sounds.write_wav(path, b""), "it contains no samples", REPLACE),
    ("a.wav", lambda path, _: sounds.write_wav(path, b"12" * 99, 1, 1), "sample rate is 1 Hz", ""),
    ("a.wav", lambda path, _: sounds.write_wav(path, b"1" * 8000, 8000, 40), "has 40 channels", ""),
    ("a.mp3.part", write(lambda one: one.mp3), "it is an unfinished download", "Finish the down"),
    ("a.mp3.crdownload", write(lambda one: one.mp3), "it is an unfinished download", ""),
    ("a.mp3", lambda path, _: os.mkfifo(path), "it is a named pipe, not a file", "Move it out"),
    (
        "a.mp3",
        lambda path, _: os.mknod(path, stat.S_IFSOCK | 0o600),
        "it is a socket, not a file",
        "Move it out of the folder.",
    ),
    (
        "a.mp3",
        lambda path, _: path.symlink_to("/dev/zero"),
        "it leads out of the folder, to /d",
        "",
    ),
    ("a.mp3", link_outside, "it leads out of the folder, to ", "Copy what it links to into the"),
    ("CD 2", link_folder_outside, "cbr.mp3: it leads out of the folder", ""),
    ("a.mp3", lambda path, _: path.symlink_to("none.mp3"), "No such file or directory", ""),
    ("a.mp3", lambda path, _: path.symlink_to("a.mp3"), "Too many levels of symbolic links", ""),
    ("CD 2", lambda path, _: path.symlink_to("CD 2"), "Too many levels of symbolic links", ""),
    ("a.mp3", link_twice, "it is the same file as 0.mp3", "Remove one of the two links or names."),
    ("a.mp3", lambda path, _: path.symlink_to("0.mp3"), "it is the same file as 0.mp3", ""),
]


@each_row(("name", "make", "cause", "cure"), HOSTILE, ids=str)
def test_each_hostile_file_is_named(
    tmp_path: Path, seeds: Seeds, name: str, make: Make, cause: str, cure: str
) -> None:
    (tmp_path / "0.mp3").write_bytes(seeds.mp3)
    make(tmp_path / name, seeds)
    listed = find_books.list_sources([tmp_path])
    with pytest.raises(SourcesRefused) as refused:
        check_sources.check_sources([tmp_path], listed.files)
    shown = str(refused.value)
    assert [part for part in (name, cause, cure) if part not in shown] == [], shown
    assert shown.isprintable()
    assert "_Unusable" not in shown


def check(folder: Path, limits: SourceLimits | None = None) -> list[CheckedFile]:
    files = sorted(find_books.list_sources([folder]).files)
    return list(check_sources.check_sources([folder], files, limits).files)


def test_all_problems_are_in_one_error(tmp_path: Path, seeds: Seeds) -> None:
    for number in range(30):
        (tmp_path / f"{number:02}.mp3").write_bytes(b"" if number % 6 else seeds.mp3)
    with pytest.raises(SourcesRefused, match=r"^25 problems with the source files: 01\.mp3") as one:
        check(tmp_path)
    error = pickle.loads(pickle.dumps(one.value))
    assert str(error) == str(one.value)
    assert (len(error.problems), error.is_final) == (25, True)
    assert str(error).count("it is empty") == 20
    assert str(error).endswith(" 5 more.")


def test_files_that_vanish_or_cannot_be_read_are_named(
    tmp_path: Path, seeds: Seeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.mp3").write_bytes(seeds.mp3)
    (tmp_path / "b.mp3").write_bytes(seeds.mp3)
    gone, long = tmp_path / "gone.mp3", tmp_path / f"{'x' * 300}.mp3"
    real = os.open

    def refuse(path: str, flags: int) -> int:  # root may open any file
        if str(path).endswith("a.mp3"):
            raise PermissionError(13, "Permission denied")
        return real(path, flags)

    monkeypatch.setattr(open_file, "_open_nonblocking", refuse)
    files = [tmp_path / "a.mp3", tmp_path / "b.mp3", gone, long]
    with pytest.raises(SourcesRefused) as refused:
        check_sources.check_sources([tmp_path], files)
    assert not refused.value.is_final
    first, second, third = refused.value.problems
    assert re.match(r"a\.mp3: Permission denied\. Grant this user", first)
    assert re.match(r"gone\.mp3: No such file or directory\. The file is missing", second)
    assert re.match(r"x{300}\.mp3: File name too long\. Give it", third)


def test_a_failing_disk_is_named(
    tmp_path: Path, seeds: Seeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.mp3").write_bytes(seeds.mp3)

    def fail(*_: object) -> bytes:  # no disk fails on request
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pread", fail)
    with pytest.raises(SourcesRefused, match=r"a\.mp3: Input/output error\. Check the") as refused:
        check(tmp_path)
    assert not refused.value.is_final


def test_a_lack_of_memory_is_no_fault_of_a_file(
    tmp_path: Path, seeds: Seeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.mp3").write_bytes(seeds.mp3)

    def fail(*_: object) -> bytes:  # a limit of memory would end the test, too
        raise MemoryError

    monkeypatch.setattr(os, "pread", fail)
    with pytest.raises(NotAudio) as failed:
        check(tmp_path)
    assert isinstance(failed.value.__cause__, MemoryError)


@each_row(
    "name",
    [
        *("new\nline.mp3", "tab\t\x1b[31m.mp3", "-rf.mp3", "..a.mp3", "%s{}.mp3", "'\"\\$`.mp3"),
        *("\u202egnp.mp3", "\u7b2c\u4e00\u7ae0.mp3", "x" * 251 + ".mp3", b"\xff\xfe.mp3", "a.MP3"),
    ],
)
def test_any_name_is_usable(tmp_path: Path, seeds: Seeds, name: str | bytes) -> None:
    (tmp_path / os.fsdecode(name)).write_bytes(seeds.mp3)
    (file,) = check(tmp_path)
    assert file.source.path == tmp_path / os.fsdecode(name)
    (tmp_path / os.fsdecode(name)).write_bytes(b"")
    with pytest.raises(SourcesRefused) as refused:
        check(tmp_path)
    assert str(refused.value).isprintable()
    assert "it is empty" in str(refused.value)


def test_content_decides_and_large_tags_do_no_harm(tmp_path: Path, seeds: Seeds) -> None:
    size = 64 << 20
    (tmp_path / "a.mp3").write_bytes(seeds.m4a)
    (tmp_path / "b.flac").write_bytes(seeds.flac)
    with (tmp_path / "c.mp3").open("wb") as file:
        length = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))  # ID3v2.4, section 6.2
        file.write(b"ID3\4\0\0" + length)
        file.seek(10 + size)
        file.write(seeds.mp3)
    files = sorted(find_books.list_sources([tmp_path]).files)
    found = check_sources.check_sources([tmp_path], files)
    assert found.warnings == ("a.mp3 contains MP4, whatever its name says.",)
    assert [(one.format, one.codec, one.lossless) for one in found.files] == [
        ("MP4", "aac", False),
        ("FLAC", "flac", True),
        ("MP3", "mp3", False),
    ]


def test_properties_are_read(tmp_path: Path) -> None:
    for number, kind in enumerate(books.MIXED[:3]):
        books.write_mp3(tmp_path / f"{number}.mp3", kind)
    reported: list[tuple[int, int]] = []
    files = sorted(tmp_path.iterdir())
    found = check_sources.check_sources(
        [tmp_path], files, on_checked=lambda *pair: reported.append(pair)
    )
    assert [(one.sample_rate, one.channels) for one in found.files] == [
        *((44_100, 2), (22_050, 1), (48_000, 2))
    ]
    assert [round(one.bit_rate, -3) for one in found.files[:2]] == [128_000, 64_000]
    assert abs(found.seconds - sum(kind.seconds for kind in books.MIXED[:3])) < 0.1
    assert found.size == sum(path.stat().st_size for path in files)
    assert found.files[0].mtime_ns == files[0].stat().st_mtime_ns
    assert reported == [(1, 3), (2, 3), (3, 3)]


def test_sizes_are_limited(tmp_path: Path, seeds: Seeds) -> None:
    for name in ("a.mp3", "b.mp3"):
        (tmp_path / name).write_bytes(seeds.mp3)
        os.truncate(tmp_path / name, 2_100_000)  # what follows the audio is ignored
    files = sorted(tmp_path.iterdir())
    limits = SourceLimits(max_file_size_mb=2, max_total_size_mb=5)
    found = check_sources.check_sources([tmp_path], files, limits)
    assert found.warnings == tuple(
        f"{name}.mp3 has 2.1 MB, more than max_file_size_mb (2)." for name in "ab"
    )
    with pytest.raises(SourcesRefused, match=r"together have 4\.2 MB, more than max_total_size_mb"):
        check(tmp_path, SourceLimits(max_total_size_mb=4))
    assert len(check(tmp_path, SourceLimits(0, 0))) == 2


def test_a_book_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourcesRefused, match=rf"{tmp_path}: it contains no audio files\."):
        check(tmp_path)


def test_folders_are_checked_on_their_own(tmp_path: Path, seeds: Seeds) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
        (folder / "a.mp3").write_bytes(seeds.mp3)
    (two / "b.mp3").symlink_to(one / "a.mp3")
    files = sorted(find_books.list_sources([one, two]).files)
    with pytest.raises(SourcesRefused, match=r" two/b\.mp3: it leads out of the folder"):
        check_sources.check_sources([one, two], files)
    (tmp_path / "three").mkdir()
    with pytest.raises(SourcesRefused, match=r"/three: it contains no audio files\.") as refused:
        check_sources.check_sources([one, two, tmp_path / "three"], files)
    assert len(refused.value.problems) == 2


def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    """A FIFO without a writer would block for ever."""
    os.mkfifo(tmp_path / "a.mp3")
    start = time.monotonic()
    with pytest.raises(SourcesRefused, match="a named pipe"):
        check(tmp_path)
    assert time.monotonic() - start < 60
