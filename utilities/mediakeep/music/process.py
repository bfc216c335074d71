"""The music worker: read, diagnose, repair and report one artist."""

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
def opened(config: Places) -> Iterator[Worker]:
    """Yield the worker of a process, with its resources opened."""
    with tools.opened(config) as context:
        yield functools.partial(artist, config=config, context=context)


def artist(work: Work, progress: Progress, config: Places, context: Tools) -> Outcome:
    """Read, diagnose, repair and report one artist.

    Return a skipped outcome if the folder has vanished or is ignored. Raise LibraryMissing if the
    whole library has vanished, and Unreadable if the folder or one below it cannot be read. A
    second run writes nothing.
    """
    path = Path(files.unescape(work.item.path))
    if not _is_folder(path):
        return _vanished(path.parent)
    if ignoring.is_ignored(path, path.parent, config.ignored):
        return Outcome(Status.SKIPPED, "it is ignored", data={"skip_reason": "ignored"})
    key = work.stamp.key
    try:
        artist, accepted = _read(path, key, progress, config, context)
        lookup = _look_up(artist, config.lookup_key or key, progress, context)
        artist = _known(artist, lookup)
        issues = diagnose.issues(artist, key)
        coverless = mending.before(artist, work, context) or artist
        coverless = mending.with_repaired_mbids(coverless, issues, work, context)
        covers = artwork.fetched(coverless, context, progress)
        covered = structs.replace(artist, covers=covers.covers)
        result = mending.mend(covered, issues, work, context, progress)
        if result.written or result.expected:
            artist = _again(artist, path, context) if config.write else _as_if(covered, result)
            lookup = inquiry.again(lookup, artist, config.lookup_key or key, context.desk)
            artist = _known(artist, lookup)
            issues = diagnose.issues(artist, key)
    finally:  # facts about files stay true even if the artist fails
        context.index.commit()
    lookup = _awaiting(lookup, covers)
    if config.write:
        _tidy(artist, covers, result, context)
    records = mending.records(work, context)
    artist_result = Account(
        artist=artist,
        issues=mending.described(artist, issues, result, context),
        repairs=_repaired(records, artist, result),
        fresh=repaired.of(mending.fresh(records, work), artist.path),
        asked=lookup,
    )
    if config.write:
        endings.write(artist_result, work, config.home)
    artist_outcome = endings.outcome(artist_result, work, result, config)
    facts = _spent(lookup, context) | ({"accepted": accepted} if accepted else {})
    trace = "\n".join(result.traces)
    return structs.replace(artist_outcome, facts=artist_outcome.facts | facts, traceback=trace)


def _read(
    path: Path, key: str, progress: Progress, config: Places, context: Tools
) -> tuple[Artist, list[str]]:
    """Read an artist, hash possible duplicates, and decode everything in a deep scan.

    Return it with the places whose changed audio was accepted.
    """
    accepted: list[str] = []
    # Reading is fast compared to decoding and writing, which report progress.
    artist = scan.artist(path, QUIET if config.deep else progress, context.index, config.ignored)
    if config.deep:
        artist, accepted = deep.scanned(artist, key, config, context, progress)
    else:
        artist = deep.recalled(artist, key, context.ledger)
    hash_of = functools.partial(context.index.essence, made=essence.of)
    return copies.compared(artist, hash_of), accepted


def _look_up(artist: Artist, key: str, progress: Progress, context: Tools) -> Inquiry:
    """Look up an artist; a folder without readable tracks sends no request."""
    if not any(album.readable for album in artist.albums):
        return UNASKED
    context.desk.progress = progress
    try:
        return inquiry.of(artist, key, context.desk)
    finally:
        context.desk.progress = QUIET


def _known(artist: Artist, lookup: Inquiry) -> Artist:
    """Add the results of the lookup to an artist."""
    unowned = tuple(
        missing.group.title
        for missing in lookup.holdings.lacking
        if missing.reason is Reason.NOT_OWNED and not missing.track
    )
    return structs.replace(
        artist, resolved=lookup.resolved, matches=lookup.matches, unowned=unowned
    )


def _awaiting(lookup: Inquiry, covers: Fetched) -> Inquiry:
    """Mark the lookup as pending if covers could not be fetched."""
    if not covers.why or lookup.why:
        return lookup
    return structs.replace(lookup, state="pending", why=covers.why, failed=covers.failed)


def _spent(lookup: Inquiry, context: Tools) -> dict[str, object]:
    """Return the costs of the lookup, and why it failed or was not made."""
    stats = context.desk.spent.taken()
    facts: dict[str, object] = {"requests": stats.requests, "hits": stats.hits}
    facts |= {"waited": round(stats.waited, 3), "odd_answers": stats.odd}
    if lookup.why:
        facts["unreached" if lookup.failed else "unasked"] = lookup.why
    return {name: value for name, value in facts.items() if value}


def _repaired(records: Sequence[Record], artist: Artist, result: Mended) -> Repaired:
    repairs = repaired.of(records, artist.path)
    return structs.replace(repairs, refused=tuple(result.refused.items()))


def _tidy(artist: Artist, covers: Fetched, result: Mended, context: Tools) -> None:
    """Release the covers that were written, and remove the temporary copies of killed writers.

    Recent copies are kept: another writer may still need them.
    """
    if not result.refused:
        artwork.leave(covers.covers, artist, context)
    if not context.has_changed_files:
        return
    path = Path(files.unescape(artist.path))
    folders = {(path / files.unescape(track.place)).parent for track in artist.tracks}
    for folder in folders | {path / files.unescape(album.place) for album in artist.albums}:
        with contextlib.suppress(OSError):
            temp_copies.sweep(folder)


def _again(before: Artist, path: Path, context: Tools) -> Artist:
    """Read an artist again after repairs, which leave all audio unchanged."""
    old_tracks = {track.place: track for track in before.tracks}

    def with_old_essence(track: Track) -> Track:
        old = old_tracks.get(track.place)
        if not (old and old.facts and track.facts and old.facts.payload == track.facts.payload):
            return track
        unchanged = {name: getattr(old, name) for name in ("essence", "damage", "change")}
        return structs.replace(track, **unchanged)

    artist = deep.changed(_reread(path, context), with_old_essence)
    artist = structs.replace(artist, resolved=before.resolved)
    return copies.compared(artist, functools.partial(context.index.essence, made=essence.of))


def _reread(path: Path, context: Tools) -> Artist:
    return scan.artist(path, QUIET, context.index, context.places.ignored)


def _as_if(artist: Artist, result: Mended) -> Artist:
    """Return the artist as it would be after the repairs of a dry run."""
    previewed = preview.artist(artist, result.expected)
    return structs.replace(previewed, fingerprint=artist.fingerprint, covers={})


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise access.refusal(path, error) from error


def _vanished(library: Path) -> Outcome:
    """Skip an artist that has vanished, unless the whole library has: then nothing is known."""
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
