"""A picture from the Cover Art Archive as a file: checked to be one, and never over another."""

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
    """Which picture is wanted: of a release or a release group, front or back, and how large."""

    mbid: str
    size: str = "full"  # or "250", "500", "1200"
    back: bool = False


def fetch(desk: Desk, wanted: Wanted, output: Path, *, force: bool) -> Told:
    """Fetch a cover and write it; UsageFailed where the file is there, or its suffix is wrong."""
    mbid = wanted.mbid.lower()
    if not musicbrainz.is_mbid(mbid):
        raise UsageFailed(f'"{mbid}" is no MBID, such as {catalogue.VARIOUS_ARTISTS}.')
    path = output.absolute()
    _check(path, force=force)
    archive = coverart.CoverArt(desk.http, coverart.service(desk.access), fresh=True)
    side = archive.back if wanted.back else archive.front
    found = side(mbid, wanted.size)
    seen = _seen(found, archive.service)
    _fit(seen[0], output)
    before = _write(path, found.content, force=force)
    lines = [f"The one before was kept: {files.display_path(before)}"] if before else []
    lines.append(
        f"Written: {files.display_path(output)} {_facts(seen)}, from the {found.of} {mbid}"
    )
    data = {"output": files.escape(path), "kept": files.escape(before) if before else ""}
    data |= {"mbid": mbid, "of": found.of, "side": "back" if wanted.back else "front"}
    facts = {"type": seen[0], "width": seen[1], "height": seen[2], "bytes": len(found.content)}
    return Told(lines, data | {"url": found.url} | facts)


def _fit(mime: str, output: Path) -> None:
    """Refuse a suffix that is not that of the picture's type, and name the right one."""
    if output.suffix.lower() not in _SUFFIXES[mime]:
        right = files.escape(output.with_suffix(_SUFFIXES[mime][0]))
        raise UsageFailed(f"The picture is {mime}. Nothing was written; give --output {right}.")


def _facts(seen: pictures.Seen) -> str:
    mime, width, height = seen
    return f"({mime}, {width} x {height} pixels)" if width and height else f"({mime})"


def _check(path: Path, *, force: bool) -> None:
    """Refuse what cannot be written before anybody is asked."""
    if path.is_dir():
        raise UsageFailed(f"{files.display_path(path)} is a folder. Give the name of a file in it.")
    if not path.parent.is_dir():
        raise UsageFailed(f"{files.display_path(path.parent)} is not a folder.")
    if os.path.lexists(path) and not force:
        raise _is_there(path)


def _is_there(path: Path) -> UsageFailed:
    return UsageFailed(
        f"{files.display_path(path)} is there already, and nothing was written. Give"
        " another --output, or"
        " --force to put the picture in its place: the old one is then kept beside it."
    )


def _seen(found: Picture, archive: Service) -> pictures.Seen:
    """Tell what a picture is by its bytes, whatever the service says of it."""
    content = found.content
    seen = pictures.described(lambda place, size: content[place : place + size])
    if seen[0] not in _SUFFIXES:
        raise ServiceFailed(archive.name, f"what it sent is no picture ({found.url})")
    return seen


def _write(path: Path, content: bytes, *, force: bool) -> Path | None:
    """Write a file that is not there; with `force` the one that is gets another name first."""
    before = _aside(path) if force and os.path.lexists(path) else None
    try:
        path.open("xb").close()  # takes the name, so that no file of another program is replaced
    except FileExistsError as error:
        raise _is_there(path) from error
    try:
        files.write_atomic(path, content)
    except BaseException:
        with contextlib.suppress(OSError):
            before.rename(path) if before else path.unlink()
        raise
    return before


def _aside(path: Path) -> Path:
    """Give a file a name that is free, such as cover.jpg.before, or cover.jpg.before2."""
    aside, number = path.with_name(f"{path.name}.before"), 1
    while os.path.lexists(aside):
        number += 1
        aside = path.with_name(f"{path.name}.before{number}")
    path.rename(aside)
    return aside
