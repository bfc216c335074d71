"""The `inc` parameters allowed for each resource; others are rejected, as by MusicBrainz.

From the musicbrainz-server source (ControllerBase/WS/2.pm and WebService/Validator.pm), 2026-07.
"""

from __future__ import annotations

from mediakeep_simulator.http_types import SimulatorHttpError

_RELATION_KINDS = ("area", "artist", "event", "genre", "instrument", "label", "place", "recording")
_RELATED_KINDS = (*_RELATION_KINDS, "release", "release-group", "series", "url", "work")
_RELATION_INCS = frozenset(f"{kind}-rels" for kind in _RELATED_KINDS)
_COMMON_INCS = frozenset({"aliases", "annotation", "tags", "user-tags", "genres", "user-genres"})
_RATED_INCS = _COMMON_INCS | {"ratings", "user-ratings"}
_LEVEL_INCS = frozenset(f"{kind}-level-rels" for kind in ("recording", "release-group", "work"))
_RELEASE_PARTS = frozenset({"artist-credits", "labels", "recordings", "release-groups", "media"})
_RELEASE_INCS = (
    _COMMON_INCS | _RELATION_INCS | _LEVEL_INCS | _RELEASE_PARTS | {"discids", "isrcs", "ratings"}
)
_RECORDING_INCS = _RATED_INCS | _RELATION_INCS | {"artist-credits", "isrcs", "work-level-rels"}
_GROUP_INCS = _RATED_INCS | _RELATION_INCS | {"artist-credits"}

_ARTIST_PARTS = frozenset({"recordings", "releases", "release-groups", "works"})
_RELEASE_DETAILS = frozenset({"media", "discids", "isrcs", "artist-credits"})

LOOKUP_INCS = {
    "artist": _RATED_INCS | _RELATION_INCS | _ARTIST_PARTS | _RELEASE_DETAILS | {"various-artists"},
    "release": _RELEASE_INCS | {"artists", "collections"},
    "release-group": _GROUP_INCS | {"artists", "releases", "media", "discids"},
    "recording": _RECORDING_INCS | {"artists", "releases", "release-groups", "media", "discids"},
}
BROWSE_INCS = {"release": _RELEASE_INCS, "release-group": _GROUP_INCS, "recording": _RECORDING_INCS}

_REQUIRED_INCS = {"isrcs": "recordings"}  # of releases: parameters that require another one


def parse_incs(entity: str, text: str, *, browse: bool = False) -> frozenset[str]:
    """Return the words of an `inc` parameter, which says what a response shall include.

    Raise SimulatorHttpError if a word is not allowed for the entity type.
    """
    words = frozenset(text.replace("+", " ").split())
    for word in sorted(words - (BROWSE_INCS if browse else LOOKUP_INCS)[entity]):
        raise SimulatorHttpError(
            400, f"{word} is not a valid inc parameter for the {entity} resource."
        )
    for word, needed in _REQUIRED_INCS.items():
        if entity == "release" and word in words and needed not in words:
            raise SimulatorHttpError(400, f"inc={word} is valid only with inc={needed} here.")
    return words
