"""A service on this machine that answers alerts as services on the net do, well or badly."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.patience import PATIENCE

Manner = Callable[["_Handler"], None]


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.take(self, body)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


class Service(ThreadingHTTPServer):
    """Answers each request in the next of its manners, the last of them for ever."""

    daemon_threads = True

    def __init__(self, *manners: Manner) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.times: list[float] = []
        self.over = threading.Event()
        self._manners, self._guard = manners, threading.Lock()
        threading.Thread(target=self.serve_forever, args=[0.02], daemon=True).start()

    @property
    def url(self) -> str:
        """An address with a secret in it."""
        return f"http://127.0.0.1:{self.server_port}/hooks/s3cr3t?token=t0k3n"

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """What was received."""
        return [json.loads(body) for _, _, body in self.requests]

    def take(self, handler: _Handler, body: bytes) -> None:
        with self._guard:
            manner = self._manners[min(len(self.requests), len(self._manners) - 1)]
            self.requests.append((handler.path, dict(handler.headers), body))
            self.times.append(time.monotonic())
        manner(handler)

    def receive(self, count: int, longest: float = PATIENCE) -> None:
        """Wait until so many requests have come."""
        until(lambda: len(self.requests) >= count, longest)

    def close(self) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()


def answer(status: int, *headers: tuple[str, str]) -> Manner:
    """Answer with a status."""

    def respond(handler: _Handler) -> None:
        handler.send_response(status)
        for name, value in headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return respond


def hang(handler: _Handler) -> None:
    """Take the request and never answer it."""
    handler.server.over.wait()


def late(handler: _Handler) -> None:
    """Take the request, and answer it when the test is done with waiting."""
    handler.server.over.wait()
    answer(200)(handler)


def drip(handler: _Handler) -> None:
    """Answer a byte now and then, and never come to an end."""
    handler.wfile.write(b"HTTP/1.1 ")
    while not handler.server.over.wait(0.02):
        handler.wfile.write(b"x")


def hang_up(handler: _Handler) -> None:
    """Close the connection without a word."""
    handler.close_connection = True


def babble(handler: _Handler) -> None:
    """Answer with what is no HTTP."""
    handler.wfile.write(b"\x00\xff nonsense\r\n" * 10)
    handler.close_connection = True


def until(true: Callable[[], object], longest: float = PATIENCE) -> None:
    """Wait until something is so."""
    end = time.monotonic() + longest
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


def processes() -> dict[int, str]:
    """Return what the system shows of all processes: their numbers, parents and words."""
    if not Path("/proc/self/cmdline").exists():
        command = ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return {int(line.split()[0]): line.split(None, 1)[1] for line in shown.splitlines()}
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            found[int(folder.name)] = f"{parent} {words}"
    return found


def lines(log: Any) -> Sequence[dict[str, Any]]:
    """Read a log of alerts."""
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
