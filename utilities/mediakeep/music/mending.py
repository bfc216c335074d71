"""An artist's safe repairs, made: each file once, and what is not to be written left alone."""

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
    from mediakeep.music.pen import Pen  # loaded where a file is to be written


class Mended(msgspec.Struct):
    """What repairing an artist came to; `held` tells by place and kind why a repair was not made.

    In a dry run nothing is written: `due` holds what would be changed, and `expected` by which
    repairs.
    """

    written: int = 0  # files
    due: list[FilePlan] = []
    expected: list[Repair] = []
    held: dict[tuple[str, str], str] = {}
    refused: dict[str, str] = {}  # places of files that could not be written, and why
    traces: list[str] = []  # tracebacks of unexpected errors, each of one file

    def hold(self, repairs: Iterable[Repair], why: str) -> None:
        """Note why repairs are not made."""
        self.held |= {(repair.place, kind): why for repair in repairs for kind in repair.kinds}


class _File(msgspec.Struct, frozen=True):
    """A file with the repairs that are planned for it."""

    path: Path
    track: Track
    repairs: list[Repair]


def mend(
    found: Artist, issues: Sequence[Issue], work: Work, tools: Tools, progress: Progress
) -> Mended:
    """Make the safe repairs of an artist, or only tell of them where nothing is to be written.

    NoRoom and RecordNotWritten end it, for they concern every file; what was repaired stays so.
    """
    mended, stamp = Mended(), work.stamp
    planned = list(_files(found, _plan(found, issues, work, tools)))
    for done, one in enumerate(planned, 1):
        try:
            with file_errors.as_file_error(one.path):
                _mend(found, one, stamp, tools, mended)
        except (NotWritten, Unreadable) as error:
            mended.hold(one.repairs, _reason(error))
            mended.refused[one.track.place] = _reason(error)
            if isinstance(error, Unexpected):
                mended.traces.append(file_errors.trace(error))
        progress(done, len(planned))
    return mended


def _mend(found: Artist, one: _File, stamp: Stamp, tools: Tools, mended: Mended) -> None:
    """Make the repairs of one file, or add to `mended` what would be made."""
    allowed = _allowed(found, one, tools.pen, mended)
    wishes = [_wish(found, repair) for repair in allowed]
    if tools.places.policy.fix is Fix.NONE:
        return  # only what is held back is to be known
    if wishes and tools.places.write:
        with tools.ledger.following(stamp.key, one.track.place, one.path):
            mended.written += tools.pen.write(one.path, wishes, stamp) is not None
    elif wishes and (due := tools.pen.due(one.path, wishes)):
        mended.due.append(due)
        mended.expected += allowed


def records(work: Work, tools: Tools) -> list[Record]:
    """Return the repairs that count for an item: since its first claim, whoever died in between.

    After a person's command, and after a try for the look-up alone, those that were made before
    still count, but for what was taken back.
    """
    stamp, by_hand = work.stamp, tools.places.by_hand
    first = first_claim(work, by_hand=by_hand)
    if not tools.places.write or not tools.has_changed_files or (by_hand and not first):
        return []
    made = tools.pen.store.changes(stamp.key, first, stamp.since)
    # What no queue knows has no claims, and one session.
    return made if first else [one for one in made if one.session == stamp.session]


def fresh(made: Sequence[Record], work: Work) -> list[Record]:
    """Return those of an item's repairs that no earlier outcome has told of."""
    return [one for one in made if one.first_claim >= work.stamp.first_claim]


def first_claim(work: Work, *, by_hand: bool) -> int:
    """Return the claim since which repairs count; 0 after a person's command where none do."""
    before = work.item.repaired
    if by_hand:
        return before
    return (work.item.for_lookup and before) or work.stamp.first_claim


def _plan(found: Artist, issues: Sequence[Issue], work: Work, tools: Tools) -> Sequence[Repair]:
    """Plan the safe repairs; of an album that lost its writer halfway, as it was before."""
    policy, earlier = tools.places.policy, before(found, work, tools)
    if earlier is None:
        planned = safe.plan(found, issues, policy.fix)
    else:
        planned = safe.plan(earlier, fix=policy.fix)
    if policy.cover_art == "file":  # then what lies in the folder is to lie there alone
        planned = tuple(one for one in planned if not isinstance(one.change, Embed))
    return planned


def before(found: Artist, work: Work, tools: Tools) -> Artist | None:
    """Show an artist as it was before covers were embedded since its first claim.

    None where that is no matter: a killed run has left no album halfway.
    """
    if tools.places.by_hand or not (halfway := covers.unfinished(found)):
        return None
    top = f"{files.escape(Path(files.unescape(found.path)).resolve())}/"
    embedded = {
        one.path.removeprefix(top)
        for one in records(work, tools)
        if (change := one.fields.get(PICTURE)) and not change.old
    }
    embedded &= halfway
    return covers.without(found, frozenset(embedded)) if embedded else None


