"""The data model of a read audio file: normalized tags and technical properties."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType


class EmbeddedPicture(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A picture embedded in an audio file: its ID3 picture type (3 is the front cover) and size.

    `size` is in bytes. `mime` is the MIME type that the tag declares, `seen` the detected one,
    which is "" if the data is not a picture.
    """

    type: int
    mime: str
    size: int
    seen: str = ""
    width: int = 0  # pixels; 0 if unknown
    height: int = 0


class Tags(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The tags of an audio file; texts are tuples because most formats allow several values.

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
    """Additional tags of another format in the same audio file, such as ID3v1 in an MP3."""

    name: str  # "ID3v1", "ID3v2.3", "APEv2" ...
    tags: Tags


class AudioProperties(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The technical properties of an audio file, such as codec, duration and bit rate.

    Units are seconds, bits per second, Hz, bits per sample and bytes. A value is 0, "" or False if
    the format does not provide it.
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
    """The content of an audio file apart from its audio: tags and technical properties.

    `container` is the format of the main tags, `others` are further tags in the file, and `raw` has
    the texts of the main tags under their native names.
    """

    tags: Tags
    facts: AudioProperties
    container: str = ""
    others: tuple[SecondaryTags, ...] = ()
    raw: dict[str, list[str]] = {}
