"""The worker of pipelines: run the step of a file, place what it made, and record it.

1. The inputs of a step are the outputs of the step before it; those of an analysis are not passed
   on. Outputs that are gone are made again.
2. An input whose record is valid is done. Of the others, several are parts, which run in parallel.
3. The processor writes to a hidden folder of its own in the output folder. What it made is checked,
   recorded with its final names, synced, and renamed; a file that no earlier run has made is never
   replaced. Then the record is completed.
4. The names that the last step made are synced before its end is recorded. If a loss of power takes
   the name of another output, or a record, that step is done again.

A call after a kill begins with the first input that has no complete record.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from mediakeep import atomic_files, file_copies, path_text
from mediakeep.errors import ItemFailed, TargetExists, UsageError, VolumeFull
from mediakeep.item import Item
from mediakeep.outcome import NO_PROGRESS, Outcome, Parts, Progress, Work, Worker
from mediakeep.pipelines import records, session_file
from mediakeep.pipelines.configuration import PipelineStep
from mediakeep.pipelines.item import PipelineFile
from mediakeep.pipelines.records import FileRecords, StepRecord
from mediakeep.pipelines.session_file import PlannedStage, SessionFile
from mediakeep.processors import interface, registry
from mediakeep.processors.interface import Category, ProcessResult
from mediakeep.size_text import format_count
from mediakeep.workspace import manifest, stage_worker
from mediakeep.workspace.place_file import PlacedFile
from mediakeep.workspace.system_errors import find_existing_parent, translate_errors

STEPS_FOLDER = "steps"  # in the output folder, with a folder for each step but the last
_LEAST_FREE = 1 << 20  # bytes; with less, no step begins
_BEAT = 2.0  # seconds between two looks at what a processor does
_EXISTS_HINT = (
    "It was not made by this pipeline, or was changed since. Move it away, or choose another"
    " output folder, then run again."
)


class StepTask(msgspec.Struct, frozen=True, kw_only=True):
    """A step to do with one input; paths are escaped, as parts of a stage are compared as text.

    `combined` is what the step has combined of its measurements of all files.
    """

    step: PipelineStep
    number: int  # of the input
    input: PlacedFile
    records: str
    target: str  # the folder of its outputs
    scratch: str  # the parent of the folder that the processor writes to
    combined: Any = None


@dataclass(frozen=True)
class FileJob:
    """A file of a session; `folder` is that of the session."""

    key: str  # of the item
    item: PipelineFile
    session: SessionFile
    folder: Path
    progress: Progress = NO_PROGRESS

    @functools.cached_property
    def records(self) -> FileRecords:
        return FileRecords.from_source(self.folder, self.item.path)

    def find_target(self, _stage: str) -> Path:
        return self.session.pipeline.output_dir

    def list_tasks(
        self, step: int, do: Callable[[StepTask], StepRecord | None]
    ) -> list[StepTask] | None:
        """Return the tasks of a step after `do` was called for those of all steps before it.

        Return None if `do` does.
        """
        first = self.records.load(self.session.pipeline.steps[0].name, 0)
        inputs = [records.describe_input(self.item.path, first.input if first else None)]
        for number in range(step):
            tasks = self._build_tasks(number, inputs)
            done = [record for task in tasks if (record := do(task))]
            if len(done) < len(tasks):
                return None
            inputs = self._list_outputs(number, done) or inputs
        return self._build_tasks(step, inputs)

    def _build_tasks(self, step: int, inputs: list[PlacedFile]) -> list[StepTask]:
        steps, output = self.session.pipeline.steps, self.session.pipeline.settings.output_dir
        folder = output if step == len(steps) - 1 else f"{output}/{STEPS_FOLDER}/{steps[step].name}"
        place = self.key if self.item.shares_stem else self.key.rpartition("/")[0]
        kept = path_text.escape_path(self.records.folder)
        combined = load_combined(self.folder, steps[step])
        return [
            StepTask(
                step=steps[step],
                number=number,
                input=file,
                records=kept,
                target=f"{folder}/{place}".removesuffix("/"),
                scratch=get_scratch_folder(self.session),
                combined=combined,
            )
            for number, file in enumerate(inputs)
        ]

    def _list_outputs(self, step: int, done: list[StepRecord]) -> list[PlacedFile]:
        """Return the outputs of a step, or [] if the next step has the inputs of this one."""
        planned = self.session.pipeline.steps[step]
        category = registry.get_processor(planned.processor).description.category
        if category is Category.ANALYSIS:
            return []
        outputs = [file for record in done for file in record.outputs]
        if not outputs:
            raise ItemFailed(f'Step "{planned.name}" made no file for the next step.')
        return [records.describe_input(file.path, file) for file in outputs]


def describe_end(outputs: list[PlacedFile]) -> dict[str, Any]:
    """Return the `output_count` and `output_path` of an item whose last step made these files."""
    place = outputs[0].location.parent if outputs else None
    path = outputs[0].path if len(outputs) == 1 else path_text.escape_path(place or "")
    return {"output_count": len(outputs), "output_path": path}


def get_scratch_folder(session: SessionFile) -> str:
    """Return the hidden folder that the processors of a session write to, escaped."""
    return f"{session.pipeline.settings.output_dir}/.audiotoolkit-{session.id}"


def remove_scratch(session: SessionFile) -> None:
    """Remove what killed processors have left."""
    shutil.rmtree(path_text.to_path(get_scratch_folder(session)), ignore_errors=True)


def load_combined(folder: Path, step: PipelineStep) -> Any:
    """Return the combined measurements of a step, or None if it has none."""
    if step.needs == "file":
        return None
    path = _get_combined_path(folder, step)
    return msgspec.json.decode(path.read_bytes()) if path.exists() else None


def _get_combined_path(folder: Path, step: PipelineStep) -> Path:
    return folder / f"{step.name}.combined.json"


def open_worker(home: Path, settings: Mapping[str, Any]) -> AbstractContextManager[Worker]:
    """Open the worker of a session, whose id is in the settings."""
    folder = session_file.get_folder(home, settings["session"])
    session = session_file.load(folder)

    def begin(work: Work, progress: Progress) -> FileJob:
        assert isinstance(work.item, PipelineFile)
        return FileJob(work.stamp.key, work.item, session, folder, progress)

    stages = {stage.name: functools.partial(_run_stage, stage) for stage in session.stages}
    return stage_worker.open_worker(begin, stages, lambda *_: Outcome())


def _run_stage(stage: PlannedStage, job: FileJob, work: Work) -> Outcome | Parts:
    names = [planned.name for planned in job.session.stages]
    following = names[names.index(stage.name) + 1 :]
    tasks = job.list_tasks(stage.step, lambda task: do_task(task, job.progress)) or []
    if stage.measures:
        for task in tasks:
            _measure(task)
        job.records.prune(_name_measured(tasks[0].step), len(tasks))
        return Outcome(next_stage=following[0])
    missing = [task for task in tasks if _load_valid(task) is None]
    if len(missing) > 1 and work.results is None:
        weights = tuple(float(task.input.size + 1) for task in missing)
        return Parts(tuple(missing), run_part, weights)
    done = [do_task(task, job.progress) for task in tasks]
    job.records.prune(tasks[0].step.name, len(tasks))
    if following:
        return Outcome(next_stage=following[0])
    made = [file for record in done for file in record.outputs]
    for folder in {file.location.parent for file in made}:
        atomic_files.sync_folder(folder)
    facts = {"input_bytes": path_text.to_path(job.item.path).stat().st_size}
    facts["output_bytes"] = sum(file.size for file in made)
    data = describe_end(made)
    message = f"{format_count(len(made), 'file')} made" if made else "done"
    return Outcome(message=message, data=data, facts=facts)


def get_fields_if_unchanged(
    key: str, item: Item, session: SessionFile, folder: Path
) -> dict[str, Any] | None:
    """Return the fields of a completed item if all its steps are up to date, else None.

    Only records and the outputs they name are read, and the source if it has changed.
    """
    assert isinstance(item, PipelineFile)
    job = FileJob(key, item, session, folder)
    if not job.records.folder.is_dir():
        return None
    try:
        tasks = job.list_tasks(len(session.pipeline.steps) - 1, _load_valid) or []
    except ItemFailed:  # its own batch tells why
        return None
    done = [record for task in tasks if (record := _load_valid(task))]
    made = [file for record in done for file in record.outputs]
    return describe_end(made) if tasks and len(done) == len(tasks) else None


def run_part(task: StepTask, progress: Progress) -> None:
    """Do a task that is a part of a stage."""
    do_task(task, progress)


def do_task(task: StepTask, progress: Progress) -> StepRecord:
    """Do a task unless that was done before, and return its record.

    Raise ItemFailed if the processor fails, VolumeFull if there is no space for its outputs.
    """
    if done := _load_valid(task):
        return done
    parent = path_text.to_path(task.scratch)
    _check_space(parent.parent)
    with _open_scratch(parent) as folder, _report_activity(scratch := Path(folder), progress):
        result = _call_processor(task, scratch)
        if not result.success:
            _check_space(parent.parent)
            raise ItemFailed(result.error_message or "The processor failed without a message.")
        if records.describe_input(task.input.path, task.input) != task.input:
            shown = path_text.display_path(task.input.location)
            raise ItemFailed(f"{shown} changed while it was processed. Run again.")
        return _place(task, scratch, result)


def _load_valid(task: StepTask) -> StepRecord | None:
    """Return the record of a task if it need not be done again."""
    record = _get_records(task).load(task.step.name, task.number)
    return record if record and record.is_valid(_build_key(task)) else None


def _get_records(task: StepTask) -> FileRecords:
    return FileRecords(path_text.to_path(task.records))


def _build_key(task: StepTask) -> str:
    step = task.step
    described = registry.get_processor(step.processor).description
    return records.build_key(
        task.input,
        step.processor,
        described.version,
        step.params,
        task.combined,
        task.target,
        *interface.identify_files(described, step.params),  # such as labels
    )


def _check_space(folder: Path) -> None:
    space = os.statvfs(find_existing_parent(folder))
    if space.f_bavail * space.f_frsize < _LEAST_FREE:
        raise VolumeFull(folder)


def _open_scratch(parent: Path) -> tempfile.TemporaryDirectory[str]:
    """Create an empty folder, which a `with` block removes; the session removes its parent."""
    with translate_errors(parent):
        parent.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(dir=parent, ignore_cleanup_errors=True)


@contextlib.contextmanager
def _report_activity(folder: Path, progress: Progress) -> Iterator[None]:
    """Report that a processor is at work while it uses the processor or its outputs grow.

    It is a function of others that reports nothing; one that hangs reaches the limit --stall.
    """
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_BEAT):
            with contextlib.suppress(OSError):  # files come and go
                size = sum(path.stat().st_size for path in folder.rglob("*"))
                used = time.process_time() - time.thread_time()  # without this thread
                progress(int(used * 10) + size, 0)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@functools.lru_cache(maxsize=4)
def _open_resource(processor: str, params: str) -> tuple[Any, contextlib.ExitStack]:
    """Open the read-only resource of a processor, such as a model, once for each process."""
    stack = contextlib.ExitStack()
    found = registry.get_processor(processor)
    parameters = msgspec.json.decode(params, type=found.description.parameters)
    assert found.open
    return stack.enter_context(found.open(parameters)), stack


def _call_processor(task: StepTask, scratch: Path) -> ProcessResult:
    processor = registry.get_processor(task.step.processor)
    more = {"combined": task.combined} if processor.combine else {}
    if processor.open:
        params = msgspec.json.encode(task.step.params).decode()
        more["resource"] = _open_resource(task.step.processor, params)[0]
    return interface.run_processor(
        processor, task.input.location, scratch, task.step.params, **more
    )


def _place(task: StepTask, scratch: Path, result: ProcessResult) -> StepRecord:
    """Give the outputs of a processor their names, and record that; return the record.

    Raise TargetExists, and place none, if a name is taken by a file of others.
    """
    step, number = task.step.name, task.number
    kept = _get_records(task)
    before = kept.load(step, number)
    own = {file.path: file for file in (*before.replaced, *before.outputs)} if before else {}
    top = scratch.resolve()
    made = [_check_output(path, top, task) for path in result.output_paths]
    outputs = [_describe_target(path, top, task, own) for path in made]
    new = {file.path for file in outputs}
    record = StepRecord(
        key=_build_key(task),
        input=task.input,
        outputs=tuple(outputs),
        replaced=tuple(file for path, file in own.items() if path not in new),
        metrics=dict(result.metrics),
        seconds=result.seconds,
    )
    kept.save(step, number, record, flush=True)
    for path in made:
        with translate_errors(path), atomic_files.open_handle(path) as handle:
            atomic_files.sync_data(handle)
    for path, file in zip(made, outputs, strict=True):
        _rename(path, file.location)
    for file in record.replaced:
        records.remove_own(file)
    record = structs.replace(record, replaced=(), is_placed=True)
    kept.save(step, number, record)
    return record


def _check_output(path: Path, scratch: Path, task: StepTask) -> Path:
    """Return the path of an output; raise ItemFailed if it is no file in the scratch folder."""
    real = (scratch / path).resolve()
    if not real.is_relative_to(scratch) or path.is_symlink() or not real.is_file():
        shown = path_text.display_path(path)
        raise ItemFailed(
            f"Processor {task.step.processor} named {shown} as its output, which is no file in its"
            " output folder. Nothing was kept. Report that to its author."
        )
    return real


def _describe_target(
    path: Path, scratch: Path, task: StepTask, own: Mapping[str, PlacedFile]
) -> PlacedFile:
    """Describe an output under its final name; raise TargetExists if that is taken."""
    target = path_text.to_path(task.target) / path.relative_to(scratch)
    found = records.describe_input(path_text.escape_path(path))
    file = structs.replace(found, path=path_text.escape_path(target))
    if os.path.lexists(target) and not manifest.has_content(target, file.sha256):
        known = own.get(file.path)
        if known is None or not known.is_unchanged:
            raise TargetExists(target, _EXISTS_HINT)
    return file


def _rename(path: Path, target: Path) -> None:
    """Rename an output to its final name, which is free, or that of a file to replace."""
    with translate_errors(target):
        if os.path.lexists(target):
            path.replace(target)
            return
        atomic_files.make_folder(target.parent)
        if not file_copies.link_into_place(path, target):
            raise TargetExists(target, _EXISTS_HINT)


def _measure(task: StepTask) -> None:
    """Measure the input of a step that needs all files, unless that is recorded."""
    name, kept = _name_measured(task.step), _get_records(task)
    key = _build_key(structs.replace(task, combined=None))
    record = kept.load(name, task.number)
    if record and record.key == key:
        return
    processor = registry.get_processor(task.step.processor)
    assert processor.measure
    params = interface.convert_parameters(processor.description, task.step.params)
    value = processor.measure(task.input.location, params)
    metrics = {"measured": value}
    kept.save(name, task.number, StepRecord(key=key, input=task.input, metrics=metrics))


def _name_measured(step: PipelineStep) -> str:
    return f"{step.name}.measured"


def combine(folder: Path, session: SessionFile, step: int, sources: Iterable[str]) -> Any:
    """Combine a step's measurements of all files; return the result if it has changed, or None.

    The paths of `sources` are escaped.
    """
    planned = session.pipeline.steps[step]
    processor = registry.get_processor(planned.processor)
    if processor.combine is None:
        return None
    measured = list[Any]()
    for source in sources:
        found = FileRecords.from_source(folder, source).load_all(_name_measured(planned))
        measured += [record.metrics["measured"] for record in found]
    if not measured:
        return None
    params = interface.convert_parameters(processor.description, planned.params)
    try:
        value = msgspec.to_builtins(processor.combine(measured, params))
    except Exception as error:
        text = f"Step {planned.name} cannot combine what it measured: {error!r}."
        raise UsageError(f"{text} Report that to the author of {planned.processor}.") from error
    return value if value != load_combined(folder, planned) else None


def save_combined(folder: Path, session: SessionFile, step: int, value: Any) -> None:
    """Save what `combine` returned.

    First reset the files that have used the former result: after a kill in between, it has still
    changed, and they are reset again.
    """
    atomic_files.write_atomic(
        _get_combined_path(folder, session.pipeline.steps[step]), msgspec.json.encode(value)
    )


def read_result(folder: Path, session: SessionFile, source: str) -> ProcessResult:
    """Return what the last step has made of a completed source, whose path is escaped."""
    kept = FileRecords.from_source(folder, source)
    made = kept.load_all(session.pipeline.steps[-1].name)
    return ProcessResult(
        success=True,
        output_paths=tuple(file.location for record in made for file in record.outputs),
        metrics={name: value for record in made for name, value in record.metrics.items()},
        seconds=sum(record.seconds for record in made),
    )
