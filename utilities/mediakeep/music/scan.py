"""Scan a library for artists, and read all tracks of one artist."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path

from msgspec import structs

from mediakeep import files
from mediakeep.errors import LibraryGone, NotAudio, Truncated, Unexpected, Unreadable
from mediakeep.item import Found
from mediakeep.media import access, file_errors, folders, formats
from mediakeep.media.folders import File, Folder
from mediakeep.media.reader import Direct, Reader
from mediakeep.music import cue_sheets, discs
from mediakeep.music.checks import letters, titles
from mediakeep.music.model import Album, Artist, Fault, ImageFile, Track
from mediakeep.music.repairs import names
from mediakeep.outcome import QUIET, Progress

UNREADABLE = "unreadable"  # the fingerprint of a folder that cannot be listed

_DIRECT = Direct()


def library(root: Path, ignored: tuple[str, ...] = ()) -> Iterator[Found]:
    """Find the artists of a library: the visible folders directly in it, sorted by name.

    Only names, sizes and times are read; no file is opened. A folder without music is no artist. An
    unreadable folder is found with counts of 0. `ignored` are the user's patterns, see
    `media.ignore_rules`. Raise LibraryMissing if the folder does not exist, and Unreadable if it
    cannot be read.
    """
    try:
        artists = folders.below(root, ignored)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LibraryGone(files.escape(root), "missing") from error
    except OSError as error:
        raise access.refusal(root, error) from error
    items = (_found(path, list(folders.walk(path, ignored=ignored))) for path in artists)
    return (item for item in items if item)


def loose(root: Path, ignored: tuple[str, ...] = ()) -> int:
    """Count the audio files directly in the root of a library, which belong to no artist."""
    try:
        return len(folders.right_in(root, ignored).audio)
    except OSError as error:
        raise access.refusal(root, error) from error


def fingerprint(folder: Path, ignored: tuple[str, ...] = ()) -> str:
    """Return the fingerprint of an artist's folder, the same as `find_artists` returns."""
    return _fingerprint(list(folders.walk(folder, ignored=ignored)))


def artist(
    path: Path,
    progress: Progress = QUIET,
    reader: Reader = _DIRECT,
    ignored: tuple[str, ...] = (),
) -> Artist:
    """Read all tracks of an artist's folder; raise Unreadable if a folder cannot be read.

    An unreadable file becomes a track with its fault; a file that vanishes in the meantime is
    skipped. `progress` is called with the number of tracks found after each folder is listed, which
    shows activity on a slow share, and then after each track. `ignored` are the user's patterns.
    """
    listed_folders = list(_listed(path, progress, ignored))
    media = [file.facts for folder in listed_folders for file in folder.media if file.facts]
    reader.expect(listed_folders[0].identity, media)
    unread = [folder.place_of(file.name) for folder in listed_folders for file in folder.unread]
    albums = tuple(_albums(path.name, listed_folders, reader, progress, unread))
    return Artist(
        name=files.escape(path.name),
        path=files.escape(path),
        albums=albums,
        fingerprint=_fingerprint(listed_folders),
        unread=tuple(map(files.escape, sorted(unread))),
    )


def track(
    path: Path | str,
    place: str,
    size: int,
    facts: os.stat_result | None = None,
    reader: Reader = _DIRECT,
) -> Track:
    """Read one file; if it cannot be read, the track has a fault.

    `size` and `facts` were taken when the file was found; the size is -1 if it is not a regular
    file.
    """
    if size == 0:
        return Track(place=place, fault=Fault.EMPTY)
    try:
        audio = reader.track(os.fspath(path), facts)
    except Truncated as error:
        return Track(place=place, fault=Fault.TRUNCATED, reason=error.args[1])
    except NotAudio as error:
        return Track(place=place, fault=Fault.NOT_AUDIO, reason=error.args[1])
    except Unreadable as error:
        return Track(place=place, fault=Fault.UNREADABLE, reason=error.args[1])
    return Track(
        place=place,
        tags=audio.tags,
        facts=audio.facts,
        container=audio.container,
        others=audio.others,
        raw=audio.raw,
    )


