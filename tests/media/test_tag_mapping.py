"""Every field is read from every tag format, by the names that MusicBrainz Picard writes."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from pathlib import Path
from typing import Any

from mutagen import id3
from mutagen.aiff import AIFF
from mutagen.apev2 import APEv2
from mutagen.asf import ASF
from mutagen.dsf import DSF
from mutagen.flac import FLAC
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4
from mutagen.wave import WAVE

from mediakeep.media.audio import normalize_tags, tags
from mediakeep.media.audio.tags import Tags
from tests.media import mutations_sounds as small
from tests.sampling import each_row

# The text that each field holds here, with its names as Picard's documentation spells them:
# ID3v2, Vorbis comments, APEv2, MP4 ("----:com.apple.iTunes:" left out) and ASF.
ROWS = """
title|TIT2|TITLE|Title|\xa9nam|Title
artist|TPE1|ARTIST|Artist|\xa9ART|Author
artists|TXXX:ARTISTS|ARTISTS|Artists|-ARTISTS|WM/ARTISTS
album|TALB|ALBUM|Album|\xa9alb|WM/AlbumTitle
albumartist|TPE2|ALBUMARTIST|Album Artist|aART|WM/AlbumArtist
date|TDRC|DATE|Year|\xa9day|WM/Year
originaldate|TDOR|ORIGINALDATE|ORIGINALDATE|-ORIGINALDATE|WM/OriginalReleaseTime
genres|TCON|GENRE|Genre|\xa9gen|WM/Genre
composer|TCOM|COMPOSER|Composer|\xa9wrt|WM/Composer
lyricist|TEXT|LYRICIST|Lyricist|-LYRICIST|WM/Writer
conductor|TPE3|CONDUCTOR|Conductor|-CONDUCTOR|WM/Conductor
remixer|TPE4|REMIXER|MixArtist|-REMIXER|WM/ModifiedBy
discsubtitle|TSST|DISCSUBTITLE|DiscSubtitle|-DISCSUBTITLE|WM/SetSubTitle
artistsort|TSOP|ARTISTSORT|ARTISTSORT|soar|WM/ArtistSortOrder
albumartistsort|TSO2|ALBUMARTISTSORT|ALBUMARTISTSORT|soaa|WM/AlbumArtistSortOrder
composersort|TSOC|COMPOSERSORT|COMPOSERSORT|soco|WM/ComposerSortOrder
isrc|TSRC|ISRC|ISRC|-ISRC|WM/ISRC
label|TPUB|LABEL|Label|-LABEL|WM/Publisher
catalognumber|TXXX:CATALOGNUMBER|CATALOGNUMBER|CatalogNumber|-CATALOGNUMBER|WM/CatalogNo
barcode|TXXX:BARCODE|BARCODE|Barcode|-BARCODE|WM/Barcode
media|TMED|MEDIA|Media|-MEDIA|WM/Media
releasetype|TXXX:MusicBrainz Album Type|RELEASETYPE|MUSICBRAINZ_ALBUMTYPE|-MusicBrainz Album Type|\
MusicBrainz/Album Type
releasestatus|TXXX:MusicBrainz Album Status|RELEASESTATUS|MUSICBRAINZ_ALBUMSTATUS|\
-MusicBrainz Album Status|MusicBrainz/Album Status
releasecountry|TXXX:MusicBrainz Album Release Country|RELEASECOUNTRY|RELEASECOUNTRY|\
-MusicBrainz Album Release Country|MusicBrainz/Album Release Country
musicbrainz_recordingid|UFID:http://musicbrainz.org|MUSICBRAINZ_TRACKID|MUSICBRAINZ_TRACKID|\
-MusicBrainz Track Id|MusicBrainz/Track Id
musicbrainz_trackid|TXXX:MusicBrainz Release Track Id|MUSICBRAINZ_RELEASETRACKID|\
MUSICBRAINZ_RELEASETRACKID|-MusicBrainz Release Track Id|MusicBrainz/Release Track Id
musicbrainz_albumid|TXXX:MusicBrainz Album Id|MUSICBRAINZ_ALBUMID|MUSICBRAINZ_ALBUMID|\
-MusicBrainz Album Id|MusicBrainz/Album Id
musicbrainz_releasegroupid|TXXX:MusicBrainz Release Group Id|MUSICBRAINZ_RELEASEGROUPID|\
MUSICBRAINZ_RELEASEGROUPID|-MusicBrainz Release Group Id|MusicBrainz/Release Group Id
musicbrainz_artistid|TXXX:MusicBrainz Artist Id|MUSICBRAINZ_ARTISTID|MUSICBRAINZ_ARTISTID|\
-MusicBrainz Artist Id|MusicBrainz/Artist Id
musicbrainz_albumartistid|TXXX:MusicBrainz Album Artist Id|MUSICBRAINZ_ALBUMARTISTID|\
MUSICBRAINZ_ALBUMARTISTID|-MusicBrainz Album Artist Id|MusicBrainz/Album Artist Id
musicbrainz_discid|TXXX:MusicBrainz Disc Id|MUSICBRAINZ_DISCID|MUSICBRAINZ_DISCID|\
-MusicBrainz Disc Id|MusicBrainz/Disc Id
acoustid_id|TXXX:Acoustid Id|ACOUSTID_ID|ACOUSTID_ID|-Acoustid Id|Acoustid/Id
"""
TABLE = [row.split("|") for row in ROWS.strip().splitlines()]
FIELDS = {row[0]: "1974-05-06" if "date" in row[0] else f"of {row[0]}" for row in TABLE}


def expected(**more: Any) -> Tags:
    return Tags(**{name: (text,) for name, text in FIELDS.items()}, **more)


def names(column: int) -> dict[str, str]:
    """Each name of a dialect with the text that it holds here."""
    return {row[column]: FIELDS[row[0]] for row in TABLE}


def put(folder: Path, name: str) -> Path:
    """Write a small sound of a format."""
    path = folder / f"a.{name}"
    path.write_bytes(small.whole(name))
    return path


def test_the_table_here_knows_every_field() -> None:
    ours = {"track", "track_total", "disc", "disc_total", "comment", "compilation", "pictures"}
    assert set(Tags.__struct_fields__) == ours | FIELDS.keys()


def numbered() -> Tags:
    """All fields, with the numbers that every test here writes."""
    return expected(
        comment=("of comment",),
        track="3",
        track_total="12",
        disc="1",
        disc_total="2",
        compilation=True,
    )


@each_row(("name", "kind"), [("mp3", MP3), ("wav", WAVE), ("aiff", AIFF), ("dsf", DSF)])
def test_every_field_arrives_from_id3(tmp_path: Path, name: str, kind: Any) -> None:
    path = put(tmp_path, name)
    audio = kind(path)
    audio.tags.clear()
    for key, text in names(1).items():
        frame, _, about = key.partition(":")
        if frame == "UFID":
            audio.tags.add(id3.UFID(owner=about, data=text.encode()))
        elif frame == "TXXX":
            audio.tags.add(id3.TXXX(encoding=1, desc=about, text=[text]))
        else:
            audio.tags.add(id3.Frames[frame](encoding=3, text=[text]))
    for frame, text in (("TRCK", "3/12"), ("TPOS", "1/2"), ("TCMP", "1")):
        audio.tags.add(id3.Frames[frame](encoding=0, text=[text]))
    audio.tags.add(id3.COMM(encoding=0, lang="eng", desc="", text=["of comment"]))
    audio.save()
    reading = tags.read(path)
    assert reading.tags == numbered()
    assert reading.container == "ID3v2.4"
    assert reading.raw["TXXX:BARCODE"] == ["of barcode"]


def test_every_field_arrives_from_vorbis_comments(tmp_path: Path) -> None:
    path = put(tmp_path, "flac")
    audio = FLAC(path)
    audio.delete()
    audio.clear_pictures()
    numbers = {"tracknumber": "3", "discnumber": "1", "comment": "of comment", "compilation": "1"}
    audio.update(names(2) | numbers | {"TOTALTRACKS": "12", "DISCTOTAL": "2"})
    audio.save()
    reading = tags.read(path)
    assert (reading.tags, reading.container) == (numbered(), "Vorbis comment")
    assert reading.raw["musicbrainz_trackid"] == ["of musicbrainz_recordingid"]


@each_row("name", ["ape", "wv", "mpc", "seven.mpc"])
def test_every_field_arrives_from_apev2(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"a.{name}"
    path.write_bytes(small.whole(name).partition(b"APETAGEX")[0])
    tag = APEv2()
    numbers = {"Track": "3/12", "Disc": "1/2", "Comment": "of comment", "Compilation": "1"}
    tag.update(names(3) | numbers)
    tag.save(path)
    reading = tags.read(path)
    assert (reading.tags, reading.container) == (numbered(), "APEv2")


def test_every_field_arrives_from_mp4(tmp_path: Path) -> None:
    path = put(tmp_path, "m4a")
    audio = MP4(path)
    audio.clear()
    for key, text in names(4).items():
        if key.startswith("-"):
            audio["----:com.apple.iTunes:" + key[1:]] = [text.encode()]
        else:
            audio[key] = [text]
    audio.update({"trkn": [(3, 12)], "disk": [(1, 2)], "\xa9cmt": "of comment", "cpil": True})
    audio.save()
    reading = tags.read(path)
    assert (reading.tags, reading.container) == (numbered(), "MP4")


def test_every_field_arrives_from_asf(tmp_path: Path) -> None:
    path = put(tmp_path, "wma")
    audio = ASF(path)
    audio.clear()
    numbers = {"WM/TrackNumber": "3/12", "WM/PartOfSet": "1/2", "WM/IsCompilation": "1"}
    audio.update(names(5) | numbers | {"Description": "of comment"})
    audio.save()
    reading = tags.read(path)
    assert (reading.tags, reading.container) == (numbered(), "ASF")


def test_day_and_year_of_older_id3_become_one_date(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(small.whole("v23.mp3"))
    frames = id3.ID3(path)
    frames.add(id3.TDRC(encoding=0, text=["1974-05-06"]))
    frames.add(id3.TDOR(encoding=0, text=["1969-01-02"]))
    frames.update_to_v23()
    frames.save(v2_version=3)
    reading = tags.read(path)
    assert reading.container == "ID3v2.3"
    assert (reading.tags.date, reading.tags.originaldate) == (("1974-05-06",), ("1969",))
    assert (reading.raw["TYER"], reading.raw["TDAT"]) == (["1974"], ["0605"])


@each_row(
    ("day", "time", "date"),
    [
        ("0605", "1020", "1974-05-06T10:20"),
        ("0605", "noon", "1974-05-06"),
        ("", "1020", "1974"),
        ("May", "1020", "1974"),
    ],
)
def test_the_time_of_older_id3_counts_where_a_day_is_told(day: str, time: str, date: str) -> None:
    native = {"TYER": ["1974"], "TDAT": [day], "TIME": [time]}
    assert normalize_tags.normalize(native, "id3").date == (date,)
    assert normalize_tags.normalize(native | {"TDRC": ["1975"]}, "id3").date == ("1975",)


def test_the_first_of_several_names_counts() -> None:
    native = {"year": ["1975"], "date": ["1974"], "tracktotal": ["9"], "tracknumber": ["3/12"]}
    read = normalize_tags.normalize(native, "vorbis")
    assert (read.date, read.track, read.track_total) == (("1974",), "3", "9")
    backwards = dict(reversed(native.items()))
    assert normalize_tags.normalize(backwards, "vorbis") == read
