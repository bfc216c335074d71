"""Create real, playable files with the tags that a test asks for."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path, PurePath

from mediakeep.item import Status
from mediakeep.music.item import MusicItem
from mediakeep.outcome import Stamp, Work
from mediakeep_samples.music import track_files
from mediakeep_samples.music.track_files import SampleTrack, TrackContent

FORMATS = ("mp3", "m4a", "flac", "ogg", "opus")
HEALTHY = {
    "title": "Low Tide",
    "artist": "Velvet Harbour",
    "albumartist": "Velvet Harbour",
    "album": "Moorings",
    "date": "1974",
    "tracknumber": "1/9",
    "genre": "Folk",
}
NOBODY = 65534


def render(
    suffix: str,
    *,
    picture: str = "",
    content: TrackContent = TrackContent.AUDIO,
    **tags: str | None,
) -> bytes:
    """Return a healthy track, but for the tags given; None takes one away."""
    fields = {name: text for name, text in {**HEALTHY, **tags}.items() if text is not None}
    return track_files.render_track(
        SampleTrack(PurePath(f"a.{suffix}"), "bell", fields, picture, content)
    )


def put(
    path: Path, *, picture: str = "", content: TrackContent = TrackContent.AUDIO, **tags: str | None
) -> Path:
    """Write such a track; the suffix of `path` is its format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(render(path.suffix[1:].lower(), picture=picture, content=content, **tags))
    return path


def put_album(folder: Path, *titles: str, suffix: str = "mp3", **tags: str | None) -> None:
    """Write an album of healthy tracks with a cover next to them, numbered as they come."""
    for number, title in enumerate(titles, 1):
        total = f"{number}/{len(titles)}"
        fields = {"album": folder.name, "title": title, "tracknumber": total, **tags}
        put(folder / f"{number:02} {title}.{suffix}", **fields)
    (folder / "cover.jpg").write_bytes(track_files.read_seed_file("cover.jpg"))


def work(folder: Path, output_name: str = "") -> Work:
    """Return the work on an artist's folder, as the queue would give it."""
    from mediakeep import path_text

    item = MusicItem(
        status=Status.IN_PROGRESS, path=path_text.escape_path(folder), output_name=output_name
    )
    return Work(item, Stamp("20251217_session_001", path_text.escape_path(folder.name), 7, 7))


def odd_name(folder: Path) -> str:
    """Return a name that is not UTF-8, or an accented one where the file system takes no other."""
    name = os.fsdecode(b"D\xe9j\xe0 Vu")
    try:
        (folder / name).mkdir()
    except OSError:
        return "De\u0301ja\u0300 Vu"
    (folder / name).rmdir()
    return name


@contextlib.contextmanager
def deny_access(path: Path) -> Iterator[None]:
    """Let nobody read `path`, and drop the rights of root, whom no mode keeps out."""
    mode = path.stat().st_mode
    path.chmod(0)
    privileged = os.geteuid() == 0
    if privileged:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if privileged:
            os.seteuid(0)
        path.chmod(mode)
