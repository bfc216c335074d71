"""The sentences that a report begins with, and other numbers in words."""

from __future__ import annotations

from datetime import date

from mediakeep.pages import page
from mediakeep.queue.past import Gain
from mediakeep.views import periods, terminal
from mediakeep.views.periods import DAY, Period
from mediakeep.views.report.progress import Issue, Progress, Rest, Row

_BARS = "▁▂▃▄▅▆▇█"
_WORSE, _NAMED = 6, 3  # kinds that are named


def of(told: Progress, period: Period, today: date, *, running: bool) -> list[str]:
    """Say in a few sentences how far a kind is, and what the period brought.

    What is left is that of `today`, which is named where the period is over.
    """
    sentences = [_done(told, period, running=running), _issues(told, running=running)]
    if told.present:
        sentences.append(left(told.present.rest, told, None if running else today))
    return [sentence for sentence in sentences if sentence]


def _done(told: Progress, period: Period, *, running: bool) -> str:
    all_ = terminal.count(told.total, told.noun, told.plural) if told.total is not None else ""
    if told.total and told.completed == told.total:
        head = f"All {all_} {_be(told.total, running=running)} done" if told.total > 1 else "Done"
    else:
        share = f" ({told.share} %)" if told.share is not None else ""
        done = f"{told.completed:,} of {all_}" if all_ else f"{told.completed:,}"
        head = f"{done} {_be(told.completed, running=running)} done{share}"
    return f"{head}, {_gained(told, period, running=running)}."


def _be(number: int, *, running: bool) -> str:
    if running:
        return "is" if number == 1 else "are"
    return "was" if number == 1 else "were"


def _gained(told: Progress, period: Period, *, running: bool) -> str:
    span = "day" if period.days == DAY else "week"
    before = f"{'at the beginning of the' if running else 'before that'} {span}"
    if not told.gained:
        return f"as many as {before}"
    return f"{abs(told.gained):,} {'more' if told.gained > 0 else 'fewer'} than {before}"


def _issues(told: Progress, *, running: bool) -> str:
    flow = told.flow
    parts = []
    if flow.found:
        repaired = sum(flow.repaired.values()) - sum(flow.mended.values())
        by_itself = f", {repaired:,} of them repaired at once" if repaired else ""
        parts.append(f"{_were(flow.found, 'issue')} found{by_itself}")
    if flow.settled:
        parts.append(f"{flow.settled:,} that waited {_be(flow.settled, running=False)} settled")
    if told.open:
        verb = ("waits" if told.open == 1 else "wait") if running else "waited"
        parts.append(f"{told.open:,} {verb} for a decision")
    return f"{'; '.join(parts)}." if parts else ""


def _were(number: int, noun: str) -> str:
    return f"{page.counted(number, noun)} {_be(number, running=False)}"


def left(rest: Rest, told: Progress, today: date | None) -> str:
    """Say what is left, how long it will take, and what that assumes; "" where nothing is.

    `today` is named where the report is of a time that is over.
    """
    if not rest.items:
        failed = terminal.count(rest.failed, told.noun, told.plural)
        return f"{failed} failed." if rest.failed else ""
    failed = f", {rest.failed:,} failed" if rest.failed else ""
    failed += f", {rest.vanished:,} vanished" if rest.vanished else ""
    items = terminal.count(rest.items, told.noun, told.plural)
    if today:
        when = f"When this was written, on {periods.long(today)},"
        done = f"{rest.done:,} {_be(rest.done, running=False)} done"
        head = f"{when} {done} and {items} left{failed}"
    else:
        head = f"{items} {_be(rest.items, running=True)} left{failed}"
    return f"{head}{_takes(rest)}."


def _takes(rest: Rest) -> str:
    parts = []
    if rest.seconds and rest.per_hour:
        sessions = page.counted(rest.sessions, "session") if rest.sessions > 1 else "session"
        work = terminal.duration(_roughly(rest.seconds))
        pace = f"{_rounded(rest.per_hour)} an hour of the last {sessions}"
        parts.append(f": about {work} of work, at the {pace}")
    if rest.estimate:
        day = periods.long(date.fromisoformat(rest.estimate.date))
        parts.append(
            f"; done around {day} if you go on as in the last {rest.estimate.days} days"
            f" ({_rounded(rest.estimate.per_week)} a week)"
        )
    return "".join(parts)


def _roughly(seconds: float) -> float:
    """Leave out the seconds of a span that is longer than some minutes."""
    return round(seconds / 60) * 60 if seconds >= 300 else seconds


def _rounded(number: float) -> str:
    """Write a pace with two digits, as it is no more exact than that."""
    if number < 10:
        return f"{number:.1g}" if number < 1 else f"{number:.1f}".removesuffix(".0")
    digits = len(str(int(number)))
    return f"{int(round(number, 2 - digits)):,}"


def worse(told: Progress) -> str:
    """Say what got worse in the period; "" where nothing did, or nothing was known before it."""
    if told.before is None:
        return ""
    found = [_worse(issue) for issue in told.worse]
    more = len(found) - _WORSE
    kinds = [*found[:_WORSE], *([f"and {page.counted(more, 'more kind')}"] if more > 0 else [])]
    first = told.flow.completed - told.flow.again
    read = f"{terminal.count(first, told.noun, told.plural)} {_be(first, running=False)}"
    return ", ".join(kinds) + (f"; {read} read for the first time" if kinds and first else "")


def _worse(issue: Issue) -> str:
    more = f"{issue.more:,} more open (now {issue.open:,})" if issue.more > 0 else ""
    back = f"{issue.regressed:,} came back" if issue.regressed else ""
    return f"{issue.kind}: {' and '.join(filter(None, (more, back)))}"


def gained(gain: Gain) -> str:
    """Say what an item gained: its repairs with the most frequent kinds, and what was settled."""
    kinds = [f"{count:,} {kind}" for kind, count in list(gain.repairs.items())[:_NAMED]]
    more = len(gain.repairs) - len(kinds)
    kinds += [f"and {page.counted(more, 'other kind')}"] if more else []
    repairs = page.counted(gain.fixed, "repair") + (f" ({', '.join(kinds)})" if kinds else "")
    closed = f"{page.counted(gain.closed, 'issue')} settled that waited"
    return ", ".join(part for part, told in ((repairs, gain.fixed), (closed, gain.closed)) if told)


def amount(row: Row, value: float | None) -> str:
    """Write a number of a table; "" where it is not known."""
    if value is None:
        return ""
    return terminal.duration(value) if row.unit == "s" else f"{value:,.0f}"


def trend(values: list[int | None]) -> str:
    """Draw numbers as small bars, the newest last."""
    highest = max((value for value in values if value), default=0)
    if not highest:
        return ""
    top = len(_BARS) - 1
    return "".join(" " if one is None else _BARS[round(top * one / highest)] for one in values)
