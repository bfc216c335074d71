"""Checks of MBIDs: those that MusicBrainz has merged or deleted, and who nobody can tell."""

from __future__ import annotations

from mediakeep.lookups.known import Choice
from mediakeep.music.checks import letters
from mediakeep.music.model import Artist, Track

FIELDS = (
    "musicbrainz_artistid",
    "musicbrainz_albumartistid",
    "musicbrainz_albumid",
)


def unsure_artist(artist: Artist) -> str | None:
    """Several artists at MusicBrainz may be meant, or one of whom none of the albums is known."""
    choices = artist.resolved.choices if artist.resolved else ()
    return letters.listed([_told(one) for one in choices], "; ") or None


def deleted_mbid(artist: Artist) -> str | None:
    """MBIDs in tags that MusicBrainz has no more; each is told once."""
    gone = artist.resolved.deleted if artist.resolved else ()
    told = []
    for mbid in gone:
        count = sum(_bears(track, mbid) for track in artist.tracks)
        told += [f"{mbid} ({count} {'track' if count == 1 else 'tracks'})"] if count else []
    return letters.listed(told) or None


def merged_mbid(artist: Artist) -> dict[str, str]:
    """MBIDs in tags that MusicBrainz has merged into others."""
    merged = artist.resolved.merged if artist.resolved else {}
    found = {}
    for track in artist.tracks if merged else ():
        if old := [mbid for mbid in merged if _bears(track, mbid)]:
            found[track.place] = letters.listed([f"{mbid} is now {merged[mbid]}" for mbid in old])
    return found


def _bears(track: Track, mbid: str) -> bool:
    return any(mbid in map(plain, getattr(track.tags, field)) for field in FIELDS)


def plain(text: str) -> str:
    """Return an MBID as MusicBrainz writes it."""
    return text.strip().lower()


def _told(one: Choice) -> str:
    artist = one.artist
    about = f", {artist.disambiguation}" if artist.disambiguation else ""
    albums = f": {letters.listed([letters.quoted(title) for title in one.titles])}"
    known = albums if one.titles else ": none of the albums here"
    return f"{letters.quoted(artist.name)}{about} [{artist.id}]{known}"
