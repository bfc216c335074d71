"""A login with another account during a migration: no upload is looked for in the wrong channel."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep.episodes.item import EPISODES, list_episodes
from mediakeep.queue import readonly
from mediakeep_simulator.youtube.model import Channel, YoutubeSettings
from tests.episodes.migration import Migration, build_item, open_migration

OWN, OTHER = "UCown", "UCother"
REFUSED = f"The YouTube token is for channel {OTHER}, but {OWN} is used here."


@pytest.fixture
def migration(tmp_path: Path) -> Iterator[Migration]:
    """A home without `youtube.channel`, whose account has two channels."""
    youtube = YoutubeSettings(channels=(Channel(OWN), Channel(OTHER)))
    with open_migration(tmp_path, [build_item("show"), build_item("later")], youtube) as migration:
        yield migration


def log_in(migration: Migration, channel: str) -> None:
    """Replace the token file, as a login does."""
    url = migration.variables["MEDIAKEEP_YOUTUBE_HOST"]
    new = migration.services.youtube.write_token_file(url, channel)
    path = Path(migration.variables["MEDIAKEEP_YOUTUBE_TOKEN_FILE"])
    if new != path:
        shutil.copy(new, path)


def list_channels(migration: Migration) -> list[str]:
    return [video.channel for video in migration.services.youtube.videos()]


@pytest.mark.long
def test_another_login_continues_no_upload_and_opens_none(migration: Migration) -> None:
    migration.discover("show")
    # The video exists, but its id is not known.
    migration.services.fail("lost", where={"method": "PUT", "final": "yes"})
    query = {"method": "PUT", "content-range": r"\*/"}
    migration.services.fail("error", status=403, reason="forbidden", skip=1, where=query)
    migration.run("run", code=1)
    assert list_channels(migration) == [OWN]
    migration.services.faults.clear()
    migration.services.youtube.expire_sessions()
    log_in(migration, OTHER)
    migration.discover("later")
    assert REFUSED in migration.run("run", "--episode", "show", code=2)
    assert REFUSED in migration.run("run", code=2)
    assert list_channels(migration) == [OWN]
    (item,) = (
        item
        for item in list_episodes(readonly.load_state(migration.home / "status/episodes", EPISODES))
        if item.path == "show"
    )
    assert item.channel == OWN
    # A channel that is set lets new episodes go there, but leaves the upload where it is.
    chosen = {"MEDIAKEEP_YOUTUBE_CHANNEL": OTHER}
    migration.run("run", "--episode", "later", **chosen)
    assert list_channels(migration) == [OWN, OTHER]
    refused = f"The YouTube token is for channel {OTHER}, but {OWN} is used here."
    assert refused in migration.run("run", "--episode", "show", code=2, **chosen)
    log_in(migration, OWN)
    migration.run("run", "--episode", "show", MEDIAKEEP_YOUTUBE_CHANNEL=OWN)
    assert list_channels(migration) == [OWN, OTHER]
    assert migration.states["show"].stage == "uploaded"


@pytest.mark.long
def test_another_login_schedules_no_video(migration: Migration) -> None:
    migration.discover("show")
    migration.run("run")
    log_in(migration, OTHER)
    assert REFUSED in migration.run("schedule", "--every", "day", code=2)
    assert migration.states["show"].stage == "uploaded"
    log_in(migration, OWN)
    migration.run("schedule", "--every", "day")
    assert migration.states["show"].youtube.scheduled_date
