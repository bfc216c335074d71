"""A track file of the sample library: a second of real audio, silence, tags and a picture.

The seed files are our own: a bell, a stereo chord and drops, synthesized and encoded once in each
format (MP3 by LAME, one of them VBR), and two drawn pictures. The audio files have no tags.
"""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache, partial
from importlib import resources
from io import BytesIO
from pathlib import PurePath

from mutagen import id3
from mutagen.flac import FLAC, Picture
from mutagen.mp4 import MP4, MP4Cover
from mutagen.ogg import OggFileType
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from mediakeep_samples.music import pad_silence, unique_audio

SOUND_NAMES = ("bell", "chord", "drops")
PICTURE_NAMES = ("cover.jpg", "cover.png")

_FRONT_COVER = 3
_ID3_FRAMES: Mapping[str, Callable[..., id3.Frame]] = {
    "title": id3.TIT2,
    "artist": id3.TPE1,
    "albumartist": id3.TPE2,
    "album": id3.TALB,
    "date": id3.TDRC,
    "tracknumber": id3.TRCK,
    "genre": id3.TCON,
    "label": id3.TPUB,
    "barcode": partial(id3.TXXX, desc="BARCODE"),
    "catalognumber": partial(id3.TXXX, desc="CATALOGNUMBER"),
}
_MP4_ATOMS = {
    "title": "\xa9nam",
    "artist": "\xa9ART",
    "albumartist": "aART",
    "album": "\xa9alb",
    "date": "\xa9day",
    "genre": "\xa9gen",
}
_MP4_FREEFORM_ATOMS = {
    field: f"----:com.apple.iTunes:{field.upper()}"
    for field in ("label", "barcode", "catalognumber")
}


class TrackContent(Enum):
    """The content of a track file."""

    AUDIO = "audio"
    NOTHING = "nothing"
    TEXT = "text"
    CUT = "cut"  # audio without its last two thirds


@dataclass(frozen=True)
class SampleTrack:
    """A track to write: path, audio, and tags.

    `fields` are title, artist, albumartist, album, date, tracknumber ("3/12"), genre, barcode,
    label and catalognumber, as far as the tag exists; `picture` is the seed file to embed.
    `audio_number` makes the audio data unique; `length` is in milliseconds, at least a second, or 0
    for that of the seed file.
    """

    path: PurePath  # relative to the library; the suffix is the format
    sound: str
    fields: Mapping[str, str]
    picture: str = ""
    content: TrackContent = TrackContent.AUDIO
    audio_number: int = 0
    length: int = 0


def render_track(track: SampleTrack) -> bytes:
    """Return the file of a track."""
    if track.content is TrackContent.NOTHING:
        return b""
    if track.content is TrackContent.TEXT:
        return f"This is a text about {track.path.stem}, not a recording of it.\n".encode()
    suffix = track.path.suffix
    sound = unique_audio.make_unique(
        read_seed_file(track.sound + suffix), suffix, track.audio_number
    )
    if track.length:
        sound = pad_silence.pad_to_length(sound, suffix, track.length)
    file = BytesIO(sound)
    _WRITERS[suffix](file, track)
    whole = file.getvalue()
    return whole[: -2 * len(sound) // 3] if track.content is TrackContent.CUT else whole


@cache
def read_seed_file(name: str) -> bytes:
    """Return a seed file of the package: audio such as bell.mp3, or a picture."""
    return (resources.files(__package__) / "seeds" / name).read_bytes()


def _write_mp3(file: BytesIO, track: SampleTrack) -> None:
    tags = id3.ID3()
    for field, text in track.fields.items():
        tags.add(_ID3_FRAMES[field](encoding=id3.Encoding.UTF8, text=[text]))
    if track.picture:
        image = {"mime": _mime_type(track.picture), "type": _FRONT_COVER, "desc": "Cover"}
        tags.add(id3.APIC(encoding=id3.Encoding.UTF8, data=read_seed_file(track.picture), **image))
    tags.save(file)


def _write_m4a(file: BytesIO, track: SampleTrack) -> None:
    audio = MP4(file)
    for field, text in track.fields.items():
        if field in _MP4_ATOMS:
            audio[_MP4_ATOMS[field]] = [text]
        elif field in _MP4_FREEFORM_ATOMS:
            audio[_MP4_FREEFORM_ATOMS[field]] = [text.encode()]
    if number := track.fields.get("tracknumber"):
        position, _, total = number.partition("/")
        audio["trkn"] = [(int(position), int(total or 0))]
    if track.picture:
        kind = MP4Cover.FORMAT_PNG if track.picture.endswith("png") else MP4Cover.FORMAT_JPEG
        audio["covr"] = [MP4Cover(read_seed_file(track.picture), imageformat=kind)]
    audio.save(_rewind(file))


def _write_flac(file: BytesIO, track: SampleTrack) -> None:
    audio = FLAC(file)
    audio.update(_vorbis_comments(track))
    if track.picture:
        audio.add_picture(_flac_picture(track.picture))
    audio.save(_rewind(file))


def _write_ogg(file: BytesIO, track: SampleTrack) -> None:
    _write_comments(OggVorbis(file), file, track)


def _write_opus(file: BytesIO, track: SampleTrack) -> None:
    _write_comments(OggOpus(file), file, track)


def _write_comments(audio: OggFileType, file: BytesIO, track: SampleTrack) -> None:
    audio.update(_vorbis_comments(track))
    if track.picture:
        block = base64.b64encode(_flac_picture(track.picture).write()).decode("ascii")
        audio["metadata_block_picture"] = [block]
    audio.save(_rewind(file))


def _vorbis_comments(track: SampleTrack) -> dict[str, list[str]]:
    comments = {field: [text] for field, text in track.fields.items()}
    if number := track.fields.get("tracknumber"):
        position, _, total = number.partition("/")
        comments |= {"tracknumber": [position], "tracktotal": [total]}
    return comments


def _flac_picture(name: str) -> Picture:
    picture = Picture()
    picture.type, picture.mime, picture.data = _FRONT_COVER, _mime_type(name), read_seed_file(name)
    return picture


def _mime_type(name: str) -> str:
    return "image/png" if name.endswith("png") else "image/jpeg"


def _rewind(file: BytesIO) -> BytesIO:
    file.seek(0)
    return file


_WRITERS: Mapping[str, Callable[[BytesIO, SampleTrack], None]] = {
    ".mp3": _write_mp3,
    ".m4a": _write_m4a,
    ".flac": _write_flac,
    ".ogg": _write_ogg,
    ".opus": _write_opus,
}
