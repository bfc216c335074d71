"""Which files go with converted tracks, and the names of tracks in lists."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mediakeep.media.transfer import extra_files

CUE = (
    '\ufeffREM GENRE Jazz\r\nFILE "CD 1\\01 Är.wav" WAVE\r\n  TRACK 01 AUDIO\r\n'
    '    INDEX 01 00:00:00\r\nfile 02.flac wave\r\n  TRACK 02 AUDIO\r\n    TITLE "FILE x"\r\n'
    'FILE "data.bin" BINARY\r\nFILE "lost.flac" WAVE\r\n'
)
TRACKS = {"CD 1/01 Är.flac": "CD 1/01 Är.opus", "02.flac": "02 New.mp3"}


def names() -> dict[str, str]:
    return extra_files.relative_names("album.cue", "album.cue", TRACKS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_cue_sheet_gets_the_new_names(encoding: str) -> None:
    changed, unknown = extra_files.replace_names(CUE.encode(encoding), "album.cue", names())
    expected = CUE.replace("01 Är.wav", "01 Är.opus")
    expected = expected.replace("file 02.flac wave", 'file "02 New.mp3" MP3')
    assert changed.decode(encoding) == expected
    assert unknown == ("lost.flac",)


def test_a_cue_sheet_stays_in_its_code_page_if_possible() -> None:
    sheet = 'FILE "Don\u2019t.wav" WAVE\n'.encode("cp1252")
    new = extra_files.relative_names("a.cue", "a.cue", {"Don\u2019t.flac": "Don\u2019t.opus"})
    assert extra_files.replace_names(sheet, "a.cue", new)[0] == sheet.replace(b"wav", b"opus")
    new = extra_files.relative_names("a.cue", "a.cue", {"Don\u2019t.flac": "\u0416.opus"})
    changed, _ = extra_files.replace_names(sheet, "a.cue", new)
    assert changed.decode("utf-8-sig") == 'FILE "\u0416.opus" WAVE\n'


def test_a_sheet_of_unknown_bytes_changes_only_in_its_names() -> None:
    sheet = b'REM \x81\xff\nFILE "02.flac" WAVE\n'
    changed, _ = extra_files.replace_names(sheet, "a.cue", names())
    assert changed == b'REM \x81\xff\nFILE "02 New.mp3" MP3\n'


def test_a_playlist_gets_the_new_names() -> None:
    text = "#EXTM3U\r\n#EXTINF:1,02.flac\r\nCD 1/01 Är.flac\r\n02.FLAC\nhttp://x.example/a.mp3\n"
    changed, unknown = extra_files.replace_names(text.encode(), "all.M3U8", names())
    expected = text.replace("Är.flac", "Är.opus").replace("02.FLAC", "02 New.mp3")
    assert (changed.decode(), unknown) == (expected, ())


def test_extra_files_of_an_album(tmp_path: Path) -> None:
    album, output = tmp_path / "album", tmp_path / "output"
    odd = os.fsdecode(b"D\xe9j\xe0.log")
    for name in (
        *("02.flac", "02.lrc", "rip.log", odd, "folder.jpg", "Scans/back.tiff", "booklet.pdf"),
        *("CD 1/01 Är.flac", "bonus.mp3", "album.md5", "Thumbs.db", "film.avi"),
    ):
        path = album / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode("utf-8", "surrogateescape"))
        os.utime(path, (1_000_000_000, 1_000_000_000))
    (album / "album.cue").write_text(CUE, newline="")
    plan = extra_files.plan_extra_files(album, TRACKS)
    expected = {"02 New.lrc", "album.cue", "booklet.pdf", "folder.jpg", "rip.log", odd}
    expected |= {"Scans/back.tiff"}
    assert {file.target for file in plan.copied} == expected
    assert {file.path: file.reason for file in plan.listed} == {
        "Thumbs.db": "it is a file of the operating system",
        "album.cue": "the line of lost.flac names no track",
        "album.md5": "it has checksums of the source files",
        "bonus.mp3": "it is audio that is not converted",
        "film.avi": "it is not a kind of file that goes with converted tracks",
    }
    for _ in range(2):  # a second copy replaces the first
        paths = extra_files.copy_extra_files(plan, output)
        assert {str(path.relative_to(output)) for path in paths} == expected
    assert {p.name for p in output.rglob("*") if p.is_file()} == {Path(e).name for e in expected}
    assert (output / "02 New.lrc").read_bytes() == b"02.lrc"
    assert (output / "02 New.lrc").stat().st_mtime == 1_000_000_000
    assert "01 Är.opus" in (output / "album.cue").read_text()


def test_a_name_taken_by_another_file_is_listed(tmp_path: Path) -> None:
    for name in ("1.flac", "1.lrc", "2.lrc"):
        (tmp_path / name).write_bytes(b"x")
    plan = extra_files.plan_extra_files(tmp_path, {"1.flac": "2.opus"})
    assert [file.target for file in plan.copied] == ["2.lrc"]
    assert [(file.path, file.reason) for file in plan.listed] == [
        ("2.lrc", "another file is named 2.lrc")
    ]
