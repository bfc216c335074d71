"""How far: progress with its rate and the time left, who works now, the queue by status."""

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
_NAME = 32  # cells of a name, at most, where other things stand in columns behind it


def progress(accounts: Sequence[Account], width: int, style: Style) -> Panel:
    """Show how far each kind is, how fast, and when it will be done."""
    found: list[Row] = []
    for account in accounts:
        found += _bar(account.standing, width, style, named=len(accounts) > 1)
        found += _rate(account)
        found += _estimate(account)
        found += _lately(account, width, style)
    return Panel("Progress", found, least=2 * len(accounts), listed=False)


def _bar(told: Standing, width: int, style: Style, *, named: bool) -> list[Row]:
    ink = Ink.GOOD if told.finished else Ink.FIGURE
    name = [Piece(f"{told.kind} ")] if named else []
    words = [
        Piece(f"{told.counts['completed']:,} of {told.total:,}", ink),
        Piece(f" {told.noun if told.total == 1 else told.plural} completed", ink),
        Piece(f" ({told.percentage}%)", ink),
    ]
    room = min(_BAR, width - 1 - sum(len(piece.text) for piece in [*name, *words]))
    if room < _LEAST_BAR:
        return [[*name, *words]]
    full, empty = style.bar(told.percentage / 100, room)
    return [[*name, Piece(full, Ink.GOOD), Piece(f"{empty} ", Ink.DIM), *words]]


def _rate(account: Account) -> list[Row]:
    told = account.standing
    if told.per_hour is None:
        return []
    pace = f"{told.per_hour:,.0f} {told.plural} an hour"
    if not told.seconds_left:
        return [[Piece(pace), Piece(" in the last sessions", spare=True)]]
    left = f"about {terminal.duration(max(1.0, told.seconds_left))} of work left"
    last = Piece(" in the last sessions", spare=True)
    return [[Piece(left, Ink.FIGURE), Piece(f", at {pace}"), last]]


def _estimate(account: Account) -> list[Row]:
    if not (found := account.estimate):
        return []
    date = f"done by {moments.day(found.date)}"
    basis = f" if it goes on as in the last {found.days} days"
    rate = f": {found.per_week:,.0f} {account.standing.plural} a week"
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
    found = rows.flowed(pieces, width, style)
    drawn = style.sparks([week.flow.completed for week in account.weeks])
    if drawn and len(account.weeks) > 1:
        words = f" completed in each of the last {len(account.weeks)} weeks"
        found.append([Piece(drawn, Ink.GOOD), Piece(words, Ink.DIM)])
    return found


def queue(accounts: Sequence[Account], now: Now, size: tuple[int, Style]) -> Panel:
    """Count the items by status, and tell what will be done again."""
    found: list[Row] = []
    for account in accounts:
        told = account.standing
        name = [Piece(f"{told.kind}:")] if len(accounts) > 1 else []
        found += rows.flowed([*name, *_statuses(told)], *size, between="   ")
        found += [[piece] for piece in _again(told, now)]
    return Panel("Queue", found, listed=False, side=1)


def _statuses(told: Standing) -> list[Piece]:
    words = {
        "pending": ("pending", Ink.PLAIN),
        "in_progress": ("in progress", Ink.FIGURE),
        "completed": ("completed", Ink.GOOD),
        "error": ("failed", Ink.BAD),
        "skipped": ("skipped", Ink.WARN),
    }
    shown = [(told.counts[name], *word) for name, word in words.items()]
    return [Piece(f"{number:,} {word}", ink) for number, word, ink in shown if number]


def _again(told: Standing, now: Now) -> list[Piece]:
    pieces = []
    if told.waiting:
        next_one = f", next {now.until(told.next_retry)}" if told.next_retry else ""
        pieces.append(Piece(f"{told.waiting:,} of the failed to be tried again{next_one}"))
    if told.outdated:
        pieces.append(Piece(f"{told.outdated:,} done by older rules (--reset-outdated)", Ink.WARN))
    if told.looked_up:
        pieces.append(Piece(terminal.looked_up(told)))
    pieces += map(Piece, terminal.matches(told.kind, told.tallies))
    if told.awaiting:
        pieces.append(Piece(terminal.awaiting(told.awaiting, told), Ink.WARN))
    return pieces


def working(looks: Sequence[Look], now: Now, size: tuple[int, Style]) -> Panel | None:
    """Show what is worked on, by whom; also of sessions that died and whose items wait."""
    crews = [(look, crew) for look in looks for crew in look.crews]
    if not crews:
        return None
    width, style = size
    works = [(work, crew) for _, crew in crews if crew.alive for work in crew.works]
    names = style.column([work.item for work, _ in works], min(_NAME, width // 2))
    found = [_work(name, *one, now) for name, one in zip(names, works, strict=True)]
    found += [_idle(crew, now) for _, crew in crews if crew.alive and not crew.works]
    found += [_dead(crew, look) for look, crew in crews if not crew.alive]
    living = sum(crew.alive for _, crew in crews)
    title = f"Now: {terminal.count(living, 'session')} at work" if living else "Now: nobody works"
    return Panel(title, found, least=3)


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
    held = f"; the next batch takes its {plural} back: {names}" if names else ""
    return [Piece("dead: ", Ink.BAD), Piece(_who(crew)), Piece(held, Ink.WARN, gives=True)]
