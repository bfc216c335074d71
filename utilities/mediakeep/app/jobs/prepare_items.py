"""What a job command does to the queue before its batch: scan, add items, retry failed ones."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import clock, path_text
from mediakeep.app.console import CommandResult
from mediakeep.app.jobs.job_request import Preparation
from mediakeep.app.queue_admin import new_home, reset, scan
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.app.subjects import registry
from mediakeep.app.subjects.interface import JobActions
from mediakeep.errors import OUT_OF_SPACE, NoQueue, ScanRefused, UsageError
from mediakeep.item import Item, NewItem, Status
from mediakeep.kinds import list_kinds
from mediakeep.queue import actions, claims, item_archive, new_jobs, resets, scan_diff, snapshot
from mediakeep.queue.new_jobs import AddResult
from mediakeep.queue.queue import Queue
from mediakeep.queue.scan_diff import MAX_VANISHED_SHARE, ScanDiff
from mediakeep.queue.snapshot import SnapshotHead
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import QueueChange
from mediakeep.size_text import format_count


def prepare(context: ManagerContext, preparation: Preparation) -> CommandResult:
    """Change the queue.

    Nothing is changed if the settings do not fit or one of the paths to add cannot become an item.
    """
    get_actions(context).check_settings(preparation.settings)
    new = _build_items(context, preparation)
    results = []
    if preparation.scan:
        results.append(scan.scan_library(context, preparation.scan))
    if new:
        results.append(add_items(context, new))
    if (context.queue_folder / snapshot.FILE).exists():
        with context.open_queue() as queue:
            queue.commit(actions.unpark_items(partial(_select_released, context, preparation)))
            items = queue.state.items
        results.append(CommandResult(_list_stored_options(items, preparation), {}))
        results.append(_add_second_outputs(context, items, preparation))
        remade, missing = _find_missing_outputs(context, items, preparation)
        results.append(missing)
        if remade:
            reset.reset_items(context, remade)
    if preparation.retry_failed:
        results.append(reset.reset_errors(context))
    data = {name: value for result in results for name, value in result.data.items()}
    return CommandResult([line for result in results for line in result.lines], data)


class Preview(msgspec.Struct, frozen=True):
    """The queue as it would be after a preparation, and the keys of the items to add.

    `refusal` says if the scan would be refused.
    """

    state: QueueState
    added: tuple[str, ...]
    refusal: CommandResult


def preview(context: ManagerContext, preparation: Preparation) -> Preview:
    """Return the queue as it would be after `prepare` in a new batch; write nothing."""
    get_actions(context).check_settings(preparation.settings)
    state = _load_or_create_state(context, preparation)
    claims.simulate_recovery(state, context.location)
    result = CommandResult([], {})
    if preparation.scan:
        diff = scan.compare_with_library(context, state, preparation.scan)
        result = _preview_refusal(context, state, diff)
        _apply(state, diff.build_patches(), "scan")
    retired = item_archive.load_retired(context.queue_folder, state.kind, state.items)
    new = _build_items(context, preparation)
    select = partial(_select_released, context, preparation)
    if freed := actions.unpark_items(select)(state):
        _apply(state, freed.items, freed.op)
    second = get_actions(context).find_second_outputs(state.items, preparation.settings)
    _apply(state, second.kept, "keep")
    elsewhere = {"elsewhere": second.lines} if second.lines else {}
    remade, missing = _find_missing_outputs(context, state.items, preparation)
    _apply(state, _build_resets(state, remade), "reset")
    lines = [*result.lines, *_list_stored_options(state.items, preparation), *second.lines]
    lines += missing.lines
    result = CommandResult(lines, {**result.data, **elsewhere, **missing.data})
    new += second.new
    now = clock.format_iso(context.location.now())
    if added := new_jobs.build_add_change(state, new, retired.values(), now):
        _apply(state, added.items, added.op)
    if again := new_jobs.build_readd_change(state, new):
        _apply(state, again.items, again.op)
    keys = new_jobs.list_results(state, new, ())
    if preparation.retry_failed:
        failed = [key for key, item in state.items.items() if item.status is Status.ERROR]
        _apply(state, _build_resets(state, failed), "reset")
    all_keys = {**keys, **dict.fromkeys(added.items if added else ())}
    return Preview(state, tuple(all_keys), result)


def _list_stored_options(items: Mapping[str, Item], preparation: Preparation) -> list[str]:
    """Return a line if options of the command differ from those of items to retry."""
    given = preparation.settings.get("given", {}) if preparation.retry_failed else {}
    stored = {
        f"--{name.replace('_', '-')}": None
        for item in items.values()
        if item.status is Status.ERROR
        for name, value in getattr(item, "options", {}).items()
        if given.get(name, value) != value
    }
    if not stored:
        return []
    return [
        f"Failed items that were added with another {', '.join(stored)} keep it."
        " To change it, give their folders again."
    ]


def _select_released(
    context: ManagerContext, preparation: Preparation, state: QueueState
) -> list[str]:
    """Return the keys of the items whose wait the user may have ended.

    They wait for disk space, which older queues say by the beginning of the reason only, or for
    what the settings now have.
    """
    freed = [
        key
        for key, item in state.items.items()
        if item.out_of_space or item.parked.startswith(OUT_OF_SPACE)
    ]
    return [*freed, *get_actions(context).find_unblocked(state.items, preparation.settings)]


def _preview_refusal(context: ManagerContext, state: QueueState, diff: ScanDiff) -> CommandResult:
    if context.yes or not state.items:
        return CommandResult([], {})
    try:
        scan_diff.refuse_mass_removal(diff, state, state.head.library_path)
    except ScanRefused as error:
        return CommandResult([f"The scan would be refused: {error}"], {"refused": str(error)})
    return CommandResult([], {})


def _apply(state: QueueState, patches: Mapping[str, dict[str, Any] | None], op: str) -> None:
    for key, item in state.build_changed_items(patches, op).items():
        state.put_item(key, item)


def _load_or_create_state(context: ManagerContext, preparation: Preparation) -> QueueState:
    """Load the queue; return an empty one if there is none and the preparation would create it."""
    try:
        return context.read_state()
    except NoQueue:
        if not (preparation.scan or preparation.add):
            raise
    created = clock.format_iso(clock.now())
    library = registry.library_path_text(preparation.scan or "")
    head = SnapshotHead(
        kind=context.kind.name,
        generation=0,
        snapshot_id="",
        seq=0,
        library_path=library,
        created=created,
    )
    return QueueState(context.kind, head, {})


def _build_items(context: ManagerContext, preparation: Preparation) -> list[NewItem]:
    return [_build_item(context, given, preparation.settings) for given in preparation.add]


def _build_item(context: ManagerContext, given: Path | str, settings: Mapping[str, Any]) -> NewItem:
    """Return the item of a path or text that the user adds.

    Raise UsageError, with the example that is most like it, if its kind takes no such text.
    """
    if isinstance(given, Path):
        given = given.expanduser().absolute()
    is_fit = isinstance(given, str) == bool(context.kind.item_examples)
    if is_fit and (item := get_actions(context).build_item(given, settings)):
        return item
    import difflib  # here, as it is seldom needed

    examples = {text: kind for kind in list_kinds().values() for text in kind.item_examples}
    near = difflib.get_close_matches(str(given), examples, 1, 0.0)
    takers = [f" {examples[text].batch_script} takes items such as {text}." for text in near]
    shown = path_text.to_printable(str(given))
    raise UsageError(f'"{shown}" cannot be added: it is no {context.kind.noun}.{"".join(takers)}')


def get_actions(context: ManagerContext) -> JobActions:
    """Return the job actions of a context's kind; raise ValueError if it has none."""
    if (jobs := context.subject.jobs) is None:
        raise ValueError(f"The {context.kind.name} subject has no jobs.")
    return jobs