def _found(path: Path, listed_folders: Sequence[Folder]) -> Found | None:
    """Describe an artist's folder; None if it contains no music and no folder is unreadable."""
    if not any(folder.fault or any(map(_is_music, folder.files)) for folder in listed_folders):
        return None
    tracks = sum(len(folder.audio) for folder in listed_folders)
    album_folder = _home(path.name, listed_folders)
    albums = set(
        discs.merged(
            {album_folder(folder.place) for folder in listed_folders if folder.audio}
        ).values()
    )
    return Found(
        key=files.escape(path.name),
        path=files.escape(path),
        fingerprint=_fingerprint(listed_folders),
        fields={"track_count": tracks, "album_count": len(albums)} | _unread(listed_folders),
    )


def _is_music(file: File) -> bool:
    return file.suffix in formats.EXTENSIONS | formats.MIXED | formats.UNREAD.keys()


def _unread(listed_folders: Iterable[Folder]) -> dict[str, int]:
    count = sum(len(folder.unread) for folder in listed_folders)
    return {"unread_count": count} if count else {}


def _fingerprint(listed_folders: Sequence[Folder]) -> str:
    if listed_folders and listed_folders[0].fault and not listed_folders[0].place:
        return UNREADABLE
    return folders.digest(listed_folders)


def _listed(path: Path, progress: Progress, ignored: tuple[str, ...]) -> Iterator[Folder]:
    total = 0
    for folder in folders.walk(path, ignored=ignored):
        if folder.fault:
            raise access.refusal(folder.path, folder.fault) from folder.fault
        total += len(folder.candidates)
        progress(0, total)
        yield folder


def _home(name: str, listed_folders: Iterable[Folder]) -> Callable[[str], str]:
    """Return a function that maps the place of a folder to that of its album.

    A folder named "Artist - Album" is an album itself if it contains nothing but discs.
    """
    tops = {discs.album_of(folder.place) for folder in listed_folders if folder.candidates}
    if all(not place or discs.is_disc(place) for place in tops) and _names_album(name):
        return lambda _place: ""
    return discs.album_of


def _names_album(name: str) -> bool:
    return bool(names.split_folder(files.escape(name))[0])


def _albums(
    name: str,
    listed_folders: Sequence[Folder],
    reader: Reader,
    progress: Progress,
    unread: list[str],
) -> Iterator[Album]:
    """Read album by album, disc folders as part of their album.

    An MP4 that may be a film is a track only if it is readable and contains no video; a damaged one
    is added to `unread`.
    """
    album_folder, parts = _home(name, listed_folders), dict[str, list[Folder]]()
    for folder in sorted(listed_folders, key=lambda folder: folder.place):
        parts.setdefault(album_folder(folder.place), []).append(folder)
    done, total = 0, sum(len(folder.candidates) for folder in listed_folders)
    albums: dict[str, Album] = {}
    for place in sorted(parts):
        tracks = []
        for folder in parts[place]:
            for file in folder.candidates:
                read = _track(folder, file, reader)
                if read and read.fault and file.suffix in formats.MIXED:
                    unread += [folder.place_of(file.name)] if read.reason != formats.VIDEO else []
                elif read:
                    tracks.append(read)
                done += 1
                progress(done, total)
        if tracks:
            # A disc that is an album of its own shares the pictures next to it.
            shared = parts[""] if discs.is_disc(place) else []
            images = tuple(_images([*parts[place], *shared], reader))
            album = Album(place=files.escape(place), tracks=tuple(tracks), images=images)
            is_only_album = (
                not place
                and sum(any(part.audio for part in siblings) for siblings in parts.values()) < 2
            )
            albums[album.place] = structs.replace(
                album, in_library_root=is_only_album and _is_flat(name, album)
            )
    yield from _merged(albums)


