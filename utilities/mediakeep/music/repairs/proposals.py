"""Propose repairs that need a decision, since the right value is not certain.

Only what most people would accept is proposed. A safe repair that was not made, because it was
undone before or a field is locked, is proposed, too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mediakeep.issue import Issue
from mediakeep.media.audio.tag_edits import CopyToNativeTags, SetField, Values
from mediakeep.music import album_grouping
from mediakeep.music.album_grouping import AlbumGroup
from mediakeep.music.checks import consistency, missing_tags, tag_types
from mediakeep.music.checks.consistency import find_track_year, find_year
from mediakeep.music.model import Album, Artist, Track
from mediakeep.music.repairs import (
    enrichment,
    majority_value,
    missing_values,
    repair,
    safe,
    spellings,
    tag_texts,
    track_numbering,
)
from mediakeep.music.repairs.repair import Repair, RepairFunction
from mediakeep.music.text import compare_text, placeholders
from mediakeep.size_text import format_count

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


_FIELD_LABELS = {
    "albumartist": "album artist",
    "genres": "genre",
    "track": "track number",
    "track_total": "number of tracks",
    "disc": "disc number",
}


def propose_placeholder_genre(artist: Artist) -> Iterator[Repair]:
    """Remove placeholder genres and keep the others."""
    for track in artist.tracks:
        if missing_tags.placeholder_genre(track) is not None and repair.is_writable(track):
            genres = tuple(
                genre for genre in track.tags.genres if not placeholders.is_placeholder_genre(genre)
            )
            reason = "it is a placeholder"
            yield from repair.set_field(track, "genres", genres, "placeholder-genre", reason)


PROPOSAL_FUNCTIONS: Mapping[str, RepairFunction] = {
    "missing-title": missing_values.propose_missing_title,
    "missing-artist": missing_values.propose_missing_artist,
    "missing-album": missing_values.propose_missing_album,
    "mojibake": tag_texts.propose_mojibake,
    "missing-track-number": missing_values.propose_missing_track_number,
    "track-number-format": track_numbering.propose_track_number_format,
    "artist-variation": spellings.propose_artist_variation,
    "albumartist-mixed": spellings.propose_albumartist_mixed,
    "album-variation": spellings.propose_album_variation,
    "missing-albumartist": missing_values.propose_missing_albumartist,
    "missing-date": propose_missing_date,
    "date-mixed": propose_date_mixed,
    "placeholder-genre": propose_placeholder_genre,
    **{kind: enrichment.correction_for_kind(kind) for kind in enrichment.CORRECTED_KINDS},
}


def propose_repairs(artist: Artist, issues: Sequence[Issue]) -> dict[str, tuple[Repair, ...]]:
    """Return the proposed repairs by issue id; issues without a proposal are left out."""
    safe_repairs = safe.plan_repairs(artist, issues)
    by_kind = {
        kind: _repairs_for_kind(kind, artist, safe_repairs)
        for kind in {entry.kind for entry in issues}
    }
    album_by_track = {track.place: album.place for album in artist.albums for track in album.tracks}
    by_place: dict[tuple[str, str, str], list[Repair]] = defaultdict(list)
    for kind, repairs in by_kind.items():
        for entry in repairs:
            album = album_by_track[entry.place]
            for where in {(album, entry.place), (album, ""), ("", "")}:
                by_place[kind, *where].append(entry)
    keys = ((issue.id, (issue.kind, issue.album, issue.path)) for issue in issues)
    return {id_: tuple(by_place[key]) for id_, key in keys if key in by_place}


def format_proposal(repairs: Sequence[Repair]) -> str:
    """Format proposed repairs in one line, as in 'artist "Björk" in 3 files'."""
    counts = Counter(map(_format_repair, repairs))
    parts = [
        f"{text} in {format_count(count, 'file')}" if count > 1 else text
        for text, count in counts.items()
    ]
    return compare_text.join_parts(parts, "; ")


def _repairs_for_kind(kind: str, artist: Artist, safe_repairs: Iterable[Repair]) -> list[Repair]:
    """Return the pending safe repairs of a kind, and the likely ones."""
    certain = [entry for entry in safe_repairs if kind in entry.kinds]
    places = {entry.place for entry in certain}
    if kind != "mojibake":  # that settles what the letters are; others would write them as they are
        places |= {
            one.place for one in artist.tracks if tag_types.is_id3v1_in_unknown_encoding(one)
        }
    likely = PROPOSAL_FUNCTIONS[kind](artist) if kind in PROPOSAL_FUNCTIONS else ()
    return [*certain, *(entry for entry in likely if entry.place not in places)]


def _format_repair(planned: Repair) -> str:
    change = planned.change
    if isinstance(change, CopyToNativeTags):
        return "the same texts in the format's own tags"
    if not isinstance(change, SetField):
        return f"embed {compare_text.quote(change.image.rpartition('/')[2])}"
    name = _FIELD_LABELS.get(change.field, change.field)
    removed = [text for text in planned.old if text not in change.values]
    if removed and set(change.values) <= set(planned.old):
        return f"take the {name} {_quote_values(removed)} away"
    return f"{name} {_quote_values(change.values)}"


def _quote_values(texts: Iterable[str]) -> str:
    return ", ".join(map(compare_text.quote, texts))
