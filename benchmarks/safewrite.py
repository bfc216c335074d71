"""Tags written safely, against in place, and in place with a sync."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import mutagen
from mutagen.flac import FLAC
from mutagen.id3 import ID3, TIT2

from benchmarks import large, large_flac, rounds, table
from benchmarks.rounds import Durations, Times
from mediakeep.media.audio.tag_edits import FIELDS
from mediakeep.media.safewrite import write_tags
from mediakeep.media.safewrite.write_tags import SetCover, SetField
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.store import UndoStore
from tests.music import shelf

_ROUNDS = (9, 25)
_TITLE = "A title of the usual length"
_GROWN = 60_000  # letters that no padding holds
_FIELDS = {"title": _TITLE, "artist": "Anna", "albumartist": "Anna", "album": "Moorings"}
_FIELDS |= {"date": "1974", "genre": "Folk", "tracknumber": "1/10"}
_NUMBERS = ("track", "track_total", "disc", "disc_total")
_WAYS = ("in place", "in place + sync", "safe", "undo")


def run(folder: Path, *, full: bool = False) -> None:
    """Measure writes of a title that fits and of one that makes the tags grow."""
    rows, ratios, sizes = [], [], list[int]()
    for name, data in (("5 MB MP3", _mp3()), ("30 MB FLAC", _flac())):
        for grows in (False, True):
            bench = _Bench(folder, data, name.rpartition(" ")[2].lower(), grows)
            times = rounds.run([bench.case(way) for way in _WAYS[:2]] + [bench.safe], _ROUNDS[full])
            label = f"{name}, {'grows' if grows else 'fits'}"
            rows.append([label, *(table.spread(_typical(times, way), 1, 1000) for way in _WAYS)])
            ratios.append([label, *_ratios(times)])
            sizes += _records(bench.home)
    table.show(
        "Milliseconds for one change of the tags: median (range)",
        ["", *_WAYS],
        rows,
        "safe: copied, compared, hashed, the way back tried, copy and record synced",
    )
    table.show("Safe, as a multiple of the same round's", ["", *_WAYS[:2]], ratios)
    _show_records(folder, sizes)


def _typical(times: Times, way: str) -> list[float]:
    """Return what each round took."""
    return rounds.typical(times[way])


def _ratios(times: Times) -> Iterator[str]:
    for way in _WAYS[:2]:
        yield table.spread(rounds.ratio(_typical(times, "safe"), _typical(times, way)), 1)


def _show_records(folder: Path, timed: list[int]) -> None:
    """Print the sizes of undo records of other changes, in every writable format."""
    rows = [_row("the changes above", timed, [])]
    changes: dict[str, list[SetField | SetCover]] = {
        "a title": [SetField("title", (_TITLE,))],
        "a cover in the place of another": [SetCover(large.cover(), "image/jpeg")],
        "every field, 30 letters each": [
            SetField(field, (str(number) if field in _NUMBERS else f"{field:x<30}",))
            for number, field in enumerate(sorted(FIELDS - {"compilation"}), 1)
        ],
        "two fields of 60,000 letters": [
            SetField(field, ("é" * _GROWN,)) for field in ("title", "comment")
        ],
    }
    for label, wanted in changes.items():
        sizes, blobs = list[int](), list[int]()
        for suffix in ("mp3", "m4a", "flac", "ogg", "opus"):
            home = folder / label / suffix
            home.mkdir(parents=True)
            path = home / f"a.{suffix}"
            path.write_bytes(shelf.render(suffix, picture="cover.jpg"))
            store = UndoStore(home / "undo")
            written = write_tags.write(path, wanted, store, queue="music")
            assert written
            apply_undo.apply_undo(store, written.record)
            sizes += _records(home)
            blobs += [path.stat().st_size for path in store.folder.glob("blobs/*/*")]
        rows.append(_row(label, sizes, blobs))
    table.show("Bytes of an undo record", ["", "median", "at most", "next to it at most"], rows)


def _row(label: str, sizes: list[int], blobs: list[int]) -> list[str]:
    largest = f"{max(blobs):,}" if blobs else "-"
    return [label, f"{statistics.median(sizes):,.0f}", f"{max(sizes):,}", largest]


def _records(home: Path) -> list[int]:
    """Return the sizes of all undo records of changes."""
    lines = [line for log in home.glob("undo/*.jsonl") for line in log.read_bytes().splitlines()]
    return [len(line) for line in lines if b'"op":"change"' in line]


class _Bench:
    """One file, recreated before every write, and a row of titles that are all different."""

    def __init__(self, folder: Path, data: bytes, suffix: str, grows: bool) -> None:
        self._path = folder / f"a.{suffix}"
        self._data, self.home, self._numbers = data, folder / f"{suffix}{grows}", count()
        self._length = _GROWN if grows else len(_TITLE)

    def case(self, way: str) -> Callable[[], Mapping[str, Durations]]:
        """Return a turn of writing in place."""

        def turn() -> Mapping[str, Durations]:
            title = self._begin()
            return {way: rounds.once(lambda: _in_place(self._path, title, sync="sync" in way))}

        return turn

    def safe(self) -> Mapping[str, Durations]:
        """Write safely, then undo it."""
        title, store = self._begin(), UndoStore(self.home / "undo")
        edit = [SetField("title", (title,))]
        durations = rounds.once(lambda: write_tags.write(self._path, edit, store, queue="music"))
        (*_, last) = store.find(apply_undo.RecordQuery())
        back = rounds.once(lambda: apply_undo.apply_undo(store, last.record))
        assert self._path.read_bytes() == self._data
        store.close()
        return {"safe": durations, "undo": back}

    def _begin(self) -> str:
        self._path.write_bytes(self._data)
        handle = os.open(self._path, os.O_RDWR)
        os.fsync(handle)
        os.close(handle)
        return f"{next(self._numbers):05}".ljust(self._length, "x")


def _in_place(path: Path, title: str, *, sync: bool) -> None:
    """Write as other programs do."""
    audio: Any = mutagen.File(path)
    if isinstance(audio.tags, ID3):
        audio.tags.add(TIT2(encoding=3, text=[title]))
    else:
        audio["title"] = [title]
    audio.save()
    if sync:
        handle = os.open(path, os.O_RDWR)
        os.fsync(handle)
        os.close(handle)


def _mp3() -> bytes:
    return large._mp3(_FIELDS, large.cover(), 1)


def _flac() -> bytes:
    file = BytesIO(large_flac.sound(30_000_000, Random(1)))
    audio = FLAC(file)
    audio.update({name: [text] for name, text in _FIELDS.items()})
    audio.add_picture(large._picture(large.cover()))
    file.seek(0)
    audio.save(file)
    return file.getvalue()
