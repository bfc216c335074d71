"""Of which kind of issue it is that tags say something else than a release does."""

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
OTHERWISE = "details-differ"  # the kind of all other fields, and of what is but written otherwise


def of(track: Track, other: Particulars) -> dict[str, str]:
    """Return the kind of issue that each field is which a release has otherwise."""
    return {
        field: _kind(field, changes.value(track.tags, field), wanted)
        for field, wanted in other.items()
    }


def _kind(field: str, held: Values, wanted: Values) -> str:
    kind = KINDS.get(field, OTHERWISE)
    return OTHERWISE if _is_slight(field, held, wanted) else kind


def _is_slight(field: str, held: Values, wanted: Values) -> bool:
    """Tell whether a field says the same but for what hardly matters.

    That is case, accents and punctuation; which edition an album's title names; and that it names
    some of several artists.
    """
    if field.startswith("musicbrainz_"):
        return set(map(identifiers.plain, held)) <= set(wanted)
    if field == "title" and len(held) == len(wanted) == 1:
        one, other = titles.parsed(held[0]), titles.parsed(wanted[0])
        return one.key == other.key and not titles.versions(one, other, WEIGHTS)
    write = title_keys.base_key if field == "album" else letters.loose
    return [*map(write, held)] == [*map(write, wanted)]
