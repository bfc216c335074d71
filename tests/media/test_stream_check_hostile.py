"""Arbitrary files are checked and hashed, or rejected with a documented error."""

from __future__ import annotations

import contextlib
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediakeep.errors import Unreadable
from mediakeep.media.audio import essence, formats, tags
from mediakeep.media.audio.formats import AudioFormat
from mediakeep.media.bounded_file import BoundedFile
from mediakeep_samples.music import track_files
from tests.media import mutations_sounds as small
from tests.sampling import each_row
from tests.work import TooMuchWork, count_calls

KINDS = {kind.name: kind for kind in vars(formats).values() if isinstance(kind, AudioFormat)}
WHOLE = [small.whole(name) for name in small.SOUNDS]
CALLS = 3_000_000  # that a file may take at most: less than one for each of its bytes


def look(path: Path, data: bytes, kind: AudioFormat) -> None:
    """Examine and hash a file; every figure makes sense, and nothing but a refusal is raised."""
    path.write_bytes(data)
    with path.open("rb") as handle:
        source = BoundedFile(handle.fileno(), len(data))
        found = tags.check_stream(source, kind)
        assert tags.truncation_reason(source, kind) == found.truncated
    assert 0 <= found.payload <= len(data)
    with contextlib.suppress(Unreadable):
        assert essence.compute_audio_hash(path).startswith("sha256:")


def mutated(data: bytes, rng: Random) -> bytes:
    changed = bytearray(data[: rng.randint(0, len(data))] if rng.random() < 0.5 else data)
    for _ in range(rng.randint(0, 9)):
        if changed:
            place = rng.randrange(min(len(changed), rng.choice((64, 400, 10**6))))
            changed[place] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
    return bytes(changed)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(start=st.sampled_from(WHOLE), seed=st.integers(0, 2**32), kind=st.sampled_from([*KINDS]))
def test_no_change_to_a_file_makes_it_more_than_refused(
    tmp_path: Path, start: bytes, seed: int, kind: str
) -> None:
    rng = Random(seed)
    data = mutated(start, rng)
    look(tmp_path / f"a.{rng.choice(sorted(formats.AUDIO_SUFFIXES))[1:]}", data, KINDS[kind])


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=600), kind=st.sampled_from([*KINDS]))
def test_no_bytes_are_more_than_refused(tmp_path: Path, data: bytes, kind: str) -> None:
    look(tmp_path / "a.mp3", data, KINDS[kind])


FULL = {  # of something that invites to go on for ever
    "ID3v2 tags": ("MP3", b"ID3\x04\0\0\0\0\0\0" * 400_000),
    "ID3v1 tags": ("MP3", (b"TAG" + bytes(125)) * 30_000),
    "syncs": ("MP3", b"\xff\xfb" * 2_000_000),
    "blocks": ("FLAC", track_files.read_seed_file("bell.flac")[:42] + b"\1\0\0\0" * 1_000_000),
    "frames": (
        "FLAC",
        track_files.read_seed_file("bell.flac")[:42] + b"\x81\0\0\0" + b"\xff\xf8" * 2_000_000,
    ),
    "atoms": ("MP4", b"\0\0\0\x08free" * 500_000),
    "tables": ("MP4", b"\0\0\0\x08ftyp\0\x40\0\0moov" + b"\0\0\0\x08stbl" * 500_000),
    "sounds": ("MP4", b"\0\0\0\x08mdat" * 200_000 + b"\0\x40\0\0moov" + b"\0\0\0\x18stco" * 99_999),
    "pages": ("Opus", small.whole("opus")[:60] + (b"OggS" + bytes(23)) * 150_000),
    "beginnings": ("Opus", (b"OggS\0\2" + bytes(21)) * 150_000),
    "chunks": ("WAV", b"RIFF\0\0\0\0WAVE" + b"LIST\0\0\0\0" * 400_000),
    "sounds of no size": ("AIFF", b"FORM\0\0\0\0AIFF" + b"SSND\0\0\0\0" * 400_000),
    "objects": ("WMA", small.whole("wma")[:30] + (bytes(16) + b"\x18" + bytes(7)) * 150_000),
    "blocks of no sound": ("WavPack", small.whole("wv")[:32] * 100_000),
}


@pytest.mark.long
@each_row(("kind", "data"), FULL.values(), ids=FULL)
def test_a_file_that_is_full_of_one_thing_takes_no_time(
    tmp_path: Path, kind: str, data: bytes
) -> None:
    count_calls(lambda: look(tmp_path / "a.mp3", data, KINDS[kind]), CALLS)


@pytest.mark.slow
def test_going_over_a_file_for_each_thing_in_it_would_be_noticed() -> None:
    data = FULL["atoms"][1]

    def careless() -> None:
        for _ in range(0, len(data), 8):
            for _ in range(0, len(data), 1 << 16):
                len(data)

    with pytest.raises(TooMuchWork):
        count_calls(careless, CALLS)
