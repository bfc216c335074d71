"""The ways in which people name the file of a movie, one family after the other."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from random import Random

from mediakeep_simulator.tmdb.model import CatalogueMovie

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
ROMAN = {"2": "II", "3": "III", "4": "IV", "II": "2", "III": "3", "IV": "4"}


def _dotted(text: str) -> str:
    return ".".join("".join(char for char in text if char not in "':,").split())


def _scene(movie: CatalogueMovie, rng: Random, title: str = "", year: str = "") -> tuple[str, str]:
    shape = rng.choice(_SCENES)
    title = title or movie.title
    spaced = title if " (" in shape else _dotted(title).replace(".", shape[3])
    return shape.format(t=spaced, y=year or movie.release_date[:4], g=rng.choice(_GROUPS)), ""


def _clean(movie: CatalogueMovie, rng: Random) -> tuple[str, str]:
    name = f"{_safe(movie.title)} ({movie.release_date[:4]})"
    return name, name if rng.random() < 0.5 else ""


def _safe(title: str) -> str:
    """Write a title as a name that every file system takes."""
    return title.replace(":", " -").replace("/", "-")


def _folder(movie: CatalogueMovie, rng: Random) -> tuple[str, str]:
    return rng.choice(_BLANK), _clean(movie, rng)[0]


def _foreign(movie: CatalogueMovie, rng: Random) -> tuple[str, str]:
    titles = [text.title for text in movie.texts if text.language in ("de", "fr") and text.title]
    title = rng.choice(titles)
    if rng.random() < 0.5:
        return f"{_safe(title)} ({movie.release_date[:4]})", ""
    return _scene(movie, rng, title)


def _mistyped(movie: CatalogueMovie, rng: Random) -> tuple[str, str]:
    title, place = movie.title, rng.randrange(4, len(movie.title) - 2)
    way = rng.randrange(3)
    if way == 0:
        title = title[:place] + title[place + 1 :]
    elif way == 1:
        title = title[:place] + title[place + 1] + title[place] + title[place + 2 :]
    else:
        title = title[:place] + rng.choice("aeiostn") + title[place:]
    return f"{_safe(title)} ({movie.release_date[:4]})", ""


def _wrong_year(movie: CatalogueMovie, rng: Random) -> tuple[str, str]:
    year = int(movie.release_date[:4]) + rng.choice((-1, 1))
    return f"{_safe(movie.title)} ({year})", ""


def _yearless(movie: CatalogueMovie, rng: Random) -> tuple[str, str]:
    if rng.random() < 0.5:
        return _safe(movie.title), ""
    return f"{_dotted(movie.title)}.1080p.BluRay.x264-{rng.choice(_GROUPS)}", ""


def _id(movie: CatalogueMovie, rng: Random) -> tuple[str, str]:
    name = _clean(movie, rng)[0]
    shapes = [f"{{tmdb-{movie.id}}}", f"[tmdbid-{movie.id}]", f"[tmdbid={movie.id}]"]
    if movie.imdb_id:
        shapes += [f"{{imdb-{movie.imdb_id}}}", f"[imdbid-{movie.imdb_id}]"]
    return (f"{name} {rng.choice(shapes)}", "") if rng.random() < 0.5 else _in_folder(name, shapes)


def _in_folder(name: str, shapes: Sequence[str]) -> tuple[str, str]:
    return name, f"{name} {shapes[-1]}"


def _sequel(movie: CatalogueMovie, rng: Random) -> tuple[str, str]:
    head, number = movie.title.rsplit(" ", 1)
    written = rng.choice((number, ROMAN[number], f"Part {number}"))
    return _scene(movie, rng, f"{head} {written}")


def _rewritten(movie: CatalogueMovie, rng: Random) -> tuple[str, str]:
    """Write the title as other programs do: the article behind, plain letters, "&"."""
    title = movie.title.replace(" and ", " & ")
    if rng.random() < 0.5:
        plain = unicodedata.normalize("NFKD", title)
        title = "".join(char for char in plain if not unicodedata.combining(char))
    elif title.startswith("The "):
        title = f"{title.removeprefix('The ')}, The"
    return f"{_safe(title)} ({movie.release_date[:4]})", ""


def _remake(movie: CatalogueMovie, rng: Random) -> tuple[str, str]:
    """Name a movie by a title that another one made better known: mostly with its year."""
    chance = rng.random()
    ways = ((0.5, _scene), (0.75, _clean), (0.9, _wrong_year), (1.0, _yearless))
    return next(way for most, way in ways if chance < most)(movie, rng)


WAYS: dict[str, Callable[[CatalogueMovie, Random], tuple[str, str]]] = {
    "absent": _clean,
    "remake": _remake,
    "clean": _clean,
    "scene": _scene,
    "folder": _folder,
    "foreign": _foreign,
    "mistyped": _mistyped,
    "year off by one": _wrong_year,
    "no year": _yearless,
    "id": _id,
    "sequel": _sequel,
    "rewritten": _rewritten,
}
