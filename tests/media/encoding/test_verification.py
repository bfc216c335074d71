"""Verification finds damage, missing audio and wrong lengths."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.errors import Unreadable
from mediakeep.media.encoding import verification
from mediakeep.media.encoding.profiles import BUILT_IN
from tests.media.encoding import sounds
from tests.sampling import each_row

COUNT = 25_000


def converted(folder: Path, name: str) -> tuple[Path, int, int]:
    """Return an encoded file, its number of samples and its sample rate."""
    source = sounds.write_noise(folder / "a.wav", COUNT)
    target = folder / f"b{BUILT_IN[name].suffix}"
    written = sounds.convert(source, target, name)
    return target, written.samples, written.sample_rate


@each_row("name", ["opus", "mp3-v0", "aac", "flac", "alac"])
def test_a_whole_file_is_valid_in_each_mode(tmp_path: Path, name: str) -> None:
    path, samples, rate = converted(tmp_path, name)
    full = verification.verify_file(path, samples, rate)
    assert (full.is_valid, full.errors, full.mode) == (True, [], "full")
    assert abs(full.samples - samples) <= (name == "opus")
    length = verification.verify_file(path, samples, rate, "length")
    assert (length.is_valid, length.errors) == (True, [])
    assert abs(length.samples - samples) < rate / 10


@each_row("name", ["opus", "mp3-v0", "aac", "flac", "alac"])
def test_a_missing_sample_and_a_missing_second_are_found(tmp_path: Path, name: str) -> None:
    path, samples, rate = converted(tmp_path, name)
    more = samples + (2 if name == "opus" else 1)
    assert not verification.verify_file(path, more, rate).is_valid
    assert verification.verify_file(path, more, rate, "length").is_valid
    found = verification.verify_file(path, samples + rate, rate, "length")
    assert not found.is_valid
    assert f"not {samples + rate:,}" in found.errors[0]
    assert verification.verify_file(path, samples + rate, rate, "none").is_valid


@each_row("name", ["opus", "mp3-v0", "aac", "flac", "alac"])
def test_a_truncated_file_is_found(tmp_path: Path, name: str) -> None:
    path, samples, rate = converted(tmp_path, name)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    found = verification.verify_file(path, samples, rate)
    assert not found.is_valid
    assert found.errors


def test_a_changed_bit_of_flac_is_found(tmp_path: Path) -> None:
    path, samples, rate = converted(tmp_path, "flac")
    whole = path.read_bytes()
    for at in (30, len(whole) // 3, len(whole) - 9):  # 30 is in the MD5 of STREAMINFO
        damaged = bytearray(whole)
        damaged[at] ^= 1
        path.write_bytes(damaged)
        assert not verification.verify_file(path, samples, rate).is_valid, at


def test_a_wrong_sample_rate_and_another_kind_of_file_are_found(tmp_path: Path) -> None:
    path, samples, rate = converted(tmp_path, "flac")
    assert not verification.verify_file(path, samples, rate // 2, "length").is_valid
    path.write_text("no audio")
    found = verification.verify_file(path, samples, rate)
    assert (found.error_count, found.is_valid) == (1, False)
    assert "is not audio" in found.errors[0]


def test_a_missing_file_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"gone\.flac"):
        verification.verify_file(tmp_path / "gone.flac", 1, 44_100)


def test_only_the_first_errors_are_listed() -> None:
    found = verification.Verification("full")
    for position in range(30):
        found.add_error(position, "a frame is damaged")
    assert (len(found.errors), found.error_count) == (20, 30)
