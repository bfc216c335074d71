"""Write the safe repairs of an artist to the files, each file once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mediakeep import ignored_issues, issue, path_text
from mediakeep.errors import ConcurrentChange, NotWritten, UnexpectedError, Unreadable, WriteRefused
from mediakeep.issue import UNDONE_BEFORE, BlockCode, BlockReason, Issue
from mediakeep.media import file_errors
from mediakeep.media.audio.tag_edits import PICTURES_FIELD, SetField
from mediakeep.media.undo.record import ChangeRecord
from mediakeep.music.item import MUSIC
from mediakeep.music.matching import differences
from mediakeep.music.model import Artist, Track
from mediakeep.music.repairs import covers, preview, proposals, safe
from mediakeep.music.repairs.plans import FileChange, FilePlan
from mediakeep.music.repairs.repair import EmbedCover, Repair
from mediakeep.music.reports import fix_commands
from mediakeep.music.worker_context import MusicWorkerContext
from mediakeep.outcome import Progress, Stamp, Work
from mediakeep.policy import FixLevel

if TYPE_CHECKING:
    from mediakeep.music.repairs.tag_writer import (
        TagWriter,  # slow to load, and most runs write no file
    )


class RepairResult(msgspec.Struct):
    """The result of repairing an artist; `blocked` has the reasons why repairs were not made.

    The reasons are by place and kind of issue. A dry run writes nothing: `planned` has the changes
    and `expected` the repairs.
    """

    written: int = 0  # number of files
    planned: list[FilePlan] = []
    expected: list[Repair] = []
    blocked: dict[tuple[str, str], BlockReason] = {}
    not_written: dict[str, str] = {}  # files that could not be written, and why
    tracebacks: list[str] = []  # tracebacks of unexpected errors, each of one file
    has_concurrent_change: bool = False  # another program changed a file meanwhile

    def block(self, repairs: Iterable[Repair], reason: BlockReason) -> None:
        """Record why repairs are not made."""
        self.blocked |= {
            (repair.place, kind): reason for repair in repairs for kind in repair.kinds
        }


class _FileRepairs(msgspec.Struct, frozen=True):
    """A file, with the repairs that are planned for it."""

    path: Path
    track: Track
    repairs: list[Repair]


def apply_repairs(
    artist: Artist,
    issues: Sequence[Issue],
    work: Work,
    context: MusicWorkerContext,
    progress: Progress,
) -> RepairResult:
    """Make the safe repairs of an artist; only plan them if nothing is to be written.

    DiskFull and RecordNotWritten end it, since they concern every file. Repairs already made
    remain.
    """
    result = RepairResult()
    repairs = _plan_repairs(artist, issues, work, context)
    if not repairs:
        return result
    writer = context.tag_writer
    check_undone = _needs_undone_values(writer)
    if context.config.policy.fix is FixLevel.NONE and not check_undone:
        return result  # only locks can block a repair, and `annotate_issues` finds them itself
    planned_files = list(_group_by_file(artist, repairs))
    with writer.store.group_changes():
        for done, file in enumerate(planned_files, 1):
            try:
                with file_errors.wrap_file_errors(file.path):
                    allowed = _filter_allowed(
                        artist, file, writer, result, check_undone=check_undone
                    )
                    _write_repairs(artist, file, allowed, work.stamp, context, result)
            except (NotWritten, Unreadable) as error:
                _add_failure(file, error, result)
            progress(done, len(planned_files))
    return result


def _add_failure(file: _FileRepairs, error: NotWritten | Unreadable, result: RepairResult) -> None:
    """Record why the repairs of a file could not be made."""
    reason = _reason_without_name(error)
    result.block(file.repairs, BlockReason(issue.block_code(error), reason))
    result.not_written[file.track.place] = reason
    result.has_concurrent_change |= isinstance(error, ConcurrentChange)
    if isinstance(error, UnexpectedError):
        result.tracebacks.append(file_errors.traceback_text(error))


def _write_repairs(
    artist: Artist,
    file: _FileRepairs,
    allowed: list[Repair],
    stamp: Stamp,
    context: MusicWorkerContext,
    result: RepairResult,
) -> None:
    """Make the allowed repairs of one file, or add them to the plan of a dry run."""
    file_changes = [_to_file_change(artist, repair) for repair in allowed]
    if context.config.policy.fix is FixLevel.NONE:
        return  # only blocked repairs are of interest
    if file_changes and context.config.write:
        with context.essence_db.keep_rows_valid_across_write(
            stamp.key, file.track.place, file.path
        ):
            written = context.tag_writer.write(
                file.path,
                file_changes,
                stamp,
                artist.real_path_of(file.track.place),
                {
                    repair.field: repair.old
                    for repair in allowed
                    if isinstance(repair.change, SetField)
                },
            )
            result.written += written is not None
    elif file_changes and (plan := context.tag_writer.plan_changes(file.path, file_changes)):
        result.planned.append(plan)
        result.expected += allowed


def undo_records(work: Work, context: MusicWorkerContext) -> list[ChangeRecord]:
    """Return the undo records of repairs that count for an artist: all since it was first claimed.

    To claim is to take it from the queue. Repairs by a worker that died meanwhile count, too. After
    a command of the user, and after a retry of only the lookup, earlier repairs still count unless
    undone.
    """
    stamp, by_hand = work.stamp, context.config.by_hand
    first = first_counted_claim(work, by_hand=by_hand)
    if not context.config.write or not context.has_changed_files or (by_hand and not first):
        return []
    changes = context.tag_writer.store.find_effective_changes(
        stamp.key, first, stamp.since, queue=MUSIC.name
    )
    # An artist that is in no queue has no claims and one session.
    return changes if first else [record for record in changes if record.session == stamp.session]


def new_records(records_of_item: Sequence[ChangeRecord], work: Work) -> list[ChangeRecord]:
    """Return those undo records of an artist that no earlier outcome has reported."""
    return [record for record in records_of_item if record.first_claim >= work.stamp.first_claim]


def first_counted_claim(work: Work, *, by_hand: bool) -> int:
    """Return the number of the first claim of an item whose repairs count.

    A claim takes the item from the queue. Return 0 if none count after a command of the user.
    """
    previous = work.item.repaired
    if by_hand:
        return previous
    return (work.item.for_lookup and previous) or work.stamp.first_claim


def _plan_repairs(
    artist: Artist, issues: Sequence[Issue], work: Work, context: MusicWorkerContext
) -> Sequence[Repair]:
    """Plan the safe repairs of an artist.

    If a killed process has left an album half-written, plan as if it had written nothing.
    """
    policy, before_embedding = (
        context.config.policy,
        artist_before_embedding_covers(artist, work, context),
    )
    if before_embedding is None:
        planned = safe.plan_repairs(artist, issues, policy.fix)
    else:
        planned = safe.plan_repairs(before_embedding, fix=policy.fix)
    if policy.cover_art == "file":  # then covers stay files in the folder
        planned = tuple(repair for repair in planned if not isinstance(repair.change, EmbedCover))
    return _without_ignored(artist, planned, work.stamp.key, context.config.home)


def _without_ignored(
    artist: Artist, repairs: Sequence[Repair], key: str, home: Path
) -> Sequence[Repair]:
    """Leave out repairs that would only resolve issues that the user ignores."""
    ignored = ignored_issues.read(home)
    if not ignored or not repairs:
        return repairs
    albums = {track.place: album.place for album in artist.albums for track in album.tracks}

    def is_ignored(repair: Repair, kind: str) -> bool:
        places = (repair.place, albums.get(repair.place, ""))
        return any(issue.build_issue_id(kind, key, place) in ignored for place in places)

    return [
        repair for repair in repairs if not all(is_ignored(repair, kind) for kind in repair.kinds)
    ]


def artist_before_embedding_covers(
    artist: Artist, work: Work, context: MusicWorkerContext
) -> Artist | None:
    """Return an artist as it was before covers were embedded; None if that makes no difference.

    It makes a difference if a killed process has embedded a cover in only some tracks.
    """
    if context.config.by_hand or not (halfway := covers.find_half_embedded(artist)):
        return None
    artist_folder = (
        f"{path_text.escape_path(Path(path_text.unescape_path(artist.path)).resolve())}/"
    )
    embedded = {
        record.path.removeprefix(artist_folder)
        for record in undo_records(work, context)
        if (change := record.fields.get(PICTURES_FIELD)) and not change.old
    }
    embedded &= halfway
    return covers.without_pictures(artist, frozenset(embedded)) if embedded else None


def with_repaired_mbids(
    artist: Artist, issues: Sequence[Issue], work: Work, context: MusicWorkerContext
) -> Artist:
    """Return an artist with the release MBIDs that the planned repairs will write.

    Covers are only fetched for albums whose tags have no MBID of another release. The repairs may
    correct such MBIDs.
    """
    if context.config.policy.fix is FixLevel.NONE or not differences.names_other_releases(artist):
        return artist
    expected: list[Repair] = []
    writer = context.tag_writer
    check_undone = _needs_undone_values(writer)
    for file in _group_by_file(artist, _plan_repairs(artist, issues, work, context)):
        if mbid_repairs := [
            repair for repair in file.repairs if repair.field in differences.RELEASE_FIELDS
        ]:
            with contextlib.suppress(NotWritten, Unreadable):
                mbids_only = msgspec.structs.replace(file, repairs=mbid_repairs)
                expected += _filter_allowed(
                    artist, mbids_only, writer, RepairResult(), check_undone=check_undone
                )
    return preview.predict_artist_after_repairs(artist, expected)


def annotate_issues(
    artist: Artist,
    issues: Sequence[Issue],
    result: RepairResult,
    context: MusicWorkerContext | None = None,
) -> list[Issue]:
    """Return the issues with their proposed repairs, and the reasons that prevent them."""
    if not issues:
        return []
    proposed = proposals.propose_repairs(artist, issues)
    tracks = {track.place: [track] for track in artist.tracks}
    albums = {album.place: [*album.tracks] for album in artist.albums}
    annotated = []
    for found in issues:
        repairs = proposed.get(found.id, ())
        affected = tracks.get(found.path, []) if found.path else albums.get(found.album, [])
        reason = _block_reason(artist, found, repairs, result, context) or _read_only_reason(
            found, affected
        )
        proposal = proposals.format_proposal(repairs) if repairs else ""
        annotated.append(msgspec.structs.replace(found, proposal=proposal).with_block(reason))
    return annotated


def _block_reason(
    artist: Artist,
    found: Issue,
    repairs: Sequence[Repair],
    result: RepairResult,
    context: MusicWorkerContext | None,
) -> BlockReason | None:
    """Return why a proposed repair was not or cannot be made."""
    artist_folder = Path(path_text.unescape_path(artist.path))
    for repair in repairs:
        if reason := result.blocked.get((repair.place, found.kind)):
            return reason
        path = artist_folder / path_text.unescape_path(repair.place)
        if context and (
            lock := context.tag_writer.lock_reason(path, _to_file_change(artist, repair))
        ):
            return BlockReason(BlockCode.LOCKED, lock)
    return None


def _read_only_reason(found: Issue, tracks: Sequence[Track]) -> BlockReason | None:
    """Return why none of the tracks can be written, if writing would settle the issue."""
    if found.kind not in fix_commands.FIELD_BY_KIND.keys() | fix_commands.COVER_KINDS:
        return None
    from mediakeep.media.safewrite import tag_write_plan  # imported late: slow to load

    reasons = {
        tag_write_plan.read_only_reason(track.facts)
        for track in tracks
        if track.facts and not track.fault
    }
    if "" in reasons or len(reasons) != 1:
        return None
    return BlockReason(BlockCode.READ_ONLY, reasons.pop())


def _reason_without_name(error: NotWritten | Unreadable) -> str:
    """Return the message without the file's name, which is shown next to it."""
    return f"{error.args[1]}. {error.args[2]}" if isinstance(error, WriteRefused) else str(error)


