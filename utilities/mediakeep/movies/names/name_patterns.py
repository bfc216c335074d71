"""Names that do not mean a movie: of extras, episodes and files named by programs."""

from __future__ import annotations

import re

_EPISODE_PATTERN = re.compile(r"(?<![^\W_])s[0-9]{1,2}[ ._-]?e[0-9]{1,3}(?![0-9])", re.IGNORECASE)
_SAME_RUNTIME_WORDS = re.compile(
    r"(?:4k )?re-?master(?:ed)?|restored|restoration|criterion|imax|open matte|black & chrome|noir|"
    r"(?:[0-9]{2}th )?anniversary|collector's|edition|collection|version|4k|uhd|hdr",
    re.IGNORECASE,
)


def may_change_runtime(edition: str) -> bool:
    """Return True if an edition may have another runtime, unlike a remaster."""
    return any(map(str.isalnum, _SAME_RUNTIME_WORDS.sub("", edition)))


def is_episode_name(name: str) -> bool:
    """Return True if a name has an episode number, such as "The.Office.S01E01"."""
    return _EPISODE_PATTERN.search(name) is not None


# Something about a movie, or an episode of a series: never the movie itself.
_NON_MOVIE_PATTERN = re.compile(
    r"(?<![^\W_])(?:s[0-9]{1,2}[ ._-]?e[0-9]{1,3}|[0-9]{1,2}x[0-9]{2}|trailers?|teaser|"
    r"making[ ._-]of|behind[ ._-]the[ ._-]scenes|featurettes?|deleted[ ._-]scenes?|"
    r"interviews?|gag[ ._-]reel|bloopers|bonus)(?![^\W_])",
    re.IGNORECASE,
)


def find_extra_marker(text: str) -> str:
    """Return the part of the text after a title that marks an extra or episode, or "" if none."""
    match = _NON_MOVIE_PATTERN.search(text)
    return " ".join(re.split(r"[ ._-]+", match[0])) if match else ""


# Names given by programs, or by people who name the folder instead.
_GENERIC_NAME = re.compile(
    r"movie|film|video|main|feature|main[ _.-]?(?:feature|movie|title)|index|untitled|unknown|"
    r"title|track|output|file|full|full[ _.-]?movie|default|new|"
    r"(?:title|track|clip|chapter|playlist|video)[ _.-]*(?:t?[0-9]{1,5})|[a-z][0-9]?_t[0-9]{2,3}|"
    r"vts[ _]?[0-9]{2}[ _]?[0-9]{0,2}|video[ _]ts|bdmv|stream|[0-9]{5}|"
    r"(?:cd|dvd|dis[ck]|part|pt)[ ._-]*[0-9]{0,2}|img[ _-]?[0-9]+|vid[ _-]?[0-9]+|"
    r"[0-9a-f]{16,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    re.IGNORECASE,
)
_RANDOM_NAME = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9]{18,}")


def is_generic_name(stem: str) -> bool:
    """Return True if a name does not identify a movie, such as "title_t00" or only digits."""
    plain = stem.strip(" ._-[](){}")
    if not any(char.isalnum() for char in plain):
        return True
    # A short number may be a title ("300", "9"); five digits are a file of a Blu-ray.
    return bool(_GENERIC_NAME.fullmatch(plain) or _RANDOM_NAME.fullmatch(plain))
