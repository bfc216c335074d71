"""Which artist of MusicBrainz a folder's artist is: decided by albums, never by a name alone.

Two artists of one name are told apart by which of them made the albums. Where that does not
decide, nobody does but a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import structs

from mediakeep.lookups.catalogue import Artist, Release
from mediakeep.lookups.known import Choice
from mediakeep.music.checks import letters
from mediakeep.music.discography import likeness, title_keys

SEVERAL = 2  # albums that outweigh another name


class Candidate(msgspec.Struct, frozen=True):
    """An artist who may be meant, and the titles of the albums here that are theirs."""

    artist: Artist
    titles: tuple[str, ...]
    named: bool  # credited under the very name that is asked for


class Verdict(msgspec.Struct, frozen=True):
    """Who it is; where that is not certain, nobody, and those who may be meant."""

    artist: Artist | None = None
    candidates: tuple[Choice, ...] = ()
    named: bool = False  # whether the candidates bear the very name


def by_albums(
    name: str, titles: Sequence[str], hits: Iterable[Release], same: Iterable[Artist] = ()
) -> Verdict:
    """Let the albums vote: whoever made most of them is the artist, if nobody made as many.

    `same` are artists who are known to bear the name, or to have it as an alias.
    """
    ids = {artist.id for artist in same}
    found = [
        structs.replace(one, named=one.named or one.artist.id in ids)
        for one in _candidates(name, titles, hits)
    ]
    # Who bears another name is thought of only where nobody bears this one.
    named = [one for one in found if one.named]
    ranked = sorted(named or found, key=lambda one: -len(one.titles))
    if not ranked:
        return Verdict()
    first, *others = ranked
    clear = not others or len(first.titles) > len(others[0].titles)
    if clear and (first.named or len(first.titles) >= SEVERAL):
        return Verdict(first.artist)
    choices = tuple(Choice(one.artist, one.titles) for one in ranked)
    return Verdict(candidates=choices, named=bool(named))


def either(certain: Verdict, other: Verdict) -> Verdict:
    """Return a verdict if it says who it is, else all who may be meant by one of two."""
    if certain.artist:
        return certain
    both = {one.artist.id: one for one in (*other.candidates, *certain.candidates)}
    return Verdict(candidates=tuple(both.values()))


def namesakes(name: str, found: Iterable[Artist]) -> list[Artist]:
    """Return the artists that bear a name, or have it as an alias."""
    wanted = letters.loose(name)
    return [one for one in found if wanted in _names(one) and not one.is_special]


def alike(name: str, titles: Sequence[str], hits: Iterable[Release]) -> tuple[Choice, ...]:
    """Return the artists who have nearly the name and an album of nearly a title, best first."""
    keys, wanted = {title_keys.base_key(title): title for title in titles}, letters.loose(name)
    found: dict[str, Candidate] = {}
    for release in hits:
        key = likeness.likest(title_keys.base_key(release.title), keys)
        for credit in release.artist_credit if key is not None else ():
            names = {letters.loose(credit.name), *_names(credit.artist)}
            if credit.artist.is_special or not likeness.is_like(wanted, names):
                continue
            before = found.get(credit.artist.id, Candidate(credit.artist, (), named=False))
            made = tuple(dict.fromkeys((*before.titles, keys[key or ""])))
            found[credit.artist.id] = structs.replace(before, titles=made)
    ranked = sorted(found.values(), key=lambda one: -len(one.titles))
    return tuple(Choice(one.artist, one.titles) for one in ranked)


def is_like(name: str, choice: Choice) -> bool:
    """Tell whether an artist has nearly a name, or has it as an alias."""
    return likeness.is_like(letters.loose(name), _names(choice.artist))


def unheard(same: Iterable[Artist]) -> tuple[Choice, ...]:
    """Name those who may be meant where none of their albums is here."""
    return tuple(Choice(artist) for artist in same)


def _names(artist: Artist) -> set[str]:
    texts = (artist.name, artist.sort_name, *(alias.name for alias in artist.aliases))
    return {letters.loose(text) for text in texts if text}


def _candidates(name: str, titles: Sequence[str], hits: Iterable[Release]) -> list[Candidate]:
    wanted = {key: title for title in titles for key in _keys(title)}
    found: dict[str, Candidate] = {}
    for release in hits:
        title = next((wanted[key] for key in _keys(release.title) if key in wanted), None)
        for credit in release.artist_credit if title else ():
            if credit.artist.is_special:
                continue
            before = found.get(credit.artist.id, Candidate(credit.artist, (), named=False))
            named = letters.loose(name) in {letters.loose(credit.name), *_names(credit.artist)}
            made = tuple(dict.fromkeys((*before.titles, title or "")))
            found[credit.artist.id] = Candidate(credit.artist, made, before.named or named)
    return list(found.values())


def _keys(title: str) -> tuple[str, ...]:
    """Return a title's keys, the exact one first."""
    return title_keys.title_key(title), title_keys.base_key(title)
