"""What a person can do at once about a step: accept what is proposed, or write what they know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from mediakeep.issue import Issue
from mediakeep.music.cures import ARTIST, COVERS, FEW, RELEASE, Cures
from mediakeep.music.steps import Remedy, Step

_CHOICES = frozenset({ARTIST, RELEASE})  # decided beside what may be meant


def added(steps: Iterable[Step], issues: Iterable[Issue], cures: Cures) -> list[Step]:
    """Add to each step what can be done about its issues."""
    by_kind: dict[str, list[Issue]] = {}
    for issue in issues:
        by_kind.setdefault(issue.kind, []).append(issue)
    return [replace(step, remedies=tuple(_remedies(step, by_kind, cures))) for step in steps]


def _remedies(step: Step, by_kind: dict[str, list[Issue]], cures: Cures) -> Iterator[Remedy]:
    for kind in step.kinds:
        found = by_kind[kind.name]
        free = [issue for issue in found if not (issue.held or kind.name in _CHOICES)]
        if held := [issue for issue in found if issue.held]:
            yield Remedy(_held(held), "")
        if offered := [issue for issue in found if issue.proposal]:
            command = cures.accept(offered)
            told = _offered(offered, len(found))
            yield Remedy(f"{told}. To accept" if command else f"{told}.", command)
        else:
            yield from (Remedy("By hand", command) for command in _by_hand(kind.name, free, cures))


def _by_hand(kind: str, issues: Sequence[Issue], cures: Cures) -> list[str]:
    """Return the command for all issues; for covers one for each album, as each has its own."""
    albums = len({issue.album for issue in issues})
    if kind in COVERS and 1 < albums <= FEW:
        return [cures.write(issue) for issue in issues]
    return list(filter(None, [cures.write(*issues)]))


def held(steps: Iterable[Step], issues: Sequence[Issue]) -> list[Step]:
    """Add to steps that need no decision why a safe repair was not made."""
    reasons = {
        step: [one for one in issues if one.held and one.kind in {kind.name for kind in step.kinds}]
        for step in steps
    }
    return [
        replace(step, remedies=(Remedy(_held(found), ""),)) if found else step
        for step, found in reasons.items()
    ]


def _offered(issues: Sequence[Issue], of: int) -> str:
    """Say what is proposed; of several proposals the first, as an example."""
    told = list(dict.fromkeys(issue.proposal for issue in issues))
    if len(issues) < of:
        return f"Proposed for {len(issues):,} of {of:,}, such as: {told[0]}"
    return f"Proposed{', such as' if len(told) > 1 else ''}: {told[0]}"


def _held(issues: Sequence[Issue]) -> str:
    reasons = list(dict.fromkeys(issue.held for issue in issues))
    more = f", and {len(reasons) - 1:,} more reasons" if len(reasons) > 1 else ""
    return f"Not repaired by itself: {reasons[0]}{more}"
