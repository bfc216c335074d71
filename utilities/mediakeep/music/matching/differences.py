"""What the tags here lack of a match, and where they say something else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec

from mediakeep.media.edits import changes
from mediakeep.media.edits.changes import Values
from mediakeep.music import placeholders
from mediakeep.music.checks import letters
from mediakeep.music.discography import fit, question
from mediakeep.music.matching import evidence, particulars
from mediakeep.music.matching.particulars import Particulars
from mediakeep.music.matching.verdict import Match
from mediakeep.music.matching.weights import WEIGHTS
from mediakeep.music.model import Album, Artist, Track

_HABITS = ("artist", "albumartist", "album", "artistsort", "albumartistsort", "genres", "date")
_PLACES = ("track", "track_total", "disc", "disc_total", "discsubtitle")
_OF_SONG = frozenset(
    {"title", "artist", "artists", "artistsort", "isrc"}
    | {"musicbrainz_artistid", "musicbrainz_recordingid"}
)
_OF_RECORDING = _OF_SONG | {"musicbrainz_trackid", *_PLACES}
_TOLD = frozenset({"title", "album", "artist", "track", "disc"})  # in which a person sees it
_DATES = frozenset({"date", "originaldate"})
_LEFT = frozenset({"genres", "compilation"})  # matters of taste: filled, and never corrected
_DATE = re.compile("[1-9]")
_SPELT = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "‐": "-", "–": "-", "—": "-"})


def _is_no_date(text: str) -> bool:
    return not _DATE.search(text)


def _is_no_number(text: str) -> bool:
    return not text.strip("0")


def _is_none(_text: str) -> bool:
    return False


def number(text: str) -> str:
    """Write a number as it is compared: "03" is "3"."""
    return text.lstrip("0")


_WRITTEN: Mapping[str, Callable[[str], str]] = {
    "barcode": evidence.barcode,
    "catalognumber": evidence.number,
    "label": letters.loose,
    "media": evidence.medium,
    "releasecountry": str.upper,
    "releasestatus": str.casefold,
    "releasetype": str.casefold,
    **dict.fromkeys(("track", "track_total", "disc", "disc_total"), number),
}
_EMPTY: Mapping[str, Callable[[str], bool]] = {
    "title": placeholders.is_title,
    "artist": placeholders.is_artist,
    "artists": placeholders.is_artist,
    "albumartist": placeholders.is_artist,
    "album": placeholders.is_album,
    "genres": placeholders.is_genre,
    "date": _is_no_date,
    "originaldate": _is_no_date,
    "track": _is_no_number,
    "track_total": _is_no_number,
    "disc": _is_no_number,
    "disc_total": _is_no_number,
}


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
            found |= album.once(_of_album, match)
    return found


def _of_album(album: Album, match: Match) -> dict[str, Difference]:
    told = particulars.of(match)
    tracks = [track for track in album.readable if track.place in told]
    through, doubtful = _counted_through(match), _doubtful(match)
    usual = Counter(filter(None, map(_album, tracks)))
    taken = Counter((track.tags.disc, track.tags.track.lstrip("0")) for track in album.readable)
    in_place = {track.place for track in tracks if _is_in_place(track, told[track.place], taken)}
    together = len(in_place) == len(album.readable)
    found = {}
    for track in tracks:
        wanted = _of_others(track, tracks) | told[track.place]
        if not together:  # an album of which some tracks alone bear a disc falls apart
            kept = "track" if track.place in in_place else ""
            wanted = {f: held for f, held in wanted.items() if f not in _PLACES or f == kept}
        lacking = {
            field: _as_others(field, held, tracks, told)
            for field, held in wanted.items()
            if is_empty(track, field) and held != changes.value(track.tags, field)
        }
        other = {
            field: held
            for field, held in told[track.place].items()
            if field not in _LEFT and not is_empty(track, field) and _differs(track, field, held)
        }
        if _number(track) in through.get(track.place, ()):
            other = {field: held for field, held in other.items() if field not in _PLACES}
        unsure = _OF_RECORDING if track.place in doubtful else frozenset[str]()
        if _is_stray(track, usual, told[track.place]):
            unsure |= told[track.place].keys() - _OF_SONG
        lacking = {field: held for field, held in lacking.items() if field not in unsure}
        other = {field: held for field, held in other.items() if field not in unsure - _TOLD}
        if lacking or other:
            found[track.place] = Difference(lacking, other, is_sure=not unsure)
    return found


def _doubtful(match: Match) -> set[str]:
    """Return the tracks of which it is not certain that they are the recordings they stand for.

    They last much longer or shorter, or bear another title altogether.
    """
    return {
        pair.place for one in match.candidates for pair in one.pairs if pair.cost > WEIGHTS.doubtful
    }


def _is_stray(track: Track, usual: Counter[str], told: Particulars) -> bool:
    """Tell whether a track is, by its tags, of another album than the one that it lies in."""
    album = _album(track)
    release = question.base_key(told.get("album", ("",))[0])
    return album not in ("", release) and 2 * usual[album] < usual.total()


def _album(track: Track) -> str:
    return question.base_key(letters.first(track.tags.album))


def _of_others(track: Track, tracks: Sequence[Track]) -> Particulars:
    """Return the date that all other tracks of the album bear: editions that are tied have none."""
    dates = {one.tags.date for one in tracks if not is_empty(one, "date")}
    return {"date": dates.pop()} if len(dates) == 1 and is_empty(track, "date") else {}


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
    return number(track.tags.disc), number(track.tags.track).casefold()


def is_empty(track: Track, field: str) -> bool:
    """Tell whether a field holds nothing, or only what stands for nothing."""
    stands_for_none = _EMPTY.get(field, _is_none)
    held = changes.value(track.tags, field)
    return all(not letters.holds(text) or stands_for_none(text) for text in held)


def _differs(track: Track, field: str, wanted: Values) -> bool:
    """Tell whether a field says something else; the shape of an apostrophe is nothing else.

    One of several labels is no other label, and a year is the date that lies in it.
    """
    held = changes.value(track.tags, field)
    if field in _DATES:
        told = held[0].startswith(wanted[0]) or wanted[0].startswith(held[0])
        return len(held) > 1 or not told
    if write := _WRITTEN.get(field):
        return not set(map(write, held)) <= set(map(write, wanted))
    return tuple(map(_plain, held)) != tuple(map(_plain, wanted))


def _plain(text: str) -> str:
    return letters.neat(text.translate(_SPELT).replace("…", "..."))


def _is_in_place(track: Track, wanted: Particulars, taken: Counter[tuple[str, str]]) -> bool:
    """Tell whether the numbers of the release may be filled in beside those that are there.

    Not where the album counts otherwise, as through all of its discs, and not where another track
    has the number already.
    """
    tags = track.tags
    number, disc = wanted.get("track", ("",))[0], wanted.get("disc", ("",))[0]
    if tags.disc.lstrip("0") not in ("", disc):
        return False
    if is_empty(track, "track"):
        return not any(taken[one, number] for one in ("", tags.disc, disc))
    return tags.track.lstrip("0") == number


def _as_others(
    field: str, wanted: Values, tracks: Sequence[Track], told: Mapping[str, Particulars]
) -> Values:
    """Write what is lacking as those tracks here have it of which the release says the same."""
    if field not in _HABITS:
        return wanted
    held = Counter(
        changes.value(track.tags, field)
        for track in tracks
        if told[track.place].get(field) == wanted and not is_empty(track, field)
    )
    return next(iter(held)) if len(held) == 1 else wanted
