"""Name the files and folders of a movie as users do, with the files next to it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

from mediakeep_samples.movies import sidecars
from mediakeep_samples.movies.video_spec import VideoSpec
from mediakeep_simulator.tmdb.model import CatalogueMovie

Layout = Literal["flat", "folders", "jellyfin", "kodi"]
LAYOUTS: tuple[Layout, ...] = ("flat", "folders", "jellyfin", "kodi")

SIZES = ((1280, 720), (1920, 1080), (1920, 1080), (1920, 800), (3840, 2160))
ID_FORMS = (  # as used by Plex and Jellyfin
    *("{{tmdb-{tmdb}}}", "[tmdbid-{tmdb}]", "[tmdbid={tmdb}]", "(tmdb-{tmdb})", "[tmdb-{tmdb}]"),
    *("{{imdb-{imdb}}}", "[imdbid-{imdb}]", "[imdbid={imdb}]", "(imdb={imdb})"),
)

_SUFFIXES = (".mkv", ".mkv", ".mkv", ".mp4", ".m4v")
_DECOMPOSED_SHARE = 0.2  # share of names with decomposed accents, as on macOS
_MAX_NAME_LENGTH = 95  # minutes if unknown
_LANGUAGE_CODES = {"en": "eng", "de": "ger", "fr": "fre", "ja": "jpn"}
_NAMING_STYLES = ("plain", "scene", "id", "translated", "edition", "dashed", "parts")
_STYLE_WEIGHTS = (45, 18, 15, 8, 5, 5, 4)


@dataclass(frozen=True)
class MovieCopy:
    """A movie on disk; `folder` is "" if its file is directly in the library.

    `tmdb_id` is the ID of the movie, 0 if it cannot be identified. `sidecars` are other files by
    their places in that folder. `parts` is the number of files of a split movie. `kept_share` is
    the share of the video that exists.
    """

    tmdb_id: int
    folder: str
    stem: str
    suffix: str
    clip: VideoSpec
    parts: int = 0
    kept_share: float = 1.0
    sidecars: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def video_names(self) -> list[str]:
        """The names of its video files."""
        if not self.parts:
            return [self.stem + self.suffix]
        return [f"{self.stem} - cd{part}{self.suffix}" for part in range(1, self.parts + 1)]

    @property
    def library_place(self) -> str:
        """Its place in the library: the folder or the first file."""
        return self.folder or self.video_names[0]

    @property
    def is_single_video(self) -> bool:
        """True if it is a single video without others next to it."""
        return not self.parts and not any(name.endswith(_SUFFIXES) for name in self.sidecars)

    def sidecar_place(self, name: str) -> str:
        """Return the place of a sidecar in the library."""
        return f"{self.folder}/{name}" if self.folder else name


def name_copy(movie: CatalogueMovie, layout: Layout, rng: Random) -> MovieCopy:
    """Name a movie as is usual for a library layout."""
    style = (
        rng.choices(_NAMING_STYLES, _STYLE_WEIGHTS)[0] if layout in ("flat", "folders") else "plain"
    )
    stem = _style_name(movie, style, rng)
    if rng.random() < _DECOMPOSED_SHARE:
        stem = unicodedata.normalize("NFD", stem)
    parts = 2 if style == "parts" and movie.runtime else 0
    copy = MovieCopy(movie.id, "", stem, rng.choice(_SUFFIXES), _build_spec(movie, rng), parts)
    if layout == "flat":
        return copy
    if layout == "folders":
        return replace(copy, folder=title_and_year(movie) if style == "scene" else stem)
    if layout == "jellyfin":
        return _jellyfin_layout(copy, movie, rng)
    return _kodi_layout(copy, movie, rng)


def rename_copy(copy: MovieCopy, name: str) -> MovieCopy:
    """Rename a copy, and its folder if it has one; its sidecars are dropped."""
    return replace(copy, folder=name if copy.folder else "", stem=name, parts=0, sidecars={})


def title_and_year(movie: CatalogueMovie) -> str:
    """Return the most common name of a movie: "Title (Year)"."""
    return _add_year(movie.title, movie.release_date[:4])


def release_name(movie: CatalogueMovie, tags: str = "1080p.BluRay.x264-LANTERN") -> str:
    """Return a release name with dots."""
    words = "".join(c if c.isalnum() else " " for c in movie.title).split()
    return ".".join([*words, *filter(None, [movie.release_date[:4]]), tags])


def _add_year(title: str, year: str) -> str:
    name = title.replace(": ", " - ").replace("/", "-")
    return f"{name} ({year})" if year else name


def _style_name(movie: CatalogueMovie, style: str, rng: Random) -> str:
    name = title_and_year(movie)
    if style == "scene":
        return release_name(movie)
    if style == "id":
        forms = ID_FORMS if movie.imdb_id else ID_FORMS[:5]
        return f"{name} {rng.choice(forms).format(tmdb=movie.id, imdb=movie.imdb_id)}"
    if style == "translated" and movie.texts and movie.texts[0].title:
        return _add_year(movie.texts[0].title, movie.release_date[:4])
    if style == "edition":
        return f"{name} {{edition-Director's Cut}}"
    return name.replace(" ", "_") if style == "dashed" else name


def _build_spec(movie: CatalogueMovie, rng: Random) -> VideoSpec:
    width, height = rng.choice(SIZES)
    original = _LANGUAGE_CODES.get(movie.original_language, "eng")
    audio: tuple[tuple[str, int], ...] = ((original, rng.choice((2, 6))),)
    if original != "eng" and rng.random() < 0.5:
        audio = (*audio, ("eng", 2))
    hdr = rng.choice(("hdr10", "hlg")) if width > 1920 else ""
    seconds = 60.0 * (movie.runtime or _MAX_NAME_LENGTH) + rng.randint(-40, 40)
    subtitles = ("eng", "ger") if original != "eng" or rng.random() < 0.5 else ()
    return VideoSpec(width, height, seconds, audio, subtitles, hdr)


def _jellyfin_layout(copy: MovieCopy, movie: CatalogueMovie, rng: Random) -> MovieCopy:
    """Use a folder for each movie, with an NFO and pictures of generic names."""
    folder = f"{copy.stem} [tmdbid-{movie.id}]" if rng.random() < 0.5 else copy.stem
    adjacent_files: dict[str, bytes] = {}
    if rng.random() < 0.7:
        adjacent_files["movie.nfo"] = sidecars.jellyfin_nfo(movie)
        adjacent_files |= sidecars.render_pictures(movie, "poster.jpg", "backdrop.jpg")
    if rng.random() < 0.15:
        short = replace(copy.clip, seconds=90)
        adjacent_files["extras/Making of.mp4"] = sidecars.render_extra(short, ".mp4")
        adjacent_files[f"{copy.stem}-trailer.mp4"] = sidecars.render_extra(short, ".mp4")
    if rng.random() < 0.15:
        other = replace(copy.clip, width=1280, height=720, hdr="")
        adjacent_files[f"{copy.stem} - 720p.mkv"] = sidecars.render_extra(other, ".mkv")
        return replace(copy, folder=folder, stem=f"{copy.stem} - Remux", sidecars=adjacent_files)
    return replace(copy, folder=folder, sidecars=adjacent_files)


def _kodi_layout(copy: MovieCopy, movie: CatalogueMovie, rng: Random) -> MovieCopy:
    """Use a folder for each movie, with files named after its video."""
    adjacent_files: dict[str, bytes] = {}
    if rng.random() < 0.7:
        adjacent_files[f"{copy.stem}.nfo"] = sidecars.kodi_nfo(movie, watched=rng.random() < 0.3)
        adjacent_files |= sidecars.render_pictures(
            movie, f"{copy.stem}-poster.jpg", f"{copy.stem}-fanart.jpg"
        )
    if rng.random() < 0.2:
        adjacent_files[f"{copy.stem}.en.forced.srt"] = sidecars.SUBTITLE_CONTENT
    return replace(copy, folder=copy.stem, sidecars=adjacent_files)
