"""Which files and folders requests may name: links are followed, then the target is checked."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path

from mediakeep import path_text
from mediakeep.web.problems import WebError
from mediakeep.web.web_home import WebHome


def check_job_path(web: WebHome, text: str) -> Path:
    """Return the resolved path of an escaped text; raise WebError unless it is below a root."""
    roots = web.resolve_job_roots()
    if not roots:
        raise WebError(
            HTTPStatus.FORBIDDEN,
            "No folder is open to jobs. Name some in mediakeep.toml: [web] roots = [...]",
        )
    shown = path_text.to_printable(text)
    path = _resolve(text)
    if path is None or not _is_below(path, roots):
        raise WebError(
            HTTPStatus.FORBIDDEN, f"{shown} is not below web.roots. Choose a folder of these."
        )
    return path


def check_served_file(web: WebHome, text: str, libraries: Iterable[Path] = ()) -> Path:
    """Return the resolved path of a regular file; raise WebError if it may not be sent.

    It is below the home, a library or a root.
    """
    places = [web.home, *web.resolve_job_roots(), *libraries]
    path = _resolve(text)
    if path is None or not _is_below(path, (place.resolve() for place in places)):
        raise WebError(
            HTTPStatus.FORBIDDEN,
            f"{path_text.to_printable(text)} is outside of home, library and web.roots.",
        )
    if not path.is_file():
        raise WebError(
            HTTPStatus.NOT_FOUND, f"{path_text.to_printable(text)} is no file, or missing."
        )
    if path.is_relative_to((web.home / "status" / "web").resolve()):
        raise WebError(HTTPStatus.FORBIDDEN, f"{path_text.to_printable(text)} is not sent.")
    return path


def _resolve(text: str) -> Path | None:
    """Return the target of a path, or None if there cannot be one."""
    try:
        path = path_text.to_path(text).expanduser()
        return path.resolve() if path.is_absolute() else None
    except (OSError, ValueError, RuntimeError):  # a null byte, a loop of links, no such user
        return None


def _is_below(path: Path, places: Iterable[Path]) -> bool:
    return any(path.is_relative_to(place) for place in places)
