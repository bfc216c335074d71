"""What is wrong with an artist's music: the table of all kinds of issues, and their search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mediakeep import issue
from mediakeep.issue import Issue, Severity
from mediakeep.music import checks
from mediakeep.music.model import Album, Artist, Track


class Scope(StrEnum):
    """What an issue of a kind is about."""

    TRACK = "track"
    ALBUM = "album"
    ARTIST = "artist"


@dataclass(frozen=True)
class Kind:
    """A kind of issue: the check gets a track, album or artist, and gives the detail or None."""

    name: str
    severity: Severity
    scope: Scope
    check: Callable[[Any], str | None]
    repairable: bool  # a program may mend it without asking, once it is certain what belongs there
    meaning: str
    cure: str


# Most urgent first: reports follow this order.
KINDS = (
    Kind(
        "unreadable-file",
        Severity.ERROR,
        Scope.TRACK,
        checks.unreadable_file,
        False,
        "The system refuses to give the file's content.",
        "Check its rights, where a link leads, and the disk.",
    ),
    Kind(
        "empty-file",
        Severity.ERROR,
        Scope.TRACK,
        checks.empty_file,
        False,
        "The file holds no data at all.",
        "Replace it from a backup or another copy.",
    ),
    Kind(
        "not-audio",
        Severity.ERROR,
        Scope.TRACK,
        checks.not_audio,
        False,
        "The file is named like audio, but no audio can be read from it.",
        "Replace it from a backup or another copy, or move it out of the library.",
    ),
    Kind(
        "missing-title",
        Severity.ERROR,
        Scope.TRACK,
        checks.missing_title,
        True,
        "The track has no title, so players show its file name or nothing.",
        "Write the title; the file name often tells it.",
    ),
    Kind(
        "missing-artist",
        Severity.ERROR,
        Scope.TRACK,
        checks.missing_artist,
        True,
        "The track has no artist, so players file it under nobody.",
        "Write the artist; the other tracks of the album often tell it.",
    ),
    Kind(
        "missing-album",
        Severity.ERROR,
        Scope.TRACK,
        checks.missing_album,
        True,
        "The track has no album, so players tear it from its album.",
        "Write the album; the folder and the other tracks often tell it.",
    ),
    Kind(
        "missing-track-number",
        Severity.WARNING,
        Scope.TRACK,
        checks.missing_track_number,
        True,
        "The track has no number, so players may play the album out of order.",
        "Write the track number; the file name often tells it.",
    ),
    Kind(
        "missing-date",
        Severity.WARNING,
        Scope.TRACK,
        checks.missing_date,
        True,
        "The track has no date, so albums cannot be put in order of time.",
        "Write the year in which the album came out.",
    ),
    Kind(
        "missing-cover",
        Severity.WARNING,
        Scope.ALBUM,
        checks.missing_cover,
        True,
        "No track of the album holds a picture, and none lies in its folder.",
        "Put the front cover into the folder as cover.jpg, or embed it.",
    ),
    Kind(
        "placeholder-genre",
        Severity.WARNING,
        Scope.TRACK,
        checks.placeholder_genre,
        True,
        "The genre is a word that stands for none, and hides that none was chosen.",
        "Write a real genre, or take the word away.",
    ),
    Kind(
        "whitespace",
        Severity.WARNING,
        Scope.TRACK,
        checks.whitespace,
        True,
        "A text has white space where none belongs, so one name is sorted as two.",
        "Take the superfluous white space away.",
    ),
)


def issues(artist: Artist, key: str, kinds: Sequence[Kind] = KINDS) -> list[Issue]:
    """Find all issues of an artist; `key` is its item's, so that an id lasts as long as that."""
    return [
        Issue(
            kind=kind.name,
            severity=kind.severity,
            id=issue.identity(kind.name, key, path or album),
            album=album,
            path=path,
            detail=detail,
        )
        for scope, subject, album, path in _subjects(artist)
        for kind in kinds
        if kind.scope is scope and (detail := kind.check(subject)) is not None
    ]


def tally(found: Iterable[Issue]) -> dict[str, int]:
    """Count issues by kind, the kinds in alphabetical order."""
    return dict(sorted(Counter(one.kind for one in found).items()))


def needs_person(found: Issue) -> bool:
    """Tell whether an issue waits for a person: a note only informs."""
    return found.severity is not Severity.NOTE


def _subjects(artist: Artist) -> Iterator[tuple[Scope, Artist | Album | Track, str, str]]:
    """Give each thing to be looked at, with the places of its album and of itself."""
    yield Scope.ARTIST, artist, "", ""
    for album in artist.albums:
        yield Scope.ALBUM, album, album.place, ""
        for track in album.tracks:
            yield Scope.TRACK, track, album.place, track.place
