"""A library's artists as they lie on disk, and one artist read with all tags."""

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

UNREADABLE = "unreadable"  # the fingerprint of a folder that refuses to be listed

_DIRECT = Direct()


def library(root: Path, ignored: tuple[str, ...] = ()) -> Iterator[Found]:
    """Find the artists of a library: the visible folders right in it, sorted by name.

    Names, sizes and times only, no file is opened. A folder without any music is no artist. One
    that refuses is found, with counts of 0. `ignored` are the user's patterns, see
    `media.ignoring`. LibraryGone where there is no such folder, Unreadable where it refuses.
    """
    try:
        artists = folders.below(root, ignored)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LibraryGone(files.escape(root), "missing") from error
    except OSError as error:
        raise access.refusal(root, error) from error
    found = (_found(path, list(folders.walk(path, ignored=ignored))) for path in artists)
    return (one for one in found if one)


def loose(root: Path, ignored: tuple[str, ...] = ()) -> int:
    """Count the audio files right in a library's root, which belong to no artist."""
    try:
        return len(folders.right_in(root, ignored).audio)
    except OSError as error:
        raise access.refusal(root, error) from error


def fingerprint(folder: Path, ignored: tuple[str, ...] = ()) -> str:
    """Return the fingerprint of an artist's folder, the same that `library` finds."""
    return _fingerprint(list(folders.walk(folder, ignored=ignored)))


def artist(
    path: Path,
    progress: Progress = QUIET,
    reader: Reader = _DIRECT,
    ignored: tuple[str, ...] = (),
) -> Artist:
    """Read all tracks of an artist's folder; Unreadable where it or a folder in it refuses.

    A file that cannot be read becomes a track with its fault; one that vanishes before its turn is
    passed over. `progress` is told of the tracks found so far after each folder listed, which on a
    slow share is a sign of life, and then of each track read. `ignored` are the user's patterns.
    """
    listed = list(_listed(path, progress, ignored))
    media = [file.facts for folder in listed for file in folder.media if file.facts]
    reader.expect(listed[0].identity, media)
    unread = [folder.place_of(file.name) for folder in listed for file in folder.unread]
    albums = tuple(_albums(path.name, listed, reader, progress, unread))
    return Artist(
        name=files.escape(path.name),
        path=files.escape(path),
        albums=albums,
        fingerprint=_fingerprint(listed),
        unread=tuple(map(files.escape, sorted(unread))),
    )


def track(
    path: Path | str,
    place: str,
    size: int,
    facts: os.stat_result | None = None,
    reader: Reader = _DIRECT,
) -> Track:
    """Read one file, which becomes a track with its fault where it cannot be read.

    `size` and `facts` are those of the moment when the file was found; the size is -1 where it is
    no regular file.
    """
    if size == 0:
        return Track(place=place, fault=Fault.EMPTY)
    try:
        reading = reader.track(os.fspath(path), facts)
    except Truncated as error:
        return Track(place=place, fault=Fault.TRUNCATED, reason=error.args[1])
    except NotAudio as error:
        return Track(place=place, fault=Fault.NOT_AUDIO, reason=error.args[1])
    except Unreadable as error:
        return Track(place=place, fault=Fault.UNREADABLE, reason=error.args[1])
    return Track(
        place=place,
        tags=reading.tags,
        facts=reading.facts,
        container=reading.container,
        others=reading.others,
        raw=reading.raw,
    )


def _found(path: Path, listed: Sequence[Folder]) -> Found | None:
    """Describe an artist's folder; None where it holds no music, and no folder refuses."""
    if not any(folder.fault or any(map(_is_music, folder.files)) for folder in listed):
        return None
    tracks = sum(len(folder.audio) for folder in listed)
    home = _home(path.name, listed)
    albums = set(discs.merged({home(folder.place) for folder in listed if folder.audio}).values())
    return Found(
        key=files.escape(path.name),
        path=files.escape(path),
        fingerprint=_fingerprint(listed),
        fields={"track_count": tracks, "album_count": len(albums)} | _unread(listed),
    )


def _is_music(file: File) -> bool:
    return file.suffix in formats.EXTENSIONS | formats.MIXED | formats.UNREAD.keys()


def _unread(listed: Iterable[Folder]) -> dict[str, int]:
    count = sum(len(folder.unread) for folder in listed)
    return {"unread_count": count} if count else {}


def _fingerprint(listed: Sequence[Folder]) -> str:
    if listed and listed[0].fault and not listed[0].place:
        return UNREADABLE
    return folders.digest(listed)


def _listed(path: Path, progress: Progress, ignored: tuple[str, ...]) -> Iterator[Folder]:
    of = 0
    for folder in folders.walk(path, ignored=ignored):
        if folder.fault:
            raise access.refusal(folder.path, folder.fault) from folder.fault
        of += len(folder.candidates)
        progress(0, of)
        yield folder


def _home(name: str, listed: Iterable[Folder]) -> Callable[[str], str]:
    """Return what gives for the place of a folder that of the album that it is part of.

    A folder named "Artist - Album" is itself the album if it holds nothing else but discs.
    """
    tops = {discs.album_of(folder.place) for folder in listed if folder.candidates}
    if all(not place or discs.is_disc(place) for place in tops) and _names_album(name):
        return lambda _place: ""
    return discs.album_of


def _names_album(name: str) -> bool:
    return bool(names.split_folder(files.escape(name))[0])


