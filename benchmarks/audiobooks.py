"""An audiobook built from mixed files, against ffmpeg: file by file in parallel, and in one run.

The peers count and verify nothing. The first one joins its parts without encoding them again.
"""

from __future__ import annotations

import functools
import resource
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks import child, rounds, table
from benchmarks.rounds import Durations
from mediakeep import atomic_files
from mediakeep.audiobooks.details.book_tags import BookDetails
from mediakeep.audiobooks.encoding import count_source, encode_chunk
from mediakeep.audiobooks.encoding.book_plan import (
    BookFormat,
    BookPlan,
    Chunk,
    CountedSource,
    make_plan,
)
from mediakeep.audiobooks.muxing import book_file, verify_book
from mediakeep.media.chapters import chapters
from mediakeep.media.chapters.chapters import Chapter, ChapterMark
from mediakeep.media.encoding import pcm_source
from tests.media.encoding import sounds

_FILES = (  # rate, channels, options of the encoder
    (44_100, 2, "-b:a 128k"),
    (22_050, 1, "-b:a 64k"),
    (48_000, 2, "-q:a 4"),
    (24_000, 1, "-b:a 64k -write_xing 0"),
    (44_100, 1, "-q:a 5 -write_xing 0"),
    (44_100, 2, "-q:a 4"),
    (44_100, 2, "-b:a 128k"),
    (44_100, 2, "-b:a 96k"),
    (44_100, 2, "-q:a 2"),
    (44_100, 2, "-b:a 128k"),
)
_SECONDS = 216  # of each file
_ROUNDS = 3  # in full
_HOURS = (1, 5)  # of the books whose memory is measured
_FULL_HOURS = (1, 20)
_WORKERS = 2
_FORMAT = BookFormat()
_DETAILS = BookDetails("A Book", "An Author")
_PHASES = ("counting", "encoding", "muxing", "verifying")
_OURS, _PEER, _SINGLE = "ours", f"{_WORKERS} x ffmpeg, joined", "one ffmpeg"
_FFMPEG = "ffmpeg -nostdin -v error -y"
_AAC = "-c:a aac -b:a 128k -ar 44100 -ac 2"


def run(home: Path, *, full: bool) -> None:
    """Build a book of 36 minutes once, in full three times, and measure the memory of long ones."""
    if not shutil.which("ffmpeg"):
        print("The command ffmpeg is not installed.")
        return
    files = _make_files(home)
    cases = {_OURS: _build, _PEER: _join_with_ffmpeg, _SINGLE: _encode_with_ffmpeg}
    turns = [functools.partial(_turn, name, case, home, files) for name, case in cases.items()]
    times = rounds.run(turns, _ROUNDS if full else 1, warm=False)
    _show_times(times)
    _show_lengths(home)
    _show_muxing(home)
    _show_memory(home, _FULL_HOURS if full else _HOURS)


def _make_files(home: Path) -> list[Path]:
    files = []
    for number, (rate, channels, options) in enumerate(_FILES, 1):
        second = sounds.noise_and_tone(rate, number).tobytes()
        wav = sounds.write_wav(home / f"{number:02}.wav", second * _SECONDS, rate, 2)
        files.append(wav.with_suffix(".mp3"))
        _run(f"{_FFMPEG} -i {wav} -ac {channels} {options} {files[-1]}")
        wav.unlink()
    return files


def _turn(
    name: str,
    case: Callable[[Path, list[Path]], dict[str, Durations]],
    home: Path,
    files: list[Path],
) -> dict[str, Durations]:
    before, began = _cpu_seconds(), time.perf_counter()
    phases = case(home, files)
    wall = time.perf_counter() - began
    return {name: [wall], f"{name} cpu": [_cpu_seconds() - before], **phases}


def _cpu_seconds() -> float:
    used = (resource.getrusage(resource.RUSAGE_CHILDREN), resource.getrusage(resource.RUSAGE_SELF))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _build(home: Path, files: list[Path]) -> dict[str, Durations]:
    marks = [time.perf_counter()]
    with ProcessPoolExecutor(_WORKERS, get_context("spawn")) as pool:
        plan = make_plan([*pool.map(_count, files)], _FORMAT)
        marks.append(time.perf_counter())
        paths = _name_chunks(home, plan)
        for path in paths:
            path.unlink(missing_ok=True)
        all(pool.map(functools.partial(encode_chunk.encode_chunk, plan), plan.chunks(), paths))
        marks.append(time.perf_counter())
        listed = _list_chapters(plan)
        book_file.write_book(plan, paths, home / "ours.m4b", listed, _DETAILS)
        marks.append(time.perf_counter())
        verify = functools.partial(verify_book.verify_segment, home / "ours.m4b", plan)
        found = [*pool.map(verify, verify_book.split_book(plan))]
        found.append(verify_book.verify_file(home / "ours.m4b", plan, listed))
        assert not any(found), found
        marks.append(time.perf_counter())
    spans = pairwise(marks)
    return {name: [end - start] for name, (start, end) in zip(_PHASES, spans, strict=True)}


def _count(path: Path) -> CountedSource:
    return count_source.count_source(path, _FORMAT)


def _name_chunks(home: Path, plan: BookPlan) -> list[Path]:
    return [home / f"{chunk.number}.chunk" for chunk in plan.chunks()]


def _list_chapters(plan: BookPlan) -> list[Chapter]:
    marks = [ChapterMark(start, f"Chapter {n}") for n, start in enumerate(plan.starts, 1)]
    return chapters.make_chapters(marks, plan.samples, "files")


