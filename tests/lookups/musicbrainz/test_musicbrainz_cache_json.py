"""The JSON export of the lookups: written from the store; deleting it resets the store."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mediakeep.errors import NoCache
from mediakeep.lookups.musicbrainz import cache_json
from mediakeep.lookups.musicbrainz.lookup_store import (
    MusicBrainzStore,
    PossibleArtist,
    ResolvedAlbum,
    ResolvedArtist,
)
from mediakeep.lookups.musicbrainz.model import Artist
from tests.lookups.musicbrainz.test_musicbrainz_store import KNOWN, RESOLVED, VERA


@pytest.fixture
def known(tmp_path: Path) -> Iterator[MusicBrainzStore]:
    made = MusicBrainzStore(tmp_path)
    yield made
    made.close()


def contents(folder: Path) -> Any:
    return json.loads((folder / cache_json.FILE_NAME).read_bytes())


def test_the_record_tells_who_each_artist_is_and_what_each_album(
    known: MusicBrainzStore, tmp_path: Path
) -> None:
    album = ResolvedAlbum(
        match="certain",
        release_group="g",
        release="r",
        title="Dawn",
        first_release_date="1974",
        date="1975-02",
        cover_art_url="https://coverartarchive.example/release/r/front",
    )
    tied = ResolvedAlbum(match="tied", release_group="h", tied=("s", "t"), title="Dusk")
    two = PossibleArtist(VERA, ("Dawn",)), PossibleArtist(Artist(id="d" * 36, name="Vera"))
    done = ResolvedArtist(
        name="Vera",
        question="x",
        state="done",
        artist=VERA,
        by="tags",
        merged={"old": "new"},
        deleted=("gone",),
        albums={"Dawn [LP]": album, "Dusk": tied},
        asked="2026-01-01T00:00:00Z",
    )
    known.save_resolved("Vera", done, KNOWN)
    known.save_resolved(
        "Zoe", ResolvedArtist(name="Zoë", question="", state="unknown", asked="t"), None
    )
    unsure = ResolvedArtist(name="Abe", question="", state="unsure", choices=two, asked="t")
    known.save_resolved("Abe", unsure, None)
    cache_json.export(tmp_path, known)
    told = contents(tmp_path)
    assert told["format"] == 1
    assert list(told["artists"]) == ["Abe", "Vera", "Zoe"]
    assert told["artists"]["Abe"] == {
        "name": "Abe",
        "lookup": "unsure",
        "asked": "t",
        "choices": [
            {"mbid": VERA.id, "name": "Vera", "disambiguation": "folk", "albums": ["Dawn"]},
            {"mbid": "d" * 36, "name": "Vera", "albums": []},
        ],
        "albums": {},
    }
    assert told["artists"]["Vera"] == {
        "name": "Vera",
        "lookup": "done",
        "asked": "2026-01-01T00:00:00Z",
        "mbid": VERA.id,
        "musicbrainz_name": "Vera",
        "found_by": "tags",
        "disambiguation": "folk",
        "merged": {"old": "new"},
        "deleted": ["gone"],
        "albums": {
            "Dawn [LP]": {
                "match": "certain",
                "release_group": "g",
                "release": "r",
                "title": "Dawn",
                "first_release_date": "1974",
                "date": "1975-02",
                "cover_art_url": "https://coverartarchive.example/release/r/front",
            },
            "Dusk": {
                "match": "tied",
                "release_group": "h",
                "tied": ["s", "t"],
                "title": "Dusk",
            },
        },
    }
    assert told["artists"]["Zoe"] == {
        "name": "Zoë",
        "lookup": "unknown",
        "asked": "t",
        "albums": {},
    }


def test_where_nothing_was_looked_up_there_is_no_record(
    known: MusicBrainzStore, tmp_path: Path
) -> None:
    cache_json.export(tmp_path, known)
    assert cache_json.check_file(tmp_path, known) == []
    assert not (tmp_path / cache_json.FILE_NAME).exists()


def test_a_record_that_says_the_same_is_not_written_again(
    known: MusicBrainzStore, tmp_path: Path
) -> None:
    known.save_resolved("Vera", RESOLVED, KNOWN)
    cache_json.export(tmp_path, known)
    before = (tmp_path / cache_json.FILE_NAME).stat()
    cache_json.export(tmp_path, known)
    assert cache_json.check_file(tmp_path, known) == []
    after = (tmp_path / cache_json.FILE_NAME).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_deleting_the_record_forgets_everything_at_the_next_start(
    known: MusicBrainzStore, tmp_path: Path
) -> None:
    known.save_resolved("Vera", RESOLVED, KNOWN)
    cache_json.export(tmp_path, known)
    (tmp_path / cache_json.FILE_NAME).unlink()
    [note] = cache_json.check_file(tmp_path, known)
    assert (
        note
        == f"{tmp_path}/{cache_json.FILE_NAME} was deleted: everything will be looked up again."
    )
    assert (known.get_resolved("Vera"), known.get_discography(VERA.id)) == (None, None)
    assert cache_json.check_file(tmp_path, known) == []


def test_deleting_the_record_of_a_live_batch_forgets_everything_too(
    known: MusicBrainzStore, tmp_path: Path
) -> None:
    known.save_resolved("Vera", RESOLVED, KNOWN)
    cache_json.export(tmp_path, known)
    (tmp_path / cache_json.FILE_NAME).unlink()
    known.save_resolved("Zoe", ResolvedArtist(name="Zoe", question="", state="unknown"), None)
    cache_json.export(tmp_path, known)
    assert list(known.iter_resolved()) == []
    assert not (tmp_path / cache_json.FILE_NAME).exists()
    known.save_resolved("Vera", RESOLVED, KNOWN)
    cache_json.export(tmp_path, known)
    assert list(contents(tmp_path)["artists"]) == ["Vera"]


def test_what_was_never_written_was_not_deleted(known: MusicBrainzStore, tmp_path: Path) -> None:
    known.save_resolved("Vera", RESOLVED, KNOWN)
    assert cache_json.check_file(tmp_path, known) == []
    assert known.get_resolved("Vera") == RESOLVED


DAMAGED = [
    b"",
    b"{",
    b"[]",
    b'{"format": 1}',
    b'{"format": "1", "artists": {}}',
    b'{"format": 2, "artists": {}}',
    b'{"format": 1, "artists": []}',
    b"\xff\xfe\x00",
    b'{"x": ' + b"[" * 100_000,
    b'{"artists": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b'}, "format": 1}',
]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_record_is_set_aside_and_written_again(
    known: MusicBrainzStore, tmp_path: Path, content: bytes
) -> None:
    known.save_resolved("Vera", RESOLVED, KNOWN)
    cache_json.export(tmp_path, known)
    whole = contents(tmp_path)
    (tmp_path / cache_json.FILE_NAME).write_bytes(content)
    [note] = cache_json.check_file(tmp_path, known)
    [aside] = tmp_path.glob("*.damaged-*")
    assert aside.read_bytes() == content
    assert note.endswith(f"was damaged. It was renamed to {aside.name} and rewritten.")
    assert contents(tmp_path) == whole
    assert known.get_resolved("Vera") == RESOLVED


def test_a_damaged_record_of_which_nothing_is_known_is_no_deletion_later(
    known: MusicBrainzStore, tmp_path: Path
) -> None:
    (tmp_path / cache_json.FILE_NAME).write_bytes(b"{")
    assert len(cache_json.check_file(tmp_path, known)) == 1
    known.save_resolved("Vera", RESOLVED, KNOWN)
    assert cache_json.check_file(tmp_path, known) == []
    assert known.get_resolved("Vera") == RESOLVED


def folder_in_its_place(path: Path) -> None:
    path.unlink()
    path.mkdir()


def folder_for_its_lock(path: Path) -> None:
    lock = path.with_suffix(".lock")
    lock.unlink()
    lock.mkdir()


@pytest.mark.parametrize("plant", [folder_in_its_place, folder_for_its_lock])
@pytest.mark.parametrize("do", [cache_json.check_file, cache_json.export])
def test_a_record_that_cannot_be_written_is_an_error_that_says_so(
    known: MusicBrainzStore,
    tmp_path: Path,
    plant: Callable[[Path], None],
    do: Callable[..., object],
) -> None:
    known.save_resolved("Vera", RESOLVED, KNOWN)
    cache_json.export(tmp_path, known)
    plant(tmp_path / cache_json.FILE_NAME)
    with pytest.raises(
        NoCache, match=f"Cannot store service responses in {tmp_path}/{cache_json.FILE_NAME}"
    ) as raised:
        do(tmp_path, known)
    assert raised.value.exit_code == 2


def test_names_that_steer_a_terminal_do_no_harm_in_the_record(
    known: MusicBrainzStore, tmp_path: Path
) -> None:
    name = "\x1b[31mVera\n\u202e"
    artist = Artist(id=VERA.id, name=name, disambiguation=name)
    made = ResolvedArtist(
        name=name,
        question="",
        state="done",
        artist=artist,
        albums={name: ResolvedAlbum(title=name)},
    )
    known.save_resolved(name, made, None)
    cache_json.export(tmp_path, known)
    assert b"\x1b" not in (tmp_path / cache_json.FILE_NAME).read_bytes()
    assert contents(tmp_path)["artists"][name]["name"] == name


def test_what_a_server_of_this_machine_told_is_dropped_when_another_is_asked(
    tmp_path: Path,
) -> None:
    known = MusicBrainzStore(tmp_path)
    assert cache_json.record_host(known, "http://127.0.0.1:5000") == []
    known.save_resolved("Vera", RESOLVED, None)
    assert cache_json.record_host(known, "http://localhost:6000") == []
    assert known.get_resolved("Vera") == RESOLVED
    (told,) = cache_json.record_host(known, "https://musicbrainz.org")
    assert "http://localhost:6000" in told
    assert known.get_resolved("Vera") is None
    known.save_resolved("Vera", RESOLVED, None)
    assert cache_json.record_host(known, "https://mirror.example.org") == []
    assert known.get_resolved("Vera") == RESOLVED
    known.close()
