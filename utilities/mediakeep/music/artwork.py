"""Fetch front covers that albums lack from the Cover Art Archive.

1. An album gets a cover if it has none, or with `--fix matched` if it has a small one, and if its
   match is certain and says that a cover exists. Otherwise no request is sent.
2. Locked files, and files from which the user has removed a cover, are left alone.
3. A downloaded picture stays in `status/cache/covers/` until it is written where it belongs.
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

_SMALLER = "1200"  # pixels; fetched if the original is too large or neither JPEG nor PNG


class Fetched(msgspec.Struct, frozen=True):
    """The covers that were fetched, by album, and why others were not."""

    covers: dict[str, FrontCover] = {}
    why: str = ""
    failed: bool = False  # a request was sent and failed


def wanted(artist: Artist, policy: Policy) -> dict[str, Front]:
    """Return the front cover to fetch for each album, by the album's place."""
    if policy.fix is Fix.NONE or policy.cover_art == "none":
        return {}
    small = covers.cover_upgrade(artist) if _replaces(policy) else {}
    deleted = differences.deleted_mbids(artist)
    wanted_covers = {}
    for album in filter(lambda item: not item.is_loose, artist.albums):
        match = artist.matches.get(album.place)
        if match and any(
            differences.names_another(item, match, deleted) for item in album.readable
        ):
            continue
        front = fronts.of(match)
        if front and _lacks(album, small, policy) and len(groups.albums(album)) == 1:
            wanted_covers[album.place] = front
    return wanted_covers


def fetched(artist: Artist, context: Tools, progress: Progress) -> Fetched:
    """Fetch the covers that the artist's albums need, as far as the service is available."""
    wishes = wanted(artist, context.places.policy)
    albums = [album for album in artist.albums if album.place in wishes]
    albums = [album for album in albums if not _is_left_alone(artist, album, context)]
    context.desk.progress = progress
    try:
        return _fetched({album.place: wishes[album.place] for album in albums}, context)
    finally:
        context.desk.progress = QUIET


def _fetched(wishes: Mapping[str, Front], context: Tools) -> Fetched:
    covers_by_place, errors = dict[str, FrontCover](), list[NotAsked | ServiceFailed]()
    for place, front in wishes.items():
        try:
            covers_by_place[place] = _cover(context.desk, front, context.places.policy)
        except (NoCover, Unreadable):  # another process may have fetched and used it
            continue
        except (NotAsked, ServiceFailed) as error:
            errors.append(error)
            if not isinstance(error, ServiceFailed) or isinstance(error, Outage):
                break  # the next request would fail, too
    why = str(errors[0]) if errors else ""
    return Fetched(covers_by_place, why, any(isinstance(error, ServiceFailed) for error in errors))


def _cover(desk: Desk, front: Front, policy: Policy) -> FrontCover:
    """Fetch one cover and decide where it is written."""
    return FrontCover(
        image=described(fetch(desk, front, policy.cover_size)),
        of=str(front),
        embed=policy.cover_art != "file",
        beside=policy.cover_art in ("file", "both"),
    )


def fetch(desk: Desk, front: Front, size: str) -> Path:
    """Return the file of a front cover, downloading it unless it is cached.

    Raise NoCover if there is none, LookupSkipped or ServiceFailed if the service is unavailable or
    sends no complete JPEG or PNG, and NoCache if the file cannot be stored.
    """
    from mediakeep.music import pen  # imported late: slow to load

    if not musicbrainz.is_mbid(front.mbid):  # a release group's MBID was not validated before
        raise NoCover("front", str(front))
    gallery = Gallery(desk.folder)
    if path := gallery.find(front.mbid, size):
        with contextlib.suppress(Unreadable):
            pen.picture(path)
            return path
    from mediakeep.lookups import coverart

    archive = coverart.CoverArt(desk.http, coverart.service(desk.access), fresh=desk.access.fresh)
    for candidate_size in dict.fromkeys((size, _SMALLER) if size == "full" else (size,)):
        picture = archive.front(front.mbid, candidate_size, (front.kind,))
        if mime := _kind(picture.content):
            return gallery.keep(front.mbid, size, mime, picture.content)
    limit = f"{LARGEST >> 20} MiB"
    reason = f"the response is not a complete JPEG or PNG of at most {limit} ({picture.url})"
    raise ServiceFailed(archive.service.name, reason)


def described(path: Path) -> ImageFile:
    """Describe a downloaded picture; its place is its full path."""
    mime, width, height = pictures.of_file(path)
    size = path.stat().st_size
    return ImageFile(place=files.escape(path), size=size, mime=mime, width=width, height=height)


def leave(fetched_covers: Mapping[str, FrontCover], artist: Artist, context: Tools) -> None:
    """Let the cache delete pictures of albums that no longer need one."""
    still_wanted = wanted(artist, context.places.policy)
    for place, cover in fetched_covers.items():
        if place not in still_wanted:
            Gallery(context.desk.folder).leave(Path(files.unescape(cover.image.place)))


def _replaces(policy: Policy) -> bool:
    return policy.fix is Fix.MATCHED and policy.cover_art != "file"


def _lacks(album: Album, small: Container[str], policy: Policy) -> bool:
    blurred = _replaces(policy) and covers.cover_too_small(album) is not None
    return covers.is_bare(album) or album.place in small or blurred


def _is_left_alone(artist: Artist, album: Album, context: Tools) -> bool:
    """Return whether no file may be written, or the user has undone a cover of this album."""
    policy, top = context.places.policy, Path(files.unescape(artist.path))
    targets: list[tuple[Path, Wish]] = []
    if policy.cover_art != "file":
        tracks = filter(repair.is_writable, album.readable)
        targets += [(top / files.unescape(track.place), Embed("")) for track in tracks]
    if policy.cover_art != "embed":
        folder = top / files.unescape(album.place)
        targets += [(folder / f"cover{suffix}", Put("")) for suffix in SUFFIXES.values()]
    if not policy.redo and any(context.pen.left_bare(path) for path, _ in targets):
        return True
    return all(context.pen.locked(path, wish) for path, wish in targets)


def _kind(data: bytes) -> str:
    """Return the MIME type of a complete picture small enough to embed, else ""."""
    from mediakeep.music import pen

    try:
        return pen.kind(data, "") if len(data) <= LARGEST else ""
    except Unreadable:
        return ""
