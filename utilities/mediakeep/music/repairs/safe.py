"""What a batch repairs by itself: only what leaves no doubt, and can be taken back.

    plan        gives the safe repairs of an artist; once they are made it gives none

Nothing is planned for a file that cannot be read, whose sound is cut off, damaged or locked by DRM,
or whose format is only read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import structs

from mediakeep.issue import Issue
from mediakeep.music.model import Artist
from mediakeep.music.repairs import (
    albumartists,
    containers,
    covers,
    enrichment,
    identifiers,
    numbers,
    preview,
    texts,
)
from mediakeep.music.repairs.repair import Mend, Repair, merged
from mediakeep.policy import Fix

# In this order each builds upon those before: a letter that was garbled may be a space.
SAFE: Mapping[str, Mend] = {
    "id3v1-only": containers.id3v1_only,
    "mojibake": texts.mojibake,
    "whitespace": texts.whitespace,
    "track-number-format": numbers.track_number_format,
    "missing-albumartist": albumartists.missing_albumartist,
    "merged-mbid": identifiers.merged_mbid,
    "external-cover-not-embedded": covers.external_cover_not_embedded,
    "missing-cover": covers.missing_cover,
    "cover-not-image": covers.cover_not_image,
    "cover-too-small": covers.cover_too_small,
    "cover-upgrade": covers.cover_upgrade,
    enrichment.FILLED: enrichment.filled,
}
# What a person has asked for beyond that: values that differ from those of a certain match.
MATCHED: Mapping[str, Mend] = {
    **SAFE,
    **dict.fromkeys(enrichment.CORRECTED, enrichment.corrected),
}

_ROUNDS = 8  # far more than one repair can bring another about


def plan(
    artist: Artist, issues: Iterable[Issue] | None = None, fix: Fix = Fix.SAFE
) -> tuple[Repair, ...]:
    """Return the safe repairs of an artist, at most one for each field of a file.

    With MATCHED also those that correct what differs from a certain match.

    Given the artist's issues, only the albums that have one to repair are looked at, so a healthy
    artist costs nothing; without them each check is asked anew.
    """
    mends = MATCHED if fix is Fix.MATCHED else SAFE
    if issues is not None:
        places = {issue.album for issue in issues if issue.kind in mends}
        albums = tuple(album for album in artist.albums if album.place in places) if places else ()
        artist = structs.replace(artist, albums=albums)
    made: list[Repair] = []
    for _ in range(_ROUNDS):
        done = len(made)
        for mend in dict.fromkeys(mends.values()) if artist.albums else ():
            new = tuple(mend(artist))
            artist = preview.artist(artist, new) if new else artist
            made += new
        if len(made) == done:
            break
    return merged(made)
