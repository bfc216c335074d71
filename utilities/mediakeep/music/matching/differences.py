"""Compare the tags of tracks with the matched release: missing and different values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from mediakeep.media.audio import tag_edits
from mediakeep.media.audio.tag_edits import Values
from mediakeep.music.checks import mbids as checks_mbids
from mediakeep.music.matching import difference_kinds, local_album, release_tags
from mediakeep.music.matching.match_result import AlbumMatch
from mediakeep.music.matching.release_tags import TagValues
from mediakeep.music.model import Album, Artist, Track
from mediakeep.music.text import compare_text, placeholders, title_keys, track_overlap

_DATE_FIELDS = frozenset({"date", "originaldate"})
_NONZERO_DIGIT = re.compile("[1-9]")
_PUNCTUATION = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "‐": "-", "–": "-", "—": "-"})


def _is_empty_date(text: str) -> bool:
    return not _NONZERO_DIGIT.search(text)


def _is_zero(text: str) -> bool:
    return not text.strip("0")


def _never_empty(_text: str) -> bool:
    return False


def strip_leading_zeros(text: str) -> str:
    """Remove leading zeros: "03" becomes "3"."""
    return text.lstrip("0")


_NORMALIZERS: Mapping[str, Callable[[str], str]] = {
    "barcode": local_album.normalize_barcode,
    "catalognumber": local_album.normalize_identifier,
    "label": compare_text.comparison_key,
    "media": local_album.normalize_medium,
    "releasecountry": str.upper,
    "releasestatus": str.casefold,
    "releasetype": str.casefold,
    **dict.fromkeys(("track", "track_total", "disc", "disc_total"), strip_leading_zeros),
}
_EMPTY_CHECKS: Mapping[str, Callable[[str], bool]] = {
    "title": placeholders.is_placeholder_title,
    "artist": placeholders.is_placeholder_artist,
    "artists": placeholders.is_placeholder_artist,
    "albumartist": placeholders.is_placeholder_artist,
    "album": placeholders.is_placeholder_album,
    "genres": placeholders.is_placeholder_genre,
    "date": _is_empty_date,
    "originaldate": _is_empty_date,
    "track": _is_zero,
    "track_total": _is_zero,
    "disc": _is_zero,
    "disc_total": _is_zero,
}


def is_field_empty(track: Track, field: str) -> bool:
    """Return whether a field of the tags is empty, or contains only placeholders."""
    is_placeholder = _EMPTY_CHECKS.get(field, _never_empty)
    values = tag_edits.field_values(track.tags, field)
    return all(not compare_text.has_text(text) or is_placeholder(text) for text in values)


def field_differs(track: Track, field: str, wanted: Values) -> bool:
    """Return whether a field of the tags differs from the wanted values.

    Typographic variants do not differ. Nor do one of several labels, the year of a full date, and
    "CD" for any type of CD.
    """
    current = tag_edits.field_values(track.tags, field)
    if field in _DATE_FIELDS:
        is_prefix = current[0].startswith(wanted[0]) or wanted[0].startswith(current[0])
        return len(current) > 1 or not is_prefix
    if normalize := _NORMALIZERS.get(field):
        accepted = set(map(normalize, wanted))
        if field == "media" and any(map(local_album.is_cd_type, accepted)):
            accepted.add(local_album.CD)
        return not set(map(normalize, current)) <= accepted
    return tuple(map(_normalize_punctuation, current)) != tuple(map(_normalize_punctuation, wanted))


def _normalize_punctuation(text: str) -> str:
    return compare_text.normalize_spaces(text.translate(_PUNCTUATION).replace("…", "..."))


_FIELDS_WITH_LOCAL_SPELLING = (
    "artist",
    "albumartist",
    "album",
    "artistsort",
    "albumartistsort",
    "date",
)
_POSITION_FIELDS = ("track", "track_total", "disc", "disc_total", "discsubtitle")
_SONG_FIELDS = frozenset(
    {"title", "artist", "artists", "artistsort", "isrc"}
    | {"musicbrainz_artistid", "musicbrainz_recordingid"}
)
_RECORDING_FIELDS = _SONG_FIELDS | {"musicbrainz_trackid", *_POSITION_FIELDS}
_FIELDS_OF_ARTIST = {
    "artist": ("artistsort", "artists", "musicbrainz_artistid"),
    "albumartist": ("albumartistsort", "musicbrainz_albumartistid"),
}
_REPORTED_FIELDS = frozenset(  # the fields that the user recognizes a track by
    {"title", "album", "artist", "track", "disc"}
    | {"musicbrainz_recordingid", "musicbrainz_trackid"}
)
# the fields that identify a release
RELEASE_FIELDS = frozenset({"musicbrainz_albumid", "musicbrainz_releasegroupid"})
# matters of taste: filled, but never corrected
_NEVER_CORRECTED = frozenset({"genres", "compilation"})


class TagDifference(msgspec.Struct, frozen=True):
    """The tag values that a track lacks, and those that differ from the release, by field."""

    missing: TagValues
    differing: TagValues
    is_certain: bool  # whether it is certainly this recording, on this album


def compare_tags(artist: Artist) -> dict[str, TagDifference]:
    """Compare the tags of all matched tracks of an artist; return the differences by place."""
    differences: dict[str, TagDifference] = {}
    for album in artist.albums:
        if (match := artist.matches.get(album.place)) and match.group:
            differences |= album.cached_call(_compare_album, match, list_deleted_mbids(artist))
    return differences


class _AlbumComparison(msgspec.Struct, frozen=True):
    """The comparison of an album with its match: expected tags, and reasons to ignore some."""

    match: AlbumMatch
    expected: Mapping[str, TagValues]
    tracks: Sequence[Track]
    deleted: Collection[str]
    running_numbers: Mapping[str, set[tuple[str, str]]]
    doubtful: set[str]
    album_title_counts: Counter[str]  # album titles in the tags
    in_place: set[str]
    all_in_place: bool  # every track is at its position on the release


def _compare_album(
    album: Album, match: AlbumMatch, deleted: Collection[str]
) -> dict[str, TagDifference]:
    expected = release_tags.tags_by_track(match)
    tracks = [track for track in album.readable_tracks if track.place in expected]
    used_numbers = Counter(
        (track.tags.disc, strip_leading_zeros(track.tags.track)) for track in album.readable_tracks
    )
    in_place = {
        track.place
        for track in tracks
        if _can_fill_numbers(track, expected[track.place], used_numbers)
    }
    comparison = _AlbumComparison(
        match=match,
        expected=expected,
        tracks=tracks,
        deleted=deleted,
        running_numbers=_alternative_numbers(match),
        doubtful=_uncertain_tracks(match),
        album_title_counts=Counter(filter(None, map(_album_key, tracks))),
        in_place=in_place,
        all_in_place=len(in_place) == len(album.readable_tracks),
    )
    differences = {track.place: _compare_track(track, comparison) for track in tracks}
    return {
        place: difference
        for place, difference in differences.items()
        if difference.missing or difference.differing
    }


def _compare_track(track: Track, comparison: _AlbumComparison) -> TagDifference:
    uncertain = _uncertain_fields(track, comparison)
    missing, differing = _missing_tags(track, comparison), _differing_tags(track, comparison)
    left_out = uncertain | _fields_of_other_artist(track, differing)
    # until the differing tags are corrected
    if names_other_release(track, comparison.match, comparison.deleted):
        left_out |= missing.keys()
    return TagDifference(
        missing={field: values for field, values in missing.items() if field not in left_out},
        differing={
            field: values
            for field, values in differing.items()
            if field not in uncertain - _REPORTED_FIELDS
        },
        is_certain=not uncertain,
    )


def _missing_tags(track: Track, comparison: _AlbumComparison) -> TagValues:
    wanted = _shared_date(track, comparison.tracks) | comparison.expected[track.place]
    if not comparison.all_in_place:  # disc numbers on some tracks only would split the album
        kept_field = "track" if track.place in comparison.in_place else ""
        wanted = {
            name: values
            for name, values in wanted.items()
            if name not in _POSITION_FIELDS or name == kept_field
        }
    return {
        field: _local_spelling(field, values, comparison.tracks, comparison.expected)
        for field, values in wanted.items()
        if _is_missing(track, field, comparison.deleted)
        and values != tag_edits.field_values(track.tags, field)
    }


def _differing_tags(track: Track, comparison: _AlbumComparison) -> TagValues:
    ignored = _NEVER_CORRECTED
    if _disc_and_number(track) in comparison.running_numbers.get(track.place, ()):
        ignored |= {*_POSITION_FIELDS}
    return {
        field: values
        for field, values in comparison.expected[track.place].items()
        if field not in ignored
        and not _is_missing(track, field, comparison.deleted)
        and field_differs(track, field, values)
    }


def _is_missing(track: Track, field: str, deleted: Collection[str]) -> bool:
    """Return whether a field is empty; the MBID of a release in `deleted` counts as empty."""
    if field == "musicbrainz_albumid":
        mbids = map(checks_mbids.normalize_mbid, tag_edits.field_values(track.tags, field))
        return all(mbid in deleted or not compare_text.has_text(mbid) for mbid in mbids)
    return is_field_empty(track, field)


def _uncertain_fields(track: Track, comparison: _AlbumComparison) -> frozenset[str]:
    """Return the fields whose values from the release may not belong to this track."""
    expected = comparison.expected[track.place]
    uncertain = _RECORDING_FIELDS if track.place in comparison.doubtful else frozenset[str]()
    if _belongs_to_other_album(track, comparison.album_title_counts, expected):
        uncertain |= expected.keys() - _SONG_FIELDS
    return uncertain


def _fields_of_other_artist(track: Track, other: TagValues) -> set[str]:
    """Return the fields that depend on an artist, if that artist's name differs."""
    kinds = difference_kinds.classify_differences(track, other)
    return {
        field
        for name, dependent in _FIELDS_OF_ARTIST.items()
        if kinds.get(name) == difference_kinds.KINDS[name]
        for field in dependent
    }


