"""Build discographies, one line each, as MusicBrainz would return them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mediakeep.lookups.musicbrainz.model import (
    Artist,
    Discography,
    Medium,
    Recording,
    Release,
    ReleaseGroup,
    Track,
)

VERA = Artist(id="vera", name="Vera")


def group(title: str, kind: str = "Album", **facts: Any) -> ReleaseGroup:
    return ReleaseGroup(id=f"group {title} {kind}", title=title, primary_type=kind, **facts)


def release(of: ReleaseGroup, *discs: Sequence[str], name: str = "first", **facts: Any) -> Release:
    """Make an edition; a title is one recording wherever it stands."""
    fields_ = {"title": of.title, "status": "Official", "date": "1974", **facts}
    formats = fields_.pop("formats", ["CD"] * len(discs))
    media = tuple(
        Medium(
            position=number,
            format=form,
            track_count=len(titles),
            tracks=tuple(
                track(title, place, number, name) for place, title in enumerate(titles, 1)
            ),
        )
        for number, (titles, form) in enumerate(zip(discs, formats, strict=True), 1)
    )
    return Release(id=f"{of.id} {name}", media=media, release_group=of, **fields_)


def track(title: str, place: int, disc: int = 1, name: str = "", **facts: Any) -> Track:
    recording = Recording(id=f"recording {title}".lower(), title=title, **facts)
    own = f"track {title} {disc}-{place} {name}".lower()
    return Track(id=own, title=title, position=place, number=str(place), recording=recording)


def discography(*releases: Release, groups: Sequence[ReleaseGroup] = ()) -> Discography:
    named = [release.release_group for release in releases if release.release_group]
    every = {one.id: one for one in (*named, *groups)}
    return Discography(artist=VERA, releases=releases, groups=tuple(every.values()))
