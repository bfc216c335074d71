"""The cache has one row per artist, which is read and written as a whole."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

import pytest

from mediakeep.media.audio import tags
from mediakeep.media.cache import caching_reader, file_cache
from mediakeep.media.cache.caching_reader import CachingReader
from mediakeep.media.cache.file_cache import CachedFile, CachedResult, FileCache
from tests.media.opened_files import listening
from tests.music import shelf
from tests.sampling import each_row


def put(folder: Path, count: int) -> list[Path]:
    return [shelf.put(folder / f"{number}.mp3") for number in range(count)]


def folder_of(path: Path) -> file_cache.FolderKey:
    facts = path.parent.stat()
    return facts.st_dev, facts.st_ino


def opened(folder: Path) -> CachingReader:
    """Open the cache with a clock at which the test files are not racily clean."""
    place = folder / "cache" / caching_reader.FILE_NAME
    return CachingReader(
        FileCache(place, caching_reader.parser_version()), lambda: time.time_ns() + 60 * 10**9
    )


def scan(index: CachingReader, paths: list[Path]) -> set[Path]:
    """Read the files of an artist; return those that were opened."""
    expected, facts = [tags.read(path) for path in paths], [path.stat() for path in paths]
    index.prefetch(folder_of(paths[0]), facts)
    with listening() as heard:
        found = [index.read_track(str(path), own) for path, own in zip(paths, facts, strict=True)]
    assert found == expected
    return {path for path in paths if str(path) in heard}


def touch(path: Path) -> None:
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))


def test_of_an_artist_only_the_files_that_changed_are_read_again(tmp_path: Path) -> None:
    paths = put(tmp_path, 4)
    for changed in (set(paths), set(), {paths[1]}, set()):
        if changed == {paths[1]}:
            touch(paths[1])
        index = opened(tmp_path)
        assert scan(index, paths) == changed
        index.commit()
        index.close()


def test_what_was_read_before_a_repair_is_not_read_again_after_it(tmp_path: Path) -> None:
    paths = put(tmp_path, 3)
    index = opened(tmp_path)
    scan(index, paths)
    touch(paths[0])
    assert scan(index, paths) == {paths[0]}
    index.commit()
    index.close()
    index = opened(tmp_path)
    assert scan(index, paths) == set()
    index.close()


def test_what_was_not_written_is_not_taken_for_that_of_another_artist(tmp_path: Path) -> None:
    paths, others = put(tmp_path / "Vera", 2), put(tmp_path / "Anna", 2)
    index = opened(tmp_path)
    scan(index, paths)
    scan(index, others)
    index.commit()
    assert scan(index, others) == set()
    assert scan(index, paths) == set(paths)
    index.close()


def test_a_scan_that_broke_off_leaves_what_was_known(tmp_path: Path) -> None:
    paths = put(tmp_path, 3)
    index = opened(tmp_path)
    scan(index, paths)
    index.commit()
    touch(paths[0])
    facts = [path.stat() for path in paths]
    index.prefetch(folder_of(paths[0]), facts)
    index.read_track(str(paths[0]), facts[0])
    index.commit()  # before the others were asked for
    assert scan(index, paths) == set()
    index.close()


def test_nothing_is_kept_of_files_that_an_artist_has_no_more(tmp_path: Path) -> None:
    paths = put(tmp_path, 3)
    index = opened(tmp_path)
    scan(index, paths)
    index.commit()
    touch(paths[1])
    scan(index, paths[1:])
    index.commit()
    index.close()
    left = FileCache(tmp_path / "cache" / caching_reader.FILE_NAME, caching_reader.parser_version())
    assert left.load_folder(folder_of(paths[0])).keys() == {
        file_cache.stat_identity(path.stat()) for path in paths[1:]
    }
    left.close()


def test_another_reader_begins_with_an_empty_index(tmp_path: Path) -> None:
    paths = put(tmp_path, 2)
    index = opened(tmp_path)
    scan(index, paths)
    index.commit()
    assert scan(index, paths) == set()
    other = FileCache(
        tmp_path / "cache" / caching_reader.FILE_NAME, caching_reader.parser_version() + 1
    )
    other.save_folder((1, 1), [])
    # What is still open of the old one finds nothing in it, and writes nothing into it.
    assert scan(index, paths) == set(paths)
    index.commit()
    assert other.load_folder(folder_of(paths[0])) == {}
    other.close()
    index.close()
    left = {path.name for path in (tmp_path / "cache").iterdir()}
    assert left == {caching_reader.FILE_NAME, f"{caching_reader.FILE_NAME}-journal"}


def test_drawers_of_vanished_folders_go_after_a_while_and_others_stay(tmp_path: Path) -> None:
    path = shelf.put(tmp_path / "a.mp3")
    card = CachedFile(file_cache.stat_identity(path.stat()), ".mp3", CachedResult(reason="x"))

    def visit(
        day: int, asked: list[file_cache.FolderKey], new: list[file_cache.FolderKey]
    ) -> list[file_cache.FolderKey]:
        index = FileCache(tmp_path / "index", 7, day)
        found = [folder for folder in asked if index.load_folder(folder)]
        for folder in new:
            index.save_folder(folder, [card])
        index.close()
        return found

    visit(1000, [], [(1, 1), (1, 2)])
    visit(1050, [(1, 1)], [])  # the first is still there; of the second nothing is heard
    visit(1100, [], [(1, 3)])
    assert visit(1100, [(1, 1), (1, 2), (1, 3)], []) == [(1, 1), (1, 3)]


SPOILT = {
    "cards": ("NULL", "7", "'a text'", "CAST(x'FF00' AS TEXT)", "x''", "x'00000000'"),
    "day": ("NULL", "'a text'", "CAST(x'FF00' AS TEXT)", "x'00'", "1e300"),
}


@each_row(("column", "value"), [(column, value) for column in SPOILT for value in SPOILT[column]])
def test_a_value_that_has_become_another_costs_reading_again_and_no_more(
    tmp_path: Path, column: str, value: str
) -> None:
    paths = put(tmp_path, 2)
    index = opened(tmp_path)
    scan(index, paths)
    index.commit()
    index.close()
    with sqlite3.connect(tmp_path / "cache" / caching_reader.FILE_NAME) as base:
        # A bit that changes asks no table whether it may.
        base.execute("CREATE TABLE other(folder TEXT PRIMARY KEY, cards, day)")
        base.execute("INSERT INTO other SELECT * FROM drawer")
        base.execute(f"UPDATE other SET {column} = {value}")
        base.execute("DROP TABLE drawer")
        base.execute("ALTER TABLE other RENAME TO drawer")
    base.close()
    index = opened(tmp_path)
    assert scan(index, paths) == (set(paths) if column == "cards" else set())
    index.commit()
    assert scan(index, paths) == set()
    index.close()


def test_cards_that_another_program_wrote_are_none(tmp_path: Path) -> None:
    paths = put(tmp_path, 2)
    index = opened(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_cache, "_encode_files", lambda _: b"\x91\x01")  # a list of one number
        scan(index, paths)
        index.commit()
    assert scan(index, paths) == set(paths)
    index.close()
