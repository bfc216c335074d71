"""Invented entities, made by a line each: the same names always give the same MBIDs."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from itertools import count
from typing import Any

import msgspec

from mediakeep.rehearsal.entities import (
    Artist,
    Cover,
    Credit,
    Group,
    Label,
    Medium,
    Release,
    Track,
    World,
    mbid,
)

_SHORTEST, _SPREAD = 95_000, 310_000  # milliseconds: songs last from a minute and a half to seven


def artist(name: str, *, nth: int = 1, **facts: Any) -> Artist:
    """Make an artist; the `nth` of several who bear one name."""
    facts = {"type": "Group", "country": "GB", "sort_name": _sorted(name), **facts}
    return Artist(id=mbid("artist", name, nth), name=name, **facts)


def credit(*artists: Artist, join: str = " & ") -> tuple[Credit, ...]:
    """Make the credit that names these artists, the way their names are written."""
    joins = [join] * (len(artists) - 1) + [""]
    return tuple(Credit(artist=one.id, join=mark) for one, mark in zip(artists, joins, strict=True))


def group(by: Artist, title: str, **facts: Any) -> Group:
    """Make a release group of an artist, an album if nothing else is said."""
    facts = {"primary": "Album", "credits": credit(by), **facts}
    return Group(id=mbid("group", by.id, title), title=title, **facts)


def label(name: str) -> Label:
    """Make a record label."""
    return Label(id=mbid("label", name), name=name)


def release(
    of: Group, discs: Sequence[Sequence[str]], *, edition: int = 1, **facts: Any
) -> Release:
    """Make an edition of a group from the track titles of its discs.

    A title stands for one recording of its artist on all editions. Formats are CD if `formats`
    does not say otherwise; `by` has the credits of titles that are not by the group's artists; a
    front cover is there if `cover` is not None; `pressed` has for each disc the ids of its
    pressings.
    """
    own, by = mbid("release", of.id, edition), facts.pop("by", {})
    formats = facts.pop("formats", ["CD"] * len(discs))
    pressed = facts.pop("pressed", [()] * len(discs))
    media = tuple(
        Medium(
            id=mbid("medium", own, number),
            format=form,
            discs=tuple(ids),
            tracks=tuple(
                _track(title, side, mbid("track", own, number, side), of.credits, by.get(title, ()))
                for title, side in zip(titles, sides(form, len(titles)), strict=True)
            ),
        )
        for number, form, titles, ids in zip(count(1), formats, discs, pressed, strict=False)
    )
    facts = {"credits": of.credits, "country": "GB", "cover": Cover(), **facts}
    return Release(id=own, group=of.id, title=of.title, media=media, **facts)


def disc_id(*names: object) -> str:
    """Return the id of a compact disc: 28 characters, always the same for the same names."""
    digest = hashlib.sha1(mbid("disc", *names).encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest, b"._").decode().replace("=", "-")


def length(*names: object) -> int:
    """Return how long a song lasts, in milliseconds: always the same for the same names."""
    return _SHORTEST + int(mbid("length", *names)[:8], 16) % _SPREAD


def sides(format: str, tracks: int) -> list[str]:  # noqa: A002 - as MusicBrainz names it
    """Number the tracks of a medium as its format does: 1, 2, or A1, B1 on vinyl and cassettes."""
    if "Vinyl" not in format and format != "Cassette":
        return [str(number) for number in range(1, tracks + 1)]
    first = (tracks + 1) // 2
    return [f"A{n}" for n in range(1, first + 1)] + [f"B{n}" for n in range(1, tracks - first + 1)]


def prolific(
    name: str, *, albums: int = 12, editions: int = 8, tracks: int = 13, nth: int = 1
) -> World:
    """Make an artist with many albums, each in as many editions with as many tracks.

    They are named "Album 1" and so on, their tracks "Album 1, Track 1".
    """
    who = artist(name, nth=nth)
    groups = tuple(group(who, f"Album {number}") for number in range(1, albums + 1))
    releases = [
        release(one, [titles(one.title, tracks)], edition=edition, date=f"{1960 + place % 60}")
        for place, one in enumerate(groups)
        for edition in range(1, editions + 1)
    ]
    return World(artists=(who,), groups=groups, releases=tuple(releases))


def titles(album: str, tracks: int) -> list[str]:
    """Name the tracks of an album that `prolific` makes."""
    return [f"{album}, Track {number}" for number in range(1, tracks + 1)]


def joined(*worlds: World) -> World:
    """Put worlds together; what one of them says of an MBID again is left out."""
    parts: dict[str, Any] = {}
    for field in ("artists", "labels", "groups", "releases", "recordings"):
        kept: dict[str, Any] = {}
        for world in worlds:
            for one in getattr(world, field):
                kept.setdefault(one.id, one)
        parts[field] = tuple(kept.values())
    merged = {old: new for world in worlds for old, new in world.merged.items()}
    deleted = dict.fromkeys(old for world in worlds for old in world.deleted)
    return World(**parts, merged=merged, deleted=tuple(deleted))


def merged(world: World, old: str, new: str) -> World:
    """Let a former MBID lead to one of the world."""
    return msgspec.structs.replace(world, merged={**world.merged, old: new})


def deleted(world: World, *gone: str) -> World:
    """Let MBIDs be of entities that were removed, and take those out that the world has."""
    kept = {
        field: tuple(one for one in getattr(world, field) if one.id not in gone)
        for field in ("artists", "groups", "releases")
    }
    return msgspec.structs.replace(world, deleted=(*world.deleted, *gone), **kept)


def _track(
    title: str, number: str, own: str, of: tuple[Credit, ...], by: tuple[Credit, ...]
) -> Track:
    artist = (by or of)[0].artist
    recording = mbid("recording", artist, title)
    return Track(
        id=own,
        recording=recording,
        title=title,
        number="" if number.isdigit() else number,
        length=length(artist, title),
        credits=by,
        isrcs=(f"GBRHL{int(recording[:8], 16) % 10**7:07}",),
    )


def _sorted(name: str) -> str:
    article, _, rest = name.partition(" ")
    return f"{rest}, {article}" if article == "The" and rest else name