def _uncertain_tracks(match: AlbumMatch) -> set[str]:
    """Return the places of tracks that may not be the recordings they are paired with."""
    return {
        pair.place
        for candidate in match.candidates
        for pair in candidate.pairs
        if not pair.is_certain
    }


def _belongs_to_other_album(track: Track, title_counts: Counter[str], expected: TagValues) -> bool:
    """Return whether a track's tags name another album than the tags of the other tracks."""
    album = _album_key(track)
    release = title_keys.base_title_key(expected.get("album", ("",))[0])
    return album not in ("", release) and 2 * title_counts[album] < title_counts.total()


def list_deleted_mbids(artist: Artist) -> tuple[str, ...]:
    """Return the MBIDs in an artist's tags that MusicBrainz does not know any more."""
    return artist.resolved.deleted if artist.resolved else ()


def names_other_releases(artist: Artist) -> bool:
    """Return whether the tags of any album have the MBID of another release than its match."""
    deleted = list_deleted_mbids(artist)
    return any(
        names_other_release(track, match, deleted)
        for album in artist.albums
        if (match := artist.matches.get(album.place)) and match.group
        for track in album.readable_tracks
    )


def names_other_release(track: Track, match: AlbumMatch, deleted: Collection[str] = ()) -> bool:
    """Return whether a track's tags have the MBID of another release; then no tags are filled in.

    MBIDs in `deleted` do not count: they no longer exist, so they do not contradict the match.
    """
    releases = {release.id for release in match.releases}
    groups = {match.group.id} if match.group else set()
    tags = track.tags
    release_ids = {checks_mbids.normalize_mbid(release) for release in tags.musicbrainz_albumid}
    group_ids = {
        checks_mbids.normalize_mbid(release) for release in tags.musicbrainz_releasegroupid
    }
    return not (release_ids - {*deleted} <= releases and group_ids <= groups)


