"""The Markdown report of a movie: its identity, what to do, its files, what was written.

It has no date: the same movie always gives the same report.
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

_SHOWN = 12  # files per section


class Step(msgspec.Struct, frozen=True):
    """The issues of one kind: what it means, which files have it, and what to do."""

    kind: str
    severity: str
    places: tuple[tuple[str, str], ...]  # path, detail
    meaning: str
    cure: str
    command: str = ""
    remark: str = ""


def place(output_name: str) -> str:
    """Return the path of a movie's report, relative to the home."""
    return f"issues/movies/{output_name}_library_issues.md"


def render(result: Account, issues: Sequence[Issue], home: Path) -> str:
    """Return the report as Markdown."""
    faults = [issue for issue in issues if diagnose.needs_person(issue)]
    others = [issue for issue in issues if not diagnose.needs_person(issue)]
    return page.render(
        "movie.md.j2",
        title=result.title,
        year=result.year,
        edition=result.edition,
        sums=_sums(faults),
        noted=page.counted(len(others), "note") if others else "",
        lead=answers.lead(result),
        link=answers.link(result),
        options=list(answers.options(result, home)),
        why=result.identity.why,
        steps=list(_steps(result, faults, home)),
        notes=list(_steps(result, others, home)),
        place=result.local.path,
        length=_length(result),
        videos=[_video(video) for video in result.local.videos],
        more=max(0, len(result.local.videos) - _SHOWN),
        beside=list(_beside(result)),
        made=result.made,
        due=result.due,
        held=list(_held(result)),
        notice=NOTICE,
    )


def _steps(result: Account, issues: Iterable[Issue], home: Path) -> Iterator[Step]:
    listed = not result.is_certain and result.identity.candidates  # each has its own command
    is_chosen = result.identity.sure is Sure.USER
    for name, group in groupby(issues, lambda issue: issue.kind):
        same = list(group)
        kind = BY_NAME.get(name)
        yield Step(
            kind=name,
            severity=same[0].severity.value,
            places=tuple((issue.path, issue.detail) for issue in same),
            meaning=kind.meaning if kind else "",
            cure=kind.cure if kind and not same[0].proposal else "",
            command=""
            if listed
            else decisions.settling(home, result.local.key, same[0], is_chosen=is_chosen),
            remark=same[0].held or same[0].proposal,
        )


def _length(result: Account) -> str:
    return wording.minutes(result.local.duration) if result.local.duration else ""


def _video(video: Video) -> dict[str, str]:
    """Return the table cells of a video file."""
    facts = video.facts
    subtitles = dict.fromkeys(
        languages.name(languages.code(track.language)) or "unknown"
        for track in (facts.subtitles if facts else ())
    )
    return {
        "place": video.place or "the film of the disc",
        "size": wording.size(video.size),
        "length": wording.minutes(facts.duration) if facts and facts.duration else "",
        "picture": wording.video(wording.picture([video])) or video.trouble,
        "sound": wording.audio(facts.audio) if facts else "",
        "subtitles": ", ".join(subtitles),
    }


def _beside(result: Account) -> Iterator[tuple[str, str]]:
    """Yield kind and place of the other files of the movie."""
    local = result.local
    if result.nfo.place:
        state = result.nfo.why if result.nfo.state is NfoState.NONE else result.nfo.state
        yield "NFO", f"{result.nfo.place} ({state})"
    for image in local.images:
        size = f" ({image.width} x {image.height})" if image.width else ""
        yield image.role, f"{image.place}{size}"
    for subtitle in local.subtitles:
        yield "subtitles", subtitle.place
    yield from (("extra", place) for place in local.extras)


def _held(result: Account) -> Iterator[tuple[str, str]]:
    if result.local.locked:
        yield "", result.local.locked
    yield from ((sidecar.place, sidecar.why) for sidecar in result.held)


def _sums(issues: Iterable[Issue]) -> str:
    counts = Counter(issue.severity for issue in issues)
    parts = [page.counted(counts[level], level) for level in Severity if counts[level]]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
