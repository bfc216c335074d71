"""Front covers that albums lack, fetched from the Cover Art Archive where a match is certain.

1. An album wants one that has none, or by a person's wish a small one, if its match is certain and
   says that there is one; else nobody is asked.
2. What is locked, and what a cover was taken back from, is left alone.
3. A picture that is fetched is kept in `status/cache/covers/` until it has come to where it goes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Container, Mapping
from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.errors import NoCover, NotAsked, Outage, ServiceFailed, Unreadable
from mediakeep.lookups import musicbrainz
from mediakeep.lookups.desk import Desk
from mediakeep.lookups.gallery import SUFFIXES, Gallery
from mediakeep.media import pictures
from mediakeep.music import fronts
from mediakeep.music.checks import covers, groups
from mediakeep.music.fronts import Front
from mediakeep.music.matching import differences
from mediakeep.music.model import Album, Artist, FrontCover, ImageFile
from mediakeep.music.plans import Wish
from mediakeep.music.repairs import repair
from mediakeep.music.repairs.covers import LARGEST
from mediakeep.music.repairs.repair import Embed, Put
from mediakeep.music.tools import Tools
from mediakeep.outcome import QUIET, Progress
from mediakeep.policy import Fix, Policy

_SMALLER = "1200"  # of an original that is too large, or is no JPEG or PNG


class Fetched(msgspec.Struct, frozen=True):
    """The covers that are there for albums, by their places, and why others are not."""

    covers: dict[str, FrontCover] = {}
    why: str = ""
    failed: bool = False  # a service was asked, and failed


def wanted(artist: Artist, policy: Policy) -> dict[str, Front]:
    """Return which front cover each album wants, by its place."""
    if policy.fix is Fix.NONE or policy.cover_art == "none":
        return {}
    small = covers.cover_upgrade(artist) if _replaces(policy) else {}
    deleted = differences.deleted_mbids(artist)
    found = {}
    for album in filter(lambda one: not one.is_loose, artist.albums):
        match = artist.matches.get(album.place)
        if match and any(differences.names_another(one, match, deleted) for one in album.readable):
            continue
        front = fronts.of(match)
        if front and _lacks(album, small, policy) and len(groups.albums(album)) == 1:
            found[album.place] = front
    return found


def fetched(artist: Artist, tools: Tools, progress: Progress) -> Fetched:
    """Fetch what the albums of an artist want, as far as the archive has it and may be asked."""
    wishes = wanted(artist, tools.places.policy)
    albums = [one for one in artist.albums if one.place in wishes]
    albums = [one for one in albums if not _is_left_alone(artist, one, tools)]
    tools.desk.progress = progress
    try:
        return _fetched({one.place: wishes[one.place] for one in albums}, tools)
    finally:
        tools.desk.progress = QUIET


def _fetched(wishes: Mapping[str, Front], tools: Tools) -> Fetched:
    found, missed = dict[str, FrontCover](), list[NotAsked | ServiceFailed]()
    for place, front in wishes.items():
        try:
            found[place] = _cover(tools.desk, front, tools.places.policy)
        except (NoCover, Unreadable):  # another process may have come for it, too
            continue
        except (NotAsked, ServiceFailed) as error:
            missed.append(error)
            if not isinstance(error, ServiceFailed) or isinstance(error, Outage):
                break  # the next one would not be had either
    why = str(missed[0]) if missed else ""
    return Fetched(found, why, any(isinstance(one, ServiceFailed) for one in missed))


def _cover(desk: Desk, front: Front, policy: Policy) -> FrontCover:
    """Fetch one, and say where it is to go."""
    return FrontCover(
        image=described(fetch(desk, front, policy.cover_size)),
        of=str(front),
        embed=policy.cover_art != "file",
        beside=policy.cover_art in ("file", "both"),
    )


def fetch(desk: Desk, front: Front, size: str) -> Path:
    """Return the file of a front cover, which is asked for unless it is kept.

    NoCover where there is none; NotAsked and ServiceFailed where it cannot be had, also where what
    comes is no whole JPEG or PNG; NoCache where it cannot be kept.
    """
    from mediakeep.music import pen  # only where one is wanted: it takes its time

    if not musicbrainz.is_mbid(front.mbid):  # of a release group nobody has looked at it
        raise NoCover("front", str(front))
    gallery = Gallery(desk.folder)
    if path := gallery.find(front.mbid, size):
        with contextlib.suppress(Unreadable):
            pen.picture(path)
            return path
    from mediakeep.lookups import coverart

    archive = coverart.CoverArt(desk.http, coverart.service(desk.access), fresh=desk.access.fresh)
    for one in dict.fromkeys((size, _SMALLER) if size == "full" else (size,)):
        picture = archive.front(front.mbid, one, (front.kind,))
        if kind := _kind(picture.content):
            return gallery.keep(front.mbid, size, kind, picture.content)
    why = f"what it sent is no whole JPEG or PNG of at most {LARGEST >> 20} MiB ({picture.url})"
    raise ServiceFailed(archive.service.name, why)


def described(path: Path) -> ImageFile:
    """Describe a picture that was fetched; its place is its whole path."""
    mime, width, height = pictures.of_file(path)
    size = path.stat().st_size
    return ImageFile(place=files.escape(path), size=size, mime=mime, width=width, height=height)


def leave(before: Mapping[str, FrontCover], artist: Artist, tools: Tools) -> None:
    """Have the pictures removed in time that were fetched for albums which want none any more."""
    still = wanted(artist, tools.places.policy)
    for place, cover in before.items():
        if place not in still:
            Gallery(tools.desk.folder).leave(Path(files.unescape(cover.image.place)))


def _replaces(policy: Policy) -> bool:
    return policy.fix is Fix.MATCHED and policy.cover_art != "file"


def _lacks(album: Album, small: Container[str], policy: Policy) -> bool:
    blurred = _replaces(policy) and covers.cover_too_small(album) is not None
    return covers.is_bare(album) or album.place in small or blurred


def _is_left_alone(artist: Artist, album: Album, tools: Tools) -> bool:
    """Tell whether nothing of an album can be given one, or a person has taken any back."""
    policy, top = tools.places.policy, Path(files.unescape(artist.path))
    targets: list[tuple[Path, Wish]] = []
    if policy.cover_art != "file":
        tracks = filter(repair.is_writable, album.readable)
        targets += [(top / files.unescape(track.place), Embed("")) for track in tracks]
    if policy.cover_art != "embed":
        folder = top / files.unescape(album.place)
        targets += [(folder / f"cover{suffix}", Put("")) for suffix in SUFFIXES.values()]
    if not policy.redo and any(tools.pen.left_bare(path) for path, _ in targets):
        return True
    return all(tools.pen.locked(path, wish) for path, wish in targets)


def _kind(data: bytes) -> str:
    """Tell the MIME type of a whole picture that is not too large for every track, else ""."""
    from mediakeep.music import pen

    try:
        return pen.kind(data, "") if len(data) <= LARGEST else ""
    except Unreadable:
        return ""
