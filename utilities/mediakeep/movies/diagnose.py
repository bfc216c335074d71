"""What is wrong with a movie: every kind of the table looked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from mediakeep import issue
from mediakeep.issue import TAKEN_BACK, Issue, Severity
from mediakeep.movies.account import Account, NfoState
from mediakeep.movies.kinds import KINDS, Kind

_WRITES = "a batch that may write puts it there"
_WAITS = "a batch writes it, once it is certain which movie it is"


def issues(account: Account, kinds: Sequence[Kind] = KINDS) -> list[Issue]:
    """Find all issues of a movie, most urgent first; an id lasts as long as the key and place."""
    return [
        Issue(
            kind=kind.name,
            severity=kind.severity,
            id=issue.identity(kind.name, account.local.key, place),
            path=place,
            detail=detail,
            proposal=_proposal(account, kind),
            held=TAKEN_BACK if kind.role and account.is_taken_back(kind.role) else "",
        )
        for kind in kinds
        for place, detail in _seen(account, kind)
    ]


def tally(found: Iterable[Issue]) -> dict[str, int]:
    """Count issues by kind, the kinds in alphabetical order."""
    return dict(sorted(Counter(one.kind for one in found).items()))


def needs_person(found: Issue) -> bool:
    """Tell whether an issue waits for a person: a note does not, nor what a batch will write.

    Whether what was taken back is to be written after all, only a person can tell.
    """
    if found.held == TAKEN_BACK:
        return True
    return found.severity is not Severity.NOTE and not found.proposal


def _seen(account: Account, kind: Kind) -> Iterator[tuple[str, str]]:
    found = kind.check(account)
    if isinstance(found, str):
        yield "", found
    elif found is not None:
        yield from found.items()


def _proposal(account: Account, kind: Kind) -> str:
    """Say what will mend an issue without anybody's help."""
    if not kind.role or account.is_taken_back(kind.role) or account.local.locked:
        return ""
    if account.is_due(kind.role):
        return _WRITES
    nfo = account.nfo.state
    refused = nfo not in (NfoState.NONE, NfoState.READ) and kind.role == "nfo"
    return "" if account.is_certain or refused else _WAITS
