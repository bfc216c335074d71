"""The names of files and folders that movie scans know.

They are those of videos, subtitles, extras and skipped folders.
"""

from __future__ import annotations

import re

import msgspec

from mediakeep import path_text

# fmt: off
VIDEO_SUFFIXES = frozenset({
    ".mkv", ".mk3d", ".webm", ".mp4", ".m4v", ".mov", ".qt", ".f4v", ".3gp", ".3g2", ".avi",
    ".divx", ".xvid", ".wmv", ".asf", ".wtv", ".dvr-ms", ".ts", ".m2ts", ".mts", ".mpg", ".mpeg",
    ".mpe", ".m2v", ".vob", ".iso", ".ogm", ".ogv", ".flv", ".rm", ".rmvb",
})
# Text files with the URL of a video, which are not read.
STREAM_LINK_SUFFIXES = frozenset({".strm"})
DISC_STREAM_SUFFIXES = frozenset({".vob", ".m2ts"})  # files of disc copies
SUBTITLE_SUFFIXES = frozenset({
    ".srt", ".ass", ".ssa", ".sub", ".idx", ".vtt", ".sup", ".smi", ".usf",
})

# Folders with pictures of other programs, in lower case; `ignoring.SYSTEM` lists system folders.
SKIPPED_FOLDERS = frozenset({"extrafanart", "extrathumbs"})

# Jellyfin's naming rules for extras (jellyfin.org/docs/general/server/media/movies).
_EXTRAS_FOLDERS = frozenset({
    "trailers", "trailer", "behind the scenes", "deleted scenes", "interviews", "scenes", "samples",
    "sample", "shorts", "featurettes", "clips", "other", "extras", "extra", "backdrops",
    "theme-music", "bonus", "bonus disc", "bonus features", "special features", "making of",
})
# fmt: on
# directly in a library these are categories of movies
_CATEGORY_FOLDERS = frozenset({"shorts", "other", "clips"})
_SAMPLE_FOLDERS = frozenset({"samples", "sample"})
_TRAILER_NAME = re.compile(
    r"(?:(?P<stem>.+?)[-._ ])?(?P<kind>trailer|sample)[0-9]{0,2}", re.IGNORECASE | re.DOTALL
)
_SAMPLE_NAME = re.compile(r"sample[-._ ].+", re.IGNORECASE | re.DOTALL)
_BONUS_NAME = re.compile(
    r"(?P<stem>.+)-(?:scene|clip|interview|behindthescenes|deleted|deletedscene|featurette|short|"
    r"other|extra)[0-9]{0,2}",
    re.IGNORECASE | re.DOTALL,
)
# Common names that no media centre defines; alone, an interview may be a movie.
_BONUS_WORDS = (
    r"(?:making[ ._-]of|behind[ ._-]the[ ._-]scenes|featurettes?|deleted[ ._-]scenes?|"
    r"gag[ ._-]reel|bloopers)"
)
_BONUS_TITLE = re.compile(
    rf"(?:(?P<stem>.+?)\s+-\s+(?:{_BONUS_WORDS}|interviews?)|{_BONUS_WORDS})"
    r"(?:[ ._-]*[0-9]{1,2})?",
    re.IGNORECASE | re.DOTALL,
)


_MOVIE_TITLE_WITH_YEAR = re.compile(  # a title with such words, followed by a year
    rf"(?:trailer|sample|{_BONUS_WORDS})(?![^\W_]).*(?<![0-9])(?:18|19|20)[0-9]{{2}}(?![0-9])",
    re.IGNORECASE | re.DOTALL,
)


_YEAR_SUFFIX = re.compile(r"[\W_]*(?:18|19|20)[0-9]{2}(?![0-9])")


class ExtraVideo(msgspec.Struct, frozen=True, gc=False):
    """A video whose name marks it as an extra, such as a trailer, and not as a movie.

    `stem` is the name of its movie without suffix, or "" if it is not named. `is_ambiguous` is True
    if a movie may have such a name as well, such as "The-Interview".
    """

    stem: str
    is_sample: bool = False
    is_ambiguous: bool = False


def is_extras_folder(folder: str, right_in_library: bool) -> bool:
    """Return True if a folder with this name holds extras of the movie next to it.

    `right_in_library` is True for a folder directly in the library. There, some of these names are
    those of categories of movies.
    """
    name = folder.lower()
    return name in _EXTRAS_FOLDERS and not (right_in_library and name in _CATEGORY_FOLDERS)


def is_samples_folder(folder: str) -> bool:
    """Return True if a folder with this name holds samples, which are short clips of movies."""
    return folder.lower() in _SAMPLE_FOLDERS


def parse_extra(stem: str, folder: str = "") -> ExtraVideo | None:
    """Return what kind of extra a video is by its name, such as "Alien-trailer", or None.

    `stem` is the name without suffix. A video is not an extra if the folder of the movie has the
    same name, optionally followed by a year, such as "The DNA Sample (2014)".
    """
    if _MOVIE_TITLE_WITH_YEAR.search(folder) and _has_video_name(folder, stem):
        return None
    if match := _TRAILER_NAME.fullmatch(stem):
        return ExtraVideo(match["stem"] or "", is_sample=match["kind"].lower() == "sample")
    if _SAMPLE_NAME.fullmatch(stem):
        return ExtraVideo("", is_sample=True)
    if match := _BONUS_NAME.fullmatch(stem) or _BONUS_TITLE.fullmatch(stem):
        return ExtraVideo(match["stem"] or "", is_ambiguous=bool(match["stem"]))
    return None


def _has_video_name(folder: str, stem: str) -> bool:
    """Return True if a folder has the name of a video, optionally followed by a year."""
    name, start = path_text.normalize_name(folder), path_text.normalize_name(stem)
    return name == start or (
        name.startswith(start) and _YEAR_SUFFIX.match(name.removeprefix(start)) is not None
    )
