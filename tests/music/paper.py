"""Artists built in memory, as a scan would return them, for tests of many texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mediakeep.media.audio.model import AudioProperties, Tags
from mediakeep.music import diagnose, scan
from mediakeep.music.issue_kinds import ISSUE_KINDS
from mediakeep.music.model import Album, Artist, Track

TITLES = (
    *("Low Tide", "Ballast", "Gulls Over Quarry Lane", "Nine Lanterns", "Hemp and Tar", "Thaw"),
    *("Icebound", "Rivet", "Six Bells", "Crane", "No Anchorage", "Diesel Choir", "Slack Water"),
)


def track(number: object = 1, *, name: str = "", folder: str = "", **fields: Any) -> Track:
    """Return a healthy MP3 of the album "Dawn", but for the tags and facts given.

    A text may be given for a tuple of one, and the title may be left to the number.
    """
    facts = {key: fields.pop(key) for key in ("format", "lossless") if key in fields}
    sane = str(number).isdigit() and int(str(number)) < 200
    title = TITLES[int(str(number)) % len(TITLES)] if sane else "Low Tide"
    tags = {
        "title": title,
        "artist": "Vera",
        "albumartist": "Vera",
        "album": "Dawn",
        "track": str(number),
        "date": "1974",
        "genres": "Folk",
        **fields,
    }
    texts = {field: _shaped(field, value) for field, value in tags.items()}
    name = name or f"{number} {texts['title'][0] if texts['title'] else ''}.mp3".replace("/", "_")
    return Track(
        place="/".join(filter(None, ("Dawn", folder, name))),
        tags=Tags(**texts),
        facts=AudioProperties(**{"format": "MP3", **facts}),
        container="ID3v2.4",
    )


def album(*tracks: Track, place: str = "Dawn") -> Album:
    return Album(place=place, tracks=tracks)


def numbered(*numbers: object, **fields: Any) -> Album:
    return album(*(track(number, **fields) for number in numbers))


def disc(number: object, *numbers: object, folder: str = "", **fields: Any) -> tuple[Track, ...]:
    """Return the tracks of one disc, by its tag."""
    return tuple(
        track(one, disc=str(number), folder=folder, name=f"{number}-{one}.mp3", **fields)
        for one in numbers
    )


def join_albums(*albums: Album) -> Album:
    """Put the tracks of several albums into one folder."""
    return album(*(track for part in albums for track in part.tracks))


def list_details(kind: str, *albums: Album) -> dict[str, str]:
    """Give the details of one kind by path, or by album where it is not about tracks."""
    return list_artist_details(
        kind, Artist(name="Vera", path="/Vera", albums=albums, fingerprint="")
    )


def list_artist_details(kind: str, artist: Artist) -> dict[str, str]:
    """Like `details`, of a whole artist."""
    rows = [row for row in ISSUE_KINDS if row.name == kind]
    assert rows, f"there is no kind {kind}"
    issues = diagnose.find_issues(artist, "Vera", rows)
    return {issue.path or issue.album: issue.detail for issue in issues}


def find_detail(kind: str, *albums: Album) -> str | None:
    """Give the only detail of a kind, None where there is no issue."""
    told = list(list_details(kind, *albums).values())
    assert len(told) < 2, told
    return told[0] if told else None


def list_kinds_on_disk(folder: Path) -> dict[str, list[str]]:
    """Scan an artist's folder, and give its kinds of issues with the places of each."""
    places: dict[str, list[str]] = {}
    for issue in diagnose.find_issues(scan.read_artist(folder), "Vera"):
        places.setdefault(issue.kind, []).append(issue.path or issue.album)
    return places


def _shaped(field: str, value: Any) -> Any:
    if isinstance(value, str) and field not in ("track", "track_total", "disc", "disc_total"):
        return (value,) if value else ()
    return value
