"""The tag fields that are carried between formats, beyond those of `tag_map`.

The names follow the tag mapping of Picard. For fields that it does not map to a format, they follow
Mp3tag, and else the field has the same name in all formats.
"""

from __future__ import annotations

from collections.abc import Mapping

from mediakeep.media.audio import to_native_tags
from mediakeep.media.audio.normalize_tags import TAG_FORMATS
from mediakeep.media.audio.tag_map import TAG_MAP, TagMapping

FREEFORM_PREFIX = "----:com.apple.iTunes:"
PEOPLE_ROLES = {  # roles of TIPL and IPLS with a field; the other roles are performers
    "arranger": "arranger",
    "engineer": "engineer",
    "producer": "producer",
    "DJ-mix": "djmixer",
    "mix": "mixer",
}
# Fields that may occur several times, each with a description after the name: "COMMENT:mood".
DESCRIBED_FIELDS = frozenset({"comment", "lyrics", "syncedlyrics", "rating", "playcount", "url"})

_MAPPED = frozenset(field.name for field in TAG_MAP)


def _field(
    name: str, id3: str = "", *, mp4: str = "", asf: str = "", vorbis: str = "", riff: str = ""
) -> TagMapping:
    """Build the mapping of a field; a format without a name uses that of Vorbis comments.

    A text has several names separated by "|", the preferred one first.
    """
    usual = (vorbis or name.upper()).split("|")
    freeform = FREEFORM_PREFIX + usual[0]
    return TagMapping(
        name=name,
        id3=tuple((id3 or f"TXXX:{usual[0]}").split("|")),
        vorbis=tuple(usual),
        mp4=(*mp4.split("|"), freeform) if mp4 else (freeform,),
        ape=tuple(usual),
        asf=(*asf.split("|"), usual[0]) if asf else (usual[0],),
        riff=tuple(riff.split("|")) if riff else (),
    )


def _spelt(name: str, spelt: str) -> TagMapping:
    """Build the mapping of a field that Picard spells alike in ID3, MP4 and ASF."""
    asf = spelt.replace(" ", "/", 1)
    return _field(name, f"TXXX:{spelt}", mp4=FREEFORM_PREFIX + spelt, asf=asf)


def _replaygain(name: str) -> TagMapping:
    return _field(f"replaygain_{name}")


