"""The NFO elements that mediakeep manages, grouped by key, and their normalized values.

The key is mostly the name of the element. Ratings, IDs and images have keys that include their
site, service or aspect. So they can coexist with those of other programs.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from mediakeep.media.nfo import ids, kodi_parser
from mediakeep.media.nfo.xml_tree import COMMENT, Element

# Name, attributes, text, children.
Meaning: TypeAlias = "tuple[str, tuple[tuple[str, str], ...], str, tuple[Meaning, ...]]"

_LIST_ELEMENTS = ("genre", "country", "tag", "credits", "director", "studio")
_SCALAR_ELEMENTS = ("title", "originaltitle", "sorttitle", "plot", "tagline", "runtime", "mpaa")
_JELLYFIN_IDS = {"tmdbid": ids.TMDB, "imdbid": ids.IMDB}
_DATE_ELEMENTS = ("premiered", "year")
_SINGLE_ELEMENTS = (*_SCALAR_ELEMENTS, *_DATE_ELEMENTS, "trailer", *_JELLYFIN_IDS)
_MANAGED_ELEMENTS = (*_SINGLE_ELEMENTS, *_LIST_ELEMENTS, "set", "fanart", "fileinfo", "actor")
# Kodi's order (CVideoInfoTag::Save of version 21); older elements next to their replacements.
_KODI_ORDER = """
    title originaltitle sorttitle ratings rating votes userrating top250 outline plot tagline
    runtime thumb fanart mpaa playcount lastplayed file path filenameandpath basepath id uniqueid
    tmdbid imdbid genre country set tag videoassettitle videoassetid videoassettype
    hasvideoversions hasvideoextras isdefaultvideoversion credits director premiered year status
    code aired studio trailer fileinfo actor artist showlink resume dateadded
"""
_RANKS = {name: place for place, name in enumerate(_KODI_ORDER.split())}
_JELLYFIN_FIELDS = {
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
_IGNORED_ATTRIBUTES = ("default", "max")  # attributes without meaning; max only if 10
_REWRITTEN_ATTRIBUTES = {"default", "max", "type", "name", "aspect", "preview", "tmdbcolid"}
_CASELESS_ATTRIBUTES = ("type", "name")  # case-insensitive attributes
_ZERO_IS_EMPTY = (
    *("year", "runtime", "value", "votes", "order"),
    *("channels", "width", "height", "aspect", "durationinseconds"),
)
# Children that may be omitted if empty.
_KNOWN_CHILDREN = {
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
_DECIMAL = re.compile(r"[0-9]+\.[0-9]+")


def group_elements(movie: Element | None) -> dict[str, list[Element]]:
    """Return the elements of an NFO that mediakeep manages, grouped by key."""
    elements_by_key: dict[str, list[Element]] = {}
    for child in movie.children if movie else ():
        if child.name == "ratings":
            for rating in child.find_children("rating"):
                key = f"rating:{ids.normalize_service(rating.attributes.get('name', ''))}"
                elements_by_key.setdefault(key, []).append(rating)
        elif key := _element_key(child):
            elements_by_key.setdefault(key, []).append(child)
    return elements_by_key


def _element_key(element: Element) -> str:
    attributes = element.attributes
    if element.name == "uniqueid":
        return f"uniqueid:{ids.normalize_service(attributes.get('type', ''))}"
    if element.name == "thumb":
        return f"thumb:{attributes.get('aspect', '').strip().lower()}"
    return element.name if element.name in _MANAGED_ELEMENTS else ""


def is_single_element(key: str) -> bool:
    """Return True if an element key stands for a single element with a text."""
    return key in _SINGLE_ELEMENTS or key.startswith("uniqueid:")


def service_from_key(key: str) -> str:
    """Return the service in an element key such as that of a TMDb ID, or "" for other keys."""
    name, _, service = key.partition(":")
    return service if name == "uniqueid" else _JELLYFIN_IDS.get(name, "")


def kodi_order_index(name: str) -> int:
    """Return the index of an element name in Kodi's order, or -1 if it is unknown."""
    return _RANKS.get(name, -1)


def keys_of_locked_fields(fields: frozenset[str]) -> frozenset[str]:
    """Return the keys of the elements whose fields the user has locked in Jellyfin."""
    return frozenset(slot for field in fields for slot in _JELLYFIN_FIELDS.get(field, ()))


def element_values(elements: list[Element]) -> tuple[Meaning, ...]:
    """Return the normalized values of elements, or () if they are empty."""
    return tuple(
        (name, attributes, part, children)
        for name, attributes, text, children in map(_element_meaning, elements)
        if text or children
        for part in (
            kodi_parser.split_values(text) if name in _LIST_ELEMENTS and not children else [text]
        )
    )


def has_only_own_attributes(element: Element) -> bool:
    """Return True if an element has only attributes that mediakeep would write."""
    return not element.attributes.keys() - _REWRITTEN_ATTRIBUTES


def is_empty_element(element: Element) -> bool:
    """Return True if an NFO element has no value."""
    text, name = element.text.strip(), element.name
    if name == COMMENT:
        return False
    has_no_text = not text or (name in _ZERO_IS_EMPTY and not text.strip("0."))
    return has_no_text and all(_is_empty_child(element, child) for child in element.children)


def _element_meaning(element: Element) -> Meaning:
    children = tuple(
        _element_meaning(child) for child in element.children if not _is_empty_child(element, child)
    )
    text = "" if is_empty_element(element) and element.name != COMMENT else element.text.strip()
    if element.name == "votes":
        text = text.replace(",", "")
    if element.name in _ZERO_IS_EMPTY and _DECIMAL.fullmatch(text):
        text = text.rstrip("0").rstrip(".")
    if element.name == "set" and text and not children:  # the format of Kodi 15 and older
        children, text = (("name", (), text, ()),), ""
    attributes = (
        (name, _attribute_meaning(name, value)) for name, value in element.attributes.items()
    )
    return element.name, tuple(sorted(pair for pair in attributes if pair[1])), text, children


def _is_empty_child(parent: Element, element: Element) -> bool:
    """Return True if a child of a managed element is a known child element without a value."""
    is_known = element.name in _KNOWN_CHILDREN.get(parent.name, ())
    has_attributes = any(_attribute_meaning(*item) for item in element.attributes.items())
    return is_known and not has_attributes and is_empty_element(element)


def _attribute_meaning(name: str, text: str) -> str:
    text = text.strip()
    if name in _IGNORED_ATTRIBUTES and (name == "default" or kodi_parser.parse_decimal(text) == 10):
        return ""
    return text.lower() if name in _CASELESS_ATTRIBUTES else text
