"""Turn accepted proposals of the review list into file edits.

The artists are read again, and only proposals that are still the same as in the list are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from msgspec import structs

from mediakeep import files, kinds
from mediakeep.commands import reviews, subjects
from mediakeep.commands.accounts import Account
from mediakeep.commands.orders import Orders
from mediakeep.commands.reviews import Choice, Entry
from mediakeep.errors import Unreadable, UsageFailed
from mediakeep.media import essence
from mediakeep.music import copies, deep, diagnose, scan, tools
from mediakeep.music.discography import inquiry
from mediakeep.music.discography.inquiry import Inquiry
from mediakeep.music.model import Artist
from mediakeep.music.plans import Wish
from mediakeep.music.repairs import proposals
from mediakeep.music.repairs.repair import Embed, Repair
from mediakeep.music.tools import Places, Tools
from mediakeep.queue import reading


@dataclass(frozen=True)
class Offer:
    """The repairs proposed for an issue of an artist; empty if nothing is proposed."""

    artist: Path
    repairs: Sequence[Repair]

    @property
    def wishes(self) -> Iterator[tuple[Path, Wish]]:
        """Yield each file with its change; a cover image with its full path."""
        for repair in self.repairs:
            change: Wish = repair.change
            if isinstance(change, Embed):
                change = structs.replace(
                    change, image=f"{files.escape(self.artist)}/{change.image}"
                )
            yield self.artist / files.unescape(repair.place), change


@dataclass(frozen=True)
class Visit:
    """An artist read again, with the accepted entries of the review list."""

    entries: Sequence[Entry]
    key: str
    artist: Artist
    asked: Inquiry
    tools: Tools

    @property
    def folder(self) -> Path:
        return Path(files.unescape(self.artist.path))


def orders(home: Path, path: Path, choice: Choice, result: Account) -> Orders:
    """Return the edits for the accepted proposals; record in `result` what is not written.

    Raise UsageError if the list is invalid or lacks an accepted entry.
    """
    edits = Orders()
    for visit in visits(home, path, choice, result):
        _accept(visit.entries, _offered(visit), edits, result)
    return edits


def visits(home: Path, path: Path, choice: Choice, result: Account) -> Iterator[Visit]:
    """Read the artists of accepted entries again; record unreadable ones in `result`.

    Raise UsageError if the list is invalid or lacks an accepted entry.
    """
    state = reading.state(subjects.folder(home, kinds.MUSIC), kinds.MUSIC)
    selected = choice.of(reviews.read(home, path), state)
    if not selected:
        result.notes.append("No matching issue in the list.")
    places = Places(home, write=False, ignored=subjects.ignored(home))
    with tools.opened(places) as context:
        for key, entries in selected.items():
            if key not in state.items:
                raise UsageFailed(f"{key} is not in the queue. Nothing was changed.")
            top = Path(files.unescape(state.items[key].path))
            try:
                yield _visit(top, key, entries, context)
            except Unreadable as error:
                result.fail(top, error)


def _visit(top: Path, key: str, entries: Sequence[Entry], context: Tools) -> Visit:
    """Read an artist as a batch does, with cached lookup results only; no request is made."""
    index = context.index
    artist = scan.artist(top, reader=index, ignored=context.places.ignored)
    artist = deep.recalled(artist, key, context.ledger)
    artist = copies.compared(artist, partial(index.essence, made=essence.of))
    lookup = inquiry.of(artist, key, context.desk)
    artist = structs.replace(artist, resolved=lookup.resolved, matches=lookup.matches)
    return Visit(entries, key, artist, lookup, context)


def _accept(
    entries: Sequence[Entry], proposal_by_id: Mapping[str, Offer], edits: Orders, result: Account
) -> None:
    for entry in entries:
        if entry.id not in proposal_by_id:
            result.notes.append(f"{entry.name} is already resolved.")
            continue
        proposal = proposal_by_id[entry.id]
        if reason := _refusal(entry, proposal) or _clash(proposal, edits):
            result.failed[entry.id] = f"{entry.name} not changed: {reason}"
            continue
        for path, change in proposal.wishes:
            edits.add(path, [change])


def _offered(visit: Visit) -> dict[str, Offer]:
    """Return the current proposal for each issue of the artist, by issue id."""
    issues = diagnose.issues(visit.artist, visit.key)
    repairs = proposals.of(visit.artist, issues)
    return {issue.id: Offer(visit.folder, repairs.get(issue.id, ())) for issue in issues}


def _refusal(entry: Entry, proposal: Offer) -> str:
    """Return why a proposal is not written, as a clause, or "" if it can be."""
    proposed = proposals.told(proposal.repairs)
    if not (proposed or entry.proposal):
        by_hand = f" Fix it with: {entry.command}" if entry.command else ""
        return f"nothing is proposed for it.{by_hand}"
    if proposed != entry.proposal:
        now, then = proposed or "nothing", entry.proposal or "nothing"
        return (
            f"the list proposes {then}, but now it would be {now}. Run a batch to update the list."
        )
    return ""


def _clash(proposal: Offer, edits: Orders) -> str:
    """Return how a proposal contradicts another accepted one, as a clause, or ""."""
    clashes = (edits.clash(path, change) for path, change in proposal.wishes)
    clash = next(filter(None, clashes), "")
    return f"{clash}. Accept it later, if it is still proposed." if clash else ""