def add_items(context: ManagerContext, new: list[NewItem]) -> CommandResult:
    """Add new items to the queue, which is created if it is missing."""
    _create_queue_if_missing(context)
    with context.open_queue() as queue:
        results = queue.add(new)
        items = {key: queue.state.items[key] for key in results}
    added = [key for key, result in results.items() if result is AddResult.ADDED]
    count = format_count(len(added), context.kind.noun, context.kind.plural)
    names = [path_text.quote_escaped(items[key].name or items[key].path) for key in added]
    lines = [f"Added {count}: {', '.join(names)}."] if added else []
    existing = {key: result for key, result in results.items() if key not in added}
    lines += [_format_existing(context, key, items[key], existing[key]) for key in existing]
    return CommandResult(lines, {"added": added, "existing": existing})


def _format_existing(context: ManagerContext, key: str, item: Item, result: AddResult) -> str:
    """Return a line on an item that the queue has already."""
    name = path_text.quote_escaped(context.kind.name_item(key, item))
    if result is AddResult.DONE:
        output = get_actions(context).find_output(item)
        return f"{name} is already done{f': {path_text.to_printable(output)}' if output else ''}."
    if result is AddResult.RESET:
        return f"{name} is in the queue already, and pending again."
    if item.status is Status.IN_PROGRESS:
        return f"{name} is in the queue already; session {item.session} processes it."
    return f"{name} is in the queue already."


