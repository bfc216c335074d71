"""The tags of a track, given its release and track at MusicBrainz.

Fields and values are those of MusicBrainz Picard (picard-docs, "Tag mapping"). If editions are
tied, only the values on which all agree are returned; if the nearest edition is not the right one,
no values of an edition.
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

GENRES = 3  # those with most votes

Particulars = dict[str, Values]  # by field
_OF_EDITION = frozenset(
    {"musicbrainz_albumid", "musicbrainz_trackid", "date", "label", "catalognumber", "barcode"}
    | {"releasecountry", "releasestatus", "media", "discsubtitle"}
    | {"track", "track_total", "disc", "disc_total"}
)
_NONE = frozenset({"[no label]", "[none]"})  # MusicBrainz placeholders for no label
_SMALL = frozenset({"and", "of", "the", "in", "n", "'n'"})
_INITIALS = frozenset({"aor", "dj", "ebm", "edm", "idm", "mpb", "uk"})
_DATES = frozenset({"date", "originaldate"})
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?", re.ASCII)  # some lack the year: "????-03-02"
_WORD = re.compile(r"[^\s\-&/]+")


def of(match: Match) -> dict[str, Particulars]:
    """Return the known tag values of each track by place; unknown fields are left out."""
    if match.group is None:
        return {}
    album = functools.reduce(
        _agreed, (_of_release(candidate.release) for candidate in match.candidates)
    )
    first, *others = [_of_tracks(candidate) for candidate in match.candidates]
    for other in others:
        first = {
            place: _agreed(values, other[place])
            for place, values in first.items()
            if place in other
        }
    tags = {place: album | values for place, values in first.items()}
    if match.sure is Sure.TIED and not others:  # tied with one that is not on MusicBrainz
        return {place: _common(values) for place, values in tags.items()}
    return tags


def _common(tags: Particulars) -> Particulars:
    """Leave out the fields that only an edition determines."""
    return {field: values for field, values in tags.items() if field not in _OF_EDITION}


def _agreed(tags: Particulars, other: Particulars) -> Particulars:
    return {field: values for field, values in tags.items() if other.get(field) == values}


def _of_tracks(candidate: Candidate) -> dict[str, Particulars]:
    return {pair.place: _of_track(pair, candidate.release) for pair in candidate.pairs}


def _of_release(release: Release) -> Particulars:
    group = release.release_group
    infos = release.label_info
    values: dict[str, Iterable[str | None]] = {
        "album": (release.title,),
        "albumartist": (credited(release.artist_credit),),
        "albumartistsort": (_sorted(release.artist_credit),),
        "musicbrainz_albumartistid": (credit.artist.id for credit in release.artist_credit),
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
    return _filled(values | (_of_group(group) if group else {}))


def _of_group(group: Group) -> dict[str, Iterable[str | None]]:
    kinds = (group.primary_type or "", *group.secondary_types)
    voted = sorted(group.genres, key=lambda genre: (-genre.count, genre.name))
    return {
        "musicbrainz_releasegroupid": (group.id,),
        "originaldate": (group.first_release_date,),
        "releasetype": (kind.lower() for kind in kinds),
        "genres": (_spelt(genre.name) for genre in voted[:GENRES]),
    }


def _of_track(pair: Pair, release: Release) -> Particulars:
    medium, track = pair.medium, pair.track
    credit = track.artist_credit or track.recording.artist_credit or release.artist_credit
    return _filled(
        {
            "title": (track.title,),
            "artist": (credited(credit),),
            "artists": (artist.name for artist in credit),
            "artistsort": (_sorted(credit),),
            "musicbrainz_artistid": (artist.artist.id for artist in credit),
            "musicbrainz_recordingid": (track.recording.id,),
            "musicbrainz_trackid": (track.id,),
            "isrc": track.recording.isrcs,
            **_of_place(medium, track),
        }
    )


def _of_place(medium: Medium, track: Track) -> dict[str, Iterable[str | None]]:
    return {
        "track": (str(track.position or ""),),  # 0 is hidden before the first track
        "track_total": (str(medium.track_count or len(medium.tracks)),),
        "disc": (str(medium.position or 1),),
        "discsubtitle": (medium.title,),
        "media": (medium.format,),
    }


def _filled(values: Mapping[str, Iterable[str | None]]) -> Particulars:
    tags: dict[str, Any] = {
        field: tuple(dict.fromkeys(text for text in texts if text and text not in _NONE))
        for field, texts in values.items()
    }
    return {
        field: texts_found
        for field, texts_found in tags.items()
        if texts_found and not (field in _DATES and not _DATE.fullmatch(texts_found[0]))
    }


def credited(names: Iterable[Credit]) -> str:
    """Format an artist credit as printed."""
    return "".join(credit.name + credit.joinphrase for credit in names)


def _sorted(names: Iterable[Credit]) -> str:
    return "".join((credit.artist.sort_name or credit.name) + credit.joinphrase for credit in names)


def _is_various(release: Release) -> bool:
    return any(credit.artist.id == catalogue.VARIOUS_ARTISTS for credit in release.artist_credit)


def _spelt(genre: str) -> str:
    """Capitalize a genre, as in "R&B" or "Drum and Bass": MusicBrainz uses lower case."""
    return _WORD.sub(lambda word: _risen(word[0], first=word.start() == 0), genre)


def _risen(word: str, *, first: bool) -> str:
    if word in _INITIALS:
        return word.upper()
    return word if word in _SMALL and not first else word[:1].upper() + word[1:]
