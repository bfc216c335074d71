"""The memory that a book needs does not grow with its length."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from mediakeep.audiobooks.encoding import count_source, encode_chunk
from mediakeep.audiobooks.encoding.book_plan import BookPlan, CountedSource, make_plan
from mediakeep.audiobooks.muxing import book_file, verify_book
from mediakeep.media.chapters import chapters
from mediakeep.media.chapters.chapters import ChapterMark
from tests.audiobooks import books
from tests.audiobooks.books import Kind

MAX_GROWTH = 30 << 20  # bytes, from 1 to 20 hours
HOUR = 3600 * books.FORMAT.sample_rate


def call_alone(function: Callable[..., Any], *arguments: Any) -> tuple[Any, int]:
    """Call a function in a process of its own; return its result and the peak in bytes."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_call, function, arguments).result()


def _call(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, int]:
    result = function(*arguments)
    if sys.platform == "linux":  # where the other figure includes the parent process
        status = Path("/proc/self/status").read_text().splitlines()
        line = next(line for line in status if line.startswith("VmHWM"))
        return result, int(line.split()[1]) << 10
    return result, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def repeat_packets(plan: BookPlan, packets: list[bytes], folder: Path) -> list[Path]:
    """Write all chunks of a book with the same packets."""
    paths = []
    for chunk in plan.chunks():
        count = chunk.end - chunk.first + (chunk.number == 0)
        paths.append(folder / f"{chunk.number}.chunk")
        repeated = (packets * -(-count // len(packets)))[:count]
        encode_chunk.write_chunk(paths[-1], plan, chunk, repeated)
    return paths


def write_and_verify(plan: BookPlan, paths: list[Path], target: Path) -> list[str]:
    marks = [ChapterMark(at, str(at)) for at in range(0, plan.samples, HOUR // 4)]
    made = chapters.make_chapters(marks, plan.samples, "test")
    book_file.write_book(plan, paths, target, made, books.DETAILS)
    return verify_book.verify_file(target, plan, made)


@pytest.mark.long
def test_muxing_needs_the_same_memory_for_each_length(tmp_path: Path) -> None:
    path = books.write_mp3(tmp_path / "a.mp3", books.SHORT)
    counted = books.plan_book([path]).sources[0]
    peaks = []
    for hours in (1, 8):
        source = CountedSource(counted.escaped_path, 0, 0, counted.format, hours * HOUR)
        plan = make_plan([source], books.FORMAT)
        folder = tmp_path / str(hours)
        folder.mkdir()
        paths = repeat_packets(plan, [bytes(9), bytes(5)], folder)
        found, peak = call_alone(write_and_verify, plan, paths, folder / "book.m4b")
        assert found == []
        peaks.append(peak)
    assert peaks[1] - peaks[0] < MAX_GROWTH * 8 // 20


@pytest.mark.slow
def test_all_stages_need_the_same_memory_for_each_length(tmp_path: Path) -> None:
    minute = books.write_mp3(tmp_path / "a.mp3", Kind(8000, 1, 60.0, header=False)).read_bytes()
    peaks = []
    for hours in (1, 20):
        folder = tmp_path / str(hours)
        folder.mkdir()
        path = folder / "book.mp3"
        with path.open("wb") as file:
            file.writelines(minute for _ in range(hours * 60))
        source, counting = call_alone(count_source.count_source, path, books.FORMAT)
        plan = make_plan([source], books.FORMAT)
        second = list(plan.chunks())[1]
        encoded = folder / "one"
        _, encoding = call_alone(encode_chunk.encode_chunk, plan, second, encoded)
        data = b"".join(encode_chunk.iter_packets(encoded, plan, second))
        packets, at = [], 0
        for size in encode_chunk.read_sizes(encoded, plan, second):
            packets.append(data[at : at + size])
            at += size
        # Repeated packets are loud at other times than the book, so levels are not compared.
        plan = structs.replace(plan, sources=(structs.replace(source, levels=b""),))
        paths, book = repeat_packets(plan, packets, folder), folder / "book.m4b"
        found, muxing = call_alone(write_and_verify, plan, paths, book)
        assert found == []
        segment = verify_book.split_book(plan)[-2]
        found, verifying = call_alone(verify_book.verify_segment, book, plan, segment)
        assert found == []
        peaks.append((counting, encoding, muxing, verifying))
    growth = [long - short for short, long in zip(*peaks, strict=True)]
    assert max(growth) < MAX_GROWTH, growth
