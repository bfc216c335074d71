"""The samples of a book are the same from any position on as from its start."""

from __future__ import annotations

import os
import random
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.audiobooks.encoding import count_source, pcm_timeline
from mediakeep.audiobooks.encoding.book_plan import BookFormat, CountedSource, make_plan
from mediakeep.errors import EncodingFailed
from mediakeep.media.encoding.pcm_source import PacketPosition, PcmSource
from tests.audiobooks import books
from tests.audiobooks.books import Kind
from tests.media import encoded
from tests.media.encoding import sounds
from tests.sampling import each_row


def count(path: Path, book_format: BookFormat = books.FORMAT) -> CountedSource:
    return count_source.count_source(path, book_format, position_seconds=1)


def assert_same_from_anywhere(source: CountedSource) -> None:
    whole = books.join_left(pcm_timeline.read_source(source, books.FORMAT))
    assert len(whole) == source.samples
    for start in (0, 1, 44_100, source.samples * 4 // 5, source.samples - 1):
        part = books.join_left(pcm_timeline.read_source(source, books.FORMAT, start))
        assert part == whole[start:], start


@each_row("kind", books.MIXED)
def test_an_mp3_is_read_from_anywhere(tmp_path: Path, kind: Kind) -> None:
    source = count(books.write_mp3(tmp_path / "a.mp3", kind))
    assert source.positions
    assert_same_from_anywhere(source)


@pytest.mark.long
@each_row("kind", [books.MIXED[number] for number in (0, 1, 3)])
def test_the_start_of_a_long_mp3_is_not_read(tmp_path: Path, kind: Kind) -> None:
    long = structs.replace(kind, seconds=9.0)
    source = count(books.write_mp3(tmp_path / "a.mp3", long))
    assert all(position.open_at for position in source.positions[4:-1])
    whole = books.join_left(pcm_timeline.read_source(source, books.FORMAT))
    plan = make_plan([source], books.FORMAT)
    content = source.path.read_bytes()
    for start in (120_000, 160_001):
        os.truncate(source.path, 0)
        size = source.positions[1].open_at // 2
        source.path.write_bytes(content[:300] + bytes(size - 300) + content[size:])
        os.utime(source.path, ns=(source.mtime_ns, source.mtime_ns))
        part = books.join_left(pcm_timeline.read_book(plan, start, start + 9000, 1024))
        assert part == whole[start : start + 9000]


@pytest.mark.long
@each_row("name", ["a.flac", "a.wav", "alac.m4a", "aac.m4a"])
def test_other_long_files_are_read_from_a_timestamp(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    wave = sounds.write_wav(tmp_path / "b.wav", sounds.noise_and_tone(44_100).tobytes() * 11)
    if name == "a.wav":
        wave.replace(path)
    else:
        sounds.convert(wave, path, name.split(".")[0 if name.endswith("m4a") else 1])
    source = count(path)
    assert all(position.open_at for position in source.positions[4:-1])
    whole = books.join_left(pcm_timeline.read_source(source, books.FORMAT))
    demuxed = 0
    original = pcm_timeline.pcm_source.PcmSource._demux

    def counted(self: PcmSource) -> Iterator[object]:
        nonlocal demuxed
        for packet in original(self):
            demuxed += 1
            yield packet

    monkeypatch.setattr(pcm_timeline.pcm_source.PcmSource, "_demux", counted)
    lost = [structs.replace(one, mark=one.mark + 1) for one in source.positions]
    found = []
    for positions in (source.positions, tuple(lost)):
        demuxed = 0
        plan = make_plan([structs.replace(source, positions=positions)], books.FORMAT)
        part = books.join_left(pcm_timeline.read_book(plan, 225_001, 235_000, 1024))
        found.append(demuxed)
        if name == "aac.m4a":  # decoders replace noise by random noise
            both = (whole[225_001:228_000], part[:2999])
            at = sounds.find_shift(*([round(32_768 * value) for value in one] for one in both))
            assert at == 0
        else:
            assert part == whole[225_001:235_000]
    assert found[0] < found[1] / 2  # if marks do not fit, the file is read from its start


@each_row("name", ["alac.m4a", "24.flac", "16.wav", "a.wv", "mpeg2.mp3"])
def test_other_formats_are_read_from_anywhere(tmp_path: Path, name: str) -> None:
    assert_same_from_anywhere(count(encoded.write(tmp_path / name, name)))


def test_positions_of_packets_of_another_size_are_not_used(tmp_path: Path) -> None:
    """Those of a book that was begun before WAV was read in larger packets."""
    source = count(sounds.write_noise(tmp_path / "a.wav", 3 * 44_100))
    whole = books.join_left(pcm_timeline.read_source(source, books.FORMAT))
    old = tuple(PacketPosition(number, number * 1024) for number in range(43, 129, 43))
    for positions in (
        old,
        tuple(structs.replace(one, mark=one.sample, open_at=1024) for one in old),
    ):
        stale = structs.replace(source, positions=positions)
        part = books.join_left(pcm_timeline.read_source(stale, books.FORMAT, 90_000))
        assert part == whole[90_000:]


def test_aac_is_read_from_anywhere_in_time(tmp_path: Path) -> None:
    source = count(books.write_part(tmp_path / "a.m4a", 2 * 44_100 + 500))
    whole, part = (
        [round(value * 32_768) for value in books.join_left(frames)]
        for frames in (
            pcm_timeline.read_source(source, books.FORMAT),
            pcm_timeline.read_source(source, books.FORMAT, 60_001),
        )
    )
    assert len(part) == len(whole) - 60_001
    # Decoders replace noise by random noise, so that two decodings are not equal.
    assert sounds.find_shift(whole[60_001:], part) == 0


@pytest.mark.long
@each_row("rate", [8000, 11_025, 32_000, 88_200, 96_000])
def test_every_rate_is_read_from_anywhere(tmp_path: Path, rate: int) -> None:
    samples = random.Random(2).randbytes(2 * (2 * rate + 13))
    assert_same_from_anywhere(count(sounds.write_wav(tmp_path / "a.wav", samples, rate, 1)))


def test_mono_and_stereo_have_one_level(tmp_path: Path) -> None:
    stereo = array("h", [9000, 9000] * 500)
    files = [
        sounds.write_wav(tmp_path / "1.wav", stereo.tobytes(), channels=2),
        sounds.write_wav(tmp_path / "2.wav", stereo[::2].tobytes(), channels=1),
    ]
    for book_format in (BookFormat(channels=2), BookFormat(channels=1)):
        for path in files:
            frames = pcm_timeline.read_source(count(path, book_format), book_format)
            left = books.join_left(frames)
            assert len(left) == 500
            assert min(left) == pytest.approx(max(left)) == pytest.approx(9000 / 32_768)


def test_only_the_needed_packets_of_a_long_mp3_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = count(books.write_mp3(tmp_path / "a.mp3", Kind(44_100, 1, 6.0)))
    plan = books.plan_book([source.path], 1.0)
    decoded = 0
    original = pcm_timeline.pcm_source.PcmSource._decode_packet

    def counted(self: object, *arguments: object) -> object:
        nonlocal decoded
        decoded += 1
        return original(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(pcm_timeline.pcm_source.PcmSource, "_decode_packet", counted)
    frames = list(pcm_timeline.read_book(plan, 200_000, 201_024, 1024))
    assert [frame.samples for frame in frames] == [1024]
    assert decoded < 100  # of 230


def test_a_file_that_changed_after_it_was_counted_is_not_used(tmp_path: Path) -> None:
    path = sounds.write_noise(tmp_path / "a.wav", 20_000)
    source = count(path)
    os.utime(path, ns=(1, 1))
    with pytest.raises(EncodingFailed, match=r"a\.wav not encoded: another program changed it"):
        list(pcm_timeline.read_source(source, books.FORMAT))
    shorter = structs.replace(count(path), samples=19_999)  # as if it decoded differently
    with pytest.raises(EncodingFailed, match="it has 20,000 samples, not 19,999 as counted"):
        list(pcm_timeline.read_source(shorter, books.FORMAT))
