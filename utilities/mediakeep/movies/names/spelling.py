"""Names of files as people would write them: separators, acronyms, articles, noise around them."""

from __future__ import annotations

import os
import re
import unicodedata

_DOTTED = re.compile(r"\b\w\.$|\.\.\.$|\b(?:vol|jr|sr|dr)\.$", re.IGNORECASE)
_LONGEST = 250  # characters of a name that are looked at; no system has longer ones
_ACRONYM = re.compile(r"(?<![^\W_])(?:[^\W\d_]\.){2,}(?![^\W_]{2}\.[^\W_]\b)")
_COLON = re.compile(r"(?<=\w)_(?= \w)")  # which Windows does not allow in a name
_DECIMAL = re.compile(r"\W*[0-9]+\.[0-9]+\W*")
_KEPT = "\ue000"  # stands for the dot of an acronym meanwhile
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
    """Return a name as valid, composed text of a reasonable length, without what is not shown.

    Bytes that are no UTF-8 are taken for Windows-1252, as old programs wrote them.
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        name = os.fsencode(name).decode("cp1252", "replace") if _is_path(name) else _mended(name)
    text = unicodedata.normalize("NFC", name[:_LONGEST])
    return "".join(char if char.isprintable() else " " for char in text)


def spaced(text: str) -> str:
    """Replace the dots and underscores that stand for spaces; acronyms keep their dots."""
    text = _COLON.sub(":", text).replace("_", " ")
    if _DECIMAL.fullmatch(text):
        return text
    if " " not in text.strip() or text.count(".") > 2 * text.count(" "):
        text = _ACRONYM.sub(lambda found: found[0].replace(".", _KEPT) + ".", text)
        text = text.replace(".", " ").replace(_KEPT, ".")
    return " ".join(text.split())


def without_noise(text: str) -> str:
    """Drop the sites and groups that a name begins with, unless nothing much is left then."""
    shorter = _SITE.sub("", text)
    while found := _GROUP.match(shorter):
        rest = shorter[found.end() :]
        if found[1].strip().isdigit() or not _WORDS.match(rest) or _is_glued(shorter):
            break
        shorter = rest
    return shorter


def unnumbered(title: str) -> str:
    """Drop the place in a list that a title begins with, as in "03. Alien"."""
    return _NUMBERED.sub("", title)


def clean(title: str) -> str:
    """Take away what titles neither begin nor end with, and put an article first."""
    title = " ".join(title.split()).strip(" -_,;:+~|")
    title = title.rstrip("[({").lstrip("])}").strip(" -_,;:+~|")
    if title.endswith(".") and not _DOTTED.search(title):
        title = title[:-1]
    for shape, joint in ((_ARTICLE, " "), (_ELIDED, "")):
        if found := shape.match(title):
            title = f"{found['article']}{joint}{found['title']}"
    if re.fullmatch(r"\[[^\[\]]+\]", title):
        title = title[1:-1]
    return title.strip()


def _is_glued(text: str) -> bool:
    """Tell whether letters follow a bracket at once that may be of the title, as in "[Rec]2"."""
    return bool(re.match(r"\s*\[[^\[\]]*\][0-9²³]", text))


def _is_path(name: str) -> bool:
    return all(not "\ud800" <= char <= "\udfff" or "\udc80" <= char <= "\udcff" for char in name)


def _mended(name: str) -> str:
    return name.encode("utf-8", "replace").decode()
