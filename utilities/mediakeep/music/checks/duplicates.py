"""Checks for duplicate tracks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator

from mediakeep.music import album_grouping, duplicate_audio
from mediakeep.music.duplicate_audio import DuplicateScope
from mediakeep.music.model import Album, Artist, Track
from mediakeep.music.text import compare_text, track_numbers

_ANY_SCOPE: DuplicateScope = None
_MAX_PAUSE, _MIN_PAUSES = 15.0, 3  # seconds and count: pieces of silence before a hidden track
_MAX_LENGTH_DIFFERENCE = 1.0  # seconds between the lengths of possibly equal recordings
_COPY_NAME = re.compile(
    r"\(\d\)\.\w+$|[\s_-](?:copy|kopie|copie|copia)(?:[\s_]?\(?\d*\)?)\.\w+$"
    r"|(?:^|/)(?:copy|copies|duplicates?|dupes|backups?)(?: \d+)?/",
    re.IGNORECASE,
)
# titles that many tracks share
_PAUSE_TITLES = frozenset({"silence", "untitled", "blank", "pause"})


def duplicate_track(artist: Artist) -> dict[str, str]:
    """Find tracks whose audio is a copy of another track; the detail names that other track.

    Only copies that are not needed count, see `duplicate_audio.duplicate_scopes`. A link to a track
    is no copy of it.
    """
    files: dict[Hashable, str] = {}  # the first place of each file
    firsts: dict[tuple[Hashable, DuplicateScope], tuple[int, str]] = {}
    details = {}
    for number, (album, track, proof) in enumerate(_tracks_with_proof(artist)):
        scopes = duplicate_audio.duplicate_scopes(album, track)
        keys = [(proof, scope) for scope in scopes or (_ANY_SCOPE,)]
        is_link = (
            files.setdefault(artist.file_ids.get(track.place, track.place), track.place)
            != track.place
        )
        if not is_link and (earlier := [firsts[key] for key in keys if key in firsts]):
            details[track.place] = f"same audio as {compare_text.quote(min(earlier)[1])}"
        for scope in (*scopes, _ANY_SCOPE):
            firsts.setdefault((proof, scope), (number, track.place))
    return details


def similar_track(album: Album) -> dict[str, str]:
    """Find tracks on a disc with equal title and artist, similar length, and different audio."""
    details = {}
    for group in album_grouping.group_by_disc(album):
        firsts: dict[tuple[str, str], list[Track]] = {}
        for track in group.tracks:
            title = compare_text.comparison_key(compare_text.first_text(track.tags.title))
            if not title or title in _PAUSE_TITLES or not _duration(track):
                continue
            earlier = firsts.setdefault(
                (title, compare_text.comparison_key(compare_text.first_text(track.tags.artist))), []
            )
            twin = next((other for other in earlier if _have_similar_length(other, track)), None)
            if twin:
                details[track.place] = f"similar to {compare_text.quote(twin.place)}"
            earlier.append(track)
    return details


def _have_similar_length(first: Track, second: Track) -> bool:
    """Return whether two tracks have similar lengths and are not known to have the same audio."""
    is_copy = first.complete_essence and first.complete_essence == second.complete_essence
    return not is_copy and abs(_duration(first) - _duration(second)) <= _MAX_LENGTH_DIFFERENCE


def _tracks_with_proof(artist: Artist) -> Iterator[tuple[Album, Track, Hashable]]:
    """Yield each track with its album and a value that is equal for copies of the same audio.

    Tracks that look like copies come last.
    """
    tracks = [
        (album, track, proof)
        for album in artist.albums
        for track, proof in album.cached_call(find_duplicate_evidence).values()
        if proof
    ]
    yield from sorted(tracks, key=lambda row: (not row[0].place, _has_copy_name(row[1].place)))


def find_duplicate_evidence(album: Album) -> dict[str, tuple[Track, Hashable]]:
    """Return each track of an album by its place, with a value that is equal for duplicates.

    The value is the hash of the audio, or "" if it is unknown. Short tracks with the same audio may
    be pauses. So for short tracks the tags and the folder must be equal, too, and include a number
    or a title.
    """
    short = Counter(
        track.complete_essence for track in album.tracks if _duration(track) < _MAX_PAUSE
    )
    return {
        track.place: (
            track,
            track.complete_essence
            if short[track.complete_essence] < _MIN_PAUSES or not track.complete_essence
            else _short_track_proof(track),
        )
        for track in album.tracks
    }


def _short_track_proof(track: Track) -> Hashable:
    tags = track.tags
    number = tags.track or track_numbers.numbers_in_name(track.name, tags.disc)
    title = compare_text.comparison_key(compare_text.first_text(tags.title))
    if not number and title in ("", *_PAUSE_TITLES):
        return ""
    return track.complete_essence, track.place.rpartition("/")[0], number, tags


def _has_copy_name(place: str) -> bool:
    """Return whether a path looks like a copy, such as "Song (1).mp3" or "Backup/Song.mp3"."""
    return _COPY_NAME.search(place) is not None


def _duration(track: Track) -> float:
    return track.facts.duration if track.facts else 0.0
