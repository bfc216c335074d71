"""Proposals for dates: the year of the album's other tracks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from mediakeep.media.edits.changes import Values
from mediakeep.music.checks import agreement, groups, letters, presence
from mediakeep.music.checks.groups import Group
from mediakeep.music.model import Album, Artist, Track
from mediakeep.music.repairs import repair, usual
from mediakeep.music.repairs.repair import Repair

_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_WHY = "most tracks of the album have it"


def missing_date(artist: Artist) -> Iterator[Repair]:
    """Propose the date of the disc's other tracks, else of the album's.

    For a compilation only if all tracks agree.
    """
    for album in artist.albums:
        if all(presence.missing_date(track) is None for track in album.tracks):
            continue
        album_dates = {group.order: _date(group.tracks) for group in groups.albums(album)}
        for disc in groups.of(album):
            values = _date(disc.tracks) or album_dates[disc.order]
            for track in disc.tracks if values else ():
                if presence.missing_date(track) is not None and repair.is_writable(track):
                    yield from repair.edits(track, "date", values, "missing-date", _WHY)


def date_mixed(artist: Artist) -> Iterator[Repair]:
    """Propose the date of most tracks of the album for the few with another year."""
    for album in artist.albums:
        if agreement.date_mixed(album) is None:
            continue
        for group in groups.albums(album):
            tracks = [] if groups.is_compilation(group.tracks) else _rest(group, album)
            values = _date(tracks)
            for track in tracks if values else ():
                if _year(track) not in ("", _year_of(values)) and repair.is_writable(track):
                    yield from repair.edits(track, "date", values, "date-mixed", _WHY)


def _date(tracks: Sequence[Track]) -> Values:
    """Return the most frequent date of the majority year, or ()."""
    years = Counter(filter(None, (_year_of(track.tags.date) for track in tracks)))
    year = usual.clear(years)
    if not year or (len(years) > 1 and groups.is_compilation(tracks)):
        return ()
    dates = (date for track in tracks for date in track.tags.date if _year_of((date,)) == year)
    return (Counter(dates).most_common(1)[0][0],)


def _rest(group: Group, album: Album) -> list[Track]:
    """Leave out discs whose tracks all have the same other year."""
    years = Counter(filter(None, map(_year, group.tracks)))
    usual_year = years.most_common(1)[0][0] if years else ""
    rest = list[Track]()
    for disc in groups.of(album):
        if disc.order == group.order:
            own_years = set(map(_year, disc.tracks)) - {""}
            has_own_year = (
                len(own_years) == 1 and usual_year not in own_years and len(disc.tracks) > 1
            )
            rest += [] if has_own_year else disc.tracks
    return rest


def _year(track: Track) -> str:
    return _year_of(track.tags.date) or _year_of(track.tags.originaldate)


def _year_of(dates: Values) -> str:
    matches = (_YEAR.search(date) for date in dates if letters.holds(date))
    return next((year[0] for year in matches if year), "")
