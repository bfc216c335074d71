"""Proposals for missing tags, from the album's other tracks and from file and folder names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from mediakeep.media.audio.tag_edits import Values
from mediakeep.music import album_grouping
from mediakeep.music.album_grouping import AlbumGroup
from mediakeep.music.checks import missing_tags
from mediakeep.music.model import Album, Artist, Track
from mediakeep.music.repairs import album_artist, majority_value, repair, track_numbering
from mediakeep.music.repairs.repair import Repair
from mediakeep.music.text import compare_text, filename_parser, placeholders, track_numbers

_VARIOUS_ARTISTS = "Various Artists"
_ALBUM_ARTIST_REASON = "it is the album artist"
_MAJORITY_REASON = "it fits most tracks of the album"
_OTHER_TRACKS_REASON = "the other tracks of the album have it"
_FILE_NAME_REASON = "from the file name"
_FOLDER_NAME_REASON = "from the folder's name"


def propose_missing_title(artist: Artist) -> Iterator[Repair]:
    """Propose the title in the file name for tracks without a title."""
    for album, group, tracks in _find_tracks_missing(artist, missing_tags.missing_title):
        numbers_by_place = album.cached_call(_numbers_in_names) if group else {}
        name, _ = filename_parser.artist_and_album_folders(artist.name, album)
        for track in tracks:
            tags = track.tags
            known = (*tags.artist, *tags.albumartist, *tags.album, name)
            number = (
                track_numbers.track_number(track)
                or numbers_by_place.get(track.place)
                or _number_in_own_name(track)
            )
            if text := filename_parser.parse_title(track, number, known):
                yield from repair.set_field(
                    track, "title", (text,), "missing-title", _FILE_NAME_REASON
                )


def propose_missing_track_number(artist: Artist) -> Iterator[Repair]:
    """Propose the number in the file name, padded like the numbers of the other tracks."""
    for album, group, tracks in _find_tracks_missing(artist, missing_tags.missing_track_number):
        numbers_by_place = album.cached_call(_numbers_in_names) if group else {}
        for track in tracks:
            number = numbers_by_place.get(track.place) if group else _number_in_own_name(track)
            if number:
                text = track_numbering.format_number_like_tracks(
                    number, group.tracks if group else ()
                )
                yield from repair.set_field(
                    track, "track", (text,), "missing-track-number", _FILE_NAME_REASON
                )


def propose_missing_artist(artist: Artist) -> Iterator[Repair]:
    """Propose the artist of the other tracks, else the album artist, else the folder's name."""
    for album, group, tracks in _find_tracks_missing(artist, missing_tags.missing_artist):
        all_tracks = group.tracks if group else ()
        if album_grouping.is_compilation(all_tracks):
            continue
        others = any(compare_text.first_text(track.tags.artist) for track in all_tracks)
        shared, shared_reason = (
            (majority_value.majority_value(all_tracks, "artist"), _OTHER_TRACKS_REASON)
            if others
            else ((), _FOLDER_NAME_REASON)
        )
        name, _ = filename_parser.artist_and_album_folders(artist.name, album)
        if not others and (text := _spell_as_in_tags(filename_parser.parse_artist(name), artist)):
            shared = (text,)
        for track in tracks:
            credit = () if others else majority_value.non_blank_cleaned_values(track, "albumartist")
            values, reason = (credit, _ALBUM_ARTIST_REASON) if credit else (shared, shared_reason)
            if values and all(map(album_artist.is_safe_name, values)):
                yield from repair.set_field(track, "artist", values, "missing-artist", reason)


