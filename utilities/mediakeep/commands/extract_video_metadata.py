"""What video files hold, written out without a judgement."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from mediakeep import files
from mediakeep.commands import shared, subjects
from mediakeep.errors import UsageFailed

_WORKERS = 4  # a disk gives no more at once


@shared.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=shared.Place())
@click.option("--output-name", metavar="N", help="Write outputs/N_video_metadata.json and .csv.")
@click.option("--json-only", is_flag=True, help="With --output-name: write no CSV.")
@click.option("--quiet", is_flag=True, help="Print nothing but what is wrong with a file.")
@shared.as_json
def main(
    home: Path,
    paths: tuple[Path, ...],
    output_name: str | None,
    json_only: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Tell what videos hold: each PATH is a file, or a folder with all below it."""
    from mediakeep.commands import footage, probing, targets
    from mediakeep.media.video import probe

    _refuse(output_name, json_only=json_only, quiet=quiet, as_json=as_json)
    sources = [path.expanduser().resolve() for path in paths]
    written = _outputs(home, output_name, sources)[: 1 if json_only else None]
    videos = _videos(paths, sources, subjects.ignored(home))
    if not probe.is_there():
        click.echo(probe.NO_MEDIAINFO, err=True)
    found, faulty = list[probing.Looked](), False
    for one in probing.look(videos, min(shared.cores(), _WORKERS)):
        place = targets.shown(one.path)
        if not (quiet or as_json):
            shared.show(footage.told(one, place), None, as_json=False)
        if fault := footage.fault(one, place):
            faulty = True
            click.echo(shared.plain(fault), err=True)
        found.append(one)
    data = footage.data(sources, found)
    contents = footage.text(data), footage.table(found)
    for file, content in zip(written, contents, strict=False):
        files.write_atomic(file, content)
    if not quiet:
        told = {**data, "written": [str(file) for file in written]}
        shared.show(
            [f"Written: {files.display_path(file)}" for file in written], told, as_json=as_json
        )
    return 1 if faulty else 0


def _refuse(name: str | None, *, json_only: bool, quiet: bool, as_json: bool) -> None:
    """Refuse what contradicts itself, and words that would do nothing."""
    if quiet and as_json:
        raise click.UsageError("--json prints, and --quiet forbids it: give one of them.")
    if json_only and name is None:
        raise click.UsageError("--json-only does nothing without --output-name.")


def _videos(paths: Sequence[Path], sources: Sequence[Path], ignored: tuple[str, ...]) -> list[Path]:
    """Return the videos that are meant, each once; UsageFailed where there is none."""
    from mediakeep.media.video import shelves
    from mediakeep.movies.gathering import formats

    for path, source in zip(paths, sources, strict=True):
        if not source.exists():
            raise UsageFailed(f"{files.display_path(path)} does not exist.")
    found = [
        video for source in sources for video in shelves.videos(source, formats.VIDEOS, ignored)
    ]
    if not found:
        raise UsageFailed(f"{files.display_path(paths[0])} holds no videos.")
    return list(dict.fromkeys(found))


def _outputs(home: Path, name: str | None, sources: Sequence[Path]) -> list[Path]:
    """Return the files to write; UsageFailed where they are about other paths."""
    from mediakeep.commands import footage

    if name is None:
        return []
    stem = home / "outputs" / f"{files.safe_name(name)}_video_metadata"
    written = [stem.with_name(f"{stem.name}{suffix}") for suffix in (".json", ".csv")]
    for path in written:
        if path.exists() and not footage.is_about(written[0], sources):
            raise UsageFailed(f"{path} is about other paths. Give another --output-name.")
    return written
