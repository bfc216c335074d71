"""Decoding returns exactly the samples of the track: no delay, padding or pre-skip."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import mutagen.mp4
import pytest

from mediakeep.errors import DecodingFailed, NotAudio, Unreadable, UnsupportedAudio, UsageError
from mediakeep.media import ffmpeg
from mediakeep.media.encoding import audio_input, pcm_source
from mediakeep.media.encoding.profiles import BUILT_IN
from tests.media import encoded
from tests.media.encoding import sounds
from tests.sampling import each_row

NOISE = 77 * 1152  # samples that tests.media.encoded writes
KINDS = (
    "cbr.mp3",
    "alac.m4a",
    "aac.m4a",
    "16.flac",
    "flac.oga",
    "16.wav",
    "a.aiff",
    "a.wv",
    "a.tta",
)


def declared(path: Path) -> int:
    with pcm_source.open_source(path) as source:
        return source.declared_samples


def reported(path: Path) -> list[str]:
    """Return the errors of decoding a whole file."""
    found: list[str] = []
    with pcm_source.open_source(path) as source:
        for _ in source.frames(lambda _, message: found.append(message)):
            pass
    return found


@each_row("name", KINDS)
def test_every_format_is_decoded_to_its_exact_length(tmp_path: Path, name: str) -> None:
    path = encoded.write(tmp_path / name, name)
    assert pcm_source.count_samples(path) == NOISE
    assert declared(path) == pytest.approx(NOISE, abs=45)  # the edit list of AAC is in ms


def test_dts_after_silence_in_a_wav_is_found(tmp_path: Path) -> None:
    frame = bytes.fromhex("7ffe8001fc3c1ff0b54001380003").ljust(512, b"\0")  # DTS, 384 kbit/s
    for name, samples, codec in (
        ("dts", bytes(300_000) + frame * 600, "dca"),
        ("pcm", bytes(300_000) + bytes(range(250)) * 1200, "pcm_s16le"),
    ):
        path = sounds.write_wav(tmp_path / f"{name}.wav", samples)
        content = path.read_bytes()
        large = b"JUNK" + (1 << 20).to_bytes(4, "little") + bytes(1 << 20)
        for before in (b"", large):  # the samples
            path.write_bytes(content[:12] + before + content[12:])
            with ffmpeg.open_audio(path) as opened:
                assert opened.stream.codec_context.name == codec


def test_audio_that_is_not_read_is_named_with_what_helps(tmp_path: Path) -> None:
    path = tmp_path / "a.dff"
    path.write_bytes(b"FRM8" + bytes(8) + b"DSD FVER" + bytes(200))
    text = f"{path} is not supported: it is DSDIFF; convert it to DSF, which holds the same audio."
    with pytest.raises(UnsupportedAudio, match=re.escape(text)), ffmpeg.open_audio(path):
        pass


@pytest.mark.long
@each_row("name", encoded.KINDS)
def test_the_sample_format_is_that_of_the_frames(tmp_path: Path, name: str) -> None:
    with pcm_source.open_source(encoded.write(tmp_path / name, name)) as source:
        frames = {frame.format.name for frame in source.frames(lambda *_: None)}
    assert frames == {source.format.sample_format}


@each_row(("name", "expected"), [("24.wav", 24), ("24.flac", 24), ("16.flac", 16), ("a.tta", 16)])
def test_the_significant_bits_are_known(tmp_path: Path, name: str, expected: int) -> None:
    with pcm_source.open_source(encoded.write(tmp_path / name, name)) as source:
        assert source.format.bits == expected


def test_dsf_is_decoded_to_pcm(tmp_path: Path) -> None:
    (tmp_path / "a.dsf").write_bytes(encoded.dsf())
    with pcm_source.open_source(tmp_path / "a.dsf") as source:
        assert (source.format.sample_rate, source.format.bits) == (352_800, 24)
        assert sum(frame.samples for frame in source.frames()) == 2_822_400 // 8 // 4096 * 4096


def test_a_chained_stream_with_other_channels_is_named(tmp_path: Path) -> None:
    stereo, mono, path = (tmp_path / f"{name}.opus" for name in ("stereo", "mono", "chained"))
    encoded.write(stereo, "a.opus")
    with av.open(str(mono), "w") as output:
        stream: Any = output.add_stream("libopus", rate=48_000, layout="mono")
        frame = av.AudioFrame("flt", "mono", 48_000)
        frame.sample_rate = 48_000
        output.mux([*stream.encode(frame), *stream.encode(None)])
    path.write_bytes(stereo.read_bytes() + mono.read_bytes())
    text = "a stream with another sample rate or number of channels follows at 0:02."
    with pytest.raises(DecodingFailed, match=re.escape(f"{path} cannot be decoded: {text}")):
        pcm_source.count_samples(path)


def test_a_header_that_needs_too_much_memory_is_named(tmp_path: Path) -> None:
    path = encoded.write(tmp_path / "a.m4a", "aac.m4a")
    data = bytearray(path.read_bytes())
    at = data.index(b"stts") + 8
    data[at : at + 8] = b"\x0f\xff\xff\xff" * 2  # entries
    path.write_bytes(data)
    text = "its header is damaged, or there is too little memory for it."
    with pytest.raises(DecodingFailed, match=text):
        pcm_source.count_samples(path)


@pytest.mark.needs("opusenc")
def test_the_pre_skip_of_opusenc_is_left_out(tmp_path: Path) -> None:
    source = sounds.write_noise(tmp_path / "a.wav", 44_100)
    subprocess.run(["opusenc", "--quiet", str(source), str(tmp_path / "a.opus")], check=True)
    assert abs(pcm_source.count_samples(tmp_path / "a.opus") - 48_000) <= 1


@pytest.mark.needs("lame")
@each_row("count", [1, 1153, 30_011])
def test_the_gapless_data_of_lame_is_obeyed(tmp_path: Path, count: int) -> None:
    source = sounds.write_noise(tmp_path / "a.wav", count)
    subprocess.run(["lame", "--quiet", str(source), str(tmp_path / "a.mp3")], check=True)
    assert pcm_source.count_samples(tmp_path / "a.mp3") == count


def full_aac(folder: Path) -> Path:
    """Write an AAC file whose last packet is complete, as iTunes does: 29 * 1024 samples."""
    source = sounds.write_noise(folder / "a.wav", 29 * 1024)
    sounds.convert(source, folder / "a.m4a", "aac")
    return folder / "a.m4a"


def test_the_length_that_itunes_writes_is_obeyed(tmp_path: Path) -> None:
    path = full_aac(tmp_path)
    assert pcm_source.count_samples(path) == 29 * 1024
    tagged = mutagen.mp4.MP4(path)  # type: ignore[no-untyped-call]
    value = f" 00000000 00000400 000000C8 {29 * 1024 - 200:016X} 00000000 00000000"
    tagged["----:com.apple.iTunes:iTunSMPB"] = [value.encode()]
    tagged.save()
    assert pcm_source.count_samples(path) == 29 * 1024 - 200


def test_the_end_of_an_edit_list_is_obeyed(tmp_path: Path) -> None:
    path = full_aac(tmp_path)
    content = bytearray(path.read_bytes())
    at = content.index(b"elst") + 12  # after version, flags and the number of entries
    assert struct.unpack_from(">I", content, at)[0] == 29 * 1024
    struct.pack_into(">I", content, at, 29 * 1024 - 300)
    path.write_bytes(content)
    assert pcm_source.count_samples(path) == 29 * 1024 - 300


def test_damage_is_raised_or_collected(tmp_path: Path) -> None:
    source = sounds.write_noise(tmp_path / "a.wav", 60_000)
    sounds.convert(source, tmp_path / "a.flac", "flac")
    content = bytearray((tmp_path / "a.flac").read_bytes())
    content[len(content) // 2] ^= 1  # FFmpeg drops the frame without an error
    (tmp_path / "a.flac").write_bytes(content)
    with pytest.raises(DecodingFailed, match=r"a\.flac cannot be decoded: .* samples are missing"):
        pcm_source.count_samples(tmp_path / "a.flac")
    assert reported(tmp_path / "a.flac")


def test_a_truncated_mp3_is_noticed(tmp_path: Path) -> None:
    source = sounds.write_noise(tmp_path / "a.wav", 3 * sounds.RATE)
    sounds.convert(source, tmp_path / "a.mp3", "mp3-v0")
    content = (tmp_path / "a.mp3").read_bytes()
    (tmp_path / "a.mp3").write_bytes(content[: len(content) // 2])
    assert any("missing" in message for message in reported(tmp_path / "a.mp3"))


def test_a_wrong_estimate_of_the_length_is_no_damage(tmp_path: Path) -> None:
    """Without Info header, FFmpeg estimates the length from the first frames, here small ones."""
    quiet, loud = bytes(8 * sounds.RATE), sounds.noise_and_tone(sounds.RATE).tobytes()
    source = sounds.write_wav(tmp_path / "a.wav", quiet + loud)
    sounds.convert(source, tmp_path / "a.mp3", "mp3-v0")
    content = (tmp_path / "a.mp3").read_bytes()
    start = content.index(b"\xff\xfb")
    size = content.index(b"\xff\xfb", start + 4) - start
    (tmp_path / "a.mp3").write_bytes(content[start + size :])
    with ffmpeg.open_audio(tmp_path / "a.mp3") as opened:
        assert opened.stream.duration * opened.stream.time_base > 5  # seconds; there are 3
    count = pcm_source.count_samples(tmp_path / "a.mp3")
    assert 3 * sounds.RATE <= count < 3 * sounds.RATE + 3 * 1152
    assert declared(tmp_path / "a.mp3") == 0


def test_a_change_of_the_sample_rate_is_an_error(tmp_path: Path) -> None:
    first = encoded.write(tmp_path / "a.mp3", "cbr.mp3").read_bytes()
    second = encoded.write(tmp_path / "b.mp3", "mpeg2.mp3").read_bytes()
    (tmp_path / "c.mp3").write_bytes(first + second[second.index(b"\xff\xf3") :])
    with pytest.raises(DecodingFailed, match="the audio changes to 22050 Hz"):
        pcm_source.count_samples(tmp_path / "c.mp3")


def test_single_frames_of_another_sample_rate_are_left_out(tmp_path: Path) -> None:
    first = encoded.write(tmp_path / "a.mp3", "cbr.mp3").read_bytes()
    second = encoded.write(tmp_path / "b.mp3", "mpeg2.mp3").read_bytes()
    start = second.index(b"\xff\xf3")
    frames = second[start : second.index(b"\xff\xf3", start + 4)] * 10  # 260 ms
    (tmp_path / "c.mp3").write_bytes((first + frames) * 10)
    with pcm_source.open_source(tmp_path / "c.mp3", conceals=True) as source:
        assert sum(frame.samples for frame in source.frames()) > 9 * NOISE


@each_row("conceals", [False, True])
def test_a_half_of_another_sample_rate_is_not_left_out(tmp_path: Path, conceals: bool) -> None:
    for rate in (44_100, 22_050):
        source = sounds.write_wav(tmp_path / "a.wav", sounds.tone(3, -6, rate=rate), rate)
        sounds.convert(source, tmp_path / f"{rate}.mp3", "mp3-v0")
    halves = [(tmp_path / f"{rate}.mp3").read_bytes() for rate in (44_100, 22_050)]
    (tmp_path / "c.mp3").write_bytes(b"".join(halves))
    with (
        pytest.raises(DecodingFailed, match=r"c\.mp3 .*audio changes to 22050 Hz, \w+ at 0:0[23]"),
        audio_input.open_input(tmp_path / "c.mp3", conceals=conceals),
    ):
        pass


def test_bad_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.m3u8").write_text("#EXTM3U\nother.aac\n")
    with pytest.raises(NotAudio, match=r"a\.m3u8 is not audio: it is text"):
        pcm_source.count_samples(tmp_path / "a.m3u8")
    with pytest.raises(Unreadable, match=r"gone\.mp3: No such file"):
        pcm_source.count_samples(tmp_path / "gone.mp3")
    (tmp_path / "a.flac").write_bytes(b"fLaC" + bytes(100))
    with pytest.raises(DecodingFailed, match=r"a\.flac cannot be decoded"):
        pcm_source.count_samples(tmp_path / "a.flac")


def test_an_unknown_sample_format_is_named(tmp_path: Path) -> None:
    path = encoded.write(tmp_path / "a.wv", "a.wv")
    content = bytearray(path.read_bytes())
    content[24] = 255  # of the flags of the first block
    path.write_bytes(content)
    with (
        pytest.raises(DecodingFailed, match=r"a\.wv cannot be decoded: its sample format is unk"),
        pcm_source.open_source(path),
    ):
        pass


def test_a_cover_is_no_audio(tmp_path: Path) -> None:
    source = sounds.write_noise(tmp_path / "a.wav", 5000)
    sounds.convert(source, tmp_path / "a.m4a", "alac")
    tagged = mutagen.mp4.MP4(tmp_path / "a.m4a")  # type: ignore[no-untyped-call]
    picture = b"\x89PNG\r\n\x1a\n" + bytes(50)
    tagged["covr"] = [mutagen.mp4.MP4Cover(picture, mutagen.mp4.MP4Cover.FORMAT_PNG)]  # type: ignore[no-untyped-call]
    tagged.save()
    assert pcm_source.count_samples(tmp_path / "a.m4a") == 5000


def test_errors_of_the_reader_are_not_those_of_the_file(tmp_path: Path) -> None:
    source = sounds.write_noise(tmp_path / "a.wav", 5000)
    with pytest.raises(ZeroDivisionError), pcm_source.open_source(source) as opened:
        [1 // 0 for _ in opened.frames()]


def test_without_pyav_the_error_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ffmpeg.describe_version().startswith("FFmpeg ")
    monkeypatch.setitem(sys.modules, "av", None)  # as if the package were missing
    with pytest.raises(UsageError, match='pip install "mediakeep\\[audio\\]"'):
        pcm_source.count_samples(tmp_path / "a.wav")


def test_all_profiles_use_encoders_that_exist() -> None:
    import av

    assert all(
        profile.codec in av.codecs_available
        for profile in BUILT_IN.values()
        if profile.codec != "copy"
    )
