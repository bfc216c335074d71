"""The music worker: one artist read, diagnosed, repaired as far as that is safe, and reported."""

from __future__ import annotations

import contextlib
import functools
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import structs

from mediakeep import files
from mediakeep.errors import LibraryGone
from mediakeep.item import Status
from mediakeep.media import access, essence, folders, ignoring, temp_copies
from mediakeep.media.undoing.record import Record
from mediakeep.music import (
    artwork,
    copies,
    deep,
    diagnose,
    endings,
    mending,
    repaired,
    scan,
    tools,
)
from mediakeep.music.artwork import Fetched
from mediakeep.music.discography import inquiry
from mediakeep.music.discography.holdings import Reason
from mediakeep.music.discography.inquiry import UNASKED, Inquiry
from mediakeep.music.endings import Account
from mediakeep.music.mending import Mended
from mediakeep.music.model import Artist, Track
from mediakeep.music.repaired import Repaired
from mediakeep.music.repairs import preview
from mediakeep.music.tools import Places, Tools
from mediakeep.outcome import QUIET, Outcome, Progress, Work, Worker


@contextmanager
def opened(places: Places) -> Iterator[Worker]:
    """Give a process its worker, and what it works with."""
    with tools.opened(places) as open_ones:
        yield functools.partial(artist, places=places, tools=open_ones)


def artist(work: Work, progress: Progress, places: Places, tools: Tools) -> Outcome:
    """Read, diagnose, repair and report one artist.

    Skipped where the folder has vanished or is ignored; LibraryGone where the whole library has
    vanished; Unreadable where the folder, or one in it, refuses. Done twice, it writes nothing the
    second time.
    """
    path = Path(files.unescape(work.item.path))
    if not _is_folder(path):
        return _vanished(path.parent)
    if ignoring.is_ignored(path, path.parent, places.ignored):
        return Outcome(Status.SKIPPED, "it is ignored", data={"skip_reason": "ignored"})
    key = work.stamp.key
    try:
        found, accepted = _read(path, key, progress, places, tools)
        asked = _look_up(found, places.lookup_key or key, progress, tools)
        found = _known(found, asked)
        issues = diagnose.issues(found, key)
        coverless = mending.before(found, work, tools) or found
        coverless = mending.with_repaired_mbids(coverless, issues, work, tools)
        art = artwork.fetched(coverless, tools, progress)
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
    if places.write:
        _tidy(found, art, mended, tools)
    made = mending.records(work, tools)
    told = Account(
        artist=found,
        issues=mending.described(found, issues, mended, tools),
        repairs=_repaired(made, found, mended),
        fresh=repaired.of(mending.fresh(made, work), found.path),
        asked=asked,
    )
    if places.write:
        endings.write(told, work, places.home)
    outcome = endings.outcome(told, work, mended, places)
    facts = _spent(asked, tools) | ({"accepted": accepted} if accepted else {})
    trace = "\n".join(mended.traces)
    return structs.replace(outcome, facts=outcome.facts | facts, traceback=trace)


def _read(
    path: Path, key: str, progress: Progress, places: Places, tools: Tools
) -> tuple[Artist, list[str]]:
    """Read an artist, compare copies, and decode everything in a deep scan.

    Return it with the places of the sounds that were accepted.
    """
    accepted: list[str] = []
    # Reading is quick beside decoding and writing, of which progress is told.
    found = scan.artist(path, QUIET if places.deep else progress, tools.index, places.ignored)
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
    facts |= {"waited": round(spent.waited, 3), "odd_answers": spent.odd}
    if asked.why:
        facts["unreached" if asked.failed else "unasked"] = asked.why
    return {name: value for name, value in facts.items() if value}


def _repaired(made: Sequence[Record], found: Artist, mended: Mended) -> Repaired:
    repairs = repaired.of(made, found.path)
    return structs.replace(repairs, refused=tuple(mended.refused.items()))


def _tidy(found: Artist, art: Fetched, mended: Mended, tools: Tools) -> None:
    """Leave the covers that have come to use, and remove the copies of killed writers.

    Of a younger copy another writer may have need.
    """
    if not mended.refused:
        artwork.leave(art.covers, found, tools)
    if not tools.has_changed_files:
        return
    path = Path(files.unescape(found.path))
    folders = {(path / files.unescape(track.place)).parent for track in found.tracks}
    for folder in folders | {path / files.unescape(album.place) for album in found.albums}:
        with contextlib.suppress(OSError):
            temp_copies.sweep(folder)


def _again(before: Artist, path: Path, tools: Tools) -> Artist:
    """Read an artist after repairs, which left every sound as it was."""
    known = {track.place: track for track in before.tracks}

    def same(track: Track) -> Track:
        old = known.get(track.place)
        if not (old and old.facts and track.facts and old.facts.payload == track.facts.payload):
            return track
        kept = {name: getattr(old, name) for name in ("essence", "damage", "change")}
        return structs.replace(track, **kept)

    found = deep.changed(_reread(path, tools), same)
    found = structs.replace(found, resolved=before.resolved)
    return copies.compared(found, functools.partial(tools.index.essence, made=essence.of))


def _reread(path: Path, tools: Tools) -> Artist:
    return scan.artist(path, QUIET, tools.index, tools.places.ignored)


def _as_if(found: Artist, mended: Mended) -> Artist:
    """Show an artist as it would be after the repairs that a dry run only tells of."""
    shown = preview.artist(found, mended.expected)
    return structs.replace(shown, fingerprint=found.fingerprint, covers={})


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
