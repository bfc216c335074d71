"""The native tag names of each field in all tag formats, after the tag mapping of Picard.

If a field has several names, the first one present in a file is used; the later ones are written by
other taggers. The names of RIFF INFO follow exiftool's table.
"""

from __future__ import annotations

import msgspec


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """The native names of one field; in lower case if the tag format ignores case."""

    name: str
    id3: tuple[str, ...] = ()
    vorbis: tuple[str, ...] = ()
    mp4: tuple[str, ...] = ()
    ape: tuple[str, ...] = ()
    asf: tuple[str, ...] = ()
    riff: tuple[str, ...] = ()


def _freeform(name: str) -> str:
    """Return the MP4 freeform name of a field that Apple does not define."""
    return f"----:com.apple.itunes:{name.lower()}"


def _alike(
    name: str, id3: str, asf: str, *, mp4: str = "", ape: str = "", more: tuple[str, ...] = ()
) -> Field:
    """Map a field that has the same name in Vorbis comments, and mostly in APEv2 and MP4."""
    return Field(
        name=name,
        id3=(id3,),
        vorbis=(name, *more),
        mp4=(mp4 or _freeform(name),),
        ape=(ape, name) if ape else (name, *more),
        asf=(asf,),
    )


def _musicbrainz(name: str, spelt: str, vorbis: str, ape: str = "") -> Field:
    """Map a field defined by MusicBrainz, spelled alike in ID3, MP4 and ASF."""
    return Field(
        name=name,
        id3=(f"TXXX:MUSICBRAINZ {spelt.upper()}",),
        vorbis=(vorbis,),
        mp4=(_freeform(f"MusicBrainz {spelt}"),),
        ape=(ape, vorbis) if ape else (vorbis,),
        asf=(f"MusicBrainz/{spelt}",),
    )


FIELDS = (
    Field(
        name="title",
        id3=("TIT2",),
        vorbis=("title",),
        mp4=("\xa9nam",),
        ape=("title",),
        asf=("Title",),
        riff=("INAM",),
    ),
    Field(
        name="artist",
        id3=("TPE1",),
        vorbis=("artist",),
        mp4=("\xa9ART",),
        ape=("artist",),
        asf=("Author",),
        riff=("IART",),
    ),
    Field(
        name="album",
        id3=("TALB",),
        vorbis=("album",),
        mp4=("\xa9alb",),
        ape=("album",),
        asf=("WM/AlbumTitle",),
        riff=("IPRD",),
    ),
    Field(
        name="albumartist",
        id3=("TPE2",),
        vorbis=("albumartist", "album artist", "album_artist"),
        mp4=("aART",),
        ape=("album artist", "albumartist", "album_artist"),
        asf=("WM/AlbumArtist",),
    ),
    Field(
        name="track",
        id3=("TRCK",),
        vorbis=("tracknumber", "track"),
        mp4=("trkn",),
        ape=("track", "tracknumber"),
        asf=("WM/TrackNumber",),
        riff=("ITRK", "IPRT"),
    ),
    Field(
        name="track_total",
        vorbis=("tracktotal", "totaltracks"),
        ape=("tracktotal", "totaltracks"),
        asf=("TrackTotal",),
    ),
    Field(
        name="disc",
        id3=("TPOS",),
        vorbis=("discnumber", "disc"),
        mp4=("disk",),
        ape=("disc", "discnumber"),
        asf=("WM/PartOfSet",),
    ),
    Field(
        name="disc_total",
        vorbis=("disctotal", "totaldiscs"),
        ape=("disctotal", "totaldiscs"),
        asf=("DiscTotal",),
    ),
    Field(
        name="date",
        id3=("TDRC", "TYER"),
        vorbis=("date", "year"),
        mp4=("\xa9day",),
        ape=("year", "date"),
        asf=("WM/Year",),
        riff=("ICRD",),
    ),
    Field(
        name="originaldate",
        id3=("TDOR", "TORY"),
        vorbis=("originaldate", "originalyear"),
        mp4=(_freeform("originaldate"), _freeform("originalyear")),
        ape=("originaldate", "originalyear"),
        asf=("WM/OriginalReleaseTime", "WM/OriginalReleaseYear"),
    ),
    Field(
        name="genres",
        id3=("TCON",),
        vorbis=("genre",),
        mp4=("\xa9gen",),
        ape=("genre",),
        asf=("WM/Genre",),
        riff=("IGNR",),
    ),
    Field(
        name="comment",
        id3=("COMM",),
        vorbis=("comment", "description"),
        mp4=("\xa9cmt",),
        ape=("comment",),
        asf=("Description",),
        riff=("ICMT",),
    ),
    _musicbrainz("musicbrainz_trackid", "Release Track Id", "musicbrainz_releasetrackid"),
    _musicbrainz("musicbrainz_albumid", "Album Id", "musicbrainz_albumid"),
    _musicbrainz("musicbrainz_artistid", "Artist Id", "musicbrainz_artistid"),
    _musicbrainz("musicbrainz_albumartistid", "Album Artist Id", "musicbrainz_albumartistid"),
    _musicbrainz("musicbrainz_releasegroupid", "Release Group Id", "musicbrainz_releasegroupid"),
    _musicbrainz("musicbrainz_discid", "Disc Id", "musicbrainz_discid"),
    _musicbrainz("releasetype", "Album Type", "releasetype", "musicbrainz_albumtype"),
    _musicbrainz("releasestatus", "Album Status", "releasestatus", "musicbrainz_albumstatus"),
    _musicbrainz("releasecountry", "Album Release Country", "releasecountry"),
    Field(  # "trackid" in Vorbis comments and APEv2 is the recording
        name="musicbrainz_recordingid",
        id3=("UFID:http://musicbrainz.org",),
        vorbis=("musicbrainz_trackid",),
        mp4=(_freeform("MusicBrainz Track Id"),),
        ape=("musicbrainz_trackid",),
        asf=("MusicBrainz/Track Id",),
    ),
    _alike("acoustid_id", "TXXX:ACOUSTID ID", "Acoustid/Id", mp4=_freeform("Acoustid Id")),
    _alike("artists", "TXXX:ARTISTS", "WM/ARTISTS"),
    _alike("composer", "TCOM", "WM/Composer", mp4="\xa9wrt"),
    _alike("lyricist", "TEXT", "WM/Writer"),
    _alike("conductor", "TPE3", "WM/Conductor"),
    _alike("remixer", "TPE4", "WM/ModifiedBy", ape="mixartist"),
    _alike("discsubtitle", "TSST", "WM/SetSubTitle"),
    _alike("artistsort", "TSOP", "WM/ArtistSortOrder", mp4="soar"),
    _alike("albumartistsort", "TSO2", "WM/AlbumArtistSortOrder", mp4="soaa"),
    _alike("composersort", "TSOC", "WM/ComposerSortOrder", mp4="soco"),
    _alike("isrc", "TSRC", "WM/ISRC"),
    _alike("label", "TPUB", "WM/Publisher", more=("organization", "publisher")),
    _alike("catalognumber", "TXXX:CATALOGNUMBER", "WM/CatalogNo"),
    _alike("barcode", "TXXX:BARCODE", "WM/Barcode"),
    _alike("media", "TMED", "WM/Media"),
    _alike("compilation", "TCMP", "WM/IsCompilation", mp4="cpil"),
)
