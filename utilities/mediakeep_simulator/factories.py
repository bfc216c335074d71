"""Build invented catalogue entities in one line each; the same names always give the same MBIDs."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from itertools import count
from typing import Any

import msgspec

from mediakeep_simulator.entities import (
    CatalogueArtist,
    CatalogueCover,
    CatalogueCredit,
    CatalogueGroup,
    CatalogueLabel,
    CatalogueMedium,
    CatalogueRelease,
    CatalogueTrack,
    MusicBrainzCatalogue,
    generate_mbid,
)

_MIN_LENGTH, _LENGTH_SPREAD = 95_000, 310_000  # milliseconds: songs last from 1.5 to 7 minutes


def make_artist(name: str, *, nth: int = 1, **facts: Any) -> CatalogueArtist:
    """Build an invented artist; `nth` distinguishes several artists with the same name."""
    facts = {"type": "Group", "country": "GB", "sort_name": _sort_name(name), **facts}
    return CatalogueArtist(id=generate_mbid("artist", name, nth), name=name, **facts)


def make_credits(*artists: CatalogueArtist, join: str = " & ") -> tuple[CatalogueCredit, ...]:
    """Build the artist credits of a release or track from artists; `join` separates their names."""
    joins = [join] * (len(artists) - 1) + [""]
    return tuple(
        CatalogueCredit(artist=artist.id, join=joiner)
        for artist, joiner in zip(artists, joins, strict=True)
    )


def make_group(by: CatalogueArtist, title: str, **facts: Any) -> CatalogueGroup:
    """Build a release group of an artist, an album by default."""
    facts = {"primary": "Album", "credits": make_credits(by), **facts}
    return CatalogueGroup(id=generate_mbid("group", by.id, title), title=title, **facts)


def make_label(name: str) -> CatalogueLabel:
    """Build a record label."""
    return CatalogueLabel(id=generate_mbid("label", name), name=name)


def make_release(
    of: CatalogueGroup, discs: Sequence[Sequence[str]], *, edition: int = 1, **facts: Any
) -> CatalogueRelease:
    """Build an edition of a release group from the track titles of each disc.

    A title is the same recording of its artist on all editions. Formats are CD unless given in
    `formats`. `by` has the credits of titles by other artists. There is a front cover unless
    `cover` is None. `pressed` has the ids of the pressings of each disc.
    """
    own, by = generate_mbid("release", of.id, edition), facts.pop("by", {})
    formats = facts.pop("formats", ["CD"] * len(discs))
    pressed = facts.pop("pressed", [()] * len(discs))
    media = tuple(
        CatalogueMedium(
            id=generate_mbid("medium", own, number),
            format=form,
            discs=tuple(ids),
            tracks=tuple(
                _make_track(
                    title,
                    side,
                    generate_mbid("track", own, number, side),
                    of.credits,
                    by.get(title, ()),
                )
                for title, side in zip(titles, number_tracks(form, len(titles)), strict=True)
            ),
        )
        for number, form, titles, ids in zip(count(1), formats, discs, pressed, strict=False)
    )
    facts = {"credits": of.credits, "country": "GB", "cover": CatalogueCover(), **facts}
    return CatalogueRelease(id=own, group=of.id, title=of.title, media=media, **facts)


def make_disc_id(*names: object) -> str:
    """Return the ID of a compact disc: 28 characters, always the same for the same names."""
    digest = hashlib.sha1(generate_mbid("disc", *names).encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest, b"._").decode().replace("=", "-")


def make_length(*names: object) -> int:
    """Return an invented length of a song in milliseconds, always the same for the same names."""
    return _MIN_LENGTH + int(generate_mbid("length", *names)[:8], 16) % _LENGTH_SPREAD


def number_tracks(format: str, tracks: int) -> list[str]:  # noqa: A002 - as MusicBrainz names it
    """Return the track numbers on a medium: 1, 2, or A1, B1 on vinyl and cassettes.

    `tracks` is the number of tracks.
    """
    if "Vinyl" not in format and format != "Cassette":
        return [str(number) for number in range(1, tracks + 1)]
    first = (tracks + 1) // 2
    return [f"A{n}" for n in range(1, first + 1)] + [f"B{n}" for n in range(1, tracks - first + 1)]


def make_prolific_artist(
    name: str, *, albums: int = 12, editions: int = 8, tracks: int = 13, nth: int = 1
) -> MusicBrainzCatalogue:
    """Build a catalogue of one artist with many albums.

    Each album has the same numbers of editions and tracks. Albums are named "Album 1" and so on,
    their tracks "Album 1, Track 1".
    """
    artist = make_artist(name, nth=nth)
    groups = tuple(make_group(artist, f"Album {number}") for number in range(1, albums + 1))
    releases = [
        make_release(
            group, [make_titles(group.title, tracks)], edition=edition, date=f"{1960 + place % 60}"
        )
        for place, group in enumerate(groups)
        for edition in range(1, editions + 1)
    ]
    return MusicBrainzCatalogue(artists=(artist,), groups=groups, releases=tuple(releases))


def make_titles(album: str, tracks: int) -> list[str]:
    """Return the track titles of an album of `make_prolific_artist`."""
    return [f"{album}, Track {number}" for number in range(1, tracks + 1)]


def join_catalogues(*catalogues: MusicBrainzCatalogue) -> MusicBrainzCatalogue:
    """Merge catalogues; later duplicates of an MBID are dropped."""
    parts: dict[str, Any] = {}
    for field in ("artists", "labels", "groups", "releases", "recordings"):
        entities: dict[str, Any] = {}
        for catalogue in catalogues:
            for entity in getattr(catalogue, field):
                entities.setdefault(entity.id, entity)
        parts[field] = tuple(entities.values())
    merged = {old: new for catalogue in catalogues for old, new in catalogue.merged.items()}
    deleted = dict.fromkeys(old for catalogue in catalogues for old in catalogue.deleted)
    return MusicBrainzCatalogue(**parts, merged=merged, deleted=tuple(deleted))


def with_merged(catalogue: MusicBrainzCatalogue, old: str, new: str) -> MusicBrainzCatalogue:
    """Make a former MBID lead to an existing one."""
    return msgspec.structs.replace(catalogue, merged={**catalogue.merged, old: new})


def with_deleted(catalogue: MusicBrainzCatalogue, *gone: str) -> MusicBrainzCatalogue:
    """Mark MBIDs as deleted, and remove their entities."""
    remaining = {
        field: tuple(entity for entity in getattr(catalogue, field) if entity.id not in gone)
        for field in ("artists", "groups", "releases")
    }
    return msgspec.structs.replace(catalogue, deleted=(*catalogue.deleted, *gone), **remaining)


def _make_track(
    title: str,
    number: str,
    own: str,
    of: tuple[CatalogueCredit, ...],
    by: tuple[CatalogueCredit, ...],
) -> CatalogueTrack:
    artist = (by or of)[0].artist
    recording = generate_mbid("recording", artist, title)
    return CatalogueTrack(
        id=own,
        recording=recording,
        title=title,
        number="" if number.isdigit() else number,
        length=make_length(artist, title),
        credits=by,
        isrcs=(f"GBRHL{int(recording[:8], 16) % 10**7:07}",),
    )


def _sort_name(name: str) -> str:
    article, _, rest = name.partition(" ")
    return f"{rest}, {article}" if article == "The" and rest else name
