"""Checks of values that the tracks of an album or artist should share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from itertools import combinations
from operator import attrgetter

from mediakeep.media import formats
from mediakeep.music import placeholders
from mediakeep.music.checks import garbling, groups, letters
from mediakeep.music.checks.groups import Group
from mediakeep.music.model import Album, Artist, Track

_FEWEST = 3  # tracks that make their year that of the album
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_BETWEEN_GENRES = re.compile(r"[;/\\,|]")

_BOTH = frozenset(kind.name for kind in (formats.MP4, formats.ASF, formats.WAVPACK))

_Way = tuple[Hashable, str]  # the compared key (skipped if empty) and its text


def artist_variation(artist: Artist) -> str | None:
    """Artists or album artists that are equal after normalization, but spelled differently."""
    tracks = (track.tags for album in artist.albums for track in album.readable)
    pairs = Counter((tags.artist, tags.albumartist) for tags in tracks)
    spellings: dict[str, Counter[str]] = {}
    for names, count in pairs.items():
        for name in {letters.neat(name) for texts in names for name in texts if name}:
            spellings.setdefault(letters.loose(name), Counter())[name] += count
    variations = [
        _tallied(counts)
        for counts in spellings.values()
        if len(counts) > 1 and not _are_namesakes(counts, artist)
    ]
    return letters.listed(variations, "; ") or None


def albumartist_mixed(album: Album) -> str | None:
    """Several album artists in one album; different spellings are artist-variation."""
    return _mixed(album, attrgetter("tags.albumartist"), _albumartist)


def album_variation(album: Album) -> str | None:
    """One album title, spelled in several ways."""
    variations = []
    for group in groups.albums(album):
        titles = {track.tags.album for track in group.tracks}
        if len(titles) > 1:
            texts = (letters.first(track.tags.album) for track in group.tracks)
            counts = Counter(letters.neat(garbling.restored(text)) for text in texts if text)
            variations += [_tallied(counts)] if len(counts) > 1 else []
    return letters.listed(variations, "; ") or None


def date_mixed(album: Album) -> str | None:
    """A few tracks with a different year than the rest of the album; discs may have their own."""
    details = []
    albums = groups.albums(album)
    for group in albums:
        dates = {(track.tags.date, track.tags.originaldate) for track in group.tracks}
        years = _years(group, album) if len(dates) > 1 else None
        if years and not groups.is_compilation(group.tracks):
            details.append(groups.label(group, albums) + letters.tallied(years))
    return letters.listed(details, "; ") or None


def genre_mixed(album: Album) -> str | None:
    """Different sets of genres in one album."""
    return _mixed(album, attrgetter("tags.genres"), _genres, compilations=False)


def mixed_formats(album: Album) -> str | None:
    """Several file formats in one album."""
    return _mixed(album, groups.format_of, _format)


def _mixed(
    album: Album,
    value_of: Callable[[Track], object],
    variant_of: Callable[[Track], _Way],
    *,
    compilations: bool = True,
) -> str | None:
    """Format the variants within each album; `value_of` is a quick test for equal tracks."""
    details = []
    albums = groups.albums(album)
    for group in albums:
        if len({value_of(track) for track in group.tracks}) == 1:
            continue
        variants = _ways(map(variant_of, group.tracks))
        if len(variants) > 1 and (compilations or not groups.is_compilation(group.tracks)):
            details.append(groups.label(group, albums) + letters.tallied(variants))
    return letters.listed(details, "; ") or None


def _ways(variants: Iterable[_Way]) -> dict[str, int]:
    """Count equal variants under their most frequent form."""
    forms: dict[Hashable, Counter[str]] = {}
    for key, text in variants:
        if key:
            forms.setdefault(key, Counter())[text] += 1
    return {counts.most_common(1)[0][0]: counts.total() for counts in forms.values()}


def _albumartist(track: Track) -> _Way:
    names = [garbling.restored(name) for name in track.tags.albumartist if letters.holds(name)]
    return tuple(map(letters.loose, names)), " and ".join(map(letters.quoted, names))


def _genres(track: Track) -> _Way:
    parts = (part for genre in track.tags.genres for part in _BETWEEN_GENRES.split(genre))
    names = [part for part in map(letters.neat, parts) if part and not placeholders.is_genre(part)]
    return frozenset(map(letters.loose, names)), letters.quoted(", ".join(names))


def _format(track: Track) -> _Way:
    name, lossless = groups.format_of(track)
    compression = "lossless " if lossless else "lossy "
    return (name, lossless), f"{compression if name in _BOTH else ''}{name}"


def _years(group: Group, album: Album) -> Counter[str]:
    """Count the years of an album; empty if they agree or no year has a clear majority."""
    years = Counter(filter(None, map(_year, group.tracks)))
    usual = years.most_common(1)[0][0] if years else ""
    for disc in groups.of(album):
        disc_years = (
            Counter(filter(None, map(_year, disc.tracks))) if disc.order == group.order else {}
        )
        if len(disc_years) == 1 and usual not in disc_years and len(disc.tracks) > 1:
            years -= disc_years
    enough = years[usual] >= _FEWEST and 3 * years[usual] >= 2 * years.total()
    return years if enough and len(years) > 1 else Counter()


def _year(track: Track) -> str:
    return _year_of(track.tags.date) or _year_of(track.tags.originaldate)


def _year_of(dates: tuple[str, ...]) -> str:
    matches = (_YEAR.search(date) for date in dates)
    return next((year[0] for year in matches if year), "")


def _are_namesakes(names: Iterable[str], artist: Artist) -> bool:
    """Return whether MusicBrainz has a different artist for each spelling."""
    ids: dict[str, set[str]] = {name: set() for name in names}
    for track in artist.tracks:
        tags = track.tags
        for texts, mbids in (
            (tags.artist, tags.musicbrainz_artistid),
            (tags.albumartist, tags.musicbrainz_albumartistid),
        ):
            for name in ids.keys() & set(map(letters.neat, texts)):
                ids[name].update(mbids)
    pairs = combinations(ids.values(), 2)
    return all(ids.values()) and all(first.isdisjoint(second) for first, second in pairs)


def _tallied(counts: Counter[str]) -> str:
    return letters.tallied({letters.quoted(text): count for text, count in counts.items()})
