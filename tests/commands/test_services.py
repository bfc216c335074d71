"""Options of services: the public MusicBrainz is asked by name and slowly, a mirror at will."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from mediakeep.app.lookups import musicbrainz_access
from mediakeep.config import Settings
from mediakeep.errors import UsageError
from mediakeep.lookups import service_config
from mediakeep.lookups.service_config import ServiceConfig
from tests.commands.conftest import Home
from tests.sampling import each_row

DEFAULTS = structs.asdict(Settings())
NAMES = ("contact", "offline", "musicbrainz_host", "musicbrainz_interval", "coverart_host")
PUBLIC = (
    "https://musicbrainz.org",
    "https://MusicBrainz.org/",
    "http://www.musicbrainz.org:443",
    "https://beta.musicbrainz.org",
    "https://musicbrainz.org.",
)
MIRRORS = ("http://127.0.0.1:5000", "https://notmusicbrainz.org", "http://musicbrainz.org.lan")


def access(**given: Any) -> ServiceConfig:
    return musicbrainz_access.parse_access({**{name: DEFAULTS[name] for name in NAMES}, **given})


@each_row("host", PUBLIC)
def test_the_public_host_is_not_asked_without_a_contact(host: str) -> None:
    closed = access(musicbrainz_host=host)
    assert not closed.is_enabled
    assert closed.catalogue.disabled_reason == musicbrainz_access.NO_CONTACT
    for way in ("--contact", "MEDIAKEEP_CONTACT", "contact in mediakeep.toml"):
        assert way in musicbrainz_access.NO_CONTACT
    assert access(musicbrainz_host=host, contact=" me@example.org ").contact == "me@example.org"
    assert access(musicbrainz_host=host, contact="me@example.org").is_enabled
    assert not access(musicbrainz_host=host, contact="  ").is_enabled


@each_row("host", PUBLIC)
def test_the_public_host_is_never_asked_faster_than_it_allows(host: str) -> None:
    with pytest.raises(UsageError, match=r"musicbrainz_interval: .* one request a second"):
        access(musicbrainz_host=host, musicbrainz_interval=0.99, contact="me@example.org")
    slow = access(musicbrainz_host=host, musicbrainz_interval=1.0, contact="me@example.org")
    assert slow.catalogue.interval == 1.0


@each_row("host", MIRRORS)
def test_a_mirror_needs_no_contact_and_no_pace(host: str) -> None:
    free = access(musicbrainz_host=f"{host}/", musicbrainz_interval=0.0)
    assert free.is_enabled
    assert (free.catalogue.host, free.catalogue.interval) == (host, 0.0)


def test_offline_nobody_is_asked_whatever_is_set() -> None:
    closed = access(offline=True, contact="me@example.org")
    assert (
        closed.catalogue.disabled_reason
        == closed.pictures.disabled_reason
        == service_config.OFFLINE
    )
    assert not access(offline=True, musicbrainz_host=MIRRORS[0]).is_enabled


@each_row(
    "address",
    [
        *("", "musicbrainz.org", "ftp://a.org", "http://", "http://[::1", "http://a.org:port"),
        *("http://me:secret@a.org", "http://a.org/ws/2", "http://a.org?x=1", "http://a.org#x"),
    ],
)
@each_row("name", ["musicbrainz_host", "coverart_host"])
def test_an_address_that_is_not_just_a_server_is_refused_by_its_name(
    name: str, address: str
) -> None:
    with pytest.raises(UsageError, match=f"{name}: .* is not the URL of a server"):
        access(**{name: address})


@each_row("contact", ["me@example.org\nHost: other", "me\x00", "\x1b[2J"])
def test_a_contact_that_would_break_a_request_is_refused(contact: str) -> None:
    with pytest.raises(UsageError, match="contact: "):
        access(contact=contact)


@each_row("contact", ["nonsense", "http", "example.org", "ftp://example.org"])
def test_a_contact_that_reaches_nobody_is_refused_by_its_name(contact: str) -> None:
    with pytest.raises(UsageError, match=f'contact: "{contact}" is neither'):
        access(contact=contact)
    assert access(contact="https://example.org/me").is_enabled


def test_nothing_is_asked_anew_where_nobody_may_be_asked() -> None:
    with pytest.raises(UsageError, match=r"--refresh .* offline"):
        refreshed(offline=True, contact="me@example.org")
    with pytest.raises(UsageError, match=r"--refresh .* --contact"):
        refreshed()
    assert refreshed(musicbrainz_host=MIRRORS[0]).fresh


def refreshed(**given: Any) -> ServiceConfig:
    return musicbrainz_access.parse_access(
        {**{name: DEFAULTS[name] for name in NAMES}, **given}, fresh=True
    )


def test_a_server_that_is_not_the_public_one_is_known_by_its_setting() -> None:
    own = access(musicbrainz_host=MIRRORS[0], coverart_host=MIRRORS[0])
    assert own.catalogue.host_setting == "musicbrainz_host"
    assert own.pictures.host_setting == "coverart_host"
    assert access().catalogue.host_setting == access().pictures.host_setting == ""


def test_a_batch_refuses_at_once_and_does_nothing(home: Home) -> None:
    home.scan()
    before = home.snapshot()
    hasty = home.call("process_music_batch", "--musicbrainz-interval", "0.5")
    everybody = home.call("process_music_batch", "--refresh")
    assert (hasty.returncode, everybody.returncode) == (2, 2)
    assert "--artist NAME" in everybody.stderr
    assert home.snapshot() == before
    assert not (home.path / "status" / "cache").exists()
