"""Issues of whole files are found in every format; an unreadable file has no other issue."""

from __future__ import annotations

import os
import struct
from io import BytesIO
from pathlib import Path

import pytest
from mutagen.ogg import OggPage

from mediakeep.issue import Severity
from mediakeep.media.audio.formats import AMBIGUOUS_SUFFIXES, AUDIO_SUFFIXES
from mediakeep.media.audio.model import AudioProperties
from mediakeep.music import scan
from mediakeep.music.issue_kinds import ISSUE_KINDS
from mediakeep.music.model import Track
from mediakeep_samples.music import track_files
from tests.media import mutations_sounds as small
from tests.music import paper, shelf
from tests.sampling import each_row

# The extensions that stand for a format, after docs/issue-kinds.md.
STANDS_FOR = {
    "MP3": "mp3 mp2",
    "AAC": "aac",
    "MP4": "m4a m4b m4p mp4",
    "FLAC": "flac",
    "Ogg Vorbis": "ogg oga",
    "Ogg FLAC": "ogg oga",
    "Speex": "ogg oga spx",
    "Opus": "opus ogg oga",
    "WMA": "wma",
    "WAV": "wav",
    "AIFF": "aif aiff",
    "Monkey's Audio": "ape",
    "WavPack": "wv",
    "Musepack": "mpc",
    "DSF": "dsf",
    "True Audio": "tta",
}
STRANGERS = {
    "a web page": b"\n<!DOCTYPE html>\n<html><head><title>404</title></head></html>\n",
    "a JPEG picture": track_files.read_seed_file("cover.jpg"),
    "a PNG picture": track_files.read_seed_file("cover.png"),
    "a PDF document": b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< >>\nendobj\n" + bytes(500),
    "a ZIP archive": b"PK\x03\x04" + bytes(range(100)),
    "zero bytes only: an unfinished download or a damaged disk": bytes(20_000),
    "text": "Où est-elle, cette chanson ?\n".encode() * 30,
}
# What is left of a sound, in bytes. MP3, WAV and AIFF are cut where that is evidence.
CUTS = {
    "v23.mp3": 4900,
    "m4a": 4000,
    "first.m4a": 7000,
    "flac": 5000,
    "ogg": 7800,
    "opus": 7000,
    "flac.oga": 1000,
    "speex.ogg": 1000,
    "wma": 2000,
    "wav": 1000,
    "aiff": 1000,
    "dsf": 700,
    "ape": 1000,
    "wv": 1000,
    "mpc": 50,
}


@pytest.fixture
def dawn(tmp_path: Path) -> Path:
    """An album's folder with one healthy track."""
    shelf.put(tmp_path / "Vera" / "Dawn" / "00.flac", picture="cover.jpg")
    return tmp_path / "Vera" / "Dawn"


def list_details(kind: str, folder: Path) -> dict[str, str]:
    """Give the details of a kind by the names of the files."""
    read = scan.read_artist(folder.parent)
    return {
        Path(place).name: detail for place, detail in paper.list_artist_details(kind, read).items()
    }


def file_detail(name: str) -> str:
    return name.rpartition(".")[2]


def test_what_the_system_refuses_has_that_one_issue_with_its_reason(dawn: Path) -> None:
    (dawn / "nowhere.mp3").symlink_to("gone/nowhere.mp3")
    (dawn / "circle.flac").symlink_to("circle.flac")
    os.mkfifo(dawn / "pipe.ogg")
    (dawn / "folder.opus").symlink_to("/dev/null")
    assert list_details("unreadable-file", dawn) == {
        "nowhere.mp3": "No such file or directory",
        "circle.flac": "Too many levels of symbolic links",
        "pipe.ogg": "it is not a regular file",
        "folder.opus": "it is not a regular file",
    }
    assert set(paper.list_kinds_on_disk(dawn.parent)) == {"unreadable-file"}


def test_a_file_without_rights_has_that_one_issue(public: Path) -> None:
    path = shelf.put(public / "Vera" / "Dawn" / "a.mp3", picture="cover.jpg", title=None)
    assert list_details("unreadable-file", path.parent) == {}
    with shelf.deny_access(path):
        assert paper.list_kinds_on_disk(public / "Vera") == {"unreadable-file": ["Dawn/a.mp3"]}
        assert list_details("unreadable-file", path.parent) == {"a.mp3": "Permission denied"}


@pytest.mark.parametrize("suffix", sorted(AUDIO_SUFFIXES))
def test_a_file_of_no_bytes_has_that_one_issue(dawn: Path, suffix: str) -> None:
    (dawn / f"a{suffix}").write_bytes(b"")
    assert paper.list_kinds_on_disk(dawn.parent) == {"empty-file": [f"Dawn/a{suffix}"]}


