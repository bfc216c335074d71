"""Tags of every dialect arrive in one vocabulary, and facts are those of the sound."""

from __future__ import annotations

import base64
import errno
import os
import struct
import wave
from pathlib import Path
from typing import Any

import pytest
from mutagen import id3
from mutagen.apev2 import APEv2
from mutagen.asf import ASF
from mutagen.flac import FLAC, Picture
from mutagen.mp4 import MP4
from mutagen.oggvorbis import OggVorbis

from mediakeep.errors import Stopped, Unreadable
from mediakeep.media.audio import tags
from mediakeep.media.audio.tags import NotAudio
from mediakeep_samples.music import track_files
from tests.music import shelf
from tests.sampling import each_row

NAMES = {
    "mp3": "MP3",
    "m4a": "MP4",
    "flac": "FLAC",
    "ogg": "Ogg Vorbis",
    "opus": "Opus",
}
SIDE = 300  # pixels


def embedded(name: str, *, mime: str) -> tags.EmbeddedPicture:
    """A drawn picture as a front cover; both are squares."""
    size, seen = len(track_files.read_seed_file(name)), f"image/{name[-3:].replace('jpg', 'jpeg')}"
    return tags.EmbeddedPicture(type=3, mime=mime, size=size, seen=seen, width=SIDE, height=SIDE)


@each_row("suffix", shelf.FORMATS)
def test_each_format_gives_the_same_tags_under_the_same_names(tmp_path: Path, suffix: str) -> None:
    read = tags.read(shelf.put(tmp_path / f"a.{suffix}", tracknumber="3/12")).tags
    assert read == tags.Tags(
        title=("Low Tide",),
        artist=("Velvet Harbour",),
        albumartist=("Velvet Harbour",),
        album=("Moorings",),
        date=("1974",),
        track="3",
        track_total="12",
        genres=("Folk",),
    )


@each_row("suffix", shelf.FORMATS)
def test_each_format_gives_its_embedded_picture_with_type_and_size(
    tmp_path: Path, suffix: str
) -> None:
    read = tags.read(shelf.put(tmp_path / f"a.{suffix}", picture="cover.png")).tags
    assert read.pictures == (embedded("cover.png", mime="image/png"),)


@each_row("suffix", shelf.FORMATS)
def test_each_format_gives_the_facts_of_its_sound(tmp_path: Path, suffix: str) -> None:
    path = shelf.put(tmp_path / f"a.{suffix}")
    facts = tags.read(path).facts
    assert facts.format == NAMES[suffix]
    assert facts.duration == pytest.approx(1, abs=0.1)
    assert facts.size == path.stat().st_size
    assert 10_000 < facts.bitrate < 100_000
    assert facts.sample_rate in (8_000, 16_000, 22_050, 48_000)
    assert facts.channels in (1, 2)


def test_several_values_of_one_tag_stay_several(tmp_path: Path) -> None:
    vorbis = shelf.put(tmp_path / "a.ogg")
    audio: Any = OggVorbis(vorbis)
    audio["ARTIST"] = ["Vera Moss", "Tom Reed"]
    audio.save()
    mp3 = shelf.put(tmp_path / "a.mp3")
    frames = id3.ID3(mp3)
    frames.add(id3.TPE1(encoding=3, text=["Vera Moss", "Tom Reed"]))
    frames.save()
    m4a = shelf.put(tmp_path / "a.m4a")
    atoms: Any = MP4(m4a)
    atoms["\xa9ART"] = ["Vera Moss", "Tom Reed"]
    atoms.save()
    for path in (vorbis, mp3, m4a):
        assert tags.read(path).tags.artist == ("Vera Moss", "Tom Reed")


