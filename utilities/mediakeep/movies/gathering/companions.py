"""Files that lie beside a video and are named for it: subtitles, NFOs, pictures, our own facts.

After the naming rules in the manuals of Kodi (Artwork, NFO files), Jellyfin and Plex.
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
_ALONE = frozenset({"movie", "default"})  # which are roles only where they are the whole name
_FLAGS = {
    **{flag: flag for flag in ("default", "forced", "sdh", "commentary")},
    **dict.fromkeys(("foreign", "signs", "songs"), "forced"),
    **dict.fromkeys(("cc", "hi"), "sdh"),
}
_PLAIN = frozenset({"full", "sub", "subs", "track"})  # and mere numbers
_BREAK = re.compile(r"[-._ \[(]+")
_WORD = re.compile(r"[^\s._\[\](){}+,]+")
_LONGEST = 255  # characters of a name; no system has longer ones


class Companion(msgspec.Struct, frozen=True):
    """What a file is beside the video of that `stem`, "" for the only movie of the folder.

    `kind` is "nfo", "image", "subtitle", "sidecar" or "lock"; `role` that of an image.
    """

    kind: str
    stem: str
    role: str = ""


def readings(file: File) -> Iterator[Companion]:
    """Tell what a file may be by its name, the likeliest first."""
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
        breaks = [found.start() for found in _BREAK.finditer(stem)]
        yield from (Companion("subtitle", stem[:at]) for at in reversed(breaks) if at)


def owned(file: File, is_known: Callable[[str], bool], strict: bool) -> Companion | None:
    """Tell what a file is beside one of the videos whose stems are known, None where it fits none.

    Where other movies lie beside, it is `strict`: all that follows the stem of a video in the name
    of a subtitle must tell language or purpose, for else it may be of a movie that is gone.
    """
    for reading in readings(file):
        if reading.stem and is_known(reading.stem):
            rest = file.name[len(reading.stem) : len(file.name) - len(file.suffix)]
            if reading.kind != "subtitle" or not strict or _is_told(rest):
                return reading
    return None


def alone(file: File) -> Companion | None:
    """Tell what a file is beside the only movie of its folder by a name such as "poster.jpg"."""
    for reading in readings(file):
        if not reading.stem or (reading.kind == "nfo" and reading.stem.lower() == "movie"):
            return reading
    return None


def is_sidecar(file: File) -> bool:
    """Tell whether a file is named like one that belongs to a video of that name.

    A picture named like its folder's, or for nothing known, is not.
    """
    return any(
        reading.kind != "image" or reading.stem not in ("", _stem(file))
        for reading in readings(file)
    )


def speech(name: str) -> tuple[str, tuple[str, ...]]:
    """Tell the language of subtitles and their flags by what follows the stem in their name.

    The language is as it stands there, in lower case, such as "en", "ger" or "pt-br".
    """
    language, flags = "", []
    for word in _words(name):
        if word in _FLAGS and not (word == "hi" and not language):
            flags.append(_FLAGS[word])
        elif _is_language(word):
            language = word
    return language, tuple(dict.fromkeys(flags))


def _images(stem: str) -> Iterator[Companion]:
    yield Companion("image", stem, "poster")  # named like the video itself
    if found := _ROLE.fullmatch(stem):
        role = found["role"].lower()
        if not found["stem"]:
            yield Companion("image", "", _ROLES[role])
        elif role not in _ALONE:
            yield Companion("image", found["stem"], _ROLES[role])


def _is_told(rest: str) -> bool:
    return all(
        word in _FLAGS or word in _PLAIN or (word.isdigit() and len(word) < 3) or _is_language(word)
        for word in _words(rest)
    )


def _words(text: str) -> list[str]:
    found: list[str] = []
    for word in _WORD.findall(text.lower()):
        parts = word.strip("-").split("-")
        whole = len(parts) == 2 and len(parts[1]) == 2 and _is_language(parts[0])  # "pt-br"
        found += ["-".join(parts)] if whole else parts
    return [word for word in found if word]


def _is_language(word: str) -> bool:
    code = languages.code(word)
    return bool(code) and (len(word) == 2 or languages.name(code) != code)


def _stem(file: File) -> str:
    return file.name[: -len(file.suffix)] if file.suffix else file.name
