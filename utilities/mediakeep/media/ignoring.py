"""Which files and folders a scan ignores: those of systems, and those that the user names.

The user's patterns are those of `.gitignore` (https://git-scm.com/docs/gitignore). They come from
the setting `ignore`, and from files named `.mediakeepignore`, each of which holds for its folder
and all below it.
"""

from __future__ import annotations

import functools
import os
from codecs import BOM_UTF8
from pathlib import Path
from typing import TYPE_CHECKING, Self

from mediakeep import files
from mediakeep.errors import Unreadable, UsageFailed
from mediakeep.media import access

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

FILE = ".mediakeepignore"

# Folders of programs and systems, in lower case; those with a dot in front are hidden anyway.
SYSTEM = frozenset(
    {
        *("@eadir", "@tmp", "#recycle", "#snapshot"),  # Synology
        *("@recycle", "@recently-snapshot", "@sharebin"),  # QNAP
        *("$recycle.bin", "system volume information"),  # Windows
        *("lost+found", "__macosx"),
        *("network trash folder", "temporary items", "thevolumesettingsfolder"),  # Netatalk
    }
)

_Scope = tuple[str, "GitIgnoreSpec"]  # a folder with its slash, and the patterns that hold there


class IgnoreRules:
    """The rules that hold in one folder."""

    def __init__(self, patterns: tuple[str, ...] = (), scopes: tuple[_Scope, ...] = ()) -> None:
        self._patterns, self._scopes = patterns, scopes  # the innermost scope last

    @classmethod
    def above(cls, folder: str | Path, patterns: tuple[str, ...] = ()) -> Self:
        """Return the rules that the setting and the folders above a folder make for it."""
        path = os.path.abspath(folder)  # noqa: PTH100 (Path.resolve would follow links)
        rules = cls(patterns)
        for above in reversed(Path(path).parents):
            rules = rules.inside(str(above))
        return rules

    def inside(self, folder: str) -> Self:
        """Return the rules within a folder: these, and those of its own file.

        Unreadable where that file refuses to be read, or a line of it is no pattern.
        """
        base = f"{os.path.abspath(folder).rstrip('/')}/"  # noqa: PTH100
        if not os.path.lexists(base + FILE):
            return self
        path = Path(base + FILE)
        try:
            with access.opened(path) as handle:
                text = handle.read().removeprefix(BOM_UTF8)  # as git does
                lines = text.decode(errors="surrogateescape").splitlines()
        except OSError as error:
            raise access.refusal(path, error) from error
        return type(self)(self._patterns, (*self._scopes, (base, _scope(tuple(lines), path))))

    @property
    def is_empty(self) -> bool:
        """Whether the user has named nothing."""
        return not (self._patterns or self._scopes)

    def matches(self, path: str, *, folder: bool) -> bool:
        """Tell whether a file or folder is ignored, given that the folder it lies in is not."""
        if folder and is_system(path.rpartition("/")[2]):
            return True
        if self.is_empty:
            return False
        path = os.path.abspath(path) + ("/" if folder else "")  # noqa: PTH100
        for base, spec in reversed(self._scopes):
            if (told := spec.check_file(path.removeprefix(base)).include) is not None:
                return told
        return bool(self._patterns) and _is_named(self._patterns, path)


def is_system(name: str) -> bool:
    """Tell whether a folder of this name belongs to a system or a program."""
    return name.lower() in SYSTEM


def is_ignored(path: Path, root: Path, patterns: tuple[str, ...] = ()) -> bool:
    """Tell whether a scan of a root ignores a path below it, or a folder that leads there."""
    below = path.relative_to(root).parts if path.is_relative_to(root) else path.parts[-1:]
    here = root if path.is_relative_to(root) else path.parent
    rules = IgnoreRules.above(here, patterns)
    for number, name in enumerate(below, 1):
        rules = rules.inside(str(here))
        here /= name
        if rules.matches(str(here), folder=number < len(below) or here.is_dir()):
            return True
    return False


def patterns(text: str) -> tuple[str, ...]:
    """Read the setting `ignore`: patterns with commas between them; UsageFailed on a bad one."""
    found = tuple(filter(None, map(str.strip, text.split(","))))
    for one in found:
        if one.startswith("!"):
            raise UsageFailed(
                f'Invalid pattern "{one}" in the setting ignore: exceptions ("!") are only possible'
                f" in a {FILE} file."
            )
    if found:
        _specs(found)
    return found


def _is_named(given: tuple[str, ...], path: str) -> bool:
    """Match names alone where a pattern has no slash but at its end, else the whole path.

    A folder far above the library may bear any name, which must not ignore all of it.
    """
    of_names, of_paths = _specs(given)
    name = path.rstrip("/").rpartition("/")[2] + ("/" if path.endswith("/") else "")
    return of_names.match_file(name) or of_paths.match_file(path.lstrip("/"))


@functools.lru_cache(maxsize=64)
def _specs(given: tuple[str, ...]) -> tuple[GitIgnoreSpec, GitIgnoreSpec]:
    """Return what matches names, and what matches whole paths."""
    for one in given:
        if _is_bad(one):
            raise UsageFailed(f'Invalid pattern "{one}" in the setting ignore. Correct it.')
    names = [one for one in given if "/" not in one.rstrip("/")]
    paths = [one if one.startswith("/") else f"**/{one}" for one in given if one not in names]
    return _spec(tuple(names)), _spec(tuple(paths))


def _scope(lines: tuple[str, ...], path: Path) -> GitIgnoreSpec:
    for number, one in enumerate(lines, 1):
        if _is_bad(one):
            why = f'line {number} is not a pattern, "{files.printable(one)}"'
            raise Unreadable(files.escape(path), why, "Correct or remove it.")
    return _spec(lines)


@functools.lru_cache(maxsize=256)
def _spec(lines: tuple[str, ...]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec  # only where there are patterns: --help must be quick

    return GitIgnoreSpec.from_lines(lines)


@functools.lru_cache(maxsize=1024)
def _is_bad(line: str) -> bool:
    try:
        _spec((line,))
    except ValueError:
        return True
    return False
