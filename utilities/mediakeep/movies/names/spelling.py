"""Clean file names: separators, acronyms, articles and noise around the title."""

from __future__ import annotations

import os
import re
import unicodedata

_DOTTED = re.compile(r"\b\w\.$|\.\.\.$|\b(?:vol|jr|sr|dr)\.$", re.IGNORECASE)
_LONGEST = 250  # characters; no file system has longer names
_ACRONYM = re.compile(r"(?<![^\W_])(?:[^\W\d_]\.){2,}(?![^\W_]{2}\.[^\W_]\b)")
_COLON = re.compile(r"(?<=\w)_(?= \w)")  # Windows does not allow colons in names
_DECIMAL = re.compile(r"\W*[0-9]+\.[0-9]+\W*")
_KEPT = "\ue000"  # temporary placeholder for the dots of acronyms
_SITE = re.compile(
    r"^[\[({ ]*(?:www\.)?[\w-]+\.(?:com|org|net|info|to|tv|me|cc|mx|lt|ag|pe|se|li|am|ws|vip)"
    r"[\])} ]*(?:[-_ ]+|(?<=[\])}]))(?=\w)",
    re.IGNORECASE,
)
_GROUP = re.compile(r"^\s*\[([^\[\]]*)\][ ._-]*(?=\S)")
_WORDS = re.compile(r"[^\[(]*[^\W_]")
_NUMBERED = re.compile(r"^(?:[0-9]{1,3}\.\s+|0[0-9]{1,2}\s*-\s*|0[0-9]\s+)(?=\D)")
_ARTICLES = (
    "the|an?|der|die|das|ein|eine|les?|la|une?|el|los|las|un[oa]?|il|lo|gli|os?|de|het|een|den|det"
)
_ARTICLE = re.compile(rf"^(?P<title>[^,]+(?:,[^,]+)*?),\s*(?P<article>{_ARTICLES})$", re.IGNORECASE)
_ELIDED = re.compile(r"^(?P<title>.+),\s*(?P<article>l['’])$", re.IGNORECASE)


def plain(name: str) -> str:
    """Return a name as valid NFC text of limited length, without non-printable characters.

    Bytes that are not UTF-8 are decoded as Windows-1252, which old programs wrote.
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        name = os.fsencode(name).decode("cp1252", "replace") if _is_path(name) else _mended(name)
    text = unicodedata.normalize("NFC", name[:_LONGEST])
    return "".join(char if char.isprintable() else " " for char in text)


def spaced(text: str) -> str:
    """Replace dots and underscores used as spaces; acronyms keep their dots."""
    text = _COLON.sub(":", text).replace("_", " ")
    if _DECIMAL.fullmatch(text):
        return text
    if " " not in text.strip() or text.count(".") > 2 * text.count(" "):
        text = _ACRONYM.sub(lambda match: match[0].replace(".", _KEPT) + ".", text)
        text = text.replace(".", " ").replace(_KEPT, ".")
    return " ".join(text.split())


def without_noise(text: str) -> str:
    """Drop sites and groups at the start of a name, unless little would be left."""
    shorter = _SITE.sub("", text)
    while match := _GROUP.match(shorter):
        rest = shorter[match.end() :]
        if match[1].strip().isdigit() or not _WORDS.match(rest) or _is_glued(shorter):
            break
        shorter = rest
    return shorter


def unnumbered(title: str) -> str:
    """Drop a list number at the start of a title, as in "03. Alien"."""
    return _NUMBERED.sub("", title)


def clean(title: str) -> str:
    """Strip characters that no title starts or ends with, and put a trailing article first."""
    title = " ".join(title.split()).strip(" -_,;:+~|")
    title = title.rstrip("[({").lstrip("])}").strip(" -_,;:+~|")
    if title.endswith(".") and not _DOTTED.search(title):
        title = title[:-1]
    for pattern, joint in ((_ARTICLE, " "), (_ELIDED, "")):
        if match := pattern.match(title):
            title = f"{match['article']}{joint}{match['title']}"
    if re.fullmatch(r"\[[^\[\]]+\]", title):
        title = title[1:-1]
    return title.strip()


def _is_glued(text: str) -> bool:
    """Return True if a bracket is part of the title, as in "[Rec]2"."""
    return bool(re.match(r"\s*\[[^\[\]]*\][0-9²³]", text))


def _is_path(name: str) -> bool:
    return all(not "\ud800" <= char <= "\udfff" or "\udc80" <= char <= "\udcff" for char in name)


def _mended(name: str) -> str:
    return name.encode("utf-8", "replace").decode()
