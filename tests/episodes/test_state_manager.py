"""The Python interface of episodes, and the checks and the rebuild of their queue."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from mediakeep import episodes
from mediakeep.episodes import ProcessingStage, StateManager, maintenance
from mediakeep.episodes.item import EPISODES
from mediakeep.errors import LockNotAcquired, NoSuchItem, UsageError
from mediakeep.queue import export_folder, stage_edits
from mediakeep.queue.queue import Queue, locate_queue
from mediakeep.workspace.job_files import JobFiles
from tests.episodes.queues import advance, create_queue, fail, find_key, read_database
from tests.sampling import each_row

LOG = "SELECT stage, event FROM processing_log WHERE episode_id = 'one' ORDER BY id"


def create_manager(home: Path, *names: str) -> StateManager:
    create_queue(home, names or ("one", "two")).close()
    return StateManager(home / "state")


def open_queue(home: Path) -> Queue:
    return Queue.open(locate_queue(home / "status/episodes"), EPISODES)


def test_every_name_of_the_interface_exists() -> None:
    assert all(getattr(episodes, name) for name in episodes.__all__)
    with pytest.raises(AttributeError):
        _ = episodes.unknown


def test_states_are_read_and_updated(memory: Path) -> None:
    manager = create_manager(memory)
    for stage in ("downloading", "failed", "downloading", "downloaded"):
        assert manager.update_state("one", stage, "by hand").stage == stage
        assert manager.get_episode_state("one").stage == stage
    for stage in EPISODES.stages.stages[3:]:
        manager.update_state("one", stage.name)
    assert manager.update_state("one", "published").stage is ProcessingStage.PUBLISHED
    manager.update_state("two", "skipped", "not ours")
    assert manager.get_episode_state("two").status_message == "not ours"
    assert manager.count_all_episodes() == 2
    counts = {stage: count for stage, count in manager.count_by_stage().items() if count}
    assert counts == {"published": 1, "skipped": 1}
    assert [state.episode_id for state in manager.get_episodes_by_stage("published")] == ["one"]
    log = read_database(memory, LOG)
    assert {event for _, event in log[1:]} == {"transition"}
    assert not maintenance.audit_log(manager)


@each_row("new", ["downloaded", "uploaded", "published", "failed", "discovered"])
def test_illegal_transitions_are_refused(memory: Path, new: str) -> None:
    manager = create_manager(memory)
    with pytest.raises(UsageError, match="cannot change from discovered"):
        manager.update_state("one", new)
    with pytest.raises(NoSuchItem):
        manager.update_state("three", "downloading")
    assert manager.count_by_stage()[ProcessingStage.DISCOVERED] == 2


def test_a_folder_that_is_no_state_directory(memory: Path) -> None:
    with pytest.raises(UsageError, match="no state directory"):
        StateManager(memory)


def test_a_held_episode_is_named_with_its_session(memory: Path) -> None:
    manager = create_manager(memory)
    with open_queue(memory) as queue:
        session = queue.begin_session()
        (claim,) = queue.claim_due(find_key(queue, "one"))
        with pytest.raises(LockNotAcquired, match=f"lock for one: session {session.id}") as error:
            manager.update_state("one", "downloading", timeout=0)
        assert error.value.exit_code == 2
        manager.update_state("two", "downloading")
        timer = threading.Timer(0.1, queue.release, [[claim]])
        timer.start()
        assert manager.update_state("one", "downloading").stage == "downloading"
        timer.join()


def test_next_and_incomplete_episodes(memory: Path) -> None:
    manager = create_manager(memory, "one", "two", "three", "four")
    with open_queue(memory) as queue:
        advance(queue, "one", "converting")
        advance(queue, "two", "downloading")
        fail(queue, "two", "Gone.")
    found = manager.get_next_for_processing("discovered", 1)
    assert [state.episode_id in ("three", "four") for state in found] == [True]
    assert [state.episode_id for state in manager.get_next_for_processing("converting")] == ["one"]
    incomplete = episodes.identify_incomplete(manager)
    assert [state.episode_id for state in incomplete] == ["one", "two"]
    assert episodes.resume_processing(manager) == ["one", "two"]
    assert manager.get_episode_state("two").stage == "downloading"


def test_summary_and_reports(memory: Path) -> None:
    manager = create_manager(memory)
    with open_queue(memory) as queue:
        advance(queue, "one", "", title="<script>")
        queue.begin_session()
        queue.end_session()
    summary = episodes.generate_summary(manager)
    assert (summary.total_episodes, summary.completion_percentage) == (2, 50.0)
    assert list(summary.progress) == [
        *("discovered", "downloaded", "converted", "uploaded", "scheduled", "published"),
        *("failed", "skipped"),
    ]
    assert summary.estimated_completion
    page = episodes.generate_html_report(manager)
    assert "&lt;script&gt;" in page
    written = json.loads((memory / "state/reports/summary.json").read_bytes())
    assert written["progress"] == summary.progress
    names = sorted(path.name.partition("_report_")[0] for path in memory.glob("state/reports/*"))
    assert names == ["daily", "summary.json", "weekly"]


def test_retry_and_skip(memory: Path) -> None:
    manager = create_manager(memory)
    maintenance.skip_episode(manager, "one", "not ours")
    maintenance.retry_episodes(manager, ["one", "two"])
    assert read_database(memory, LOG)[-2:] == [("skipped", "transition"), ("discovered", "reset")]
    with open_queue(memory) as queue:
        advance(queue, "two", "scheduled", video_id="abc")
    with pytest.raises(UsageError, match="two cannot be skipped: it is scheduled"):
        maintenance.skip_episode(manager, "two", "no")
    assert manager.get_episode_state("one").stage == "discovered"


@each_row(
    "name, problem",
    [
        ("processed/2021/one.yaml", "its YAML file differs"),
        ("index.json", "index.json differs"),
        ("state.db", "state.db is damaged or missing: unable to open"),
        ("one.mp3", "is missing"),
    ],
)
def test_verify_names_what_differs(memory: Path, name: str, problem: str) -> None:
    manager, audio = create_manager(memory), memory / "state/one.mp3"
    audio.write_bytes(b"audio")
    with open_queue(memory) as queue:
        advance(queue, "one", "converting", audio_file=str(audio), audio_size=5)
    assert maintenance.verify_exports(manager) == []
    (manager.folder / name).unlink()
    (finding,) = maintenance.verify_exports(manager)
    assert problem in finding.problem


def test_the_time_of_an_export_is_no_difference_if_no_yaml_file_has_it(memory: Path) -> None:
    manager, later = create_manager(memory), "2031-01-01T00:00:00Z"
    path = manager.folder / "processed/2021/one.yaml"
    path.write_text(re.sub("(?m)^last_updated: .*$", f'last_updated: "{later}"', path.read_text()))
    with closing(sqlite3.connect(manager.folder / "state.db")) as database, database:
        rows = "UPDATE episode_states SET last_updated = ? WHERE episode_id = 'one'"
        assert database.execute(rows, [later]).rowcount == 1
    assert maintenance.verify_exports(manager) == []
    path.unlink()
    (finding,) = maintenance.verify_exports(manager)
    assert "its YAML file differs" in finding.problem


def test_orphaned_files_are_moved_after_a_dry_run(memory: Path) -> None:
    manager = create_manager(memory)
    orphan = manager.folder / "processed/2021/gone.yaml.gz"
    orphan.write_bytes(b"old")
    keys = ("episodes/{}/one", "episodes/{}/gone", "albums/{}/gone")
    for number, key in enumerate(keys):
        files = JobFiles(memory / "working", key.format(manager.settings.home))
        files.create(f"folder {number}")
    folders = [path for path in (memory / "working").iterdir() if "folder 1" in path.name]
    orphans = {orphan, *folders}
    assert len(folders) == 3
    assert {*episodes.cleanup_orphaned_files(manager)} == orphans
    assert all(path.exists() for path in orphans)
    episodes.cleanup_orphaned_files(manager, dry_run=False)
    assert not any(path.exists() for path in orphans)
    assert len([*(memory / "working").glob("folder *")]) == 6
    left = sorted(path.name for path in manager.folder.glob("processed/2021/*"))
    assert left == ["one.yaml", "two.yaml"]


def test_the_queue_is_rebuilt_from_yaml(memory: Path) -> None:
    names = ["new", "failed", "skipped", "uploading", "uploaded", "published", "cut"]
    with create_queue(memory, names, source_url="https://x") as queue:
        for name in names[1:5]:
            advance(queue, name, "downloading" if name in ("failed", "skipped") else name)
        fail(queue, "failed", "Cut.")
        fail(queue, "skipped", "Bad.", last=True)
        advance(queue, "published", "", video_id="abc", published_date="2026-11-24")
        advance(queue, "cut", "converting", audio_size=5)
    before = StateManager(memory / "state")
    states = {name: before.get_episode_state(name) for name in names}
    shutil.rmtree(memory / "status")
    for name in ("index.json", "state.db"):
        (memory / "state" / name).unlink()
    rebuilt, problems = maintenance.rebuild_queue(memory, memory / "state", dry_run=True)
    assert sorted(rebuilt) == sorted(names)
    assert not (memory / "status").exists()
    damaged = memory / "state/processed/2021/bad.yaml"
    damaged.write_text("episode_id: [")
    rebuilt, problems = maintenance.rebuild_queue(memory, memory / "state")
    assert [problem.episode_id for problem in problems] == ["bad.yaml"]
    manager = StateManager(memory / "state")
    assert {name: manager.get_episode_state(name) for name in names} == states
    assert maintenance.verify_exports(manager) == []
    item = manager.state.items[manager.find_key("uploading")]
    assert getattr(item, "upload_opened", "")  # so that its video is looked for
    with pytest.raises(UsageError, match="already exists"):
        maintenance.rebuild_queue(memory, memory / "state")


def test_the_section_of_another_file_is_remembered(memory: Path) -> None:
    section = {"state_directory": "elsewhere"}
    export_folder.remember_settings(memory / "status/episodes", "state_management", section)
    create_queue(memory, ["one"]).close()
    assert (memory / "elsewhere/index.json").exists()
    manager = StateManager(memory / "elsewhere")
    begin = time.monotonic()
    assert manager.get_episode_state("one").stage == "discovered"
    assert time.monotonic() - begin < stage_edits.LOCK_TIMEOUT


@pytest.mark.long
def test_eight_processes_change_one_episode(memory: Path) -> None:
    create_manager(memory)
    children = []
    for _ in range(8):
        if (child := os.fork()) == 0:
            code = 9
            try:
                StateManager(memory / "state").update_state("one", "downloading")
                code = 0
            except UsageError as error:
                code = 2 if "from downloading to downloading" in str(error) else 8
            finally:
                os._exit(code)
        children.append(child)
    codes = sorted(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)
    assert codes == [0, *[2] * 7]
    log = [event for event in read_database(memory, LOG) if event[1] == "transition"]
    assert log == [("downloading", "transition")]
    assert maintenance.verify_exports(StateManager(memory / "state")) == []
