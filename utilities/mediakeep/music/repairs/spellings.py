"""Proposals for names that are spelled in several ways: the most frequent spelling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from mediakeep.media.audio.tag_edits import Values
from mediakeep.music import album_grouping
from mediakeep.music.album_grouping import AlbumGroup
from mediakeep.music.checks import consistency
from mediakeep.music.model import Artist
from mediakeep.music.repairs import majority_value, repair
from mediakeep.music.repairs.repair import Repair
from mediakeep.music.text import album_titles, compare_text, placeholders

_MIN_TRACKS = 3  # tracks required for a majority
_REASON = "the spelling of most tracks"
_CREDIT_FIELDS = (
    ("artist", "musicbrainz_artistid"),
    ("albumartist", "musicbrainz_albumartistid"),
)


def propose_artist_variation(artist: Artist) -> Iterator[Repair]:
    """Propose the most frequent spelling of an artist for the other tracks."""
    preferred = _preferred_spellings(artist)
    for track in artist.tracks if preferred else ():
        for field, _ in _CREDIT_FIELDS:
            current: Values = getattr(track.tags, field)
            new = tuple(
                preferred.get(compare_text.normalize_spaces(text), text) for text in current
            )
            if new != current and repair.is_writable(track):
                yield from repair.set_field(track, field, new, "artist-variation", _REASON)


def propose_album_variation(artist: Artist) -> Iterator[Repair]:
    """Propose the most frequent spelling of an album title; a disc in it moves to its own field."""
    for album in artist.albums:
        if consistency.album_variation(album) is not None:
            for group in album_grouping.group_by_album(album):
                yield from _unify_titles(group)


def propose_albumartist_mixed(artist: Artist) -> Iterator[Repair]:
    """Propose the album artist of most tracks of an album for the others."""
    for album in artist.albums:
        if consistency.albumartist_mixed(album) is not None:
            for group in album_grouping.group_by_album(album):
                yield from _unify_albumartists(group)


def _preferred_spellings(artist: Artist) -> dict[str, str]:
    """Return the preferred spelling for each spelling that is clearly rarer."""
    counts: dict[str, Counter[str]] = {}
    ids: dict[str, set[str]] = {}
    for track in artist.tracks:
        names = dict[str, set[str]]()
        for field, mbid_field in _CREDIT_FIELDS:
            for name in map(compare_text.normalize_spaces, getattr(track.tags, field)):
                names.setdefault(name, set()).update(getattr(track.tags, mbid_field))
        for name, mbids in names.items():
            counts.setdefault(compare_text.comparison_key(name), Counter())[name] += 1
            ids.setdefault(name, set()).update(mbids)
    return {
        name: best
        for spellings in counts.values()
        if len(spellings) > 1
        and (best := majority_value.find_majority(spellings))
        and spellings.total() >= _MIN_TRACKS
        for name in spellings
        if name != best
        and not placeholders.is_placeholder_artist(best)
        and _may_be_same_artist(ids[name], ids[best])
    }


def _may_be_same_artist(mbids: set[str], others: set[str]) -> bool:
    """Return whether two spellings may be one artist; `mbids` and `others` are their MBIDs."""
    return not mbids or not others or bool(mbids & others)


def _unify_titles(group: AlbumGroup) -> Iterator[Repair]:
    cleaned = {
        track.place: majority_value.non_blank_cleaned_values(track, "album")
        for track in group.tracks
    }
    parts = {
        place: album_titles.split_disc(compare_text.normalize_spaces(texts[0]))
        for place, texts in cleaned.items()
        if texts
    }
    if len(set(cleaned.values()) - {()}) < 2:
        return
    preferred = majority_value.find_majority(Counter(title for title, _ in parts.values())) or ""
    for track in (
        group.tracks if preferred and not placeholders.is_placeholder_album(preferred) else ()
    ):
        title, disc = parts.get(track.place, (preferred, ""))
        has_one_title = len(track.tags.album) == 1
        if (title != preferred or disc) and has_one_title and repair.is_writable(track):
            yield from repair.set_field(track, "album", (preferred,), "album-variation", _REASON)
            if disc and not compare_text.has_text(track.tags.disc):
                reason = "from the album's title"
                yield from repair.set_field(track, "disc", (disc,), "album-variation", reason)


def _unify_albumartists(group: AlbumGroup) -> Iterator[Repair]:
    cleaned = {
        track.place: majority_value.non_blank_cleaned_values(track, "albumartist")
        for track in group.tracks
    }
    keys = {
        place: tuple(map(compare_text.comparison_key, names))
        for place, names in cleaned.items()
        if names
    }
    preferred = majority_value.find_majority(Counter(keys.values()))
    if preferred is None or len(keys) < _MIN_TRACKS:
        return
    names = _most_frequent_form(cleaned, keys, preferred)
    for track in group.tracks if not any(map(placeholders.is_placeholder_artist, names)) else ():
        if keys.get(track.place, preferred) != preferred and repair.is_writable(track):
            yield from repair.set_field(track, "albumartist", names, "albumartist-mixed", _REASON)


def _most_frequent_form(
    cleaned: Mapping[str, Values], keys: Mapping[str, Values], wanted_key: Values
) -> Values:
    """Return the most frequent spelling of values whose comparison key is `wanted_key`."""
    counts = Counter(cleaned[place] for place, other_key in keys.items() if other_key == wanted_key)
    return counts.most_common(1)[0][0]
