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

    def read_settings(values: Settings) -> Any:
        return msgspec.convert(values, kinds.load(kind.settings)) if kind.settings else values

    def take_job(function: str) -> Callable[..., Any]:
        def call(home: Path, item: Item, values: Settings, *more: Any) -> Any:
            job = kinds.load(f"{module}:build_job")(home, item, read_settings(values))
            return kinds.load(function)(job, *more)

        return call

    def take_items(function: str) -> Callable[..., Any]:
        return lambda items, values: kinds.load(function)(items, read_settings(values))

    def plan(home: Path, item: Item, values: Settings) -> list[str] | Outcome:
        try:
            lines = take_job(f"{module}:describe_stages")(home, item, values)
        except UsageError as error:  # of the item's own settings
            return Outcome(Status.ERROR, str(error))
        if isinstance(lines, Outcome):
            return lines
        first = kind.stages.position(kind.get_stage(item))
        return [line for stage in kind.stages.stages[first:] for line in lines.get(stage.name, ())]

    def build_item(given: Path | str, values: Settings) -> NewItem | None:
        item: NewItem | None = kinds.load(f"{module}:build_item")(given, read_settings(values))
        return item

    def check_all_settings(values: Settings) -> None:
        check_settings(read_settings(values))
        if needs_pyav:
            kinds.load("mediakeep.media.ffmpeg:require_pyav")()

    def prepare_batch(home: Path, options: WorkerOptions, items: Mapping[str, Item]) -> list[str]:
        return before_batch(home, read_settings(options.settings), items) or []

    def get_files(home: Path, item: Item, values: Settings) -> JobFiles | None:
        job = kinds.load(f"{module}:build_job")(home, item, read_settings(values))
        files: JobFiles = job.files
        return files if may_remove_files(job) else None

    def find_working_files(home: Path, item: Item, values: Settings) -> list[str]:
        files = get_files(home, item, values)
        return list(map(str, files.list_folders())) if files else []

    def remove_working_files(home: Path, item: Item, values: Settings) -> None:
        if files := get_files(home, item, values):
            files.remove()

    def list_folders(_home: Path, values: Settings) -> list[Path]:
        folders: list[Path] = read_settings(values).list_folders() if kind.settings else []
        return folders

    functions = {
        "list_folders": list_folders,
        "find_working_files": find_working_files,
        "remove_working_files": remove_working_files,
        **{name: take_job(function) for name, function in job_functions.items()},
        **{name: take_items(function) for name, function in item_functions.items()},
        **actions,
    }
    return Subject(
        kind=kind,
        scan_library=scan_library,
        worker_factory=worker_factory,
        unassigned_files=lambda root, ignored: UnassignedFiles(find_strays(root, ignored)),
        before_batch=prepare_batch,
        jobs=JobActions(
            plan=plan, build_item=build_item, check_settings=check_all_settings, **functions
        ),
    )
