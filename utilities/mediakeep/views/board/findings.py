"""What was found: failures, open issues, what waits for a person, and the services asked."""

from __future__ import annotations

from collections.abc import Sequence

from mediakeep import config
from mediakeep.kinds import KINDS
from mediakeep.views import review, terminal
from mediakeep.views.board import rows
from mediakeep.views.board.layout import Panel
from mediakeep.views.board.moments import Now
from mediakeep.views.board.rows import Ink, Piece, Row, Style
from mediakeep.views.flows import Flow
from mediakeep.views.summary import Account, Trouble
from mediakeep.views.watch import Glance

_NAME = 24  # cells
_SHOWN = 200  # failures that become rows; of more, the number is told


def failures(glance: Glance, now: Now, size: tuple[int, Style]) -> Panel | None:
    """Show what failed, why, how often, and when it is tried again."""
    looks = glance.looks
    found = [(look, one) for look in looks if look.account for one in look.account.troubles]
    if not found:
        return None
    width, style = size
    first = found[0][0].kind
    cure = f"{config.spoken(first.manager, glance.home)} --reset-errors"
    tail = rows.command(cure, width, style) if any(not one.next_try for _, one in found) else []
    troubles = [one for _, one in found[:_SHOWN]]
    names = style.column([one.item for one in troubles], min(_NAME, width // 3))
    tries = style.column([_tries(one, now) for one in troubles], width)
    shown = [_failure(*one) for one in zip(names, tries, troubles, strict=True)]
    title = f"Failed: {terminal.count(len(found), first.noun, first.plural)}"
    return Panel(title, shown, least=2, tail=tail, beyond=len(found) - len(shown))


def _tries(one: Trouble, now: Now) -> str:
    again = f"again {now.until(one.next_try)}" if one.next_try else "given up"
    return f"{terminal.count(one.attempts, 'try', 'tries')}, {again}"


def _failure(name: str, tries: str, one: Trouble) -> Row:
    return [
        Piece(name, gives=True),
        Piece(f"  {tries}  ", Ink.WARN if one.next_try else Ink.BAD),
        Piece(one.error, gives=True),
    ]


def issues(accounts: Sequence[Account]) -> Panel | None:
    """Count open issues by kind, with what the running week changed."""
    found: list[Row] = []
    for account in accounts:
        told, flow = account.standing, account.weeks[-1].flow if account.weeks else Flow()
        places = max((len(f"{number:,}") for number in told.issues.values()), default=1)
        cells = max(map(len, told.issues), default=0)
        found += [_totals(account, flow, named=len(accounts) > 1)]
        found += [
            [Piece(f"{number:>{places},} {kind:<{cells}}  "), *_changes(kind, flow)]
            for kind, number in told.issues.items()
        ]
    known = any(one.standing.issues or one.standing.notes or one.weeks for one in accounts)
    return Panel("Issues", found, least=3, side=1) if known else None


def _totals(account: Account, flow: Flow, *, named: bool) -> Row:
    told = account.standing
    total = sum(told.issues.values())
    name = f"{told.kind}: " if named else ""
    pieces = [Piece(f"{name}{terminal.count(total, 'open issue')}", Ink.FIGURE)]
    if told.notes:
        pieces.append(Piece(f", {terminal.count(told.notes, 'note')}"))
    moves = _moves([sum(counts.values()) for counts in _kinds(flow)], "; this week ")
    return [*pieces, *moves]


def _kinds(flow: Flow) -> tuple[dict[str, int], ...]:
    return flow.new, flow.regressed, flow.closed, flow.repaired


def _changes(kind: str, flow: Flow) -> list[Piece]:
    return _moves([counts.get(kind, 0) for counts in _kinds(flow)])


def _moves(numbers: Sequence[int], before: str = "") -> list[Piece]:
    """Tell what came and what went, with their signs."""
    words = ("+{:,} new", "+{:,} came back", "-{:,} closed", "{:,} repaired")
    inks = (Ink.WARN, Ink.BAD, Ink.GOOD, Ink.GOOD)
    shown = [one for one in zip(numbers, words, inks, strict=True) if one[0]]
    return [
        Piece(f"{', ' if place else before}{text.format(number)}", ink)
        for place, (number, text, ink) in enumerate(shown)
    ]


def decisions(glance: Glance, accounts: Sequence[Account], size: tuple[int, Style]) -> Panel | None:
    """Tell how much waits for a person, of which kinds, and how to see and accept it."""
    waiting = [one.standing for one in accounts if one.standing.reviews]
    if not waiting:
        return None
    width, style = size
    total = sum(one.reviews for one in waiting)
    kinds = [kind for one in waiting for kind in one.issues]
    head: Row = [
        Piece(f"{total:,} {'waits' if total == 1 else 'wait'} for you", Ink.WARN),
        Piece(f": {', '.join(kinds[:3])}" if kinds else "", gives=True),
        Piece(f" and {len(kinds) - 3:,} more kinds" if kinds[3:] else ""),
    ]
    told: list[Row] = [head, [Piece("all of them are in ", Ink.DIM), Piece(review.FILE)]]
    if glance.accept:
        told += rows.command(glance.accept, width, style)
    return Panel("To decide", told, listed=False, side=1)


def services(accounts: Sequence[Account], size: tuple[int, Style]) -> Panel | None:
    """Tell how the outside services were asked this week; None where none was."""
    found: list[Row] = []
    for account in accounts:
        amounts = account.weeks[-1].flow.amounts if account.weeks else {}
        asked, hits = int(amounts.get("requests", 0)), int(amounts.get("hits", 0))
        if not (asked or hits):
            continue
        share = f" ({100 * hits / (asked + hits):.0f}% of all)"
        pieces = [Piece(f"{terminal.count(asked, 'request')} this week", Ink.FIGURE)]
        pieces += [Piece(f"{hits:,} answered by the cache{share}")] if hits else []
        if waited := amounts.get("waited", 0):
            pieces.append(Piece(f"{terminal.duration(waited)} waited by all workers"))
        found += rows.flowed(pieces, *size)
    notices = (KINDS[account.standing.kind].notice for account in accounts)
    found += [row for text in notices if text for row in rows.wrapped(text, *size, Ink.DIM)]
    return Panel("Services", found, listed=False, side=1) if found else None
