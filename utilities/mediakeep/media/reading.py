"""What reading an audio file gives: its tags in one vocabulary, and its technical facts."""

from __future__ import annotations

import msgspec


class Picture(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An embedded picture: its type as ID3 counts them (3 is the front), its size in bytes.

    `mime` is what the tag claims, `seen` what the bytes are ("" where they are no picture).
    """

    type: int
    mime: str
    size: int
    seen: str = ""
    width: int = 0  # pixels; 0 where unknown
    height: int = 0


class Tags(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The tags of a file; a text is a tuple because most formats can hold several of each.

    Numbers and totals are texts as the file writes them ("03", "A1"), "" where it has none. The
    names are Picard's: recordingid is the recording's MBID, trackid that of the release's track.
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
    pictures: tuple[Picture, ...] = ()


class Container(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Tags of another kind that stand in the same file, such as ID3v1 behind an MP3."""

    name: str  # "ID3v1", "ID3v2.3", "APEv2" ...
    tags: Tags


class Facts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The technical facts of a file: seconds, bits a second, Hz, bits a sample, bytes.

    Zero, empty or false where the format does not tell.
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
    truncated: str = ""  # how the audio is known to be cut off, as a sentence's end
    protected: str = ""  # the DRM scheme that locks it


class Reading(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What reading a file gave."""

    tags: Tags
    facts: Facts
    container: str = ""
    others: tuple[Container, ...] = ()
    raw: dict[str, list[str]] = {}
