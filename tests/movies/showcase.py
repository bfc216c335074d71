"""Three movies made for docs/movie-reports.md, and what is written about them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from msgspec import structs

from mediakeep import home_folder
from mediakeep.lookups.tmdb.model import MovieSummary, NamedEntity
from mediakeep.media.nfo.model import NfoMovie
from mediakeep.media.video.model import AudioStream, VideoStream
from mediakeep.movies import diagnose
from mediakeep.movies.model import MovieName
from mediakeep.movies.outputs import movie_report
from mediakeep.movies.result import DuplicateMovie, MovieResult, NfoState, NfoStatus, SidecarOutcome
from tests.movies import accounts
from tests.movies.accounts import (
    account,
    build_open_identity,
    candidate,
    certain,
    film,
    local,
    video,
)

HOME = Path("/home/ida/media")

_OPENING = """# Three reports on movies

Samples of the [report on a movie](movie-files.md#the-report). The movies are invented. The reports
are shown as they are written; a Markdown viewer shows them with headings and lists. [Issue
kinds](movie-issue-kinds.md) describes each kind.
"""


def healthy() -> MovieResult:
    """A movie that a batch has brought everything."""
    stem = "Quiet Harbour (1987)"
    written = (
        SidecarOutcome("nfo", f"{stem}.nfo"),
        SidecarOutcome("poster", accounts.POSTER.place),
        SidecarOutcome("fanart", accounts.FANART.place),
        SidecarOutcome("metadata", f"{stem}-metadata.json"),
    )
    movie = film(collection=NamedEntity("The Harbours", id=7))
    gap = MovieSummary(8, "Loud Harbour", release_date="1991-01-01")
    return account(identity=certain(movie=movie), written=written, missing_in_collection=(gap,))


def doubtful() -> MovieResult:
    """A movie of which a remake has the same name."""
    name = "stiller.hafen.dvdrip.avi"
    picture = (VideoStream(codec="mpeg4", width=640, height=272),)
    file = video(
        name,
        size=734_003_200,
        container="avi",
        duration=6180.0,
        video=picture,
        audio=(AudioStream("mp3", "", 2),),
        subtitles=(),
    )
    remake = candidate(9944, 0.88, title="Stiller Hafen", release_date="2011-10-06")
    return account(
        local=local(
            key=name,
            path=f"/films/{name}",
            base="stiller.hafen.dvdrip",
            name=MovieName("stiller hafen"),
            videos=(file,),
            images=(),
            nfos=("stiller.hafen.dvdrip.nfo",),
        ),
        identity=build_open_identity(candidate(4711, 0.89), remake),
        nfo=NfoStatus(NfoState.SCENE, "stiller.hafen.dvdrip.nfo"),
    )


def neglected() -> MovieResult:
    """A movie of two parts, of which one is truncated, in a folder that was renamed once."""
    key = "Das Haus am Fluß (1961)"
    parts = [
        video(f"Haus am Fluß-cd{number}.mkv", size=size, duration=minutes * 60, part=number)
        for number, size, minutes in ((1, 699_000_000, 55), (2, 120_455_168, 8))
    ]
    parts[1] = video(
        parts[1].place,
        size=120_455_168,
        duration=520.0,
        part=2,
        truncated="120 of 694 MB are there",
    )
    house = film(id=88, title="Das Haus am Fluß", original_title="", runtime=112)
    house = structs.replace(house, release_date="1961-09-20")
    return account(
        local=local(
            key=key,
            path=f"/films/{key}",
            root=f"/films/{key}",
            base="Haus am Fluß",
            own_folder=True,
            name=MovieName("Das Haus am Fluß", 1961, source="folder"),
            videos=tuple(parts),
            images=(accounts.MovieImage("poster.jpg", "poster", 1432),),
            nfos=("movie.nfo",),
            orphans=("Das Haus.nfo", "Das Haus-fanart.jpg"),
        ),
        identity=certain(tmdb_id=88, decided_by="nfo", movie=house),
        nfo=NfoStatus(NfoState.LOCKED, "movie.nfo", NfoMovie(title="Das Haus am Fluß", plot="A.")),
        duplicates=(DuplicateMovie("Alt/Das Haus am Fluss.avi"),),
        blocked=(SidecarOutcome("nfo", "movie.nfo", "it says lockdata"),),
    )


def page() -> str:
    """Write docs/movie-reports.md."""
    with mock.patch.object(
        home_folder, "find_checkout", return_value=HOME
    ):  # as in one's own checkout
        return "\n".join([_OPENING, *_sections()])


def _sections() -> Iterator[str]:
    heads = (
        (
            "A movie that is complete",
            "Everything was written by a batch; nothing is left to do.",
            healthy,
        ),
        ("A movie that may be two", "Nothing is written before you choose.", doubtful),
        ("A neglected folder", "One part is truncated, and an old name has left files.", neglected),
    )
    for head, lead, make in heads:
        result = make()
        text = movie_report.render_markdown(result, diagnose.find_issues(result), HOME)
        yield f"## {head}\n\n{lead}\n\n```markdown\n{text}```\n"


if __name__ == "__main__":
    print(page(), end="")
