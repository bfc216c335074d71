"""Audio files of all formats with about 70 tag fields each, written and read by mutagen alone."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import base64
import struct
from pathlib import Path
from typing import Any

import mutagen
from mutagen import apev2, asf, id3, mp4
from mutagen.flac import Picture

from mediakeep_samples.music import track_files
from tests.media import mutations_sounds

FRONT = track_files.read_seed_file("cover.jpg")
BACK = track_files.read_seed_file("cover.png")

MBID = "8f5b6a62-7c22-4c8a-8f0c-0000000000"
# Fields with the same name in Vorbis comments and APEv2, and their values.
FIELDS = {
    "TITLE": ["Low Tide"],
    "ARTIST": ["Velvet Harbour", "Anna Färber"],
    "ARTISTS": ["Velvet Harbour", "Anna Färber"],
    "ALBUM": ["Tides"],
    "ALBUMARTIST": ["Velvet Harbour"],
    "TRACKNUMBER": ["3"],
    "TRACKTOTAL": ["12"],
    "DISCNUMBER": ["1"],
    "DISCTOTAL": ["2"],
    "DATE": ["2001-05-06"],
    "ORIGINALDATE": ["1999-02-03"],
    "ORIGINALYEAR": ["1998"],  # not that of the date: neither may become the other
    "GENRE": ["Trip Hop", "Jazz"],
    "COMMENT": ["Bought in Lisbon"],
    "COMPOSER": ["Ida Lund", "Bo Ek"],
    "LYRICIST": ["Ida Lund"],
    "CONDUCTOR": ["Karl Weiss"],
    "REMIXER": ["DJ Moor"],
    "DISCSUBTITLE": ["The Sea"],
    "ARTISTSORT": ["Harbour, Velvet"],
    "ALBUMARTISTSORT": ["Harbour, Velvet"],
    "COMPOSERSORT": ["Lund, Ida"],
    "ALBUMSORT": ["Tides, The"],
    "TITLESORT": ["Tide, Low"],
    "ISRC": ["DEA450000001"],
    "LABEL": ["Quay"],
    "CATALOGNUMBER": ["QU 7", "QU 7X"],
    "BARCODE": ["4006381333931"],
    "MEDIA": ["CD"],
    "RELEASETYPE": ["album", "live"],
    "RELEASESTATUS": ["official"],
    "RELEASECOUNTRY": ["DE"],
    "COMPILATION": ["1"],
    "ACOUSTID_ID": [MBID + "11"],
    "ACOUSTID_FINGERPRINT": ["AQADtEmUaEkSRZEG"],
    "MUSICBRAINZ_TRACKID": [MBID + "12"],
    "MUSICBRAINZ_RELEASETRACKID": [MBID + "13"],
    "MUSICBRAINZ_ALBUMID": [MBID + "14"],
    "MUSICBRAINZ_RELEASEGROUPID": [MBID + "15"],
    "MUSICBRAINZ_ARTISTID": [MBID + "16", MBID + "17"],
    "MUSICBRAINZ_ALBUMARTISTID": [MBID + "16"],
    "MUSICBRAINZ_DISCID": ["XzPS7vW.HPHsYemQh0HBUGr8vuU-"],
    "MUSICBRAINZ_WORKID": [MBID + "18"],
    "ASIN": ["B000002L7Q"],
    "BPM": ["96"],
    "COPYRIGHT": ["2001 Quay"],
    "ENCODEDBY": ["Ripper Rita"],
    "GROUPING": ["Sea songs"],
    "KEY": ["Am"],
    "LANGUAGE": ["deu", "eng"],
    "LICENSE": ["https://creativecommons.org/licenses/by/4.0/"],
    "LYRICS": ["The tide is low\nand so am I"],
    "MOOD": ["Calm"],
    "MOVEMENTNAME": ["Largo"],
    "MOVEMENT": ["2"],
    "MOVEMENTTOTAL": ["4"],
    "PERFORMER": ["Anna Färber (violin)", "Bo Ek (piano (grand))", "Ida Lund"],
    "PRODUCER": ["Rick Stone"],
    "ENGINEER": ["Max Dial"],
    "MIXER": ["Lou Fader"],
    "ARRANGER": ["Otto Satz"],
    "SCRIPT": ["Latn"],
    "SUBTITLE": ["Live"],
    "WEBSITE": ["https://velvet.example/"],
    "WORK": ["Sea Suite"],
    "WRITER": ["Ida Lund"],
    "ORIGINALARTIST": ["The Old Quay"],
    "ORIGINALALBUM": ["Old Tides"],
    "RATING": ["80"],
    "REPLAYGAIN_TRACK_GAIN": ["-6.50 dB"],
    "REPLAYGAIN_TRACK_PEAK": ["0.987654"],
    "REPLAYGAIN_ALBUM_GAIN": ["-7.25 dB"],
    "REPLAYGAIN_ALBUM_PEAK": ["1.000000"],
    "MyOwnField": ["first", "second"],
}
_APE_NAMES = {
    "ALBUMARTIST": "Album Artist",
    "DATE": "Year",
    "REMIXER": "MixArtist",
    "RELEASETYPE": "MUSICBRAINZ_ALBUMTYPE",
    "RELEASESTATUS": "MUSICBRAINZ_ALBUMSTATUS",
    "WEBSITE": "Weblink",
    "ORIGINALARTIST": "Original Artist",
    "MyOwnField": "MyOwnField",
}

# Frames of ID3 for those fields; the rest are TXXX.
_FRAMES = {
    "TITLE": "TIT2",
    "ARTIST": "TPE1",
    "ALBUM": "TALB",
    "ALBUMARTIST": "TPE2",
    "DATE": "TDRC",
    "ORIGINALDATE": "TDOR",
    "GENRE": "TCON",
    "COMPOSER": "TCOM",
    "LYRICIST": "TEXT",
    "CONDUCTOR": "TPE3",
    "REMIXER": "TPE4",
    "DISCSUBTITLE": "TSST",
    "ARTISTSORT": "TSOP",
    "ALBUMARTISTSORT": "TSO2",
    "COMPOSERSORT": "TSOC",
    "ALBUMSORT": "TSOA",
    "KEY": "TKEY",
    "TITLESORT": "TSOT",
    "ISRC": "TSRC",
    "LABEL": "TPUB",
    "MEDIA": "TMED",
    "BPM": "TBPM",
    "COMPILATION": "TCMP",
    "COPYRIGHT": "TCOP",
    "ENCODEDBY": "TENC",
    "GROUPING": "TIT1",
    "LANGUAGE": "TLAN",
    "MOOD": "TMOO",
    "MOVEMENTNAME": "MVNM",
    "MOVEMENT": "MVIN",
    "SUBTITLE": "TIT3",
    "ORIGINALARTIST": "TOPE",
    "ORIGINALALBUM": "TOAL",
}
_ROLES = {"ENGINEER": "engineer", "PRODUCER": "producer", "MIXER": "mix", "ARRANGER": "arranger"}
_PICARD_NAMES = {  # after TXXX: and in MP4; in ASF with a slash
    "ACOUSTID_ID": "Acoustid Id",
    "ACOUSTID_FINGERPRINT": "Acoustid Fingerprint",
    "MUSICBRAINZ_TRACKID": "MusicBrainz Track Id",
    "MUSICBRAINZ_RELEASETRACKID": "MusicBrainz Release Track Id",
    "MUSICBRAINZ_ALBUMID": "MusicBrainz Album Id",
    "MUSICBRAINZ_RELEASEGROUPID": "MusicBrainz Release Group Id",
    "MUSICBRAINZ_ARTISTID": "MusicBrainz Artist Id",
    "MUSICBRAINZ_ALBUMARTISTID": "MusicBrainz Album Artist Id",
    "MUSICBRAINZ_DISCID": "MusicBrainz Disc Id",
    "MUSICBRAINZ_WORKID": "MusicBrainz Work Id",
    "RELEASETYPE": "MusicBrainz Album Type",
    "RELEASESTATUS": "MusicBrainz Album Status",
    "RELEASECOUNTRY": "MusicBrainz Album Release Country",
}
_ATOMS = {
    "TITLE": "\xa9nam",
    "ARTIST": "\xa9ART",
    "ALBUM": "\xa9alb",
    "ALBUMARTIST": "aART",
    "DATE": "\xa9day",
    "GENRE": "\xa9gen",
    "COMMENT": "\xa9cmt",
    "COMPOSER": "\xa9wrt",
    "ARTISTSORT": "soar",
    "ALBUMARTISTSORT": "soaa",
    "COMPOSERSORT": "soco",
    "ALBUMSORT": "soal",
    "TITLESORT": "sonm",
    "COPYRIGHT": "cprt",
    "GROUPING": "\xa9grp",
    "LYRICS": "\xa9lyr",
    "MOVEMENTNAME": "\xa9mvn",
    "WORK": "\xa9wrk",
}
_NUMBER_ATOMS = {"BPM": "tmpo", "MOVEMENT": "\xa9mvi", "MOVEMENTTOTAL": "\xa9mvc"}
_NUMBERS = ("TRACKNUMBER", "TRACKTOTAL", "DISCNUMBER", "DISCTOTAL")
_ATTRIBUTES = {
    "TITLE": "Title",
    "ARTIST": "Author",
    "ARTISTS": "WM/ARTISTS",
    "ALBUM": "WM/AlbumTitle",
    "ALBUMARTIST": "WM/AlbumArtist",
    "TRACKNUMBER": "WM/TrackNumber",
    "TRACKTOTAL": "TrackTotal",
    "DISCNUMBER": "WM/PartOfSet",
    "DISCTOTAL": "DiscTotal",
    "DATE": "WM/Year",
    "ORIGINALDATE": "WM/OriginalReleaseTime",
    "ORIGINALYEAR": "WM/OriginalReleaseYear",
    "GENRE": "WM/Genre",
    "COMMENT": "Description",
    "COMPOSER": "WM/Composer",
    "LYRICIST": "WM/Writer",
    "CONDUCTOR": "WM/Conductor",
    "REMIXER": "WM/ModifiedBy",
    "DISCSUBTITLE": "WM/SetSubTitle",
    "ISRC": "WM/ISRC",
    "ARTISTSORT": "WM/ArtistSortOrder",
    "ALBUMARTISTSORT": "WM/AlbumArtistSortOrder",
    "COMPOSERSORT": "WM/ComposerSortOrder",
    "ALBUMSORT": "WM/AlbumSortOrder",
    "TITLESORT": "WM/TitleSortOrder",
    "LABEL": "WM/Publisher",
    "BARCODE": "WM/Barcode",
    "CATALOGNUMBER": "WM/CatalogNo",
    "MEDIA": "WM/Media",
    "BPM": "WM/BeatsPerMinute",
    "COPYRIGHT": "Copyright",
    "ENCODEDBY": "WM/EncodedBy",
    "KEY": "WM/InitialKey",
    "GROUPING": "WM/ContentGroupDescription",
    "LANGUAGE": "WM/Language",
    "MOOD": "WM/Mood",
    "LYRICS": "WM/Lyrics",
    "PRODUCER": "WM/Producer",
    "ENGINEER": "WM/Engineer",
    "MIXER": "WM/Mixer",
    "SCRIPT": "WM/Script",
    "SUBTITLE": "WM/SubTitle",
    "WORK": "WM/Work",
    "WEBSITE": "WM/AuthorURL",
    "ORIGINALARTIST": "WM/OriginalArtist",
    "ORIGINALALBUM": "WM/OriginalAlbumTitle",
    "RATING": "WM/SharedUserRating",
}
SUFFIXES = (
    "flac",
    "mp3",
    "v23.mp3",
    "m4a",
    "ogg",
    "opus",
    "wma",
    "ape",
    "wv",
    "aiff",
    "wav",
    "dsf",
)


def write_source(folder: Path, name: str) -> Path:
    """Write a file with all `FIELDS` and two pictures; `name` is one of `SUFFIXES`."""
    path = folder / f"source.{name}"
    path.write_bytes(plain(name))
    _WRITERS[path.suffix[1:]](path)
    return path


def plain(name: str) -> bytes:
    """Return an audio file of a format, whose tags are to be replaced."""
    suffix = name.rpartition(".")[2]
    if suffix in ("flac", "mp3", "m4a", "ogg", "opus"):
        return track_files.read_seed_file(f"chord.{suffix}")
    return mutations_sounds.SOUNDS[suffix][1]()


def _picture_blocks() -> list[Picture]:
    blocks = []
    for kind, mime, text, data in (
        (4, "image/png", "Rückseite", BACK),
        (3, "image/jpeg", "", FRONT),
    ):
        block = Picture()
        block.type, block.mime, block.desc, block.data = kind, mime, text, data
        blocks.append(block)
    return blocks


def _vorbis(path: Path) -> None:
    audio: Any = mutagen.File(path)  # type: ignore[attr-defined]
    audio.delete()
    audio.update(FIELDS)
    if path.suffix == ".flac":
        for block in _picture_blocks():
            audio.add_picture(block)
    else:
        blocks = [base64.b64encode(block.write()).decode() for block in _picture_blocks()]
        audio["METADATA_BLOCK_PICTURE"] = blocks
    if path.suffix == ".opus":
        for kind, gain in (("TRACK", -11.5), ("ALBUM", -12.25)):
            del audio[f"REPLAYGAIN_{kind}_GAIN"]
            del audio[f"REPLAYGAIN_{kind}_PEAK"]
            audio[f"R128_{kind}_GAIN"] = str(round(gain * 256))
    audio.save()


def _id3(path: Path) -> None:
    tags = id3.ID3()
    text = {name: list(values) for name, values in FIELDS.items()}
    pair = "{}/{}".format
    for frame, number, total in (
        ("TRCK", "TRACKNUMBER", "TRACKTOTAL"),
        ("TPOS", "DISCNUMBER", "DISCTOTAL"),
    ):
        tags.add(id3.Frames[frame](3, pair(text.pop(number)[0], text.pop(total)[0])))
    recording = text.pop("MUSICBRAINZ_TRACKID")[0].encode()
    tags.add(id3.UFID(owner="http://musicbrainz.org", data=recording))
    tags.add(id3.TIPL(3, [[role, text.pop(name)[0]] for name, role in _ROLES.items()]))
    del text["PERFORMER"]
    tags.add(id3.TMCL(3, [["violin", "Anna Färber"], ["piano (grand)", "Bo Ek"], ["", "Ida Lund"]]))
    tags.add(id3.COMM(3, "deu", "", text.pop("COMMENT")))
    tags.add(id3.COMM(3, "eng", "Source", ["Vinyl"]))
    tags.add(id3.USLT(3, "eng", "", text.pop("LYRICS")[0]))
    tags.add(id3.SYLT(3, "eng", 2, 1, "", [("The tide", 1230), ("is low", 61_500)]))
    tags.add(id3.WOAR(text.pop("WEBSITE")[0]))
    tags.add(id3.WCOP(text.pop("LICENSE")[0]))
    del text["RATING"]
    tags.add(id3.POPM(email="Windows Media Player 9 Series", rating=196, count=7))
    tags.add(id3.PRIV("owner", b"\x01\x02"))
    tags.add(id3.TSSE(3, "LAME 3.99"))
    text["MOVEMENT"] = [pair(text["MOVEMENT"][0], text.pop("MOVEMENTTOTAL")[0])]
    for name, values in text.items():
        if name in _FRAMES:
            tags.add(id3.Frames[_FRAMES[name]](3, values))
        else:
            tags.add(id3.TXXX(3, _PICARD_NAMES.get(name, name), values))
    for block in _picture_blocks():
        tags.add(id3.APIC(3, block.mime, block.type, block.desc, block.data))
    _save_id3(path, tags)


def _save_id3(path: Path, tags: Any) -> None:
    if path.name.endswith("v23.mp3"):
        tags.update_to_v23()
        tags.save(path, v2_version=3, v23_sep=None, v1=0)
        return
    audio: Any = mutagen.File(path)  # type: ignore[attr-defined]
    if audio.tags is None:
        audio.add_tags()
    audio.tags.clear()
    for frame in tags.values():
        audio.tags.add(frame)
    audio.save()


def _ape(path: Path) -> None:
    tags = apev2.APEv2()
    for name, values in FIELDS.items():
        if name not in _NUMBERS:
            tags[_APE_NAMES.get(name, name.title() if "_" not in name else name)] = values
    tags["Track"], tags["Disc"] = "3/12", "1/2"
    for name, block in zip(("Back", "Front"), _picture_blocks(), strict=True):
        extension = block.mime.rpartition("/")[2]
        stem = block.desc or f"Cover Art ({name})"
        data = f"{stem}.{extension}".encode() + b"\0" + block.data
        tags[f"Cover Art ({name})"] = apev2.APEValue(data, apev2.BINARY)
    tags.save(path)


def _mp4(path: Path) -> None:
    audio = mp4.MP4(path)
    audio.delete()
    audio["trkn"], audio["disk"], audio["cpil"] = [(3, 12)], [(1, 2)], True
    for name, values in FIELDS.items():
        if name in _ATOMS:
            audio[_ATOMS[name]] = values
        elif name in _NUMBER_ATOMS:
            audio[_NUMBER_ATOMS[name]] = [int(values[0])]
        elif name not in (*_NUMBERS, "COMPILATION"):
            key = f"----:com.apple.iTunes:{_PICARD_NAMES.get(name, name)}"
            audio[key] = [mp4.MP4FreeForm(text.encode()) for text in values]
    audio["\xa9too"], audio["stik"], audio["pgap"] = ["Lavf58"], [1], True
    audio["----:com.apple.iTunes:iTunSMPB"] = [mp4.MP4FreeForm(b" 00000000 00000840")]
    audio["covr"] = [mp4.MP4Cover(FRONT, 13), mp4.MP4Cover(BACK, 14)]
    audio.save()


def _asf(path: Path) -> None:
    audio = asf.ASF(path)
    audio.tags.clear()
    for name, values in FIELDS.items():
        usual = _PICARD_NAMES.get(name, name).replace("MusicBrainz ", "MusicBrainz/")
        key = _ATTRIBUTES.get(name, usual.replace("Acoustid ", "Acoustid/"))
        audio[key] = ["75"] if name == "RATING" else values
    audio["WM/IsCompilation"] = [asf.ASFBoolAttribute(True)]
    del audio["COMPILATION"]
    pictures = []
    for block in _picture_blocks():
        texts = b"".join(text.encode("utf-16-le") + b"\0\0" for text in (block.mime, block.desc))
        head = struct.pack("<BI", block.type, len(block.data))
        pictures.append(asf.ASFByteArrayAttribute(head + texts + block.data))
    audio["WM/Picture"] = pictures
    audio["WMFSDKVersion"] = ["9.00"]
    audio.save()


_WRITERS = {
    **dict.fromkeys(("flac", "ogg", "opus"), _vorbis),
    **dict.fromkeys(("mp3", "aiff", "wav", "dsf"), _id3),
    **dict.fromkeys(("ape", "wv"), _ape),
    "m4a": _mp4,
    "wma": _asf,
}


def read_fields(path: Path) -> dict[str, list[str]]:
    """Return the values of the names in `FIELDS`, and of others in Vorbis comments or TXXX."""
    audio: Any = mutagen.File(path)  # type: ignore[attr-defined]
    if isinstance(audio.tags, id3.ID3):
        return _read_id3(audio.tags)
    if isinstance(audio, mp4.MP4):
        return _read_mp4(audio)
    fields: dict[str, list[str]] = {}
    for name, text in audio.tags:
        fields.setdefault(name, []).append(text)
    return fields


def _read_id3(tags: Any) -> dict[str, list[str]]:
    names = {f"TXXX:{own}": name for name, own in _PICARD_NAMES.items()}
    names |= {frame: name for name, frame in _FRAMES.items()}
    names |= {"COMM::deu": "COMMENT", "COMM::XXX": "COMMENT", "TXXX:Writer": "WRITER"}
    fields = {}
    for key, frame in tags.items():
        if (key.startswith("T") and hasattr(frame, "text")) or key in names:
            name = names.get(key, key.removeprefix("TXXX:"))
            fields[name] = [str(text) for text in (frame.genres if key == "TCON" else frame.text)]
    for key, name in (("TRCK", "TRACK"), ("TPOS", "DISC")):
        fields[f"{name}NUMBER"], fields[f"{name}TOTAL"] = (
            [text] for text in fields.pop(key)[0].split("/")
        )
    fields["MOVEMENT"], fields["MOVEMENTTOTAL"] = (
        [text] for text in fields["MOVEMENT"][0].split("/")
    )
    fields["MUSICBRAINZ_TRACKID"] = [tags["UFID:http://musicbrainz.org"].data.decode()]
    fields["LYRICS"] = [tags.getall("USLT")[0].text]
    fields["WEBSITE"], fields["LICENSE"] = [tags.getall("WOAR")[0].url], [tags["WCOP"].url]
    fields["RATING"] = [str(tags.getall("POPM")[0].rating)]
    roles = {role: name for name, role in _ROLES.items()}
    for role, name in tags["TIPL"].people:
        fields.setdefault(roles[role], []).append(name)
    people = tags["TMCL"].people
    fields["PERFORMER"] = [f"{name} ({role})" if role else name for role, name in people]
    return fields


def _read_mp4(audio: Any) -> dict[str, list[str]]:
    names = {f"----:com.apple.iTunes:{own}": name for name, own in _PICARD_NAMES.items()}
    names |= {atom: name for name, atom in (*_ATOMS.items(), *_NUMBER_ATOMS.items())}
    names |= {"----:com.apple.iTunes:initialkey": "KEY"}
    fields = {}
    for key, values in audio.items():
        if key == "cpil":
            fields["COMPILATION"] = ["1"] if values else []
        elif key in ("trkn", "disk"):
            name = {"trkn": "TRACK", "disk": "DISC"}[key]
            fields[f"{name}NUMBER"], fields[f"{name}TOTAL"] = ([str(n)] for n in values[0])
        elif isinstance(values, list) and key != "covr":
            texts = [bytes(v).decode() if isinstance(v, bytes) else str(v) for v in values]
            fields[names.get(key, key.removeprefix("----:com.apple.iTunes:"))] = texts
    return fields


def read_pictures(path: Path) -> list[tuple[int, str, str, bytes]]:
    """Return type, MIME type, description and bytes of the pictures; of MP4, the bytes only."""
    audio: Any = mutagen.File(path)  # type: ignore[attr-defined]
    if isinstance(audio, mp4.MP4):
        return [(3, "", "", bytes(cover)) for cover in audio["covr"]]
    if isinstance(audio.tags, id3.ID3):
        frames = audio.tags.getall("APIC")
        return [(int(one.type), one.mime, one.desc, one.data) for one in frames]
    blocks = getattr(audio, "pictures", None) or [
        Picture(base64.b64decode(text)) for text in audio["METADATA_BLOCK_PICTURE"]
    ]
    return [(one.type, one.mime, one.desc, one.data) for one in blocks]
