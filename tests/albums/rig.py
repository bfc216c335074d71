"""A home with albums, converted in this process by the batch that the command runs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import mutagen

from mediakeep import path_text
from mediakeep.albums.item import ALBUMS, AlbumItem
from mediakeep.app import album_settings
from mediakeep.app.jobs import prepare_items, vanished
from mediakeep.app.jobs.job_request import Preparation
from mediakeep.app.queue_admin import reset
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.app.subjects.albums import SUBJECT
from mediakeep.app.subjects.interface import WorkerOptions
from mediakeep.commands.console import ClickConsole
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.queue.queue import Queue
from mediakeep.runner import batch
from mediakeep.runner.batch_config import (
    BatchCallbacks,
    BatchConfig,
    BatchResult,
    ExecutionLimits,
    RetryPolicy,
)
from tests.crash.tap import FileCall, Tap
from tests.media.encoding import sounds

SAMPLES = 22_050  # per channel; a loudness needs 400 ms
RATE = sounds.RATE
_NO_LIMITS = ExecutionLimits()


def make_flac(folder: Path, count: int = SAMPLES) -> Path:
    """Make a tiny FLAC file of noise."""
    wav = sounds.write_noise(folder / f"{count}.wav", count)
    sounds.convert(wav, wav.with_suffix(".flac"), "flac")
    return wav.with_suffix(".flac")


@dataclass
class AlbumHome:
    """A home, a library, and where its albums are converted; `values` are given options."""

    root: Path
    master: Path
    values: dict[str, Any] = field(default_factory=dict)
    access: ServiceConfig | None = None

    @property
    def path(self) -> Path:
        return self.root / "home"

    @property
    def library(self) -> Path:
        return self.root / "library"

    @property
    def output(self) -> Path:
        return self.root / "output"

    @property
    def archive(self) -> Path:
        return self.root / "archive"

    @property
    def working(self) -> Path:
        return self.path / "working"

    @property
    def context(self) -> ManagerContext:
        return ManagerContext(self.path, ALBUMS, ClickConsole(), yes=True)

    def make(self, *names: str, tracks: int = 2, damaged: int = 0) -> None:
        """Make albums; the first tracks of damaged ones end in the middle."""
        self.path.mkdir(parents=True, exist_ok=True)
        for name in names:
            folder = self.library / name
            folder.mkdir(parents=True)
            for number in range(1, tracks + 1):
                track = folder / f"{number:02} T.flac"
                shutil.copyfile(self.master, track)
                tag(track, album=folder.name, artist=folder.parent.name, title=f"T {number}")
                if number <= damaged:
                    data = track.read_bytes()
                    track.write_bytes(data[: len(data) // 2])
            (folder / "rip.log").write_text("log")

    def settings(
        self, *, ignored: tuple[str, ...] = (), links: str = "follow", **options: Any
    ) -> dict[str, Any]:
        """Return the settings that the command would build from options."""
        names = ("source", "config", "profile", "verify", "existing", "enrich", "delete_original")
        folders = {"output_dir": self.output, "archive_dir": self.archive}
        given = {**dict.fromkeys(names), "working_dir": None, "keep_going": False, "mirror": False}
        others: dict[str, Any] = {"max_attempts": 3, "add": (), "scan": None}
        others |= {"ignore": ",".join(ignored), "links": links}
        values = {**given, **folders, "access": self.access, **self.values, **options}
        return album_settings.build_settings(self.path, values, others, {})

    def prepare(self, *added: str, **options: Any) -> list[str]:
        """Scan the library, or add albums of it, as the command does, and return its lines."""
        settings = self.settings(**options)
        paths = tuple(self.library / name for name in added)
        scan = None if added else self.library
        context = replace(self.context, ignore_patterns=tuple(settings["ignored"]))
        result = prepare_items.prepare(context, Preparation(settings, scan, paths))
        return [*result.lines, *vanished.remove_outputs(context, settings).lines]

    def run(
        self, *, attempts: int = 1, limits: ExecutionLimits = _NO_LIMITS, **options: Any
    ) -> BatchResult:
        """Process all due albums, and return the result of the batch."""
        settings = self.settings(**options)
        assert SUBJECT.jobs
        SUBJECT.jobs.check_settings(settings)
        items = self.context.read_state().items
        worker_options = WorkerOptions(True, settings=settings)
        SUBJECT.before_batch(self.path, worker_options, items)
        config = BatchConfig(size=None, retry=RetryPolicy(attempts, 0.0), limits=limits)
        factory = SUBJECT.worker_factory(self.path, worker_options)
        with Queue.open(self.context.location, ALBUMS) as queue:
            result = batch.run_batch(queue, factory, config, BatchCallbacks())
        if result.abort_error:
            raise result.abort_error
        return result

    def convert(self, **options: Any) -> BatchResult:
        self.prepare(**options)
        return self.run(**options)

    def reset(self, name: str, to: str = "") -> None:
        context = self.context
        context.to_stage = to
        reset.reset_items(context, (name,))

    def item(self, name: str) -> AlbumItem:
        item = self.context.read_state().items[name]
        assert isinstance(item, AlbumItem)
        return item

    def report(self, name: str) -> dict[str, Any]:
        path = self.path / "outputs" / "albums" / f"{self.item(name).output_name}.json"
        return json.loads(path.read_text())  # type: ignore[no-any-return]

    def log(self) -> str:
        logs = sorted((self.path / "status" / "albums" / "session_logs").glob("*.log"))
        return "".join(log.read_text() for log in logs)

    def working_folders(self) -> list[str]:
        """Return the ends of the names of all working folders: source, processed, state."""
        return sorted(path.name.rpartition("_")[2] for path in self.working.glob("*]_*"))

    def list_opened(self, **options: Any) -> list[str]:
        """Scan and process in a child; return the files of the library that it opened."""
        notes = self.root / "opened"
        child = os.fork()
        if not child:
            opened: list[str] = []
            sys.addaudithook(
                lambda event, what: opened.append(str(what[0])) if event == "open" else None
            )
            try:
                self.convert(**options)
                inside = [path for path in opened if path.startswith(f"{self.library}/")]
                notes.write_text(json.dumps(inside))
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        found: list[str] = json.loads(notes.read_text())
        return found

    def kill_at(self, call: int, match: str = "", **options: Any) -> bool:
        """Process all due albums in a child; return False if it ended before it was killed.

        It is killed before the given call, of those that change files outside of `status` and have
        `match` in their path or target.
        """
        child = os.fork()
        if not child:
            count = 0

            def come(one: FileCall) -> None:
                nonlocal count
                is_ours = one.path.startswith(str(self.root)) and "/status/" not in one.path
                count += is_ours and match in f"{one.path} {one.target}"
                if count >= call:
                    os.kill(os.getpid(), signal.SIGKILL)

            try:
                with Tap(come):
                    self.run(**options)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        return os.WIFSIGNALED(status)


def tag(path: Path, **fields: str) -> None:
    """Write tags with mutagen."""
    file = mutagen.File(path)
    for name, text in fields.items():
        file[name] = text
    file.save()


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder by relative path, without quarantine and owners."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and ".mediakeep-quarantine" not in path.parts
        and path.name != ".mediakeep-owners.json"
    }


def names(folder: Path) -> list[str]:
    return sorted(contents(folder)) if folder.exists() else []


def quarantined(folder: Path) -> list[str]:
    """Return the paths of which files or folders are in a quarantine."""
    records = folder.glob(".mediakeep-quarantine/*/record.json")
    found = [json.loads(record.read_text())["path"] for record in records]
    return sorted(path_text.unescape_path(path) for path in found)
