"""What is known of one movie, for programs; docs/movie-files.md describes the file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import config, files
from mediakeep.errors import NewerFormat, Unreadable
from mediakeep.issue import Issue, Severity
from mediakeep.kinds import MOVIES
from mediakeep.lookups.tmdb.films import Hit
from mediakeep.lookups.tmdb.known import Candidate
from mediakeep.movies.account import Account, Nfo
from mediakeep.movies.identify.verdict import Identity, Sure
from mediakeep.movies.kinds import KINDS
from mediakeep.movies.outputs import decisions
from mediakeep.movies.outputs.entry import FORMAT, Choice, Facts, Match, Note, Record

_CURE = "Remove it and reset the movie, and the next batch writes it anew."
_GONE = "Run {} --repair, and the next batch writes it anew."
_SEVERITIES = list(Severity)
_URGENCY = {kind.name: number for number, kind in enumerate(KINDS)}
_LARGEST = 2**53  # of any number; what is beyond it was never written by us


_DECODER = msgspec.json.Decoder(Record)


def place(output_name: str) -> str:
    """Return where a movie's record lies, below the home."""
    return f"outputs/movies/{output_name}.json"


def render(account: Account, issues: Sequence[Issue], report: str) -> bytes:
    """Write all that is told of a movie as JSON; `report` is its report's path below the home."""
    found = of(account, issues, report)
    return msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n"


def of(account: Account, issues: Sequence[Issue], report: str) -> Record:
    """Make the record of a movie; `report` is the path of its report below the home."""
    local = account.local
    return Record(
        format=FORMAT,
        key=local.key,
        path=local.path,
        root=local.root,
        report=report,
        title=account.title,
        year=account.year,
        edition=account.edition,
        disc=local.disc,
        locale=account.locale,
        name=local.name,
        match=_match(account.identity),
        facts=_facts(account),
        duration=round(local.duration, 3),
        videos=local.videos,
        subtitles=local.subtitles,
        images=local.images,
        nfo=_note(account.nfo),
        made=account.made,
        held=account.held,
        twins=account.twins,
        gaps=tuple(map(_lacking, account.gaps)),
        issues=tuple(issues),
    )


def read(path: Path) -> Record:
    """Read a record back.

    Unreadable where the file is gone or damaged, NewerFormat where a later mediakeep wrote it.
    """
    name = files.escape(path)
    try:
        found = _DECODER.decode(path.read_bytes())
    except FileNotFoundError as error:
        cure = _GONE.format(config.spoken(MOVIES.manager))
        raise Unreadable(name, error.strerror, cure) from error
    except OSError as error:
        raise Unreadable(name, error.strerror, _CURE) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Unreadable(name, error, _CURE) from error
    if found.format > FORMAT:
        raise NewerFormat(name, found.format, FORMAT)
    numbers = [found.year, found.duration, *(one.size for one in found.videos)]
    if not all(0 <= one <= _LARGEST for one in numbers):
        raise Unreadable(name, "it holds a number that no movie has", _CURE)
    return found


def issues(path: Path) -> list[Issue]:
    """Read all issues of a movie back, most urgent first; raises what `read` does."""
    return sorted(read(path).issues, key=_urgency)


def reviews(path: Path, home: Path, place: str = "") -> list[dict[str, str]]:
    """Read back what needs a person's decision; raises what `read` does.

    Each entry has id, movie, path, kind, severity, detail, proposal, held, command, report. `place`
    is where the movie lies by now, escaped.
    """
    found = read(path)
    key = _key(found, place)
    return [
        {
            "id": one.id,
            "movie": key,
            "path": one.path,
            "kind": one.kind,
            "severity": one.severity.value,
            "detail": one.detail,
            "proposal": one.proposal,
            "held": one.held,
            "command": decisions.settling(home, key, one, is_chosen=found.match.match == Sure.USER),
            "report": found.report,
        }
        for one in sorted(found.decisions, key=_urgency)
    ]


def _urgency(found: Issue) -> tuple[int, int]:
    """Order by severity, then as the table of kinds does; a kind that it no longer has is last."""
    return _SEVERITIES.index(found.severity), _URGENCY.get(found.kind, len(_URGENCY))


def _match(found: Identity) -> Match:
    return Match(
        match=found.sure.value,
        by=found.by,
        tmdb_id=found.tmdb_id,
        imdb_id=found.imdb_id,
        confidence=round(found.confidence, 3),
        candidates=tuple(map(_choice, found.candidates)),
        conflicts=found.conflicts,
        removed=found.removed,
        why=found.why,
    )


def _choice(one: Candidate) -> Choice:
    return Choice(
        tmdb_id=one.hit.id,
        title=one.hit.title,
        year=one.hit.year,
        original_title=one.hit.original_title,
        confidence=round(one.confidence, 3),
        director=one.director,
        runtime=one.runtime,
        against=one.against,
    )


def _lacking(one: Hit) -> Choice:
    return Choice(tmdb_id=one.id, title=one.title, year=one.year, original_title=one.original_title)


def _facts(account: Account) -> Facts | None:
    movie = account.identity.movie
    if movie is None:
        return None
    ours = (one for one in movie.certificates if one.country == account.locale.country)
    plain: dict[str, Any] = {
        name: getattr(movie, name)
        for name in ("title", "original_title", "original_language", "release_date")
    }
    return Facts(
        **plain,
        runtime=movie.runtime,
        rating=movie.rating,
        votes=movie.votes,
        genres=tuple(one.name for one in movie.genres),
        countries=tuple(one.code for one in movie.countries),
        directors=movie.directors,
        certificate=next((one.certification for one in ours if one.certification), ""),
        collection_id=movie.collection.id if movie.collection else 0,
        collection=movie.collection.name if movie.collection else "",
    )


def _note(nfo: Nfo) -> Note:
    plot = nfo.details is not None and bool(nfo.details.plot.strip())
    return Note(nfo.state, nfo.place, plot)


def _key(found: Record, place: str) -> str:
    """Return the key of a movie by now, given its place; that of the record if it has none."""
    library = found.path.removesuffix(found.key)
    moved = place and found.path != place and library != found.path and place.startswith(library)
    return place.removeprefix(library) if moved else found.key
