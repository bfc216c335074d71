"""Durations, codecs, sample rates and channels of rarer streams in common containers."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from mediakeep.media.audio import tags
from mediakeep.media.audio.tags import AudioProperties
from mediakeep_samples.music import track_files
from tests.media import encoded
from tests.media import mutations_sounds as small
from tests.media import mutations_tags as tagging
from tests.media.mutations_sounds import chunk
from tests.sampling import each_row

IMA_ADPCM, MP3_IN_WAV = 0x11, 0x55


def read(folder: Path, data: bytes, suffix: str) -> AudioProperties:
    path = folder / f"a.{suffix}"
    path.write_bytes(data)
    return tags.read(path).facts


# What ffprobe and mediainfo find in the same files: codec, Hz, channels, lossless.
@each_row(
    ("name", "expected"),
    [
        ("a.tta", ("", 44100, 2, True)),
        ("ima.wav", ("IMA ADPCM", 44100, 2, False)),
        ("mp3.wav", ("MP3", 44100, 2, False)),
        ("ac3.m4a", ("ac-3", 48000, 2, False)),
        ("eac3.mp4", ("ec-3", 48000, 2, False)),
        ("flac.mp4", ("fLaC", 96000, 2, True)),
        ("24.mov", ("lpcm", 96000, 2, True)),  # in an entry of version 2
        ("fragmented.m4a", ("mp4a.40.2", 44100, 2, False)),
    ],
)
def test_what_an_encoder_has_written(
    tmp_path: Path, name: str, expected: tuple[str, int, int, bool]
) -> None:
    facts = tags.read(encoded.write(tmp_path / name, name)).facts
    assert (facts.codec, facts.sample_rate, facts.channels, facts.lossless) == expected
    assert facts.duration == pytest.approx(2.0, abs=0.06)
    assert facts.bitrate > 30_000
    assert not facts.truncated


def wav(codec: int, extension: bytes, *parts: bytes, byte_rate: int = 999) -> bytes:
    form = struct.pack("<HHIIHHH", codec, 2, 44100, byte_rate, 1024, 4, len(extension)) + extension
    data = chunk(b"data", bytes(20 * 1024))
    return chunk(b"RIFF", b"WAVE" + chunk(b"fmt ", form) + b"".join(parts) + data)


@each_row(
    ("codec", "extension", "fact", "seconds"),
    [
        (IMA_ADPCM, b"\xf9\x03", 20_000, 20_000 / 44100),
        (IMA_ADPCM, b"\xf9\x03", None, 20 * 1017 / 44100),  # 20 blocks of 1,017 samples
        (IMA_ADPCM, b"\xf9\x03", 0xFFFFFFFF, 20 * 1017 / 44100),  # a writer to a pipe
        (MP3_IN_WAV, bytes(12), 90_000, 90_000 / 44100),
        (MP3_IN_WAV, bytes(12), None, 20 * 1024 / 999),
        (1, b"", 7, 20 * 1024 / 999),  # PCM needs no count
    ],
)
def test_the_sample_count_of_a_wav_gives_its_duration(
    tmp_path: Path, codec: int, extension: bytes, fact: int | None, seconds: float
) -> None:
    count = [] if fact is None else [chunk(b"fact", struct.pack("<I", fact))]
    facts = read(tmp_path, wav(codec, extension, *count), "wav")
    assert facts.duration == pytest.approx(seconds, abs=0.001)


@each_row("suffix", ["wav", "aiff"])
def test_the_first_of_two_id3_chunks_is_read(tmp_path: Path, suffix: str) -> None:
    order = "<" if suffix == "wav" else ">"
    name = b"id3 " if suffix == "wav" else b"ID3 "
    second = tagging.id3v2().replace(b"1974", b"1999").replace(b"Moorings", b"Drifters")
    whole = bytearray(small.whole(suffix) + chunk(name, second, order))
    whole[4:8] = struct.pack(f"{order}I", len(whole) - 8)
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(whole)
    reading = tags.read(path)
    assert (reading.tags.album, reading.tags.date) == (("Moorings",), ("1974",))
    assert [one.tags.album for one in reading.others if one.name.startswith("ID3")] == [
        ("Drifters",)
    ]


def test_wavpack_written_to_a_pipe_ends_with_its_last_block(tmp_path: Path) -> None:
    known = small.whole("wv")
    unknown = known.replace(struct.pack("<I", 3000), struct.pack("<I", 0xFFFFFFFF))
    assert unknown.count(b"\xff\xff\xff\xff") >= 3
    assert read(tmp_path, unknown, "wv").duration == pytest.approx(3000 / 44100, abs=0.001)
    assert not read(tmp_path, unknown, "wv").truncated


def with_codec(name: bytes, configuration: bytes) -> bytes:
    """Return an MP4 whose only track claims another codec, in atoms of the same size."""
    whole = track_files.read_seed_file("bell.m4a")
    start = whole.index(b"esds") - 4
    size = int.from_bytes(whole[start : start + 4])
    free = size - len(configuration)
    assert free >= 8
    atoms = configuration + struct.pack(">I4s", free, b"free") + bytes(free - 8)
    changed = whole[:start] + atoms + whole[start + size :]
    at = changed.index(b"mp4a", changed.index(b"stsd"))
    return changed[:at] + name + changed[at + 4 :]


def atom(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(data), name) + data


@each_row(
    ("name", "configuration", "rate", "channels"),
    [
        # ETSI TS 102 366, F.4: 44,100 Hz, 3 front and 2 rear channels, LFE, 448 kbit/s
        (b"ac-3", atom(b"dac3", bytes.fromhex("503de0")), 44100, 6),
        # A/52, E.1.3.2: streams 9 and 10 have half and a quarter of the rate
        (b"ac-3", atom(b"dac3", bytes.fromhex("523de0")), 22050, 6),
        (b"ac-3", atom(b"dac3", bytes.fromhex("543de0")), 11025, 6),
        # ... 48,000 Hz, one channel, 64 kbit/s
        (b"ac-3", atom(b"dac3", bytes.fromhex("100900")), 48000, 1),
        # F.6: 448 kbit/s, 44,100 Hz, 5.1
        (b"ec-3", atom(b"dec3", bytes.fromhex("0e00600f00")), 44100, 6),
        # a reserved rate, a reserved bit rate: the sample entry is used
        (b"ac-3", atom(b"dac3", bytes.fromhex("d03de0")), 22050, 2),
        (b"ac-3", atom(b"dac3", bytes.fromhex("503fe0")), 22050, 2),
        (b"ec-3", atom(b"dec3", bytes.fromhex("0e00e00f00")), 22050, 2),
        # 3GPP TS 26.244, 6.7: vendor, version, modes, mode change, frames per sample
        (b"samr", atom(b"damr", b"FFMP\0\x81\xff\0\1"), 8000, 1),
        (b"sawb", atom(b"damr", b"FFMP\0\x83\xff\0\1"), 16000, 1),
    ],
)
def test_the_configuration_of_an_mp4_codec_is_more_exact_than_its_sample_entry(
    tmp_path: Path, name: bytes, configuration: bytes, rate: int, channels: int
) -> None:
    facts = read(tmp_path, with_codec(name, configuration), "m4a")
    assert (facts.codec, facts.sample_rate, facts.channels) == (name.decode(), rate, channels)
    assert facts.duration == pytest.approx(1.0, abs=0.1)


@each_row("name, bits", [("24.mov", 24), ("in24.mov", 24), ("16.mov", 16)])
def test_the_depth_of_pcm_in_quicktime_is_not_that_of_its_sample_entry(
    tmp_path: Path, name: str, bits: int
) -> None:
    assert tags.read(encoded.write(tmp_path / name, name)).facts.bits == bits


def adif(copyright_id: bytes = b"") -> bytes:
    """An ADIF header of 64 kbit/s, 48,000 Hz, one pair of channels (ISO/IEC 13818-7, 8.5.2)."""
    bits = f"{bool(copyright_id):b}" + "".join(f"{byte:08b}" for byte in copyright_id)
    bits += f"000{64_000:023b}{0:04b}{0:020b}"  # constant bit rate, one program, buffer fullness
    bits += f"{0:04b}{1:02b}{3:04b}"  # instance, profile LC, 48,000 Hz
    bits += f"{1:04b}{0:04b}{0:04b}{0:02b}{0:03b}{0:04b}"  # one front element
    bits += "000" + "1" + f"{0:04b}"  # no mix-downs; the element is a pair
    bits = bits.ljust(-(-len(bits) // 8) * 8, "0")
    return b"ADIF" + int(bits, 2).to_bytes(len(bits) // 8)


@each_row("copyright_id", [b"", b"mediakeep"])
def test_the_header_of_adif(tmp_path: Path, copyright_id: bytes) -> None:
    whole = adif(copyright_id).ljust(16_000, b"\x55")
    facts = read(tmp_path, whole, "aac")
    assert (facts.sample_rate, facts.channels, facts.bitrate) == (48000, 2, 64_000)
    assert facts.duration == pytest.approx(2.0)


def test_true_audio_without_its_last_frame_is_truncated(tmp_path: Path) -> None:
    whole = small.whole("tta")[: -128 - 10]
    assert read(tmp_path, whole, "tta").truncated.startswith("it holds 1,3")


def test_a_fragmented_file_of_unknown_times_has_no_duration(tmp_path: Path) -> None:
    path = encoded.write(tmp_path / "fragmented.m4a", "fragmented.m4a")
    assert path.read_bytes().count(b"tfdt") > 2
    assert read(tmp_path, path.read_bytes().replace(b"tfdt", b"free"), "m4a").duration == 0
