"""Decide which files and folders a scan ignores: system folders, the user's patterns, and links.

The patterns have the syntax of `.gitignore` (https://git-scm.com/docs/gitignore). They come from
the setting `ignore`, and from files named `.mediakeepignore`. Such a file applies to its folder and
everything below it. Links that lead outside of the library are ignored if the setting `links` is
"refuse".
"""

from __future__ import annotations

import functools
import os
from codecs import BOM_UTF8
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec
from msgspec import structs

from mediakeep import path_text
from mediakeep.errors import Unreadable, UsageError
from mediakeep.media import open_file

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

FILE_NAME = ".mediakeepignore"

# Folders of operating systems and NAS software, in lower case; dot folders are hidden anyway.
SYSTEM_FOLDERS = frozenset(
    {
        *("@eadir", "@tmp", "#recycle", "#snapshot"),  # Synology
        *("@recycle", "@recently-snapshot", "@sharebin"),  # QNAP
        *("$recycle.bin", "system volume information"),  # Windows
        *("lost+found", "__macosx"),
        *("network trash folder", "temporary items", "thevolumesettingsfolder"),  # Netatalk
    }
)

_Scope = tuple[str, "GitIgnoreSpec"]  # a folder with a trailing slash, and its patterns


class IgnoreSettings(msgspec.Struct, frozen=True):
    """The settings `ignore` and `links`; `library` is a real path, or "" if it is not known."""

    patterns: tuple[str, ...] = ()
    refuses_links: bool = False  # out of the library
    library: str = ""  # with a trailing slash

    def for_library(self, library: Path | None) -> IgnoreSettings:
        """Return the settings for a library, unless it is None or was set before."""
        if self.library or library is None:
            return self
        return structs.replace(self, library=_real_folder(library))

    def find_library(self, folder: str) -> str:
        """Return the real path of the library of a folder, or "" if all links are followed."""
        real = _real_folder(folder) if self.refuses_links else ""
        return self.library if self.library and real.startswith(self.library) else real


NOTHING = IgnoreSettings()


class IgnoreRules:
    """The ignore rules that apply in one folder of a library."""

    def __init__(
        self, patterns: tuple[str, ...] = (), scopes: tuple[_Scope, ...] = (), library: str = ""
    ) -> None:
        self._patterns, self._scopes = patterns, scopes  # the innermost scope last
        self._library = library  # real path with a trailing slash; "" if all links are followed

    @classmethod
    def for_folder(cls, folder: str | Path, settings: IgnoreSettings = NOTHING) -> Self:
        """Return the ignore rules for a folder, from the settings and all its parent folders.

        The library is that of the settings, or the folder itself if it is not in that library.
        """
        path = os.path.abspath(folder)  # noqa: PTH100 (Path.resolve would follow links)
        rules = cls(settings.patterns, library=settings.find_library(path))
        for above in reversed(Path(path).parents):
            rules = rules.enter_folder(str(above))
        return rules

    def enter_folder(self, folder: str) -> Self:
        """Return these rules, extended by the ignore file in the given folder.

        Raises Unreadable if that file cannot be read or has an invalid line.
        """
        base = f"{os.path.abspath(folder).rstrip('/')}/"  # noqa: PTH100
        if not os.path.lexists(base + FILE_NAME):
            return self
        path = Path(base + FILE_NAME)
        with open_file.translate_errors(path), open_file.open_regular_file(path) as handle:
            text = handle.read().removeprefix(BOM_UTF8)  # as git does
            lines = text.decode(errors="surrogateescape").splitlines()
        scopes = (*self._scopes, (base, _compile_file(tuple(lines), path)))
        return type(self)(self._patterns, scopes, self._library)

    @property
    def is_empty(self) -> bool:
        """True if the user has set no ignore patterns."""
        return not (self._patterns or self._scopes)

    def refuses_link(self, path: str) -> bool:
        """Return True if a link leads outside of the library, and may not be followed then."""
        return bool(self._library) and not _real_folder(path).startswith(self._library)

    def matches(self, path: str, *, folder: bool) -> bool:
        """Return True if a file or folder is ignored.

        Call it only for paths whose parent folder is not ignored.
        """
        if folder and is_system_folder(path.rpartition("/")[2]):
            return True
        if self.is_empty:
            return False
        path = os.path.abspath(path) + ("/" if folder else "")  # noqa: PTH100
        for base, spec in reversed(self._scopes):
            if (included := spec.check_file(path.removeprefix(base)).include) is not None:
                return included
        return bool(self._patterns) and _matches_setting(self._patterns, path)


