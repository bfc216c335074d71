"""A migration whose processes are killed and whose transfers are cut, for as many days as it takes.

The server kills a process at a planned request, and so no kill depends on how fast the machine is;
some are killed at one of their calls that change files instead. The quota of the first day is used
up, and the channel reaches its limit on the second one: then the clocks of the server and of the
processes are moved to the next day.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.commands.console import ClickConsole
from mediakeep.episodes.item import EPISODES, EpisodeItem, list_episodes
from mediakeep_simulator import episode_services
from mediakeep_simulator.episode_catalogue import generate_catalogue
from mediakeep_simulator.episode_services import EpisodeServices
from mediakeep_simulator.fault_injection import RequestHandler
from mediakeep_simulator.http_types import NO_RESPONSE, SimulatorRequest, SimulatorResponse
from mediakeep_simulator.server import LoggedRequest
from mediakeep_simulator.youtube.model import YoutubeSettings
from mediakeep_simulator.youtube.state_store import pacific_day
from tests import job_home
from tests.crash.gate import Gate
from tests.episodes.loop_process import CHUNK, LATE, SHIFT, VIDEO_SIZE

_OPEN = {"method": "POST", "path": "^/upload/youtube/v3/videos"}
_CHUNKS = {"method": "PUT", "content-range": r"bytes \d"}
UPLOADED = "after the last byte, before the answer"
_RANDOM = "at a call that changes files"
# Requests at which a process is killed, which share of their body arrives before, how many of them
# are not affected at most, and whether they are handled.
_POINTS: dict[str, tuple[dict[str, str], float, int, bool]] = {
    "session opened, not recorded": (_OPEN, 1.0, 3, True),
    "session recorded, no byte sent": ({"method": "PUT", "content-range": r"\*/"}, 1.0, 3, False),
    "in a chunk": (_CHUNKS, 0.5, 70, True),
    UPLOADED: ({"final": "yes"}, 1.0, 3, True),
    "id recorded, not in the playlist": ({"path": "^/youtube/v3/playlistItems"}, 1.0, 3, False),
    "in the playlist, not recorded": (
        {"path": "^/youtube/v3/playlistItems", "method": "POST"}, 1.0, 3, True
    ),
}  # fmt: skip
POINTS = (*_POINTS, _RANDOM)
_FILES = {"path": "^/7/items/"}
# How often each fault strikes for a hundred episodes, and how many requests are between.
_FAULTS: tuple[tuple[str, int, int, dict[str, str], dict[str, Any]], ...] = (
    ("error", 4, 401, _CHUNKS, {"status": 503, "retry_after": "1"}),
    ("error", 2, 31, _OPEN, {"status": 503, "retry_after": "1"}),
    ("cut_upload", 8, 211, _CHUNKS, {"after": 300_000}),
    ("lost", 4, 307, _CHUNKS, {}),
    ("lost", 2, 37, {"final": "yes"}, {}),
    ("cut", 8, 19, _FILES, {"after": 70_000}),
    ("error", 2, 53, _FILES, {"status": 503, "retry_after": "1"}),
)
_DAY = 86_400
_MAX_DAYS = 12
_UNITS = 60_000
_AUDIO_SIZE = 150_000  # bytes


def _kill_with_workers(pid: int) -> None:
    """Kill a process, and its workers before they notice: each is in a session of its own."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    workers = [int(word) for path in lists for word in path.read_text().split()]
    os.killpg(pid, signal.SIGKILL)
    for worker in workers:
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)


@dataclass
class LoopResult:
    """What happened, and what was wrong."""

    kills: Counter[str] = field(default_factory=Counter)
    days: list[str] = field(default_factory=list)  # why each day ended
    doubles: int = 0
    repeated: int = 0  # bytes that were sent again
    cuts: int = 0  # of chunks
    calls: dict[str, int] = field(default_factory=dict)  # by day
    faults: list[str] = field(default_factory=list)


