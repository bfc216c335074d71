"""Where a new NFO goes, so that Jellyfin reads it, and what becomes of those that are elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from msgspec import structs

from mediakeep.media.safewrite import sidecar_file
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.record_index import RecordQuery
from mediakeep.media.undo.store import UndoStore
from mediakeep.movies.model import LocalMovie
from mediakeep.movies.sidecars import pending_files
from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer
from mediakeep_simulator.tmdb.model import CatalogueMovie, MovieCatalogue
from tests.movies.workbench import SAFE, Bench

FILM = CatalogueMovie(
    id=601,
    title="The Glass Orchard",
    imdb_id="tt9000601",
    release_date="1991-05-01",
    runtime=97,
    overview="Trees of glass bear fruit.",
    genres=("Drama",),
)
NAME = "The Glass Orchard (1991) [tmdbid-601]"
OTHER = CatalogueMovie(id=602, title="Nothing to Hear", release_date="2001-02-03", runtime=80)

# The videos of each shape, and the places that Jellyfin looks at, in its order
# (MovieNfoSaver.GetMovieSavePaths).
SHAPES = {
    "one video": ([f"{NAME}/{NAME}.mkv"], ["movie.nfo", f"{NAME}.nfo"]),
    "one video among others": ([f"{NAME}.mkv"], [f"{NAME}.nfo"]),
    "versions": (
        [f"{NAME}/{NAME} - 1080p.mkv", f"{NAME}/{NAME} - 2160p.mkv"],
        ["movie.nfo", f"{NAME} - 2160p.nfo"],  # which of them it plays first, is Jellyfin's choice
    ),
    "parts": (
        [f"{NAME}/{NAME} cd1.mkv", f"{NAME}/{NAME} cd2.mkv"],
        ["movie.nfo", f"{NAME} cd1.nfo"],
    ),
    "parts among others": ([f"{NAME} cd1.mkv", f"{NAME} cd2.mkv"], [f"{NAME} cd1.nfo"]),
    "parts in folders": (
        [f"{NAME}/CD1/glass.mkv", f"{NAME}/CD2/glass.mkv"],
        ["CD1/movie.nfo", "CD1/glass.nfo"],
    ),
    "DVD": (
        [f"{NAME}/VIDEO_TS/VTS_01_1.VOB"],
        ["VIDEO_TS/VIDEO_TS.nfo", "movie.nfo", f"{NAME}.nfo"],
    ),
    "DVD without its folder": (
        [f"{NAME}/VIDEO_TS.IFO", f"{NAME}/VTS_01_1.VOB"],
        ["VIDEO_TS/VIDEO_TS.nfo", "movie.nfo", f"{NAME}.nfo"],
    ),
    "Blu-ray": ([f"{NAME}/BDMV/STREAM/00800.m2ts"], ["movie.nfo", f"{NAME}.nfo"]),
}


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(
        MusicBrainzCatalogue(), movies=MovieCatalogue(films=(FILM, OTHER))
    ) as running:
        yield running


@pytest.fixture
def bench(tmp_path: Path, server: SimulatorServer) -> Bench:
    return Bench(tmp_path, server)


def put_videos(bench: Bench, shape: str) -> str:
    """Put the videos of a shape into the library, and return the key of the movie."""
    videos, _ = SHAPES[shape]
    for name in videos:
        bench.put(name, FILM)
    if "among others" in shape:
        bench.put("Nothing to Hear (2001).mkv", OTHER)
    return NAME if "/" in videos[0] else videos[0]


def nfos(bench: Bench) -> dict[str, bytes]:
    """Return the NFOs below the library, but for that of the other movie."""
    paths = {path.relative_to(bench.library): path for path in bench.library.rglob("*.nfo")}
    return {str(place): path.read_bytes() for place, path in paths.items()}


def read_by_jellyfin(bench: Bench, shape: str) -> str:
    """Return the place of the NFO that Jellyfin reads; "" if it reads none."""
    videos, wanted = SHAPES[shape]
    root = NAME if "/" in videos[0] else "."
    places = [str(PurePosixPath(root, place)) for place in wanted]
    return next((place for place in places if (bench.library / place).is_file()), "")


def use_old_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have NFOs written where they were written before Jellyfin's rules were followed."""

    def place(local: LocalMovie) -> str:
        discs = {"dvd": "VIDEO_TS/VIDEO_TS.nfo", "bluray": "BDMV/index.nfo"}
        if local.disc:
            return discs[local.disc]
        folder = PurePosixPath(local.videos[0].place).parent
        return f"{local.base}.nfo" if str(folder) == "." else f"{folder}/{local.base}.nfo"

    monkeypatch.setattr(pending_files, "new_nfo_place", place)


@pytest.mark.real_disk
@pytest.mark.parametrize("links", ["read", "refuse"])
def test_an_nfo_that_is_replaced_or_set_aside_is_kept_behind_a_link_that_may_only_be_read(
    bench: Bench, links: str
) -> None:
    put_videos(bench, "Blu-ray")
    folder, elsewhere = bench.library / NAME / "BDMV", bench.library / "Elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    (elsewhere / "index.nfo").write_text("R E L E A S E")
    policy = structs.replace(SAFE, nfo="set-aside", links=links)
    outcome = bench.work(NAME, policy)
    assert [path.name for path in elsewhere.glob("index*")] == ["index.nfo"]
    reason = f"a link leads to it in {elsewhere}, and the setting links is {links}"
    assert reason in str(outcome.facts["not_written"])


