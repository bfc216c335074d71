"""The front cover of an album that a person names, looked up.

1. The MBID of the release in its tags says which release it is.
2. Else the album is matched as a batch does it, with what is known, or asked for now.
3. The cover is fetched where the release says that the Cover Art Archive has one.
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

_NEAR = 3  # candidates that are named


class Origin(NamedTuple):
    """A cover that was looked up: its file, and what it is of, for people."""

    image: Path
    front: Front
    told: str


def look_up(home: Path, album: Path, size: str, access: Access) -> Origin:
    """Fetch the front cover of an album, given by its folder.

    ItemFailed where it is not certain which release that is, NoCover where that has none; NotAsked
    and ServiceFailed where it cannot be asked for.
    """
    places = Places(home, write=False, access=access, ignored=subjects.ignored(home))
    with tools.opened(places) as open_ones:
        with entries.warned(open_ones.desk):
            front, told = _tagged(album, open_ones) or _matched(home, album, open_ones)
            image = artwork.fetch(open_ones.desk, front, size)
        open_ones.index.commit()
    facts = artwork.described(image)
    told = f"Front cover of the {front}: {told}, {facts.width} x {facts.height} pixels"
    return Origin(image, front, told)


def _tagged(album: Path, open_ones: Tools) -> tuple[Front, str] | None:
    """Return the cover of the release that all tags name which name any: those of half at least."""
    tracks = list(_mbids(album, open_ones.places.ignored))
    named = {mbid for found in tracks for mbid in found}
    if len(named) != 1 or 2 * sum(map(bool, tracks)) < len(tracks):
        return None
    try:
        release = open_ones.desk.musicbrainz.release(*named)
    except NoSuchMBID:  # it was deleted
        return None
    if front := fronts.of_release(release):
        return front, f"{release.title}, as its tags say"
    raise NoCover("front", f"the release {release.id}, which its tags name")


def _mbids(album: Path, ignored: tuple[str, ...]) -> Iterator[list[str]]:
    """Give the MBIDs that each track that can be read bears."""
    for file in targets.album(album, ignored):
        try:
            found = tags.read(file).tags.musicbrainz_albumid
        except Unreadable:
            continue
        yield [one.lower() for one in found if musicbrainz.is_mbid(one.lower())]


def _matched(home: Path, album: Path, open_ones: Tools) -> tuple[Front, str]:
    """Match the album among all of its artist."""
    folder = album.parent if album.is_file() else album
    artist = _artist(home, folder)
    place = discs.album_of(files.escape(folder.resolve().relative_to(artist.path.resolve())))
    found = scan.artist(artist.path, reader=open_ones.index, ignored=open_ones.places.ignored)
    asked = inquiry.of(found, artist.lookup_key, open_ones.desk)
    place = next((one.place for one in found.albums if place in one.sibling_folders), place)
    match = asked.matches.get(place)
    if match is None and asked.failed:
        raise Unanswered(asked.why)
    if match is None and asked.why:
        raise open_ones.desk.access.refusal()
    if match is None or match.group is None:
        raise ItemFailed(_doubt(home, album, match))
    if front := fronts.of(match):
        return front, f"{match.group.title}, as its {match.by} say"
    raise NoCover("front", f"{match.group.title}, which is {_found(match)}")


def _artist(home: Path, album: Path) -> Folder:
    """Return the artist's folder: the one that the queue knows, else the one above the album."""
    try:
        items = reading.state(subjects.folder(home, kinds.MUSIC), kinds.MUSIC).items
    except NoQueue:
        items = {}
    known = {item.path: key for key, item in items.items()}
    for folder in (*album.absolute().parents, *album.resolve().parents):
        if key := known.get(files.escape(folder), ""):
            return Folder(folder, key, items[key])
    while discs.is_disc(album.name):
        album = album.parent
    return folders.at(items, album.resolve().parent)


def _doubt(home: Path, album: Path, match: Match | None) -> str:
    """Say that nobody knows for certain which release an album is, and what helps."""
    shown = targets.shown(album)
    near = [
        f"{one.release.title} ({one.release.id})"
        for one in (match.candidates if match and match.sure is Sure.UNSURE else ())
    ]
    if not near:
        return f"MusicBrainz knows no release that is like {shown}. Give IMAGE."
    command = config.spoken("fix_metadata.py", home)
    return (
        f"It is not certain which release {shown} is. Near are {'; '.join(near[:_NEAR])}. Give"
        f" IMAGE, or say which it is: {command} musicbrainz_albumid"
        f" {files.quoted(files.escape(album))} MBID"
    )


def _found(match: Match) -> str:
    """Name what an album is."""
    if match.release:
        return f"the release {match.release.id}"
    return f"one of {len(match.candidates)} releases alike"
