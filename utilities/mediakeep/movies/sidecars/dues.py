"""What is due beside a movie that is identified, decided file by file."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from hashlib import sha256

import msgspec

from mediakeep import kinds
from mediakeep.errors import Unreadable
from mediakeep.lookups.access import Locale
from mediakeep.lookups.tmdb.films import Movie as Film
from mediakeep.media import sidecars
from mediakeep.media.nfo import changes, merging
from mediakeep.media.nfo.details import Details
from mediakeep.movies.account import NfoState
from mediakeep.movies.identify.verdict import Identity
from mediakeep.movies.model import Movie
from mediakeep.movies.sidecars import art, describe, knowledge, ownership, plan
from mediakeep.movies.sidecars.art import Art
from mediakeep.movies.sidecars.beside import Beside
from mediakeep.movies.sidecars.knowledge import Fetched
from mediakeep.movies.sidecars.plan import NFO, SIDECAR, Due
from mediakeep.movies.tools import Tools
from mediakeep.outcome import Stamp


class Stale(msgspec.Struct, frozen=True):
    """A picture of another movie that mediakeep has put there, as it still is."""

    place: str
    data: bytes


class Said(msgspec.Struct, frozen=True):
    """What is ours beside a movie: what its NFO says of us, and the pictures by their roles.

    It `is_current` where the NFO is about the movie as it is identified now.
    """

    nfo: Details | None
    pictures: dict[str, Fetched]
    is_current: bool = True


def nfo(
    local: Movie, film: Film, beside: Beside, locale: Locale, tools: Tools
) -> tuple[Due | None, Details | None]:
    """Return the NFO that is due, None where it says all already, and what of ours it says then.

    An NFO of ours that lies where Jellyfin never reads it is moved with all that it says. One that
    cannot be read stays, or is set aside by the policy.
    """
    wanted, written = describe.details(film, local, locale), beside.written
    reason = f"as TMDb has it (movie {film.id})"
    if beside.nfo.state not in (NfoState.NONE, NfoState.READ):
        if tools.places.policy.nfo != "set-aside" or beside.is_locked:
            return None, written
        return _in_place_of(local, beside.nfo.place, wanted, reason)
    if beside.tree and merging.disagrees(beside.tree, wanted, written):
        return None, written
    was, now = beside.notes, (locale.language, locale.country)
    elsewhere = was is not None and (was.language, was.country) != now
    data = merging.merged(beside.tree, wanted, written, elsewhere=elsewhere)
    said = merging.remembered(wanted, written, elsewhere=elsewhere)
    place, misplaced = plan.nfo_place(local), ownership.misplaced(local, tools)
    if data == beside.nfo_bytes and not misplaced:
        return None, said
    if place in misplaced:
        differing = changes.of(None, merging.details(data))
        new = plan.new_nfo_place(local)
        return Due(NFO, new, data, None, reason, differing, misplaced), said
    differing = changes.of(beside.nfo.details, merging.details(data))
    return Due(NFO, place, data, beside.nfo_bytes, reason, differing, misplaced), said


def _in_place_of(
    local: Movie, unusable: str, wanted: Details, reason: str
) -> tuple[Due | None, Details | None]:
    """Return the NFO that takes the place of one that cannot be read, which is kept aside."""
    data, was = merging.merged(None, wanted, None), _content(local, unusable)
    if was is None:  # whoever reads it will tell
        return None, None
    number = 1
    while _content(local, aside := plan.aside_place(unusable, number)) not in (None, was):
        number += 1
    place = unusable if unusable == plan.MOVIE_NFO else plan.new_nfo_place(local)
    return Due(
        NFO,
        place,
        data,
        was if place == unusable else None,
        reason,
        changes.of(None, merging.details(data)),
        replaces={} if place == unusable else {unusable: was},
        set_aside={aside: was},
    ), merging.remembered(wanted, None)


def notes(
    local: Movie, identity: Identity, beside: Beside, locale: Locale, said: Said
) -> Due | None:
    """Return our own notes, None where they stand there already, or may not be written.

    While the NFO still is what we wrote of another movie, they stay those of that one, and likewise
    for another language: else its values would pass for a person's.
    """
    if beside.notes_trouble:
        return None
    known, before = knowledge.of(local, identity, locale, said.nfo, said.pictures), beside.notes
    if before and before.nfo and not said.is_current:
        spoken = {"language": before.language, "country": before.country}
        known = msgspec.structs.replace(known, **spoken)
        if before.tmdb_id != known.tmdb_id:
            known = msgspec.structs.replace(before, pictures=said.pictures)
    data = knowledge.render(known, beside.notes_bytes)
    if data == beside.notes_bytes:
        return None
    return Due(SIDECAR, plan.sidecar_place(local), data, beside.notes_bytes, "what was found out")


def pictures(local: Movie, film: Film, beside: Beside, tools: Tools) -> Iterator[Due]:
    """Give the pictures that are due, fetched unless nothing is to be written.

    Due are those that are lacking, and those that are ours of another movie; by force all.
    NotAsked and ServiceFailed where TMDb cannot be asked.
    """
    language, forced = tools.places.access.locale.tongue, tools.places.force
    stale, lacking = _stale(local, film, beside), plan.lacking(local)
    for role in art.ROLES:
        old = None if forced else stale.get(role)
        is_due = forced or old or role in lacking
        if not is_due or role not in tools.places.roles or not art.ranked(film, role, language):
            continue
        suffix = f".{old.place.rpartition('.')[2]}" if old else ""
        if not tools.is_writing:
            place = old.place if old else plan.art_place(local, role)
            yield Due(role, place, b"", _was(local, place, old, forced), "TMDb has one")
        elif found := art.fetched(tools.desk.tmdb, film, role, language, suffix):
            yield _picture(local, found, old, forced)


def _picture(local: Movie, found: Art, old: Stale | None, forced: bool) -> Due:
    """Return a picture that is due; what a person puts there meanwhile is in its way."""
    place = old.place if old else plan.art_place(local, found.role, found.suffix)
    was = _was(local, place, old, forced)
    return Due(found.role, place, found.data, was, _source(found.path))


def unnoted(
    local: Movie, film: Film, known: Collection[str], stamp: Stamp, tools: Tools
) -> dict[str, Fetched]:
    """Return the pictures that a try of ours has put there, which was killed before it said so.

    They are of this very movie. `known` are the roles of those of which that is known.
    """
    if not tools.has_changed_files or all(one.role in known for one in local.images):
        return {}
    reasons = {_source(one.path) for one in (*film.posters, *film.backdrops)}
    made = tools.store.changes(stamp.key, stamp.first_claim, stamp.since, kinds.MOVIES.name)
    return {
        role: Fetched(film.id, one.new.sha256)
        for one in made
        for role, change in one.fields.items()
        if role in art.ROLES and role not in known and change.reason in reasons
    }


def _source(path: str) -> str:
    """Say where a picture came from."""
    return f"{path} at TMDb"


def _was(local: Movie, place: str, old: Stale | None, forced: bool) -> bytes | None:
    """Return what a picture takes the place of."""
    if forced:
        return _content(local, place)
    return old.data if old else None


def _stale(local: Movie, film: Film, beside: Beside) -> dict[str, Stale]:
    """Return the pictures by their roles that we put there when it was taken for another movie.

    What anybody has changed since is theirs.
    """
    found: dict[str, Stale] = {}
    known = beside.notes.pictures if beside.notes else {}
    for one in local.images:
        ours = known.get(one.role)
        if ours is None or ours.tmdb_id == film.id:
            continue
        data = _content(local, one.place)
        if data and sha256(data).hexdigest() == ours.sha256:
            found[one.role] = Stale(one.place, data)
    return found


def _content(local: Movie, place: str) -> bytes | None:
    """Read a picture; of one that refuses, whoever writes there will tell."""
    try:
        return sidecars.read(plan.path(local, place))
    except Unreadable:
        return None
