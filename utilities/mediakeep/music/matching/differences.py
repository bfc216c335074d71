"""Compare tags with a match: missing values, and values that differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import msgspec

from mediakeep.media.edits import changes
from mediakeep.media.edits.changes import Values
from mediakeep.music.checks import identifiers, letters
from mediakeep.music.discography import fit, title_keys
from mediakeep.music.matching import deviations, fields, particulars
from mediakeep.music.matching.particulars import Particulars
from mediakeep.music.matching.verdict import Match
from mediakeep.music.model import Album, Artist, Track

_HABITS = ("artist", "albumartist", "album", "artistsort", "albumartistsort", "date")
_PLACES = ("track", "track_total", "disc", "disc_total", "discsubtitle")
_OF_SONG = frozenset(
    {"title", "artist", "artists", "artistsort", "isrc"}
    | {"musicbrainz_artistid", "musicbrainz_recordingid"}
)
_OF_RECORDING = _OF_SONG | {"musicbrainz_trackid", *_PLACES}
_WITH_NAME = {
    "artist": ("artistsort", "artists", "musicbrainz_artistid"),
    "albumartist": ("albumartistsort", "musicbrainz_albumartistid"),
}
_TOLD = frozenset(  # the fields that the user recognizes a track by
    {"title", "album", "artist", "track", "disc"}
    | {"musicbrainz_recordingid", "musicbrainz_trackid"}
)
RELEASE = frozenset(
    {"musicbrainz_albumid", "musicbrainz_releasegroupid"}
)  # the fields that identify a release
_LEFT = frozenset({"genres", "compilation"})  # matters of taste: filled, but never corrected


class Difference(msgspec.Struct, frozen=True):
    """The missing and the differing tag values of a track, by field."""

    lacking: Particulars
    other: Particulars
    is_sure: bool  # whether it is certainly this recording, on this album


def of(artist: Artist) -> dict[str, Difference]:
    """Compare the tags of all matched tracks; return the differences by place."""
    differences: dict[str, Difference] = {}
    for album in artist.albums:
        if (match := artist.matches.get(album.place)) and match.group:
            differences |= album.once(_of_album, match, deleted_mbids(artist))
    return differences


class _Compared(msgspec.Struct, frozen=True):
    """An album and its match: the tags it should have, and the reasons to leave some out."""

    match: Match
    told: Mapping[str, Particulars]
    tracks: Sequence[Track]
    deleted: Collection[str]
    through: Mapping[str, set[tuple[str, str]]]
    doubtful: set[str]
    usual: Counter[str]  # album titles in the tags
    in_place: set[str]
    together: bool  # every track is at its position on the release


def _of_album(album: Album, match: Match, deleted: Collection[str]) -> dict[str, Difference]:
    expected = particulars.of(match)
    tracks = [track for track in album.readable if track.place in expected]
    used_numbers = Counter(
        (track.tags.disc, fields.number(track.tags.track)) for track in album.readable
    )
    in_place = {
        track.place for track in tracks if _is_in_place(track, expected[track.place], used_numbers)
    }
    comparison = _Compared(
        match=match,
        told=expected,
        tracks=tracks,
        deleted=deleted,
        through=_counted_through(match),
        doubtful=_doubtful(match),
        usual=Counter(filter(None, map(_album, tracks))),
        in_place=in_place,
        together=len(in_place) == len(album.readable),
    )
    differences = {track.place: _difference(track, comparison) for track in tracks}
    return {
        place: difference
        for place, difference in differences.items()
        if difference.lacking or difference.other
    }


def _difference(track: Track, comparison: _Compared) -> Difference:
    uncertain = _unsure(track, comparison)
    missing, differing = _lacking(track, comparison), _other(track, comparison)
    left_out = uncertain | _of_another(track, differing)
    if names_another(
        track, comparison.match, comparison.deleted
    ):  # until the differing tags are corrected
        left_out |= missing.keys()
    return Difference(
        lacking={field: values for field, values in missing.items() if field not in left_out},
        other={
            field: values for field, values in differing.items() if field not in uncertain - _TOLD
        },
        is_sure=not uncertain,
    )


def _lacking(track: Track, comparison: _Compared) -> Particulars:
    wanted = _of_others(track, comparison.tracks) | comparison.told[track.place]
    if not comparison.together:  # disc numbers on some tracks only would split the album
        kept_field = "track" if track.place in comparison.in_place else ""
        wanted = {
            name: values
            for name, values in wanted.items()
            if name not in _PLACES or name == kept_field
        }
    return {
        field: _as_others(field, values, comparison.tracks, comparison.told)
        for field, values in wanted.items()
        if _is_empty(track, field, comparison.deleted)
        and values != changes.value(track.tags, field)
    }


def _other(track: Track, comparison: _Compared) -> Particulars:
    ignored = _LEFT
    if _number(track) in comparison.through.get(track.place, ()):
        ignored |= {*_PLACES}
    return {
        field: values
        for field, values in comparison.told[track.place].items()
        if field not in ignored
        and not _is_empty(track, field, comparison.deleted)
        and fields.differs(track, field, values)
    }


def _is_empty(track: Track, field: str, deleted: Collection[str]) -> bool:
    """Return whether a field is empty; the MBID of a deleted release counts as empty."""
    if field == "musicbrainz_albumid":
        mbids = map(identifiers.plain, changes.value(track.tags, field))
        return all(mbid in deleted or not letters.holds(mbid) for mbid in mbids)
    return fields.is_empty(track, field)


def _unsure(track: Track, comparison: _Compared) -> frozenset[str]:
    """Return the fields that may not belong to the track."""
    expected = comparison.told[track.place]
    uncertain = _OF_RECORDING if track.place in comparison.doubtful else frozenset[str]()
    if _is_stray(track, comparison.usual, expected):
        uncertain |= expected.keys() - _OF_SONG
    return uncertain


def _of_another(track: Track, other: Particulars) -> set[str]:
    """Return the fields that depend on an artist's name, if that name differs."""
    kinds = deviations.of(track, other)
    return {
        field
        for name, dependent in _WITH_NAME.items()
        if kinds.get(name) == deviations.KINDS[name]
        for field in dependent
    }


