"""A home that 73092f7 left still loads, validates, undoes, restores, plans and looks up."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer
from tests.compat import frozen
from tests.compat.frozen import COMMIT, PENDING, PENDING_MOVIES, Frozen

BEFORE_ALL = "2026-01-01"


@pytest.fixture(scope="session")
def expected() -> dict[str, dict[str, object]]:
    return frozen.load(f"{COMMIT}_expected.json")


@pytest.fixture(scope="session")
def facts() -> dict[str, dict[str, str]]:
    return frozen.load(f"{COMMIT}.json")


@pytest.fixture
def untouched(tmp_path: Path) -> Frozen:
    """The home as the archive holds it."""
    return frozen.unpack(tmp_path)


@pytest.fixture(scope="session")
def _settled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Frozen, Path]:
    """The home in its place, and a copy of all that is there: queues know their paths."""
    home = frozen.unpack(tmp_path_factory.mktemp("frozen"))
    frozen.settle(home)
    return home, home.root.rename(home.root.with_name("copy"))


@pytest.fixture
def home(_settled: tuple[Frozen, Path]) -> Iterator[Frozen]:
    """The home after its libraries were followed to where they are."""
    home, copy = _settled
    shutil.copytree(copy, home.root, symlinks=True)
    yield home
    shutil.rmtree(home.root)


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    """A server for all services, that knows nothing, and counts who asks."""
    with SimulatorServer(MusicBrainzCatalogue()) as server:
        yield server


def test_it_loads_and_validates_where_it_is(untouched: Frozen) -> None:
    journals = untouched.queue / "processing_queue.journal"
    torn = max(journals.glob("*.jsonl")).read_bytes().rstrip(b"\0").splitlines()[-1]
    with pytest.raises(json.JSONDecodeError):
        json.loads(torn)
    assert list((untouched.queue / "live").iterdir())  # of the batch that was killed
    for done in (untouched.manage("--validate-queue"), untouched.films("--validate-queue")):
        assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_it_validates_after_it_was_moved(home: Frozen) -> None:
    for done in (home.manage("--validate-queue"), home.films("--validate-queue")):
        assert (done.returncode, done.stderr) == (0, ""), done.stdout


@pytest.mark.parametrize("kind", ["music", "movies"])
def test_each_item_is_as_it_was(
    home: Frozen, expected: dict[str, dict[str, object]], kind: str
) -> None:
    assert home.items(kind) == expected[kind]


def test_every_status_is_in_it(untouched: Frozen) -> None:
    told = json.loads(untouched.manage("--list", "--json").stdout)
    statuses = {item["status"] if isinstance(item, dict) else item for item in told.values()}
    assert statuses == {"pending", "in_progress", "completed", "error", "skipped"}


def test_every_change_undoes_to_the_original_bytes(
    home: Frozen, facts: dict[str, dict[str, str]]
) -> None:
    assert home.sums() == facts["after"]
    done = home.call("undo_changes", "--since", BEFORE_ALL, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert not told["refused"]
    vanished = "music/The Interminable Footnotes/"  # the folder was removed, nothing changed in it
    original = {n: one for n, one in facts["before"].items() if not n.startswith(vanished)}
    assert home.sums() == original
    back = home.call("undo_changes", "--session", told["session"], "--json")
    assert back.returncode == 0, back.stderr
    assert home.sums() == facts["after"]


def test_one_artist_undoes_with_its_covers(home: Frozen, facts: dict[str, dict[str, str]]) -> None:
    done = home.call("undo_changes", "--artist", "-Minus-")
    assert done.returncode == 0, done.stderr
    assert "cover" in done.stdout
    now, original = home.sums(), facts["before"]
    changed = {name for name in original if name.startswith("music/-Minus-/")}
    assert {Path(name).suffix for name in changed} >= {".ogg", ".opus"}
    assert {name: now[name] for name in changed} == {name: original[name] for name in changed}


@pytest.mark.parametrize("kind", ["music", "movies"])
def test_the_backup_restores(
    home: Frozen, expected: dict[str, dict[str, object]], kind: str
) -> None:
    (archive,) = (home.root / "backups").glob(f"mediakeep_{kind}_*.tar.gz")
    second = Frozen(home.root / "second", home.music)
    second.path.mkdir()
    door = "music_queue_manager" if kind == "music" else "movie_queue_manager"
    done = second.call(door, "--restore-backup", archive)
    assert done.returncode == 0, done.stderr
    done = second.call(door, "--validate-queue")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    restored = second.items(kind)
    assert restored == expected[kind]
    library = home.music if kind == "music" else home.movies
    done = second.call(door, "--relocate", library)
    assert done.returncode == 0, done.stderr
    assert second.items(kind) == expected[kind]


def test_a_checkpoint_restores(home: Frozen) -> None:
    done = home.manage("--restore-checkpoint", "checkpoint_2026-11-22_artist_004.json")
    assert done.returncode == 0, done.stderr
    done = home.manage("--validate-queue", "--json")
    assert done.returncode == 0, done.stdout
    statuses = [item["status"] for item in home.items("music").values()]
    assert statuses.count("completed") == 4


@pytest.mark.parametrize("artist", PENDING)
def test_a_dry_run_plans_the_same(
    home: Frozen, expected: dict[str, dict[str, object]], artist: str
) -> None:
    assert home.plan(artist) == expected["plan"][artist]


@pytest.mark.parametrize("movie", PENDING_MOVIES)
def test_a_dry_run_plans_the_same_beside_a_movie(
    home: Frozen, expected: dict[str, dict[str, object]], movie: str
) -> None:
    assert expected["movie_plan"][movie]
    assert home.movie_plan(movie) == expected["movie_plan"][movie]


RESOLVED = ["-Minus-", "..And Then Silence", "VELVET HARBOUR", "نجوم الورق"]
RESOLVED_MOVIES = [
    "Agnes and the Map III (2025)",
    "The Yellow Well (1976) [imdbid=tt1157326]",
]


def test_look_ups_make_no_requests(home: Frozen, server: SimulatorServer) -> None:
    frozen.lead(home, server.url)
    before = home.items("music")
    asking = {**frozen.asking(server.url), "MEDIAKEEP_CONTACT": "me@example.org"}
    for artist in RESOLVED:
        assert home.manage("--reset-artist", artist).returncode == 0
        done = home.call("process_music_batch", "--artist", artist, "--json", env=asking)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout.splitlines()[-1])["requests"] == 0
    assert not server.requests
    now = home.items("music")
    for artist in RESOLVED:
        assert now[artist]["lookup"] == "done"
        assert now[artist]["mbid"] == before[artist]["mbid"]


def test_look_ups_of_movies_make_no_requests(home: Frozen, server: SimulatorServer) -> None:
    frozen.lead(home, server.url)
    before = home.items("movies")
    for movie in RESOLVED_MOVIES:
        assert home.films("--reset-movie", movie).returncode == 0
        env = frozen.asking(server.url)
        done = home.call("process_movies", "--movie", movie, "--json", env=env)
        assert done.returncode == 0, done.stderr
    assert not server.requests
    now = home.items("movies")
    for movie in RESOLVED_MOVIES:
        assert now[movie]["lookup"] == "done"
        assert now[movie]["tmdb_id"] == before[movie]["tmdb_id"]


def test_one_that_is_not_known_is_asked_for(home: Frozen, server: SimulatorServer) -> None:
    """The control of the two tests above: this server is asked where something is to be asked."""
    frozen.lead(home, server.url)
    asking = {**frozen.asking(server.url), "MEDIAKEEP_CONTACT": "me@example.org"}
    home.call("process_music_batch", "--artist", "Velvet Harbour", env=asking)
    asked = len(server.requests)
    assert asked
    shutil.rmtree(home.path / "status/cache")
    home.films("--reset-movie", RESOLVED_MOVIES[0])
    home.call("process_movies", "--movie", RESOLVED_MOVIES[0], env=frozen.asking(server.url))
    assert len(server.requests) > asked


def test_old_audits_give_the_same_review_entries(
    home: Frozen, expected: dict[str, dict[str, object]]
) -> None:
    entries = home.reviews()
    assert entries == expected["reviews"]
    (home.path / "outputs/manual_review_needed.json").unlink()
    home.offline("process_music_batch", "--artist", PENDING[0], "--fix", "none")
    home.offline("process_movies", "--movie", PENDING_MOVIES[0], "--fix", "none")
    anew = home.reviews()
    assert anew.pop(PENDING[0])
    anew.pop(PENDING_MOVIES[0], None)
    assert anew == entries


def test_reports_are_written_of_its_history(home: Frozen) -> None:
    for door in ("weekly_report", "music_master_report", "movie_master_report"):
        done = home.call(door)
        assert done.returncode == 0, done.stderr
        assert "Written: " in done.stdout


def test_the_ledger_of_sounds_is_known(home: Frozen) -> None:
    before = home.items("music")["Salt_Pepper Choir"]["issues"]
    done = home.call("process_music_batch", "--artist", "Salt_Pepper Choir", "--deep", "--offline")
    assert done.returncode == 0, done.stderr
    assert home.items("music")["Salt_Pepper Choir"]["issues"] == before
