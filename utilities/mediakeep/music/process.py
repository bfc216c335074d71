"""The music worker: one artist read, diagnosed, repaired as far as that is safe, and reported."""

from __future__ import annotations

import contextlib
import functools
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep import files
from mediakeep.errors import LibraryGone
from mediakeep.issue import Issue
from mediakeep.item import Lookup, Status
from mediakeep.media import access, essence
from mediakeep.music import (
    artwork,
    audit,
    copies,
    deep,
    diagnose,
    folders,
    mending,
    repaired,
    report,
    scan,
    tools,
)
from mediakeep.music.artwork import Fetched
from mediakeep.music.discography import inquiry
from mediakeep.music.discography.holdings import Reason
from mediakeep.music.discography.inquiry import UNASKED, Inquiry
from mediakeep.music.matching import figures
from mediakeep.music.mending import Mended
from mediakeep.music.model import Artist, Track
from mediakeep.music.repaired import Repaired
from mediakeep.music.repairs import enrichment, preview
from mediakeep.music.tools import Places, Tools
from mediakeep.outcome import QUIET, Outcome, Progress, Work, Worker
from mediakeep.pages import page


class Outputs(msgspec.Struct, frozen=True):
    """The files of one artist, as paths below the home."""

    report: str
    json: str
    csv: str


@contextmanager
def opened(places: Places) -> Iterator[Worker]:
    """Give a process its worker, and what it works with."""
    with tools.opened(places) as open_ones:
        yield functools.partial(artist, places=places, tools=open_ones)


def artist(work: Work, progress: Progress, places: Places, tools: Tools) -> Outcome:
    """Read, diagnose, repair and report one artist.

    Skipped where the folder has vanished; LibraryGone where the whole library has; Unreadable
    where the folder, or one in it, refuses. Done twice, it writes nothing the second time.
    """
    path = Path(files.unescape(work.item.path))
    if not _is_folder(path):
        return _vanished(path.parent)
    key = work.stamp.key
    try:
        found, accepted = _read(path, key, progress, places, tools)
        asked = _look_up(found, places.lookup_key or key, progress, tools)
        found = _known(found, asked)
        issues = diagnose.issues(found, key)
        art = artwork.fetched(mending.before(found, work, tools) or found, tools, progress)
        covered = structs.replace(found, covers=art.covers)
        mended = mending.mend(covered, issues, work, tools, progress)
        if mended.written or mended.expected:
            found = _again(found, path, tools) if places.write else _as_if(covered, mended)
            asked = inquiry.again(asked, found, places.lookup_key or key, tools.desk)
            found = _known(found, asked)
            issues = diagnose.issues(found, key)
    finally:  # what is known of files is true, whatever became of the artist
        tools.index.commit()
    asked = _awaiting(asked, art)
    if places.write and not mended.refused:
        artwork.leave(art.covers, found, tools)
    if places.write and tools.has_changed_files:
        _sweep(found, path)
    issues = mending.described(found, issues, mended, tools)
    made = mending.records(work, tools)
    repairs = repaired.of(made, found.path)
    repairs = structs.replace(repairs, refused=tuple(mended.refused.items()))
    fresh = repaired.of(mending.fresh(made, work), found.path)
    outputs = _outputs(work)
    listed = bool(work.stamp.claim)
    told = Account(found, issues, repairs, fresh, key, places.home, asked, listed=listed)
    if places.write:
        _write(told, outputs)
    outcome = _outcome(told, work, mended, outputs, places)
    facts = _spent(asked, tools) | ({"accepted": accepted} if accepted else {})
    return structs.replace(outcome, facts=outcome.facts | facts)


def _read(
    path: Path, key: str, progress: Progress, places: Places, tools: Tools
) -> tuple[Artist, list[str]]:
    """Read an artist, compare copies, and decode everything in a deep scan.

    Return it with the places of the sounds that were accepted.
    """
    accepted: list[str] = []
    # Reading is quick beside decoding and writing, of which progress is told.
    found = scan.artist(path, QUIET if places.deep else progress, tools.index)
    if places.deep:
        found, accepted = deep.scanned(found, key, places, tools, progress)
    else:
        found = deep.recalled(found, key, tools.ledger)
    hash_of = functools.partial(tools.index.essence, made=essence.of)
    return copies.compared(found, hash_of), accepted


