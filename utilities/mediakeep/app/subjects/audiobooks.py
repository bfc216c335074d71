"""The audiobooks subject; each part is imported when it is needed."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mediakeep import path_text
from mediakeep.app.subjects.interface import (
    JobActions,
    Settings,
    Subject,
    UnassignedFiles,
    WorkerOptions,
)
from mediakeep.audiobooks.item import AUDIOBOOKS, AudiobookItem
from mediakeep.errors import UsageError
from mediakeep.item import Item, NewItem, ScannedItem, Status
from mediakeep.outcome import Outcome, WorkerFactory

if TYPE_CHECKING:
    from mediakeep.audiobooks.book_job import BookJob
    from mediakeep.audiobooks.settings import BookSettings


def _scan_library(root: Path, ignored: tuple[str, ...]) -> Iterator[ScannedItem]:
    from mediakeep.audiobooks.sources import find_books

    return find_books.find_books(root, ignored)


def _find_unassigned_files(root: Path, ignored: tuple[str, ...]) -> UnassignedFiles:
    from mediakeep.audiobooks.sources import find_books

    strays = find_books.find_strays(root, ignored)
    return UnassignedFiles(len(strays), named=strays)


def _build_worker_factory(_home: Path, options: WorkerOptions) -> WorkerFactory:
    from mediakeep.audiobooks import process

    return functools.partial(process.open_worker, options.settings)


def _list_outputs(_item: Item) -> list[str]:
    """Return no files: a book whose record was deleted need not be built again."""
    return []


def _before_batch(_home: Path, options: WorkerOptions, items: Mapping[str, Item]) -> list[str]:
    """Delete old backups, but not those of unfinished jobs, and what was in quarantine as long."""
    from mediakeep.audiobooks.publishing import backup_retention
    from mediakeep.workspace import quarantine

    settings = _convert_settings(options.settings)
    unfinished = {
        _build_job(item, options.settings).owner_key
        for item in items.values()
        if item.status not in (Status.COMPLETED, Status.SKIPPED)
    }
    if days := settings.audiobooks.backup_retention_days:
        books = [item for item in items.values() if isinstance(item, AudiobookItem)]
        for folder in settings.list_backup_dirs(books):
            backup_retention.expire_backups(folder, days, kept_jobs=unfinished)
        for folder in {_build_job(item, options.settings).output_dir for item in items.values()}:
            quarantine.expire_entries(folder, days)
    return []


def _check_settings(settings: Settings) -> None:
    from mediakeep.media import ffmpeg

    ffmpeg.require_pyav()
    _convert_settings(settings).get_options().check()


def _convert_settings(settings: Settings) -> BookSettings:
    import msgspec

    from mediakeep.audiobooks.settings import BookSettings

    return msgspec.convert(settings, BookSettings)


def _build_job(item: Item, settings: Settings) -> BookJob:
    from mediakeep.audiobooks.book_job import BookJob

    assert isinstance(item, AudiobookItem)
    return BookJob(item, item.output_name, _convert_settings(settings))


def _plan(item: Item, settings: Settings) -> list[str] | Outcome:
    from mediakeep.app import describe_book

    try:
        return describe_book.describe_stages(_build_job(item, settings))
    except UsageError as error:  # of the book's own settings
        return Outcome(Status.ERROR, str(error))


def _build_item(path: Path, settings: Settings) -> NewItem:
    from mediakeep.audiobooks.sources import find_books

    own = _convert_settings(settings)
    folders = [Path(path_text.unescape_path(text)) for text in own.combine] or [path]
    formats = own.get_options().formats
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"{path_text.display_path(folder)} is no folder. Correct the path.")
    found = [find_books.scan_book(folder, own.ignore, formats) for folder in folders]
    for folder, one in zip(folders, found, strict=True):
        if one is None:
            raise UsageError(f"{path_text.display_path(folder)} contains no audio files.")
    books = [one for one in found if one]
    name = own.get_options().output or path_text.escape_path(path.name)
    return NewItem(
        name=name,
        path=books[0].path,
        fingerprint="+".join(one.fingerprint for one in books),
        fields={"file_count": sum(one.fields["file_count"] for one in books)},
        settings={
            "sources": tuple(one.path for one in books) if own.combine else (),
            "options": own.given,
        },
    )


def _list_sources(item: Item) -> Sequence[str]:
    assert isinstance(item, AudiobookItem)
    return item.sources or (item.path,)


def _describe_progress(_home: Path, item: Item, settings: Settings) -> str:
    from mediakeep.app import describe_book

    return describe_book.describe_progress(_build_job(item, settings))


def _roll_back(_home: Path, item: Item, settings: Settings) -> tuple[dict[str, Any], list[str]]:
    from mediakeep.audiobooks import roll_back

    return roll_back.roll_back(_build_job(item, settings))


def _find_working_files(_home: Path, item: Item, settings: Settings) -> list[str]:
    dirs = _build_job(item, settings).find_dirs()
    folders = (dirs.source, dirs.processed, dirs.state) if dirs else ()
    return [str(folder) for folder in folders if folder.exists()]


def _remove_working_files(_home: Path, item: Item, settings: Settings) -> None:
    from mediakeep.workspace import working_dirs

    if dirs := _build_job(item, settings).find_dirs():
        working_dirs.cleanup_working_dirs(dirs)


SUBJECT = Subject(
    kind=AUDIOBOOKS,
    scan_library=_scan_library,
    worker_factory=_build_worker_factory,
    list_outputs=_list_outputs,
    unassigned_files=_find_unassigned_files,
    before_batch=_before_batch,
    jobs=JobActions(
        plan=_plan,
        build_item=_build_item,
        check_settings=_check_settings,
        list_sources=_list_sources,
        describe_progress=_describe_progress,
        roll_back=_roll_back,
        find_working_files=_find_working_files,
        remove_working_files=_remove_working_files,
    ),
)
