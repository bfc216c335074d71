"""Sentences and formatted numbers for progress reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from msgspec import UNSET

from mediakeep.queue.history.queries import ItemRepairTotals
from mediakeep.size_text import format_count, format_counts
from mediakeep.views import periods, terminal
from mediakeep.views.periods import DAY, Period
from mediakeep.views.report.kind_progress import (
    IssueKindCounts,
    KindProgress,
    RemainingWork,
)
from mediakeep.views.report.priorities import UrgentRow
from mediakeep.views.summary import CompletionEstimate

_MAX_WORSE_KINDS, _MAX_REPAIR_KINDS = 6, 3  # maximum number of kinds shown


def build_headline(
    progress: KindProgress,
    urgent: Sequence[UrgentRow],
    period: Period,
    today: date,
    *,
    running: bool,
) -> list[str]:
    """Return sentences on a period: the share that is done, the health, what was found, the rest.

    What is left is counted on the day `today`. The sentence names that day if the period is over.
    """
    sentences = [
        _completed_sentence(progress, period, running=running),
        _health_sentence(progress, urgent, running=running),
        _issues_sentence(progress),
    ]
    if progress.present:
        sentences.append(
            format_remaining(progress.present.rest, progress, None if running else today)
        )
    return [sentence for sentence in sentences if sentence]


def _completed_sentence(progress: KindProgress, period: Period, *, running: bool) -> str:
    all_ = (
        format_count(progress.total, progress.noun, progress.plural)
        if progress.total is not None
        else ""
    )
    if progress.total and progress.completed == progress.total:
        head = (
            f"All {all_} {_verb_be(progress.total, running=running)} done"
            if progress.total > 1
            else "Done"
        )
    else:
        share = f" ({progress.share} %)" if progress.share is not None else ""
        done = f"{progress.completed:,} of {all_}" if all_ else f"{progress.completed:,}"
        head = f"{done} {_verb_be(progress.completed, running=running)} done{share}"
    day = _format_day(progress.present.rest.estimate) if progress.present and running else ""
    return f"{head}, {_format_gain(progress, period, running=running)}{day}."


def _format_day(estimate: CompletionEstimate | None) -> str:
    return (
        f"; done around {periods.format_date(date.fromisoformat(estimate.date))}"
        if estimate
        else ""
    )


def _verb_be(number: int, *, running: bool) -> str:
    if running:
        return "is" if number == 1 else "are"
    return "was" if number == 1 else "were"


def _format_gain(progress: KindProgress, period: Period, *, running: bool) -> str:
    span = "day" if period.days == DAY else "week"
    before = f"{'at the beginning of the' if running else 'before that'} {span}"
    if not progress.gained:
        return f"as many as {before}"
    return f"{abs(progress.gained):,} {'more' if progress.gained > 0 else 'fewer'} than {before}"


def _health_sentence(progress: KindProgress, urgent: Sequence[UrgentRow], *, running: bool) -> str:
    """Say what is damaged, vanished and failed, and how many decisions wait."""
    verb = ("waits" if progress.open == 1 else "wait") if running else "waited"
    waits = f"{format_count(progress.open, 'decision')} {verb}" if progress.open else ""
    if progress.present is None:
        return f"{waits}." if waits else ""
    if (decisions := progress.present.decisions) and not waits:
        waits = "no decision waits"
    elif decisions and decisions.proposed and running:
        waits += f", {decisions.proposed:,} with a proposal"
    trouble = format_urgent(urgent) or "Nothing is damaged, vanished or failed"
    return f"{'; '.join(filter(None, (trouble, waits)))}."


def format_urgent(urgent: Iterable[UrgentRow]) -> str:
    """Count what needs the user, such as "3 damaged files, 1 vanished artist"."""
    counts: Counter[tuple[str, str]] = Counter()
    for row in urgent:
        counts[row.nouns] += row.count
    return format_counts(counts)


def _issues_sentence(progress: KindProgress) -> str:
    totals = progress.flow
    parts = []
    if totals.found:
        repaired = totals.repaired_at_once
        by_itself = f", {repaired:,} of them repaired at once" if repaired else ""
        found = f"{format_count(totals.found, 'issue')} {_verb_be(totals.found, running=False)}"
        parts.append(f"{found} found{by_itself}")
    if totals.settled:
        parts.append(
            f"{totals.settled:,} that waited {_verb_be(totals.settled, running=False)} settled"
        )
    if totals.undone:
        parts.append(
            f"{totals.undone:,} more {_verb_be(totals.undone, running=False)} undone by your"
            " commands"
        )
    return f"{'; '.join(parts)}." if parts else ""


def format_remaining(remaining: RemainingWork, progress: KindProgress, today: date | None) -> str:
    """Describe the remaining work and its duration, with assumptions; return "" if nothing is left.

    The text names the day `today` if it is given, as in a report on a past period.
    """
    if not remaining.items:
        failed = format_count(remaining.failed, progress.noun, progress.plural)
        return f"{failed} failed." if remaining.failed else ""
    failed = f", {remaining.failed:,} failed" if remaining.failed else ""
    word = "vanished" if progress.stages is UNSET else "skipped"
    failed += f", {remaining.vanished:,} {word}" if remaining.vanished else ""
    items = format_count(remaining.items, progress.noun, progress.plural)
    if today:
        time = f"When this was written, on {periods.format_date(today)},"
        done = f"{remaining.done:,} {_verb_be(remaining.done, running=False)} done"
        head = f"{time} {done} and {items} left{failed}"
    else:
        head = f"{items} {_verb_be(remaining.items, running=True)} left{failed}"
    return f"{head}{_format_effort(remaining)}."


def _format_effort(remaining: RemainingWork) -> str:
    parts = []
    if remaining.seconds and remaining.per_hour:
        sessions = (
            format_count(remaining.sessions, "session") if remaining.sessions > 1 else "session"
        )
        # in minutes, if it is at least five
        exact = remaining.seconds
        work = terminal.format_duration(round(exact / 60) * 60 if exact >= 300 else exact)
        pace = f"{_round_rate(remaining.per_hour)} an hour of the last {sessions}"
        parts.append(f": about {work} of work, at the {pace}")
    if remaining.estimate:
        parts.append(
            f"{_format_day(remaining.estimate)} at the pace of the last"
            f" {remaining.estimate.days} days ({_round_rate(remaining.estimate.per_week)} a week)"
        )
    return "".join(parts)


def _round_rate(number: float) -> str:
    """Format a rate with two significant digits, since it is no more exact than that."""
    if number < 10:
        return f"{number:.1g}" if number < 1 else f"{number:.1f}".removesuffix(".0")
    digits = len(str(int(number)))
    return f"{int(round(number, 2 - digits)):,}"


def format_worse_kinds(progress: KindProgress) -> str:
    """Describe which kinds of issues have become more in the period.

    Return "" if there are none, or if there is no earlier period to compare with.
    """
    if progress.before is None:
        return ""
    kinds_worse = [_format_worse_kind(issue) for issue in progress.worse]
    more = len(kinds_worse) - _MAX_WORSE_KINDS
    rest = [f"and {format_count(more, 'more kind')}"] if more > 0 else []
    return ", ".join([*kinds_worse[:_MAX_WORSE_KINDS], *rest])


def _format_worse_kind(issue: IssueKindCounts) -> str:
    more = f"{issue.more:,} more open (now {issue.open:,})" if issue.more > 0 else ""
    back = f"{issue.regressed:,} came back" if issue.regressed else ""
    return f"{issue.kind}: {' and '.join(filter(None, (more, back)))}"


def format_item_gain(item_gain: ItemRepairTotals) -> str:
    """Describe how much one item has improved: its repairs by kind, and its resolved issues."""
    repairs = format_repairs(item_gain.repairs, item_gain.fixed)
    closed = f"{format_count(item_gain.closed, 'open issue')} resolved"
    return ", ".join(
        part for part, number in ((repairs, item_gain.fixed), (closed, item_gain.closed)) if number
    )


def format_repairs(repairs: Mapping[str, int], fixed: int) -> str:
    """Describe a number of repairs, with the most frequent kinds."""
    kinds = [f"{count:,} {kind}" for kind, count in list(repairs.items())[:_MAX_REPAIR_KINDS]]
    more = len(repairs) - len(kinds)
    kinds += [f"and {format_count(more, 'other kind')}"] if more else []
    return format_count(fixed, "repair") + (f" ({', '.join(kinds)})" if kinds else "")