def _add_second_outputs(
    context: ManagerContext, items: Mapping[str, Item], preparation: Preparation
) -> CommandResult:
    """Add items for second outputs if the settings want them; else say what is done elsewhere."""
    found = get_actions(context).find_second_outputs(items, preparation.settings)
    if found.kept:
        with context.open_queue() as queue:
            queue.commit(
                lambda state: QueueChange(
                    "keep", {key: own for key, own in found.kept.items() if key in state.items}
                )
            )
    return (
        add_items(context, list(found.new))
        if found.new
        else CommandResult(list(found.lines), {"elsewhere": found.lines} if found.lines else {})
    )


def _build_resets(state: QueueState, keys: Iterable[str]) -> dict[str, dict[str, Any] | None]:
    return {key: resets.build_reset_patch(state.kind, state.items[key]) for key in keys}


def _find_missing_outputs(
    context: ManagerContext, items: Mapping[str, Item], preparation: Preparation
) -> tuple[tuple[str, ...], CommandResult]:
    """Return the keys of the items whose outputs are made again, and a line on all missing ones.

    Many are missing if an output folder is not mounted: then all are made again with --yes only.
    """
    jobs = get_actions(context)
    consumed = resets.find_consumed_sources(context.kind, items.values())
    published = {
        key: folder
        for key, item in items.items()
        if item.status is Status.COMPLETED and item.path not in consumed
        if (folder := jobs.find_output_folder(item))
    }
    missing = tuple(key for key in published if _is_missing(jobs.find_output(items[key])))
    if not missing:
        return (), CommandResult([], {})
    names = ", ".join(
        path_text.quote_escaped(context.kind.name_item(key, items[key])) for key in missing
    )
    is_wanted = preparation.settings.get("mirror", False)
    is_few = all(
        count <= MAX_VANISHED_SHARE * list(published.values()).count(folder)
        for folder, count in Counter(published[key] for key in missing).items()
    )
    if is_wanted and (context.yes or is_few):
        line = f"Missing outputs are made again: {names}."
        return missing, CommandResult([line], {"missing": missing})
    hint = (
        "Check that their folder is mounted. To make them again, add --yes."
        if is_wanted
        else f"To make them again, add --mirror, or --{context.kind.noun} NAME for one."
    )
    return (), CommandResult([f"Missing outputs: {names}. {hint}"], {"missing": missing})


def _is_missing(output: str) -> bool:
    """Return whether an output does not exist; an error of its disk does not prove that."""
    try:
        os.lstat(path_text.unescape_path(output))
    except OSError as error:
        return isinstance(error, FileNotFoundError | NotADirectoryError)
    return False


def _create_queue_if_missing(context: ManagerContext) -> None:
    path = context.queue_folder / snapshot.FILE
    if path.exists():
        return
    new_home.create_status_folder(context.home)
    try:
        Queue.create(context.location, context.kind, "", ()).close()
    except UsageError:
        if not path.exists():  # else another command has just created it
            raise
