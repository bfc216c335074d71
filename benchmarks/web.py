"""Measure the web server: its answers, event clients, a page, and what it costs a batch."""

from __future__ import annotations

import contextlib
import http.client
import os
import selectors
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import stock, table
from benchmarks.script_runs import Cost, Home
from mediakeep.music.item import MUSIC
from mediakeep.queue import readonly
from mediakeep.queue.queue import Queue, locate_queue
from mediakeep.views import review
from mediakeep.views.review import ReviewCursor, ReviewListFile
from mediakeep.web.access import AccessStore, Scope
from mediakeep_samples.music import music_library
from tests.needs import find_browser
from tests.web import sample_home

_ROOT = Path(__file__).parents[1]
_ITEMS, _REAL, _REVIEWED = 50_000, 12, 390  # artists; those with files; those with two reviews
_REQUESTS, _CLIENTS, _EVENTS, _SEEN, _ROUNDS = 40, 200, 100, 20, 5
_ARTISTS = 930  # of the library that a batch reads
_MOST_P95, _MOST_RATIO = 100.0, 3.0  # milliseconds; times http.server
# {n} differs in each request.
_PLACES = (
    "/", "/queue?kind=music", "/queue?kind=music&q=2{n}",
    "/queue?kind=music&status=pending&sort=newest",
    "/items/music/Artist%20000", "/review", "/review?kind=missing-date&id={review}",
    "/sessions?kind=music", "/jobs", "/reports", "/services", "/health",
    "/api/v1/kinds", "/api/v1/items?kind=music", "/api/v1/items?kind=music&q=3{n}",
    "/api/v1/items?kind=music&limit=500", "/api/v1/items?kind=music&cursor={cursor}",
    "/api/v1/items/music/Artist%20000", "/api/v1/reviews", "/api/v1/reviews?q=7{n}",
    "/api/v1/reviews/{review}", "/api/v1/jobs", "/api/v1/sessions?kind=music", "/api/v1/summary",
    "/api/v1/reports", "/readyz", "/metrics",
)  # fmt: skip


