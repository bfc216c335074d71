"""Each format is recognized by its content; its suffixes and lossless flag are right."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from mediakeep.errors import NotAudio, Truncated
from mediakeep.media.audio import formats, tags
from tests.media import mutations_sounds as small
from tests.media.mutations_sounds import chunk
from tests.sampling import each_row

# What the headers of the small files say: seconds, Hz, channels, bits, and no loss.
FACTS = {
    "mp3": (1.0, 22050, 1, 0, False),
    "vbri.mp3": (4 * 1152 / 44100, 44100, 2, 0, False),
    "m4a": (1.0, 22050, 1, 16, False),
    "flac": (1.0, 8000, 1, 16, True),
    "ogg": (1.0, 16000, 1, 0, False),
    "opus": (1.0, 48000, 1, 0, False),
    "flac.oga": (1.0, 8000, 1, 16, True),
    "speex.ogg": (1.0, 16000, 1, 0, False),
    "wma": (1.0, 44100, 2, 16, False),
    "wav": (1500 / 16000, 8000, 1, 16, True),
    "aiff": (750 / 8000, 8000, 1, 16, True),
    "dsf": (8192 / 2822400, 2822400, 1, 1, True),
    "ape": ((73728 + 4096) / 44100, 44100, 2, 16, True),
    "old.ape": (4096 / 44100, 44100, 2, 16, True),
    "wv": (3000 / 44100, 44100, 2, 16, True),
    "mpc": (192 / 44100, 44100, 2, 0, False),
    "seven.mpc": ((20 * 1152 - 576) / 44100, 44100, 2, 0, False),
    "tta": (60_000 / 44100, 44100, 2, 16, True),
    "aac": (12 * 1024 / 44100, 44100, 2, 0, False),
}


def put(folder: Path, data: bytes, suffix: str) -> Path:
    path = folder / f"a.{suffix.rpartition('.')[2]}"
    path.write_bytes(data)
    return path


@each_row("name", FACTS)
def test_the_facts_of_every_format(tmp_path: Path, name: str) -> None:
    facts = tags.read(put(tmp_path, small.whole(name), name)).facts
    length, *rest = FACTS[name]
    assert facts.duration == pytest.approx(length, abs=0.06 if length == 1 else 0.001)
    assert [facts.sample_rate, facts.channels, facts.bits, facts.lossless] == rest
    assert facts.bitrate > 0


@each_row("name", small.SOUNDS)
@each_row("suffix", [".xyz", ".mp3", ".flac", ".m4a"])
def test_the_bytes_tell_the_format_whatever_the_name(
    tmp_path: Path, name: str, suffix: str
) -> None:
    path = put(tmp_path, small.whole(name), suffix)
    assert tags.read(path).facts.format == small.SOUNDS[name][0]
    with path.open("rb") as handle:
        found = formats.detect_format(handle, suffix)
    assert found
    assert (found[0].name, found[1]) == (small.SOUNDS[name][0], True)


@each_row(
    ("name", "suffixes"),
    [
        ("MP3", ".mp3 .mp2"),
        ("AAC", ".aac"),
        ("MP4", ".m4a .m4b .m4p"),
        ("FLAC", ".flac"),
        ("Ogg Vorbis", ".ogg .oga"),
        ("Ogg FLAC", ".ogg .oga"),
        ("Speex", ".ogg .oga .spx"),
        ("Opus", ".opus .ogg .oga"),
        ("WMA", ".wma"),
        ("WAV", ".wav"),
        ("AIFF", ".aif .aiff"),
        ("Monkey's Audio", ".ape"),
        ("WavPack", ".wv"),
        ("Musepack", ".mpc"),
        ("DSF", ".dsf"),
        ("True Audio", ".tta"),
    ],
)
def test_extensions_that_stand_for_a_format(name: str, suffixes: str) -> None:
    fitting = {suffix for suffix in formats.AUDIO_SUFFIXES if formats.is_usual_suffix(name, suffix)}
    assert fitting == set(suffixes.split())


def test_every_sound_here_bears_an_extension_that_fits() -> None:
    for name, (kind, _) in small.SOUNDS.items():
        assert formats.is_usual_suffix(kind, "." + name.rpartition(".")[2])
        assert not formats.is_usual_suffix(kind, ".xyz")


def wav(codec: int) -> bytes:
    form = struct.pack("<HHIIHH", codec, 1, 8000, 8000, 1, 8)
    if codec == 0xFFFE:  # the true one stands behind
        form += struct.pack("<HHIH", 22, 8, 0, 1) + bytes(14)
    return chunk(b"RIFF", b"WAVE" + chunk(b"fmt ", form) + chunk(b"data", bytes(800)))


@each_row(("codec", "lossless"), [(1, True), (3, True), (0xFFFE, True), (7, False)])
def test_a_wav_loses_nothing_where_it_holds_plain_samples(
    tmp_path: Path, codec: int, lossless: bool
) -> None:
    facts = tags.read(put(tmp_path, wav(codec), "wav")).facts
    assert (facts.lossless, facts.codec) == (lossless, "" if lossless else "mu-law")


def test_hybrid_wavpack_is_lossy(tmp_path: Path) -> None:
    whole = small.whole("wv")
    flags = struct.pack("<I", 0x04800021)
    hybrid = whole.replace(flags, struct.pack("<I", 0x04800021 | 8))
    assert hybrid != whole
    assert not tags.read(put(tmp_path, hybrid, "wv")).facts.lossless


@each_row(
    ("codec", "told", "lossless"),
    [(b"mp4a", "mp4a.40.2", False), (b"alac", "alac", True), (b"drms", "drms.40.2", False)],
)
def test_the_codec_of_mp4_is_told(tmp_path: Path, codec: bytes, told: str, lossless: bool) -> None:
    whole = small.whole("m4a")
    place = whole.index(b"stsd")
    changed = whole[:place] + whole[place:].replace(b"mp4a", codec, 1)
    if codec == b"alac":
        changed = changed.replace(b"esds", b"free", 1)
    facts = tags.read(put(tmp_path, changed, "m4a")).facts
    assert (facts.codec, facts.lossless) == (told, lossless)


@each_row(
    ("configuration", "codec", "rate"),
    [
        ("138856e500", "mp4a.40.2", 22050),
        ("138856e580", "mp4a.40.5", 44100),  # told behind, for decoders that know of it
        ("2b8856e500", "mp4a.40.5", 44100),  # told at first
        ("eb8856e500", "mp4a.40.29", 44100),
        ("f88856e500", "mp4a.40.31", 22050),  # written in more bits than are looked at
    ],
)
def test_he_aac_is_told_in_all_ways(
    tmp_path: Path, configuration: str, codec: str, rate: int
) -> None:
    whole = small.whole("m4a")
    plain = bytes.fromhex("138856e500")  # AudioSpecificConfig, ISO/IEC 14496-3
    assert plain in whole
    changed = whole.replace(plain, bytes.fromhex(configuration))
    facts = tags.read(put(tmp_path, changed, "m4a")).facts
    assert (facts.codec, facts.sample_rate) == (codec, rate)


@each_row("suffix", ["mp3", "flac", "ogg"])
def test_a_file_that_lost_all_content_since_it_was_listed_is_refused(
    tmp_path: Path, suffix: str
) -> None:
    with pytest.raises(NotAudio, match="zero bytes"):
        tags.read(put(tmp_path, b"", suffix))


@each_row("name", ["mp3", "m4a", "flac", "ogg", "opus", "wma", "wav", "ape", "mpc"])
def test_a_file_that_lost_its_tags_with_its_end_is_cut_off_and_nothing_else(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(Truncated):
        tags.read(put(tmp_path, small.whole(name)[:60], name))


@each_row("name", ["flac", "ogg", "opus", "first.m4a"])
def test_a_file_that_lost_its_end_keeps_its_tags(tmp_path: Path, name: str) -> None:
    whole = small.whole(name)
    reading = tags.read(put(tmp_path, whole[: len(whole) - 600], name))
    assert reading.facts.truncated
    assert reading.tags.title == ("Low Tide",)
