"""An index of a MusicBrainz catalogue for fast queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeVar

from mediakeep_simulator.entities import (
    CatalogueCredit,
    CatalogueGroup,
    CatalogueRecording,
    CatalogueRelease,
    CatalogueTrack,
    MusicBrainzCatalogue,
)

_Entity = TypeVar("_Entity")


class CatalogueIndex:
    """All entities of a catalogue by MBID and by their relations; lists are sorted by MBID."""

    def __init__(self, catalogue: MusicBrainzCatalogue) -> None:
        self._merged, self._deleted = catalogue.merged, frozenset(catalogue.deleted)
        self.artists = {artist.id: artist for artist in catalogue.artists}
        self.labels = {label.id: label for label in catalogue.labels}
        self.groups = {group.id: group for group in sorted(catalogue.groups, key=_get_id)}
        self.releases = {release.id: release for release in sorted(catalogue.releases, key=_get_id)}
        self.editions = _group_pairs((r.group, r) for r in self.releases.values())
        self.by_artist = _group_pairs(
            (artist, r) for r in self.releases.values() for artist in _artist_ids(r.credits)
        )
        self.by_track_artist = _group_pairs(
            (artist, r) for r in self.releases.values() for artist in _track_artists(r)
        )
        self.by_label = _group_pairs((i.label, r) for r in self.releases.values() for i in r.labels)
        self.groups_by_artist = _group_pairs(
            (artist, group)
            for group in self.groups.values()
            for artist in _artist_ids(group.credits)
        )
        self.appearances = _group_pairs(
            (t.recording, r) for r in self.releases.values() for t in list_tracks(r)
        )
        self.recordings = self._collect_recordings(catalogue)

    def _collect_recordings(self, catalogue: MusicBrainzCatalogue) -> dict[str, CatalogueRecording]:
        recordings = {recording.id: recording for recording in catalogue.recordings}
        for release in self.releases.values():
            for track in list_tracks(release):
                if track.recording not in recordings:
                    recordings[track.recording] = _recording_from_track(track, release)
        return recordings

    def recordings_by(self, artist: str) -> list[CatalogueRecording]:
        """Return the recordings of the artist with an MBID."""
        return [
            recording
            for recording in self.recordings.values()
            if artist in _artist_ids(recording.credits)
        ]

    def resolve_mbid(self, mbid: str) -> str:
        """Return the MBID of the entity that an MBID was merged into, or the MBID itself."""
        while mbid in self._merged:
            mbid = self._merged[mbid]
        return mbid

    def is_deleted(self, mbid: str) -> bool:
        """Return whether the entity with an MBID was deleted."""
        return mbid in self._deleted

    def first_date(self, entity: CatalogueGroup | CatalogueRecording) -> str:
        """Return the first release date of a release group or recording, or "" if unknown."""
        if entity.first_date:
            return entity.first_date
        releases = self.editions if isinstance(entity, CatalogueGroup) else self.appearances
        return min((r.date for r in releases.get(entity.id, ()) if r.date), default="")


def list_tracks(release: CatalogueRelease) -> Iterator[CatalogueTrack]:
    """Yield the tracks of all media of a release, in order."""
    for medium in release.media:
        yield from medium.tracks


def _group_pairs(pairs: Iterable[tuple[str, _Entity]]) -> dict[str, list[_Entity]]:
    lists: dict[str, list[_Entity]] = defaultdict(list)
    for key, entity in pairs:
        if not lists[key] or lists[key][-1] is not entity:
            lists[key].append(entity)
    return dict(lists)


def _get_id(entity: CatalogueGroup | CatalogueRelease) -> str:
    return entity.id


def _artist_ids(credited: Iterable[CatalogueCredit]) -> set[str]:
    return {credit.artist for credit in credited}


def _track_artists(release: CatalogueRelease) -> set[str]:
    """Return the artists credited on tracks of a release, but not on the release itself."""
    on_tracks = {credit.artist for track in list_tracks(release) for credit in track.credits}
    return on_tracks - _artist_ids(release.credits)


def _recording_from_track(track: CatalogueTrack, release: CatalogueRelease) -> CatalogueRecording:
    by = track.credits or release.credits
    return CatalogueRecording(track.recording, track.title, track.length, by, track.isrcs)
