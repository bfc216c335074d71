"""Files are read in few shared pieces, and never without limit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from mediakeep.media.bounded_file import (
    READ_AHEAD,
    BoundedFile,
    ByteRange,
    InMemoryFile,
    ReadBudgetExceeded,
    open_bounded,
)

DATA = Random("source").randbytes(100_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a"
    path.write_bytes(DATA)
    return path


@pytest.fixture
def source(path: Path) -> Iterator[BoundedFile]:
    with path.open("rb") as handle:
        yield BoundedFile(handle.fileno(), len(DATA))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The sizes and offsets of the system's reads."""
    asked: list[tuple[int, int]] = []
    pread = os.pread

    def noted(number: int, size: int, place: int) -> bytes:
        asked.append((size, place))
        return pread(number, size, place)

    monkeypatch.setattr(os, "pread", noted)  # what is asked for cannot be seen otherwise
    return asked


def test_any_place_in_any_order_gives_what_is_there(source: BoundedFile) -> None:
    rng = Random("places")
    for _ in range(3000):
        start = rng.choice((0, 5000, 95_000, 99_990)) + rng.randrange(6000)
        count = rng.choice((0, 1, 10, 300, 5000, 20_000))
        assert source.read(start, count) == DATA[start : start + count]
        end = rng.randrange(110_000)
        assert source.read_tail(end, count) == DATA[max(0, min(end, 100_000) - count) : end]


@pytest.mark.parametrize("hold", [False, True])
@pytest.mark.parametrize("start", [-(2**70), -1, 100_000, 2**31, 2**63, 2**70])
def test_a_place_outside_of_the_file_gives_nothing(
    source: BoundedFile, start: int, hold: bool
) -> None:
    if hold:
        source.read_tail(source.size, 10)
    for count in (-(2**70), -9, 0, 9, 2**70):
        assert source.read(start, count) == b""


def test_less_than_nothing_gives_nothing(source: BoundedFile) -> None:
    source.read(50_000, 10)
    source.read_tail(source.size, 10)
    for start in (2, 50_002, 99_998):
        assert source.read(start, -7) == b""


def test_header_and_tail_are_read_once_for_all(
    source: BoundedFile, calls: list[tuple[int, int]]
) -> None:
    for _ in range(3):
        assert source.read(10, 100) == DATA[10:110]
        assert source.read_tail(source.size, 5000) == DATA[-5000:]
        assert source.read(50_000, 10) == DATA[50_000:50_010]
        assert source.read(99_900, 100) == DATA[-100:]
        assert source.read(99_990, 100) == DATA[-10:]
    assert calls == [(5000, 95_000), (READ_AHEAD, 50_000)]


def test_what_is_held_is_not_read_again(source: BoundedFile, calls: list[tuple[int, int]]) -> None:
    source.preload(20_000, 300, 30_000)
    source.preload(25_000, 300, 30_000)
    assert source.read(49_000, 1000) == DATA[49_000:50_000]
    assert calls == [(30_000, 20_000)]


def test_a_walk_is_made_once_for_each_file(path: Path, source: BoundedFile) -> None:
    walks: list[BoundedFile] = []

    def walk(walked: BoundedFile) -> int | None:
        walks.append(walked)
        return None

    with path.open("rb") as handle:
        other = open_bounded(handle)
        assert [
            source.call_once_and_cache(walk),
            source.call_once_and_cache(walk),
            other.call_once_and_cache(walk),
        ] == [
            None,
            None,
            None,
        ]
    assert walks == [source, other]


def test_a_look_may_read_so_much_and_tags_beside(path: Path) -> None:
    path.write_bytes(bytes(3_000_000))
    with path.open("rb") as handle:
        source = open_bounded(handle)
        source.allow_tag_bytes(1_000_000)
        assert len(source.read(10_000, 1_200_000)) == 1_200_000
        with pytest.raises(ReadBudgetExceeded):
            source.read(1_500_000, 400_000)
        source.clear_limits()
        assert len(source.read(10_000, 2_900_000)) == 2_900_000


def test_a_look_may_ask_for_so_many_pieces(path: Path) -> None:
    def ask(source: BoundedFile) -> None:
        for _ in range(10**6):
            source.read(10, 1)

    with path.open("rb") as handle, pytest.raises(ReadBudgetExceeded):
        ask(open_bounded(handle))


def test_a_part_of_a_file_ends_where_it_ends(source: BoundedFile) -> None:
    read_at = source.make_part_reader(1000, 1100)
    assert read_at(90, 100) == DATA[1090:1100]
    assert read_at(200, 100) == b""
    assert ByteRange(1100, 1000).size == 0


def test_bytes_in_memory_are_read_like_a_file() -> None:
    held = InMemoryFile(DATA)
    assert held.size == len(DATA)
    assert held.read(50_000, 9000) == DATA[50_000:59_000]
    assert held.read_tail(held.size, 9000) == DATA[-9000:]
    assert held.read(99_999, 10) == DATA[-1:]


def test_a_share_that_gives_less_than_was_asked_for_is_asked_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pread = os.pread
    monkeypatch.setattr(
        os, "pread", lambda number, size, place: pread(number, min(size, 777), place)
    )
    with path.open("rb") as handle:
        source = BoundedFile(handle.fileno(), len(DATA))
        assert source.read(30_000, 20_000) == DATA[30_000:50_000]
