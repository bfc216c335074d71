"""Options of TMDb: it is asked with a token and not too fast, and the token is seen by nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from mediakeep.app.lookups import tmdb_access
from mediakeep.config import Settings
from mediakeep.errors import UsageError
from mediakeep.lookups import service_config
from mediakeep.lookups.service_config import Locale, ServiceConfig
from mediakeep.lookups.tmdb import constants
from tests.sampling import each_row

DEFAULTS = structs.asdict(Settings())
NAMES = (
    *("tmdb_host", "tmdb_image_host", "tmdb_interval", "tmdb_token_file"),
    *("language", "country", "offline"),
)
TOKEN = "eyJhbGciOi.eyJhdWQiOiJ.c2lnbmF0dXJl"
KEY = "00112233445566778899aabbccddeeff"
WITH = {"MEDIAKEEP_TMDB_TOKEN": f" {TOKEN}\n"}
OWN = "http://127.0.0.1:5000"
WARNINGS: list[str] = []


def access(
    home: Path, environ: dict[str, str] | None = None, *, fresh: bool = False, **given: Any
) -> ServiceConfig:
    wanted = {**{name: DEFAULTS[name] for name in NAMES}, **given}
    found = tmdb_access.parse_tmdb_access(
        home, wanted, fresh=fresh, environ=environ or {}, warn=WARNINGS.append
    )
    assert wanted == {}
    return found


def test_without_a_token_tmdb_is_not_asked_and_says_how_to_get_one(tmp_path: Path) -> None:
    closed = access(tmp_path)
    assert not closed.is_enabled
    assert (
        closed.catalogue.disabled_reason == closed.pictures.disabled_reason == tmdb_access.NO_TOKEN
    )
    for way in ("MEDIAKEEP_TMDB_TOKEN", "in mediakeep.toml: tmdb_token_file"):
        assert way in str(closed.build_skipped_error())
    assert access(tmp_path, WITH).is_enabled
    # its own server's affair
    assert access(tmp_path, tmdb_host=OWN, tmdb_image_host=OWN).is_enabled


def test_a_token_is_sent_as_such_and_a_key_as_a_key(tmp_path: Path) -> None:
    token = access(tmp_path, WITH).catalogue
    key = access(tmp_path, {"MEDIAKEEP_TMDB_TOKEN": KEY}).catalogue
    assert token.secret
    assert key.secret
    assert (token.secret.reveal(), token.secret.parameter) == (TOKEN, "")
    assert (key.secret.reveal(), key.secret.parameter) == (KEY, "api_key")
    assert access(tmp_path, WITH).pictures.secret is None
    assert token.cache_lifetimes == constants.CACHE_LIFETIMES


def test_a_file_outside_the_home_may_hold_the_token(tmp_path: Path) -> None:
    WARNINGS.clear()
    home, file = tmp_path / "home", tmp_path / "token"
    home.mkdir()
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o600)
    secret = access(home, tmdb_token_file=str(file)).catalogue.secret
    assert secret
    assert secret.reveal() == TOKEN
    assert WARNINGS == []
    other = access(home, {"MEDIAKEEP_TMDB_TOKEN": KEY}, tmdb_token_file=str(file)).catalogue.secret
    assert other
    assert other.reveal() == KEY  # the environment counts first
    file.chmod(0o644)
    access(home, tmdb_token_file=str(file))
    assert "is accessible to others: chmod 600 it" in WARNINGS.pop()


def test_a_file_that_holds_no_token_is_refused_without_showing_what_it_holds(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for text in ("two words", "käse", "line\nline", "\x00", "a" * 5000, "<token>"):
        place = tmp_path / "token"
        place.write_text(text)
        with pytest.raises(UsageError, match="token") as raised:
            access(home, tmdb_token_file=str(place))
        assert text not in str(raised.value)
    place.write_text(" \n")
    with pytest.raises(UsageError, match="is empty"):
        access(home, tmdb_token_file=str(place))
    with pytest.raises(UsageError, match="No such file"):
        access(home, tmdb_token_file=str(tmp_path / "none"))
    with pytest.raises(UsageError, match="is not a regular file"):
        access(home, tmdb_token_file="/dev/zero")


def test_a_token_in_the_home_is_refused_also_by_way_of_a_link(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "link").symlink_to(tmp_path / "token")
    (tmp_path / "link").symlink_to(tmp_path / "home" / "token")
    (tmp_path / "home" / "token").write_text(TOKEN)
    assert access(tmp_path / "home", tmdb_token_file=str(tmp_path / "home" / "link")).is_enabled
    for name in ("home/token", "link"):
        with pytest.raises(UsageError, match="is inside the home"):
            access(tmp_path / "home", tmdb_token_file=str(tmp_path / name))


@each_row("secret", [TOKEN, KEY])
def test_a_token_in_place_of_a_file_is_refused_and_not_repeated(
    tmp_path: Path, secret: str
) -> None:
    with pytest.raises(UsageError, match="tmdb_token_file contains a token") as raised:
        access(tmp_path, tmdb_token_file=secret)
    assert secret not in str(raised.value)


def test_a_token_that_is_none_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Invalid TMDb token in MEDIAKEEP_TMDB_TOKEN") as raised:
        access(tmp_path, {"MEDIAKEEP_TMDB_TOKEN": "my token\r\nHost: other"})
    assert "my token" not in str(raised.value)


def test_a_token_goes_to_another_machine_by_a_secure_connection_only(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"tmdb_host: tmdb\.lan does not use https"):
        access(tmp_path, WITH, tmdb_host="http://tmdb.lan:8080")
    for host in ("https://tmdb.lan", OWN, "http://localhost:1", "http://[::1]:9"):
        assert access(tmp_path, WITH, tmdb_host=host).is_enabled
    assert access(tmp_path, tmdb_host="http://tmdb.lan").is_enabled  # without one


@each_row(
    "place",
    [
        {"tmdb_host": "https://api.themoviedb.org"},
        {"tmdb_host": "https://API.TheMovieDB.org."},
        {"tmdb_host": "https://api.tmdb.org"},
        {"tmdb_host": OWN},  # the pictures' host is still theirs
    ],
)
def test_tmdb_is_never_asked_faster_than_it_allows(tmp_path: Path, place: dict[str, str]) -> None:
    for interval in (0.0, 0.019):
        with pytest.raises(UsageError, match=r"tmdb_interval: TMDb allows 50 requests a second"):
            access(tmp_path, WITH, tmdb_interval=interval, **place)
    found = access(tmp_path, WITH, tmdb_interval=0.02, **place)
    assert found.catalogue.interval == found.pictures.interval == 0.02
    with pytest.raises(UsageError, match="nan is not a number of seconds"):
        access(tmp_path, WITH, tmdb_interval=float("nan"), **place)


def test_servers_of_ones_own_are_asked_at_will_and_known_by_their_settings(
    tmp_path: Path,
) -> None:
    own = access(tmp_path, tmdb_host=f"{OWN}/", tmdb_image_host=OWN, tmdb_interval=0.0)
    assert (own.catalogue.host, own.catalogue.interval) == (OWN, 0.0)
    assert (own.catalogue.host_setting, own.pictures.host_setting) == (
        "tmdb_host",
        "tmdb_image_host",
    )
    public = access(tmp_path, WITH)
    assert public.catalogue.host_setting == public.pictures.host_setting == ""
    assert public.catalogue.interval == 0.25  # 40 in 10 seconds


@each_row("name", ["tmdb_host", "tmdb_image_host"])
@each_row("address", ["", "tmdb.org", "ftp://a.org", "http://u:p@a.org", "http://a/3"])
def test_an_address_that_is_not_just_a_server_is_refused_by_its_name(
    tmp_path: Path, name: str, address: str
) -> None:
    with pytest.raises(UsageError, match=f"{name}: .* is not the URL of a server"):
        access(tmp_path, **{name: address})


def test_offline_nobody_is_asked_whatever_is_set(tmp_path: Path) -> None:
    closed = access(tmp_path, WITH, offline=True)
    assert (
        closed.catalogue.disabled_reason
        == closed.pictures.disabled_reason
        == service_config.OFFLINE
    )


def test_nothing_is_asked_anew_where_nobody_may_be_asked(tmp_path: Path) -> None:
    for given in ({"environ": WITH, "offline": True}, {}):
        with pytest.raises(UsageError, match="--refresh needs TMDb, but"):
            access(tmp_path, fresh=True, **given)  # type: ignore[arg-type]
    assert access(tmp_path, WITH, fresh=True).fresh


def test_language_and_country_are_written_as_they_are_defined(tmp_path: Path) -> None:
    assert access(tmp_path).locale == Locale("en-US", "US")
    assert access(tmp_path, language="de", country="AT").locale == Locale("de", "AT")
    for language in ("", "DE", "de_DE", "de-de", "deu", "de-DE-x", "de\n", "de&x=1"):
        with pytest.raises(UsageError, match=r"(?s)language: .* Use the form de or de-DE"):
            access(tmp_path, language=language)
    for country in ("", "de", "DEU", "D", "D\n"):
        with pytest.raises(UsageError, match=r"(?s)country: .* Use the form DE"):
            access(tmp_path, country=country)
