"""A kind with stages, from its own scripts: scan, add, wait, fail, clean up, roll back."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from datetime import datetime
from pathlib import Path

import pytest

from mediakeep.item import Status
from mediakeep.queue import journal
from mediakeep.queue.journal_lookup import JOURNAL_FOLDER
from tests import job_home, job_kinds, patience
from tests.crash.gate import Gate
from tests.job_kinds import RecordingHome

HALVED = [sample // 2 for sample in job_kinds.WAV_SAMPLES]


@pytest.fixture
def recordings(tmp_path: Path) -> RecordingHome:
    found = RecordingHome(tmp_path)
    found.make("Alpha", "Beta")
    return found


def published(recordings: RecordingHome) -> dict[str, int]:
    """Return the published recordings and their numbers of tracks, each of which must be right."""
    tracks = sorted(recordings.output.glob("*/*"))
    assert all(job_kinds.read_samples(track) == HALVED for track in tracks)
    names = [track.parent.name for track in tracks]
    return {name: names.count(name) for name in names}


def test_a_scanned_library_is_converted_in_parts_and_published(recordings: RecordingHome) -> None:
    out = recordings.batch("--scan", recordings.library)
    assert "New queue: 2 recordings, 4 tracks." in out
    assert "BATCH COMPLETE: 2/2 recordings (100.0%)" in out
    assert "Manual review" not in out
    assert published(recordings) == {"Alpha": 2, "Beta": 2}
    assert list(recordings.working.glob("*_source")) == []
    assert {item.processing_stage for item in recordings.state().items.values()} == {"completed"}
    assert len(recordings.notes("part")) == len(set(recordings.notes("part"))) == 2 * 2 * 3
    calls = [line.rpartition(" ")[2] for line in recordings.notes("call")]
    assert sorted(calls) == ["converting"] * 4 + ["copying"] * 2 + ["publishing"] * 2


def test_a_dry_run_shows_the_plan_to_the_last_stage_and_writes_nothing(
    recordings: RecordingHome,
) -> None:
    out = recordings.batch(
        *("--dry-run", "--scan", recordings.library, "--publish-after", "2m", "--delete-original")
    )
    assert out.splitlines()[1:5] == [
        "[1/2] Alpha: planned",
        "    copying: 2 tracks",
        "    converting: 6 parts",
        "    publishing after 120 s, then the original is deleted",
    ]
    assert list(recordings.path.iterdir()) == []
    (_, first, *_, last) = recordings.events("--dry-run", "--add", recordings.library / "Beta")
    assert (first["item"], first["plan"][0]) == ("Beta", "copying: 2 tracks")
    assert last["dry_run"]
    assert list(recordings.path.iterdir()) == []


def test_added_items_need_no_library_and_keep_their_own_settings(
    recordings: RecordingHome, tmp_path: Path
) -> None:
    folder = recordings.library / "Beta"
    out = recordings.batch("--add", folder, "--output", tmp_path / "mine", "--batch-size", 1)
    assert "Added 1 recording: Beta." in out
    assert "[1/1] Beta: 2 tracks published" in out
    assert len(list((tmp_path / "mine" / "Beta").iterdir())) == 2
    assert recordings.manage("--list").startswith("completed    Beta [")
    assert recordings.manage("--show-summary").startswith("Recordings\n")
    shown = recordings.manage("--show-recording", "Beta")
    assert "\n  publishing completed in " in shown
    assert "Issues" not in shown
    assert "Added" in recordings.batch("--add", folder)
    names = sorted(item.output_name for item in recordings.state().items.values())
    assert names[0] == "Beta" != names[1]
    nothing = recordings.batch("--add", folder, "--add", tmp_path / "no", code=2)
    assert "no contains no WAV files." in nothing
    assert len(recordings.state().items) == 2


def test_two_commands_may_add_the_first_items_at_the_same_time(recordings: RecordingHome) -> None:
    commands = [
        recordings.command(
            "process_recordings.py", "--workers", 1, "--add", recordings.library / name
        )
        for name in ("Alpha", "Beta")
    ]
    running = [subprocess.Popen(command, env=job_home.environment()) for command in commands]
    assert [process.wait(job_home.PATIENCE) for process in running] == [0, 0]
    assert {item.name for item in recordings.state().items.values()} == {"Alpha", "Beta"}


def test_a_dry_run_of_items_in_progress_begins_with_their_stage(recordings: RecordingHome) -> None:
    recordings.batch("--scan", recordings.library, "--batch-size", 1, "--publish-after", "1h")
    out = recordings.batch("--dry-run", "--recording", "Alpha", "--publish-after", "1h")
    assert out.splitlines()[1:3] == ["[1/1] Alpha: planned", "    publishing after 3600 s"]
    assert "Processing 1 recording..." in recordings.batch("--all")  # Alpha waits


def test_a_waiting_item_is_not_failed_and_runs_when_its_time_has_come(
    recordings: RecordingHome,
) -> None:
    out = recordings.batch("--scan", recordings.library, "--publish-after", "1h")
    assert "Failed" not in out
    items = recordings.state().items
    assert {item.status for item in items.values()} == {Status.PENDING}
    assert {item.parked for item in items.values()} == {"published later"}
    assert "publishing" not in str([item.attempts for item in items.values()])
    assert published(recordings) == {}
    assert "2/2" not in recordings.batch("--all")  # their time has not come
    (alpha, _) = json.loads(recordings.batch("--list-resumable", "--json")).values()
    assert (alpha["name"], alpha["stage"], alpha["why"]) == (
        "Alpha",
        "publishing",
        "published later",
    )
    assert alpha["progress"] == "2 tracks converted"
    local = datetime.fromisoformat(alpha["not_before"]).astimezone()
    listed = recordings.batch("--list-resumable").splitlines()[0]
    assert listed.startswith("Alpha: next stage publishing; 2 tracks converted; waiting until ")
    assert listed.endswith(f"{local:%H:%M}")
    recordings.batch("--recording", "Alpha")  # publishes at once, as nothing says to wait
    assert published(recordings) == {"Alpha": 2}


def test_wait_ends_when_no_item_waits(recordings: RecordingHome) -> None:
    out = recordings.batch("--scan", recordings.library, "--publish-after", "2", "--wait")
    assert "BATCH COMPLETE: 2/2 recordings (100.0%)" in out
    assert published(recordings) == {"Alpha": 2, "Beta": 2}


def test_a_signal_ends_the_wait(recordings: RecordingHome) -> None:
    recordings.manage("--scan", recordings.library)
    command = recordings.command("process_recordings.py", "--publish-after", "1h", "--wait")
    process = subprocess.Popen(command, env=job_home.environment(), stdout=subprocess.DEVNULL)
    while not all(item.parked for item in recordings.state().items.values()):
        assert process.poll() is None
        time.sleep(0.01)
    patience.until_asleep(process.pid)
    process.send_signal(signal.SIGINT)
    assert process.wait(patience.PATIENCE) == 130


def test_a_consumed_source_is_neither_missed_nor_lost(recordings: RecordingHome) -> None:
    recordings.batch("--scan", recordings.library, "--delete-original")
    assert list(recordings.library.iterdir()) == []
    assert "Nothing is pending." in recordings.batch("--scan", recordings.library)
    assert {item.status for item in recordings.state().items.values()} == {Status.COMPLETED}


@pytest.mark.parametrize("keep", [True, False])
def test_a_recording_that_fails_is_cleaned_up_or_kept_by_setting(
    recordings: RecordingHome, keep: bool
) -> None:
    recordings.make("Broken", damaged=1)
    words = ["--keep-working"] if keep else []
    out = recordings.batch("--scan", recordings.library, *words, code=1)
    assert "3 of 6 parts failed" in out
    item = recordings.state().items["Broken"]
    assert (item.status, item.processing_stage) == (Status.ERROR, "failed_convert")
    assert item.attempts == {"converting": 2}
    assert published(recordings) == {"Alpha": 2, "Beta": 2}
    assert recordings.notes("call").count("Broken converting") == 3  # the last one cleans up
    assert bool(recordings.find_files("Broken").list_folders()) is keep
    job_kinds.write_track(recordings.library / "Broken" / "0.wav")
    if keep:
        job_kinds.write_track(recordings.find_files("Broken").require().source / "0.wav")
    recordings.batch("--retry-failed", *words)
    assert published(recordings)["Broken"] == 2
    assert recordings.notes("call").count("Broken copying") == 2 - keep


def test_working_files_are_listed_and_removed_of_items_that_have_ended(
    recordings: RecordingHome,
) -> None:
    recordings.batch("--scan", recordings.library, "--batch-size", 1, "--keep-working")
    recordings.batch("--recording", "Beta", "--publish-after", "1h")
    listed = recordings.batch("--list-cleanup")
    folders = recordings.find_files("Alpha").list_folders()
    assert listed.splitlines() == [str(folder) for folder in folders]
    assert [path.name.rpartition("_")[2] for path in folders] == ["source", "state"]
    removed = recordings.batch("--cleanup").splitlines()
    assert removed == [f"Removed {line}" for line in listed.splitlines()]
    assert recordings.batch("--cleanup") == "Nothing to clean up.\n"
    assert recordings.find_files("Beta").require().source.is_dir()  # still needed


def test_a_failed_item_whose_working_files_were_removed_begins_again(
    recordings: RecordingHome,
) -> None:
    recordings.make("Broken", damaged=1)
    out = recordings.batch("--scan", recordings.library, "--all", "--keep-working", code=1)
    assert out.count("Broken: failed") == 2
    assert "\nFailed: 1 recording\n" in out  # one, in two attempts
    kept = recordings.state().items["Broken"]
    assert (kept.resume_stage, len(kept.parts.done if kept.parts else ())) == ("converting", 3)
    assert "_source" in recordings.batch("--cleanup")
    cleaned = recordings.state().items["Broken"]
    assert (cleaned.status, cleaned.resume_stage, cleaned.parts) == (Status.ERROR, "", None)
    job_kinds.write_track(recordings.library / "Broken" / "0.wav")
    recordings.batch("--retry-failed", "--all")
    assert published(recordings)["Broken"] == 2


def test_a_rolled_back_recording_is_as_before_and_skipped(recordings: RecordingHome) -> None:
    recordings.batch("--scan", recordings.library, "--delete-original", "--keep-working")
    out = recordings.batch("--rollback", "Alpha", "--yes")
    assert out.startswith("Alpha is rolled back, and skipped until it is reset.\nRestored: ")
    assert job_kinds.read_samples(recordings.library / "Alpha" / "1.wav") == job_kinds.WAV_SAMPLES
    assert published(recordings) == {"Beta": 2}
    assert recordings.find_files("Alpha").list_folders() == []
    assert recordings.state().items["Alpha"].skip_reason == "rolled back"
    assert "rolled back already" in recordings.batch("--rollback", "Alpha", "--yes")
    assert "Nothing is pending." in recordings.batch("--all", "--scan", recordings.library)
    recordings.manage("--reset-recording", "Alpha")
    recordings.batch("--all")
    assert published(recordings) == {"Alpha": 2, "Beta": 2}


def test_a_rollback_leaves_no_moment_in_which_a_batch_could_take_the_item(
    recordings: RecordingHome,
) -> None:
    recordings.batch("--scan", recordings.library, "--publish-after", "1h")
    before = recordings.state().seq
    recordings.batch("--rollback", "Alpha", "--yes")
    journals = (recordings.queue / JOURNAL_FOLDER).glob("*.jsonl")
    records = [record for path in journals for record in journal.read(path).records]
    changes = [one.items["Alpha"] for one in records if one.seq > before and "Alpha" in one.items]
    reasons = [change["skip_reason"] for change in changes if change]
    assert reasons == ["rollback unfinished", "rolled back"]
    item = recordings.state().items["Alpha"]
    assert (item.status, item.parked, item.processing_stage) == (Status.SKIPPED, "", "")


def test_a_dry_run_of_failed_items_begins_where_their_reset_would(
    recordings: RecordingHome,
) -> None:
    (recordings.output / "Alpha" / "other").mkdir(parents=True)
    recordings.batch("--scan", recordings.library, "--stage-retries", "publishing=1", code=1)
    assert recordings.state().items["Alpha"].processing_stage == "failed_publish"
    out = recordings.batch("--dry-run", "--retry-failed")
    assert out.splitlines()[1:3] == ["[1/1] Alpha: planned", "    copying: 2 tracks"]


def test_a_rollback_that_is_impossible_says_why_and_can_be_repeated(
    recordings: RecordingHome,
) -> None:
    recordings.batch("--scan", recordings.library, "--delete-original")
    assert "cannot be restored" in recordings.batch("--rollback", "Beta", "--yes", code=2)
    assert published(recordings) == {"Alpha": 2, "Beta": 2}
    assert recordings.state().items["Beta"].status is Status.COMPLETED


def test_a_killed_rollback_is_completed_by_the_same_command(recordings: RecordingHome) -> None:
    recordings.batch("--scan", recordings.library, "--delete-original", "--keep-working")
    gate = Gate(recordings.root / "gate", 1, names="fsync", paths="library$")
    command = recordings.command("process_recordings.py", "--rollback", "Alpha", "--yes")
    gate.kill(subprocess.Popen(command, env={**job_home.environment(), **gate.environment}))
    assert recordings.state().items["Alpha"].skip_reason == "rollback unfinished"
    assert "Alpha" not in recordings.batch("--list-cleanup")  # still needed
    assert "Nothing is pending." in recordings.batch("--all")
    recordings.batch("--rollback", "Alpha", "--yes")
    assert published(recordings) == {"Beta": 2}
    assert job_kinds.read_samples(recordings.library / "Alpha" / "0.wav") == job_kinds.WAV_SAMPLES


def test_a_killed_batch_is_resumed_and_its_attempts_stay_counted(
    recordings: RecordingHome,
) -> None:
    gate = Gate(recordings.root / "gate", 4, names="replace", paths=r"_processed/\d\.\d")
    recordings.make("Broken", damaged=1)
    recordings.manage("--scan", recordings.library)
    command = recordings.command("process_recordings.py", "--workers", 1, "--batch-size", 1)
    gate.kill(subprocess.Popen(command, env={**job_home.environment(), **gate.environment}))
    out = recordings.batch("--resume", "--all", "--wait")
    assert "Processing 1 recording..." in out
    assert published(recordings) == {"Alpha": 2}
    words = ("--stage-retries", "converting=3,1", "--wait", "--all")
    out = recordings.batch(*words, code=1)
    assert out.count("Broken: failed") == 3
    assert recordings.state().items["Broken"].attempts == {"converting": 3}


def test_a_batch_of_some_stages_stops_items_before_the_others(recordings: RecordingHome) -> None:
    out = recordings.batch("--scan", recordings.library, "--stages", "copying,converting")
    assert "Alpha: reached stage publishing, where this batch ends\n" in out
    items = recordings.state().items
    assert {(item.status, item.processing_stage) for item in items.values()} == {
        (Status.PENDING, "publishing")
    }
    assert not any(item.attempts or item.session for item in items.values())
    assert published(recordings) == {}
    recordings.make("Gamma")
    words = ("--scan", recordings.library, "--stages", "publishing", "--wait", "--all")
    planned = recordings.batch("--dry-run", *words)
    assert "Gamma" not in planned
    assert "    of these stages, only: publishing" in planned
    recordings.batch(*words, "--publish-after", "2")
    assert published(recordings) == {"Alpha": 2, "Beta": 2}
    assert "Gamma copying" not in recordings.notes("call")
    refused = recordings.batch("--recording", "Gamma", "--stages", "publishing", code=2)
    assert "--stages lacks copying, the next stage of Gamma." in refused
    recordings.batch("--recording", "Gamma", "--stages", "copying")
    assert recordings.state().items["Gamma"].processing_stage == "converting"
    (log,) = (path for path in recordings.queue.glob("session_logs/*_001.log"))
    stops = [line for line in log.read_text().splitlines() if "where this batch ends" in line]
    assert len(stops) == 2


def test_a_batch_of_some_stages_retries_and_cleans_up_its_own_failures_only(
    recordings: RecordingHome,
) -> None:
    recordings.make("Broken", damaged=1)
    words = ("--scan", recordings.library, "--all")
    recordings.batch(*words, "--stages", "copying")
    assert recordings.notes("call").count("Broken converting") == 0
    out = recordings.batch(*words, "--stages", "publishing,copying", "--add", "x", code=2)
    assert "contains no WAV files" in out
    recordings.batch(*words, "--stages", "converting", "--wait", code=1)
    assert recordings.state().items["Broken"].status is Status.ERROR
    assert recordings.notes("call").count("Broken converting") == 3
    folder = recordings.library / "Alpha"
    events = recordings.events("--add", folder, "--stages", "copying", "--all", "--output", "other")
    parked = [event for event in events if event["event"] == "parked"]
    assert [(one["until"], one["why"]) for one in parked] == [
        ("", "reached stage converting, where this batch ends")
    ]


def test_resume_takes_unfinished_items_only(recordings: RecordingHome) -> None:
    recordings.batch("--scan", recordings.library, "--batch-size", 1, "--publish-after", "1h")
    recordings.manage("--unpark", "all")
    out = recordings.batch("--resume", "--all")
    assert "Processing 1 recording..." in out
    assert published(recordings) == {"Alpha": 2}
    assert "Nothing" in recordings.batch("--list-resumable")


def test_a_recording_that_is_added_again_goes_on_or_is_named_as_done(
    recordings: RecordingHome,
) -> None:
    beta = recordings.library / "Beta"
    recordings.batch("--add", beta, "--publish-after", "1h")
    assert "Beta is in the queue already." in recordings.batch("--add", beta)
    recordings.manage("--unpark", "all")
    recordings.batch("--add", beta)
    (key,) = recordings.state().items
    prepared = recordings.events("--add", beta)[0]
    assert prepared == {"event": "prepared", "added": [], "existing": {key: "done"}}
    assert "Beta is already done: " in recordings.batch("--add", beta)
