"""Turn accepted proposals of the review list into file edits.

The artists are read again, and only proposals that are still the same as in the list are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from msgspec import structs

from mediakeep import path_text
from mediakeep.app.edit.edit_command import EditCommand
from mediakeep.app.edit.edit_result import EditResult
from mediakeep.app.edit.file_edits import FileEdits
from mediakeep.app.reviews import review_list
from mediakeep.app.reviews.review_list import ReviewEntry, ReviewFilter
from mediakeep.app.subjects import registry
from mediakeep.errors import Unreadable, UsageError
from mediakeep.media.audio import essence
from mediakeep.music import diagnose, duplicate_audio, scan, worker_context
from mediakeep.music.artist_lookup import lookup as artist_lookup_lookup
from mediakeep.music.artist_lookup.lookup import ArtistLookup
from mediakeep.music.deep_scan import full_decode
from mediakeep.music.item import MUSIC
from mediakeep.music.model import Artist
from mediakeep.music.repairs import proposals
from mediakeep.music.repairs.plans import FileChange
from mediakeep.music.repairs.repair import EmbedCover, Repair
from mediakeep.music.reports.fix_commands import TOGETHER_KINDS
from mediakeep.music.worker_context import MusicWorkerConfig, MusicWorkerContext
from mediakeep.queue import readonly
from mediakeep.queue.state import QueueState

_TOGETHER = "the track numbers of an album change together"


@dataclass(frozen=True)
class Proposal:
    """The repairs proposed for an issue of an artist; empty if nothing is proposed."""

    artist: Path
    repairs: Sequence[Repair]

    @property
    def file_changes(self) -> Iterator[tuple[Path, FileChange]]:
        """Yield each file with its change; a cover image with its full path."""
        for repair in self.repairs:
            change: FileChange = repair.change
            if isinstance(change, EmbedCover):
                change = structs.replace(
                    change, image=f"{path_text.escape_path(self.artist)}/{change.image}"
                )
            yield self.artist / path_text.unescape_path(repair.place), change


@dataclass(frozen=True)
class RereadArtist:
    """An artist read again, with the accepted entries of the review list."""

    entries: Sequence[ReviewEntry]
    key: str
    artist: Artist
    lookup: ArtistLookup
    context: MusicWorkerContext

    @property
    def folder(self) -> Path:
        return Path(path_text.unescape_path(self.artist.path))


def accept(command: EditCommand, path: Path, choice: ReviewFilter) -> int:
    """Apply proposals of a review list, and return the exit code."""
    result = EditResult()
    edits = build_edits_from_proposals(command.home, path, choice, result)
    return replace(command, is_proposal=True).run(edits.all, result)


def build_edits_from_proposals(
    home: Path,
    path: Path,
    choice: ReviewFilter,
    result: EditResult,
    state: QueueState | None = None,
) -> FileEdits:
    """Return the edits for the accepted proposals; record in `result` what is not written.

    `state` is the queue if it was read already. Raise UsageError if the list is invalid or lacks an
    accepted entry.
    """
    edits = FileEdits()
    for visit in reread_artists(home, path, choice, result, state):
        _add_accepted_edits(visit.entries, _build_proposals(visit), edits, result)
    return edits


def reread_artists(
    home: Path,
    path: Path,
    choice: ReviewFilter,
    result: EditResult,
    state: QueueState | None = None,
) -> Iterator[RereadArtist]:
    """Read the artists of accepted entries again; record unreadable ones in `result`.

    `state` is the queue if it was read already. Raise UsageError if the list is invalid or lacks an
    accepted entry.
    """
    state = state or readonly.load_state(registry.queue_folder(home, MUSIC), MUSIC)
    listed = review_list.read_reviews(home, path)
    choice = choice.complete_ids(listed)
    selected = choice.select(listed, state)
    if not selected:
        result.notes.append("No matching issue in the list.")
    for entry in (entry for entries in selected.values() for entry in entries):
        if choice.ids and entry.id not in choice.ids:
            result.notes.append(f"{entry.name} is accepted, too: {_TOGETHER}.")
    places = MusicWorkerConfig(home, write=False, ignored=registry.read_ignore_settings(home))
    with worker_context.open_context(places) as context:
        for key, entries in selected.items():
            if key not in state.items:
                raise UsageError(f"{key} is not in the queue. Nothing was changed.")
            top = Path(path_text.unescape_path(state.items[key].path))
            try:
                yield _reread_artist(top, key, entries, context)
            except Unreadable as error:
                result.add_failure(top, error)


def _reread_artist(
    top: Path, key: str, entries: Sequence[ReviewEntry], context: MusicWorkerContext
) -> RereadArtist:
    """Read an artist as a batch does, with cached lookup results only; no request is made."""
    index = context.reader
    artist = scan.read_artist(top, reader=index, ignored=context.config.ignored)
    artist = full_decode.add_cached_findings(artist, key, context.essence_db)
    artist = duplicate_audio.add_essence_hashes(
        artist, partial(index.get_essence, made=essence.compute_audio_hash)
    )
    lookup = artist_lookup_lookup.look_up(artist, key, context.lookups)
    artist = structs.replace(artist, resolved=lookup.resolved, matches=lookup.matches)
    return RereadArtist(entries, key, artist, lookup, context)


def _add_accepted_edits(
    entries: Sequence[ReviewEntry],
    proposal_by_id: Mapping[str, Proposal],
    edits: FileEdits,
    result: EditResult,
) -> None:
    reasons = {
        entry.id: reason
        for entry in entries
        if entry.id in proposal_by_id
        and (reason := _refusal_reason(entry, proposal_by_id[entry.id]))
    }
    together = {
        (entry.kind, entry.album): f"{entry.name} is refused: {reasons[entry.id]}"
        for entry in entries
        if entry.id in reasons and entry.kind in TOGETHER_KINDS
    }
    for entry in sorted(entries, key=lambda entry: entry.kind not in TOGETHER_KINDS):
        if entry.id not in proposal_by_id:
            result.notes.append(f"{entry.name} is already resolved.")
            continue
        proposal = proposal_by_id[entry.id]
        reason = reasons.get(entry.id) or together.get((entry.kind, entry.album), "")
        if reason := reason or _conflict_reason(proposal, edits):
            result.failed[entry.id] = f"{entry.name} not changed: {reason}"
            continue
        for path, change in proposal.file_changes:
            is_together = entry.kind in TOGETHER_KINDS
            edits.add(path, [change], f"{proposal.artist}/{entry.album}" if is_together else "")


def _build_proposals(visit: RereadArtist) -> dict[str, Proposal]:
    """Return the current proposal for each issue of the artist, by issue id."""
    issues = diagnose.find_issues(visit.artist, visit.key)
    repairs = proposals.propose_repairs(visit.artist, issues)
    return {issue.id: Proposal(visit.folder, repairs.get(issue.id, ())) for issue in issues}


def _refusal_reason(entry: ReviewEntry, proposal: Proposal) -> str:
    """Return why a proposal is not written, as a clause, or "" if it can be."""
    proposed = proposals.format_proposal(proposal.repairs)
    if not (proposed or entry.proposal):
        by_hand = f" Fix it with: {entry.command}" if entry.command else ""
        return f"nothing is proposed for it.{by_hand}"
    if proposed != entry.proposal:
        now, then = proposed or "nothing", entry.proposal or "nothing"
        return (
            f"the list proposes {then}, but now it would be {now}. Run a batch to update the list."
        )
    return ""


def _conflict_reason(proposal: Proposal, edits: FileEdits) -> str:
    """Return how a proposal contradicts another accepted one, as a clause, or ""."""
    clashes = (edits.find_conflict(path, change) for path, change in proposal.file_changes)
    clash = next(filter(None, clashes), "")
    return f"{clash}. Accept it later, if it is still proposed." if clash else ""
