"""The states of episodes: the table of transitions, and the retries of stages."""

from __future__ import annotations

from mediakeep.episodes.item import EPISODES, EpisodeItem, get_state
from mediakeep.episodes.states import TRANSITIONS, ProcessingStage, can_transition, find_transitions
from mediakeep.item import Status
from mediakeep.queue import resets
from tests.sampling import each_row

TABLE = """
discovered: downloading, skipped     downloading: downloaded, failed     downloaded: converting, skipped
converting: converted, failed        converted: uploading, skipped       uploading: uploaded, failed
uploaded: scheduled                  scheduled: published                failed: downloading, converting, uploading, skipped
"""  # noqa: E501 - as users know it


def parse_table() -> dict[str, set[str]]:
    table: dict[str, set[str]] = {}
    name = ""
    for word in TABLE.split():
        if word.endswith(":"):
            name = word.rstrip(":")
        else:
            table.setdefault(name, set()).add(word.rstrip(","))
    return table


def test_exactly_the_transitions_of_the_table_are_legal() -> None:
    table = parse_table()
    assert len(table) == 9
    for old in ProcessingStage:
        legal = {str(new) for new in ProcessingStage if can_transition(old, new)}
        assert legal == table.get(old, set()), old


def test_a_path_consists_of_legal_transitions() -> None:
    for old in ProcessingStage:
        for new in ProcessingStage:
            path = find_transitions(old, new)
            steps = zip((old, *(path or ())), path or (), strict=False)
            assert all(new in TRANSITIONS[old] for old, new in steps)
            assert (path is None) == (new not in _find_reachable(old))


def _find_reachable(state: ProcessingStage) -> set[ProcessingStage]:
    found, size = {state}, 0
    while len(found) > size:
        size = len(found)
        found |= {new for old in found for new in TRANSITIONS[old]}
    return found


@each_row("stage, times", [("downloading", 3), ("converting", 2), ("uploading", 3)])
def test_attempts(stage: str, times: int) -> None:
    found = EPISODES.stages.find_stage(stage)
    assert found
    assert found.retry
    assert (found.retry.times, found.retry.delay) == (times, 300)
    assert (found.retry.exhaustion, found.failure_code) == ("skipped", "failed")


@each_row(
    "fields, state",
    [
        ({}, "discovered"),
        ({"processing_stage": "uploading"}, "uploading"),
        ({"processing_stage": "failed", "status": Status.ERROR}, "failed"),
        ({"processing_stage": "failed", "status": Status.SKIPPED}, "skipped"),
        ({"processing_stage": "published", "status": Status.COMPLETED}, "published"),
        ({"processing_stage": "uploaded", "status": Status.ERROR}, "uploaded"),
    ],
)
def test_state_of_an_item(fields: dict[str, str], state: str) -> None:
    item = EpisodeItem(**{"status": Status.PENDING, **fields})  # type: ignore[arg-type]
    assert get_state(item) == state


@each_row(
    "stage, failed, fields, begins",
    [
        ("failed", "uploading", {}, None),
        ("failed", "uploading", {"upload_opened": "2026-11-24T10:00:00+00:00"}, "uploading"),
        ("scheduled", "", {"video_id": "abc", "upload_opened": "2026"}, "uploaded"),
        ("uploaded", "", {"video_id": "abc"}, "uploaded"),
    ],
)
def test_a_reset_forgets_no_upload(
    stage: str, failed: str, fields: dict[str, str], begins: str | None
) -> None:
    item = EpisodeItem(
        status=Status.ERROR,
        processing_stage=stage,
        failed_stage=failed,
        **fields,  # type: ignore[arg-type]
    )
    assert resets.build_reset_patch(EPISODES, item)["processing_stage"] == begins
