"""Process one artist, whether it is in the queue or not: read, diagnose, repair, report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click
from msgspec import structs

from mediakeep import files, kinds, sample_library
from mediakeep.commands import apart, deep, folders, handwork, policies, services, shared, subjects
from mediakeep.commands.subject import Manner
from mediakeep.errors import MediakeepError, NoQueue, ServiceFailed, UsageFailed
from mediakeep.item import Item, MusicItem, Status
from mediakeep.media import ignoring
from mediakeep.outcome import QUIET, Outcome, Stamp, Work
from mediakeep.pages import page
from mediakeep.policy import Fix
from mediakeep.queue import reading


@shared.command()
@click.argument("path", type=shared.Place())
@click.option("--dry-run", is_flag=True, help="Print the result; write nothing.")
@click.option(
    "--accept-sound",
    is_flag=True,
    help="With --deep: accept audio that differs from the essence database as correct.",
)
@deep.option
@services.refreshing
@services.options
@policies.fixing
@shared.ignoring
@shared.as_json
def main(home: Path, path: Path, as_json: bool, **options: Any) -> int:
    """Read the artist folder PATH, find its issues, repair what is safe, and write its report.

    If the artist is in the queue, its item is updated.
    """
    folder = path.expanduser().resolve()
    if not folder.is_dir():
        raise UsageFailed(f"{files.display_path(path)} is not a folder.")
    policy = policies.policy(options)
    access = services.access(options, fresh=options["refresh"])
    if policy.fix is not Fix.NONE and not options["dry_run"]:
        sample_library.refuse_real_library(folder)
    is_deep, accept_sound = options["deep"], options["accept_sound"]
    ignored = ignoring.patterns(options["ignore"])
    write = not options["dry_run"]
    worker_options = Manner(write, is_deep, accept_sound, policy, access=access, ignored=ignored)
    items = _items(home)
    _check(items, folder, worker_options)
    target = _found(items, folder)
    item, worker_options = (
        target.item,
        structs.replace(worker_options, lookup_key=target.lookup_key),
    )
    for warning in subjects.of(kinds.MUSIC).ready(home, access, items):
        click.echo(f"Warning: {warning}", err=True)
    outcome = _work(home, target, worker_options)
    name = files.printable(folder.name)
    accepted = outcome.facts.get("accepted", [])
    refused = _refused(home, item) if worker_options.accept_sound and worker_options.write else {}
    lines = [f"{name}: {outcome.message}"]
    lines += [f"  {change}" for change in subjects.of(kinds.MUSIC).told(outcome.facts)]
    lines += [f"  {number} {kind}" for kind, number in _by_urgency(outcome)]
    if notes := outcome.data.get("notes"):
        lines.append(f"  and {page.counted(notes, 'note')}, which need no decision")
    lines += [
        f"{'Accepted' if worker_options.write else 'Would accept'}: {place}" for place in accepted
    ]
    lines += [f"Not accepted: {place} ({why})" for place, why in refused.items()]
    if lookup_note := outcome.facts.get("unreached") or outcome.facts.get("unasked"):
        lines.append(files.printable(lookup_note))
    if worker_options.write and outcome.state is Status.COMPLETED:
        lines.append(f"Report: {files.display_path(home / outcome.data['report'])}")
    data = {"artist": files.escape(folder.name), "state": outcome.state, **outcome.data}
    data |= {"due": outcome.facts["due"]} if "due" in outcome.facts else {}
    data |= {"accepted" if worker_options.write else "would_accept": accepted} if accepted else {}
    data |= {"not_accepted": refused} if refused else {}
    data |= {"lookup_note": lookup_note} if lookup_note else {}
    shared.show(lines, data, as_json=as_json)
    return _code(outcome)


def _code(outcome: Outcome) -> int:
    """Return the exit code; a failed artist takes precedence over a failed service."""
    if outcome.state is not Status.COMPLETED:
        return MediakeepError.exit_code
    return ServiceFailed.exit_code if "unreached" in outcome.facts else 0


def _by_urgency(outcome: Outcome) -> list[tuple[str, int]]:
    """Return the counts of issues by severity."""
    from mediakeep.music.kinds import KINDS  # here, as --help must be quick

    counts = outcome.data.get("issues", {})
    return [(kind.name, counts[kind.name]) for kind in KINDS if kind.name in counts]


def _items(home: Path) -> Mapping[str, Item]:
    """Return the items of the queue; none if there is no queue."""
    try:
        return reading.state(subjects.folder(home, kinds.MUSIC), kinds.MUSIC).items
    except NoQueue:
        return {}


def _check(items: Mapping[str, Item], folder: Path, options: Manner) -> None:
    """Reject options that cannot be combined.

    The essence database knows an artist by name, so a copy elsewhere must not change it.
    """
    if options.accept_sound and not options.deep:
        raise UsageFailed("--accept-sound needs --deep: only a deep scan decodes the audio.")
    deep.check(options.deep)
    item_of_name = items.get(files.escape(folder.name))
    if (
        options.deep
        and options.write
        and item_of_name
        and not folders.is_at(folder, item_of_name.path)
    ):
        raise UsageFailed(
            f"The essence database has {item_of_name.path} under this name. Add"
            " --dry-run to compare this folder with it."
        )


class Found(NamedTuple):
    """An artist, whether it is in the queue, and its keys."""

    key: str
    item: Item
    known: bool
    lookup_key: str = ""


def _work(home: Path, target: Found, options: Manner) -> Outcome:
    """Call the worker as a batch would; an artist in the queue is claimed and settled."""
    key, item = target.key, target.item
    if not options.write:
        return _called(home, item, Stamp("", key, 0, 0), options)
    with handwork.begun(home, kinds.MUSIC, "process_artist") as checkout:
        checkout.take([], [key] if target.known else [])
        outcome = _called(home, item, checkout.batch_stamp(key), options)
        if target.known:
            checkout.finish(key, outcome)
        return outcome


def _called(home: Path, item: Item, stamp: Stamp, options: Manner) -> Outcome:
    work = Work(item, stamp)
    open_worker = subjects.of(kinds.MUSIC).opening(home, options)
    if options.deep:
        return apart.call(open_worker, work)
    with open_worker() as worker:
        outcome = worker(work, QUIET)
    assert isinstance(outcome, Outcome)
    return outcome


def _refused(home: Path, item: Item) -> dict[str, str]:
    """Return the paths whose audio still differs, with the reason from the audit."""
    issues = subjects.of(kinds.MUSIC).issues(home, item) or []
    differing = {issue.path for issue in issues if issue.kind == "essence-changed"}
    return {
        issue.path: f"{issue.kind}: {issue.detail}"
        for issue in issues
        if issue.path in differing and issue.kind in ("decode-error", "truncated-audio")
    }


def _found(items: Mapping[str, Item], folder: Path) -> Found:
    """Return the artist of the queue in a folder, or else a new item."""
    folder_item = folders.at(items, folder)
    if folder_item.item:
        return Found(folder_item.key, folder_item.item, known=True)
    used_names = {files.fold(item.output_name) for item in items.values()}
    stem = files.safe_name(folder.name, used_names)  # different from those in the queue
    item = MusicItem(status=Status.PENDING, path=files.escape(folder), output_name=stem)
    return Found(folder_item.key, item, known=False, lookup_key=folder_item.lookup_key)
