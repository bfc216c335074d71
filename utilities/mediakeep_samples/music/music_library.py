"""Create a sample music library of real, playable files with planted and listed defects."""

from __future__ import annotations

import errno
import itertools
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path, PurePath
from random import Random

from mediakeep import path_text, sample_library
from mediakeep.errors import ItemFailed, UsageError
from mediakeep_samples.music import music_defects, track_files
from mediakeep_samples.music.music_defects import PlantedDefect, SampleFolder, has_valid_utf8
from mediakeep_samples.music.track_files import SampleTrack
from mediakeep_simulator import sample_artists, sample_discography, sample_editions
from mediakeep_simulator.sample_artists import SampleAlbum, SampleArtist

_NON_UTF8_ERRORS = (errno.EILSEQ, errno.EINVAL)  # file systems that allow UTF-8 names only
_WORD_PATTERN = re.compile(r"[^\W\d_]{4,}")

ChangedTracks = dict[PurePath, SampleTrack]  # by the previous path of the track


@dataclass(frozen=True)
class MusicLibraryManifest:
    """The content of a sample library: numbers of artists and tracks, and each planted defect.

    Those in `lookup_defects` are found by lookups only, as the files are consistent.
    """

    root: Path
    artists: int
    tracks: int
    planted: tuple[PlantedDefect, ...]
    lookup_defects: tuple[PlantedDefect, ...]


def make_library(
    root: Path,
    *,
    artists: int = sample_artists.DEFAULT_ARTISTS,
    tracks: int | None = None,
    seed: int = 1,
) -> MusicLibraryManifest:
    """Create a library of `artists` artists in a new or empty folder, always the same for a seed.

    It has `tracks` tracks if given, else about 18 for each artist after the first 14. A
    case-insensitive file system gets one artist less. Raise UsageError if the folder is not empty,
    BadSetting if the numbers conflict, and ItemFailed on write errors.
    """
    rng = Random(seed)
    cast = sample_artists.generate_artists(artists, tracks, rng)
    claim_folder(root)
    try:
        if _is_case_insensitive(root, cast[0].name):
            cast = _drop_case_twins(cast)
        unplanted = list(_make_audio_unique(_build_folders(cast, rng, seed)))
        folders, planted = music_defects.plant_defects(unplanted, rng)
        folders, hidden = plant_lookup_defects(folders, planted)
        for folder in folders:
            _write_folder(root, folder)
    except OSError as error:
        raise ItemFailed(f"The sample library stays unfinished: {error}.") from error
    count = sum(len(folder.tracks) for folder in folders)
    return MusicLibraryManifest(root, len(cast), count, tuple(planted), tuple(hidden))


