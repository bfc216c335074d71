"""Look up the front cover of an album.

1. If the tags name a release MBID, use that release.
2. Else match the album as a batch does, from the cache or with requests.
3. Download the cover if the Cover Art Archive has one for the release.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mediakeep import command_text, path_text
from mediakeep.app.console import Console
from mediakeep.app.edit import audio_targets
from mediakeep.app.lookups import cache_warnings
from mediakeep.app.music import artist_folder
from mediakeep.app.music.artist_folder import ArtistFolder
from mediakeep.app.subjects import registry
from mediakeep.errors import ItemFailed, LookupIncomplete, NoCover, NoSuchMBID, Unreadable
from mediakeep.lookups.musicbrainz import client
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.media import ignore_rules
from mediakeep.media.audio import tags
from mediakeep.music import scan, worker_context
from mediakeep.music.artist_lookup import lookup as artist_lookup_lookup
from mediakeep.music.item import MUSIC
from mediakeep.music.matching import archive_covers
from mediakeep.music.matching.archive_covers import ArchiveCover
from mediakeep.music.matching.match_result import AlbumMatch, MatchConfidence
from mediakeep.music.repairs import fetch_covers
from mediakeep.music.text import disc_folders
from mediakeep.music.worker_context import MusicWorkerConfig, MusicWorkerContext

_MAX_CANDIDATES = 3  # candidates that are listed


class CoverSource(NamedTuple):
    """A downloaded cover: its file, and what it shows."""

    image: Path
    front: ArchiveCover
    description: str


def find_album_cover(
    home: Path, album: Path, size: str, access: ServiceConfig, console: Console
) -> CoverSource:
    """Download the front cover of an album, given by its folder.

    Raise ItemFailed if its release is ambiguous, NoCover if that has no cover, LookupSkipped or
    ServiceFailed if no request can be made.
    """
    places = MusicWorkerConfig(
        home, write=False, access=access, ignored=registry.read_ignore_settings(home)
    )
    with worker_context.open_context(places) as context:
        with cache_warnings.report_cache_warnings(context.lookups, console):
            front, description = _cover_from_tags(album, context) or _cover_from_match(
                home, album, context
            )
            image = fetch_covers.fetch_picture(context.lookups, front, size)
        context.reader.commit()
    facts = fetch_covers.describe_picture(image)
    description = (
        f"Front cover of the {front}: {description}, {facts.width} x {facts.height} pixels"
    )
    return CoverSource(image, front, description)


def _cover_from_tags(album: Path, context: MusicWorkerContext) -> tuple[ArchiveCover, str] | None:
    """Return the cover of the release that at least half of the tracks name, if they all agree."""
    tracks = list(_iter_release_mbids(album, context.config.ignored))
    release_ids = {mbid for mbids in tracks for mbid in mbids}
    if len(release_ids) != 1 or 2 * sum(map(bool, tracks)) < len(tracks):
        return None
    try:
        release = context.lookups.musicbrainz.get_release(*release_ids)
    except NoSuchMBID:  # it was deleted
        return None
    if front := archive_covers.find_cover_for_release(release):
        return front, f"{release.title}, as its tags say"
    raise NoCover("front", f"the release {release.id}, which its tags name")


def _iter_release_mbids(album: Path, ignored: ignore_rules.IgnoreSettings) -> Iterator[list[str]]:
    """Yield the release MBIDs of each readable track."""
    for file in audio_targets.find_album_tracks(album, ignored):
        try:
            mbids = tags.read(file).tags.musicbrainz_albumid
        except Unreadable:
            continue
        yield [mbid.lower() for mbid in mbids if client.is_mbid(mbid.lower())]


def _cover_from_match(
    home: Path, album: Path, context: MusicWorkerContext
) -> tuple[ArchiveCover, str]:
    """Match the album together with the other albums of its artist."""
    folder = album.parent if album.is_file() else album
    artist = _find_artist_folder(home, folder)
    place = disc_folders.album_folder(
        path_text.escape_path(folder.resolve().relative_to(artist.path.resolve()))
    )
    local_artist = scan.read_artist(
        artist.path, reader=context.reader, ignored=context.config.ignored
    )
    lookup = artist_lookup_lookup.look_up(local_artist, artist.lookup_key, context.lookups)
    place = next(
        (
            local_album.place
            for local_album in local_artist.albums
            if place in local_album.sibling_folders
        ),
        place,
    )
    match = lookup.matches.get(place)
    if match is None and lookup.service_failed:
        raise LookupIncomplete(lookup.reason)
    if match is None and lookup.reason:
        raise context.lookups.config.build_skipped_error()
    if match is None or match.group is None:
        raise ItemFailed(_format_ambiguity(home, album, match))
    if front := archive_covers.find_cover_for_match(match):
        return front, f"{match.group.title}, as its {match.decided_by} say"
    raise NoCover("front", f"{match.group.title}, which is {_describe_match(match)}")


def _find_artist_folder(home: Path, album: Path) -> ArtistFolder:
    """Return the artist's folder: the one in the queue, or else the album's parent."""
    items = registry.read_items(home, MUSIC)
    keys_by_path = {item.path: key for key, item in items.items()}
    for folder in (*album.absolute().parents, *album.resolve().parents):
        if key := keys_by_path.get(path_text.escape_path(folder), ""):
            return ArtistFolder(folder, key, items[key])
    while disc_folders.is_disc_folder(album.name):
        album = album.parent
    return artist_folder.find_folder(items, album.resolve().parent)


def _format_ambiguity(home: Path, album: Path, match: AlbumMatch | None) -> str:
    """Return the message for an ambiguous release, with what to do."""
    shown = audio_targets.display_path(album)
    similar = [
        f"{candidate.release.title} ({candidate.release.id})"
        for candidate in (
            match.candidates if match and match.confidence is MatchConfidence.UNSURE else ()
        )
    ]
    if not similar:
        return f"MusicBrainz has no release similar to {shown}. Give IMAGE."
    place = path_text.quote_escaped(path_text.escape_path(album))
    command = command_text.format_command(
        "fix_metadata.py", home, f"musicbrainz_albumid {place} MBID"
    )
    return (
        f"Ambiguous release of {shown}. Similar: {'; '.join(similar[:_MAX_CANDIDATES])}. Give"
        f" IMAGE, or set the release: {command}"
    )


def _describe_match(match: AlbumMatch) -> str:
    """Return what an album was matched with."""
    if match.release:
        return f"the release {match.release.id}"
    return f"one of {len(match.candidates)} equal releases"
