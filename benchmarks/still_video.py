"""A picture and audio encoded to a video, against `ffmpeg -loop 1` with equal settings; memory.

The peer checks and verifies nothing.
"""

from __future__ import annotations

import functools
import random
import resource
import shlex
import shutil
import subprocess
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from PIL import Image

from benchmarks import child, rounds, table
from benchmarks.rounds import Durations
from mediakeep.media.encoding import pcm_source, still_picture, still_video
from mediakeep.media.encoding.video_settings import StillVideoSettings
from tests.media.encoding import sounds

_SETTINGS = StillVideoSettings()
_SECONDS = 300  # of audio whose encoding is timed
_ROUNDS, _FULL_ROUNDS = 2, 5
_MINUTES = (30, 360)  # of the videos whose memory is measured
_MAX_GROWTH = 30  # MB
_OURS, _PEER = "ours", "ffmpeg"
_FFMPEG = "ffmpeg -nostdin -v error -y"


def run(home: Path, *, full: bool) -> None:
    """Encode five minutes in turn, then 30 minutes and 6 hours for their memory."""
    if not shutil.which("ffmpeg"):
        print("The command ffmpeg is not installed.")
        return
    audio, picture = _make_audio(home, _SECONDS), _make_picture(home)
    turns = [
        functools.partial(_turn, _OURS, functools.partial(_encode, audio, picture)),
        functools.partial(_turn, _PEER, functools.partial(_encode_with_ffmpeg, audio, picture)),
    ]
    times = rounds.run(turns, _FULL_ROUNDS if full else _ROUNDS)
    rows = []
    for name in (_OURS, _PEER):
        wall, cpu = rounds.whole(times[name]), rounds.whole(times[f"{name} cpu"])
        ratio = rounds.ratio(rounds.whole(times[_PEER]), wall)
        samples = pcm_source.count_samples(home / f"{name}.mp4")
        size = (home / f"{name}.mp4").stat().st_size / 1e6
        cells = [table.spread(wall), table.middle(cpu), table.spread(ratio), f"{samples:,}"]
        rows.append([name, *cells, f"{size:.1f}"])
    head = ["", "seconds", "CPU seconds", "speed by ffmpeg", "samples", "MB"]
    table.show(f"A video of {_SECONDS // 60} minutes, one process each", head, rows)
    _show_memory(home, picture)


def _turn(name: str, case: functools.partial[None]) -> dict[str, Durations]:
    before, began = _cpu_seconds(), time.perf_counter()
    case()
    wall = time.perf_counter() - began
    return {name: [wall], f"{name} cpu": [_cpu_seconds() - before]}


def _cpu_seconds() -> float:
    used = (resource.getrusage(resource.RUSAGE_CHILDREN), resource.getrusage(resource.RUSAGE_SELF))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _make_audio(home: Path, seconds: int) -> Path:
    """Return an MP3 of noise and tones in stereo, made of one minute."""
    path, minute = home / f"{seconds}.mp3", home / "minute.mp3"
    second = sounds.noise_and_tone(44_100).tobytes()
    wav = sounds.write_wav(home / "minute.wav", second * 60)
    _run(f"{_FFMPEG} -i {wav} -b:a 128k -write_xing 0 -id3v2_version 0 {minute}")
    with path.open("wb") as file:
        file.writelines(minute.read_bytes() for _ in range(seconds // 60))
    return path


def _make_picture(home: Path) -> Path:
    """Return a picture with the detail of a photograph."""
    path, size = home / "picture.png", (_SETTINGS.width, _SETTINGS.height)
    coarse = Image.frombytes("RGB", (160, 90), random.Random(5).randbytes(160 * 90 * 3))
    noise = Image.effect_noise(size, 30).convert("RGB")
    Image.blend(coarse.resize(size, Image.Resampling.BICUBIC), noise, 0.1).save(path)
    return path


def _encode(audio: Path, picture: Path, target: Path | None = None) -> None:
    image = still_picture.load_picture(picture, (_SETTINGS.width, _SETTINGS.height))
    target = target or audio.with_name(f"{_OURS}.mp4")
    still_video.encode_still_video(audio, image, target, _SETTINGS)


def _encode_with_ffmpeg(audio: Path, picture: Path) -> None:
    target, interval = audio.with_name(f"{_PEER}.mp4"), _SETTINGS.keyframe_seconds
    _run(
        f"{_FFMPEG} -loop 1 -framerate 1 -i {picture} -i {audio} -t {_SECONDS} -threads 1"
        f" -c:v libx264 -preset {_SETTINGS.preset} -tune stillimage -crf {_SETTINGS.crf}"
        f" -g {interval} -bf 0 -sc_threshold 0 -pix_fmt yuv420p"
        f" -c:a aac -b:a {2 * _SETTINGS.channel_bit_rate} -movflags +faststart {target}"
    )


def _run(line: str) -> None:
    subprocess.run(shlex.split(line), check=True)


def _show_memory(home: Path, picture: Path) -> None:
    """Measure the peak of a process that encodes, for two lengths."""
    peaks = []
    for minutes in _MINUTES:
        audio = _make_audio(home, minutes * 60)
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            peaks.append(pool.submit(_measure, audio, picture, home / "long.mp4").result())
        audio.unlink()
    growth = peaks[-1] - peaks[0]
    rows = [
        [f"{minutes} minutes", f"{peak:.0f}"] for minutes, peak in zip(_MINUTES, peaks, strict=True)
    ]
    limit = f"{growth:.0f} MB more, of at most {_MAX_GROWTH}"
    table.show("Peak memory while encoding and verifying", ["", "MB"], rows, limit)


def _measure(audio: Path, picture: Path, target: Path) -> float:
    _encode(audio, picture, target)
    return child.measure_peak() / (1 << 20)
