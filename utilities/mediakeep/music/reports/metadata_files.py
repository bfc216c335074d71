"""Files with the tags and technical facts of a music file, an album or an artist.

They contain no judgement. docs/extract-metadata.md describes them.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.music import scan
from mediakeep.music.model import Album, Artist
from mediakeep.music.reports import json_model, tracks_csv
from mediakeep.untrusted_files import read_json

METADATA_FORMAT = 1
OUTPUT_FOLDER = "outputs"  # below the home

_JSON_SUFFIX, _CSV_SUFFIX = "_metadata.json", "_metadata.csv"


class _MetadataSource(msgspec.Struct):
    """The field of a metadata file that says which path it describes."""

    path: str


def read_path(path: Path, ignored: tuple[str, ...] = ()) -> Artist:
    """Read a music file, or all tracks of a folder; raise Unreadable if a folder cannot be read.

    A single file is returned as the only track of its folder. An unreadable file has a fault.
    `ignored` are the user's patterns of files to skip.
    """
    if path.is_dir():
        return scan.read_artist(path, ignored=ignored)
    name, place = path_text.escape_path(path.name), path_text.escape_path(path)
    album = Album(place="", tracks=(scan.read_track(path, name, _file_size(path)),))
    return Artist(name=name, path=place, albums=(album,), fingerprint="")


def to_json(artist: Artist) -> bytes:
    """Return all tags and technical facts as JSON."""
    content = {
        "format": METADATA_FORMAT,
        "path": artist.path,
        "albums": json_model.albums_to_json(artist),
        "tracks": [
            json_model.track_to_json(album, track)
            for album in artist.albums
            for track in album.tracks
        ],
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def to_csv(artist: Artist) -> bytes:
    """Write one CSV row per track."""
    return tracks_csv.render_csv(artist)


def output_paths(home: Path, stem: str) -> tuple[Path, Path]:
    """Return the paths of the JSON and the CSV file; `stem` is their name without extension."""
    return (
        home / OUTPUT_FOLDER / f"{stem}{_JSON_SUFFIX}",
        home / OUTPUT_FOLDER / f"{stem}{_CSV_SUFFIX}",
    )


def find_taken_stems(home: Path, stem: str, path: Path) -> set[str]:
    """Return the file names like `stem`, without extension, that are used for other paths.

    A file that does not say which path it describes counts as used for another one.
    """
    prefix = path_text.normalize_name(stem)
    entries = {
        path_text.normalize_name(entry.name): entry for entry in _list_outputs(home / OUTPUT_FOLDER)
    }
    stems = {
        name.removesuffix(_JSON_SUFFIX).removesuffix(_CSV_SUFFIX)
        for name in entries
        if name.startswith(prefix) and name.endswith((_JSON_SUFFIX, _CSV_SUFFIX))
    }
    own_path = path_text.escape_path(path)
    return {other for other in stems if _read_source(entries.get(other + _JSON_SUFFIX)) != own_path}


def _list_outputs(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _read_source(path: Path | None) -> str:
    """Return the path that a metadata file describes, or "" if it does not say."""
    source = read_json(path, _MetadataSource) if path else None
    return source.path if source else ""


def _file_size(path: Path) -> int:
    """Return the size of a regular file, else -1."""
    return path.stat().st_size if path.is_file() else -1