def _join_with_ffmpeg(home: Path, files: list[Path]) -> dict[str, Durations]:
    parts = [path.with_suffix(".m4a") for path in files]
    line = f"{_FFMPEG} -threads 1 -i {{}}.mp3 -threads 1 {_AAC} {{}}.m4a"
    words = ["xargs", "-I{}", "-P", str(_WORKERS), *shlex.split(line)]
    names = "\n".join(str(path.with_suffix("")) for path in files)
    subprocess.run(words, input=names, text=True, check=True)
    _run(f"{_FFMPEG} {_list_files(home, parts)} -c copy -movflags +faststart {home}/joined.m4b")
    return {}


def _encode_with_ffmpeg(home: Path, files: list[Path]) -> dict[str, Durations]:
    _run(f"{_FFMPEG} {_list_files(home, files)} {_AAC} -movflags +faststart {home}/single.m4b")
    return {}


def _list_files(home: Path, files: Iterable[Path]) -> str:
    (home / "list.txt").write_text("".join(f"file '{path}'\n" for path in files))
    return f"-f concat -safe 0 -i {home}/list.txt"


def _run(line: str) -> None:
    subprocess.run(shlex.split(line), check=True)


def _show_times(times: rounds.Times) -> None:
    single, peer = (rounds.whole(times[name]) for name in (_SINGLE, _PEER))
    rows = []
    for name in (_OURS, _PEER, _SINGLE):
        wall, cpu = rounds.whole(times[name]), rounds.whole(times[f"{name} cpu"])
        speeds = [table.spread(rounds.ratio(other, wall)) for other in (peer, single)]
        rows.append([name, table.middle(wall), table.middle(cpu), *speeds])
    rows += [[f"  {name}", table.middle(rounds.whole(times[name])), "", "", ""] for name in _PHASES]
    minutes = len(_FILES) * _SECONDS / 60
    title = f"A book of {minutes:.0f} minutes in {len(_FILES)} files, {_WORKERS} processes"
    table.show(title, ["", "seconds", "CPU seconds", "speed by joined", "speed by one"], rows)


def _show_lengths(home: Path) -> None:
    files = sorted(home.glob("*.mp3"))
    expected = sum(_count(path).samples for path in files)
    names = {_OURS: "ours", _PEER: "joined", _SINGLE: "single"}
    rows = [
        [name, f"{pcm_source.count_samples(home / f'{stem}.m4b') - expected:+,}"]
        for name, stem in names.items()
    ]
    table.show("Samples more or less than in the files", ["", "samples"], rows)


def _show_muxing(home: Path) -> None:
    plan = make_plan([_count(path) for path in sorted(home.glob("*.mp3"))], _FORMAT)
    paths, listed = _name_chunks(home, plan), _list_chapters(plan)
    mux = rounds.once(
        lambda: book_file.write_book(plan, paths, home / "muxed.m4b", listed, _DETAILS)
    )
    copy = rounds.once(lambda: _copy(home / "muxed.m4b", home / "copy.m4b"))
    rows = [["muxing", table.middle(mux)], ["copying, with sync", table.middle(copy)]]
    table.show("Muxing alone", ["", "seconds"], rows)


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with target.open("rb") as file:
        atomic_files.sync_data(file.fileno())


def _show_memory(home: Path, hours: Iterable[int]) -> None:
    """Measure the peak of each phase in a process of its own, for books of different lengths."""
    minute = home / "minute.mp3"
    wav = sounds.write_wav(home / "minute.wav", sounds.noise_and_tone(8000).tobytes() * 60, 8000)
    _run(f"{_FFMPEG} -i {wav} -ac 1 -b:a 8k -write_xing 0 -id3v2_version 0 {minute}")
    columns = []
    for number in hours:
        folder = home / f"{number} h"
        folder.mkdir()
        with (folder / "book.mp3").open("wb") as file:
            file.writelines(minute.read_bytes() for _ in range(number * 60))
        columns.append([f"{peak:.0f}" for peak in _measure_memory(folder)])
    rows = [[name, *peaks] for name, *peaks in zip(_PHASES, *columns, strict=True)]
    table.show("Peak memory in MB", ["", *(f"{number} h" for number in hours)], rows)


def _measure_memory(folder: Path) -> Iterator[float]:
    source, peak = _call_alone(_count, folder / "book.mp3")
    yield peak
    plan = make_plan([source], _FORMAT)
    paths = _name_chunks(folder, plan)
    first, second, *others = plan.chunks()
    _, peak = _call_alone(encode_chunk.encode_chunk, plan, second, paths[1])
    yield peak
    encode_chunk.encode_chunk(plan, first, paths[0])
    for chunk, path in zip(others, paths[2:], strict=True):
        _repeat_chunk(plan, second, paths[1], chunk, path)
    book, listed = folder / "book.m4b", _list_chapters(plan)
    yield _call_alone(book_file.write_book, plan, paths, book, listed, _DETAILS)[1]
    segment = verify_book.split_book(plan)[-2]
    peaks = (
        _call_alone(verify_book.verify_file, book, plan, listed)[1],
        _call_alone(verify_book.verify_segment, book, plan, segment)[1],
    )
    yield max(peaks)


def _repeat_chunk(plan: BookPlan, source: Chunk, encoded: Path, chunk: Chunk, path: Path) -> None:
    """Write a chunk with the packets of another one."""
    data, packets, at = b"".join(encode_chunk.iter_packets(encoded, plan, source)), [], 0
    for size in encode_chunk.read_sizes(encoded, plan, source)[: chunk.end - chunk.first]:
        packets.append(data[at : at + size])
        at += size
    encode_chunk.write_chunk(path, plan, chunk, packets)


def _call_alone(function: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """Call a function in a process of its own; return its result and the peak in MB."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_measure_call, function, arguments).result()


def _measure_call(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, float]:
    return function(*arguments), child.measure_peak() / (1 << 20)
