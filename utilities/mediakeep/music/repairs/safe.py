"""Plan the repairs that a batch makes by itself: only unambiguous ones, which can be undone.

Nothing is planned for files that cannot be read or only be read, and for audio that is truncated,
damaged or protected by DRM.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import structs

from mediakeep.issue import Issue
from mediakeep.media.audio.tag_edits import CopyToNativeTags
from mediakeep.music.checks import tag_types
from mediakeep.music.checks.mbids import MBID_FIELDS, normalize_mbid
from mediakeep.music.model import Artist
from mediakeep.music.repairs import (
    album_artist,
    covers,
    enrichment,
    preview,
    repair,
    tag_texts,
    track_numbering,
)
from mediakeep.music.repairs.repair import Repair, RepairFunction, merge_repairs
from mediakeep.policy import FixLevel

_ID3V1_ONLY = "id3v1-only"
_COPY_TO_NATIVE_TAGS = CopyToNativeTags(f"{_ID3V1_ONLY}: the same texts in the format's own tags")


def repair_id3v1_only(artist: Artist) -> Iterator[Repair]:
    """Copy the texts of ID3v1 to the native tags of the format."""
    for track in artist.tracks:
        if tag_types.id3v1_only(track) is not None and repair.is_writable(track):
            yield Repair(
                place=track.place,
                kinds=(_ID3V1_ONLY,),
                change=_COPY_TO_NATIVE_TAGS,
                old=(track.container,),
            )


def repair_merged_mbid(artist: Artist) -> Iterator[Repair]:
    """Replace MBIDs that MusicBrainz has merged into others by the current ones."""
    merged = artist.resolved.merged if artist.resolved else {}
    for track in artist.tracks if merged else ():
        for field in MBID_FIELDS:
            old = getattr(track.tags, field)
            new = tuple(merged.get(normalize_mbid(mbid), mbid) for mbid in old)
            if new != old and repair.is_writable(track):
                reason = "MusicBrainz has merged it into another"
                yield from repair.set_field(track, field, new, "merged-mbid", reason)


# The order matters, since each builds on those before: a garbled letter may be a space.
SAFE_REPAIRS: Mapping[str, RepairFunction] = {
    "id3v1-only": repair_id3v1_only,
    "mojibake": tag_texts.repair_mojibake,
    "whitespace": tag_texts.repair_whitespace,
    "track-number-format": track_numbering.repair_track_number_format,
    "missing-albumartist": album_artist.repair_missing_albumartist,
    "merged-mbid": repair_merged_mbid,
    "external-cover-not-embedded": covers.repair_external_cover_not_embedded,
    "missing-cover": covers.repair_missing_cover,
    "cover-not-image": covers.repair_cover_not_image,
    "cover-too-small": covers.repair_cover_too_small,
    "cover-upgrade": covers.repair_cover_upgrade,
    enrichment.FILLED_KIND: enrichment.fill_empty_fields,
}
# With --fix matched also values that differ from those of a certain match.
MATCHED_REPAIRS: Mapping[str, RepairFunction] = {
    **SAFE_REPAIRS,
    **dict.fromkeys(enrichment.CORRECTED_KINDS, enrichment.correct_fields),
}

_MAX_ROUNDS = 8  # far more rounds than repairs can trigger each other


def plan_repairs(
    artist: Artist, issues: Iterable[Issue] | None = None, fix: FixLevel = FixLevel.SAFE
) -> tuple[Repair, ...]:
    """Return the safe repairs of an artist, at most one for each field of a file.

    With FixLevel.MATCHED, also correct tags that differ from a certain match. After the repairs are
    made, a new plan is empty. If `issues` are given, only albums with a repairable issue are
    examined; otherwise all checks are run.
    """
    # A batch plans to make the repairs, and again to propose those that were not made.
    functions = MATCHED_REPAIRS if fix is FixLevel.MATCHED else SAFE_REPAIRS
    return artist.cached_call(_plan_repairs, issues, functions)


def _plan_repairs(
    artist: Artist,
    issues: Iterable[Issue] | None,
    repair_functions: Mapping[str, RepairFunction],
) -> tuple[Repair, ...]:
    if issues is not None:
        places = {issue.album for issue in issues if issue.kind in repair_functions}
        albums = tuple(album for album in artist.albums if album.place in places) if places else ()
        artist = structs.replace(artist, albums=albums)
    tracks = artist.tracks
    unchanged = {track.place for track in tracks if tag_types.is_id3v1_in_unknown_encoding(track)}
    planned: list[Repair] = []
    for _ in range(_MAX_ROUNDS):
        count = len(planned)
        for repair_function in dict.fromkeys(repair_functions.values()) if artist.albums else ():
            new = tuple(one for one in repair_function(artist) if one.place not in unchanged)
            artist = preview.predict_artist_after_repairs(artist, new) if new else artist
            planned += new
        if len(planned) == count:
            break
    return merge_repairs(planned)