def _group_by_file(artist: Artist, repairs: Iterable[Repair]) -> Iterator[_FileRepairs]:
    by_place: dict[str, list[Repair]] = {}
    for repair in repairs:
        by_place.setdefault(repair.place, []).append(repair)
    artist_folder = Path(path_text.unescape_path(artist.path))
    tracks = {track.place: track for track in artist.tracks}
    added = {place: Track(place=place) for place in by_place if place not in tracks}
    for place, track in {**added, **tracks}.items():  # new files in the folder come first
        if planned := by_place.get(place):
            yield _FileRepairs(artist_folder / path_text.unescape_path(place), track, planned)


def _needs_undone_values(writer: TagWriter) -> bool:
    """Return whether undone repairs must be looked up file by file.

    Call it once per artist, before the first write. A lookup after a write updates the index of the
    undo records, which would cost more than the write of a small file.
    """
    return not writer.policy.redo and writer.store.has_undo()


def _filter_allowed(
    artist: Artist,
    file: _FileRepairs,
    writer: TagWriter,
    result: RepairResult,
    *,
    check_undone: bool,
) -> list[Repair]:
    """Leave out repairs of locked fields, and with `check_undone` those undone by the user."""
    from mediakeep.music.repairs import tag_writer  # imported late: slow to load

    allowed = []
    kind = file.track.facts.format if file.track.facts else ""
    undone = writer.store.undone_values(file.path) if check_undone else {}
    for repair in file.repairs:
        file_change = _to_file_change(artist, repair)
        if lock := writer.lock_reason(file.path, file_change):
            result.block([repair], BlockReason(BlockCode.LOCKED, lock))
        elif tag_writer.was_undone(undone, file_change, kind):
            result.block([repair], UNDONE_BEFORE)
        else:
            allowed.append(repair)
    return allowed


def _to_file_change(artist: Artist, repair: Repair) -> FileChange:
    """Return a repair as a file change; a picture to embed is given by its full path."""
    if not isinstance(repair.change, EmbedCover) or repair.change.image.startswith("/"):
        return repair.change
    return msgspec.structs.replace(repair.change, image=f"{artist.path}/{repair.change.image}")
