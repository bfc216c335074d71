"""The simulated image host of TMDb: images by size and path."""

from __future__ import annotations

from mediakeep_simulator.http_types import SimulatorRequest, SimulatorResponse
from mediakeep_simulator.tmdb import appended, image_factory
from mediakeep_simulator.tmdb.model import MovieCatalogue

ROOT = "/t/p/"
SIZES = {
    "backdrop_sizes": ["w300", "w780", "w1280", "original"],
    "logo_sizes": ["w45", "w92", "w154", "w185", "w300", "w500", "original"],
    "poster_sizes": ["w92", "w154", "w185", "w342", "w500", "w780", "original"],
    "profile_sizes": ["w45", "w185", "h632", "original"],
    "still_sizes": ["w92", "w185", "w300", "original"],
}

_KNOWN_SIZES = {size for sizes in SIZES.values() for size in sizes}
_PORTRAIT_SIZE = (1000, 1500)
_CACHE_HEADERS = {"Cache-Control": "public, max-age=31536000"}
_NOT_FOUND = SimulatorResponse(404, b"<h1>File not Found</h1>", {"Content-Type": "text/html"})


class ImageHostApp:
    """Serves the images of one movie catalogue; no key is required."""

    def __init__(self, catalogue: MovieCatalogue) -> None:
        self._sizes: dict[str, tuple[int, int]] = {}
        for movie in catalogue.films:
            for art in (*movie.posters, *movie.backdrops, *movie.logos):
                self._sizes[art.path] = (art.width, art.height)
            for person in movie.people:
                if path := appended.portrait_path(person):
                    self._sizes[path] = _PORTRAIT_SIZE

    def handle(self, request: SimulatorRequest) -> SimulatorResponse:
        """Respond with an image of the requested size, or 404."""
        size, _, name = request.path.removeprefix(ROOT).partition("/")
        original = self._sizes.get(f"/{name}")
        if original is None or size not in _KNOWN_SIZES or request.method not in ("GET", "HEAD"):
            return _NOT_FOUND
        width, height = _scale_size(original, size)
        if name.endswith(".png"):
            return SimulatorResponse(
                200,
                image_factory.render_png(name, width, height),
                {"Content-Type": "image/png"} | _CACHE_HEADERS,
            )
        return SimulatorResponse(
            200,
            image_factory.render_jpeg(name, width, height),
            {"Content-Type": "image/jpeg"} | _CACHE_HEADERS,
        )


def _scale_size(original: tuple[int, int], size: str) -> tuple[int, int]:
    """Return width and height of an image at a size: "w500", "h632" or "original"."""
    width, height = original
    if size == "original":
        return original
    pixels = int(size[1:])
    if size[0] == "w":
        return pixels, max(1, round(height * pixels / width))
    return max(1, round(width * pixels / height)), pixels
