"""Readers that are not ours find in a file what was written, and the sound that was there before.

It takes programs that the default tests do without: `make slow`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from mediakeep.media.safewrite.write_tags import SetCover, SetField
from mediakeep_samples.music import track_files
from tests.media import encoded, other_readers, writable_files
from tests.media import mutations_tags as tagging
from tests.media.other_readers import PROGRAMS, READERS, Told, Values
from tests.sampling import each_row

PNG, JPEG = track_files.read_seed_file("cover.png"), track_files.read_seed_file("cover.jpg")
NUMBERS = {"track": "7", "track_total": "12", "disc": "2", "disc_total": "3"}
MANY = {
    "title": ("Привет ÿþ",),
    "artist": ("美空ひばり", "Ünïted & Co."),
    "album": ("שלום עולם",),
    "albumartist": ("Σίσυφος",),
    "date": ("1974-05-01",),
    "genres": ("Фолк", "Rock"),
    "composer": ("作曲家", "Ólafur"),
    "comment": ("Ça va؟ ÿÿÿ",),
}
ONE = {name: (f"A plain {name}",) for name in MANY} | {"date": ("1999",), "genres": ("Jazz",)}
LONG = ONE | {"comment": ("Long, " * 2000,), "date": ("2001-02",)}
WRITTEN = ((MANY, PNG), (ONE, JPEG), (LONG, PNG + bytes(100_000)))

FRONT = {
    "none": bytes,
    "2.2": tagging.id3v22,
    "2.3": lambda: tagging.id3v2(3),
    "2.4": tagging.id3v2,
}
BEHIND = {
    "none": bytes,
    "ID3v1": tagging.id3v1,
    "APEv2": tagging.apev2_tag,
    "APEv2, ID3v1": lambda: tagging.apev2_tag() + tagging.id3v1(),
}
# TagLib takes grouped frames of 2.4, as in flags.mp3, for what they are not, changed or not.
NAMES = [
    name
    for name in writable_files.NAMES
    if name != "flags.mp3" and name.endswith(("mp3", "m4a", "flac", "ogg", "opus"))
]
JOINTS = ("; ", ";", " / ", "/")  # with which some readers join several values


def stacked(front: Callable[[], bytes], behind: Callable[[], bytes]) -> bytes:
    return front() + track_files.read_seed_file("bell.mp3") + behind()


# Files of the most usual formats, and MP3 with every version of tags, alone and beside others.
FILES: dict[str, Callable[[], bytes]] = {
    **{name: partial(writable_files.whole, name) for name in NAMES},
    **{
        f"{version}, {label} behind.mp3": partial(stacked, front, behind)
        for version, front in FRONT.items()
        for label, behind in BEHIND.items()
    },
}
BLIND = {  # what these do not see, they did not see before the change either
    ("mixed.ogg", "mediafile"),  # a total that stands in one text with the number
    ("mixed.ogg", "mediainfo"),  # one value under two names; a picture under an odd one
    ("unsynced4.mp3", "mediainfo"),  # it takes away marks twice, and bytes of pictures with them
}
CASES = [(name, reader) for name in FILES for reader in READERS if (name, reader) not in BLIND]


def agree(told: Told, values: dict[str, Values]) -> None:
    """All is there that was written; some readers tell only the first of several values."""
    for name, texts in (values | {name: (text,) for name, text in NUMBERS.items()}).items():
        shown = told.fields.get(name, ())
        if name == "date":  # some tell no more than the year, and one the first of its days
            assert shown, name
            assert all(texts[0].startswith(one) or one.startswith(texts[0]) for one in shown), shown
        elif shown != texts:
            joined = [joint.join(texts[:count]) for joint in JOINTS for count in (1, len(texts))]
            assert len(shown) == 1, (name, shown)
            assert shown[0].strip() in [text.strip() for text in joined], name


# One file of each writable format.
FORMATS = [
    *("mp3", "m4a", "flac", "ogg", "opus", "16.wav", "bare.wav", "a.aiff", "dsf", "a.tta"),
    *("ape", "a.wv", "seven.mpc", "a.wma"),
]
UNREAD = {
    ("a.tta", "mediainfo"),  # it does not read ID3v2 in True Audio
    ("16.wav", "mediainfo"),  # RIFF INFO, which has no declared encoding, in UTF-8
}


@pytest.mark.needs(*PROGRAMS)
@each_row(
    ("name", "reader"),
    [
        (name, reader)
        for name in FORMATS
        for reader in ("ffprobe", "mediainfo", "taglib")
        if (name, reader) not in UNREAD
    ],
)
def test_other_readers_agree_on_every_writable_format(
    tmp_path: Path, name: str, reader: str
) -> None:
    if name in encoded.KINDS:
        path = encoded.write(tmp_path / name, name)
    else:
        path = writable_files.put(tmp_path, name)
    values = {"title": "Привет Ebb", "artist": "Velvet", "album": "Möorings", "track": "7"}
    edits = [SetField(field, (text,)) for field, text in values.items()]
    writable_files.write(path, tmp_path, *edits, SetField("track_total", ("9",)))
    fields = READERS[reader](path).fields
    assert {field: fields.get(field) for field in values} == {
        field: (text,) for field, text in values.items()
    }


@pytest.mark.needs(*PROGRAMS)
@pytest.mark.parametrize(("name", "reader"), CASES)
def test_other_readers_find_what_was_written(tmp_path: Path, name: str, reader: str) -> None:
    path = tmp_path / f"a.{name.rpartition('.')[2]}"
    path.write_bytes(FILES[name]())
    of_one_page = reader == "mediainfo" and path.suffix in (".ogg", ".opus")  # it reads no other
    for values, picture in WRITTEN[:2] if of_one_page else WRITTEN:
        edits = [SetField(field, texts) for field, texts in values.items()]
        edits += [SetField(field, (text,)) for field, text in NUMBERS.items()]
        writable_files.write(path, tmp_path, *edits, SetCover(picture, "image/png"))
        told = READERS[reader](path)
        agree(told, values)
        assert sha256(picture).hexdigest() in told.pictures


@pytest.mark.needs(*PROGRAMS)
@pytest.mark.parametrize(("name", "reader"), CASES)
def test_other_readers_find_nothing_of_what_was_taken_away(
    tmp_path: Path, name: str, reader: str
) -> None:
    path = tmp_path / f"a.{name.rpartition('.')[2]}"
    path.write_bytes(FILES[name]())
    writable_files.write(path, tmp_path, *(SetField(field, texts) for field, texts in MANY.items()))
    writable_files.write(path, tmp_path, *(SetField(field, ()) for field in MANY))
    assert not set(MANY) & set(READERS[reader](path).fields)


@pytest.mark.needs(*PROGRAMS)
@pytest.mark.parametrize("reader", [reader for reader in READERS if reader != "mediainfo"])
@pytest.mark.parametrize("name", ["v23.mp3", "mp3", "m4a", "flac", "ogg", "opus"])
def test_other_readers_find_letters_that_take_four_bytes(
    tmp_path: Path, name: str, reader: str
) -> None:
    """But for mediainfo, which shows two question marks for one in ID3v2.3."""
    path = writable_files.put(tmp_path, name)
    writable_files.write(path, tmp_path, SetField("title", ("Ebb 😀 𝄞",)))
    assert READERS[reader](path).fields["title"] == ("Ebb 😀 𝄞",)


@pytest.mark.needs(*PROGRAMS)
@pytest.mark.parametrize("name", [name for name in FILES if name != "tagged.flac"])
def test_ffprobe_finds_the_same_packets_of_sound(tmp_path: Path, name: str) -> None:
    """But for a FLAC with ID3v1 behind, which it takes for a part of the last packet."""
    path = tmp_path / f"a.{name.rpartition('.')[2]}"
    path.write_bytes(FILES[name]())
    before = other_readers.packets(path)
    for values, picture in WRITTEN:
        edits = [SetField(field, texts) for field, texts in values.items()]
        writable_files.write(path, tmp_path, *edits, SetCover(picture, "image/png"))
        assert other_readers.packets(path) == before
    assert len(before) > 2
