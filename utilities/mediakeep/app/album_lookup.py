"""Look up the albums of a conversion with the matcher of the music queue.

1. The album is matched with the releases of its artist, as a batch of the music queue does it.
2. Of a certain match, the values of fields that have none are taken.
3. If the album has no cover, the one of the release is downloaded.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path

from msgspec import structs

from mediakeep import path_text
from mediakeep.albums.enrichment import AlbumLookup, FoundTags
from mediakeep.albums.read_album import SourceAlbum
from mediakeep.errors import (
    LookupSkipped,
    NoCache,
    NoCover,
    ServiceFailed,
    Unreadable,
    UsageError,
)
from mediakeep.lookups.musicbrainz.context import MusicBrainzContext
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.media.audio import tag_edits
from mediakeep.media.audio.tag_edits import SetField, Values
from mediakeep.music import scan
from mediakeep.music.artist_lookup import lookup as artist_lookup
from mediakeep.music.matching import archive_covers, differences
from mediakeep.music.matching.match_result import AlbumMatch
from mediakeep.music.matching.release_tags import TagValues
from mediakeep.music.model import Album, Artist, Track
from mediakeep.music.repairs import fetch_covers
from mediakeep.outcome import NO_PROGRESS, Progress

_NO_MATCH = "No release on MusicBrainz certainly is this album."
_FAILURES = (LookupSkipped, ServiceFailed, NoCache)


@contextlib.contextmanager
def open_lookup(folder: Path, access: ServiceConfig, cover_size: str) -> Iterator[AlbumLookup]:
    """Yield the function that looks up albums; `folder` has the caches of the services."""
    with contextlib.closing(MusicBrainzContext(folder, access)) as context:
        yield functools.partial(_look_up, context, cover_size)


def _look_up(
    context: MusicBrainzContext, cover_size: str, album: SourceAlbum, progress: Progress
) -> FoundTags:
    if context.is_unavailable:
        return FoundTags(reason=context.disabled_text)
    context.progress = progress
    try:
        return _match_album(context, cover_size, album)
    except _FAILURES as error:
        return FoundTags(reason=str(error))
    finally:
        context.progress = NO_PROGRESS


def _match_album(context: MusicBrainzContext, cover_size: str, album: SourceAlbum) -> FoundTags:
    artist = _read_artist(album)
    found = artist_lookup.look_up_albums(artist, context)
    match = found.matches.get(artist.albums[0].place)
    if match is None or match.group is None:
        return FoundTags(reason=_NO_MATCH)
    artist = structs.replace(artist, resolved=found.resolved, matches=found.matches)
    result = FoundTags(_find_missing_fields(artist), release=_name_release(match))
    has_covers = album.cover or all(track.tags.pictures for track in artist.tracks)
    return result if has_covers else _add_cover(result, match, context, cover_size)


def _add_cover(
    result: FoundTags, match: AlbumMatch, context: MusicBrainzContext, size: str
) -> FoundTags:
    """Add the cover of a release, if there is one and it can be downloaded."""
    wanted = archive_covers.find_cover_for_match(match)
    try:
        picture = fetch_covers.fetch_picture(context, wanted, size) if wanted else ""
    except (NoCover, Unreadable):
        return result
    except _FAILURES as error:
        return structs.replace(result, reason=str(error))
    return structs.replace(result, cover=str(picture))


def _read_artist(album: SourceAlbum) -> Artist:
    """Read an album as the music queue would: in a folder of its artist."""
    name, place = (
        path_text.escape_path(path_text.safe_name(text)) for text in (album.artist, album.title)
    )
    tracks = (
        structs.replace(track, place=f"{place}/{track.place}")
        for track in scan.read_artist(album.folder).tracks
    )
    only = Album(place=place, tracks=tuple(tracks))
    return Artist(name=name, path=name, albums=(only,), fingerprint="")


def _find_missing_fields(artist: Artist) -> dict[str, TagValues]:
    """Return the values of fields that have none, by the path of the track in its album."""
    (album,) = artist.albums
    missing = differences.compare_tags(artist)
    return {
        track.place.removeprefix(f"{album.place}/"): fields
        for track in album.tracks
        if track.place in missing
        and (fields := dict(_find_fillable(track, missing[track.place].missing)))
    }


def _find_fillable(track: Track, values: TagValues) -> Iterator[tuple[str, Values]]:
    """Yield the fields without any value; placeholders such as "Track 1" are values here."""
    for field, texts in values.items():
        if not tag_edits.field_values(track.tags, field):
            with contextlib.suppress(UsageError):  # tags cannot contain such a text
                yield field, SetField(field, texts).values


def _name_release(match: AlbumMatch) -> str:
    """Return the release as a URL, or its group if several editions are equally likely."""
    if match.release:
        return f"https://musicbrainz.org/release/{match.release.id}"
    return f"https://musicbrainz.org/release-group/{match.group.id}" if match.group else ""
