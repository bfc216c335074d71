"""Fields and folders that the user has locked against writing.

A file named .mediakeep-lock locks its folder and everything below: all fields if it is empty, else
those that it names, one per line.
"""

from __future__ import annotations

from pathlib import Path

from mediakeep import files
from mediakeep.media.edits import changes

FILE = ".mediakeep-lock"

_ALL = frozenset({*changes.FIELDS, changes.PICTURE})
_ALIASES = {"genre": "genres", "cover": changes.PICTURE, "picture": changes.PICTURE}
_LONGEST = 10_000  # bytes read from a lock file


class Locks:
    """The locks of one run; each folder is read once."""

    def __init__(self, fields: frozenset[str]) -> None:
        self._fields = frozenset(map(field, fields))
        self._seen: dict[Path, dict[str, str]] = {}
        self._last: tuple[Path, dict[str, str]] | None = None  # called once per field of a file

    def of(self, path: Path) -> dict[str, str]:
        """Return the locked fields of a file, each with what locks it, as the end of a sentence."""
        if self._last is None or self._last[0] != path:
            self._last = path, self._of(path)
        return self._last[1]

    def _of(self, path: Path) -> dict[str, str]:
        setting = dict.fromkeys(self._fields, "a setting locks this field")
        # Both parents count, since the path may lead through a symbolic link.
        folders = path.absolute().parent, path.resolve().parent
        return {**setting, **self._folder(folders[0]), **self._folder(folders[1])}

    def _folder(self, folder: Path) -> dict[str, str]:
        if folder not in self._seen:
            above = {} if folder == folder.parent else self._folder(folder.parent)
            self._seen[folder] = {**above, **_read(folder / FILE)}
        return self._seen[folder]


def field(name: str) -> str:
    """Return the field that a user means by a name, or the name itself if there is none."""
    plain = name.strip().lower()
    return _ALIASES.get(plain, plain)


def is_field(name: str) -> bool:
    """Return whether a name, as returned by `canonical_field`, can be locked."""
    return name in _ALL


def names() -> list[str]:
    """Return the names of the lockable fields, as a user writes them."""
    return sorted({*_ALIASES, *_ALL} - set(_ALIASES.values()))


def _read(path: Path) -> dict[str, str]:
    """Read a lock file; invalid content locks everything, to be on the safe side."""
    reason = f"{files.escape(path)} locks it"
    try:
        with path.open("rb") as lock:
            text = lock.read(_LONGEST).decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return dict.fromkeys(_ALL, f"{reason} (broken symbolic link)") if path.is_symlink() else {}
    except OSError as error:
        return dict.fromkeys(_ALL, f"{files.escape(path)} may lock it: {error.strerror}")
    names = [field(line) for line in text.splitlines() if line.strip()]
    if unknown := [name for name in names if not is_field(name)]:
        reason += f' (it names "{unknown[0][:40]}", which is not a field, so it locks everything)'
        return dict.fromkeys(_ALL, reason)
    return dict.fromkeys(names or _ALL, reason)