EXTRA_FIELDS = (
    _spelt("acoustid_fingerprint", "Acoustid Fingerprint"),
    _field("albumsort", "TSOA|TXXX:ALBUMSORT", mp4="soal", asf="WM/AlbumSortOrder"),
    _field("arranger"),
    _field("asin"),
    _field("bpm", "TBPM", mp4="tmpo", asf="WM/BeatsPerMinute", riff="IBPM"),
    _field("copyright", "TCOP", mp4="cprt", asf="Copyright", riff="ICOP"),
    _field("djmixer", asf="WM/DJMixer"),
    _field("encodedby", "TENC", asf="WM/EncodedBy", riff="ITCH"),
    _field("engineer", asf="WM/Engineer", riff="IENG"),
    _field("gapless", mp4="pgap"),
    _field("grouping", "TIT1|GRP1", mp4="\xa9grp", asf="WM/ContentGroupDescription"),
    _field("key", "TKEY", mp4=f"{FREEFORM_PREFIX}initialkey", asf="WM/InitialKey"),
    _field("language", "TLAN", asf="WM/Language", riff="ILNG"),
    _field("license", "WCOP|TXXX:LICENSE"),
    _field("lyrics", "USLT", mp4="\xa9lyr", asf="WM/Lyrics", vorbis="LYRICS|UNSYNCEDLYRICS"),
    _field("mixer", asf="WM/Mixer"),
    _field("mood", "TMOO", asf="WM/Mood"),
    _field("movement", "MVNM", mp4="\xa9mvn", vorbis="MOVEMENTNAME"),
    _field("movementnumber", "MVIN", mp4="\xa9mvi", vorbis="MOVEMENT"),
    _field("movementtotal", mp4="\xa9mvc"),
    _spelt("musicbrainz_originalalbumid", "MusicBrainz Original Album Id"),
    _spelt("musicbrainz_originalartistid", "MusicBrainz Original Artist Id"),
    _spelt("musicbrainz_trmid", "MusicBrainz TRM Id"),
    _spelt("musicbrainz_workid", "MusicBrainz Work Id"),
    _field("musicip_fingerprint", "TXXX:MusicMagic Fingerprint", vorbis="FINGERPRINT"),
    _spelt("musicip_puid", "MusicIP PUID"),
    _field("originalalbum", "TOAL", asf="WM/OriginalAlbumTitle"),
    _field(
        "originalartist", "TOPE", asf="WM/OriginalArtist", vorbis="ORIGINALARTIST|Original Artist"
    ),
    _field("originalfilename", "TOFN", asf="WM/OriginalFilename"),
    _field("originallyricist", "TOLY", asf="WM/OriginalLyricist"),
    _field("originalyear", asf="WM/OriginalReleaseYear"),
    _field("performer"),
    _field("playcount", "PCNT"),
    _field("podcast", "PCST", mp4="pcst"),
    _field("podcasturl", "WFED", mp4="purl"),
    _field("producer", asf="WM/Producer", riff="IPRO"),
    _field("rating", "POPM", asf="WM/SharedUserRating"),
    *map(
        _replaygain,
        ("album_gain", "album_peak", "album_range", "track_gain", "track_peak", "track_range"),
    ),
    _replaygain("reference_loudness"),
    _field("releasetime", "TDRL"),
    _field("script", asf="WM/Script"),
    _field("show", mp4="tvsh"),
    _field("showmovement", mp4="shwm"),
    _field("showsort", mp4="sosn"),
    _field("subtitle", "TIT3", asf="WM/SubTitle"),
    _field("syncedlyrics", "SYLT"),
    _field("titlesort", "TSOT|TXXX:TITLESORT", mp4="sonm", asf="WM/TitleSortOrder"),
    _field("url", "WXXX"),
    _field("website", "WOAR", asf="WM/AuthorURL", vorbis="WEBSITE|WEBLINK"),
    _field("work", "TXXX:WORK", mp4="\xa9wrk", asf="WM/Work"),
    _field("writer", "TXXX:Writer"),
    # Mp3tag's names of frames and atoms that Picard does not map.
    _field("fileowner", "TOWN"),
    _field("producednotice", "TPRO"),
    _field("radiostation", "TRSN", riff="IRSN"),
    _field("radioowner", "TRSO"),
    _field("playlistdelay", "TDLY"),
    _field("taggingdate", "TDTG"),
    _field("podcastcategory", "TCAT", mp4="catg"),
    _field("podcastdesc", "TDES", mp4="desc"),
    _field("podcastid", "TGID", mp4="egid"),
    _field("podcastkeywords", "TKWD", mp4="keyw"),
    _field("wwwaudiofile", "WOAF"),
    _field("wwwaudiosource", "WOAS"),
    _field("wwwcommercialinfo", "WCOM"),
    _field("wwwpayment", "WPAY"),
    _field("wwwpublisher", "WPUB"),
    _field("wwwradiopage", "WORS"),
    _field("itunesadvisory", mp4="rtng"),
    _field("itunesmediatype", mp4="stik"),
    _field("itunesaccount", mp4="apID"),
    _field("itunesaccounttype", mp4="akID"),
    _field("itunesalbumid", mp4="plID"),
    _field("itunesartistid", mp4="atID"),
    _field("itunescatalogid", mp4="cnID"),
    _field("itunescomposerid", mp4="cmID"),
    _field("itunescountryid", mp4="sfID"),
    _field("itunesgenreid", mp4="geID"),
    _field("itunespurchasedate", mp4="purd"),
    _field("itunesowner", mp4="ownr"),
    _field("tvepisode", mp4="tves"),
    _field("tvepisodeid", mp4="tven"),
    _field("tvnetwork", mp4="tvnn"),
    _field("tvseason", mp4="tvsn"),
    _field("longdescription", mp4="ldes"),
)

