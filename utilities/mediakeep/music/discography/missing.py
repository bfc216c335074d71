"""What is missing of a discography, as rows of a table and as data for programs."""

from __future__ import annotations

from typing import Any

from mediakeep.music.discography.fit import Place
from mediakeep.music.discography.holdings import Held, Lacking
from mediakeep.music.discography.inquiry import Inquiry
from mediakeep.music.matching import figures

COLUMNS = (
    *("artist", "missing", "reason", "album", "type", "first_release_date", "disc", "position"),
    *("track", "length", "tracks", "editions", "folder", "release_group_mbid", "release_mbid"),
    *("recording_mbid", "artist_mbid"),
)


def rows(name: str, asked: Inquiry) -> list[dict[str, Any]]:
    """Give what is missing as rows of a table; lengths are seconds."""
    artist = asked.resolved.artist if asked.resolved else None
    return [_row(name, artist.id if artist else "", one) for one in asked.holdings.lacking]


def _row(name: str, mbid: str, one: Lacking) -> dict[str, Any]:
    group = one.group
    row: dict[str, Any] = {
        "artist": name,
        "missing": "track" if one.track else "album",
        "reason": one.reason.value,
        "album": group.title,
        "type": group.type,
        "first_release_date": group.first_release_date or "",
        "tracks": one.tracks,
        "editions": one.editions,
        "folder": one.place,
        "release_group_mbid": group.id,
        "release_mbid": one.release.id if one.release else "",
        "artist_mbid": mbid,
    }
    return row | (_of_track(one.track) if one.track else {})


def _of_track(place: Place) -> dict[str, Any]:
    medium, track = place
    length = track.length or track.recording.length
    return {
        "disc": medium.position,
        "position": track.position,
        "track": track.title,
        "length": round(length / 1000, 3) if length else "",
        "recording_mbid": track.recording.id,
    }


def told(name: str, asked: Inquiry) -> dict[str, Any]:
    """Give all that is known, for programs; why a look-up waits is told by its batch alone."""
    resolved = asked.resolved
    found: dict[str, Any] = {"lookup": asked.state}
    if resolved and resolved.artist:
        found |= {"mbid": resolved.artist.id, "name": resolved.artist.name, "found_by": resolved.by}
        found |= {"asked": resolved.asked}
        found["albums"] = [_held(one) for one in asked.holdings.held]
        found["unknown_albums"] = list(asked.holdings.unknown)
        found["missing"] = rows(name, asked)
    if asked.matches:
        found["matches"] = [figures.told(one) for one in asked.matches.values()]
    if resolved and resolved.choices:
        found["choices"] = [
            {"mbid": one.artist.id, "name": one.artist.name, "albums": list(one.titles)}
            for one in resolved.choices
        ]
    return found


def _held(one: Held) -> dict[str, Any]:
    return {
        "folders": [owned.place for owned in one.owned],
        "title": one.group.title,
        "release_group_mbid": one.group.id,
        "release_mbid": one.release.id,
        "missing_tracks": len(one.fits.missing),
    }
