"""Videos of a picture and audio: exact lengths, whole or not there, damage and stops."""

from __future__ import annotations

import errno
import json
import os
import random
import subprocess
from array import array
from itertools import pairwise
from pathlib import Path

import av
import pytest
from PIL import Image

from mediakeep.errors import AudioDamaged, EncodingFailed, ItemFailed, NotAudio, VerificationFailed
from mediakeep.media.encoding import mp4_header, pcm_source, still_video
from mediakeep.media.encoding.still_video import EncodedVideo
from mediakeep.media.encoding.video_settings import StillVideoSettings
from tests.media import encoded
from tests.media.encoding import sounds
from tests.sampling import each_row

SETTINGS = StillVideoSettings(64, 36, preset="ultrafast", keyframe_seconds=2, crf=1)
RED = (200, 30, 60)
PICTURE = Image.new("RGB", (64, 36), RED)


def encode(audio: Path, target: Path) -> EncodedVideo:
    return still_video.encode_still_video(audio, PICTURE, target, SETTINGS)


def write_wav(path: Path, seconds: float, rate: int, channels: int) -> Path:
    noise = random.Random(3).randbytes(round(seconds * rate) * channels)
    samples = array("h", ((byte - 128) << 6 for byte in noise))
    return sounds.write_wav(path, samples.tobytes(), rate, channels)


@pytest.mark.long
@each_row(
    ("seconds", "rate", "channels", "frames"),
    [
        (3.25, 8000, 1, 4),
        (3.0, 48_000, 1, 3),
        (5.001, 11_025, 2, 6),
        (2.5, 44_100, 6, 3),
        (0.001, 16_000, 2, 1),
        (1.0, 96_000, 2, 1),
        (1.0, 44_100, 8, 1),
    ],
)
def test_audio_and_video_are_as_long_as_the_source(
    tmp_path: Path, seconds: float, rate: int, channels: int, frames: int
) -> None:
    source = write_wav(tmp_path / "a.wav", seconds, rate, channels)
    result = encode(source, tmp_path / "a.mp4")
    samples, kept = round(seconds * rate), min(rate, 48_000)
    assert (result.frames, result.sample_rate) == (frames, kept)
    assert result.samples == pytest.approx(samples * kept / rate, abs=1)
    assert result.source_seconds == samples / rate
    assert result.size == (tmp_path / "a.mp4").stat().st_size
    with av.open(str(tmp_path / "a.mp4")) as container:
        audio, video = container.streams.audio[0], container.streams.video[0]
        assert audio.channels == min(channels, 6)
        assert audio.duration == video.duration == result.samples
        pictures = list(container.decode(video))
        assert [round(picture.time) for picture in pictures] == list(range(frames))
        keys = [number for number, one in enumerate(pictures) if one.key_frame]
        assert keys == list(range(0, frames, 2))
        for picture in pictures:
            assert picture.to_image().getpixel((32, 18)) == pytest.approx(RED, abs=3)
    assert pcm_source.count_samples(tmp_path / "a.mp4") == result.samples
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "a.wav"]


@pytest.mark.long
@each_row("name", ["cbr.mp3", "16.flac", "a.ogg", "aac.m4a", "a.opus", "24.wav"])
def test_each_format_is_read_to_the_sample(tmp_path: Path, name: str) -> None:
    source = encoded.write(tmp_path / name, name)
    result = encode(source, tmp_path / "a.mp4")
    samples = pcm_source.count_samples(source)
    kept = samples * result.sample_rate / encoded.KINDS[name][-1]
    assert result.samples == pytest.approx(kept, abs=1)
    assert pcm_source.count_samples(tmp_path / "a.mp4") == result.samples


def test_a_picture_of_another_size_is_not_distorted(tmp_path: Path) -> None:
    picture, source = Image.new("RGB", (36, 36)), write_wav(tmp_path / "a.wav", 1, 8000, 1)
    with pytest.raises(ValueError, match="the picture has"):
        still_video.encode_still_video(source, picture, tmp_path / "a.mp4", SETTINGS)


def test_the_sound_is_where_it_was(tmp_path: Path) -> None:
    source = sounds.write_noise(tmp_path / "a.wav", 60_000)
    encode(source, tmp_path / "a.mp4")
    shift = sounds.find_shift(sounds.read_left(source), sounds.read_left(tmp_path / "a.mp4"))
    assert shift == 0


def test_the_file_can_be_read_from_its_front_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    encode(write_wav(tmp_path / "a.wav", 12.5, 8000, 1), path)
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(path)) as container:
        found = [
            (packet.pos, round(float(packet.pts * packet.time_base), 3))
            for packet in container.demux()
            if packet.size
        ]
    times = [time for _, time in sorted(found)]
    assert all(later > time - 1.1 for time, later in pairwise(times))
    assert max(pos for pos, _ in found) < len(data)


