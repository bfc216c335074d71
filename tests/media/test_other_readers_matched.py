"""Readers that are not ours find in a file all that MusicBrainz tells of a track.

It takes programs that the default tests do without: `make slow`.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from mediakeep.media.audio.tag_edits import FIELDS
from mediakeep.media.safewrite.write_tags import Id3Version, SetCover, SetField, WriteRules
from mediakeep_samples.music import track_files
from tests.media import writable_files
from tests.media.other_readers import PROGRAMS, READERS, Values
from tests.media.test_other_readers import JOINTS

JPEG = track_files.read_seed_file("cover.jpg")
MATCHED: dict[str, Values] = {
    "title": ("Привет ÿþ",),
    "artist": ("Vera & 美空ひばり",),
    "artists": ("Vera", "美空ひばり"),
    "album": ("Low Tide",),
    "albumartist": ("Vera",),
    "track": ("7",),
    "track_total": ("12",),
    "disc": ("2",),
    "disc_total": ("3",),
    "date": ("1974-05-01",),
    "originaldate": ("1969-02-03",),
    "genres": ("Folk Rock", "Shanty"),
    "composer": ("Ólafur",),
    "lyricist": ("Anna",),
    "conductor": ("Σίσυφος",),
    "remixer": ("Otto",),
    "discsubtitle": ("Ebb",),
    "artistsort": ("Vera & Misora, Hibari",),
    "albumartistsort": ("Мосс, Вера",),
    "composersort": ("Arnalds, Ólafur",),
    "label": ("Own & Œuvre",),
    "catalognumber": ("OWN 001-2",),
    "barcode": ("0000000000017",),
    "releasecountry": ("XW",),
    "media": ("CD",),
    "releasetype": ("album", "live"),
    "releasestatus": ("official",),
    "isrc": ("XXABC7400007",),
    "compilation": ("1",),
    "acoustid_id": ("00000000-0000-4000-8000-000000000000",),
    "musicbrainz_recordingid": ("00000000-0000-4000-8000-000000000001",),
    "musicbrainz_trackid": ("00000000-0000-4000-8000-000000000002",),
    "musicbrainz_albumid": ("00000000-0000-4000-8000-000000000003",),
    "musicbrainz_releasegroupid": ("00000000-0000-4000-8000-000000000004",),
    "musicbrainz_artistid": (
        "00000000-0000-4000-8000-000000000005",
        "00000000-0000-4000-8000-000000000006",
    ),
    "musicbrainz_albumartistid": ("00000000-0000-4000-8000-000000000005",),
    "musicbrainz_discid": ("own.DISC_id-000000000000000-",),
}

# A file, and the versions in which its tag is written, one after the other.
FILES: dict[str, tuple[str, tuple[Id3Version, ...]]] = {
    "2.3.mp3": ("bare.mp3", (Id3Version.OLD,)),
    "2.4.mp3": ("bare.mp3", (Id3Version.NEW,)),
    "2.4 to 2.3.mp3": ("bare.mp3", (Id3Version.NEW, Id3Version.OLD)),
    "2.3 to 2.4.mp3": ("bare.mp3", (Id3Version.OLD, Id3Version.NEW)),
    **{
        f"bare.{kind}": (f"bare.{kind}", (Id3Version.KEEP,))
        for kind in ("m4a", "flac", "ogg", "opus")
    },
}

# What a reader does not show, whoever wrote it.
_IN_COMMENTS = {"musicbrainz_recordingid", "musicbrainz_albumid", "musicbrainz_discid"}
_IN_COMMENTS |= {"musicbrainz_artistid", "musicbrainz_albumartistid"}
UNSHOWN = {
    ("ffprobe", "mp3"): {"musicbrainz_recordingid"},  # it shows no UFID
    ("mediainfo", "mp3"): {"musicbrainz_recordingid"},
    **dict.fromkeys((("mediainfo", kind) for kind in ("flac", "ogg", "opus")), _IN_COMMENTS),
    **{("mediafile", kind): {"conductor", "musicbrainz_discid"} for kind in ("mp3", "flac", "ogg")},
    ("mediafile", "opus"): {"conductor", "musicbrainz_discid"},
    ("mediafile", "m4a"): {"conductor", "musicbrainz_discid", "remixer"},  # it has another name
}
WHOLE = ("taglib", "mediafile")  # which tell every value of a field


def agrees(shown: Values, texts: Values, *, whole: bool) -> bool:
    """Tell whether a reader shows what was written: all of it, or the first, or all as one text."""
    if whole or len(texts) == 1:
        return shown == texts
    joined = [joint.join(texts[:count]) for joint in JOINTS for count in (1, len(texts))]
    return len(shown) == 1 and shown[0] in joined


def test_the_table_here_knows_every_field() -> None:
    assert MATCHED.keys() == FIELDS - {"comment"}


@pytest.mark.needs(*PROGRAMS)
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", FILES)
def test_other_readers_find_all_that_musicbrainz_tells(
    tmp_path: Path, name: str, reader: str
) -> None:
    file, versions = FILES[name]
    path = writable_files.put(tmp_path, file)
    edits = [SetField(field, texts) for field, texts in MATCHED.items() if field != "title"]
    writable_files.write(
        path, tmp_path, *edits, SetCover(JPEG, "image/jpeg"), rules=WriteRules(id3=versions[0])
    )
    writable_files.write(
        path, tmp_path, SetField("title", MATCHED["title"]), rules=WriteRules(id3=versions[-1])
    )
    told = READERS[reader](path)
    fields = dict(told.fields)
    kind = path.suffix[1:]
    assert MATCHED.keys() - fields.keys() == UNSHOWN.get((reader, kind), set())
    assert fields.pop("compilation")[0] in ("1", "Yes", "True")
    if versions[-1] is Id3Version.OLD:  # the year stands beside, and some show both
        assert fields.pop("originaldate") in (
            *(("1969-02-03",), ("1969-02-03", "1969"), ("1969-02-03 / 1969",)),
        )
    wrong = {
        field: shown
        for field, shown in fields.items()
        if not agrees(shown, MATCHED[field], whole=reader in WHOLE)
    }
    assert wrong == {}
    assert told.pictures == {sha256(JPEG).hexdigest()}
