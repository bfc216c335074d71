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


def _scene(film: CatalogueMovie, rng: Random, title: str = "", year: str = "") -> tuple[str, str]:
    shape = rng.choice(_SCENES)
    title = title or film.title
    spaced = title if " (" in shape else _dotted(title).replace(".", shape[3])
    return shape.format(t=spaced, y=year or film.release_date[:4], g=rng.choice(_GROUPS)), ""


def _clean(film: CatalogueMovie, rng: Random) -> tuple[str, str]:
    name = f"{_safe(film.title)} ({film.release_date[:4]})"
    return name, name if rng.random() < 0.5 else ""


def _safe(title: str) -> str:
    """Write a title as a name that every file system takes."""
    return title.replace(":", " -").replace("/", "-")


def _folder(film: CatalogueMovie, rng: Random) -> tuple[str, str]:
    return rng.choice(_BLANK), _clean(film, rng)[0]


def _foreign(film: CatalogueMovie, rng: Random) -> tuple[str, str]:
    titles = [one.title for one in film.texts if one.language in ("de", "fr") and one.title]
    title = rng.choice(titles)
    if rng.random() < 0.5:
        return f"{_safe(title)} ({film.release_date[:4]})", ""
    return _scene(film, rng, title)


def _mistyped(film: CatalogueMovie, rng: Random) -> tuple[str, str]:
    title, place = film.title, rng.randrange(4, len(film.title) - 2)
    way = rng.randrange(3)
    if way == 0:
        title = title[:place] + title[place + 1 :]
    elif way == 1:
        title = title[:place] + title[place + 1] + title[place] + title[place + 2 :]
    else:
        title = title[:place] + rng.choice("aeiostn") + title[place:]
    return f"{_safe(title)} ({film.release_date[:4]})", ""


def _off(film: CatalogueMovie, rng: Random) -> tuple[str, str]:
    year = int(film.release_date[:4]) + rng.choice((-1, 1))
    return f"{_safe(film.title)} ({year})", ""


def _yearless(film: CatalogueMovie, rng: Random) -> tuple[str, str]:
    if rng.random() < 0.5:
        return _safe(film.title), ""
    return f"{_dotted(film.title)}.1080p.BluRay.x264-{rng.choice(_GROUPS)}", ""


def _id(film: CatalogueMovie, rng: Random) -> tuple[str, str]:
    name = _clean(film, rng)[0]
    shapes = [f"{{tmdb-{film.id}}}", f"[tmdbid-{film.id}]", f"[tmdbid={film.id}]"]
    if film.imdb_id:
        shapes += [f"{{imdb-{film.imdb_id}}}", f"[imdbid-{film.imdb_id}]"]
    return (f"{name} {rng.choice(shapes)}", "") if rng.random() < 0.5 else _in_folder(name, shapes)


def _in_folder(name: str, shapes: Sequence[str]) -> tuple[str, str]:
    return name, f"{name} {shapes[-1]}"


def _sequel(film: CatalogueMovie, rng: Random) -> tuple[str, str]:
    head, number = film.title.rsplit(" ", 1)
    written = rng.choice((number, ROMAN[number], f"Part {number}"))
    return _scene(film, rng, f"{head} {written}")


def _rewritten(film: CatalogueMovie, rng: Random) -> tuple[str, str]:
    """Write the title as other programs do: the article behind, plain letters, "&"."""
    title = film.title.replace(" and ", " & ")
    if rng.random() < 0.5:
        plain = unicodedata.normalize("NFKD", title)
        title = "".join(char for char in plain if not unicodedata.combining(char))
    elif title.startswith("The "):
        title = f"{title.removeprefix('The ')}, The"
    return f"{_safe(title)} ({film.release_date[:4]})", ""


def _remake(film: CatalogueMovie, rng: Random) -> tuple[str, str]:
    """Name a movie by a title that another one made better known: mostly with its year."""
    chance = rng.random()
    ways = ((0.5, _scene), (0.75, _clean), (0.9, _off), (1.0, _yearless))
    return next(way for most, way in ways if chance < most)(film, rng)


WAYS: dict[str, Callable[[CatalogueMovie, Random], tuple[str, str]]] = {
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
