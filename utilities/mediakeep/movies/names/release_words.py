"""Words in file names that are not part of a title: sources, codecs, languages, editions."""

from __future__ import annotations

import re

# Words that never belong to a title.
_RELEASE_WORDS = (
    r"[0-9]{3,4}[pi]|[48]k|[0-9]{3,4}x[0-9]{3,4}|[hx][ .]?26[456]|hevc|avc|xvid|divx|av1|vp9|"
    r"(?:8|10|12)-?bits?|hi10p?|hdr(?:10)?(?:\+|plus)?|dovi|sdr|uhd|"
    r"blu-?ray|b[dr]-?(?:rip|remux|mux)|bd(?:25|50)|remux|web-?(?:dl|rip|mux|hd)|hd-?(?:tv|rip|dvd)|"
    r"(?:dvd|vhs|tv|sat|dsr|pdtv|vod|ppv|cam|ts|tc|r5|hc|ld|dvb|pal|ntsc)-?rip|"
    r"dvd(?:[r59]|scr|mux)|screener|telesync|telecine|hdcam|pdtv|"
    r"aac[0-9]?|e?ac-?3|dts(?:-?(?:hd|es|x|ma))?|truehd|atmos|flac|ddp?a?[257]?[ .]?[01]?|mp3|opus|"
    r"vostf?r?|truefrench|subfrench|hsbs|h-?ou|3d-?h?(?:sbs|ou|tab)|nf|amzn|dsnp|hmax|atvp|yify|yts|rarbg"
)
# Release words that may be words of titles as well: they count only directly before a word of the
# list above, or after the year.
_AMBIGUOUS_RELEASE_WORDS = (
    r"web|cam|ts|tc|dvd|hd|fhd|vod|proper|repack|rerip|internal|limited|multi|dual|dl|ml|hc|3d|sbs|"
    r"audio|dubbed|subbed|subs?|complete|ws|fs|nfofix|retail|festival|readnfo|"
    r"german|french|italian|spanish|english|dutch|danish|swedish|norwegian|finnish|polish|russian|"
    r"czech|hungarian|portuguese|turkish|greek|japanese|korean|chinese|mandarin|hindi|arabic|hebrew|"
    r"nordic|latino|castellano|deutsch|francais|ita|eng|ger|fre|rus|vff|vfq|vfi|vf2?|vo"
)
_EPISODE_PATTERN = re.compile(r"(?<![^\W_])s[0-9]{1,2}[ ._-]?e[0-9]{1,3}(?![0-9])", re.IGNORECASE)
RELEASE_WORD = re.compile(_RELEASE_WORDS, re.IGNORECASE)
AMBIGUOUS_RELEASE_WORD = re.compile(_AMBIGUOUS_RELEASE_WORDS, re.IGNORECASE)

