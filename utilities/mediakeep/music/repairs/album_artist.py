"""Safe repairs of missing album artists, if the whole album is unambiguous."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mediakeep.media.audio.tag_edits import Values
from mediakeep.music import album_grouping
from mediakeep.music.checks import missing_tags
from mediakeep.music.model import Artist, Track
from mediakeep.music.repairs import repair
from mediakeep.music.repairs.repair import Repair
from mediakeep.music.text import cleaning, compare_text, mojibake, placeholders, whitespace

_KIND = "missing-albumartist"


def repair_missing_albumartist(artist: Artist) -> Iterator[Repair]:
    """Fill in the album artist of the other tracks, or the only artist of all tracks."""
    for album in artist.albums:
        for group in album_grouping.group_by_album(album):
            incomplete = [
                track
                for track in group.tracks
                if missing_tags.missing_albumartist(track) is not None
            ]
            if incomplete and (agreed := _find_agreed_artist(group.tracks, artist.name)):
                names, reason = agreed
                for track in filter(repair.is_writable, incomplete):
                    yield from repair.set_field(track, "albumartist", names, _KIND, reason)


def is_by_artist(track: Track, name: str) -> bool:
    """Return whether a track is by an artist, alone or with guests ("Vera feat. Anna")."""
    target = compare_text.normalize_spaces(name).casefold()
    return any(
        _starts_with_name(compare_text.normalize_spaces(text).casefold(), target)
        for text in track.tags.artist
    )


def is_various_artists(name: str) -> bool:
    """Return whether a name stands for various artists instead of a single one."""
    return compare_text.comparison_key(name) in album_grouping.VARIOUS_ARTISTS


def is_safe_name(name: str) -> bool:
    """Return whether a name can be written: one artist, intact letters, no superfluous spaces."""
    is_real = not (is_various_artists(name) or placeholders.is_placeholder_artist(name))
    return (
        is_real
        and mojibake.detect_mojibake(name) is None
        and not any(whitespace.describe_whitespace(name))
    )


def _starts_with_name(text: str, name: str) -> bool:
    return text.startswith(name) and not text[len(name) : len(name) + 1].isalnum()


def _find_agreed_artist(tracks: Sequence[Track], folder: str) -> tuple[Values, str] | None:
    """Return the album artist on which an album's tracks agree, and the reason, or None."""
    artists, names = _cleaned_values(tracks, "artist"), _cleaned_values(tracks, "albumartist")
    several = len(artists) != 1 or len(next(iter(artists))) != 1
    if (several and album_grouping.is_compilation(tracks)) or len(names) > 1:
        return None
    if names:
        (values,) = names.values()
        agreed = all(map(is_safe_name, values)) and _are_by(tracks, values)
        return (values, "the other tracks of the album have it") if agreed else None
    if several or is_various_artists(folder):
        return None
    (values,) = artists.values()
    return (
        (values, "all tracks of the album are by this artist") if is_safe_name(values[0]) else None
    )


def _cleaned_values(tracks: Sequence[Track], field: str) -> dict[Values, Values]:
    """Return the cleaned values of a field on the tracks, by the key used for comparison."""
    by_key: dict[Values, Values] = {}
    for track in tracks:
        values = tuple(
            map(cleaning.clean_text, filter(compare_text.has_text, getattr(track.tags, field)))
        )
        by_key.setdefault(tuple(map(compare_text.normalize_spaces, values)), values)
    if field == "albumartist":
        by_key.pop((), None)
    return by_key


def _are_by(tracks: Sequence[Track], names: Values) -> bool:
    """Return whether more than half of the tracks have these album artists or are by the first."""
    matching = [
        track
        for track in tracks
        if compare_text.first_text(track.tags.albumartist) or is_by_artist(track, names[0])
    ]
    return 2 * len(matching) > len(tracks)
