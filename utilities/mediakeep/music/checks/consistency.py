"""Checks of tag values that all tracks of an album, or of an artist, should share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from itertools import combinations
from operator import attrgetter

from mediakeep.media.audio import formats
from mediakeep.music import album_grouping
from mediakeep.music.album_grouping import AlbumGroup
from mediakeep.music.model import Album, Artist, Track
from mediakeep.music.text import compare_text, mojibake, placeholders

_MIN_TRACKS = 3  # tracks that make their year that of the album
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_GENRE_SEPARATOR = re.compile(r"[;/\\,|]")

_LOSSY_OR_LOSSLESS = frozenset(kind.name for kind in (formats.MP4, formats.ASF, formats.WAVPACK))

_Variant = tuple[Hashable, str]  # the compared key (skipped if empty) and its text


def artist_variation(artist: Artist) -> str | None:
    """Find artist names that are loosely equal but spelled differently, and count each spelling.

    Return None if there are none.
    """
    tracks = (track.tags for album in artist.albums for track in album.readable_tracks)
    pairs = Counter((tags.artist, tags.albumartist) for tags in tracks)
    spellings: dict[str, Counter[str]] = {}
    for names, count in pairs.items():
        for name in {
            compare_text.normalize_spaces(name) for texts in names for name in texts if name
        }:
            spellings.setdefault(compare_text.comparison_key(name), Counter())[name] += count
    variations = [
        _format_counts(counts)
        for counts in spellings.values()
        if len(counts) > 1 and not _are_namesakes(counts, artist)
    ]
    return compare_text.join_parts(variations, "; ") or None


def albumartist_mixed(album: Album) -> str | None:
    """Check whether an album has several album artists; spellings of one name do not count."""
    return _find_differences(album, attrgetter("tags.albumartist"), _albumartist_variant)


def album_variation(album: Album) -> str | None:
    """Check whether the title of an album is spelled in several ways."""
    variations = []
    for group in album_grouping.group_by_album(album):
        titles = {track.tags.album for track in group.tracks}
        if len(titles) > 1:
            texts = (compare_text.first_text(track.tags.album) for track in group.tracks)
            counts = Counter(
                compare_text.normalize_spaces(mojibake.decode_mojibake(text))
                for text in texts
                if text
            )
            variations += [_format_counts(counts)] if len(counts) > 1 else []
    return compare_text.join_parts(variations, "; ") or None


def date_mixed(album: Album) -> str | None:
    """Check whether a few tracks of an album have another year than the rest.

    A whole disc may have its own year.
    """
    details = []
    albums = album_grouping.group_by_album(album)
    for group in albums:
        dates = {(track.tags.date, track.tags.originaldate) for track in group.tracks}
        years = _count_years(group, album) if len(dates) > 1 else None
        if years and not album_grouping.is_compilation(group.tracks):
            details.append(
                album_grouping.group_label(group, albums) + compare_text.format_counts(years)
            )
    return compare_text.join_parts(details, "; ") or None


def genre_mixed(album: Album) -> str | None:
    """Check whether the tracks of an album have different genres."""
    return _find_differences(album, attrgetter("tags.genres"), _genre_variant, compilations=False)


def mixed_formats(album: Album) -> str | None:
    """Check whether the tracks of an album have several file formats."""
    return _find_differences(album, album_grouping.audio_format, _format_variant)


def _find_differences(
    album: Album,
    value_function: Callable[[Track], object],
    variant_function: Callable[[Track], _Variant],
    *,
    compilations: bool = True,
) -> str | None:
    """Describe the different values within each album, or return None if all agree.

    `value_function` is a quick test: tracks with equal results need no comparison.
    """
    details = []
    albums = album_grouping.group_by_album(album)
    for group in albums:
        if len({value_function(track) for track in group.tracks}) == 1:
            continue
        variants = _count_variants(map(variant_function, group.tracks))
        if len(variants) > 1 and (compilations or not album_grouping.is_compilation(group.tracks)):
            details.append(
                album_grouping.group_label(group, albums) + compare_text.format_counts(variants)
            )
    return compare_text.join_parts(details, "; ") or None


def _count_variants(variants: Iterable[_Variant]) -> dict[str, int]:
    """Count loosely equal values together, by their most frequent spelling."""
    forms: dict[Hashable, Counter[str]] = {}
    for key, text in variants:
        if key:
            forms.setdefault(key, Counter())[text] += 1
    return {counts.most_common(1)[0][0]: counts.total() for counts in forms.values()}


def _albumartist_variant(track: Track) -> _Variant:
    names = [
        mojibake.decode_mojibake(name)
        for name in track.tags.albumartist
        if compare_text.has_text(name)
    ]
    return tuple(map(compare_text.comparison_key, names)), " and ".join(
        map(compare_text.quote, names)
    )


def _genre_variant(track: Track) -> _Variant:
    parts = (part for genre in track.tags.genres for part in _GENRE_SEPARATOR.split(genre))
    names = [
        part
        for part in map(compare_text.normalize_spaces, parts)
        if part and not placeholders.is_placeholder_genre(part)
    ]
    return frozenset(map(compare_text.comparison_key, names)), compare_text.quote(", ".join(names))


def _format_variant(track: Track) -> _Variant:
    name, lossless = album_grouping.audio_format(track)
    compression = "lossless " if lossless else "lossy "
    return (name, lossless), f"{compression if name in _LOSSY_OR_LOSSLESS else ''}{name}"


def _count_years(group: AlbumGroup, album: Album) -> Counter[str]:
    """Count the years of an album; return no years if they agree or none has a clear majority."""
    years = Counter(filter(None, map(find_track_year, group.tracks)))
    usual_year = years.most_common(1)[0][0] if years else ""
    for disc in album_grouping.group_by_disc(album):
        disc_years = (
            Counter(filter(None, map(find_track_year, disc.tracks)))
            if disc.order == group.order
            else {}
        )
        if len(disc_years) == 1 and usual_year not in disc_years and len(disc.tracks) > 1:
            years -= disc_years
    enough = years[usual_year] >= _MIN_TRACKS and 3 * years[usual_year] >= 2 * years.total()
    return years if enough and len(years) > 1 else Counter()


def find_track_year(track: Track) -> str:
    """Return the year of a track's date, else of its original date, or "" if neither has one."""
    return find_year(track.tags.date) or find_year(track.tags.originaldate)


def find_year(dates: tuple[str, ...]) -> str:
    """Return the first year in dates, or "" if there is none."""
    matches = (_YEAR.search(date) for date in dates)
    return next((year[0] for year in matches if year), "")


def _are_namesakes(names: Iterable[str], artist: Artist) -> bool:
    """Return whether MusicBrainz has a different artist for each spelling of a name."""
    ids: dict[str, set[str]] = {name: set() for name in names}
    for track in artist.tracks:
        tags = track.tags
        for texts, mbids in (
            (tags.artist, tags.musicbrainz_artistid),
            (tags.albumartist, tags.musicbrainz_albumartistid),
        ):
            for name in ids.keys() & set(map(compare_text.normalize_spaces, texts)):
                ids[name].update(mbids)
    pairs = combinations(ids.values(), 2)
    return all(ids.values()) and all(first.isdisjoint(second) for first, second in pairs)


def _format_counts(counts: Counter[str]) -> str:
    return compare_text.format_counts(
        {compare_text.quote(text): count for text, count in counts.items()}
    )
