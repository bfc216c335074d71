"""What all requests share: the home, its settings, and its queues in memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from http import HTTPStatus
from pathlib import Path

import msgspec

from mediakeep import path_text, suggestions
from mediakeep.app import health, home_poller
from mediakeep.app.health import HealthCheck
from mediakeep.app.home_poller import QueueListCache
from mediakeep.app.live_queue import LiveQueue
from mediakeep.app.reviews.review_cache import ReviewCache
from mediakeep.app.subjects import registry
from mediakeep.clock import now
from mediakeep.kinds import Kind
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.queue import sessions
from mediakeep.queue.state import QueueState
from mediakeep.views import dashboard_json
from mediakeep.views.poller import HomePoller, HomeSnapshot
from mediakeep.views.summary import SummaryContext
from mediakeep.web.access import AccessStore
from mediakeep.web.audit_log import AuditLog
from mediakeep.web.problems import WebError
from mediakeep.web.settings import WebOptions

_SNAPSHOT_SPAN = 5  # seconds


# Takes the home and a queue; returns the access to its service, from settings.
AccessReader = Callable[[Path, str], ServiceConfig]


class WebHome:
    """The home that the server shows."""

    def __init__(self, home: Path, options: WebOptions, read_access: AccessReader) -> None:
        self.home, self.options, self.read_access = home, options, read_access
        self.access, self.audit = AccessStore(home), AuditLog(home)
        self.reviews = ReviewCache()
        self._kinds = QueueListCache(home)
        self._lock = threading.Lock()
        self._queues: dict[str, LiveQueue] = {}
        self._poll_lock = threading.Lock()
        self._poller: tuple[Mapping[str, Kind], HomePoller] | None = None
        self._snapshot: tuple[object, HomeSnapshot] | None = None
        self._summary: tuple[HomeSnapshot, msgspec.Raw] | None = None

    def list_kinds(self) -> Mapping[str, Kind]:
        """Return the kinds of all queues by name; of damaged ones, too."""
        return self._kinds.read()

    def list_folders(self) -> Mapping[str, Path]:
        return self._kinds.read_folders()

    def get_queue(self, name: str) -> LiveQueue:
        """Return a queue; raise WebError if there is no such kind.

        In a path of a URL, ":" stands for the "/" in the name of a named queue.
        """
        known, name = self.list_kinds(), name.replace(":", "/")
        if name not in known:
            near = suggestions.suggest_closest_name(name, known)
            text = f'There is no kind "{name}".{near} Kinds: {", ".join(known)}.'
            raise WebError(HTTPStatus.NOT_FOUND, text)
        return self._open(known[name])

    def _open(self, kind: Kind) -> LiveQueue:
        with self._lock:
            queue = self._queues.get(kind.name)
            # else its stages are those of another queue
            if queue is None or not (queue.kind is kind or queue.kind == kind):
                queue = self._queues[kind.name] = LiveQueue(self.home, kind)
            return queue

    def list_job_queues(self) -> list[LiveQueue]:
        """Return the queues of kinds with stages that exist."""
        kinds = [kind for kind in self.list_kinds().values() if kind.stages]
        exist = [kind for kind in kinds if registry.queue_folder(self.home, kind).is_dir()]
        return list(map(self._open, exist))

    def poll(self) -> HomeSnapshot:
        """Return the state of all queues and disks; raise NoQueue if there never was one.

        As long as no queue or live file changes, it is the last one for some seconds.
        """
        kinds = self.list_kinds()
        queues = list(map(self._open, kinds.values()))
        folders = [queue.folder / sessions.LIVE_FOLDER for queue in queues]
        lives = [path.stat().st_mtime_ns for path in folders if path.exists()]
        positions = [queue.read_position() for queue in queues]
        stamp = (kinds, lives, positions, int(time.monotonic()) // _SNAPSHOT_SPAN)
        with self._poll_lock:
            if self._poller is None or self._poller[0] != kinds:
                poller = home_poller.build_home_poller(
                    self.home, kinds.values(), lambda kind: self._open(kind).open_reader()
                )
                self._poller, self._snapshot = (kinds, poller), None
            if self._snapshot is None or self._snapshot[0] != stamp:
                self._snapshot = stamp, self._poller[1].poll(SummaryContext(now()))
            return self._snapshot[1]

    def read_summary(self) -> msgspec.Raw:
        """Return the state of all queues as JSON, encoded once for each snapshot."""
        snapshot = self.poll()
        if self._summary is None or self._summary[0] is not snapshot:
            data = msgspec.json.encode(dashboard_json.to_json(snapshot))
            self._summary = snapshot, msgspec.Raw(data)
        return self._summary[1]

    def check_health(self) -> list[HealthCheck]:
        """Return the checks of the home."""
        return list(health.check_home(self.home, self._open_queue))

    def _open_queue(self, name: str) -> AbstractContextManager[QueueState]:
        return self.get_queue(name).open()

    def resolve_job_roots(self) -> list[Path]:
        """Return the folders that jobs may read, resolved."""
        texts = self.options.roots
        return [path_text.to_path(text).expanduser().resolve() for text in texts]
