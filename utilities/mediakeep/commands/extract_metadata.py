"""Export the metadata of a file, album or artist, without diagnosis."""

from __future__ import annotations

from pathlib import Path

import click

from mediakeep import atomic_files, path_text
from mediakeep.app.subjects import registry
from mediakeep.commands import app
from mediakeep.errors import UsageError


@app.create_command()
@click.argument("path", type=app.PathParam())
@click.option("--output-name", metavar="N", help="Write outputs/N_metadata.json and .csv.")
@click.option("--json-only", is_flag=True, help="Write no CSV.")
@app.with_json_option
def main(home: Path, path: Path, output_name: str | None, json_only: bool) -> int:
    """Export all metadata of PATH, a file, an album or an artist folder, to outputs/."""
    from mediakeep.music.reports import metadata_files

    source = path.expanduser().resolve()
    if not source.exists():
        raise UsageError(f"{path_text.display_path(path)} does not exist.")
    written = metadata_files.choose_paths(home, source, output_name)[: 1 if json_only else None]
    extracted = metadata_files.read_path(source, registry.read_ignore_settings(home))
    for file, content in zip(
        written, (metadata_files.to_json, metadata_files.to_csv), strict=False
    ):
        atomic_files.write_atomic(file, content(extracted))
    errors = metadata_files.list_faults(extracted)
    lines = (
        metadata_files.summarize_folder(extracted)
        if source.is_dir()
        else metadata_files.summarize_file(next(extracted.tracks))
    )
    data = {
        "path": extracted.path,
        "albums": len(extracted.albums),
        "tracks": sum(1 for _ in extracted.tracks),
        "unreadable": [track.place for track in extracted.tracks if track.fault],
        "written": [str(file) for file in written],
    }
    app.print_result(
        [*lines, *(f"Written: {path_text.display_path(file)}" for file in written)],
        data,
        as_json=app.is_json(),
    )
    for error in errors:
        app.print_message(error)
    return 1 if errors else 0
