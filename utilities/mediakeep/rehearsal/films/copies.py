"""Name the files and folders of a movie as users do, with the files next to it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

from mediakeep.rehearsal.films import sidecars
from mediakeep.rehearsal.films.clip import Clip
from mediakeep.rehearsal.films.film import Film

Layout = Literal["flat", "folders", "jellyfin", "kodi"]
LAYOUTS: tuple[Layout, ...] = ("flat", "folders", "jellyfin", "kodi")

SIZES = ((1280, 720), (1920, 1080), (1920, 1080), (1920, 800), (3840, 2160))
ID_FORMS = (  # as used by Plex and Jellyfin
    *("{{tmdb-{tmdb}}}", "[tmdbid-{tmdb}]", "[tmdbid={tmdb}]", "(tmdb-{tmdb})", "[tmdb-{tmdb}]"),
    *("{{imdb-{imdb}}}", "[imdbid-{imdb}]", "[imdbid={imdb}]", "(imdb={imdb})"),
)

_SUFFIXES = (".mkv", ".mkv", ".mkv", ".mp4", ".m4v")
_DECOMPOSED = 0.2  # share of names with decomposed accents, as on macOS
_LENGTH = 95  # minutes if unknown
_SPOKEN = {"en": "eng", "de": "ger", "fr": "fre", "ja": "jpn"}
_STYLES = ("plain", "scene", "id", "translated", "edition", "dashed", "parts")
_WEIGHTS = (45, 18, 15, 8, 5, 5, 4)


@dataclass(frozen=True)
class Copy:
    """A movie on disk; `folder` is "" if its file is directly in the library.

    `film` is the ID of the movie, 0 if it cannot be identified. `sidecars` are other files by their
    places in that folder. `parts` is the number of files of a split movie. `kept_share` is the
    share of the video that exists.
    """

    film: int
    folder: str
    stem: str
    suffix: str
    clip: Clip
    parts: int = 0
    kept: float = 1.0
    beside: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def videos(self) -> list[str]:
        """The names of its video files."""
        if not self.parts:
            return [self.stem + self.suffix]
        return [f"{self.stem} - cd{part}{self.suffix}" for part in range(1, self.parts + 1)]

    @property
    def place(self) -> str:
        """Its place in the library: the folder or the first file."""
        return self.folder or self.videos[0]

    @property
    def is_alone(self) -> bool:
        """True if it is a single video without others next to it."""
        return not self.parts and not any(name.endswith(_SUFFIXES) for name in self.beside)

    def below(self, name: str) -> str:
        """Return the place of a sidecar in the library."""
        return f"{self.folder}/{name}" if self.folder else name


def of(film: Film, layout: Layout, rng: Random) -> Copy:
    """Name a movie as is usual for a library layout."""
    style = rng.choices(_STYLES, _WEIGHTS)[0] if layout in ("flat", "folders") else "plain"
    stem = _styled(film, style, rng)
    if rng.random() < _DECOMPOSED:
        stem = unicodedata.normalize("NFD", stem)
    parts = 2 if style == "parts" and film.runtime else 0
    copy = Copy(film.id, "", stem, rng.choice(_SUFFIXES), _clip(film, rng), parts)
    if layout == "flat":
        return copy
    if layout == "folders":
        return replace(copy, folder=plain(film) if style == "scene" else stem)
    if layout == "jellyfin":
        return _of_jellyfin(copy, film, rng)
    return _of_kodi(copy, film, rng)


def named(copy: Copy, name: str) -> Copy:
    """Rename a copy, and its folder if it has one; its sidecars are dropped."""
    return replace(copy, folder=name if copy.folder else "", stem=name, parts=0, beside={})


def plain(film: Film) -> str:
    """Return the most common name of a movie: "Title (Year)"."""
    return _with_year(film.title, film.release_date[:4])


def scene(film: Film, tags: str = "1080p.BluRay.x264-LANTERN") -> str:
    """Return a release name with dots."""
    words = "".join(c if c.isalnum() else " " for c in film.title).split()
    return ".".join([*words, *filter(None, [film.release_date[:4]]), tags])


def _with_year(title: str, year: str) -> str:
    name = title.replace(": ", " - ").replace("/", "-")
    return f"{name} ({year})" if year else name


def _styled(film: Film, style: str, rng: Random) -> str:
    name = plain(film)
    if style == "scene":
        return scene(film)
    if style == "id":
        forms = ID_FORMS if film.imdb_id else ID_FORMS[:5]
        return f"{name} {rng.choice(forms).format(tmdb=film.id, imdb=film.imdb_id)}"
    if style == "translated" and film.texts and film.texts[0].title:
        return _with_year(film.texts[0].title, film.release_date[:4])
    if style == "edition":
        return f"{name} {{edition-Director's Cut}}"
    return name.replace(" ", "_") if style == "dashed" else name


def _clip(film: Film, rng: Random) -> Clip:
    width, height = rng.choice(SIZES)
    original = _SPOKEN.get(film.original_language, "eng")
    audio: tuple[tuple[str, int], ...] = ((original, rng.choice((2, 6))),)
    if original != "eng" and rng.random() < 0.5:
        audio = (*audio, ("eng", 2))
    hdr = rng.choice(("hdr10", "hlg")) if width > 1920 else ""
    seconds = 60.0 * (film.runtime or _LENGTH) + rng.randint(-40, 40)
    subtitles = ("eng", "ger") if original != "eng" or rng.random() < 0.5 else ()
    return Clip(width, height, seconds, audio, subtitles, hdr)


def _of_jellyfin(copy: Copy, film: Film, rng: Random) -> Copy:
    """Use a folder for each movie, with an NFO and pictures of generic names."""
    folder = f"{copy.stem} [tmdbid-{film.id}]" if rng.random() < 0.5 else copy.stem
    beside: dict[str, bytes] = {}
    if rng.random() < 0.7:
        beside["movie.nfo"] = sidecars.of_jellyfin(film)
        beside |= sidecars.pictures(film, "poster.jpg", "backdrop.jpg")
    if rng.random() < 0.15:
        short = replace(copy.clip, seconds=90)
        beside["extras/Making of.mp4"] = sidecars.video(short, ".mp4")
        beside[f"{copy.stem}-trailer.mp4"] = sidecars.video(short, ".mp4")
    if rng.random() < 0.15:
        other = replace(copy.clip, width=1280, height=720, hdr="")
        beside[f"{copy.stem} - 720p.mkv"] = sidecars.video(other, ".mkv")
        return replace(copy, folder=folder, stem=f"{copy.stem} - Remux", beside=beside)
    return replace(copy, folder=folder, beside=beside)


def _of_kodi(copy: Copy, film: Film, rng: Random) -> Copy:
    """Use a folder for each movie, with files named after its video."""
    beside: dict[str, bytes] = {}
    if rng.random() < 0.7:
        beside[f"{copy.stem}.nfo"] = sidecars.of_kodi(film, watched=rng.random() < 0.3)
        beside |= sidecars.pictures(film, f"{copy.stem}-poster.jpg", f"{copy.stem}-fanart.jpg")
    if rng.random() < 0.2:
        beside[f"{copy.stem}.en.forced.srt"] = sidecars.SUBTITLES
    return replace(copy, folder=copy.stem, beside=beside)
