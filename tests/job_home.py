"""A home with jobs of one kind: its commands as users run them, and its batches in this process.

`job_kinds` has the home of each kind. Loops of kills and the state machine run for all of them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

from mediakeep import path_text
from mediakeep.app.jobs import prepare_items, remove_files
from mediakeep.app.jobs.job_request import Preparation
from mediakeep.app.queue_admin import reset
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.app.subjects import registry
from mediakeep.app.subjects.interface import Subject, WorkerOptions
from mediakeep.commands.console import ClickConsole
from mediakeep.config import ENV_PREFIX
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.media.ignore_rules import IgnoreSettings
from mediakeep.outcome import WorkerFactory
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

ROOT = Path(__file__).parents[1]
PATIENCE = 300.0  # seconds; it decides no result, but ends a test that hangs
_NO_LIMITS = ExecutionLimits()
_QUARANTINE, _OWNERS = ".mediakeep-quarantine", ".mediakeep-owners.json"
Job = TypeVar("Job", bound=Item)
Wrap = Callable[[WorkerFactory], WorkerFactory]


def environment() -> dict[str, str]:
    """Return the environment of a script: with no settings, and the modules of the tests."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
    return {**clean, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "utilities")))}


@dataclass
class JobHome(ABC, Generic[Job]):
    """A home and a library; `values` are options of all batches in this process.

    `wrap` changes the worker of these batches.
    """

    root: Path
    values: dict[str, Any] = field(default_factory=dict)
    wrap: Wrap = field(default=lambda factory: factory, repr=False)

    kind: ClassVar[Kind]
    scripts: ClassVar[Path] = ROOT / "utilities"
    # For the loops of kills: the attempts of a damaged job of one track; options of batches in this
    # process; words of commands, and their first ones that may be left out; names and paths of
    # calls, see `Gate`; words that let jobs wait, and release them.
    broken: ClassVar[dict[str, int]]
    loop_options: ClassVar[dict[str, Any]] = {}
    may_miss: ClassVar[frozenset[str]] = frozenset()
    loop_points: ClassVar[dict[str, tuple[str, str]]]
    waits: ClassVar[tuple[tuple[str, ...], ...]] = ()
    given_up: ClassVar[Status] = Status.ERROR  # after the last attempt

    @property
    def path(self) -> Path:
        return self.root / "home"

    @property
    def library(self) -> Path:
        return self.root / "library"

    @property
    @abstractmethod
    def output(self) -> Path: ...

    @property
    def working(self) -> Path:
        return self.path / "working"

    @property
    def queue(self) -> Path:
        return self.path / "status" / self.kind.name

    @property
    def subject(self) -> Subject:
        return registry.get_subject(self.kind)

    @property
    def context(self) -> ManagerContext:
        return ManagerContext(self.path, self.kind, ClickConsole(), yes=True)

    @abstractmethod
    def write_tracks(self, folder: Path, count: int) -> None:
        """Write the files of a job into its empty folder; tracks first in the order of names."""

    @abstractmethod
    def settings(self, **options: Any) -> dict[str, Any]:
        """Return the settings that the command would build from options."""

    @abstractmethod
    def list_outputs(self, name: str) -> list[Path]:
        """Return what is published of a job in the library."""

    @abstractmethod
    def find_faults(self, name: str, before: dict[str, bytes], *, done: bool) -> Iterator[str]:
        """Yield what is wrong with a job that was killed, or is done.

        `before` are the contents of the library. An output is whole or absent, and no source is
        lost.
        """

    def count_repeats(self, name: str) -> int:
        """Return how many tracks were encoded again, if the record of the job says it."""
        return 0

    def loop_words(self) -> list[tuple[str, ...]]:
        """Return options of commands in loops of kills."""
        return []

    def damage(self, track: Path) -> None:
        data = track.read_bytes()
        track.write_bytes(data[: len(data) // 2])

    def make(self, *names: str, tracks: int = 2, damaged: int = 0) -> Path:
        """Make jobs in the library, the first tracks of which are damaged; return the last one."""
        self.path.mkdir(parents=True, exist_ok=True)
        folder = self.library
        for name in names:
            folder = self.library / name
            folder.mkdir(parents=True)
            self.write_tracks(folder, tracks)
            for track in sorted(folder.iterdir())[:damaged]:
                self.damage(track)
        return folder

    def command(self, script: str, *words: object) -> list[str]:
        """Return the command line of a script, or of a command of its group after a space."""
        name, *group = script.split()
        line = [sys.executable, str(self.scripts / name), *group, "--home", str(self.path)]
        return [*line, *map(str, words)]

    def execute(
        self, script: str, *words: object, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a script to its end."""
        return subprocess.run(
            self.command(script, *words),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
            env={**environment(), **variables},
        )

    def run(self, script: str, *words: object, code: int = 0, **variables: str) -> str:
        """Run a script, and return what it printed, of an error also on stderr."""
        done = self.execute(script, *words, **variables)
        assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout if code in (0, 130) else done.stdout + done.stderr

    def batch(self, *words: object, code: int = 0, **variables: str) -> str:
        """Run the batch script."""
        return self.run(self.kind.batch_script, *words, code=code, **variables)

    def manage(self, *words: object, code: int = 0) -> str:
        """Run the manager script."""
        return self.run(self.kind.manager_script, *words, code=code)

    def prepare(self, *added: str | Path, **options: Any) -> list[str]:
        """Scan the library, or add jobs of it, as the command does, and return its lines."""
        settings = self.settings(**options)
        paths = tuple(self.library / name for name in added)
        scan = None if added else self.library
        ignored = msgspec.convert(settings.get("ignored", {}), IgnoreSettings)
        context = replace(self.context, ignored=ignored)
        result = prepare_items.prepare(context, Preparation(settings, scan, paths))
        return [*result.lines, *remove_files.remove_outputs(context, settings).lines]

    def process(
        self, *, attempts: int = 1, limits: ExecutionLimits = _NO_LIMITS, **options: Any
    ) -> BatchResult:
        """Process all due jobs in this process, and return the result of the batch."""
        settings = self.settings(**options)
        assert self.subject.jobs
        self.subject.jobs.check_settings(settings)
        worker_options = WorkerOptions(True, settings=settings)
        self.subject.before_batch(self.path, worker_options, self.items())
        config = BatchConfig(size=None, retry=RetryPolicy(attempts, 0.0), limits=limits)
        factory = self.wrap(self.subject.worker_factory(self.path, worker_options))
        with Queue.open(self.context.location, self.kind) as queue:
            result = batch.run_batch(queue, factory, config, BatchCallbacks())
        if result.abort_error:
            raise result.abort_error
        return result

    def convert(self, **options: Any) -> BatchResult:
        self.prepare(**options)
        return self.process(**options)

    def reset(self, name: str, to: str = "") -> None:
        context = self.context
        context.to_stage = to
        reset.reset_items(context, (name,))

    def items(self) -> dict[str, Job]:
        found: dict[str, Any] = self.context.read_state().items
        return found

    def item(self, name: str = "") -> Job:
        """Return the item with a key or name, or the only one."""
        found = [job for key, job in self.items().items() if name in ("", key, job.name)]
        (item,) = found
        return item

    def report(self, name: str = "") -> dict[str, Any]:
        path = self.path / "outputs" / self.kind.name / f"{self.item(name).output_name}.json"
        return json.loads(path.read_text())  # type: ignore[no-any-return]

    def log(self) -> str:
        logs = sorted((self.queue / "session_logs").glob("*.log"))
        return "".join(log.read_text() for log in logs)

    def working_folders(self) -> list[str]:
        """Return the ends of the names of all working folders: source, processed, state."""
        return sorted(path.name.rpartition("_")[2] for path in self.working.glob("*_*"))

    def kill_at(self, call: int, match: str = "", **options: Any) -> bool:
        """Process all due jobs in a child; return False if it ended before it was killed.

        It is killed before the given call, of those that change files outside of `status` and have
        `match` in their path or target.
        """
        count = 0

        def come(one: FileCall) -> None:
            nonlocal count
            is_ours = one.path.startswith(str(self.root)) and "/status/" not in one.path
            count += is_ours and match in f"{one.path} {one.target}"
            if count >= call:
                os.kill(os.getpid(), signal.SIGKILL)

        def process() -> None:
            with Tap(come):
                self.process(**options)

        return run_in_child(process)


def run_in_child(function: Callable[[], object]) -> bool:
    """Call a function in a forked process; return whether it was killed, and fail if it failed."""
    child = os.fork()
    if not child:
        code = 1
        try:
            function()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder by relative path, without quarantine and owners."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and _QUARANTINE not in path.parts and path.name != _OWNERS
    }


def names(folder: Path) -> list[str]:
    return sorted(contents(folder)) if folder.exists() else []


def quarantined(folder: Path) -> list[str]:
    """Return the paths of which files or folders are in a quarantine."""
    records = folder.glob(f"{_QUARANTINE}/*/record.json")
    found = [json.loads(record.read_text())["path"] for record in records]
    return sorted(path_text.unescape_path(path) for path in found)
