"""Process one artist folder, whether it is in the queue or not: read, diagnose, repair, report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from msgspec import structs

from mediakeep import path_text, sample_library
from mediakeep.app.console import CommandResult, Console
from mediakeep.app.edit import item_checkout
from mediakeep.app.music import artist_folder, isolated_worker
from mediakeep.app.subjects import registry
from mediakeep.app.subjects.interface import ReviewOptions, WorkerOptions
from mediakeep.errors import MediakeepError, ServiceFailed, UsageError
from mediakeep.item import Item, Status
from mediakeep.media import ignore_rules
from mediakeep.music.item import MUSIC, MusicItem
from mediakeep.outcome import NO_PROGRESS, Outcome, Stamp, Work
from mediakeep.policy import FixLevel
from mediakeep.size_text import format_count


def process_folder(
    home: Path,
    folder: Path,
    review: ReviewOptions,
    ignored: ignore_rules.IgnoreSettings,
    console: Console,
    *,
    write: bool,
) -> CommandResult:
    """Read, diagnose and repair an artist folder, and write its report; update its item.

    Raise UsageError if the options cannot be combined.
    """
    if review.policy.fix is not FixLevel.NONE and write:
        sample_library.refuse_real_library(folder)
    items = registry.read_items(home, MUSIC)
    _check_options(items, folder, review, write=write)
    target = _find_artist(items, folder)
    review = structs.replace(review, lookup_key=target.lookup_key)
    options = WorkerOptions(write, ignored, review=review)
    for warning in registry.get_subject(MUSIC).before_batch(home, options, items):
        console.print_warning(warning)
    outcome = _process_artist(home, target, options, console)
    return _build_result(home, folder, target.item, outcome, options)


def _build_result(
    home: Path, folder: Path, item: Item, outcome: Outcome, options: WorkerOptions
) -> CommandResult:
    """Return what the result of an artist is, and what its audio was compared with."""
    write, name = options.write, path_text.to_printable(folder.name)
    accepted = outcome.facts.get("accepted", [])
    accepts = options.review.accept_audio_change and write
    refused = _unaccepted_differences(home, item) if accepts else {}
    lines = [f"{name}: {outcome.message}"]
    lines += [
        f"  {change}" for change in registry.get_reviewed(MUSIC).format_dry_run(outcome.facts)
    ]
    lines += [f"  {number} {kind}" for kind, number in _sort_by_severity(outcome)]
    if notes := outcome.data.get("notes"):
        lines.append(f"  and {format_count(notes, 'note')}, which need no decision")
    lines += [f"{'Accepted' if write else 'Would accept'}: {place}" for place in accepted]
    lines += [f"Not accepted: {place} ({why})" for place, why in refused.items()]
    lookup_note = outcome.facts.get("unreached") or outcome.facts.get("unasked")
    lines += [path_text.to_printable(lookup_note)] if lookup_note else []
    if write and outcome.state is Status.COMPLETED:
        lines.append(f"Report: {path_text.display_path(home / outcome.data['report'])}")
    data = {"artist": path_text.escape_path(folder.name), "state": outcome.state, **outcome.data}
    data |= {"due": outcome.facts["due"]} if "due" in outcome.facts else {}
    data |= {"accepted" if write else "would_accept": accepted} if accepted else {}
    data |= {"not_accepted": refused} if refused else {}
    data |= {"lookup_note": lookup_note} if lookup_note else {}
    code = _exit_code(outcome)
    error = str(lookup_note) if code == ServiceFailed.exit_code else lines[0]
    return CommandResult(lines, data, code, (error,))


def _exit_code(outcome: Outcome) -> int:
    """Return the exit code; a failed artist takes precedence over a failed service."""
    if outcome.state is not Status.COMPLETED:
        return MediakeepError.exit_code
    return ServiceFailed.exit_code if "unreached" in outcome.facts else 0


def _sort_by_severity(outcome: Outcome) -> list[tuple[str, int]]:
    """Return the counts of issues by severity."""
    from mediakeep.music.issue_kinds import ISSUE_KINDS  # here, as --help must be quick

    counts = outcome.data.get("issues", {})
    return [(kind.name, counts[kind.name]) for kind in ISSUE_KINDS if kind.name in counts]


def _check_options(
    items: Mapping[str, Item], folder: Path, options: ReviewOptions, *, write: bool
) -> None:
    """Reject options that cannot be combined.

    The essence database knows an artist by name, so a copy elsewhere must not change it.
    """
    if options.accept_audio_change and not options.deep:
        raise UsageError("--accept-sound needs --deep: only a deep scan decodes the audio.")
    item_of_name = items.get(path_text.escape_path(folder.name))
    if (
        options.deep
        and write
        and item_of_name
        and not artist_folder.is_same_folder(folder, item_of_name.path)
    ):
        raise UsageError(
            f"The essence database has {item_of_name.path} under this name. Add"
            " --dry-run to compare this folder with it."
        )


class TargetArtist(NamedTuple):
    """An artist, whether it is in the queue, and its keys."""

    key: str
    item: Item
    in_queue: bool
    lookup_key: str = ""


def _process_artist(
    home: Path, target: TargetArtist, options: WorkerOptions, console: Console
) -> Outcome:
    """Call the worker as a batch would; an artist in the queue is claimed and settled."""
    key, item = target.key, target.item
    if not options.write:
        return _run_worker(home, item, Stamp("", key, 0, 0), options)
    with item_checkout.open_checkout(home, MUSIC, "process_artist", console) as checkout:
        checkout.claim([], [key] if target.in_queue else [])
        outcome = _run_worker(home, item, checkout.stamp_as_batch(key), options)
        if target.in_queue:
            checkout.record_outcome(key, outcome)
        return outcome


def _run_worker(home: Path, item: Item, stamp: Stamp, options: WorkerOptions) -> Outcome:
    work = Work(item, stamp)
    open_worker = registry.get_subject(MUSIC).worker_factory(home, options)
    if options.review.deep:
        return isolated_worker.run_isolated(open_worker, work)
    with open_worker() as worker:
        outcome = worker(work, NO_PROGRESS)
    assert isinstance(outcome, Outcome)
    return outcome


def _unaccepted_differences(home: Path, item: Item) -> dict[str, str]:
    """Return the paths whose audio still differs, with the reason from the audit."""
    issues = registry.get_reviewed(MUSIC).read_issues(home, item) or []
    differing = {issue.path for issue in issues if issue.kind == "essence-changed"}
    return {
        issue.path: f"{issue.kind}: {issue.detail}"
        for issue in issues
        if issue.path in differing and issue.kind in ("decode-error", "truncated-audio")
    }


def _find_artist(items: Mapping[str, Item], folder: Path) -> TargetArtist:
    """Return the artist of the queue in a folder, or else a new item."""
    folder_item = artist_folder.find_folder(items, folder)
    if folder_item.item:
        return TargetArtist(folder_item.key, folder_item.item, in_queue=True)
    used_names = {path_text.normalize_name(item.output_name) for item in items.values()}
    stem = path_text.safe_name(folder.name, used_names)  # different from those in the queue
    item = MusicItem(status=Status.PENDING, path=path_text.escape_path(folder), output_name=stem)
    return TargetArtist(folder_item.key, item, in_queue=False, lookup_key=folder_item.lookup_key)
