"""Transcripts of any usual form and text encoding become SRT, or are refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.errors import CaptionsRefused, Unreadable
from mediakeep.media.encoding import captions
from tests.sampling import each_row

SRT = "1\n00:00:01,000 --> 00:00:02,500\nCafé “Müller”\n\n2\n01:00:03,000 --> 01:00:04,000\nEnd\n"
VTT = """WEBVTT - a title

STYLE
::cue { color: red }

NOTE a comment

intro
00:01.000 --> 00:02.500 align:start position:0%
<v Anna>Café &amp; <i>more</i></v>
and <00:00:01.500><c.loud>louder</c>

00:02.500 --> 00:03.000

01:00:03.000 --> 01:00:04.000
&lt;End&gt;
"""
UNORDERED = "7\n00:00:09,000 --> 00:00:10,000\nB\n\n3\n00:00:01,000 --> 00:00:20,000\nA\n"


def convert(folder: Path, data: bytes, seconds: float = 4000) -> str:
    path = folder / "a.txt"
    path.write_bytes(data)
    return captions.convert_to_srt(path, seconds)


@each_row(
    ("codec", "change"),
    [
        ("utf-8", lambda text: text),
        ("utf-8-sig", lambda text: text),
        ("utf-16", lambda text: text),
        ("utf-16-be", lambda text: "\ufeff" + text),
        ("cp1252", lambda text: text),
        ("utf-8", lambda text: text.replace("\n", "\r\n")),
        ("utf-8", lambda text: text.replace("01:00:04,000", "01:00:04.000  X1:40 X2:600")),
        ("utf-8", lambda text: text.rstrip()),
        ("utf-8", lambda text: "\n\n" + text.replace("2\n01", "9\n01")),
        ("utf-8", lambda text: text.replace("End", "<font color=red>End</font>")),
    ],
)
def test_srt_passes_in_each_encoding(tmp_path: Path, codec: str, change: object) -> None:
    assert callable(change)
    assert convert(tmp_path, change(SRT).encode(codec)) == SRT


def test_latin_1_is_recognized(tmp_path: Path) -> None:
    text = SRT.replace("“Müller”", "Müller")
    assert convert(tmp_path, text.encode("latin-1")) == text


def test_vtt_is_converted(tmp_path: Path) -> None:
    assert convert(tmp_path, VTT.encode()) == (
        "1\n00:00:01,000 --> 00:00:02,500\nCafé & <i>more</i>\nand louder\n\n"
        "2\n01:00:03,000 --> 01:00:04,000\n<End>\n"
    )


def test_captions_are_sorted_and_numbered(tmp_path: Path) -> None:
    assert convert(tmp_path, UNORDERED.encode()) == (
        "1\n00:00:01,000 --> 00:00:20,000\nA\n\n2\n00:00:09,000 --> 00:00:10,000\nB\n"
    )


INVALID = "'00:00:01,000 --> 00:00:.*' are no valid times"
RUSSIAN, JAPANESE = SRT.replace("End", "Привет, мир " * 5), SRT.replace("End", "こんにちは、世界。")


@each_row(
    ("data", "seconds", "cause", "hint"),
    [
        (RUSSIAN.encode("cp1251", "ignore"), 4000, "its text is neither UTF-8", "Save it as UTF-8"),
        (RUSSIAN.encode("koi8-r", "ignore"), 4000, "its text is neither", "Save it as UTF-8"),
        (JAPANESE.encode("shift-jis", "ignore"), 4000, "its text is neither", "Save it as UTF-8"),
        (SRT.encode("utf-16-le"), 4000, "its text is neither", "Save it as UTF-8"),
        (b"\xff\xfe\0\xd8", 4000, "its text is neither", "Save it as UTF-8"),
        (bytes(range(256)), 4000, "its text is neither", "Save it as UTF-8"),
        (b"Good evening. This is a show.", 4000, "it has no times", "in YouTube Studio"),
        (b"", 4000, "it has no times", "in YouTube Studio"),
        (b"WEBVTT\n", 4000, "it has no times", "in YouTube Studio"),
        (SRT.encode(), 3601, "its last caption begins at 01:00:03,000, after", "this recording"),
        (SRT.replace("02,500", "00,500").encode(), 4000, INVALID, "Correct it"),
        (SRT.replace("\n\n", "\n").encode(), 4000, INVALID, "Correct it"),
        (SRT.replace("02,500", "x").encode(), 4000, INVALID, "Correct it"),
        (SRT.replace("End", "End\n\nmore").encode(), 4000, "'more' are no valid", "Correct it"),
    ],
)
def test_unusable_transcripts_are_refused(
    tmp_path: Path, data: bytes, seconds: float, cause: str, hint: str
) -> None:
    with pytest.raises(CaptionsRefused, match=rf"a\.txt not used as captions: {cause}.*{hint}"):
        convert(tmp_path, data, seconds)


def test_a_missing_or_huge_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"gone\.srt"):
        captions.convert_to_srt(tmp_path / "gone.srt", 1)
    with (tmp_path / "huge.srt").open("wb") as file:
        file.truncate(17 << 20)
    with pytest.raises(Unreadable, match=r"huge\.srt: it is larger than"):
        captions.convert_to_srt(tmp_path / "huge.srt", 1)