def claim_folder(root: Path) -> None:
    """Create the folder of a sample library; raise UsageError if not empty or writable."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        has_files = any(root.iterdir())
    except OSError as error:
        raise UsageError(f"A sample library cannot be made in {root}: {error.strerror}.") from error
    if has_files:
        raise UsageError(
            f"{root} is not empty. A sample library is made in a new or an empty folder only."
        )
    sample_library.mark_root(root)


def _is_case_insensitive(root: Path, name: str) -> bool:
    (root / name).mkdir()
    return (root / name.swapcase()).exists()


def _drop_case_twins(cast: Sequence[SampleArtist]) -> list[SampleArtist]:
    return list(
        {path_text.normalize_name(artist.name): artist for artist in reversed(cast)}.values()
    )[::-1]


def _build_folders(cast: Sequence[SampleArtist], rng: Random, seed: int) -> Iterator[SampleFolder]:
    for artist in cast:
        for album in artist.albums:
            path = PurePath(_file_name(artist.name), _file_name(album.title))
            yield _add_edition_tags(_build_folder(artist, album, path, rng), artist, album, seed)


def _add_edition_tags(
    folder: SampleFolder, artist: SampleArtist, album: SampleAlbum, seed: int
) -> SampleFolder:
    """Add the tags that identify the edition of an album, if any."""
    if not album.sign:
        return folder
    pressing = sample_editions.owned_pressing(artist.name, album, seed)
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


def _make_audio_unique(folders: Iterable[SampleFolder]) -> Iterator[SampleFolder]:
    """Make the audio of each track unique, like that of different recordings."""
    takes = itertools.count()
    for folder in folders:
        tracks = tuple(replace(track, audio_number=next(takes)) for track in folder.tracks)
        yield replace(folder, tracks=tracks)


def _build_folder(
    artist: SampleArtist, album: SampleAlbum, path: PurePath, rng: Random
) -> SampleFolder:
    picture = rng.choice(track_files.PICTURE_NAMES)
    embedded, image = (picture, "") if album.cover == "embedded" else ("", picture)
    numbers = range(1, len(album.tracks) + 1)
    return SampleFolder(
        path,
        tuple(
            SampleTrack(
                path / _track_file_name(album, number, rng),
                rng.choice(track_files.SOUND_NAMES),
                _build_tags(artist, album, number),
                embedded,
                length=sample_discography.track_length(artist.name, album.tracks[number - 1]),
            )
            for number in numbers
        ),
        image,
        album.mistakes,
    )


def _track_file_name(album: SampleAlbum, number: int, rng: Random) -> str:
    suffix = rng.choice(sample_artists.FORMATS) if album.format == "mixed" else album.format
    name = _file_name(f"{number:02} - {album.tracks[number - 1]}")
    return os.fsdecode(name.encode(album.file_names)) + f".{suffix}"


def _file_name(name: str) -> str:
    return name.replace("/", "_")


def _build_tags(artist: SampleArtist, album: SampleAlbum, number: int) -> dict[str, str]:
    return {
        "title": album.tracks[number - 1],
        "artist": artist.name,
        "albumartist": artist.name,
        "album": album.title,
        "date": str(album.year),
        "tracknumber": f"{number}/{len(album.tracks)}",
        "genre": album.genre,
    }


def _write_folder(root: Path, folder: SampleFolder) -> None:
    (root / folder.path).mkdir(parents=True, exist_ok=True)
    if folder.image:
        (root / folder.path / folder.image).write_bytes(track_files.read_seed_file(folder.image))
    for track in folder.tracks:
        _write_file(root / track.path, track_files.render_track(track))


def _write_file(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        plain = os.fsencode(path.name).decode("latin-1")
        if error.errno not in _NON_UTF8_ERRORS or plain == path.name:
            raise
        path.with_name(plain).write_bytes(content)


def plant_lookup_defects(
    folders: Sequence[SampleFolder], planted: Sequence[PlantedDefect]
) -> tuple[list[SampleFolder], list[PlantedDefect]]:
    """Plant the mistakes that the folders ask for; return the library and the affected tracks.

    Only tracks without another defect are changed, in tags and file name alike. A folder without a
    suitable track has none.
    """
    damaged = {defect.path for defect in planted}
    result, defects = [], []
    for folder in folders:
        written: ChangedTracks = {}
        rng = Random(str(folder.path))
        for kind in folder.lookup_defects:
            free = [
                track
                for track in folder.tracks
                if track.path not in damaged | written.keys() and has_valid_utf8(track.path)
            ]
            changed = _DEFECT_MAKERS[kind](free, rng)
            written |= changed
            defects += [PlantedDefect(kind, track.path) for track in changed.values()]
        tracks = (written.get(track.path, track) for track in folder.tracks)
        result.append(replace(folder, tracks=tuple(tracks)))
    return result, defects


def _swap_letters(tracks: Sequence[SampleTrack], rng: Random) -> ChangedTracks:
    """Swap two letters in the title of a track."""
    for track in rng.sample(tracks, len(tracks)):
        title = track.fields["title"]
        if (changed := _swap_two_letters(title)) != title:
            return {track.path: _with_tags(track, changed, track.fields["tracknumber"])}
    return {}


def _swap_two_letters(title: str) -> str:
    for word in _WORD_PATTERN.finditer(title):
        place = word.start() + 1
        if title[place] != title[place + 1]:
            return title[:place] + title[place + 1] + title[place] + title[place + 2 :]
    return title


def _swap_track_numbers(tracks: Sequence[SampleTrack], rng: Random) -> ChangedTracks:
    """Swap the numbers of two adjacent tracks."""
    if len(tracks) < 2:
        return {}
    first, second = rng.choice([*pairwise(tracks)])
    return {
        first.path: _with_tags(first, first.fields["title"], second.fields["tracknumber"]),
        second.path: _with_tags(second, second.fields["title"], first.fields["tracknumber"]),
    }


def _with_tags(track: SampleTrack, title: str, number: str) -> SampleTrack:
    fields = {**track.fields, "title": title, "tracknumber": number}
    place, _, _ = number.partition("/")
    name = f"{int(place):02} - {title}{track.path.suffix}".replace("/", "_")
    return replace(track, path=track.path.with_name(name), fields=fields)


_DEFECT_MAKERS: Mapping[str, Callable[[Sequence[SampleTrack], Random], ChangedTracks]] = dict(
    zip(sample_artists.LOOKUP_DEFECTS, (_swap_letters, _swap_track_numbers), strict=True)
)
