"""The tags that tracks should have according to their MusicBrainz release.

Fields and values are those of MusicBrainz Picard (picard-docs, "Tag mapping"). If several editions
are equally likely, only values on which all agree are returned. If the nearest edition is not the
right one, values that belong to an edition are left out.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any

from mediakeep.lookups.musicbrainz import model
from mediakeep.lookups.musicbrainz.model import ArtistCredit, Medium, Release, ReleaseGroup, Track
from mediakeep.media.audio.tag_edits import Values
from mediakeep.music.matching.match_result import (
    AlbumMatch,
    MatchConfidence,
    ReleaseCandidate,
    TrackPair,
)

MAX_GENRES = 3  # genres with most votes

TagValues = dict[str, Values]  # by field
_EDITION_FIELDS = frozenset(
    {"musicbrainz_albumid", "musicbrainz_trackid", "date", "label", "catalognumber", "barcode"}
    | {"releasecountry", "releasestatus", "media", "discsubtitle"}
    | {"track", "track_total", "disc", "disc_total"}
)
_NO_LABEL = frozenset({"[no label]", "[none]"})  # MusicBrainz placeholders for no label
_LOWERCASE_WORDS = frozenset({"and", "of", "the", "in", "n", "'n'"})
_UPPERCASE_WORDS = frozenset({"aor", "dj", "ebm", "edm", "idm", "mpb", "uk"})
_DATE_FIELDS = frozenset({"date", "originaldate"})
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?", re.ASCII)  # some lack the year: "????-03-02"
_WORD = re.compile(r"[^\s\-&/]+")


def tags_by_track(match: AlbumMatch) -> dict[str, TagValues]:
    """Return the tag values of each matched track by its place; unknown fields are left out."""
    if match.group is None:
        return {}
    album = functools.reduce(
        _common_values, (_album_tags(candidate.release) for candidate in match.candidates)
    )
    first, *others = [_candidate_tags(candidate) for candidate in match.candidates]
    for other in others:
        first = {
            place: _common_values(values, other[place])
            for place, values in first.items()
            if place in other
        }
    tags = {place: album | values for place, values in first.items()}
    # tied with one that is not on MusicBrainz
    if match.confidence is MatchConfidence.TIED and not others:
        return {place: _without_edition_fields(values) for place, values in tags.items()}
    return tags


def _without_edition_fields(tags: TagValues) -> TagValues:
    """Return tags without the fields that differ between editions of an album."""
    return {field: values for field, values in tags.items() if field not in _EDITION_FIELDS}


def _common_values(tags: TagValues, other: TagValues) -> TagValues:
    return {field: values for field, values in tags.items() if other.get(field) == values}


def _candidate_tags(candidate: ReleaseCandidate) -> dict[str, TagValues]:
    return {pair.place: _pair_tags(pair, candidate.release) for pair in candidate.pairs}


def _album_tags(release: Release) -> TagValues:
    group = release.release_group
    infos = release.label_info
    values: dict[str, Iterable[str | None]] = {
        "album": (release.title,),
        "albumartist": (format_credit(release.artist_credit),),
        "albumartistsort": (_format_sort_credit(release.artist_credit),),
        "musicbrainz_albumartistid": (credit.artist.id for credit in release.artist_credit),
        "musicbrainz_albumid": (release.id,),
        "date": (release.date,),
        "label": (info.label.name for info in infos if info.label and info.label.id),
        "catalognumber": (info.catalog_number for info in infos),
        "barcode": (release.barcode,),
        "releasecountry": (release.country,),
        "releasestatus": ((release.status or "").lower(),),
        "disc_total": (str(len(release.media)),),
        "compilation": ("1" if _is_by_various(release) else "",),
    }
    return _drop_empty(values | (_group_tags(group) if group else {}))


def _group_tags(group: ReleaseGroup) -> dict[str, Iterable[str | None]]:
    kinds = (group.primary_type or "", *group.secondary_types)
    voted = sorted(group.genres, key=lambda genre: (-genre.count, genre.name))
    return {
        "musicbrainz_releasegroupid": (group.id,),
        "originaldate": (group.first_release_date,),
        "releasetype": (kind.lower() for kind in kinds),
        "genres": (_capitalize_genre(genre.name) for genre in voted[:MAX_GENRES]),
    }


def _pair_tags(pair: TrackPair, release: Release) -> TagValues:
    medium, track = pair.medium, pair.track
    credit = track.artist_credit or track.recording.artist_credit or release.artist_credit
    return _drop_empty(
        {
            "title": (track.title,),
            "artist": (format_credit(credit),),
            "artists": (artist.name for artist in credit),
            "artistsort": (_format_sort_credit(credit),),
            "musicbrainz_artistid": (artist.artist.id for artist in credit),
            "musicbrainz_recordingid": (track.recording.id,),
            "musicbrainz_trackid": (track.id,),
            "isrc": track.recording.isrcs,
            **_position_tags(medium, track),
        }
    )


def _position_tags(medium: Medium, track: Track) -> dict[str, Iterable[str | None]]:
    return {
        "track": (str(track.position or ""),),  # 0 is hidden before the first track
        "track_total": (str(medium.track_count or len(medium.tracks)),),
        "disc": (str(medium.position or 1),),
        "discsubtitle": (medium.title,),
        "media": (medium.format,),
    }


def _drop_empty(values: Mapping[str, Iterable[str | None]]) -> TagValues:
    tags: dict[str, Any] = {
        field: tuple(dict.fromkeys(text for text in texts if text and text not in _NO_LABEL))
        for field, texts in values.items()
    }
    return {
        field: texts_found
        for field, texts_found in tags.items()
        if texts_found and not (field in _DATE_FIELDS and not _DATE.fullmatch(texts_found[0]))
    }


def format_credit(names: Iterable[ArtistCredit]) -> str:
    """Return the artists of a credit as one text, with the joining words printed on the release."""
    return "".join(credit.name + credit.joinphrase for credit in names)


def _format_sort_credit(names: Iterable[ArtistCredit]) -> str:
    return "".join((credit.artist.sort_name or credit.name) + credit.joinphrase for credit in names)


def _is_by_various(release: Release) -> bool:
    return any(credit.artist.id == model.VARIOUS_ARTISTS for credit in release.artist_credit)


def _capitalize_genre(genre: str) -> str:
    """Capitalize a genre, as in "R&B" or "Drum and Bass": MusicBrainz uses lower case."""
    return _WORD.sub(lambda word: _capitalize_word(word[0], first=word.start() == 0), genre)


def _capitalize_word(word: str, *, first: bool) -> str:
    if word in _UPPERCASE_WORDS:
        return word.upper()
    return word if word in _LOWERCASE_WORDS and not first else word[:1].upper() + word[1:]
