"""Pictures and videos show where there is sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
from PIL import Image

from tests.media.encoding import sounds
from tests.processors.processed_audio import run

RATE = 48_000


def test_pictures_show_where_there_is_sound(tmp_path: Path) -> None:
    samples = bytes(4 * 2 * RATE) + sounds.tone(2, -3, frequency=12_000)
    source = sounds.write_wav(tmp_path / "a.b.wav", samples, RATE)
    made = run("visualizer", source, tmp_path / "out", width=400, height=200)
    assert [path.name for path in made.output_paths] == ["a.b.waveform.png", "a.b.spectrogram.png"]
    wave, spectrum = (Image.open(path) for path in made.output_paths)
    assert wave.size == spectrum.size == (400, 200)
    drawn = [any(wave.getpixel((x, y)) != (0, 0, 0) for y in range(0, 200, 9)) for x in (150, 250)]
    levels = {y: sum(spectrum.convert("RGB").getpixel((300, y))) for y in range(5, 195)}  # type: ignore[arg-type]
    assert drawn == [False, True]
    assert abs(max(levels, key=lambda y: levels[y]) - 100) < 6  # from 24 kHz down


def test_a_video_is_as_long_as_its_audio(tmp_path: Path) -> None:
    source = sounds.write_wav(tmp_path / "a.wav", sounds.tone(2, -6, rate=RATE), RATE)
    made = run("visualizer", source, tmp_path / "out", kinds=["video"], width=128, height=64)
    with av.open(str(made.output_paths[0])) as container:
        video: Any = container.streams.video[0]
        sound: Any = container.streams.audio[0]
        assert (video.codec_context.name, video.width, video.height) == ("h264", 128, 64)
        assert abs(float(sound.duration * sound.time_base) - 2) < 0.05
        assert sum(1 for _ in container.decode(video)) == 50
