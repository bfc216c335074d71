"""Match files to videos by name: subtitles, NFOs, pictures and metadata files.

Based on the naming rules in the manuals of Kodi (Artwork, NFO files), Jellyfin and Plex.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from mediakeep.media.folder_listing import IMAGE_SUFFIXES, ListedFile
from mediakeep.movies import language_names
from mediakeep.movies.scan import multipart
from mediakeep.movies.scan.file_types import SUBTITLE_SUFFIXES

METADATA_SUFFIX = "-metadata.json"
LOCK_SUFFIX = ".mediakeep-lock"

# fmt: off
_ROLE_NAMES = (
    "poster", "fanart", "banner", "clearart", "clearlogo", "logo", "discart", "disc", "landscape",
    "thumb", "keyart",
)
# fmt: on
_ROLE_BY_NAME = {
    **{role: role for role in _ROLE_NAMES},
    **dict.fromkeys(("cover", "folder", "default", "movie"), "poster"),
    **dict.fromkeys(("backdrop", "background", "art"), "fanart"),
}
_ROLE_PATTERN = re.compile(
    rf"(?:(?P<stem>.+)[-._])?(?P<role>{'|'.join(_ROLE_BY_NAME)})(?:[-_ ]?[0-9]{{1,3}})?",
    re.IGNORECASE | re.DOTALL,
)
_WHOLE_NAME_ROLES = frozenset({"movie", "default"})  # roles only if they are the whole name
_SUBTITLE_FLAGS = {
    **{flag: flag for flag in ("default", "forced", "sdh", "commentary")},
    **dict.fromkeys(("foreign", "signs", "songs"), "forced"),
    **dict.fromkeys(("cc", "hi"), "sdh"),
}
_NEUTRAL_WORDS = frozenset({"full", "sub", "subs", "track"})  # and numbers
_SEPARATOR_PATTERN = re.compile(r"[-._ \[(]+")
_WORD_PATTERN = re.compile(r"[^\s._\[\](){}+,]+")
_MAX_NAME_LENGTH = 255  # characters; no file system has longer names


class SidecarName(msgspec.Struct, frozen=True):
    """The meaning of a sidecar's file name.

    `stem` is the name of its video without suffix, or "" if it belongs to the only movie of the
    folder. `kind` is "nfo", "image", "subtitle", "sidecar" or "lock"; `role` is that of an image,
    such as "poster".
    """

    kind: str
    stem: str
    role: str = ""


def parse_possible_names(file: ListedFile) -> Iterator[SidecarName]:
    """Yield the possible meanings of a sidecar's file name, most likely first."""
    name, suffix = file.name[:_MAX_NAME_LENGTH], file.suffix
    stem = name[: -len(suffix)] if suffix else name
    if suffix == ".nfo":
        yield SidecarName("nfo", stem)
    elif suffix == LOCK_SUFFIX:
        yield SidecarName("lock", stem)
    elif name.lower().endswith(METADATA_SUFFIX):
        yield SidecarName("sidecar", name[: -len(METADATA_SUFFIX)])
    elif suffix in IMAGE_SUFFIXES:
        yield from _image_candidates(stem)
    elif suffix in SUBTITLE_SUFFIXES:
        yield SidecarName("subtitle", stem)
        breaks = [match.start() for match in _SEPARATOR_PATTERN.finditer(stem)]
        yield from (SidecarName("subtitle", stem[:at]) for at in reversed(breaks) if at)


def match_to_video(
    file: ListedFile, is_known: Callable[[str], bool], strict: bool
) -> SidecarName | None:
    """Match a file to a video by its name; return None if it matches none.

    `is_known` says whether there is a video with a given name without suffix. With `strict`, for
    folders with several movies, everything after that name in a subtitle name must be a language or
    a purpose. Otherwise the file may belong to a movie that is gone.
    """
    for reading in parse_possible_names(file):
        if reading.stem and is_known(reading.stem):
            rest = file.name[len(reading.stem) : len(file.name) - len(file.suffix)]
            if reading.kind != "subtitle" or not strict or _has_only_known_words(rest):
                return reading
    return None


def match_to_only_movie(file: ListedFile) -> SidecarName | None:
    """Match a file to the only movie of its folder, by a name such as "poster.jpg".

    Return None if it has no such name.
    """
    for reading in parse_possible_names(file):
        if not reading.stem or (reading.kind == "nfo" and reading.stem.lower() == "movie"):
            return reading
    return None


def is_sidecar_name(file: ListedFile) -> bool:
    """Return True if a file is named like the sidecar of a video.

    A picture that is named like its folder, or has no known role, is not.
    """
    return any(
        reading.kind != "image" or reading.stem not in ("", multipart.file_stem(file))
        for reading in parse_possible_names(file)
    )


def parse_subtitle_suffix(name: str) -> tuple[str, tuple[str, ...]]:
    """Return the language and the flags in the part of a subtitle's name after the video's.

    The language is the lower-case tag, such as "en", "ger" or "pt-br".
    """
    language, flags = "", []
    for word in _split_words(name):
        if word in _SUBTITLE_FLAGS and not (word == "hi" and not language):
            flags.append(_SUBTITLE_FLAGS[word])
        elif _is_language_code(word):
            language = word
    return language, tuple(dict.fromkeys(flags))


def _image_candidates(stem: str) -> Iterator[SidecarName]:
    yield SidecarName("image", stem, "poster")  # named like the video
    if match := _ROLE_PATTERN.fullmatch(stem):
        role = match["role"].lower()
        if not match["stem"]:
            yield SidecarName("image", "", _ROLE_BY_NAME[role])
        elif role not in _WHOLE_NAME_ROLES:
            yield SidecarName("image", match["stem"], _ROLE_BY_NAME[role])


def _has_only_known_words(rest: str) -> bool:
    return all(
        word in _SUBTITLE_FLAGS
        or word in _NEUTRAL_WORDS
        or (word.isdigit() and len(word) < 3)
        or _is_language_code(word)
        for word in _split_words(rest)
    )


def _split_words(text: str) -> list[str]:
    words: list[str] = []
    for word in _WORD_PATTERN.findall(text.lower()):
        parts = word.strip("-").split("-")
        is_tag = len(parts) == 2 and len(parts[1]) == 2 and _is_language_code(parts[0])  # "pt-br"
        words += ["-".join(parts)] if is_tag else parts
    return [word for word in words if word]


def _is_language_code(word: str) -> bool:
    code = language_names.language_code(word)
    return bool(code) and (len(word) == 2 or language_names.language_name(code) != code)
