"""Download a cover to a file: it is checked to be an image, and never overwrites a file."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import NamedTuple

from mediakeep import atomic_files, path_text
from mediakeep.app.console import CommandResult
from mediakeep.errors import ServiceFailed, UsageError
from mediakeep.lookups.coverart import client as coverart_client
from mediakeep.lookups.coverart.client import CoverPicture
from mediakeep.lookups.http.cached_http import Service
from mediakeep.lookups.musicbrainz import client as musicbrainz_client
from mediakeep.lookups.musicbrainz import model
from mediakeep.lookups.musicbrainz.context import MusicBrainzContext
from mediakeep.media import pictures

_SUFFIXES = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
    "image/bmp": (".bmp",),
    "image/tiff": (".tiff", ".tif"),
}


class CoverRequest(NamedTuple):
    """A cover of a release or a release group: front or back, and its size."""

    mbid: str
    size: str = "full"  # or "250", "500", "1200"
    back: bool = False


def download_cover(
    context: MusicBrainzContext, request: CoverRequest, output: Path, *, force: bool
) -> CommandResult:
    """Download a cover; raise UsageError if the file exists or has the wrong suffix."""
    mbid = request.mbid.lower()
    if not musicbrainz_client.is_mbid(mbid):
        raise UsageError(f'"{mbid}" is not an MBID, such as {model.VARIOUS_ARTISTS}.')
    path = output.absolute()
    _check_target(path, force=force)
    archive = coverart_client.CoverArtClient(
        context.http, coverart_client.build_service(context.config), fresh=True
    )
    side = archive.fetch_back if request.back else archive.fetch_front
    picture = side(mbid, request.size)
    image_info = _identify_picture(picture, archive.service)
    _check_suffix(image_info[0], output)
    kept_path = _write_file(path, picture.content, force=force)
    lines = [f"The previous file is kept: {path_text.display_path(kept_path)}"] if kept_path else []
    lines.append(
        f"Written: {path_text.display_path(output)} {_format_facts(image_info)},"
        f" from the {picture.entity_type} {mbid}"
    )
    data = {
        "output": path_text.escape_path(path),
        "kept": path_text.escape_path(kept_path) if kept_path else "",
    }
    data |= {"mbid": mbid, "of": picture.entity_type, "side": "back" if request.back else "front"}
    facts = {
        "type": image_info[0],
        "width": image_info[1],
        "height": image_info[2],
        "bytes": len(picture.content),
    }
    return CommandResult(lines, data | {"url": picture.url} | facts)


def _check_suffix(mime: str, output: Path) -> None:
    """Raise UsageError if the suffix does not match the image type."""
    if output.suffix.lower() not in _SUFFIXES[mime]:
        right = path_text.escape_path(output.with_suffix(_SUFFIXES[mime][0]))
        raise UsageError(f"The picture is {mime}. Nothing was written; give --output {right}.")


def _format_facts(image_info: pictures.PictureInfo) -> str:
    mime, width, height = image_info
    return f"({mime}, {width} x {height} pixels)" if width and height else f"({mime})"


def _check_target(path: Path, *, force: bool) -> None:
    """Check the target before any request."""
    if path.is_dir():
        raise UsageError(
            f"{path_text.display_path(path)} is a folder. Give the name of a file in it."
        )
    if not path.parent.is_dir():
        raise UsageError(f"{path_text.display_path(path.parent)} is not a folder.")
    if os.path.lexists(path) and not force:
        raise _file_exists_error(path)


def _file_exists_error(path: Path) -> UsageError:
    return UsageError(
        f"{path_text.display_path(path)} already exists; nothing was written. Give"
        " another --output, or --force to replace it: the old file is then kept next to it."
    )


def _identify_picture(picture: CoverPicture, archive: Service) -> pictures.PictureInfo:
    """Identify an image by its bytes, whatever type the service reports."""
    content = picture.content
    image_info = pictures.identify_picture(lambda place, size: content[place : place + size])
    if image_info[0] not in _SUFFIXES:
        raise ServiceFailed(archive.name, f"the response is not an image ({picture.url})")
    return image_info


def _write_file(path: Path, content: bytes, *, force: bool) -> Path | None:
    """Write a new file; with `force` rename an existing one first."""
    kept_path = _unused_backup_path(path) if force and os.path.lexists(path) else None
    try:
        path.open("xb").close()  # reserves the name, so that no other program's file is replaced
    except FileExistsError as error:
        raise _file_exists_error(path) from error
    try:
        atomic_files.write_atomic(path, content)
    except BaseException:
        with contextlib.suppress(OSError):
            kept_path.rename(path) if kept_path else path.unlink()
        raise
    return kept_path


def _unused_backup_path(path: Path) -> Path:
    """Rename a file to an unused name, such as cover.jpg.before or cover.jpg.before2."""
    kept_path, number = path.with_name(f"{path.name}.before"), 1
    while os.path.lexists(kept_path):
        number += 1
        kept_path = path.with_name(f"{path.name}.before{number}")
    path.rename(kept_path)
    return kept_path
