"""Download front covers that albums lack from the Cover Art Archive.

1. An album gets a cover if it has none, or with `--fix matched` a small one. Its match must be
   certain and say that a cover exists. Otherwise no request is sent.
2. Locked files, and files from which the user has removed a cover, are left alone.
3. A downloaded picture stays in `status/cache/covers/` until it is written where it belongs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Container, Mapping
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.errors import LookupSkipped, NoCover, Outage, ServiceFailed, Unreadable
from mediakeep.lookups.coverart.cover_cache import SUFFIX_BY_MIME_TYPE, CoverCache
from mediakeep.lookups.musicbrainz import client as musicbrainz_client
from mediakeep.lookups.musicbrainz.context import MusicBrainzContext
from mediakeep.media import pictures
from mediakeep.music import album_grouping
from mediakeep.music.checks import covers
from mediakeep.music.matching import archive_covers, differences
from mediakeep.music.matching.archive_covers import ArchiveCover
from mediakeep.music.model import Album, Artist, FetchedCover, ImageFile
from mediakeep.music.repairs import repair
from mediakeep.music.repairs.covers import MAX_EMBEDDED_BYTES
from mediakeep.music.repairs.plans import FileChange
from mediakeep.music.repairs.repair import EmbedCover, SaveCoverFile
from mediakeep.music.worker_context import MusicWorkerContext
from mediakeep.outcome import NO_PROGRESS, Progress
from mediakeep.policy import FixLevel, WritePolicy

_FALLBACK_SIZE = "1200"  # pixels; fetched if the original is too large or neither JPEG nor PNG


class FetchedCovers(msgspec.Struct, frozen=True):
    """The covers downloaded for an artist, by the album's place, and why others were not."""

    covers: dict[str, FetchedCover] = {}
    why: str = ""
    failed: bool = False  # a request was sent and failed


def find_wanted_covers(artist: Artist, policy: WritePolicy) -> dict[str, ArchiveCover]:
    """Return the front covers to download, by the place of the album that needs each."""
    if policy.fix is FixLevel.NONE or policy.cover_art == "none":
        return {}
    small = covers.cover_upgrade(artist) if _may_replace_covers(policy) else {}
    deleted = differences.list_deleted_mbids(artist)
    wanted_covers = {}
    for album in filter(lambda item: not item.is_loose, artist.albums):
        match = artist.matches.get(album.place)
        if match and any(
            differences.names_other_release(item, match, deleted) for item in album.readable_tracks
        ):
            continue
        cover = archive_covers.find_cover_for_match(match)
        if (
            cover
            and _wants_cover(album, small, policy)
            and len(album_grouping.group_by_album(album)) == 1
        ):
            wanted_covers[album.place] = cover
    return wanted_covers


def fetch_covers_for_artist(
    artist: Artist, context: MusicWorkerContext, progress: Progress
) -> FetchedCovers:
    """Download the covers that an artist's albums need, as far as the service is available."""
    wanted_covers = find_wanted_covers(artist, context.config.policy)
    albums = [album for album in artist.albums if album.place in wanted_covers]
    albums = [album for album in albums if not _is_excluded(artist, album, context)]
    context.lookups.progress = progress
    try:
        return _fetch_wanted({album.place: wanted_covers[album.place] for album in albums}, context)
    finally:
        context.lookups.progress = NO_PROGRESS


def _fetch_wanted(
    wanted_covers: Mapping[str, ArchiveCover], context: MusicWorkerContext
) -> FetchedCovers:
    covers_by_place, errors = dict[str, FetchedCover](), list[LookupSkipped | ServiceFailed]()
    for place, cover in wanted_covers.items():
        try:
            covers_by_place[place] = _fetch_cover(context.lookups, cover, context.config.policy)
        except (NoCover, Unreadable):  # another process may have fetched and used it
            continue
        except (LookupSkipped, ServiceFailed) as error:
            errors.append(error)
            if not isinstance(error, ServiceFailed) or isinstance(error, Outage):
                break  # the next request would fail, too
    reason = str(errors[0]) if errors else ""
    return FetchedCovers(
        covers_by_place, reason, any(isinstance(error, ServiceFailed) for error in errors)
    )


