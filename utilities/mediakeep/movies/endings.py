"""The outcome of a movie: its report and record, and the data for queue and history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.issue import Issue, Severity
from mediakeep.item import Lookup, MovieItem
from mediakeep.movies import diagnose
from mediakeep.movies.account import Account, Sidecar
from mediakeep.movies.identify.verdict import Identity, Sure
from mediakeep.movies.model import Movie
from mediakeep.movies.outputs import record, report
from mediakeep.movies.sidecars import plan
from mediakeep.movies.sidecars.writing import Written
from mediakeep.outcome import Outcome, Work
from mediakeep.pages import page

_LOOKUPS: dict[Sure, Lookup] = {Sure.REVIEW: "unsure", Sure.UNMATCHED: "unknown"}


class Repairs(msgspec.Struct, frozen=True):
    """The number of files written since the item's first claim, and by the last attempt.

    `created_paths` are the escaped paths of files that did not exist before; `by_kind` counts the
    fixes of the last attempt by kind.
    """

    count: int = 0
    fresh: int = 0
    first_claim: int = 0
    created: tuple[str, ...] = ()
    kinds: dict[str, int] = {}


def write(result: Account, issues: Sequence[Issue], work: Work, home: Path) -> None:
    """Write the report and the record, each only if its content changes."""
    contents = {
        home / report.place(stem(work)): report.render(result, issues, home).encode(),
        home / record.place(stem(work)): record.render(result, issues, report.place(stem(work))),
    }
    files.write_differing(contents)


def stem(work: Work) -> str:
    """Return the start of the file names of a movie's outputs."""
    return work.item.output_name or files.safe_name(files.unescape(work.stamp.key))


def made(work: Work, local: Movie, written: Written, repairs: Repairs) -> tuple[Sidecar, ...]:
    """Return the sidecars that mediakeep wrote, in this run or before, and that still exist.

    Those of an attempt that was killed are known from the undo records only.
    """
    assert isinstance(work.item, MovieItem)
    places = {*work.item.metadata_files, *written.created, *_places(local, repairs.created)}
    existing = sorted(place for place in places if plan.path(local, place).is_file())
    return tuple(Sidecar(plan.role(place), place) for place in existing)


def _places(local: Movie, paths: Sequence[str]) -> Iterator[str]:
    """Yield the paths that are below the movie's root, relative to it and escaped."""
    root = Path(files.unescape(local.root)).resolve()
    for path in map(files.unescape, paths):
        if Path(path).is_relative_to(root):
            yield files.escape(Path(path).relative_to(root))


def outcome(
    result: Account,
    issues: Sequence[Issue],
    work: Work,
    written: Written,
    repairs: Repairs,
    *,
    is_dry: bool = False,
) -> Outcome:
    """Build the outcome of a movie for the queue.

    Pending files that were not written count as found, but not as fixed; only a dry run counts them
    as fixed.
    """
    decisions = list(filter(diagnose.needs_person, issues))
    due = len(written.due)
    expected = due if is_dry else 0
    counts = {
        "issues_found": len(decisions) + repairs.fresh + due,
        "issues_resolved": repairs.count,
        "auto_fixed": repairs.fresh + expected,
        "manual_reviews": len(decisions),
        "issues": diagnose.tally(decisions),
        "notes": sum(issue.severity is Severity.NOTE for issue in issues),
    }
    facts = _facts(result, counts, written, repairs)
    return Outcome(
        message=_message(result, repairs.fresh, due, len(decisions)),
        data={
            **_identified(result, work),
            **counts,
            "issues_found": len(decisions) + repairs.count + due,
            "auto_fixed": repairs.count + expected,
            "repaired": repairs.first_claim,
            "file_count": len(result.local.videos),
            "metadata_files": [sidecar.place for sidecar in result.made],
            "report": report.place(stem(work)),
            "lookup": "pending"
            if result.identity.why
            else _LOOKUPS.get(result.identity.sure, "done"),
            "fingerprint": result.local.fingerprint,
        },
        open_ids=tuple(sorted(issue.id for issue in decisions)),
        facts=facts,
    )


def _facts(
    result: Account, counts: dict[str, object], written: Written, repairs: Repairs
) -> dict[str, object]:
    """Return what the history records of this run."""
    sure = result.identity.sure.value
    facts: dict[str, object] = {"files": len(result.local.videos), **counts}
    if sure:
        facts[f"movies_{sure}"] = 1
    if repairs.kinds:
        facts["repairs"] = repairs.kinds
    if written.due:
        facts |= {"path": result.local.root, "due": msgspec.to_builtins(written.due)}
    if written.held:
        facts["not_written"] = {sidecar.place: sidecar.why for sidecar in written.held}
    return facts


def _identified(result: Account, work: Work) -> dict[str, object]:
    """Return the item fields that identify the movie.

    If no service could be queried, the previous identity stays. So does an ID given by the user
    that TMDb does not know.
    """
    identity, movie, before = result.identity, result.identity.movie, work.item
    assert isinstance(before, MovieItem)
    has_user_id = before.match == "user" and bool(before.tmdb_id or before.imdb_id)
    if identity.sure is Sure.UNKNOWN or (has_user_id and not result.is_certain):
        return {"title": before.title or result.title, "year": before.year or result.year}
    collection = movie.collection if movie else None
    return {
        "name": f"{result.title} ({result.year})" if result.is_certain and result.year else "",
        "title": result.title,
        "year": result.year,
        "edition": result.edition,
        "tmdb_id": identity.tmdb_id,
        "imdb_id": identity.imdb_id,
        "match": identity.sure.value,
        "confidence": round(identity.confidence, 3),
        "collection_id": collection.id if collection else 0,
        "collected": result.collected,
    }


def _message(result: Account, fixed: int, due: int, reviews: int) -> str:
    parts = [_which(result.identity, result)]
    parts += [page.counted(fixed, "file") + " written"] if fixed or not due else []
    parts += [page.counted(due, "file") + " would be written"] if due else []
    parts += [f"{len(result.held)} not written"] if result.held else []
    return ", ".join([*parts, page.counted(reviews, "manual review")])


def _which(identity: Identity, result: Account) -> str:
    """Return a short text that identifies the movie."""
    if result.is_certain:
        return f"{result.title} ({result.year})" if result.year else result.title
    if identity.sure is Sure.UNMATCHED and not result.local.name.title:
        return "no title in its name"
    shown = {Sure.REVIEW: "which movie is open", Sure.UNMATCHED: "not found at TMDb"}
    return shown.get(identity.sure, "not looked up yet")
