"""Plant tagging mistakes that are found only by comparison with the release."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import PurePath
from random import Random

from mediakeep_samples.music.music_defects import PlantedDefect, SampleFolder, has_valid_utf8
from mediakeep_samples.music.track_files import SampleTrack
from mediakeep_simulator import sample_artists

_WORD_PATTERN = re.compile(r"[^\W\d_]{4,}")

ChangedTracks = dict[PurePath, SampleTrack]  # by the previous path of the track


def plant_lookup_defects(
    folders: Sequence[SampleFolder], planted: Sequence[PlantedDefect]
) -> tuple[list[SampleFolder], list[PlantedDefect]]:
    """Plant the mistakes that the folders ask for; return the library and the affected tracks.

    Only tracks without another defect are changed, in tags and file name alike. A folder without a
    suitable track has none.
    """
    spoilt = {one.path for one in planted}
    result, found = [], []
    for folder in folders:
        written: ChangedTracks = {}
        rng = Random(str(folder.path))
        for kind in folder.lookup_defects:
            free = [
                track
                for track in folder.tracks
                if track.path not in spoilt | written.keys() and has_valid_utf8(track.path)
            ]
            made = _DEFECT_MAKERS[kind](free, rng)
            written |= made
            found += [PlantedDefect(kind, track.path) for track in made.values()]
        tracks = (written.get(track.path, track) for track in folder.tracks)
        result.append(replace(folder, tracks=tuple(tracks)))
    return result, found


def _swap_letters(tracks: Sequence[SampleTrack], rng: Random) -> ChangedTracks:
    """Swap two letters in the title of a track."""
    for track in rng.sample(tracks, len(tracks)):
        title = track.fields["title"]
        if (slip := _swap_two_letters(title)) != title:
            return {track.path: _with_tags(track, slip, track.fields["tracknumber"])}
    return {}


def _swap_two_letters(title: str) -> str:
    for word in _WORD_PATTERN.finditer(title):
        place = word.start() + 1
        if title[place] != title[place + 1]:
            return title[:place] + title[place + 1] + title[place] + title[place + 2 :]
    return title


def _swap_track_numbers(tracks: Sequence[SampleTrack], rng: Random) -> ChangedTracks:
    """Swap the numbers of two adjacent tracks."""
    if len(tracks) < 2:
        return {}
    one, other = rng.choice([*pairwise(tracks)])
    return {
        one.path: _with_tags(one, one.fields["title"], other.fields["tracknumber"]),
        other.path: _with_tags(other, other.fields["title"], one.fields["tracknumber"]),
    }


def _with_tags(track: SampleTrack, title: str, number: str) -> SampleTrack:
    fields = {**track.fields, "title": title, "tracknumber": number}
    place, _, _ = number.partition("/")
    name = f"{int(place):02} - {title}{track.path.suffix}".replace("/", "_")
    return replace(track, path=track.path.with_name(name), fields=fields)


_DEFECT_MAKERS: Mapping[str, Callable[[Sequence[SampleTrack], Random], ChangedTracks]] = dict(
    zip(sample_artists.LOOKUP_DEFECTS, (_swap_letters, _swap_track_numbers), strict=True)
)