def _fetch_cover(
    musicbrainz: MusicBrainzContext, cover: ArchiveCover, policy: WritePolicy
) -> FetchedCover:
    """Download one cover, and decide where it is to be written."""
    return FetchedCover(
        image=describe_picture(fetch_picture(musicbrainz, cover, policy.cover_size)),
        source_name=str(cover),
        embed=policy.cover_art != "file",
        save_file=policy.cover_art in ("file", "both"),
    )


def fetch_picture(musicbrainz: MusicBrainzContext, cover: ArchiveCover, size: str) -> Path:
    """Return the path of a front cover's file, which is downloaded unless it is cached.

    Raise NoCover if there is none, LookupSkipped or ServiceFailed if the service is unavailable or
    sends no complete JPEG or PNG, and NoCache if the file cannot be stored.
    """
    from mediakeep.music.repairs import tag_writer  # imported late: slow to load

    # a release group's MBID was not validated before
    if not musicbrainz_client.is_mbid(cover.mbid):
        raise NoCover("front", str(cover))
    gallery = CoverCache(musicbrainz.folder)
    if path := gallery.find_cover(cover.mbid, size):
        with contextlib.suppress(Unreadable):
            tag_writer.read_picture(path)
            return path
    from mediakeep.lookups.coverart import client as coverart_client

    archive = coverart_client.CoverArtClient(
        musicbrainz.http,
        coverart_client.build_service(musicbrainz.config),
        fresh=musicbrainz.config.fresh,
    )
    for candidate_size in dict.fromkeys((size, _FALLBACK_SIZE) if size == "full" else (size,)):
        picture = archive.fetch_front(cover.mbid, candidate_size, (cover.kind,))
        if mime := _embeddable_mime(picture.content):
            return gallery.store(cover.mbid, size, mime, picture.content)
    limit = f"{MAX_EMBEDDED_BYTES >> 20} MiB"
    reason = f"the response is not a complete JPEG or PNG of at most {limit} ({picture.url})"
    raise ServiceFailed(archive.service.name, reason)


def describe_picture(path: Path) -> ImageFile:
    """Describe a downloaded picture; its place is its full path."""
    mime, width, height = pictures.read_picture_info(path)
    size = path.stat().st_size
    return ImageFile(
        place=path_text.escape_path(path), size=size, mime=mime, width=width, height=height
    )


def release_unused_covers(
    fetched_covers: Mapping[str, FetchedCover], artist: Artist, context: MusicWorkerContext
) -> None:
    """Let the cache delete downloaded covers of albums that no longer need them."""
    still_wanted = find_wanted_covers(artist, context.config.policy)
    for place, cover in fetched_covers.items():
        if place not in still_wanted:
            CoverCache(context.lookups.folder).mark_used(
                Path(path_text.unescape_path(cover.image.place))
            )


def _may_replace_covers(policy: WritePolicy) -> bool:
    return policy.fix is FixLevel.MATCHED and policy.cover_art != "file"


def _wants_cover(album: Album, small: Container[str], policy: WritePolicy) -> bool:
    blurred = _may_replace_covers(policy) and covers.cover_too_small(album) is not None
    return covers.has_no_picture(album) or album.place in small or blurred


def _is_excluded(artist: Artist, album: Album, context: MusicWorkerContext) -> bool:
    """Return whether an album gets no cover: files are locked, or the user has undone a cover."""
    policy, artist_folder = context.config.policy, Path(path_text.unescape_path(artist.path))
    targets: list[tuple[Path, FileChange]] = []
    if policy.cover_art != "file":
        tracks = filter(repair.is_writable, album.readable_tracks)
        targets += [
            (artist_folder / path_text.unescape_path(track.place), EmbedCover(""))
            for track in tracks
        ]
    if policy.cover_art != "embed":
        folder = artist_folder / path_text.unescape_path(album.place)
        targets += [
            (folder / f"cover{suffix}", SaveCoverFile(""))
            for suffix in SUFFIX_BY_MIME_TYPE.values()
        ]
    if not policy.redo and any(context.tag_writer.had_cover_undone(path) for path, _ in targets):
        return True
    return all(context.tag_writer.lock_reason(path, change) for path, change in targets)


def _embeddable_mime(data: bytes) -> str:
    """Return the MIME type of a complete picture that is small enough to embed, else ""."""
    from mediakeep.music.repairs import tag_writer

    try:
        return tag_writer.check_picture(data, "") if len(data) <= MAX_EMBEDDED_BYTES else ""
    except Unreadable:
        return ""
