"""The options of a queue manager that only kinds with stages have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mediakeep.item import Status
from tests.job_kinds import RecordingHome


@pytest.fixture
def recordings(tmp_path: Path) -> RecordingHome:
    found = RecordingHome(tmp_path)
    found.make("Alpha", "Beta")
    return found


def test_waiting_items_are_unparked_and_reset_to_a_stage(recordings: RecordingHome) -> None:
    recordings.batch("--scan", recordings.library, "--publish-after", "1h")
    assert recordings.manage("--unpark", "alpha") == "1 recording no longer waits.\n"
    items = recordings.state().items
    assert (items["Alpha"].parked, items["Beta"].parked) == ("", "published later")
    assert recordings.manage("--unpark", "Alpha") == "Nothing waits.\n"
    done = json.loads(recordings.manage("--unpark", "all", "--json"))
    assert done["unparked"] == ["Beta"]
    recordings.manage("--reset-recording", "Alpha", "--to", "converting")
    assert recordings.state().items["Alpha"].processing_stage == "converting"
    assert '"Beta" is pending again.' in recordings.manage("--reset-recording", "Beta")
    out = recordings.manage("--reset-recording", "Alpha", "--to", "publishing", code=2)
    assert "Alpha cannot be reset to stage publishing: it has only reached" in out
    assert 'no stage "mixing"' in recordings.manage(
        *("--reset-recording", "Alpha", "--to", "mixing"), code=2
    )
    assert "--to has no effect with --unpark" in recordings.manage(
        *("--unpark", "all", "--to", "copying"), code=2
    )


def test_retired_items_leave_the_queue_and_come_back_by_name(recordings: RecordingHome) -> None:
    recordings.batch("--scan", recordings.library, "--batch-size", 1)
    assert recordings.manage("--retire", "completed") == "1 recording is retired.\n"
    assert recordings.manage("--retire", "completed") == "Nothing to retire.\n"
    assert list(recordings.state().items) == ["Beta"]
    recordings.manage("--scan", recordings.library)
    assert list(recordings.state().items) == ["Beta"]
    assert "The queue is valid: 1 recording" in recordings.manage("--validate-queue")
    assert recordings.manage("--restore-retired", "alpha") == (
        '"Alpha" is in the queue again: completed.\n'
    )
    assert recordings.state().items["Alpha"].status is Status.COMPLETED
    assert "no retired recording named" in recordings.manage("--restore-retired", "X", code=2)


def test_an_edited_stage_is_named_with_its_cure(recordings: RecordingHome) -> None:
    recordings.batch("--scan", recordings.library, "--batch-size", 1)
    path = recordings.queue / "processing_queue.json"
    path.write_text(path.read_text().replace('stage": "completed"', 'stage": "finished"'))
    for action in ("--validate-queue", "--show-summary", "--unpark=all"):
        out = recordings.manage(action, code=3)
        assert 'recording "Alpha": processing_stage has the unknown stage "finished". Use' in out
    recordings.manage("--repair")
    assert recordings.state().items["Alpha"].processing_stage == "completed"
