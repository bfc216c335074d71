"""What the tags here lack of a match, and where they say something else."""

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
_TOLD = frozenset(  # in which a person sees it
    {"title", "album", "artist", "track", "disc"}
    | {"musicbrainz_recordingid", "musicbrainz_trackid"}
)
RELEASE = frozenset({"musicbrainz_albumid", "musicbrainz_releasegroupid"})  # by which one is named
_LEFT = frozenset({"genres", "compilation"})  # matters of taste: filled, and never corrected


class Difference(msgspec.Struct, frozen=True):
    """What a track's tags lack, and what they hold that its release has otherwise, by field."""

    lacking: Particulars
    other: Particulars
    is_sure: bool  # that it is this recording, and of this album


def of(artist: Artist) -> dict[str, Difference]:
    """Return the differences of all tracks that were matched, by their places."""
    found: dict[str, Difference] = {}
    for album in artist.albums:
        if (match := artist.matches.get(album.place)) and match.group:
            found |= album.once(_of_album, match, deleted_mbids(artist))
    return found


class _Compared(msgspec.Struct, frozen=True):
    """An album beside its match: what each track should say, and what keeps that from it."""

    match: Match
    told: Mapping[str, Particulars]
    tracks: Sequence[Track]
    deleted: Collection[str]
    through: Mapping[str, set[tuple[str, str]]]
    doubtful: set[str]
    usual: Counter[str]  # titles of the album in the tags
    in_place: set[str]
    together: bool  # every track stands where the release has it


def _of_album(album: Album, match: Match, deleted: Collection[str]) -> dict[str, Difference]:
    told = particulars.of(match)
    tracks = [track for track in album.readable if track.place in told]
    taken = Counter((track.tags.disc, fields.number(track.tags.track)) for track in album.readable)
    in_place = {track.place for track in tracks if _is_in_place(track, told[track.place], taken)}
    beside = _Compared(
        match=match,
        told=told,
        tracks=tracks,
        deleted=deleted,
        through=_counted_through(match),
        doubtful=_doubtful(match),
        usual=Counter(filter(None, map(_album, tracks))),
        in_place=in_place,
        together=len(in_place) == len(album.readable),
    )
    found = {track.place: _difference(track, beside) for track in tracks}
    return {place: one for place, one in found.items() if one.lacking or one.other}


def _difference(track: Track, beside: _Compared) -> Difference:
    unsure = _unsure(track, beside)
    lacking, other = _lacking(track, beside), _other(track, beside)
    kept = unsure | _of_another(track, other)
    if names_another(track, beside.match, beside.deleted):  # until that is corrected
        kept |= lacking.keys()
    return Difference(
        lacking={field: held for field, held in lacking.items() if field not in kept},
        other={field: held for field, held in other.items() if field not in unsure - _TOLD},
        is_sure=not unsure,
    )


def _lacking(track: Track, beside: _Compared) -> Particulars:
    wanted = _of_others(track, beside.tracks) | beside.told[track.place]
    if not beside.together:  # an album of which some tracks alone bear a disc falls apart
        kept = "track" if track.place in beside.in_place else ""
        wanted = {
            name: held for name, held in wanted.items() if name not in _PLACES or name == kept
        }
    return {
        field: _as_others(field, held, beside.tracks, beside.told)
        for field, held in wanted.items()
        if _is_empty(track, field, beside.deleted) and held != changes.value(track.tags, field)
    }


def _other(track: Track, beside: _Compared) -> Particulars:
    left = _LEFT
    if _number(track) in beside.through.get(track.place, ()):
        left |= {*_PLACES}
    return {
        field: held
        for field, held in beside.told[track.place].items()
        if field not in left
        and not _is_empty(track, field, beside.deleted)
        and fields.differs(track, field, held)
    }


def _is_empty(track: Track, field: str, deleted: Collection[str]) -> bool:
    """Tell whether a field holds nothing; the MBID of a deleted release counts as nothing."""
    if field == "musicbrainz_albumid":
        held = map(identifiers.plain, changes.value(track.tags, field))
        return all(mbid in deleted or not letters.holds(mbid) for mbid in held)
    return fields.is_empty(track, field)


