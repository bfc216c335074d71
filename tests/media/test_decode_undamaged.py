"""Undamaged audio of every format is reported as such, with any surrounding tags."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import mutagen
from mutagen.apev2 import APEv2
from mutagen.id3 import APIC, ID3, TIT2

from mediakeep.media.audio import tags
from mediakeep.media.audio.decode import damage, flac_md5, ogg_page_scan
from mediakeep.media.audio.tags import AudioProperties
from mediakeep_samples.music import track_files
from tests.media import encoded
from tests.music import shelf
from tests.sampling import each_row

SEEDS = [f"{sound}.{suffix}" for sound in track_files.SOUND_NAMES for suffix in shelf.FORMATS]
ID3V1 = b"TAG" + b"A title".ljust(125, b"\0")


def found(path: Path) -> str:
    return damage.find_damage(path, tags.read(path).facts)


@each_row("seed", SEEDS)
def test_the_sounds_of_the_sample_library_are_healthy(tmp_path: Path, seed: str) -> None:
    path = tmp_path / seed
    path.write_bytes(track_files.read_seed_file(seed))
    assert found(path) == ""


@each_row("name", encoded.KINDS)
def test_what_an_encoder_has_just_written_is_healthy(tmp_path: Path, name: str) -> None:
    path = encoded.write(tmp_path / name, name)
    facts = tags.read(path).facts
    assert damage.find_damage(path, facts) == ""
    # And it was really decoded: as a longer file it would have been found too short.
    # FLAC stores a hash of its samples, and is compared with that.
    if facts.format not in ("MP3", "AAC", "FLAC", "Ogg FLAC") and name != "flac.mp4":
        longer = AudioProperties(format=facts.format, duration=60.0, sample_rate=facts.sample_rate)
        assert damage.find_damage(path, longer).startswith("only 0:0")


def test_dsd_is_healthy(tmp_path: Path) -> None:
    path = tmp_path / "a.dsf"
    path.write_bytes(encoded.dsf())
    assert found(path) == ""
    assert damage.find_damage(path, AudioProperties(format="DSF", duration=9.0)) != ""


@each_row("suffix", shelf.FORMATS)
def test_tags_and_an_embedded_cover_are_no_damage(tmp_path: Path, suffix: str) -> None:
    assert found(shelf.put(tmp_path / f"a.{suffix}", picture="cover.jpg")) == ""


def with_id3v1(path: Path) -> None:
    path.write_bytes(path.read_bytes() + ID3V1)


def with_ape(path: Path) -> None:
    ape = APEv2()
    ape["Title"] = "A title"
    ape.save(path)


def with_both(path: Path) -> None:
    with_ape(path)
    with_id3v1(path)


def with_lyrics(path: Path) -> None:
    lyrics = b"LYRICSBEGININD0000200"
    path.write_bytes(path.read_bytes() + lyrics + b"%06dLYRICS200" % len(lyrics) + ID3V1)


def with_two_id3v2(path: Path) -> None:
    picture = APIC(
        encoding=3, mime="image/png", type=3, desc="", data=track_files.read_seed_file("cover.png")
    )
    for tag in (TIT2(encoding=3, text="A"), picture):
        other = path.with_name("tag")
        other.write_bytes(b"")
        made = ID3()
        made.add(tag)
        made.save(other)
        path.write_bytes(other.read_bytes() + path.read_bytes())


BEHIND = (with_id3v1, with_ape, with_both, with_lyrics)
AROUND = [
    *((suffix, change) for suffix in ("mp3", "flac", "aac", "wv") for change in BEHIND),
    *((suffix, with_two_id3v2) for suffix in ("mp3", "flac", "aac", "wv", "tta")),
]


@each_row(("suffix", "change"), AROUND)
def test_tags_before_and_behind_are_no_damage(
    tmp_path: Path, suffix: str, change: Callable[[Path], None]
) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix in shelf.FORMATS:
        path.write_bytes(track_files.read_seed_file(f"chord.{suffix}"))
    else:
        encoded.write(path, f"a.{suffix}")
    facts = tags.read(path).facts
    change(path)
    assert damage.find_damage(path, facts) == ""


@each_row("between", [b"", ID3V1])
def test_two_mp3s_joined_are_no_damage(tmp_path: Path, between: bytes) -> None:
    path = tmp_path / "a.mp3"
    one, other = (track_files.read_seed_file(f"{name}.mp3") for name in ("chord", "drops"))
    path.write_bytes(one + between + other)
    assert found(path) == ""


def test_padding_before_the_first_frame_is_no_damage(tmp_path: Path) -> None:
    path = shelf.put(tmp_path / "a.mp3")
    start = ID3(path).size
    whole = path.read_bytes()
    path.write_bytes(whole[:start] + bytes(700) + whole[start:])
    assert found(path) == ""


def test_an_mp4_that_hides_a_part_of_itself_is_no_damage(tmp_path: Path) -> None:
    # The edit list of an encoder's priming says where playing begins; make it leave out 1.9 s.
    path = encoded.write(tmp_path / "a.m4a", "aac.m4a")
    whole = bytearray(path.read_bytes())
    at = whole.index(b"elst") + 16  # behind version, flags, number of entries, and duration
    rate = 44_100
    whole[at : at + 4] = int(1.9 * rate).to_bytes(4)
    path.write_bytes(whole)
    assert found(path) == ""


def test_a_flac_without_a_checksum_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    whole = bytearray(track_files.read_seed_file("bell.flac"))
    whole[8 + 18 : 8 + 34] = bytes(16)  # "fLaC", a header of four bytes, then STREAMINFO
    path.write_bytes(whole)
    assert mutagen.File(path).info.md5_signature == 0
    assert found(path) == ""


def _rewrite_pages(whole: bytes, change: Callable[[int, bytearray], bytes]) -> bytes:
    """Change each page of an Ogg file, and correct its checksum."""
    result, start = b"", 0
    while start < len(whole):
        end = whole.find(b"OggS", start + 1) % (len(whole) + 1)
        page = bytearray(change(start, bytearray(whole[start:end])))
        page[22:26] = ogg_page_scan.page_checksum(bytes(page)).to_bytes(4, "little")
        result, start = result + page, end
    return result


def test_an_ogg_flac_without_a_checksum_whose_pages_tell_a_later_time_is_no_damage(
    tmp_path: Path,
) -> None:
    def change(start: int, page: bytearray) -> bytes:
        streaminfo = page.find(b"fLaC")
        if streaminfo >= 0:
            page[streaminfo + 26 : streaminfo + 42] = bytes(16)
        elif position := int.from_bytes(page[6:14], "little"):
            page[6:14] = (position + 2000).to_bytes(8, "little")
        return page

    path = encoded.write(tmp_path / "a.oga", "flac.oga")
    path.write_bytes(_rewrite_pages(path.read_bytes(), change))
    assert mutagen.File(path).info.length > 0
    assert found(path) == ""


def test_a_checksum_of_wavpack_that_ffmpeg_may_compute_wrong_is_no_damage(tmp_path: Path) -> None:
    path = encoded.write(tmp_path / "a.wv", "32.wv")
    whole = bytearray(path.read_bytes())
    extra_bits = whole.index(b"\x8c", 32)  # a large sub-block; its checksum follows its size
    whole[extra_bits + 4] ^= 1
    path.write_bytes(whole)
    assert found(path) == ""


@each_row(
    ("samples", "word", "bits", "expected"),
    [
        ([1, -2], 2, 16, "0100 feff"),
        ([1, -2], 4, 24, "010000 feffff"),
        ([1, -2], 4, 32, "01000000 feffffff"),
        ([1, -2], 2, 8, "01 fe"),
        ([1, -2], 2, 12, "0100 feff"),
        ([1, -2], 4, 20, "010000 feffff"),
    ],
)
def test_samples_are_summed_as_flac_counts_them(
    samples: list[int], word: int, bits: int, expected: str
) -> None:
    shifted = [sample << (word * 8 - bits) for sample in samples]
    words = b"".join(sample.to_bytes(word, "little", signed=True) for sample in shifted)
    assert flac_md5.pack_samples(words, word, bits) == bytes.fromhex(expected)


def test_nothing_is_imported_or_decoded_unless_it_is_asked_for() -> None:
    code = (
        "import sys; import mediakeep.music.process, mediakeep.commands.process_music_batch;"
        "print('av' in sys.modules)"
    )
    path = f"import sys; sys.path[:0] = {sys.path!r}; "
    told = subprocess.run(
        [sys.executable, "-c", path + code], capture_output=True, text=True, check=True
    )
    assert told.stdout == "False\n"
