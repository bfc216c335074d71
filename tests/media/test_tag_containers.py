"""Several tag formats in one file are separated, and the one that players prefer wins."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from mutagen import id3
from mutagen.apev2 import APEv2

from mediakeep.media.audio import tags
from mediakeep.media.audio.tags import AudioFile, Tags
from mediakeep_samples.music import track_files
from tests.media import mutations_sounds as small
from tests.media import mutations_tags as tagging
from tests.media.mutations_sounds import chunk
from tests.music import shelf
from tests.sampling import each_row

SOUND = track_files.read_seed_file("bell.mp3")
APE_ONLY = tagging.apev2_tag()


def v1(title: bytes = b"Low Tide", genre: int = 17, comment: bytes = b"", track: int = 0) -> bytes:
    """An ID3v1 tag, in version 1.1 where there is a track (id3.org, ID3v1)."""
    fields = [title.ljust(30, b"\0"), b"Velvet Harbour".ljust(30, b" "), b"Moorings".ljust(30)]
    about = comment.ljust(28, b"\0") + bytes([0, track]) if track else comment.ljust(30, b"\0")
    return b"TAG" + b"".join(fields) + b"1974" + about + bytes([genre])


def v2(title: str, version: int = 4) -> bytes:
    """An ID3v2 tag of one frame (id3.org, 2.3.0 and 2.4.0)."""
    body = b"\x03" + title.encode()
    frame = b"TIT2" + struct.pack(">IH", len(body), 0) + body
    return b"ID3" + bytes([version, 0, 0]) + tagging.syncsafe(len(frame)) + frame


def read(folder: Path, data: bytes, suffix: str = "mp3") -> AudioFile:
    path = folder / f"a.{suffix}"
    path.write_bytes(data)
    return tags.read(path)


def titles(reading: AudioFile) -> list[tuple[str, tuple[str, ...]]]:
    """The kinds of tags in a file with their titles, the one that speaks for it first."""
    others = [(other.name, other.tags.title) for other in reading.others]
    return [(reading.container, reading.tags.title), *others]


def test_a_file_without_tags_names_no_container(tmp_path: Path) -> None:
    reading = read(tmp_path, SOUND)
    assert (reading.container, reading.others, reading.raw) == ("", (), {})
    assert reading.tags == Tags()


def test_id3v1_alone_is_known_as_such(tmp_path: Path) -> None:
    reading = read(tmp_path, SOUND + v1(track=7, comment=b"live"))
    assert (reading.container, reading.others) == ("ID3v1", ())
    assert reading.tags == Tags(
        title=("Low Tide",),
        artist=("Velvet Harbour",),
        album=("Moorings",),
        date=("1974",),
        genres=("Rock",),
        comment=("live",),
        track="7",
    )


def test_an_id3v1_tag_without_track_or_genre_has_none(tmp_path: Path) -> None:
    read_tags = read(tmp_path, SOUND + v1(genre=255, comment=b"a" * 30)).tags
    assert (read_tags.track, read_tags.genres, read_tags.comment) == ("", (), ("a" * 30,))


def test_letters_of_id3v1_lose_nothing_whatever_they_were_meant_to_be(tmp_path: Path) -> None:
    meant = "Привет".encode("cp1251")
    (title,) = read(tmp_path, SOUND + v1(meant)).tags.title
    assert title.encode("latin-1") == meant


def test_id3v1_adds_nothing_to_id3v2(tmp_path: Path) -> None:
    reading = read(tmp_path, v2("New Title") + SOUND + v1(track=3))
    assert titles(reading) == [("ID3v2.4", ("New Title",)), ("ID3v1", ("Low Tide",))]
    assert reading.tags == Tags(title=("New Title",))
    assert reading.raw == {"TIT2": ["New Title"]}


def test_all_three_kinds_in_an_mp3_are_found(tmp_path: Path) -> None:
    lyrics = b"LYRICSBEGIN" + b"a" * 50
    lyrics += f"{len(lyrics):06}LYRICS200".encode()
    for between in (b"", lyrics):
        reading = read(tmp_path, v2("Second", 3) + SOUND + APE_ONLY + between + v1(b"First"))
        assert titles(reading) == [
            ("ID3v2.3", ("Second",)),
            ("APEv2", ("Low Tide",)),
            ("ID3v1", ("First",)),
        ]


def test_a_tag_that_tells_nothing_leaves_the_word_to_the_next(tmp_path: Path) -> None:
    empty = b"ID3\x04\0\0" + tagging.syncsafe(50) + bytes(50)
    assert titles(read(tmp_path, empty + SOUND + v1())) == [("ID3v1", ("Low Tide",))]
    blank = v1(b"", genre=255)[:33] + bytes(94) + b"\xff"
    assert titles(read(tmp_path, v2("New") + SOUND + blank)) == [("ID3v2.4", ("New",))]


def test_stacked_id3v2_tags_are_all_found(tmp_path: Path) -> None:
    reading = read(tmp_path, v2("New") + v2("Old", 3) + SOUND)
    assert titles(reading) == [("ID3v2.4", ("New",)), ("ID3v2.3", ("Old",))]
    assert reading.facts.duration == pytest.approx(1, abs=0.1)


@each_row("suffix", ["flac", "ogg", "opus"])
def test_id3_around_vorbis_comments_is_told(tmp_path: Path, suffix: str) -> None:
    reading = read(tmp_path, v2("Strange") + shelf.render(suffix) + v1(b"First"), suffix)
    assert titles(reading) == [
        ("Vorbis comment", ("Low Tide",)),
        ("ID3v2.4", ("Strange",)),
        ("ID3v1", ("First",)),
    ]


@each_row("name", ["ape", "wv", "mpc", "seven.mpc"])
def test_formats_with_apev2_prefer_it_to_id3(tmp_path: Path, name: str) -> None:
    bare = small.whole(name).partition(b"APETAGEX")[0]
    reading = read(tmp_path, v2("Strange") + bare + APE_ONLY + v1(b"First"), name)
    assert titles(reading) == [
        ("APEv2", ("Low Tide",)),
        ("ID3v2.4", ("Strange",)),
        ("ID3v1", ("First",)),
    ]
    assert reading.facts.duration > 0


def test_id3v22_is_read_under_the_later_names(tmp_path: Path) -> None:
    reading = read(tmp_path, small.whole("v22.mp3"))
    assert reading.container == "ID3v2.2"
    assert reading.raw == {"TIT2": ["Low Tide"], "TPE1": ["Velvet Harbour"], "TRCK": ["1/9"]}
    (picture,) = reading.tags.pictures
    assert (picture.type, picture.mime, picture.seen) == (3, "image/jpeg", "image/jpeg")
    assert picture.size == len(tagging.PICTURE)


def test_frames_that_are_stored_in_every_way_are_read(tmp_path: Path) -> None:
    reading = read(tmp_path, small.whole("flags.mp3"))
    assert reading.raw == {"TIT2": ["Low Tide " * 9], "TPE1": ["Aÿ"], "TALB": ["Moorings"]}


@each_row("size", [200, 40_000])
def test_sizes_of_id3v24_are_read_as_itunes_wrote_them(tmp_path: Path, size: int) -> None:
    frames = b""
    for name, letters in ((b"TIT2", b"a" * size), (b"TALB", b"Moorings")):
        frames += name + struct.pack(">IH", 1 + len(letters), 0) + b"\0" + letters
    data = b"ID3\x04\0\0" + tagging.syncsafe(len(frames) + 9) + frames + bytes(9)
    assert read(tmp_path, data + SOUND).tags == Tags(title=("a" * size,), album=("Moorings",))


def test_a_whole_tag_that_is_unsynchronised_is_read(tmp_path: Path) -> None:
    frames = id3.ID3()
    frames.add(id3.TIT2(encoding=1, text=["Tide"]))
    frames.add(id3.APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=tagging.PICTURE))
    path = tmp_path / "plain"
    frames.save(path, v2_version=3, v1=0, padding=lambda _: 0)
    body = path.read_bytes()[10:].replace(b"\xff", b"\xff\0")
    reading = read(tmp_path, b"ID3\x03\0\x80" + tagging.syncsafe(len(body)) + body + SOUND)
    assert reading.tags.title == ("Tide",)
    assert [picture.size for picture in reading.tags.pictures] == [len(tagging.PICTURE)]


@each_row(
    ("encoding", "data"),
    [
        (0, "Tï\0Za".encode("latin-1")),
        (1, "Tï".encode("utf-16") + b"\0\0" + b"\xfe\xff" + "Za".encode("utf-16-be")),
        (2, "Tï\0Za".encode("utf-16-be")),
        (3, "Tï\0Za".encode()),
    ],
)
def test_texts_are_read_in_every_encoding(tmp_path: Path, encoding: int, data: bytes) -> None:
    body = bytes([encoding]) + data
    frame = b"TPE1" + struct.pack(">IH", len(body), 0) + body
    tag = b"ID3\x03\0\0" + tagging.syncsafe(len(frame)) + frame
    assert read(tmp_path, tag + SOUND).tags.artist == ("Tï", "Za")


@each_row(
    ("text", "genres"),
    [
        ("17", ("Rock",)),
        ("(17)(80)", ("Rock", "Folk")),
        ("(17)Rock", ("Rock",)),
        ("(17)Sea Shanty", ("Rock", "Sea Shanty")),
        ("((really)", ("((really)",)),
        ("(RX)(CR)", ("Remix", "Cover")),
        ("Folk\0Rock", ("Folk", "Rock")),
        ("(999)", ()),
    ],
)
def test_genres_by_number_are_spelt_out(tmp_path: Path, text: str, genres: tuple[str, ...]) -> None:
    body = b"\0" + text.encode()
    frame = b"TCON" + struct.pack(">IH", len(body), 0) + body
    tag = b"ID3\x03\0\0" + tagging.syncsafe(len(frame)) + frame
    assert read(tmp_path, tag + SOUND).tags.genres == genres


def wave(*parts: bytes, form: bytes = b"RIFF") -> bytes:
    """A WAV file of one second."""
    sound = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16))
    body = b"WAVE" + b"".join(parts[:1]) + sound + chunk(b"data", bytes(16_000))
    body += b"".join(parts[1:])
    return form + struct.pack("<I", len(body)) + body


INFO = chunk(b"LIST", b"INFO" + chunk(b"INAM", b"Tide\0") + chunk(b"ITRK", b"3/9\0"))


@each_row("spelling", [b"id3 ", b"ID3 "])
def test_both_kinds_of_tags_in_a_wav_are_found(tmp_path: Path, spelling: bytes) -> None:
    adtl = chunk(b"LIST", b"adtl" + bytes(8))
    reading = read(tmp_path, wave(b"", INFO, adtl, chunk(spelling, v2("New"))), "wav")
    assert titles(reading) == [("ID3v2.4", ("New",)), ("RIFF INFO", ("Tide",))]
    alone = read(tmp_path, wave(INFO), "wav")
    assert (alone.container, alone.tags) == (
        "RIFF INFO",
        Tags(title=("Tide",), track="3", track_total="9"),
    )


def test_texts_of_an_info_list_may_be_of_one_byte_a_letter(tmp_path: Path) -> None:
    for text in ("Tïde", "Čaj"):
        encoded = text.encode("latin-1" if text == "Tïde" else "utf-8")
        listed = chunk(b"LIST", b"INFO" + chunk(b"INAM", encoded + b"\0"))
        assert read(tmp_path, wave(listed), "wav").tags.title == (text,)


@each_row("form", [b"RF64", b"BW64"])
def test_a_wav_with_long_sizes_is_read(tmp_path: Path, form: bytes) -> None:
    sizes = chunk(b"ds64", struct.pack("<QQQI", 16_100, 16_000, 8_000, 0))
    data = wave(sizes, INFO, form=form).replace(
        b"data" + struct.pack("<I", 16_000), b"data\xff\xff\xff\xff"
    )
    reading = read(tmp_path, data, "wav")
    assert (reading.facts.duration, reading.tags.title) == (1.0, ("Tide",))


def test_an_apev2_tag_with_a_header_is_taken_off_the_sound_whole(tmp_path: Path) -> None:
    path = tmp_path / "tag"
    tag = APEv2()
    tag["Title"] = "Low Tide"
    tag.save(path)
    saved = path.read_bytes()
    assert saved.startswith(b"APETAGEX")
    with_header = read(tmp_path, SOUND + saved)
    assert with_header.tags.title == ("Low Tide",)
    assert with_header.facts.duration == read(tmp_path, SOUND).facts.duration
