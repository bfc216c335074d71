"""Serialize entities for lookups and browses: only what `inc` asks for is included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mediakeep.rehearsal.entities import (
    Alias,
    Artist,
    Credit,
    Group,
    Medium,
    Recording,
    Release,
    Track,
)
from mediakeep.rehearsal.shelves import Shelves
from mediakeep.rehearsal.ws2 import terms

Shape = dict[str, Any]


@dataclass(frozen=True)
class Shaper:
    """Serialize entities like MusicBrainz: keys, types and nesting."""

    shelves: Shelves
    incs: frozenset[str]

    def artist(self, artist: Artist) -> Shape:
        """Serialize an artist."""
        country = terms.area(artist.country) if artist.country else None
        return {
            **self.named(artist),
            "area": country,
            "begin-area": None,
            "end-area": None,
            "gender": None,
            "gender-id": None,
            "ipis": [],
            "isnis": [],
            "life-span": {"begin": None, "end": None, "ended": False},
            **self._notes(artist.genres, rated=True),
            **self._related(),
        }

    def named(self, artist: Artist) -> Shape:
        """Serialize an artist as in a credit."""
        shape = {
            "id": artist.id,
            "name": artist.name,
            "sort-name": artist.sort_name or artist.name,
            "disambiguation": artist.disambiguation,
            "country": artist.country or None,
            **terms.typed("type", artist.type),
        }
        return shape | self._aliases(artist.aliases)

    def group(self, group: Group) -> Shape:
        """Serialize a release group."""
        return {
            "id": group.id,
            "title": group.title,
            "disambiguation": group.disambiguation,
            "first-release-date": self.shelves.first_date(group),
            **terms.typed("primary-type", group.primary),
            "secondary-types": list(group.secondary),
            "secondary-type-ids": [terms.ident(name) for name in group.secondary],
            **self._credited(group.credits),
            **self._notes(group.genres, rated=True),
            **self._aliases(()),
            **self._related(),
        }

    def release(self, release: Release) -> Shape:
        """Serialize a release, with media, labels and group if requested."""
        shape: Shape = {
            "id": release.id,
            "title": release.title,
            "disambiguation": release.disambiguation,
            **terms.typed("status", release.status),
            **terms.typed("packaging", release.packaging),
            "quality": "normal",
            "text-representation": {
                "language": release.language or None,
                "script": release.script or None,
            },
            "barcode": release.barcode or None,
            "asin": None,
            **terms.events(release),
            "cover-art-archive": terms.archive(release),
            **self._credited(release.credits),
            **self._notes(release.genres),
            **self._aliases(()),
            **self._related(),
        }
        if "labels" in self.incs:
            shape["label-info"] = list(self._labels(release))
        if "release-groups" in self.incs:
            shape["release-group"] = self.group(self.shelves.groups[release.group])
        if self.incs & {"media", "recordings", "discids"}:
            shape["media"] = self._media(release)
        return shape

    def recording(self, recording: Recording) -> Shape:
        """Serialize a recording."""
        shape: Shape = {
            "id": recording.id,
            "title": recording.title,
            "length": recording.length,
            "disambiguation": recording.disambiguation,
            "video": False,
            **self._credited(recording.credits),
            **self._notes((), rated=True),
            **self._aliases(()),
            **self._related(),
        }
        if first := self.shelves.first_date(recording):
            shape["first-release-date"] = first
        if "isrcs" in self.incs:
            shape["isrcs"] = list(recording.isrcs)
        return shape

    def _media(self, release: Release) -> list[Shape]:
        return [
            self._medium(medium, position, release)
            for position, medium in enumerate(release.media, 1)
        ]

    def _medium(self, medium: Medium, position: int, release: Release) -> Shape:
        shape: Shape = {
            "id": medium.id or terms.ident(f"{release.id} {position}"),
            "position": position,
            "title": medium.title,
            **terms.typed("format", medium.format),
            "track-count": medium.count,
        }
        if "discids" in self.incs:
            lengths = [track.length or 0 for track in medium.tracks]
            shape["discs"] = [terms.disc(one, lengths) for one in medium.discs]
        if "recordings" in self.incs and medium.tracks:
            shape["track-offset"] = 0
            shape["tracks"] = list(self._tracks(medium, release))
        return shape

    def _tracks(self, medium: Medium, release: Release) -> Iterator[Shape]:
        position = 0
        for track in medium.tracks:
            position = track.position or position + 1
            yield self._track(track, position, track.credits or release.credits)

    def _track(self, track: Track, position: int, by: tuple[Credit, ...]) -> Shape:
        return {
            "id": track.id,
            "position": position,
            "number": track.number or str(position),
            "title": track.title,
            "length": track.length,
            "recording": self.recording(self.shelves.recordings[track.recording]),
            **self._credited(by),
        }

    def _labels(self, release: Release) -> Iterator[Shape]:
        for issuer in release.labels:
            label = self.shelves.labels.get(issuer.label)
            shape = label and terms.label(label) | self._notes(()) | self._aliases(())
            yield {"catalog-number": issuer.catalogue_number or None, "label": shape}

    def _credited(self, by: Iterable[Credit]) -> Shape:
        if not self.incs & {"artist-credits", "artists"}:
            return {}
        return {"artist-credit": [self._credit(credit) for credit in by]}

    def _credit(self, credit: Credit) -> Shape:
        artist = self.shelves.artists[credit.artist]
        shown = self.named(artist) | self._notes(artist.genres)
        return {"name": credit.name or artist.name, "joinphrase": credit.join, "artist": shown}

    def _aliases(self, aliases: Iterable[Alias]) -> Shape:
        return {"aliases": [terms.alias(one) for one in aliases]} if "aliases" in self.incs else {}

    def _notes(self, genres: Sequence[str], *, rated: bool = False) -> Shape:
        asked: Shape = {
            "genres": terms.genres(genres),
            "tags": [{"name": name, "count": 1} for name in genres],
            "annotation": None,
        }
        if rated:
            asked["rating"] = {"value": None, "votes-count": 0}
        words = {"rating": "ratings"}
        return {key: value for key, value in asked.items() if words.get(key, key) in self.incs}

    def _related(self) -> Shape:
        return {"relations": []} if any(word.endswith("-rels") for word in self.incs) else {}