# Names that describe how a file was encoded, which is no longer true after a conversion.
_ENCODING_NAMES = frozenset(
    name.casefold()
    for name in (
        *("TSSE", "TLEN", "TSIZ", "TFLT", "TDEN", "ISFT", "\xa9too", "iTunSMPB", "cdec"),
        *("ENCODER", "ENCODERSETTINGS", "ENCODER SETTINGS", "ENCODER_OPTIONS", "Encoding Params"),
        *("WM/EncodingSettings", "WM/EncodingTime", "WM/ToolName", "WM/ToolVersion"),
        *("WMFSDKVersion", "WMFSDKNeeded", "DeviceConformanceTemplate", "IsVBR"),
        *("WAVEFORMATEXTENSIBLE_CHANNEL_MASK", "MP3GAIN_MINMAX", "MP3GAIN_UNDO"),
        *("MP3GAIN_ALBUM_MINMAX", "major_brand", "minor_version", "compatible_brands"),
    )
)


def _index(tag_format: str) -> dict[str, str]:
    """Return the field of each native name.

    A field of its own precedes a mapped one, as "ORIGINALYEAR" is also read as the original date.
    """
    index: dict[str, str] = {}
    for field in (*EXTRA_FIELDS, *TAG_MAP):
        for name in getattr(field, tag_format):
            index.setdefault(name.casefold(), field.name)
    return index


_FIELDS: Mapping[str, Mapping[str, str]] = {name: _index(name) for name in TAG_FORMATS}
_EXTRA = {field.name: field for field in EXTRA_FIELDS}


def identity(name: str) -> tuple[bool, str]:
    """Return what identifies a field or custom name; custom names ignore case."""
    return is_field(name), name.casefold()


def is_mapped(field: str) -> bool:
    """Return True if our reader provides the field in `Tags`."""
    return field in _MAPPED


def describes_encoding(name: str) -> bool:
    """Return True if a custom field of this name describes the encoding of its own file."""
    return name.casefold() in _ENCODING_NAMES


def is_field(name: str) -> bool:
    """Return True for the name of a field, and False for a custom name."""
    return name in _MAPPED or name in _EXTRA


def field_name(native: str, tag_format: str) -> str:
    """Return the field of a native name, or the custom name of an unknown one.

    The custom name is the native one without "TXXX:", or without Apple's prefix in MP4. It is in
    capitals if a field has that name.
    """
    return _FIELDS[tag_format].get(native.casefold()) or custom_name(native, tag_format)


def custom_name(native: str, tag_format: str) -> str:
    """Return the name of a tag that is not the main one of its field; see `field_name`."""
    prefixes = {"id3": ("TXXX:",), "mp4": (FREEFORM_PREFIX, "----:")}.get(tag_format, ())
    for prefix in prefixes:
        if native.casefold().startswith(prefix.casefold()):
            name = native[len(prefix) :]
            field = _FIELDS["vorbis"].get(name.casefold(), "")
            if field and field not in _MAPPED:  # as other taggers write it: "TXXX:COPYRIGHT"
                return field
            return name.upper() if is_field(name.casefold()) else name
    return native


def native_names(field: str, tag_format: str) -> tuple[str, ...]:
    """Return the native names of a field; a custom field has its own name."""
    if field in _MAPPED:
        names = to_native_tags.native_names(field, tag_format)
        return tuple(_restore_case(field, name, tag_format) for name in names)
    if field in _EXTRA:
        names = getattr(_EXTRA[field], tag_format)
        return tuple(names)
    if tag_format == "id3" and field.startswith("UFID:"):
        return (field,)
    return ({"id3": "TXXX:", "mp4": FREEFORM_PREFIX}.get(tag_format, "") + field,)


def _restore_case(field: str, name: str, tag_format: str) -> str:
    prefix = {"id3": "TXXX:", "mp4": FREEFORM_PREFIX.lower()}.get(tag_format, "")
    if not prefix or not name.startswith(prefix):
        return name.upper() if tag_format == "vorbis" else name
    usual = {"id3": "TXXX:", "mp4": FREEFORM_PREFIX}[tag_format]
    return usual + to_native_tags.restore_name_case(field, name.removeprefix(prefix))