class Migration:
    """Some episodes in a home, the services, and the batches that migrate them."""

    def __init__(self, root: Path, count: int, seed: int, *, records_late: bool = False) -> None:
        self.count, self._chance, self._late = count, random.Random(seed), records_late
        self.home, self._root, self.result = root / "home", root, LoopResult()
        self.uploads_a_day = count * 2 // 5 + 1
        limits = YoutubeSettings(inserts_per_day=self.uploads_a_day, units_per_day=_UNITS)
        self.services = EpisodeServices(generate_catalogue(count, _AUDIO_SIZE, limits), root / "s")
        self._server = self.services.serve()
        self._server._on_request = self._count_request
        self._process: subprocess.Popen[str] | None = None
        self._gates = self._shift = self._workers = 0
        self._channel_limit: object = None  # the fault
        self._inserts: Counter[str] = Counter()
        self._calls: Counter[str] = Counter()

    def run(self, kills: int, points: Sequence[str] = POINTS) -> LoopResult:
        """Migrate all episodes, with kills at each point in turn; return what happened."""
        self._points = [points[number % len(points)] for number in range(kills)]
        with self._server:
            self._token = self.services.youtube.write_token_file(self._server.url)
            self._playlist = self._create_playlist()
            self._execute("discover", "--collection", "simulated-radio-hour")
            for name, times, every, where, parameters in _FAULTS:
                share = -(-times * self.count // 100)
                skip = self._chance.randrange(min(every, 4 * self.count))
                self.services.fail(
                    name, times=share, every=every, skip=skip, where=where, **parameters
                )
                self.result.cuts += share * (where.get("method") == "PUT" or "final" in where)
            while self._list_waiting() and len(self.result.days) < _MAX_DAYS:
                self._run_batch()
            self._check()
        return self.result

    def _create_playlist(self) -> str:
        facts = json.loads(self._token.read_text())
        granted = requests.post(facts["token_uri"], {**facts, "grant_type": "refresh_token"})
        headers = {"Authorization": f"Bearer {granted.json()['access_token']}"}
        url = f"{self._server.url}/youtube/v3/playlists?part=snippet"
        body = {"snippet": {"title": "All"}}
        playlist: str = requests.post(url, json=body, headers=headers).json()["id"]
        self._calls.clear()
        return playlist

    def _run_batch(self) -> None:
        """Run a batch that is killed if there are kills left; if nothing is due, end the day."""
        result, before = self.result, self._list_waiting()
        point = self._points[0] if self._points else ""
        at = self._chance.randrange(100) + 1 if point == _RANDOM else sys.maxsize
        planned = self.services.faults._planned
        if point in _POINTS:
            where, share, skip, is_handled = _POINTS[point]

            def kill(request: SimulatorRequest, answer: RequestHandler) -> SimulatorResponse:
                request.body.unread = int(request.body.size * share)
                if is_handled:
                    answer(request)
                assert self._process
                _kill_with_workers(self._process.pid)
                return SimulatorResponse(503, b"", cut_after=NO_RESPONSE)

            matches = episode_services.build_filter(where)
            self.services.faults.intercept(
                kill, 1, matches, skip=self._chance.randrange(min(skip, 2 * self.count))
            )
            planned.insert(0, planned.pop())
        if self._chance.randrange(4) == 0:
            self.services.youtube.accounts.expire_tokens()
        self._workers = self._chance.choice((1, 2))
        was_killed, printed = self._execute(
            "run", "--limit", "25", "--every", "day", "--workers", str(self._workers), at=at
        )
        if was_killed:
            result.kills[self._points.pop(0)] += 1
            result.cuts += self._workers
            return
        if point in _POINTS:
            planned.pop(0)
        if self._list_waiting() == before:
            result.days.append(self._find_limit(printed))
            self._shift += _DAY
            self.services.youtube.advance(_DAY)
            if len(result.days) == 1:
                skip = self.uploads_a_day // 2
                refusal = {"status": 400, "reason": "uploadLimitExceeded"}
                self.services.fail("error", times=99, skip=skip, where=_OPEN, **refusal)
                self._channel_limit = planned[-1]
            elif self._channel_limit in planned:
                planned.remove(self._channel_limit)

    def _find_limit(self, printed: str) -> str:
        reasons = {item.parked for item in self._list_episodes() if not item.video_id}
        return "; ".join(sorted(reasons)) or printed

    def _execute(self, *words: str, at: int = sys.maxsize) -> tuple[bool, str]:
        """Run a command; return whether it was killed, and what it printed."""
        self._gates += 1
        gate = Gate(self._root / f"gate{self._gates}", at, names=".", paths="/home/")
        with (self._root / f"gate{self._gates}" / "sitecustomize.py").open("a") as file:
            file.write("from tests.episodes import loop_process\nloop_process.install()\n")
        variables = {
            "ARCHIVE_ORG_HOST": self._server.url,
            "ARCHIVE_ORG_INTERVAL": "0",
            "YOUTUBE_HOST": self._server.url,
            "YOUTUBE_INTERVAL": "0",
            "YOUTUBE_TOKEN_FILE": str(self._token),
            "YOUTUBE_CHUNK_KIB": str(CHUNK // 1024),
            "YOUTUBE_UPLOADS_PER_DAY": str(self.uploads_a_day),
            "YOUTUBE_UNITS_PER_DAY": str(_UNITS),
            "PLAYLISTS": self._playlist,
        }
        own = {f"MEDIAKEEP_{name}": text for name, text in variables.items()}
        own |= {SHIFT: str(self._shift), LATE: "yes" if self._late else ""}
        script = str(job_home.ROOT / "utilities" / "migrate_episodes.py")
        self._process = process = subprocess.Popen(
            [sys.executable, script, words[0], "--home", str(self.home), *words[1:]],
            env={**job_home.environment(), **gate.environment, **own},
            stdout=(self._root / "printed").open("w"),
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        if gate.wait(process):
            gate.kill(process, group=True)
        printed = (self._root / "printed").read_text()
        if process.returncode != -signal.SIGKILL:
            assert process.returncode in (0, 1), printed
            assert "Traceback" not in printed, printed
        return process.returncode == -signal.SIGKILL, printed

    def _list_episodes(self) -> list[EpisodeItem]:
        return list_episodes(ManagerContext(self.home, EPISODES, ClickConsole()).read_state())

    def _list_waiting(self) -> list[tuple[str, int]]:
        """Return the episodes without a time of publication yet, and their steps so far."""
        items = self._list_episodes()
        return [(item.path, len(item.steps)) for item in items if not item.scheduled_date]

    def _count_request(self, request: LoggedRequest) -> None:
        """Count a call by its day; chunks of uploads are none."""
        is_chunk = request.method == "PUT" and request.path.startswith("/upload/")
        if "/youtube/v3/" in request.path and not is_chunk:
            day = pacific_day(self.services.youtube.now())
            self._calls[day] += 1
            self._inserts[day] += (request.method, request.path) == (
                "POST", "/upload/youtube/v3/videos"
            )  # fmt: skip

    def _check(self) -> None:
        """Add what is wrong at the end to the result."""
        result, videos = self.result, self.services.youtube.videos()
        state, episodes = self.services.youtube.describe_state(), self._list_episodes()
        by_id = {video.id: video for video in videos}
        result.doubles = len(videos) - len({video.sha256 for video in videos})
        result.repeated = sum(video.received - video.size for video in videos)
        result.calls = dict(self._calls)
        slots = sorted(item.scheduled_date for item in episodes)
        kept = {item.path: by_id.get(item.video_id) for item in episodes}
        checks = {
            f"{len(videos)} videos of {self.count} episodes": len(videos) == self.count,
            f"{result.doubles} doubles": not result.doubles,
            "a video that is not that of its episode": all(
                (video := kept[item.path]) and video.sha256 == item.video_sha256
                for item in episodes
            ),
            f"not published or scheduled: {self._list_waiting()}": not self._list_waiting(),
            f"times of publication {slots}": len(set(slots)) == self.count,
            "a video of another size": all(video.size == VIDEO_SIZE for video in videos),
            f"{result.repeated} bytes sent again": result.repeated <= result.cuts * CHUNK,
            f"{self._inserts} uploads a day": max(self._inserts.values()) <= self.uploads_a_day,
            f"attempts {[item.attempts for item in episodes if item.attempts]}": not any(
                set(item.attempts or ()) & {"downloading", "converting", "uploading"}
                for item in episodes
            ),
            "not each video is once in the playlist": Counter(
                resource.data["snippet"]["resourceId"]["videoId"]
                for resource in state["resources"]
                if resource.kind == "playlistItem"
            )
            == Counter(list(by_id)),
        }
        result.faults += [text for text, is_fine in checks.items() if not is_fine]
        for day, count in self._read_ledger().items():
            if self._calls[day] > count:
                result.faults.append(f"{self._calls[day]} calls on {day}, {count} in the ledger")

    def _read_ledger(self) -> dict[str, int]:
        """Return the calls that the ledger has, by day."""
        query = "SELECT at FROM entries WHERE bucket = 'quota units' AND call NOT LIKE '!%'"
        with closing(sqlite3.connect(self.home / "status" / "episodes" / "quota.db")) as ledger:
            return Counter(pacific_day(at) for (at,) in ledger.execute(query))
