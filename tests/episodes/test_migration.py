"""Whole runs of episodes by commands, against the simulated archive.org and YouTube."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from mediakeep import clock
from mediakeep.episodes.item import EPISODES, EpisodeItem
from mediakeep.item import Status
from mediakeep.queue.claims import PendingQueue
from mediakeep.queue.queue import Queue, locate_queue
from tests.episodes.migration import build_item, open_migration
from tests.job_kinds import EpisodeHome

NAMES = ("Alpha", "Beta", "Gamma")


class MigrationHome(EpisodeHome):
    """A home whose commands are called by name."""

    def call(self, command: str, *words: object, code: int = 0) -> str:
        done = self.execute(f"migrate_episodes.py {command}", *words)
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def change_settings(self, old: str, new: str) -> None:
        path = self.path / "mediakeep.toml"
        path.write_text(path.read_text().replace(old, new))

    def list_videos(self) -> list[dict[str, Any]]:
        return self.services.youtube.describe_videos()


@pytest.fixture
def home(tmp_path: Path) -> MigrationHome:
    home = MigrationHome(tmp_path)
    home.make(*NAMES)
    assert home.services
    return home


def test_three_episodes_become_public_videos(home: MigrationHome) -> None:
    names = home.root / "names.txt"
    names.write_text("Alpha  # the first\nhttps://archive.org/details/Beta\n\nGamma/sound.wav\n")
    assert "3 episodes would be added" in home.call("discover", "--identifiers", names, "--dry-run")
    assert not home.queue.exists()
    assert "discover --home" in home.call("status", code=2)
    home.call("discover", "--identifiers", names)
    assert "0 episodes added." in home.call("discover", "--identifiers", names)
    assert "uploading: the channel of the token" in home.call("run", "--dry-run")
    assert home.list_videos() == []
    for command in ("download", "convert", "upload"):
        home.call(command, "--limit", 2)
        assert len({item.processing_stage for item in home.items().values()}) == 2
        home.call(command)
    assert {item.processing_stage for item in home.items().values()} == {"uploaded"}
    assert {video["privacy"] for video in home.list_videos()} == {"private"}
    assert "3 episodes to publish" in home.call("estimate")
    home.call("schedule", "--every", "week", "--timezone", "Europe/Berlin")
    slots = sorted(item.scheduled_date for item in home.items().values())
    assert len({slot[:10] for slot in slots}) == 3
    text = home.call("estimate")
    assert f"done on {slots[-1][:10]} at the earliest. What limits that: the dates that" in text
    home.call("publish")
    for name in NAMES:
        assert [*home.find_faults(name, {}, done=True)] == []
    assert {video["privacy"] for video in home.list_videos()} == {"public"}
    assert "published: 3" in home.call("status")
    assert {item.attempts["scheduled"] for item in home.items().values()} == {1}  # type: ignore[index]


def test_videos_without_a_schedule_are_looked_at_after_new_episodes(home: MigrationHome) -> None:
    home.change_settings('schedule.every = "day"', "")
    home.call("discover", "--episode", "Alpha")
    home.call("run")
    home.call("discover", "--episode", "Beta")
    with Queue.open(locate_queue(home.queue), EPISODES) as queue:
        later = "2100-01-01T00:00:00+00:00"  # when the first one is due again
        alpha, beta = sorted(queue.state.items, key=lambda key: queue.state.items[key].path)
        assert PendingQueue(queue.state).take_keys(2, later) == [beta, alpha]


@pytest.mark.long
def test_without_a_schedule_a_video_stays_private(home: MigrationHome) -> None:
    home.change_settings('schedule.every = "day"', "")
    home.call("discover", "--episode", "Alpha")
    assert "Run: " in home.call("run")
    item = home.item()
    assert (item.status, item.processing_stage) == (Status.PENDING, "uploaded")
    home.call("schedule", "--every", "3d")  # it need not wait any longer
    assert home.item().scheduled_date


@pytest.mark.long
def test_the_schedule_of_a_command_holds_for_later_ones(home: MigrationHome) -> None:
    home.change_settings('schedule.every = "day"', "")
    home.call("discover", "--episode", "Alpha")
    home.call("run", "--dry-run", "--every", "week")  # is not kept
    home.call("run")
    assert home.item().scheduled_date == ""
    home.call("schedule", "--every", "day", "--at", "17:30")
    home.call("discover", "--episode", "Beta")
    assert "What limits that: a video every day." in home.call("estimate")
    home.call("run", "--timezone", "Asia/Tokyo")  # the others are kept
    assert "T17:30:00+00:00" in home.item("Alpha").scheduled_date
    assert "T08:30:00+00:00" in home.item("Beta").scheduled_date
    home.call("run", "--every", "")
    home.call("discover", "--episode", "Gamma")
    home.call("run")
    assert home.item("Gamma").scheduled_date == ""
    assert home.item("Gamma").processing_stage == "uploaded"


@pytest.mark.long
def test_settings_files_decide_on_the_schedule_of_later_commands(home: MigrationHome) -> None:
    home.call("discover", "--episode", "Alpha")
    home.call("run", "--at", "17:30")
    home.call("discover", "--episode", "Beta")
    home.call("run")
    times = [home.item(name).scheduled_date[11:16] for name in ("Alpha", "Beta")]
    assert times == ["17:30", "18:00"]


@pytest.mark.long
def test_a_session_is_secret_and_a_lost_one_makes_no_second_video(home: MigrationHome) -> None:
    home.call("discover", "--episode", "Alpha")
    home.change_settings("retry_delay = 0", "retry_delay = 3600")
    home.services.fail("cut_upload", after=0, times=3, where={"method": "PUT", "final": "yes"})
    home.call("run", code=1)
    (session,) = home.working.glob("*_state/upload.json")
    assert stat.S_IMODE(session.stat().st_mode) == 0o600
    uri = json.loads(session.read_text())["uri"]
    kept = [*home.path.rglob("*")]
    shown = [path for path in kept if path.is_file() and uri.encode() in path.read_bytes()]
    assert shown == [session]
    home.services.faults.clear()
    home.services.youtube.expire_sessions()
    assert "looked for again" in home.call("run", "--episode", "Alpha")
    assert (home.list_videos(), home.item().attempts) == ([], 0)
    home.call("run", "--episode", "Alpha")
    assert [*home.find_faults("Alpha", {}, done=True)] == []


@pytest.mark.long
def test_a_limit_is_waited_for_without_an_attempt(home: MigrationHome) -> None:
    home.call("discover", "--episode", "Alpha")
    refusal = {"status": 403, "reason": "quotaExceeded", "where": {"path": "^/upload/.*videos"}}
    home.services.fail("error", **refusal)
    assert "a limit of the service (quotaExceeded) reached. Next request after" in home.call("run")
    item = home.item()
    assert (item.attempts, item.processing_stage) == (0, "uploading")
    assert "a limit of the service (quotaExceeded) reached" in home.call(
        "run", "--episode", "Alpha"
    )
    (home.queue / "quota.db").unlink()
    home.call("run", "--episode", "Alpha")
    assert [*home.find_faults("Alpha", {}, done=True)] == []


def test_without_access_a_batch_ends_and_no_attempt_is_counted(home: MigrationHome) -> None:
    home.call("discover", "--episode", "Alpha")
    home.change_settings("token_file", 'channel = "UC2", token_file')
    assert "The YouTube token is for channel" in home.call("run", code=2)
    assert (home.item().attempts, home.item().processing_stage) == (0, "uploading")


def test_messages_have_the_name_of_an_episode_and_the_time_of_its_publication(
    tmp_path: Path,
) -> None:
    with open_migration(tmp_path, [build_item("show")]) as migration:
        migration.discover("show")
        text = migration.run("run", "--every", "day", "--at", "18:00")
        ((key, item),) = migration.manager.state.items.items()
        assert isinstance(item, EpisodeItem)
        assert item.not_before[:16] == item.scheduled_date[:16]
        assert f"{clock.format_local(item.scheduled_date)[-5:]}: The video will be public" in text
        logs = (migration.home / "status/episodes/session_logs").glob("*.log")
        messages = [
            json.loads(line)["message"] for log in logs for line in log.read_text().splitlines()
        ]
        assert any(message.startswith("show: waiting until ") for message in messages)
        assert not any(key in message for message in messages)
        text = migration.run("run", "--episode", "shaw", code=2)
        assert "Did you mean 'show'?" in text
