"""The kinds of issues for tags that differ from a release."""

from __future__ import annotations

from collections.abc import Mapping

from mediakeep.media.edits import changes
from mediakeep.media.edits.changes import Values
from mediakeep.music.checks import identifiers, letters
from mediakeep.music.discography import title_keys
from mediakeep.music.matching import titles
from mediakeep.music.matching.particulars import Particulars
from mediakeep.music.matching.weights import WEIGHTS
from mediakeep.music.model import Track

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
OTHERWISE = "details-differ"  # the kind of all other fields, and of minor differences


def of(track: Track, other: Particulars) -> dict[str, str]:
    """Return the kind of issue of each differing field."""
    return {
        field: _kind(field, changes.value(track.tags, field), wanted)
        for field, wanted in other.items()
    }


def _kind(field: str, current: Values, wanted: Values) -> str:
    kind = KINDS.get(field, OTHERWISE)
    return OTHERWISE if _is_slight(field, current, wanted) else kind


def _is_slight(field: str, current: Values, wanted: Values) -> bool:
    """Return whether a field has only minor differences.

    These are case, accents and punctuation; the edition in an album title; and a list that names
    only some of several artists.
    """
    if field.startswith("musicbrainz_"):
        return set(map(identifiers.plain, current)) <= set(wanted)
    if field == "title" and len(current) == len(wanted) == 1:
        parsed, parsed_wanted = titles.parsed(current[0]), titles.parsed(wanted[0])
        return parsed.key == parsed_wanted.key and not titles.versions(
            parsed, parsed_wanted, WEIGHTS
        )
    normalize = title_keys.base_key if field == "album" else letters.loose
    return [*map(normalize, current)] == [*map(normalize, wanted)]