def test_disc_composer_comment_original_date_and_compilation_are_known(tmp_path: Path) -> None:
    mp3 = shelf.put(tmp_path / "a.mp3")
    frames = id3.ID3(mp3)
    frames.add(id3.TPOS(encoding=3, text=["2/3"]))
    frames.add(id3.TCOM(encoding=3, text=["Ada Lund"]))
    frames.add(id3.COMM(encoding=3, lang="eng", desc="", text=["live"]))
    frames.add(id3.COMM(encoding=3, lang="eng", desc="iTunNORM", text=["0000"]))
    frames.add(id3.TDOR(encoding=3, text=["1969"]))
    frames.add(id3.TCMP(encoding=3, text=["1"]))
    frames.add(id3.TXXX(encoding=3, desc="Artists", text=["Vera", "Tom"]))
    frames.save()
    flac = shelf.put(
        tmp_path / "a.flac",
        discnumber="2",
        disctotal="3",
        composer="Ada Lund",
        comment="live",
        originaldate="1969",
        compilation="1",
        artists="Vera",
    )
    m4a = shelf.put(tmp_path / "a.m4a")
    atoms: Any = MP4(m4a)
    atoms["disk"], atoms["cpil"] = [(2, 3)], True
    atoms["\xa9wrt"], atoms["\xa9cmt"] = ["Ada Lund"], ["live"]
    atoms["----:com.apple.iTunes:ORIGINALDATE"] = [b"1969"]
    atoms["----:com.apple.iTunes:ARTISTS"] = [b"Vera", b"Tom"]
    atoms.save()
    for path in (mp3, flac, m4a):
        read = tags.read(path).tags
        assert (read.disc, read.disc_total) == ("2", "3")
        assert (read.composer, read.comment) == (("Ada Lund",), ("live",))
        assert read.originaldate == ("1969",)
        assert read.artists[0] == "Vera"
        assert read.compilation
    assert not tags.read(shelf.put(tmp_path / "b.mp3")).tags.compilation


def test_a_number_of_zero_in_mp4_is_none_but_its_total_stays(tmp_path: Path) -> None:
    path = shelf.put(tmp_path / "a.m4a")
    atoms: Any = MP4(path)
    atoms["trkn"] = [(0, 12)]
    atoms.save()
    read = tags.read(path).tags
    assert (read.track, read.track_total) == ("", "12")


def test_id3v1_alone_is_read(tmp_path: Path) -> None:
    path = shelf.put(tmp_path / "a.mp3")
    frames = id3.ID3(path)
    frames.save(v1=id3.ID3v1SaveOptions.CREATE)
    id3.delete(path, delete_v1=False, delete_v2=True)
    read = tags.read(path).tags
    assert (read.title, read.artist, read.track) == (("Low Tide",), ("Velvet Harbour",), "1")


def test_the_year_and_the_numbered_genre_of_older_id3_are_read(tmp_path: Path) -> None:
    path = shelf.put(tmp_path / "a.mp3")
    frames = id3.ID3(path)
    frames.add(id3.TCON(encoding=0, text=["(17)"]))
    frames.update_to_v23()
    frames.save(v2_version=3)
    assert b"TYER" in path.read_bytes()
    read = tags.read(path).tags
    assert (read.date, read.genres) == (("1974",), ("Rock",))


