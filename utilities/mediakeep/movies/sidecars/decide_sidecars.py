"""Decide which sidecars of an identified movie have to be written."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from hashlib import sha256

import msgspec

from mediakeep.lookups.service_config import Locale
from mediakeep.lookups.tmdb.model import Movie as Film
from mediakeep.media.nfo import diff, merge
from mediakeep.media.nfo.model import NfoMovie
from mediakeep.movies.identify.model import MovieIdentity
from mediakeep.movies.item import MOVIES
from mediakeep.movies.model import LocalMovie
from mediakeep.movies.result import NfoState
from mediakeep.movies.sidecars import (
    artwork,
    metadata_json,
    nfo_content,
    nfo_ownership,
    pending_files,
)
from mediakeep.movies.sidecars.artwork import FetchedPicture
from mediakeep.movies.sidecars.existing_sidecars import ExistingSidecars
from mediakeep.movies.sidecars.metadata_json import RecordedPicture
from mediakeep.movies.sidecars.nfo_ownership import read_or_none
from mediakeep.movies.sidecars.pending_files import METADATA, NFO, PendingFile
from mediakeep.movies.worker_context import MovieWorkerContext
from mediakeep.outcome import Stamp


class StalePicture(msgspec.Struct, frozen=True):
    """A picture of another movie, which mediakeep wrote next to this one and nobody has changed."""

    place: str
    data: bytes


class WrittenContent(msgspec.Struct, frozen=True):
    """What mediakeep wrote for a movie: the values in the NFO, and the pictures by role.

    `is_current` is False if the NFO is still about another movie.
    """

    nfo: NfoMovie | None
    pictures: dict[str, RecordedPicture]
    is_current: bool = True


def decide_nfo(
    local: LocalMovie,
    movie: Film,
    existing: ExistingSidecars,
    locale: Locale,
    context: MovieWorkerContext,
) -> tuple[PendingFile | None, NfoMovie | None]:
    """Return the NFO to write and the values that mediakeep will then have in it.

    The first is None if the NFO is up to date. An NFO of mediakeep in a place that Jellyfin does
    not read is moved with its whole content. The write policy decides whether an unusable NFO stays
    or is renamed.
    """
    wanted, written = nfo_content.build_nfo_content(movie, local, locale), existing.last_written
    reason = f"as TMDb has it (movie {movie.id})"
    if existing.nfo.state not in (NfoState.NONE, NfoState.READ):
        if context.config.policy.nfo != "set-aside" or existing.is_locked:
            return None, written
        return _replace_unusable_nfo(local, existing.nfo.place, wanted, reason)
    if existing.document and merge.is_other_movie(existing.document, wanted, written):
        return None, written
    before, now = existing.metadata, (locale.language, locale.country)
    elsewhere = before is not None and (before.language, before.country) != now
    data = merge.merge_details(existing.document, wanted, written, elsewhere=elsewhere)
    remembered = merge.select_written_details(wanted, written, elsewhere=elsewhere)
    place, misplaced = (
        pending_files.nfo_place(local),
        nfo_ownership.find_misplaced_nfos(local, context),
    )
    if data == existing.nfo_bytes and not misplaced:
        return None, remembered
    if place in misplaced:
        differing = diff.compare_details(None, merge.parse_details(data))
        new = pending_files.new_nfo_place(local)
        return PendingFile(NFO, new, data, None, reason, differing, misplaced), remembered
    differing = diff.compare_details(existing.nfo.details, merge.parse_details(data))
    return PendingFile(
        NFO, place, data, existing.nfo_bytes, reason, differing, misplaced
    ), remembered


def _replace_unusable_nfo(
    local: LocalMovie, unusable: str, wanted: NfoMovie, reason: str
) -> tuple[PendingFile | None, NfoMovie | None]:
    """Return a new NFO to write, which keeps the unusable one under another name.

    Also return its values.
    """
    data, current = (
        merge.merge_details(None, wanted, None),
        read_or_none(local, unusable),
    )
    if current is None:  # the reader reports it
        return None, None
    number = 1
    while read_or_none(local, aside := pending_files.unusable_nfo_place(unusable, number)) not in (
        None,
        current,
    ):
        number += 1
    place = unusable if unusable == pending_files.MOVIE_NFO else pending_files.new_nfo_place(local)
    return PendingFile(
        NFO,
        place,
        data,
        current if place == unusable else None,
        reason,
        diff.compare_details(None, merge.parse_details(data)),
        replaces={} if place == unusable else {unusable: current},
        set_aside={aside: current},
    ), merge.select_written_details(wanted, None)


def decide_metadata(
    local: LocalMovie,
    identity: MovieIdentity,
    existing: ExistingSidecars,
    locale: Locale,
    content: WrittenContent,
) -> PendingFile | None:
    """Return the metadata file to write, or None if it is up to date or must not be written.

    It must not be written as long as the NFO is about another movie or in another language.
    Otherwise the values of mediakeep would pass for the user's.
    """
    if existing.metadata_error:
        return None
    metadata, before = (
        metadata_json.build_metadata(local, identity, locale, content.nfo, content.pictures),
        existing.metadata,
    )
    if before and before.nfo and not content.is_current:
        metadata = msgspec.structs.replace(
            metadata, language=before.language, country=before.country
        )
        if before.tmdb_id != metadata.tmdb_id:
            metadata = msgspec.structs.replace(before, pictures=content.pictures)
    data = metadata_json.render_json(metadata, existing.metadata_bytes)
    if data == existing.metadata_bytes:
        return None
    return PendingFile(
        METADATA,
        pending_files.metadata_place(local),
        data,
        existing.metadata_bytes,
        "what was found out",
    )


def decide_pictures(
    local: LocalMovie, movie: Film, existing: ExistingSidecars, context: MovieWorkerContext
) -> Iterator[PendingFile]:
    """Yield the pictures to write for a movie, with their content unless this is a dry run.

    Missing pictures are written, and those replaced that mediakeep wrote for another movie. With
    `force`, all are replaced. Raise LookupSkipped or ServiceFailed if TMDb cannot be queried.
    """
    language, forced = context.config.services.locale.language_code, context.config.force
    stale, missing = (
        _find_stale_pictures(local, movie, existing),
        pending_files.missing_pictures(local),
    )
    for role in artwork.PICTURE_ROLES:
        old = None if forced else stale.get(role)
        is_due = forced or old or role in missing
        if (
            not is_due
            or role not in context.config.roles
            or not artwork.rank_pictures(movie, role, language)
        ):
            continue
        suffix = f".{old.place.rpartition('.')[2]}" if old else ""
        if not context.is_writing:
            place = old.place if old else pending_files.picture_place(local, role)
            yield PendingFile(
                role, place, b"", _replaced_content(local, place, old, forced), "TMDb has one"
            )
        elif picture := artwork.fetch_picture(
            context.tmdb_context.tmdb, movie, role, language, suffix
        ):
            yield _build_picture(local, picture, old, forced)


def _build_picture(
    local: LocalMovie, picture: FetchedPicture, old: StalePicture | None, forced: bool
) -> PendingFile:
    """Return a picture as a file to write; a file that the user adds meanwhile blocks it."""
    place = old.place if old else pending_files.picture_place(local, picture.role, picture.suffix)
    current = _replaced_content(local, place, old, forced)
    return PendingFile(picture.role, place, picture.data, current, _format_source(picture.path))


def find_unrecorded_pictures(
    local: LocalMovie,
    movie: Film,
    recorded_roles: Collection[str],
    stamp: Stamp,
    context: MovieWorkerContext,
) -> dict[str, RecordedPicture]:
    """Return the pictures of this movie that an attempt wrote before it was killed.

    The metadata file does not list them. `recorded_roles` are the roles of the pictures that it
    lists.
    """
    if not context.has_changed_files or all(image.role in recorded_roles for image in local.images):
        return {}
    reasons = {_format_source(picture.path) for picture in (*movie.posters, *movie.backdrops)}
    records = context.store.find_effective_changes(
        stamp.key, stamp.first_claim, stamp.since, queue=MOVIES.name
    )
    return {
        role: RecordedPicture(movie.id, record.new.sha256)
        for record in records
        for role, change in record.fields.items()
        if role in artwork.PICTURE_ROLES and role not in recorded_roles and change.reason in reasons
    }


def _format_source(path: str) -> str:
    """Return the source of a picture at TMDb, as stored in undo records."""
    return f"{path} at TMDb"


def _replaced_content(
    local: LocalMovie, place: str, old: StalePicture | None, forced: bool
) -> bytes | None:
    """Return the content of the file that a picture will replace, or None if there is no file."""
    if forced:
        return read_or_none(local, place)
    return old.data if old else None


def _find_stale_pictures(
    local: LocalMovie, movie: Film, existing: ExistingSidecars
) -> dict[str, StalePicture]:
    """Return pictures, by role, that mediakeep wrote when the movie was identified differently.

    Pictures changed since then belong to the user and are left out.
    """
    stale: dict[str, StalePicture] = {}
    recorded = existing.metadata.pictures if existing.metadata else {}
    for image in local.images:
        ours = recorded.get(image.role)
        if ours is None or ours.tmdb_id == movie.id:
            continue
        data = read_or_none(local, image.place)
        if data and sha256(data).hexdigest() == ours.sha256:
            stale[image.role] = StalePicture(image.place, data)
    return stale