def _look_up(found: Artist, key: str, progress: Progress, tools: Tools) -> Inquiry:
    """Look an artist up; a folder without a track that can be read asks nothing."""
    if not any(album.readable for album in found.albums):
        return UNASKED
    tools.desk.progress = progress
    try:
        return inquiry.of(found, key, tools.desk)
    finally:
        tools.desk.progress = QUIET


def _known(found: Artist, asked: Inquiry) -> Artist:
    """Add to an artist what the look-up came to."""
    unowned = tuple(
        one.group.title
        for one in asked.holdings.lacking
        if one.reason is Reason.NOT_OWNED and not one.track
    )
    return structs.replace(found, resolved=asked.resolved, matches=asked.matches, unowned=unowned)


def _awaiting(asked: Inquiry, art: Fetched) -> Inquiry:
    """Let a look-up wait for the covers that could not be had."""
    if not art.why or asked.why:
        return asked
    return structs.replace(asked, state="pending", why=art.why, failed=art.failed)


def _spent(asked: Inquiry, tools: Tools) -> dict[str, object]:
    """Tell what the look-up has cost, and why it was not made if it was not."""
    spent = tools.desk.spent.taken()
    facts: dict[str, object] = {"requests": spent.requests, "hits": spent.hits}
    facts["waited"] = round(spent.waited, 3)
    if asked.why:
        facts["unreached" if asked.failed else "unasked"] = asked.why
    return {name: value for name, value in facts.items() if value}


def _sweep(found: Artist, path: Path) -> None:
    """Remove the copies of killed writers; of a younger one another writer may have need."""
    folders = {(path / files.unescape(track.place)).parent for track in found.tracks}
    for folder in folders | {path / files.unescape(album.place) for album in found.albums}:
        with contextlib.suppress(OSError):
            files.sweep(folder)


def _again(before: Artist, path: Path, tools: Tools) -> Artist:
    """Read an artist after repairs, which left every sound as it was."""
    known = {track.place: track for track in before.tracks}

    def same(track: Track) -> Track:
        old = known.get(track.place)
        if not (old and old.facts and track.facts and old.facts.payload == track.facts.payload):
            return track
        kept = {name: getattr(old, name) for name in ("essence", "damage", "change")}
        return structs.replace(track, **kept)

    found = deep.changed(scan.artist(path, QUIET, tools.index), same)
    found = structs.replace(found, resolved=before.resolved)
    return copies.compared(found, functools.partial(tools.index.essence, made=essence.of))


def _as_if(found: Artist, mended: Mended) -> Artist:
    """Show an artist as it would be after the repairs that a dry run only tells of."""
    shown = preview.artist(found, mended.expected)
    return structs.replace(shown, fingerprint=found.fingerprint, covers={})


class Account(msgspec.Struct, frozen=True):
    """All that is to be told of an artist."""

    artist: Artist
    issues: Sequence[Issue]
    repairs: Repaired
    fresh: Repaired  # those of them that no earlier outcome told of
    key: str
    home: Path
    asked: Inquiry
    listed: bool  # in a queue, and so in its list of reviews


def _write(told: Account, outputs: Outputs) -> None:
    found, issues = told.artist, told.issues
    paths = report.Paths(told.home, outputs.json, outputs.csv, listed=told.listed)
    contents = {
        outputs.report: report.render(found, issues, paths, told.repairs, told.asked).encode(),
        outputs.json: audit.to_json(found, issues, told.key, outputs.report, told.asked),
        outputs.csv: audit.to_csv(found, issues),
    }
    wanted = {told.home / name: new for name, new in contents.items()}
    files.write_together({path: new for path, new in wanted.items() if not _holds(path, new)})


def _holds(path: Path, content: bytes) -> bool:
    """Tell whether a file holds this very content already."""
    return path.is_file() and path.read_bytes() == content


