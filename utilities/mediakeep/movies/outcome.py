"""The outcome of processing a movie: its report and record, and data for queue and history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from mediakeep import atomic_files, home_rpc, path_text
from mediakeep.issue import Issue, Severity, count_by_kind
from mediakeep.item import LookupState
from mediakeep.movies import diagnose
from mediakeep.movies.identify.model import MatchStatus, MovieIdentity
from mediakeep.movies.item import MovieItem
from mediakeep.movies.model import LocalMovie
from mediakeep.movies.outputs import movie_record, movie_report
from mediakeep.movies.result import MovieResult, SidecarOutcome
from mediakeep.movies.sidecars import pending_files
from mediakeep.movies.sidecars.write_sidecars import SidecarWriteResult
from mediakeep.outcome import Outcome, Work
from mediakeep.size_text import format_count

_LOOKUP_STATES: dict[MatchStatus, LookupState] = {
    MatchStatus.REVIEW: "unsure",
    MatchStatus.UNMATCHED: "unknown",
}


class WrittenFiles(msgspec.Struct, frozen=True):
    """How many files were written for a movie: in all its attempts, and in the last one.

    An attempt is counted from its claim, the mark that a worker has started on the item.
    `created_paths` are the escaped paths of files that did not exist before; `by_kind` counts the
    fixes of the last attempt by kind.
    """

    total: int = 0
    last_run: int = 0
    first_claim: int = 0
    created_paths: tuple[str, ...] = ()
    by_kind: dict[str, int] = {}


def write_outputs(result: MovieResult, issues: Sequence[Issue], work: Work, home: Path) -> None:
    """Write the report and the record of a movie, each only if its content changes."""
    contents = {
        movie_report.report_place(output_stem(work)): movie_report.render_markdown(
            result, issues, home
        ).encode(),
        movie_record.record_place(output_stem(work)): movie_record.render_json(
            result, issues, movie_report.report_place(output_stem(work))
        ),
    }
    home_rpc.call_at_home(atomic_files.write_outputs, home, contents)


def output_stem(work: Work) -> str:
    """Return the start of the file names of a movie's report and record."""
    return work.item.output_name or path_text.safe_name(path_text.unescape_path(work.stamp.key))


def list_written_sidecars(
    work: Work, local: LocalMovie, written: SidecarWriteResult, repairs: WrittenFiles
) -> tuple[SidecarOutcome, ...]:
    """Return the sidecars of a movie that mediakeep wrote, now or earlier, and that still exist.

    Those of an attempt that was killed are known from the undo records only.
    """
    assert isinstance(work.item, MovieItem)
    places = {
        *work.item.metadata_files,
        *written.created,
        *_relative_places(local, repairs.created_paths),
    }
    existing = sorted(
        place for place in places if pending_files.absolute_path(local, place).is_file()
    )
    return tuple(SidecarOutcome(pending_files.role_from_place(place), place) for place in existing)


def _relative_places(local: LocalMovie, paths: Sequence[str]) -> Iterator[str]:
    """Yield the paths below the movie's root as escaped paths relative to it.

    Other paths are left out.
    """
    root = Path(path_text.unescape_path(local.root)).resolve()
    for path in map(path_text.unescape_path, paths):
        if Path(path).is_relative_to(root):
            yield path_text.escape_path(Path(path).relative_to(root))


def build_outcome(
    result: MovieResult,
    issues: Sequence[Issue],
    work: Work,
    written: SidecarWriteResult,
    repairs: WrittenFiles,
    *,
    is_dry: bool = False,
) -> Outcome:
    """Build the outcome of processing a movie, which the queue stores.

    Pending files that were not written count as issues found, but not as fixed; only a dry run
    counts them as fixed.
    """
    decisions = list(filter(diagnose.needs_decision, issues))
    due = len(written.pending)
    expected = due if is_dry else 0
    counts = {
        "issues_found": len(decisions) + repairs.last_run + due,
        "issues_resolved": repairs.total,
        "auto_fixed": repairs.last_run + expected,
        "manual_reviews": len(decisions),
        "issues": count_by_kind(decisions),
        "notes": sum(issue.severity is Severity.NOTE for issue in issues),
    }
    facts = _build_history_facts(result, counts, written, repairs)
    return Outcome(
        message=_format_message(result, repairs.last_run, due, len(decisions)),
        data={
            **_build_identity_data(result, work),
            **counts,
            "issues_found": len(decisions) + repairs.total + due,
            "auto_fixed": repairs.total + expected,
            "repaired": repairs.first_claim,
            "file_count": len(result.local.videos),
            "metadata_files": [sidecar.place for sidecar in result.written],
            "report": movie_report.report_place(output_stem(work)),
            "lookup": "pending"
            if result.identity.lookup_error
            else _LOOKUP_STATES.get(result.identity.status, "done"),
            "fingerprint": result.local.fingerprint,
        },
        open_ids=tuple(sorted(issue.id for issue in decisions)),
        facts=facts,
    )


def _build_history_facts(
    result: MovieResult,
    counts: dict[str, object],
    written: SidecarWriteResult,
    repairs: WrittenFiles,
) -> dict[str, object]:
    """Return the facts about this run that the history stores."""
    status = result.identity.status.value
    facts: dict[str, object] = {"files": len(result.local.videos), **counts}
    if status:
        facts[f"movies_{status}"] = 1
    if repairs.by_kind:
        facts["repairs"] = repairs.by_kind
    if written.pending:
        facts |= {"path": result.local.root, "due": msgspec.to_builtins(written.pending)}
    if written.blocked:
        facts["not_written"] = {sidecar.place: sidecar.why for sidecar in written.blocked}
    return facts


def _build_identity_data(result: MovieResult, work: Work) -> dict[str, object]:
    """Return the fields of the queue item that identify the movie.

    If no service could be queried, the previous identity stays. So does an ID given by the user
    that TMDb does not know.
    """
    identity, movie, before = result.identity, result.identity.movie, work.item
    assert isinstance(before, MovieItem)
    has_user_id = before.match == "user" and bool(before.tmdb_id or before.imdb_id)
    if identity.status is MatchStatus.UNKNOWN or (has_user_id and not result.is_certain):
        return {"title": before.title or result.title, "year": before.year or result.year}
    collection = movie.collection if movie else None
    return {
        "name": f"{result.title} ({result.year})" if result.is_certain and result.year else "",
        "title": result.title,
        "year": result.year,
        "edition": result.edition,
        "tmdb_id": identity.tmdb_id,
        "imdb_id": identity.imdb_id,
        "match": identity.status.value,
        "confidence": round(identity.confidence, 3),
        "collection_id": collection.id if collection else 0,
        "collected": result.owned_in_collection,
    }


def _format_message(result: MovieResult, fixed: int, due: int, reviews: int) -> str:
    parts = [_format_match(result.identity, result)]
    parts += [format_count(fixed, "file") + " written"] if fixed or not due else []
    parts += [format_count(due, "file") + " would be written"] if due else []
    parts += [f"{len(result.blocked)} not written"] if result.blocked else []
    return ", ".join([*parts, format_count(reviews, "manual review")])


def _format_match(identity: MovieIdentity, result: MovieResult) -> str:
    """Return a short text that says which movie was identified."""
    if result.is_certain:
        return f"{result.title} ({result.year})" if result.year else result.title
    if identity.status is MatchStatus.UNMATCHED and not result.local.name.title:
        return "no title in its name"
    shown = {MatchStatus.REVIEW: "which movie is open", MatchStatus.UNMATCHED: "not found at TMDb"}
    return shown.get(identity.status, "not looked up yet")
