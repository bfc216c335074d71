"""Loudness is what EBU Tech 3341 demands of meters."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mediakeep.errors import NotAudio
from mediakeep.media.encoding import loudness
from mediakeep.media.encoding.loudness import Loudness, TrackMeasurement
from tests.media.encoding import sounds

RATE = 48_000


def measured(path: Path, *levels: tuple[float, float]) -> TrackMeasurement:
    """Measure a file of tones, given their seconds and levels in dB."""
    samples = b"".join(sounds.tone(seconds, level) for seconds, level in levels)
    return sounds.measure(sounds.write_wav(path, samples, RATE))


def test_a_tone_has_the_loudness_of_its_level(tmp_path: Path) -> None:
    """EBU Tech 3341, cases 1 and 2, but shorter."""
    for level in (-23.0, -33.0):
        found = loudness.compute_loudness([measured(tmp_path / "a.wav", (3, level))])
        assert found.integrated == pytest.approx(level, abs=0.1)
        assert found.replaygain == pytest.approx(-18 - level, abs=0.1)


def test_quiet_parts_are_gated(tmp_path: Path) -> None:
    """EBU Tech 3341, case 4."""
    levels = ((2.0, -72.0), (2.0, -36.0), (12.0, -23.0), (2.0, -36.0), (2.0, -72.0))
    found = loudness.compute_loudness([measured(tmp_path / "a.wav", *levels)])
    assert found.integrated == pytest.approx(-23, abs=0.1)


def test_an_album_is_measured_as_one_recording(tmp_path: Path) -> None:
    levels = ((4.0, -20.0), (4.0, -26.0), (4.0, -50.0))
    tracks = [measured(tmp_path / f"{n}.wav", level) for n, level in enumerate(levels)]
    whole = loudness.compute_loudness([measured(tmp_path / "all.wav", *levels)])
    album = loudness.compute_loudness(tracks)
    assert album.integrated is not None
    assert album.integrated == pytest.approx(whole.integrated, abs=0.2)
    assert album.integrated == pytest.approx(-22.0, abs=0.2)  # -50 is gated
    assert album.peak == max(track.peak for track in tracks)


def test_the_true_peak_is_between_the_samples(tmp_path: Path) -> None:
    """At a quarter of the rate and 45 degrees, all samples are 3 dB below the peak.

    An abrupt start adds some.
    """
    high, low = (23_170).to_bytes(2, "little"), (-23_170).to_bytes(2, "little", signed=True)
    period = high * 4 + low * 4
    quiet = sounds.tone(0.95, -40)
    for samples in (period * 12_000, quiet + period * 200):  # also in an incomplete last step
        path = sounds.write_wav(tmp_path / "a.wav", samples, RATE)
        assert sounds.measure(path).peak == pytest.approx(1.03, abs=0.08)


def test_silence_and_very_short_tracks_have_no_loudness(tmp_path: Path) -> None:
    for samples in (bytes(4 * RATE), sounds.tone(0.2, -20)):
        path = sounds.write_wav(tmp_path / "a.wav", samples, RATE)
        found = loudness.compute_loudness([sounds.measure(path)])
        assert (found.integrated, found.replaygain) == (None, 0.0)
    assert loudness.compute_loudness([]) == Loudness(None, 0.0)


def test_a_bad_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("no audio")
    with pytest.raises(NotAudio, match=r"a\.txt"):
        sounds.measure(tmp_path / "a.txt")


@pytest.mark.needs("ffmpeg")
def test_ffmpeg_finds_the_same_loudness(tmp_path: Path) -> None:
    samples = sounds.tone(3, -18) + sounds.tone(2, -31) + sounds.tone(2, -24)
    path = sounds.write_wav(tmp_path / "a.wav", samples, RATE)
    words = ["ffmpeg", "-hide_banner", "-i", str(path), "-af", "ebur128", "-f", "null", "-"]
    summary = subprocess.run(words, capture_output=True, text=True, check=True).stderr
    theirs = float(summary.split("Integrated loudness:")[1].split("I:")[1].split()[0])
    found = loudness.compute_loudness([sounds.measure(path)])
    assert found.integrated == pytest.approx(theirs, abs=0.1)
