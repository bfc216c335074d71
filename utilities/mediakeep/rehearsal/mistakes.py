"""Plant tagging mistakes that are found only by comparison with the release."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import PurePath
from random import Random

from mediakeep.rehearsal import catalogue
from mediakeep.rehearsal.defects import Folder, Planted, is_text
from mediakeep.rehearsal.tracks import Track

_WORD = re.compile(r"[^\W\d_]{4,}")

Written = dict[PurePath, Track]  # by the previous path of the track


def plant(
    folders: Sequence[Folder], planted: Sequence[Planted]
) -> tuple[list[Folder], list[Planted]]:
    """Plant the mistakes that the folders ask for; return the library and the affected tracks.

    Only tracks without another defect are changed, in tags and file name alike. A folder without a
    suitable track has none.
    """
    spoilt = {one.path for one in planted}
    result, found = [], []
    for folder in folders:
        written: Written = {}
        rng = Random(str(folder.path))
        for kind in folder.mistakes:
            free = [
                track
                for track in folder.tracks
                if track.path not in spoilt | written.keys() and is_text(track.path)
            ]
            made = _MAKERS[kind](free, rng)
            written |= made
            found += [Planted(kind, track.path) for track in made.values()]
        tracks = (written.get(track.path, track) for track in folder.tracks)
        result.append(replace(folder, tracks=tuple(tracks)))
    return result, found


def _mistyped(tracks: Sequence[Track], rng: Random) -> Written:
    """Swap two letters in the title of a track."""
    for track in rng.sample(tracks, len(tracks)):
        title = track.fields["title"]
        if (slip := _slip(title)) != title:
            return {track.path: _written(track, slip, track.fields["tracknumber"])}
    return {}


def _slip(title: str) -> str:
    for word in _WORD.finditer(title):
        place = word.start() + 1
        if title[place] != title[place + 1]:
            return title[:place] + title[place + 1] + title[place] + title[place + 2 :]
    return title


def _exchanged(tracks: Sequence[Track], rng: Random) -> Written:
    """Swap the numbers of two adjacent tracks."""
    if len(tracks) < 2:
        return {}
    one, other = rng.choice([*pairwise(tracks)])
    return {
        one.path: _written(one, one.fields["title"], other.fields["tracknumber"]),
        other.path: _written(other, other.fields["title"], one.fields["tracknumber"]),
    }


def _written(track: Track, title: str, number: str) -> Track:
    fields = {**track.fields, "title": title, "tracknumber": number}
    place, _, _ = number.partition("/")
    name = f"{int(place):02} - {title}{track.path.suffix}".replace("/", "_")
    return replace(track, path=track.path.with_name(name), fields=fields)


_MAKERS: Mapping[str, Callable[[Sequence[Track], Random], Written]] = dict(
    zip(catalogue.MISTAKES, (_mistyped, _exchanged), strict=True)
)
