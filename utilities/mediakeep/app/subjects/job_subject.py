"""Build the subject of a kind of jobs from the functions of its package.

Most of them lie in one module, which is imported when the first of them is called, as lists of jobs
need none. It has:

- `build_job`: takes the home, an item and the settings; returns the job that the others take.
- `build_item`: see `JobActions`.
- `describe_stages`: takes a job; returns lines by stage, or the outcome of an item that would not
  reach the last stage. Stages without lines do not run.

The job has `files`, the `JobFiles` that are listed and removed when the item has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mediakeep import kinds
from mediakeep.app.subjects.interface import (
    JobActions,
    Settings,
    Subject,
    UnassignedFiles,
    WorkerOptions,
)
from mediakeep.errors import UsageError
from mediakeep.item import Item, NewItem, ScannedItem, Status
from mediakeep.kinds import Kind
from mediakeep.outcome import Outcome, WorkerFactory

if TYPE_CHECKING:
    from mediakeep.media import ignore_rules
    from mediakeep.workspace.job_files import JobFiles


class _JobFunctions:
    """The functions of a kind's package, called with the Struct of its settings and a job."""

    def __init__(self, kind: Kind, module: str, may_remove_files: Callable[[Any], bool]) -> None:
        self._kind, self._module, self._may_remove_files = kind, module, may_remove_files

    def read_settings(self, values: Settings) -> Any:
        """Return the Struct of the kind's settings, or the plain data if it has none."""
        settings = self._kind.settings
        return msgspec.convert(values, kinds.load(settings)) if settings else values

    def _build_job(self, home: Path, item: Item, values: Settings) -> Any:
        build = kinds.load(f"{self._module}:build_job")
        return build(home, item, self.read_settings(values))

    def take_job(self, function: str) -> Callable[..., Any]:
        """Return a function of `JobActions` that passes the job of an item to another one."""

        def call(home: Path, item: Item, values: Settings, *more: Any) -> Any:
            return kinds.load(function)(self._build_job(home, item, values), *more)

        return call

    def take_items(self, function: str) -> Callable[..., Any]:
        """Return a function of `JobActions` that passes all items and the settings on."""
        return lambda items, values: kinds.load(function)(items, self.read_settings(values))

    def plan(self, home: Path, item: Item, values: Settings) -> list[str] | Outcome:
        """Return the lines of a dry run from the current stage on; see `JobActions`."""
        try:
            lines = self.take_job(f"{self._module}:describe_stages")(home, item, values)
        except UsageError as error:  # of the item's own settings
            return Outcome(Status.ERROR, str(error))
        if isinstance(lines, Outcome):
            return lines
        table = self._kind.stages
        first = table.position(self._kind.get_stage(item))
        return [line for stage in table.stages[first:] for line in lines.get(stage.name, ())]

    def build_item(self, given: Path | str, values: Settings) -> NewItem | None:
        """Return a new item of what the user has given; see `JobActions`."""
        build = kinds.load(f"{self._module}:build_item")
        item: NewItem | None = build(given, self.read_settings(values))
        return item

    def _get_files(self, home: Path, item: Item, values: Settings) -> JobFiles | None:
        job = self._build_job(home, item, values)
        files: JobFiles = job.files
        return files if self._may_remove_files(job) else None

    def find_working_files(self, home: Path, item: Item, values: Settings) -> list[str]:
        """Return the folders that `remove_working_files` would remove."""
        files = self._get_files(home, item, values)
        return list(map(str, files.list_folders())) if files else []

    def remove_working_files(self, home: Path, item: Item, values: Settings) -> None:
        """Remove the working files of an item, unless they are still needed."""
        if files := self._get_files(home, item, values):
            files.remove()

    def list_folders(self, _home: Path, values: Settings) -> list[Path]:
        """Return the folders that the settings name."""
        if not self._kind.settings:
            return []
        folders: list[Path] = self.read_settings(values).list_folders()
        return folders


def build_subject(
    kind: Kind,
    module: str,
    worker_factory: Callable[[Path, WorkerOptions], WorkerFactory],
    scan_library: Callable[[Any, ignore_rules.IgnoreSettings], Iterator[ScannedItem]],
    *,
    find_strays: Callable[[Path, ignore_rules.IgnoreSettings], tuple[str, ...]] = lambda *_: (),
    check_settings: Callable[[Any], object] = lambda _: None,
    needs_pyav: bool = False,
    before_batch: Callable[[Path, Any, Mapping[str, Item]], list[str] | None] = lambda *_: None,
    may_remove_files: Callable[[Any], bool] = lambda _: True,
    job_functions: Mapping[str, str] = {},
    item_functions: Mapping[str, str] = {},
    **actions: Any,
) -> Subject:
    """Return the subject of a kind of jobs.

    The functions get the Struct of the kind's settings, if it has one, instead of plain data.
    `before_batch` gets it, too, and returns warnings. `may_remove_files` takes a job, and returns
    False if its working files are still needed. `job_functions` are further functions of
    `JobActions` that take a job, each as "module:function", and `item_functions` those that take
    all items and the settings; `actions` are those that take what `JobActions` says.
    """

    own = _JobFunctions(kind, module, may_remove_files)

    def check_all_settings(values: Settings) -> None:
        check_settings(own.read_settings(values))
        if needs_pyav:
            kinds.load("mediakeep.media.ffmpeg:require_pyav")()

    def prepare_batch(home: Path, options: WorkerOptions, items: Mapping[str, Item]) -> list[str]:
        return before_batch(home, own.read_settings(options.settings), items) or []

    functions = {
        "list_folders": own.list_folders,
        "find_working_files": own.find_working_files,
        "remove_working_files": own.remove_working_files,
        **{name: own.take_job(function) for name, function in job_functions.items()},
        **{name: own.take_items(function) for name, function in item_functions.items()},
        **actions,
    }
    return Subject(
        kind=kind,
        scan_library=scan_library,
        worker_factory=worker_factory,
        unassigned_files=lambda root, ignored: UnassignedFiles(find_strays(root, ignored)),
        before_batch=prepare_batch,
        jobs=JobActions(
            plan=own.plan, build_item=own.build_item, check_settings=check_all_settings, **functions
        ),
    )
