"""The debug log of a batch of recordings."""

from __future__ import annotations

import json
from pathlib import Path

from tests.job_kinds import RecordingHome


def test_each_step_is_in_the_debug_log_and_results_are_on_stdout(tmp_path: Path) -> None:
    recordings = RecordingHome(tmp_path)
    recordings.make("Alpha", tracks=1)
    recordings.make("Broken", tracks=1, damaged=1)
    log = recordings.queue / "debug.log"
    words = ("--stage-retries", "converting=1", "--verbose")
    recordings.batch("--scan", recordings.library, "--dry-run", *words)
    assert not log.exists()
    events = recordings.events("--scan", recordings.library, *words, "--log-to", "stdout", code=1)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    # What is written before there is a folder for the log is on stdout only.
    assert [event for event in events if "time" in event][-len(lines) :] == lines
    lines = [line for line in lines if "session" in line]  # the others are no steps of the batch
    assert {line["session"] for line in lines} == {recordings.state().items["Alpha"].session}
    assert lines[0]["message"] == "Batch started"
    assert {"mediakeep", "python", "av", "mutagen"} <= set(lines[1])
    alpha = [line["message"].partition(": ")[2] for line in lines if line.get("item") == "Alpha"]
    assert alpha == [
        "claimed",
        "stage copying begun",
        "stage copying ended",
        "stage copying done, next is converting",
        "stage converting begun",
        "stage converting ended",
        *(
            f"part {part} of stage converting {step}"
            for part in (3, 2, 1)
            for step in ("begun", "ended")
        ),
        "stage converting begun",
        "stage converting ended",
        "stage converting done, next is publishing",
        "stage publishing begun",
        "stage publishing ended",
        "1 tracks published",
    ]
    assert all("seconds" in line for line in lines if line["message"].endswith("ended"))
    failed = [line for line in lines if line["level"] == "warning" and "traceback" in line]
    assert failed
    assert "convert_part" in failed[0]["traceback"]
