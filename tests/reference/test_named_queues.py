"""Several queues of one kind: used by name, seen by all commands, backed up and restored apart."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mediakeep import home_folder, kinds, path_text
from mediakeep.app.subjects import registry
from mediakeep.errors import UsageError
from mediakeep.kinds import Kind
from mediakeep.queue import named_queues, queue, readonly
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.queue import Queue
from tests.crash.tap import FileCall
from tests.job_home import ROOT, environment, run_in_child
from tests.job_kinds import RecordingHome
from tests.reference.recording import KIND
from tests.sampling import each_row

NIGHT = kinds.name_queue(KIND, "night")


@pytest.fixture
def recordings(tmp_path: Path) -> RecordingHome:
    """A home with two queues, whose recordings have the same names."""
    found = RecordingHome(tmp_path)
    found.make("Alpha", "Beta")
    found.manage("--scan", found.library)
    found.manage("--queue", "night", "--scan", found.library)
    return found


def read_statuses(home: RecordingHome, queue_name: str = "") -> dict[str, str]:
    kind = kinds.name_queue(KIND, queue_name)
    state = readonly.load_state(registry.queue_folder(home.path, kind), kind)
    return {key: str(item.status) for key, item in state.items.items()}


def run_other(home: RecordingHome, script: str, *words: object, code: int = 0) -> str:
    """Run a script of all kinds, where the kind of recordings is installed."""
    utilities = ROOT / "utilities"
    done = subprocess.run(
        [sys.executable, utilities / script, *map(str, words), "--home", home.path],
        capture_output=True,
        text=True,
        env={**environment(), "PYTHONPATH": f"{ROOT}:{utilities}:{home.scripts}"},
    )
    assert done.returncode == code, done.stderr
    return done.stdout + (done.stderr if code else "")


def read_json(home: RecordingHome, script: str, *words: object) -> Any:
    return json.loads(run_other(home, script, *words, "--json"))


def test_each_queue_has_its_own_items_and_outputs(recordings: RecordingHome) -> None:
    recordings.batch("--queue", "night", "--recording", "Alpha")
    assert read_statuses(recordings) == {"Alpha": "pending", "Beta": "pending"}
    assert read_statuses(recordings, "night") == {"Alpha": "completed", "Beta": "pending"}
    recordings.batch("--recording", "Alpha")
    assert sorted(path.name for path in recordings.output.iterdir()) == ["Alpha", "Alpha@night"]
    shown = recordings.manage("--queue", "night", "--show-summary")
    assert "completed 1" in shown


@each_row(
    ("name", "other"),
    [
        ("A", "A"),
        ("a" * 300, "a" * 300),
        ("é" * 200, "é" * 200),
        ("A@night", "A"),
        ("A", "A@night"),
    ],
)
def test_items_of_two_queues_never_share_files(name: str, other: str) -> None:
    night = named_queues.name_output(NIGHT, other, set())
    assert night.endswith("@night")
    assert named_queues.name_output(NIGHT, other, {path_text.normalize_name(night)}) == (
        f"{night.removesuffix('@night')}_2@night"
    )
    assert named_queues.name_output(KIND, name, set()) != night


def test_a_home_is_found_by_a_named_queue_alone(
    recordings: RecordingHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    recordings.path.joinpath("mediakeep.toml").unlink(missing_ok=True)
    recordings.queue.joinpath("processing_queue.json").unlink()
    monkeypatch.chdir(recordings.path)
    assert home_folder.find_home(None, {}) == recordings.path


def test_hints_name_the_queue(recordings: RecordingHome) -> None:
    recordings.make("Broken", damaged=1)
    out = recordings.batch("--queue", "night", "--scan", recordings.library, "--all", code=1)
    home = f"--queue night --home {recordings.path}"
    assert f"recording_queue_manager.py {home} --list --status error" in out
    assert f"process_recordings.py {home} --retry-failed" in out
    missing = recordings.batch("--queue", "day", code=2)
    manager = f"recording_queue_manager.py --queue day --home {recordings.path} --scan PATH"
    assert "There is no recordings/day queue" in missing
    assert manager in missing


def test_the_other_commands_see_each_queue(recordings: RecordingHome) -> None:
    recordings.batch("--queue", "night")
    jobs = read_json(recordings, "jobs.py", "list")
    assert [(job["kind"], job["name"], job["state"]) for job in jobs] == [
        *(("recordings", name, "queued") for name in ("Alpha", "Beta")),
        *(("recordings/night", name, "completed") for name in ("Alpha", "Beta")),
    ]
    assert len({job["id"] for job in jobs}) == 4
    words = ("list", "--kind", "recordings/night")
    assert len(read_json(recordings, "jobs.py", *words)) == 2
    found = read_json(recordings, "media_dashboard.py", "--once", "--kind", "recordings")
    assert [one["kind"] for one in found] == ["recordings", "recordings/night"]
    recordings.batch()
    (report, *_) = read_json(recordings, "weekly_report.py")["reports"]
    assert len(report["headlines"]) == 2
    (page, *_) = recordings.path.glob("status/reports/*.md")
    assert "Recordings/night" in page.read_text()
    charts = {path.name for path in page.parent.iterdir() if path.suffix == ".svg"}
    assert charts == {f"{page.stem}_recordings{name}_days.svg" for name in ("", "_night")}
    assert all(chart in page.read_text() for chart in charts)
    assert run_other(recordings, "undo_changes.py", "--list")


@each_row(
    "words, shown",  # "" for a refusal
    [
        ("jobs.py list", "Alpha"),
        ("jobs.py list --kind recordings", "Alpha"),
        ("jobs.py list --kind recordings/night", ""),
        ("jobs.py show Alpha", "Alpha"),
        ("jobs.py cancel Beta", "Beta"),
        ("jobs.py clear --older-than 0s --yes", "Cleared"),
        ("media_dashboard.py --once", "1 pending"),
    ],
)
def test_a_damaged_named_queue_is_named_and_the_others_are_read(
    recordings: RecordingHome, words: str, shown: str
) -> None:
    file = recordings.queue / "night" / "processing_queue.json"
    file.write_bytes(file.read_bytes()[:100])
    lines = run_other(recordings, *words.split(), code=3).splitlines()
    assert sum(f"{file} cannot be read" in line for line in lines) == 1
    assert shown in "\n".join(lines)
    assert bool(shown) or len(lines) == 1


def test_a_job_of_a_named_queue_is_cancelled_and_cleared(recordings: RecordingHome) -> None:
    (job, *_) = read_json(recordings, "jobs.py", "list", "--kind", "recordings/night")
    run_other(recordings, "jobs.py", "cancel", job["id"])
    assert read_statuses(recordings) == {"Alpha": "pending", "Beta": "pending"}
    assert read_statuses(recordings, "night") == {"Alpha": "skipped", "Beta": "pending"}


def test_left_files_of_killed_writers_are_removed_by_a_batch_of_any_queue(
    recordings: RecordingHome,
) -> None:
    left = recordings.path / "issues" / KIND.name / ".123456789abc.tmp"
    left.parent.mkdir(parents=True)
    left.touch()
    os.utime(left, (0, 0))
    recordings.batch("--queue", "night", "--recording", "Alpha")
    assert not left.exists()


@each_row(
    "name",
    ["", "Night", "a b", "../x", "a/b", "x" * 41, ".", "-a", "é", "live", "history", "archive"],
)
def test_a_name_that_a_queue_cannot_have_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        named_queues.check_name(name)


def test_no_folder_of_a_queue_is_taken_for_a_queue(recordings: RecordingHome) -> None:
    recordings.batch("--all")
    recordings.manage("--checkpoint")
    recordings.manage("--retire", "completed")
    folders = {path.name for path in recordings.queue.iterdir() if path.is_dir()}
    assert {"checkpoints", "live", "history", "archive", "session_logs"} <= folders
    for name in folders - {"night"}:
        with pytest.raises(UsageError):
            named_queues.check_name(name)
    assert list(registry.list_queues(recordings.path, {}))[-1] != "recordings/live"
    assert named_queues.list_names(recordings.queue) == ["night"]
    refused = recordings.manage("--queue", "live", "--show-summary", code=2)
    assert '"live" is a folder of every queue.' in refused


@pytest.mark.long
@pytest.mark.parametrize("name", ["", "night"])
def test_a_restored_backup_leaves_the_other_queue_as_it_is(
    recordings: RecordingHome, name: str
) -> None:
    words = ("--queue", name) if name else ()
    backup, other = recordings.root / "backup.tar", "" if name else "night"
    recordings.manage(*words, "--backup", backup)
    recordings.batch("--all")
    recordings.batch("--queue", "night", "--all")
    out = recordings.manage(*words, "--restore-backup", backup, "--yes")
    assert "Restored: 2 recordings" in out
    assert set(read_statuses(recordings, name).values()) == {"pending"}
    assert set(read_statuses(recordings, other).values()) == {"completed"}
    for each in ((), ("--queue", "night")):
        recordings.manage(*each, "--validate-queue")
    inside = registry.queue_folder(recordings.path, kinds.name_queue(KIND, name))
    refused = recordings.manage(*words, "--backup", inside, code=2)
    assert "is itself part of the backup" in refused
    fresh = RecordingHome(recordings.root / "fresh")
    fresh.manage(*words, "--restore-backup", backup)
    assert list(read_statuses(fresh, name)) == ["Alpha", "Beta"]
    assert not fresh.queue.joinpath("processing_queue.json").exists() or not name


@pytest.mark.long
def test_a_restore_that_is_killed_keeps_the_named_queue(recordings: RecordingHome) -> None:
    """It is killed before each rename of its last step."""
    backup = recordings.root / "backup.tar"
    recordings.manage("--backup", backup)
    recordings.batch("--queue", "night", "--all")
    kills = 0
    while _kill_restore(recordings, backup, kills + 1):
        kills += 1
        if not (recordings.queue / "night").exists():
            out = recordings.batch("--queue", "night", code=3)
            assert "A restore is unfinished" in out
        recordings.manage("--restore-backup", backup, "--yes")
        assert set(read_statuses(recordings, "night").values()) == {"completed"}
    assert kills >= 3


def test_an_unfinished_restore_of_a_named_queue_is_finished_before_one_of_the_main_queue(
    recordings: RecordingHome,
) -> None:
    main, night = recordings.root / "main.tar", recordings.root / "night.tar"
    recordings.manage("--backup", main)
    recordings.manage("--queue", "night", "--backup", night)
    recordings.batch("--queue", "night", "--all")
    assert _kill_restore(recordings, night, 3, NIGHT)
    out = recordings.manage("--restore-backup", main, "--yes", code=3)
    assert f"--restore-backup {night} --yes" in out
    recordings.manage("--queue", "night", "--restore-backup", night, "--yes")
    recordings.manage("--restore-backup", main, "--yes")
    assert set(read_statuses(recordings, "night").values()) == {"pending"}


def _locate(home: RecordingHome, kind: Kind) -> QueueLocation:
    return queue.locate_queue(registry.queue_folder(home.path, kind))


def _kill_restore(home: RecordingHome, backup: Path, at: int, kind: Kind = KIND) -> bool:
    from mediakeep.queue.backups import restore

    renames = 0

    def count(call: FileCall) -> None:
        nonlocal renames
        renames += "recordings" in call.path and "recordings" in call.target
        if renames >= at:
            os.kill(os.getpid(), 9)

    def work() -> None:
        real = os.rename

        def rename(path: Any, target: Any) -> None:
            count(FileCall("replace", str(path), str(target)))
            real(path, target)

        os.rename = rename  # type: ignore[assignment]
        restore.restore_backup(_locate(home, kind), kind, backup)

    return run_in_child(work)


def test_a_running_batch_of_a_named_queue_refuses_a_restore_of_the_main_one(
    recordings: RecordingHome,
) -> None:
    backup = recordings.root / "backup.tar"
    recordings.manage("--backup", backup)
    with Queue.open(queue.locate_queue(recordings.queue / "night"), NIGHT) as night:
        night.begin_session()
        out = recordings.manage("--restore-backup", backup, "--yes", code=2)
        night.end_session()
    assert "is using the queue night in its folder." in out