def is_system_folder(name: str) -> bool:
    """Return True if a folder with this name belongs to a system or a program."""
    return name.lower() in SYSTEM_FOLDERS


def is_ignored(path: Path, root: Path, settings: IgnoreSettings = NOTHING) -> bool:
    """Return True if a scan of the folder `root` ignores a path or one of its parent folders."""
    below = path.relative_to(root).parts if path.is_relative_to(root) else path.parts[-1:]
    ancestor = root if path.is_relative_to(root) else path.parent
    rules = IgnoreRules.for_folder(ancestor, settings.for_library(root))
    for number, name in enumerate(below, 1):
        rules = rules.enter_folder(str(ancestor))
        ancestor /= name
        if rules.refuses_link(str(ancestor)) or rules.matches(
            str(ancestor), folder=number < len(below) or ancestor.is_dir()
        ):
            return True
    return False


def _real_folder(path: str | Path) -> str:
    return f"{os.path.realpath(path).rstrip('/')}/"


def parse_settings(text: str, links: str = "follow") -> IgnoreSettings:
    """Parse the setting `ignore`, comma-separated patterns, and the setting `links`.

    Raises UsageError if a pattern is invalid.
    """
    parsed = tuple(filter(None, map(str.strip, text.split(","))))
    for pattern in parsed:
        if pattern.startswith("!"):
            raise UsageError(
                f'Invalid pattern "{pattern}" in the setting ignore: exceptions ("!") are only'
                f" allowed in a {FILE_NAME} file."
            )
    if parsed:
        _setting_specs(parsed)
    return IgnoreSettings(parsed, links == "refuse")


def _matches_setting(setting: tuple[str, ...], path: str) -> bool:
    """Return True if a pattern of the setting `ignore` matches a path.

    A pattern without a slash, except at its end, is matched against the name only. So the name of a
    folder above the library cannot ignore the whole library.
    """
    name_spec, path_spec = _setting_specs(setting)
    name = path.rstrip("/").rpartition("/")[2] + ("/" if path.endswith("/") else "")
    return name_spec.match_file(name) or path_spec.match_file(path.lstrip("/"))


@functools.lru_cache(maxsize=64)
def _setting_specs(setting: tuple[str, ...]) -> tuple[GitIgnoreSpec, GitIgnoreSpec]:
    """Return two matchers for the setting `ignore`: for names, and for whole paths."""
    for pattern in setting:
        if _is_invalid(pattern):
            raise UsageError(
                f'Invalid pattern "{pattern}" in the setting ignore. Fix or remove it.'
            )
    names = [text for text in setting if "/" not in text.rstrip("/")]
    paths = [
        text if text.startswith("/") else f"**/{text}" for text in setting if text not in names
    ]
    return _compile_lines(tuple(names)), _compile_lines(tuple(paths))


def _compile_file(lines: tuple[str, ...], path: Path) -> GitIgnoreSpec:
    for number, line in enumerate(lines, 1):
        if _is_invalid(line):
            why = f'line {number} is not a valid pattern, "{path_text.to_printable(line)}"'
            raise Unreadable(path_text.escape_path(path), why, "Fix or remove it.")
    return _compile_lines(lines)


@functools.lru_cache(maxsize=256)
def _compile_lines(lines: tuple[str, ...]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec  # imported only if needed: --help must be quick

    return GitIgnoreSpec.from_lines(lines)


@functools.lru_cache(maxsize=1024)
def _is_invalid(line: str) -> bool:
    try:
        _compile_lines((line,))
    except ValueError:
        return True
    return False
