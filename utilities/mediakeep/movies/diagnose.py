"""Find the issues of a movie by running the check of each issue kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from mediakeep import issue
from mediakeep.issue import TAKEN_BACK, Issue, Severity
from mediakeep.movies.account import Account, NfoState
from mediakeep.movies.kinds import KINDS, Kind

_WRITES = "a batch that may write puts it there"
_WAITS = "a batch writes it, once it is certain which movie it is"


def issues(result: Account, kinds: Sequence[Kind] = KINDS) -> list[Issue]:
    """Return all issues of a movie, most urgent first. IDs depend on kind, key and place only."""
    return [
        Issue(
            kind=kind.name,
            severity=kind.severity,
            id=issue.identity(kind.name, result.local.key, place),
            path=place,
            detail=detail,
            proposal=_proposal(result, kind),
            held=TAKEN_BACK if kind.role and result.is_taken_back(kind.role) else "",
        )
        for kind in kinds
        for place, detail in _seen(result, kind)
    ]


def tally(issues: Iterable[Issue]) -> dict[str, int]:
    """Count issues by kind, sorted by name."""
    return dict(sorted(Counter(issue.kind for issue in issues).items()))


def needs_person(issue: Issue) -> bool:
    """Return True if an issue needs a decision by the user.

    Notes do not, nor do issues that a batch will fix. An undone change does: only the user knows
    whether to write it again.
    """
    if issue.held == TAKEN_BACK:
        return True
    return issue.severity is not Severity.NOTE and not issue.proposal


def _seen(result: Account, kind: Kind) -> Iterator[tuple[str, str]]:
    details = kind.check(result)
    if isinstance(details, str):
        yield "", details
    elif details is not None:
        yield from details.items()


def _proposal(result: Account, kind: Kind) -> str:
    """Return how the next batch will fix an issue, or "" if it will not."""
    if not kind.role or result.is_taken_back(kind.role) or result.local.locked:
        return ""
    if result.is_due(kind.role):
        return _WRITES
    nfo = result.nfo.state
    refused = nfo not in (NfoState.NONE, NfoState.READ) and kind.role == "nfo"
    return "" if result.is_certain or refused else _WAITS
