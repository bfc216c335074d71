"""Look up the front cover of an album.

1. If the tags name a release MBID, use that release.
2. Else match the album as a batch does, from the cache or with requests.
3. Download the cover if the Cover Art Archive has one for the release.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mediakeep import config, files, kinds
from mediakeep.commands import entries, folders, subjects, targets
from mediakeep.commands.folders import Folder
from mediakeep.errors import ItemFailed, NoCover, NoQueue, NoSuchMBID, Unanswered, Unreadable
from mediakeep.lookups import musicbrainz
from mediakeep.lookups.access import Access
from mediakeep.media import tags
from mediakeep.music import artwork, discs, fronts, scan, tools
from mediakeep.music.discography import inquiry
from mediakeep.music.fronts import Front
from mediakeep.music.matching.verdict import Match, Sure
from mediakeep.music.tools import Places, Tools
from mediakeep.queue import reading

_NEAR = 3  # candidates that are listed


class Origin(NamedTuple):
    """A downloaded cover: its file, and what it shows."""

    image: Path
    front: Front
    told: str


def look_up(home: Path, album: Path, size: str, access: Access) -> Origin:
    """Download the front cover of an album, given by its folder.

    Raise ItemFailed if its release is ambiguous, NoCover if that has no cover, LookupSkipped or
    ServiceFailed if no request can be made.
    """
    places = Places(home, write=False, access=access, ignored=subjects.ignored(home))
    with tools.opened(places) as context:
        with entries.warned(context.desk):
            front, description = _tagged(album, context) or _matched(home, album, context)
            image = artwork.fetch(context.desk, front, size)
        context.index.commit()
    facts = artwork.described(image)
    description = (
        f"Front cover of the {front}: {description}, {facts.width} x {facts.height} pixels"
    )
    return Origin(image, front, description)


def _tagged(album: Path, context: Tools) -> tuple[Front, str] | None:
    """Return the cover of the release that at least half of the tracks name, if they all agree."""
    tracks = list(_mbids(album, context.places.ignored))
    release_ids = {mbid for mbids in tracks for mbid in mbids}
    if len(release_ids) != 1 or 2 * sum(map(bool, tracks)) < len(tracks):
        return None
    try:
        release = context.desk.musicbrainz.release(*release_ids)
    except NoSuchMBID:  # it was deleted
        return None
    if front := fronts.of_release(release):
        return front, f"{release.title}, as its tags say"
    raise NoCover("front", f"the release {release.id}, which its tags name")


def _mbids(album: Path, ignored: tuple[str, ...]) -> Iterator[list[str]]:
    """Yield the release MBIDs of each readable track."""
    for file in targets.album(album, ignored):
        try:
            mbids = tags.read(file).tags.musicbrainz_albumid
        except Unreadable:
            continue
        yield [mbid.lower() for mbid in mbids if musicbrainz.is_mbid(mbid.lower())]


def _matched(home: Path, album: Path, context: Tools) -> tuple[Front, str]:
    """Match the album together with the other albums of its artist."""
    folder = album.parent if album.is_file() else album
    artist = _artist(home, folder)
    place = discs.album_of(files.escape(folder.resolve().relative_to(artist.path.resolve())))
    local_artist = scan.artist(artist.path, reader=context.index, ignored=context.places.ignored)
    lookup = inquiry.of(local_artist, artist.lookup_key, context.desk)
    place = next(
        (
            local_album.place
            for local_album in local_artist.albums
            if place in local_album.sibling_folders
        ),
        place,
    )
    match = lookup.matches.get(place)
    if match is None and lookup.failed:
        raise Unanswered(lookup.why)
    if match is None and lookup.why:
        raise context.desk.access.refusal()
    if match is None or match.group is None:
        raise ItemFailed(_doubt(home, album, match))
    if front := fronts.of(match):
        return front, f"{match.group.title}, as its {match.by} say"
    raise NoCover("front", f"{match.group.title}, which is {_found(match)}")


def _artist(home: Path, album: Path) -> Folder:
    """Return the artist's folder: the one in the queue, or else the album's parent."""
    try:
        items = reading.state(subjects.folder(home, kinds.MUSIC), kinds.MUSIC).items
    except NoQueue:
        items = {}
    keys_by_path = {item.path: key for key, item in items.items()}
    for folder in (*album.absolute().parents, *album.resolve().parents):
        if key := keys_by_path.get(files.escape(folder), ""):
            return Folder(folder, key, items[key])
    while discs.is_disc(album.name):
        album = album.parent
    return folders.at(items, album.resolve().parent)


def _doubt(home: Path, album: Path, match: Match | None) -> str:
    """Return the message for an ambiguous release, with what to do."""
    shown = targets.shown(album)
    similar = [
        f"{candidate.release.title} ({candidate.release.id})"
        for candidate in (match.candidates if match and match.sure is Sure.UNSURE else ())
    ]
    if not similar:
        return f"MusicBrainz has no release similar to {shown}. Give IMAGE."
    command = config.spoken("fix_metadata.py", home)
    return (
        f"Ambiguous release of {shown}. Similar: {'; '.join(similar[:_NEAR])}. Give"
        f" IMAGE, or set the release: {command} musicbrainz_albumid"
        f" {files.quoted(files.escape(album))} MBID"
    )


def _found(match: Match) -> str:
    """Return what an album was matched with."""
    if match.release:
        return f"the release {match.release.id}"
    return f"one of {len(match.candidates)} equal releases"
