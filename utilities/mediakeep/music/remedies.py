"""The steps that resolve the issues of an artist, with the commands to run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from mediakeep.issue import Issue
from mediakeep.music.cures import ARTIST, COVERS, FEW, RELEASE, Cures
from mediakeep.music.steps import Remedy, Step

_CHOICES = frozenset({ARTIST, RELEASE})  # settled in the section that lists the candidates


def added(steps: Iterable[Step], issues: Iterable[Issue], commands: Cures) -> list[Step]:
    """Add to each step the fixes for its issues."""
    by_kind: dict[str, list[Issue]] = {}
    for issue in issues:
        by_kind.setdefault(issue.kind, []).append(issue)
    return [replace(step, remedies=tuple(_remedies(step, by_kind, commands))) for step in steps]


def _remedies(step: Step, by_kind: dict[str, list[Issue]], commands: Cures) -> Iterator[Remedy]:
    for kind in step.kinds:
        of_kind = by_kind[kind.name]
        unblocked = [issue for issue in of_kind if not (issue.held or kind.name in _CHOICES)]
        if blocked := [issue for issue in of_kind if issue.held]:
            yield Remedy(_held(blocked), "")
        if proposed := [issue for issue in of_kind if issue.proposal]:
            command = commands.accept(proposed)
            text = _offered(proposed, len(of_kind))
            yield Remedy(f"{text}. To accept" if command else f"{text}.", command)
        else:
            yield from (
                Remedy("By hand", command) for command in _by_hand(kind.name, unblocked, commands)
            )


def _by_hand(kind: str, issues: Sequence[Issue], commands: Cures) -> list[str]:
    """Return the command for all issues; for covers one per album, as each has its own."""
    albums = len({issue.album for issue in issues})
    if kind in COVERS and 1 < albums <= FEW:
        return [commands.write(issue) for issue in issues]
    return list(filter(None, [commands.write(*issues)]))


def held(steps: Iterable[Step], issues: Sequence[Issue]) -> list[Step]:
    """Add to steps that need no decision why a safe repair was not made."""
    reasons = {
        step: [
            issue
            for issue in issues
            if issue.held and issue.kind in {kind.name for kind in step.kinds}
        ]
        for step in steps
    }
    return [
        replace(step, remedies=(Remedy(_held(blocked), ""),)) if blocked else step
        for step, blocked in reasons.items()
    ]


def _offered(issues: Sequence[Issue], total: int) -> str:
    """Format what is proposed; of several proposals the first, as an example."""
    proposals = list(dict.fromkeys(issue.proposal for issue in issues))
    if len(issues) < total:
        return f"Proposed for {len(issues):,} of {total:,}, such as: {proposals[0]}"
    return f"Proposed{', such as' if len(proposals) > 1 else ''}: {proposals[0]}"


def _held(issues: Sequence[Issue]) -> str:
    reasons = list(dict.fromkeys(issue.held for issue in issues))
    more = f", and {len(reasons) - 1:,} more reasons" if len(reasons) > 1 else ""
    return f"Not repaired automatically: {reasons[0]}{more}"
