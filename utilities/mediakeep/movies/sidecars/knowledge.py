"""<name>-metadata.json: what mediakeep found out about a movie, kept beside it.

It travels with the movie, and it tells which values of the NFO are mediakeep's own: what differs
from them was written by a person, and stays. It says nothing that changes from run to run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from mediakeep.errors import Unreadable
from mediakeep.lookups.access import Locale
from mediakeep.media.nfo.details import Details
from mediakeep.media.video.facts import VideoFacts
from mediakeep.movies.identify.verdict import Identity
from mediakeep.movies.model import Movie, Name

LARGEST = 4 << 20  # bytes; a longer one is none of ours

_CURE = "Remove it, or move it away: then it is written anew."


class Fetched(msgspec.Struct, frozen=True):
    """A picture that was fetched: of which movie, and its bytes by their hash."""

    tmdb_id: int
    sha256: str


class Knowledge(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The file as it stands; `videos` by their places, `nfo` as it was written last.

    `pictures` are those that mediakeep has put there, by their roles.
    """

    made_by: Literal["mediakeep"]
    format: Literal[1]
    title: str = ""
    year: int = 0
    edition: str = ""
    tmdb_id: int = 0
    imdb_id: str = ""
    match: str = ""
    found_by: str = ""
    confidence: float = 0.0
    language: str = ""
    country: str = ""
    collection_id: int = 0
    collection: str = ""
    name: Name = Name()  # as it was read then
    videos: dict[str, VideoFacts] = {}
    nfo: Details | None = None
    pictures: dict[str, Fetched] = {}


def of(
    local: Movie,
    identity: Identity,
    locale: Locale,
    nfo: Details | None,
    pictures: Mapping[str, Fetched],
) -> Knowledge:
    """Put down what is known of a movie that is identified."""
    movie = identity.movie
    collection = movie.collection if movie else None
    return Knowledge(
        made_by="mediakeep",
        format=1,
        title=movie.title if movie else "",
        year=movie.year if movie else 0,
        edition=local.name.edition,
        tmdb_id=identity.tmdb_id,
        imdb_id=identity.imdb_id,
        match=identity.sure.value,
        found_by=identity.by,
        confidence=round(float(identity.confidence), 3),
        language=locale.language,
        country=locale.country,
        collection_id=collection.id if collection else 0,
        collection=collection.name if collection else "",
        name=local.name,
        videos={one.place: one.facts for one in local.videos if one.facts},
        nfo=nfo,
        pictures=dict(pictures),
    )


def render(known: Knowledge, before: bytes | None = None) -> bytes:
    """Write it as a file; what somebody has added to the one `before`, which is sound, stays."""
    told = msgspec.to_builtins(known)
    added = msgspec.json.decode(before) if before else {}
    told |= {name: one for name, one in added.items() if name not in Knowledge.__struct_fields__}
    return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"


def read(content: bytes, name: str) -> Knowledge:
    """Read a file of that name; Unreadable where it is damaged, or not one of ours."""
    try:
        return msgspec.json.decode(content, type=Knowledge)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Unreadable(name, "it is not what mediakeep writes", _CURE) from error
