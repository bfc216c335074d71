"""Apply the safe repairs of an artist: each file is written once, blocked repairs are left out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mediakeep import files
from mediakeep.errors import NotWritten, Refused, Unexpected, Unreadable
from mediakeep.issue import TAKEN_BACK, Issue
from mediakeep.media import file_errors
from mediakeep.media.edits.changes import PICTURE
from mediakeep.media.undoing.record import Record
from mediakeep.music import cures
from mediakeep.music.matching import differences
from mediakeep.music.model import Artist, Track
from mediakeep.music.plans import FilePlan, Wish
from mediakeep.music.repairs import covers, preview, proposals, safe
from mediakeep.music.repairs.repair import Embed, Repair
from mediakeep.music.tools import Tools
from mediakeep.outcome import Progress, Stamp, Work
from mediakeep.policy import Fix

if TYPE_CHECKING:
    from mediakeep.music.pen import Pen  # slow to load, and most runs write no file


class Mended(msgspec.Struct):
    """The result of repairing an artist; `blocked` says by place and kind why a repair is not made.

    A dry run writes nothing: `planned` contains the changes and `expected` the repairs behind them.
    """

    written: int = 0  # files
    due: list[FilePlan] = []
    expected: list[Repair] = []
    held: dict[tuple[str, str], str] = {}
    refused: dict[str, str] = {}  # files that could not be written, and why
    traces: list[str] = []  # tracebacks of unexpected errors, each of one file

    def hold(self, repairs: Iterable[Repair], why: str) -> None:
        """Record why repairs are not made."""
        self.held |= {(repair.place, kind): why for repair in repairs for kind in repair.kinds}


class _File(msgspec.Struct, frozen=True):
    """A file with the repairs planned for it."""

    path: Path
    track: Track
    repairs: list[Repair]


def mend(
    artist: Artist, issues: Sequence[Issue], work: Work, context: Tools, progress: Progress
) -> Mended:
    """Apply the safe repairs of an artist, or only collect them if nothing is to be written.

    DiskFull and RecordNotWritten abort it, since they concern every file; repairs already made
    remain.
    """
    result, stamp = Mended(), work.stamp
    planned_files = list(_files(artist, _plan(artist, issues, work, context)))
    for done, file in enumerate(planned_files, 1):
        try:
            with file_errors.as_file_error(file.path):
                _mend(artist, file, stamp, context, result)
        except (NotWritten, Unreadable) as error:
            result.hold(file.repairs, _reason(error))
            result.refused[file.track.place] = _reason(error)
            if isinstance(error, Unexpected):
                result.traces.append(file_errors.trace(error))
        progress(done, len(planned_files))
    return result


def _mend(artist: Artist, file: _File, stamp: Stamp, context: Tools, result: Mended) -> None:
    """Apply the repairs of one file, or add them to the plan of a dry run."""
    allowed = _allowed(artist, file, context.pen, result)
    file_changes = [_wish(artist, repair) for repair in allowed]
    if context.places.policy.fix is Fix.NONE:
        return  # only blocked repairs are of interest
    if file_changes and context.places.write:
        with context.ledger.following(stamp.key, file.track.place, file.path):
            result.written += context.pen.write(file.path, file_changes, stamp) is not None
    elif file_changes and (plan := context.pen.due(file.path, file_changes)):
        result.due.append(plan)
        result.expected += allowed


def records(work: Work, context: Tools) -> list[Record]:
    """Return the undo records of repairs that count for an item: all since its first claim.

    Repairs of a worker that died in between count, too. After a command of the user, and after a
    retry of the lookup alone, earlier repairs still count, except undone ones.
    """
    stamp, by_hand = work.stamp, context.places.by_hand
    first = first_claim(work, by_hand=by_hand)
    if not context.places.write or not context.has_changed_files or (by_hand and not first):
        return []
    changes = context.pen.store.changes(stamp.key, first, stamp.since)
    # An artist that is in no queue has no claims and one session.
    return changes if first else [record for record in changes if record.session == stamp.session]


def fresh(records_of_item: Sequence[Record], work: Work) -> list[Record]:
    """Return the repairs of an item that no earlier outcome has reported."""
    return [record for record in records_of_item if record.first_claim >= work.stamp.first_claim]


def first_claim(work: Work, *, by_hand: bool) -> int:
    """Return the claim since which repairs count; 0 if none do after a command of the user."""
    previous = work.item.repaired
    if by_hand:
        return previous
    return (work.item.for_lookup and previous) or work.stamp.first_claim


def _plan(artist: Artist, issues: Sequence[Issue], work: Work, context: Tools) -> Sequence[Repair]:
    """Plan the safe repairs of an artist.

    Albums that a killed run left half-written are planned as they were before it.
    """
    policy, before_embedding = context.places.policy, before(artist, work, context)
    if before_embedding is None:
        planned = safe.plan(artist, issues, policy.fix)
    else:
        planned = safe.plan(before_embedding, fix=policy.fix)
    if policy.cover_art == "file":  # then covers stay files in the folder
        planned = tuple(repair for repair in planned if not isinstance(repair.change, Embed))
    return planned


def before(artist: Artist, work: Work, context: Tools) -> Artist | None:
    """Return an artist as it was before covers were embedded since its first claim.

    Return None if it makes no difference: no killed run has left an album half-written.
    """
    if context.places.by_hand or not (halfway := covers.unfinished(artist)):
        return None
    top = f"{files.escape(Path(files.unescape(artist.path)).resolve())}/"
    embedded = {
        record.path.removeprefix(top)
        for record in records(work, context)
        if (change := record.fields.get(PICTURE)) and not change.old
    }
    embedded &= halfway
    return covers.without(artist, frozenset(embedded)) if embedded else None


def with_repaired_mbids(
    artist: Artist, issues: Sequence[Issue], work: Work, context: Tools
) -> Artist:
    """Return an artist with the release MBIDs that this run will write.

    Covers are only fetched for albums whose tags name no other release, and tags that do so now may
    be repaired later in the same run.
    """
    if context.places.policy.fix is Fix.NONE or not differences.names_other_releases(artist):
        return artist
    expected: list[Repair] = []
    for file in _files(artist, _plan(artist, issues, work, context)):
        if mbid_repairs := [
            repair for repair in file.repairs if repair.field in differences.RELEASE
        ]:
            with contextlib.suppress(NotWritten, Unreadable):
                mbids_only = msgspec.structs.replace(file, repairs=mbid_repairs)
                expected += _allowed(artist, mbids_only, context.pen, Mended())
    return preview.artist(artist, expected)


def described(
    artist: Artist, issues: Sequence[Issue], result: Mended, context: Tools | None = None
) -> list[Issue]:
    """Add to each issue the proposed repair and what prevents it."""
    if not issues:
        return []
    proposed = proposals.of(artist, issues)
    tracks = {track.place: [track] for track in artist.tracks}
    albums = {album.place: [*album.tracks] for album in artist.albums}
    annotated = []
    for issue in issues:
        repairs = proposed.get(issue.id, ())
        affected = tracks.get(issue.path, []) if issue.path else albums.get(issue.album, [])
        blocked = _held(artist, issue, repairs, result, context) or _read_only(issue, affected)
        proposal = proposals.told(repairs) if repairs else ""
        annotated.append(msgspec.structs.replace(issue, proposal=proposal, held=blocked))
    return annotated


def _held(
    artist: Artist, issue: Issue, repairs: Sequence[Repair], result: Mended, context: Tools | None
) -> str:
    """Return why a proposed repair was not or cannot be made."""
    top = Path(files.unescape(artist.path))
    for repair in repairs:
        if reason := result.held.get((repair.place, issue.kind), ""):
            return reason
        path = top / files.unescape(repair.place)
        if context and (reason := context.pen.locked(path, _wish(artist, repair))):
            return reason
    return ""


def _read_only(issue: Issue, tracks: Sequence[Track]) -> str:
    """Return why none of the tracks can be written, if writing would settle the issue."""
    if issue.kind not in cures.FIELDS.keys() | cures.COVERS:
        return ""
    from mediakeep.media.edits import writers  # imported late: slow to load

    reasons = {writers.refusal(track.facts) for track in tracks if track.facts and not track.fault}
    return "" if "" in reasons or len(reasons) != 1 else reasons.pop()


def _reason(error: NotWritten | Unreadable) -> str:
    """Return the message without the file's name, which is shown next to it."""
    return f"{error.args[1]}. {error.args[2]}" if isinstance(error, Refused) else str(error)


