"""Decide which sidecars of an identified movie have to be written."""

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
    """A picture of another movie that mediakeep wrote, still unchanged."""

    place: str
    data: bytes


class Said(msgspec.Struct, frozen=True):
    """The content that mediakeep wrote: the values in the NFO, and the pictures by role.

    `is_current` is false if the NFO is still about another movie.
    """

    nfo: Details | None
    pictures: dict[str, Fetched]
    is_current: bool = True


def nfo(
    local: Movie, film: Film, existing: Beside, locale: Locale, context: Tools
) -> tuple[Due | None, Details | None]:
    """Return the NFO to write, or None if it is up to date, and our values in it after that.

    An NFO of ours in a place that Jellyfin does not read is moved with its whole content. An
    unusable NFO stays, or is set aside by the policy.
    """
    wanted, written = describe.details(film, local, locale), existing.written
    reason = f"as TMDb has it (movie {film.id})"
    if existing.nfo.state not in (NfoState.NONE, NfoState.READ):
        if context.places.policy.nfo != "set-aside" or existing.is_locked:
            return None, written
        return _in_place_of(local, existing.nfo.place, wanted, reason)
    if existing.tree and merging.disagrees(existing.tree, wanted, written):
        return None, written
    before, now = existing.notes, (locale.language, locale.country)
    elsewhere = before is not None and (before.language, before.country) != now
    data = merging.merged(existing.tree, wanted, written, elsewhere=elsewhere)
    remembered = merging.remembered(wanted, written, elsewhere=elsewhere)
    place, misplaced = plan.nfo_place(local), ownership.misplaced(local, context)
    if data == existing.nfo_bytes and not misplaced:
        return None, remembered
    if place in misplaced:
        differing = changes.of(None, merging.details(data))
        new = plan.new_nfo_place(local)
        return Due(NFO, new, data, None, reason, differing, misplaced), remembered
    differing = changes.of(existing.nfo.details, merging.details(data))
    return Due(NFO, place, data, existing.nfo_bytes, reason, differing, misplaced), remembered


def _in_place_of(
    local: Movie, unusable: str, wanted: Details, reason: str
) -> tuple[Due | None, Details | None]:
    """Return the NFO that replaces an unusable one, which is set aside."""
    data, was = merging.merged(None, wanted, None), _content(local, unusable)
    if was is None:  # the reader reports it
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
    local: Movie, identity: Identity, existing: Beside, locale: Locale, content: Said
) -> Due | None:
    """Return the metadata file to write, or None if it is up to date or must not be written.

    As long as the NFO is about another movie, or in another language, so is the metadata: otherwise
    our values would pass for the user's.
    """
    if existing.notes_trouble:
        return None
    metadata, before = (
        knowledge.of(local, identity, locale, content.nfo, content.pictures),
        existing.notes,
    )
    if before and before.nfo and not content.is_current:
        metadata = msgspec.structs.replace(
            metadata, language=before.language, country=before.country
        )
        if before.tmdb_id != metadata.tmdb_id:
            metadata = msgspec.structs.replace(before, pictures=content.pictures)
    data = knowledge.render(metadata, existing.notes_bytes)
    if data == existing.notes_bytes:
        return None
    return Due(SIDECAR, plan.sidecar_place(local), data, existing.notes_bytes, "what was found out")


def pictures(local: Movie, film: Film, existing: Beside, context: Tools) -> Iterator[Due]:
    """Yield the pictures to write, with their content unless this is a dry run.

    Missing ones and our own of another movie are written, with `force` all of them. Raise NotAsked
    or ServiceFailed if TMDb cannot be queried.
    """
    language, forced = context.places.access.locale.tongue, context.places.force
    stale, missing = _stale(local, film, existing), plan.lacking(local)
    for role in art.ROLES:
        old = None if forced else stale.get(role)
        is_due = forced or old or role in missing
        if not is_due or role not in context.places.roles or not art.ranked(film, role, language):
            continue
        suffix = f".{old.place.rpartition('.')[2]}" if old else ""
        if not context.is_writing:
            place = old.place if old else plan.art_place(local, role)
            yield Due(role, place, b"", _was(local, place, old, forced), "TMDb has one")
        elif picture := art.fetched(context.desk.tmdb, film, role, language, suffix):
            yield _picture(local, picture, old, forced)


def _picture(local: Movie, picture: Art, old: Stale | None, forced: bool) -> Due:
    """Return a picture to write; a file that the user adds meanwhile blocks it."""
    place = old.place if old else plan.art_place(local, picture.role, picture.suffix)
    was = _was(local, place, old, forced)
    return Due(picture.role, place, picture.data, was, _source(picture.path))


def unnoted(
    local: Movie, film: Film, known: Collection[str], stamp: Stamp, context: Tools
) -> dict[str, Fetched]:
    """Return the pictures written by an attempt that was killed before it recorded them.

    They belong to this movie. `known` are the roles of recorded ones.
    """
    if not context.has_changed_files or all(image.role in known for image in local.images):
        return {}
    reasons = {_source(picture.path) for picture in (*film.posters, *film.backdrops)}
    records = context.store.changes(stamp.key, stamp.first_claim, stamp.since, kinds.MOVIES.name)
    return {
        role: Fetched(film.id, record.new.sha256)
        for record in records
        for role, change in record.fields.items()
        if role in art.ROLES and role not in known and change.reason in reasons
    }


def _source(path: str) -> str:
    """Return the source of a picture, as stored in undo records."""
    return f"{path} at TMDb"


def _was(local: Movie, place: str, old: Stale | None, forced: bool) -> bytes | None:
    """Return the content that a picture replaces."""
    if forced:
        return _content(local, place)
    return old.data if old else None


def _stale(local: Movie, film: Film, existing: Beside) -> dict[str, Stale]:
    """Return the pictures by role that we wrote when the movie was identified differently.

    Pictures changed since then belong to the user.
    """
    stale: dict[str, Stale] = {}
    recorded = existing.notes.pictures if existing.notes else {}
    for image in local.images:
        ours = recorded.get(image.role)
        if ours is None or ours.tmdb_id == film.id:
            continue
        data = _content(local, image.place)
        if data and sha256(data).hexdigest() == ours.sha256:
            stale[image.role] = Stale(image.place, data)
    return stale


def _content(local: Movie, place: str) -> bytes | None:
    """Read a file; return None if it cannot be read, as the writer reports that."""
    try:
        return sidecars.read(plan.path(local, place))
    except Unreadable:
        return None
