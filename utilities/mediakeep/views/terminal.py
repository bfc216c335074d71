"""Format summaries, lists of items and single items as plain text for terminals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from mediakeep import clock, kinds, path_text
from mediakeep.clock import Clock
from mediakeep.issue import Issue, Severity
from mediakeep.item import Item, PartsRecord, Status
from mediakeep.queue.state import QueueState
from mediakeep.size_text import format_count
from mediakeep.views import wait_text
from mediakeep.views.summary import QueueStatus

_BAR_WIDTH = 30  # characters
SPARKS = "▁▂▃▄▅▆▇█"
MAX_PLACES = 5  # shown per kind of issue; the report lists all


def format_rate(number: float) -> str:
    """Format a number of items an hour; below ten with two significant digits."""
    return f"{number:,.0f}" if number >= 9.95 else f"{number:.2g}"


def format_duration(seconds: float) -> str:
    """Format a duration in seconds by its two largest units, such as hours and minutes."""
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


def _draw_bar(percentage: float) -> str:
    """Draw a percentage as an ASCII bar."""
    full = int(_BAR_WIDTH * percentage / 100)
    return "[" + "#" * full + "." * (_BAR_WIDTH - full) + "]"


def draw_sparkline(numbers: Sequence[int | None]) -> str:
    """Draw numbers as a row of small columns, the highest as the highest one; "" if all are 0.

    None is drawn as a blank.
    """
    highest = max((number for number in numbers if number), default=0)
    top = len(SPARKS) - 1
    drawn = (" " if n is None else SPARKS[round(top * n / highest)] for n in numbers if highest)
    return "".join(drawn)


def describe_queue(status: QueueStatus) -> list[str]:
    """Describe the state of a queue in lines of text."""
    done = status.counts["completed"]
    lines = [
        f"{_name_library(status)} {path_text.to_printable(status.library)}"
        if status.library
        else status.kind.capitalize(),
        f"{_draw_bar(status.percentage)} {done:,} of "
        f"{format_count(status.total, status.noun, status.plural)}"
        f" completed ({status.percentage}%){format_sources(status)}",
        "  " + ", ".join(f"{name} {number:,}" for name, number in _status_counts(status) if number),
    ]
    if status.waiting:
        lines.append(f"  {status.waiting:,} of the failed will be retried automatically")
    if status.outdated:
        lines.append(f"  {status.outdated:,} were completed by older rules (--reset-outdated)")
    lines += [f"  {line}" for line in describe_lookups(status)]
    lines.append(_format_pace(status))
    return [line for line in lines if line.strip()] + describe_open_issues(status)


def format_sources(status: QueueStatus) -> str:
    """Return the end of a sentence on all items: of how many sources, if some have several."""
    if not status.sources or status.sources == status.total:
        return ""
    return f", from {format_count(status.sources, 'source')}"


def _name_library(status: QueueStatus) -> str:
    """Return "Music library" or "Album library"."""
    name = status.noun if status.kind == status.plural else status.kind
    return f"{name.capitalize()} library"


def describe_lookups(status: QueueStatus) -> list[str]:
    """Describe in lines of text how many lookups are completed and pending."""
    lines = [format_lookup_counts(status)] if status.looked_up else []
    lines += describe_tallies(status.kind, status.tallies)
    return [*lines, format_pending_lookups(status.awaiting, status)] if status.awaiting else lines


def format_lookup_counts(status: QueueStatus) -> str:
    """Format the number of lookups, and how many are ambiguous or unknown."""
    open_ones = [(status.unsure, "unsure"), (status.unknown, "unknown")]
    rest = ", ".join(f"{number:,} {word}" for number, word in open_ones if number)
    text = f"Looked up: {format_count(status.looked_up, status.noun, status.plural)}"
    return f"{text}; {rest}" if rest else text


def describe_tallies(kind: str, tallies: Mapping[str, int]) -> list[str]:
    """Format further counts of a queue, such as albums with a certain match, as at most one line.

    Return no line if all counts are 0.
    """
    groups: dict[str, list[str]] = {}
    for tally in kinds.get_kind(kind).counters:
        if number := tallies.get(tally.name, 0):
            amount = format_count(number, tally.noun) if tally.noun else f"{number:,}"
            groups.setdefault(tally.group, []).append(f"{amount} {tally.label}")
    parts = [
        f"{group}: {', '.join(texts)}" if group else ", ".join(texts)
        for group, texts in groups.items()
    ]
    return ["; ".join(parts)] if parts else []


def format_pending_lookups(number: int, status: QueueStatus) -> str:
    """Format the number of pending lookups: 1 artist waits for its lookup."""
    verb, whose = ("waits", "its lookup") if number == 1 else ("wait", "their lookup")
    return f"{format_count(number, status.noun, status.plural)} {verb} for {whose}"


def _status_counts(status: QueueStatus) -> list[tuple[str, int]]:
    names = {"pending": "pending", "in_progress": "in progress", "error": "failed"}
    return [(word, status.counts[name]) for name, word in {**names, "skipped": "skipped"}.items()]


def _format_pace(status: QueueStatus) -> str:
    if status.per_hour is None:
        return ""
    pace = f"  {format_rate(status.per_hour)} {status.plural} an hour in the last sessions"
    left = status.seconds_left
    return f"{pace}, about {format_duration(left)} of work left" if left else pace


def describe_open_issues(status: QueueStatus) -> list[str]:
    """List the open issues by kind, most frequent first; of notes, only the number is given."""
    notes = [f"{format_count(status.notes, 'note')} in the reports"] if status.notes else []
    if not status.issues:
        return notes
    width = max(len(f"{number:,}") for number in status.issues.values())
    total = sum(status.issues.values())
    head = f"{format_count(total, 'open issue')}, {status.reviews:,} of them for you to decide:"
    kinds = (f"  {number:>{width},} {kind}" for kind, number in status.issues.items())
    return [head, *kinds, *notes]


def list_items(
    state: QueueState, status_filter: Status | None, now: Clock = clock.now
) -> list[str]:
    """List items with their status, one per line; if `status_filter` is given, only those."""
    moment = now()
    width = max(len(status.value) for status in Status)
    return [
        f"{item.status.value:<{width}}  {_format_name(key, item)}{_format_remark(item, moment)}"
        for key, item in state.items.items()
        if status_filter in (None, item.status)
    ]


def _format_name(key: str, item: Item) -> str:
    """Format the key of an item, after its name if it has one."""
    return path_text.to_printable(f"{item.name} [{key}]" if item.name else key)


def _format_remark(item: Item, now: datetime) -> str:
    lost = getattr(item, "failed_tracks", 0)  # by an album that is published without them
    lost_text = f"{format_count(lost, 'track')} not converted" if lost else ""
    remark = item.error_message or item.skip_reason or lost_text or item.note
    if item.parked and item.not_before:
        remark = wait_text.format_wait(item.not_before, item.parked, now)
    return f"  ({path_text.to_printable(remark)})" if remark else ""


def describe_item(key: str, item: Item) -> list[str]:
    """Describe an item in lines of text: all its non-empty fields except the issues."""
    lines = [path_text.to_printable(key)]
    for name in item.__struct_fields__:
        value = getattr(item, name)
        if value and name != "issues":
            lines.append(f"  {name.replace('_', ' ')}: {path_text.to_printable(_to_text(value))}")
    return lines


def _to_text(value: Any) -> str:
    """Format the value of an item's field; of parts, which may be thousands, only the numbers."""
    match value:
        case Status():
            return value.value
        case PartsRecord():
            failed = f", {len(value.failed):,} failed" if value.failed else ""
            return f"{len(value.done):,} done{failed}"
        case tuple():
            return ", ".join(value)
        case dict():
            return ", ".join(f"{name} {number}" for name, number in value.items())
        case _:
            return str(value)


