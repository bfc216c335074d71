"""The native names of each tag field in all tag formats, after the tag mapping of Picard.

If a field has several native names, the first one that a file has is used; other taggers write the
later ones. The names of RIFF INFO follow exiftool's table.
"""

from __future__ import annotations

import msgspec


class TagMapping(msgspec.Struct, frozen=True, kw_only=True):
    """The native names of one tag field in each tag format.

    Names are in lower case if the tag format ignores case.
    """

    name: str
    id3: tuple[str, ...] = ()
    vorbis: tuple[str, ...] = ()
    mp4: tuple[str, ...] = ()
    ape: tuple[str, ...] = ()
    asf: tuple[str, ...] = ()
    riff: tuple[str, ...] = ()


def _freeform_name(name: str) -> str:
    """Return the MP4 freeform tag name for a field that Apple does not define."""
    return f"----:com.apple.itunes:{name.lower()}"


def _same_name_field(
    name: str, id3: str, asf: str, *, mp4: str = "", ape: str = "", more: tuple[str, ...] = ()
) -> TagMapping:
    """Build the mapping of a field with the same name in Vorbis comments, APEv2 and MP4.

    `mp4` and `ape` override that name; `more` are further names.
    """
    return TagMapping(
        name=name,
        id3=(id3,),
        vorbis=(name, *more),
        mp4=(mp4 or _freeform_name(name),),
        ape=(ape, name) if ape else (name, *more),
        asf=(asf,),
    )


def _musicbrainz_field(name: str, spelt: str, vorbis: str, ape: str = "") -> TagMapping:
    """Build the mapping of a field defined by MusicBrainz.

    Its name is spelled alike (`spelt`) in ID3, MP4 and ASF.
    """
    return TagMapping(
        name=name,
        id3=(f"TXXX:MUSICBRAINZ {spelt.upper()}",),
        vorbis=(vorbis,),
        mp4=(_freeform_name(f"MusicBrainz {spelt}"),),
        ape=(ape, vorbis) if ape else (vorbis,),
        asf=(f"MusicBrainz/{spelt}",),
    )


