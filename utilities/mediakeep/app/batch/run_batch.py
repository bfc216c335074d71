"""Run a batch of any kind: checks, alerts, maintenance and exit code."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import structs

from mediakeep import atomic_files, ignored_issues, path_text, sample_library
from mediakeep.app.batch import maintenance
from mediakeep.app.batch.alert_triggers import AlertTriggers
from mediakeep.app.batch.batch_request import BatchOptions
from mediakeep.app.batch.output import BatchOutput
from mediakeep.app.console import Console
from mediakeep.app.edit import plan_file
from mediakeep.app.subjects import registry
from mediakeep.app.subjects.interface import JobActions, Subject
from mediakeep.cluster.host_watch import ClusterCallbacks
from mediakeep.cluster.scheduler import open_scheduler
from mediakeep.errors import LibraryMissing, MediakeepError, ServiceFailed, StateDamaged, UsageError
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.media import temp_copies
from mediakeep.outcome import Outcome
from mediakeep.policy import FixLevel
from mediakeep.queue import actions, claims, queue, readonly
from mediakeep.queue.claims import PendingQueue
from mediakeep.queue.queue import Queue
from mediakeep.queue.sessions import WorkerStatus
from mediakeep.queue.state import QueueState
from mediakeep.runner import batch, dry_run, tasks
from mediakeep.runner.batch_config import (
    BatchCallbacks,
    BatchConfig,
    BatchResult,
    ParkedItem,
    SettledItem,
)
from mediakeep.runner.worker_process import WorkerProcess
from mediakeep.views import review, summary
from mediakeep.workspace.system_errors import find_existing_parent

_NOTHING_DECODED = (
    "No audio was decoded. To decode everything again, {} --reset-all makes all {} pending."
)

_MAX_SOURCE_FOLDERS = 20  # that hosts are checked for, outside the library
_SETTLED = frozenset({Status.COMPLETED, Status.SKIPPED})
_REFRESH_CHUNK = 50  # items that are claimed together to update their reports


def run(
    options: BatchOptions,
    workers: Sequence[WorkerProcess],
    output: BatchOutput,
    console: Console,
    *,
    preview: QueueState | None = None,
) -> int:
    """Run a batch with workers that were started early, and return its exit code.

    `preview` is the queue that a dry run processes, if it is not the one on the disk.
    """
    subject = registry.get_subject(options.request.kind)
    report = (
        _dry_run(subject, options, output, preview)
        if options.dry_run
        else _run_with_alerts(subject, options, output, console, workers)
    )
    if report.abort_error:
        raise report.abort_error
    if not options.dry_run:
        _run_maintenance(subject, options, console, stopped=report.stopped)
    return exit_code(report)


def exit_code(report: BatchResult) -> int:
    """Return the exit code of a batch; failed items take precedence over failed services.

    A batch that could do nothing for lack of disk space has failed.
    """
    if report.stopped:
        return 130
    if report.settled[Status.ERROR] or (report.out_of_space and not report.done_count):
        return MediakeepError.exit_code
    return ServiceFailed.exit_code if report.service_failures else 0


def _run_with_alerts(
    subject: Subject,
    options: BatchOptions,
    output: BatchOutput,
    console: Console,
    workers: Sequence[WorkerProcess],
) -> BatchResult:
    triggers = AlertTriggers(options.home, subject.kind, options.alerts)
    try:
        return _run_with_queue(subject, options, output, console, workers, triggers)
    except StateDamaged as error:
        triggers.on_damage(error)
        _print_warnings(console, triggers.warnings)
        raise


def _run_with_queue(
    subject: Subject,
    options: BatchOptions,
    output: BatchOutput,
    console: Console,
    workers: Sequence[WorkerProcess],
    triggers: AlertTriggers,
) -> BatchResult:
    folder = registry.queue_folder(options.home, subject.kind)
    temp_copies.remove_abandoned(options.home / "status" / "undo")
    place = queue.locate_queue(folder, notice=console.print_message)
    with (
        open_scheduler(options.scheduler) as scheduler,
        Queue.open(place, subject.kind) as open_queue,
    ):
        _check_before_batch(subject, options, open_queue.state)
        name = options.item_name
        key = actions.find_item_key(open_queue.state, name) if name else ""
        plan = structs.replace(options.config, key=key)
        warnings = [
            *subject.before_batch(options.home, options.worker_options, open_queue.state.items)
        ]

        def note_refusal(warning: str) -> None:
            if warning not in warnings:
                warnings.append(warning)

        def milestone() -> None:
            _write_exports(subject, options.home, open_queue.state, warnings)

        triggers.on_start(open_queue)
        face = structs.replace(
            _build_callbacks(subject.kind, output, triggers, open_queue), on_milestone=milestone
        )
        watch = ClusterCallbacks(
            partial(_note_workers, open_queue), triggers.on_lost_host, note_refusal
        )
        folders = _list_shared_folders(subject, options, open_queue.state)
        # Jobs have working files and locks in the home, which all hosts must see then.
        with scheduler.open_executors(
            folders, watch, is_home_served=subject.jobs is None
        ) as open_executor:
            report = batch.run_batch(
                open_queue, options.worker_factory(), plan, face, workers, open_executor
            )
        report.warnings += [scheduler.warning] if scheduler.warning else []
        triggers.on_finish(report, open_queue)
        items = open_queue.state.items
        outdated = subject.reviewed.outdated_items(items) if subject.reviewed else []
        stale = {key: items[key] for key in outdated}
    if stale and not report.stopped:
        report.manual_reviews += _refresh_stale_reports(
            subject, options.home, stale, warnings, console
        )
    # Only now is everything in the history, from which the pace is computed.
    report.warnings += _list_missing_work(subject.kind, options, report)
    report.warnings += [*open_queue.take_warnings(), *warnings, *triggers.warnings]
    report.listed_reviews = review.count_reviews(options.home)
    output.on_finish(report, summary.read_queue_status(folder, open_queue.state))
    _print_warnings(console, report.warnings)
    return report


def _check_before_batch(subject: Subject, options: BatchOptions, state: QueueState) -> None:
    """Raise a MediakeepError if the library cannot be used, and remove partial outputs."""
    require_library(state)
    if options.request.policy.fix is not FixLevel.NONE:
        library = path_text.unescape_path(state.head.library_path)
        sample_library.refuse_real_library(Path(library))
    remove_partial_outputs(options.home, subject.kind)
    if subject.reviewed:
        ignored_issues.read(options.home)  # a damaged file ends the batch before any claim


def _build_callbacks(
    kind: Kind, output: BatchOutput, triggers: AlertTriggers, open_queue: Queue
) -> BatchCallbacks:
    """Return callbacks that pass what a batch does to the output, with names, and to alerts."""

    def name(key: str) -> str:
        return kind.name_item(key, open_queue.state.items.get(key))

    def settled(settled_item: SettledItem) -> None:
        output.on_item(structs.replace(settled_item, key=name(settled_item.key)))
        triggers.on_item(settled_item, open_queue)

    def parked(parked_item: ParkedItem) -> None:
        named = structs.replace(parked_item, key=name(parked_item.key))
        output.on_parked(named)
        triggers.on_parked(named, open_queue)

    def dropped(key: str, why: str) -> None:
        output.on_dropped(name(key), why)

    def progress(key: str, done: int, of: int, service: str) -> None:
        item = open_queue.state.items.get(key)
        stage = kind.get_next_stage(item) if item else ""
        output.on_progress(name(key), done, of, service, stage)

    return BatchCallbacks(output.on_start, settled, progress, on_parked=parked, on_dropped=dropped)


def _note_workers(open_queue: Queue, workers: Sequence[WorkerStatus], dashboard: str) -> None:
    if open_queue.session:
        open_queue.session.note_workers(workers, dashboard)


def _list_missing_work(kind: Kind, options: BatchOptions, report: BatchResult) -> list[str]:
    """Return warnings of work that was not done, and note why lookups were not made."""
    if report.pending_lookups and not (options.access.is_enabled or report.lookup_note):
        report.lookup_note = str(options.access.build_skipped_error())
    nothing = options.deep and not report.claimed
    return [_NOTHING_DECODED.format(kind.manager_script, kind.plural)] if nothing else []


def _list_shared_folders(subject: Subject, options: BatchOptions, state: QueueState) -> list[Path]:
    """Return the folders that all hosts of a batch must see, or their parents; first the home."""
    library = path_text.to_path(state.head.library_path)
    own = subject.jobs.list_folders(options.home, options.request.settings) if subject.jobs else ()
    folders = [*([library] if library.is_dir() and library.is_absolute() else []), *own]
    sources = itertools.islice(_find_source_folders(state), _MAX_SOURCE_FOLDERS)
    return list(dict.fromkeys([options.home, *map(find_existing_parent, folders), *sources]))


def _find_source_folders(state: QueueState) -> Iterator[Path]:
    """Yield the folders of the sources outside the library that are still to be processed.

    Hosts need not share what cannot be written here, nor the folder of a mount point.
    """
    library = state.head.library_path and f"{state.head.library_path.rstrip('/')}/"
    sources: dict[str, str] = {}  # by folder, one of each
    for item in state.items.values():
        folder = item.path.rpartition("/")[0]
        is_inside = bool(library) and item.path.startswith(library)
        if folder.startswith("/") and not is_inside and item.status not in _SETTLED:
            sources.setdefault(folder, item.path)
    for folder, source in sources.items():
        path = path_text.to_path(folder)
        if os.access(path, os.W_OK) and not os.path.ismount(path_text.to_path(source)):
            yield path


def _write_exports(subject: Subject, home: Path, state: QueueState, warnings: list[str]) -> None:
    """Update the exports of a queue; what fails is written by the next batch."""
    if (reviewed := subject.reviewed) is None:
        return
    entries = review.skip_items_with_errors(partial(reviewed.read_reviews, home), warnings)
    try:
        review.update_review_list(home, registry.queue_folder(home, subject.kind), state, entries)
        warnings.extend(reviewed.write_exports(home, state))
    except (OSError, MediakeepError) as error:
        warnings.append(f"Not all views could be written: {tasks.format_error(error)}")


def _refresh_stale_reports(
    subject: Subject,
    home: Path,
    stale: Mapping[str, Item],
    warnings: list[str],
    console: Console,
) -> int:
    """Read items again whose reports mention other items that have changed.

    Return how many more reviews are open because of it. The items are claimed in small groups; if
    this is killed, a claimed group is read again from the start.
    """
    from mediakeep.app.edit import item_checkout

    keys = list(stale)
    try:
        with item_checkout.open_checkout(
            home, subject.kind, "bring_up_to_date", console
        ) as checkout:
            for first in range(0, len(keys), _REFRESH_CHUNK):
                # If another batch holds one of them, that batch or the next one updates these.
                with contextlib.suppress(UsageError):
                    checkout.rescan_and_settle(
                        *checkout.claim([], keys[first : first + _REFRESH_CHUNK])
                    )
        state = readonly.load_state(registry.queue_folder(home, subject.kind), subject.kind)
        _write_exports(subject, home, state, warnings)
    except (OSError, MediakeepError) as error:
        reason = tasks.format_error(error)
        warnings.append(f"Not all reports could be brought up to date: {reason}")
        return 0
    now = sum(state.items[key].manual_reviews for key in keys if key in state.items)
    return now - sum(item.manual_reviews for item in stale.values())


def _run_maintenance(
    subject: Subject, options: BatchOptions, console: Console, *, stopped: bool
) -> None:
    """Write due reports and maintain the record; after a stop only the reports.

    What was done is printed in text output only.
    """
    folder = registry.queue_folder(options.home, subject.kind)
    place = queue.locate_queue(folder, notice=console.print_message)
    _print_warnings(console, maintenance.write_due_reports(place, options.maintenance))
    if not stopped:
        result = maintenance.run_maintenance(place, subject, options.maintenance)
        console.print_lines([] if options.as_json else result.notes)
        _print_warnings(console, result.warnings)


def _print_warnings(console: Console, warnings: Sequence[str]) -> None:
    for warning in dict.fromkeys(warnings):
        console.print_warning(warning)


def _dry_run(
    subject: Subject, options: BatchOptions, output: BatchOutput, preview: QueueState | None
) -> BatchResult:
    """Do a dry run on the items that a batch would process, without leaving a trace."""
    folder = registry.queue_folder(options.home, subject.kind)
    state = preview or readonly.load_state(folder, subject.kind)
    require_library(state)
    claims.simulate_recovery(state, queue.locate_queue(folder))
    keys = (
        [actions.find_item_key(state, options.item_name)]
        if options.item_name
        else _next_keys(state, options.config)
    )
    due: list[Any] = []

    def settled(settled_item: SettledItem) -> None:
        due.extend(settled_item.outcome.facts.get("due", ()))
        name = subject.kind.name_item(settled_item.key, state.items[settled_item.key])
        output.on_item(structs.replace(settled_item, key=name))

    face = BatchCallbacks(output.on_start, settled, output.on_progress)
    jobs = subject.jobs
    plan = partial(_plan_item, jobs, options) if jobs else None
    report = dry_run.simulate_batch(
        state, keys, options.worker_factory(), options.config, face, plan
    )
    if options.plan_out and not report.stopped:
        report.notes += plan_file.save(options.home, options.plan_out, due)
    output.on_dry_run(report)
    return report


def _plan_item(jobs: JobActions, options: BatchOptions, item: Item) -> list[str] | Outcome:
    stages = options.config.stages
    plan = jobs.plan(options.home, item, options.request.settings)
    if not stages or isinstance(plan, Outcome):
        return plan
    return [*plan, f"of these stages, only: {', '.join(stages)}"]


def _next_keys(state: QueueState, plan: BatchConfig) -> list[str]:
    """Return the keys that a batch would claim."""
    if plan.keys is not None:
        return list(plan.keys)
    count = len(state.items) if plan.size is None else plan.size
    return PendingQueue(state).peek_keys(count, lookups=plan.lookups)


def require_library(state: QueueState) -> None:
    """Raise LibraryMissing if the library is missing or empty: an unmounted share is not a loss.

    The folder of a kind that consumes its source may be empty. A queue of added items has none, and
    neither has one of items that are no paths.
    """
    if not state.head.library_path or state.kind.item_examples:
        return
    root = Path(path_text.unescape_path(state.head.library_path))
    try:
        empty = not any(root.iterdir())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LibraryMissing(path_text.escape_path(root), "missing") from error
    except OSError as error:
        raise UsageError(
            f"The library {path_text.display_path(root)}: {error.strerror}."
        ) from error
    if empty and not state.kind.consumes_source:
        raise LibraryMissing(path_text.escape_path(root), "empty")


def remove_partial_outputs(home: Path, kind: Kind) -> None:
    """Remove partial outputs of a killed batch, while no other batch can be writing."""
    outputs = home / "outputs"
    for folder in (outputs, outputs / kind.main_name, home / "issues" / kind.main_name):
        atomic_files.remove_stale_temp_files(folder)
