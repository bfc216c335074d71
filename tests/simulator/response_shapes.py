"""The shapes of MusicBrainz responses: keys, types and nesting.

A key with "?" is optional. A type is text, number, yes (a boolean), a list or another shape; with
"null" next to it the value may be null.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

TEXT, NUMBER, YES = "text", "number", "yes"
OR_NULL = "null"


def maybe(kind: str) -> tuple[str, str]:
    return kind, OR_NULL


TYPED = {"type": maybe(TEXT), "type-id": maybe(TEXT)}
GENRE = {"id": TEXT, "name": TEXT, "count": NUMBER, "disambiguation": TEXT}
ALIAS = {
    "name": TEXT,
    "sort-name": TEXT,
    "locale": maybe(TEXT),
    "primary": maybe(YES),
    **TYPED,
    "begin": maybe(TEXT),
    "end": maybe(TEXT),
    "ended": YES,
}
NOTES = {"genres?": [GENRE], "aliases?": [ALIAS]}
RELATED = {"relations?": [{}]}  # of any shape
NAMED = {
    "id": TEXT,
    "name": TEXT,
    "sort-name": TEXT,
    "disambiguation": TEXT,
    "country?": maybe(TEXT),
    **TYPED,
    **NOTES,
}
CREDIT = [{"name": TEXT, "joinphrase": TEXT, "artist": NAMED}]
AREA = {
    "id": TEXT,
    "name": TEXT,
    "sort-name": TEXT,
    "disambiguation": TEXT,
    **TYPED,
    "iso-3166-1-codes?": [TEXT],
}
ARTIST = {
    **NAMED,
    "area": (AREA, OR_NULL),
    "begin-area": (AREA, OR_NULL),
    "end-area": (AREA, OR_NULL),
    "gender": maybe(TEXT),
    "gender-id": maybe(TEXT),
    "ipis": [TEXT],
    "isnis": [TEXT],
    "life-span": {"begin": maybe(TEXT), "end": maybe(TEXT), "ended": YES},
    **RELATED,
}
GROUP = {
    "id": TEXT,
    "title": TEXT,
    "disambiguation": TEXT,
    "first-release-date": TEXT,
    "primary-type": maybe(TEXT),
    "primary-type-id": maybe(TEXT),
    "secondary-types": [TEXT],
    "secondary-type-ids": [TEXT],
    "artist-credit?": CREDIT,
    **NOTES,
    **RELATED,
}
LABEL = {
    "id": TEXT,
    "name": TEXT,
    "sort-name": TEXT,
    "disambiguation": TEXT,
    "label-code": maybe(NUMBER),
    **TYPED,
    **NOTES,
}
RECORDING = {
    "id": TEXT,
    "title": TEXT,
    "length": maybe(NUMBER),
    "disambiguation": TEXT,
    "video": YES,
    "first-release-date?": TEXT,
    "artist-credit?": CREDIT,
    "isrcs?": [TEXT],
    **NOTES,
    **RELATED,
}
TRACK = {
    "id": TEXT,
    "position": NUMBER,
    "number": TEXT,
    "title": TEXT,
    "length": maybe(NUMBER),
    "recording": RECORDING,
    "artist-credit?": CREDIT,
}
DISC = {"id": TEXT, "offset-count": NUMBER, "offsets": [NUMBER], "sectors": NUMBER}
MEDIUM = {
    "id?": TEXT,
    "position": NUMBER,
    "title": TEXT,
    "format": maybe(TEXT),
    "format-id": maybe(TEXT),
    "track-count": NUMBER,
    "track-offset?": NUMBER,
    "discs?": [DISC],
    "tracks?": [TRACK],
}
RELEASE = {
    "id": TEXT,
    "title": TEXT,
    "disambiguation": TEXT,
    "status": maybe(TEXT),
    "status-id": maybe(TEXT),
    "packaging": maybe(TEXT),
    "packaging-id": maybe(TEXT),
    "quality": TEXT,
    "text-representation": {"language": maybe(TEXT), "script": maybe(TEXT)},
    "barcode": maybe(TEXT),
    "asin": maybe(TEXT),
    "date?": TEXT,
    "country?": maybe(TEXT),
    "release-events?": [{"date": TEXT, "area": (AREA, OR_NULL)}],
    "cover-art-archive": {
        "artwork": YES,
        "front": YES,
        "back": YES,
        "count": NUMBER,
        "darkened": YES,
    },
    "artist-credit?": CREDIT,
    "label-info?": [{"catalog-number": maybe(TEXT), "label": (LABEL, OR_NULL)}],
    "release-group?": GROUP,
    "media?": [MEDIUM],
    **NOTES,
    **RELATED,
}
RELEASES = {"release-count": NUMBER, "release-offset": NUMBER, "releases": [RELEASE]}
GROUPS = {"release-group-count": NUMBER, "release-group-offset": NUMBER, "release-groups": [GROUP]}
RECORDINGS = {"recording-count": NUMBER, "recording-offset": NUMBER, "recordings": [RECORDING]}

FOUND = {"created": TEXT, "count": NUMBER, "offset": NUMBER}
TAGS = {"tags?": [{"count": NUMBER, "name": TEXT}]}
FOUND_NAME = {"id": TEXT, "name": TEXT, "sort-name": TEXT}
FOUND_PLACE = {
    **FOUND_NAME,
    "type?": TEXT,
    "type-id?": TEXT,
    "life-span": {"ended": (YES, OR_NULL)},
}
FOUND_RELEASE = {
    "id": TEXT,
    "score": NUMBER,
    "title": TEXT,
    "count": NUMBER,
    "track-count": NUMBER,
    "status?": TEXT,
    "status-id?": TEXT,
    "packaging?": TEXT,
    "packaging-id?": TEXT,
    "disambiguation?": TEXT,
    "text-representation?": {"language?": TEXT, "script?": TEXT},
    "artist-credit": [
        {
            "name": TEXT,
            "joinphrase?": TEXT,
            "artist": {**FOUND_NAME, "disambiguation?": TEXT},
        }
    ],
    "release-group": {
        "id": TEXT,
        "title": TEXT,
        "type-id?": TEXT,
        "primary-type?": TEXT,
        "primary-type-id?": TEXT,
        "secondary-types?": [TEXT],
        "secondary-type-ids?": [TEXT],
        "disambiguation?": TEXT,
    },
    "date?": TEXT,
    "country?": TEXT,
    "release-events?": [{"date": TEXT, "area": {**FOUND_NAME, "iso-3166-1-codes": [TEXT]}}],
    "barcode?": TEXT,
    "label-info?": [{"catalog-number?": TEXT, "label?": {"id": TEXT, "name": TEXT}}],
    "media": [{"format?": TEXT, "disc-count": NUMBER, "track-count": NUMBER}],
    **TAGS,
}
FOUND_ARTIST = {
    **FOUND_NAME,
    "score": NUMBER,
    "type?": TEXT,
    "type-id?": TEXT,
    "country?": TEXT,
    "disambiguation?": TEXT,
    "area?": FOUND_PLACE,
    "begin-area?": FOUND_PLACE,
    "end-area?": FOUND_PLACE,
    "life-span": {"begin?": TEXT, "end?": TEXT, "ended": (YES, OR_NULL)},
    "isnis?": [TEXT],
    "aliases?": [
        {
            "name": TEXT,
            "sort-name": TEXT,
            "locale": maybe(TEXT),
            "type": maybe(TEXT),
            "primary": (YES, OR_NULL),
            "begin-date": maybe(TEXT),
            "end-date": maybe(TEXT),
        }
    ],
    **TAGS,
}
FOUND_RELEASES = {**FOUND, "releases": [FOUND_RELEASE]}
FOUND_ARTISTS = {**FOUND, "artists": [FOUND_ARTIST]}

PICTURES = {
    "release": TEXT,
    "images": [
        {
            "id": NUMBER,
            "image": TEXT,
            "approved": YES,
            "front": YES,
            "back": YES,
            "comment": TEXT,
            "edit": NUMBER,
            "types": [TEXT],
            "thumbnails": dict.fromkeys(("250", "500", "1200", "large", "small"), TEXT),
        }
    ],
}

_PLAIN: dict[str, type] = {TEXT: str, NUMBER: int, YES: bool}


def differences(value: Any, shape: Any, place: str = "$") -> Iterator[str]:
    """Yield each place where a value differs from the shape."""
    if isinstance(shape, tuple):
        if value is not None:
            yield from differences(value, shape[0], place)
    elif isinstance(shape, str):
        if type(value) is not _PLAIN[shape]:
            yield f"{place}: {value!r} is no {shape}"
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{place}: {value!r} is no list"
            return
        for number, one in enumerate(value):
            yield from differences(one, shape[0], f"{place}[{number}]")
    elif not isinstance(value, dict):
        yield f"{place}: {value!r} has no keys"
    elif shape:
        yield from _keys(value, shape, place)


def _keys(value: dict[str, Any], shape: dict[str, Any], place: str) -> Iterator[str]:
    known = {key.removesuffix("?"): kind for key, kind in shape.items()}
    for key in sorted(set(value) - set(known)):
        yield f"{place}.{key} is not known"
    for key in shape:
        if not key.endswith("?") and key not in value:
            yield f"{place}.{key} is missing"
    for key in set(value) & set(known):
        yield from differences(value[key], known[key], f"{place}.{key}")