@pytest.mark.parametrize("what", STRANGERS)
def test_what_is_no_audio_has_that_one_issue_which_says_what_it_seems_to_be(
    dawn: Path, what: str
) -> None:
    for suffix in AUDIO_SUFFIXES:
        (dawn / f"a{suffix}").write_bytes(STRANGERS[what])
    details = list_details("not-audio", dawn)
    assert details == dict.fromkeys(
        (f"a{suffix}" for suffix in AUDIO_SUFFIXES), f"it seems to be {what}"
    )
    assert set(paper.list_kinds_on_disk(dawn.parent)) == {"not-audio"}


def test_a_sound_whose_tags_are_broken_is_audio_without_tags(dawn: Path) -> None:
    broken = b"ID3\x04\0\0\0\0\0\x40" + b"\xff\x01" * 32
    (dawn / "a.mp3").write_bytes(broken + track_files.read_seed_file("bell.mp3"))
    for suffix in ("flac", "ogg", "opus"):
        whole = shelf.render(suffix)
        at = whole.index(b"title=") - 4  # the length of the first text, and all others follow it
        (dawn / f"a.{suffix}").write_bytes(whole[:at] + b"\x02\0\0\0" + whole[at + 4 :])
    whole = shelf.render("m4a")
    at = whole.index(b"\xa9nam") - 4
    (dawn / "a.m4a").write_bytes(whole[:at] + bytes(4) + whole[at + 4 :].replace(b"\xa9", b"?"))
    assert list_details("not-audio", dawn) == list_details("truncated-audio", dawn) == {}
    missing = list_details("missing-title", dawn)
    assert set(missing) == {"a.mp3", "a.flac", "a.ogg", "a.opus", "a.m4a"}


@pytest.mark.parametrize("name", CUTS)
def test_a_file_whose_end_is_missing_is_truncated_and_a_whole_one_is_not(
    dawn: Path, name: str
) -> None:
    path = dawn / f"a.{file_detail(name)}"
    path.write_bytes(small.whole(name))
    assert list_details("truncated-audio", dawn) == {}
    path.write_bytes(small.whole(name)[: CUTS[name]])
    (detail,) = list_details("truncated-audio", dawn).values()
    assert detail.startswith(("it ", "its "))
    assert list_details("not-audio", dawn) == {}


def without_end_mark(data: bytes) -> bytes:
    """Take the mark of its end from the last page of an Ogg, and write its checksum again."""
    at = data.rindex(b"OggS")
    last = OggPage(BytesIO(data[at:]))  # type: ignore[no-untyped-call]
    last.last = False
    return data[:at] + last.write()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("name", ["ogg", "opus", "flac.oga", "speex.ogg", "dsf"])
def test_an_end_that_lacks_no_sound_is_a_warning_in_other_words(dawn: Path, name: str) -> None:
    whole = small.whole(name)
    path = dawn / f"a.{file_detail(name)}"
    path.write_bytes(whole[:-1] if name == "dsf" else without_end_mark(whole))
    assert list_details("truncated-audio", dawn) == {}
    (detail,) = list_details("incomplete-end", dawn).values()
    assert detail in ("its end is not marked", "its last byte is missing")
    (kind,) = (kind for kind in ISSUE_KINDS if kind.name == "incomplete-end")
    assert kind.severity is Severity.WARNING
    assert "backup" not in kind.cure
    path.write_bytes(whole)
    assert list_details("incomplete-end", dawn) == {}


@pytest.mark.parametrize("name", ["v23.mp3", "m4a", "flac", "ogg", "opus", "wma", "wav", "ape"])
def test_a_file_that_lost_its_tags_with_its_end_has_that_one_issue(dawn: Path, name: str) -> None:
    (dawn / f"a.{file_detail(name)}").write_bytes(small.whole(name)[:60])
    assert paper.list_kinds_on_disk(dawn.parent) == {
        "truncated-audio": [f"Dawn/a.{file_detail(name)}"]
    }


@pytest.mark.parametrize("suffix", ["flac", "opus"])
def test_a_file_that_kept_its_tags_is_judged_by_them_too(dawn: Path, suffix: str) -> None:
    (dawn / "00.flac").unlink()
    (dawn / f"a.{suffix}").write_bytes(shelf.render(suffix, title=None, picture="cover.jpg")[:-900])
    place = [f"Dawn/a.{suffix}"]
    assert paper.list_kinds_on_disk(dawn.parent) == {
        "truncated-audio": place,
        "missing-title": place,
    }


def build_encrypted_mp4(scheme: bytes) -> bytes:
    """An MP4 whose sample description names an encrypted sound (ISO/IEC 14496-12, 8.12)."""
    whole = small.whole("m4a")
    at = whole.index(b"stsd") + 16
    assert whole[at : at + 4] == b"mp4a"
    return whole[:at] + scheme + whole[at + 4 :]


def build_encrypted_wma() -> bytes:
    """A WMA with a content encryption object in its header (Microsoft's ASF, 3.14)."""
    parts = (struct.pack("<I", 4) + bytes(4)) * 4
    guid = bytes.fromhex("fbb31122 23bd d211 b4b7 00a0c955fc6e")
    more = guid + struct.pack("<Q", 24 + len(parts)) + parts
    whole = small.whole("wma")
    size, count = struct.unpack_from("<QI", whole, 16)
    head = whole[:16] + struct.pack("<QI", size + len(more), count + 1) + whole[28:30]
    return head + more + whole[30:]


