"""Names of movies answered at a server, by mediakeep and by taking what a search lists first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.movie_names import Case
from mediakeep.errors import NoSuchMovie
from mediakeep.item import Status
from mediakeep.lookups.http import rate_limit
from mediakeep.lookups.http.models import HttpEnvironment, Secret, Service
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.lookups.tmdb.context import TmdbContext
from mediakeep.media.video.model import VideoInfo
from mediakeep.movies import model
from mediakeep.movies.identify import clues, identify_movie, known_ids
from mediakeep.movies.identify.model import MatchStatus
from mediakeep.movies.identify.search import MovieSearch
from mediakeep.movies.identify.weights import MovieMatchWeights
from mediakeep.movies.item import MovieItem
from mediakeep.movies.names import name_parser
from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer
from mediakeep_simulator.tmdb.app import READ_ACCESS_TOKEN
from mediakeep_simulator.tmdb.model import MovieCatalogue

_MINUTE = 60.0


@dataclass(frozen=True)
class Answer:
    """What a name was taken for: a movie's id, 0 where that is left open; and what it cost."""

    case: Case
    sure: MatchStatus
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
    answers_ = list(answers)
    return Score(
        names=len(answers_),
        known=sum(answer.case.film != 0 for answer in answers_),
        right=sum(answer.right for answer in answers_),
        wrong=sum(answer.wrong for answer in answers_),
        requests=sum(answer.requests for answer in answers_),
    )


@contextmanager
def serve(catalogue: MovieCatalogue) -> Iterator[SimulatorServer]:
    """Serve a movie catalogue; what this machine noted of the server's pace goes with it."""
    with SimulatorServer(MusicBrainzCatalogue(), movies=catalogue) as server:
        rate_limit.remove_state_file(server.url, HttpEnvironment())
        yield server
    rate_limit.remove_state_file(server.url, HttpEnvironment())


@contextmanager
def open_context(folder: Path, server: SimulatorServer) -> Iterator[TmdbContext]:
    """Ask a server, and keep in a folder what it answers."""
    service = Service(
        "TMDb", server.url, secret=Secret(READ_ACCESS_TOKEN), cache_lifetimes=(("/", 86400.0),)
    )
    folder.mkdir(parents=True, exist_ok=True)
    context = TmdbContext(folder, ServiceConfig(service, service))
    yield context
    context.close()


def read(cases: Iterable[Case]) -> list[tuple[Case, model.LocalMovie]]:
    """Read names as a scan does, and believe how long each file lasts."""
    return [(case, _local(case, place)) for place, case in enumerate(cases)]


def _local(case: Case, place: int) -> model.LocalMovie:
    facts = VideoInfo(duration=case.minutes * _MINUTE)
    return model.LocalMovie(
        key=f"{place}",
        path=f"/{place}",
        root="/",
        base=case.file,
        name=name_parser.parse_name(f"{case.file}.mkv", case.folder),
        videos=(model.MovieVideo("a.mkv", facts=facts),),
    )


def ours(context: TmdbContext) -> Callable[[model.LocalMovie], tuple[MatchStatus, int]]:
    """Answer as a batch does."""

    def answer(local: model.LocalMovie) -> tuple[MatchStatus, int]:
        identity = identify_movie.identify(local, MovieItem(status=Status.PENDING), {}, context)
        assert not identity.lookup_error, identity.lookup_error
        return identity.status, identity.tmdb_id if identity.status is MatchStatus.AUTO else 0

    return answer


def weighed(
    context: TmdbContext, weights: MovieMatchWeights
) -> Callable[[model.LocalMovie], tuple[MatchStatus, int]]:
    """Answer by other weights, and by the name alone where no id is stated."""

    def answer(local: model.LocalMovie) -> tuple[MatchStatus, int]:
        said = known_ids.collect_ids(local, MovieItem(status=Status.PENDING), {})
        if said:
            return ours(context)(local)
        identity = MovieSearch(
            context.tmdb, clues.build_query(local, said, "en-US").clue, weights
        ).run()
        return identity.status, identity.movie.id if identity.movie else 0

    return answer


def first(
    context: TmdbContext, *, again: bool
) -> Callable[[model.LocalMovie], tuple[MatchStatus, int]]:
    """Believe ids, and else take the first hit; `again` without the year if there is none."""

    def answer(local: model.LocalMovie) -> tuple[MatchStatus, int]:
        name = local.name
        try:
            if said := name.tmdb_id or name.imdb_id:
                return MatchStatus.AUTO, context.tmdb.get_movie(said).id
        except NoSuchMovie:
            pass
        hits = context.tmdb.search_movies(name.title, name.year)
        if not hits and again and name.year:
            hits = context.tmdb.search_movies(name.title)
        if not hits:
            return MatchStatus.UNMATCHED, 0
        return MatchStatus.AUTO, context.tmdb.get_movie(hits[0].id).id

    return answer


def answer_all(
    cases: Sequence[tuple[Case, model.LocalMovie]],
    server: SimulatorServer,
    answer: Callable[[model.LocalMovie], tuple[MatchStatus, int]],
) -> list[Answer]:
    """Have all names answered, one after the other, and count what each asks the server."""
    found = []
    for case, local in cases:
        before = len(server.requests)
        sure, movie = answer(local)
        found.append(Answer(case, sure, movie, len(server.requests) - before))
    return found
