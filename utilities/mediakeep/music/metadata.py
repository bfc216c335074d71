"""All that files say of themselves, without a judgement: of one file, an album or an artist.

docs/extract-metadata.md describes what is written.
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
    """What tells whose a file of metadata is; the rest is passed over."""

    path: str


def read(path: Path, ignored: tuple[str, ...] = ()) -> Artist:
    """Read a file, or all tracks of a folder; Unreadable where the folder or one in it refuses.

    A file becomes a folder's only track. One that cannot be read has its fault. `ignored` are the
    user's patterns of files that are passed over.
    """
    if path.is_dir():
        return scan.artist(path, ignored=ignored)
    name, place = files.escape(path.name), files.escape(path)
    alone = Album(place="", tracks=(scan.track(path, name, _size(path)),))
    return Artist(name=name, path=place, albums=(alone,), fingerprint="")


def to_json(artist: Artist) -> bytes:
    """Write all that is known as JSON."""
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
    """Write one row a track."""
    return sheet.render(artist)


def outputs(home: Path, stem: str) -> tuple[Path, Path]:
    """Return the JSON and the CSV of a stem."""
    return home / FOLDER / f"{stem}{_JSON}", home / FOLDER / f"{stem}{_CSV}"


def taken(home: Path, stem: str, path: Path) -> set[str]:
    """Find the stems, folded, that a path may not use: those like `stem` that are another path's.

    A file that does not tell whose it is is somebody else's.
    """
    begin = files.fold(stem)
    found = {files.fold(entry.name): entry for entry in _written(home / FOLDER)}
    stems = {
        name.removesuffix(_JSON).removesuffix(_CSV)
        for name in found
        if name.startswith(begin) and name.endswith((_JSON, _CSV))
    }
    ours = files.escape(path)
    return {one for one in stems if _source(found.get(one + _JSON)) != ours}


def _written(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _source(path: Path | None) -> str:
    """Tell whose metadata a file holds, or "" where it does not say."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Source).path if path else ""
    except (OSError, msgspec.DecodeError, UnicodeError):
        return ""


def _size(path: Path) -> int:
    """Return the size of a regular file, else -1."""
    return path.stat().st_size if path.is_file() else -1
