"""An index of a catalogue for fast queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeVar

from mediakeep.rehearsal.entities import Credit, Group, Recording, Release, Track, World

_Entity = TypeVar("_Entity")


class Shelves:
    """All entities by MBID and by their relations; lists are sorted by MBID."""

    def __init__(self, world: World) -> None:
        self._merged, self._deleted = world.merged, frozenset(world.deleted)
        self.artists = {artist.id: artist for artist in world.artists}
        self.labels = {label.id: label for label in world.labels}
        self.groups = {group.id: group for group in sorted(world.groups, key=_id)}
        self.releases = {release.id: release for release in sorted(world.releases, key=_id)}
        self.editions = _listed((r.group, r) for r in self.releases.values())
        self.by_artist = _listed(
            (artist, r) for r in self.releases.values() for artist in _named(r.credits)
        )
        self.by_track_artist = _listed(
            (artist, r) for r in self.releases.values() for artist in _guests(r)
        )
        self.by_label = _listed((i.label, r) for r in self.releases.values() for i in r.labels)
        self.groups_by_artist = _listed(
            (artist, group) for group in self.groups.values() for artist in _named(group.credits)
        )
        self.appearances = _listed(
            (t.recording, r) for r in self.releases.values() for t in tracks(r)
        )
        self.recordings = self._recordings(world)

    def _recordings(self, world: World) -> dict[str, Recording]:
        recordings = {recording.id: recording for recording in world.recordings}
        for release in self.releases.values():
            for track in tracks(release):
                if track.recording not in recordings:
                    recordings[track.recording] = _recording(track, release)
        return recordings

    def recordings_by(self, artist: str) -> list[Recording]:
        """Return the recordings of an artist."""
        return [
            recording
            for recording in self.recordings.values()
            if artist in _named(recording.credits)
        ]

    def current(self, mbid: str) -> str:
        """Return the current MBID, following merges."""
        while mbid in self._merged:
            mbid = self._merged[mbid]
        return mbid

    def deleted(self, mbid: str) -> bool:
        """Return True if an entity was deleted."""
        return mbid in self._deleted

    def first_date(self, entity: Group | Recording) -> str:
        """Return the first release date of a group or recording, or "" if unknown."""
        if entity.first_date:
            return entity.first_date
        releases = self.editions if isinstance(entity, Group) else self.appearances
        return min((r.date for r in releases.get(entity.id, ()) if r.date), default="")


def tracks(release: Release) -> Iterator[Track]:
    """Yield the tracks of all media of a release."""
    for medium in release.media:
        yield from medium.tracks


def _listed(pairs: Iterable[tuple[str, _Entity]]) -> dict[str, list[_Entity]]:
    lists: dict[str, list[_Entity]] = defaultdict(list)
    for key, entity in pairs:
        if not lists[key] or lists[key][-1] is not entity:
            lists[key].append(entity)
    return dict(lists)


def _id(entity: Group | Release) -> str:
    return entity.id


def _named(credited: Iterable[Credit]) -> set[str]:
    return {credit.artist for credit in credited}


def _guests(release: Release) -> set[str]:
    """Return the artists on tracks of a release who are not credited on the release itself."""
    on_tracks = {credit.artist for track in tracks(release) for credit in track.credits}
    return on_tracks - _named(release.credits)


def _recording(track: Track, release: Release) -> Recording:
    by = track.credits or release.credits
    return Recording(track.recording, track.title, track.length, by, track.isrcs)
