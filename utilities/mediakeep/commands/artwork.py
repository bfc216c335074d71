"""Download a cover to a file: it is checked to be an image, and never overwrites a file."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import NamedTuple

from mediakeep import files
from mediakeep.commands.entries import Told
from mediakeep.errors import ServiceFailed, UsageFailed
from mediakeep.lookups import catalogue, coverart, musicbrainz
from mediakeep.lookups.coverart import Picture
from mediakeep.lookups.desk import Desk
from mediakeep.lookups.http import Service
from mediakeep.media import pictures

_SUFFIXES = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
    "image/bmp": (".bmp",),
    "image/tiff": (".tiff", ".tif"),
}


class Wanted(NamedTuple):
    """A cover of a release or a release group: front or back, and its size."""

    mbid: str
    size: str = "full"  # or "250", "500", "1200"
    back: bool = False


def fetch(context: Desk, request: Wanted, output: Path, *, force: bool) -> Told:
    """Download a cover; raise UsageError if the file exists or has the wrong suffix."""
    mbid = request.mbid.lower()
    if not musicbrainz.is_mbid(mbid):
        raise UsageFailed(f'"{mbid}" is not an MBID, such as {catalogue.VARIOUS_ARTISTS}.')
    path = output.absolute()
    _check(path, force=force)
    archive = coverart.CoverArt(context.http, coverart.service(context.access), fresh=True)
    side = archive.back if request.back else archive.front
    picture = side(mbid, request.size)
    image_info = _seen(picture, archive.service)
    _fit(image_info[0], output)
    kept_path = _write(path, picture.content, force=force)
    lines = [f"The previous file is kept: {files.display_path(kept_path)}"] if kept_path else []
    lines.append(
        f"Written: {files.display_path(output)} {_facts(image_info)}, from the {picture.of} {mbid}"
    )
    data = {"output": files.escape(path), "kept": files.escape(kept_path) if kept_path else ""}
    data |= {"mbid": mbid, "of": picture.of, "side": "back" if request.back else "front"}
    facts = {
        "type": image_info[0],
        "width": image_info[1],
        "height": image_info[2],
        "bytes": len(picture.content),
    }
    return Told(lines, data | {"url": picture.url} | facts)


def _fit(mime: str, output: Path) -> None:
    """Raise UsageError if the suffix does not match the image type."""
    if output.suffix.lower() not in _SUFFIXES[mime]:
        right = files.escape(output.with_suffix(_SUFFIXES[mime][0]))
        raise UsageFailed(f"The picture is {mime}. Nothing was written; give --output {right}.")


def _facts(image_info: pictures.Seen) -> str:
    mime, width, height = image_info
    return f"({mime}, {width} x {height} pixels)" if width and height else f"({mime})"


def _check(path: Path, *, force: bool) -> None:
    """Check the target before any request."""
    if path.is_dir():
        raise UsageFailed(f"{files.display_path(path)} is a folder. Give the name of a file in it.")
    if not path.parent.is_dir():
        raise UsageFailed(f"{files.display_path(path.parent)} is not a folder.")
    if os.path.lexists(path) and not force:
        raise _is_there(path)


def _is_there(path: Path) -> UsageFailed:
    return UsageFailed(
        f"{files.display_path(path)} already exists; nothing was written. Give"
        " another --output, or --force to replace it: the old file is then kept next to it."
    )


def _seen(picture: Picture, archive: Service) -> pictures.Seen:
    """Identify an image by its bytes, whatever type the service reports."""
    content = picture.content
    image_info = pictures.described(lambda place, size: content[place : place + size])
    if image_info[0] not in _SUFFIXES:
        raise ServiceFailed(archive.name, f"the response is not an image ({picture.url})")
    return image_info


def _write(path: Path, content: bytes, *, force: bool) -> Path | None:
    """Write a new file; with `force` rename an existing one first."""
    kept_path = _aside(path) if force and os.path.lexists(path) else None
    try:
        path.open("xb").close()  # reserves the name, so that no other program's file is replaced
    except FileExistsError as error:
        raise _is_there(path) from error
    try:
        files.write_atomic(path, content)
    except BaseException:
        with contextlib.suppress(OSError):
            kept_path.rename(path) if kept_path else path.unlink()
        raise
    return kept_path


def _aside(path: Path) -> Path:
    """Rename a file to an unused name, such as cover.jpg.before or cover.jpg.before2."""
    kept_path, number = path.with_name(f"{path.name}.before"), 1
    while os.path.lexists(kept_path):
        number += 1
        kept_path = path.with_name(f"{path.name}.before{number}")
    path.rename(kept_path)
    return kept_path
