"""Who gets in: login links, cookies, tokens with scopes, and what other sites may not do."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from mediakeep import atomic_files
from mediakeep.commands import media_web
from mediakeep.errors import StateDamaged, UsageError
from mediakeep.music.item import MUSIC
from mediakeep.queue.queue import Queue
from mediakeep.web import access, audit_log, guard, operations, server
from mediakeep.web.access import AccessStore, Scope
from mediakeep.web.settings import WebOptions
from tests.queue import rig
from tests.sampling import each_row
from tests.web import serving
from tests.web.serving import PATIENCE, Served

SCRIPT = Path(__file__).parents[2] / "utilities" / "media_web.py"


def make_home(folder: Path) -> Path:
    rig.make(rig.at(folder), 5).close()
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving.serve(make_home(tmp_path_factory.mktemp("access"))) as found:
        yield found


def test_a_link_logs_in_once_and_only_digests_are_stored(served: Served) -> None:
    link = served.web.access.create_link()
    answer = requests.get(
        f"{served.url}/login?token={link}", allow_redirects=False, timeout=PATIENCE
    )
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    again = requests.get(f"{served.url}/login?token={link}", timeout=PATIENCE)
    assert (again.status_code, "not valid" in again.text) == (403, True)
    path = served.home / access.FILE
    stored = path.read_text()
    assert link not in stored
    assert cookie.partition("=")[2].partition(";")[0] not in stored
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_works_again_if_its_session_could_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = AccessStore(make_home(tmp_path))
    link = store.create_link()

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(atomic_files, "write_atomic", fail)
        with pytest.raises(OSError, match="No space"):
            store.open_session(link)
    assert store.open_session(link)
    assert store.open_session(link) is None


def test_without_login_nothing_is_shown(served: Served) -> None:
    for place in ("/", "/api/v1/items", "/metrics", "/readyz", "/api/v1/events", "/nothing"):
        answer = requests.get(served.url + place, timeout=PATIENCE)
        assert answer.status_code == 401, place
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert "media_web.py tokens create" in answer.json()["detail"]
    page = {"Accept": "text/html"}
    shown = requests.get(served.url, headers=page, timeout=PATIENCE)
    assert (shown.history[0].status_code, shown.url) == (303, f"{served.url}/login")
    page["Sec-Fetch-Site"] = "cross-site"  # of a link: the cookie comes with the second request
    linked = requests.get(served.url, headers=page, timeout=PATIENCE)
    assert (linked.status_code, linked.headers["Refresh"]) == (401, "0")
    assert requests.get(f"{served.url}/healthz", timeout=PATIENCE).json() == {"status": "ok"}


def test_a_token_does_what_its_scopes_allow_until_it_is_revoked(served: Served) -> None:
    secret = served.web.access.create_token("reader", [Scope.READ])
    headers = {"Authorization": f"Bearer {secret}"}

    def send(method: str, place: str) -> int:
        body = {"action": "prioritize", "keys": ["Artist 001"]}
        answer = requests.request(
            method, served.url + place, headers=headers, json=body, timeout=PATIENCE
        )
        return answer.status_code

    actions = "/api/v1/items/music/actions"
    assert (send("GET", "/api/v1/items"), send("POST", actions)) == (200, 403)
    assert send("GET", "/metrics") == 200
    headers.update(served.token(Scope.DECIDE))
    assert (send("GET", "/api/v1/items"), send("POST", actions)) == (403, 200)
    headers.update(served.token(Scope.METRICS))
    assert (send("GET", "/metrics"), send("GET", "/api/v1/items")) == (200, 403)
    headers["Authorization"] = f"Bearer {secret}"
    served.web.access.revoke_token("reader")
    assert send("GET", "/api/v1/items") == 401


# Sec-Fetch-Site, Origin, and whether the request is carried out. "own" stands for the server.
SITES = [
    ("same-origin", None, True),
    ("none", None, True),
    ("same-origin", "own", True),
    (None, "own", True),
    (None, None, False),
    ("cross-site", None, False),
    ("same-site", None, False),
    ("cross-site", "own", False),
    ("same-origin", "https://evil.example", False),
    (None, "https://evil.example", False),
    (None, "null", False),
    ("none", "null", False),
    (None, "http://[", False),
]


@each_row("site, origin, is_done", SITES)
def test_a_cookie_counts_for_pages_of_this_server_only(
    site: str | None, origin: str | None, is_done: bool, served: Served
) -> None:
    own = {"own": served.url}
    headers = {"Sec-Fetch-Site": site, "Origin": own.get(origin or "", origin)}
    body = {"action": "prioritize", "keys": ["Artist 002"]}
    code = 200 if is_done else 403
    served.post("/api/v1/items/music/actions", code, json=body, headers=headers)


def test_another_host_name_is_refused(served: Served) -> None:
    answer = served.get("/api/v1/items", 400, headers={"Host": "evil.example"})
    assert "host" in answer.text


def test_every_answer_has_the_headers(served: Served) -> None:
    for place, code in (("/healthz", 200), ("/api/v1/items", 200), ("/nothing", 404)):
        answer = served.get(place, code)
        for name, value in guard.HEADERS.items():
            assert answer.headers[name] == value, (place, name)
    assert "unsafe" not in guard.HEADERS["content-security-policy"]


def test_five_logins_a_minute(tmp_path: Path) -> None:
    with serving.serve(tmp_path) as served:  # its own login is the first
        codes = [
            requests.post(
                f"{served.url}/login", data={"token": "x"}, timeout=PATIENCE, headers=site
            )
            for site in [{"Sec-Fetch-Site": "same-origin"}] * 6
        ]
        assert [answer.status_code for answer in codes] == [403] * 4 + [429] * 2
        lines = (served.home / audit_log.FILE).read_text().splitlines()
        logins = [line for line in map(json.loads, lines) if line.get("what") == "login"]
        assert [line["passed"] for line in logins] == [True, *[False] * 4]


def test_each_action_is_in_the_audit_log_before_and_after_it(served: Served) -> None:
    body = {"action": "prioritize", "keys": ["Artist 003"]}
    served.post("/api/v1/items/music/actions", json=body)
    lines = [json.loads(line) for line in (served.home / audit_log.FILE).read_text().splitlines()]
    before, after = lines[-2:]
    assert before["id"] == after["id"]
    assert (before["path"], before["who"]) == ("/api/v1/items/music/actions", "login link")
    assert (before["address"], "status" in before) == ("127.0.0.1", False)
    assert (after["status"], after["body"]["keys"]) == (200, ["Artist 003"])


def test_the_audit_log_has_no_lines_of_those_who_are_not_logged_in(served: Served) -> None:
    path = served.home / audit_log.FILE
    served.post("/api/v1/jobs/clear", 422, json={"older_than": "x"})
    before = path.read_bytes()
    headers = {"Authorization": "Bearer x"}
    answer = requests.post(f"{served.url}/api/v1/jobs", headers=headers, timeout=PATIENCE)
    assert (answer.status_code, path.read_bytes() == before) == (401, True)


def test_a_home_that_is_missing_is_not_created(tmp_path: Path) -> None:
    words = ["serve", "--home", str(tmp_path / "none"), "--port", "0"]
    done = CliRunner().invoke(media_web.main, words)
    assert (done.exit_code, "none: No such file" in done.output) == (1, True), done.output
    assert not (tmp_path / "none").exists()


def test_bodies_are_limited_while_they_are_read(served: Served) -> None:
    address = served.url.removeprefix("http://").split(":")
    cookie = f"{guard.COOKIE}={served.session.cookies[guard.COOKIE]}"
    head = f"POST /api/v1/items/music/actions HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n"
    head += "Sec-Fetch-Site: same-origin\r\n"
    for length in ("Content-Length: 1000000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"):
        with socket.create_connection((address[0], int(address[1])), timeout=PATIENCE) as client:
            client.sendall((head + length).encode())
            if "chunked" in length:
                piece = b"80000\r\n" + bytes(0x80000) + b"\r\n"
                client.sendall(piece * 3)
            assert client.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_damaged_file_of_tokens_is_named(tmp_path: Path) -> None:
    store = AccessStore(tmp_path)
    store.create_token("a", [Scope.READ])
    (tmp_path / access.FILE).write_text("{")
    with pytest.raises(StateDamaged, match=r"access\.json is damaged"):
        store.list_tokens()


def test_others_can_reach_the_server_with_a_token_only(tmp_path: Path) -> None:
    web = serving.build_home(tmp_path, host="0.0.0.0")
    with pytest.raises(UsageError, match="tokens create"):
        server.check_host(web)
    web.access.create_token("nas", [Scope.READ])
    server.check_host(web)
    with pytest.raises(UsageError, match=r'web.names has "\*"'):
        server.check_host(serving.build_home(tmp_path, names=("*",)))


def test_addresses_of_ipv6_are_served(tmp_path: Path) -> None:
    with serving.serve(make_home(tmp_path), host="::1") as served:
        headers = {"Host": "[::1]:8000"}
        assert served.get("/healthz", headers=headers).json() == {"status": "ok"}


def test_a_server_for_all_addresses_is_reached_by_those_of_this_machine(tmp_path: Path) -> None:
    name, *others = server.list_names(WebOptions(host="0.0.0.0"))
    assert name not in ("0.0.0.0", "::")
    assert {"127.0.0.1", "localhost", socket.gethostname().lower()} <= {name, *others}
    assert server.list_names(WebOptions(host="0.0.0.0", names=("nas.local",)))[0] == "nas.local"
    assert server.list_names(WebOptions(host="::1"))[0] == "[::1]"
    assert "[::1]" in server.list_names(WebOptions(host="::"))
    with serving.serve(make_home(tmp_path), host="0.0.0.0") as served:
        for host in (name, *others):
            served.get("/healthz", headers={"Host": f"{host}:8000"})
        served.get("/healthz", 400, headers={"Host": "evil.example"})


def test_a_link_ends_with_its_server(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    link = AccessStore(home).create_link()
    assert AccessStore(home).open_session(link) is None
    store = AccessStore(home)
    links = [store.create_link() for _ in range(2)]
    assert store.open_session(links[0])
    assert store.open_session(links[0]) is None
    assert store.open_session(links[1])


def test_clients_that_send_too_slowly_are_ended(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.1)
    monkeypatch.setattr(operations, "BODY_SECONDS", 0.1)
    address, port = served.url.removeprefix("http://").split(":")
    whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for is_second in (False, True):
        with socket.create_connection((address, int(port)), timeout=PATIENCE) as client:
            if is_second:
                client.sendall(whole)
                assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
            client.sendall(whole[:20])
            while client.recv(1000):
                pass
    site = "Sec-Fetch-Site: same-origin\r\nHost: localhost\r\nContent-Length: 9\r\n\r\ntok"
    with socket.create_connection((address, int(port)), timeout=PATIENCE) as client:
        client.sendall(f"POST /login HTTP/1.1\r\n{site}".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 408 ")


def run(*words: object, **more: Any) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, str(SCRIPT), *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True, timeout=PATIENCE, **more)


def test_tokens_are_created_listed_and_revoked_by_the_command(tmp_path: Path) -> None:
    def call(*words: str) -> Result:
        return CliRunner().invoke(media_web.main, ["tokens", *words, "--home", str(tmp_path)])

    secret = call("create", "nas", "--scope", "read", "--scope", "jobs").stdout
    grant = AccessStore(tmp_path).find_token(secret.strip())
    assert grant is not None
    assert grant.scopes == {Scope.READ, Scope.JOBS}
    assert call("create", "nas").exit_code == 2
    assert call("list").stdout.startswith("nas  jobs,read  20")
    assert call("revoke", "nas").stdout == "Revoked: nas\n"
    assert call("list").stdout == "No tokens.\n"
    assert "no token" in call("revoke", "nas").output


def test_a_taken_port_is_an_error_that_names_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("--home", tmp_path, env={**os.environ, "API_PORT": port})
    assert (done.returncode, f"port {port}: Address already in use" in done.stderr) == (2, True)


def test_a_signal_ends_the_server_with_open_streams(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    line = [sys.executable, str(SCRIPT), "--home", str(home), "--port", "0"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        session = requests.Session()
        session.get(url, timeout=PATIENCE)
        streams = [
            session.get(
                url.partition("/login")[0] + "/api/v1/events", stream=True, timeout=PATIENCE
            ).iter_lines()
            for _ in range(5)
        ]
        assert {next(stream) for stream in streams} == {b"retry: 2000"}
        with Queue.open(rig.at(home), MUSIC) as queue, queue.open_session(command="test"):
            pass
        assert next(line for line in streams[0] if line) == b"id: music=1"
        process.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        for stream in streams:
            list(stream)
        process.wait()
        assert time.monotonic() - begun < PATIENCE / 4
