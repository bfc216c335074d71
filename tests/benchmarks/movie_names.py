"""Names of movie files as people give them, made of the movies of a cinema, and what they mean.

A fifth and more are remakes of which another one is the more popular. Movies are dealt to two
halves by their titles, so that no title is in both.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from random import Random

from mediakeep.rehearsal.films.film import Cinema, Film

HALVES = ("fit", "held")
_UNTIMED = 0.25  # files whose running time is not known
_DRIFT = 0.03  # by how much a file lasts longer or shorter than the movie at most
_REMAKES = 0.25
_ABSENT = 0.05  # movies that the service does not know
_GROUPS = ("GRP", "HARBOR", "Kestrel", "NOX")
_SCENES = (
    "{t}.{y}.1080p.BluRay.x264-{g}",
    "{t}.{y}.720p.WEB-DL.DD5.1.H264-{g}",
    "{t}.{y}.GERMAN.DL.2160p.UHD.BluRay.x265-{g}",
    "{t}.{y}.REMASTERED.1080p.BluRay.DTS.x264-{g}",
    "{t} ({y}) [1080p] [WEBRip]",
    "{t}_{y}_DVDRip_XviD",
)
_BLANK = ("movie", "title_t00", "VTS_01_1", "video", "00000")
_ROMAN = {"2": "II", "3": "III", "4": "IV", "II": "2", "III": "3", "IV": "4"}


@dataclass(frozen=True)
class Case:
    """A name of a file without suffix and of its folder; what it means is a movie's id, or 0."""

    family: str
    half: str
    file: str
    folder: str
    minutes: float  # 0 where it is not known
    film: int


@dataclass(frozen=True)
class Deck:
    """The cinema that answers, and the names to be understood."""

    cinema: Cinema
    cases: tuple[Case, ...]

    def half(self, name: str) -> list[Case]:
        """Return the names of one half."""
        return [one for one in self.cases if one.half == name]


def deal(whole: Cinema, count: int, seed: int) -> Deck:
    """Make so many names of a cinema's movies; the same every time."""
    rng = Random(seed)
    shown = [one for one in whole.films if not one.adult and one.release_date]
    rng.shuffle(shown)
    absent = frozenset(one.id for one in shown[: round(count * _ABSENT)])
    left = [one for one in shown if one.id not in absent]
    cases = [_case("absent", one, rng) for one in shown if one.id in absent]
    cases += [_case("remake", one, rng) for one in _outshone(left)[: round(count * _REMAKES)]]
    taken = {case.film for case in cases}
    rest = iter([one for one in left if one.id not in taken])
    ways = [one for one in _WAYS if one not in ("absent", "remake")]
    while len(cases) < count:
        family = ways[len(cases) % len(ways)]
        film = next(one for one in rest if _suits(family, one))
        cases.append(_case(family, film, rng))
    films = tuple(one for one in whole.films if one.id not in absent)
    return Deck(Cinema(films=films, series=whole.series, removed=whole.removed), tuple(cases))


def _outshone(films: Sequence[Film]) -> list[Film]:
    """Return movies of whose title there is another one, and that more popular."""
    groups = [one for one in _namesakes(films).values() if len(one) > 1]
    return [min(group, key=lambda one: one.popularity) for group in groups]


def _namesakes(films: Sequence[Film]) -> dict[str, list[Film]]:
    found: dict[str, list[Film]] = defaultdict(list)
    for film in films:
        found[film.title.casefold()].append(film)
    return found


def _suits(family: str, film: Film) -> bool:
    if family == "foreign":
        return any(one.language in ("de", "fr") and one.title for one in film.texts)
    if family == "sequel":
        return film.title.split()[-1] in _ROMAN
    if family == "rewritten":
        return film.title.startswith("The ") or " and " in film.title or not film.title.isascii()
    return family != "mistyped" or len(film.title) > _TYPED


_TYPED = 9  # letters of a title that may be mistyped


def _case(family: str, film: Film, rng: Random) -> Case:
    file, folder = _WAYS[family](film, rng)
    minutes = film.runtime * rng.uniform(1 - _DRIFT, 1 + _DRIFT)
    if rng.random() < _UNTIMED:
        minutes = 0.0
    key = blake2b(film.title.casefold().encode(), digest_size=1).digest()[0]
    known = 0 if family == "absent" else film.id
    return Case(family, HALVES[key % 2], file, folder, minutes, known)


def _dotted(text: str) -> str:
    return ".".join("".join(char for char in text if char not in "':,").split())


