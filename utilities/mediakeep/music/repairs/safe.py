"""Plan the repairs that a batch makes by itself: only unambiguous ones, which can be undone.

Nothing is planned for files that cannot be read or only be read, and for audio that is truncated,
damaged or protected by DRM.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import structs

from mediakeep.issue import Issue
from mediakeep.music.model import Artist
from mediakeep.music.repairs import (
    albumartists,
    covers,
    enrichment,
    numbers,
    preview,
    texts,
)
from mediakeep.music.repairs.containers import id3v1_only
from mediakeep.music.repairs.identifiers import merged_mbid
from mediakeep.music.repairs.repair import Mend, Repair, merged
from mediakeep.policy import Fix

# The order matters, since each builds on those before: a garbled letter may be a space.
SAFE: Mapping[str, Mend] = {
    "id3v1-only": id3v1_only,
    "mojibake": texts.mojibake,
    "whitespace": texts.whitespace,
    "track-number-format": numbers.track_number_format,
    "missing-albumartist": albumartists.missing_albumartist,
    "merged-mbid": merged_mbid,
    "external-cover-not-embedded": covers.external_cover_not_embedded,
    "missing-cover": covers.missing_cover,
    "cover-not-image": covers.cover_not_image,
    "cover-too-small": covers.cover_too_small,
    "cover-upgrade": covers.cover_upgrade,
    enrichment.FILLED: enrichment.filled,
}
# With --fix matched also values that differ from those of a certain match.
MATCHED: Mapping[str, Mend] = {
    **SAFE,
    **dict.fromkeys(enrichment.CORRECTED, enrichment.corrected),
}

_ROUNDS = 8  # far more rounds than repairs can trigger each other


def plan(
    artist: Artist, issues: Iterable[Issue] | None = None, fix: Fix = Fix.SAFE
) -> tuple[Repair, ...]:
    """Return the safe repairs of an artist, at most one for each field of a file.

    With Fix.MATCHED also those that correct differences from a certain match. After they are made,
    nothing is planned.

    If the artist's issues are given, only albums with a repairable issue are examined, so a healthy
    artist costs nothing; without them each check is run again.
    """
    repair_functions = MATCHED if fix is Fix.MATCHED else SAFE
    if issues is not None:
        places = {issue.album for issue in issues if issue.kind in repair_functions}
        albums = tuple(album for album in artist.albums if album.place in places) if places else ()
        artist = structs.replace(artist, albums=albums)
    planned: list[Repair] = []
    for _ in range(_ROUNDS):
        count = len(planned)
        for repair_function in dict.fromkeys(repair_functions.values()) if artist.albums else ():
            new = tuple(repair_function(artist))
            artist = preview.artist(artist, new) if new else artist
            planned += new
        if len(planned) == count:
            break
    return merged(planned)
