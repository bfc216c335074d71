"""Artists that have vanished: named in the report, not counted, and removed on request."""

from __future__ import annotations

import json
import shutil

from tests.commands.conftest import Home


def lose(home: Home, *names: str) -> None:
    for name in names:
        shutil.rmtree(home.music / name)
    home.ok("--scan", home.music, "--yes")


def report(home: Home, suffix: str) -> str:
    done = home.call("weekly_report", "--format", "md,html,json,csv")
    assert done.returncode == 0, done.stderr
    (path,) = (home.path / "status" / "reports").glob(f"*_weekly_progress.{suffix}")
    return path.read_text()


def test_the_weekly_report_names_what_vanished_and_counts_without_it(finished: Home) -> None:
    lose(finished, "Velvet Harbour", "-Minus-")
    summary = finished.snapshot()["summary"]
    assert summary["total_artists"] == 14
    assert summary["completion_percentage"] == 100.0
    assert "12 of 12 artists completed (100.0%)" in finished.ok("--show-summary")
    told = json.loads(report(finished, "json"))["kinds"][0]
    assert (told["completed"], told["total"], told["share"]) == (12, 12, 100.0)
    assert told["weeks"][-1]["level"]["total"] == 12
    assert told["present"]["gone"] == [
        {"item": "-Minus-", "reason": "vanished"},
        {"item": "Velvet Harbour", "reason": "vanished"},
    ]
    for suffix in ("md", "html"):
        text = report(finished, suffix)
        assert "No longer in the library" in text
        assert "All 12 artists are done" in text
        assert (
            "Velvet Harbour" in text.partition("No longer in the library")[2].partition("next")[0]
        )
        assert "--forget-vanished" in text
    assert ",gone,Velvet Harbour,reason,vanished" in report(finished, "csv")


def test_a_report_on_a_whole_library_has_no_such_section(finished: Home) -> None:
    assert "No longer in the library" not in report(finished, "md")


def test_forgetting_removes_one_or_all_and_leaves_the_past_alone(finished: Home) -> None:
    lose(finished, "Velvet Harbour", "-Minus-")
    undo = sorted(path.read_bytes() for path in (finished.path / "status/undo").glob("*.jsonl"))
    assert finished.ok("--forget", "Velvet Harbour", "--yes") == (
        '"Velvet Harbour" is forgotten.\n'
    )
    assert "Velvet Harbour" not in finished.snapshot()["artists"]
    assert finished.snapshot()["summary"]["total_artists"] == 13
    done = finished.manage("--forget-vanished", "--json", "--yes")
    assert json.loads(done.stdout) == {"forgotten": ["-Minus-"]}
    assert finished.ok("--forget-vanished") == "Nothing is forgotten.\n"
    assert finished.manage("--validate-queue").returncode == 0
    history = b"".join(path.read_bytes() for path in (finished.queue / "history").glob("*.jsonl"))
    assert b'"op":"forget"' in history
    assert b'"op":"settle","session"' in history
    after = sorted(path.read_bytes() for path in (finished.path / "status/undo").glob("*.jsonl"))
    assert after == undo
    assert finished.call("undo_changes", "--list", "--artist", "Velvet Harbour").returncode == 0
    told = json.loads(report(finished, "json"))["kinds"][0]
    assert (told["completed"], told["total"]) == (12, 12)
    assert told["weeks"][-1]["level"]["total"] == 12
    assert told["present"]["gone"] == []
    assert finished.batch("--all").returncode == 0
    reviews = json.loads((finished.path / "outputs/manual_review_needed.json").read_text())
    assert "Velvet Harbour" not in reviews["reviews"]


def test_what_was_forgotten_and_comes_back_is_new(finished: Home) -> None:
    away = finished.music.with_name("away")
    (finished.music / "Velvet Harbour").rename(away)
    finished.scan()
    finished.ok("--forget-vanished")
    away.rename(finished.music / "Velvet Harbour")
    assert "1 new" in finished.scan()
    assert finished.statuses()["Velvet Harbour"] == "pending"
    told = json.loads(report(finished, "json"))["kinds"][0]
    assert (told["completed"], told["total"]) == (13, 14)
    assert told["weeks"][-1]["level"] == {
        **told["weeks"][-1]["level"],
        "completed": 13,
        "total": 14,
    }


def test_only_what_is_gone_can_be_forgotten(finished: Home) -> None:
    done = finished.manage("--forget", "Velvet Harbour")
    assert done.returncode == 2
    assert "Velvet Harbour cannot be forgotten: it is completed" in done.stderr
    assert finished.manage("--forget", "Nobody").returncode == 2
    assert len(finished.snapshot()["artists"]) == 14


def test_a_restore_brings_back_what_was_forgotten(finished: Home) -> None:
    lose(finished, "Velvet Harbour")
    finished.ok("--checkpoint")
    finished.ok("--forget-vanished")
    finished.ok("--restore-checkpoint", "latest")
    assert finished.statuses()["Velvet Harbour"] == "skipped"
    assert finished.manage("--validate-queue").returncode == 0


def test_a_summary_of_an_earlier_version_is_sound(finished: Home) -> None:
    """It counted vanished artists in the share."""
    lose(finished, "Velvet Harbour")
    path = finished.queue / "processing_queue.json"
    text = path.read_text()
    assert '"completion_percentage": 100.0' in text
    path.write_text(text.replace('"completion_percentage": 100.0', '"completion_percentage": 92.9'))
    finished.ok("--show-summary")
    done = finished.manage("--validate-queue")
    assert "summary in" not in done.stdout + done.stderr


def test_movies_are_forgotten_alike(home: Home) -> None:
    films = home.path.parent / "films"
    for name in ("Alien (1979)", "Heat (1995)", "Jaws (1975)"):
        (films / name).mkdir(parents=True)
        (films / name / f"{name}.mkv").write_bytes(b"x" * len(name))
    assert home.call("movie_queue_manager", "--scan", films).returncode == 0
    shutil.rmtree(films / "Jaws (1975)")
    assert home.call("movie_queue_manager", "--scan", films, "--yes").returncode == 0
    done = home.call("movie_queue_manager", "--forget", "Jaws (1975)")
    assert (done.returncode, done.stdout) == (0, '"Jaws (1975)" is forgotten.\n')
    queue = json.loads((home.path / "status/movies/processing_queue.json").read_text())
    assert sorted(queue["movies"]) == ["Alien (1979)", "Heat (1995)"]