def _album_key(track: Track) -> str:
    return title_keys.base_title_key(compare_text.first_text(track.tags.album))


def _shared_date(track: Track, tracks: Sequence[Track]) -> TagValues:
    """Return the date that all other tracks of the album have, since tied editions have no date."""
    dates = {other.tags.date for other in tracks if not is_field_empty(other, "date")}
    return {"date": dates.pop()} if len(dates) == 1 and is_field_empty(track, "date") else {}


def _alternative_numbers(match: AlbumMatch) -> dict[str, set[tuple[str, str]]]:
    """Return other possible disc and track numbers of each track, by place.

    An album may be numbered through all of its discs, and vinyl by sides, as in "B2".
    """
    if match.best is None:
        return {}
    places = {
        track.id: number
        for number, (_, track) in enumerate(track_overlap.audio_tracks(match.best.release), 1)
    }
    return {
        pair.place: {
            ("", str(places.get(pair.track.id, 0))),
            ("1", str(places.get(pair.track.id, 0))),
            ("", pair.track.number.casefold()),
            (str(pair.medium.position), pair.track.number.casefold()),
        }
        for pair in match.best.pairs
    }


def _disc_and_number(track: Track) -> tuple[str, str]:
    return strip_leading_zeros(track.tags.disc), strip_leading_zeros(track.tags.track).casefold()


def _can_fill_numbers(
    track: Track, wanted: TagValues, used_numbers: Counter[tuple[str, str]]
) -> bool:
    """Return whether the disc and track number of the release can be filled in.

    They cannot if the album is numbered differently, or if another track has the number.
    """
    tags = track.tags
    number, disc = wanted.get("track", ("",))[0], wanted.get("disc", ("",))[0]
    if strip_leading_zeros(tags.disc) not in ("", disc):
        return False
    if is_field_empty(track, "track"):
        return not any(used_numbers[used_disc, number] for used_disc in ("", tags.disc, disc))
    return strip_leading_zeros(tags.track) == number


def _local_spelling(
    field: str, wanted: Values, tracks: Sequence[Track], expected: Mapping[str, TagValues]
) -> Values:
    """Return missing values in the spelling that other local tracks use for the same values."""
    if field not in _FIELDS_WITH_LOCAL_SPELLING:
        return wanted
    local_values = Counter(
        tag_edits.field_values(track.tags, field)
        for track in tracks
        if expected[track.place].get(field) == wanted and not is_field_empty(track, field)
    )
    return next(iter(local_values)) if len(local_values) == 1 else wanted
