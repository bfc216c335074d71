"""Bad input of episodes: each row of the table in docs/migrate-episodes.md."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from mediakeep.episodes.item import EPISODES
from mediakeep.queue.queue import Queue
from mediakeep.workspace import disk_space
from mediakeep.workspace.disk_space import (
    RESERVATIONS,
    SpaceRequirement,
    reserve_disk_space,
)
from mediakeep_simulator.episode_catalogue import ArchiveFile
from mediakeep_simulator.youtube.model import Channel, YoutubeSettings
from tests.episodes.migration import SOUND, build_item, open_migration
from tests.episodes.queues import advance
from tests.job_home import environment
from tests.sampling import each_row

EQUAL = ArchiveFile(name="equal.wav", format="WAVE", text="RIFF")
WAV = ArchiveFile(name="a.wav", format="WAVE", size=88_244)


def build_picture(size: tuple[int, int]) -> bytes:
    data = io.BytesIO()
    Image.new("1", size).save(data, "PNG")
    return data.getvalue()


@pytest.mark.long
@each_row(
    "item, message",
    [
        (
            build_item("x", ArchiveFile(name="x.txt", text="no sound")),
            "archive.org item x cannot be used: it has no audio file.",
        ),
        (
            build_item("x", WAV, ArchiveFile(name="b.wav", format="WAVE", size=88_244)),
            "archive.org item x cannot be used: it has 2 original audio files (a.wav, b.wav)."
            " Choose one: discover --episode 'x/a.wav'.",
        ),
        (build_item("y"), "archive.org item x cannot be used: it does not exist."),
        (
            build_item("x", msgspec.structs.replace(WAV, private=True)),
            "archive.org item x cannot be used: its audio file a.wav is restricted."
            " If it is in a list of identifiers, remove it there.",
        ),
        (build_item("x", EQUAL), "x skipped: it has the same audio as good."),
    ],
)
def test_unusable_items_are_named(tmp_path: Path, item: Any, message: str) -> None:
    with open_migration(tmp_path, [item, build_item("good", EQUAL)]) as migration:
        text = migration.discover("good", "x")
        assert message in text
        assert "1 item left out:" in text
        assert [*migration.states] == ["good"]
        path = migration.home / "identifiers.txt"
        found = json.loads(migration.run("discover", "--identifiers", path, "--json"))
        assert (found["added"], found["known"]) == ([], ["good"])
        assert message in found["problems"]["x"]


@each_row("name", ["../etc/passwd", "..", "a..b", "a b", "ü", "-x"])
def test_identifiers_that_are_none(tmp_path: Path, name: str) -> None:
    with open_migration(tmp_path, [build_item("good")]) as migration:
        text = migration.discover(name, "good", code=2)
        assert "line 1" in text
        assert "is no identifier of archive.org" in text
        assert not (migration.home / "state").exists()


def test_metadata_that_is_no_json_ends_a_discovery_but_loses_nothing(tmp_path: Path) -> None:
    with open_migration(tmp_path, [build_item("one"), build_item("two")]) as migration:
        migration.services.fail("html", times=1, where={"path": "/metadata/two"})
        assert "archive.org failed: 127.0.0.1 returned a web page" in migration.discover(
            "one", "two", code=4
        )
        migration.discover("one", "two")
        assert sorted(migration.states) == ["one", "two"]


@pytest.mark.long
@each_row(
    "facts, title, year",
    [
        ({"date": "2021-02-30"}, "The show", "undated"),
        ({"date": "yesterday", "title": "News of 2020-05-06"}, "News of 2020-05-06", "2020"),
        ({"title": "x" * 300}, "x" * 99 + "…", "2021"),
        ({"title": "a <b> & c"}, "a ‹b› & c", "2021"),
    ],
)
def test_dates_and_titles(tmp_path: Path, facts: dict[str, str], title: str, year: str) -> None:
    with open_migration(tmp_path, [build_item("show", **facts)]) as migration:
        migration.migrate("show")
        assert migration.titles == [title]
        assert (migration.home / f"state/processed/{year}/show.yaml").exists()


def test_a_checksum_that_never_fits_skips_the_episode(tmp_path: Path) -> None:
    wrong = ArchiveFile(name="show.wav", format="WAVE", size=88_244, md5="0" * 32)
    with open_migration(tmp_path, [build_item("show", wrong), build_item("good")]) as migration:
        migration.variables["MEDIAKEEP_RECOVERY_RETRY_DELAY"] = "0"
        migration.discover("show", "good")
        for attempt in range(3):
            migration.run("download", code=attempt < 2)
        state = migration.states["show"]
        assert (state.stage, state.attempts.download) == ("skipped", 3)
        assert "its checksum is" in state.status_message
        assert len(state.error_history) == 3
        assert migration.states["good"].stage == "downloaded"
        assert [*(migration.home / "working").rglob("show.wav.bad")] == []
        assert [*(migration.home / "working/.mediakeep-quarantine").iterdir()]


@pytest.mark.long
@each_row(
    "name, content, note",
    [
        ("cover.png", b"", ""),
        ("cover.png", b"no picture", "it is no picture of a known format"),
        ("cover.png", build_picture((20_000, 10_000)), "pixels"),
    ],
    ids=str,
)
def test_pictures_that_cannot_be_used(tmp_path: Path, name: str, content: bytes, note: str) -> None:
    path = tmp_path / "content.png"
    path.write_bytes(content)
    cover = ArchiveFile(name=name, format="PNG", path=str(path))
    with open_migration(tmp_path, [build_item("show", SOUND, cover)]) as migration:
        assert migration.migrate("show")["show"].stage == "uploaded"
        (item,) = migration.manager.state.items.values()
        assert note in getattr(item, "steps").get("picture", "")  # noqa: B009 - of episodes


@each_row("content, why", [(b"", "not"), (build_picture((20_000, 10_000)), "pixels")], ids=str)
def test_a_picture_for_all_that_cannot_be_used_skips_no_episode(
    tmp_path: Path, content: bytes, why: str
) -> None:
    with open_migration(tmp_path, [build_item("show", SOUND)]) as migration:
        migration.discover("show")
        picture = tmp_path / "all.png"
        picture.write_bytes(content)
        text = migration.run("run", "--picture", picture, code=2)
        assert "all.png not used as picture: " in text
        assert why in text
        assert migration.states["show"].stage == "discovered"


@pytest.mark.long
@each_row("change", [lambda data: data + b"more", lambda data: b"x" + data[1:]])
def test_a_video_that_was_changed_is_converted_and_uploaded_again(
    tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    with open_migration(tmp_path, [build_item("show", SOUND)]) as migration:
        migration.variables["MEDIAKEEP_RECOVERY_RETRY_DELAY"] = "0"
        migration.discover("show")
        for command in ("download", "convert"):
            migration.run(command)
        video = Path(migration.states["show"].files.video_file)
        whole = video.read_bytes()
        video.write_bytes(change(whole))
        assert (
            "show.mp4 not uploaded: it was changed after it was converted. The next"
            in migration.run("upload", code=1)
        )
        assert migration.titles == []
        migration.run("run")
        assert migration.states["show"].stage == "uploaded"
        assert migration.titles == ["The show"]
        assert video.read_bytes() == whole


def test_a_full_disk_lets_an_episode_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_migration(tmp_path, [build_item("show", SOUND)]) as migration:
        migration.discover("show")
        working = migration.home / "working"
        working.mkdir()
        # No disk of a test is full: another process has reserved more than there is.
        with monkeypatch.context() as patched:
            patched.setattr(disk_space, "_MARGIN", -(1 << 62))
            needed = [SpaceRequirement(working, 1 << 61)]
            with reserve_disk_space(working / RESERVATIONS, needed):
                assert "Not enough disk space: needs" in migration.run("run", code=1)
                state = migration.states["show"]
                assert (state.stage, state.attempts.download) == ("downloading", 0)
        migration.run("run")
        assert migration.states["show"].stage == "uploaded"


def test_a_font_that_cannot_be_used_skips_no_episode(tmp_path: Path) -> None:
    with open_migration(tmp_path, [build_item("show", SOUND)]) as migration:
        migration.discover("show")
        (migration.home / "font.ttf").write_text("no font")
        text = migration.run("run", "--font", migration.home / "font.ttf", code=2)
        assert "font.ttf not used: unknown file format. Use a TrueType or OpenType file." in text
        assert migration.states["show"].stage == "discovered"


@pytest.mark.long
@each_row(
    "content, note",
    [
        ("1\n00:00:00,000 --> 00:00:00,400\nGrüße\n".encode("cp1252"), ""),
        ("1\n00:00:00,000 --> 00:00:00,400\nGrüße\n".encode("utf-16"), ""),
        (b"no times", "it has no times"),
    ],
    ids=str,
)
def test_transcripts(tmp_path: Path, content: bytes, note: str) -> None:
    path = tmp_path / "content.srt"
    path.write_bytes(content)
    text = ArchiveFile(name="show.srt", format="SubRip", path=str(path))
    with open_migration(tmp_path, [build_item("show", SOUND, text)]) as migration:
        assert migration.migrate("show")["show"].stage == "uploaded"
        (item,) = migration.manager.state.items.values()
        assert note in getattr(item, "steps").get("captions", "")  # noqa: B009 - of episodes


@pytest.mark.long
@each_row(
    "variables, message",
    [
        ({"CHANNEL": "UCother"}, "The YouTube token is for channel"),
        ({"TOKEN_FILE": ""}, "youtube_token_file is not set"),
        ({"TOKEN_FILE": "/missing/token.json"}, "No such file"),
        ({"TOKEN_FILE": "{home}/token.json"}, "is inside the home"),
        (
            {"TOKEN_FILE": "{home}/../open.json"},
            "open.json is accessible to others. Run:",
        ),
    ],
)
def test_without_access_to_the_channel_nothing_is_uploaded_or_skipped(
    tmp_path: Path, variables: dict[str, str], message: str
) -> None:
    channels = (Channel("UCsimulated-radio-000001"), Channel("UCother"))
    youtube = YoutubeSettings(channels=channels)
    with open_migration(tmp_path, [build_item("show")], youtube) as migration:
        (migration.home / "token.json").write_text("{}")
        (tmp_path / "open.json").write_text("{}")
        (tmp_path / "open.json").chmod(0o644)
        for name, value in variables.items():
            text = value.replace("{home}", str(migration.home))
            migration.variables[f"MEDIAKEEP_YOUTUBE_{name}"] = text
        migration.discover("show")
        assert message in migration.run("run", code=2)
        assert migration.titles == []
        assert migration.states["show"].stage in ("converted", "uploading")
        assert migration.states["show"].attempts.upload == 0


@pytest.mark.long
@pytest.mark.parametrize("hours", [-30, 30])
def test_a_clock_that_jumps_costs_no_attempt(tmp_path: Path, hours: int) -> None:
    """Between two commands, the clock of this machine jumps, and not that of YouTube."""
    (tmp_path / "sitecustomize.py").write_text(
        f"from tests.episodes import loop_process\nloop_process.move_clock({hours * 3600})\n"
    )
    modules = f"{tmp_path}{os.pathsep}{environment()['PYTHONPATH']}"
    with open_migration(tmp_path, [build_item("show")]) as migration:
        migration.migrate("show")
        migration.services.youtube.accounts.expire_tokens()
        migration.run("run", "--every", "day", PYTHONPATH=modules)
        state = migration.states["show"]
        moved = datetime.fromisoformat(state.last_updated) - datetime.now(UTC)
        assert abs(moved - timedelta(hours=hours)) < timedelta(hours=1)
        assert state.stage in ("scheduled", "published")
        assert state.attempts.upload == 0
        assert len(migration.titles) == 1
        migration.run("run")  # the clock is right again
        assert len(migration.titles) == 1


def test_the_section_of_another_file_counts_for_later_commands(tmp_path: Path) -> None:
    with open_migration(tmp_path, [build_item("show")]) as migration:
        other = tmp_path / "config.yaml"
        other.write_text(
            "state_management: {state_directory: elsewhere, monitoring: {webhook_url: 'http://x'}}"
        )
        other.chmod(0o600)
        migration.run("discover", "--episode", "show", "--config", other)
        migration.run("download")
        text = (migration.home / "elsewhere/processed/2021/show.yaml").read_text()
        assert 'stage: "downloaded"' in text
        assert not (migration.home / "state").exists()
        assert "downloaded: 1" in migration.run("status")
        files = [path for path in (migration.home / "status").rglob("*") if path.is_file()]
        assert not any(b"http://x" in path.read_bytes() for path in files)


def test_interrupted_episodes_continue_as_the_settings_say(tmp_path: Path) -> None:
    with open_migration(tmp_path, [build_item("show"), build_item("other")]) as migration:
        migration.variables["MEDIAKEEP_RECOVERY_AUTO_RESUME"] = "false"
        migration.discover("show", "other")
        with Queue.open(migration.manager.location, EPISODES) as queue:
            advance(queue, "show", "downloading")
        assert "Interrupted episodes: show." in migration.run("download", code=2)
        assert migration.states["other"].stage == "discovered"
        migration.run("download", "--resume")
        migration.run("download")
        assert {state.stage for state in migration.states.values()} == {"downloaded"}
