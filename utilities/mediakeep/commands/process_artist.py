"""One artist at once, whether the queue knows it or not: read, diagnosed, repaired, reported."""

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
@click.option("--dry-run", is_flag=True, help="Say what is found; write nothing.")
@click.option(
    "--accept-sound",
    is_flag=True,
    help="With --deep: take the sounds that differ from the ledger for the true ones.",
)
@deep.option
@services.refreshing
@services.options
@policies.fixing
@shared.ignoring
@shared.as_json
def main(home: Path, path: Path, as_json: bool, **given: Any) -> int:
    """Read the artist folder PATH, find its issues, repair what is safe, and write its report.

    Where the queue knows the artist, it is told.
    """
    folder = path.expanduser().resolve()
    if not folder.is_dir():
        raise UsageFailed(f"{files.display_path(path)} is not a folder.")
    policy = policies.policy(given)
    access = services.access(given, fresh=given["refresh"])
    if policy.fix is not Fix.NONE and not given["dry_run"]:
        sample_library.refuse_real_library(folder)
    deep_one, sound = given["deep"], given["accept_sound"]
    ignored = ignoring.patterns(given["ignore"])
    write = not given["dry_run"]
    manner = Manner(write, deep_one, sound, policy, access=access, ignored=ignored)
    items = _items(home)
    _check(items, folder, manner)
    found = _found(items, folder)
    item, manner = found.item, structs.replace(manner, lookup_key=found.lookup_key)
    for warning in subjects.of(kinds.MUSIC).ready(home, access, items):
        click.echo(f"Warning: {warning}", err=True)
    outcome = _work(home, found, manner)
    name = files.printable(folder.name)
    accepted = outcome.facts.get("accepted", [])
    refused = _refused(home, item) if manner.accept_sound and manner.write else {}
    lines = [f"{name}: {outcome.message}"]
    lines += [f"  {change}" for change in subjects.of(kinds.MUSIC).told(outcome.facts)]
    lines += [f"  {number} {kind}" for kind, number in _by_urgency(outcome)]
    if notes := outcome.data.get("notes"):
        lines.append(f"  and {page.counted(notes, 'note')}, for which no decision is needed")
    lines += [f"{'Accepted' if manner.write else 'Would accept'}: {place}" for place in accepted]
    lines += [f"Not accepted: {place} ({why})" for place, why in refused.items()]
    if unmade := outcome.facts.get("unreached") or outcome.facts.get("unasked"):
        lines.append(files.printable(unmade))
    if manner.write and outcome.state is Status.COMPLETED:
        lines.append(f"Report: {files.display_path(home / outcome.data['report'])}")
    data = {"artist": files.escape(folder.name), "state": outcome.state, **outcome.data}
    data |= {"due": outcome.facts["due"]} if "due" in outcome.facts else {}
    data |= {"accepted" if manner.write else "would_accept": accepted} if accepted else {}
    data |= {"not_accepted": refused} if refused else {}
    data |= {"lookup_note": unmade} if unmade else {}
    shared.show(lines, data, as_json=as_json)
    return _code(outcome)


def _code(outcome: Outcome) -> int:
    """Return the exit code; an artist that failed wins over a service."""
    if outcome.state is not Status.COMPLETED:
        return MediakeepError.exit_code
    return ServiceFailed.exit_code if "unreached" in outcome.facts else 0


def _by_urgency(outcome: Outcome) -> list[tuple[str, int]]:
    """Put the counts of issues in the order of the table of kinds."""
    from mediakeep.music.kinds import KINDS  # only now, so that --help stays quick

    counts = outcome.data.get("issues", {})
    return [(kind.name, counts[kind.name]) for kind in KINDS if kind.name in counts]


def _items(home: Path) -> Mapping[str, Item]:
    """Return what the queue knows, if there is one."""
    try:
        return reading.state(subjects.folder(home, kinds.MUSIC), kinds.MUSIC).items
    except NoQueue:
        return {}


def _check(items: Mapping[str, Item], folder: Path, manner: Manner) -> None:
    """Refuse options that do not fit.

    The ledger knows an artist by name, so a copy that lies elsewhere must not speak for it.
    """
    if manner.accept_sound and not manner.deep:
        raise UsageFailed("--accept-sound needs --deep: only a deep scan hears the sounds.")
    deep.check(manner.deep)
    known = items.get(files.escape(folder.name))
    if manner.deep and manner.write and known and not folders.is_at(folder, known.path):
        raise UsageFailed(
            f"The ledger holds the sounds of {known.path}, which the queue knows by this name. Add"
            " --dry-run to compare this folder with them."
        )


class Found(NamedTuple):
    """An artist, whether the queue knows it, and by which key; its look-up may have its own."""

    key: str
    item: Item
    known: bool
    lookup_key: str = ""


def _work(home: Path, found: Found, manner: Manner) -> Outcome:
    """Call the worker as a batch would; an artist of the queue is taken meanwhile, and settled."""
    key, item = found.key, found.item
    if not manner.write:
        return _called(home, item, Stamp("", key, 0, 0), manner)
    with handwork.begun(home, kinds.MUSIC, "process_artist") as hand:
        hand.take([], [key] if found.known else [])
        outcome = _called(home, item, hand.batch_stamp(key), manner)
        if found.known:
            hand.finish(key, outcome)
        return outcome


def _called(home: Path, item: Item, stamp: Stamp, manner: Manner) -> Outcome:
    work = Work(item, stamp)
    opening = subjects.of(kinds.MUSIC).opening(home, manner)
    if manner.deep:
        return apart.call(opening, work)
    with opening() as worker:
        outcome = worker(work, QUIET)
    assert isinstance(outcome, Outcome)
    return outcome


def _refused(home: Path, item: Item) -> dict[str, str]:
    """Return the places whose sound differs still, with what is wrong with it, from the audit."""
    found = subjects.of(kinds.MUSIC).issues(home, item) or []
    differing = {issue.path for issue in found if issue.kind == "essence-changed"}
    return {
        issue.path: f"{issue.kind}: {issue.detail}"
        for issue in found
        if issue.path in differing and issue.kind in ("decode-error", "truncated-audio")
    }


def _found(items: Mapping[str, Item], folder: Path) -> Found:
    """Return the artist of the queue that lies in a folder, or else a new one."""
    here = folders.at(items, folder)
    if here.item:
        return Found(here.key, here.item, known=True)
    taken = {files.fold(item.output_name) for item in items.values()}
    stem = files.safe_name(folder.name, taken)  # never that of an artist of the queue
    item = MusicItem(status=Status.PENDING, path=files.escape(folder), output_name=stem)
    return Found(here.key, item, known=False, lookup_key=here.lookup_key)
