"""Export the metadata of video files, without diagnosis."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from mediakeep import files
from mediakeep.commands import shared, subjects
from mediakeep.errors import UsageFailed

_WORKERS = 4  # more would not be faster on one disk


@shared.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=shared.Place())
@click.option("--output-name", metavar="N", help="Write outputs/N_video_metadata.json and .csv.")
@click.option("--json-only", is_flag=True, help="With --output-name: write no CSV.")
@click.option("--quiet", is_flag=True, help="Print only problems.")
@shared.as_json
def main(
    home: Path,
    paths: tuple[Path, ...],
    output_name: str | None,
    json_only: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Show the metadata of videos: each PATH is a file, or a folder with all below it."""
    from mediakeep.commands import footage, probing, targets
    from mediakeep.media.video import probe

    _refuse(output_name, json_only=json_only, quiet=quiet, as_json=as_json)
    sources = [path.expanduser().resolve() for path in paths]
    written = _outputs(home, output_name, sources)[: 1 if json_only else None]
    videos = _videos(paths, sources, subjects.ignored(home))
    if not probe.is_there():
        click.echo(probe.NO_MEDIAINFO, err=True)
    results, has_errors = list[probing.Looked](), False
    for result in probing.look(videos, min(shared.cores(), _WORKERS)):
        place = targets.shown(result.path)
        if not (quiet or as_json):
            shared.show(footage.told(result, place), None, as_json=False)
        if error_message := footage.fault(result, place):
            has_errors = True
            click.echo(shared.plain(error_message), err=True)
        results.append(result)
    data = footage.data(sources, results)
    contents = footage.text(data), footage.table(results)
    for file, content in zip(written, contents, strict=False):
        files.write_atomic(file, content)
    if not quiet:
        data_written = {**data, "written": [str(file) for file in written]}
        shared.show(
            [f"Written: {files.display_path(file)}" for file in written],
            data_written,
            as_json=as_json,
        )
    return 1 if has_errors else 0


def _refuse(name: str | None, *, json_only: bool, quiet: bool, as_json: bool) -> None:
    """Reject contradictory options, and options without effect."""
    if quiet and as_json:
        raise click.UsageError("Give --json or --quiet, not both.")
    if json_only and name is None:
        raise click.UsageError("--json-only has no effect without --output-name.")


def _videos(paths: Sequence[Path], sources: Sequence[Path], ignored: tuple[str, ...]) -> list[Path]:
    """Return the videos, without duplicates; raise UsageError if there are none."""
    from mediakeep.media.video import shelves
    from mediakeep.movies.gathering import formats

    for path, source in zip(paths, sources, strict=True):
        if not source.exists():
            raise UsageFailed(f"{files.display_path(path)} does not exist.")
    videos = [
        video for source in sources for video in shelves.videos(source, formats.VIDEOS, ignored)
    ]
    if not videos:
        raise UsageFailed(f"{files.display_path(paths[0])} holds no videos.")
    return list(dict.fromkeys(videos))


def _outputs(home: Path, name: str | None, sources: Sequence[Path]) -> list[Path]:
    """Return the files to write; raise UsageError if they are about other paths."""
    from mediakeep.commands import footage

    if name is None:
        return []
    stem = home / "outputs" / f"{files.safe_name(name)}_video_metadata"
    written = [stem.with_name(f"{stem.name}{suffix}") for suffix in (".json", ".csv")]
    for path in written:
        if path.exists() and not footage.is_about(written[0], sources):
            raise UsageFailed(f"{path} is about other paths. Give another --output-name.")
    return written