def _files(artist: Artist, repairs: Iterable[Repair]) -> Iterator[_File]:
    by_place: dict[str, list[Repair]] = {}
    for repair in repairs:
        by_place.setdefault(repair.place, []).append(repair)
    top = Path(files.unescape(artist.path))
    tracks = {track.place: track for track in artist.tracks}
    added = {place: Track(place=place) for place in by_place if place not in tracks}
    for place, track in {**added, **tracks}.items():  # new files in the folder come first
        if planned := by_place.get(place):
            yield _File(top / files.unescape(place), track, planned)


def _allowed(artist: Artist, file: _File, writer: Pen, result: Mended) -> list[Repair]:
    """Leave out repairs that are locked or that the user has undone."""
    from mediakeep.music import pen as pens  # imported late: slow to load

    allowed = []
    kind = file.track.facts.format if file.track.facts else ""
    undone = {} if writer.policy.redo else writer.store.undone(file.path)
    for repair in file.repairs:
        file_change = _wish(artist, repair)
        if reason := writer.locked(file.path, file_change):
            result.hold([repair], reason)
        elif pens.is_among(undone, file_change, kind):
            result.hold([repair], TAKEN_BACK)
        else:
            allowed.append(repair)
    return allowed


def _wish(artist: Artist, repair: Repair) -> Wish:
    """Return the file change of a repair, with the full path of a picture to embed."""
    if not isinstance(repair.change, Embed) or repair.change.image.startswith("/"):
        return repair.change
    return msgspec.structs.replace(repair.change, image=f"{artist.path}/{repair.change.image}")
