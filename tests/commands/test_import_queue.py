"""A queue file from before mediakeep becomes the queue, and nothing of it is lost."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mediakeep.queue import store
from mediakeep_samples.movies import movie_library
from mediakeep_simulator.tmdb import movie_catalogue
from tests.commands.conftest import DOORS, Home, environment
from tests.queue import rig


def entries(home: Home) -> dict[str, dict[str, Any]]:
    """Return what an old file may say of each artist of the sample library."""
    names = sorted(path.name for path in home.music.iterdir() if path.is_dir())
    told: dict[str, dict[str, Any]] = {
        name: {"status": "pending", "path": str(home.music / name)} for name in names
    }
    done = {
        "status": "completed",
        "track_count": 999,
        "issues_found": 4,
        "issues_resolved": 3,
        "auto_fixed": 2,
        "processed_date": "2025-12-17T10:00:05+01:00",
        "quality": "good",
    }
    told["-Minus-"] |= done
    told["Velvet Harbour"] |= {"status": "in_progress", "started_date": "2025-12-18"}
    told["=Sum of Us"] |= {
        "status": "error",
        "error_message": "No disk",
        "error_date": "2025-12-18",
    }
    told["Salt_Pepper Choir"] |= {"status": "skipped", "skip_reason": "not mine"}
    told["Gone With It"] = {"status": "completed", "path": str(home.music / "Gone With It")}
    told["velvet harbour"] = told.pop("VELVET HARBOUR")  # that is left when the same name is taken
    del told["Ångström Kör"]
    return told


def old_file(home: Home, path: Path, **more: Any) -> Path:
    """Write a file such as scripts of somebody's own may have kept."""
    told = {"created": "2025-12-01T08:00:00", "summary": {"total_artists": 14}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**told, "artists": entries(home), **more}))
    return path


def in_place(home: Home) -> Path:
    return old_file(home, home.queue / "processing_queue.json")


@pytest.mark.parametrize("placed", [True, False])
def test_a_queue_from_before_is_imported(home: Home, tmp_path: Path, placed: bool) -> None:
    path = in_place(home) if placed else old_file(home, tmp_path / "old.json")
    before = path.read_bytes()
    told = home.ok("--import-queue", path)
    assert "Imported: 15 artists (11 pending, 1 completed, 1 error, 2 skipped)." in told
    assert "1 of them are not in the file and pending." in told
    assert "1 of them are not in the library and skipped." in told
    assert "Fields not imported: quality." in told
    (aside,) = (home.queue / "aside").iterdir()
    assert aside.name in told
    assert aside.read_bytes() == before
    items = home.snapshot()["artists"]
    minus = items["-Minus-"]
    assert minus["processed_date"] == "2025-12-17T09:00:05+00:00"
    assert (minus["issues_found"], minus["auto_fixed"], minus["track_count"]) == (4, 2, 10)
    assert items["=Sum of Us"]["error_message"] == "No disk"
    assert items["Salt_Pepper Choir"]["skip_reason"] == "not mine"
    assert items["Gone With It"]["skip_reason"] == "vanished"
    assert items["Velvet Harbour"]["status"] == "pending"
    home.ok("--validate-queue")
    summary = json.loads(home.ok("--show-summary", "--json"))
    assert summary["counts"]["completed"] == 1
    assert summary["library"] == str(home.music)


def test_work_goes_on_where_it_was(home: Home) -> None:
    home.ok("--import-queue", in_place(home))
    assert home.ok("--scan", home.music) == "14 artists on disk: no changes.\n"
    assert home.batch("--all").returncode == 0
    counts = Counter(home.statuses().values())
    assert counts == {"completed": 12, "error": 1, "skipped": 2}
    assert home.ok("--reset-outdated") == '"-Minus-" is pending again.\n'
    home.ok("--reset-errors")
    home.ok("--validate-queue")
    (event,) = [one for one in rig.events(rig.at(home.path)) if one["op"] == "import"]
    assert event["known"] == 15
    assert home.call("weekly_report").returncode == 0


