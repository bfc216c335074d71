"""Reading arbitrary files returns tags or raises a documented error."""

from __future__ import annotations

import contextlib
from pathlib import Path
from random import Random

import msgspec

from mediakeep.errors import Unreadable
from mediakeep.media.audio import formats, tags
from tests.music import shelf
from tests.sampling import each_row

CUTS = 60
FLIPS = 150


def outcome(path: Path, content: bytes) -> str:
    """Read `content` as a file: "read", or "refused" by the one error that stands for it."""
    path.write_bytes(content)
    with contextlib.suppress(Unreadable):
        assert msgspec.json.encode(tags.read(path))
        return "read"
    return "refused"


@each_row("suffix", sorted(formats.AUDIO_SUFFIXES))
def test_random_bytes_under_any_audio_name_are_refused(tmp_path: Path, suffix: str) -> None:
    rng = Random(suffix)
    for size in (1, 2, 9, 10, 128, 1000, 20_000):
        assert outcome(tmp_path / f"a{suffix}", rng.randbytes(size)) == "refused"


@each_row("suffix", sorted(formats.AUDIO_SUFFIXES))
def test_random_bytes_behind_any_known_beginning_never_crash(tmp_path: Path, suffix: str) -> None:
    rng = Random(suffix)
    starts = [start for start, _ in formats.SIGNATURES]
    starts += [b"ID3\x04\0\0\0\0\x01\x7f", b"ID3\x03\0\x80\x7f\x7f\x7f\x7f", b"\xff\xfb\x90\x64"]
    starts += [b"\0\0\0\x20ftypM4A ", b"RIFF\xff\xff\xff\xffWAVEfmt ", b"FORM\0\0\0\x10AIFFCOMM"]
    starts += [b"OggS\0\x02" + bytes(20) + b"\x01\x1e" + mark for mark, _ in formats.OGG_SIGNATURES]
    for start in starts:
        assert outcome(tmp_path / f"a{suffix}", start + rng.randbytes(3000)) in ("read", "refused")


@each_row("suffix", shelf.FORMATS)
def test_a_real_file_cut_off_anywhere_never_crashes(tmp_path: Path, suffix: str) -> None:
    whole = shelf.render(suffix, picture="cover.jpg")
    places = sorted({*range(1, 60), *(len(whole) * part // CUTS for part in range(1, CUTS))})
    results = {place: outcome(tmp_path / f"a.{suffix}", whole[:place]) for place in places}
    assert results[1] == "refused"
    assert outcome(tmp_path / f"a.{suffix}", whole) == "read"


@each_row("suffix", shelf.FORMATS)
def test_a_real_file_with_changed_bytes_never_crashes(tmp_path: Path, suffix: str) -> None:
    whole = shelf.render(suffix, picture="cover.jpg")
    rng = Random(suffix)
    results = []
    for _ in range(FLIPS):
        changed = bytearray(whole)
        for _ in range(rng.randint(1, 12)):
            changed[rng.randrange(min(len(whole), 1200))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
        results.append(outcome(tmp_path / f"a.{suffix}", bytes(changed)))
    assert "read" in results


def test_numbers_that_no_sound_has_are_left_out(tmp_path: Path) -> None:
    flac = bytearray(shelf.render("flac"))
    flac[18:26] = b"\0\0\x10\xf0" + b"\xff" * 4  # one Hertz and 2**36 samples
    path = tmp_path / "a.flac"
    path.write_bytes(flac)
    facts = tags.read(path).facts
    assert 0 <= facts.duration < 2**53
    assert 0 <= facts.bitrate < 2**53
