"""What the tags of a track say once it is known which track of which release it is.

The fields are those of MusicBrainz Picard, and what they hold is what Picard writes there
(picard-docs, "Tag mapping"). Where editions are tied only what all of them agree on is told, and
where the nearest is not the edition here, nothing that is of an edition alone.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any

from mediakeep.lookups import catalogue
from mediakeep.lookups.catalogue import Credit, Group, Medium, Release, Track
from mediakeep.media.edits.changes import Values
from mediakeep.music.matching.verdict import Candidate, Match, Pair, Sure

GENRES = 3  # those that most people voted for

Particulars = dict[str, Values]  # by field
_OF_EDITION = frozenset(
    {"musicbrainz_albumid", "musicbrainz_trackid", "date", "label", "catalognumber", "barcode"}
    | {"releasecountry", "releasestatus", "media", "discsubtitle"}
    | {"track", "track_total", "disc", "disc_total"}
)
_NONE = frozenset({"[no label]", "[none]"})  # what MusicBrainz writes where there is none
_SMALL = frozenset({"and", "of", "the", "in", "n", "'n'"})
_INITIALS = frozenset({"aor", "dj", "ebm", "edm", "idm", "mpb", "uk"})
_DATES = frozenset({"date", "originaldate"})
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?", re.ASCII)  # some lack their year: "????-03-02"
_WORD = re.compile(r"[^\s\-&/]+")


def of(match: Match) -> dict[str, Particulars]:
    """Return what the tags of each track say that is known, by its place; none of what is not."""
    if match.group is None:
        return {}
    album = functools.reduce(_agreed, (_of_release(one.release) for one in match.candidates))
    first, *others = [_of_tracks(one) for one in match.candidates]
    for other in others:
        first = {
            place: _agreed(told, other[place]) for place, told in first.items() if place in other
        }
    found = {place: album | told for place, told in first.items()}
    if match.sure is Sure.TIED and not others:  # tied with one that is not on MusicBrainz
        return {place: _common(told) for place, told in found.items()}
    return found


def _common(told: Particulars) -> Particulars:
    """Leave out what only an edition can tell."""
    return {field: values for field, values in told.items() if field not in _OF_EDITION}


def _agreed(one: Particulars, other: Particulars) -> Particulars:
    return {field: values for field, values in one.items() if other.get(field) == values}


def _of_tracks(one: Candidate) -> dict[str, Particulars]:
    return {pair.place: _of_track(pair, one.release) for pair in one.pairs}


def _of_release(release: Release) -> Particulars:
    group = release.release_group
    infos = release.label_info
    told: dict[str, Iterable[str | None]] = {
        "album": (release.title,),
        "albumartist": (credited(release.artist_credit),),
        "albumartistsort": (_sorted(release.artist_credit),),
        "musicbrainz_albumartistid": (one.artist.id for one in release.artist_credit),
        "musicbrainz_albumid": (release.id,),
        "date": (release.date,),
        "label": (info.label.name for info in infos if info.label and info.label.id),
        "catalognumber": (info.catalog_number for info in infos),
        "barcode": (release.barcode,),
        "releasecountry": (release.country,),
        "releasestatus": ((release.status or "").lower(),),
        "disc_total": (str(len(release.media)),),
        "compilation": ("1" if _is_various(release) else "",),
    }
    return _filled(told | (_of_group(group) if group else {}))


def _of_group(group: Group) -> dict[str, Iterable[str | None]]:
    kinds = (group.primary_type or "", *group.secondary_types)
    voted = sorted(group.genres, key=lambda one: (-one.count, one.name))
    return {
        "musicbrainz_releasegroupid": (group.id,),
        "originaldate": (group.first_release_date,),
        "releasetype": (kind.lower() for kind in kinds),
        "genres": (_spelt(one.name) for one in voted[:GENRES]),
    }


def _of_track(pair: Pair, release: Release) -> Particulars:
    medium, track = pair.medium, pair.track
    credit = track.artist_credit or track.recording.artist_credit or release.artist_credit
    return _filled(
        {
            "title": (track.title,),
            "artist": (credited(credit),),
            "artists": (one.name for one in credit),
            "artistsort": (_sorted(credit),),
            "musicbrainz_artistid": (one.artist.id for one in credit),
            "musicbrainz_recordingid": (track.recording.id,),
            "musicbrainz_trackid": (track.id,),
            "isrc": track.recording.isrcs,
            **_of_place(medium, track),
        }
    )


def _of_place(medium: Medium, track: Track) -> dict[str, Iterable[str | None]]:
    return {
        "track": (str(track.position or ""),),  # 0 is hidden before the first
        "track_total": (str(medium.track_count or len(medium.tracks)),),
        "disc": (str(medium.position or 1),),
        "discsubtitle": (medium.title,),
        "media": (medium.format,),
    }


def _filled(told: Mapping[str, Iterable[str | None]]) -> Particulars:
    found: dict[str, Any] = {
        field: tuple(dict.fromkeys(text for text in texts if text and text not in _NONE))
        for field, texts in told.items()
    }
    return {
        field: values
        for field, values in found.items()
        if values and not (field in _DATES and not _DATE.fullmatch(values[0]))
    }


def credited(names: Iterable[Credit]) -> str:
    """Write an artist credit as it is printed."""
    return "".join(one.name + one.joinphrase for one in names)


def _sorted(names: Iterable[Credit]) -> str:
    return "".join((one.artist.sort_name or one.name) + one.joinphrase for one in names)


def _is_various(release: Release) -> bool:
    return any(one.artist.id == catalogue.VARIOUS_ARTISTS for one in release.artist_credit)


def _spelt(genre: str) -> str:
    """Write a genre as libraries do, as "R&B" or "Drum and Bass": MusicBrainz has small letters."""
    return _WORD.sub(lambda word: _risen(word[0], first=word.start() == 0), genre)


def _risen(word: str, *, first: bool) -> str:
    if word in _INITIALS:
        return word.upper()
    return word if word in _SMALL and not first else word[:1].upper() + word[1:]
