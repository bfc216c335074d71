"""What is due beside a movie that is identified, decided file by file."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mediakeep.lookups.access import Locale
from mediakeep.lookups.tmdb.films import Movie as Film
from mediakeep.media.nfo import changes, merging
from mediakeep.media.nfo.details import Details
from mediakeep.movies import art, describe, knowledge, plan
from mediakeep.movies.account import NfoState
from mediakeep.movies.art import Art
from mediakeep.movies.beside import Beside
from mediakeep.movies.identify.verdict import Identity
from mediakeep.movies.model import Movie
from mediakeep.movies.plan import NFO, SIDECAR, Due
from mediakeep.movies.tools import Tools


def nfo(local: Movie, film: Film, beside: Beside, locale: Locale) -> tuple[Due | None, Details]:
    """Return the NFO that is due, None where it says all already, and what we want it to say."""
    wanted = describe.details(film, local, locale)
    if beside.nfo.state not in (NfoState.NONE, NfoState.READ):
        return None, wanted
    data = merging.merged(beside.tree, wanted, beside.written)
    if data == beside.nfo_bytes:
        return None, wanted
    differing = changes.of(beside.nfo.details, merging.details(data))
    place = plan.nfo_place(local)
    reason = f"as TMDb has it (movie {film.id})"
    return Due(NFO, place, data, beside.nfo_bytes, reason, differing), wanted


def notes(
    local: Movie, identity: Identity, beside: Beside, locale: Locale, written: Details | None
) -> Due | None:
    """Return our own notes, None where they stand there already, or may not be written."""
    if beside.notes_trouble:
        return None
    data = knowledge.render(knowledge.of(local, identity, locale, written))
    if data == beside.notes_bytes:
        return None
    return Due(SIDECAR, plan.sidecar_place(local), data, beside.notes_bytes, "what was found out")


def pictures(local: Movie, film: Film, tools: Tools, roles: Collection[str]) -> Iterator[Due]:
    """Give the pictures that are due, fetched unless nothing is to be written.

    By force one that is there is replaced. NotAsked and ServiceFailed where TMDb cannot be asked.
    """
    language = tools.places.access.locale.language
    for role in art.ROLES if tools.places.force else plan.lacking(local):
        if role not in roles or not art.ranked(film, role, language):
            continue
        if not tools.is_writing:
            yield Due(role, plan.art_place(local, role), b"", None, "TMDb has one")
        elif found := art.fetched(tools.desk.tmdb, film, role, language):
            yield _picture(local, found)


def _picture(local: Movie, found: Art) -> Due:
    place = plan.art_place(local, found.role, found.suffix)
    path = plan.path(local, place)
    was = path.read_bytes() if path.is_file() else None
    return Due(found.role, place, found.data, was, f"{found.path} at TMDb")
