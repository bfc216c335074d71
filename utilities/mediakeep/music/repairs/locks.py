"""Fields and folders that the user has locked against writing.

A file named .mediakeep-lock locks its folder and everything below: all fields if it is empty, else
those that it names, one per line.
"""

from __future__ import annotations

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
    """The locks of fields and folders; each folder is resolved and its lock file read once."""

    def __init__(self, fields: frozenset[str], links: str = "follow") -> None:
        self._fields = frozenset(map(canonical_field, fields))
        self._links = links
        self._by_folder: dict[Path, dict[str, str]] = {}
        self._real_folders: dict[Path, Path] = {}
        self._last_result: tuple[Path, dict[str, str]] | None = (
            None  # called once per field of a file
        )

    def find_locks(self, path: Path) -> dict[str, str]:
        """Return the locked fields of a file, each with a text that says what locks it."""
        if self._last_result is None or self._last_result[0] != path:
            self._last_result = path, self._collect_locks(path)
        return self._last_result[1]

    def _collect_locks(self, path: Path) -> dict[str, str]:
        setting = dict.fromkeys(self._fields, "a setting locks this field")
        # Both parents count, since the path may lead through a symbolic link.
        folder = path.absolute().parent
        locks = self._folder_locks(folder)
        real = path.resolve().parent if path.is_symlink() else self._resolve_folder(folder)
        if real != folder and self._links != "follow":
            reason = policy.LINK_REASON.format(path_text.display_path(real), self._links)
            return dict.fromkeys(_LOCKABLE_FIELDS, reason)
        return {**setting, **locks, **(self._folder_locks(real) if real != folder else {})}

    def _resolve_folder(self, folder: Path) -> Path:
        if folder not in self._real_folders:
            self._real_folders[folder] = folder.resolve()
        return self._real_folders[folder]

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
