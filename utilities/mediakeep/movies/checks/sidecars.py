"""Check the files next to a movie: NFO, pictures and files without a video (orphans).

Each check returns the issue's detail text or None; checks of files return details by path.
"""

from __future__ import annotations

from mediakeep import path_text
from mediakeep.movies.checks import identity
from mediakeep.movies.result import MovieResult, NfoState

POSTER, FANART, NFO = "poster", "fanart", "nfo"
_MIN_POSTER_WIDTH = 500  # pixels: a smaller poster is blurred on a television


def check_missing_nfo(result: MovieResult) -> str | None:
    """Return a detail if there is no NFO that a media centre can read.

    It says what exists in place of the NFO.
    """
    nfo = result.nfo
    if nfo.state in (NfoState.READ, NfoState.LOCKED):
        return None
    if nfo.state is NfoState.NONE:
        return f"{identity.quote_text(nfo.place)} is empty" if nfo.place else ""
    if nfo.state is NfoState.SCENE:
        return f"{identity.quote_text(nfo.place)} is a note of its release, and no XML"
    why = path_text.to_printable(nfo.reason).rstrip(".") or nfo.state.value
    return f"{identity.quote_text(nfo.place)} is not read: {why}"


def check_missing_poster(result: MovieResult) -> str | None:
    """Return a detail if there is no poster next to the movie or in its folder."""
    return _check_missing_picture(result, POSTER)


def check_missing_fanart(result: MovieResult) -> str | None:
    """Return a detail if there is no fanart next to the movie or in its folder."""
    return _check_missing_picture(result, FANART)


def check_missing_plot(result: MovieResult) -> str | None:
    """Return a detail if the movie's NFO has no plot."""
    details = result.nfo.details
    return "" if details is not None and not details.plot.strip() else None


def check_corrupt_image(result: MovieResult) -> dict[str, str]:
    """Return a detail for each picture file that is incomplete or not a picture, by path."""
    return {
        image.place: image.trouble or "its bytes are no picture"
        for image in result.local.images
        if image.trouble or not image.mime
    }


def check_small_poster(result: MovieResult) -> dict[str, str]:
    """Return a detail for each poster with a low resolution, by path."""
    return {
        image.place: f"{image.width} x {image.height} pixels"
        for image in result.local.images
        if image.role == POSTER
        and image.mime
        and not image.trouble
        and 0 < image.width < _MIN_POSTER_WIDTH
    }


def check_orphan_sidecar(result: MovieResult) -> dict[str, str]:
    """Return a detail for each file in the movie's folder that matches no video, by path."""
    return dict.fromkeys(result.local.orphans, "")


def check_name_not_parsed(result: MovieResult) -> str | None:
    """Return a detail if the names give no title and nothing else identifies the movie."""
    return None if result.local.name.title or result.is_certain else ""


def _check_missing_picture(result: MovieResult, role: str) -> str | None:
    return None if any(image.role == role for image in result.local.images) else ""