def describe_item_issues(item: Item, known_issues: Sequence[Issue] | None, home: Path) -> list[str]:
    """Describe the issues of an item by kind, in their given order.

    If `known_issues` is None, only the counts in the queue are shown.
    """
    if known_issues is None:
        counts = [f"  {number:,} {kind}" for kind, number in item.issues.items()]
        why = "the audit file is missing" if item.report else "it has no report yet"
        return [*counts, f"Issues cannot be shown: {why}."]
    by_kind: dict[str, list[Issue]] = {}
    for issue in known_issues:
        by_kind.setdefault(issue.kind, []).append(issue)
    lines = [_issues_heading(known_issues)]
    lines += [line for issues in by_kind.values() for line in _describe_issue_kind(issues)]
    if item.status is not Status.COMPLETED:
        lines.append(f"Issues of the last report; the status is now {item.status.value}.")
    return [
        *lines,
        *([f"Report: {path_text.display_path(home / item.report)}"] if item.report else []),
    ]


def _issues_heading(issues: Sequence[Issue]) -> str:
    notes = sum(issue.severity is Severity.NOTE for issue in issues)
    parts = [(len(issues) - notes, "issue"), (notes, "note")]
    text = " and ".join(format_count(number, noun) for number, noun in parts if number)
    return f"{text}:" if text else "No issues."


def _describe_issue_kind(issues: Sequence[Issue]) -> list[str]:
    """Format issues of the same kind in lines; for errors and warnings, name the first places."""
    head = f"  {issues[0].severity}: {len(issues):,} {issues[0].kind}"
    if issues[0].severity is Severity.NOTE:
        return [head]
    lines = [f"    {path_text.to_printable(_format_place(issue))}" for issue in issues[:MAX_PLACES]]
    more = len(issues) - MAX_PLACES
    return [head, *lines, *([f"    and {more:,} more"] if more > 0 else [])]


def _format_place(issue: Issue) -> str:
    place = issue.path or issue.album
    return f"{place} ({issue.detail})" if place and issue.detail else place or issue.detail
