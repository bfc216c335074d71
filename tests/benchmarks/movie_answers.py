"""Names of movies answered at a server, by mediakeep and by taking what a search lists first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mediakeep.errors import NoSuchMovie
from mediakeep.item import MovieItem, Status
from mediakeep.lookups import slots
from mediakeep.lookups.access import Access
from mediakeep.lookups.answers import Machine, Secret, Service
from mediakeep.lookups.tmdb.desk import Desk
from mediakeep.media.video.facts import VideoFacts
from mediakeep.movies import model
from mediakeep.movies.identify import identity, question, stated
from mediakeep.movies.identify.search import Search
from mediakeep.movies.identify.verdict import Sure
from mediakeep.movies.identify.weights import Weights
from mediakeep.movies.names import reader
from mediakeep.rehearsal.entities import World
from mediakeep.rehearsal.films.film import Cinema
from mediakeep.rehearsal.films.tmdb import TOKEN
from mediakeep.rehearsal.server import Server
from tests.benchmarks.movie_names import Case

_MINUTE = 60.0


@dataclass(frozen=True)
class Answer:
    """What a name was taken for: a movie's id, 0 where that is left open; and what it cost."""

    case: Case
    sure: Sure
    film: int
    requests: int = 0

    @property
    def right(self) -> bool:
        """Whether it is the movie that is meant."""
        return self.film != 0 and self.film == self.case.film

    @property
    def wrong(self) -> bool:
        """Whether it is another one, or one where none is meant."""
        return self.film != 0 and self.film != self.case.film


@dataclass(frozen=True)
class Score:
    """How right answers are: counts of names."""

    names: int
    known: int  # to the service
    right: int
    wrong: int
    requests: int

    @property
    def precision(self) -> float:
        """How many of the movies that were named are right."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """How many of the movies that the service knows were named rightly."""
        return self.right / max(1, self.known)


def score(answers: Iterable[Answer]) -> Score:
    """Count how right answers are."""
    told = list(answers)
    return Score(
        names=len(told),
        known=sum(one.case.film != 0 for one in told),
        right=sum(one.right for one in told),
        wrong=sum(one.wrong for one in told),
        requests=sum(one.requests for one in told),
    )


@contextmanager
def serving(cinema: Cinema) -> Iterator[Server]:
    """Serve a cinema; what this machine noted of the server's pace goes with it."""
    with Server(World(), cinema=cinema) as server:
        slots.forget(server.url, Machine())
        yield server
    slots.forget(server.url, Machine())


@contextmanager
def asking(folder: Path, server: Server) -> Iterator[Desk]:
    """Ask a server, and keep in a folder what it answers."""
    service = Service("TMDb", server.url, secret=Secret(TOKEN), kept=(("/", 86400.0),))
    folder.mkdir(parents=True, exist_ok=True)
    desk = Desk(folder, Access(service, service))
    yield desk
    desk.close()


def read(cases: Iterable[Case]) -> list[tuple[Case, model.Movie]]:
    """Read names as a scan does, and believe how long each file lasts."""
    return [(case, _local(case, place)) for place, case in enumerate(cases)]


def _local(case: Case, place: int) -> model.Movie:
    facts = VideoFacts(duration=case.minutes * _MINUTE)
    return model.Movie(
        key=f"{place}",
        path=f"/{place}",
        root="/",
        base=case.file,
        name=reader.read(f"{case.file}.mkv", case.folder),
        videos=(model.Video("a.mkv", facts=facts),),
    )


def ours(desk: Desk) -> Callable[[model.Movie], tuple[Sure, int]]:
    """Answer as a batch does."""

    def answer(local: model.Movie) -> tuple[Sure, int]:
        found = identity.of(local, MovieItem(status=Status.PENDING), {}, desk)
        assert not found.why, found.why
        return found.sure, found.tmdb_id if found.sure is Sure.AUTO else 0

    return answer


def weighed(desk: Desk, weights: Weights) -> Callable[[model.Movie], tuple[Sure, int]]:
    """Answer by other weights, and by the name alone where no id is stated."""

    def answer(local: model.Movie) -> tuple[Sure, int]:
        said = stated.ids(local, MovieItem(status=Status.PENDING), {})
        if said:
            return ours(desk)(local)
        found = Search(desk.tmdb, question.of(local, said, "en-US").clue, weights).run()
        return found.sure, found.movie.id if found.movie else 0

    return answer


def first(desk: Desk, *, again: bool) -> Callable[[model.Movie], tuple[Sure, int]]:
    """Believe ids, and else take the first hit; `again` without the year where there is none."""

    def answer(local: model.Movie) -> tuple[Sure, int]:
        name = local.name
        try:
            if said := name.tmdb_id or name.imdb_id:
                return Sure.AUTO, desk.tmdb.movie(said).id
        except NoSuchMovie:
            pass
        hits = desk.tmdb.search(name.title, name.year)
        if not hits and again and name.year:
            hits = desk.tmdb.search(name.title)
        if not hits:
            return Sure.UNMATCHED, 0
        return Sure.AUTO, desk.tmdb.movie(hits[0].id).id

    return answer


def told(
    cases: Sequence[tuple[Case, model.Movie]],
    server: Server,
    answer: Callable[[model.Movie], tuple[Sure, int]],
) -> list[Answer]:
    """Have all names answered, one after the other, and count what each asks the server."""
    found = []
    for case, local in cases:
        before = len(server.asked)
        sure, film = answer(local)
        found.append(Answer(case, sure, film, len(server.asked) - before))
    return found
