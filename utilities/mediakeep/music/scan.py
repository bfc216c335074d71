"""Scan a library for artists, and read all tracks of one artist."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path

from msgspec import structs

from mediakeep import path_text
from mediakeep.errors import (
    ContainsVideo,
    LibraryMissing,
    NotAudio,
    Truncated,
    UnexpectedError,
    Unreadable,
)
from mediakeep.item import ScannedItem
from mediakeep.media import file_errors, folder_listing, ignore_rules, open_file
from mediakeep.media.audio import formats
from mediakeep.media.cache.caching_reader import MediaReader, UncachedReader
from mediakeep.media.folder_listing import ListedFile, ListedFolder
from mediakeep.music import cue_sheets
from mediakeep.music.model import Album, Artist, ImageFile, Track, TrackFault
from mediakeep.music.text import album_titles, compare_text, disc_folders, filename_parser
from mediakeep.outcome import NO_PROGRESS, Progress

UNREADABLE_FINGERPRINT = "unreadable"  # the fingerprint of a folder that cannot be listed

_UNCACHED_READER = UncachedReader()


def find_artists(
    root: Path, ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
) -> Iterator[ScannedItem]:
    """Yield the artists of a library, sorted by name: the visible folders directly in it.

    Only names, sizes and times are read; no file is opened. A folder without music is no artist. An
    unreadable folder counts as an artist with counts of 0. `ignored` are the user's patterns of
    files to skip, see `media.ignore_rules`. Raise LibraryMissing if the library does not exist, and
    Unreadable if it cannot be read.
    """
    ignored = ignored.for_library(root)
    try:
        artists = folder_listing.list_subfolders(root, ignored)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LibraryMissing(path_text.escape_path(root), "missing") from error
    except OSError as error:
        raise open_file.to_unreadable(root, error) from error
    items = (
        _describe_folder(path, list(folder_listing.walk_tree(path, ignored=ignored)))
        for path in artists
    )
    return (item for item in items if item)


def find_loose_tracks(
    root: Path, ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
) -> tuple[str, ...]:
    """Return the escaped names of the audio files directly in a library's folder.

    They belong to no artist.
    """
    with open_file.translate_errors(root):
        files = folder_listing.list_folder(root, ignored.for_library(root)).audio_files
        return tuple(path_text.escape_path(file.name) for file in files)


def read_artist(
    path: Path,
    progress: Progress = NO_PROGRESS,
    reader: MediaReader = _UNCACHED_READER,
    ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING,
) -> Artist:
    """Read all tracks of an artist's folder; raise Unreadable if a folder cannot be read.

    An unreadable file becomes a track with a fault. A file that vanishes meanwhile is skipped.
    `progress` is called after each listed folder and after each track. `ignored` are the user's
    patterns of files to skip.
    """
    listed_folders = list(_list_folders(path, progress, ignored))
    media = [file.stat for folder in listed_folders for file in folder.media_files if file.stat]
    reader.prefetch(listed_folders[0].identity, media)
    unread = [
        folder.relative_path_of(file.name)
        for folder in listed_folders
        for file in folder.unsupported_audio
    ]
    albums = tuple(_read_albums(path.name, listed_folders, reader, progress, unread))
    return Artist(
        name=path_text.escape_path(path.name),
        path=path_text.escape_path(path),
        albums=albums,
        fingerprint=_compute_fingerprint(listed_folders),
        unread_files=tuple(map(path_text.escape_path, sorted(unread))),
        real_paths=folder_listing.resolve_links(path, listed_folders),
        library=path_text.escape_path(os.path.realpath(path.absolute().parent)),
        file_ids={
            path_text.escape_path(folder.relative_path_of(file.name)): (
                file.stat.st_dev,
                file.stat.st_ino,
            )
            for folder in listed_folders
            for file in folder.audio_candidates
            if file.stat
        },
        refused_links=tuple(
            path_text.escape_path(folder.relative_path_of(name))
            for folder in listed_folders
            for name in folder.refused_links
        ),
    )


def read_track(
    path: Path | str,
    place: str,
    size: int,
    facts: os.stat_result | None = None,
    reader: MediaReader = _UNCACHED_READER,
) -> Track:
    """Read one audio file as a track; if it cannot be read, the track has a fault.

    `size` is in bytes, or -1 if this is not a regular file. Like `facts`, it was taken when the
    file was found.
    """
    if size == 0:
        return Track(place=place, fault=TrackFault.EMPTY)
    try:
        audio = reader.read_track(os.fspath(path), facts)
    except Truncated as error:
        return Track(place=place, fault=TrackFault.TRUNCATED, reason=error.args[1])
    except NotAudio as error:
        is_video = isinstance(error, ContainsVideo)
        reason = error.args[1]
        return Track(place=place, fault=TrackFault.NOT_AUDIO, reason=reason, has_video=is_video)
    except Unreadable as error:
        return Track(place=place, fault=TrackFault.UNREADABLE, reason=error.args[1])
    return Track(
        place=place,
        tags=audio.tags,
        facts=audio.facts,
        container=audio.container,
        other_tags=audio.others,
        raw=audio.raw,
    )


def _describe_folder(path: Path, listed_folders: Sequence[ListedFolder]) -> ScannedItem | None:
    """Return the counts and fingerprint of an artist's folder, or None if it contains no music.

    An unreadable folder is not left out, since it may contain music.
    """
    if not any(folder.error or any(map(_is_music_file, folder.files)) for folder in listed_folders):
        return None
    tracks = sum(len(folder.audio_files) for folder in listed_folders)
    album_folder = _album_folder_rule(path.name, listed_folders)
    albums = set(
        disc_folders.merge_disc_folders(
            {album_folder(folder.relative_path) for folder in listed_folders if folder.audio_files}
        ).values()
    )
    return ScannedItem(
        key=path_text.escape_path(path.name),
        path=path_text.escape_path(path),
        fingerprint=_compute_fingerprint(listed_folders),
        fields={"track_count": tracks, "album_count": len(albums)} | _unread_count(listed_folders),
    )


def _is_music_file(file: ListedFile) -> bool:
    return (
        file.suffix
        in formats.AUDIO_SUFFIXES | formats.AMBIGUOUS_SUFFIXES | formats.UNSUPPORTED_SUFFIXES.keys()
    )


def _unread_count(listed_folders: Iterable[ListedFolder]) -> dict[str, int]:
    count = sum(len(folder.unsupported_audio) for folder in listed_folders)
    return {"unread_count": count} if count else {}


def _compute_fingerprint(listed_folders: Sequence[ListedFolder]) -> str:
    if listed_folders and listed_folders[0].error and not listed_folders[0].relative_path:
        return UNREADABLE_FINGERPRINT
    return folder_listing.compute_folders_fingerprint(listed_folders)


def _list_folders(
    path: Path, progress: Progress, ignored: ignore_rules.IgnoreSettings
) -> Iterator[ListedFolder]:
    total, ignored = 0, ignored.for_library(path.absolute().parent)
    for folder in folder_listing.walk_readable_tree(path, ignored=ignored):
        total += len(folder.audio_candidates)
        progress(0, total)
        yield folder


def _album_folder_rule(name: str, listed_folders: Iterable[ListedFolder]) -> Callable[[str], str]:
    """Return a function that maps the place of a folder to the place of its album.

    A folder named "Artist - Album" is itself the album if it contains nothing but discs.
    """
    tops = {
        disc_folders.album_folder(folder.relative_path)
        for folder in listed_folders
        if folder.audio_candidates
    }
    if all(
        not place or disc_folders.is_disc_folder(place) for place in tops
    ) and _is_artist_album_name(name):
        return lambda _place: ""
    return disc_folders.album_folder


def _is_artist_album_name(name: str) -> bool:
    return bool(filename_parser.split_artist_album(path_text.escape_path(name))[0])


def _read_albums(
    name: str,
    listed_folders: Sequence[ListedFolder],
    reader: MediaReader,
    progress: Progress,
    unread: list[str],
) -> Iterator[Album]:
    """Yield the albums of an artist with their tracks; disc folders are part of their album.

    An MP4 file may be a film. It is a track only if it is readable and contains no video. A damaged
    one is added to `unread`.
    """
    album_folder, parts = _album_folder_rule(name, listed_folders), dict[str, list[ListedFolder]]()
    for folder in sorted(listed_folders, key=lambda folder: folder.relative_path):
        parts.setdefault(album_folder(folder.relative_path), []).append(folder)
    done, total = 0, sum(len(folder.audio_candidates) for folder in listed_folders)
    albums: dict[str, Album] = {}
    for place in sorted(parts):
        tracks = []
        for folder in parts[place]:
            for file in folder.audio_candidates:
                read = _read_listed_track(folder, file, reader)
                if read and read.fault and file.suffix in formats.AMBIGUOUS_SUFFIXES:
                    unread += [] if read.has_video else [folder.relative_path_of(file.name)]
                elif read:
                    tracks.append(read)
                done += 1
                progress(done, total)
        if tracks:
            # A disc that is an album of its own shares the pictures next to it.
            shared = parts[""] if disc_folders.is_disc_folder(place) else []
            images = tuple(_describe_images([*parts[place], *shared], reader))
            album = Album(place=path_text.escape_path(place), tracks=tuple(tracks), images=images)
            is_only_album = (
                not place
                and sum(any(part.audio_files for part in siblings) for siblings in parts.values())
                < 2
            )
            albums[album.place] = structs.replace(
                album, in_library_root=is_only_album and _is_single_album_folder(name, album)
            )
    yield from _merge_discs(albums)


def _is_single_album_folder(name: str, album: Album) -> bool:
    """Return whether an item's folder has the title of the only album in it.

    If the folder has the artist's name as well, it is the artist's.
    """
    if _is_artist_album_name(name):
        return True
    folder = compare_text.comparison_key(
        filename_parser.parse_album(path_text.escape_path(name), ())
    )
    tags = [track.tags for track in album.readable_tracks]
    titles_in_tags = {
        compare_text.comparison_key(compare_text.first_text(tag.album)) for tag in tags
    } - {""}
    artists_in_tags = {
        compare_text.comparison_key(text)
        for tag in tags
        for text in (*tag.artist, *tag.albumartist)
    }
    return titles_in_tags == {folder} and folder not in artists_in_tags


def _merge_discs(albums: dict[str, Album]) -> Iterator[Album]:
    """Yield the albums, with discs in neighbouring folders merged into one album.

    They are not merged if their tags name different albums.
    """
    parts: dict[str, list[Album]] = {}
    for place, first in disc_folders.merge_disc_folders(albums).items():
        parts.setdefault(first, []).append(albums[place])
    for first, discs_of_album in parts.items():
        if len(discs_of_album) == 1 or are_different_albums(discs_of_album):
            yield from discs_of_album
            continue
        discs_of_album.sort(key=lambda album: (album.place != first, album.place))
        yield structs.replace(
            albums[first],
            tracks=tuple(track for album in discs_of_album for track in album.tracks),
            images=tuple(image for album in discs_of_album for image in album.images),
        )


def are_different_albums(albums: Sequence[Album]) -> bool:
    """Return whether the tags name different albums.

    That is the case if any two have no title, or no release, in common.
    """
    keys: list[tuple[set[str], set[str]]] = [
        (
            {
                album_titles.title_key(text)
                for track in album.readable_tracks
                for text in track.tags.album[:1]
            }
            - {""},
            {mbid for track in album.readable_tracks for mbid in track.tags.musicbrainz_albumid},
        )
        for album in albums
    ]
    return any(
        mine and theirs and mine.isdisjoint(theirs)
        for first, second in combinations(keys, 2)
        for mine, theirs in zip(first, second, strict=True)
    )


def _read_listed_track(folder: ListedFolder, file: ListedFile, reader: MediaReader) -> Track | None:
    """Read a file that was listed before; return None if it has vanished since."""
    path = f"{folder.path}/{file.name}"
    place = path_text.escape_path(folder.relative_path_of(file.name))
    result = read_track(path, place, file.size, file.stat, reader)
    has_vanished = (
        result.fault is TrackFault.UNREADABLE and file.size > 0 and _has_vanished(Path(path))
    )
    if _has_cue_sheet(folder, file):
        result = structs.replace(result, has_cue_sheet=True)
    return None if has_vanished else result


def _has_cue_sheet(folder: ListedFolder, file: ListedFile) -> bool:
    """Return whether a cue sheet splits an audio file into tracks.

    The cue sheet has the same name, or the file is the only audio file in the folder.
    """
    sheets = folder.cue_sheets
    if sheets and len(folder.audio_files) > 1:
        stem = file.name.removesuffix(f".{file.name.rpartition('.')[2]}").casefold()
        names = {f"{stem}.cue", f"{file.name.casefold()}.cue"}
        sheets = [sheet for sheet in sheets if sheet.name.casefold() in names]
    return any(cue_sheets.splits_one_file(Path(f"{folder.path}/{sheet.name}")) for sheet in sheets)


def _describe_images(parts: Iterable[ListedFolder], reader: MediaReader) -> Iterator[ImageFile]:
    """Yield the picture files in listed folders, except those that have vanished since."""
    for folder in parts:
        for file in folder.images:
            image = _describe_image(folder, file, reader)
            if not (image.reason and _has_vanished(Path(f"{folder.path}/{file.name}"))):
                yield image


def _describe_image(folder: ListedFolder, file: ListedFile, reader: MediaReader) -> ImageFile:
    place = path_text.escape_path(folder.relative_path_of(file.name))
    try:
        with file_errors.wrap_file_errors(f"{folder.path}/{file.name}"):
            mime, width, height = reader.read_image(f"{folder.path}/{file.name}", file.stat)
    except (UnexpectedError, Unreadable) as error:
        return ImageFile(place=place, size=file.size, reason=error.args[1])
    return ImageFile(place=place, size=file.size, mime=mime, width=width, height=height)


def _has_vanished(path: Path) -> bool:
    """Return whether a file that was listed before is gone; raise Unreadable if its folder is gone.

    The folder may be on a network share that was just lost, so nothing is known about the file.
    """
    try:
        path.lstat()
    except FileNotFoundError:
        with open_file.translate_errors(path.parent):
            path.parent.stat()
        return True
    except OSError:  # an I/O error: the file is unreadable, not gone
        return False
    return False
