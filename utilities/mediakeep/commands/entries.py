"""Entities of MusicBrainz as they are told: in a line for people, in data for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import click

from mediakeep.commands import shared
from mediakeep.lookups.catalogue import Artist, Credit, Group, LabelInfo, Medium, Release, Track
from mediakeep.lookups.desk import Desk
from mediakeep.lookups.tmdb import desk as tmdb
from mediakeep.pages import page

Data = dict[str, Any]


class Told(NamedTuple):
    """What a look-up came to: lines for people, data for programs, and the exit code."""

    lines: list[str]
    data: Data
    code: int = 0


@contextmanager
def warned(desk: Desk | tmdb.Desk) -> Iterator[None]:
    """Say in the end, whatever came of the look-up, what was damaged in the cache or odd."""
    try:
        yield
    finally:
        notes = [*desk.known.notes, *desk.http.notes] if desk.has_file else []
        notes += desk.spent.odd
        for note in notes:
            click.echo(f"Warning: {shared.plain(note)}", err=True)


def artist(one: Artist) -> Data:
    """Give an artist as data."""
    return {
        "mbid": one.id,
        "name": one.name,
        "disambiguation": one.disambiguation or "",
        "type": one.type or "",
        "country": one.country or "",
        "aliases": [alias.name for alias in one.aliases],
    }


def artist_line(one: Artist) -> str:
    """Name an artist with what tells it from others of the name."""
    aside = f" ({one.disambiguation})" if one.disambiguation else ""
    return ", ".join(filter(None, (one.name + aside, one.type, one.country)))


def credited(names: Iterable[Credit]) -> str:
    """Write an artist credit as it is printed: "Velvet Harbour feat. Salt"."""
    return "".join(one.name + one.joinphrase for one in names)


def group(one: Group) -> Data:
    """Give a release group as data."""
    return {
        "mbid": one.id,
        "title": one.title,
        "type": one.type,
        "first_release_date": one.first_release_date or "",
    }


def edition(one: Release) -> Data:
    """Give a release as data."""
    cover = one.cover_art_archive
    return {
        "mbid": one.id,
        "title": one.title,
        "artist": credited(one.artist_credit),
        "disambiguation": one.disambiguation or "",
        "status": one.status or "",
        "date": one.date or "",
        "country": one.country or "",
        "formats": _formats(one),
        "tracks": one.track_count,
        "labels": [
            {"name": info.label.name if info.label else "", "number": info.catalog_number or ""}
            for info in one.label_info
        ],
        "barcode": one.barcode or "",
        "front_cover": cover.front,
        "back_cover": cover.back,
    }


def edition_line(one: Release) -> str:
    """Tell an edition from the others, in the order in which people look for it."""
    return ", ".join(
        filter(
            None,
            (
                one.date or "no date",
                one.country,
                " + ".join(_formats(one)),
                page.counted(one.track_count, "track"),
                *published(one),
                one.status,
                one.disambiguation,
                cover(one),
            ),
        )
    )


def published(one: Release) -> Iterator[str]:
    """Give who published a release under which number, and its barcode."""
    yield from filter(None, map(_label, one.label_info))
    if one.barcode:
        yield f"barcode {one.barcode}"


def cover(one: Release) -> str:
    """Say which covers the Cover Art Archive has."""
    found = one.cover_art_archive
    sides = [side for side, there in (("front", found.front), ("back", found.back)) if there]
    return f"{' and '.join(sides)} cover" if sides else "no cover"


def track(medium: Medium, one: Track) -> Data:
    """Give a track as data; its length is seconds."""
    length = one.length or one.recording.length
    return {
        "disc": medium.position,
        "position": one.position,
        "number": one.number,
        "title": one.title,
        "artist": credited(one.artist_credit),
        "length": round(length / 1000, 3) if length else None,
        "recording_mbid": one.recording.id,
        "isrcs": list(one.recording.isrcs),
    }


def track_line(one: Track, whose: str) -> str:
    """Write a track: its number, its title, by whom if not by `whose`, and how long it is."""
    by = credited(one.artist_credit)
    aside = f", by {by}" if by and by != whose else ""
    seconds = round((one.length or one.recording.length or 0) / 1000)
    length = f" ({seconds // 60}:{seconds % 60:02})" if seconds else ""
    return f"{one.number or one.position} {one.title}{aside}{length}"


def _label(info: LabelInfo) -> str:
    name = info.label.name if info.label else ""
    return " ".join(filter(None, (name, info.catalog_number)))


def _formats(one: Release) -> list[str]:
    return list(dict.fromkeys(medium.format for medium in one.media if medium.format))
