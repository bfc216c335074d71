"""What came of a movie: files for people and programs, and an outcome for the queue."""

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
    """How many files were written since the item's first claim, and by the last try of these.

    `created` are those of them that were put where none was, by their escaped paths; `kinds` says
    what the last try has mended.
    """

    count: int = 0
    fresh: int = 0
    first_claim: int = 0
    created: tuple[str, ...] = ()
    kinds: dict[str, int] = {}


def write(told: Account, issues: Sequence[Issue], work: Work, home: Path) -> None:
    """Write the report and the record, those that differ from what is there."""
    contents = {
        home / report.place(stem(work)): report.render(told, issues, home).encode(),
        home / record.place(stem(work)): record.render(told, issues, report.place(stem(work))),
    }
    files.write_differing(contents)


def stem(work: Work) -> str:
    """Return what the names of a movie's outputs begin with."""
    return work.item.output_name or files.safe_name(files.unescape(work.stamp.key))


def made(work: Work, local: Movie, written: Written, repairs: Repairs) -> tuple[Sidecar, ...]:
    """Return the files that mediakeep has made beside a movie, now or before, and are there.

    Of those that a try has made which was killed then, only the record of changes knows.
    """
    assert isinstance(work.item, MovieItem)
    known = {*work.item.metadata_files, *written.created, *_places(local, repairs.created)}
    there = sorted(place for place in known if plan.path(local, place).is_file())
    return tuple(Sidecar(plan.role(place), place) for place in there)


def _places(local: Movie, paths: Sequence[str]) -> Iterator[str]:
    """Give the places below a movie's root of what lies there."""
    root = Path(files.unescape(local.root)).resolve()
    for path in map(files.unescape, paths):
        if Path(path).is_relative_to(root):
            yield files.escape(Path(path).relative_to(root))


def outcome(
    told: Account,
    issues: Sequence[Issue],
    work: Work,
    written: Written,
    repairs: Repairs,
    *,
    is_dry: bool = False,
) -> Outcome:
    """Tell the queue what came of a movie.

    What is due and not written is found, but not fixed; only a dry run counts what it would fix.
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
        "notes": sum(one.severity is Severity.NOTE for one in issues),
    }
    facts = _facts(told, counts, written, repairs)
    return Outcome(
        message=_message(told, repairs.fresh, due, len(decisions)),
        data={
            **_identified(told, work),
            **counts,
            "issues_found": len(decisions) + repairs.count + due,
            "auto_fixed": repairs.count + expected,
            "repaired": repairs.first_claim,
            "file_count": len(told.local.videos),
            "metadata_files": [one.place for one in told.made],
            "report": report.place(stem(work)),
            "lookup": "pending" if told.identity.why else _LOOKUPS.get(told.identity.sure, "done"),
            "fingerprint": told.local.fingerprint,
        },
        open_ids=tuple(sorted(one.id for one in decisions)),
        facts=facts,
    )


def _facts(
    told: Account, counts: dict[str, object], written: Written, repairs: Repairs
) -> dict[str, object]:
    """Tell the history what is new of a movie."""
    sure = told.identity.sure.value
    facts: dict[str, object] = {"files": len(told.local.videos), **counts}
    if sure:
        facts[f"movies_{sure}"] = 1
    if repairs.kinds:
        facts["repairs"] = repairs.kinds
    if written.due:
        facts |= {"path": told.local.root, "due": msgspec.to_builtins(written.due)}
    if written.held:
        facts["not_written"] = {one.place: one.why for one in written.held}
    return facts


def _identified(told: Account, work: Work) -> dict[str, object]:
    """Return which movie it is; what was known stays known where nobody could be asked now.

    So does what a person has said, even if TMDb knows no such movie.
    """
    identity, movie, before = told.identity, told.identity.movie, work.item
    assert isinstance(before, MovieItem)
    is_said = before.match == "user" and bool(before.tmdb_id or before.imdb_id)
    if identity.sure is Sure.UNKNOWN or (is_said and not told.is_certain):
        return {"title": before.title or told.title, "year": before.year or told.year}
    collection = movie.collection if movie else None
    return {
        "name": f"{told.title} ({told.year})" if told.is_certain and told.year else "",
        "title": told.title,
        "year": told.year,
        "edition": told.edition,
        "tmdb_id": identity.tmdb_id,
        "imdb_id": identity.imdb_id,
        "match": identity.sure.value,
        "confidence": round(identity.confidence, 3),
        "collection_id": collection.id if collection else 0,
        "collected": told.collected,
    }


def _message(told: Account, fixed: int, due: int, reviews: int) -> str:
    parts = [_which(told.identity, told)]
    parts += [page.counted(fixed, "file") + " written"] if fixed or not due else []
    parts += [page.counted(due, "file") + " would be written"] if due else []
    parts += [f"{len(told.held)} not written"] if told.held else []
    return ", ".join([*parts, page.counted(reviews, "manual review")])


def _which(identity: Identity, told: Account) -> str:
    """Say which movie it is, in a few words."""
    if told.is_certain:
        return f"{told.title} ({told.year})" if told.year else told.title
    if identity.sure is Sure.UNMATCHED and not told.local.name.title:
        return "its name tells no title"
    shown = {Sure.REVIEW: "which movie is open", Sure.UNMATCHED: "not found at TMDb"}
    return shown.get(identity.sure, "not looked up yet")
