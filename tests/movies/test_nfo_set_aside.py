"""NFOs that cannot be read or say nothing: left alone, set aside with a way back, rewritten."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.media.safewrite import sidecar_file
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.record_index import RecordQuery
from mediakeep.media.undo.store import UndoStore
from mediakeep.policy import FixLevel
from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer
from mediakeep_simulator.tmdb.model import CatalogueMovie, MovieCatalogue
from tests.movies.workbench import SAFE, Bench

FILM = CatalogueMovie(
    id=701,
    title="The Copper Weather",
    imdb_id="tt9000701",
    release_date="1991-05-01",
    runtime=97,
    overview="It rains copper.",
)
TWIN = structs.replace(FILM, id=702, imdb_id="tt9000702")  # only an id distinguishes them
STEM = "The Copper Weather (1991)"
KEY = f"{STEM}.mkv"
SET_ASIDE = structs.replace(SAFE, nfo="set-aside")

UNUSABLE = {
    "scene": b"R E L E A S E\r\n\xb0\xb1\xb2 https://www.imdb.com/title/tt9000702/ by nobody",
    "link": b"https://www.themoviedb.org/movie/702\n",
    "broken": b"<?xml version='1.0'?><movie><tmdbid>702</tmdbid><title>cut of",
    "unsafe": b'<!DOCTYPE a [<!ENTITY x "y">]><movie><title>&x;</title></movie>',
    "episode": b"<episodedetails><title>One</title></episodedetails>",
}
BLANK = {"empty": b"", "blanks": b"  \r\n\t\n", "mark": b"\xef\xbb\xbf", "wide": b"\xff\xfe \0\n\0"}


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(
        MusicBrainzCatalogue(), movies=MovieCatalogue(films=(FILM, TWIN))
    ) as running:
        yield running


@pytest.fixture
def bench(tmp_path: Path, server: SimulatorServer) -> Bench:
    return Bench(tmp_path, server)


def texts(bench: Bench) -> dict[str, bytes]:
    """Return the NFOs, and what was set aside, by their places."""
    paths = [path for path in bench.library.rglob("*") if ".nfo" in path.name]
    return {str(path.relative_to(bench.library)): path.read_bytes() for path in paths}


def stock(bench: Bench, content: bytes) -> Path:
    nfo = bench.put(KEY, FILM).with_suffix(".nfo")
    nfo.write_bytes(content)
    return nfo


@pytest.mark.parametrize("kind", UNUSABLE)
def test_an_nfo_that_cannot_be_read_is_set_aside_and_comes_back(bench: Bench, kind: str) -> None:
    nfo = stock(bench, UNUSABLE[kind])
    if b"702" not in UNUSABLE[kind]:
        bench.put(KEY, FILM)
        nfo = nfo.rename(bench.library / f"{STEM} [tmdbid-702].nfo")
        (bench.library / KEY).rename(nfo.with_suffix(".mkv"))
    key = nfo.with_suffix(".mkv").name
    bench.work(key)
    assert texts(bench) == {nfo.name: UNUSABLE[kind]}
    assert "missing-nfo" in bench.issues(key)
    facts = bench.work(key, SET_ASIDE, write=False).facts["due"]
    assert [one["set_aside"] for one in facts if one["role"] == "nfo"] == [(f"{nfo.name}.orig",)]
    assert texts(bench) == {nfo.name: UNUSABLE[kind]}
    bench.work(key, SET_ASIDE)
    assert texts(bench)[f"{nfo.name}.orig"] == UNUSABLE[kind]
    assert b"<tmdbid>702</tmdbid>" in nfo.read_bytes()
    assert "missing-nfo" not in bench.issues(key)
    after = texts(bench)
    assert bench.work(key, SET_ASIDE).facts["auto_fixed"] == 0
    assert texts(bench) == after
    with contextlib.closing(UndoStore(bench.home / "status" / "undo")) as store:
        for step in apply_undo.plan_undo(store, RecordQuery(item=key)):
            assert not step.refusal
            apply_undo.apply_undo(store, step.record)
    assert texts(bench) == {nfo.name: UNUSABLE[kind]}
    bench.work(key, SET_ASIDE)  # what was undone is not done again
    assert texts(bench) == {nfo.name: UNUSABLE[kind]}


def test_in_a_folder_of_versions_the_new_one_goes_where_jellyfin_reads_it(bench: Bench) -> None:
    folder = bench.library / STEM
    for version in ("1080p", "2160p"):
        bench.put(f"{STEM}/{STEM} - {version}.mkv", FILM)
    scene = folder / f"{STEM} - 1080p.nfo"
    scene.write_bytes(UNUSABLE["link"])
    bench.work(STEM, SET_ASIDE)
    assert set(texts(bench)) == {f"{STEM}/movie.nfo", f"{STEM}/{scene.name}.orig"}
    assert b"<tmdbid>702</tmdbid>" in (folder / "movie.nfo").read_bytes()


def test_what_was_set_aside_before_is_never_written_over(bench: Bench) -> None:
    nfo = stock(bench, UNUSABLE["link"])
    nfo.with_name(f"{nfo.name}.orig").write_bytes(b"older")
    bench.work(KEY, SET_ASIDE)
    texts_ = texts(bench)
    assert texts_[f"{nfo.name}.orig"] == b"older"
    assert texts_[f"{nfo.name}.orig.2"] == UNUSABLE["link"]


def test_a_kill_before_the_new_one_is_written_leaves_one_copy(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    nfo = stock(bench, UNUSABLE["link"])
    write = sidecar_file.write

    def killed(path: Path, *more: object) -> object:
        if path == nfo:
            raise KeyboardInterrupt
        return write(path, *more)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(sidecar_file, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            bench.work(KEY, SET_ASIDE)
    assert texts(bench) == {nfo.name: UNUSABLE["link"], f"{nfo.name}.orig": UNUSABLE["link"]}
    bench.work(KEY, SET_ASIDE)
    assert set(texts(bench)) == {nfo.name, f"{nfo.name}.orig"}
    assert b"<tmdbid>702</tmdbid>" in nfo.read_bytes()


def test_a_locked_nfo_is_never_set_aside(bench: Bench) -> None:
    locked = b"<movie><lockdata>true</lockdata><tmdbid>702</tmdbid></movie>"
    nfo = stock(bench, locked)
    bench.work(KEY, SET_ASIDE)
    assert texts(bench) == {nfo.name: locked}


@pytest.mark.parametrize("kind", BLANK)
@pytest.mark.parametrize("place", [f"{STEM}.nfo", "movie.nfo"])
def test_an_nfo_that_says_nothing_is_written_like_one_that_is_not_there(
    bench: Bench, kind: str, place: str
) -> None:
    bench.put(f"{STEM} [tmdbid-701]/{KEY}", FILM)
    key = f"{STEM} [tmdbid-701]"
    nfo = bench.library / key / place
    nfo.write_bytes(BLANK[kind])
    bench.work(key, structs.replace(SAFE, fix=FixLevel.NONE))
    assert nfo.read_bytes() == BLANK[kind]
    assert "missing-nfo" in bench.issues(key)
    bench.work(key)
    assert list(texts(bench)) == [f"{key}/{place}"]
    assert b"<tmdbid>701</tmdbid>" in nfo.read_bytes()
    assert "missing-nfo" not in bench.issues(key)
    with contextlib.closing(UndoStore(bench.home / "status" / "undo")) as store:
        for step in apply_undo.plan_undo(store, RecordQuery(item=key)):
            apply_undo.apply_undo(store, step.record)
    assert nfo.read_bytes() == BLANK[kind]


def test_an_nfo_that_says_something_counts_before_one_that_says_nothing(bench: Bench) -> None:
    bench.put(f"{STEM}/{KEY}", FILM)
    folder = bench.library / STEM
    (folder / "movie.nfo").write_bytes(b"\n")
    (folder / f"{STEM}.nfo").write_bytes(b"<movie><tmdbid>702</tmdbid></movie>")
    bench.work(STEM)
    assert (folder / "movie.nfo").read_bytes() == b"\n"
    assert b"<title>The Copper Weather</title>" in (folder / f"{STEM}.nfo").read_bytes()


def test_a_blank_nfo_where_jellyfin_does_not_look_is_left_and_another_is_written(
    bench: Bench,
) -> None:
    for version in ("1080p", "2160p"):
        bench.put(f"{STEM} [tmdbid-701]/{STEM} - {version}.mkv", FILM)
    folder = bench.library / f"{STEM} [tmdbid-701]"
    (folder / f"{STEM} - 1080p.nfo").write_bytes(b"")
    bench.work(folder.name)
    assert b"<tmdbid>701</tmdbid>" in (folder / "movie.nfo").read_bytes()
    assert bench.work(folder.name).facts["auto_fixed"] == 0
