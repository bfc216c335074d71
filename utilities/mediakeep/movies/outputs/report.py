"""The report on a movie for people: which one it is, what to do, what it holds, what was written.

It holds no time: the same movie gives the same report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import msgspec

from mediakeep.issue import Issue, Severity
from mediakeep.kinds import MOVIES
from mediakeep.movies import diagnose, languages, wording
from mediakeep.movies.account import Account, NfoState
from mediakeep.movies.identify.verdict import Sure
from mediakeep.movies.kinds import BY_NAME
from mediakeep.movies.model import Video
from mediakeep.movies.outputs import answers, decisions
from mediakeep.pages import page

NOTICE = MOVIES.notice

_SHOWN = 12  # files that a section names


class Step(msgspec.Struct, frozen=True):
    """One kind of issue: what it means, where it is, and what to do."""

    kind: str
    severity: str
    places: tuple[tuple[str, str], ...]  # path, detail
    meaning: str
    cure: str
    command: str = ""
    remark: str = ""


def place(output_name: str) -> str:
    """Return where a movie's report lies, below the home."""
    return f"issues/movies/{output_name}_library_issues.md"


def render(account: Account, issues: Sequence[Issue], home: Path) -> str:
    """Write the report as Markdown."""
    faults = [one for one in issues if diagnose.needs_person(one)]
    others = [one for one in issues if not diagnose.needs_person(one)]
    return page.render(
        "movie.md.j2",
        title=account.title,
        year=account.year,
        edition=account.edition,
        sums=_sums(faults),
        noted=page.counted(len(others), "note") if others else "",
        lead=answers.lead(account),
        link=answers.link(account),
        options=list(answers.options(account, home)),
        why=account.identity.why,
        steps=list(_steps(account, faults, home)),
        notes=list(_steps(account, others, home)),
        place=account.local.path,
        length=_length(account),
        videos=[_video(one) for one in account.local.videos],
        more=max(0, len(account.local.videos) - _SHOWN),
        beside=list(_beside(account)),
        made=account.made,
        due=account.due,
        held=list(_held(account)),
        notice=NOTICE,
    )


def _steps(account: Account, issues: Iterable[Issue], home: Path) -> Iterator[Step]:
    listed = not account.is_certain and account.identity.candidates  # each with its command
    chosen = account.identity.sure is Sure.USER
    for name, group in groupby(issues, lambda one: one.kind):
        same = list(group)
        kind = BY_NAME.get(name)
        yield Step(
            kind=name,
            severity=same[0].severity.value,
            places=tuple((one.path, one.detail) for one in same),
            meaning=kind.meaning if kind else "",
            cure=kind.cure if kind and not same[0].proposal else "",
            command=""
            if listed
            else decisions.settling(home, account.local.key, same[0], is_chosen=chosen),
            remark=same[0].held or same[0].proposal,
        )


def _length(account: Account) -> str:
    return wording.minutes(account.local.duration) if account.local.duration else ""


def _video(one: Video) -> dict[str, str]:
    """Describe a file in the cells of a row."""
    facts = one.facts
    subtitles = dict.fromkeys(
        languages.name(languages.code(track.language)) or "unknown"
        for track in (facts.subtitles if facts else ())
    )
    return {
        "place": one.place or "the film of the disc",
        "size": wording.size(one.size),
        "length": wording.minutes(facts.duration) if facts and facts.duration else "",
        "picture": wording.video(wording.picture([one])) or one.trouble,
        "sound": wording.audio(facts.audio) if facts else "",
        "subtitles": ", ".join(subtitles),
    }


def _beside(account: Account) -> Iterator[tuple[str, str]]:
    """Name what lies beside the videos: kind and places."""
    local = account.local
    if account.nfo.place:
        state = account.nfo.why if account.nfo.state is NfoState.NONE else account.nfo.state
        yield "NFO", f"{account.nfo.place} ({state})"
    for one in local.images:
        size = f" ({one.width} x {one.height})" if one.width else ""
        yield one.role, f"{one.place}{size}"
    for text in local.subtitles:
        yield "subtitles", text.place
    yield from (("extra", place) for place in local.extras)


def _held(account: Account) -> Iterator[tuple[str, str]]:
    if account.local.locked:
        yield "", account.local.locked
    yield from ((one.place, one.why) for one in account.held)


def _sums(issues: Iterable[Issue]) -> str:
    counts = Counter(one.severity for one in issues)
    parts = [page.counted(counts[one], one) for one in Severity if counts[one]]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
