"""Panels of progress, pace and time left, running sessions, and the queue by status."""

from __future__ import annotations

from collections.abc import Sequence

from mediakeep.views import terminal
from mediakeep.views.board import moments, rows
from mediakeep.views.board.layout import Panel
from mediakeep.views.board.moments import Now
from mediakeep.views.board.rows import Ink, Piece, Row, Style
from mediakeep.views.crews import Crew, Work
from mediakeep.views.summary import Account, Standing
from mediakeep.views.watch import Look

_BAR, _LEAST_BAR = 40, 6  # cells
_NAME = 32  # maximum cells of a name in front of other columns


def progress(accounts: Sequence[Account], width: int, style: Style) -> Panel:
    """Show the progress of each kind, its pace, and the expected completion."""
    progress_rows: list[Row] = []
    for account in accounts:
        progress_rows += _bar(account.standing, width, style, named=len(accounts) > 1)
        progress_rows += _rate(account)
        progress_rows += _estimate(account)
        progress_rows += _lately(account, width, style)
    return Panel("Progress", progress_rows, least=2 * len(accounts), listed=False)


def _bar(status: Standing, width: int, style: Style, *, named: bool) -> list[Row]:
    ink = Ink.GOOD if status.finished else Ink.FIGURE
    name = [Piece(f"{status.kind} ")] if named else []
    words = [
        Piece(f"{status.counts['completed']:,} of {status.total:,}", ink),
        Piece(f" {status.noun if status.total == 1 else status.plural} completed", ink),
        Piece(f" ({status.percentage}%)", ink),
    ]
    room = min(_BAR, width - 1 - sum(len(piece.text) for piece in [*name, *words]))
    if room < _LEAST_BAR:
        return [[*name, *words]]
    full, empty = style.bar(status.percentage / 100, room)
    return [[*name, Piece(full, Ink.GOOD), Piece(f"{empty} ", Ink.DIM), *words]]


def _rate(account: Account) -> list[Row]:
    status = account.standing
    if status.per_hour is None:
        return []
    pace = f"{status.per_hour:,.0f} {status.plural} an hour"
    if not status.seconds_left:
        return [[Piece(pace), Piece(" in the last sessions", spare=True)]]
    left = f"about {terminal.duration(max(1.0, status.seconds_left))} of work left"
    last = Piece(" in the last sessions", spare=True)
    return [[Piece(left, Ink.FIGURE), Piece(f", at {pace}"), last]]


def _estimate(account: Account) -> list[Row]:
    if not (estimate := account.estimate):
        return []
    date = f"done by {moments.day(estimate.date)}"
    basis = f" at the pace of the last {estimate.days} days"
    rate = f": {estimate.per_week:,.0f} {account.standing.plural} a week"
    return [[Piece(date, Ink.FIGURE), Piece(basis), Piece(rate)]]


def _lately(account: Account, width: int, style: Style) -> list[Row]:
    if not account.weeks:
        return []
    flow = account.weeks[-1].flow
    pieces = [Piece(f"this week {flow.completed:,} completed")]
    if flow.again:
        pieces.append(Piece(f"{flow.again:,} of them again"))
    if flow.failed:
        pieces.append(Piece(f"{terminal.count(flow.failed, 'try', 'tries')} failed", Ink.BAD))
    if flow.invested >= 1:
        pieces.append(Piece(f"{terminal.duration(flow.invested)} of work"))
    week_rows = rows.flowed(pieces, width, style)
    sparkline = style.sparks([week.flow.completed for week in account.weeks])
    if sparkline and len(account.weeks) > 1:
        words = f" completed in each of the last {len(account.weeks)} weeks"
        week_rows.append([Piece(sparkline, Ink.GOOD), Piece(words, Ink.DIM)])
    return week_rows


def queue(accounts: Sequence[Account], now: Now, size: tuple[int, Style]) -> Panel:
    """Count the items by status, and show what will be processed again."""
    queue_rows: list[Row] = []
    for account in accounts:
        status = account.standing
        name = [Piece(f"{status.kind}:")] if len(accounts) > 1 else []
        queue_rows += rows.flowed([*name, *_statuses(status)], *size, between="   ")
        queue_rows += [[piece] for piece in _again(status, now)]
    return Panel("Queue", queue_rows, listed=False, side=1)


def _statuses(status: Standing) -> list[Piece]:
    words = {
        "pending": ("pending", Ink.PLAIN),
        "in_progress": ("in progress", Ink.FIGURE),
        "completed": ("completed", Ink.GOOD),
        "error": ("failed", Ink.BAD),
        "skipped": ("skipped", Ink.WARN),
    }
    shown = [(status.counts[name], *word) for name, word in words.items()]
    return [Piece(f"{number:,} {word}", ink) for number, word, ink in shown if number]


def _again(status: Standing, now: Now) -> list[Piece]:
    pieces = []
    if status.waiting:
        next_one = f", next {now.until(status.next_retry)}" if status.next_retry else ""
        pieces.append(Piece(f"{status.waiting:,} of the failed to be retried{next_one}"))
    if status.outdated:
        pieces.append(
            Piece(f"{status.outdated:,} done by older rules (--reset-outdated)", Ink.WARN)
        )
    if status.looked_up:
        pieces.append(Piece(terminal.looked_up(status)))
    pieces += map(Piece, terminal.matches(status.kind, status.tallies))
    if status.awaiting:
        pieces.append(Piece(terminal.awaiting(status.awaiting, status), Ink.WARN))
    return pieces


def working(looks: Sequence[Look], now: Now, size: tuple[int, Style]) -> Panel | None:
    """Show the items in progress and their sessions, including dead sessions."""
    crews = [(look, crew) for look in looks for crew in look.crews]
    if not crews:
        return None
    width, style = size
    works = [(work, crew) for _, crew in crews if crew.alive for work in crew.works]
    names = style.column([work.item for work, _ in works], min(_NAME, width // 2))
    session_rows = [_work(name, *session, now) for name, session in zip(names, works, strict=True)]
    session_rows += [_idle(crew, now) for _, crew in crews if crew.alive and not crew.works]
    session_rows += [_dead(crew, look) for look, crew in crews if not crew.alive]
    living = sum(crew.alive for _, crew in crews)
    title = (
        f"Now: {terminal.count(living, 'session')} at work" if living else "Now: no session at work"
    )
    return Panel(title, session_rows, least=3)


def _who(crew: Crew) -> str:
    return f"{crew.session}, process {crew.pid}{f' on {crew.host}' if crew.host else ''}"


def _work(name: str, work: Work, crew: Crew, now: Now) -> Row:
    parts = f"{work.done:,} of {work.of:,}" if work.of else ""
    return [
        Piece(name, Ink.FIGURE, gives=True),
        Piece(f"  {parts:<11}"),
        Piece(f" {now.since(work.since):<12}"),
        Piece(f" waiting for {work.service}" if work.service else "", Ink.WARN),
        Piece(f" {_who(crew)}", Ink.DIM, spare=True),
    ]


def _idle(crew: Crew, now: Now) -> Row:
    since = Piece(f", since {now.clock(crew.started)}", Ink.DIM, spare=True)
    return [Piece(_who(crew)), since]


def _dead(crew: Crew, look: Look) -> Row:
    names = ", ".join(work.item for work in crew.works)
    plural = look.kind.plural
    recovery = f"; the next batch retries its {plural}: {names}" if names else ""
    return [Piece("dead: ", Ink.BAD), Piece(_who(crew)), Piece(recovery, Ink.WARN, gives=True)]