def _is_flat(name: str, album: Album) -> bool:
    """Return whether the folder of an item is that of its only album, whose title it has.

    A folder that has the name of an artist as well is the artist's.
    """
    if _names_album(name):
        return True
    folder = letters.loose(names.album(files.escape(name), ()))
    tags = [track.tags for track in album.readable]
    titles_in_tags = {letters.loose(letters.first(tag.album)) for tag in tags} - {""}
    artists_in_tags = {
        letters.loose(text) for tag in tags for text in (*tag.artist, *tag.albumartist)
    }
    return titles_in_tags == {folder} and folder not in artists_in_tags


def _merged(albums: dict[str, Album]) -> Iterator[Album]:
    """Merge discs whose folders are next to each other into one album, unless their tags differ."""
    parts: dict[str, list[Album]] = {}
    for place, first in discs.merged(albums).items():
        parts.setdefault(first, []).append(albums[place])
    for first, discs_of_album in parts.items():
        if len(discs_of_album) == 1 or are_different(discs_of_album):
            yield from discs_of_album
            continue
        discs_of_album.sort(key=lambda album: (album.place != first, album.place))
        yield structs.replace(
            albums[first],
            tracks=tuple(track for album in discs_of_album for track in album.tracks),
            images=tuple(image for album in discs_of_album for image in album.images),
        )


def are_different(albums: Sequence[Album]) -> bool:
    """Return whether any two albums have no title, or no release, in common in their tags."""
    keys: list[tuple[set[str], set[str]]] = [
        (
            {titles.core(text) for track in album.readable for text in track.tags.album[:1]} - {""},
            {mbid for track in album.readable for mbid in track.tags.musicbrainz_albumid},
        )
        for album in albums
    ]
    return any(
        mine and theirs and mine.isdisjoint(theirs)
        for first, second in combinations(keys, 2)
        for mine, theirs in zip(first, second, strict=True)
    )


def _track(folder: Folder, file: File, reader: Reader) -> Track | None:
    """Read a listed file; return None if it has vanished since."""
    path = f"{folder.path}/{file.name}"
    place = files.escape(folder.place_of(file.name))
    result = track(path, place, file.size, file.facts, reader)
    has_vanished = result.fault is Fault.UNREADABLE and file.size > 0 and _has_vanished(Path(path))
    if _has_cue_sheet(folder, file):
        result = structs.replace(result, cue=True)
    return None if has_vanished else result


def _has_cue_sheet(folder: Folder, file: File) -> bool:
    """Return whether a cue sheet splits the file into tracks.

    The sheet has the file's name, or the file is the only audio file next to it.
    """
    sheets = folder.cue_sheets
    if sheets and len(folder.audio) > 1:
        stem = file.name.removesuffix(f".{file.name.rpartition('.')[2]}").casefold()
        names = {f"{stem}.cue", f"{file.name.casefold()}.cue"}
        sheets = [sheet for sheet in sheets if sheet.name.casefold() in names]
    return any(cue_sheets.parts_one_file(Path(f"{folder.path}/{sheet.name}")) for sheet in sheets)


def _images(parts: Iterable[Folder], reader: Reader) -> Iterator[ImageFile]:
    """Describe the listed pictures, except those that have vanished since."""
    for folder in parts:
        for file in folder.images:
            image = _image(folder, file, reader)
            if not (image.reason and _has_vanished(Path(f"{folder.path}/{file.name}"))):
                yield image


def _image(folder: Folder, file: File, reader: Reader) -> ImageFile:
    place = files.escape(folder.place_of(file.name))
    try:
        with file_errors.as_file_error(f"{folder.path}/{file.name}"):
            mime, width, height = reader.image(f"{folder.path}/{file.name}", file.facts)
    except (Unexpected, Unreadable) as error:
        return ImageFile(place=place, size=file.size, reason=error.args[1])
    return ImageFile(place=place, size=file.size, mime=mime, width=width, height=height)


def _has_vanished(path: Path) -> bool:
    """Return whether a listed file is gone; raise Unreadable if its folder is gone, too.

    The folder may be on a share that was just lost, so nothing is known about the file.
    """
    try:
        path.lstat()
    except FileNotFoundError:
        try:
            path.parent.stat()
        except OSError as error:
            raise access.refusal(path.parent, error) from error
        return True
    except OSError:  # an I/O error: the file is unreadable, not gone
        return False
    return False
