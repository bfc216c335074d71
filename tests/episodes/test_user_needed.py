"""Episodes that wait for their user: what each says, its alert, and how it continues."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep_simulator.episode_catalogue import ArchiveFile
from mediakeep_simulator.youtube.model import Channel, YoutubeSettings
from tests.alerts.service import Service, answer
from tests.episodes.migration import build_item, open_migration
from tests.sampling import each_row

WEBHOOK = "MEDIAKEEP_ALERT_WEBHOOK"


@pytest.fixture
def service() -> Iterator[Service]:
    started = Service(answer(200))
    yield started
    started.close()


@pytest.mark.long
@each_row(
    "outcome, schedule, stage",
    [
        (("rejected", "copyright"), ("--every", "day"), "uploaded"),
        (("failed", "codec"), ("--every", "day"), "uploaded"),
        (("rejected", "duplicate"), (), "uploaded"),
    ],
)
def test_a_video_that_is_refused_waits_and_alerts(
    tmp_path: Path,
    service: Service,
    outcome: tuple[str, str],
    schedule: tuple[str, ...],
    stage: str,
) -> None:
    service.requests.clear()
    with open_migration(tmp_path, [build_item("good"), build_item("bad")]) as migration:
        migration.variables[WEBHOOK] = service.url
        migration.services.youtube.uploads.outcomes += [("processed", ""), outcome]
        migration.discover("good", "bad")
        migration.run("run", "--workers", 1, *schedule, "--episode", "good")
        text = migration.run("run", "--workers", 1, *schedule, "--episode", "bad")
        video = migration.states["bad"].youtube.video_id
        sentence = f"YouTube: video {video} is {outcome[0]} ({outcome[1]})."
        assert f"{sentence} Look at it in YouTube Studio." in text
        state = migration.states["bad"]
        assert (state.stage, state.youtube.scheduled_date) == (stage, "")
        assert sentence in state.status_message
        assert state.attempts.upload == 0
        migration.run("run", "--workers", 1, *schedule, "--episode", "bad")  # the next day
        service.receive(1)
        (alert,) = service.alerts
        assert (alert["event"], alert["kind"]) == ("needs_user", "episodes")
        assert alert["message"].startswith(f"bad waits for you: {sentence}")
        assert alert["facts"]["reason"].startswith(sentence)
        assert "episode_queue_manager.py" in alert["next"]
        assert "--list --status pending" in alert["next"]
        assert len(migration.titles) == 2


@pytest.mark.long
@each_row("schedule", ["day", "week"])
def test_a_video_that_is_refused_after_its_schedule_waits(
    tmp_path: Path, service: Service, schedule: str
) -> None:
    service.requests.clear()
    youtube = YoutubeSettings(processing_seconds=3600)
    with open_migration(tmp_path, [build_item("show")], youtube) as migration:
        migration.variables[WEBHOOK] = service.url
        migration.services.youtube.uploads.outcomes.append(("rejected", "termsOfUse"))
        migration.discover("show")
        migration.run("run", "--every", schedule)
        assert migration.states["show"].stage == "scheduled"
        migration.services.youtube.advance(4000)
        text = migration.run("publish", "--episode", "show")
        assert "is rejected (termsOfUse). Look at it in YouTube Studio." in text
        assert migration.states["show"].stage == "scheduled"
        service.receive(1)
        assert [alert["event"] for alert in service.alerts] == ["needs_user"]


def write_silence(path: Path, seconds: int) -> ArchiveFile:
    """Write a WAV file of silence."""
    with wave.open(str(path), "wb") as target:
        target.setparams((1, 2, 8000, 0, "NONE", ""))
        target.writeframes(bytes(2 * 8000 * seconds))
    return ArchiveFile(name="show.wav", format="WAVE", path=str(path))


@pytest.mark.long
@each_row("status", ["disallowed", "eligible"])
def test_long_episodes_wait_for_a_verified_channel(
    tmp_path: Path, service: Service, status: str
) -> None:
    service.requests.clear()
    items = [
        build_item("long", write_silence(tmp_path / "long.wav", 901)),
        build_item("other", write_silence(tmp_path / "other.wav", 902)),
        build_item("limit", write_silence(tmp_path / "limit.wav", 900)),
    ]
    youtube = YoutubeSettings(channels=(Channel("UC1", long_uploads=status),))
    with open_migration(tmp_path, items, youtube) as migration:
        migration.variables |= {WEBHOOK: service.url, "MEDIAKEEP_VIDEO_PRESET": "ultrafast"}
        migration.discover("long", "other", "limit")
        text = migration.run("run")
        sentence = (
            "The channel takes no videos of more than 15 minutes."
            " Verify the channel at https://www.youtube.com/verify"
        )
        assert sentence in text
        states = migration.states
        assert [states[name].stage for name in ("long", "other", "limit")] == [
            *("uploading", "uploading", "uploaded"),
        ]
        assert states["long"].status_message == sentence
        assert states["long"].attempts.upload == 0
        service.receive(1)
        (alert,) = service.alerts  # one for both
        assert sentence in alert["message"]
        accounts = migration.services.youtube.accounts
        accounts.channels["UC1"] = Channel("UC1", long_uploads="allowed")
        migration.run("run", "--episode", "long")
        assert migration.states["long"].stage == "uploaded"
        assert migration.titles == ["The limit", "The long"]
