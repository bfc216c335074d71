"""A home with audiobooks, whose commands run as users run them."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mediakeep.app import audiobook_settings
from mediakeep.app.jobs import prepare_items
from mediakeep.app.jobs.job_request import Preparation
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.app.subjects.audiobooks import SUBJECT
from mediakeep.app.subjects.interface import WorkerOptions
from mediakeep.audiobooks import process
from mediakeep.audiobooks.item import AUDIOBOOKS, AudiobookItem
from mediakeep.audiobooks.settings import BookOptions
from mediakeep.commands.console import ClickConsole
from mediakeep.config import ENV_PREFIX
from mediakeep.queue.queue import Queue
from mediakeep.runner import batch
from mediakeep.runner.batch_config import BatchCallbacks, BatchConfig, BatchResult, RetryPolicy
from tests.audiobooks import books
from tests.crash.tap import FileCall, Tap

_SCRIPTS = Path(__file__).parents[2] / "utilities"
_PATIENCE = 300.0  # seconds; it decides no result, but ends a test that hangs
_ENVIRONMENT = {name: text for name, text in os.environ.items() if not name.startswith(ENV_PREFIX)}


@dataclass
class BookHome:
    """A home, and a folder of books."""

    root: Path

    @property
    def path(self) -> Path:
        return self.root / "home"

    @property
    def library(self) -> Path:
        return self.root / "library"

    @property
    def output(self) -> Path:
        return self.path / "outputs" / "audiobooks"

    @property
    def backups(self) -> Path:
        return self.path / "status" / "backups" / "audiobooks"

    @property
    def working(self) -> Path:
        return self.path / "working"

    @property
    def context(self) -> ManagerContext:
        return ManagerContext(self.path, AUDIOBOOKS, ClickConsole(), yes=True)

    def make(self, name: str, count: int = 2) -> Path:
        """Make a book of the first kinds of mixed files, and return its folder."""
        folder = self.library / name
        folder.mkdir(parents=True)
        self.path.mkdir(exist_ok=True)
        for number, kind in enumerate(books.MIXED[:count], 1):
            books.write_mp3(folder / f"{number} Part.mp3", kind)
        return folder

    def command(self, script: str, *words: object) -> list[str]:
        script_path = str(_SCRIPTS / script)
        return [sys.executable, script_path, "--home", str(self.path), *map(str, words)]

    def run(self, script: str, *words: object, code: int = 0, **environment: str) -> str:
        """Run a script, and return what it printed, of an error that on standard error."""
        done = subprocess.run(
            self.command(script, *words),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE,
            env={**_ENVIRONMENT, **environment},
        )
        assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def build(self, *words: object, code: int = 0, **environment: str) -> str:
        return self.run("build_audiobooks.py", *words, code=code, **environment)

    def settings(self, *folders: Path, **options: Any) -> dict[str, Any]:
        """Return the settings that the command would build from options."""
        names = (*BookOptions.__struct_fields__, "config", "working_dir", "source_root")
        given = {**dict.fromkeys(names), "folders": folders, "combine": False, **options}
        others: dict[str, Any] = {"add": (), "scan": None, "jobs": 0, "workers": 0, "ignore": ""}
        return audiobook_settings.build_settings(self.path, given, others, {})

    def add(self, *folders: Path, **options: Any) -> list[str]:
        """Add books, and return their keys."""
        preparation = Preparation(self.settings(*folders, **options), add=folders)
        added: list[str] = prepare_items.prepare(self.context, preparation).data["added"]
        return added

    def process(self, attempts: int = 1) -> BatchResult:
        """Process all due books in this process, and return the result of the batch."""
        settings = self.settings()
        SUBJECT.before_batch(self.path, WorkerOptions(True, settings=settings), {})
        config = BatchConfig(size=None, retry=RetryPolicy(attempts, 0.0))
        factory = functools.partial(process.open_worker, settings)
        with Queue.open(self.context.location, AUDIOBOOKS) as queue:
            result = batch.run_batch(queue, factory, config, BatchCallbacks())
        if result.abort_error:
            raise result.abort_error
        return result

    def kill_at(self, call: int, match: str = "") -> bool:
        """Process all due books in a child; return False if it ended before it was killed.

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
                    self.process()
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        return os.WIFSIGNALED(status)

    def items(self) -> dict[str, AudiobookItem]:
        found = self.context.read_state().items
        assert all(isinstance(item, AudiobookItem) for item in found.values())
        return found  # type: ignore[return-value]

    def item(self) -> AudiobookItem:
        """Return the only item."""
        (item,) = self.items().values()
        return item

    def log(self) -> str:
        logs = sorted((self.path / "status" / "audiobooks" / "session_logs").glob("*.log"))
        return "".join(log.read_text() for log in logs)

    def record(self) -> dict[str, Any]:
        """Return the record of the only book."""
        path = self.output / f"{self.item().output_name}.json"
        return json.loads(path.read_text())  # type: ignore[no-any-return]
