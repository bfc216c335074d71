"""What happens beside a batch: other sessions, full disks, files of the settings that vanish."""

from __future__ import annotations

import shutil
import subprocess
import time
from datetime import date
from pathlib import Path

import pytest
from PIL import ImageFont

from mediakeep.episodes.item import EPISODES
from mediakeep.queue import stage_edits
from mediakeep.queue.queue import Queue
from mediakeep_simulator.episode_services import build_filter
from mediakeep_simulator.http_types import SimulatorRequest, SimulatorResponse
from mediakeep_simulator.youtube.model import YoutubeSettings
from tests.episodes.migration import Migration, build_item, open_migration
from tests.episodes.queues import find_key
from tests.episodes.test_bad_input import build_picture
from tests.job_home import PATIENCE, environment
from tests.sampling import each_row


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "skip"])
def test_a_command_waits_30_seconds_for_an_episode(tmp_path: Path, command: str) -> None:
    with open_migration(tmp_path, [build_item("show")]) as migration:
        migration.discover("show")
        with Queue.open(migration.manager.location, EPISODES) as queue:
            session = queue.begin_session().id
            assert queue.claim_due(find_key(queue, "show"))
            begin = time.monotonic()
            text = migration.run(command, "--episode", "show", code=2)
            assert time.monotonic() - begin >= stage_edits.LOCK_TIMEOUT == 30
        sentence = f"Could not acquire lock for show: session {session} processes it."
        assert f"{sentence} Wait for it or stop it." in text


@pytest.mark.long
def test_a_lost_queue_is_rebuilt_and_no_video_doubled(tmp_path: Path) -> None:
    """YouTube has the video, but does not list it yet, and its id is not known."""
    youtube = YoutubeSettings(listing_seconds=86_400)
    with open_migration(tmp_path, [build_item("show")], youtube) as migration:
        migration.discover("show")
        migration.services.fail("lost", where={"method": "PUT", "final": "yes"})
        query = {"method": "PUT", "content-range": r"\*/"}
        migration.services.fail("error", status=403, reason="forbidden", skip=1, where=query)
        migration.run("run", code=1)
        migration.services.faults.clear()
        shutil.rmtree(migration.home / "status")
        for words in (["run", "--add", "show"], ["discover", "--episode", "show"], ["estimate"]):
            assert "migrate_episodes.py rebuild --home" in migration.run(*words, code=2)
        assert not (migration.home / "status/episodes/processing_queue.json").exists()
        text = migration.run("rebuild", "--from-yaml")
        assert "1 episode added" in text
        assert "What was lost with the queue" in text
        migration.run("retry", "--episode", "show")
        migration.run("run")
        (video,) = migration.services.youtube.videos()
        assert migration.states["show"].youtube.video_id == video.id
        (item,) = migration.manager.state.items.values()
        assert getattr(item, "video_sha256", "") in ("", video.sha256)


def test_a_command_continues_when_the_other_session_ends(tmp_path: Path) -> None:
    with open_migration(tmp_path, [build_item("show")]) as migration:
        migration.discover("show")
        with Queue.open(migration.manager.location, EPISODES) as queue:
            queue.begin_session()
            (claim,) = queue.claim_due(find_key(queue, "show"))
            process = start(migration, "download", "--episode", "show")
            time.sleep(1)  # in which it may begin to wait; if it does not, less is tested
            assert process.poll() is None
            queue.release([claim])
            queue.end_session()
        assert process.wait(PATIENCE) == 0
        assert migration.states["show"].stage == "downloaded"


def start(migration: Migration, *words: object) -> subprocess.Popen[bytes]:
    """Start a command."""
    return subprocess.Popen(
        migration.command(*words),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**environment(), **migration.variables},
    )


def remove_at_download(migration: Migration, path: Path, name: str) -> None:
    """Remove a file when the audio of an episode is downloaded."""

    def remove(request: SimulatorRequest, answer: object) -> SimulatorResponse:
        path.unlink()
        response: SimulatorResponse = answer(request)  # type: ignore[operator]
        return response

    matches = build_filter({"path": rf"/{name}\.wav"})
    migration.services.faults.intercept(remove, 1, matches)