@dataclass(frozen=True)
class _Server:
    """A server in a process of its own; `token` is that of a client."""

    port: int
    process: subprocess.Popen[str]
    token: str = ""

    def open(self, place: str) -> http.client.HTTPResponse:
        """Send a request on a new connection: http.server has no others."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if not place.startswith(("/api", "/readyz", "/metrics")):
            headers["Accept"] = "text/html"
        connection.request("GET", place, headers=headers)
        return connection.getresponse()

    def fetch(self, place: str) -> bytes:
        with self.open(place) as answer:
            body = answer.read()
        assert answer.status == 200, (place, answer.status, body[:300])
        return body

    def spent(self) -> float:
        """Return the seconds of a core that it has used."""
        return _spent(str(self.process.pid))

    def memory(self) -> float:
        """Return its resident memory in MB."""
        text = Path(f"/proc/{self.process.pid}/statm").read_text()
        return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _spent(process: str) -> float:
    """Return the seconds of a core that a process has used, by proc(5); 0 if it has ended."""
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return 0.0
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(folder: Path, *, full: bool) -> None:
    """Measure on a home of 50,000 artists, and a batch of 930; `full` runs the batch five times."""
    home = _make_home(folder / "stock")
    with _serve(home) as server:
        _measure_clients(home, server)
        _measure_answers(folder / "files", home, server)
        _measure_page(home, server)
    _measure_start_and_end(home)
    run_batch(folder / "batch", full=full)


def run_answers(folder: Path, *, full: bool) -> None:
    """Measure the answers only."""
    home = _make_home(folder / "stock")
    with _serve(home) as server:
        _measure_answers(folder / "files", home, server)


def run_clients(folder: Path, *, full: bool) -> None:
    """Measure clients and the delay of a page only."""
    home = _make_home(folder / "stock")
    with _serve(home) as server:
        _measure_clients(home, server)
        _measure_page(home, server)


def _make_home(folder: Path) -> Path:
    """Return a home of 50,000 artists with some 800 pending reviews; a few have files."""
    folder.mkdir(parents=True)
    home = sample_home.make_home(folder, _REAL).path
    real = dict(readonly.load_state(stock.folder(home), MUSIC).items)
    shutil.rmtree(stock.folder(home))
    stock.queue(home, _ITEMS, _make_item, real).close()
    state = readonly.load_state(stock.folder(home), MUSIC)
    listed = msgspec.json.decode((home / review.FILE).read_bytes(), type=ReviewListFile)
    (example,) = [it for it in listed.reviews["Artist 000"] if it["kind"] == "missing-date"]
    for number in range(1, 2 * _REVIEWED, 2):  # completed ones
        name = stock.artist_name(number)
        listed.reviews[name] = [
            {**example, "id": f"missing-date:{number:08x}{track}", "artist": name}
            for track in range(2)
        ]
    listed.total = sum(map(len, listed.reviews.values()))
    listed.by_kind["missing-date"] = listed.total - listed.total % 2
    listed.queues = {MUSIC.name: ReviewCursor(review.queue_identity(state), state.seq)}
    (home / review.FILE).write_bytes(msgspec.json.encode(listed))
    return home


def _make_item(number: int) -> Any:
    return stock.completed(number) if number % 2 else stock.pending(number)


@contextlib.contextmanager
def _serve(home: Path) -> Iterator[_Server]:
    token = AccessStore(home).create_token(f"benchmark {time.monotonic_ns()}", list(Scope))
    line = [sys.executable, str(_ROOT / "utilities" / "media_web.py"), "--home", str(home)]
    with subprocess.Popen([*line, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port = process.stdout.readline().partition("127.0.0.1:")[2].partition("/")[0]
        try:
            yield _Server(int(port), process, token)
        finally:
            process.terminate()


@contextlib.contextmanager
def _serve_files(folder: Path) -> Iterator[_Server]:
    words = ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(folder)]
    with subprocess.Popen(
        [sys.executable, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        port = process.stdout.readline().partition(" port ")[2].split()[0]
        try:
            yield _Server(int(port), process)
        finally:
            process.terminate()


def _measure_answers(folder: Path, home: Path, server: _Server) -> None:
    """Fetch each page and its JSON, and the same bytes from http.server, in turn."""
    folder.mkdir()
    page = msgspec.json.decode(server.fetch("/api/v1/reviews?q=Artist%20001"))
    found = msgspec.json.decode(server.fetch("/api/v1/items?kind=music"))
    names = {"review": page["groups"][0]["ids"][0], "cursor": found["next"]}
    rows = []
    with _serve_files(folder) as files:
        for number, place in enumerate(_PLACES):
            (folder / str(number)).write_bytes(server.fetch(place.format(n=99, **names)))
            own, bare, spent = list[float](), list[float](), server.spent()
            for n in range(_REQUESTS):
                own.append(_time(server, place.format(n=f"{n:02}", **names)))
                bare.append(_time(files, f"/{number}"))
            rows.append(_describe(place, own, bare, 1000 * (server.spent() - spent) / _REQUESTS))
    table.show(
        f"Answers on a home of {_ITEMS:,} artists, each {_REQUESTS} times in turn with http.server",
        ("", "median ms", "p95 ms", "at most", "CPU ms", "http.server ms", "times", "at most"),
        rows,
        "Each request has a connection of its own; {n} differs in each.",
    )


def _time(server: _Server, place: str) -> float:
    """Return the milliseconds of a request."""
    began = time.perf_counter()
    server.fetch(place)
    return 1000 * (time.perf_counter() - began)


def _describe(place: str, own: list[float], bare: list[float], cpu: float) -> list[str]:
    median, base = statistics.median(own), statistics.median(bare)
    p95 = statistics.quantiles(own, n=20)[-1]
    return [
        *(place, f"{median:.1f}", f"{p95:.1f}", f"{_MOST_P95:.0f}", f"{cpu:.1f}"),
        *(f"{base:.1f}", f"{median / base:.1f}", f"{_MOST_RATIO:.0f}"),
    ]


def _measure_clients(home: Path, server: _Server) -> None:
    """Let 200 clients listen while ten items a second are settled."""
    with _listening(server, _CLIENTS), _open_queue(home) as queue:
        while f"mediakeep_event_clients {_CLIENTS}.0" not in server.fetch("/metrics").decode():
            time.sleep(0.1)
        spent, began = server.spent(), time.monotonic()
        for _ in range(_EVENTS):
            _settle(queue)
            time.sleep(0.1)
        share = 100 * (server.spent() - spent) / (time.monotonic() - began)
        row = [f"{_CLIENTS} clients", f"{share:.1f}", "20", f"{server.memory():.0f}", "120"]
    table.show(
        "Clients that listen to events, ten items settled a second",
        ("", "% of a core", "at most", "MB", "at most"),
        [row],
    )


@contextlib.contextmanager
def _open_queue(home: Path) -> Iterator[Queue]:
    location = locate_queue(stock.folder(home))
    with Queue.open(location, MUSIC) as queue, queue.open_session(command="benchmark"):
        yield queue


def _settle(queue: Queue) -> str:
    """Settle the next item, and return its key."""
    (claim,) = queue.claim(1)
    queue.settle(claim, stock.DONE)
    return claim.key


@contextlib.contextmanager
def _listening(server: _Server, count: int) -> Iterator[None]:
    """Have so many clients read all events for a `with` block."""
    ended = threading.Event()
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as stack:
        for _ in range(count):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            lines = (
                "GET /api/v1/events HTTP/1.1",
                "Host: 127.0.0.1",
                f"Authorization: Bearer {server.token}",
            )
            client.sendall("\r\n".join((*lines, "", "")).encode())
            selector.register(client, selectors.EVENT_READ)

        def drain() -> None:
            while not ended.is_set():
                for key, _ in selector.select(0.2):
                    if not key.fileobj.recv(1 << 16):  # type: ignore[union-attr]
                        selector.unregister(key.fileobj)

        thread = threading.Thread(target=drain)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


@contextlib.contextmanager
def _open_page(server: _Server, place: str) -> Iterator[Any]:
    """Open a page in Chromium for a `with` block; it follows events."""
    from playwright import sync_api

    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=sandbox)
        page = browser.new_page()
        page.set_default_timeout(600_000)
        page.goto(f"http://127.0.0.1:{server.port}/login?token={server.token}")
        page.goto(f"http://127.0.0.1:{server.port}{place}")
        try:
            yield page
        finally:
            browser.close()


def _measure_page(home: Path, server: _Server) -> None:
    """Time from the commit of a change to when a page in Chromium shows it."""
    delays = list[float]()
    with _open_queue(home) as queue, _open_page(server, "/queue?kind=music&sort=newest") as page:
        for number in range(_SEEN):
            page.wait_for_timeout(1000 + 500 * number / _SEEN)  # at all phases of the polling
            key = _settle(queue)
            began = time.monotonic()
            page.wait_for_selector(f'#items a:text-is("{key}")')
            delays.append(time.monotonic() - began)
    table.show(
        f"Seconds from the commit of a change to a page of {_ITEMS:,} artists that shows it",
        ("", "median", "slowest", "at most"),
        [["Chromium", f"{statistics.median(delays):.2f}", f"{max(delays):.2f}", "1"]],
    )


def _measure_start_and_end(home: Path) -> None:
    """Time SIGTERM with open streams, and the imports of the server next to those of jobs.py."""
    with _serve(home) as server, _listening(server, 20):
        while "mediakeep_event_clients 20.0" not in server.fetch("/metrics").decode():
            time.sleep(0.1)
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        server.process.wait()
        ended = time.monotonic() - began
    modules = ("mediakeep.commands.jobs, mediakeep.app.jobs.job_list", "mediakeep.web.server")
    jobs, web = (min(_time_import(name) for _ in range(_ROUNDS)) for name in modules)
    table.show(
        "Start and end",
        ("", "seconds", "at most"),
        [
            ["SIGTERM with 20 open streams", f"{ended:.2f}", "3"],
            ["CPU of the imports, more than jobs.py", f"{web - jobs:.2f}", "0.4"],
        ],
    )


def _time_import(modules: str) -> float:
    """Return the CPU seconds of imports in a new interpreter."""
    code = f"import time; import {modules}; print(time.process_time())"
    environ = {**os.environ, "PYTHONPATH": str(_ROOT / "utilities")}
    return float(subprocess.check_output([sys.executable, "-c", code], env=environ))


def run_batch(folder: Path, *, full: bool) -> None:
    """Run a batch alone, while a client gets events, and while a page is open, in turn."""
    music_library.make_library(folder / "music", artists=_ARTISTS)
    (folder / "home").mkdir()
    home = Home(folder / "home", folder / "music", None)
    home.batch()  # so that files are in memory, and databases exist
    costs: dict[str, list[tuple[Cost, float, float]]] = {}
    for number in range(_ROUNDS if full else 1):
        for name, open_case in list(_CASES.items())[:: 1 if number % 2 else -1]:
            home.reset()
            with open_case(folder / "home") as measure:
                before = measure()
                cost = home.batch()
                after = measure()
            spent = [end - begin for begin, end in zip(before, after, strict=True)]
            costs.setdefault(name, []).append((cost, *spent))
    alone = [cost for cost, *_ in costs["alone"]]
    rows = []
    for name, series in sorted(costs.items()):
        own, served, browsed = zip(*series, strict=True)
        cells = [table.spread([cost.cpu for cost in own])]
        cells += [table.spread([cost.seconds for cost in own])]
        for field in ("cpu", "seconds"):
            values = ([getattr(cost, field) for cost in costs] for costs in (own, alone))
            ratios = [value / base for value, base in zip(*values, strict=True)]
            cells.append(f"{100 * (statistics.median(ratios) - 1):+.1f} %")
        cells += ["" if name == "alone" else "2 %", *map(table.spread, (served, browsed))]
        rows.append([name, *cells])
    table.show(
        f"A batch of {_ARTISTS} artists, one worker, while the server runs; {len(alone)} rounds",
        ("", "CPU s", "seconds", "CPU", "seconds", "at most", "server's CPU s", "browser's CPU s"),
        rows,
        "CPU is that of the batch alone, without the server and the browser.",
    )


_Measure = Callable[[], tuple[float, float]]  # returns the CPU seconds of server and browser


@contextlib.contextmanager
def _run_alone(_: Path) -> Iterator[_Measure]:
    yield lambda: (0.0, 0.0)


@contextlib.contextmanager
def _serve_to_client(home: Path) -> Iterator[_Measure]:
    with _serve(home) as server, _listening(server, 1):
        yield lambda: (server.spent(), 0.0)


@contextlib.contextmanager
def _serve_to_page(home: Path) -> Iterator[_Measure]:
    with _serve(home) as server, _open_page(server, "/"):
        processes = list(_iter_children(str(os.getpid())))
        processes.remove(str(server.process.pid))
        yield lambda: (server.spent(), sum(map(_spent, processes)))


def _iter_children(process: str) -> Iterator[str]:
    """Yield the ids of the processes that a process has started, and of theirs."""
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        for child in path.read_text().split():
            yield child
            yield from _iter_children(child)


_CASES: Mapping[str, Callable[[Path], AbstractContextManager[_Measure]]] = {
    "alone": _run_alone,
    "while a client gets events": _serve_to_client,
    "while Chromium shows the overview": _serve_to_page,
}
