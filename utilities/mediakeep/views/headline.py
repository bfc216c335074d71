"""The sentences that a report begins with, and other numbers in words."""

from __future__ import annotations

from datetime import date

from mediakeep.pages import page
from mediakeep.queue.past import Gain
from mediakeep.views import periods, terminal
from mediakeep.views.periods import DAY, Period
from mediakeep.views.progress import Issue, Progress, Rest, Row

_BARS = "▁▂▃▄▅▆▇█"
_WORSE = _NAMED = 3  # kinds that are named


def of(told: Progress, period: Period, today: date, *, running: bool) -> list[str]:
    """Say in a few sentences how far a kind is, and what the period brought.

    What is left is that of `today`, which is named where the period is over.
    """
    sentences = [_done(told, period, running=running), _issues(told, running=running)]
    if told.present and (rest := left(told.present.rest, told)):
        sentences.append(rest if running else f"On {periods.long(today)}: {rest}")
    return [sentence for sentence in sentences if sentence]


def _done(told: Progress, period: Period, *, running: bool) -> str:
    all_ = terminal.count(told.total, told.noun, told.plural) if told.total is not None else ""
    if told.total and told.completed == told.total:
        head = f"All {all_} {'are' if running else 'were'} done" if told.total > 1 else "Done"
    else:
        share = f" ({told.share} %)" if told.share is not None else ""
        done = f"{told.completed:,} of {all_}" if all_ else f"{told.completed:,}"
        head = f"{done} {'are' if running else 'were'} done{share}"
    return f"{head}, {_gained(told, period, running=running)}."


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
        repaired = sum(flow.repaired.values())
        by_itself = f", {repaired:,} of them repaired at once" if repaired else ""
        parts.append(f"{_were(flow.found, 'issue')} found{by_itself}")
    if closed := sum(flow.closed.values()):
        parts.append(f"{closed:,} that waited {'was' if closed == 1 else 'were'} settled")
    if told.open:
        verb = ("waits" if told.open == 1 else "wait") if running else "waited"
        parts.append(f"{told.open:,} {verb} for a decision")
    return f"{'; '.join(parts)}." if parts else ""


def _were(number: int, noun: str) -> str:
    return f"{page.counted(number, noun)} {'was' if number == 1 else 'were'}"


def left(rest: Rest, told: Progress) -> str:
    """Say how long the rest will take, and what that assumes; "" where nothing can be said."""
    if not rest.items:
        return ""
    parts = []
    if rest.seconds and rest.per_hour:
        sessions = page.counted(rest.sessions, "session") if rest.sessions > 1 else "session"
        parts.append(
            f"The {terminal.count(rest.items, told.noun, told.plural)} left are about"
            f" {terminal.duration(rest.seconds)} of work, at the {rest.per_hour:,.0f} an hour of"
            f" the last {sessions}"
        )
    if rest.estimate:
        day = periods.long(date.fromisoformat(rest.estimate.date))
        parts.append(
            f"{'done' if parts else 'The rest will be done'} around {day} if you go on as in the"
            f" last {rest.estimate.days} days ({rest.estimate.per_week:,.0f} a week)"
        )
    return f"{', '.join(parts)}." if parts else ""


def worse(told: Progress) -> str:
    """Say what got worse in the period; "" where nothing did, or nothing was known before it."""
    if told.before is None:
        return ""
    found = [_worse(issue) for issue in told.worse]
    more = len(found) - _WORSE
    return ", ".join(
        [*found[:_WORSE], *([f"and {page.counted(more, 'more kind')}"] if more > 0 else [])]
    )


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
