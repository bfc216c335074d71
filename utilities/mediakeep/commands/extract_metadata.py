"""Export the metadata of a file, album or artist, without diagnosis."""

from __future__ import annotations

from pathlib import Path

import click

from mediakeep import files
from mediakeep.commands import shared, subjects
from mediakeep.errors import UsageFailed


@shared.command()
@click.argument("path", type=shared.Place())
@click.option("--output-name", metavar="N", help="Write outputs/N_metadata.json and .csv.")
@click.option("--json-only", is_flag=True, help="Write no CSV.")
@click.option("--quiet", is_flag=True, help="Print only what could not be read.")
@shared.as_json
def main(
    home: Path, path: Path, output_name: str | None, json_only: bool, quiet: bool, as_json: bool
) -> int:
    """Export all metadata of PATH, a file, an album or an artist folder, to outputs/."""
    from mediakeep.music import glance, metadata

    if quiet and as_json:
        raise click.UsageError("Give --json or --quiet, not both.")
    source = path.expanduser().resolve()
    if not source.exists():
        raise UsageFailed(f"{files.display_path(path)} does not exist.")
    written = metadata.outputs(home, _stem(home, source, output_name))[: 1 if json_only else None]
    extracted = metadata.read(source, subjects.ignored(home))
    for file, content in zip(written, (metadata.to_json, metadata.to_csv), strict=False):
        files.write_atomic(file, content(extracted))
    errors = glance.faults(extracted)
    if not quiet:
        lines = glance.folder(extracted) if source.is_dir() else glance.file(next(extracted.tracks))
        data = {
            "path": extracted.path,
            "albums": len(extracted.albums),
            "tracks": sum(1 for _ in extracted.tracks),
            "unreadable": [track.place for track in extracted.tracks if track.fault],
            "written": [str(file) for file in written],
        }
        shared.show(
            [*lines, *(f"Written: {files.display_path(file)}" for file in written)],
            data,
            as_json=as_json,
        )
    for error in errors:
        click.echo(shared.plain(error), err=True)
    return 1 if errors else 0


def _stem(home: Path, source: Path, wanted: str | None) -> str:
    """Return the output name; one used for another path is refused, or made unique."""
    from mediakeep.music import metadata

    name = source.name if wanted is None else wanted
    stem = files.safe_name(name)
    free = files.safe_name(name, metadata.taken(home, stem, source))
    if wanted is not None and free != stem:
        holder = metadata.outputs(home, stem)[0]
        raise UsageFailed(f"{holder} is about another path. Give another --output-name.")
    return free
