"""Proposals for missing and differing dates: the year of the album's other tracks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from mediakeep.media.audio.tag_edits import Values
from mediakeep.music import album_grouping
from mediakeep.music.album_grouping import AlbumGroup
from mediakeep.music.checks import consistency, missing_tags
from mediakeep.music.checks.consistency import find_track_year, find_year
from mediakeep.music.model import Album, Artist, Track
from mediakeep.music.repairs import majority_value, repair
from mediakeep.music.repairs.repair import Repair

_REASON = "most tracks of the album have it"


def propose_missing_date(artist: Artist) -> Iterator[Repair]:
    """Propose the date of the disc's other tracks, else of the album's, for tracks without one.

    On a compilation, all tracks must agree.
    """
    for album in artist.albums:
        if all(missing_tags.missing_date(track) is None for track in album.tracks):
            continue
        album_dates = {
            group.order: _majority_date(group.tracks)
            for group in album_grouping.group_by_album(album)
        }
        for disc in album_grouping.group_by_disc(album):
            values = _majority_date(disc.tracks) or album_dates[disc.order]
            for track in disc.tracks if values else ():
                if missing_tags.missing_date(track) is not None and repair.is_writable(track):
                    yield from repair.set_field(track, "date", values, "missing-date", _REASON)


def propose_date_mixed(artist: Artist) -> Iterator[Repair]:
    """Propose the date of most tracks of an album for the few tracks with another year."""
    for album in artist.albums:
        if consistency.date_mixed(album) is None:
            continue
        for group in album_grouping.group_by_album(album):
            tracks = (
                []
                if album_grouping.is_compilation(group.tracks)
                else _without_own_year_discs(group, album)
            )
            values = _majority_date(tracks)
            for track in tracks if values else ():
                if find_track_year(track) not in (
                    "",
                    find_year(values),
                ) and repair.is_writable(track):
                    yield from repair.set_field(track, "date", values, "date-mixed", _REASON)


def _majority_date(tracks: Sequence[Track]) -> Values:
    """Return the most frequent date within the most frequent year, or () if none is clear."""
    years = Counter(filter(None, (find_year(track.tags.date) for track in tracks)))
    year = majority_value.find_majority(years)
    if not year or (len(years) > 1 and album_grouping.is_compilation(tracks)):
        return ()
    dates = (date for track in tracks for date in track.tags.date if find_year((date,)) == year)
    return (Counter(dates).most_common(1)[0][0],)


def _without_own_year_discs(group: AlbumGroup, album: Album) -> list[Track]:
    """Return the tracks without those discs that have a year of their own."""
    years = Counter(filter(None, map(find_track_year, group.tracks)))
    usual_year = years.most_common(1)[0][0] if years else ""
    rest = list[Track]()
    for disc in album_grouping.group_by_disc(album):
        if disc.order == group.order:
            own_years = set(map(find_track_year, disc.tracks)) - {""}
            has_own_year = (
                len(own_years) == 1 and usual_year not in own_years and len(disc.tracks) > 1
            )
            rest += [] if has_own_year else disc.tracks
    return rest
