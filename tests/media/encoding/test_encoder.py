"""Encoded files have the exact length of their source, start where it starts, and are whole."""

from __future__ import annotations

import random
import resource
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import msgspec
import pytest

from mediakeep.errors import DecodingFailed, EncodingFailed, NotAudio, Unreadable
from mediakeep.media.audio import tags
from mediakeep.media.audio.mp3 import xing
from mediakeep.media.encoding import codec_encoders, encoder, info_header, pcm_source, profile_rules
from mediakeep.media.encoding.profiles import BUILT_IN, MP3_SAMPLE_RATES, Profile
from tests.media import encoded
from tests.media.encoding import sounds
from tests.sampling import each_row

CBR = Profile(
    name="cbr",
    suffix=".mp3",
    codec="libmp3lame",
    container="mp3",
    bit_rate=128_000,
    sample_rates=MP3_SAMPLE_RATES,
)
# Around the frames of MP3 (1152 samples), AAC (1024) and FLAC (4608); FFmpeg's own header is wrong
# for 1 and 1153.
LENGTHS = (1, 1023, 1025, 1152, 1153, 4609, 30_011)


@each_row("count", LENGTHS)
def test_the_length_is_exact(tmp_path: Path, count: int) -> None:
    source = sounds.write_noise(tmp_path / "a.wav", count)
    for name in ("flac", "alac", "mp3-v0", "aac"):
        target = tmp_path / f"{name}{BUILT_IN[name].suffix}"
        written = sounds.convert(source, target, name)
        assert (written.source_samples, written.samples) == (count, count)
        assert pcm_source.count_samples(target) == count, name
        assert written.size == target.stat().st_size
        assert written.encoder == codec_encoders.describe_encoder(BUILT_IN[name].codec)
    if count == 1:
        return  # less than a sample at 48 kHz
    written = sounds.convert(source, tmp_path / "a.opus", "opus")
    assert abs(written.samples - count * 48_000 / 44_100) <= 1
    assert abs(pcm_source.count_samples(tmp_path / "a.opus") - written.samples) <= 1


@each_row("count", (1, 1153, 5000))
def test_mp3_is_exact_without_lameenc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setitem(sys.modules, "lameenc", None)  # as if the package were missing
    source = sounds.write_noise(tmp_path / "a.wav", count)
    for profile in (BUILT_IN["mp3-v0"], CBR):
        written = sounds.convert(source, tmp_path / "a.mp3", profile)
        assert written.encoder.startswith("libmp3lame (FFmpeg")
        assert pcm_source.count_samples(tmp_path / "a.mp3") == count


