"""Format the missing albums and tracks of an artist as table rows and as JSON."""

from __future__ import annotations

from typing import Any

from mediakeep.music.artist_lookup.collection import MissingRelease, OwnedGroup
from mediakeep.music.artist_lookup.lookup import ArtistLookup
from mediakeep.music.matching import match_json
from mediakeep.music.text.track_overlap import MediumTrack

COLUMNS = (
    *("artist", "missing", "reason", "album", "type", "first_release_date", "disc", "position"),
    *("track", "length", "tracks", "editions", "folder", "release_group_mbid", "release_mbid"),
    *("recording_mbid", "artist_mbid"),
)


def build_rows(name: str, lookup: ArtistLookup) -> list[dict[str, Any]]:
    """Return a table row for each missing release or track; lengths are in seconds."""
    artist = lookup.resolved.artist if lookup.resolved else None
    return [
        _build_row(name, artist.id if artist else "", missing)
        for missing in lookup.collection.missing
    ]


def _build_row(name: str, mbid: str, missing: MissingRelease) -> dict[str, Any]:
    group = missing.group
    row: dict[str, Any] = {
        "artist": name,
        "missing": "track" if missing.track else "album",
        "reason": missing.reason.value,
        "album": group.title,
        "type": group.type,
        "first_release_date": group.first_release_date or "",
        "tracks": missing.tracks,
        "editions": missing.editions,
        "folder": missing.place,
        "release_group_mbid": group.id,
        "release_mbid": missing.release.id if missing.release else "",
        "artist_mbid": mbid,
    }
    return row | (_track_columns(missing.track) if missing.track else {})


def _track_columns(medium_track: MediumTrack) -> dict[str, Any]:
    medium, track = medium_track
    length = track.length or track.recording.length
    return {
        "disc": medium.position,
        "position": track.position,
        "track": track.title,
        "length": round(length / 1000, 3) if length else "",
        "recording_mbid": track.recording.id,
    }


def to_json(name: str, lookup: ArtistLookup) -> dict[str, Any]:
    """Return all results of a lookup as JSON data; why a lookup is pending is left out."""
    resolved = lookup.resolved
    fields: dict[str, Any] = {"lookup": lookup.state}
    if resolved and resolved.artist:
        fields |= {
            "mbid": resolved.artist.id,
            "name": resolved.artist.name,
            "found_by": resolved.by,
        }
        fields |= {"asked": resolved.asked}
        fields["albums"] = [_owned_to_json(group) for group in lookup.collection.groups]
        fields["unknown_albums"] = list(lookup.collection.unknown_places)
        fields["missing"] = build_rows(name, lookup)
    if lookup.matches:
        fields["matches"] = [match_json.to_json(match) for match in lookup.matches.values()]
    if resolved and resolved.choices:
        fields["choices"] = [
            {"mbid": choice.artist.id, "name": choice.artist.name, "albums": list(choice.titles)}
            for choice in resolved.choices
        ]
    return fields


def _owned_to_json(group: OwnedGroup) -> dict[str, Any]:
    return {
        "folders": [album.place for album in group.albums],
        "title": group.group.title,
        "release_group_mbid": group.group.id,
        "release_mbid": group.release.id,
        "missing_tracks": len(group.overlap.missing),
    }