def with_repaired_mbids(found: Artist, issues: Sequence[Issue], work: Work, tools: Tools) -> Artist:
    """Return an artist with the MBIDs of releases that this run will write.

    Covers are only fetched for albums whose tags name no other release. The tags of an album may
    name one now and be repaired later in the same run.
    """
    if tools.places.policy.fix is Fix.NONE or not differences.names_other_releases(found):
        return found
    expected: list[Repair] = []
    for one in _files(found, _plan(found, issues, work, tools)):
        if some := [repair for repair in one.repairs if repair.field in differences.RELEASE]:
            with contextlib.suppress(NotWritten, Unreadable):  # `mend` will name the file
                only = msgspec.structs.replace(one, repairs=some)
                expected += _allowed(found, only, tools.pen, Mended())
    return preview.artist(found, expected)


def described(
    found: Artist, issues: Sequence[Issue], mended: Mended, tools: Tools | None = None
) -> list[Issue]:
    """Add to issues what would mend them, and what keeps that from being done."""
    if not issues:
        return []
    offered = proposals.of(found, issues)
    tracks = {track.place: [track] for track in found.tracks}
    albums = {album.place: [*album.tracks] for album in found.albums}
    told = []
    for issue in issues:
        repairs = offered.get(issue.id, ())
        where = tracks.get(issue.path, []) if issue.path else albums.get(issue.album, [])
        why = _held(found, issue, repairs, mended, tools) or _read_only(issue, where)
        proposal = proposals.told(repairs) if repairs else ""
        told.append(msgspec.structs.replace(issue, proposal=proposal, held=why))
    return told


def _held(
    found: Artist, issue: Issue, repairs: Sequence[Repair], mended: Mended, tools: Tools | None
) -> str:
    """Say why what is proposed was not done, or cannot be done."""
    top = Path(files.unescape(found.path))
    for repair in repairs:
        if why := mended.held.get((repair.place, issue.kind), ""):
            return why
        path = top / files.unescape(repair.place)
        if tools and (why := tools.pen.locked(path, _wish(found, repair))):
            return why
    return ""


def _read_only(issue: Issue, tracks: Sequence[Track]) -> str:
    """Say why none of the tracks can be written, where that would settle the issue."""
    if issue.kind not in cures.FIELDS.keys() | cures.COVERS:
        return ""
    from mediakeep.media.edits import writers  # only here: loading it takes its time

    reasons = {writers.refusal(one.facts) for one in tracks if one.facts and not one.fault}
    return "" if "" in reasons or len(reasons) != 1 else reasons.pop()


def _reason(error: NotWritten | Unreadable) -> str:
    """Say it without the name of the file, which stands beside it."""
    return f"{error.args[1]}. {error.args[2]}" if isinstance(error, Refused) else str(error)


def _files(found: Artist, repairs: Iterable[Repair]) -> Iterator[_File]:
    by_place: dict[str, list[Repair]] = {}
    for repair in repairs:
        by_place.setdefault(repair.place, []).append(repair)
    top = Path(files.unescape(found.path))
    known = {track.place: track for track in found.tracks}
    new = {place: Track(place=place) for place in by_place if place not in known}
    for place, track in {**new, **known}.items():  # what lies in the folder is put there first
        if some := by_place.get(place):
            yield _File(top / files.unescape(place), track, some)


def _allowed(found: Artist, one: _File, pen: Pen, mended: Mended) -> list[Repair]:
    """Leave out what is locked, and what a person has taken back."""
    from mediakeep.music import pen as pens  # loading it takes its time

    allowed = []
    kind = one.track.facts.format if one.track.facts else ""
    taken_back = {} if pen.policy.redo else pen.store.undone(one.path)
    for repair in one.repairs:
        wish = _wish(found, repair)
        if why := pen.locked(one.path, wish):
            mended.hold([repair], why)
        elif pens.is_among(taken_back, wish, kind):
            mended.hold([repair], TAKEN_BACK)
        else:
            allowed.append(repair)
    return allowed


def _wish(found: Artist, repair: Repair) -> Wish:
    """Return the change that a repair makes, with the whole path of a picture to embed."""
    if not isinstance(repair.change, Embed) or repair.change.image.startswith("/"):
        return repair.change
    return msgspec.structs.replace(repair.change, image=f"{found.path}/{repair.change.image}")
