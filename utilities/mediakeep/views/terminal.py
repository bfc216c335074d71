"""What a person reads in a terminal: plain lines, made from the record and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mediakeep import files, kinds
from mediakeep.issue import Issue, Severity
from mediakeep.item import Item, Status
from mediakeep.queue.state import State
from mediakeep.views.summary import Standing

BAR = 30  # characters
PLACES = 5  # of one kind of issue; the report names all


def count(number: int, noun: str, plural: str = "") -> str:
    """Write a number with its noun: 1 artist, 2 artists, 1,200 artists."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """Write a span of time as its two largest units."""
    whole = round(seconds)
    for size, unit, smaller, sub in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit} {rest} {sub}" if rest else f"{whole // size} {unit}"
    return f"{whole} s"


def size(number: int) -> str:
    """Write a number of bytes in the unit that suits it: 900 bytes, 4.2 MB, 120 GB."""
    if number < 1000:
        return count(number, "byte")
    units = ("KB", "MB", "GB", "TB")
    value, unit = next(
        (number / 1000**power, unit)
        for power, unit in enumerate(units, 1)
        if number < 999.5 * 1000**power or unit == units[-1]
    )
    return f"{value:.1f} {unit}" if value < 9.95 else f"{value:,.0f} {unit}"


def bar(percentage: float, width: int = BAR) -> str:
    """Draw a share as a bar of plain characters."""
    full = int(width * percentage / 100)
    return "[" + "#" * full + "." * (width - full) + "]"


def summary(told: Standing) -> list[str]:
    """Describe a queue."""
    done = told.counts["completed"]
    lines = [
        f"{told.kind.capitalize()} library {files.printable(told.library)}",
        f"{bar(told.percentage)} {done:,} of {count(told.total, told.noun, told.plural)} completed"
        f" ({told.percentage}%)",
        "  " + ", ".join(f"{name} {number:,}" for name, number in _others(told) if number),
    ]
    if told.waiting:
        lines.append(f"  {told.waiting:,} of the failed will be tried again by themselves")
    if told.outdated:
        lines.append(f"  {told.outdated:,} were completed by older rules (--reset-outdated)")
    lines += [f"  {line}" for line in lookups(told)]
    lines.append(_pace(told))
    return [line for line in lines if line.strip()] + issues(told)


def lookups(told: Standing) -> list[str]:
    """Tell how much was looked up and what of it is open, and what waits for its look-up."""
    lines = [looked_up(told)] if told.looked_up else []
    lines += matches(told.kind, told.tallies)
    return [*lines, awaiting(told.awaiting, told)] if told.awaiting else lines


def looked_up(told: Standing) -> str:
    """Say how much was looked up, and for how much of it nobody is found who it certainly is."""
    open_ones = [(told.unsure, "unsure"), (told.unknown, "unknown")]
    rest = ", ".join(f"{number:,} {word}" for number, word in open_ones if number)
    made = f"Looked up: {count(told.looked_up, told.noun, told.plural)}"
    return f"{made}; {rest}" if rest else made


def matches(kind: str, tallies: Mapping[str, int]) -> list[str]:
    """Say in a line what items count besides, such as how many albums are certain; none for 0."""
    groups: dict[str, list[str]] = {}
    for one in kinds.KINDS[kind].tallies:
        if number := tallies.get(one.name, 0):
            amount = count(number, one.noun) if one.noun else f"{number:,}"
            groups.setdefault(one.group, []).append(f"{amount} {one.word}")
    parts = [
        f"{group}: {', '.join(told)}" if group else ", ".join(told)
        for group, told in groups.items()
    ]
    return ["; ".join(parts)] if parts else []


def awaiting(number: int, told: Standing) -> str:
    """Say how many items wait for their look-up: 1 artist waits for its look-up."""
    verb, whose = ("waits", "its look-up") if number == 1 else ("wait", "their look-up")
    return f"{count(number, told.noun, told.plural)} {verb} for {whose}"


def _others(told: Standing) -> list[tuple[str, int]]:
    names = {"pending": "pending", "in_progress": "in progress", "error": "failed"}
    return [(word, told.counts[name]) for name, word in {**names, "skipped": "skipped"}.items()]


def _pace(told: Standing) -> str:
    if told.per_hour is None:
        return ""
    pace = f"  {told.per_hour:,.0f} {told.plural} an hour in the last sessions"
    left = told.seconds_left
    return f"{pace}, about {duration(left)} of work left" if left else pace


def issues(told: Standing) -> list[str]:
    """List the open issues by kind, most first; notes are only counted."""
    notes = [f"{count(told.notes, 'note')} in the reports"] if told.notes else []
    if not told.issues:
        return notes
    width = max(len(f"{number:,}") for number in told.issues.values())
    total = sum(told.issues.values())
    head = f"{count(total, 'open issue')}, {told.reviews:,} of them for a person to decide:"
    kinds = (f"  {number:>{width},} {kind}" for kind, number in told.issues.items())
    return [head, *kinds, *notes]


def listing(state: State, wanted: Status | None) -> list[str]:
    """List items with their status, one a line."""
    width = max(len(status.value) for status in Status)
    return [
        f"{item.status.value:<{width}}  {files.printable(key)}{_remark(item)}"
        for key, item in state.items.items()
        if wanted in (None, item.status)
    ]


def _remark(item: Item) -> str:
    remark = item.error_message or item.skip_reason or item.note
    return f"  ({files.printable(remark)})" if remark else ""


def item(key: str, one: Item) -> list[str]:
    """Describe one item: every field that holds anything but its issues."""
    lines = [files.printable(key)]
    for name in one.__struct_fields__:
        value = getattr(one, name)
        if value and name != "issues":
            told = value.value if isinstance(value, Status) else value
            told = ", ".join(told) if isinstance(told, tuple) else told
            lines.append(f"  {name.replace('_', ' ')}: {files.printable(str(told))}")
    return lines


def item_issues(one: Item, found: Sequence[Issue] | None, home: Path) -> list[str]:
    """Describe the issues of one item by kind, in the order that they come in.

    Where they are not known (None), only the counts in the queue are.
    """
    if found is None:
        counts = [f"  {number:,} {kind}" for kind, number in one.issues.items()]
        why = "its audit file is gone" if one.report else "it has no report yet"
        return [*counts, f"No issues can be shown: {why}."]
    by_kind: dict[str, list[Issue]] = {}
    for issue in found:
        by_kind.setdefault(issue.kind, []).append(issue)
    lines = [_heading(found)]
    lines += [line for issues in by_kind.values() for line in _kind(issues)]
    if one.status is not Status.COMPLETED:
        lines.append(f"This is what its last report says; it is {one.status.value} now.")
    return [*lines, *([f"Report: {files.display_path(home / one.report)}"] if one.report else [])]


def _heading(found: Sequence[Issue]) -> str:
    notes = sum(issue.severity is Severity.NOTE for issue in found)
    parts = [(len(found) - notes, "issue"), (notes, "note")]
    told = " and ".join(count(number, noun) for number, noun in parts if number)
    return f"{told}:" if told else "No issues."


def _kind(issues: Sequence[Issue]) -> list[str]:
    """Count the issues of one kind; errors and warnings are told with their first places."""
    head = f"  {issues[0].severity}: {len(issues):,} {issues[0].kind}"
    if issues[0].severity is Severity.NOTE:
        return [head]
    lines = [f"    {files.printable(_place(issue))}" for issue in issues[:PLACES]]
    more = len(issues) - PLACES
    return [head, *lines, *([f"    and {more:,} more"] if more > 0 else [])]


def _place(issue: Issue) -> str:
    place = issue.path or issue.album
    return f"{place} ({issue.detail})" if place and issue.detail else place or issue.detail
