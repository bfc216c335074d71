"""Create a sample music library of real, playable files with planted and listed defects."""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from random import Random

from mediakeep import files, sample_library
from mediakeep.errors import ItemFailed, UsageFailed
from mediakeep.rehearsal import catalogue, defects, discography, editions, mistakes, tracks
from mediakeep.rehearsal.catalogue import Album, Artist
from mediakeep.rehearsal.defects import Folder, Planted
from mediakeep.rehearsal.tracks import Track

_REFUSES_BYTES = (errno.EILSEQ, errno.EINVAL)  # file systems that allow UTF-8 names only


@dataclass(frozen=True)
class Manifest:
    """The content of a sample library: numbers of artists and tracks, and each planted defect.

    Defects in `hidden` are found by lookups only, as the files are consistent.
    """

    root: Path
    artists: int
    tracks: int
    planted: tuple[Planted, ...]
    hidden: tuple[Planted, ...]


def make(
    root: Path, *, artists: int = catalogue.ARTISTS, tracks: int | None = None, seed: int = 1
) -> Manifest:
    """Create a library of `artists` artists in a new or empty folder, always the same for a seed.

    It has `tracks` tracks if given, else about 18 for each artist after the first 14. A
    case-insensitive file system gets one artist less. Raise UsageFailed if the folder is not empty,
    BadSetting if the numbers conflict, and ItemFailed on write errors.
    """
    rng = Random(seed)
    cast = catalogue.artists(artists, tracks, rng)
    claim(root)
    try:
        if _ignores_case(root, cast[0].name):
            cast = _without_twins(cast)
        made = list(_with_takes(_folders(cast, rng, seed)))
        folders, planted = defects.plant(made, rng)
        folders, hidden = mistakes.plant(folders, planted)
        for folder in folders:
            _write_folder(root, folder)
    except OSError as error:
        raise ItemFailed(f"The sample library stays unfinished: {error}.") from error
    count = sum(len(folder.tracks) for folder in folders)
    return Manifest(root, len(cast), count, tuple(planted), tuple(hidden))


def claim(root: Path) -> None:
    """Create the folder of a sample library; raise UsageFailed if not empty or writable."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        has_files = any(root.iterdir())
    except OSError as error:
        raise UsageFailed(
            f"A sample library cannot be made in {root}: {error.strerror}."
        ) from error
    if has_files:
        raise UsageFailed(
            f"{root} is not empty. A sample library is made in a new or an empty folder only."
        )
    sample_library.mark(root)


def _ignores_case(root: Path, name: str) -> bool:
    (root / name).mkdir()
    return (root / name.swapcase()).exists()


def _without_twins(cast: Sequence[Artist]) -> list[Artist]:
    return list({files.fold(artist.name): artist for artist in reversed(cast)}.values())[::-1]


def _folders(cast: Sequence[Artist], rng: Random, seed: int) -> Iterator[Folder]:
    for artist in cast:
        for album in artist.albums:
            path = PurePath(_file_name(artist.name), _file_name(album.title))
            yield _signed(_folder(artist, album, path, rng), artist, album, seed)


def _signed(folder: Folder, artist: Artist, album: Album, seed: int) -> Folder:
    """Add the tags that identify the edition of an album, if any."""
    if not album.sign:
        return folder
    pressing = editions.pressing(artist.name, album, seed)
    tags = {
        "barcode": {"barcode": pressing.barcode},
        "catalognumber": {
            "label": pressing.label,
            "catalognumber": pressing.catalogue_number,
        },
    }
    fields = {"date": pressing.date, **tags[album.sign]}
    tracks = (replace(track, fields={**track.fields, **fields}) for track in folder.tracks)
    return replace(folder, tracks=tuple(tracks))


def _with_takes(folders: Iterable[Folder]) -> Iterator[Folder]:
    """Make the audio of each track unique, like that of different recordings."""
    takes = itertools.count()
    for folder in folders:
        tracks = tuple(replace(track, take=next(takes)) for track in folder.tracks)
        yield replace(folder, tracks=tracks)


def _folder(artist: Artist, album: Album, path: PurePath, rng: Random) -> Folder:
    picture = rng.choice(tracks.PICTURES)
    embedded, image = (picture, "") if album.cover == "embedded" else ("", picture)
    numbers = range(1, len(album.tracks) + 1)
    return Folder(
        path,
        tuple(
            Track(
                path / _track_name(album, number, rng),
                rng.choice(tracks.SOUNDS),
                _fields(artist, album, number),
                embedded,
                length=discography.length(artist.name, album.tracks[number - 1]),
            )
            for number in numbers
        ),
        image,
        album.mistakes,
    )


def _track_name(album: Album, number: int, rng: Random) -> str:
    suffix = rng.choice(catalogue.FORMATS) if album.format == "mixed" else album.format
    name = _file_name(f"{number:02} - {album.tracks[number - 1]}")
    return os.fsdecode(name.encode(album.file_names)) + f".{suffix}"


def _file_name(name: str) -> str:
    return name.replace("/", "_")


def _fields(artist: Artist, album: Album, number: int) -> dict[str, str]:
    return {
        "title": album.tracks[number - 1],
        "artist": artist.name,
        "albumartist": artist.name,
        "album": album.title,
        "date": str(album.year),
        "tracknumber": f"{number}/{len(album.tracks)}",
        "genre": album.genre,
    }


def _write_folder(root: Path, folder: Folder) -> None:
    (root / folder.path).mkdir(parents=True, exist_ok=True)
    if folder.image:
        (root / folder.path / folder.image).write_bytes(tracks.seed(folder.image))
    for track in folder.tracks:
        _write(root / track.path, tracks.render(track))


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        plain = os.fsencode(path.name).decode("latin-1")
        if error.errno not in _REFUSES_BYTES or plain == path.name:
            raise
        path.with_name(plain).write_bytes(content)