def _albums(
    name: str, listed: Sequence[Folder], reader: Reader, progress: Progress, unread: list[str]
) -> Iterator[Album]:
    """Read album by album, the folders of discs as part of theirs.

    An MP4 that may be a film is a track only if it can be read and holds no video; a damaged one is
    added to what is `unread`.
    """
    home, parts = _home(name, listed), dict[str, list[Folder]]()
    for folder in sorted(listed, key=lambda folder: folder.place):
        parts.setdefault(home(folder.place), []).append(folder)
    done, of = 0, sum(len(folder.candidates) for folder in listed)
    found: dict[str, Album] = {}
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
                progress(done, of)
        if tracks:
            # A disc that is an album of its own shares the pictures beside it.
            beside = parts[""] if discs.is_disc(place) else []
            images = tuple(_images([*parts[place], *beside], reader))
            album = Album(place=files.escape(place), tracks=tuple(tracks), images=images)
            alone = not place and sum(any(one.audio for one in some) for some in parts.values()) < 2
            found[album.place] = structs.replace(
                album, in_library_root=alone and _is_flat(name, album)
            )
    yield from _merged(found)


def _is_flat(name: str, album: Album) -> bool:
    """Tell whether the folder of an item is that of its only album: it bears its name.

    One that bears an artist's name as well is the artist's.
    """
    if _names_album(name):
        return True
    folder = letters.loose(names.album(files.escape(name), ()))
    tags = [track.tags for track in album.readable]
    named = {letters.loose(letters.first(one.album)) for one in tags} - {""}
    by = {letters.loose(text) for one in tags for text in (*one.artist, *one.albumartist)}
    return named == {folder} and folder not in by


def _merged(albums: dict[str, Album]) -> Iterator[Album]:
    """Make one album of discs whose folders are next to each other, unless their tags differ."""
    parts: dict[str, list[Album]] = {}
    for place, first in discs.merged(albums).items():
        parts.setdefault(first, []).append(albums[place])
    for first, several in parts.items():
        if len(several) == 1 or are_different(several):
            yield from several
            continue
        several.sort(key=lambda album: (album.place != first, album.place))
        yield structs.replace(
            albums[first],
            tracks=tuple(track for album in several for track in album.tracks),
            images=tuple(image for album in several for image in album.images),
        )


def are_different(albums: Sequence[Album]) -> bool:
    """Tell whether any two of several albums share no title, or no release, in their tags."""
    told: list[tuple[set[str], set[str]]] = [
        (
            {titles.core(text) for track in album.readable for text in track.tags.album[:1]} - {""},
            {mbid for track in album.readable for mbid in track.tags.musicbrainz_albumid},
        )
        for album in albums
    ]
    return any(
        mine and theirs and mine.isdisjoint(theirs)
        for one, other in combinations(told, 2)
        for mine, theirs in zip(one, other, strict=True)
    )


def _track(folder: Folder, file: File, reader: Reader) -> Track | None:
    """Read a listed file; None where it has vanished since."""
    path = f"{folder.path}/{file.name}"
    place = files.escape(folder.place_of(file.name))
    found = track(path, place, file.size, file.facts, reader)
    gone = found.fault is Fault.UNREADABLE and file.size > 0 and _has_vanished(Path(path))
    if _has_cue_sheet(folder, file):
        found = structs.replace(found, cue=True)
    return None if gone else found


def _has_cue_sheet(folder: Folder, file: File) -> bool:
    """Tell whether a cue sheet parts the file into tracks.

    It bears the file's name, or the file is the only audio file next to it.
    """
    sheets = folder.cue_sheets
    if sheets and len(folder.audio) > 1:
        stem = file.name.removesuffix(f".{file.name.rpartition('.')[2]}").casefold()
        names = {f"{stem}.cue", f"{file.name.casefold()}.cue"}
        sheets = [one for one in sheets if one.name.casefold() in names]
    return any(cue_sheets.parts_one_file(Path(f"{folder.path}/{one.name}")) for one in sheets)


def _images(parts: Iterable[Folder], reader: Reader) -> Iterator[ImageFile]:
    """Describe the listed pictures, but for those that have vanished since."""
    for folder in parts:
        for file in folder.images:
            found = _image(folder, file, reader)
            if not (found.reason and _has_vanished(Path(f"{folder.path}/{file.name}"))):
                yield found


def _image(folder: Folder, file: File, reader: Reader) -> ImageFile:
    place = files.escape(folder.place_of(file.name))
    try:
        with file_errors.as_file_error(f"{folder.path}/{file.name}"):
            mime, width, height = reader.image(f"{folder.path}/{file.name}", file.facts)
    except (Unexpected, Unreadable) as error:
        return ImageFile(place=place, size=file.size, reason=error.args[1])
    return ImageFile(place=place, size=file.size, mime=mime, width=width, height=height)


def _has_vanished(path: Path) -> bool:
    """Tell whether a file is gone that was there when listed; Unreadable if its folder is, too.

    The folder may be that of a share that has just been lost, of which nothing may be concluded.
    """
    try:
        path.lstat()
    except FileNotFoundError:
        try:
            path.parent.stat()
        except OSError as error:
            raise access.refusal(path.parent, error) from error
        return True
    except OSError:  # a disk that fails: the file refuses, which is not to be gone
        return False
    return False
