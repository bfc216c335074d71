"""What ffprobe, mediainfo, TagLib and beets' mediafile tell of a file, in our names of fields.

None of them is needed by the default tests.
"""

from __future__ import annotations

import base64
import importlib
import json
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.media import other_fields

PROGRAMS = ("ffprobe", "mediainfo", "mediafile", "taglib")
Values = tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """What a reader tells: the values of each field, and the SHA-256 of each picture.

    Some readers show the values of a field as one text.
    """

    fields: Mapping[str, Values]
    pictures: frozenset[str]


def _said(command: Iterable[str | Path]) -> Any:
    done = subprocess.run([*command], capture_output=True, check=True)
    return json.loads(done.stdout)


def _named(told: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Values]:
    """Pick fields by a reader's own names; "7/12" is a number and its total."""
    found: dict[str, Values] = {}
    for name, held in told.items():
        field = names.get(name.lower()) or other_fields.field(name)
        if field and held not in (None, "", []):
            values = held if isinstance(held, list) else [held]
            found[field] = tuple(str(value) for value in values)
    for number in ("track", "disc"):
        if number in found and "/" in found[number][0]:
            first, _, total = found[number][0].partition("/")
            found |= {number: (first,), f"{number}_total": (total,)}
    return found


def _hashes(pictures: Iterable[bytes]) -> frozenset[str]:
    return frozenset(sha256(picture).hexdigest() for picture in pictures)


_ALIKE = ("title", "artist", "album", "track", "disc", "date", "composer", "comment")
_FFPROBE = {name: name for name in _ALIKE} | {
    "album_artist": "albumartist",
    "genre": "genres",
    "tracktotal": "track_total",
    "disctotal": "disc_total",
    "performer": "conductor",
}


def ffprobe(path: Path) -> Told:
    """Ask FFmpeg's prober; it tells of pictures as of a track of one packet."""
    program = "ffprobe"
    ask = [program, "-v", "error", "-of", "json"]
    said = _said([*ask, "-show_format", "-show_streams", path])
    tags = dict(said["format"].get("tags", {}))
    for stream in said["streams"]:  # in Ogg the tags are those of the stream
        tags |= stream.get("tags", {}) if stream["codec_type"] == "audio" else {}
    return Told(_named(tags, _FFPROBE), frozenset(_packets(path, "v")))


def packets(path: Path) -> list[str]:
    """Return the hashes of all packets of sound that FFmpeg finds."""
    return _packets(path, "a")


def _packets(path: Path, streams: str) -> list[str]:
    ask = ["ffprobe", "-v", "error", "-of", "json", "-select_streams", streams]
    said = _said([*ask, "-show_data_hash", "sha256", "-show_entries", "packet=data_hash", path])
    return [one["data_hash"].partition(":")[2].lower() for one in said["packets"]]


_MEDIAINFO = {
    "title": "title",
    "performer": "artist",
    "album": "album",
    "composer": "composer",
    "album_performer": "albumartist",
    "genre": "genres",
    "comment": "comment",
    "track_position": "track",
    "track_position_total": "track_total",
    "part_position": "disc",
    "part": "disc",  # of Vorbis comments
    "part_position_total": "disc_total",
    "recorded_date": "date",
}


def mediainfo(path: Path) -> Told:
    """Ask mediainfo."""
    program = "mediainfo"
    said = _said([program, "--Output=JSON", "--Full", "--Cover_Data=base64", path])
    general = said["media"]["track"][0]
    pictures = filter(None, general.get("Cover_Data", "").split(" / "))
    return Told(
        _named(general | general.get("extra", {}), _MEDIAINFO), _hashes(map(_picture, pictures))
    )


def _picture(text: str) -> bytes:
    """In Ogg a picture is told with the block around it (RFC 9639, 8.8), and cut with its page."""
    data = base64.b64decode(text[: len(text) // 4 * 4])
    if not data.startswith(b"\0\0\0"):
        return data
    mime = 8 + int.from_bytes(data[4:8])
    return data[mime + 24 + int.from_bytes(data[mime : mime + 4]) :]


_TAGLIB = {
    "title": "title",
    "artist": "artist",
    "album": "album",
    "albumartist": "albumartist",
    "tracknumber": "track",
    "tracktotal": "track_total",
    "discnumber": "disc",
    "disctotal": "disc_total",
    "date": "date",
    "genre": "genres",
    "composer": "composer",
    "comment": "comment",
}


def taglib(path: Path) -> Told:
    """Ask TagLib, which many players read with."""
    with importlib.import_module("taglib").File(path) as file:
        pictures = [picture.data for picture in file.pictures]
        return Told(_named(file.tags, _TAGLIB), _hashes(pictures))


_MEDIAFILE = {name: name for name in (*_ALIKE, "albumartist", "genres")} | other_fields.MEDIAFILE
_MEDIAFILE |= {
    "tracktotal": "track_total",
    "disctotal": "disc_total",
    "composers": "composer",
    "comments": "comment",
}


def mediafile(path: Path) -> Told:
    """Ask mediafile, which beets reads with."""
    file = importlib.import_module("mediafile").MediaFile(path)
    told = {name: getattr(file, name) for name in _MEDIAFILE if name not in ("composer", "comment")}
    return Told(_named(told, _MEDIAFILE), _hashes(image.data for image in file.images or ()))


READERS: dict[str, Callable[[Path], Told]] = {
    "ffprobe": ffprobe,
    "mediainfo": mediainfo,
    "taglib": taglib,
    "mediafile": mediafile,
}
