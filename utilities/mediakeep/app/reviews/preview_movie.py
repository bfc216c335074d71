"""The files that the next batch writes for a movie if the user chooses it: its NFO and pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from mediakeep.app.movies import manual_match
from mediakeep.app.reviews.questions import ReviewQuestion
from mediakeep.app.reviews.review_session import ReviewSession
from mediakeep.app.subjects import registry
from mediakeep.errors import MediakeepError, NoSuchItem
from mediakeep.item import Item
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.lookups.tmdb import client
from mediakeep.movies.item import MOVIES
from mediakeep.movies.sidecars import artwork
from mediakeep.movies.sidecars.pending_files import NFO, PendingFile
from mediakeep.outcome import NO_PROGRESS, Stamp, Work

if TYPE_CHECKING:
    from mediakeep.movies.plan_movie import MoviePlan

NOTE = "The next batch of movies writes its NFO and pictures."


class SidecarPreview(msgspec.Struct, frozen=True):
    """A file that a batch would write next to a movie; its path is escaped, below the library.

    `changes` has the old and the new value of the fields of an NFO, "" if there is none. `width`
    and `height` in pixels, and the URL `link`, are those of a picture.
    """

    path: str
    role: str
    is_new: bool
    changes: dict[str, tuple[str, str]] = {}
    width: int = 0
    height: int = 0
    link: str = ""


def preview_choice(
    session: ReviewSession, question: ReviewQuestion, value: str, access: ServiceConfig
) -> tuple[tuple[SidecarPreview, ...], str]:
    """Return the files that a batch would write if a movie is chosen by its id, and a note.

    Nothing is written but caches. If TMDb cannot be queried, or the movie cannot be read, the note
    says why there are no files. Raise NoSuchItem if the movie was forgotten meanwhile.
    """
    from mediakeep.movies import plan_movie, worker_context  # they need much memory

    item = read_movie(session, question)
    fields = manual_match.build_match_fields(value)
    work = Work(structs.replace(item, **fields), Stamp("", question.item, 0, 0))
    config = worker_context.MovieWorkerConfig(
        session.home,
        write=False,
        policy=session.policy,
        services=access,
        in_process=True,
        ignored=registry.read_ignore_settings(session.home, session.policy.links),
    )
    try:
        with worker_context.open_context(config) as context:
            plan = plan_movie.build_plan(work, NO_PROGRESS, context)
            context.video_cache.commit()
    except (MediakeepError, OSError) as error:
        return (), f"The files to write cannot be shown: {error}"
    if plan.identity.movie is None:
        return (), f"The files to write cannot be shown: {plan.identity.lookup_error or value}"
    if not plan.is_writable:
        return (), "No files are written: its NFO is locked."
    files = tuple(_describe_files(plan, access))
    return files, NOTE if files else "Its NFO and pictures are up to date."


def read_movie(session: ReviewSession, question: ReviewQuestion) -> Item:
    """Return the movie of a question; raise NoSuchItem if it was forgotten meanwhile."""
    try:
        return registry.read_items(session.home, MOVIES)[question.item]
    except KeyError:
        raise NoSuchItem(MOVIES.noun, question.item, "") from None


def _describe_files(plan: MoviePlan, access: ServiceConfig) -> Iterator[SidecarPreview]:
    for file in plan.pending:
        shown = SidecarPreview(file.place, file.role, file.is_new, file.changes)
        yield shown if file.role == NFO else _describe_picture(plan, file, shown, access)


def _describe_picture(
    plan: MoviePlan, file: PendingFile, shown: SidecarPreview, access: ServiceConfig
) -> SidecarPreview:
    """Add the size and the address of the picture that TMDb ranks best for its role."""
    assert plan.identity.movie is not None
    best = artwork.rank_pictures(plan.identity.movie, file.role, access.locale.language_code)[0]
    link = client.picture_url(access.pictures.host, best.path)
    return structs.replace(shown, width=best.width, height=best.height, link=link)
