"""Which folders are books, and which of their files are joined."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mediakeep.audiobooks.sources import check_sources, find_books
from mediakeep.errors import SourcesRefused, Unreadable
from mediakeep.media.ignore_rules import NOTHING, IgnoreSettings
from mediakeep.workspace import backups
from mediakeep.workspace.backups import BackupJob
from tests.sampling import each_row


def make_files(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"")


def found(root: Path) -> dict[str, int]:
    return {item.key: item.fields["file_count"] for item in find_books.find_books(root)}


def listed(*folders: Path, formats: str = "all", ignored: IgnoreSettings = NOTHING) -> list[str]:
    files = find_books.list_sources(folders, formats, ignored).files
    return sorted(str(path.relative_to(folders[0].parent)) for path in files)


@each_row(
    ("paths", "expected"),
    [
        (["A/S/One/1.mp3", "A/S/One/2.m4b", "A/S/Two/1.mp3"], {"A/S/One": 2, "A/S/Two": 1}),
        (["A/One/CD 1/1.mp3", "A/One/CD 2 - End/1.mp3"], {"A/One": 2}),
        (["One/Part 1/1.mp3", "One/part_02/1.mp3", "One/Part 3 of 3/1.mp3"], {"One": 3}),
        (["One/Teil 1/1.mp3", "One/Teil 2/CD 1/1.mp3", "One/Teil 2/CD 2/1.mp3"], {"One": 3}),
        (["One/01/1.mp3", "One/02/1.mp3", "One/3/1.mp3", "One/Art/1.jpg"], {"One": 3}),
        (["One/1.mp3", "One/01/1.mp3", "One/02/1.mp3"], {"One": 3}),
        (["One by A/One (Disc 01)/1.mp3", "One by A/One (Disc 02)/1.mp3"], {"One by A": 2}),
        (["A/One CD1/1.mp3", "A/Two CD1/1.mp3"], {"A/One CD1": 1, "A/Two CD1": 1}),
        (["A/S/01 - One/1.mp3", "A/S/02 - Two/1.mp3"], {"A/S/01 - One": 1, "A/S/02 - Two": 1}),
        (["A/Book 1/1.mp3", "A/Vol. 2/1.mp3"], {"A/Book 1": 1, "A/Vol. 2": 1}),
        (["Orwell/1984/1.mp3", "Orwell/2001/1.mp3"], {"Orwell/1984": 1, "Orwell/2001": 1}),
        (["King/22/1.mp3", "King/It/1.mp3"], {"King/22": 1, "King/It": 1}),
        (["King/22/1.mp3"], {"King/22": 1}),
        ([".x/1.mp3", "One/._1.mp3", "One/cover.jpg", "@eaDir/1.mp3"], {}),
        (["One/1.aax"], {"One": 1}),
        (["A/One.m4b", "A/Two.M4B", "B/Three/CD 1/1.m4b"], {}),
        (["A/One.m4b", "A/Two/1.mp3", "B/1.m4b", "B/2.mp3"], {"A/Two": 1, "B": 2}),
    ],
)
def test_folders_of_parts_belong_to_their_book(
    tmp_path: Path, paths: list[str], expected: dict[str, int]
) -> None:
    make_files(tmp_path, *paths)
    assert found(tmp_path) == expected


def test_a_folder_of_parts_can_be_the_library(tmp_path: Path) -> None:
    make_files(tmp_path / "One", "01/1.mp3", "02/1.mp3", "03/1.wma")
    assert found(tmp_path / "One") == {"One": 3}
    book = find_books.scan_book(tmp_path / "One")
    assert book is not None
    assert (book.path, book.fields) == (str(tmp_path / "One"), {"file_count": 3})
    book = find_books.scan_book(tmp_path / "One", formats="mp3")
    assert book is not None
    assert book.fields == {"file_count": 2}
    assert (
        find_books.scan_book(tmp_path / "One", ignored=IgnoreSettings(("01", "02")), formats="mp3")
        is None
    )


def test_a_finished_book_is_built_again_only_if_it_is_named(tmp_path: Path) -> None:
    make_files(tmp_path, "One/1.m4b", "One/2.m4b", "Two/1.mp3")
    assert found(tmp_path) == {"Two": 1}
    assert find_books.find_strays(tmp_path) == ()
    book = find_books.scan_book(tmp_path / "One")
    assert book is not None
    assert book.fields == {"file_count": 2}


def test_audio_next_to_books_is_a_stray(tmp_path: Path) -> None:
    make_files(tmp_path, "A/loose.mp3", "A/One/1.mp3", "A/One/Bonus/2.mp3")
    assert found(tmp_path) == {"A/One/Bonus": 1}
    assert find_books.find_strays(tmp_path) == ("A/loose.mp3", "A/One/1.mp3")


def test_a_fingerprint_changes_with_any_file_of_the_book(tmp_path: Path) -> None:
    make_files(tmp_path, "A/CD 1/1.mp3", "A/cover.jpg", "B/1.mp3")
    before = {item.key: item.fingerprint for item in find_books.find_books(tmp_path)}
    (tmp_path / "A" / "cover.jpg").write_bytes(b"new")
    after = {item.key: item.fingerprint for item in find_books.find_books(tmp_path)}
    assert {key for key in after if after[key] != before[key]} == {"A"}


def test_backups_are_no_books(tmp_path: Path) -> None:
    library, source = tmp_path / "library", tmp_path / "One"
    make_files(source, "0.mp3", "CD 1/1.mp3")
    at = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
    for key in ("first", "second"):
        job = BackupJob(key, "One", (source,))
        backups.create_backup(job, library, tmp_path / "reserved", lambda: at)
    assert len(list(library.iterdir())) == 2
    make_files(library, "Two_20261122_101500/1.mp3", "Three/backup.json", "Three/1.mp3")
    assert found(library) == {"Two_20261122_101500": 1, "Three": 1}
    assert listed(library) == ["library/Three/1.mp3", "library/Two_20261122_101500/1.mp3"]


def test_sources_are_listed_with_what_is_left_out(tmp_path: Path) -> None:
    make_files(
        tmp_path,
        *("a/1.mp3", "a/CD 2/2.M4B", "a/3.mp3.part", "a/trailer.mp4", "a/4.mka", "a/list.m3u"),
        *("a/._1.mp3", "a/.0123456789ab.tmp", "a/.mediakeep-0123456789ab.part", "a/skip.mp3"),
        *("b/1.opus", "b/book.pdf.part"),
    )
    os.mkfifo(tmp_path / "a" / "pipe")
    (tmp_path / "a" / "CD 3").symlink_to("nowhere")
    (tmp_path / "a" / "cover.jpg").symlink_to("nowhere")
    folders = (tmp_path / "a", tmp_path / "b")
    both = find_books.list_sources(folders, ignored=IgnoreSettings(("skip.*",)))
    assert sorted(str(path.relative_to(tmp_path)) for path in both.files) == [
        *("a/1.mp3", "a/3.mp3.part", "a/CD 2/2.M4B", "a/CD 3", "b/1.opus"),
    ]
    assert {one.path.name: one.reason for one in both.left_out} == {
        "trailer.mp4": "it may be a video; rename it to .m4a if it contains audio only",
        "4.mka": "Matroska is not supported",
    }
    mp3 = find_books.list_sources(folders, "mp3")
    assert [path.name for path in mp3.files] == ["1.mp3", "3.mp3.part", "CD 3", "skip.mp3"]
    assert {one.path.name: one.reason for one in mp3.left_out if one.path.suffix != ".mp4"} == {
        **dict.fromkeys(("2.M4B", "1.opus"), "it is not an MP3 file"),
        "4.mka": "Matroska is not supported",
    }


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path) -> None:
    make_files(tmp_path, "One/1.mp3", "One/CD 2/1.mp3")
    locked = tmp_path / "One" / "CD 2"
    real = os.scandir

    def refuse(path: str) -> object:  # root may list any folder
        if str(path) == str(locked):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "scandir", refuse)
        with pytest.raises(Unreadable, match=r"CD 2: Permission denied"):
            find_books.scan_book(tmp_path / "One")
        assert listed(tmp_path / "One") == ["One/1.mp3", "One/CD 2"]
        with pytest.raises(SourcesRefused, match=r"CD 2: Permission denied\. Grant") as refused:
            check_sources.check_sources([tmp_path / "One"], [locked])
        assert not refused.value.is_final
