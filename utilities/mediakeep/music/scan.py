"""A library's artists as they lie on disk, and one artist read with all tags."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

from mediakeep import files
from mediakeep.errors import LibraryGone, NotAudio, Unreadable
from mediakeep.item import Found
from mediakeep.media import access, tags
from mediakeep.music import discs, folders
from mediakeep.music.folders import File, Folder, Identity
from mediakeep.music.model import Album, Artist, Fault, Track
from mediakeep.outcome import Progress

UNREADABLE = "unreadable"  # the fingerprint of a folder that refuses to be listed


def library(root: Path) -> Iterator[Found]:
    """Find the artists of a library: the visible folders right in it, sorted by name.

    Names, sizes and times only, no file is opened. An artist whose folder refuses is found too,
    with counts of 0. LibraryGone where there is no such folder, Unreadable where it refuses.
    """
    try:
        artists = folders.below(root)
        around = {*folders.surroundings(root), folders.identity(root)}
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LibraryGone(files.escape(root), "missing") from error
    except OSError as error:
        raise access.refusal(root, error) from error
    return (_found(path, None if path.is_symlink() else around) for path in artists)


def loose(root: Path) -> int:
    """Count the audio files right in a library's root, which belong to no artist."""
    try:
        return len(folders.right_in(root).audio)
    except OSError as error:
        raise access.refusal(root, error) from error


def fingerprint(folder: Path) -> str:
    """Return the fingerprint of an artist's folder, the same that `library` finds."""
    return _fingerprint(list(folders.walk(folder)))


def artist(path: Path, progress: Progress = lambda _done, _of: None) -> Artist:
    """Read all tracks of an artist's folder; Unreadable where it or a folder in it refuses.

    A file that cannot be read becomes a track with its fault.
    """
    listed = sorted(folders.walk(path), key=lambda folder: folder.place)
    for folder in listed:
        if folder.fault:
            raise access.refusal(folder.path, folder.fault) from folder.fault
    return Artist(
        name=files.escape(path.name),
        path=files.escape(path),
        albums=tuple(_albums(listed, progress)),
        fingerprint=_fingerprint(listed),
    )


def _found(path: Path, around: Collection[Identity] | None) -> Found:
    listed = list(folders.walk(path, around))
    tracks = [len(folder.audio) for folder in listed]
    return Found(
        key=files.escape(path.name),
        path=files.escape(path),
        fingerprint=_fingerprint(listed),
        fields={"track_count": sum(tracks), "album_count": sum(map(bool, tracks))},
    )


def _fingerprint(listed: Sequence[Folder]) -> str:
    """Digest places, sizes and times of all files, and which folders refused."""
    if listed and listed[0].fault and not listed[0].place:
        return UNREADABLE
    digest = blake2b(digest_size=10)
    for line in sorted(_lines(listed)):
        digest.update(line)
    return digest.hexdigest()


def _lines(listed: Sequence[Folder]) -> Iterator[bytes]:
    for folder in listed:
        if folder.fault:
            yield os.fsencode(f"{folder.place}\0refused\n")
        for file in folder.files:
            if file.size >= 0:
                yield os.fsencode(f"{folder.place_of(file.name)}\0{file.size}\0{file.mtime_ns}\n")


def _albums(listed: Sequence[Folder], progress: Progress) -> Iterator[Album]:
    images = {folder.place: _images(folder) for folder in listed}
    done, of = 0, sum(len(folder.audio) for folder in listed)
    for folder in listed:
        tracks = []
        for file in folder.audio:
            tracks.append(_track(folder, file))
            done += 1
            progress(done, of)
        if tracks:
            parent, _, name = folder.place.rpartition("/")
            beside = images.get(parent, ()) if discs.is_disc(name) else ()
            yield Album(
                place=files.escape(folder.place),
                tracks=tuple(tracks),
                images=images[folder.place] + beside,
            )


def _images(folder: Folder) -> tuple[str, ...]:
    return tuple(files.escape(folder.place_of(file.name)) for file in folder.images)


def _track(folder: Folder, file: File) -> Track:
    place = files.escape(folder.place_of(file.name))
    if file.size == 0:
        return Track(place=place, fault=Fault.EMPTY)
    try:
        reading = tags.read(Path(folder.path, file.name))
    except NotAudio as error:
        return Track(place=place, fault=Fault.NOT_AUDIO, reason=error.args[1])
    except Unreadable as error:
        return Track(place=place, fault=Fault.UNREADABLE, reason=error.args[1])
    return Track(place=place, tags=reading.tags, facts=reading.facts)
