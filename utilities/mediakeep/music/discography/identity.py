"""Identify the MusicBrainz artist of a folder: by albums, never by the name alone.

Artists with the same name are distinguished by their albums. If these do not decide, the user does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import structs

from mediakeep.lookups.catalogue import Artist, Release
from mediakeep.lookups.known import Choice
from mediakeep.music.checks import letters
from mediakeep.music.discography import likeness, title_keys

SEVERAL = 2  # albums needed to accept an artist with another name


class Candidate(msgspec.Struct, frozen=True):
    """A possible artist, and the titles of the local albums that are theirs."""

    artist: Artist
    titles: tuple[str, ...]
    named: bool  # credited under exactly the queried name


class Verdict(msgspec.Struct, frozen=True):
    """The artist, or None and the candidates if the identity is uncertain."""

    artist: Artist | None = None
    candidates: tuple[Choice, ...] = ()
    named: bool = False  # whether the candidates have exactly the queried name


def by_albums(
    name: str, titles: Sequence[str], hits: Iterable[Release], same: Iterable[Artist] = ()
) -> Verdict:
    """Identify the artist by a vote of the albums: the one who made most of them.

    A tie decides nothing. `same` are artists known to have the name, or to have it as an alias.
    """
    ids = {artist.id for artist in same}
    candidates = [
        structs.replace(candidate, named=candidate.named or candidate.artist.id in ids)
        for candidate in _candidates(name, titles, hits)
    ]
    # Artists with another name count only if none has this one.
    named = [candidate for candidate in candidates if candidate.named]
    ranked = sorted(named or candidates, key=lambda candidate: -len(candidate.titles))
    if not ranked:
        return Verdict()
    first, *rest = ranked
    is_clear = not rest or len(first.titles) > len(rest[0].titles)
    if is_clear and (first.named or len(first.titles) >= SEVERAL):
        return Verdict(first.artist)
    choices = tuple(Choice(candidate.artist, candidate.titles) for candidate in ranked)
    return Verdict(candidates=choices, named=bool(named))


def either(certain: Verdict, other: Verdict) -> Verdict:
    """Return `certain` if it names an artist, else the candidates of both."""
    if certain.artist:
        return certain
    both = {choice.artist.id: choice for choice in (*other.candidates, *certain.candidates)}
    return Verdict(candidates=tuple(both.values()))


def namesakes(name: str, artists: Iterable[Artist]) -> list[Artist]:
    """Return the artists with a name, or with it as an alias."""
    key = letters.loose(name)
    return [artist for artist in artists if key in _names(artist) and not artist.is_special]


def alike(name: str, titles: Sequence[str], hits: Iterable[Release]) -> tuple[Choice, ...]:
    """Return the artists with a similar name and an album of similar title, best first."""
    keys, name_key = {title_keys.base_key(title): title for title in titles}, letters.loose(name)
    candidates: dict[str, Candidate] = {}
    for release in hits:
        key = likeness.likest(title_keys.base_key(release.title), keys)
        for credit in release.artist_credit if key is not None else ():
            names = {letters.loose(credit.name), *_names(credit.artist)}
            if credit.artist.is_special or not likeness.is_like(name_key, names):
                continue
            before = candidates.get(credit.artist.id, Candidate(credit.artist, (), named=False))
            titles_made = tuple(dict.fromkeys((*before.titles, keys[key or ""])))
            candidates[credit.artist.id] = structs.replace(before, titles=titles_made)
    ranked = sorted(candidates.values(), key=lambda candidate: -len(candidate.titles))
    return tuple(Choice(candidate.artist, candidate.titles) for candidate in ranked)


def is_like(name: str, choice: Choice) -> bool:
    """Return whether an artist has a similar name, or a similar alias."""
    return likeness.is_like(letters.loose(name), _names(choice.artist))


def unheard(same: Iterable[Artist]) -> tuple[Choice, ...]:
    """Return the candidates if none of their albums is owned."""
    return tuple(Choice(artist) for artist in same)


def _names(artist: Artist) -> set[str]:
    texts = (artist.name, artist.sort_name, *(alias.name for alias in artist.aliases))
    return {letters.loose(text) for text in texts if text}


def _candidates(name: str, titles: Sequence[str], hits: Iterable[Release]) -> list[Candidate]:
    titles_by_key = {key: title for title in titles for key in _keys(title)}
    candidates: dict[str, Candidate] = {}
    for release in hits:
        title = next(
            (titles_by_key[key] for key in _keys(release.title) if key in titles_by_key), None
        )
        for credit in release.artist_credit if title else ():
            if credit.artist.is_special:
                continue
            before = candidates.get(credit.artist.id, Candidate(credit.artist, (), named=False))
            named = letters.loose(name) in {letters.loose(credit.name), *_names(credit.artist)}
            titles_made = tuple(dict.fromkeys((*before.titles, title or "")))
            candidates[credit.artist.id] = Candidate(
                credit.artist, titles_made, before.named or named
            )
    return list(candidates.values())


def _keys(title: str) -> tuple[str, ...]:
    """Return the keys of a title, the exact one first."""
    return title_keys.title_key(title), title_keys.base_key(title)