def propose_missing_album(artist: Artist) -> Iterator[Repair]:
    """Propose the album of the other tracks in the folder, else the folder's name."""
    for album, group, tracks in _find_tracks_missing(artist, missing_tags.missing_album):
        if not group or len(album_grouping.group_by_album(album)) > 1:
            continue
        values, reason = majority_value.majority_value(group.tracks, "album"), _OTHER_TRACKS_REASON
        if not any(compare_text.first_text(track.tags.album) for track in group.tracks):
            known = {name for track in group.tracks for name in track.tags.artist}
            name, place = filename_parser.artist_and_album_folders(artist.name, album)
            text = filename_parser.parse_album(place, (*known, name))
            values, reason = ((text,) if text else ()), _FOLDER_NAME_REASON
        for track in tracks if not any(map(placeholders.is_placeholder_album, values)) else ():
            if values:
                yield from repair.set_field(track, "album", values, "missing-album", reason)


def propose_missing_albumartist(artist: Artist) -> Iterator[Repair]:
    """Propose the album artist that fits most tracks; "Various Artists" for a compilation."""
    for _, group, tracks in _find_tracks_missing(artist, missing_tags.missing_albumartist):
        values = _likely_albumartist(group, artist) if group else ()
        for track in tracks if values else ():
            yield from repair.set_field(
                track, "albumartist", values, "missing-albumartist", _MAJORITY_REASON
            )


def _find_tracks_missing(
    artist: Artist, check: Callable[[Track], str | None]
) -> Iterator[tuple[Album, AlbumGroup | None, list[Track]]]:
    """Yield the writable tracks for which a check returns an issue, by album.

    The group has all tracks of the album, and is None for loose tracks.
    """
    for album in artist.albums:
        album_groups: Sequence[AlbumGroup | None] = album_grouping.group_by_album(album) or (None,)
        for group in album_groups:
            tracks = group.tracks if group else album.tracks
            incomplete = [
                track for track in tracks if check(track) is not None and repair.is_writable(track)
            ]
            if incomplete:
                yield album, group, incomplete


def _numbers_in_names(album: Album) -> dict[str, int]:
    by_disc = map(filename_parser.parse_track_numbers, album_grouping.group_by_disc(album))
    return {place: number for numbers in by_disc for place, number in numbers.items()}


def _number_in_own_name(track: Track) -> int | None:
    """Return the track number in a file's name without comparing other files; None if uncertain."""
    candidates = track_numbers.numbers_in_name(track.name, track.tags.disc)
    return (
        min(candidates)
        if len(candidates) == 1 and filename_parser.starts_with_track_number(track)
        else None
    )


def _spell_as_in_tags(name: str, artist: Artist) -> str:
    """Return a folder's name as tags spell it, since folders cannot contain every character."""
    key = compare_text.comparison_key(name)
    texts = (
        compare_text.normalize_spaces(text) for track in artist.tracks for text in track.tags.artist
    )
    counts = Counter(text for text in texts if compare_text.comparison_key(text) == key)
    return counts.most_common(1)[0][0] if name and counts else name


def _likely_albumartist(group: AlbumGroup, artist: Artist) -> Values:
    tracks = group.tracks
    if any(compare_text.first_text(track.tags.albumartist) for track in tracks):
        values = majority_value.majority_value(tracks, "albumartist")
        return () if any(map(placeholders.is_placeholder_artist, values)) else values
    if album_grouping.is_compilation(tracks):
        return (_VARIOUS_ARTISTS,)
    counts = Counter(
        text
        for track in tracks
        for text in majority_value.non_blank_cleaned_values(track, "artist")[:1]
    )
    if not counts:
        return ()
    name = counts.most_common(1)[0][0]
    by_it = sum(album_artist.is_by_artist(track, name) for track in tracks)
    several = by_it < len(tracks) or album_artist.is_various_artists(name)
    if several and album_artist.is_various_artists(filename_parser.parse_artist(artist.name)):
        return (_VARIOUS_ARTISTS,)
    is_plausible = by_it == len(tracks) or compare_text.comparison_key(
        name
    ) == compare_text.comparison_key(artist.name)
    likely = is_plausible and 3 * by_it >= 2 * len(tracks) and album_artist.is_safe_name(name)
    return (name,) if likely else ()
