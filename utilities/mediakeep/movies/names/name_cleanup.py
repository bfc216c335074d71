"""Clean the names of movie files: separators, acronyms, articles and list numbers."""

from __future__ import annotations

import os
import re
import unicodedata

_FINAL_DOT = re.compile(r"\b\w\.$|\.\.\.$|\b(?:vol|jr|sr|dr)\.$", re.IGNORECASE)
_MAX_NAME_LENGTH = 250  # characters; no file system has longer names
_ACRONYM = re.compile(r"(?<![^\W_])(?:[^\W\d_]\.){2,}(?![^\W_]{2}\.[^\W_]\b)")
_COLON_UNDERSCORE = re.compile(r"(?<=\w)_(?= \w)")  # Windows does not allow colons in names
_DECIMAL = re.compile(r"\W*[0-9]+\.[0-9]+\W*")
_DOT_PLACEHOLDER = "\ue000"  # temporary placeholder for the dots of acronyms
_LIST_NUMBER = re.compile(
    r"^(?:[0-9]{1,3}\.\s+|0[0-9]{1,2}\s*-\s*|0[0-9]\s+|\([0-9]{1,2}\)(?=\w)|(?:[0-9]{2} ){3})"
    r"(?=\D)"
)
_ARTICLES = (
    "the|an?|der|die|das|ein|eine|les?|la|une?|el|los|las|un[oa]?|il|lo|gli|os?|de|het|een|den|det"
)
_TRAILING_ARTICLE = re.compile(
    rf"^(?P<title>[^,]+(?:,[^,]+)*?),\s*(?P<article>{_ARTICLES})$", re.IGNORECASE
)
_TRAILING_ELIDED_ARTICLE = re.compile(r"^(?P<title>.+),\s*(?P<article>l['’])$", re.IGNORECASE)


def to_plain_text(name: str) -> str:
    """Return a file name as valid NFC text of limited length, without non-printable characters.

    Bytes that are not UTF-8 are decoded as Windows-1252, which old programs wrote.
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        name = (
            os.fsencode(name).decode("cp1252", "replace")
            if _is_surrogate_escaped(name)
            else _replace_surrogates(name)
        )
    text = unicodedata.normalize("NFC", name[:_MAX_NAME_LENGTH])
    return "".join(char if char.isprintable() else " " for char in text)


def replace_separators(text: str) -> str:
    """Replace dots and underscores that are used as spaces; acronyms keep their dots."""
    text = _COLON_UNDERSCORE.sub(":", text).replace("_", " ")
    if _DECIMAL.fullmatch(text):
        return text
    if " " not in text.strip() or text.count(".") > 2 * text.count(" "):
        text = _ACRONYM.sub(lambda match: match[0].replace(".", _DOT_PLACEHOLDER) + ".", text)
        text = text.replace(".", " ").replace(_DOT_PLACEHOLDER, ".")
    return " ".join(text.split())


def strip_list_number(title: str) -> str:
    """Remove a list number from the start of a title, as in "03. Alien", or a date."""
    return _LIST_NUMBER.sub("", title)


def clean_title(title: str) -> str:
    """Strip characters that no title starts or ends with, and put a trailing article first."""
    title = " ".join(title.split()).strip(" -_,;:+~|")
    title = title.rstrip("[({").lstrip("])}").strip(" -_,;:+~|")
    if title.endswith(".") and not _FINAL_DOT.search(title):
        title = title[:-1]
    for pattern, joint in ((_TRAILING_ARTICLE, " "), (_TRAILING_ELIDED_ARTICLE, "")):
        if match := pattern.match(title):
            title = f"{match['article']}{joint}{match['title']}"
    if re.fullmatch(r"\[[^\[\]]+\]", title):
        title = title[1:-1]
    return title.strip()


def _is_surrogate_escaped(name: str) -> bool:
    return all(not "\ud800" <= char <= "\udfff" or "\udc80" <= char <= "\udcff" for char in name)


def _replace_surrogates(name: str) -> str:
    return name.encode("utf-8", "replace").decode()
