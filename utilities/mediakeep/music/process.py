"""The music worker: one artist read, diagnosed and reported; nothing in the library is touched."""

from __future__ import annotations

import functools
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from mediakeep import files
from mediakeep.errors import LibraryGone
from mediakeep.issue import Issue
from mediakeep.item import Status
from mediakeep.media import access, essence
from mediakeep.music import audit, copies, deep, diagnose, folders, report, scan, tools
from mediakeep.music.model import Artist
from mediakeep.music.tools import Places, Tools
from mediakeep.outcome import Outcome, Progress, Work, Worker
from mediakeep.pages import page


@dataclass(frozen=True)
class Outputs:
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
    """Read, diagnose and report one artist.

    Skipped where the folder has vanished; LibraryGone where the whole library has; Unreadable
    where the folder, or one in it, refuses. Done twice, it writes nothing the second time.
    """
    path = Path(files.unescape(work.item.path))
    if not _is_folder(path):
        return _vanished(path.parent)
    key = work.stamp.key
    try:
        found, accepted = _read(path, key, progress, places, tools)
    finally:  # what is known of files is true, whatever became of the artist
        tools.index.commit()
    issues = diagnose.issues(found, key)
    outputs = _outputs(work)
    if places.write:
        _write(found, issues, key, places.home, outputs)
    outcome = _outcome(found, issues, outputs.report)
    return replace(outcome, facts=outcome.facts | {"accepted": accepted}) if accepted else outcome


def _read(
    path: Path, key: str, progress: Progress, places: Places, tools: Tools
) -> tuple[Artist, list[str]]:
    """Read an artist, compare copies, and decode everything in a deep scan.

    Return it with the places of the sounds that were accepted.
    """
    accepted: list[str] = []
    found = scan.artist(path, _quiet if places.deep else progress, tools.index)
    if places.deep:
        found, accepted = deep.scanned(found, key, places, tools, progress)
    else:
        found = deep.recalled(found, key, tools.ledger)
    hash_of = functools.partial(tools.index.essence, made=essence.of)
    return copies.compared(found, hash_of), accepted


def _quiet(_done: int, _of: int) -> None:
    """In a deep scan only decoding takes long enough to be told of."""


def _write(found: Artist, issues: Sequence[Issue], key: str, home: Path, outputs: Outputs) -> None:
    text = report.render(found, issues, (outputs.json, outputs.csv))
    contents = {
        outputs.report: text.encode(),
        outputs.json: audit.to_json(found, issues, key, outputs.report),
        outputs.csv: audit.to_csv(found, issues),
    }
    files.write_together(
        {home / name: new for name, new in contents.items() if not _holds(home / name, new)}
    )


def _holds(path: Path, content: bytes) -> bool:
    """Tell whether a file holds this very content already."""
    return path.is_file() and path.read_bytes() == content


def _outcome(found: Artist, issues: Sequence[Issue], report_path: str) -> Outcome:
    tracks, albums = sum(1 for _ in found.tracks), len(found.albums)
    decisions = list(filter(diagnose.needs_person, issues))
    reviews = len(decisions)
    counts = {
        "issues_found": reviews,
        "auto_fixed": 0,
        "manual_reviews": reviews,
        "issues": diagnose.tally(decisions),
        "notes": len(issues) - reviews,
    }
    told = (("track", tracks), ("auto-fix", 0), ("manual review", reviews))
    return Outcome(
        message=", ".join(page.counted(number, noun) for noun, number in told),
        data={
            "track_count": tracks,
            "album_count": albums,
            "issues_resolved": 0,
            "report": report_path,
            # Of the moment before the reading: what changed since will be noticed by a scan.
            "fingerprint": found.fingerprint,
            **counts,
        },
        open_ids=tuple(sorted(issue.id for issue in decisions)),
        facts={"tracks": tracks, "albums": albums, **counts},
    )


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