@pytest.mark.long
@each_row(
    "option, words",
    [
        ("--picture", "Cannot read {}: No such file or directory."),
        ("--font", "Font {} not used: cannot open resource."),
    ],
)
def test_a_file_of_the_settings_that_vanishes_skips_no_episode(
    tmp_path: Path, option: str, words: str
) -> None:
    names = ["one", "two", "three"]
    with open_migration(tmp_path, [build_item(name) for name in names]) as migration:
        migration.variables["MEDIAKEEP_RECOVERY_RETRY_DELAY"] = "0"
        path = migration.home / "file"
        font = ImageFont.load_default(10).path
        content = font.getvalue() if option == "--font" else build_picture((64, 64))
        path.write_bytes(content)
        migration.discover(*names)
        remove_at_download(migration, path, "two")
        text = migration.run("run", "--workers", 1, option, path, code=2)
        assert words.format(path) in text
        assert "Correct that and run again; no attempt was counted." in text
        migration.run("run", option, path, code=2)
        states = migration.states
        assert not {"failed", "skipped"} & {state.stage for state in states.values()}
        assert [state.attempts.conversion for state in states.values()] == [0, 0, 0]
        assert [state.error_history for state in states.values()] == [(), (), ()]
        path.write_bytes(content)
        migration.run("run", option, path)
        assert {state.stage for state in migration.states.values()} == {"uploaded"}
        assert len(migration.titles) == 3


@pytest.mark.needs("mount")
@each_row("before, stage", [("", "downloading"), ("download", "converting")])
def test_episodes_wait_for_disk_space(small_disk: Path, before: str, stage: str) -> None:
    working, filler = small_disk / "working", small_disk / "filler"
    shutil.rmtree(working, ignore_errors=True)
    (folder := small_disk.parent / stage).mkdir()
    with open_migration(folder, [build_item("show"), build_item("other")]) as migration:
        migration.variables["MEDIAKEEP_WORKING_DIR"] = str(working)
        migration.discover("show", "other")
        if before:
            migration.run(before)
        filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - 100 * 1024))
        assert "Not enough disk space" in migration.run("run", "--workers", 1, code=1)
        for state in migration.states.values():
            assert state.stage == stage
            assert state.status_message.startswith("Not enough disk space")
            assert state.error_history == ()
            assert (state.attempts.download, state.attempts.conversion) == (0, 0)
        filler.unlink()
        for name in ("show", "other"):
            migration.run("run", "--episode", name)
        assert {state.stage for state in migration.states.values()} == {"uploaded"}


@pytest.mark.long
def test_slots_go_on_after_those_of_another_batch(tmp_path: Path) -> None:
    names = [f"show{number}" for number in range(1, 9)]
    items = [build_item(name, date=f"2021-03-0{name[-1]}") for name in names]
    weekly = ("--every", "week", "--at", "18:00", "--timezone", "Europe/Berlin")
    with open_migration(tmp_path, items) as migration:
        migration.discover(*names)
        migration.run("run", "--limit", 2, *weekly)
        first = list_dates(migration)
        assert len(first) == 2
        processes = [start(migration, "run", "--limit", 2, *weekly) for _ in range(2)]
        assert [process.wait(PATIENCE) for process in processes] == [0, 0]
        (migration.home / "status/episodes/schedule.db").unlink()  # made new from the queue
        migration.run("run", "--limit", 2, *weekly)
        dates = list_dates(migration)
        assert dates[:2] == first
        assert len(dates) == len(set(dates)) == 8
        # Which of two batches is earlier at its episodes is not decided here.
        assert max(dates[:2]) < min(dates[2:6])
        assert max(dates[2:6]) < min(dates[6:])
        days = sorted(date.fromisoformat(text[:10]).toordinal() for text in dates)
        assert days == [*range(days[0], days[0] + 56, 7)]
        published = {video.status["publishAt"] for video in migration.services.youtube.videos()}
        assert len(published) == 8


def list_dates(migration: Migration) -> list[str]:
    """Return the times of publication that are set, by the date of their episodes."""
    states = [state for _, state in sorted(migration.states.items())]
    return [state.youtube.scheduled_date for state in states if state.youtube.scheduled_date]