def test_locked_sound_is_found_in_mp4_and_wma_and_open_sound_is_not(dawn: Path) -> None:
    for name in small.SOUNDS:
        (dawn / f"{name}.open.{file_detail(name)}").write_bytes(small.whole(name))
    assert list_details("drm-protected", dawn) == {}
    for scheme in (b"drms", b"enca", b"aavd"):
        (dawn / f"{scheme.decode()}.m4p").write_bytes(build_encrypted_mp4(scheme))
    (dawn / "a.wma").write_bytes(build_encrypted_wma())
    assert list_details("drm-protected", dawn) == {
        "drms.m4p": "FairPlay",
        "enca.m4p": "Common Encryption",
        "aavd.m4p": "Audible",
        "a.wma": "Windows Media DRM",
    }


def test_each_format_under_each_extension_is_right_where_the_page_says_so(dawn: Path) -> None:
    every = AUDIO_SUFFIXES | AMBIGUOUS_SUFFIXES
    assert {f".{suffix}" for right in STANDS_FOR.values() for suffix in right.split()} == every
    assert set(STANDS_FOR) == {form for form, _ in small.SOUNDS.values()}
    wrong = {}
    for suffix in every:
        for name, (form, _) in small.SOUNDS.items():
            for written in (f"lower{suffix}", f"UPPER{suffix.upper()}"):
                path = dawn / f"{name} {written}"
                path.write_bytes(small.whole(name))
                if suffix[1:] not in STANDS_FOR[form].split():
                    wrong[path.name] = f"the format is {form}"
    assert list_details("wrong-extension", dawn) == wrong
    assert list_details("not-audio", dawn) == {}


LEAST = [
    ("MP3", "", 128),
    ("WMA", "", 96),
    ("AAC", "", 96),
    ("MP4", "mp4a.40.2", 96),
    ("MP4", "mp4a.40.5", 48),
    ("MP4", "mp4a.40.29", 48),
    ("Ogg Vorbis", "", 80),
    ("Opus", "", 64),
    ("Musepack", "", 96),
]


def low(**facts: object) -> str | None:
    whole = AudioProperties(**{"duration": 200.0, "channels": 2, "sample_rate": 44_100, **facts})  # type: ignore[arg-type]
    track = Track(place="Dawn/a.mp3", facts=whole, tags=paper.track().tags)
    return paper.find_detail("low-bitrate", paper.album(track))


@each_row(("form", "codec", "least"), LEAST)
def test_lossy_audio_below_the_least_is_reported_with_its_average(
    form: str, codec: str, least: int
) -> None:
    fact = {"format": form, "codec": codec}
    assert low(**fact, bitrate=least * 1000) is None
    assert low(**fact, bitrate=(least - 1) * 1000) == f"{least - 1} kbit/s"
    assert low(**fact, bitrate=least * 500, channels=1) is None
    assert low(**fact, bitrate=(least // 2 - 1) * 1000, channels=1)
    # The sound's own bytes count, not what the header claims or a large picture adds.
    assert low(**fact, bitrate=320_000, payload=25 * (least - 1) * 1000)
    assert low(**fact, bitrate=8_000, payload=25 * least * 1000) is None


def test_the_average_of_short_lossless_truncated_or_unknown_audio_is_ignored() -> None:
    assert low(format="MP3", bitrate=32_000) == "32 kbit/s"
    assert low(format="MP3", bitrate=32_000, duration=9.9) is None
    assert low(format="FLAC", bitrate=32_000, lossless=True) is None
    assert low(format="WMA", bitrate=32_000, lossless=True) is None
    assert low(format="MP4", codec="alac", bitrate=32_000, lossless=True) is None
    assert low(format="MP4", codec="ac-3", bitrate=32_000) is None
    assert low(format="MP3", bitrate=32_000, truncated="its end is missing") is None
    assert low(format="MP3", bitrate=0) is None
    assert low(format="Speex", bitrate=8_000) is None


def build_silent_mp3(kbits: int, index: int) -> bytes:
    """Twelve seconds of MPEG-1 Layer III in stereo, 44100 Hz (ISO/IEC 11172-3, 2.4.2.3)."""
    frame = bytes((0xFF, 0xFB, index << 4, 0x00)).ljust(144 * kbits * 1000 // 44_100, b"\0")
    return frame * 460


def test_a_real_file_of_64_kilobits_is_low_and_one_of_128_is_not(dawn: Path) -> None:
    (dawn / "low.mp3").write_bytes(build_silent_mp3(64, 5))
    (dawn / "good.mp3").write_bytes(build_silent_mp3(128, 9))
    assert list_details("low-bitrate", dawn) == {"low.mp3": "64 kbit/s"}
