"""A real server on the loopback interface, and a client that is logged in."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from mediakeep.app.lookups import home_access
from mediakeep.web import server
from mediakeep.web.access import Scope
from mediakeep.web.settings import WebOptions
from mediakeep.web.web_home import WebHome

PATIENCE = 120.0  # seconds; it decides no result, but ends a test that hangs


@dataclass
class Served:
    """A served home; `session` has the cookie of a login, and comes from the pages."""

    web: WebHome
    url: str
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def home(self) -> Path:
        return self.web.home

    def log_in(self) -> None:
        answer = self.session.get(
            f"{self.url}/login", params={"token": self.web.access.create_link()}
        )
        assert answer.history[0].status_code == 303
        self.session.headers["Sec-Fetch-Site"] = "same-origin"

    def token(self, *scopes: Scope) -> dict[str, str]:
        """Return the headers of a new token."""
        name = f"token {time.monotonic_ns()}"
        secret = self.web.access.create_token(name, scopes)
        return {"Authorization": f"Bearer {secret}"}

    def get(self, place: str, code: int = 200, **more: Any) -> requests.Response:
        return self.request("GET", place, code, **more)

    def post(self, place: str, code: int = 200, **more: Any) -> requests.Response:
        return self.request("POST", place, code, **more)

    def request(self, method: str, place: str, code: int, **more: Any) -> requests.Response:
        """Send a request of the logged in session, and check the status."""
        answer = self.session.request(
            method, self.url + place, timeout=PATIENCE, allow_redirects=False, **more
        )
        assert answer.status_code == code, answer.text
        return answer

    def api(self, place: str, **query: Any) -> Any:
        return self.get(f"/api/v1{place}", params=query).json()


def build_home(home: Path, **options: Any) -> WebHome:
    return WebHome(home, WebOptions(**options), home_access.read_access)


@contextlib.contextmanager
def serve(home: Path, **options: Any) -> Iterator[Served]:
    """Serve a home for a `with` block."""
    web = build_home(home, **options)
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    running = server.build_server(web)
    thread = threading.Thread(target=running.run, args=([listener],))
    thread.start()
    try:
        while not running.started:
            assert thread.is_alive()
            time.sleep(0.01)
        served = Served(web, f"http://127.0.0.1:{listener.getsockname()[1]}")
        served.log_in()
        yield served
    finally:
        running.should_exit = True
        thread.join()
        web.audit.close()