def _doubtful(match: Match) -> set[str]:
    """Return the tracks that may not be the recordings they are assigned to."""
    return {
        pair.place for candidate in match.candidates for pair in candidate.pairs if not pair.sure
    }


def _is_stray(track: Track, usual: Counter[str], expected: Particulars) -> bool:
    """Return whether the tags of a track name another album than those of the others."""
    album = _album(track)
    release = title_keys.base_key(expected.get("album", ("",))[0])
    return album not in ("", release) and 2 * usual[album] < usual.total()


def deleted_mbids(artist: Artist) -> tuple[str, ...]:
    """Return the MBIDs in the tags that MusicBrainz answered with 404."""
    return artist.resolved.deleted if artist.resolved else ()


def names_other_releases(artist: Artist) -> bool:
    """Return whether the tags of any album name another release than its match."""
    deleted = deleted_mbids(artist)
    return any(
        names_another(track, match, deleted)
        for album in artist.albums
        if (match := artist.matches.get(album.place)) and match.group
        for track in album.readable
    )


def names_another(track: Track, match: Match, deleted: Collection[str] = ()) -> bool:
    """Return whether a track names another release: then no tags are filled in.

    A deleted release does not count: its MBID leads nowhere and does not contradict the match.
    """
    releases = {release.id for release in match.releases}
    groups = {match.group.id} if match.group else set()
    tags = track.tags
    release_ids = {identifiers.plain(release) for release in tags.musicbrainz_albumid}
    group_ids = {identifiers.plain(release) for release in tags.musicbrainz_releasegroupid}
    return not (release_ids - {*deleted} <= releases and group_ids <= groups)


def _album(track: Track) -> str:
    return title_keys.base_key(letters.first(track.tags.album))


def _of_others(track: Track, tracks: Sequence[Track]) -> Particulars:
    """Return the date shared by all other tracks of the album: tied editions have none."""
    dates = {other.tags.date for other in tracks if not fields.is_empty(other, "date")}
    return {"date": dates.pop()} if len(dates) == 1 and fields.is_empty(track, "date") else {}


def _counted_through(match: Match) -> dict[str, set[tuple[str, str]]]:
    """Return the alternative discs and numbers of each track.

    An album may be numbered through all of its discs, and vinyl by sides, as "B2".
    """
    if match.best is None:
        return {}
    places = {
        track.id: number for number, (_, track) in enumerate(fit.listed(match.best.release), 1)
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


def _number(track: Track) -> tuple[str, str]:
    return fields.number(track.tags.disc), fields.number(track.tags.track).casefold()


def _is_in_place(track: Track, wanted: Particulars, used_numbers: Counter[tuple[str, str]]) -> bool:
    """Return whether the numbers of the release can be filled in.

    They cannot if the album is numbered differently, such as through all of its discs, or if
    another track already has the number.
    """
    tags = track.tags
    number, disc = wanted.get("track", ("",))[0], wanted.get("disc", ("",))[0]
    if fields.number(tags.disc) not in ("", disc):
        return False
    if fields.is_empty(track, "track"):
        return not any(used_numbers[used_disc, number] for used_disc in ("", tags.disc, disc))
    return fields.number(tags.track) == number


def _as_others(
    field: str, wanted: Values, tracks: Sequence[Track], expected: Mapping[str, Particulars]
) -> Values:
    """Return missing values as the other local tracks spell them for the same release values."""
    if field not in _HABITS:
        return wanted
    local_values = Counter(
        changes.value(track.tags, field)
        for track in tracks
        if expected[track.place].get(field) == wanted and not fields.is_empty(track, field)
    )
    return next(iter(local_values)) if len(local_values) == 1 else wanted
