"""Find the videos at a path: a file, or all videos in a folder tree, disc folders included."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path, PurePath

from mediakeep.media import ignore_rules, open_file
from mediakeep.media.ignore_rules import IgnoreRules

_DISC_FOLDERS = frozenset({"VIDEO_TS", "BDMV"})


def find_videos(
    path: Path,
    suffixes: Collection[str],
    ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING,
) -> Iterator[Path]:
    """Yield the videos at a path: the file itself, or all videos in a folder tree, sorted.

    Videos are files with one of `suffixes`. Of a disc its folder is yielded. Hidden and ignored
    entries (see `ignore_rules`) are skipped, and links to folders are not followed. Raises
    Unreadable if a folder cannot be read.
    """
    if not path.is_dir():
        yield path
        return
    rules_by_folder = {str(path): IgnoreRules.for_folder(path, ignored)}
    for folder, folders, names in os.walk(path, onerror=_raise_unreadable):
        rules = rules_by_folder.pop(folder).enter_folder(folder)
        if is_disc_folder(Path(folder).name, folders):
            folders.clear()
            yield Path(folder)
            continue
        folders[:] = [
            name for name in sorted(folders) if _is_included(rules, folder, name, folder=True)
        ]
        rules_by_folder |= {f"{folder.rstrip('/')}/{name}": rules for name in folders}
        for name in sorted(names):
            has_suffix = PurePath(name).suffix.lower() in suffixes
            if has_suffix and _is_included(rules, folder, name, folder=False):
                yield Path(folder, name)


def _is_included(rules: IgnoreRules, folder_path: str, name: str, *, folder: bool) -> bool:
    path = f"{folder_path}/{name}"
    return not (
        name.startswith(".") or rules.refuses_link(path) or rules.matches(path, folder=folder)
    )


def is_disc_folder(name: str, folders: Collection[str]) -> bool:
    """Return True if a folder with this name and these subfolders is a DVD or Blu-ray folder."""
    return not _DISC_FOLDERS.isdisjoint(map(str.upper, (name, *folders)))


def _raise_unreadable(error: OSError) -> None:
    raise open_file.to_unreadable(error.filename or "", error) from error
