"""Identify the MusicBrainz artist of a folder by the albums, never by the name alone.

Several artists can have the same name. If the albums do not tell them apart, the user decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import structs

from mediakeep.lookups.musicbrainz.lookup_store import PossibleArtist
from mediakeep.lookups.musicbrainz.model import Artist, Release
from mediakeep.music.artist_lookup import album_similarity
from mediakeep.music.text import compare_text, title_keys

MIN_ALBUMS_OF_OTHER_NAME = 2  # albums needed to accept an artist with another name


class ArtistCandidate(msgspec.Struct, frozen=True):
    """An artist that the folder may belong to, and the titles of local albums by them."""

    artist: Artist
    titles: tuple[str, ...]
    has_same_name: bool  # credited under exactly the queried name


class ArtistIdentity(msgspec.Struct, frozen=True):
    """The identified artist, or None and the candidates if it is uncertain who it is."""

    artist: Artist | None = None
    candidates: tuple[PossibleArtist, ...] = ()
    has_same_name: bool = False  # whether the candidates have exactly the queried name


def identify_by_albums(
    name: str, titles: Sequence[str], hits: Iterable[Release], namesakes: Iterable[Artist] = ()
) -> ArtistIdentity:
    """Identify the artist who made most of the local albums; if two made equally many, none is.

    `namesakes` are artists known to have the name, or to have it as an alias.
    """
    mbids = {artist.id for artist in namesakes}
    candidates = [
        structs.replace(
            candidate, has_same_name=candidate.has_same_name or candidate.artist.id in mbids
        )
        for candidate in _collect_candidates(name, titles, hits)
    ]
    # Artists with another name count only if none has this one.
    named = [candidate for candidate in candidates if candidate.has_same_name]
    ranked = sorted(named or candidates, key=lambda candidate: -len(candidate.titles))
    if not ranked:
        return ArtistIdentity()
    first, *rest = ranked
    is_clear = not rest or len(first.titles) > len(rest[0].titles)
    if is_clear and (first.has_same_name or len(first.titles) >= MIN_ALBUMS_OF_OTHER_NAME):
        return ArtistIdentity(first.artist)
    choices = tuple(PossibleArtist(candidate.artist, candidate.titles) for candidate in ranked)
    return ArtistIdentity(candidates=choices, has_same_name=bool(named))


def merge_identities(certain: ArtistIdentity, other: ArtistIdentity) -> ArtistIdentity:
    """Return `certain` if it has an artist, else an identity with the candidates of both."""
    if certain.artist:
        return certain
    both = {choice.artist.id: choice for choice in (*other.candidates, *certain.candidates)}
    return ArtistIdentity(candidates=tuple(both.values()))


def find_namesakes(name: str, artists: Iterable[Artist]) -> list[Artist]:
    """Return those artists that have this name, or have it as an alias."""
    key = compare_text.comparison_key(name)
    return [
        artist for artist in artists if key in _all_names(artist) and not artist.is_special_purpose
    ]


def find_similar_artists(
    name: str, titles: Sequence[str], hits: Iterable[Release]
) -> tuple[PossibleArtist, ...]:
    """Return artists with a similar name and an album with a similar title, best first."""
    keys, name_key = (
        {title_keys.base_title_key(title): title for title in titles},
        compare_text.comparison_key(name),
    )
    candidates: dict[str, ArtistCandidate] = {}
    for release in hits:
        key = album_similarity.most_similar(title_keys.base_title_key(release.title), keys)
        for credit in release.artist_credit if key is not None else ():
            names = {compare_text.comparison_key(credit.name), *_all_names(credit.artist)}
            if credit.artist.is_special_purpose or not album_similarity.is_similar(name_key, names):
                continue
            before = candidates.get(
                credit.artist.id, ArtistCandidate(credit.artist, (), has_same_name=False)
            )
            titles_made = tuple(dict.fromkeys((*before.titles, keys[key or ""])))
            candidates[credit.artist.id] = structs.replace(before, titles=titles_made)
    ranked = sorted(candidates.values(), key=lambda candidate: -len(candidate.titles))
    return tuple(PossibleArtist(candidate.artist, candidate.titles) for candidate in ranked)


def has_similar_name(name: str, choice: PossibleArtist) -> bool:
    """Return whether an artist's name or an alias resembles the given name."""
    return album_similarity.is_similar(compare_text.comparison_key(name), _all_names(choice.artist))


def candidates_without_albums(namesakes: Iterable[Artist]) -> tuple[PossibleArtist, ...]:
    """Return artists as candidates for the user's choice, none of whose albums is owned."""
    return tuple(PossibleArtist(artist) for artist in namesakes)


def _all_names(artist: Artist) -> set[str]:
    texts = (artist.name, artist.sort_name, *(alias.name for alias in artist.aliases))
    return {compare_text.comparison_key(text) for text in texts if text}


def _collect_candidates(
    name: str, titles: Sequence[str], hits: Iterable[Release]
) -> list[ArtistCandidate]:
    titles_by_key = {key: title for title in titles for key in _title_keys(title)}
    candidates: dict[str, ArtistCandidate] = {}
    for release in hits:
        title = next(
            (titles_by_key[key] for key in _title_keys(release.title) if key in titles_by_key), None
        )
        for credit in release.artist_credit if title else ():
            if credit.artist.is_special_purpose:
                continue
            before = candidates.get(
                credit.artist.id, ArtistCandidate(credit.artist, (), has_same_name=False)
            )
            named = compare_text.comparison_key(name) in {
                compare_text.comparison_key(credit.name),
                *_all_names(credit.artist),
            }
            titles_made = tuple(dict.fromkeys((*before.titles, title or "")))
            candidates[credit.artist.id] = ArtistCandidate(
                credit.artist, titles_made, before.has_same_name or named
            )
    return list(candidates.values())


def _title_keys(title: str) -> tuple[str, ...]:
    """Return the comparison keys of an album title, the exact one first."""
    return title_keys.title_key(title), title_keys.base_title_key(title)
