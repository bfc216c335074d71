"""Safe repairs of the album artist: filled in if the whole album is unambiguous."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mediakeep.media.edits.changes import Values
from mediakeep.music import placeholders
from mediakeep.music.checks import garbling, groups, letters, presence
from mediakeep.music.model import Artist, Track
from mediakeep.music.repairs import cleaning, repair, spacing
from mediakeep.music.repairs.repair import Repair

_KIND = "missing-albumartist"


def missing_albumartist(artist: Artist) -> Iterator[Repair]:
    """Use the album artist of the other tracks, or the only artist of all tracks."""
    for album in artist.albums:
        for group in groups.albums(album):
            incomplete = [
                track for track in group.tracks if presence.missing_albumartist(track) is not None
            ]
            if incomplete and (agreed := _agreed(group.tracks, artist.name)):
                names, reason = agreed
                for track in filter(repair.is_writable, incomplete):
                    yield from repair.edits(track, "albumartist", names, _KIND, reason)


def is_by(track: Track, name: str) -> bool:
    """Return whether a track is by an artist, alone or first of several ("Vera feat. Anna")."""
    target = letters.neat(name).casefold()
    return any(_begins(letters.neat(text).casefold(), target) for text in track.tags.artist)


def is_various(name: str) -> bool:
    """Return whether a name stands for various artists."""
    return letters.loose(name) in groups.VARIOUS


def is_certain(name: str) -> bool:
    """Return whether a name can be written: one artist, no mojibake, no superfluous whitespace."""
    is_real = not (is_various(name) or placeholders.is_artist(name))
    return is_real and garbling.judged(name) is None and not any(spacing.oddities(name))


def _begins(text: str, name: str) -> bool:
    return text.startswith(name) and not text[len(name) : len(name) + 1].isalnum()


def _agreed(tracks: Sequence[Track], folder: str) -> tuple[Values, str] | None:
    """Return the unambiguous album artist of an album and the reason, or None."""
    artists, names = _told(tracks, "artist"), _told(tracks, "albumartist")
    several = len(artists) != 1 or len(next(iter(artists))) != 1
    if (several and groups.is_compilation(tracks)) or len(names) > 1:
        return None
    if names:
        (values,) = names.values()
        agreed = all(map(is_certain, values)) and _are_by(tracks, values)
        return (values, "the other tracks of the album have it") if agreed else None
    if several or is_various(folder):
        return None
    (values,) = artists.values()
    return (values, "all tracks of the album are by this artist") if is_certain(values[0]) else None


def _told(tracks: Sequence[Track], field: str) -> dict[Values, Values]:
    """Return the cleaned values of a field, by the key under which they are compared."""
    by_key: dict[Values, Values] = {}
    for track in tracks:
        values = tuple(map(cleaning.mended, filter(letters.holds, getattr(track.tags, field))))
        by_key.setdefault(tuple(map(letters.neat, values)), values)
    if field == "albumartist":
        by_key.pop((), None)
    return by_key


def _are_by(tracks: Sequence[Track], names: Values) -> bool:
    """Return whether more than half of the tracks have these album artists or are by the first."""
    matching = [
        track for track in tracks if letters.first(track.tags.albumartist) or is_by(track, names[0])
    ]
    return 2 * len(matching) > len(tracks)
