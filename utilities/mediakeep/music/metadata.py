"""The tags and technical facts of a file, an album or an artist, written without any judgement.

docs/extract-metadata.md describes the files.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.music import account, scan, sheet
from mediakeep.music.model import Album, Artist

FORMAT = 1
FOLDER = "outputs"  # below the home

_JSON, _CSV = "_metadata.json", "_metadata.csv"


class _Source(msgspec.Struct):
    """The field of a metadata file that says which path it describes."""

    path: str


def read(path: Path, ignored: tuple[str, ...] = ()) -> Artist:
    """Read a file, or all tracks of a folder; raise Unreadable if a folder cannot be read.

    A single file becomes the only track of a folder. An unreadable file has its fault. `ignored`
    are the user's patterns of files to skip.
    """
    if path.is_dir():
        return scan.artist(path, ignored=ignored)
    name, place = files.escape(path.name), files.escape(path)
    album = Album(place="", tracks=(scan.track(path, name, _size(path)),))
    return Artist(name=name, path=place, albums=(album,), fingerprint="")


def to_json(artist: Artist) -> bytes:
    """Encode everything that is known as JSON."""
    content = {
        "format": FORMAT,
        "path": artist.path,
        "albums": account.albums(artist),
        "tracks": [
            account.track(album, track) for album in artist.albums for track in album.tracks
        ],
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def to_csv(artist: Artist) -> bytes:
    """Write one CSV row per track."""
    return sheet.render(artist)


def outputs(home: Path, stem: str) -> tuple[Path, Path]:
    """Return the paths of the JSON and the CSV file of a stem."""
    return home / FOLDER / f"{stem}{_JSON}", home / FOLDER / f"{stem}{_CSV}"


def taken(home: Path, stem: str, path: Path) -> set[str]:
    """Return the normalized stems like `stem` that belong to other paths and cannot be used.

    A file that does not say which path it describes belongs to another one.
    """
    prefix = files.fold(stem)
    entries = {files.fold(entry.name): entry for entry in _written(home / FOLDER)}
    stems = {
        name.removesuffix(_JSON).removesuffix(_CSV)
        for name in entries
        if name.startswith(prefix) and name.endswith((_JSON, _CSV))
    }
    own_path = files.escape(path)
    return {other for other in stems if _source(entries.get(other + _JSON)) != own_path}


def _written(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _source(path: Path | None) -> str:
    """Return the path that a metadata file describes, or "" if it does not say."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Source).path if path else ""
    except (OSError, msgspec.DecodeError, UnicodeError):
        return ""


def _size(path: Path) -> int:
    """Return the size of a regular file, else -1."""
    return path.stat().st_size if path.is_file() else -1
