"""Fields and folders that a person has locked: nothing writes them.

A file named .mediakeep-lock locks the folder that it lies in and all below: every field if it is
empty, else those that it names, one a line.
"""

from __future__ import annotations

from pathlib import Path

from mediakeep import files
from mediakeep.media.edits import changes

FILE = ".mediakeep-lock"

_ALL = frozenset({*changes.FIELDS, changes.PICTURE})
_ALIASES = {"genre": "genres", "cover": changes.PICTURE, "picture": changes.PICTURE}
_LONGEST = 10_000  # bytes of a lock that are read


class Locks:
    """The locks of one run; each folder is looked at once."""

    def __init__(self, fields: frozenset[str]) -> None:
        self._fields = frozenset(map(field, fields))
        self._seen: dict[Path, dict[str, str]] = {}
        self._last: tuple[Path, dict[str, str]] | None = None  # each field of a file is asked for

    def of(self, path: Path) -> dict[str, str]:
        """Return the locked fields of a file, each with what locks it, as a sentence's end."""
        if self._last is None or self._last[0] != path:
            self._last = path, self._of(path)
        return self._last[1]

    def _of(self, path: Path) -> dict[str, str]:
        setting = dict.fromkeys(self._fields, "a setting locks this field")
        ways = path.absolute().parent, path.resolve().parent  # a link may lead in from elsewhere
        return {**setting, **self._folder(ways[0]), **self._folder(ways[1])}

    def _folder(self, folder: Path) -> dict[str, str]:
        if folder not in self._seen:
            above = {} if folder == folder.parent else self._folder(folder.parent)
            self._seen[folder] = {**above, **_read(folder / FILE)}
        return self._seen[folder]


def field(name: str) -> str:
    """Return the field that a person means by a name; the name itself where there is none."""
    plain = name.strip().lower()
    return _ALIASES.get(plain, plain)


def is_field(name: str) -> bool:
    """Tell whether a name, as `field` gives it, can be locked."""
    return name in _ALL


def names() -> list[str]:
    """Return the names of the fields that can be locked, as a user writes them."""
    return sorted({*_ALIASES, *_ALL} - set(_ALIASES.values()))


def _read(path: Path) -> dict[str, str]:
    """Read a lock; what makes no sense in it locks everything, for that is the safe side."""
    why = f"{files.escape(path)} locks it"
    try:
        with path.open("rb") as lock:
            text = lock.read(_LONGEST).decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return dict.fromkeys(_ALL, f"{why} (it leads nowhere)") if path.is_symlink() else {}
    except OSError as error:
        return dict.fromkeys(_ALL, f"{files.escape(path)} may lock it: {error.strerror}")
    names = [field(line) for line in text.splitlines() if line.strip()]
    if wrong := [name for name in names if not is_field(name)]:
        why += f' (it names "{wrong[0][:40]}", which is no field, so it locks everything)'
        return dict.fromkeys(_ALL, why)
    return dict.fromkeys(names or _ALL, why)
