"""Numbered copies have different audio data, equal lengths and valid headers and checksums."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from pathlib import Path

import av
import mutagen

from mediakeep.media.audio import essence, tags
from mediakeep_samples.music import track_files, unique_audio
from tests.samples.music import frame_checksums
from tests.sampling import each_row

SUFFIXES = (".mp3", ".flac", ".m4a", ".ogg", ".opus")
SOUNDS = [sound + suffix for sound in track_files.SOUND_NAMES for suffix in SUFFIXES]
FEW = (0, 1, 2, 3, 255, 256, 4095, 4096, 16_383)  # compared with each other


def put(folder: Path, name: str, number: int) -> Path:
    path = folder / f"{number} {name}"
    path.write_bytes(
        unique_audio.make_unique(track_files.read_seed_file(name), path.suffix, number)
    )
    return path


@each_row("name", SOUNDS)
def test_copies_differ_in_their_audio_data_and_sound_the_same(tmp_path: Path, name: str) -> None:
    numbers = [number for number in FEW if number < copy_count(name)]
    assert len(numbers) > 5
    paths = [put(tmp_path, name, number) for number in numbers]
    assert paths[0].read_bytes() == track_files.read_seed_file(name)
    assert len({path.read_bytes() for path in paths}) == len(paths)
    assert len({essence.compute_audio_hash(path) for path in paths}) == len(paths)
    lengths = [mutagen.File(path).info.length for path in paths]
    assert max(lengths) - min(lengths) < 0.001
    rates = {mutagen.File(path).info.channels for path in paths}
    assert len(rates) == 1


def copy_count(name: str) -> int:
    """Return the minimum number of different copies: MP3 and FLAC have one bit per frame."""
    bits = {".mp3": 25, ".flac": 13}.get(Path(name).suffix, 64)
    return 1 << bits


@each_row("name", SOUNDS)
def test_copies_decode_to_the_same_samples(tmp_path: Path, name: str) -> None:
    seed = samples(put(tmp_path, name, 0))
    assert len(seed) > 8000  # half a second of the lowest rate there is
    for number in (1, 2, 4095, 8190):
        assert samples(put(tmp_path, name, number)) == seed
    assert samples(put(tmp_path, f"drops{Path(name).suffix}", 1)) != samples(
        put(tmp_path, f"bell{Path(name).suffix}", 1)
    )


def samples(path: Path) -> bytes:
    with av.open(str(path)) as file:
        return b"".join(bytes(plane) for frame in file.decode(audio=0) for plane in frame.planes)


@each_row("name", SOUNDS)
def test_a_copy_is_complete_for_other_readers(tmp_path: Path, name: str) -> None:
    seed = tags.read(put(tmp_path, name, 0)).facts
    for number in (1, 77, 16_383):
        facts = tags.read(put(tmp_path, name, number)).facts
        assert facts.truncated == ""
        assert (facts.format, facts.codec, facts.duration) == (
            seed.format,
            seed.codec,
            seed.duration,
        )
        assert facts.payload >= seed.payload


@each_row("name", SOUNDS)
def test_tags_do_not_change_the_audio_data(tmp_path: Path, name: str) -> None:
    sound, _, suffix = name.partition(".")
    for number in (0, 5):
        bare = put(tmp_path, name, number)
        track = track_files.SampleTrack(
            bare, sound, {"title": "Low Tide"}, "cover.jpg", audio_number=number
        )
        tagged = tmp_path / f"tagged {number}.{suffix}"
        tagged.write_bytes(track_files.render_track(track))
        assert essence.compute_audio_hash(tagged) == essence.compute_audio_hash(bare)
        assert tags.read(tagged).tags.title == ("Low Tide",)


@each_row("name", [sound for sound in SOUNDS if sound.endswith(("flac", "mp3"))])
def test_checksums_of_a_copy_are_correct(tmp_path: Path, name: str) -> None:
    """Verify the checksums of all FLAC frames and of the LAME header bit by bit."""
    for number in (0, 1, 1000, 8191):
        data = put(tmp_path, name, number).read_bytes()
        if name.endswith("mp3"):
            mark = max(data.find(b"Xing"), data.find(b"Info"))
            at = mark + 152
            first = frame_checksums.frame_end(data)
            assert int.from_bytes(data[at : at + 2]) == frame_checksums.reflected_sum(data[first:])
            if number:  # the header of a seed was not written by LAME itself
                assert int.from_bytes(data[at + 2 : at + 4]) == frame_checksums.reflected_sum(
                    data[: at + 2]
                )
        else:
            frames = frame_checksums.flac_frames(data)
            assert len(frames) > 10
            assert all(frame_checksums.plain_sum(frame, 0x8005, 16) == 0 for frame in frames)
