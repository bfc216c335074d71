"""Paths and names as text: escape, display, compare, and make them valid file names."""

from __future__ import annotations

import os
import re
import shlex
import unicodedata
from collections.abc import Container, Mapping
from pathlib import Path

_MAX_NAME = 255  # bytes
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ]{3,98}[A-Za-z0-9]")
_SURROGATES = re.compile("[\udc80-\udcff]")  # undecodable bytes (surrogateescape)
_ESCAPE_SEQUENCE = re.compile(r"\\(?:\\|x([0-9A-F]{2}))")


# Folders of this host, and where the host of the queue has them; set in workers of other hosts.
_mounts: dict[str, str] = {}


def use_mounts(mounts: Mapping[str, str]) -> None:
    """Let texts have the paths of the queue's host, in a process on a host that has others.

    `mounts` are folders of this host, each with that of the queue's host. `escape_path` and
    `unescape_path` convert between them.
    """
    _mounts.clear()
    _mounts.update(mounts)


def move_path(path: str, mounts: Mapping[str, str]) -> str:
    """Return a path below one of some folders as a path below the other folder of its pair."""
    for folder in sorted(mounts, key=len, reverse=True):
        if path == folder or path.startswith(f"{folder}/"):
            return mounts[folder] + path[len(folder) :]
    return path


def escape_path(path: str | os.PathLike[str]) -> str:
    r"""Return a path as valid UTF-8: an undecodable byte becomes `\xNN`, a backslash `\\`."""
    text = os.fspath(path)
    text = (move_path(text, _mounts) if _mounts else text).replace("\\", "\\\\")
    if text.isascii():
        return text
    return _SURROGATES.sub(lambda match: f"\\x{ord(match[0]) - 0xDC00:02X}", text)


def unescape_path(text: str) -> str:
    """Return the original path from the text that `escape_path` made of it."""
    path = _unescape(text)
    return move_path(path, {there: here for here, there in _mounts.items()}) if _mounts else path


def _unescape(text: str) -> str:
    return _ESCAPE_SEQUENCE.sub(
        lambda match: chr(0xDC00 + int(match[1], 16)) if match[1] else "\\", text
    )


def to_path(text: str) -> Path:
    """Return the path of a text that `escape_path` made, such as a field of an item."""
    return Path(unescape_path(text))


def normalize_name(name: str) -> str:
    """Return the form of a name used for comparison: Unicode NFC, and without case (casefolded)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def to_printable(text: str) -> str:
    """Escape control characters and line breaks, so that a text cannot control the terminal."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "backslashreplace").decode()
        for char in text
    )


def shorten(text: str, length: int = 60) -> str:
    """Return a printable text of at most so many characters; "…" is the last one if it is cut."""
    shown = to_printable(text)
    return shown if len(shown) <= length else f"{shown[: length - 1]}…"


def quote_escaped(escaped: str) -> str:
    """Quote a path for a shell, given in the escaped form of `escape_path`.

    A path with unprintable characters is quoted as $'...'.
    """
    plain = _unescape(escaped)
    if plain.isprintable():
        return shlex.quote(plain)
    raw = os.fsencode(plain)
    shown = (chr(b) if 32 <= b < 127 and b not in b"'\\" else f"\\x{b:02x}" for b in raw)
    return f"$'{''.join(shown)}'"


def display_path(path: str | os.PathLike[str]) -> str:
    """Return a path for display: one line of UTF-8 without control characters."""
    return to_printable(escape_path(path))


def quote_path(path: str | os.PathLike[str]) -> str:
    """Quote a path for a shell; the result is always one line of UTF-8."""
    return quote_escaped(escape_path(path))


def safe_name(name: str, taken: Container[str] = (), ending: str = "") -> str:
    """Return a file name made from `name` that is valid on every file system and not in `taken`.

    Names in `taken` are in the form of `normalize_name`. The result has at most 150 bytes before
    its number and `ending`, so that a suffix still fits into 255. The ending is valid already.
    """
    stem = name if _PLAIN_NAME.fullmatch(name) else _sanitize_name(name)
    unique, number = stem + ending, 1
    while normalize_name(unique) in taken:
        number += 1
        unique = f"{stem}_{number}{ending}"
    return unique


def fit_name(stem: str, ending: str) -> str:
    """Return a file name, whose stem is cut if the name would be longer than file systems allow."""
    while len(os.fsencode(stem + ending)) > _MAX_NAME:
        stem = stem[:-1]
    return stem + ending


def _sanitize_name(name: str) -> str:
    from pathvalidate import sanitize_filename

    readable = to_printable(escape_path(name)).replace("\\", "_")
    stem = sanitize_filename(readable, platform="universal", replacement_text="_")
    stem = stem.strip(" .") or "_"
    stem = stem if stem[0] != "-" else "_" + stem[1:]
    return stem.encode()[:150].decode(errors="ignore").rstrip(" .")