def test_ape_tags_are_read_where_an_mp3_has_no_others(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(track_files.read_seed_file("bell.mp3"))
    ape = APEv2()
    ape["Title"], ape["Track"], ape["Artist"] = "Low Tide", "4/9", ["Vera", "Tom"]
    ape.save(path)
    read = tags.read(path).tags
    assert (read.title, read.track, read.track_total) == (("Low Tide",), "4", "9")
    assert read.artist == ("Vera", "Tom")


def test_wave_and_aiff_carry_id3(tmp_path: Path) -> None:
    from mutagen.aiff import AIFF
    from mutagen.wave import WAVE

    with wave.open(str(tmp_path / "a.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16_000))
    rate = b"\x40\x0b\xfa" + bytes(7)  # 8,000 Hz as an 80-bit float
    common = b"COMM" + struct.pack(">IhIh", 18, 1, 8000, 16) + rate
    sound_chunk = b"SSND" + struct.pack(">III", 8 + 16_000, 0, 0) + bytes(16_000)
    body = b"AIFF" + common + sound_chunk
    (tmp_path / "a.aiff").write_bytes(b"FORM" + struct.pack(">I", len(body)) + body)
    for name, kind in (("a.wav", WAVE), ("a.aiff", AIFF)):
        audio: Any = kind(tmp_path / name)
        audio.add_tags()
        audio.tags.add(id3.TIT2(encoding=3, text=["Low Tide"]))
        audio.save()
        reading = tags.read(tmp_path / name)
        assert reading.tags.title == ("Low Tide",)
        assert (reading.facts.duration, reading.facts.bits) == (1.0, 16)


def test_wma_texts_numbers_and_pictures_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.wma"
    header = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
    path.write_bytes(header + struct.pack("<QIBB", 30, 0, 1, 2))
    image = track_files.read_seed_file("cover.jpg")
    texts = "image/jpeg\0front\0".encode("utf-16-le")
    audio: Any = ASF(path)
    audio["Title"], audio["Author"] = "Low Tide", ["Vera", "Tom"]
    audio["WM/TrackNumber"], audio["WM/IsCompilation"] = 3, True
    audio["WM/Picture"] = struct.pack("<BI", 3, len(image)) + texts + image
    audio.save()
    reading = tags.read(path)
    assert reading.facts.format == "WMA"
    assert reading.tags == tags.Tags(
        title=("Low Tide",),
        artist=("Vera", "Tom"),
        track="3",
        compilation=True,
        pictures=(embedded("cover.jpg", mime="image/jpeg"),),
    )


def test_wavpack_carries_ape_tags_with_a_cover(tmp_path: Path) -> None:
    from mutagen.apev2 import BINARY, APEValue

    path = tmp_path / "a.wv"
    flags = 9 << 23  # 44,100 Hz
    block = struct.pack("<IHBBIIIII", 24, 0x407, 0, 0, 44_100, 0, 44_100, flags, 0)
    path.write_bytes(b"wvpk" + block)
    image = track_files.read_seed_file("cover.jpg")
    ape = APEv2()
    ape["Title"] = "Low Tide"
    ape["Cover Art (Front)"] = APEValue(b"cover.jpg\0" + image, BINARY)
    ape.save(path)
    reading = tags.read(path)
    assert (reading.facts.format, reading.facts.duration) == ("WavPack", 1.0)
    assert reading.tags.title == ("Low Tide",)
    assert reading.tags.pictures == (embedded("cover.jpg", mime=""),)


def test_a_linked_or_broken_picture_is_no_embedded_one(tmp_path: Path) -> None:
    mp3 = shelf.put(tmp_path / "a.mp3")
    frames = id3.ID3(mp3)
    frames.add(id3.APIC(encoding=0, mime="-->", type=3, desc="", data=b"http://x/y.jpg"))
    frames.save()
    ogg = shelf.put(tmp_path / "a.ogg", metadata_block_picture="bm8gYmxvY2s=")
    assert tags.read(mp3).tags.pictures == ()
    assert tags.read(ogg).tags.pictures == ()


def test_the_old_way_to_embed_a_picture_into_ogg_counts(tmp_path: Path) -> None:
    image = track_files.read_seed_file("cover.jpg")
    text = base64.b64encode(image).decode()
    read = tags.read(shelf.put(tmp_path / "a.ogg", coverart=text)).tags
    assert [picture.size for picture in read.pictures] == [len(image)]


def test_a_picture_with_a_type_keeps_it(tmp_path: Path) -> None:
    path = shelf.put(tmp_path / "a.flac")
    back = Picture()
    back.type, back.mime, back.data = 4, "image/jpeg", b"\xff\xd8\xff"
    audio: Any = FLAC(path)
    audio.add_picture(back)
    audio.save()
    picture = tags.EmbeddedPicture(type=4, mime="image/jpeg", size=3, seen="image/jpeg")
    assert tags.read(path).tags.pictures == (picture,)


def test_the_format_is_told_by_the_bytes_and_not_by_the_name(tmp_path: Path) -> None:
    for suffix in shelf.FORMATS:
        path = tmp_path / f"{suffix}.wma"
        path.write_bytes(shelf.render(suffix))
        reading = tags.read(path)
        assert (reading.facts.format, reading.tags.title) == (NAMES[suffix], ("Low Tide",))


def test_junk_before_the_sound_of_an_mp3_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(bytes(3000) + track_files.read_seed_file("bell.mp3"))
    assert tags.read(path).facts.duration == pytest.approx(1, abs=0.2)


def test_bytes_that_sound_by_chance_within_a_file_are_no_audio(tmp_path: Path) -> None:
    whole = track_files.read_seed_file("bell.mp3")
    first = whole.index(b"\xff\xf3", len(whole) // 2)
    second = whole.index(b"\xff\xf3", first + 100)
    two_frames = whole[first : 2 * second - first]
    path = tmp_path / "a.mp3"
    path.write_bytes(two_frames)
    assert tags.read(path).facts.format == "MP3"
    path.write_bytes(b"notes " * 500 + two_frames)
    with pytest.raises(NotAudio, match="text"):
        tags.read(path)


def test_an_id3_tag_before_another_format_does_not_hide_it(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    frames = id3.ID3()
    frames.add(id3.TIT2(encoding=3, text=["of the ID3"]))
    frames.save(path)
    path.write_bytes(path.read_bytes() + shelf.render("flac"))
    reading = tags.read(path)
    assert (reading.facts.format, reading.tags.title) == ("FLAC", ("Low Tide",))


@each_row(
    ("content", "what"),
    [
        (b"\xff\xd8\xff\xe0" + bytes(200), "a JPEG picture"),
        (bytes(5000), "zero bytes only"),
        (b"<!DOCTYPE html><html>404", "a web page"),
        ("Grüße, dies ist nur ein Text.\n".encode() * 9, "text"),
        (b"PK\x03\x04" + bytes(range(256)), "a ZIP archive"),
    ],
)
@each_row("suffix", ["mp3", "flac", "m4a", "ogg", "opus", "aac"])
def test_what_is_no_audio_is_named(tmp_path: Path, suffix: str, content: bytes, what: str) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)
    with pytest.raises(NotAudio, match=what):
        tags.read(path)


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mp3")
    with pytest.raises(Unreadable, match="not a regular file"):
        tags.read(tmp_path / "a.mp3")


def test_a_link_that_leads_nowhere_and_a_loop_are_refused_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").symlink_to(tmp_path / "gone.mp3")
    (tmp_path / "b.mp3").symlink_to(tmp_path / "b.mp3")
    with pytest.raises(Unreadable, match="a broken link"):
        tags.read(tmp_path / "a.mp3")
    with pytest.raises(Unreadable, match="Remove the circular links"):
        tags.read(tmp_path / "b.mp3")


def test_whatever_a_failing_disk_says_is_not_laid_to_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shelf.put(tmp_path / "a.mp3")

    def fail(number: int) -> None:
        def pread(*_: object) -> bytes:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "pread", pread)  # a disk that fails cannot be had for a test

    for number in (errno.EIO, errno.EHOSTUNREACH, errno.ENOMEM, errno.EINVAL):
        fail(number)
        with pytest.raises(Unreadable, match="Check the disk") as caught:
            tags.read(path)
        assert not isinstance(caught.value, NotAudio)


@each_row("interruption", [Stopped(), TimeoutError("the item took too long")])
def test_an_interruption_is_not_taken_for_a_bad_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interruption: Exception
) -> None:
    def pread(*_: object) -> bytes:
        raise interruption

    monkeypatch.setattr(os, "pread", pread)  # a signal cannot be timed to the moment of a read
    with pytest.raises(type(interruption)):
        tags.read(shelf.put(tmp_path / "a.mp3"))
