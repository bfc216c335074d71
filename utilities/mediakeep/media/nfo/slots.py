"""The places of an NFO that are ours or theirs as a whole, and what stands in one.

Most are all elements of a name. Ratings, ids and pictures are told apart by site, service and
aspect, so that ours stand beside those of other programs.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from mediakeep.media.nfo import ids, reading
from mediakeep.media.nfo.tree import COMMENT, Element

# Name, attributes, text, children.
Meaning: TypeAlias = "tuple[str, tuple[tuple[str, str], ...], str, tuple[Meaning, ...]]"

_LISTS = ("genre", "country", "tag", "credits", "director", "studio")
_SCALARS = ("title", "originaltitle", "sorttitle", "plot", "tagline", "runtime", "mpaa")
_JELLYFIN_IDS = {"tmdbid": ids.TMDB, "imdbid": ids.IMDB}
_DATES = ("premiered", "year")
_SINGLE = (*_SCALARS, *_DATES, "trailer", *_JELLYFIN_IDS)
_WHOLE = (*_SINGLE, *_LISTS, "set", "fanart", "fileinfo", "actor")
# Kodi's order (CVideoInfoTag::Save of version 21), older elements beside those that replaced them.
_ORDER = """
    title originaltitle sorttitle ratings rating votes userrating top250 outline plot tagline
    runtime thumb fanart mpaa playcount lastplayed file path filenameandpath basepath id uniqueid
    tmdbid imdbid genre country set tag videoassettitle videoassetid videoassettype
    hasvideoversions hasvideoextras isdefaultvideoversion credits director premiered year status
    code aired studio trailer fileinfo actor artist showlink resume dateadded
"""
_RANKS = {name: place for place, name in enumerate(_ORDER.split())}
_LOCKS = {
    "name": ("title", "sorttitle"),
    "overview": ("plot",),
    "genres": ("genre",),
    "studios": ("studio",),
    "tags": ("tag",),
    "cast": ("actor", "credits", "director"),
    "runtime": ("runtime",),
    "officialrating": ("mpaa",),
    "productionlocations": ("country",),
}
_AS_NOTHING = ("default", "max")  # attributes that say nothing of the value; max only as 10
_REWRITTEN = {"default", "max", "type", "name", "aspect", "preview", "tmdbcolid"}
_FOLDED = ("type", "name")  # attributes without case
_ZERO_IS_EMPTY = (
    *("year", "runtime", "value", "votes", "order"),
    *("channels", "width", "height", "aspect", "durationinseconds"),
)
# What can be left out without a loss where it is empty.
_INSIDE = {
    "rating": ("value", "votes"),
    "set": ("name", "overview"),
    "actor": ("name", "role", "order", "thumb"),
    "fanart": ("thumb",),
    "fileinfo": ("streamdetails",),
    "streamdetails": ("video", "audio", "subtitle"),
    "video": ("codec", "aspect", "width", "height", "durationinseconds", "stereomode", "hdrtype"),
    "audio": ("codec", "language", "channels"),
    "subtitle": ("language",),
}
_NUMBER = re.compile(r"[0-9]+\.[0-9]+")


def of(movie: Element | None) -> dict[str, list[Element]]:
    """Sort the elements of an NFO into their slots; what belongs to none is nobody's to change."""
    found: dict[str, list[Element]] = {}
    for child in movie.children if movie else ():
        if child.name == "ratings":
            for rating in child.named("rating"):
                key = f"rating:{ids.service(rating.attributes.get('name', ''))}"
                found.setdefault(key, []).append(rating)
        elif key := _key(child):
            found.setdefault(key, []).append(child)
    return found


def _key(element: Element) -> str:
    given = element.attributes
    if element.name == "uniqueid":
        return f"uniqueid:{ids.service(given.get('type', ''))}"
    if element.name == "thumb":
        return f"thumb:{given.get('aspect', '').strip().lower()}"
    return element.name if element.name in _WHOLE else ""


def is_single(key: str) -> bool:
    """Tell whether a slot holds one element with a text."""
    return key in _SINGLE or key.startswith("uniqueid:")


def service(key: str) -> str:
    """Return the service that the id in a slot is of, "" where it holds none."""
    name, _, service = key.partition(":")
    return service if name == "uniqueid" else _JELLYFIN_IDS.get(name, "")


def rank(name: str) -> int:
    """Return the place of an element in Kodi's order, -1 for one that is not in it."""
    return _RANKS.get(name, -1)


def locked(fields: frozenset[str]) -> frozenset[str]:
    """Return the slots that the locked fields of Jellyfin stand for."""
    return frozenset(slot for field in fields for slot in _LOCKS.get(field, ()))


def value(elements: list[Element]) -> tuple[Meaning, ...]:
    """Return what a slot says, however it is written; () where it says nothing."""
    return tuple(
        (name, given, part, children)
        for name, given, text, children in map(_meaning, elements)
        if text or children
        for part in (reading.split(text) if name in _LISTS and not children else [text])
    )


def is_bare(element: Element) -> bool:
    """Tell whether an element has no attributes but those that are written anew with it."""
    return not element.attributes.keys() - _REWRITTEN


def is_empty(element: Element) -> bool:
    """Tell whether an element says nothing."""
    text, name = element.text.strip(), element.name
    if name == COMMENT:
        return False
    nothing = not text or (name in _ZERO_IS_EMPTY and not text.strip("0."))
    return nothing and all(_is_void(element, one) for one in element.children)


def _meaning(element: Element) -> Meaning:
    children = tuple(_meaning(one) for one in element.children if not _is_void(element, one))
    text = "" if is_empty(element) and element.name != COMMENT else element.text.strip()
    if element.name == "votes":
        text = text.replace(",", "")
    if element.name in _ZERO_IS_EMPTY and _NUMBER.fullmatch(text):
        text = text.rstrip("0").rstrip(".")
    if element.name == "set" and text and not children:  # as it was before Kodi 16
        children, text = (("name", (), text, ()),), ""
    given = ((name, _told(name, one)) for name, one in element.attributes.items())
    return element.name, tuple(sorted(one for one in given if one[1])), text, children


def _is_void(parent: Element, element: Element) -> bool:
    """Tell whether an element within one of ours is known there and says nothing."""
    known = element.name in _INSIDE.get(parent.name, ())
    told = any(_told(*one) for one in element.attributes.items())
    return known and not told and is_empty(element)


def _told(name: str, text: str) -> str:
    text = text.strip()
    if name in _AS_NOTHING and (name == "default" or reading.real(text) == 10):
        return ""
    return text.lower() if name in _FOLDED else text
