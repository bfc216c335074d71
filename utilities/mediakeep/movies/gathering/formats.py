"""File and folder names that movie scans know: videos, subtitles, extras, skipped folders."""

from __future__ import annotations

import re

import msgspec

from mediakeep import files

# fmt: off
VIDEOS = frozenset({
    ".mkv", ".mk3d", ".webm", ".mp4", ".m4v", ".mov", ".qt", ".f4v", ".3gp", ".3g2", ".avi",
    ".divx", ".xvid", ".wmv", ".asf", ".wtv", ".dvr-ms", ".ts", ".m2ts", ".mts", ".mpg", ".mpeg",
    ".mpe", ".m2v", ".vob", ".iso", ".ogm", ".ogv", ".flv", ".rm", ".rmvb",
})
STREAMS = frozenset({".vob", ".m2ts"})  # files of disc copies
SUBTITLES = frozenset({
    ".srt", ".ass", ".ssa", ".sub", ".idx", ".vtt", ".sup", ".smi", ".usf",
})

# Folders with pictures of other programs, in lower case; `ignoring.SYSTEM` lists system folders.
PAST = frozenset({"extrafanart", "extrathumbs"})

# Jellyfin's naming rules for extras (jellyfin.org/docs/general/server/media/movies).
_EXTRAS = frozenset({
    "trailers", "trailer", "behind the scenes", "deleted scenes", "interviews", "scenes", "samples",
    "sample", "shorts", "featurettes", "clips", "other", "extras", "extra", "backdrops",
    "theme-music", "bonus", "bonus disc", "bonus features", "special features", "making of",
})
# fmt: on
_SHELVES = frozenset(
    {"shorts", "other", "clips"}
)  # directly in a library these are categories of movies
_SAMPLES = frozenset({"samples", "sample"})
_TRAILER = re.compile(
    r"(?:(?P<stem>.+?)[-._ ])?(?P<kind>trailer|sample)[0-9]{0,2}", re.IGNORECASE | re.DOTALL
)
_SAMPLE = re.compile(r"sample[-._ ].+", re.IGNORECASE | re.DOTALL)
_BONUS = re.compile(
    r"(?P<stem>.+)-(?:scene|clip|interview|behindthescenes|deleted|deletedscene|featurette|short|"
    r"other|extra)[0-9]{0,2}",
    re.IGNORECASE | re.DOTALL,
)
_ABOUT = re.compile(  # common names that no media centre defines
    r"(?P<stem>.+?)\s+-\s+(?:making[ -]of|behind the scenes|featurettes?|deleted scenes?|"
    r"interviews?|gag reel|bloopers)(?: *[0-9]{1,2})?",
    re.IGNORECASE | re.DOTALL,
)


_TITLED = re.compile(  # a title with such a word, followed by a year
    r"(?:trailer|sample)(?![^\W_]).*(?<![0-9])(?:18|19|20)[0-9]{2}(?![0-9])",
    re.IGNORECASE | re.DOTALL,
)


_DATED = re.compile(r"[\W_]*(?:18|19|20)[0-9]{2}(?![0-9])")


class Extra(msgspec.Struct, frozen=True, gc=False):
    """A video that is not a movie by its name; `stem` is that of its movie, or "" if not named.

    It is `is_ambiguous` if a movie may have such a name as well, such as "The-Interview".
    """

    stem: str
    sample: bool = False
    doubtful: bool = False


def is_extras(folder: str, right_in_library: bool) -> bool:
    """Return True if a folder of this name holds extras of the movie next to it."""
    name = folder.lower()
    return name in _EXTRAS and not (right_in_library and name in _SHELVES)


def is_samples(folder: str) -> bool:
    """Return True if a folder of this name holds samples."""
    return folder.lower() in _SAMPLES


def extra(stem: str, folder: str = "") -> Extra | None:
    """Return what kind of extra a video is by its stem, such as "Alien-trailer", or None.

    It is not an extra if the folder of the movie has the same name, optionally followed by a year,
    such as "The DNA Sample (2014)".
    """
    if _TITLED.search(folder) and _is_named_like(folder, stem):
        return None
    if match := _TRAILER.fullmatch(stem):
        return Extra(match["stem"] or "", sample=match["kind"].lower() == "sample")
    if _SAMPLE.fullmatch(stem):
        return Extra("", sample=True)
    if match := _BONUS.fullmatch(stem) or _ABOUT.fullmatch(stem):
        return Extra(match["stem"], doubtful=True)
    return None


def _is_named_like(folder: str, stem: str) -> bool:
    """Return True if a folder has the name of a video, optionally followed by a year."""
    name, start = files.fold(folder), files.fold(stem)
    return name == start or (
        name.startswith(start) and _DATED.match(name.removeprefix(start)) is not None
    )