def test_both_ways_to_mp3_give_the_same_quality(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = sounds.write_noise(tmp_path / "a.wav", 60_000)
    for profile in (BUILT_IN["mp3-v0"], CBR):
        fast = sounds.convert(source, tmp_path / "fast.mp3", profile)
        monkeypatch.setitem(sys.modules, "lameenc", None)
        slow = sounds.convert(source, tmp_path / "slow.mp3", profile)
        monkeypatch.delitem(sys.modules, "lameenc")
        assert fast.encoder.startswith("LAME (lameenc ")
        assert abs(fast.size - slow.size) < slow.size / 20
        bit_rates = [tags.read(tmp_path / name).facts.bitrate for name in ("fast.mp3", "slow.mp3")]
        assert abs(bit_rates[0] - bit_rates[1]) < bit_rates[1] / 20


@each_row("name", ["flac", "alac", "mp3-v0", "aac"])
def test_the_audio_starts_where_it_started(tmp_path: Path, name: str) -> None:
    source = sounds.write_noise(tmp_path / "a.wav", 12_000)
    target = tmp_path / f"b{BUILT_IN[name].suffix}"
    sounds.convert(source, target, name)
    original, decoded = sounds.read_left(source), sounds.read_left(target)
    assert sounds.find_shift(original, decoded) == 0
    assert (decoded == original) is BUILT_IN[name].lossless


@each_row("name", ["flac", "mp3-v0", "opus"])
def test_no_sample_is_lost_between_tracks_of_one_master(tmp_path: Path, name: str) -> None:
    rate = 48_000 if name == "opus" else sounds.RATE  # else rounded to 48 kHz
    master, cuts = sounds.noise_and_tone(25_000), (0, 8_001, 17_333, 25_000)
    decoded: list[int] = []
    for start, end in pairwise(cuts):
        piece = master[2 * start : 2 * end].tobytes()
        source = sounds.write_wav(tmp_path / f"{start}.wav", piece, rate)
        target = source.with_suffix(BUILT_IN[name].suffix)
        sounds.convert(source, target, name)
        decoded += sounds.read_left(target)
    left = list(master[::2])
    assert len(decoded) == len(left)
    if name == "flac":
        assert decoded == left
    for start, end in pairwise(cuts):
        assert sounds.find_shift(left[start:end], decoded[start:end], 15) == 0


@each_row("name", ["flac", "alac", "mp3-v0", "aac", "opus"])
def test_the_same_source_gives_the_same_audio_again(tmp_path: Path, name: str) -> None:
    source = sounds.write_noise(tmp_path / "a.wav", 6000)
    decoded = []
    for turn in "12":
        target = tmp_path / f"{turn}{BUILT_IN[name].suffix}"
        sounds.convert(source, target, name)
        decoded.append(sounds.read_left(target))
    assert decoded[0] == decoded[1]


def test_the_info_header_is_right(tmp_path: Path) -> None:
    source = sounds.write_noise(tmp_path / "a.wav", 1153)
    sounds.convert(source, tmp_path / "a.mp3", "mp3-v0")
    content = (tmp_path / "a.mp3").read_bytes()
    start = content.index(b"\xff\xfb")
    header = xing.parse_header(content[start:][:200])
    assert header is not None
    assert header.frame_count * 1152 - header.trimmed_samples == 1153
    name = content.index(b"LAME3.100")
    assert int.from_bytes(content[name + 21 : name + 24]) >> 12 == info_header.LAME_DELAY
    checked = content[start : name + 34]
    assert content[name + 34 : name + 36] == info_header.compute_crc16(checked).to_bytes(2)
    assert info_header.compute_crc16(b"123456789") == 0xBB3D  # the check value of CRC-16/ARC


def test_an_mp3_without_info_header_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff\xfb\x90\x64" + bytes(413))
    with (tmp_path / "a").open("r+b", buffering=0) as file, pytest.raises(ValueError):
        info_header.write_gapless_data(file, 1)


def test_24_bits_stay_24_bits(tmp_path: Path) -> None:
    source = encoded.write(tmp_path / "24.wav", "24.wav")
    for name in ("flac", "alac"):
        target = tmp_path / f"b{BUILT_IN[name].suffix}"
        sounds.convert(source, target, name)
        with pcm_source.open_source(target) as opened:
            assert opened.format.bits == 24


@each_row(("rate", "channels"), [(8_000, 1), (22_050, 1), (32_000, 2), (44_100, 4), (48_000, 6)])
def test_rates_and_channels_of_all_kinds_stay_exact(
    tmp_path: Path, rate: int, channels: int
) -> None:
    data = bytes(sounds.noise_and_tone(10_000).tobytes())[: 2 * channels * 3001]
    source = sounds.write_wav(tmp_path / "a.wav", data, rate, channels)
    for name in ("flac", "mp3-v0", "aac", "opus"):
        target = tmp_path / f"b{BUILT_IN[name].suffix}"
        written = sounds.convert(source, target, name)
        decoded = pcm_source.count_samples(target)
        assert abs(written.samples - 3001 * written.sample_rate / rate) <= 1
        assert abs(decoded - written.samples) <= (name == "opus")
        expected = min(channels, 2) if name == "mp3-v0" else channels
        assert tags.read(target).facts.channels == expected


SURROUND = [
    *(("5.1", "5.1"), ("5.1(side)", "5.1"), ("5.0(side)", "5.0"), ("6.1", "6.1(back)")),
    *(("2.1", ""), ("quad", ""), ("7.1", "")),
]


@each_row("layout, stored", SURROUND)
def test_alac_keeps_all_channels_or_names_the_layout_that_it_cannot_store(
    tmp_path: Path, layout: str, stored: str
) -> None:
    source, target = tmp_path / "a.wav", tmp_path / "a.m4a"
    with av.open(str(source), "w") as output:
        stream: Any = output.add_stream("pcm_s24le", rate=48_000, layout=layout)
        frame = av.AudioFrame(format="s32", layout=layout, samples=4800)
        frame.sample_rate = 48_000
        data = random.Random(7).randbytes(4 * 4800 * len(frame.layout.channels))
        frame.planes[0].update(bytes(b if n % 4 else 0 for n, b in enumerate(data)))  # 24 bits
        output.mux([*stream.encode(frame), *stream.encode(None)])
    if not stored:
        with pytest.raises(EncodingFailed, match=rf"cannot store the channel layout {layout}\."):
            sounds.convert(source, target, "alac")
        return
    sounds.convert(source, target, "alac")
    assert read_channels(target, stored) == read_channels(source, layout)


def read_channels(path: Path, layout: str) -> dict[str, bytes]:
    """Return the samples of each channel; the surrounds have one name each, left and right."""
    names = {"BL": "SL", "BR": "SR"}
    found: dict[str, bytes] = {}
    with av.open(str(path)) as file:
        assert file.streams.audio[0].layout.name == layout
        resampler = av.AudioResampler("s32p")
        for frame in (one for raw in file.decode(audio=0) for one in resampler.resample(raw)):
            for channel, plane in zip(frame.layout.channels, frame.planes, strict=True):
                name = names.get(channel.name, channel.name)
                found[name] = found.get(name, b"") + bytes(plane)[: 4 * frame.samples]
    return found


def test_progress_is_reported_each_second_and_stops_the_encoder(tmp_path: Path) -> None:
    source = sounds.write_noise(tmp_path / "a.wav", 3 * sounds.RATE)
    target, seen = tmp_path / "a.flac", []
    parameters = profile_rules.choose_parameters(tags.read(source).facts, BUILT_IN["flac"])

    def stop(done: int, total: int) -> None:
        seen.append((done, total))
        if done >= 2 * sounds.RATE:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encoder.encode_file(source, target, parameters, progress=stop)
    assert not target.exists()
    assert [done // sounds.RATE for done, _ in seen] == [1, 2]
    assert {total for _, total in seen} == {3 * sounds.RATE}


def test_a_full_disk_leaves_no_file(tmp_path: Path) -> None:
    source = sounds.write_noise(tmp_path / "a.wav", 60_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for name in ("flac", "mp3-v0", "aac"):
        target = tmp_path / f"b{BUILT_IN[name].suffix}"
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
        try:
            with pytest.raises(EncodingFailed, match=r"File too large. Check the disk") as caught:
                sounds.convert(source, target, name)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert isinstance(caught.value.__cause__, OSError)
        assert not target.exists()


def test_a_bad_source_is_named_and_leaves_no_file(tmp_path: Path) -> None:
    whole = sounds.write_noise(tmp_path / "a.wav", 60_000)
    sounds.convert(whole, tmp_path / "a.flac", "flac")
    facts = tags.read(tmp_path / "a.flac").facts
    parameters = profile_rules.choose_parameters(facts, BUILT_IN["opus"])
    content = (tmp_path / "a.flac").read_bytes()
    damaged = bytearray(content)
    damaged[len(content) // 2] ^= 1
    target = tmp_path / "b.opus"
    for broken, expected in (
        (content[: len(content) // 2], DecodingFailed),
        (bytes(damaged), DecodingFailed),
        (b"#EXTM3U\nother.flac\n", NotAudio),
    ):
        (tmp_path / "a.flac").write_bytes(broken)
        with pytest.raises(expected, match=r"a\.flac"):
            encoder.encode_file(tmp_path / "a.flac", target, parameters)
        assert not target.exists()
    with pytest.raises(Unreadable, match="No such file"):
        encoder.encode_file(tmp_path / "gone.flac", target, parameters)


def test_a_track_too_short_for_a_sample_is_refused(tmp_path: Path) -> None:
    source = sounds.write_noise(tmp_path / "a.wav", 1)
    with pytest.raises(EncodingFailed, match="too short"):
        sounds.convert(source, tmp_path / "a.opus", "opus")
    assert not (tmp_path / "a.opus").exists()


def test_wrong_codec_options_name_the_cure(tmp_path: Path) -> None:
    source = sounds.write_noise(tmp_path / "a.wav", 5000)
    wrong = Profile(name="x", suffix=".x", codec="aac", container="nonsense", bit_rate=64_000)
    with pytest.raises(EncodingFailed, match="Check the profile x"):
        sounds.convert(source, tmp_path / "a.x", wrong)
    assert not (tmp_path / "a.x").exists()


def test_an_unknown_option_of_a_codec_is_refused(tmp_path: Path) -> None:
    source = sounds.write_noise(tmp_path / "a.wav", 5000)
    wrong = msgspec.structs.replace(BUILT_IN["opus"], codec_options={"vbrr": "on"})
    with pytest.raises(
        EncodingFailed, match=r"libopus has no option vbrr\. Check the profile opus"
    ):
        sounds.convert(source, tmp_path / "a.opus", wrong)


def test_a_damaged_source_is_encoded_if_errors_are_accepted(tmp_path: Path) -> None:
    source = sounds.write_noise(tmp_path / "a.wav", 60_000)
    sounds.convert(source, tmp_path / "a.flac", "flac")
    content = bytearray((tmp_path / "a.flac").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "a.flac").write_bytes(content)
    found: list[str] = []
    parameters = profile_rules.choose_parameters(tags.read(source).facts, BUILT_IN["mp3-v0"])
    written = encoder.encode_file(
        tmp_path / "a.flac",
        tmp_path / "b.mp3",
        parameters,
        on_error=lambda _, message: found.append(message),
    )
    assert found
    assert 0 < written.samples < 60_000
    assert pcm_source.count_samples(tmp_path / "b.mp3") == written.samples


@pytest.mark.needs("ffmpeg")
@each_row("name", ["flac", "mp3-v0", "aac", "alac"])
def test_another_decoder_finds_the_same_length(tmp_path: Path, name: str) -> None:
    source = sounds.write_noise(tmp_path / "a.wav", 30_011)
    target = tmp_path / f"b{BUILT_IN[name].suffix}"
    sounds.convert(source, target, name)
    words = ["ffmpeg", "-v", "error", "-i", str(target), "-f", "s16le", "-ac", "2", "-"]
    decoded = subprocess.run(words, capture_output=True, check=True).stdout
    extra = len(decoded) // 4 - 30_011
    assert extra == 0 or (name == "aac" and 0 < extra < 1024)  # old ones do not trim the last frame
