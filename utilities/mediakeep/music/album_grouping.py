"""Group the tracks of a folder by album and by disc."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import combinations

import msgspec

from mediakeep.music.model import Album, Track
from mediakeep.music.text import album_titles, compare_text, disc_folders, track_numbers

VARIOUS_ARTISTS = frozenset(
    map(
        compare_text.comparison_key,
        (
            *("Various Artists", "Various", "VA", "V.A.", "Diverse"),
            *("Verschiedene Interpreten", "Artistes divers", "Varios Artistas"),
        ),
    )
)

_DISC_FOLDER = re.compile(r"[^\W\d_]+(?:\s+media|-?ray)?[\W_]*(\d+|[^\W\d_]+)", re.IGNORECASE)


class AlbumGroup(msgspec.Struct, frozen=True, dict=True):
    """The tracks of one album, or of one disc of an album.

    `album` is the most frequent spelling of the title, or "" if there is none. `order` numbers the
    albums of a folder. `disc` is a plain number or a lower-case name, or "" if unknown.
    """

    album: str
    order: int
    disc: str
    tracks: tuple[Track, ...]

    @cached_property
    def numbers(self) -> tuple[int | None, ...]:
        """The track number of each track; None if a track has no number or an ambiguous one."""
        return tuple(map(track_numbers.track_number, self.tracks))


def group_by_disc(album: Album) -> tuple[AlbumGroup, ...]:
    """Group the readable tracks of a folder by album and disc; loose tracks give no groups.

    The disc is the number in the tags, else the disc at the end of the album tag, else that of the
    folder. Loosely equal album tags are the same album. A track without an album or disc joins the
    other tracks of its folder if these all belong to one group. If they do not, a track without an
    album tag is left out.
    """
    return album.cached_call(_build_discs)


def group_by_album(album: Album) -> tuple[AlbumGroup, ...]:
    """Group the readable tracks of a folder by album, over all discs; loose tracks give no groups.

    `disc` of these groups is empty.
    """
    return album.cached_call(_build_albums)


def group_label(group: AlbumGroup, groups: Sequence[AlbumGroup]) -> str:
    """Return a text that names one of several groups; return "" if there is only one.

    A detail of an issue starts with this text.
    """
    parts = (
        [compare_text.quote(group.album)]
        if any(other.order != group.order for other in groups)
        else []
    )
    if sum(other.order == group.order for other in groups) > 1:
        parts.append(f"disc {group.disc}" if group.disc else "no disc")
    return f"{', '.join(parts)}: " if parts else ""


def audio_format(track: Track) -> tuple[str, bool]:
    """Return the name of a track's audio format, and whether it is lossless.

    Both are needed because lossy AAC and lossless ALAC share a container.
    """
    return (track.facts.format, track.facts.lossless) if track.facts else ("", False)


def is_compilation(tracks: Sequence[Track]) -> bool:
    """Return whether at least half of the tracks are tagged as by various artists."""
    return 2 * sum(map(_is_by_various_artists, tracks)) >= max(len(tracks), 1)


def _is_by_various_artists(track: Track) -> bool:
    if track.tags.compilation:
        return True
    return any(
        compare_text.comparison_key(name) in VARIOUS_ARTISTS for name in track.tags.albumartist
    )


def _build_discs(album: Album) -> tuple[AlbumGroup, ...]:
    return tuple(
        AlbumGroup(group.album, group.order, disc, tuple(tracks))
        for group in group_by_album(album)
        for disc, tracks in _split_by_disc(group.tracks, album).items()
    )


def _split_by_disc(tracks: Sequence[Track], album: Album) -> dict[str, Sequence[Track]]:
    prefix_length = len(album.place) + 1 if album.place else 0
    if (
        len({(track.tags.disc, track.tags.album) for track in tracks}) == 1
        and not album.sibling_folders
        and not any("/" in track.place[prefix_length:] for track in tracks)
    ):
        return {_disc_from_tags(tracks[0]): tracks}
    by_disc: dict[str, list[Track]] = {}
    folders = _group_tracks(
        tracks, lambda track: disc_folders.subfolder_of_album(track.place, album.place)
    )
    for folder, tracks_in_folder in folders.items():
        discs_in_tags = {disc for track in tracks_in_folder if (disc := _disc_from_tags(track))}
        disc_in_name = (
            disc_folders.trailing_disc_number(folder or album.place)
            if album.sibling_folders
            else ""
        )
        default = (
            next(iter(discs_in_tags))
            if len(discs_in_tags) == 1
            else disc_in_name or _disc_from_folder(folder)
        )
        for track in tracks_in_folder:
            by_disc.setdefault(_disc_from_tags(track) or default, []).append(track)
    return dict(by_disc)


def _build_albums(album: Album) -> tuple[AlbumGroup, ...]:
    if album.is_loose or not album.readable_tracks:
        return ()
    editions = (
        edition
        for tracks in _split_by_title(album.readable_tracks)
        for edition in _split_editions(tracks)
    )
    return tuple(
        AlbumGroup(_most_common_title(tracks), order, "", tuple(tracks))
        for order, tracks in enumerate(editions)
    )


def _split_by_title(tracks: Sequence[Track]) -> list[Sequence[Track]]:
    if len({track.tags.album for track in tracks}) == 1:
        return [tracks]
    by_title = _group_tracks(
        tracks, lambda track: album_titles.title_key(compare_text.first_text(track.tags.album))
    )
    by_title.pop(album_titles.title_key(""), None)
    if len(by_title) > 1:
        _merge_misspelt_titles(by_title)
    return [tracks] if len(by_title) < 2 else list(by_title.values())


def _merge_misspelt_titles(by_key: dict[str, list[Track]]) -> None:
    """Move tracks with a misspelled album title to the right album.

    They are only moved if their track numbers are free there.
    """
    key_by_title = {_most_common_title(tracks): core for core, tracks in by_key.items()}
    counts = {title: len(by_key[core]) for title, core in key_by_title.items()}
    for typo, usual_title in album_titles.find_typos(counts).items():
        misspelled, target = by_key[key_by_title[typo]], by_key[key_by_title[usual_title]]
        if not _share_numbers(misspelled, target):
            target.extend(misspelled)
            del by_key[key_by_title[typo]]


def _split_editions(tracks: Sequence[Track]) -> list[Sequence[Track]]:
    """Split tracks with one album title into releases by their MBIDs.

    They are only split if each release is complete, and the MBIDs are not mixed up.
    """
    if len({track.tags.musicbrainz_albumid for track in tracks}) == 1:
        return [tracks]
    by_release = _group_tracks(
        tracks, lambda track: compare_text.first_text(track.tags.musicbrainz_albumid)
    )
    parts: list[Sequence[Track]] = list(by_release.values())
    if "" in by_release or not all(
        _share_numbers(first, second) for first, second in combinations(parts, 2)
    ):
        return [tracks]
    return parts


def _share_numbers(first: Iterable[Track], second: Iterable[Track]) -> bool:
    """Return whether two groups of tracks both contain the same track number of the same disc."""
    numbers = {(_disc_from_tags(track), track_numbers.track_number(track)) for track in first}
    return any(
        (_disc_from_tags(track), track_numbers.track_number(track) or 0) in numbers
        for track in second
    )


def _most_common_title(tracks: Iterable[Track]) -> str:
    counts: Counter[str] = Counter()
    for album, count in Counter(track.tags.album for track in tracks).items():
        counts[compare_text.first_text(album)] += count
    del counts[""]
    return counts.most_common(1)[0][0] if counts else ""


def _disc_from_tags(track: Track) -> str:
    number = album_titles.normalize_disc_number(track.tags.disc) if track.tags.disc else ""
    return number or album_titles.split_disc(compare_text.first_text(track.tags.album))[1]


@lru_cache(maxsize=1024)
def _disc_from_folder(folder: str) -> str:
    """Return the disc in a folder's name; nested folders may name it together."""
    matches = (_DISC_FOLDER.match(name) for name in folder.split("/"))
    return ".".join(album_titles.normalize_disc_number(match[1]) for match in matches if match)


def _group_tracks(tracks: Iterable[Track], key: Callable[[Track], str]) -> dict[str, list[Track]]:
    by_key: dict[str, list[Track]] = {}
    for track in tracks:
        by_key.setdefault(key(track), []).append(track)
    return by_key
