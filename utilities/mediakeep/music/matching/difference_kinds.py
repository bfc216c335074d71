"""Assign a kind of issue to each tag that differs from a release."""

from __future__ import annotations

from collections.abc import Mapping

from mediakeep.media.audio import tag_edits
from mediakeep.media.audio.tag_edits import Values
from mediakeep.music.checks import mbids
from mediakeep.music.matching import titles
from mediakeep.music.matching.release_tags import TagValues
from mediakeep.music.matching.weights import WEIGHTS
from mediakeep.music.model import Track
from mediakeep.music.text import compare_text, title_keys

KINDS: Mapping[str, str] = {
    **dict.fromkeys(("title", "album"), "title-differs"),
    **dict.fromkeys(("artist", "artists", "albumartist"), "artist-differs"),
    **dict.fromkeys(("track", "disc"), "wrong-track-order"),
    **dict.fromkeys(
        (
            "musicbrainz_albumid",
            "musicbrainz_releasegroupid",
            "musicbrainz_recordingid",
            "musicbrainz_trackid",
            "musicbrainz_artistid",
            "musicbrainz_albumartistid",
        ),
        "stale-mbid",
    ),
}
MINOR_KIND = "details-differ"  # the kind of all other fields, and of minor differences


def classify_differences(track: Track, other: TagValues) -> dict[str, str]:
    """Return the kind of issue for each field in which a track's tags differ from a release.

    `other` are the differing values of the release.
    """
    return {
        field: _classify_field(field, tag_edits.field_values(track.tags, field), wanted)
        for field, wanted in other.items()
    }


def _classify_field(field: str, current: Values, wanted: Values) -> str:
    kind = KINDS.get(field, MINOR_KIND)
    return MINOR_KIND if _is_minor(field, current, wanted) else kind


def _is_minor(field: str, current: Values, wanted: Values) -> bool:
    """Return whether a field differs only slightly from the wanted values.

    Slight differences are case, accents, punctuation, the edition in an album title, and a list
    that lacks some of several artists.
    """
    if field.startswith("musicbrainz_"):
        return set(map(mbids.normalize_mbid, current)) <= set(wanted)
    if field == "title" and len(current) == len(wanted) == 1:
        parsed, parsed_wanted = titles.parse_title(current[0]), titles.parse_title(wanted[0])
        return parsed.key == parsed_wanted.key and not titles.version_cost(
            parsed, parsed_wanted, WEIGHTS
        )
    normalize = title_keys.base_title_key if field == "album" else compare_text.comparison_key
    return [*map(normalize, current)] == [*map(normalize, wanted)]