# Spellings of editions, as patterns of whole words, and their names.
_EDITIONS: tuple[tuple[str, str], ...] = (
    (r"director'?s[ ._]cut|directors'[ ._]cut|\bdc\b(?=$)", "Director's Cut"),
    (r"(?:the[ ._])?final[ ._]cut", "Final Cut"),
    (r"(?:the[ ._])?ultimate[ ._](?:cut|edition)", "Ultimate Edition"),
    (r"extended(?:[ ._](?:director'?s[ ._])?(?:cut|edition|version))?", "Extended"),
    (r"theatrical(?:[ ._](?:cut|edition|version|release))?", "Theatrical"),
    (r"unrated(?:[ ._](?:cut|edition|version|director'?s[ ._]cut))?", "Unrated"),
    (r"uncut(?:[ ._](?:edition|version))?", "Uncut"),
    (r"uncensored", "Uncensored"),
    (r"special[ ._](?:edition|cut)", "Special Edition"),
    (r"collector'?s[ ._](?:cut|edition)", "Collector's Edition"),
    (r"criterion(?:[ ._](?:collection|edition))?", "Criterion"),
    (r"(?:[0-9]{2}(?:th|st|nd|rd)[ ._])?anniversary(?:[ ._]edition)?", "Anniversary Edition"),
    (r"(?:4k[ ._])?(?:digitally[ ._])?re-?mastered", "Remastered"),
    (r"restored(?:[ ._]version)?", "Restored"),
    (r"redux", "Redux"),
    (r"imax(?:[ ._](?:edition|version|enhanced))?", "IMAX"),
    (r"open[ ._]matte", "Open Matte"),
    (r"despecialized(?:[ ._]edition)?", "Despecialized"),
    (r"fan[ ._]?edit", "Fan Edit"),
    (r"assembly[ ._]cut", "Assembly Cut"),
    (r"rogue[ ._]cut", "Rogue Cut"),
    (r"international[ ._](?:cut|version)", "International"),
    (r"black[ ._](?:and|&)[ ._]chrome(?:[ ._]edition)?", "Black & Chrome"),
)
_EDITION_PATTERNS = [
    (re.compile(rf"(?<![^\W_]){shape}(?![^\W_])", re.IGNORECASE), name) for shape, name in _EDITIONS
]
_SAME_RUNTIME_WORDS = re.compile(
    r"(?:4k )?re-?master(?:ed)?|restored|restoration|criterion|imax|open matte|black & chrome|noir|"
    r"(?:[0-9]{2}th )?anniversary|collector's|edition|collection|version|4k|uhd|hdr",
    re.IGNORECASE,
)
# These words are ignored at the end of a title, before the year, where they may belong to it.
_AMBIGUOUS_EDITIONS = {"Uncut", "Restored", "Criterion", "IMAX", "International", "Uncensored"}
_ARTICLES = frozenset({"the", "a", "an", "der", "die", "das", "le", "la", "les", "el", "il"})
_TRAILING_EDITIONS = [
    (re.compile(rf"(?<=[^\W_])[ ._:,-]+{shape}$", re.IGNORECASE), name)
    for shape, name in _EDITIONS
    if name not in _AMBIGUOUS_EDITIONS
]


def find_edition(text: str) -> str:
    """Return the editions named in the text after a title, such as "Director's Cut"."""
    editions = {
        match.start(): name for shape, name in _EDITION_PATTERNS if (match := shape.search(text))
    }
    return " ".join(dict.fromkeys(editions[start] for start in sorted(editions)))


def may_change_runtime(edition: str) -> bool:
    """Return True if an edition may change the runtime; one with a better picture does not."""
    return any(map(str.isalnum, _SAME_RUNTIME_WORDS.sub("", edition)))


def split_edition(title: str) -> tuple[str, str]:
    """Split an edition off the end of a title; return title and edition."""
    for shape, name in _TRAILING_EDITIONS:
        if (match := shape.search(title)) and not is_article(title[: match.start()]):
            return title[: match.start()], name
    return title, ""


def is_article(text: str) -> bool:
    """Return True if a text is only an article, which is not a title."""
    return text.lower() in _ARTICLES


def is_episode_name(name: str) -> bool:
    """Return True if a name has an episode number, such as "The.Office.S01E01"."""
    return _EPISODE_PATTERN.search(name) is not None


def is_version_label(label: str) -> bool:
    """Return True if a text describes a version of a movie, such as "1080p", and is no title."""
    words = [word for word in re.split(r"[\s._\[\](){}-]+", label) if word]
    return bool(find_edition(label)) or any(RELEASE_WORD.fullmatch(word) for word in words)


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
    words = [word for word in re.split(r"[\s._\[\](){}-]+", plain) if word]
    # A short number may be a title ("300", "9"); five digits are a file of a Blu-ray.
    return bool(
        _GENERIC_NAME.fullmatch(plain)
        or _RANDOM_NAME.fullmatch(plain)
        or all(RELEASE_WORD.fullmatch(word) for word in words)
    )
