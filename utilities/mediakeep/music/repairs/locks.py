"""Fields and folders that the user has locked against writing.

A file named .mediakeep-lock locks its folder and everything below: all fields if it is empty, else
those that it names, one per line.
"""

from __future__ import annotations

import os
from pathlib import Path

from mediakeep import path_text, policy
from mediakeep.media.audio import tag_edits

LOCK_FILE = ".mediakeep-lock"

_LOCKABLE_FIELDS = frozenset({*tag_edits.FIELDS, tag_edits.PICTURES_FIELD})
_ALIASES = {
    "genre": "genres",
    "cover": tag_edits.PICTURES_FIELD,
    "picture": tag_edits.PICTURES_FIELD,
}
_MAX_BYTES = 10_000  # bytes read from a lock file


class FieldLocks:
    """The locks of fields and folders; each lock file is read once.

    A folder is resolved once if links are followed, else for each call, as it may become a link.
    """

    def __init__(self, fields: frozenset[str], links: str = "follow") -> None:
        self._fields = frozenset(map(canonical_field, fields))
        self._links = links
        self._by_folder: dict[Path, dict[str, str]] = {}
        self._of_files: dict[str, dict[str, str]] = {}  # by folder; texts are compared faster

    def find_locks(self, path: Path) -> dict[str, str]:
        """Return the locked fields of a file, each with a text that says what locks it."""
        if path.is_symlink():
            return self._collect_locks(path.absolute().parent, path.resolve().parent)
        name = os.path.dirname(path)  # noqa: PTH120 (for each field of a file)
        if name not in self._of_files or self._links != "follow":  # it may be a link since
            folder = path.absolute().parent
            self._of_files[name] = self._collect_locks(folder, folder.resolve())
        return self._of_files[name]

    def _collect_locks(self, folder: Path, real: Path) -> dict[str, str]:
        """Return the locks of the folders that a path leads through: as it is, and resolved."""
        if real != folder and self._links != "follow":
            reason = policy.LINK_REASON.format(path_text.display_path(real), self._links)
            return dict.fromkeys(_LOCKABLE_FIELDS, reason)
        setting = dict.fromkeys(self._fields, "a setting locks this field")
        return {**setting, **self._folder_locks(folder), **self._folder_locks(real)}

    def _folder_locks(self, folder: Path) -> dict[str, str]:
        if folder not in self._by_folder:
            above = {} if folder == folder.parent else self._folder_locks(folder.parent)
            self._by_folder[folder] = {**above, **_read_lock_file(folder / LOCK_FILE)}
        return self._by_folder[folder]


def canonical_field(name: str) -> str:
    """Return the internal name of a field for a name the user wrote; else the name itself."""
    plain = name.strip().lower()
    return _ALIASES.get(plain, plain)


def is_lockable(name: str) -> bool:
    """Return whether a field name returned by `canonical_field` can be locked."""
    return name in _LOCKABLE_FIELDS


def lockable_names() -> list[str]:
    """Return the names of the lockable fields, as a user writes them."""
    return sorted({*_ALIASES, *_LOCKABLE_FIELDS} - set(_ALIASES.values()))


def _read_lock_file(path: Path) -> dict[str, str]:
    """Read the locked fields from a lock file; if it is invalid, everything is locked."""
    reason = f"{path_text.escape_path(path)} locks it"
    try:
        with path.open("rb") as lock:
            text = lock.read(_MAX_BYTES).decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return (
            dict.fromkeys(_LOCKABLE_FIELDS, f"{reason} (broken symbolic link)")
            if path.is_symlink()
            else {}
        )
    except OSError as error:
        return dict.fromkeys(
            _LOCKABLE_FIELDS, f"{path_text.escape_path(path)} may lock it: {error.strerror}"
        )
    names = [canonical_field(line) for line in text.splitlines() if line.strip()]
    if unknown := [name for name in names if not is_lockable(name)]:
        reason += f' (it names "{unknown[0][:40]}", which is not a field, so it locks everything)'
        return dict.fromkeys(_LOCKABLE_FIELDS, reason)
    return dict.fromkeys(names or _LOCKABLE_FIELDS, reason)
