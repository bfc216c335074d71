"""The token file: private, refreshed, and never shown."""

from __future__ import annotations

import logging
import threading
import traceback
from pathlib import Path

import msgspec
import pytest
import requests
from google.oauth2.credentials import Credentials

from mediakeep import atomic_files
from mediakeep.errors import MediakeepError, NotAuthorised, ServiceFailed, UsageError
from mediakeep.lookups.youtube import login
from mediakeep.lookups.youtube.login import TokenFile
from tests.lookups.episode_clients import EpisodeClients
from tests.sampling import each_row


def test_a_token_is_refreshed_and_saved_for_other_processes(
    clients: EpisodeClients, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path, home = clients.token_file, clients.folder / "home"
    first = TokenFile(str(path), home)
    token = first.get_secret().reveal()
    assert path.stat().st_mode & 0o777 == 0o600
    assert TokenFile(str(path), home).get_secret().reveal() == token  # it is valid for an hour
    fresh = first.get_secret(fresh=True).reveal()
    other = TokenFile(str(path), home)
    other._token = token  # rejected there, too: the refreshed one is used
    assert (fresh != token, other.get_secret(fresh=True).reveal()) == (True, fresh)
    facts = msgspec.json.decode(path.read_bytes())
    for secret in (token, fresh, facts["refresh_token"], facts["client_secret"]):
        assert secret not in caplog.text


@each_row(
    ("change", "error", "text"),
    [
        ("mode", NotAuthorised, "is accessible to others. Run: chmod 600"),
        ("missing", UsageError, "youtube_token_file .*No such file"),
        (
            "unset",
            NotAuthorised,
            "youtube_token_file is not set. Run: python utilities/migrate_episodes.py login",
        ),
        ("home", UsageError, "is inside the home"),
        ("text", NotAuthorised, "the token file or the client file is invalid"),
        ("keys", NotAuthorised, "the token file or the client file is invalid"),
        ("revoked", NotAuthorised, "access has expired or was revoked. Run: python utilities/migr"),
        ("down", ServiceFailed, "Google failed: no access token received"),
    ],
)
def test_each_unusable_token_file_has_its_error(
    clients: EpisodeClients, tmp_path: Path, change: str, error: type[MediakeepError], text: str
) -> None:
    path, home = tmp_path / "token.json", tmp_path / "home"
    path.write_bytes(content := clients.token_file.read_bytes())
    path.chmod(0o640 if change == "mode" else 0o600)
    facts = msgspec.json.decode(content)
    match change:
        case "missing":
            path.unlink()
        case "home":
            home = tmp_path
        case "text":
            path.write_text("no JSON")
        case "keys":
            path.write_text("{}")
        case "revoked":
            path.write_bytes(msgspec.json.encode(facts | {"refresh_token": "1//secret"}))
        case "down":
            path.write_bytes(msgspec.json.encode(facts | {"token_uri": "http://127.0.0.1:9/t"}))
    with pytest.raises(error, match=text) as raised:
        TokenFile("" if change == "unset" else str(path), home).get_secret()
    shown = "".join(traceback.format_exception(raised.value))
    assert "simulated-secret" not in shown
    assert "1//" not in shown


def test_a_token_is_refreshed_if_its_file_cannot_be_replaced(
    clients: EpisodeClients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(clients.token_file)
    token_file = TokenFile(str(link), tmp_path / "home")
    token_file.get_secret()
    assert link.is_symlink()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(atomic_files, "write_atomic", refuse)
    assert token_file.get_secret(fresh=True).reveal() not in clients.token_file.read_text()


def test_a_refresh_does_not_replace_a_new_login(
    clients: EpisodeClients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "token.json"
    path.write_bytes(old := clients.token_file.read_bytes())
    path.chmod(0o600)
    token_file = TokenFile(str(path), tmp_path / "home")
    token_file.get_secret()
    new = msgspec.json.encode(msgspec.json.decode(old) | {"refresh_token": "1//UCnew.0"})
    refresh = Credentials.refresh

    def refresh_during_a_login(credentials: Credentials, request: object) -> None:
        refresh(credentials, request)
        # A login ends in the moment between the answer and the file: too short to meet by chance.
        path.write_bytes(new)

    monkeypatch.setattr(Credentials, "refresh", refresh_during_a_login)
    for fresh in (True, False):
        text = "has the token of another login now. Run again"
        with pytest.raises(NotAuthorised, match=text) as raised:
            token_file.get_secret(fresh=fresh)
        assert "UCnew" not in str(raised.value)
        assert path.read_bytes() == new


def test_a_login_waits_until_a_refresh_is_written(clients: EpisodeClients, tmp_path: Path) -> None:
    path = clients.token_file
    token_file = TokenFile(str(path), tmp_path / "home")
    token_file.get_secret()
    credentials, before = token_file._load(), path.read_bytes()
    with atomic_files.exclusive_lock(f"{path}.lock"):
        thread = threading.Thread(target=token_file.save, args=[credentials])
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
        assert path.read_bytes() == before
    thread.join()


@each_row(
    ("error", "expected", "text"),
    [
        (Warning("Scope has changed"), NotAuthorised, "access was granted only in part"),
        (requests.ConnectionError("secret"), ServiceFailed, "Google failed: no access token"),
        (None, NotAuthorised, r"No such file or directory: .*client\.json"),
    ],
)
def test_a_login_that_fails_says_why(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception | None,
    expected: type[MediakeepError],
    text: str,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error or AssertionError

    monkeypatch.setattr("google_auth_oauthlib.flow.InstalledAppFlow.run_local_server", fail)
    path, facts = tmp_path / "client.json", ("client_id", "client_secret", "auth_uri", "token_uri")
    if error:
        path.write_bytes(msgspec.json.encode({"installed": dict.fromkeys(facts, "x")}))
    with pytest.raises(expected, match=text):
        login.authorise(path, TokenFile(str(tmp_path / "t.json"), tmp_path / "home"), "")
    path.unlink(missing_ok=True)


def test_a_login_creates_the_token_file(
    clients: EpisodeClients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the simulator has no TLS
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
    old = msgspec.json.decode(clients.token_file.read_bytes())
    uris = {"auth_uri": f"{clients.url}/o/oauth2/auth", "token_uri": old["token_uri"]}
    client_file, path = tmp_path / "client.json", tmp_path / "new" / "token.json"
    names = ("client_id", "client_secret")
    client = {name: old[name] for name in names} | uris | {"redirect_uris": ["http://localhost"]}
    client_file.write_bytes(msgspec.json.encode({"installed": client}))
    prompts = list[str]()

    class Browser:
        def open(self, url: str, **_: object) -> None:
            prompts.append(url)
            threading.Thread(target=requests.get, args=[url], daemon=True).start()

    monkeypatch.setattr("webbrowser.get", lambda _=None: Browser())
    token_file = TokenFile(str(path), tmp_path / "home")
    login.authorise(client_file, token_file, "")
    assert len(prompts) == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert token_file.get_secret().reveal().startswith("ya29.")
