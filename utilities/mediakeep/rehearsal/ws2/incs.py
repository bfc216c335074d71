"""The `inc` parameters of each resource; others are rejected, as by MusicBrainz.

From the musicbrainz-server source (ControllerBase/WS/2.pm and WebService/Validator.pm), 2026-07.
"""

from __future__ import annotations

from mediakeep.rehearsal.reply import Refusal

_KINDS = ("area", "artist", "event", "genre", "instrument", "label", "place", "recording")
_RELATED = (*_KINDS, "release", "release-group", "series", "url", "work")
_RELS = frozenset(f"{kind}-rels" for kind in _RELATED)
_NOTES = frozenset({"aliases", "annotation", "tags", "user-tags", "genres", "user-genres"})
_RATED = _NOTES | {"ratings", "user-ratings"}
_BELOW = frozenset(f"{kind}-level-rels" for kind in ("recording", "release-group", "work"))
_PRINTED = frozenset({"artist-credits", "labels", "recordings", "release-groups", "media"})
_RELEASE = _NOTES | _RELS | _BELOW | _PRINTED | {"discids", "isrcs", "ratings"}
_RECORDING = _RATED | _RELS | {"artist-credits", "isrcs", "work-level-rels"}
_GROUP = _RATED | _RELS | {"artist-credits"}

_ON_ARTIST = frozenset({"recordings", "releases", "release-groups", "works"})
_ON_RELEASES = frozenset({"media", "discids", "isrcs", "artist-credits"})

LOOKUP = {
    "artist": _RATED | _RELS | _ON_ARTIST | _ON_RELEASES | {"various-artists"},
    "release": _RELEASE | {"artists", "collections"},
    "release-group": _GROUP | {"artists", "releases", "media", "discids"},
    "recording": _RECORDING | {"artists", "releases", "release-groups", "media", "discids"},
}
BROWSE = {"release": _RELEASE, "release-group": _GROUP, "recording": _RECORDING}

_NEEDS = {"isrcs": "recordings"}  # of releases: parameters that require another one


def read(entity: str, text: str, *, browse: bool = False) -> frozenset[str]:
    """Parse an `inc` parameter; raise SimulatorHttpError if a word is invalid."""
    words = frozenset(text.replace("+", " ").split())
    for word in sorted(words - (BROWSE if browse else LOOKUP)[entity]):
        raise Refusal(400, f"{word} is not a valid inc parameter for the {entity} resource.")
    for word, needed in _NEEDS.items():
        if entity == "release" and word in words and needed not in words:
            raise Refusal(400, f"inc={word} is valid only with inc={needed} here.")
    return words
