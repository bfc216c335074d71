"""Match files to videos by name: subtitles, NFOs, pictures and metadata files.

Based on the naming rules in the manuals of Kodi (Artwork, NFO files), Jellyfin and Plex.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from mediakeep.media.folders import IMAGES, File
from mediakeep.movies import languages
from mediakeep.movies.gathering.formats import SUBTITLES

SIDECAR = "-metadata.json"
LOCK = ".mediakeep-lock"

# fmt: off
_ITSELF = (
    "poster", "fanart", "banner", "clearart", "clearlogo", "logo", "discart", "disc", "landscape",
    "thumb", "keyart",
)
# fmt: on
_ROLES = {
    **{role: role for role in _ITSELF},
    **dict.fromkeys(("cover", "folder", "default", "movie"), "poster"),
    **dict.fromkeys(("backdrop", "background", "art"), "fanart"),
}
_ROLE = re.compile(
    rf"(?:(?P<stem>.+)[-._])?(?P<role>{'|'.join(_ROLES)})(?:[-_ ]?[0-9]{{1,3}})?",
    re.IGNORECASE | re.DOTALL,
)
_ALONE = frozenset({"movie", "default"})  # roles only if they are the whole name
_FLAGS = {
    **{flag: flag for flag in ("default", "forced", "sdh", "commentary")},
    **dict.fromkeys(("foreign", "signs", "songs"), "forced"),
    **dict.fromkeys(("cc", "hi"), "sdh"),
}
_PLAIN = frozenset({"full", "sub", "subs", "track"})  # and numbers
_BREAK = re.compile(r"[-._ \[(]+")
_WORD = re.compile(r"[^\s._\[\](){}+,]+")
_LONGEST = 255  # characters; no file system has longer names


class Companion(msgspec.Struct, frozen=True):
    """A parsed sidecar name; `stem` is that of its video, or "" for the only movie of the folder.

    `kind` is "nfo", "image", "subtitle", "sidecar" or "lock"; `role` is that of an image.
    """

    kind: str
    stem: str
    role: str = ""


def readings(file: File) -> Iterator[Companion]:
    """Yield the possible meanings of a file name, most likely first."""
    name, suffix = file.name[:_LONGEST], file.suffix
    stem = name[: -len(suffix)] if suffix else name
    if suffix == ".nfo":
        yield Companion("nfo", stem)
    elif suffix == LOCK:
        yield Companion("lock", stem)
    elif name.lower().endswith(SIDECAR):
        yield Companion("sidecar", name[: -len(SIDECAR)])
    elif suffix in IMAGES:
        yield from _images(stem)
    elif suffix in SUBTITLES:
        yield Companion("subtitle", stem)
        breaks = [match.start() for match in _BREAK.finditer(stem)]
        yield from (Companion("subtitle", stem[:at]) for at in reversed(breaks) if at)


def owned(file: File, is_known: Callable[[str], bool], strict: bool) -> Companion | None:
    """Match a file to one of the videos with known stems; return None if it matches none.

    With `strict`, for folders with several movies, everything after the video's stem in a subtitle
    name must be a language or a purpose; otherwise the file may belong to a movie that is gone.
    """
    for reading in readings(file):
        if reading.stem and is_known(reading.stem):
            rest = file.name[len(reading.stem) : len(file.name) - len(file.suffix)]
            if reading.kind != "subtitle" or not strict or _is_told(rest):
                return reading
    return None


def alone(file: File) -> Companion | None:
    """Match a file to the only movie of its folder, by a name such as "poster.jpg"."""
    for reading in readings(file):
        if not reading.stem or (reading.kind == "nfo" and reading.stem.lower() == "movie"):
            return reading
    return None


def is_sidecar(file: File) -> bool:
    """Return True if a file is named like the sidecar of a video.

    A picture that is named like its folder, or has no known role, is not.
    """
    return any(
        reading.kind != "image" or reading.stem not in ("", _stem(file))
        for reading in readings(file)
    )


def speech(name: str) -> tuple[str, tuple[str, ...]]:
    """Return the language and the flags in the part of a subtitle name after the stem.

    The language is the lower-case tag, such as "en", "ger" or "pt-br".
    """
    language, flags = "", []
    for word in _words(name):
        if word in _FLAGS and not (word == "hi" and not language):
            flags.append(_FLAGS[word])
        elif _is_language(word):
            language = word
    return language, tuple(dict.fromkeys(flags))


def _images(stem: str) -> Iterator[Companion]:
    yield Companion("image", stem, "poster")  # named like the video
    if match := _ROLE.fullmatch(stem):
        role = match["role"].lower()
        if not match["stem"]:
            yield Companion("image", "", _ROLES[role])
        elif role not in _ALONE:
            yield Companion("image", match["stem"], _ROLES[role])


def _is_told(rest: str) -> bool:
    return all(
        word in _FLAGS or word in _PLAIN or (word.isdigit() and len(word) < 3) or _is_language(word)
        for word in _words(rest)
    )


def _words(text: str) -> list[str]:
    words: list[str] = []
    for word in _WORD.findall(text.lower()):
        parts = word.strip("-").split("-")
        is_tag = len(parts) == 2 and len(parts[1]) == 2 and _is_language(parts[0])  # "pt-br"
        words += ["-".join(parts)] if is_tag else parts
    return [word for word in words if word]


def _is_language(word: str) -> bool:
    code = languages.code(word)
    return bool(code) and (len(word) == 2 or languages.name(code) != code)


def _stem(file: File) -> str:
    return file.name[: -len(file.suffix)] if file.suffix else file.name