@pytest.mark.needs("ffmpeg", "ffprobe", "mediainfo")
def test_other_readers_agree(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    result = encode(write_wav(tmp_path / "a.wav", 3.5, 16_000, 2), path)
    probe = ["ffprobe", "-v", "warning", "-show_streams", "-of", "json", path]
    done = subprocess.run(probe, check=True, capture_output=True)
    streams = json.loads(done.stdout)["streams"]
    assert done.stderr == b""
    assert [stream["duration"] for stream in streams] == ["3.500000"] * 2
    assert [stream["nb_frames"] for stream in streams] == ["56", "4"]
    decode = ["ffmpeg", "-v", "warning", "-i", path, "-f", "s16le", "-"]
    pcm = subprocess.run(decode, check=True, capture_output=True)
    assert pcm.stderr == b""
    assert 0 <= len(pcm.stdout) // 4 - result.samples < 1024  # old ones play the last packet whole
    info = ["mediainfo", "--Inform=General;%IsStreamable% %Duration%", path]
    assert subprocess.run(info, check=True, capture_output=True).stdout.split() == [b"Yes", b"3500"]


def damaged(path: Path) -> Path:
    """Write an MP3 with zeros in its middle."""
    data = bytearray(encoded.write(path, "cbr.mp3").read_bytes())
    data[len(data) // 2 : len(data) // 2 + 3000] = bytes(3000)
    path.write_bytes(data)
    return path


def without_audio(path: Path) -> Path:
    path.write_text("no audio")
    return path


def nothing_decodable(path: Path) -> Path:
    data = bytearray(encoded.write(path, "16.flac").read_bytes())
    data[200:] = bytes(len(data) - 200)
    path.write_bytes(data)
    return path


@each_row(
    ("name", "make", "error", "message"),
    [
        ("a.mp3", damaged, AudioDamaged, r"a\.mp3 is damaged: frames are .*at 0:0[01]"),
        ("a.flac", nothing_decodable, AudioDamaged, r"a\.flac is damaged: it cannot be decoded"),
        ("a.ogg", without_audio, NotAudio, r"a\.ogg is not audio"),
    ],
)
def test_bad_audio_is_refused(
    tmp_path: Path, name: str, make: object, error: type[ItemFailed], message: str
) -> None:
    assert callable(make)
    source = make(tmp_path / name)
    (tmp_path / "v.mp4").write_text("an earlier one")
    with pytest.raises(error, match=message):
        encode(source, tmp_path / "v.mp4")
    assert sorted(path.name for path in tmp_path.iterdir()) == [name, "v.mp4"]
    assert (tmp_path / "v.mp4").read_text() == "an earlier one"


@each_row("stop_at", [1, 4, 8])
def test_progress_is_reported_and_stops(tmp_path: Path, stop_at: int) -> None:
    source, calls = write_wav(tmp_path / "a.wav", 3.5, 8000, 1), list[tuple[int, int]]()

    def stop(done: int, of: int) -> None:
        calls.append((done, of))
        if len(calls) == stop_at:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        still_video.encode_still_video(source, PICTURE, tmp_path / "a.mp4", SETTINGS, stop)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
    assert len(calls) == stop_at
    assert all(0 < done <= of == 28_000 for done, of in calls)


def test_a_full_disk_is_named_with_its_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    source = write_wav(tmp_path / "a.wav", 1, 8000, 1)
    monkeypatch.setattr(mp4_header, "build_header", fail)
    with pytest.raises(EncodingFailed, match=r"a\.mp4 not encoded: No space left") as caught:
        encode(source, tmp_path / "a.mp4")
    assert isinstance(caught.value.__cause__, OSError)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


@each_row(
    ("attribute", "wrong"),
    [
        ("_iter_packets", lambda data: iter([b"\xff" * 100] * 9)),
        ("cycle", lambda frames: iter([b"\0\0\0\5abcde"] * 9)),
    ],
)
def test_what_cannot_be_decoded_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attribute: str, wrong: object
) -> None:
    source = write_wav(tmp_path / "a.wav", 2, 8000, 1)
    real = getattr(still_video, attribute)
    calls = list[object]()

    def replace(given: object) -> object:
        calls.append(given)
        return real(given) if len(calls) == 1 else wrong(given)  # the first call measures

    monkeypatch.setattr(still_video, attribute, replace)
    with pytest.raises(VerificationFailed, match=r"a\.mp4 not changed: verification"):
        encode(source, tmp_path / "a.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
