"""Checks of the files next to a movie: NFO, pictures and orphans."""

from __future__ import annotations

from mediakeep import files
from mediakeep.movies.account import Account, NfoState
from mediakeep.movies.checks import matching

POSTER, FANART, NFO = "poster", "fanart", "nfo"
_NARROWEST = 500  # pixels: a smaller poster is blurred on a television


def missing_nfo(result: Account) -> str | None:
    """There is no NFO that a media centre can read; the detail says what is in its place."""
    nfo = result.nfo
    if nfo.state in (NfoState.READ, NfoState.LOCKED):
        return None
    if nfo.state is NfoState.NONE:
        return f"{matching.quoted(nfo.place)} is empty" if nfo.place else ""
    if nfo.state is NfoState.SCENE:
        return f"{matching.quoted(nfo.place)} is a note of its release, and no XML"
    why = files.printable(nfo.why).rstrip(".") or nfo.state.value
    return f"{matching.quoted(nfo.place)} is not read: {why}"


def missing_poster(result: Account) -> str | None:
    """There is no poster next to the movie or in its folder."""
    return _lacking(result, POSTER)


def missing_fanart(result: Account) -> str | None:
    """There is no fanart next to the movie or in its folder."""
    return _lacking(result, FANART)


def missing_plot(result: Account) -> str | None:
    """The NFO has no plot."""
    details = result.nfo.details
    return "" if details is not None and not details.plot.strip() else None


def corrupt_image(result: Account) -> dict[str, str]:
    """A picture file is not a picture, or incomplete."""
    return {
        image.place: image.trouble or "its bytes are no picture"
        for image in result.local.images
        if image.trouble or not image.mime
    }


def small_poster(result: Account) -> dict[str, str]:
    """A poster has a low resolution."""
    return {
        image.place: f"{image.width} x {image.height} pixels"
        for image in result.local.images
        if image.role == POSTER
        and image.mime
        and not image.trouble
        and 0 < image.width < _NARROWEST
    }


def orphan_sidecar(result: Account) -> dict[str, str]:
    """A sidecar in the movie's folder matches no video."""
    return dict.fromkeys(result.local.orphans, "")


def name_not_parsed(result: Account) -> str | None:
    """Neither file nor folder name has a title, and nothing else identifies the movie."""
    return None if result.local.name.title or result.is_certain else ""


def _lacking(result: Account, role: str) -> str | None:
    return None if any(image.role == role for image in result.local.images) else ""