def _outcome(
    told: Account, work: Work, mended: Mended, outputs: Outputs, places: Places
) -> Outcome:
    found, issues, repairs = told.artist, told.issues, told.repairs
    tracks, albums = sum(1 for _ in found.tracks), len(found.albums)
    decisions = list(filter(diagnose.needs_person, issues))
    fixed = told.fresh.count if places.write else repaired.expected(mended.due)
    reviews = len(decisions)
    counts = {
        "manual_reviews": reviews,
        "issues": diagnose.tally(decisions),
        "notes": len(issues) - reviews,
    }
    matched = figures.counts(found.matches)
    filled = told.fresh.filled if places.write else repaired.to_be_filled(mended.due)
    shown = [("track", tracks), ("auto-fix", fixed), ("manual review", reviews)]
    message = ", ".join(page.counted(number, noun) for noun, number in shown)
    if repairs.refused:
        message += f", {page.counted(len(repairs.refused), 'file')} not written"
    first = mending.first_claim(work, by_hand=places.by_hand)
    facts: dict[str, object] = {"tracks": tracks, "albums": albums}
    facts |= {**_mended(fixed, told.fresh, reviews), **counts, "repairs": told.fresh.by_kind}
    facts |= {name: n for name, n in {**matched, "fields_filled": filled}.items() if n}
    facts |= {"not_written": dict(repairs.refused)} if repairs.refused else {}
    facts = {"by_hand": True, **_unclaimed(facts)} if places.by_hand else facts
    return Outcome(
        message=message,
        data={
            "track_count": tracks,
            "album_count": albums,
            "repaired": first if repairs.count or places.by_hand else 0,
            "report": outputs.report,
            "lookup": _lookup(told, places),
            "mbid": told.asked.mbid,
            # Of the moment before the reading: what changed since will be noticed by a scan.
            "fingerprint": found.fingerprint,
            **matched,
            "fields_filled": repairs.filled if places.write else filled,
            **_mended(repairs.count if places.write else fixed, repairs, reviews),
            **counts,
        },
        open_ids=tuple(sorted(issue.id for issue in decisions)),
        facts=facts | _due(found, mended),
    )


def _lookup(told: Account, places: Places) -> Lookup:
    """Tell what became of the look-up, which a batch takes up again to fill in what it may now.

    That is where a person's command has made certain which release an album is.
    """
    lacking = (one for one in told.issues if one.kind == enrichment.FILLED)
    due = places.by_hand and any(one.proposal and not one.held for one in lacking)
    return "pending" if due else told.asked.state


def _mended(fixed: int, repairs: Repaired, reviews: int) -> dict[str, int]:
    """Count what was, or would be, mended."""
    found = reviews + fixed
    return {"issues_found": found, "issues_resolved": repairs.count, "auto_fixed": fixed}


def _unclaimed(facts: dict[str, object]) -> dict[str, object]:
    """Leave out the repairs, which were made, and told of, before a person's command."""
    repairs = "issues_found", "issues_resolved", "auto_fixed", "repairs", "fields_filled"
    return {name: value for name, value in facts.items() if name not in repairs}


def _due(found: Artist, mended: Mended) -> dict[str, object]:
    """What a dry run would change, and below which folder."""
    return {"path": found.path, "due": msgspec.to_builtins(mended.due)} if mended.due else {}


def _outputs(work: Work) -> Outputs:
    stem = work.item.output_name or files.safe_name(files.unescape(work.stamp.key))
    return Outputs(
        report=f"issues/music/{stem}_library_issues.md",
        json=f"outputs/{stem}_audit.json",
        csv=f"outputs/{stem}_audit.csv",
    )


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise access.refusal(path, error) from error


def _vanished(library: Path) -> Outcome:
    """Skip an artist that is gone, unless the library is: then nothing may be concluded."""
    try:
        empty = all(folders.is_hidden(path.name, True) for path in library.iterdir())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LibraryGone(files.escape(library), "missing") from error
    except OSError as error:
        raise access.refusal(library, error) from error
    if empty:
        raise LibraryGone(files.escape(library), "empty")
    return Outcome(
        Status.SKIPPED, message="the folder has vanished", data={"skip_reason": "vanished"}
    )
