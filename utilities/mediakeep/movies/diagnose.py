"""Find the issues of a movie by running the check of each issue kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mediakeep import issue
from mediakeep.issue import UNDONE_BEFORE, Issue, Severity
from mediakeep.movies.issue_kinds import ISSUE_KINDS, MovieIssueKind
from mediakeep.movies.result import MovieResult, NfoState

_BATCH_WRITES_IT = "a batch that may write puts it there"
_WAITS_FOR_MATCH = "a batch writes it, once it is certain which movie it is"


def find_issues(result: MovieResult, kinds: Sequence[MovieIssueKind] = ISSUE_KINDS) -> list[Issue]:
    """Return all issues of a movie, most urgent first.

    The ID of an issue depends only on its kind, the movie's key and the file's path.
    """
    return [
        Issue(
            kind=kind.name,
            severity=kind.severity,
            id=issue.build_issue_id(kind.name, result.local.key, place),
            path=place,
            detail=detail,
            proposal=_planned_fix(result, kind),
        ).with_block(UNDONE_BEFORE if kind.fixed_by and result.is_undone(kind.fixed_by) else None)
        for kind in kinds
        for place, detail in _run_check(result, kind)
    ]


def needs_decision(issue: Issue) -> bool:
    """Return True if an issue needs a decision by the user.

    Notes do not, nor do ignored issues and those that a batch will fix. A change that the user has
    undone does: only the user knows whether to write it again.
    """
    if issue.is_undone:
        return True
    if issue.is_ignored:
        return False
    return issue.severity is not Severity.NOTE and not issue.proposal


def _run_check(result: MovieResult, kind: MovieIssueKind) -> Iterator[tuple[str, str]]:
    details = kind.check(result)
    if isinstance(details, str):
        yield "", details
    elif details is not None:
        yield from details.items()


def _planned_fix(result: MovieResult, kind: MovieIssueKind) -> str:
    """Return a text that says how the next batch will fix an issue, or "" if it will not."""
    if not kind.fixed_by or result.is_undone(kind.fixed_by) or result.local.lock_reason:
        return ""
    if result.is_pending(kind.fixed_by):
        return _BATCH_WRITES_IT
    nfo = result.nfo.state
    refused = nfo not in (NfoState.NONE, NfoState.READ) and kind.fixed_by == "nfo"
    return "" if result.is_certain or refused else _WAITS_FOR_MATCH
