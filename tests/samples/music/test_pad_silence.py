"""Audio padded with silence has the requested length and decodes without errors."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from pathlib import Path

import av
import mutagen
import pytest

from mediakeep.media.audio import essence, tags
from mediakeep.media.audio.decode import damage
from mediakeep_samples.music import pad_silence, track_files, unique_audio
from tests.samples.music import frame_checksums
from tests.sampling import each_row, some

SUFFIXES = (".mp3", ".flac", ".m4a", ".ogg", ".opus")
SOUNDS = [sound + suffix for sound in track_files.SOUND_NAMES for suffix in SUFFIXES]
LENGTHS = (1200, 2100, 5432, 9000, 70_000)


def put(folder: Path, name: str, length: int, number: int = 0) -> Path:
    path = folder / f"{length} {number} {name}"
    sound = unique_audio.make_unique(track_files.read_seed_file(name), path.suffix, number)
    path.write_bytes(pad_silence.pad_to_length(sound, path.suffix, length))
    return path


def loudness(path: Path) -> list[float]:
    """Return the loudest sample of each block, from 0 to 1."""
    resampler = av.AudioResampler(format="flt", layout="mono")
    with av.open(str(path)) as file:
        blocks = [block for frame in file.decode(audio=0) for block in resampler.resample(frame)]
    return [
        max(map(abs, memoryview(bytes(block.planes[0])[: 4 * block.samples]).cast("f")))
        for block in blocks
    ]


@pytest.mark.parametrize("name", some(SOUNDS, 2))
def test_padded_audio_has_the_requested_length(tmp_path: Path, name: str) -> None:
    for length in LENGTHS:
        path = put(tmp_path, name, length)
        with av.open(str(path)) as file:
            heard = [(block.samples, block.sample_rate) for block in file.decode(audio=0)]
        decoded = sum(samples for samples, _ in heard) / heard[0][1]
        told = (mutagen.File(path).info.length, tags.read(path).facts.duration)
        assert [*told, decoded] == pytest.approx([length / 1000] * 3, abs=0.1)


@each_row("name", SOUNDS)
def test_the_sound_comes_first_and_then_silence(tmp_path: Path, name: str) -> None:
    frames = loudness(put(tmp_path, name, 4000))
    third = len(frames) // 3
    # The last block of the sound stays the last in FLAC, where only that one may be short.
    silent = frames[third : -1 if name.endswith("flac") else None]
    assert max(frames[:third]) > 0.3
    assert max(silent) < 0.001


@each_row("name", SOUNDS)
def test_padded_audio_is_complete_and_decodes_without_warnings(tmp_path: Path, name: str) -> None:
    for number in (0, 77):
        path = put(tmp_path, name, 3000, number)
        facts = tags.read(path).facts
        assert facts.truncated == ""
        assert damage.find_damage(path, facts) == ""


@each_row("name", SOUNDS)
def test_numbered_copies_of_one_length_have_different_audio_data(tmp_path: Path, name: str) -> None:
    paths = [put(tmp_path, name, 3000, number) for number in (0, 1, 77, 4095)]
    assert len({essence.compute_audio_hash(path) for path in paths}) == len(paths)


@each_row("name", [sound for sound in SOUNDS if sound.endswith(("flac", "mp3"))])
def test_checksums_are_correct(tmp_path: Path, name: str) -> None:
    for number in (0, 1000):
        data = put(tmp_path, name, 2100, number).read_bytes()
        if name.endswith("mp3"):
            at = data.index(b"Xing") + 152
            told = [int.from_bytes(data[place : place + 2]) for place in (at, at + 2)]
            audio = data[frame_checksums.frame_end(data) :]
            assert told == [
                frame_checksums.reflected_sum(audio),
                frame_checksums.reflected_sum(data[: at + 2]),
            ]
        else:
            frames = frame_checksums.flac_frames(data)
            assert len(frames) > 25
            assert all(frame_checksums.plain_sum(frame, 0x8005, 16) == 0 for frame in frames)


@each_row("name", SOUNDS)
def test_a_second_of_silence_takes_few_bytes(name: str) -> None:
    seed, suffix = track_files.read_seed_file(name), Path(name).suffix
    cost = len(pad_silence.pad_to_length(seed, suffix, 11_000)) - len(seed)
    assert 0 < cost / 10 < (5000 if suffix == ".mp3" else 300)  # bytes; MP3 has a lowest bit rate


@each_row("name", SOUNDS)
def test_longer_audio_keeps_its_length(tmp_path: Path, name: str) -> None:
    path = put(tmp_path, name, 100)
    assert mutagen.File(path).info.length == pytest.approx(1.0, abs=0.1)
    assert damage.find_damage(path, tags.read(path).facts) == ""
