"""Several types of tags in one file: conflicts are found, limits of ID3v1 are no conflict."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from mutagen.apev2 import APEv2
from mutagen.id3 import ID3, TIT2

from mediakeep.media.audio.model import SecondaryTags, Tags
from mediakeep.music.model import Track
from mediakeep_samples.music import track_files as seeds
from tests.music import paper, shelf
from tests.sampling import each_row

LONG = "The Ropemaker's Daughter and Other Songs of the Harbour"


def id3v1(title: str = "", artist: str = "", album: str = "", year: str = "") -> bytes:
    """The 128 bytes at the end of a file, after id3.org/ID3v1."""
    texts = ((title, 30), (artist, 30), (album, 30), (year, 4), ("", 30))
    fields = (text.encode("latin-1", "replace")[:size].ljust(size, b"\0") for text, size in texts)
    return b"TAG" + b"".join(fields) + b"\xff"


def apev2(**fields: str) -> bytes:
    file = BytesIO()
    tags = APEv2()
    tags.update(fields)
    tags.save(file)
    return file.getvalue()


def put(path: Path, *, more: bytes = b"", **tags: str | None) -> Path:
    """Write a healthy MP3 with other tags behind it."""
    shelf.put(path, **tags)
    path.write_bytes(path.read_bytes() + more)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shelf.put_album(tmp_path / "Vera" / "Moorings", "Ballast")
    return tmp_path / "Vera" / "Moorings"


def list_conflicts(folder: Path) -> list[str]:
    return paper.list_kinds_on_disk(folder.parent).get("tag-conflict", [])


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "Gulls Over Quarry Lane"},
        {"artist": "Anna"},
        {"album": "Winter"},
        {"year": "1975"},
    ],
)
def test_id3v1_and_apev2_that_contradict_id3v2_are_found(
    folder: Path, fields: dict[str, str]
) -> None:
    put(folder / "a.mp3", more=id3v1(**fields))
    put(folder / "b.mp3", more=apev2(**{name.capitalize(): text for name, text in fields.items()}))
    assert list_conflicts(folder) == ["Moorings/a.mp3", "Moorings/b.mp3"]


def test_apev2_and_id3v1_that_contradict_each_other_are_found(folder: Path) -> None:
    more = apev2(Title="Low Tide", Artist="Velvet Harbour") + id3v1("Low Tide", "Anna")
    put(folder / "a.mp3", artist=None, more=more)
    assert list_conflicts(folder) == ["Moorings/a.mp3"]


def test_id3_before_a_flac_that_contradicts_its_own_tags_is_found(folder: Path) -> None:
    for name, title in (("a.flac", "Another"), ("b.flac", "Low Tide")):
        path, tags = shelf.put(folder / name), BytesIO()
        added = ID3()
        added.add(TIT2(text=[title]))
        added.save(tags)
        path.write_bytes(tags.getvalue() + path.read_bytes())
    assert list_conflicts(folder) == ["Moorings/a.flac"]


@pytest.mark.parametrize(
    ("tags", "more"),
    [
        ({}, id3v1("Low Tide", "Velvet Harbour", "Moorings", "1974")),
        ({}, apev2(Title="Low Tide", Artist="Velvet Harbour", Album="Moorings", Year="1974-05-01")),
        ({}, apev2(Title="LOW TIDE", Artist="The Velvet Harbour", Album="Moorings!")),
        ({"title": LONG, "album": LONG}, id3v1(LONG, album=LONG)),
        ({"title": LONG}, apev2(Title=LONG) + id3v1(LONG)),
        ({"date": "1974-03-01"}, id3v1(year="1974")),
        ({}, id3v1(year="0")),
        ({}, id3v1("        ")),
        ({"title": "Dvořák: Rusalka"}, id3v1("Dvořák: Rusalka")),
        ({"title": "Dvořák: Rusalka"}, id3v1("Dvorak: Rusalka")),
        ({"title": "月曜日"}, id3v1("月曜日")),
        ({"title": "Привет"}, id3v1("Ïðèâåò")),
        ({"title": "Привет (Live)"}, id3v1("Привет (Live)")),
        ({"title": "Привет (Live)"}, id3v1("Привет")),
        ({"title": "Dvořák: Rusalka"}, id3v1("Dvo?ak: Rusalka")),
        ({"title": "Björk’s “Étude”"}, id3v1("BjÃ¶rkâs âÃ‰tude")),
        ({"title": None, "artist": None}, id3v1("Low Tide", "Anna")),
    ],
)
def test_tags_that_say_the_same_as_far_as_they_can_are_no_conflict(
    folder: Path, tags: dict[str, str | None], more: bytes
) -> None:
    put(folder / "a.mp3", more=more, **tags)
    assert list_conflicts(folder) == []


def test_the_detail_names_both_texts_and_where_they_stand() -> None:
    other = SecondaryTags(name="ID3v1", tags=Tags(title=("Gulls",), date=("1975",)))
    tags = Tags(title=("Low Tide",), date=("1974-01-01",), artist=("Vera",))
    track = Track(place="Dawn/a.mp3", tags=tags, container="ID3v2.3", other_tags=(other,))
    assert paper.find_detail("tag-conflict", paper.album(track)) == (
        'title "Low Tide" in ID3v2.3, "Gulls" in ID3v1; year 1974 in ID3v2.3, 1975 in ID3v1'
    )


@pytest.mark.parametrize(
    ("codecs", "other"),
    [
        ((("A", "B"),), (("A / B",),)),
        ((("A", "B"),), (("A/B",),)),
        ((("BjÃ¶rk",),), (("Björk",),)),
    ],
)
def test_several_texts_are_compared_as_one(
    codecs: tuple[tuple[str, ...]], other: tuple[tuple[str, ...]]
) -> None:
    track = Track(
        place="Dawn/a.mp3",
        tags=Tags(artist=codecs[0]),
        container="ID3v2.4",
        other_tags=(SecondaryTags(name="APEv2", tags=Tags(artist=other[0])),),
    )
    assert paper.find_detail("tag-conflict", paper.album(track)) is None


def test_texts_that_differ_beyond_what_id3v1_cannot_hold_are_found(folder: Path) -> None:
    put(folder / "a.mp3", title="Öl", more=id3v1("Benzin"))
    put(folder / "b.mp3", title="Dvořák: Rusalka", more=id3v1("Smetana: Moldau"))
    put(folder / "c.mp3", title="Low Tide", more=id3v1("Lode"))
    assert list_conflicts(folder) == ["Moorings/a.mp3", "Moorings/b.mp3", "Moorings/c.mp3"]


def test_id3v1_alone_is_found(folder: Path) -> None:
    alone = id3v1("Low Tide", "Velvet Harbour", "Moorings", "1974")
    (folder / "a.mp3").write_bytes(seeds.read_seed_file("bell.mp3") + alone)
    (folder / "b.mp3").write_bytes(
        seeds.read_seed_file("bell.mp3") + apev2(Title="Low Tide") + alone
    )
    put(folder / "c.mp3", more=alone)
    (folder / "d.mp3").write_bytes(seeds.read_seed_file("bell.mp3"))
    put(folder / "e.mp3")
    kinds = paper.list_kinds_on_disk(folder.parent)
    assert kinds["id3v1-only"] == ["Moorings/a.mp3"]
    assert "tag-conflict" not in kinds


@each_row("suffix", shelf.FORMATS)
def test_files_with_one_kind_of_tags_have_neither_fault(tmp_path: Path, suffix: str) -> None:
    shelf.put_album(tmp_path / "Vera" / "Dawn", "Été", "Two", "Three", suffix=suffix)
    assert not paper.list_kinds_on_disk(tmp_path / "Vera").keys() & {"tag-conflict", "id3v1-only"}