def _scene(film: Film, rng: Random, title: str = "", year: str = "") -> tuple[str, str]:
    shape = rng.choice(_SCENES)
    title = title or film.title
    spaced = title if " (" in shape else _dotted(title).replace(".", shape[3])
    return shape.format(t=spaced, y=year or film.release_date[:4], g=rng.choice(_GROUPS)), ""


def _clean(film: Film, rng: Random) -> tuple[str, str]:
    name = f"{_safe(film.title)} ({film.release_date[:4]})"
    return name, name if rng.random() < 0.5 else ""


def _safe(title: str) -> str:
    """Write a title as a name that every file system takes."""
    return title.replace(":", " -").replace("/", "-")


def _folder(film: Film, rng: Random) -> tuple[str, str]:
    return rng.choice(_BLANK), _clean(film, rng)[0]


def _foreign(film: Film, rng: Random) -> tuple[str, str]:
    titles = [one.title for one in film.texts if one.language in ("de", "fr") and one.title]
    title = rng.choice(titles)
    if rng.random() < 0.5:
        return f"{_safe(title)} ({film.release_date[:4]})", ""
    return _scene(film, rng, title)


def _mistyped(film: Film, rng: Random) -> tuple[str, str]:
    title, place = film.title, rng.randrange(4, len(film.title) - 2)
    way = rng.randrange(3)
    if way == 0:
        title = title[:place] + title[place + 1 :]
    elif way == 1:
        title = title[:place] + title[place + 1] + title[place] + title[place + 2 :]
    else:
        title = title[:place] + rng.choice("aeiostn") + title[place:]
    return f"{_safe(title)} ({film.release_date[:4]})", ""


def _off(film: Film, rng: Random) -> tuple[str, str]:
    year = int(film.release_date[:4]) + rng.choice((-1, 1))
    return f"{_safe(film.title)} ({year})", ""


def _yearless(film: Film, rng: Random) -> tuple[str, str]:
    if rng.random() < 0.5:
        return _safe(film.title), ""
    return f"{_dotted(film.title)}.1080p.BluRay.x264-{rng.choice(_GROUPS)}", ""


def _id(film: Film, rng: Random) -> tuple[str, str]:
    name = _clean(film, rng)[0]
    shapes = [f"{{tmdb-{film.id}}}", f"[tmdbid-{film.id}]", f"[tmdbid={film.id}]"]
    if film.imdb_id:
        shapes += [f"{{imdb-{film.imdb_id}}}", f"[imdbid-{film.imdb_id}]"]
    return (f"{name} {rng.choice(shapes)}", "") if rng.random() < 0.5 else _in_folder(name, shapes)


def _in_folder(name: str, shapes: Sequence[str]) -> tuple[str, str]:
    return name, f"{name} {shapes[-1]}"


def _sequel(film: Film, rng: Random) -> tuple[str, str]:
    head, number = film.title.rsplit(" ", 1)
    written = rng.choice((number, _ROMAN[number], f"Part {number}"))
    return _scene(film, rng, f"{head} {written}")


def _rewritten(film: Film, rng: Random) -> tuple[str, str]:
    """Write the title as other programs do: the article behind, plain letters, "&"."""
    title = film.title.replace(" and ", " & ")
    if rng.random() < 0.5:
        plain = unicodedata.normalize("NFKD", title)
        title = "".join(char for char in plain if not unicodedata.combining(char))
    elif title.startswith("The "):
        title = f"{title.removeprefix('The ')}, The"
    return f"{_safe(title)} ({film.release_date[:4]})", ""


def _remake(film: Film, rng: Random) -> tuple[str, str]:
    """Name a movie by a title that another one made better known: mostly with its year."""
    chance = rng.random()
    ways = ((0.5, _scene), (0.75, _clean), (0.9, _off), (1.0, _yearless))
    return next(way for most, way in ways if chance < most)(film, rng)


_WAYS: dict[str, Callable[[Film, Random], tuple[str, str]]] = {
    "absent": _clean,
    "remake": _remake,
    "clean": _clean,
    "scene": _scene,
    "folder": _folder,
    "foreign": _foreign,
    "mistyped": _mistyped,
    "year off by one": _off,
    "no year": _yearless,
    "id": _id,
    "sequel": _sequel,
    "rewritten": _rewritten,
}


def families(cases: Sequence[Case]) -> Iterator[str]:
    """Give the families of some names, in the order of their kinds."""
    present = {one.family for one in cases}
    yield from (one for one in _WAYS if one in present)
