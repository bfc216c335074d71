"""What workers check before they process an item: that it exists, and is not ignored."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from mediakeep import path_text
from mediakeep.errors import LibraryMissing
from mediakeep.item import SkipReason, Status
from mediakeep.media import folder_listing, ignore_rules, open_file
from mediakeep.outcome import Outcome


def skip_unavailable(
    path: Path,
    library: Path,
    ignored: ignore_rules.IgnoreSettings,
    message: str,
    *,
    is_folder: bool,
) -> Outcome | None:
    """Return the outcome of an item that has vanished or is ignored, or None if it is there.

    The path is a folder, or it may be a broken link. `message` says that the item has vanished.
    Raise LibraryMissing if the whole library has, and Unreadable if either cannot be looked at.
    """
    facts = _find_facts(path, follow_symlinks=is_folder)
    if facts is None or (is_folder and not stat.S_ISDIR(facts.st_mode)):
        _check_library(library)
        return _build_skipped(message, SkipReason.VANISHED)
    if ignore_rules.is_ignored(path, library, ignored):
        return _build_skipped("it is ignored", SkipReason.IGNORED)
    return None


def _find_facts(path: Path, *, follow_symlinks: bool) -> os.stat_result | None:
    with (
        open_file.translate_errors(path),
        contextlib.suppress(FileNotFoundError, NotADirectoryError),
    ):
        return path.stat(follow_symlinks=follow_symlinks)
    return None


def _check_library(library: Path) -> None:
    try:
        empty = all(folder_listing.is_hidden(path.name, True) for path in library.iterdir())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LibraryMissing(path_text.escape_path(library), "missing") from error
    except OSError as error:
        raise open_file.to_unreadable(library, error) from error
    if empty:
        raise LibraryMissing(path_text.escape_path(library), "empty")


def _build_skipped(message: str, reason: SkipReason) -> Outcome:
    return Outcome(Status.SKIPPED, message, data={"skip_reason": reason.value})
