"""A book from mixed files is exact to the sample, without gaps, and readable by others."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from array import array
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import av
import msgspec
import mutagen.mp4
import pytest
from msgspec import structs

from mediakeep.audiobooks.encoding import encode_chunk, pcm_timeline
from mediakeep.audiobooks.encoding.book_plan import BookFormat, BookPlan
from mediakeep.audiobooks.muxing import book_file
from mediakeep.errors import EncodingFailed, WorkingFilesChanged
from mediakeep.media.encoding import mp4_header
from mediakeep.media.encoding.mp4_header import AAC_FRAME, MediaTrack
from tests.audiobooks import books
from tests.crash.gate import Gate
from tests.recall.tags import pictures
from tests.sampling import each_row

_ENCODE = """
import pickle, sys
from pathlib import Path
from mediakeep.audiobooks.encoding import encode_chunk
plan = pickle.loads(Path(sys.argv[1]).read_bytes())
for chunk in plan.chunks():
    encode_chunk.encode_chunk(plan, chunk, Path(sys.argv[2]) / f"{chunk.number}.chunk")
"""


@pytest.mark.long
def test_a_book_of_mixed_files_has_their_exact_samples_and_no_gap(tmp_path: Path) -> None:
    plan = books.plan_book(books.write_mixed(tmp_path))
    assert [source.format.sample_rate for source in plan.sources] == [
        kind.rate for kind in books.MIXED
    ]
    path, chapters = books.make_book(plan, tmp_path)
    assert books.find_differences(path, plan, chapters) == []
    with av.open(str(path)) as container:
        starts = [one["start"] * one["time_base"] * 44_100 for one in container.chapters()]
        assert container.streams.audio[0].duration == plan.samples
    assert starts == plan.starts
    original = books.join_left(pcm_timeline.read_book(plan, 0, plan.samples, AAC_FRAME))
    decoded = books.decode_left(path)
    assert len(decoded) == len(original) == plan.samples
    chunk_joins = [chunk.first * AAC_FRAME for chunk in plan.chunks()]
    joins = [*chunk_joins, *plan.starts]
    assert books.find_gaps(original, decoded, joins) == []
    at = chunk_joins[3]
    torn = decoded[: at - 512] + array("f", bytes(4 * 1024)) + decoded[at + 512 :]
    assert books.find_gaps(original, torn, joins)  # a gap would be noticed


def test_other_programs_read_chapters_cover_and_tags(tmp_path: Path) -> None:
    plan = books.plan_book([books.write_mp3(tmp_path / f"{n}.mp3", books.SHORT) for n in (1, 2)])
    cover = pictures.png(8, 8)
    path, chapters = books.make_book(plan, tmp_path, structs.replace(books.DETAILS, cover=cover))
    assert books.find_differences(path, plan, chapters, len(cover)) == []
    tags: Any = mutagen.mp4.MP4(path)  # type: ignore[no-untyped-call]
    assert [chapter.title for chapter in tags.chapters] == ["1", "2"]
    assert tags["stik"] == [2]
    assert tags["\xa9nam"] == ["The Book"]
    assert tags["\xa9wrt"] == ["A Narrator"]
    assert tags["\xa9mvi"] == [2]
    assert bytes(tags["covr"][0]) == cover


@pytest.mark.needs("ffprobe", "mediainfo")
def test_ffprobe_and_mediainfo_read_chapters_cover_and_tags(tmp_path: Path) -> None:
    plan = books.plan_book([books.write_mp3(tmp_path / f"{n}.mp3", books.SHORT) for n in (1, 2)])
    details = structs.replace(books.DETAILS, cover=pictures.png(8, 8))
    path, _ = books.make_book(plan, tmp_path, details)
    shown = _run("ffprobe", "-v", "error", "-show_chapters", "-show_streams", "-show_format", path)
    starts = [one["start"] for one in shown["chapters"]]
    assert starts == plan.starts
    assert shown["streams"][0]["duration_ts"] == plan.samples
    assert shown["streams"][-1]["disposition"]["attached_pic"] == 1
    assert shown["format"]["tags"]["major_brand"].strip() == "M4B"
    assert shown["format"]["tags"]["SERIES"] == "The Series"
    general = _run("mediainfo", "--Output=JSON", path)["media"]["track"][0]
    assert general["Album_Performer"] == "An Author"
    assert general["Cover"] == "Yes"
    assert general["MenuCount"] == "2"  # QuickTime and Nero chapters


# The names of ffprobe by which audiobookshelf finds each detail (its prober.js), and how its
# AudioFileScanner reads the series: without SERIES, from the grouping.
_SHELF_NAMES = ("subtitle", "publisher", "language", "isbn", "asin")


_SERIES_ROWS = [
    ("", {"series": "The Series", "series-part": "2"}),
    (
        "Robots #4.5",
        {
            "series": "The Series; Robots",
            "series-part": "2; 4.5",
            "grouping": "The Series #2; Robots #4.5",
        },
    ),
    ("Robots", {"grouping": "The Series #2; Robots"}),
]


@each_row(("more", "series"), _SERIES_ROWS)
def test_audiobookshelf_finds_all_details(
    tmp_path: Path, more: str, series: dict[str, str]
) -> None:
    path, expected = _write_detailed_book(tmp_path, more, series)
    tags: Any = mutagen.mp4.MP4(path)  # type: ignore[no-untyped-call]
    assert tags["rtng"] == [1]
    names = {f"----:com.apple.iTunes:{name.upper()}": name for name in (*_SHELF_NAMES, *series)}
    names |= {"\xa9gen": "genre", "\xa9grp": "grouping"}
    found = {name: tags[key][0] for key, name in names.items() if key in tags}
    assert {name: os.fsdecode(text) for name, text in found.items()} == expected
    assert ("series" in series) == ("----:com.apple.iTunes:SERIES" in tags)


@pytest.mark.needs("ffprobe")
@each_row(("more", "series"), _SERIES_ROWS)
def test_ffprobe_shows_all_details(tmp_path: Path, more: str, series: dict[str, str]) -> None:
    path, expected = _write_detailed_book(tmp_path, more, series)
    shown = _run("ffprobe", "-v", "error", "-show_format", path)["format"]["tags"]
    lower = {key.lower(): value for key, value in shown.items()}
    assert {name: lower[name] for name in expected} == expected


def _write_detailed_book(
    folder: Path, more: str, series: dict[str, str]
) -> tuple[Path, dict[str, str]]:
    """Write a book with all details; return its path and the tags that audiobookshelf reads."""
    own = {name: f"the {name}" for name in _SHELF_NAMES}
    details = structs.replace(
        books.DETAILS, genre="Drama; Crime", more_series=more, advisory="1", **own
    )
    path, size = folder / "a.m4b", 50_000  # a smaller file is not read to its last tag by ffprobe
    entry = book_file.build_sample_entry(books.FORMAT)
    sizes = bytearray(mp4_header.pack_sizes([size, size]))
    track = MediaTrack(44_100, entry, 1024, 1024, 1024, sizes)
    book_file.write_m4b(path, track, [bytes(2 * size)], [], details)
    return path, {**own, "genre": "Drama; Crime", **series}


def _run(*line: str | Path) -> Any:
    options = ["-of", "json"] if line[0] == "ffprobe" else []
    done = subprocess.run([*line, *options], capture_output=True, check=True)
    return json.loads(done.stdout)


def test_processes_encode_the_same_chunks_from_a_stored_plan(tmp_path: Path) -> None:
    plan = books.plan_book([books.write_mp3(tmp_path / "1.mp3", books.SHORT)], 0.5)
    stored = msgspec.json.decode(msgspec.json.encode(plan), type=BookPlan)
    assert stored == pickle.loads(pickle.dumps(plan)) == plan
    alone = [path.read_bytes() for path in books.encode_chunks(plan, tmp_path)]
    chunks, paths = list(plan.chunks()), [tmp_path / f"p{n}" for n in range(len(alone))]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        done = pool.map(encode_chunk.encode_chunk, [stored] * len(chunks), chunks, paths)
        assert all(done)
    assert len(alone) > 2
    assert [path.read_bytes() for path in paths] == alone


@pytest.mark.long
@pytest.mark.parametrize("name", ["write", "replace"])
def test_finished_chunks_survive_a_kill(tmp_path: Path, name: str) -> None:
    plan = books.plan_book([books.write_mp3(tmp_path / "1.mp3", books.SHORT)], 0.5)
    (tmp_path / "plan").write_bytes(pickle.dumps(plan))
    work, other = tmp_path / "work", tmp_path / "other"
    work.mkdir()
    other.mkdir()
    gate = Gate(tmp_path / "gate", 2, names=f"{name}$", paths="work")
    line = [sys.executable, "-c", _ENCODE, str(tmp_path / "plan"), str(work)]
    gate.kill(subprocess.Popen(line, env=os.environ | gate.environment))
    assert {path.name for path in work.iterdir() if path.suffix == ".chunk"} == {"0.chunk"}
    (first, *_) = plan.chunks()
    assert not encode_chunk.encode_chunk(plan, first, work / "0.chunk")  # it is not done again
    resumed, whole = (books.encode_chunks(plan, folder) for folder in (work, other))
    assert [path.read_bytes() for path in resumed] == [path.read_bytes() for path in whole]


def test_a_chunk_that_is_damaged_or_of_another_plan_is_encoded_again(tmp_path: Path) -> None:
    files = [books.write_mp3(tmp_path / "1.mp3", books.SHORT)]
    plan, other = books.plan_book(files), books.plan_book(files, 0.7)
    paths = books.encode_chunks(plan, tmp_path)
    content = paths[0].read_bytes()
    damaged = bytearray(content)
    damaged[len(damaged) // 2] ^= 1
    target = tmp_path / "book.m4b"
    for data, cause in (
        (bytes(damaged), "checksum"),
        (content[:-5], "size"),
        (b"{" + content, "first line is damaged"),
        (b"", "first line is damaged"),
    ):
        paths[0].write_bytes(data)
        with pytest.raises(WorkingFilesChanged, match=f"0.chunk is not as recorded: .*{cause}"):
            book_file.write_book(plan, paths, target, [], books.DETAILS)
        assert not target.exists()
        assert encode_chunk.encode_chunk(plan, next(plan.chunks()), paths[0])
        assert paths[0].read_bytes() == content
    assert encode_chunk.encode_chunk(other, next(other.chunks()), paths[0])


def test_a_full_disk_is_named_and_no_book_is_left(tmp_path: Path) -> None:
    plan = books.plan_book([books.write_mp3(tmp_path / "1.mp3", books.SHORT)])
    paths = books.encode_chunks(plan, tmp_path)
    link = tmp_path / "book.m4b"
    link.symlink_to("/dev/full")
    with pytest.raises(EncodingFailed, match=r"book\.m4b not encoded: No space left on device"):
        book_file.write_book(plan, paths, link, [], books.DETAILS)
    assert not link.is_symlink()


def test_a_chunk_that_cannot_be_encoded_is_named_by_its_source(tmp_path: Path) -> None:
    files = [books.write_mp3(tmp_path / f"{number}.mp3", books.SHORT) for number in (1, 2)]
    plan = structs.replace(books.plan_book(files), format=BookFormat(12_345))
    with pytest.raises(EncodingFailed, match=r"/2\.mp3 not encoded: ") as caught:
        encode_chunk.encode_chunk(plan, plan.find_chunk(2), tmp_path / "chunk")
    assert "Check the bit rate and the sample rate" in str(caught.value)