MISPLACED = ("versions", "parts", "parts among others", "parts in folders", "Blu-ray")


@pytest.mark.parametrize("shape", SHAPES)
def test_the_nfo_is_written_where_jellyfin_reads_it_and_nowhere_else(
    bench: Bench, shape: str
) -> None:
    key = put_videos(bench, shape)
    bench.work(key)
    place = read_by_jellyfin(bench, shape)
    assert place
    assert list(nfos(bench)) == [place]
    assert b"<tmdbid>601</tmdbid>" in nfos(bench)[place]
    before = nfos(bench)
    assert bench.work(key).facts["auto_fixed"] == 0
    assert nfos(bench) == before
    assert "missing-nfo" not in bench.issues(key)


@pytest.mark.parametrize("shape", MISPLACED)
def test_an_nfo_of_ours_that_jellyfin_never_reads_is_moved_with_all_edits(
    bench: Bench, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = put_videos(bench, shape)
    with monkeypatch.context() as patched:
        use_old_rules(patched)
        bench.work(key)
    (old,) = nfos(bench)
    if shape != "versions":  # of which the first may be the one that Jellyfin plays
        assert not read_by_jellyfin(bench, shape)
    path = bench.library / old
    path.write_bytes(path.read_bytes().replace(b"<genre>Drama", b"<genre>Orchards"))
    before = nfos(bench)
    dry = bench.work(key, write=False).facts["due"]
    root = bench.library / (NAME if "/" in SHAPES[shape][0][0] else "")
    assert [list(item["replaces"]) for item in dry if item["role"] == "nfo"] == [
        [str(path.relative_to(root))]
    ]
    assert nfos(bench) == before
    outcome = bench.work(key)
    assert outcome.facts["auto_fixed"] == 1
    assert list(nfos(bench)) == [read_by_jellyfin(bench, shape)]
    (text,) = nfos(bench).values()
    assert b"<genre>Orchards</genre>" in text
    assert "orphan-sidecar" not in bench.issues(key)
    assert bench.work(key).facts["auto_fixed"] == 0


def test_a_moved_nfo_is_moved_back_by_an_undo_and_moved_again_on_request(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = put_videos(bench, "parts")
    with monkeypatch.context() as patched:
        use_old_rules(patched)
        bench.work(key)
    before = nfos(bench)
    bench.work(key)
    moved = nfos(bench)
    assert before.keys() != moved.keys()
    with contextlib.closing(UndoStore(bench.home / "status" / "undo")) as store:
        entries = store.find(RecordQuery(item=key))
        new = {entry.record.id for entry in entries if entry.record.claim == bench.claims}
        assert len(new) == 2
        for step in apply_undo.plan_undo(store, *(RecordQuery(id=one) for one in new)):
            assert not step.refusal
            apply_undo.check_undo(store, step)
            apply_undo.apply_undo(store, step.record)
    assert nfos(bench) == before
    assert f"{NAME}/movie.nfo" not in nfos(bench)
    assert "movie.nfo" in bench.work(key).facts["not_written"]
    assert nfos(bench) == before
    bench.work(key, structs.replace(SAFE, redo=True))
    assert nfos(bench) == moved


def test_a_kill_between_writing_and_removing_leaves_no_second_nfo(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = put_videos(bench, "versions")
    with monkeypatch.context() as patched:
        use_old_rules(patched)
        bench.work(key)
    with monkeypatch.context() as patched:
        patched.setattr(sidecar_file, "remove", _killed)
        with pytest.raises(KeyboardInterrupt):
            bench.work(key)
    assert len(nfos(bench)) == 2
    bench.work(key)
    assert list(nfos(bench)) == [f"{NAME}/movie.nfo"]


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_nfo_that_somebody_else_put_there_stays_in_its_place(bench: Bench) -> None:
    key = put_videos(bench, "versions")
    theirs = bench.library / NAME / f"{NAME} - 1080p.nfo"
    theirs.write_text("<movie><title></title></movie>")
    bench.work(key)
    assert list(nfos(bench)) == [f"{NAME}/{theirs.name}"]
    assert "<title>The Glass Orchard</title>" in theirs.read_text()


def test_an_nfo_of_ours_next_to_one_of_somebody_else_is_removed_unless_it_was_edited(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = put_videos(bench, "versions")
    with monkeypatch.context() as patched:
        use_old_rules(patched)
        bench.work(key)
    (ours,) = nfos(bench)
    text = nfos(bench)[ours]
    theirs = bench.library / NAME / "movie.nfo"
    theirs.write_text("<movie><title>Mine</title></movie>")
    (bench.library / ours).write_bytes(text + b"<!-- edited -->")
    bench.work(key)
    assert nfos(bench)[ours] == text + b"<!-- edited -->"
    (bench.library / ours).write_bytes(text)
    bench.work(key)
    assert list(nfos(bench)) == [f"{NAME}/movie.nfo"]
    assert "<title>Mine</title>" in theirs.read_text()