def test_other_commands_name_the_line_that_imports_it(home: Home) -> None:
    path = in_place(home)
    before = path.read_bytes()
    actions = (("--validate-queue",), ("--scan", home.music), ("--show-summary",), ("--repair",))
    for words in actions:
        done = home.manage(*words)
        assert done.returncode == 3
        told = done.stdout + done.stderr
        assert "is a queue from before mediakeep" in told
        assert "--import-queue" in told
        assert path.read_bytes() == before
    line = told.strip().partition("Import it: ")[2]
    words = shlex.split(line)
    assert words[:2] == ["python", "utilities/music_queue_manager.py"]
    root = DOORS.parent
    command = [sys.executable, *words[1:]]
    done = subprocess.run(
        command, cwd=root, env=environment({}), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    home.ok("--validate-queue")


def _artist(home: Home, **fields: Any) -> dict[str, Any]:
    return {"artists": {**entries(home), "-Minus-": {"status": "pending", **fields}}}


REFUSED: dict[str, tuple[Any, str]] = {
    "status": (lambda home: _artist(home, status="almost"), '"-Minus-": the status must be one of'),
    "no-text": (lambda home: _artist(home, status=["completed"]), "the status must be one of"),
    "date": (lambda home: _artist(home, processed_date="soon"), "processed_date is not a date"),
    "number": (lambda home: _artist(home, track_count="many"), "Expected `int"),
    "large": (lambda home: _artist(home, issues_found=2**70), "9007199254740992"),
    "path": (lambda home: _artist(home, path=7), "the path is not a string"),
    "entry": (lambda home: {"artists": {"U2": 7}}, '"U2" is not an object'),
    "list": (lambda home: {"artists": ["U2"]}, 'it has no object "artists"'),
    "ours": (lambda home: {"kind": "music", "generation": 1}, "--restore-checkpoint"),
    "library": (lambda home: {"library_path": "/nowhere/at/all"}, "missing or empty. Mount it"),
    "relative": (lambda home: {"library_path": "music"}, "is not an absolute path"),
    "many-gone": (
        lambda home: {"artists": entries(home) | {f"{n}": {"status": "pending"} for n in "abc"}},
        "4 of 17 artists are not in the library",
    ),
}


@pytest.mark.parametrize(("change", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_imported_is_refused_by_name(
    home: Home, tmp_path: Path, change: Any, why: str
) -> None:
    path = old_file(home, tmp_path / "old.json", **change(home))
    done = home.manage("--import-queue", path)
    assert done.returncode == 2
    assert why in done.stderr
    assert "Nothing was changed." in done.stderr
    assert not home.queue.exists()


def test_many_that_are_gone_are_imported_with_a_word(home: Home, tmp_path: Path) -> None:
    gone = {name: {"status": "completed"} for name in "abc"}
    path = old_file(home, tmp_path / "old.json", artists=entries(home) | gone)
    assert "4 of them are not in the library" in home.ok("--import-queue", path, "--yes")


def test_a_file_that_is_no_json_or_not_there_is_named(home: Home, tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text("{")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    for name in ("old.json", "deep.json", "none.json"):
        done = home.manage("--import-queue", tmp_path / name)
        assert done.returncode == 2
        assert name in done.stderr


def test_a_queue_is_never_gone_over(home: Home, tmp_path: Path) -> None:
    path = old_file(home, tmp_path / "old.json")
    home.scan()
    before = home.queue.joinpath("processing_queue.json").read_bytes()
    done = home.manage("--import-queue", path)
    assert (done.returncode, "already exists" in done.stderr) == (2, True)
    assert home.queue.joinpath("processing_queue.json").read_bytes() == before
    home.queue.joinpath("processing_queue.json").unlink()
    done = home.manage("--import-queue", path)
    assert (done.returncode, "--repair" in done.stderr) == (3, True)


def test_an_import_that_was_interrupted_is_done_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = in_place(home)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(store.QueueStore, "install_state", fail)
        with pytest.raises(AssertionError):
            home.manage("--import-queue", path)
    assert path.read_bytes() == before
    home.ok("--import-queue", path)
    home.ok("--validate-queue")
    assert Counter(home.statuses().values())["completed"] == 1


def test_an_imported_artist_that_is_gone_can_be_reset_and_its_checkpoint_restored(
    home: Home, tmp_path: Path
) -> None:
    told = {name: {**one, "path": f"/before/{name}"} for name, one in entries(home).items()}
    path = tmp_path / "old.json"
    path.write_text(json.dumps({"library_path": str(home.music), "artists": told}))
    home.ok("--import-queue", path)
    home.ok("--reset-artist", "Gone With It")
    home.ok("--checkpoint")
    (checkpoint,) = (home.queue / "checkpoints").iterdir()
    home.ok("--restore-checkpoint", checkpoint.name)
    assert home.statuses()["Gone With It"] == "pending"


def test_movies_are_imported_likewise(tmp_path: Path) -> None:
    library = tmp_path / "movies"
    movie_library.make_library(library, movie_catalogue.generate_catalogue(20), 3, "folders", 1)
    home = Home(tmp_path / "home", library)
    home.path.mkdir()
    names = sorted(path.name for path in library.iterdir() if path.is_dir())
    movies = {name: {"status": "pending"} for name in names}
    movies[names[0]] = {"status": "completed", "title": "It", "year": 1990, "tmdb_id": 7}
    path = tmp_path / "old.json"
    path.write_text(json.dumps({"library_path": str(library), "movies": movies}))
    done = home.call("movie_queue_manager", "--import-queue", path, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["total"], told["completed"], told["pending"]) == (3, 1, 2)
    queue = json.loads((home.path / "status/movies/processing_queue.json").read_text())
    assert queue["movies"][names[0]]["tmdb_id"] == 7
    assert home.call("movie_queue_manager", "--validate-queue").returncode == 0
    shutil.rmtree(library)
