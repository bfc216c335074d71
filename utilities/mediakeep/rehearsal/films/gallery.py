"""The image host of TMDb: images by size and path."""

from __future__ import annotations

from mediakeep.rehearsal.films import appended, prints
from mediakeep.rehearsal.films.film import Cinema
from mediakeep.rehearsal.reply import Question, Reply

ROOT = "/t/p/"
SIZES = {
    "backdrop_sizes": ["w300", "w780", "w1280", "original"],
    "logo_sizes": ["w45", "w92", "w154", "w185", "w300", "w500", "original"],
    "poster_sizes": ["w92", "w154", "w185", "w342", "w500", "w780", "original"],
    "profile_sizes": ["w45", "w185", "h632", "original"],
    "still_sizes": ["w92", "w185", "w300", "original"],
}

_KNOWN = {size for sizes in SIZES.values() for size in sizes}
_PORTRAIT = (1000, 1500)
_KEPT = {"Cache-Control": "public, max-age=31536000"}
_MISSING = Reply(404, b"<h1>File not Found</h1>", {"Content-Type": "text/html"})


class Gallery:
    """Serve the images of one catalogue; no key is required."""

    def __init__(self, cinema: Cinema) -> None:
        self._sizes: dict[str, tuple[int, int]] = {}
        for film in cinema.films:
            for art in (*film.posters, *film.backdrops, *film.logos):
                self._sizes[art.path] = (art.width, art.height)
            for person in film.people:
                if path := appended.portrait(person):
                    self._sizes[path] = _PORTRAIT

    def answer(self, question: Question) -> Reply:
        """Respond with an image of the requested size, or 404."""
        size, _, name = question.path.removeprefix(ROOT).partition("/")
        whole = self._sizes.get(f"/{name}")
        if whole is None or size not in _KNOWN or question.method not in ("GET", "HEAD"):
            return _MISSING
        width, height = _scaled(whole, size)
        if name.endswith(".png"):
            return Reply(
                200, prints.png(name, width, height), {"Content-Type": "image/png"} | _KEPT
            )
        return Reply(200, prints.jpeg(name, width, height), {"Content-Type": "image/jpeg"} | _KEPT)


def _scaled(whole: tuple[int, int], size: str) -> tuple[int, int]:
    """Return width and height of an image at a size: "w500", "h632" or "original"."""
    width, height = whole
    if size == "original":
        return whole
    wanted = int(size[1:])
    if size[0] == "w":
        return wanted, max(1, round(height * wanted / width))
    return max(1, round(width * wanted / height)), wanted