def _unsure(track: Track, beside: _Compared) -> frozenset[str]:
    """Return the fields of which it is not certain that they belong to the track."""
    told = beside.told[track.place]
    unsure = _OF_RECORDING if track.place in beside.doubtful else frozenset[str]()
    if _is_stray(track, beside.usual, told):
        unsure |= told.keys() - _OF_SONG
    return unsure


def _of_another(track: Track, other: Particulars) -> set[str]:
    """Return the fields that go with the name of an artist, where that name is another one."""
    kinds = deviations.of(track, other)
    return {
        field
        for name, theirs in _WITH_NAME.items()
        if kinds.get(name) == deviations.KINDS[name]
        for field in theirs
    }


def _doubtful(match: Match) -> set[str]:
    """Return the tracks of which it is not certain that they are the recordings they stand for."""
    return {pair.place for one in match.candidates for pair in one.pairs if not pair.sure}


def _is_stray(track: Track, usual: Counter[str], told: Particulars) -> bool:
    """Tell whether a track is, by its tags, of another album than the one that it lies in."""
    album = _album(track)
    release = title_keys.base_key(told.get("album", ("",))[0])
    return album not in ("", release) and 2 * usual[album] < usual.total()


def deleted_mbids(artist: Artist) -> tuple[str, ...]:
    """Return the MBIDs in the tags that MusicBrainz answered 404 for."""
    return artist.resolved.deleted if artist.resolved else ()


def names_other_releases(artist: Artist) -> bool:
    """Tell whether any album names another release than the one that it was matched with."""
    deleted = deleted_mbids(artist)
    return any(
        names_another(track, match, deleted)
        for album in artist.albums
        if (match := artist.matches.get(album.place)) and match.group
        for track in album.readable
    )


def names_another(track: Track, match: Match, deleted: Collection[str] = ()) -> bool:
    """Tell whether a track names another release: it is not to bear a part of each of them.

    A deleted release is none: its MBID leads nowhere, and says nothing against the match.
    """
    releases = {one.id for one in match.releases}
    groups = {match.group.id} if match.group else set()
    tags = track.tags
    named = {identifiers.plain(one) for one in tags.musicbrainz_albumid}
    above = {identifiers.plain(one) for one in tags.musicbrainz_releasegroupid}
    return not (named - {*deleted} <= releases and above <= groups)


def _album(track: Track) -> str:
    return title_keys.base_key(letters.first(track.tags.album))


def _of_others(track: Track, tracks: Sequence[Track]) -> Particulars:
    """Return the date that all other tracks of the album bear: editions that are tied have none."""
    dates = {one.tags.date for one in tracks if not fields.is_empty(one, "date")}
    return {"date": dates.pop()} if len(dates) == 1 and fields.is_empty(track, "date") else {}


def _counted_through(match: Match) -> dict[str, set[tuple[str, str]]]:
    """Return the discs and numbers under which each track also stands where it belongs.

    An album may be counted through all of its discs, and vinyl by its sides, as "B2".
    """
    if match.best is None:
        return {}
    places = {track.id: at for at, (_, track) in enumerate(fit.listed(match.best.release), 1)}
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


def _is_in_place(track: Track, wanted: Particulars, taken: Counter[tuple[str, str]]) -> bool:
    """Tell whether the numbers of the release may be filled in beside those that are there.

    Not where the album counts otherwise, as through all of its discs, and not where another track
    has the number already.
    """
    tags = track.tags
    number, disc = wanted.get("track", ("",))[0], wanted.get("disc", ("",))[0]
    if fields.number(tags.disc) not in ("", disc):
        return False
    if fields.is_empty(track, "track"):
        return not any(taken[one, number] for one in ("", tags.disc, disc))
    return fields.number(tags.track) == number


def _as_others(
    field: str, wanted: Values, tracks: Sequence[Track], told: Mapping[str, Particulars]
) -> Values:
    """Write what is lacking as those tracks here have it of which the release says the same."""
    if field not in _HABITS:
        return wanted
    held = Counter(
        changes.value(track.tags, field)
        for track in tracks
        if told[track.place].get(field) == wanted and not fields.is_empty(track, field)
    )
    return next(iter(held)) if len(held) == 1 else wanted
