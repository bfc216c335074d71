"""Checks of MusicBrainz identifiers that were merged or deleted, and of ambiguous artists."""

from __future__ import annotations

from mediakeep.music.model import Artist, Track
from mediakeep.music.text import compare_text

MBID_FIELDS = (
    "musicbrainz_artistid",
    "musicbrainz_albumartistid",
    "musicbrainz_albumid",
    "musicbrainz_recordingid",
)


def unsure_artist(artist: Artist) -> str | None:
    """Check whether it is uncertain which MusicBrainz artist the folder belongs to.

    That is the case if several artists fit, or if none of their albums is owned.
    """
    count = len(artist.resolved.choices) if artist.resolved else 0
    several = f"{count:,} artists" if count > 1 else "1 artist"
    return f"{several} may be meant: see At MusicBrainz" if count else None


def deleted_mbid(artist: Artist) -> str | None:
    """Return the MBIDs in tags that MusicBrainz has deleted, each once; None if there are none."""
    deleted = artist.resolved.deleted if artist.resolved else ()
    details = []
    for mbid in deleted:
        count = sum(_has_mbid(track, mbid) for track in artist.tracks)
        details += [f"{mbid} ({count} {'track' if count == 1 else 'tracks'})"] if count else []
    return compare_text.join_parts(details) or None


def merged_mbid(artist: Artist) -> dict[str, str]:
    """Find tracks whose tags contain an MBID that MusicBrainz has merged into another."""
    merged = artist.resolved.merged if artist.resolved else {}
    details = {}
    for track in artist.tracks if merged else ():
        if old := [mbid for mbid in merged if _has_mbid(track, mbid)]:
            details[track.place] = compare_text.join_parts(
                [f"{mbid} is now {merged[mbid]}" for mbid in old]
            )
    return details


def _has_mbid(track: Track, mbid: str) -> bool:
    return any(mbid in map(normalize_mbid, getattr(track.tags, field)) for field in MBID_FIELDS)


def normalize_mbid(text: str) -> str:
    """Return an MBID in the form in which MusicBrainz writes it."""
    return text.strip().lower()
