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
    damaged = {defect.path for defect in planted}
    result, defects = [], []
    for folder in folders:
        written: ChangedTracks = {}
        rng = Random(str(folder.path))
        for kind in folder.lookup_defects:
            free = [
                track
                for track in folder.tracks
                if track.path not in damaged | written.keys() and has_valid_utf8(track.path)
            ]
            changed = _DEFECT_MAKERS[kind](free, rng)
            written |= changed
            defects += [PlantedDefect(kind, track.path) for track in changed.values()]
        tracks = (written.get(track.path, track) for track in folder.tracks)
        result.append(replace(folder, tracks=tuple(tracks)))
    return result, defects


def _swap_letters(tracks: Sequence[SampleTrack], rng: Random) -> ChangedTracks:
    """Swap two letters in the title of a track."""
    for track in rng.sample(tracks, len(tracks)):
        title = track.fields["title"]
        if (changed := _swap_two_letters(title)) != title:
            return {track.path: _with_tags(track, changed, track.fields["tracknumber"])}
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
    first, second = rng.choice([*pairwise(tracks)])
    return {
        first.path: _with_tags(first, first.fields["title"], second.fields["tracknumber"]),
        second.path: _with_tags(second, second.fields["title"], first.fields["tracknumber"]),
    }


def _with_tags(track: SampleTrack, title: str, number: str) -> SampleTrack:
    fields = {**track.fields, "title": title, "tracknumber": number}
    place, _, _ = number.partition("/")
    name = f"{int(place):02} - {title}{track.path.suffix}".replace("/", "_")
    return replace(track, path=track.path.with_name(name), fields=fields)


_DEFECT_MAKERS: Mapping[str, Callable[[Sequence[SampleTrack], Random], ChangedTracks]] = dict(
    zip(sample_artists.LOOKUP_DEFECTS, (_swap_letters, _swap_track_numbers), strict=True)
)
