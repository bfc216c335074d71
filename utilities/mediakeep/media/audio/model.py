"""The result of reading an audio file: normalized tags and technical properties."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType


class EmbeddedPicture(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An embedded picture: its ID3 picture type (3 is the front cover) and size in bytes.

    `mime` is the MIME type in the tag, `seen` the detected one ("" if it is not a picture).
    """

    type: int
    mime: str
    size: int
    seen: str = ""
    width: int = 0  # pixels; 0 if unknown
    height: int = 0


class Tags(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The tags of a file; texts are tuples because most formats allow several values.

    Numbers and totals are texts as written in the file ("03", "A1"), or "" if missing. The field
    names are Picard's: recordingid is the MBID of the recording, trackid that of the release track.
    """

    title: tuple[str, ...] = ()
    artist: tuple[str, ...] = ()
    artists: tuple[str, ...] = ()
    album: tuple[str, ...] = ()
    albumartist: tuple[str, ...] = ()
    track: str = ""
    track_total: str = ""
    disc: str = ""
    disc_total: str = ""
    date: tuple[str, ...] = ()
    originaldate: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    composer: tuple[str, ...] = ()
    lyricist: tuple[str, ...] = ()
    conductor: tuple[str, ...] = ()
    remixer: tuple[str, ...] = ()
    comment: tuple[str, ...] = ()
    discsubtitle: tuple[str, ...] = ()
    artistsort: tuple[str, ...] = ()
    albumartistsort: tuple[str, ...] = ()
    composersort: tuple[str, ...] = ()
    isrc: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    catalognumber: tuple[str, ...] = ()
    barcode: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    releasetype: tuple[str, ...] = ()
    releasestatus: tuple[str, ...] = ()
    releasecountry: tuple[str, ...] = ()
    musicbrainz_recordingid: tuple[str, ...] = ()
    musicbrainz_trackid: tuple[str, ...] = ()
    musicbrainz_albumid: tuple[str, ...] = ()
    musicbrainz_releasegroupid: tuple[str, ...] = ()
    musicbrainz_artistid: tuple[str, ...] = ()
    musicbrainz_albumartistid: tuple[str, ...] = ()
    musicbrainz_discid: tuple[str, ...] = ()
    acoustid_id: tuple[str, ...] = ()
    compilation: bool = False
    pictures: tuple[EmbeddedPicture, ...] = ()


class SecondaryTags(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Tags of another format in the same file, such as ID3v1 at the end of an MP3."""

    name: str  # "ID3v1", "ID3v2.3", "APEv2" ...
    tags: Tags


class AudioProperties(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The technical properties of a file: seconds, bits per second, Hz, bits per sample, bytes.

    Zero, empty or false if the format does not provide the value.
    """

    format: str
    codec: str = ""
    lossless: bool = False
    duration: float = 0.0
    bitrate: int = 0
    sample_rate: int = 0
    channels: int = 0
    bits: int = 0
    size: int = 0
    payload: int = 0  # bytes of audio, without tags and pictures
    truncated: str = ""  # evidence of truncated audio, as a clause
    protected: str = ""  # the DRM scheme
    # True if only the end of a `truncated` file is invalid, and no audio is missing.
    audio_complete: bool | UnsetType = UNSET


class AudioFile(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The tags and properties of an audio file; `raw` has the texts under their native names."""

    tags: Tags
    facts: AudioProperties
    container: str = ""
    others: tuple[SecondaryTags, ...] = ()
    raw: dict[str, list[str]] = {}