TAG_MAP = (
    TagMapping(
        name="title",
        id3=("TIT2",),
        vorbis=("title",),
        mp4=("\xa9nam",),
        ape=("title",),
        asf=("Title", "title"),  # FFmpeg writes both
        riff=("INAM",),
    ),
    TagMapping(
        name="artist",
        id3=("TPE1",),
        vorbis=("artist",),
        mp4=("\xa9ART",),
        ape=("artist",),
        asf=("Author",),
        riff=("IART",),
    ),
    TagMapping(
        name="album",
        id3=("TALB",),
        vorbis=("album",),
        mp4=("\xa9alb",),
        ape=("album",),
        asf=("WM/AlbumTitle",),
        riff=("IPRD",),
    ),
    TagMapping(
        name="albumartist",
        id3=("TPE2",),
        vorbis=("albumartist", "album artist", "album_artist"),
        mp4=("aART",),
        ape=("album artist", "albumartist", "album_artist"),
        asf=("WM/AlbumArtist",),
    ),
    TagMapping(
        name="track",
        id3=("TRCK",),
        vorbis=("tracknumber", "track"),
        mp4=("trkn",),
        ape=("track", "tracknumber"),
        asf=("WM/TrackNumber",),
        riff=("IPRT", "ITRK"),
    ),
    TagMapping(
        name="track_total",
        vorbis=("tracktotal", "totaltracks"),
        ape=("tracktotal", "totaltracks"),
        asf=("TrackTotal",),
    ),
    TagMapping(
        name="disc",
        id3=("TPOS",),
        vorbis=("discnumber", "disc"),
        mp4=("disk",),
        ape=("disc", "discnumber"),
        asf=("WM/PartOfSet",),
    ),
    TagMapping(
        name="disc_total",
        vorbis=("disctotal", "totaldiscs"),
        ape=("disctotal", "totaldiscs"),
        asf=("DiscTotal",),
    ),
    TagMapping(
        name="date",
        id3=("TDRC", "TYER"),
        vorbis=("date", "year"),
        mp4=("\xa9day",),
        ape=("year", "date"),
        asf=("WM/Year", "date"),
        riff=("ICRD",),
    ),
    TagMapping(
        name="originaldate",
        id3=("TDOR", "TORY"),
        vorbis=("originaldate", "originalyear"),
        mp4=(_freeform_name("originaldate"), _freeform_name("originalyear")),
        ape=("originaldate", "originalyear"),
        asf=("WM/OriginalReleaseTime", "WM/OriginalReleaseYear"),
    ),
    TagMapping(
        name="genres",
        id3=("TCON",),
        vorbis=("genre",),
        mp4=("\xa9gen",),
        ape=("genre",),
        asf=("WM/Genre",),
        riff=("IGNR",),
    ),
    TagMapping(
        name="comment",
        id3=("COMM",),
        vorbis=("comment", "description"),
        mp4=("\xa9cmt",),
        ape=("comment",),
        asf=("Description",),
        riff=("ICMT",),
    ),
    _musicbrainz_field("musicbrainz_trackid", "Release Track Id", "musicbrainz_releasetrackid"),
    _musicbrainz_field("musicbrainz_albumid", "Album Id", "musicbrainz_albumid"),
    _musicbrainz_field("musicbrainz_artistid", "Artist Id", "musicbrainz_artistid"),
    _musicbrainz_field("musicbrainz_albumartistid", "Album Artist Id", "musicbrainz_albumartistid"),
    _musicbrainz_field(
        "musicbrainz_releasegroupid", "Release Group Id", "musicbrainz_releasegroupid"
    ),
    _musicbrainz_field("musicbrainz_discid", "Disc Id", "musicbrainz_discid"),
    _musicbrainz_field("releasetype", "Album Type", "releasetype", "musicbrainz_albumtype"),
    _musicbrainz_field("releasestatus", "Album Status", "releasestatus", "musicbrainz_albumstatus"),
    _musicbrainz_field("releasecountry", "Album Release Country", "releasecountry"),
    TagMapping(  # "trackid" in Vorbis comments and APEv2 is the recording
        name="musicbrainz_recordingid",
        id3=("UFID:http://musicbrainz.org",),
        vorbis=("musicbrainz_trackid",),
        mp4=(_freeform_name("MusicBrainz Track Id"),),
        ape=("musicbrainz_trackid",),
        asf=("MusicBrainz/Track Id",),
    ),
    _same_name_field(
        "acoustid_id", "TXXX:ACOUSTID ID", "Acoustid/Id", mp4=_freeform_name("Acoustid Id")
    ),
    _same_name_field("artists", "TXXX:ARTISTS", "WM/ARTISTS"),
    _same_name_field("composer", "TCOM", "WM/Composer", mp4="\xa9wrt"),
    _same_name_field("lyricist", "TEXT", "WM/Writer"),
    _same_name_field("conductor", "TPE3", "WM/Conductor"),
    _same_name_field("remixer", "TPE4", "WM/ModifiedBy", ape="mixartist"),
    _same_name_field("discsubtitle", "TSST", "WM/SetSubTitle"),
    _same_name_field("artistsort", "TSOP", "WM/ArtistSortOrder", mp4="soar"),
    _same_name_field("albumartistsort", "TSO2", "WM/AlbumArtistSortOrder", mp4="soaa"),
    _same_name_field("composersort", "TSOC", "WM/ComposerSortOrder", mp4="soco"),
    _same_name_field("isrc", "TSRC", "WM/ISRC"),
    _same_name_field("label", "TPUB", "WM/Publisher", more=("organization", "publisher")),
    _same_name_field("catalognumber", "TXXX:CATALOGNUMBER", "WM/CatalogNo"),
    _same_name_field("barcode", "TXXX:BARCODE", "WM/Barcode"),
    _same_name_field("media", "TMED", "WM/Media"),
    _same_name_field("compilation", "TCMP", "WM/IsCompilation", mp4="cpil"),
)

# Fields that our reader does not provide: gains, which conversions write into copies of files.
GAIN_FIELDS = tuple(
    _same_name_field(name, f"TXXX:{name.upper()}", name.upper())
    for name in (
        *("replaygain_track_gain", "replaygain_track_peak"),
        *("replaygain_album_gain", "replaygain_album_peak"),
        *("r128_track_gain", "r128_album_gain"),
    )
)
WRITTEN_FIELDS = (*TAG_MAP, *GAIN_FIELDS)
