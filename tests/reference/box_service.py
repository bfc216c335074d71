"""A service on the loopback interface that has files, and cuts connections while it sends them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class BoxService(ThreadingHTTPServer):
    """Sends the files of a folder, at most `cut_after` bytes for a request if that is not 0."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder, self.cut_after = folder, 0
        self.sent: list[tuple[int, int]] = []  # for each request, the first byte and the end

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        service: Any = self.server
        content = (service.folder / self.path.removeprefix("/")).read_bytes()
        begin = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
        end = min(begin + (service.cut_after or len(content)), len(content))
        service.sent.append((begin, end))
        self.send_response(206)
        self.send_header("Content-Length", str(len(content) - begin))
        self.end_headers()
        self.wfile.write(content[begin:end])

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[BoxService]:
    """Run a service for a `with` block."""
    with BoxService(folder) as service:
        thread = threading.Thread(target=service.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield service
        finally:
            service.shutdown()
            thread.join()
